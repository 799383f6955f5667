//! The shell's state, and what statements and backslash commands do with it.

mod backslash;
pub(crate) mod completion;
pub(crate) mod editor;
pub(crate) mod input;

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::ValueEnum;
use floodmark_engine::{Engine, Error, ErrorKind, REJECTED, Session, dialect};
use tokio::runtime::Runtime;

use crate::commands::{describe, query, tables};
use crate::failure::InSql;
use crate::render::{Format, Output, safe};
use crate::settings::{ReportForm, Settings};
use crate::shell::backslash::Action;
use crate::shell::completion::Names;
use crate::shell::input::Piece;

/// What a shell is opened with.
pub(crate) struct Opening<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) engine: &'a Engine,
    pub(crate) from: &'a [String],
    pub(crate) format: Option<Format>,
    pub(crate) settings: &'a Settings,
}

/// A session that stays open between questions, so that what was learnt of the objects is remembered.
pub(crate) struct Shell<'a> {
    runtime: &'a Runtime,
    engine: &'a Engine,
    session: Session<'a>,
    from: Vec<String>,
    /// The format that was asked for.
    format: Option<Format>,
    expanded: bool,
    timing: bool,
    output: Output,
    /// Where results go instead of standard output.
    file: Option<PathBuf>,
    /// Whether the present place has a result.
    is_begun: bool,
    settings: Settings,
}

/// Whether the shell goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Leave,
}

impl<'a> Shell<'a> {
    pub(crate) fn open(opening: &Opening<'a>) -> anyhow::Result<Self> {
        let session =
            session(opening.runtime, opening.engine, opening.from, &opening.settings.database)?;
        Ok(Self {
            runtime: opening.runtime,
            engine: opening.engine,
            session,
            from: opening.from.to_vec(),
            format: opening.format,
            expanded: false,
            timing: false,
            output: Output::open(Format::Csv, None)?,
            file: None,
            is_begun: false,
            settings: opening.settings.clone(),
        })
    }

    /// Runs statements and commands one after the other, up to the first that fails.
    pub(crate) fn run(&mut self, pieces: &[Piece<'_>]) -> anyhow::Result<Flow> {
        for piece in pieces {
            match piece {
                Piece::Statement(sql) => self.answer(sql)?,
                Piece::Command(line) => {
                    if self.command(line)? == Flow::Leave {
                        return Ok(Flow::Leave);
                    }
                }
                Piece::Unended(_) => {
                    let message = "the statement before the command has no `;`, and was not run";
                    return Err(Error::invalid_query(message).into());
                }
            }
        }
        Ok(Flow::Continue)
    }

    /// What is asked, for people.
    pub(crate) fn places(&self) -> String {
        if self.from.is_empty() {
            return "no place; `\\from PATH` names one".to_owned();
        }
        let places: Vec<_> = self.from.iter().map(|from| safe(from)).collect();
        places.join(" ")
    }

    /// The names that are completed.
    pub(crate) fn names(&self) -> Names {
        let plan = async {
            let statement = dialect::parse(&format!("SELECT * FROM {REJECTED}"))?.pop();
            match statement {
                Some(statement) => self.session.query(statement).await.map(|query| query.schema),
                None => Err(Error::invalid_query("there is no SQL to run")),
            }
        };
        // Without them, the columns of one table are not completed.
        let columns = self.runtime.block_on(plan).map_or_else(
            |_| Vec::new(),
            |schema| schema.fields().iter().map(|field| field.name().clone()).collect(),
        );
        Names { rejected: columns }
    }

    fn answer(&mut self, sql: &str) -> anyhow::Result<()> {
        let statements =
            dialect::parse(sql).map_err(|error| InSql { error, sql: sql.to_owned() })?;
        let format = self.format();
        self.output.set_format(format)?;
        let start = Instant::now();
        for statement in statements {
            if format.is_binary() && self.is_begun {
                return Err(Error::new(
                    ErrorKind::NotSupported,
                    "a file of this format holds one result",
                )
                .hint("name another file with `\\o FILE`")
                .into());
            }
            self.is_begun = true;
            let answer =
                query::answer(&self.session, statement, sql, &mut self.output, &self.settings);
            self.runtime.block_on(answer)?;
        }
        if self.timing {
            talk(&format!("time: {:.3} s\n", start.elapsed().as_secs_f64()));
        }
        Ok(())
    }

    /// The format of the next result.
    fn format(&self) -> Format {
        let default = if self.file.is_none() && std::io::stdout().is_terminal() {
            Format::Table
        } else {
            Format::Csv
        };
        if self.expanded { Format::Records } else { self.format.unwrap_or(default) }
    }

    fn command(&mut self, line: &str) -> anyhow::Result<Flow> {
        let (action, arguments) = backslash::parse(line)?;
        let argument = arguments.first();
        match action {
            Action::Help => show(&backslash::help())?,
            Action::Describe => self.describe(argument.map(String::as_str))?,
            Action::Found => {
                let summary = stoppable(self.runtime, self.session.summary())?;
                show(&tables::text(&summary))?;
            }
            Action::From => {
                if argument.is_some() {
                    self.session =
                        session(self.runtime, self.engine, &arguments, &self.settings.database)?;
                    self.from = arguments;
                }
                show(&format!("{}\n", self.places()))?;
            }
            Action::Database => {
                if let Some(name) = argument {
                    self.session = session(self.runtime, self.engine, &self.from, name)?;
                    self.settings.database.clone_from(name);
                }
                show(&format!("{}\n", self.session.database()))?;
            }
            Action::Format => match argument {
                None => show(&format!("{}\n", name_of(&self.format())))?,
                Some(name) => {
                    self.format = Some(value("format", name)?);
                    self.expanded = false;
                }
            },
            Action::Expanded => {
                self.expanded = backslash::switch(argument, self.expanded)?;
                talk_switch("a line a column", self.expanded);
            }
            Action::Output => self.redirect(argument)?,
            Action::Timing => {
                self.timing = backslash::switch(argument, self.timing)?;
                talk_switch("timing", self.timing);
            }
            Action::Report => match argument {
                None => show(&format!("{}\n", name_of(&self.settings.report)))?,
                Some(name) => self.settings.report = value::<ReportForm>("report", name)?,
            },
            Action::Quit => return Ok(Flow::Leave),
        }
        Ok(Flow::Continue)
    }

    /// Shows all tables, or the columns of one. A table of the catalog comes before the log of the same name, as in FROM.
    fn describe(&self, name: Option<&str>) -> anyhow::Result<()> {
        let catalog = self.session.catalog();
        let Some(name) = name else {
            let database = self.session.database();
            let relations = stoppable(self.runtime, async {
                match catalog.database(database).await? {
                    Some(_) => catalog.relations(database).await,
                    None => Ok(Vec::new()),
                }
            });
            show(&describe::text(None)?)?;
            return show(&describe::relations(database, &relations?));
        };
        let (database, table) = name.rsplit_once('.').unwrap_or((self.session.database(), name));
        let database = database.rsplit('.').next().unwrap_or(database);
        match stoppable(self.runtime, catalog.relation(database, table))? {
            Some(relation) => show(&describe::relation(&relation)),
            None => show(&describe::text(Some(table))?),
        }
    }

    /// Writes results to a file, or to standard output again.
    fn redirect(&mut self, file: Option<&String>) -> anyhow::Result<()> {
        let file = file.map(PathBuf::from);
        self.output = Output::open(Format::Csv, file.as_deref())?;
        self.file = file;
        self.is_begun = false;
        Ok(())
    }
}

fn session<'a>(
    runtime: &Runtime,
    engine: &'a Engine,
    from: &[String],
    database: &str,
) -> anyhow::Result<Session<'a>> {
    if from.iter().any(|from| from == "-") {
        return Err(Error::invalid_query(
            "the shell reads its questions from standard input, not the logs",
        )
        .hint("`floodmark query SQL --from -` reads logs from standard input")
        .into());
    }
    stoppable(runtime, async { engine.open(from).await?.in_database(database).await })
}

/// Waits for an answer, or for Ctrl-C.
fn stoppable<T>(
    runtime: &Runtime,
    answer: impl Future<Output = floodmark_engine::Result<T>>,
) -> anyhow::Result<T> {
    runtime.block_on(async {
        tokio::select! {
            answer = answer => Ok(answer?),
            _ = tokio::signal::ctrl_c() => Err(Error::new(ErrorKind::Cancelled, "stopped").into()),
        }
    })
}

fn name_of<T: ValueEnum>(value: &T) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn value<T: ValueEnum>(what: &str, name: &str) -> Result<T, Error> {
    T::from_str(name, true).map_err(|_| {
        let names: Vec<_> = T::value_variants().iter().map(name_of).collect();
        Error::invalid_query(format!("there is no {what} `{name}`"))
            .hint(format!("write one of {}", names.join(", ")))
    })
}

/// Writes what was asked for to standard output.
fn show(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn talk_switch(what: &str, on: bool) {
    talk(&format!("{what}: {}\n", if on { "on" } else { "off" }));
}

/// Says something that is no data.
pub(crate) fn talk(text: &str) {
    // There is nobody to tell if even this cannot be written.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

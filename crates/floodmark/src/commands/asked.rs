//! What all commands that ask an investigator's question have in common.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use floodmark_engine::{Engine, Error, ErrorKind, Report};
use floodmark_investigate::{Subject, SubjectOptions, Window, counting, naming};

use crate::commands::{self, query};
use crate::failure::InSql;
use crate::progress::Progress;
use crate::render::{Format, Output, figures, safe};
use crate::resolving;
use crate::settings::Settings;
use crate::shell::talk;

/// Which logs are asked, and how the answer is written.
#[derive(Args, Debug)]
pub(crate) struct Asked {
    /// Where the logs lie: a file, a folder, a glob, s3://bucket/prefix, or with `--log` `-` for standard input. Several are allowed
    #[arg(value_name = "PATH")]
    paths: Vec<String>,

    /// Other commands name paths so.
    #[arg(long, value_name = "PATH", hide = true, num_args = 0..)]
    from: Option<Vec<String>>,

    /// The log to ask, if several lie there
    #[arg(long, value_name = "NAME")]
    log: Option<String>,

    /// Only rows that meet this condition in SQL
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,

    /// Print the SQL that answers the question, and do not run it; `explain` shows the proof of each contributor beside its answer
    #[arg(long)]
    pub(crate) sql: bool,

    /// How the answer is written [default: a table on a terminal, csv in a pipe]
    #[arg(long, value_name = "FORMAT", env = "FLOODMARK_FORMAT")]
    format: Option<Format>,

    /// Write the answer to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Which records of a flow log count.
#[derive(Args, Debug)]
pub(crate) struct Records {
    /// Count each record of a flow log, also where several interfaces logged the same packets
    #[arg(long)]
    each_record: bool,
}

impl Asked {
    /// The paths as they were given, for a command to go on with.
    pub(crate) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The format of the answer.
    pub(crate) fn format(&self) -> Format {
        let default = if self.output.is_none() && std::io::stdout().is_terminal() {
            Format::Table
        } else {
            Format::Csv
        };
        self.format_or(default)
    }

    /// The format of the answer of a command that has its own default.
    pub(crate) fn format_or(&self, default: Format) -> Format {
        self.format.unwrap_or(default)
    }

    /// The log and the condition, as they are given to a further command.
    pub(crate) fn options(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let log = self.log.iter().map(|log| format!(" --log {}", quoted(log)));
        let condition =
            self.condition.iter().map(|condition| format!(" --where {}", quoted(condition)));
        log.chain(condition).collect()
    }

    /// Opens the logs, and answers with what `answer` makes of their rows in these windows; no window means all.
    pub(crate) fn run(
        &self,
        settings: &Settings,
        records: &Records,
        windows: &[Window],
        answer: impl AsyncFnOnce(&Subject<'_>, &mut Output) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.run_in(self.format(), settings, async |subject, output| {
            if records.each_record || self.paths.is_empty() {
                return answer(subject, output).await;
            }
            let counted = counted_once(subject, windows, settings).await?;
            answer(counted.as_ref().unwrap_or(subject), output).await
        })
    }

    /// The same, for a command that has its own format.
    pub(crate) fn run_in(
        &self,
        default: Format,
        settings: &Settings,
        answer: impl AsyncFnOnce(&Subject<'_>, &mut Output) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.from.is_some() {
            return Err(Error::invalid_query("this command has no `--from`")
                .hint("the paths stand by themselves: `floodmark top logs/ --by client_ip`")
                .into());
        }
        if self.paths.is_empty() && !(self.sql && self.log.is_some()) {
            return Err(Error::invalid_query("there are no logs to ask")
                .hint("name a path: `floodmark top logs/ --by client_ip`")
                .into());
        }
        resolving::refuse_standard_input(&self.paths, settings)?;
        commands::runtime(settings)?.block_on(async {
            let engine = Engine::new(settings.engine_options())?;
            let session = engine.open(&self.paths).await?.in_database(&settings.database).await?;
            let options =
                SubjectOptions { log: self.log.as_deref(), condition: self.condition.as_deref() };
            let subject = Subject::open(&session, options).await?;
            let mut output = Output::open(self.format_or(default), self.output.as_deref())?;
            Box::pin(answer(&subject, &mut output)).await?;
            output.flush()
        })
    }

    /// Says that no row was found, and what the logs at hand span. For a window outside of that it is an error.
    pub(crate) async fn tell_nothing(
        &self,
        subject: &Subject<'_>,
        windows: &[Window],
    ) -> anyhow::Result<()> {
        let log = subject.log_type().name;
        let held = subject.held().await?;
        let span = held.map_or_else(
            || format!("the names of the objects of `{log}` at hand do not tell their times"),
            |held| {
                format!(
                    "the objects of `{log}` at hand are of {} to {}",
                    figures::moment(held.start),
                    figures::moment(held.end)
                )
            },
        );
        let written: Vec<_> = windows.iter().map(|window| figures::window(*window)).collect();
        let of_time =
            if written.is_empty() { String::new() } else { format!(" in {}", written.join(", ")) };
        if self.condition.is_none() && !windows.is_empty() {
            let message = format!("`{log}` has no rows{of_time}");
            return Err(Error::not_found(message).hint(span).into());
        }
        let condition = if self.condition.is_some() { " that meets the condition" } else { "" };
        talk(&format!("note: `{log}` has no row{of_time}{condition}; {span}\n"));
        Ok(())
    }
}

/// Waits for an answer, with progress and the account of what was read. Ctrl-C stops it.
pub(crate) async fn answered<T>(
    subject: &Subject<'_>,
    sql: &str,
    settings: &Settings,
    question: impl Future<Output = floodmark_engine::Result<T>>,
) -> anyhow::Result<T> {
    let start = Instant::now();
    let answer = watched(subject, settings, question).await;
    if let Some(report) = together(&subject.reports()) {
        query::tell_report(&report, start.elapsed(), answer.is_err(), settings);
    }
    resolving::tell_troubles(subject.who());
    Ok(answer.map_err(|error| InSql { error, sql: sql.to_owned() })?)
}

/// Of several passes over the same logs, the one that read most tells what there was; and all of them, what could not be read.
fn together(reports: &[Report]) -> Option<Report> {
    let most = reports.iter().rev().max_by_key(|report| report.account.lines)?;
    let mut together = most.clone();
    for report in reports {
        for trouble in &report.troubles {
            if !together.troubles.contains(trouble) {
                together.troubles.push(trouble.clone());
            }
        }
        together.troubles_total = together.troubles_total.max(report.troubles_total);
    }
    together.troubles_total = together.troubles_total.max(together.troubles.len() as u64);
    Some(together)
}

/// Asks the registries about addresses, if `--resolve` says so; those that the answer shows come before those that its
/// functions asked about. Gives whether anything was learnt.
pub(crate) async fn resolved(
    subject: &Subject<'_>,
    settings: &Settings,
    shown: impl IntoIterator<Item = &str>,
) -> anyhow::Result<bool> {
    let Some(limit) = settings.resolve else { return Ok(false) };
    let shown = naming::unresolved(subject.who(), shown)?;
    let asked = subject.latest().map(|metrics| metrics.unresolved()).unwrap_or_default();
    let wanted = resolving::first(shown, &asked, limit);
    resolving::resolve(subject.who(), &wanted, settings).await
}

/// The subject without the records of packets that another record counts, which is said; None if all of them count.
async fn counted_once<'a>(
    subject: &Subject<'a>,
    windows: &[Window],
    settings: &Settings,
) -> anyhow::Result<Option<Subject<'a>>> {
    let Some(counting) = watched(subject, settings, counting::rule(subject, windows)).await? else {
        return Ok(None);
    };
    talk(&format!("note: {}\n", safe(&counting.sentence)));
    Ok((counting.predicate != "true").then(|| subject.and(&counting.predicate)))
}

/// Waits for what reads the logs, with progress. Ctrl-C stops it.
async fn watched<T>(
    subject: &Subject<'_>,
    settings: &Settings,
    question: impl Future<Output = floodmark_engine::Result<T>>,
) -> floodmark_engine::Result<T> {
    let work = async {
        tokio::select! {
            answer = question => answer,
            _ = tokio::signal::ctrl_c() => Err(Error::new(ErrorKind::Cancelled, "stopped")),
        }
    };
    Progress::during(settings.progress, || subject.latest(), work).await
}

/// Prints a statement that can be pasted.
pub(crate) fn print_sql(sql: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{sql}")?)
}

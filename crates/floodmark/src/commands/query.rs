//! `floodmark query`: SQL over logs.

use std::collections::HashSet;
use std::io::{IsTerminal, Read};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use floodmark_engine::dialect::{self, Statement};
use floodmark_engine::{Engine, Error, ErrorKind, Report, Session};
use futures::StreamExt;

use crate::commands;
use crate::failure::InSql;
use crate::progress::Progress;
use crate::render::{Format, Output, safe};
use crate::report_text;
use crate::resolving;
use crate::settings::{ReportForm, Settings};

/// Ask logs in SQL
///
/// Tables are named after the log types: `nlb`, `alb`, `vpc_flow`, `cloudfront` and so on; each also answers to its name in
/// AWS's documentation. `floodmark tables` shows what lies at a path, `floodmark describe TABLE` its columns. Lines that are
/// no rows are in the table `rejected`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The SQL; several statements are separated by `;`. Without it, it is read from `--file` or standard input
    sql: Option<String>,

    /// A file with the SQL
    #[arg(long, short, value_name = "FILE", conflicts_with = "sql")]
    file: Option<PathBuf>,

    /// Where the logs lie: a file, a folder, a glob, `-` for standard input, or s3://bucket/prefix. May be repeated
    #[arg(long, value_name = "PATH", num_args = 1.., action = clap::ArgAction::Append)]
    from: Vec<String>,

    /// How the result is written [default: a table on a terminal, csv in a pipe]
    #[arg(long, value_name = "FORMAT", env = "FLOODMARK_FORMAT")]
    format: Option<Format>,

    /// Write the result to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  floodmark query 'SELECT client_ip, count(*) AS connections FROM nlb GROUP BY 1 ORDER BY 2 DESC LIMIT 30' --from logs/
  floodmark query --file spike.sql --from s3://my-logs/AWSLogs/ --format csv
  zcat flow.log.gz | floodmark query \"SELECT * FROM vpc_flow WHERE action = 'REJECT'\" --from -";

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let (sql, from) = sql(arguments)?;
    let in_sql = |error: Error| InSql { error, sql: sql.clone() };
    resolving::refuse_standard_input(&from, settings)?;
    let statements = dialect::parse(&sql).map_err(in_sql)?;
    if statements.is_empty() {
        return Err(Error::invalid_query("there is no SQL to run")
            .hint("write it as the first argument, in a `--file`, or to standard input")
            .into());
    }
    let default = if arguments.output.is_none() && std::io::stdout().is_terminal() {
        Format::Table
    } else {
        Format::Csv
    };
    let format = arguments.format.unwrap_or(default);
    commands::runtime(settings)?.block_on(async {
        let engine = Engine::new(settings.engine_options())?;
        let session = engine.open(&from).await?.in_database(&settings.database).await?;
        let mut output = Output::open(format, arguments.output.as_deref())?;
        for statement in statements {
            resolve(&session, &statement, settings).await?;
            answer(&session, statement, &sql, &mut output, settings).await?;
        }
        output.flush()
    })
}

/// How many addresses of the answer are looked at for each that may be resolved.
const SHOWN_OF_RESOLVED: usize = 8;

/// Asks the registries about the largest addresses that the answer will show, if `--resolve` says so: it is asked once for that.
async fn resolve(
    session: &Session<'_>,
    statement: &Statement,
    settings: &Settings,
) -> anyhow::Result<()> {
    let Some(limit) = settings.resolve.filter(|_| statement.is_query()) else { return Ok(()) };
    let mut query = session.query(statement.clone()).await?;
    // Not each address that is shown is asked about: which are, is known at the end.
    let shown_max = limit.saturating_mul(SHOWN_OF_RESOLVED);
    let mut shown: Vec<IpAddr> = Vec::new();
    let mut seen: HashSet<IpAddr> = HashSet::new();
    while let Some(batch) = query.rows.next().await
        && shown.len() < shown_max
    {
        let batch = batch.map_err(Error::from)?;
        let texts = floodmark_engine::athena::Texts::new(&batch)?;
        let cells = (0..batch.num_rows())
            .flat_map(|row| (0..batch.num_columns()).map(move |column| (column, row)));
        for (column, row) in cells {
            let address = texts.text(column, row).and_then(|text| text.parse::<IpAddr>().ok());
            if let Some(address) = address.map(|address| address.to_canonical())
                && shown.len() < shown_max
                && seen.insert(address)
            {
                shown.push(address);
            }
        }
    }
    // Without a function that asks, nothing of the answer would change.
    let asked = query.metrics.unresolved();
    drop(query);
    let is_asked: HashSet<&IpAddr> = asked.iter().collect();
    shown.retain(|address| is_asked.contains(address));
    let wanted = resolving::first(shown, &asked, limit);
    resolving::resolve(session.who(), &wanted, settings).await?;
    Ok(())
}

/// The SQL, and where the logs lie.
fn sql(arguments: &Arguments) -> anyhow::Result<(String, Vec<String>)> {
    let mut from = arguments.from.clone();
    let sql = match (&arguments.sql, &arguments.file) {
        (Some(sql), _) if sql != "-" => sql.clone(),
        (_, Some(file)) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the SQL in `{}`", file.display()))?,
        // `--from logs 'SELECT …'`: the SQL stands where a path may.
        (None, None) if from.len() > 1 && from.last().is_some_and(|last| is_sql(last)) => {
            from.pop().unwrap_or_default()
        }
        _ if arguments.sql.is_none() && std::io::stdin().is_terminal() => {
            return Err(Error::invalid_query("there is no SQL to run")
                .hint("write it as the first argument: `floodmark query 'SELECT …' --from PATH`")
                .into());
        }
        _ => {
            if arguments.from.iter().any(|from| from == "-") {
                return Err(Error::invalid_query(
                    "standard input cannot be both the SQL and the logs",
                )
                .hint("write the SQL as the first argument or in a `--file`")
                .into());
            }
            let mut sql = String::new();
            std::io::stdin().read_to_string(&mut sql).context("cannot read the SQL")?;
            sql
        }
    };
    Ok((sql, from))
}

/// Whether a text that stands for a path can only be meant as SQL.
fn is_sql(text: &str) -> bool {
    text.contains(char::is_whitespace)
        && !std::path::Path::new(text).exists()
        && dialect::parse(text).is_ok()
}

/// Runs a statement, writes its rows and its report. Ctrl-C stops it, and the report says what was read so far.
pub(crate) async fn answer(
    session: &Session<'_>,
    statement: Statement,
    sql: &str,
    output: &mut Output,
    settings: &Settings,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let in_sql = |error: Error| InSql { error, sql: sql.to_owned() };
    let mut query = session.query(statement).await.map_err(in_sql)?;
    let metrics = Arc::clone(&query.metrics);
    let progress = Progress::start(settings.progress, &metrics);
    let mut stopped = std::pin::pin!(tokio::signal::ctrl_c());
    for note in &query.notes {
        progress.suspend(|| crate::shell::talk(&format!("note: {}\n", safe(note))));
    }
    // A statement that has nothing to say writes nothing.
    let has_rows = !query.schema.fields().is_empty();
    let mut sink = if has_rows { Some(output.begin(&query.schema)?) } else { None };
    let result = loop {
        let batch = tokio::select! {
            batch = query.rows.next() => batch,
            _ = &mut stopped => break Err(Error::new(ErrorKind::Cancelled, "stopped").into()),
        };
        match batch {
            None => break Ok(()),
            Some(Err(error)) => break Err(in_sql(error.into()).into()),
            Some(Ok(batch)) => {
                if let Some(sink) = &mut sink
                    && let Err(error) = progress.suspend(|| sink.write(&batch))
                {
                    break Err(error);
                }
            }
        }
    };
    // Whoever still reads stops now, and has entered what it read in the account.
    drop(query);
    drop(progress);
    let finished = match (sink, result.is_ok()) {
        (Some(sink), true) => sink.finish(),
        (sink, _) => {
            drop(sink);
            Ok(())
        }
    };
    output.flush()?;
    tell_report(&metrics.report(), start.elapsed(), result.is_err(), settings);
    resolving::tell_troubles(session.who());
    result.and(finished)
}

/// Writes the account of a query, as the settings say.
pub(crate) fn tell_report(report: &Report, elapsed: Duration, stopped: bool, settings: &Settings) {
    // A query that reads no logs has nothing to account for, nor one that failed before it found any.
    if !report.scanned || (stopped && report.objects_listed == 0 && report.troubles_total == 0) {
        return;
    }
    let text = match settings.report {
        ReportForm::Text => report_text::text(report, elapsed, stopped),
        ReportForm::Json => format!("{}\n", report_text::json(report, elapsed, stopped)),
        ReportForm::None => return,
    };
    // There is nobody to tell if this cannot be written.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}

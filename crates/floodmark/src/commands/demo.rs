//! `floodmark demo`: generates an incident, and walks through it.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use floodmark_engine::{Engine, dialect};

use crate::commands::{self, query};
use crate::demo::{QUESTIONS, RECORD, generate};
use crate::render::{Format, Output};
use crate::settings::{ReportForm, Settings};

/// Generate the logs of an incident, and find its cause in six questions
///
/// Traffic on a Network Load Balancer tripled at 02:00 UTC on 2024-10-05. The logs are synthetic; nothing is fetched.
#[derive(Args, Debug)]
#[command(after_help = "Example: floodmark demo --folder incident")]
pub(crate) struct Arguments {
    /// Keep the logs in this folder, to ask more [default: a temporary folder that is removed]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,

    /// Generate the logs, and ask nothing
    #[arg(long, requires = "folder")]
    generate_only: bool,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let temporary = match &arguments.folder {
        Some(_) => None,
        None => Some(tempfile::tempdir().context("cannot make a temporary folder")?),
    };
    let folder = match (&arguments.folder, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => unreachable!("one of the two was chosen"),
    };
    let logs = generate(&folder)?;
    if arguments.generate_only {
        return Ok(());
    }
    let mut out = std::io::stdout();
    writeln!(
        out,
        "Traffic on a Network Load Balancer tripled between 02:00 and 03:00 UTC on 2024-10-05."
    )?;
    writeln!(out, "Its logs of 01:00 to 03:20, synthetic, lie in {}\n", logs.display())?;
    // The account of each question is shown once, for the last: they read the same logs.
    let mut quiet = settings.clone();
    quiet.report = ReportForm::None;
    commands::runtime(settings)?.block_on(async {
        let engine = Engine::new(settings.engine_options())?;
        let session = engine.open(&[logs.to_string_lossy().into_owned()]).await?;
        for (number, question) in QUESTIONS.iter().enumerate() {
            let (title, sql) = question.split_once('\n').unwrap_or(("", question));
            writeln!(out, "{}. {}\n", number + 1, title.trim_start_matches("-- "))?;
            for line in sql.trim_end().lines() {
                writeln!(out, "    {line}")?;
            }
            writeln!(out)?;
            let last = number + 1 == QUESTIONS.len();
            let mut output = Output::open(Format::Table, None)?;
            for statement in dialect::parse(sql)? {
                let settings = if last { settings } else { &quiet };
                query::answer(&session, statement, sql, &mut output, settings).await?;
            }
            writeln!(out)?;
        }
        anyhow::Ok(())
    })?;
    writeln!(
        out,
        "Four addresses hold connections of over five minutes, against three seconds for the rest."
    )?;
    if temporary.is_none() {
        writeln!(out, "\nAsk more:   floodmark shell --from {}", logs.display())?;
        writeln!(
            out,
            "What was written, by the generator's own record: {}",
            folder.join(RECORD).display()
        )?;
    }
    Ok(())
}

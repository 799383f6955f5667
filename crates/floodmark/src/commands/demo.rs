//! `floodmark demo`: generates an incident, and walks through it.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use floodmark_engine::{Engine, Error, dialect};

use crate::commands::{self, query};
use crate::demo::QUESTIONS;
use crate::demo::incidents::{self, Choice, Incident, RECORD, Source, generate};
use crate::render::{Format, Output};
use crate::settings::{ReportForm, Settings};

/// Generate the logs of an incident, and find its cause in six questions
///
/// Traffic on a Network Load Balancer tripled at 02:00 UTC on 2024-10-05. The logs are synthetic; nothing is fetched. There are
/// other incidents to try, each with the generator's own record of what happened: `--list` names them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  floodmark demo --folder incident
  floodmark demo --list
  floodmark demo --incident botnet --folder incident --generate-only")]
pub(crate) struct Arguments {
    /// Keep the logs in this folder, to ask more [default: a temporary folder that is removed]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,

    /// Generate the logs, and ask nothing
    #[arg(long, requires = "folder")]
    generate_only: bool,

    /// Name the incidents, with a line on each
    #[arg(long, conflicts_with_all = ["folder", "incident"])]
    list: bool,

    /// Generate this incident
    #[arg(long, value_name = "NAME", default_value = "flood")]
    incident: String,

    /// The seed of the random numbers; the same seed gives the same logs
    #[arg(long, value_name = "NUMBER", requires = "incident")]
    seed: Option<u64>,

    /// Let each client's rate wander from hour to hour: the deviation of its logarithm, such as 0.3
    #[arg(long, value_name = "DEVIATION", requires = "incident", value_parser = deviation)]
    drift: Option<f64>,

    /// Write so many quiet hours before the one that the incident is compared with
    #[arg(long, value_name = "HOURS", requires = "incident",
        value_parser = clap::value_parser!(u16).range(..=EARLIER_HOURS_MAX))]
    earlier_hours: Option<u16>,
}

/// The most quiet hours that are written before an incident: four weeks.
const EARLIER_HOURS_MAX: i64 = 4 * 7 * 24;

/// The greatest deviation of a client's rate. At this one in three clients comes seven times as often as usual, or a seventh.
const DRIFT_MAX: f64 = 2.0;

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    if arguments.list {
        for incident in incidents::all() {
            writeln!(out, "{:24}{:18}{}", incident.name, incident.log(), incident.story)?;
        }
        return Ok(());
    }
    let incident = incidents::find(&arguments.incident).ok_or_else(|| {
        Error::not_found(format!("there is no incident `{}`", arguments.incident))
            .hint("`floodmark demo --list` names them")
    })?;
    let choice = arguments.choice();
    if matches!(incident.source, Source::Flood) {
        if choice != Choice::USUAL {
            return Err(Error::invalid_query(
                "the logs of the incident `flood` are always the same",
            )
            .hint("choose another with `--incident`; `floodmark demo --list` names them")
            .into());
        }
        return walk(incident, arguments, settings);
    }
    let Some(folder) = &arguments.folder else {
        return Err(Error::invalid_query("there is no folder to write the incident to")
            .hint("name one with `--folder`")
            .into());
    };
    let logs = generate(incident, &choice, folder)?;
    if !arguments.generate_only {
        writeln!(out, "{}.\n", incident.story)?;
        writeln!(out, "Its logs lie in {}", logs.display())?;
        writeln!(
            out,
            "What was written, by the generator's own record: {}",
            folder.join(RECORD).display()
        )?;
    }
    Ok(())
}

impl Arguments {
    fn choice(&self) -> Choice {
        Choice {
            seed: self.seed.unwrap_or(Choice::USUAL.seed),
            drift: self.drift.unwrap_or(Choice::USUAL.drift),
            earlier_hours: self.earlier_hours.unwrap_or(Choice::USUAL.earlier_hours),
        }
    }
}

/// A deviation as an argument.
fn deviation(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=DRIFT_MAX).contains(&number) => Ok(number),
        _ => Err(format!("it is a number from 0 to {DRIFT_MAX}")),
    }
}

/// Generates the demo's own incident, and asks the questions.
fn walk(
    incident: &'static Incident,
    arguments: &Arguments,
    settings: &Settings,
) -> anyhow::Result<()> {
    let temporary = match &arguments.folder {
        Some(_) => None,
        None => Some(tempfile::tempdir().context("cannot make a temporary folder")?),
    };
    let folder = match (&arguments.folder, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => unreachable!("one of the two was chosen"),
    };
    let logs = generate(incident, &Choice::USUAL, &folder)?;
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

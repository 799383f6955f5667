//! `floodmark demo`: generates an incident, and walks through it.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use floodmark_engine::{Engine, Error, Session, dialect};
use floodmark_investigate::explain::{self, ExplainQuestion};
use floodmark_investigate::{Before, Subject, SubjectOptions, Window};

use crate::commands::{self, asked, query};
use crate::demo::QUESTIONS;
use crate::demo::incidents::{self, Choice, RECORD, Source, generate};
use crate::render::{Format, Output};
use crate::settings::{ReportForm, Settings};

/// Generate the logs of an incident, and find its cause: in six questions, and by one command
///
/// Traffic on a Network Load Balancer tripled at 02:00 UTC on 2024-10-05. The logs are synthetic; nothing is fetched. There are
/// other incidents to try, each with the generator's own record of what happened: `--list` names them.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  floodmark demo --folder incident
  floodmark demo --list
  floodmark demo --incident botnet
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

    /// Generate this incident, and explain it
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
    let is_flood = matches!(incident.source, Source::Flood);
    if is_flood && choice != Choice::USUAL {
        return Err(Error::invalid_query("the logs of the incident `flood` are always the same")
            .hint("choose another with `--incident`; `floodmark demo --list` names them")
            .into());
    }
    let temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    let logs = generate(incident, &choice, folder)?;
    if arguments.generate_only {
        return Ok(());
    }
    commands::runtime(settings)?.block_on(async {
        let engine = Engine::new(settings.engine_options())?;
        let session = engine.open(&[logs.to_string_lossy().into_owned()]).await?;
        if is_flood {
            walk(&session, &logs, settings).await?;
            writeln!(
                out,
                "7. And what does one command say?\n\n    floodmark explain {}\n",
                logs.display()
            )?;
            explained(&session, ExplainQuestion::default(), settings).await
        } else {
            writeln!(out, "{}.\n", incident.story)?;
            let question = ExplainQuestion {
                during: Some(Window::parse(DURING)?),
                before: Some(Before::Windows(vec![Window::parse(BEFORE)?])),
                ..ExplainQuestion::default()
            };
            explained(&session, question, settings).await
        }
    })?;
    if arguments.folder.is_some() {
        let logs = logs.display();
        writeln!(out, "\nLook at it: floodmark open {logs}")?;
        writeln!(out, "Ask more:   floodmark shell --from {logs}")?;
        if incident.log() != "route53_resolver" {
            writeln!(
                out,
                "Stop it:    floodmark explain {logs} --format json | floodmark block --with {} --from-explain - --from {logs}",
                if ["nlb", "vpc_flow"].contains(&incident.log()) {
                    "nacl --acl-id acl-0a1b2c3d4e5f60718 --offline"
                } else {
                    "waf-ip-set"
                }
            )?;
        }
        writeln!(
            out,
            "What was written, by the generator's own record: {}",
            folder.join(RECORD).display()
        )?;
    }
    Ok(())
}

/// The hour of an incident, and the one that it is compared with.
const DURING: &str = "2024-10-05T02:00/03:00";
const BEFORE: &str = "2024-10-05T01:00/02:00";

/// Explains what happened, and says what was read.
async fn explained(
    session: &Session<'_>,
    question: ExplainQuestion,
    settings: &Settings,
) -> anyhow::Result<()> {
    let subject = Subject::open(session, SubjectOptions::default()).await?;
    let work = explain::explain(&subject, &question);
    let answer = asked::answered(&subject, "", settings, work).await?;
    let mut output = Output::open(Format::Table, None)?;
    commands::explain::write(&answer, Format::Table, false, &mut output)?;
    output.flush()
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

/// Walks through the demo's own incident in the questions that an engineer asks one after the other.
async fn walk(session: &Session<'_>, logs: &Path, settings: &Settings) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "Traffic on a Network Load Balancer tripled between 02:00 and 03:00 UTC on 2024-10-05."
    )?;
    writeln!(out, "Its logs of 01:00 to 03:20, synthetic, lie in {}\n", logs.display())?;
    // The account is shown once, at the end: all questions read the same logs.
    let mut quiet = settings.clone();
    quiet.report = ReportForm::None;
    for (number, question) in QUESTIONS.iter().enumerate() {
        let (title, sql) = question.split_once('\n').unwrap_or(("", question));
        writeln!(out, "{}. {}\n", number + 1, title.trim_start_matches("-- "))?;
        for line in sql.trim_end().lines() {
            writeln!(out, "    {line}")?;
        }
        writeln!(out)?;
        let mut output = Output::open(Format::Table, None)?;
        for statement in dialect::parse(sql)? {
            query::answer(session, statement, sql, &mut output, &quiet).await?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "Four addresses hold connections of over five minutes, against three seconds for the rest.\n"
    )?;
    Ok(())
}

//! `floodmark explain`: where a change in traffic comes from.

use clap::Args;
use floodmark_investigate::explain::{self, ExplainQuestion};
use floodmark_investigate::{Before, Subject, SubjectOptions, Window};
use floodmark_engine::Engine;
use crate::commands;
use crate::settings::Settings;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    paths: Vec<String>,
    #[arg(long)]
    log: Option<String>,
    #[arg(long = "where")]
    condition: Option<String>,
    #[arg(long)]
    during: Option<String>,
    #[arg(long)]
    before: Vec<String>,
    #[arg(long)]
    measure: Option<String>,
    #[arg(long)]
    format: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<()> {
    commands::runtime(settings)?.block_on(async {
        let engine = Engine::new(settings.engine_options())?;
        let session = engine.open(&arguments.paths).await?;
        let options = SubjectOptions { log: arguments.log.as_deref(), condition: arguments.condition.as_deref() };
        let subject = Subject::open(&session, options).await?;
        let question = ExplainQuestion {
            during: arguments.during.as_deref().map(Window::parse).transpose()?,
            before: if arguments.before.is_empty() { None } else { Some(Before::parse(&arguments.before)?) },
            measure: arguments.measure.clone(),
            ..ExplainQuestion::default()
        };
        let answer = explain::explain(&subject, &question).await?;
        let json = serde_json::to_string_pretty(&answer)?;
        std::io::Write::write_all(&mut std::io::stdout(), json.as_bytes())?;
        Ok(())
    })
}

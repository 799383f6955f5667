//! `start`: what the page has to know first.

use std::sync::Arc;

use floodmark_block::render::FORMS;
use floodmark_block::way::{WAYS, WayFacts};
use floodmark_discover::{Log, describe};
use floodmark_formats::table;
use serde::Serialize;

use crate::state::State;
use crate::ui::Failure;
use crate::ui::account::counted;
use crate::ui::api::Asked;

/// What the page has to know first.
#[derive(Serialize)]
pub(crate) struct Start {
    version: &'static str,
    logs: Vec<Log>,
    notes: Vec<String>,
    ways: Vec<Way>,
    forms: Vec<&'static str>,
    token_command: String,
    url: String,
}

/// A way to block.
#[derive(Serialize)]
struct Way {
    name: &'static str,
    title: &'static str,
    targets: Vec<&'static str>,
}

/// Answers `start`. It lists the places of the logs, unless it has just done so; the member `anew` has it done in any case.
pub(crate) async fn start(state: &Arc<State>, asked: &Asked) -> Result<Start, Failure> {
    let summary = state.summary(asked.member("anew").is_some()).await?;
    state.load_who().await;
    let mut notes = summary.troubles.clone();
    let untold = summary.troubles_total.saturating_sub(summary.troubles.len() as u64);
    if untold > 0 {
        let more = counted(untold, "more object or folder", "more objects or folders");
        notes.push(format!("{more} could not be read"));
    }
    if let Some((first, _)) = summary.unknown.first() {
        let objects = counted(summary.unknown_total, "object holds", "objects hold");
        notes.push(format!("{objects} no log that is known, such as `{first}`"));
    }
    if summary.not_looked_into > 0 {
        let objects = counted(summary.not_looked_into, "object was", "objects were");
        notes.push(format!("{objects} not looked into, and the names do not tell"));
    }
    if summary.logs.is_empty() {
        notes.push("no log was found: `floodmark open PATH`, or `serve --from PATH`".to_owned());
    }
    notes.extend(state.who_troubles());
    Ok(Start {
        version: env!("CARGO_PKG_VERSION"),
        logs: (summary.logs.iter())
            .map(|log| describe(table::of(log.log_type), state.engine.who(), log))
            .collect(),
        notes,
        ways: WAYS.iter().map(way).collect(),
        forms: FORMS.iter().map(|(_, name)| *name).collect(),
        token_command: state.page.token_command.clone(),
        url: state.page.url.clone(),
    })
}

fn way(facts: &'static WayFacts) -> Way {
    let targets: [(bool, &[&str]); 3] = [
        (facts.networks, &["network"]),
        (facts.countries, &["country"]),
        (facts.texts, &["path", "user-agent"]),
    ];
    let targets = targets.into_iter().filter(|(takes, _)| *takes).flat_map(|(_, names)| names);
    Way { name: facts.name, title: facts.title, targets: targets.copied().collect() }
}

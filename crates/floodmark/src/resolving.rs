//! Asking the registries whose addresses are, where `--resolve` says so.

use std::collections::HashSet;
use std::net::IpAddr;

use floodmark_engine::{Error, ErrorKind};
use floodmark_who::Who;
use floodmark_who::rdap::resolve::{Progress, Resolved};
use indicatif::{ProgressBar, ProgressStyle};

use crate::render::safe;
use crate::report_text::count;
use crate::settings::{ReportForm, Settings};
use crate::shell::talk;

/// How many things that went wrong are told one by one.
const FAILURES_SHOWN: usize = 10;

/// Asks the registries about these addresses, and says what it came to. Gives whether anything was learnt. What is answered is kept
/// at once: Ctrl-C loses nothing.
pub(crate) async fn resolve(
    who: &Who,
    addresses: &[IpAddr],
    settings: &Settings,
) -> anyhow::Result<bool> {
    if addresses.is_empty() {
        return Ok(false);
    }
    let options = settings.rdap_options()?;
    let line = settings.progress.is_wanted().then(ProgressBar::new_spinner);
    if let (Some(line), Ok(style)) = (&line, ProgressStyle::with_template("{spinner} {msg}")) {
        line.set_style(style);
    }
    let progress = |progress: Progress| {
        if let Some(line) = &line {
            let Progress { asked, settled, addresses } = progress;
            line.set_message(format!(
                "{settled} of {addresses} addresses are settled by {asked} questions to registries"
            ));
            line.tick();
        }
    };
    let resolved = tokio::select! {
        resolved = who.resolve(addresses, &options, &progress) => {
            resolved.map_err(Error::from)?
        }
        _ = tokio::signal::ctrl_c() => {
            return Err(Error::new(ErrorKind::Cancelled, "stopped").into());
        }
    };
    if let Some(line) = line {
        line.finish_and_clear();
    }
    if settings.report != ReportForm::None || !resolved.failed.is_empty() {
        talk(&text(&resolved));
    }
    Ok(resolved.answered + resolved.nothing > 0)
}

/// The first addresses that are to be asked about: those that the answer shows, and then those that its functions asked about.
pub(crate) fn first(shown: Vec<IpAddr>, asked: &[IpAddr], limit: usize) -> Vec<IpAddr> {
    let mut seen = HashSet::new();
    let all = shown.into_iter().chain(asked.iter().copied());
    all.filter(|address| seen.insert(*address)).take(limit).collect()
}

/// Refuses to read standard input where names are asked for: the logs are read once to learn which, and once to answer.
pub(crate) fn refuse_standard_input(from: &[String], settings: &Settings) -> anyhow::Result<()> {
    if settings.resolve.is_none() || !from.iter().any(|from| from == "-") {
        return Ok(());
    }
    Err(Error::invalid_query(
        "`--resolve` reads the logs twice, and standard input can be read once",
    )
    .hint("write the logs to a file, or leave `--resolve` out")
    .into())
}

/// Says which files about addresses could not be used.
pub(crate) fn tell_troubles(who: &Who) {
    let Ok(Some(inventory)) = who.inventory() else { return };
    for trouble in inventory.troubles() {
        talk(&format!("warning: {}\n", safe(&trouble)));
    }
}

/// What a run came to, as notes and warnings.
fn text(resolved: &Resolved) -> String {
    let mut text = String::new();
    for note in &resolved.notes {
        text.push_str(&format!("note: {}\n", safe(note)));
    }
    if resolved.asked > 0 {
        let nothing = match resolved.nothing {
            0 => String::new(),
            nothing => format!(", {} in no network", count(nothing as u64)),
        };
        text.push_str(&format!(
            "note: {} to registries: {} in {}{nothing}\n",
            counted(resolved.asked, "question", "questions"),
            counted(resolved.answered, "address", "addresses"),
            counted(resolved.networks, "network", "networks"),
        ));
    }
    for failure in resolved.failed.iter().take(FAILURES_SHOWN) {
        let address = match (failure.address, failure.addresses) {
            (Some(address), 1) => format!(" ({address})"),
            (Some(address), addresses) => {
                format!(" ({address} and {} more)", count(addresses as u64 - 1))
            }
            (None, _) => String::new(),
        };
        text.push_str(&format!("warning: {}{address}\n", safe(&failure.message)));
    }
    if let Some(more) = resolved.failed.len().checked_sub(FAILURES_SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!("warning: {} more of the kind\n", count(more as u64)));
    }
    if resolved.left > 0 {
        let left = counted(resolved.left, "address is", "addresses are");
        text.push_str(&format!("note: {left} still without an answer: the next run asks again\n"));
    }
    text
}

fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { several })
}

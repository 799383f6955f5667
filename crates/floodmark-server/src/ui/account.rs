//! What became of what was read, as the page is told it.

use floodmark_discover::told::{Account, Progress};
use floodmark_engine::Report;

/// How far a query is after so many seconds.
pub(crate) fn progress(report: &Report, seconds: f64) -> Progress {
    Progress {
        objects: report.objects_read,
        objects_wanted: report.objects_wanted,
        bytes: report.bytes_fetched,
        bytes_wanted: report.bytes_wanted,
        rows: report.account.rows,
        seconds,
    }
}

/// The account of a query. One that asked no logs would have cost nothing.
pub(crate) fn account(report: &Report) -> Account {
    let account = Account::of(report);
    Account { athena_dollars: if report.scanned { account.athena_dollars } else { 0.0 }, ..account }
}

/// The account of several queries over the same logs: that of the one which read most tells what there was.
pub(crate) fn account_of_all(reports: &[Report]) -> Account {
    let most = reports.iter().rev().max_by_key(|report| report.account.lines);
    most.map(account).unwrap_or_default()
}

/// What should be known of several queries over the same logs, each thing once.
pub(crate) fn notes_of_all(reports: &[Report]) -> Vec<String> {
    let mut all = Vec::new();
    for note in reports.iter().flat_map(notes) {
        if !all.contains(&note) {
            all.push(note);
        }
    }
    all
}

/// What should be known of a query besides its rows, a sentence each.
pub(crate) fn notes(report: &Report) -> Vec<String> {
    let mut notes: Vec<String> = report.empty_tables.values().cloned().collect();
    // Objects of the other logs are there to be asked by their own names.
    if let Some(unknown) = report.others.get("unknown") {
        let objects = counted(*unknown, "object holds", "objects hold");
        notes.push(format!("{objects} no log that is known"));
    }
    if report.objects_passed_over > 0 {
        let objects = counted(report.objects_passed_over, "object is", "objects are");
        notes.push(format!("{objects} passed over, being no logs by their names"));
    }
    if report.account.unmatched > 0 {
        let rows = counted(report.account.unmatched, "row is", "rows are");
        notes.push(format!("{rows} all NULL: the lines do not match the pattern of their table"));
    }
    if report.account.not_utf8 > 0 {
        let lines = counted(report.account.not_utf8, "line has", "lines have");
        notes.push(format!("{lines} bytes that are no UTF-8, which are shown as U+FFFD"));
    }
    if report.account.holes > 0 {
        let rows = counted(report.account.holes, "row", "rows");
        notes.push(format!("the log itself says of {rows} that records are missing there"));
    }
    let untold = report.troubles_total.saturating_sub(report.troubles.len() as u64);
    if untold > 0 {
        let more = counted(untold, "more object or folder", "more objects or folders");
        notes.push(format!("{more} could not be read"));
    }
    notes.extend(report.unknown.iter().map(|(fact, unknown)| {
        let least = if unknown.is_cut { "at least " } else { "" };
        let addresses = counted(unknown.addresses, "address", "addresses");
        let (name, remedy) = (fact.name(), fact.remedy());
        format!("`{name}` is not known of {least}{addresses}, and NULL there: {remedy}")
    }));
    notes
}

/// A number with the words that fit it.
pub(crate) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

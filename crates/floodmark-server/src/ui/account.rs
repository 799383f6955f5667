//! What became of what was read, as the page is told it.

use floodmark_discover::limits::REJECTIONS_TOLD_MAX;
use floodmark_discover::told::{Account, Progress};
use floodmark_engine::Report;

use crate::ui::words::of_page;

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

/// The account of several queries: what all of them read, added up, and each trouble and rejected line once. They read different
/// times, so that none of them tells what the others could not read.
pub(crate) fn account_of_all(reports: &[Report]) -> Account {
    let mut all = Account::default();
    for one in reports.iter().map(account) {
        all.objects += one.objects;
        all.objects_pruned += one.objects_pruned;
        all.bytes += one.bytes;
        all.lines += one.lines;
        all.rows += one.rows;
        all.headers += one.headers;
        all.rejected += one.rejected;
        all.athena_dollars += one.athena_dollars;
        push_new(&mut all.rejections, one.rejections);
        push_new(&mut all.troubles, one.troubles);
    }
    all.rejections.truncate(REJECTIONS_TOLD_MAX);
    all
}

/// What several queries could not read, a sentence each, for answers without an account.
pub(crate) fn losses_of_all(reports: &[Report]) -> Vec<String> {
    let all = account_of_all(reports);
    let rejected = reports.iter().map(|report| account(report).rejected);
    // Those of another query may be others, or the same.
    let is_certain = rejected.clone().filter(|rejected| *rejected > 0).count() <= 1;
    let rejected = rejected.max().unwrap_or(0).max(all.rejections.len() as u64);
    let mut losses = Vec::new();
    if rejected > 0 {
        let least = if is_certain { "" } else { "at least " };
        let lines = counted(rejected, "line is no row and counts", "lines are no rows and count");
        let first = all.rejections.first().map(|first| {
            format!(", such as line {} of `{}`: {}", first.line, first.object, first.reason)
        });
        losses.push(format!("{least}{lines} nowhere{}", first.unwrap_or_default()));
    }
    losses.extend(all.troubles);
    losses
}

fn push_new<T: PartialEq>(all: &mut Vec<T>, more: Vec<T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// What should be known of several queries over the same logs, each thing once.
pub(crate) fn notes_of_all(reports: &[Report]) -> Vec<String> {
    let mut all = Vec::new();
    push_new(&mut all, reports.iter().flat_map(notes).collect());
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
        let (name, remedy) = (fact.name(), of_page(fact.remedy()));
        format!("`{name}` is not known of {least}{addresses}, and NULL there: {remedy}")
    }));
    notes
}

/// A number with the words that fit it.
pub(crate) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_several_queries_is_that_of_all() {
        let report = |lines: u64, troubles: &[&str]| {
            let mut report = Report { scanned: true, ..Report::default() };
            report.account.lines = lines;
            report.account.rows = lines;
            report.troubles = troubles.iter().map(|&trouble| trouble.to_owned()).collect();
            report
        };
        let reports = [report(2, &["a"]), report(10, &[]), report(3, &["a", "b"])];
        let all = account_of_all(&reports);
        assert_eq!((all.lines, all.rows), (15, 15));
        assert_eq!(all.troubles, ["a", "b"]);
        assert_eq!(losses_of_all(&reports), ["a", "b"]);
        assert_eq!(account_of_all(&[]), Account::default());
    }
}

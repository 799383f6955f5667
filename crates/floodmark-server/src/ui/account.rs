//! What became of what was read, as the page is told it.

use floodmark_engine::Report;
use serde::Serialize;

/// How far the reading of logs is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Progress {
    objects: u64,
    objects_wanted: u64,
    bytes: u64,
    bytes_wanted: u64,
    rows: u64,
    seconds: f64,
}

/// What became of what was read: lines = rows + headers + rejected.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Account {
    objects: u64,
    objects_pruned: u64,
    bytes: u64,
    lines: u64,
    rows: u64,
    headers: u64,
    rejected: u64,
    rejections: Vec<Rejection>,
    troubles: Vec<String>,
    athena_dollars: f64,
}

/// A line that is no row.
#[derive(Clone, Debug, Serialize)]
struct Rejection {
    object: String,
    line: u64,
    reason: String,
}

impl Progress {
    /// How far a query is after so many seconds.
    pub(crate) fn of(report: &Report, seconds: f64) -> Self {
        Self {
            objects: report.objects_read,
            objects_wanted: report.objects_wanted,
            bytes: report.bytes_fetched,
            bytes_wanted: report.bytes_wanted,
            rows: report.account.rows,
            seconds,
        }
    }
}

impl Account {
    /// The account of a query.
    pub(crate) fn of(report: &Report) -> Self {
        let rejections = report.rejections.iter().map(|(object, rejection)| Rejection {
            object: object.clone(),
            line: rejection.line,
            reason: rejection.reason.to_string(),
        });
        Self {
            objects: report.objects_read,
            objects_pruned: report.objects_pruned,
            bytes: report.bytes_fetched,
            lines: report.account.lines,
            rows: report.account.rows,
            headers: report.account.headers,
            rejected: report.account.rejected_total(),
            rejections: rejections.collect(),
            troubles: report.troubles.clone(),
            athena_dollars: if report.scanned { report.athena_dollars() } else { 0.0 },
        }
    }

    /// The account of several queries over the same logs: that of the one which read most tells what there was.
    pub(crate) fn of_all(reports: &[Report]) -> Self {
        let most = reports.iter().rev().max_by_key(|report| report.account.lines);
        most.map(Self::of).unwrap_or_default()
    }
}

/// What should be known of a query besides its rows, a sentence each.
pub(crate) fn notes(report: &Report) -> Vec<String> {
    let mut notes: Vec<String> = report.empty_tables.values().cloned().collect();
    if report.objects_other > 0 {
        let kinds: Vec<String> =
            report.others.iter().map(|(log, objects)| format!("{objects} of `{log}`")).collect();
        notes.push(format!("objects of other logs were passed over: {}", kinds.join(", ")));
    }
    if report.objects_passed_over > 0 {
        notes.push(format!("{} objects are no logs by their names", report.objects_passed_over));
    }
    if report.account.unmatched > 0 {
        notes.push(format!(
            "{} rows are all NULL because their lines do not match the pattern of their table",
            report.account.unmatched
        ));
    }
    if report.account.not_utf8 > 0 {
        notes.push(format!(
            "{} lines have bytes that are no UTF-8, which are shown as U+FFFD",
            report.account.not_utf8
        ));
    }
    if report.account.holes > 0 {
        notes.push(format!(
            "the log itself says of {} rows that records are missing around them",
            report.account.holes
        ));
    }
    let untold = report.troubles_total.saturating_sub(report.troubles.len() as u64);
    if untold > 0 {
        notes.push(format!("{untold} more objects or folders could not be read"));
    }
    notes.extend(report.unknown.iter().map(|(fact, unknown)| {
        let least = if unknown.is_cut { "at least " } else { "" };
        format!(
            "`{}` is not known of {least}{} addresses, and NULL there: {}",
            fact.name(),
            unknown.addresses,
            fact.remedy()
        )
    }));
    notes
}

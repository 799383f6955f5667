//! The account of a query, for people and for machines.

use std::fmt::Write;
use std::time::Duration;

use floodmark_engine::Report;
use serde_json::{Value, json};

use crate::render::safe;

/// A number with its thousands set apart.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things, with the noun in the right number.
pub(crate) fn things(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A size in binary units.
pub(crate) fn bytes(number: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut size = number as f64;
    let mut unit = "";
    for next in units {
        if size < 1024.0 {
            break;
        }
        size /= 1024.0;
        unit = next;
    }
    format!("{size:.1} {unit}")
}

/// The report for people.
pub(crate) fn text(report: &Report, elapsed: Duration, stopped: bool) -> String {
    let mut text = String::new();
    let account = &report.account;
    let _ = write!(
        text,
        "{} {}",
        if stopped { "stopped after" } else { "read" },
        things(report.objects_read, "object")
    );
    let mut aside = Vec::new();
    if report.objects_pruned > 0 {
        aside.push(format!("{} pruned by name", count(report.objects_pruned)));
    }
    if report.objects_other > 0 {
        let others: Vec<_> = (report.others.iter())
            .map(|(name, number)| format!("{} {name}", count(*number)))
            .collect();
        aside.push(format!("others: {}", others.join(", ")));
    }
    if report.objects_passed_over > 0 {
        aside.push(format!("{} passed over", count(report.objects_passed_over)));
    }
    if !aside.is_empty() {
        let _ = write!(text, " of {} listed ({})", count(report.objects_listed), aside.join("; "));
    }
    let _ = writeln!(
        text,
        " · {} stored, {} inflated",
        bytes(report.bytes_fetched),
        bytes(report.bytes_inflated)
    );
    let _ = writeln!(
        text,
        "{} = {} + {} + {} rejected",
        things(account.lines, "line"),
        things(account.rows, "row"),
        things(account.headers, "header"),
        count(account.rejected_total()),
    );
    for (reason, number) in &account.rejected {
        let _ = writeln!(text, "  rejected {}: {reason}", count(*number));
    }
    for (path, rejection) in &report.rejections {
        let shown: String = safe(&rejection.text).chars().take(100).collect();
        let _ = writeln!(text, "    {}:{}: {shown}", safe(path), rejection.line);
    }
    if account.rejected_total() > 0 {
        let _ = writeln!(text, "  all of them: SELECT * FROM rejected");
    }
    if account.unmatched > 0 {
        let _ = writeln!(
            text,
            "warning: {} the table's pattern, and {} of NULLs",
            if account.unmatched == 1 {
                "1 line does not match".to_owned()
            } else {
                format!("{} lines do not match", count(account.unmatched))
            },
            if account.unmatched == 1 { "is a row" } else { "are rows" },
        );
    }
    if account.gave_up > 0 {
        let _ = writeln!(
            text,
            "warning: the table's pattern takes too long on {} of them: it tries too many ways to match",
            count(account.gave_up)
        );
    }
    for (path, line) in &report.unmatched {
        let shown: String = safe(&line.text).chars().take(100).collect();
        let _ = writeln!(text, "    {}:{}: {shown}", safe(path), line.line);
    }
    if report.objects_read + report.objects_pruned == 0 && report.objects_other > 0 {
        let _ = writeln!(text, "warning: none of the objects is of the table that was asked");
    }
    if account.holes > 0 {
        let _ = writeln!(
            text,
            "warning: {} that AWS dropped records (SKIPDATA): the evidence has holes",
            if account.holes == 1 {
                "1 row says".to_owned()
            } else {
                format!("{} rows say", count(account.holes))
            },
        );
    }
    if account.not_utf8 > 0 {
        let _ = writeln!(
            text,
            "warning: {} with bytes that are not UTF-8, shown as U+FFFD",
            things(account.not_utf8, "line")
        );
    }
    for (table, reason) in &report.empty_tables {
        let _ = writeln!(text, "note: nothing was read for `{}`: {}", safe(table), safe(reason));
    }
    for (fact, unknown) in &report.unknown {
        let more = if unknown.is_cut { "more than " } else { "" };
        let _ = writeln!(
            text,
            "note: {} is not known here of {more}{}, and NULL: {}",
            fact.name(),
            if unknown.addresses == 1 {
                "1 address".to_owned()
            } else {
                format!("{} addresses", count(unknown.addresses))
            },
            fact.remedy(),
        );
    }
    for trouble in &report.troubles {
        let _ = writeln!(text, "warning: {}", safe(trouble));
    }
    let more = report.troubles_total - report.troubles.len() as u64;
    if more > 0 {
        let _ = writeln!(text, "warning: {} more of this kind", count(more));
    }
    let _ = writeln!(
        text,
        "{:.2} s · Athena would scan {} for ${:.4}",
        elapsed.as_secs_f64(),
        bytes(report.athena_bytes()),
        report.athena_dollars(),
    );
    text
}

/// The report for machines.
pub(crate) fn json(report: &Report, elapsed: Duration, stopped: bool) -> Value {
    let account = &report.account;
    let rejected: serde_json::Map<_, _> = (account.rejected.iter())
        .map(|(reason, number)| (reason.text().to_owned(), (*number).into()))
        .collect();
    json!({
        "stopped": stopped,
        "objects": {
            "listed": report.objects_listed,
            "passed_over": report.objects_passed_over,
            "other": report.objects_other,
            "others": report.others,
            "pruned": report.objects_pruned,
            "read": report.objects_read,
        },
        "bytes": {
            "fetched": report.bytes_fetched,
            "inflated": report.bytes_inflated,
            "wanted": report.bytes_wanted,
            "pruned": report.bytes_pruned,
        },
        "lines": {
            "read": account.lines,
            "rows": account.rows,
            "headers": account.headers,
            "rejected": account.rejected_total(),
            "rejected_by_reason": rejected,
            "not_utf8": account.not_utf8,
            "unmatched": account.unmatched,
            "gave_up": account.gave_up,
        },
        "unmatched": report.unmatched.iter().map(|(path, line)| json!({
            "path": path,
            "line": line.line,
            "reason": line.reason.text(),
            "text": line.text,
        })).collect::<Vec<_>>(),
        "rejections": report.rejections.iter().map(|(path, rejection)| json!({
            "path": path,
            "line": rejection.line,
            "reason": rejection.reason.text(),
            "text": rejection.text,
        })).collect::<Vec<_>>(),
        "holes": account.holes,
        "empty_tables": report.empty_tables,
        "unknown": report.unknown.iter().map(|(fact, unknown)| (fact.name().to_owned(), json!({
            "rows": unknown.rows,
            "addresses": unknown.addresses,
            "cut": unknown.is_cut,
        }))).collect::<serde_json::Map<_, _>>(),
        "troubles": report.troubles,
        "troubles_total": report.troubles_total,
        "seconds": elapsed.as_secs_f64(),
        "athena": { "bytes": report.athena_bytes(), "dollars": report.athena_dollars() },
    })
}

//! What is wrong with a table by the first lines of its objects.

use std::sync::Arc;

use floodmark_formats::athena::RowFormat;
use floodmark_formats::text::Block;
use floodmark_formats::{Decoder, LogType, ObjectFacts, Request, table};

use crate::catalog::{ColumnDefinition, TableDefinition};
use crate::check::definition::group_ends;
use crate::check::fields;
use crate::check::rule::{
    BAD_LINES, FORMAT_MISMATCH, Finding, HEADER_EATS_ROWS, HEADER_IS_ROW, LOCATION_UNREADABLE,
    OTHER_LOG, REGEX_TOO_COSTLY, REGEX_UNMATCHED,
};
use crate::check::sample::{Sample, Start};
use crate::check::subject::Subject;
use crate::check::values::{self, Decoded, decode};
use crate::dialect::ddl::{DdlOptions, ddl_of};
use crate::scan::{Compression, hive_table};

/// How files are written, as far as it can be mixed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Json,
    Parquet,
}

impl Kind {
    /// The kind of an object; None if it says nothing.
    pub(crate) fn of(start: &Start) -> Option<Self> {
        if start.compression == Compression::Parquet {
            return Some(Self::Parquet);
        }
        let first = start.text.trim_start().chars().next()?;
        Some(if matches!(first, '{') { Self::Json } else { Self::Text })
    }

    /// The kind that a table reads; None for one that reads what else there is.
    fn of_table(subject: &Subject) -> Option<Self> {
        Some(match subject.serde() {
            "LazySimpleSerDe" | "RegexSerDe" | "GrokSerDe" | "OpenCSVSerde" => Self::Text,
            "JsonSerDe" => Self::Json,
            "ParquetHiveSerDe" => Self::Parquet,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "lines of text",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
        }
    }
}

/// The lines of a file that are a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeaderLines {
    pub(crate) count: usize,
    /// The names of the fields, if the header says them.
    pub(crate) names: Vec<String>,
}

/// Looks at the first lines of objects.
pub(crate) fn check(subject: &Subject, sample: &mut Sample, findings: &mut Vec<Finding>) {
    if let Some(start) = sample.starts.iter().find(|start| start.error.is_some())
        && let Some(error) = &start.error
    {
        findings.push(Finding::new(&LOCATION_UNREADABLE, error.to_string()));
    }
    let Some(table) = subject.hive.clone() else { return };
    if format(subject, sample, findings) || other_log(subject, sample, findings) {
        return;
    }
    values::parquet(subject, sample, findings);
    let texts: Vec<&Start> = (sample.starts.iter())
        .filter(|start| start.error.is_none() && start.compression != Compression::Parquet)
        .filter(|start| !start.text.trim().is_empty())
        .filter(|start| match (start.log_type, subject.log_type()) {
            (Some(found), Some(ours)) => found.name == ours.name,
            _ => true,
        })
        .collect();
    if texts.is_empty() || Kind::of_table(subject) == Some(Kind::Parquet) {
        return;
    }
    let declared = usize::try_from(table.header_lines).unwrap_or(usize::MAX);
    let headers: Vec<HeaderLines> = texts.iter().map(|start| header(subject, start)).collect();
    header_lines(subject, &texts, &headers, declared, findings);
    let ordered = fields::check(subject, &texts, &headers, findings);
    let mut decoded = Vec::new();
    let mut plain = subject.definition.clone();
    plain.properties.retain(|name, _| !name.starts_with("skip."));
    let as_text = values::as_text(&plain);
    for (start, header) in texts.iter().zip(&headers) {
        let rows = behind(&start.text, header.count);
        if rows.trim().is_empty() {
            continue;
        }
        let (Ok(table), Ok(text)) = (hive_table(&plain), hive_table(&as_text)) else { return };
        decoded.push((*start, rows, decode(&Arc::new(table), rows), decode(&Arc::new(text), rows)));
    }
    unmatched(subject, &decoded, findings);
    bad_lines(&decoded, findings);
    // The wrong order explains wrong types.
    if ordered {
        fields::count(subject, &decoded, findings);
        values::check(subject, &decoded, findings);
    }
}

/// An object's rows, as the table reads them and as texts.
pub(crate) type DecodedStart<'s> = (&'s Start, &'s str, Decoded, Decoded);

/// The text behind its first lines.
pub(crate) fn behind(text: &str, lines: usize) -> &str {
    let mut rest = text;
    for _ in 0..lines {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}

/// The table that the log has, at the same location.
fn documented(subject: &Subject, log_type: &'static LogType) -> Option<String> {
    let options = DdlOptions {
        database: Some(subject.definition.database.as_str()).filter(|name| !name.is_empty()),
        name: Some(&subject.definition.name),
        location: &subject.definition.location,
        projection: true,
    };
    ddl_of(log_type, &options).map(|sql| format!("DROP TABLE {};\n{sql}", subject.name()))
}

/// Whether the files are of another format than the table.
fn format(subject: &Subject, sample: &Sample, findings: &mut Vec<Finding>) -> bool {
    let Some(ours) = Kind::of_table(subject) else { return false };
    let mut known = 0;
    let mut others = Vec::new();
    for start in &sample.starts {
        if let Some(kind) = Kind::of(start) {
            known += 1;
            if kind != ours {
                others.push((start, kind));
            }
        }
    }
    // A few are objects of another log, and are told as such.
    let Some((start, kind)) = others.first().filter(|_| others.len() == known) else {
        return false;
    };
    let finding = Finding::new(
        &FORMAT_MISMATCH,
        format!("the table reads {}, and `{}` is {}", ours.name(), start.object.path, kind.name()),
    );
    findings.push(match start.log_type.and_then(|log| documented(subject, log)) {
        Some(sql) => finding.correct(sql),
        None => finding,
    });
    true
}

/// Whether all that is known of the objects is that they hold another log.
fn other_log(subject: &Subject, sample: &Sample, findings: &mut Vec<Finding>) -> bool {
    let Some(ours) = subject.log_type() else { return false };
    let known = || sample.starts.iter().filter_map(|start| Some((start, start.log_type?)));
    if known().any(|(_, found)| found.name == ours.name) {
        return false;
    }
    let Some((start, found)) = known().next() else { return false };
    let finding = Finding::new(
        &OTHER_LOG,
        format!(
            "the table is one for the log `{}`, and `{}` holds `{}`",
            ours.name, start.object.path, found.name
        ),
    );
    findings.push(match documented(subject, found) {
        Some(sql) => finding.correct(sql),
        None => finding,
    });
    true
}

/// The header of an object.
fn header(subject: &Subject, start: &Start) -> HeaderLines {
    match start.log_type.or(subject.log_type()) {
        Some(log_type) => header_of(log_type, &start.text),
        None => HeaderLines { count: usize::from(is_header(subject, start)), names: Vec::new() },
    }
}

/// The header lines of a log, by its own rules.
pub(crate) fn header_of(log_type: &'static LogType, text: &str) -> HeaderLines {
    const HEADER_LINES_MAX: usize = 4;
    let mut found = HeaderLines { count: 0, names: Vec::new() };
    let mut end = 0;
    for (at, line) in text.split_inclusive('\n').take(HEADER_LINES_MAX).enumerate() {
        end += line.len();
        let request = Arc::new(Request::new(table::of(log_type), &[], Vec::new(), usize::MAX));
        let mut decoder = Decoder::new(request, Arc::new(ObjectFacts::default()));
        decoder.feed(Block::new(text.as_bytes()[..end].to_vec()));
        while decoder.next_batch().is_some() {}
        if decoder.account().headers != at as u64 + 1 {
            break;
        }
        found.count = at + 1;
        let line = line.trim_start_matches('\u{feff}').trim_end();
        let names = line.strip_prefix("#Fields:").unwrap_or(line);
        if !names.starts_with('#') {
            let separators = |c: char| c.is_whitespace() || matches!(c, ',' | '|');
            let names = names.split(separators).filter(|name| !name.is_empty());
            found.names = names.map(str::to_owned).collect();
        }
    }
    found
}

/// Whether the first line is one of names: values of the next lines are of the columns' types, and its own are not.
fn is_header(subject: &Subject, start: &Start) -> bool {
    let mut plain = subject.definition.clone();
    plain.properties.retain(|name, _| !name.starts_with("skip."));
    let (Ok(table), Ok(text)) = (hive_table(&plain), hive_table(&values::as_text(&plain))) else {
        return false;
    };
    let (typed, text) =
        (decode(&Arc::new(table), &start.text), decode(&Arc::new(text), &start.text));
    // A name stands in the place of each number and time, and the next line has values there.
    let columns = (0..plain.columns.len()).filter(|at| plain.columns[*at].hive_type != "string");
    let mut names = 0;
    for at in columns {
        let first = text.text(at, 0).unwrap_or_default();
        if matches!(first, "" | "-") {
            continue;
        }
        let is_name = first.starts_with(|c: char| c.is_ascii_alphabetic());
        if !is_name || !values::is_unfit(&typed, &text, at, 0) {
            return false;
        }
        names += usize::from(typed.rows() > 1 && !values::is_unfit(&typed, &text, at, 1));
    }
    names > 0
}

fn header_lines(
    subject: &Subject,
    texts: &[&Start],
    headers: &[HeaderLines],
    declared: usize,
    findings: &mut Vec<Finding>,
) {
    let property = "skip.header.line.count";
    let all = headers.len();
    let mut differing = texts.iter().zip(headers).filter(|(_, header)| header.count < declared);
    if let Some((start, header)) = differing.next() {
        let count = 1 + differing.count();
        let lost = declared - header.count;
        let finding = Finding::new(
            &HEADER_EATS_ROWS,
            format!(
                "`{property}` is {declared}, and {count} of {all} files that were looked into have {} header lines: {lost} rows are lost in each, as in `{}`",
                header.count, start.object.path
            ),
        );
        let count = header.count.to_string();
        findings.push(finding.correct(subject.set_properties(&[(property, &count)])));
    }
    let mut differing = texts.iter().zip(headers).filter(|(_, header)| header.count > declared);
    if let Some((start, header)) = differing.next() {
        let count = 1 + differing.count();
        let line = start.text.lines().nth(declared).unwrap_or_default();
        let finding = Finding::new(
            &HEADER_IS_ROW,
            format!(
                "{count} of {all} files that were looked into have {} header lines, and {declared} are skipped: `{}` is a row in `{}`",
                header.count,
                beginning(line),
                start.object.path
            ),
        );
        let count = header.count.to_string();
        findings.push(finding.correct(subject.set_properties(&[(property, &count)])));
    }
}

/// The beginning of a line, for a message.
pub(crate) fn beginning(line: &str) -> String {
    const SHOWN_MAX: usize = 120;
    match line.char_indices().nth(SHOWN_MAX) {
        None => line.to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
    }
}

fn unmatched(subject: &Subject, decoded: &[DecodedStart], findings: &mut Vec<Finding>) {
    let rows: usize = decoded.iter().map(|(_, _, typed, _)| typed.rows()).sum();
    let sum = |count: fn(&Decoded) -> u64| -> u64 {
        decoded.iter().map(|(_, _, typed, _)| count(typed)).sum()
    };
    if sum(|typed| typed.account.gave_up) > 0 {
        findings.push(
            Finding::new(
                &REGEX_TOO_COSTLY,
                "there are too many ways to match a line with the regular expression: Athena may run for very long",
            )
            .correct("write `[^ ]*` and the like in place of nested repetitions such as `(.*)*`"),
        );
        return;
    }
    let number = sum(|typed| typed.account.unmatched);
    let first = decoded.iter().find_map(|(start, _, typed, _)| {
        typed.unmatched.first().map(|line| (*start, line.text.as_str()))
    });
    let Some((start, line)) = first else { return };
    let mut text = format!(
        "{number} of the first {rows} lines do not match the table's pattern, and are rows of NULLs, as in `{}`: `{}`",
        start.object.path,
        beginning(line)
    );
    if let Some((column, rest)) = matched_to(subject.definition, line) {
        match column {
            Some(column) => {
                text.push_str(&format!(
                    "; it matches up to `{column}`, and then comes `{}`",
                    beginning(&rest)
                ));
            }
            None => text.push_str("; not even its first group matches"),
        }
    }
    let finding = Finding::new(&REGEX_UNMATCHED, text);
    let log_type = start.log_type.or(subject.log_type());
    let pattern = subject.definition.serde.properties.get("input.regex");
    let is_documented = log_type.is_some_and(|log| {
        let mut formats = log.athena.iter().map(|table| table.row_format);
        formats.any(|format| match (format, pattern) {
            (RowFormat::Regex(known), Some(pattern)) => known == pattern,
            _ => false,
        })
    });
    findings.push(match log_type {
        // There is no better one: what clients send breaks it.
        Some(log) if is_documented => finding.correct(format!(
            "the pattern is the documented one; `floodmark query 'SELECT … FROM {}' --from PATH` reads these lines",
            log.name
        )),
        Some(log) => match documented(subject, log) {
            Some(sql) => finding.correct(sql),
            None => finding,
        },
        None => finding,
    });
}

/// The last column up to which a line matches a table's regular expression, and the rest of the line.
fn matched_to(definition: &TableDefinition, line: &str) -> Option<(Option<String>, String)> {
    let pattern = definition.serde.properties.get("input.regex")?;
    let ends = group_ends(pattern);
    let text =
        |name: String| ColumnDefinition { name, hive_type: "string".to_owned(), comment: None };
    for group in (0..ends.len().min(definition.columns.len())).rev() {
        let mut shorter = definition.clone();
        shorter.properties.clear();
        let beginning = format!("{}(.*)", &pattern[..ends[group]]);
        shorter.serde.properties.insert("input.regex".to_owned(), beginning);
        shorter.columns = (0..group + 2).map(|at| text(format!("c{at}"))).collect();
        let Ok(table) = hive_table(&shorter) else { continue };
        let decoded = decode(&Arc::new(table), line);
        if decoded.account.unmatched == 0 && decoded.rows() == 1 {
            let rest = decoded.text(group + 1, 0).unwrap_or_default().to_owned();
            return Some((Some(definition.columns[group].name.clone()), rest));
        }
    }
    Some((None, line.to_owned()))
}

fn bad_lines(decoded: &[DecodedStart], findings: &mut Vec<Finding>) {
    for (start, _, typed, _) in decoded {
        if let Some(failure) = &typed.failure {
            findings.push(Finding::new(
                &BAD_LINES,
                format!(
                    "Athena fails at `{}`: {}: {}",
                    start.object.path, failure.code, failure.message
                ),
            ));
            return;
        }
        if let Some((reason, count)) = typed.account.rejected.first_key_value() {
            findings.push(Finding::new(
                &BAD_LINES,
                format!(
                    "{count} of the first lines of `{}` cannot be read: {reason}",
                    start.object.path
                ),
            ));
            return;
        }
    }
}

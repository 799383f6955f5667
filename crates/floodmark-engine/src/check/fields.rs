//! Whether the columns of a delimited table stand as the fields do.

use floodmark_formats::athena::{AthenaColumn, AthenaTable};
use floodmark_formats::{LogType, table};

use crate::catalog::ColumnDefinition;
use crate::check::lines::{DecodedStart, HeaderLines};
use crate::check::rule::{FIELD_ORDER, FIELDS_FEWER, FIELDS_MORE, Finding, WRONG_DELIMITER};
use crate::check::sample::Start;
use crate::check::subject::{Subject, hive_name};

/// Compares the header's names with the columns. False if they differ.
pub(crate) fn check(
    subject: &Subject,
    texts: &[&Start],
    headers: &[HeaderLines],
    findings: &mut Vec<Finding>,
) -> bool {
    if subject.serde() != "LazySimpleSerDe" {
        return true;
    }
    for (start, header) in texts.iter().zip(headers) {
        let Some(log_type) = start.log_type.or(subject.log_type()) else { continue };
        if header.names.len() < 2 {
            continue;
        }
        let named: Vec<Option<usize>> =
            header.names.iter().map(|name| table::of(log_type).field_named(name)).collect();
        let columns = &subject.definition.columns;
        let of_columns: Vec<Option<usize>> =
            (0..columns.len()).map(|at| field_of(subject, log_type, at)).collect();
        let differing = of_columns.iter().zip(&named).position(
            |(column, field)| matches!((column, field), (Some(column), Some(field)) if column != field),
        );
        let Some(at) = differing else { continue };
        findings.push(
            Finding::new(
                &FIELD_ORDER,
                format!(
                    "column {} is `{}`, and field {} of `{}` is `{}`: the columns from there on show other fields' values",
                    at + 1,
                    columns[at].name,
                    at + 1,
                    start.object.path,
                    header.names[at]
                ),
            )
            .correct(replace_columns(subject, log_type, header, &of_columns)),
        );
        return false;
    }
    true
}

/// The field of the log that a column is for.
fn field_of(subject: &Subject, log_type: &'static LogType, at: usize) -> Option<usize> {
    let mapped = subject.recognised.as_ref().filter(|found| found.log_type.name == log_type.name);
    let ours = mapped.and_then(|found| found.mapping.get(at).copied().flatten());
    let table = table::of(log_type);
    match ours {
        Some(mapped) => table.field_named(mapped.column),
        None => table.field_named(&subject.definition.columns[at].name),
    }
}

/// The statement that puts the columns into the order of a header.
fn replace_columns(
    subject: &Subject,
    log_type: &'static LogType,
    header: &HeaderLines,
    of_columns: &[Option<usize>],
) -> String {
    let known = &subject.definition.columns;
    let ours = columns_of(log_type, &header.names);
    let columns = header.names.iter().zip(ours).map(|(name, ours)| {
        let field = table::of(log_type).field_named(name);
        let own = field.and_then(|field| of_columns.iter().position(|known| *known == Some(field)));
        own.map_or(ours, |at| known[at].clone())
    });
    let columns: Vec<_> = columns
        .map(|column| format!("\n  {} {}", hive_name(&column.name), column.hive_type))
        .collect();
    format!("ALTER TABLE {} REPLACE COLUMNS ({})", subject.name(), columns.join(","))
}

/// The columns of a log whose fields are in this order, as the documented table has them.
pub(crate) fn columns_of(log_type: &'static LogType, names: &[String]) -> Vec<ColumnDefinition> {
    let table = table::of(log_type);
    let documented = documented_columns(log_type, log_type.athena.first());
    let column = |name: &String| {
        let field = table.field_named(name).map(|field| &log_type.fields[field]);
        let ours = field.and_then(|field| field.columns().next());
        let documented =
            ours.and_then(|ours| documented.iter().find(|column| column.ours == ours.name));
        let (name, hive_type) = match (documented, ours) {
            (Some(column), _) => (column.name.clone(), column.hive_type.clone()),
            (None, Some(ours)) => (ours.name.to_owned(), ours.column_type.athena().to_owned()),
            (None, None) => {
                let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
                (
                    name.to_ascii_lowercase().replace(|c: char| plain(c) != c, "_"),
                    "string".to_owned(),
                )
            }
        };
        ColumnDefinition { name, hive_type, comment: None }
    };
    names.iter().map(column).collect()
}

/// The columns of a documented table.
pub(crate) fn documented_columns(
    log_type: &'static LogType,
    table: Option<&AthenaTable>,
) -> Vec<AthenaColumn> {
    table.map(|table| table.columns(log_type)).unwrap_or_default()
}

/// Compares the number of fields with that of columns.
pub(crate) fn count(subject: &Subject, decoded: &[DecodedStart], findings: &mut Vec<Finding>) {
    if subject.serde() != "LazySimpleSerDe" {
        return;
    }
    let delimiter = subject.definition.serde.properties.get("field.delim");
    let delimiter = delimiter.and_then(|text| text.chars().next()).unwrap_or('\u{1}');
    let columns = subject.definition.columns.len();
    let mut range: Option<(usize, usize)> = None;
    for (_, rows, ..) in decoded {
        for line in rows.lines().filter(|line| !line.is_empty()) {
            let fields = line.split(delimiter).count();
            range =
                Some(range.map_or((fields, fields), |(least, most)| {
                    (least.min(fields), most.max(fields))
                }));
        }
    }
    let Some((least, most)) = range else { return };
    let counts = if least == most { most.to_string() } else { format!("{least} to {most}") };
    if most == 1 && columns > 1 {
        let line = decoded[0].1.lines().next().unwrap_or_default();
        let shown = delimiter.escape_default();
        let finding = Finding::new(
            &WRONG_DELIMITER,
            format!(
                "no line holds the delimiter `{shown}`, so that only the first column has a value"
            ),
        );
        let usual = ['\t', ',', ' ', '|', ';'].into_iter().max_by_key(|c| line.matches(*c).count());
        findings.push(match usual.filter(|usual| line.contains(*usual)) {
            Some(usual) => finding.correct(format!(
                "ROW FORMAT DELIMITED FIELDS TERMINATED BY '{}'",
                usual.escape_default()
            )),
            None => finding,
        });
    } else if most < columns {
        let first = &subject.definition.columns[most].name;
        findings.push(Finding::new(
            &FIELDS_FEWER,
            format!("the lines have {counts} fields, and the table {columns} columns: `{first}` and those behind it are NULL"),
        ));
    } else if least > columns {
        findings.push(Finding::new(
            &FIELDS_MORE,
            format!("the lines have {counts} fields, and the table {columns} columns: the last fields are not read"),
        ));
    }
}

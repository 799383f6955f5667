//! What is wrong with a table's types, by the values of the first rows.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::concat_batches;
use floodmark_formats::hive::{HiveDecoder, HiveRequest, HiveTable};
use floodmark_formats::text::Block;
use floodmark_formats::{Account, ObjectFacts, Rejection};

use crate::catalog::TableDefinition;
use crate::check::lines::{DecodedStart, beginning};
use crate::check::rule::{BAD_LINES, COLUMN_NULL, Finding, TYPE_TOO_NARROW, TYPE_UNFIT};
use crate::check::sample::Sample;
use crate::check::subject::{Subject, hive_name};

/// Rows with what became of their lines.
#[derive(Debug)]
pub(crate) struct Decoded {
    batch: Option<RecordBatch>,
    pub(crate) account: Account,
    pub(crate) unmatched: Vec<Rejection>,
    pub(crate) failure: Option<floodmark_formats::hive::Failure>,
}

impl Decoded {
    pub(crate) fn rows(&self) -> usize {
        self.batch.as_ref().map_or(0, RecordBatch::num_rows)
    }

    /// A value of a column of text.
    pub(crate) fn text(&self, column: usize, row: usize) -> Option<&str> {
        let column = self.batch.as_ref()?.column(column).as_string_view_opt()?;
        (row < column.len() && column.is_valid(row)).then(|| column.value(row))
    }

    fn is_null(&self, column: usize, row: usize) -> bool {
        self.batch
            .as_ref()
            .is_none_or(|batch| row >= batch.num_rows() || batch.column(column).is_null(row))
    }
}

/// The rows of a text.
pub(crate) fn decode(table: &Arc<HiveTable>, text: &str) -> Decoded {
    let positions: Vec<usize> = (0..table.columns.len()).collect();
    let request = Arc::new(HiveRequest::new(table, &positions, Vec::new(), usize::MAX >> 8));
    let schema = Arc::clone(request.schema());
    let mut decoder = HiveDecoder::new(request, Arc::new(ObjectFacts::default()));
    decoder.feed(Block::new(text.as_bytes().to_vec()));
    let mut batches = Vec::new();
    while let Some(batch) = decoder.next_batch() {
        batches.push(batch);
    }
    let unmatched = decoder.take_unmatched();
    let failure = decoder.failure().cloned();
    let (account, _) = decoder.finish();
    Decoded { batch: concat_batches(&schema, &batches).ok(), account, unmatched, failure }
}

/// The same table with text in the place of numbers and times.
pub(crate) fn as_text(definition: &TableDefinition) -> TableDefinition {
    let mut text = definition.clone();
    for column in &mut text.columns {
        if !column.hive_type.contains('<') {
            "string".clone_into(&mut column.hive_type);
        }
    }
    text
}

/// Whether a value is written in a row and is NULL, because it is not of its column's type.
pub(crate) fn is_unfit(typed: &Decoded, text: &Decoded, column: usize, row: usize) -> bool {
    typed.is_null(column, row)
        && text
            .text(column, row)
            .is_some_and(|text| !matches!(text, "" | "-" | "null" | "NULL" | "\\N"))
}

/// Looks at the values of each column.
pub(crate) fn check(subject: &Subject, decoded: &[DecodedStart], findings: &mut Vec<Finding>) {
    for (at, column) in subject.definition.columns.iter().enumerate() {
        let mut unfit = None;
        let mut narrow = None;
        let mut count = 0;
        let (mut rows, mut missing) = (0, 0);
        for (_, _, typed, text) in decoded {
            if typed.rows() != text.rows() {
                continue;
            }
            for row in 0..typed.rows() {
                rows += 1;
                missing += usize::from(typed.is_null(at, row) && text.is_null(at, row));
                if !is_unfit(typed, text, at, row) {
                    continue;
                }
                count += 1;
                let value = text.text(at, row).unwrap_or_default();
                let wider = wider(&column.hive_type, value);
                if wider.is_some() {
                    narrow = narrow.max(wider.map(|wider| (wider, value)));
                } else {
                    unfit.get_or_insert(value);
                }
            }
        }
        let change = |to: &str| {
            let name = hive_name(&column.name);
            format!("ALTER TABLE {} CHANGE COLUMN {name} {name} {to}", subject.name())
        };
        if let Some((wider, value)) = narrow {
            findings.push(
                Finding::new(
                    &TYPE_TOO_NARROW,
                    format!(
                        "`{}` is {}, and `{}` does not fit into it: {count} values of the first rows are NULL",
                        column.name,
                        column.hive_type,
                        beginning(value)
                    ),
                )
                .correct(change(wider.name())),
            );
        } else if let Some(value) = unfit {
            findings.push(
                Finding::new(
                    &TYPE_UNFIT,
                    format!(
                        "`{}` is {}, and `{}` is none: {count} values of the first rows are NULL",
                        column.name,
                        column.hive_type,
                        beginning(value)
                    ),
                )
                .correct(change("string")),
            );
        } else if rows > 0 && missing == rows && !is_known(subject, at) {
            findings.push(Finding::new(
                &COLUMN_NULL,
                format!("`{}` is NULL in all of the {rows} rows that were looked at", column.name),
            ));
        }
    }
}

/// Whether a column is one of the log's, which may well be empty, or stands behind the last field of a line.
fn is_known(subject: &Subject, column: usize) -> bool {
    let mapping = subject.recognised.as_ref().map(|recognised| &recognised.mapping);
    mapping.is_some_and(|mapping| mapping[column].is_some())
        || matches!(subject.serde(), "LazySimpleSerDe" | "RegexSerDe")
}

/// A type that a number fits into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wider {
    SmallInt,
    Int,
    BigInt,
    Decimal,
}

impl Wider {
    fn name(self) -> &'static str {
        match self {
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Decimal => "decimal(38,0)",
        }
    }
}

/// The type that a whole number needs which does not fit into its own.
fn wider(hive_type: &str, value: &str) -> Option<Wider> {
    if !matches!(hive_type, "tinyint" | "smallint" | "int" | "bigint") {
        return None;
    }
    let number: i128 = value.trim().parse().ok()?;
    Some(if i16::try_from(number).is_ok() {
        Wider::SmallInt
    } else if i32::try_from(number).is_ok() {
        Wider::Int
    } else if i64::try_from(number).is_ok() {
        Wider::BigInt
    } else {
        Wider::Decimal
    })
}

/// Looks at Parquet objects: columns that no file has, and columns of types that do not become the table's.
pub(crate) fn parquet(subject: &Subject, sample: &mut Sample, findings: &mut Vec<Finding>) {
    let Some(table) = &subject.hive else { return };
    let mut lacking: Vec<bool> = vec![true; table.columns.len()];
    let mut looked = 0;
    for start in &mut sample.starts {
        let path = start.object.path.clone();
        let Some(columns) = &mut start.columns else { continue };
        looked += 1;
        let found = table.file_columns(columns.names());
        for (lacks, found) in lacking.iter_mut().zip(found) {
            *lacks &= found.is_none();
        }
        let positions: Vec<usize> = (0..table.columns.len()).collect();
        let request = HiveRequest::new(table, &positions, Vec::new(), 1024);
        let mut decoder = HiveDecoder::new(Arc::new(request), Arc::new(ObjectFacts::default()));
        if let Err(error) = columns.next_of_table(&mut decoder, &path) {
            findings.push(Finding::new(&BAD_LINES, error.athena_text()));
            return;
        }
    }
    for (column, _) in table.columns.iter().zip(&lacking).filter(|(_, lacks)| looked > 0 && **lacks)
    {
        findings.push(Finding::new(
            &COLUMN_NULL,
            format!(
                "`{}` is NULL: none of the Parquet files that were looked into has it",
                column.name
            ),
        ));
    }
}

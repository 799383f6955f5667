//! What each SerDe makes of a line.

use std::borrow::Cow;

use crate::account::Reason;
use crate::hive::batch::{Batch, Place, push_text};
use crate::hive::cells::Cells;
use crate::hive::column::Column;
use crate::hive::csv::Csv;
use crate::hive::decoder::Notes;
use crate::hive::delimited::Delimited;
use crate::hive::hive_type::HiveType;
use crate::hive::json::{JsonLine, JsonSerde};
use crate::hive::json_keys::KnownKeys;
use crate::hive::pattern::{Matcher, Outcome};
use crate::hive::request::{HiveRequest, Output, passes};
use crate::hive::serde::Serde;
use crate::hive::value::{Reading, Rules, Scalar, fitted, scalar};

/// What knows how the lines are written.
#[derive(Debug)]
pub(crate) enum Reader {
    Delimited(Box<Delimited>),
    Pattern(Box<Matcher>, Reading),
    Csv(Csv, Reading),
    Json {
        serde: Box<JsonSerde>,
        record: bool,
        known: Box<KnownKeys>,
    },
    /// Rows do not come as lines.
    Columns,
}

/// Where a line is read from, and what is asked of it.
pub(crate) struct Line<'a> {
    pub(crate) request: &'a HiveRequest,
    pub(crate) block: &'a str,
    pub(crate) place: &'a Place,
}

impl Reader {
    pub(crate) fn new(serde: &Serde, wanted: &[usize]) -> Self {
        let java = || Reading::new(Rules::Java, Vec::new());
        match serde {
            Serde::Delimited(delimited) => Self::Delimited(Box::new(delimited.clone())),
            Serde::Regex(pattern) | Serde::Grok(pattern) => {
                Self::Pattern(Box::new(Matcher::new(pattern, wanted)), java())
            }
            Serde::Csv(csv) => Self::Csv(*csv, Reading::new(Rules::Csv, Vec::new())),
            Serde::OpenXJson(json) | Serde::HiveJson(json) => Self::json(json, false),
            Serde::CloudTrail(json) => Self::json(json, true),
            Serde::Parquet => Self::Columns,
        }
    }

    fn json(serde: &JsonSerde, record: bool) -> Self {
        Self::Json { serde: Box::new(serde.clone()), record, known: Box::default() }
    }

    /// Whether a line is a document of several records.
    pub(crate) fn reads_documents(&self) -> bool {
        matches!(self, Self::Json { record: true, .. })
    }

    /// Reads a line into the batch.
    #[inline]
    pub(crate) fn read(
        &mut self,
        line: &Line<'_>,
        cells: &mut Cells,
        notes: &mut Notes,
        batch: &mut Batch<'_>,
    ) {
        let Line { request, block, place } = *line;
        let text = &block[place.range.clone()];
        let start = place.range.start;
        let columns = &request.table().columns;
        match self {
            Self::Delimited(delimited) => {
                notes.account.rows += 1;
                if !cells.wanted().is_empty() {
                    delimited.read(text, start, columns.len(), cells);
                }
                let value = |hive_type: &HiveType, text| delimited.scalar(hive_type, text);
                if cells_pass(line, cells, value) {
                    batch.push(place, |at, column| {
                        let hive_type = &columns[at].hive_type;
                        push_delimited(delimited, hive_type, cells, at, block, column);
                    });
                }
            }
            Self::Pattern(matcher, reading) => {
                notes.account.rows += 1;
                match matcher.read(text, start, cells) {
                    Outcome::Matched => read_cells(line, reading, cells, notes, batch),
                    Outcome::Unmatched => unmatched(line, Reason::Unmatched, notes, batch),
                    Outcome::GaveUp => unmatched(line, Reason::GaveUp, notes, batch),
                }
            }
            Self::Csv(csv, reading) => {
                notes.account.rows += 1;
                csv.read(text, start, cells);
                read_cells(line, reading, cells, notes, batch);
            }
            Self::Json { serde, record, known } => {
                let values = serde.read(text, known, columns.len(), cells.wanted(), *record);
                read_json(serde, values, line, notes, batch);
            }
            Self::Columns => notes.account.rows += 1,
        }
    }
}

/// Notes a line that is a row of NULLs.
#[cold]
fn unmatched(line: &Line<'_>, reason: Reason, notes: &mut Notes, batch: &mut Batch<'_>) {
    notes.unmatched(line.place, reason, line.block);
    // No predicate holds for NULL.
    if line.request.predicates.is_empty() {
        batch.push_nulls(line.place);
    }
}

/// Makes a row of values that are plain text.
#[inline]
fn read_cells(
    line: &Line<'_>,
    reading: &Reading,
    cells: &Cells,
    notes: &mut Notes,
    batch: &mut Batch<'_>,
) {
    let Line { request, block, place } = *line;
    let read = |hive_type: &HiveType, text| scalar(hive_type, reading, Cow::Borrowed(text));
    if !cells_pass(line, cells, read) {
        return;
    }
    let mut invalid = None;
    batch.push(place, |at, column| {
        let hive_type = &request.table().columns[at].hive_type;
        match column {
            Column::Text(column) => push_text(column, hive_type, cells, at, block),
            Column::Values(values) => {
                let text = cells.text(at, block);
                let value = text.and_then(|text| scalar(hive_type, reading, Cow::Borrowed(text)));
                if value.is_none() && invalid.is_none() {
                    invalid = text.map(|text| (at, text));
                }
                values.push(value);
            }
        }
    });
    // Only OpenCSVSerde does not take what it cannot read as NULL.
    if reading.rules == Rules::Csv
        && let Some((at, text)) = invalid
    {
        notes.fail(place, BAD_DATA, || bad_data(at, text));
    }
}

/// Whether a row may pass every predicate.
#[inline]
fn cells_pass<'a>(
    line: &Line<'a>,
    cells: &'a Cells,
    value: impl Fn(&HiveType, &'a str) -> Option<Scalar<'a>>,
) -> bool {
    line.request.predicates.iter().all(|predicate| {
        let hive_type = &line.request.table().columns[predicate.column].hive_type;
        let text = cells.text(predicate.column, line.block);
        passes(&predicate.test, text.and_then(|text| value(hive_type, text)).as_ref())
    })
}

#[inline]
fn push_delimited(
    delimited: &Delimited,
    hive_type: &HiveType,
    cells: &Cells,
    at: usize,
    block: &str,
    column: &mut Column,
) {
    match column {
        Column::Text(column) => match cells.text(at, block).map(|text| delimited.unescaped(text)) {
            Some(Cow::Owned(text)) => column.push_text(fitted(hive_type, &text)),
            _ => push_text(column, hive_type, cells, at, block),
        },
        Column::Values(values) => match cells.text(at, block) {
            Some(text) => delimited.push(values, hive_type, text, 1),
            None => values.push_null(),
        },
    }
}

const BAD_DATA: &str = "HIVE_BAD_DATA";
const CURSOR_ERROR: &str = "HIVE_CURSOR_ERROR";

/// What Athena says of a value that does not fit its column.
fn bad_data(column: usize, text: &str) -> String {
    format!("Error parsing field value '{text}' for field {column}: For input string: \"{text}\"")
}

fn read_json(
    serde: &JsonSerde,
    values: JsonLine<'_>,
    line: &Line<'_>,
    notes: &mut Notes,
    batch: &mut Batch<'_>,
) {
    let Line { request, block, place } = *line;
    let columns = &request.table().columns;
    let values = match values {
        JsonLine::Row(values) => values,
        JsonLine::Nulls => {
            notes.account.rows += 1;
            return unmatched(line, Reason::Unmatched, notes, batch);
        }
        JsonLine::Malformed(wrong) => {
            notes.fail(place, CURSOR_ERROR, || {
                format!("Row is not a valid JSON Object - JSONException: {wrong}")
            });
            return notes.reject(place, Reason::NotJson, block);
        }
    };
    notes.account.rows += 1;
    let passed = request.predicates.iter().all(|predicate| {
        let hive_type = &columns[predicate.column].hive_type;
        let value = serde.scalar(hive_type, &values[predicate.column]);
        passes(&predicate.test, value.as_ref())
    });
    if !passed {
        return;
    }
    let mut invalid = None;
    batch.push(place, |at, column| {
        let text = serde.push(column, &columns[at].hive_type, &values[at], block);
        if invalid.is_none() {
            invalid = text.map(|text| (at, text));
        }
    });
    if serde.invalid_fails()
        && let Some((at, text)) = invalid
    {
        notes.fail(place, BAD_DATA, || bad_data(at, &text));
    }
}

/// The columns of the table that a request needs, in order.
pub(crate) fn wanted(request: &HiveRequest) -> Vec<usize> {
    let outputs = request.outputs.iter().filter_map(|output| match output {
        Output::Column(column) => Some(*column),
        Output::Hidden(_) => None,
    });
    let predicates = request.predicates.iter().map(|predicate| predicate.column);
    let mut wanted: Vec<usize> = outputs.chain(predicates).collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

//! The first pass: every row of the windows is counted, and rows are kept to look for contributors among.

use std::collections::HashSet;
use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use floodmark_engine::athena::Texts;
use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::time::Micros;
use foldhash::fast::FixedState;
use futures::StreamExt;

use crate::explain::dictionary::{BuildPlain, NULL};
use crate::explain::dimensions::{Dimension, Source};
use crate::explain::measures::{Part, PartKind};
use crate::explain::rows::{Column, Rows};
use crate::limits::DISTINCT_MAX;
use crate::subject::Subject;
use crate::window::{Window, covered};

/// The window of a row that lies in none.
const NONE: u8 = u8::MAX;

/// What the first pass finds.
#[derive(Debug)]
pub(crate) struct Collected {
    /// The rows, or a sample of them.
    pub(crate) rows: Rows,
    /// What was counted in each window, over all rows.
    pub(crate) totals: Vec<Totals>,
    /// When the last event ended that began in one of the windows, if the log says when events end.
    pub(crate) last_end: Option<Micros>,
    /// Which selected dimensions hold numbers as text.
    pub(crate) is_text: Vec<bool>,
}

/// What was counted in a window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) rows: u64,
    pub(crate) parts: Vec<PartTotal>,
    /// The earliest and the latest event.
    pub(crate) span: Option<(Micros, Micros)>,
}

/// What was counted of a part of rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartTotal {
    /// Rows that have the number or value, or meet the condition.
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) squares: f64,
    /// Hashes of the different values.
    pub(crate) distinct: HashSet<u64, BuildPlain>,
    /// Whether there were too many values to count.
    pub(crate) is_cut: bool,
}

/// The columns that are asked for.
pub(crate) struct Columns<'a> {
    pub(crate) dimensions: &'a [Dimension],
    pub(crate) parts: &'a [Part],
    pub(crate) has_end: bool,
}

impl Columns<'_> {
    /// The queries of the first pass: one for each span of time, since only such is tested while lines are read.
    pub(crate) fn sql(&self, subject: &Subject<'_>, windows: &[Window]) -> Vec<String> {
        let mut selected = vec!["event_time".to_owned()];
        if self.has_end {
            selected.push("event_end".to_owned());
        }
        let dimensions = self.dimensions.iter().enumerate();
        selected.extend(
            dimensions
                .filter(|(_, dimension)| dimension.source == Source::Selected)
                .map(|(at, dimension)| format!("{} AS d{at}", dimension.sql)),
        );
        selected.extend(self.parts.iter().enumerate().map(|(at, part)| match part.kind {
            PartKind::Number => format!("CAST({} AS double) AS p{at}", part.sql),
            PartKind::Condition | PartKind::Value => format!("({}) AS p{at}", part.sql),
        }));
        let selected = selected.join(", ");
        (covered(windows).iter())
            .map(|span| format!("SELECT {selected}\n{}", subject.from(&[*span])))
            .collect()
    }
}

/// Reads the rows of the windows.
///
/// # Errors
///
/// Those of the engine.
pub(crate) async fn collect(
    subject: &Subject<'_>,
    windows: &[Window],
    columns: &Columns<'_>,
) -> Result<Collected> {
    let parts = columns.parts.len();
    let empty = Totals { parts: vec![PartTotal::default(); parts], ..Totals::default() };
    let mut collected = Collected {
        rows: Rows::new(columns.dimensions.len(), parts),
        totals: vec![empty; windows.len()],
        last_end: None,
        is_text: vec![true; columns.dimensions.len()],
    };
    for sql in columns.sql(subject, windows) {
        let mut query = subject.query(&sql).await?;
        while let Some(batch) = query.rows.next().await {
            collected.take(&batch?, windows, columns)?;
            collected.rows.bound();
        }
    }
    Ok(collected)
}

impl Collected {
    fn take(
        &mut self,
        batch: &RecordBatch,
        windows: &[Window],
        columns: &Columns<'_>,
    ) -> Result<()> {
        let mut arrays = batch.columns().iter();
        let mut next = || arrays.next().ok_or_else(|| defect("a column is missing"));
        let of_row = self.windows_of(next()?, windows)?;
        if columns.has_end {
            let ends = times(next()?)?;
            let latest = (0..ends.len())
                .filter(|row| of_row[*row] != NONE && ends.is_valid(*row))
                .map(|row| ends.value(row))
                .max();
            self.last_end = self.last_end.max(latest);
        }
        let mut dimensions = Vec::new();
        for (at, dimension) in columns.dimensions.iter().enumerate() {
            if dimension.source == Source::Selected {
                dimensions.push((at, next()?));
            }
        }
        let mut numbers = Vec::with_capacity(columns.parts.len());
        for part in columns.parts {
            numbers.push(part_values(part.kind, next()?)?);
        }
        self.count(&of_row, &numbers, columns.parts);
        let kept = self.keep(&of_row, &numbers, columns.parts);
        if kept.is_empty() {
            return Ok(());
        }
        for (part, values) in numbers.iter().enumerate() {
            self.rows.numbers[part].extend(kept.iter().map(|row| values[*row as usize]));
        }
        for (at, array) in dimensions {
            self.is_text[at] = !array.data_type().is_integer();
            encode(array, &kept, &mut self.rows.columns[at])?;
        }
        Ok(())
    }

    fn windows_of(&mut self, array: &ArrayRef, windows: &[Window]) -> Result<Vec<u8>> {
        let array = times(array)?;
        let mut of_row = vec![NONE; array.len()];
        for (row, of) in of_row.iter_mut().enumerate() {
            if array.is_null(row) {
                continue;
            }
            let moment = array.value(row);
            let Some(at) = windows.iter().position(|window| window.contains(moment)) else {
                continue;
            };
            *of = u8::try_from(at).unwrap_or(NONE);
            let total = &mut self.totals[at];
            total.rows += 1;
            let (first, last) = total.span.unwrap_or((moment, moment));
            total.span = Some((first.min(moment), last.max(moment)));
        }
        Ok(of_row)
    }

    fn count(&mut self, of_row: &[u8], numbers: &[Vec<f64>], parts: &[Part]) {
        for (at, (values, part)) in numbers.iter().zip(parts).enumerate() {
            for (value, window) in values.iter().zip(of_row) {
                if *window == NONE {
                    continue;
                }
                let total = &mut self.totals[usize::from(*window)].parts[at];
                if part.kind == PartKind::Value {
                    let hash = value.to_bits();
                    if hash == 0 {
                        continue;
                    }
                    total.count += 1;
                    if total.distinct.len() < DISTINCT_MAX {
                        total.distinct.insert(hash);
                    } else {
                        total.is_cut |= !total.distinct.contains(&hash);
                    }
                } else if value.is_finite() {
                    total.count += u64::from(part.kind == PartKind::Number || *value != 0.0);
                    total.sum += value;
                    total.squares += value * value;
                }
            }
        }
    }

    /// The rows of a batch that are kept.
    fn keep(&mut self, of_row: &[u8], numbers: &[Vec<f64>], parts: &[Part]) -> Vec<u32> {
        // Rows with large numbers carry sums, and are kept with a higher probability.
        let usual: Vec<Option<f64>> = (parts.iter().enumerate())
            .map(|(at, part)| {
                let (sum, count) = self.totals.iter().fold((0.0, 0), |(sum, count), total| {
                    (sum + total.parts[at].sum, count + total.parts[at].count)
                });
                let mean = sum / count.max(1) as f64;
                (part.kind == PartKind::Number && mean > 0.0).then_some(mean)
            })
            .collect();
        let mut kept = Vec::new();
        for (row, window) in of_row.iter().enumerate() {
            if *window == NONE {
                continue;
            }
            let mut size = 1.0;
            for (values, usual) in numbers.iter().zip(&usual) {
                if let Some(usual) = usual
                    && values[row].is_finite()
                {
                    size += values[row].abs() / usual;
                }
            }
            if self.rows.keep(*window, size as f32) {
                kept.push(u32::try_from(row).expect("a batch has few rows"));
            }
        }
        kept
    }
}

fn times(array: &ArrayRef) -> Result<&arrow_array::PrimitiveArray<TimestampMicrosecondType>> {
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, _) => Ok(array.as_primitive()),
        other => Err(defect(&format!("a time is of the type {other}"))),
    }
}

fn defect(what: &str) -> Error {
    Error::new(ErrorKind::Internal, format!("the rows cannot be counted: {what}"))
}

/// A number a row: itself, 1 or 0 for a condition, or the hash of a value as bits, 0 for none.
fn part_values(kind: PartKind, array: &ArrayRef) -> Result<Vec<f64>> {
    Ok(match (kind, array.data_type()) {
        (PartKind::Number, DataType::Float64) => {
            let array = array.as_primitive::<Float64Type>();
            (0..array.len())
                .map(|row| if array.is_valid(row) { array.value(row) } else { f64::NAN })
                .collect()
        }
        (PartKind::Condition, DataType::Boolean) => {
            let array = array.as_boolean();
            (0..array.len())
                .map(|row| f64::from(u8::from(array.is_valid(row) && array.value(row))))
                .collect()
        }
        (PartKind::Condition, DataType::Null) => vec![0.0; array.len()],
        (PartKind::Condition, other) => {
            let message = format!("a condition is needed, and this gives {other}");
            return Err(Error::invalid_query(message));
        }
        (PartKind::Value, _) => hashes(array)?,
        (PartKind::Number, other) => {
            return Err(defect(&format!("a number is of the type {other}")));
        }
    })
}

/// The hash of each value as bits, 0 for none.
fn hashes(array: &ArrayRef) -> Result<Vec<f64>> {
    let hasher = FixedState::default();
    if let Some(array) = array.as_string_view_opt() {
        let hash = |text: Option<&str>| text.map_or(0, |text| hasher.hash_one(text).max(1));
        return Ok(array.iter().map(|text| f64::from_bits(hash(text))).collect());
    }
    let mut column = Column::default();
    let all: Vec<u32> = (0..u32::try_from(array.len()).expect("a batch has few rows")).collect();
    encode(array, &all, &mut column)?;
    let hashes: Vec<u64> =
        column.dictionary.values().iter().map(|value| hasher.hash_one(value).max(1)).collect();
    let hash = |code: &u32| if *code == NULL { 0 } else { hashes[*code as usize] };
    Ok(column.codes.iter().map(|code| f64::from_bits(hash(code))).collect())
}

/// Adds the codes of some rows to a column.
fn encode(array: &ArrayRef, rows: &[u32], column: &mut Column) -> Result<()> {
    let Column { dictionary, codes } = column;
    codes.reserve(rows.len());
    let rows = rows.iter().map(|row| *row as usize);
    match array.data_type() {
        DataType::Utf8View => {
            let array = array.as_string_view();
            // Neighbours are often alike.
            let mut last: Option<(&str, u32)> = None;
            for row in rows {
                if array.is_null(row) {
                    codes.push(NULL);
                    continue;
                }
                let text = array.value(row);
                let code = match last {
                    Some((known, code)) if known == text => code,
                    _ => dictionary.text(text),
                };
                last = Some((text, code));
                codes.push(code);
            }
        }
        DataType::Int32 => {
            let array = array.as_primitive::<Int32Type>();
            codes.extend(rows.map(|row| match array.is_valid(row) {
                true => dictionary.number(array.value(row).into()),
                false => NULL,
            }));
        }
        DataType::Int64 => {
            let array = array.as_primitive::<Int64Type>();
            codes.extend(rows.map(|row| match array.is_valid(row) {
                true => dictionary.number(array.value(row)),
                false => NULL,
            }));
        }
        DataType::Null => codes.extend(rows.map(|_| NULL)),
        _ => {
            let field = arrow_schema::Field::new("value", array.data_type().clone(), true);
            let schema = arrow_schema::Schema::new(vec![field]);
            let batch = RecordBatch::try_new(schema.into(), vec![std::sync::Arc::clone(array)])
                .map_err(|error| defect("a column is no column").because(error))?;
            let texts = Texts::new(&batch)?;
            codes.extend(rows.map(|row| match texts.text(0, row) {
                Some(text) => dictionary.text(&text),
                None => NULL,
            }));
        }
    }
    Ok(())
}

//! The rows of a batch in the making.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};

use crate::decode::ObjectFacts;
use crate::hive::cells::{Cell, Cells};
use crate::hive::column::Column;
use crate::hive::hive_type::HiveType;
use crate::hive::request::{HiveRequest, Output};
use crate::hive::table::Hidden;
use crate::hive::value::{Scalar, fitted};
use crate::text::{Block, TextColumn};

/// The rows of a batch, column by column.
pub(crate) struct Batch<'a> {
    request: &'a HiveRequest,
    facts: &'a ObjectFacts,
    columns: Vec<Column>,
    rows: usize,
}

/// Where a row comes from.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The line in its block, without its end.
    pub(crate) range: Range<usize>,
    /// Its number in the object, from 1.
    pub(crate) number: u64,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(request: &'a HiveRequest, facts: &'a ObjectFacts, block: &Block) -> Self {
        // A small object does not ask for memory for thousands of rows.
        let capacity = request.rows_max.min(block.bytes().len() / 60 + 1);
        let columns = request.outputs.iter().map(|output| match output {
            Output::Column(column) => {
                Column::new(&request.table().columns[*column].hive_type, block, capacity)
            }
            Output::Hidden(Hidden::Path | Hidden::Raw) => {
                Column::Text(TextColumn::new(block, capacity))
            }
            Output::Hidden(Hidden::Line | Hidden::FileSize) => {
                Column::new(&HiveType::BigInt, block, capacity)
            }
            Output::Hidden(Hidden::FileModified) => {
                Column::new(&HiveType::Timestamp, block, capacity)
            }
        });
        Self { request, facts, columns: columns.collect(), rows: 0 }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends a row; `value` appends the value of a column of the table.
    pub(crate) fn push(&mut self, place: &Place, mut value: impl FnMut(usize, &mut Column)) {
        let first = self.rows == 0;
        for (output, column) in self.request.outputs.iter().zip(&mut self.columns) {
            match output {
                Output::Column(at) => value(*at, column),
                Output::Hidden(hidden) => hidden_value(*hidden, self.facts, place, first, column),
            }
        }
        self.rows += 1;
    }

    /// Appends a row of NULLs.
    pub(crate) fn push_nulls(&mut self, place: &Place) {
        self.push(place, |_, column| column.push_null());
    }

    pub(crate) fn finish(self) -> RecordBatch {
        let columns = self.columns.into_iter().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::clone(self.request.schema()), columns, &options)
            .expect("columns are made after the schema, each with as many rows")
    }
}

/// Appends a text that stands in a cell to a column of text.
#[inline]
pub(crate) fn push_text(
    column: &mut TextColumn,
    hive_type: &HiveType,
    cells: &Cells,
    at: usize,
    block: &str,
) {
    let Some(text) = cells.text(at, block) else {
        return column.push_null();
    };
    let text = fitted(hive_type, text);
    match cells.get(at) {
        Cell::Part(start, _) => column.push_part(start as usize, start as usize + text.len()),
        _ => column.push_text(text),
    }
}

/// Rows of values that are columns already; the first has the number `first`.
pub(crate) fn whole_columns(
    request: &HiveRequest,
    facts: &ObjectFacts,
    columns: &[Option<ArrayRef>],
    rows: usize,
    first: u64,
) -> RecordBatch {
    let block = Block::new(Vec::new());
    let arrays =
        request.outputs.iter().zip(request.schema().fields()).map(|(output, field)| match output {
            Output::Column(at) => match &columns[*at] {
                Some(column) => Arc::clone(column),
                None => new_null_array(field.data_type(), rows),
            },
            Output::Hidden(hidden) => {
                let mut column = match hidden {
                    Hidden::Path | Hidden::Raw => Column::Text(TextColumn::new(&block, rows)),
                    Hidden::Line | Hidden::FileSize => Column::new(&HiveType::BigInt, &block, rows),
                    Hidden::FileModified => Column::new(&HiveType::Timestamp, &block, rows),
                };
                for (at, number) in (first..).take(rows).enumerate() {
                    match hidden {
                        Hidden::Raw => column.push_null(),
                        hidden => {
                            let place = Place { range: 0..0, number };
                            hidden_value(*hidden, facts, &place, at == 0, &mut column);
                        }
                    }
                }
                column.finish()
            }
        });
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(request.schema()), arrays.collect(), &options)
        .expect("the caller gives columns of the table's types, each with as many rows")
}

fn hidden_value(
    hidden: Hidden,
    facts: &ObjectFacts,
    place: &Place,
    first: bool,
    column: &mut Column,
) {
    let whole = |value: u64| i64::try_from(value).ok().map(Scalar::Whole);
    match (hidden, column) {
        (Hidden::Path, Column::Text(column)) if !first => column.push_again(),
        (Hidden::Path, column) => column.push(Some(Scalar::Text(Cow::Borrowed(&facts.path)))),
        (Hidden::Raw, Column::Text(column)) => column.push_part(place.range.start, place.range.end),
        (Hidden::Raw, column) => column.push_null(),
        (Hidden::Line, column) => column.push(whole(place.number)),
        (Hidden::FileSize, column) => column.push(whole(facts.size)),
        (Hidden::FileModified, column) => column.push(facts.modified.map(Scalar::Time)),
    }
}

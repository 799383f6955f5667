//! Columns in the making.

use std::sync::Arc;

use arrow_array::builder::PrimitiveBuilder;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;

use crate::column_type::ColumnType;
use crate::decode::ObjectFacts;
use crate::decode::nested::Nested;
use crate::decode::row::{Plan, Row, Written, decimal, integer};
use crate::table::Source;
use crate::text::{Block, TextColumn};
use crate::time;

/// The rows of a batch, column by column.
pub(crate) struct Batch<'a> {
    plan: &'a Plan,
    facts: &'a ObjectFacts,
    columns: Vec<Column>,
    rows: usize,
}

enum Column {
    Text(TextColumn),
    Int(PrimitiveBuilder<Int32Type>),
    BigInt(PrimitiveBuilder<Int64Type>),
    Float(PrimitiveBuilder<Float32Type>),
    Double(PrimitiveBuilder<Float64Type>),
    Date(PrimitiveBuilder<Date32Type>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    Nested(Nested),
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        facts: &'a ObjectFacts,
        block: &Block,
        rows_max: usize,
    ) -> Self {
        // A line has at least some sixty bytes; a small object does not ask for memory for thousands of rows.
        let capacity = rows_max.min(block.bytes().len() / 60 + 1);
        let columns = (plan.columns.iter())
            .map(|(_, column_type)| Column::new(*column_type, block, capacity))
            .collect();
        Self { plan, facts, columns, rows: 0 }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn push(&mut self, row: &impl Row) {
        let first = self.rows == 0;
        for ((source, _), column) in self.plan.columns.iter().zip(&mut self.columns) {
            match *source {
                Source::Field(field, part) => match column {
                    Column::Nested(nested) => nested.push(row.json(field)),
                    column => column.push(row.block(), self.plan.value(row, field, part)),
                },
                Source::EventTime => column.push_time(self.plan.moment(row, &self.plan.event_time)),
                Source::EventEnd => column.push_time(self.plan.moment(row, &self.plan.event_end)),
                Source::Trailing => column.push(row.block(), row.trailing()),
                Source::Raw => column.push(row.block(), row.range().map(Written::Part)),
                Source::Line => column.push_number(i64::try_from(row.number()).ok()),
                Source::FileSize => column.push_number(i64::try_from(self.facts.size).ok()),
                Source::FileModified => column.push_time(self.facts.modified),
                Source::Account => column.push_same(first, self.facts.key.account.as_deref()),
                Source::Region => column.push_same(first, self.facts.key.region.as_deref()),
                Source::Resource => column.push_same(first, self.facts.key.resource.as_deref()),
                Source::Day => column.push_same(first, self.facts.key.day.as_deref()),
                Source::Path => column.push_same(first, Some(&self.facts.path)),
            }
        }
        self.rows += 1;
    }

    pub(crate) fn finish(self, schema: &SchemaRef) -> RecordBatch {
        let columns = self.columns.into_iter().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .expect("columns are made after the schema, each with as many rows")
    }
}

impl Column {
    fn new(column_type: ColumnType, block: &Block, capacity: usize) -> Self {
        match column_type {
            ColumnType::String => Self::Text(TextColumn::new(block, capacity)),
            ColumnType::Int => Self::Int(PrimitiveBuilder::with_capacity(capacity)),
            ColumnType::BigInt => Self::BigInt(PrimitiveBuilder::with_capacity(capacity)),
            ColumnType::Float => Self::Float(PrimitiveBuilder::with_capacity(capacity)),
            ColumnType::Double => Self::Double(PrimitiveBuilder::with_capacity(capacity)),
            ColumnType::Date => Self::Date(PrimitiveBuilder::with_capacity(capacity)),
            ColumnType::Timestamp => Self::Timestamp(PrimitiveBuilder::with_capacity(capacity)),
            ColumnType::Nested(_) => Self::Nested(Nested::new(&column_type.arrow())),
        }
    }

    #[inline]
    fn push(&mut self, block: &[u8], value: Option<Written<'_>>) {
        if let Self::Text(column) = self {
            match value {
                Some(Written::Part(range)) => column.push_part(range.start, range.end),
                Some(Written::Text(text)) => column.push_text(&text),
                None => column.push_null(),
            }
            return;
        }
        let bytes = value.as_ref().map_or(&b""[..], |value| value.bytes(block));
        match self {
            Self::Text(_) | Self::Nested(_) => {}
            Self::Int(column) => {
                column.append_option(integer(bytes).and_then(|value| i32::try_from(value).ok()));
            }
            Self::BigInt(column) => column.append_option(integer(bytes)),
            Self::Float(column) => column.append_option(decimal(bytes)),
            Self::Double(column) => column.append_option(decimal(bytes)),
            Self::Date(column) => column.append_option(time::date(bytes)),
            Self::Timestamp(column) => column.append_option(time::timestamp(bytes)),
        }
    }

    /// Appends a text that is the same for every row of the object.
    fn push_same(&mut self, first: bool, value: Option<&str>) {
        let Self::Text(column) = self else { return };
        match value {
            None => column.push_null(),
            Some(text) if first => column.push_text(text),
            Some(_) => column.push_again(),
        }
    }

    fn push_time(&mut self, value: Option<time::Micros>) {
        if let Self::Timestamp(column) = self {
            column.append_option(value);
        }
    }

    fn push_number(&mut self, value: Option<i64>) {
        if let Self::BigInt(column) = self {
            column.append_option(value);
        }
    }

    fn finish(self) -> ArrayRef {
        fn primitive<T: ArrowPrimitiveType>(mut builder: PrimitiveBuilder<T>) -> ArrayRef {
            Arc::new(builder.finish())
        }
        match self {
            Self::Text(column) => Arc::new(column.finish()),
            Self::Int(column) => primitive(column),
            Self::BigInt(column) => primitive(column),
            Self::Float(column) => primitive(column),
            Self::Double(column) => primitive(column),
            Self::Date(column) => primitive(column),
            Self::Timestamp(column) => primitive(column),
            Self::Nested(nested) => nested.finish(),
        }
    }
}

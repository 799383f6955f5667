//! Answers that are made at once: a few lines of text.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream;

use crate::query::Query;
use crate::report::Metrics;

/// An answer with these columns.
pub(crate) fn table<const N: usize>(names: [&str; N], rows: &[[Option<String>; N]]) -> Query {
    let fields = names.iter().map(|name| Field::new(*name, DataType::Utf8View, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns: Vec<ArrayRef> = (0..N)
        .map(|at| {
            Arc::new(rows.iter().map(|row| row[at].as_deref()).collect::<StringViewArray>()) as _
        })
        .collect();
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
        .expect("the columns are made after the schema");
    let rows = stream::iter([Ok(batch)]);
    Query {
        schema: Arc::clone(&schema),
        rows: Box::pin(RecordBatchStreamAdapter::new(schema, rows)),
        metrics: Arc::new(Metrics::default()),
        notes: Vec::new(),
        written: Arc::default(),
    }
}

/// An answer of one column.
pub(crate) fn list(name: &str, rows: impl IntoIterator<Item = String>) -> Query {
    let rows: Vec<_> = rows.into_iter().map(|row| [Some(row)]).collect();
    table([name], &rows)
}

/// The answer of a statement that has nothing to say.
pub(crate) fn done() -> Query {
    let schema = Arc::new(Schema::empty());
    Query {
        schema: Arc::clone(&schema),
        rows: Box::pin(RecordBatchStreamAdapter::new(schema, stream::empty())),
        metrics: Arc::new(Metrics::default()),
        notes: Vec::new(),
        written: Arc::default(),
    }
}

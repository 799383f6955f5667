//! The rows of an answer as they come: what they are grouped by as text, and amounts as numbers.

use arrow_array::RecordBatch;
use floodmark_engine::athena::Texts;
use floodmark_engine::{Error, Query, Result};
use futures::StreamExt;

use crate::subject::Subject;

/// The rows of a query that is running.
pub(crate) struct Rows {
    query: Query,
    /// How many columns, from the first, are texts; those behind them are numbers.
    texts: usize,
}

/// A batch of rows.
pub(crate) struct Batch {
    batch: RecordBatch,
    writers: Texts,
    texts: usize,
}

impl Rows {
    /// Begins a query whose columns from the position `texts` on are numbers.
    pub(crate) async fn ask(subject: &Subject<'_>, sql: &str, texts: usize) -> Result<Self> {
        let query = subject.query(sql).await?;
        let numbers = query.schema.fields().iter().skip(texts);
        if let Some(other) = numbers.into_iter().find(|field| !is_number(field.data_type())) {
            let message = format!("`{}` is no number, and cannot be measured", other.name());
            return Err(Error::invalid_query(message)
                .hint("a measure is an aggregate such as `count(*)` or `sum(bytes)`"));
        }
        Ok(Self { query, texts })
    }

    /// Whether the column of this position holds whole numbers, or text.
    pub(crate) fn is_whole(&self, column: usize) -> bool {
        self.query.schema.field(column).data_type().is_integer()
    }

    /// The next rows; None behind the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Batch>> {
        let Some(batch) = self.query.rows.next().await.transpose()? else { return Ok(None) };
        let writers = Texts::new(&batch)?;
        Ok(Some(Batch { batch, writers, texts: self.texts }))
    }
}

impl Batch {
    pub(crate) fn rows(&self) -> std::ops::Range<usize> {
        0..self.batch.num_rows()
    }

    /// The texts of a row; None is NULL.
    pub(crate) fn texts(&self, row: usize) -> Vec<Option<String>> {
        (0..self.texts).map(|column| self.writers.text(column, row)).collect()
    }

    /// The number in a column; None for NULL, for what is not finite, and for a column that was not asked for.
    pub(crate) fn number(&self, column: usize, row: usize) -> Option<f64> {
        if column >= self.batch.num_columns() {
            return None;
        }
        let number: f64 = self.writers.text(column, row)?.parse().ok()?;
        number.is_finite().then_some(number)
    }
}

fn is_number(data_type: &arrow_schema::DataType) -> bool {
    data_type.is_numeric() || data_type.is_null()
}

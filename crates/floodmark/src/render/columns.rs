//! Answers that are no query's rows, as a batch that every format can write.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};

/// The values of a column.
#[derive(Debug)]
pub(crate) enum Values {
    Text(Vec<Option<String>>),
    Whole(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
}

impl Values {
    /// Amounts, as whole numbers if they are.
    pub(crate) fn amounts(amounts: Vec<Option<f64>>, is_whole: bool) -> Self {
        if is_whole {
            let whole = amounts.into_iter().map(|amount| amount.map(|amount| amount as i64));
            Self::Whole(whole.collect())
        } else {
            Self::Number(amounts)
        }
    }
}

/// Columns with their names as a batch.
pub(crate) fn batch(columns: Vec<(String, Values)>) -> anyhow::Result<RecordBatch> {
    let columns = columns.into_iter().map(|(name, values)| {
        let array: ArrayRef = match values {
            Values::Text(values) => Arc::new(StringArray::from(values)),
            Values::Whole(values) => Arc::new(Int64Array::from(values)),
            Values::Number(values) => Arc::new(Float64Array::from(values)),
        };
        (name, array, true)
    });
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

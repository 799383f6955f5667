//! Values as Athena writes them in its results.

use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::error::{Error, ErrorKind, Result};

/// The rows of a batch as text, in the order of its columns; None is NULL.
///
/// # Errors
///
/// `Internal` for a type that has no text.
pub fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>> {
    let options = FormatOptions::default();
    let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
    let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| {
        Error::new(ErrorKind::Internal, "a column cannot be shown").because(error)
    })?;
    let nulls: Vec<_> = batch.columns().iter().map(|column| column.logical_nulls()).collect();
    Ok((0..batch.num_rows())
        .map(|row| {
            (columns.iter().zip(&nulls))
                .map(|(text, nulls)| {
                    let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
                    (!is_null).then(|| text.value(row).to_string())
                })
                .collect()
        })
        .collect())
}

//! Numbers of an answer, whole or not.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use floodmark_engine::{Error, ErrorKind, Result};

/// A number of an answer; None for NULL.
///
/// # Errors
///
/// `Internal` for what is no `bigint` or `double`.
pub(crate) fn number(batch: &RecordBatch, column: usize, row: usize) -> Result<Option<f64>> {
    let array = batch.column(column);
    if array.is_null(row) {
        return Ok(None);
    }
    if let Some(array) = array.as_primitive_opt::<Int64Type>() {
        return Ok(Some(array.value(row) as f64));
    }
    if let Some(array) = array.as_primitive_opt::<Float64Type>() {
        return Ok(Some(array.value(row)));
    }
    let message = format!("a count is of the type {}", array.data_type());
    Err(Error::new(ErrorKind::Internal, message))
}

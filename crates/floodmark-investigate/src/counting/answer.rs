//! The rows of a small answer, by the names of their columns.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};

/// One row of an answer.
pub(super) struct Answer<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl<'a> Answer<'a> {
    /// The rows of a batch.
    pub(super) fn rows(batch: &'a RecordBatch) -> impl Iterator<Item = Answer<'a>> {
        (0..batch.num_rows()).map(move |row| Answer { batch, row })
    }

    /// A text; None if it is NULL.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let array = self.column(name)?;
        if let Some(texts) = array.as_string_view_opt() {
            return Some(texts.value(self.row));
        }
        array.as_string_opt::<i32>().map(|texts| texts.value(self.row))
    }

    /// A number that is not negative; 0 if it is NULL.
    pub(super) fn count(&self, name: &str) -> u64 {
        let Some(array) = self.column(name) else { return 0 };
        let number = if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
            numbers.value(self.row)
        } else if let Some(numbers) = array.as_primitive_opt::<Int32Type>() {
            numbers.value(self.row).into()
        } else {
            0
        };
        number.try_into().unwrap_or(0)
    }

    /// A sum; 0 if it is NULL.
    pub(super) fn sum(&self, name: &str) -> f64 {
        let Some(array) = self.column(name) else { return 0.0 };
        match array.as_primitive_opt::<Float64Type>() {
            Some(numbers) => numbers.value(self.row),
            // Exact up to 2^53, and close enough above it to compare two of them.
            None => self.count(name) as f64,
        }
    }

    /// A column whose value in this row is not NULL.
    fn column(&self, name: &str) -> Option<&'a dyn Array> {
        let array = self.batch.column_by_name(name)?.as_ref();
        array.is_valid(self.row).then_some(array)
    }
}

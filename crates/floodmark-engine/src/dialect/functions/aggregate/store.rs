//! Single values of any type that are kept for a group, in a form that takes little room and can be compared.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array, new_empty_array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::Result;

use crate::dialect::functions::array::lists::fit;

/// A value that is kept: bytes whose order is that of the values.
pub(super) type Kept = Box<[u8]>;

/// Brings values of one type into the form in which they are kept, and back.
pub(super) struct Store {
    converter: RowConverter,
    data_type: DataType,
    /// The form of NULL.
    null: Kept,
}

impl Store {
    /// For values of this type.
    pub(super) fn of(data_type: &DataType) -> Result<Self> {
        let converter = RowConverter::new(vec![SortField::new(data_type.clone())])?;
        let null = datafusion::arrow::array::new_null_array(data_type, 1);
        let null = converter.convert_columns(&[null])?.row(0).as_ref().into();
        Ok(Self { converter, data_type: data_type.clone(), null })
    }

    /// All values of an array.
    pub(super) fn rows(&self, values: &ArrayRef) -> Result<Rows> {
        let values = fit(Arc::clone(values), &self.data_type)?;
        Ok(self.converter.convert_columns(&[values])?)
    }

    /// The values of an array at these places.
    pub(super) fn rows_at(&self, values: &ArrayRef, places: Vec<u32>) -> Result<Rows> {
        self.rows(&take(values, &UInt32Array::from(places), None)?)
    }

    /// An array of what was kept; None is NULL.
    pub(super) fn array<'a>(
        &self,
        kept: impl Iterator<Item = Option<&'a [u8]>>,
    ) -> Result<ArrayRef> {
        let parser = self.converter.parser();
        let rows = kept.map(|kept| parser.parse(kept.unwrap_or(&self.null)));
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(new_empty_array(&self.data_type));
        }
        let mut columns = self.converter.convert_rows(rows)?;
        fit(columns.remove(0), &self.data_type)
    }
}

/// How much memory a kept value takes.
pub(super) fn bytes(kept: &[u8]) -> usize {
    size_of::<Kept>() + kept.len()
}

//! Values that are columns already, as in Parquet.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::{Array, StringViewArray};
use serde_json::value::RawValue;

use crate::account::Account;
use crate::decode::Request;
use crate::decode::batch::Batch;
use crate::decode::row::{Row, Written};

/// Makes a row of the values at a place.
pub(crate) fn read(
    request: &Request,
    columns: &[Option<StringViewArray>],
    at: usize,
    number: u64,
    account: &mut Account,
    batch: &mut Batch<'_>,
) {
    let row = ColumnsRow { columns, at, number };
    if let Some((field, value)) = request.plan.hole
        && row.written(field).is_some_and(|written| written.bytes(&[]) == value)
    {
        account.holes += 1;
    }
    if request.plan.passes(&row) {
        batch.push(&row);
    }
}

struct ColumnsRow<'a> {
    columns: &'a [Option<StringViewArray>],
    at: usize,
    number: u64,
}

impl Row for ColumnsRow<'_> {
    fn block(&self) -> &[u8] {
        &[]
    }

    fn written(&self, field: usize) -> Option<Written<'_>> {
        let column = self.columns[field].as_ref()?;
        column.is_valid(self.at).then(|| Written::Text(Cow::Borrowed(column.value(self.at))))
    }

    fn json(&self, _field: usize) -> Option<&RawValue> {
        None
    }

    fn trailing(&self) -> Option<Written<'_>> {
        None
    }

    fn range(&self) -> Option<Range<usize>> {
        None
    }

    fn number(&self) -> u64 {
        self.number
    }
}

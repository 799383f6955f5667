//! Work row by row: arguments as typed columns, and results made of one answer a row.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BinaryBuilder, BooleanArray,
    BooleanBuilder, Float64Array, Int64Array, ListArray, ListBuilder, PrimitiveBuilder,
    StringViewArray, StringViewBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::trino_type;
use crate::error::{Error, ErrorKind};
use crate::limits::FUNCTION_BATCH_BYTES_MAX;

/// An argument: one value for all rows, or a value each.
pub(crate) struct Column<A> {
    values: A,
    is_constant: bool,
}

/// What a function makes of a row: None is NULL.
pub(crate) type Answer<T> = Option<Result<T>>;

impl<A: Array> Column<A> {
    /// Where a row's value stands, if it is not NULL.
    fn at(&self, row: usize) -> Option<usize> {
        let at = if self.is_constant { 0 } else { row };
        self.values.is_valid(at).then_some(at)
    }

    /// Whether all rows have the same value.
    pub(crate) fn is_constant(&self) -> bool {
        self.is_constant
    }
}

impl Column<StringViewArray> {
    /// A row's text.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        self.at(row).map(|at| self.values.value(at))
    }
}

impl Column<BinaryArray> {
    /// A row's bytes.
    pub(crate) fn get(&self, row: usize) -> Option<&[u8]> {
        self.at(row).map(|at| self.values.value(at))
    }
}

impl Column<Int64Array> {
    /// A row's whole number.
    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        self.at(row).map(|at| self.values.value(at))
    }
}

impl Column<Float64Array> {
    /// A row's number.
    pub(crate) fn get(&self, row: usize) -> Option<f64> {
        self.at(row).map(|at| self.values.value(at))
    }
}

impl Column<BooleanArray> {
    /// A row's truth.
    pub(crate) fn get(&self, row: usize) -> Option<bool> {
        self.at(row).map(|at| self.values.value(at))
    }
}

impl Column<ListArray> {
    /// A row's items.
    pub(crate) fn get(&self, row: usize) -> Option<ArrayRef> {
        self.at(row).map(|at| self.values.value(at))
    }
}

/// The argument at a position as text.
pub(crate) fn texts(args: &ScalarFunctionArgs, at: usize) -> Result<Column<StringViewArray>> {
    let (values, is_constant) = column(args, at, Some(&DataType::Utf8View))?;
    Ok(Column { values: values.as_string_view().clone(), is_constant })
}

/// The argument at a position as bytes.
pub(crate) fn binaries(args: &ScalarFunctionArgs, at: usize) -> Result<Column<BinaryArray>> {
    let (values, is_constant) = column(args, at, Some(&DataType::Binary))?;
    Ok(Column { values: values.as_binary::<i32>().clone(), is_constant })
}

/// The argument at a position as whole numbers.
pub(crate) fn bigints(args: &ScalarFunctionArgs, at: usize) -> Result<Column<Int64Array>> {
    let (values, is_constant) = column(args, at, Some(&DataType::Int64))?;
    Ok(Column { values: values.as_primitive::<Int64Type>().clone(), is_constant })
}

/// The argument at a position as numbers.
pub(crate) fn doubles(args: &ScalarFunctionArgs, at: usize) -> Result<Column<Float64Array>> {
    let (values, is_constant) = column(args, at, Some(&DataType::Float64))?;
    Ok(Column { values: values.as_primitive::<Float64Type>().clone(), is_constant })
}

/// The argument at a position as truths.
pub(crate) fn booleans(args: &ScalarFunctionArgs, at: usize) -> Result<Column<BooleanArray>> {
    let (values, is_constant) = column(args, at, Some(&DataType::Boolean))?;
    Ok(Column { values: values.as_boolean().clone(), is_constant })
}

/// The argument at a position as arrays of an item type.
pub(crate) fn lists(
    args: &ScalarFunctionArgs,
    at: usize,
    item: &DataType,
) -> Result<Column<ListArray>> {
    let list = DataType::new_list(item.clone(), true);
    let (values, is_constant) = column(args, at, Some(&list))?;
    Ok(Column { values: values.as_list::<i32>().clone(), is_constant })
}

/// The argument at a position in its own type: as many values as [`rows`], or one that is for all of them.
pub(crate) fn values(args: &ScalarFunctionArgs, at: usize) -> Result<ArrayRef> {
    match &args.args[at] {
        ColumnarValue::Scalar(value) => value.to_array_of_size(rows(args)),
        ColumnarValue::Array(array) => Ok(Arc::clone(array)),
    }
}

/// How many answers are to be made: one where all arguments are the same for all rows.
pub(crate) fn rows(args: &ScalarFunctionArgs) -> usize {
    if is_scalar(args) { 1 } else { args.number_rows }
}

/// A result that has as many values as [`rows`].
pub(crate) fn answer(args: &ScalarFunctionArgs, array: ArrayRef) -> Result<ColumnarValue> {
    if is_scalar(args) {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?));
    }
    Ok(ColumnarValue::Array(array))
}

/// Makes text of each row.
pub(crate) fn to_text<T: AsRef<str>>(
    args: &ScalarFunctionArgs,
    mut value: impl FnMut(usize) -> Answer<T>,
) -> Result<ColumnarValue> {
    let mut size = Size::default();
    let mut builder = StringViewBuilder::with_capacity(rows(args));
    for row in 0..rows(args) {
        match value(row).transpose()? {
            None => builder.append_null(),
            Some(text) => {
                size.add(text.as_ref().len())?;
                builder.append_value(text);
            }
        }
    }
    answer(args, Arc::new(builder.finish()))
}

/// Makes bytes of each row.
pub(crate) fn to_binary<T: AsRef<[u8]>>(
    args: &ScalarFunctionArgs,
    mut value: impl FnMut(usize) -> Answer<T>,
) -> Result<ColumnarValue> {
    let mut size = Size::default();
    let mut builder = BinaryBuilder::with_capacity(rows(args), 0);
    for row in 0..rows(args) {
        match value(row).transpose()? {
            None => builder.append_null(),
            Some(bytes) => {
                size.add(bytes.as_ref().len())?;
                builder.append_value(bytes);
            }
        }
    }
    answer(args, Arc::new(builder.finish()))
}

/// Makes a truth of each row.
pub(crate) fn to_boolean(
    args: &ScalarFunctionArgs,
    mut value: impl FnMut(usize) -> Answer<bool>,
) -> Result<ColumnarValue> {
    let mut builder = BooleanBuilder::with_capacity(rows(args));
    for row in 0..rows(args) {
        builder.append_option(value(row).transpose()?);
    }
    answer(args, Arc::new(builder.finish()))
}

/// Makes a number of each row.
pub(crate) fn to_number<T: ArrowPrimitiveType>(
    args: &ScalarFunctionArgs,
    mut value: impl FnMut(usize) -> Answer<T::Native>,
) -> Result<ColumnarValue> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(rows(args));
    for row in 0..rows(args) {
        builder.append_option(value(row).transpose()?);
    }
    answer(args, Arc::new(builder.finish()))
}

/// Makes a `bigint` of each row.
pub(crate) fn to_bigint(
    args: &ScalarFunctionArgs,
    value: impl FnMut(usize) -> Answer<i64>,
) -> Result<ColumnarValue> {
    to_number::<Int64Type>(args, value)
}

/// Makes a `double` of each row.
pub(crate) fn to_double(
    args: &ScalarFunctionArgs,
    value: impl FnMut(usize) -> Answer<f64>,
) -> Result<ColumnarValue> {
    to_number::<Float64Type>(args, value)
}

/// Makes an array of texts of each row.
pub(crate) fn to_texts<T: AsRef<str>>(
    args: &ScalarFunctionArgs,
    mut value: impl FnMut(usize) -> Answer<Vec<Option<T>>>,
) -> Result<ColumnarValue> {
    let DataType::List(item) = args.return_field.data_type() else {
        return Err(DataFusionError::Internal("an array was to be declared".to_owned()));
    };
    let mut size = Size::default();
    let mut builder = ListBuilder::new(StringViewBuilder::new()).with_field(Arc::clone(item));
    for row in 0..rows(args) {
        match value(row).transpose()? {
            None => builder.append_null(),
            Some(items) => {
                for item in items {
                    let bytes = item.as_ref().map_or(0, |item| item.as_ref().len());
                    size.add(bytes + size_of::<u128>())?;
                    builder.values().append_option(item);
                }
                builder.append(true);
            }
        }
    }
    answer(args, Arc::new(builder.finish()))
}

/// How much a function has made for a batch.
#[derive(Default)]
pub(crate) struct Size {
    bytes: usize,
}

impl Size {
    /// Counts a value, and fails if all of them are too much.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > FUNCTION_BATCH_BYTES_MAX {
            let message = format!(
                "a function makes more than {} MiB of a batch of rows",
                FUNCTION_BATCH_BYTES_MAX >> 20
            );
            return Err(Error::new(ErrorKind::LimitReached, message).into());
        }
        Ok(())
    }
}

/// The error of an argument that a function does not take, as an answer.
pub(crate) fn invalid<T>(message: impl AsRef<str>) -> Answer<T> {
    Some(Err(invalid_argument(message)))
}

/// The error of an argument that a function does not take.
pub(crate) fn invalid_argument(message: impl AsRef<str>) -> DataFusionError {
    trino_type::failure("INVALID_FUNCTION_ARGUMENT", message.as_ref())
}

fn is_scalar(args: &ScalarFunctionArgs) -> bool {
    args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)))
}

/// The argument at a position, and whether it is one value for all rows.
fn column(
    args: &ScalarFunctionArgs,
    at: usize,
    target: Option<&DataType>,
) -> Result<(ArrayRef, bool)> {
    let (values, is_constant) = match &args.args[at] {
        ColumnarValue::Scalar(value) => (value.to_array_of_size(1)?, true),
        ColumnarValue::Array(array) => (Arc::clone(array), false),
    };
    match target {
        Some(target) if values.data_type() != target => Ok((cast(&values, target)?, is_constant)),
        _ => Ok((values, is_constant)),
    }
}

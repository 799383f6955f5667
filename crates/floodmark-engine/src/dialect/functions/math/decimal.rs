//! Decimals, as whole numbers with a place for their point.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type};
use datafusion::common::Result;

/// The most digits that a decimal has.
pub(super) const DIGITS_MAX: u8 = 38;

/// The number of digits of a decimal, and how many of them stand behind the point.
pub(super) fn digits(data_type: &DataType) -> Option<(u8, u8)> {
    match data_type {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            Some(((*precision).min(DIGITS_MAX), u8::try_from(*scale).unwrap_or(0)))
        }
        _ => None,
    }
}

/// The type of decimals with these numbers of digits.
pub(super) fn data_type(precision: u8, scale: u8) -> DataType {
    let scale = i8::try_from(scale).unwrap_or(i8::MAX);
    DataType::Decimal128(precision.clamp(1, DIGITS_MAX), scale)
}

/// The values of an array of decimals, as whole numbers of their last digit.
pub(super) fn unscaled(array: &ArrayRef) -> Result<Vec<Option<i128>>> {
    let (precision, scale) = digits(array.data_type()).unwrap_or((DIGITS_MAX, 0));
    let array = cast(array, &data_type(precision, scale))?;
    let array = array.as_primitive::<Decimal128Type>();
    Ok((0..array.len()).map(|row| array.is_valid(row).then(|| array.value(row))).collect())
}

/// Ten to a power; None if that has more digits than a decimal.
pub(super) fn power_of_ten(power: u32) -> Option<i128> {
    (power <= u32::from(DIGITS_MAX)).then(|| 10i128.pow(power))
}

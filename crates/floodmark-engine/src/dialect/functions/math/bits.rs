//! Bits of whole numbers.

use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::declare::Parameter;
use crate::dialect::functions::rows::{bigints, invalid, to_bigint};

/// How the shifts are called.
pub(super) const SHIFT: &[&[Parameter]] = &[&[Parameter::Number, Parameter::BigInt]];

/// A function of two numbers, bit by bit.
pub(super) fn of_two(
    args: &ScalarFunctionArgs,
    work: fn(i64, i64) -> i64,
) -> Result<ColumnarValue> {
    let (left, right) = (bigints(args, 0)?, bigints(args, 1)?);
    to_bigint(args, |row| Some(Ok(work(left.get(row)?, right.get(row)?))))
}

/// `bitwise_not(x)`.
pub(super) fn not(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let value = bigints(args, 0)?;
    to_bigint(args, |row| Some(Ok(!value.get(row)?)))
}

/// `bit_count(x, bits)`: of a number in two's complement with so many bits.
pub(super) fn count(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (value, bits) = (bigints(args, 0)?, bigints(args, 1)?);
    to_bigint(args, |row| {
        let (value, bits) = (value.get(row)?, bits.get(row)?);
        let Some(width) = u32::try_from(bits).ok().filter(|bits| (2..=64).contains(bits)) else {
            return invalid(format!(
                "Bits specified in bit_count must be between 2 and 64, got {bits}"
            ));
        };
        let greatest = i64::MAX >> (64 - width);
        if value > greatest || value < -greatest - 1 {
            return invalid(format!(
                "Number must be representable with the bits specified. {value} cannot be represented with {bits} bits"
            ));
        }
        Some(Ok(i64::from((value & mask(width)).count_ones())))
    })
}

/// `bitwise_left_shift(x, bits)`.
pub(super) fn left_shift(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    shifted(args, |value, bits, width| if bits >= width { 0 } else { value << bits })
}

/// `bitwise_right_shift(x, bits)`, with zeros from the left.
pub(super) fn right_shift(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    shifted(args, |value, bits, width| match bits {
        0 => value,
        _ if bits >= width => 0,
        _ => ((value & mask(width)) as u64 >> bits) as i64,
    })
}

/// `bitwise_right_shift_arithmetic(x, bits)`, with the sign from the left.
pub(super) fn right_shift_arithmetic(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    shifted(args, |value, bits, width| value >> bits.min(width - 1).min(63))
}

/// The lowest bits.
fn mask(width: u32) -> i64 {
    if width >= 64 { -1 } else { (1 << width) - 1 }
}

/// Shifts numbers in the width of their type; a negative distance is as one beyond the width.
fn shifted(args: &ScalarFunctionArgs, work: fn(i64, u32, u32) -> i64) -> Result<ColumnarValue> {
    let target = args.return_field.data_type();
    let width = match target {
        DataType::Int8 => 8,
        DataType::Int16 => 16,
        DataType::Int32 => 32,
        _ => 64,
    };
    let (value, bits) = (bigints(args, 0)?, bigints(args, 1)?);
    let made = to_bigint(args, |row| {
        let (value, bits) = (value.get(row)?, bits.get(row)?);
        let bits = u32::try_from(bits).unwrap_or(u32::MAX);
        let made = work(value, bits, width);
        // What goes beyond the width of the type is lost.
        let unused = 64 - width;
        Some(Ok(made << unused >> unused))
    })?;
    match made {
        ColumnarValue::Array(array) => Ok(ColumnarValue::Array(cast(&array, target)?)),
        ColumnarValue::Scalar(value) => Ok(ColumnarValue::Scalar(value.cast_to(target)?)),
    }
}

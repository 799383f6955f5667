//! Casts from and to numbers.

use std::sync::Arc;

use datafusion::arrow::array::types::{Decimal128Type, Float64Type, Int64Type};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, PrimitiveArray,
};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::FormatOptions;
use datafusion::common::{DataFusionError, Result};

use super::text::decimal;
use super::{Otherwise, unsupported};
use crate::dialect::trino_type::{TrinoType, failure};
use crate::dialect::value_text::{double_text, real_text};

/// Casts an array of numbers or truth values to numbers or truth values.
pub(super) fn between_numbers(
    array: &ArrayRef,
    from: &TrinoType,
    to: &TrinoType,
    otherwise: Otherwise,
) -> Result<ArrayRef> {
    let target = to.arrow();
    match (from, to) {
        (TrinoType::Boolean, TrinoType::Decimal(..)) => {
            Ok(cast(&cast(array, &DataType::Int8)?, &target)?)
        }
        (TrinoType::Boolean, _) => Ok(cast(array, &target)?),
        (_, TrinoType::Boolean) => {
            let numbers = cast(array, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            Ok(Arc::new(numbers.iter().map(|n| n.map(|n| n != 0.0)).collect::<BooleanArray>()))
        }
        (TrinoType::Real | TrinoType::Double, to) if to.is_integer() => {
            let rounded = rounded(array, to, otherwise)?;
            checked(&rounded, &target, otherwise, |row| {
                let value = rounded.as_primitive::<Int64Type>().value(row);
                failure("INVALID_CAST_ARGUMENT", &format!("Out of range for {to}: {value}.0"))
            })
        }
        (TrinoType::Real | TrinoType::Double, TrinoType::Decimal(precision, scale)) => {
            float_to_decimal(array, from, *precision, *scale, otherwise)
        }
        (from, to) if from.is_integer() && to.is_integer() => {
            checked(array, &target, otherwise, |row| {
                let value = shown(array, row);
                failure("NUMERIC_VALUE_OUT_OF_RANGE", &format!("Out of range for {to}: {value}"))
            })
        }
        (TrinoType::Decimal(precision, _), to) if to.is_integer() => {
            // Rounds half up on the way to whole numbers.
            let whole = cast(array, &DataType::Decimal128((*precision).max(38), 0))?;
            checked(&whole, &target, otherwise, |row| {
                let name = if *to == TrinoType::Integer { "INT".to_owned() } else { upper(to) };
                let value = shown(array, row);
                failure("INVALID_CAST_ARGUMENT", &format!("Cannot cast '{value}' to {name}"))
            })
        }
        (from, TrinoType::Decimal(precision, scale)) => checked(array, &target, otherwise, |row| {
            let from = match from {
                TrinoType::Decimal(precision, scale) => format!("DECIMAL({precision}, {scale})"),
                other => upper(other),
            };
            let value = shown(array, row);
            failure(
                "INVALID_CAST_ARGUMENT",
                &format!("Cannot cast {from} '{value}' to DECIMAL({precision}, {scale})"),
            )
        }),
        (from, TrinoType::Real | TrinoType::Double) if from.is_number() => {
            Ok(cast(array, &target)?)
        }
        _ => Err(unsupported(from, to)),
    }
}

fn upper(trino_type: &TrinoType) -> String {
    trino_type.to_string().to_uppercase()
}

/// A value as text, for messages.
fn shown(array: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::default();
    datafusion::arrow::util::display::ArrayFormatter::try_new(array, &options)
        .map(|formatter| formatter.value(row).to_string())
        .unwrap_or_default()
}

/// Casts, and says which value did not go.
fn checked(
    array: &ArrayRef,
    target: &DataType,
    otherwise: Otherwise,
    error: impl Fn(usize) -> DataFusionError,
) -> Result<ArrayRef> {
    let options = CastOptions { safe: true, format_options: FormatOptions::default() };
    let result = cast_with_options(array, target, &options)?;
    if otherwise == Otherwise::Error && result.null_count() > array.null_count() {
        let row = (0..array.len()).find(|row| array.is_valid(*row) && result.is_null(*row));
        return Err(error(row.unwrap_or_default()));
    }
    Ok(result)
}

/// Floating numbers as whole ones, rounded half away from zero.
fn rounded(array: &ArrayRef, to: &TrinoType, otherwise: Otherwise) -> Result<ArrayRef> {
    let numbers = cast(array, &DataType::Float64)?;
    let numbers = numbers.as_primitive::<Float64Type>();
    let values = numbers.iter().map(|number| {
        let Some(number) = number else { return Ok(None) };
        let whole = number.round();
        if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
            return Ok(Some(whole as i64));
        }
        if otherwise == Otherwise::Null {
            return Ok(None);
        }
        let shown = double_text(number);
        let message = if number.is_nan() {
            format!("Cannot cast double NaN to {to}")
        } else if *to == TrinoType::BigInt {
            format!("Unable to cast {shown} to bigint")
        } else {
            format!("Out of range for {to}: {shown}")
        };
        Err(failure("INVALID_CAST_ARGUMENT", &message))
    });
    Ok(Arc::new(values.collect::<Result<Int64Array>>()?))
}

fn float_to_decimal(
    array: &ArrayRef,
    from: &TrinoType,
    precision: u8,
    scale: i8,
    otherwise: Otherwise,
) -> Result<ArrayRef> {
    let numbers = cast(array, &DataType::Float64)?;
    let values = numbers.as_primitive::<Float64Type>().iter().map(|number| {
        let Some(number) = number else { return Ok(None) };
        let shortest = match from {
            TrinoType::Real => format!("{:e}", number as f32),
            _ => format!("{number:e}"),
        };
        match (decimal(&shortest, precision, scale), otherwise) {
            (Some(value), _) => Ok(Some(value)),
            (None, Otherwise::Null) => Ok(None),
            (None, Otherwise::Error) => {
                let shown = match from {
                    TrinoType::Real => real_text(number as f32),
                    _ => double_text(number),
                };
                let name = upper(from);
                Err(failure(
                    "INVALID_CAST_ARGUMENT",
                    &format!("Cannot cast {name} '{shown}' to DECIMAL({precision}, {scale})"),
                ))
            }
        }
    });
    let values = values.collect::<Result<PrimitiveArray<Decimal128Type>>>()?;
    Ok(Arc::new(values.with_precision_and_scale(precision, scale)?))
}

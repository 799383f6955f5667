//! `round`, `truncate`, `ceiling` and `floor`, which keep whole numbers whole and decimals exact.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array, Int64Array, PrimitiveArray};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use crate::dialect::functions::math::decimal::{
    DIGITS_MAX, data_type, digits, power_of_ten, unscaled,
};
use crate::dialect::functions::math::given_type;
use crate::dialect::functions::rows::{answer, bigints, values};
use crate::dialect::trino_type::failure;

/// Which neighbour a number is rounded to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The nearest, halves away from zero.
    Nearest,
    Up,
    Down,
    ToZero,
}

/// The type of `ceiling` and `floor`.
pub(super) fn whole_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let given = given_type(args, 0);
    field(match digits(&given) {
        Some((precision, scale)) => data_type(precision - scale + scale.min(1), 0),
        None => given,
    })
}

/// The type of `round`.
pub(super) fn round_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let given = given_type(args, 0);
    field(match digits(&given) {
        Some((precision, scale)) if args.arg_fields.len() > 1 => {
            data_type((precision + 1).min(DIGITS_MAX), scale)
        }
        Some((precision, scale)) => data_type(precision - scale + scale.min(1), 0),
        None => given,
    })
}

/// The type of `truncate`.
pub(super) fn truncate_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let given = given_type(args, 0);
    field(match digits(&given) {
        Some((precision, scale)) if args.arg_fields.len() == 1 => {
            data_type((precision - scale).max(1), 0)
        }
        _ => given,
    })
}

/// `ceiling(x)`.
pub(super) fn ceiling(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    rounded(args, Way::Up)
}

/// `floor(x)`.
pub(super) fn floor(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    rounded(args, Way::Down)
}

/// `round(x[, digits])`.
pub(super) fn round(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    rounded(args, Way::Nearest)
}

/// `truncate(x[, digits])`.
pub(super) fn truncate(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    rounded(args, Way::ToZero)
}

fn field(data_type: DataType) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("rounded", data_type, true)))
}

fn rounded(args: &ScalarFunctionArgs, way: Way) -> Result<ColumnarValue> {
    let target = args.return_field.data_type();
    let array = values(args, 0)?;
    let places = (args.args.len() > 1).then(|| bigints(args, 1)).transpose()?;
    let place = |row: usize| match &places {
        None => Some(0),
        Some(places) => places.get(row),
    };
    let made: ArrayRef = match target {
        DataType::Float32 | DataType::Float64 => {
            let array = cast(&array, &DataType::Float64)?;
            let array = array.as_primitive::<Float64Type>();
            let made = array.iter().enumerate().map(|(row, value)| {
                let (value, place) = (value?, place(row)?);
                Some(round_double(value, place, way))
            });
            let made: PrimitiveArray<Float64Type> = made.collect();
            cast(&made, target)?
        }
        _ if digits(target).is_some() => {
            let (_, scale) = digits(array.data_type()).unwrap_or((DIGITS_MAX, 0));
            let (precision, target_scale) = digits(target).unwrap_or((DIGITS_MAX, 0));
            let limit = power_of_ten(u32::from(precision));
            let made = unscaled(&array)?.into_iter().enumerate().map(|(row, value)| {
                let (Some(value), Some(place)) = (value, place(row)) else { return Ok(None) };
                let made = round_unscaled(value, i64::from(scale), place, way);
                // From the places of the argument to those of the result.
                let dropped = power_of_ten(u32::from(scale - target_scale.min(scale)));
                let made = made.zip(dropped).map(|(made, dropped)| made / dropped);
                match made {
                    Some(made) if limit.is_none_or(|limit| made.abs() < limit) => Ok(Some(made)),
                    _ => Err(out_of_range("decimal")),
                }
            });
            let made: Decimal128Array = made.collect::<Result<Vec<_>>>()?.into_iter().collect();
            let made: ArrayRef = Arc::new(made.with_data_type(data_type(precision, target_scale)));
            cast(&made, target)?
        }
        _ => {
            let array = cast(&array, &DataType::Int64)?;
            let array = array.as_primitive::<Int64Type>();
            let made = array.iter().enumerate().map(|(row, value)| {
                let (Some(value), Some(place)) = (value, place(row)) else { return Ok(None) };
                round_unscaled(i128::from(value), 0, place, way)
                    .and_then(|made| i64::try_from(made).ok())
                    .map(Some)
                    .ok_or_else(|| out_of_range("bigint"))
            });
            let made = Int64Array::from(made.collect::<Result<Vec<_>>>()?);
            let options = CastOptions { safe: false, ..CastOptions::default() };
            cast_with_options(&made, target, &options).map_err(|_| out_of_range("integer"))?
        }
    };
    answer(args, made)
}

fn out_of_range(of: &str) -> DataFusionError {
    failure("NUMERIC_VALUE_OUT_OF_RANGE", &format!("{of} value out of range"))
}

/// A double rounded to so many digits behind the point, or before it if that is negative.
fn round_double(value: f64, place: i64, way: Way) -> f64 {
    if !value.is_finite() {
        return value;
    }
    let whole = |value: f64| match way {
        Way::Nearest => value.round(),
        Way::Up => value.ceil(),
        Way::Down => value.floor(),
        Way::ToZero => value.trunc(),
    };
    if place == 0 {
        return whole(value);
    }
    // More digits than a double has are all kept.
    let place = i32::try_from(place.clamp(-400, 400)).unwrap_or(0);
    if way == Way::ToZero {
        return truncate_double(value, place);
    }
    let factor = 10f64.powi(place.abs());
    if place < 0 {
        return if factor.is_finite() { whole(value / factor) * factor } else { 0.0 };
    }
    let scaled = value * factor;
    // From here on a double has no digits behind the point.
    if !scaled.is_finite() || scaled.abs() >= 9_007_199_254_740_992.0 {
        return value;
    }
    whole(scaled) / factor
}

/// A double without its further digits, taken off its shortest decimal.
fn truncate_double(value: f64, place: i32) -> f64 {
    let shown = format!("{value}");
    let point = shown.find('.').unwrap_or(shown.len());
    let kept: String = match usize::try_from(place) {
        Ok(place) => shown.chars().take(point + 1 + place).collect(),
        Err(_) => {
            let sign = usize::from(value < 0.0);
            let zeros = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
            if zeros >= point - sign {
                return 0.0;
            }
            format!("{}{}", &shown[..point - zeros], "0".repeat(zeros))
        }
    };
    kept.parse().unwrap_or(value)
}

/// A number with so many digits behind its point, as a whole number of the last of them, rounded to another digit.
fn round_unscaled(value: i128, scale: i64, place: i64, way: Way) -> Option<i128> {
    let dropped = scale.saturating_sub(place);
    if dropped <= 0 {
        return Some(value);
    }
    let Some(unit) = u32::try_from(dropped).ok().and_then(power_of_ten) else {
        return Some(0);
    };
    let (quotient, rest) = (value / unit, value % unit);
    let quotient = match way {
        Way::Nearest if rest.unsigned_abs() >= unit.unsigned_abs().div_ceil(2) => {
            quotient + rest.signum()
        }
        Way::Up if rest > 0 => quotient + 1,
        Way::Down if rest < 0 => quotient - 1,
        _ => quotient,
    };
    quotient.checked_mul(unit)
}

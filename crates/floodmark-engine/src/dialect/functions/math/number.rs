//! Functions that keep the type of their number: `abs`, `sign` and `mod`.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, PrimitiveArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use crate::dialect::functions::math::decimal::{data_type, digits, unscaled};
use crate::dialect::functions::math::given_type;
use crate::dialect::functions::rows::{answer, values};
use crate::dialect::trino_type::{TrinoType, failure};

/// `abs(x)`.
pub(super) fn abs(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let target = args.return_field.data_type();
    let array = cast(&values(args, 0)?, target)?;
    let out_of_range = |value: i64| {
        failure(
            "NUMERIC_VALUE_OUT_OF_RANGE",
            &format!("Value {value} is out of range for abs({})", TrinoType::of(target)),
        )
    };
    let made = match target {
        DataType::Int8 => {
            each::<Int8Type>(&array, |v| v.checked_abs().ok_or_else(|| out_of_range(v.into())))
        }
        DataType::Int16 => {
            each::<Int16Type>(&array, |v| v.checked_abs().ok_or_else(|| out_of_range(v.into())))
        }
        DataType::Int32 => {
            each::<Int32Type>(&array, |v| v.checked_abs().ok_or_else(|| out_of_range(v.into())))
        }
        DataType::Int64 => {
            each::<Int64Type>(&array, |v| v.checked_abs().ok_or_else(|| out_of_range(v)))
        }
        DataType::Float32 => each::<Float32Type>(&array, |v| Ok(v.abs())),
        DataType::Float64 => each::<Float64Type>(&array, |v| Ok(v.abs())),
        _ => decimals(&array, target, |v| Some(v.abs())),
    };
    answer(args, made?)
}

/// The type of `sign`: whole numbers keep theirs, decimals become `decimal(1,0)`.
pub(super) fn sign_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let given = given_type(args, 0);
    let made = if digits(&given).is_some() { data_type(1, 0) } else { given };
    Ok(Arc::new(Field::new("sign", made, true)))
}

/// `sign(x)`.
pub(super) fn sign(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let array = values(args, 0)?;
    let target = args.return_field.data_type();
    let made = match target {
        DataType::Float32 | DataType::Float64 => {
            let array = cast(&array, &DataType::Float64)?;
            let signs = each::<Float64Type>(&array, |value| {
                Ok(match value {
                    _ if value > 0.0 => 1.0,
                    _ if value < 0.0 => -1.0,
                    other => other,
                })
            });
            cast(&signs?, target)?
        }
        DataType::Decimal128(..) => {
            let signs = unscaled(&array)?.into_iter().map(|value| value.map(i128::signum));
            let signs: Decimal128Array = signs.collect();
            Arc::new(signs.with_data_type(target.clone()))
        }
        _ => {
            let array = cast(&array, &DataType::Int64)?;
            let signs = each::<Int64Type>(&array, |value| Ok(value.signum()));
            cast(&signs?, target)?
        }
    };
    answer(args, made)
}

/// The type of `mod`: the wider of both; of decimals the wider digits.
pub(super) fn mod_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let (left, right) = (given_type(args, 0), given_type(args, 1));
    let wider = match (digits(&left), digits(&right)) {
        (Some((left_digits, left_scale)), Some((right_digits, right_scale))) => {
            let scale = left_scale.max(right_scale);
            data_type((left_digits - left_scale).min(right_digits - right_scale) + scale, scale)
        }
        _ => comparison_coercion(&left, &right).unwrap_or(DataType::Float64),
    };
    Ok(Arc::new(Field::new("mod", wider, true)))
}

/// `mod(n, m)`.
pub(super) fn modulo(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let target = args.return_field.data_type();
    let (left, right) = (values(args, 0)?, values(args, 1)?);
    let by_zero = || failure("DIVISION_BY_ZERO", "Division by zero");
    let made: ArrayRef = match target {
        DataType::Float32 | DataType::Float64 => {
            let left = cast(&left, &DataType::Float64)?;
            let right = cast(&right, &DataType::Float64)?;
            let (left, right) =
                (left.as_primitive::<Float64Type>(), right.as_primitive::<Float64Type>());
            let rests = left.iter().zip(right).map(|(left, right)| Some(left? % right?));
            let rests: PrimitiveArray<Float64Type> = rests.collect();
            cast(&rests, target)?
        }
        DataType::Decimal128(_, scale) => {
            // Both are brought to the scale of the result first, with room for their digits.
            let wide = data_type(
                crate::dialect::functions::math::decimal::DIGITS_MAX,
                u8::try_from(*scale).unwrap_or(0),
            );
            let (left, right) = (unscaled(&cast(&left, &wide)?)?, unscaled(&cast(&right, &wide)?)?);
            let rests = left.into_iter().zip(right).map(|(left, right)| match (left, right) {
                (Some(_), Some(0)) => Err(by_zero()),
                (Some(left), Some(right)) => Ok(Some(left % right)),
                _ => Ok(None),
            });
            let rests: Decimal128Array = rests.collect::<Result<Vec<_>>>()?.into_iter().collect();
            Arc::new(rests.with_data_type(target.clone()))
        }
        _ => {
            let (left, right) = (cast(&left, &DataType::Int64)?, cast(&right, &DataType::Int64)?);
            let (left, right) =
                (left.as_primitive::<Int64Type>(), right.as_primitive::<Int64Type>());
            let rests = left.iter().zip(right).map(|(left, right)| match (left, right) {
                (Some(_), Some(0)) => Err(by_zero()),
                (Some(left), Some(right)) => Ok(Some(left.wrapping_rem(right))),
                _ => Ok(None),
            });
            let rests = rests.collect::<Result<Vec<_>>>()?;
            cast(&PrimitiveArray::<Int64Type>::from(rests), target)?
        }
    };
    answer(args, made)
}

/// Works on each number of an array.
fn each<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    work: impl Fn(T::Native) -> Result<T::Native>,
) -> Result<ArrayRef> {
    let made = array.as_primitive::<T>().try_unary::<_, T, DataFusionError>(work)?;
    Ok(Arc::new(made))
}

/// Works on each decimal of an array, in whole numbers of their last digit.
fn decimals(
    array: &ArrayRef,
    target: &DataType,
    work: impl Fn(i128) -> Option<i128>,
) -> Result<ArrayRef> {
    let made: Decimal128Array =
        unscaled(array)?.into_iter().map(|value| value.and_then(&work)).collect();
    let (precision, scale) = digits(target).unwrap_or((38, 0));
    let made: ArrayRef = Arc::new(made.with_data_type(data_type(precision, scale)));
    Ok(cast(&made, target)?)
}

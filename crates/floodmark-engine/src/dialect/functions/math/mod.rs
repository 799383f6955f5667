//! Mathematical and bitwise functions.

mod bits;
mod chance;
mod decimal;
mod measure;
mod number;
mod rounding;
mod vector;

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, Volatility,
};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar};
use crate::dialect::functions::rows::{
    bigints, doubles, invalid, texts, to_bigint, to_boolean, to_double, to_text,
};

const NUMBER: Parameter = Parameter::Number;
const BIGINT: Parameter = Parameter::BigInt;
const REAL: Parameter = Parameter::Double;
const TEXT: Parameter = Parameter::Text;

/// A number with a fraction.
const DOUBLE: Returns = Returns::Always("double");
/// A whole number.
const WHOLE: Returns = Returns::Always("bigint");
/// True or false.
const TRUTH: Returns = Returns::Always("boolean");

const ONE: &[&[Parameter]] = &[&[REAL]];
const TWO: &[&[Parameter]] = &[&[REAL, REAL]];
const THREE: &[&[Parameter]] = &[&[REAL, REAL, REAL]];
const NONE: &[&[Parameter]] = &[&[]];

static ALL: &[Scalar] = &[
    Scalar::new("abs", &[&[NUMBER]], Returns::With(own_field), number::abs),
    Scalar::new("acos", ONE, DOUBLE, |args| of_one(args, f64::acos)),
    Scalar::new("asin", ONE, DOUBLE, |args| of_one(args, f64::asin)),
    Scalar::new("atan", ONE, DOUBLE, |args| of_one(args, f64::atan)),
    Scalar::new("atan2", TWO, DOUBLE, |args| of_two(args, f64::atan2)),
    Scalar::new("beta_cdf", THREE, DOUBLE, chance::beta_cdf),
    Scalar::new("bit_count", &[&[BIGINT, BIGINT]], WHOLE, bits::count),
    Scalar::new("bitwise_and", &[&[BIGINT, BIGINT]], WHOLE, |args| {
        bits::of_two(args, |a, b| a & b)
    }),
    Scalar::new("bitwise_left_shift", bits::SHIFT, Returns::Like(0), bits::left_shift),
    Scalar::new("bitwise_not", &[&[BIGINT]], WHOLE, bits::not),
    Scalar::new("bitwise_or", &[&[BIGINT, BIGINT]], WHOLE, |args| bits::of_two(args, |a, b| a | b)),
    Scalar::new("bitwise_right_shift", bits::SHIFT, Returns::Like(0), bits::right_shift),
    Scalar::new(
        "bitwise_right_shift_arithmetic",
        bits::SHIFT,
        Returns::Like(0),
        bits::right_shift_arithmetic,
    ),
    Scalar::new("bitwise_xor", &[&[BIGINT, BIGINT]], WHOLE, |args| {
        bits::of_two(args, |a, b| a ^ b)
    }),
    Scalar::new("cbrt", ONE, DOUBLE, |args| of_one(args, f64::cbrt)),
    Scalar::new("ceiling", &[&[NUMBER]], Returns::With(rounding::whole_field), rounding::ceiling)
        .aliases(&["ceil"]),
    Scalar::new("cos", ONE, DOUBLE, |args| of_one(args, f64::cos)),
    Scalar::new("cosh", ONE, DOUBLE, |args| of_one(args, f64::cosh)),
    Scalar::new(
        "cosine_similarity",
        &[&[Parameter::Map, Parameter::Map], &[Parameter::Array, Parameter::Array]],
        DOUBLE,
        vector::cosine_similarity,
    ),
    Scalar::new("degrees", ONE, DOUBLE, |args| of_one(args, f64::to_degrees)),
    Scalar::new("e", NONE, DOUBLE, |_| constant(std::f64::consts::E)),
    Scalar::new("exp", ONE, DOUBLE, |args| of_one(args, f64::exp)),
    Scalar::new("floor", &[&[NUMBER]], Returns::With(rounding::whole_field), rounding::floor),
    Scalar::new("from_base", &[&[TEXT, BIGINT]], WHOLE, from_base),
    Scalar::new(
        "great_circle_distance",
        &[&[REAL, REAL, REAL, REAL]],
        DOUBLE,
        measure::great_circle_distance,
    ),
    Scalar::new("infinity", NONE, DOUBLE, |_| constant(f64::INFINITY)),
    Scalar::new("inverse_normal_cdf", THREE, DOUBLE, chance::inverse_normal_cdf),
    Scalar::new("is_finite", ONE, TRUTH, |args| truth_of(args, f64::is_finite)),
    Scalar::new("is_infinite", ONE, TRUTH, |args| truth_of(args, f64::is_infinite)),
    Scalar::new("is_nan", ONE, TRUTH, |args| truth_of(args, f64::is_nan)),
    Scalar::new("ln", ONE, DOUBLE, |args| of_one(args, f64::ln)),
    Scalar::new("log", TWO, DOUBLE, |args| of_two(args, |base, x| x.ln() / base.ln())),
    Scalar::new("log10", ONE, DOUBLE, |args| of_one(args, f64::log10)),
    Scalar::new("log2", ONE, DOUBLE, |args| of_one(args, f64::log2)),
    Scalar::new("mod", &[&[NUMBER, NUMBER]], Returns::With(number::mod_field), number::modulo),
    Scalar::new("nan", NONE, DOUBLE, |_| constant(f64::NAN)),
    Scalar::new("normal_cdf", THREE, DOUBLE, chance::normal_cdf),
    Scalar::new(
        "parse_data_size",
        &[&[TEXT]],
        Returns::Always("decimal(38,0)"),
        measure::parse_data_size,
    ),
    Scalar::new("pi", NONE, DOUBLE, |_| constant(std::f64::consts::PI)),
    Scalar::new("power", TWO, DOUBLE, |args| of_two(args, f64::powf)).aliases(&["pow"]),
    Scalar::new("radians", ONE, DOUBLE, |args| of_one(args, f64::to_radians)),
    Scalar::new("random", chance::RANDOM, Returns::With(chance::random_field), chance::random)
        .aliases(&["rand"])
        .volatility(Volatility::Volatile),
    Scalar::new(
        "round",
        &[&[NUMBER], &[NUMBER, BIGINT]],
        Returns::With(rounding::round_field),
        rounding::round,
    ),
    Scalar::new("sign", &[&[NUMBER]], Returns::With(number::sign_field), number::sign),
    Scalar::new("sin", ONE, DOUBLE, |args| of_one(args, f64::sin)),
    Scalar::new("sinh", ONE, DOUBLE, |args| of_one(args, f64::sinh)),
    Scalar::new("sqrt", ONE, DOUBLE, |args| of_one(args, f64::sqrt)),
    Scalar::new("tan", ONE, DOUBLE, |args| of_one(args, f64::tan)),
    Scalar::new("tanh", ONE, DOUBLE, |args| of_one(args, f64::tanh)),
    Scalar::new("to_base", &[&[BIGINT, BIGINT]], Returns::Always("varchar"), to_base),
    Scalar::new(
        "truncate",
        &[&[NUMBER], &[NUMBER, BIGINT]],
        Returns::With(rounding::truncate_field),
        rounding::truncate,
    ),
    Scalar::new(
        "width_bucket",
        &[&[REAL, REAL, REAL, BIGINT], &[REAL, Parameter::Array]],
        WHOLE,
        vector::width_bucket,
    ),
    Scalar::new("wilson_interval_lower", &[&[BIGINT, BIGINT, REAL]], DOUBLE, |args| {
        chance::wilson(args, -1.0)
    }),
    Scalar::new("wilson_interval_upper", &[&[BIGINT, BIGINT, REAL]], DOUBLE, |args| {
        chance::wilson(args, 1.0)
    }),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

/// A field of the type of the first argument, where NULL is a double.
fn own_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("number", given_type(args, 0), true)))
}

/// The type of an argument, where NULL is a double.
fn given_type(args: &ReturnFieldArgs<'_>, at: usize) -> DataType {
    match args.arg_fields[at].data_type() {
        DataType::Null => DataType::Float64,
        other => other.clone(),
    }
}

fn constant(value: f64) -> Result<ColumnarValue> {
    Ok(ColumnarValue::Scalar(ScalarValue::Float64(Some(value))))
}

fn of_one(args: &ScalarFunctionArgs, work: fn(f64) -> f64) -> Result<ColumnarValue> {
    let value = doubles(args, 0)?;
    to_double(args, |row| Some(Ok(work(value.get(row)?))))
}

fn of_two(args: &ScalarFunctionArgs, work: fn(f64, f64) -> f64) -> Result<ColumnarValue> {
    let (left, right) = (doubles(args, 0)?, doubles(args, 1)?);
    to_double(args, |row| Some(Ok(work(left.get(row)?, right.get(row)?))))
}

fn truth_of(args: &ScalarFunctionArgs, work: fn(f64) -> bool) -> Result<ColumnarValue> {
    let value = doubles(args, 0)?;
    to_boolean(args, |row| Some(Ok(work(value.get(row)?))))
}

/// `from_base(text, radix)`.
fn from_base(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, radix) = (texts(args, 0)?, bigints(args, 1)?);
    to_bigint(args, |row| {
        let (text, radix) = (text.get(row)?, radix.get(row)?);
        let Some(base) = as_radix(radix) else {
            return invalid("Radix must be between 2 and 36");
        };
        match i64::from_str_radix(text, base) {
            Ok(value) => Some(Ok(value)),
            Err(_) => invalid(format!("Not a valid base-{base} number: {text}")),
        }
    })
}

/// `to_base(number, radix)`.
fn to_base(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (value, radix) = (bigints(args, 0)?, bigints(args, 1)?);
    to_text(args, |row| {
        let (value, radix) = (value.get(row)?, radix.get(row)?);
        let Some(base) = as_radix(radix) else {
            return invalid("Radix must be between 2 and 36");
        };
        let mut digits = Vec::new();
        let mut rest = value.unsigned_abs();
        loop {
            digits.extend(char::from_digit((rest % u64::from(base)) as u32, base));
            rest /= u64::from(base);
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            digits.push('-');
        }
        Some(Ok(digits.into_iter().rev().collect::<String>()))
    })
}

fn as_radix(radix: i64) -> Option<u32> {
    u32::try_from(radix).ok().filter(|radix| (2..=36).contains(radix))
}

//! Chance: random numbers, and the distributions of probability.

use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};
use uuid::Uuid;

use crate::dialect::functions::declare::Parameter;
use crate::dialect::functions::rows::{bigints, doubles, invalid, invalid_argument, to_double};

/// How `random` is called.
pub(super) const RANDOM: &[&[Parameter]] =
    &[&[], &[Parameter::Number], &[Parameter::Number, Parameter::Number]];

/// How many terms of a continued fraction are taken at most.
const TERMS_MAX: usize = 500;

/// The type of `random`: a double, or that of its bounds.
pub(super) fn random_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let given = args.arg_fields.iter().map(|field| field.data_type());
    let widest =
        given.filter(|given| given.is_integer()).max_by_key(|given| given.primitive_width());
    let made = match (args.arg_fields.is_empty(), widest) {
        (true, _) => DataType::Float64,
        (false, Some(widest)) => widest.clone(),
        (false, None) => DataType::Int64,
    };
    Ok(Arc::new(Field::new("random", made, true)))
}

/// `random()`, `random(n)` and `random(m, n)`.
pub(super) fn random(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let mut source = Source::new();
    let rows = args.number_rows;
    if args.args.is_empty() {
        let values: Float64Array = (0..rows).map(|_| Some(source.fraction())).collect();
        return Ok(ColumnarValue::Array(Arc::new(values)));
    }
    let first = bigints(args, 0)?;
    let second = (args.args.len() > 1).then(|| bigints(args, 1)).transpose()?;
    let values = (0..rows).map(|row| {
        let Some(first) = first.get(row) else { return Ok(None) };
        let (from, to) = match &second {
            None if first <= 0 => return Err(invalid_argument("bound must be positive")),
            None => (0, first),
            Some(second) => match second.get(row) {
                None => return Ok(None),
                Some(second) if first >= second => {
                    return Err(invalid_argument("start value must be less than stop value"));
                }
                Some(second) => (first, second),
            },
        };
        let count = i128::from(to) - i128::from(from);
        let made = i128::from(from) + i128::from(source.next()) % count;
        Ok(i64::try_from(made).ok())
    });
    let values = Int64Array::from(values.collect::<Result<Vec<_>>>()?);
    Ok(ColumnarValue::Array(cast(&values, args.return_field.data_type())?))
}

/// `normal_cdf(mean, deviation, value)`.
pub(super) fn normal_cdf(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (mean, deviation, value) = (doubles(args, 0)?, doubles(args, 1)?, doubles(args, 2)?);
    to_double(args, |row| {
        let (mean, deviation, value) = (mean.get(row)?, deviation.get(row)?, value.get(row)?);
        if deviation.is_nan() || deviation <= 0.0 {
            return invalid("standardDeviation must be > 0");
        }
        Some(Ok(normal((value - mean) / deviation)))
    })
}

/// `inverse_normal_cdf(mean, deviation, probability)`.
pub(super) fn inverse_normal_cdf(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (mean, deviation, chance) = (doubles(args, 0)?, doubles(args, 1)?, doubles(args, 2)?);
    to_double(args, |row| {
        let (mean, deviation, chance) = (mean.get(row)?, deviation.get(row)?, chance.get(row)?);
        if !(chance > 0.0 && chance < 1.0) {
            return invalid("p must be 0 > p > 1");
        }
        if deviation.is_nan() || deviation <= 0.0 {
            return invalid("standardDeviation must be > 0");
        }
        Some(Ok(mean + deviation * inverse_normal(chance)))
    })
}

/// `beta_cdf(a, b, value)`.
pub(super) fn beta_cdf(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (a, b, value) = (doubles(args, 0)?, doubles(args, 1)?, doubles(args, 2)?);
    to_double(args, |row| {
        let (a, b, value) = (a.get(row)?, b.get(row)?, value.get(row)?);
        if !(a > 0.0 && b > 0.0) {
            return invalid("a, b must be > 0");
        }
        if !(0.0..=1.0).contains(&value) {
            return invalid("value must be in the interval [0, 1]");
        }
        Some(Ok(incomplete_beta(a, b, value)))
    })
}

/// `wilson_interval_lower(successes, trials, z)` and `wilson_interval_upper`, by the sign.
pub(super) fn wilson(args: &ScalarFunctionArgs, sign: f64) -> Result<ColumnarValue> {
    let (successes, trials, z) = (bigints(args, 0)?, bigints(args, 1)?, doubles(args, 2)?);
    to_double(args, |row| {
        let (successes, trials, z) = (successes.get(row)?, trials.get(row)?, z.get(row)?);
        if successes < 0 {
            return invalid("number of successes must not be negative");
        }
        if trials <= 0 {
            return invalid("number of trials must be positive");
        }
        if successes > trials {
            return invalid("number of successes must not be larger than number of trials");
        }
        if z.is_nan() || z < 0.0 {
            return invalid("z-score must not be negative");
        }
        let (n, z2) = (trials as f64, z * z);
        let p = successes as f64 / n;
        let center = p + z2 / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        Some(Ok((center + sign * half) / (1.0 + z2 / n)))
    })
}

/// A source of numbers that nobody has to guess, only to be spread.
struct Source {
    state: u64,
}

impl Source {
    fn new() -> Self {
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self { state: high ^ low.rotate_left(32) }
    }

    /// The next number, by the method called SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number from 0 up to, but not, 1.
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The share of the standard normal distribution below a value.
fn normal(value: f64) -> f64 {
    if value.is_nan() {
        return value;
    }
    if value.is_infinite() {
        return if value > 0.0 { 1.0 } else { 0.0 };
    }
    if value == 0.0 {
        return 0.5;
    }
    let half_square = value * value / 2.0;
    let tail = if half_square < 3.0 {
        // The series of the distribution around its middle.
        let (mut term, mut sum, mut n) = (value.abs(), value.abs(), 1.0);
        while term > sum * f64::EPSILON / 4.0 {
            n += 2.0;
            term *= value * value / n;
            sum += term;
        }
        let density = (-half_square).exp() / std::f64::consts::TAU.sqrt();
        return if value > 0.0 { 0.5 + density * sum } else { 0.5 - density * sum };
    } else {
        // The continued fraction of the tail, from its far end.
        let x = value.abs();
        let mut fraction = x;
        for n in (1..=200).rev() {
            fraction = x + f64::from(n) / fraction;
        }
        (-half_square).exp() / std::f64::consts::TAU.sqrt() / fraction
    };
    if value > 0.0 { 1.0 - tail } else { tail }
}

/// The value below which a share of the standard normal distribution lies.
fn inverse_normal(chance: f64) -> f64 {
    if chance == 0.5 {
        return 0.0;
    }
    // Halving first: it cannot fail to come near. Newton's steps then give the last digits.
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if normal(middle) < chance {
            low = middle;
        } else {
            high = middle;
        }
    }
    let mut value: f64 = (low + high) / 2.0;
    for _ in 0..3 {
        let density = (-value * value / 2.0).exp() / std::f64::consts::TAU.sqrt();
        if density > 1e-300 {
            value -= (normal(value) - chance) / density;
        }
    }
    value
}

/// The share of the beta distribution below a value.
fn incomplete_beta(a: f64, b: f64, value: f64) -> f64 {
    if value <= 0.0 || value >= 1.0 {
        return value.clamp(0.0, 1.0);
    }
    if value > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - value);
    }
    let front =
        (a * value.ln() + b * (1.0 - value).ln() + log_gamma(a + b) - log_gamma(a) - log_gamma(b))
            .exp()
            / a;
    // The continued fraction, by the method of Lentz.
    let tiny = 1e-300;
    let (mut c, mut d): (f64, f64) = (1.0, 1.0 - (a + b) * value / (a + 1.0));
    d = 1.0 / if d.abs() < tiny { tiny } else { d };
    let mut fraction = d;
    for m in 1..=TERMS_MAX {
        let m = m as f64;
        let even = m * (b - m) * value / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * value / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 + term * d;
            d = 1.0 / if d.abs() < tiny { tiny } else { d };
            c = 1.0 + term / c;
            c = if c.abs() < tiny { tiny } else { c };
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    front * fraction
}

/// The logarithm of the gamma function, by Stirling's series.
fn log_gamma(value: f64) -> f64 {
    let (mut shifted, mut product) = (value, 1.0);
    while shifted < 15.0 {
        product *= shifted;
        shifted += 1.0;
    }
    let square = shifted * shifted;
    let series = 1.0 / (12.0 * shifted)
        * (1.0 - 1.0 / (30.0 * square) + 1.0 / (105.0 * square * square)
            - 1.0 / (140.0 * square * square * square));
    (shifted - 0.5) * shifted.ln() - shifted + std::f64::consts::TAU.ln() / 2.0 + series
        - f64::ln(product)
}

//! `cosine_similarity` and `width_bucket`.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::rows::{
    Answer, bigints, doubles, invalid, lists, to_bigint, to_double, values,
};
use crate::dialect::trino_type::failure;
use crate::dialect::value_text::double_text;

/// `cosine_similarity(x, y)` of maps from names to numbers, or of arrays of numbers.
pub(super) fn cosine_similarity(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    if matches!(args.args[0].data_type(), DataType::Map(..)) {
        let sides = [values(args, 0)?, values(args, 1)?];
        let vector = |side: usize, row: usize| -> Option<Result<HashMap<String, f64>>> {
            let maps = sides[side].as_map();
            if maps.is_null(row) {
                return None;
            }
            let entries = maps.value(row);
            let read = || {
                let keys = cast(entries.column(0), &DataType::Utf8View)?;
                let numbers = cast(entries.column(1), &DataType::Float64)?;
                let numbers = numbers.as_primitive::<Float64Type>();
                let numbers: Option<Vec<f64>> = numbers.iter().collect();
                let keys =
                    keys.as_string_view().iter().map(|key| key.unwrap_or_default().to_owned());
                Ok(numbers.map(|numbers| keys.zip(numbers).collect()))
            };
            // A NULL among the numbers makes the result NULL.
            read().transpose()
        };
        return to_double(args, |row| {
            let (left, right) = match (vector(0, row)?, vector(1, row)?) {
                (Ok(left), Ok(right)) => (left, right),
                (Err(error), _) | (_, Err(error)) => return Some(Err(error)),
            };
            let dot = left.iter().filter_map(|(key, value)| Some(value * right.get(key)?)).sum();
            Some(Ok(similarity(dot, left.values().copied(), right.values().copied())))
        });
    }
    let (left, right) = (lists(args, 0, &DataType::Float64)?, lists(args, 1, &DataType::Float64)?);
    to_double(args, |row| {
        let (left, right) = (left.get(row)?, right.get(row)?);
        let left: Vec<f64> = left.as_primitive::<Float64Type>().iter().collect::<Option<_>>()?;
        let right: Vec<f64> = right.as_primitive::<Float64Type>().iter().collect::<Option<_>>()?;
        if left.len() != right.len() {
            return invalid("The arguments must have the same length");
        }
        let dot = left.iter().zip(&right).map(|(left, right)| left * right).sum();
        Some(Ok(similarity(dot, left.into_iter(), right.into_iter())))
    })
}

/// `width_bucket(x, bound, bound, buckets)` and `width_bucket(x, bins)`.
pub(super) fn width_bucket(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let value = doubles(args, 0)?;
    if args.args.len() == 2 {
        let bins = lists(args, 1, &DataType::Float64)?;
        return to_bigint(args, |row| {
            let (value, bins) = (value.get(row)?, bins.get(row)?);
            let bins: Vec<f64> =
                bins.as_primitive::<Float64Type>().iter().collect::<Option<_>>()?;
            bin(value, &bins)
        });
    }
    let (one, other, buckets) = (doubles(args, 1)?, doubles(args, 2)?, bigints(args, 3)?);
    to_bigint(args, |row| {
        bucket(value.get(row)?, one.get(row)?, other.get(row)?, buckets.get(row)?)
    })
}

fn similarity(dot: f64, left: impl Iterator<Item = f64>, right: impl Iterator<Item = f64>) -> f64 {
    let norm = |values: &mut dyn Iterator<Item = f64>| {
        values.map(|value| value * value).sum::<f64>().sqrt()
    };
    let (mut left, mut right) = (left, right);
    dot / (norm(&mut left) * norm(&mut right))
}

fn bin(value: f64, bins: &[f64]) -> Answer<i64> {
    if bins.is_empty() {
        return invalid("Bins cannot be an empty array");
    }
    if value.is_nan() {
        return invalid("Operand cannot be NaN");
    }
    let (mut lower, mut upper) = (0, bins.len());
    while lower < upper {
        if bins[lower] > bins[upper - 1] {
            return invalid("Bin values are not sorted in ascending order");
        }
        let middle = lower.midpoint(upper);
        if !bins[middle].is_finite() {
            return invalid(format!(
                "Bin values must be finite, got {}",
                double_text(bins[middle])
            ));
        }
        if value < bins[middle] {
            upper = middle;
        } else {
            lower = middle + 1;
        }
    }
    Some(Ok(lower as i64))
}

fn bucket(value: f64, one: f64, other: f64, buckets: i64) -> Answer<i64> {
    if buckets <= 0 {
        return invalid("bucketCount must be greater than 0");
    }
    if value.is_nan() {
        return invalid("operand must not be NaN");
    }
    if !one.is_finite() {
        return invalid("first bound must be finite");
    }
    if !other.is_finite() {
        return invalid("second bound must be finite");
    }
    if one == other {
        return invalid("bounds cannot equal each other");
    }
    let (lower, upper) = (one.min(other), one.max(other));
    let bucket = match value {
        _ if value < lower => 0,
        _ if value >= upper => match buckets.checked_add(1) {
            Some(last) => last,
            None => {
                let message = format!("Bucket for value {} is out of range", double_text(value));
                return Some(Err(failure("NUMERIC_VALUE_OUT_OF_RANGE", &message)));
            }
        },
        _ => (buckets as f64 * (value - lower) / (upper - lower) + 1.0) as i64,
    };
    Some(Ok(if one > other { buckets - bucket + 1 } else { bucket }))
}

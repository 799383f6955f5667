//! `sum` and `avg`, which never go beyond what their types hold without saying so.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Float32Array, Float64Array, Int64Array,
    IntervalMonthDayNanoArray,
};
use datafusion::arrow::datatypes::{
    DataType, Decimal128Type, Field, FieldRef, Float64Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::Result;

use crate::dialect::functions::aggregate::declare::{Given, Groups};
use crate::dialect::functions::array::lists::fit;
use crate::dialect::trino_type::failure;

/// The most digits of a decimal.
const DIGITS_MAX: u8 = 38;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Sum,
    Average,
}

/// The sums and counts of groups.
pub(super) struct Totals {
    asked: Asked,
    kind: Kind,
    result: DataType,
    counts: Vec<i64>,
    wholes: Vec<i128>,
    doubles: Vec<Double>,
    intervals: Vec<[i64; 3]>,
}

/// In what the values are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Whole numbers, or decimals by their digits.
    Whole(i8),
    Double,
    Interval,
}

/// A sum of doubles that values can be taken back from.
#[derive(Clone, Copy, Default)]
struct Double {
    finite: f64,
    /// How many values are not a number, infinite, and infinite below zero.
    others: [i32; 3],
}

impl Double {
    fn add(&mut self, value: f64, times: i32) {
        if value.is_finite() {
            self.finite += value * f64::from(times);
            return;
        }
        let which = match value {
            _ if value.is_nan() => 0,
            _ if value > 0.0 => 1,
            _ => 2,
        };
        self.others[which] += times;
    }

    fn value(self) -> f64 {
        match self.others {
            [0, 0, 0] => self.finite,
            [0, _, 0] => f64::INFINITY,
            [0, 0, _] => f64::NEG_INFINITY,
            _ => f64::NAN,
        }
    }
}

/// The type of a sum.
pub(super) fn sum_field(fields: &[FieldRef]) -> Result<FieldRef> {
    let data_type = match fields[0].data_type() {
        DataType::Decimal128(_, scale) => DataType::Decimal128(DIGITS_MAX, *scale),
        DataType::Null => DataType::Int64,
        other => other.clone(),
    };
    Ok(Arc::new(Field::new("", data_type, true)))
}

/// The type of an average.
pub(super) fn average_field(fields: &[FieldRef]) -> Result<FieldRef> {
    let data_type = match fields[0].data_type() {
        DataType::Int64 | DataType::Null => DataType::Float64,
        other => other.clone(),
    };
    Ok(Arc::new(Field::new("", data_type, true)))
}

/// The sum, and how many values are in it.
pub(super) fn totals_state(fields: &[FieldRef], _: &FieldRef) -> Result<Vec<FieldRef>> {
    let sum = match Kind::of(fields[0].data_type()) {
        Kind::Whole(scale) => DataType::Decimal128(DIGITS_MAX, scale),
        Kind::Double => DataType::Float64,
        Kind::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
    };
    Ok(vec![Arc::new(Field::new("", sum, true)), Arc::new(Field::new("", DataType::Int64, true))])
}

impl Kind {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Decimal128(_, scale) => Self::Whole(*scale),
            DataType::Float32 | DataType::Float64 => Self::Double,
            DataType::Interval(_) => Self::Interval,
            _ => Self::Whole(0),
        }
    }
}

impl Totals {
    /// For `sum` or `avg`.
    pub(super) fn begin(given: &Given, asked: Asked) -> Result<Box<dyn Groups>> {
        Ok(Box::new(Self {
            asked,
            kind: Kind::of(given.fields[0].data_type()),
            result: given.result.data_type().clone(),
            counts: Vec::new(),
            wholes: Vec::new(),
            doubles: Vec::new(),
            intervals: Vec::new(),
        }))
    }

    /// Adds the values of rows so many times, and counts each so many times.
    fn add(&mut self, values: &ArrayRef, groups: &[usize], times: i32, count: i64) -> Result<()> {
        match self.kind {
            Kind::Whole(_) if values.data_type() == &DataType::Int64 => {
                let values = values.as_primitive::<Int64Type>();
                let times = i128::from(times);
                each(values, groups, |at, group| {
                    // As many 64-bit numbers as there can be fit into one of 128 bits.
                    self.wholes[group] += i128::from(values.value(at)) * times;
                    self.counts[group] += count;
                });
                Ok(())
            }
            Kind::Whole(scale) => {
                let values = fit(Arc::clone(values), &DataType::Decimal128(DIGITS_MAX, scale))?;
                let values = values.as_primitive::<Decimal128Type>();
                let mut fits = true;
                each(values, groups, |at, group| {
                    let value = values.value(at) * i128::from(times);
                    match self.wholes[group].checked_add(value) {
                        Some(sum) => self.wholes[group] = sum,
                        None => fits = false,
                    }
                    self.counts[group] += count;
                });
                if fits { Ok(()) } else { Err(decimal_overflow()) }
            }
            Kind::Double => {
                let values = fit(Arc::clone(values), &DataType::Float64)?;
                let values = values.as_primitive::<Float64Type>();
                each(values, groups, |at, group| {
                    self.doubles[group].add(values.value(at), times);
                    self.counts[group] += count;
                });
                Ok(())
            }
            Kind::Interval => {
                let values =
                    fit(Arc::clone(values), &DataType::Interval(IntervalUnit::MonthDayNano))?;
                let values = values.as_primitive::<IntervalMonthDayNanoType>();
                let mut fits = true;
                each(values, groups, |at, group| {
                    let value = values.value(at);
                    let parts = [i64::from(value.months), i64::from(value.days), value.nanoseconds];
                    for (sum, part) in self.intervals[group].iter_mut().zip(parts) {
                        match part.checked_mul(i64::from(times)).and_then(|p| sum.checked_add(p)) {
                            Some(added) => *sum = added,
                            None => fits = false,
                        }
                    }
                    self.counts[group] += count;
                });
                if fits { Ok(()) } else { Err(interval_overflow()) }
            }
        }
    }

    fn whole(&self, group: usize) -> Result<Option<i128>> {
        let count = i128::from(self.counts[group]);
        if count == 0 {
            return Ok(None);
        }
        let sum = self.wholes[group];
        Ok(Some(match self.asked {
            Asked::Sum => sum,
            // Half of the last digit and more goes up, away from zero.
            Asked::Average => {
                let (whole, rest) = (sum / count, sum % count);
                let up = rest.unsigned_abs() * 2 >= count.unsigned_abs();
                if up { whole + sum.signum() } else { whole }
            }
        }))
    }

    fn double(&self, group: usize) -> Option<f64> {
        let count = self.counts[group];
        let sum = match self.kind {
            Kind::Double => self.doubles[group].value(),
            _ => self.wholes[group] as f64,
        };
        (count > 0).then(|| match self.asked {
            Asked::Sum => sum,
            Asked::Average => sum / count as f64,
        })
    }

    fn interval(&self, group: usize) -> Result<Option<IntervalMonthDayNano>> {
        let count = self.counts[group];
        if count == 0 {
            return Ok(None);
        }
        let [months, days, nanoseconds] = match self.asked {
            Asked::Sum => self.intervals[group],
            Asked::Average => {
                let [months, days, nanoseconds] = self.intervals[group];
                let day = 86_400_000_000_000;
                let rest = (days % count).saturating_mul(day);
                [months / count, days / count, (nanoseconds.saturating_add(rest)) / count]
            }
        };
        let small = |part: i64| i32::try_from(part).map_err(|_| interval_overflow());
        Ok(Some(IntervalMonthDayNano::new(small(months)?, small(days)?, nanoseconds)))
    }
}

impl Groups for Totals {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
        match self.kind {
            Kind::Whole(_) => self.wholes.resize(groups, 0),
            Kind::Double => self.doubles.resize(groups, Double::default()),
            Kind::Interval => self.intervals.resize(groups, [0; 3]),
        }
    }

    fn update(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        if values[0].data_type() == &DataType::Null {
            return Ok(());
        }
        self.add(&values[0], groups, 1, 1)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<()> {
        self.add(&states[0], groups, 1, 0)?;
        let counts = states[1].as_primitive::<Int64Type>();
        each(counts, groups, |at, group| self.counts[group] += counts.value(at));
        Ok(())
    }

    fn retracts(&self) -> bool {
        true
    }

    fn retract(&mut self, values: &[ArrayRef], groups: &[usize]) -> Result<()> {
        self.add(&values[0], groups, -1, -1)?;
        for (count, double) in self.counts.iter().zip(&mut self.doubles) {
            if *count == 0 {
                *double = Double::default();
            }
        }
        Ok(())
    }

    fn state(&self, count: usize) -> Result<Vec<ArrayRef>> {
        let sums: ArrayRef = match self.kind {
            Kind::Whole(scale) => {
                let sums = Decimal128Array::from(self.wholes[..count].to_vec());
                Arc::new(sums.with_precision_and_scale(DIGITS_MAX, scale)?)
            }
            Kind::Double => Arc::new(Float64Array::from_iter_values(
                self.doubles[..count].iter().map(|double| double.value()),
            )),
            Kind::Interval => {
                let sums = self.intervals[..count].iter().map(|[months, days, nanoseconds]| {
                    let small = |part: &i64| i32::try_from(*part).map_err(|_| interval_overflow());
                    Ok(IntervalMonthDayNano::new(small(months)?, small(days)?, *nanoseconds))
                });
                let sums = sums.collect::<Result<Vec<_>>>()?;
                Arc::new(IntervalMonthDayNanoArray::from(sums))
            }
        };
        Ok(vec![sums, Arc::new(Int64Array::from(self.counts[..count].to_vec()))])
    }

    fn evaluate(&self, count: usize) -> Result<ArrayRef> {
        Ok(match &self.result {
            DataType::Int64 => {
                let sums = (0..count).map(|group| {
                    let sum = self.whole(group)?;
                    let small = |sum| {
                        i64::try_from(sum).map_err(|_| {
                            failure("NUMERIC_VALUE_OUT_OF_RANGE", "bigint addition overflow")
                        })
                    };
                    sum.map(small).transpose()
                });
                Arc::new(sums.collect::<Result<Int64Array>>()?)
            }
            DataType::Decimal128(precision, scale) => {
                let limit = 10_i128.pow(u32::from(DIGITS_MAX));
                let sums = (0..count).map(|group| {
                    let sum = self.whole(group)?;
                    match sum.is_some_and(|sum| sum.abs() >= limit) {
                        true => Err(decimal_overflow()),
                        false => Ok(sum),
                    }
                });
                let sums = sums.collect::<Result<Decimal128Array>>()?;
                Arc::new(sums.with_precision_and_scale(*precision, *scale)?)
            }
            DataType::Float32 => Arc::new(Float32Array::from_iter(
                (0..count).map(|group| self.double(group).map(|double| double as f32)),
            )),
            DataType::Float64 => {
                Arc::new(Float64Array::from_iter((0..count).map(|group| self.double(group))))
            }
            _ => {
                let sums = (0..count).map(|group| self.interval(group));
                let sums = sums.collect::<Result<Vec<_>>>()?;
                fit(Arc::new(IntervalMonthDayNanoArray::from(sums)), &self.result)?
            }
        })
    }

    fn drain(&mut self, count: usize) {
        self.counts.drain(..count);
        match self.kind {
            Kind::Whole(_) => drop(self.wholes.drain(..count)),
            Kind::Double => drop(self.doubles.drain(..count)),
            Kind::Interval => drop(self.intervals.drain(..count)),
        }
    }

    fn len(&self) -> usize {
        self.counts.len()
    }

    fn bytes(&self) -> usize {
        self.counts.capacity() * size_of::<i64>()
            + self.wholes.capacity() * size_of::<i128>()
            + self.doubles.capacity() * size_of::<Double>()
            + self.intervals.capacity() * size_of::<[i64; 3]>()
    }
}

/// Does something with the place and the group of each row that is not NULL.
fn each(values: &dyn Array, groups: &[usize], mut take: impl FnMut(usize, usize)) {
    match values.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => groups.iter().enumerate().for_each(|(at, group)| take(at, *group)),
        Some(nulls) => {
            nulls.valid_indices().for_each(|at| take(at, groups[at]));
        }
    }
}

fn decimal_overflow() -> datafusion::common::DataFusionError {
    failure("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow")
}

fn interval_overflow() -> datafusion::common::DataFusionError {
    failure("NUMERIC_VALUE_OUT_OF_RANGE", "interval addition overflow")
}

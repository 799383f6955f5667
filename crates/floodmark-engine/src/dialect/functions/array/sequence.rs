//! `sequence`: the numbers or moments from one to another.

use std::sync::Arc;

use chrono::{DateTime, Days, Months, NaiveDate};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, PrimitiveArray, new_null_array,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Int32Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::array::lists::{Lengths, common, fit, invalid, item, too_large};
use crate::dialect::functions::declare::{array, result};
use crate::dialect::trino_type::failure;
use crate::limits::{SEQUENCE_VALUES_MAX, VALUES_MAX};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Both ends get one type, and moments count in microseconds.
pub(super) fn ends_fit(mut given: Vec<DataType>) -> Option<Vec<DataType>> {
    let both = match common(&given[0], &given[1])? {
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone),
        other => other,
    };
    // Only numbers and dates say themselves how far the next one is.
    if given.len() == 2 && matches!(both, DataType::Timestamp(..)) {
        return None;
    }
    given[0] = both.clone();
    given[1] = both;
    Some(given)
}

/// How far the next value is.
#[derive(Clone, Copy)]
enum Step {
    /// In the units of the values.
    Units(i64),
    Months(i32),
}

pub(super) fn sequence(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (starts, stops) = (array(args, 0)?, array(args, 1)?);
    let kind = starts.data_type().clone();
    let (starts, stops) = (units(&starts)?, units(&stops)?);
    let steps = (args.args.len() > 2).then(|| array(args, 2)).transpose()?;
    let is_date = kind == DataType::Date32;
    let mut values: Vec<i64> = Vec::new();
    let mut lengths = Lengths::with_capacity(args.number_rows);
    for row in 0..args.number_rows {
        let is_null = steps.as_ref().is_some_and(|steps| steps.is_null(row));
        if starts.is_null(row) || stops.is_null(row) || is_null {
            lengths.null_row();
            continue;
        }
        let (start, stop) = (starts.value(row), stops.value(row));
        let step = match &steps {
            None => Step::Units(if stop >= start { 1 } else { -1 }),
            Some(steps) => step(steps, row, &kind)?,
        };
        extend(&mut values, start, stop, step, is_date)?;
        lengths.end_row(values.len())?;
    }
    let item = item(args.return_field.data_type())?;
    result(args, lengths.list(&item, of_units(values, &kind)?)?)
}

/// The values as whole numbers: days or microseconds.
fn units(values: &ArrayRef) -> Result<Int64Array> {
    if *values.data_type() == DataType::Null {
        return Ok(new_null_array(&DataType::Int64, values.len()).as_primitive().clone());
    }
    let values = match values.data_type() {
        DataType::Date32 => fit(Arc::clone(values), &DataType::Int32)?,
        _ => Arc::clone(values),
    };
    Ok(fit(values, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

fn of_units(values: Vec<i64>, kind: &DataType) -> Result<ArrayRef> {
    match kind {
        DataType::Date32 => {
            let days = values.into_iter().map(|day| i32::try_from(day).map_err(|_| too_large()));
            let days = days.collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(PrimitiveArray::<Int32Type>::from(days).reinterpret_cast::<Date32Type>()))
        }
        DataType::Timestamp(_, zone) => {
            let values = PrimitiveArray::<TimestampMicrosecondType>::from(values);
            Ok(Arc::new(values.with_timezone_opt(zone.clone())))
        }
        _ => Ok(Arc::new(Int64Array::from(values))),
    }
}

fn step(steps: &ArrayRef, row: usize, kind: &DataType) -> Result<Step> {
    if let DataType::Int64 = steps.data_type() {
        return Ok(Step::Units(steps.as_primitive::<Int64Type>().value(row)));
    }
    let steps = fit(Arc::clone(steps), &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let IntervalMonthDayNano { months, days, nanoseconds } =
        steps.as_primitive::<IntervalMonthDayNanoType>().value(row);
    if months != 0 {
        let is_simple = days == 0 && nanoseconds == 0;
        let is_utc = match kind {
            DataType::Timestamp(_, Some(zone)) => matches!(zone.as_ref(), "UTC" | "+00:00"),
            _ => true,
        };
        if !is_simple || !is_utc {
            let message = "sequence does not take steps of months in other zones than UTC";
            return Err(failure("NOT_SUPPORTED", message));
        }
        return Ok(Step::Months(months));
    }
    let micros = i64::from(days) * MICROS_PER_DAY + nanoseconds / 1000;
    if *kind != DataType::Date32 {
        return Ok(Step::Units(micros));
    }
    if micros % MICROS_PER_DAY != 0 {
        return Err(invalid(
            "sequence step must be a day interval if start and end values are dates",
        ));
    }
    Ok(Step::Units(micros / MICROS_PER_DAY))
}

/// Adds the values from one end to the other.
fn extend(values: &mut Vec<i64>, start: i64, stop: i64, step: Step, is_date: bool) -> Result<()> {
    let sign = match step {
        Step::Units(step) => step.signum(),
        Step::Months(months) => i64::from(months.signum()),
    };
    if sign == 0 {
        return Err(invalid("step must not be zero"));
    }
    if (sign > 0 && stop < start) || (sign < 0 && stop > start) {
        return Err(invalid(
            "sequence stop value should be greater than or equal to start value if step is greater \
             than zero otherwise stop should be less than or equal to start",
        ));
    }
    let first = values.len();
    let mut count = 0_i64;
    loop {
        let next = match step {
            Step::Units(step) => step.checked_mul(count).and_then(|far| start.checked_add(far)),
            Step::Months(months) => later(start, i64::from(months) * count, is_date),
        };
        let Some(next) = next.filter(|next| if sign > 0 { *next <= stop } else { *next >= stop })
        else {
            return Ok(());
        };
        if values.len() - first >= SEQUENCE_VALUES_MAX {
            return Err(invalid(&format!(
                "result of sequence function must not have more than {SEQUENCE_VALUES_MAX} entries"
            )));
        }
        if values.len() >= VALUES_MAX {
            return Err(too_large());
        }
        values.push(next);
        count += 1;
    }
}

/// A day, or a moment in microseconds, so many months later.
fn later(start: i64, months: i64, is_date: bool) -> Option<i64> {
    let months_on = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    let moved = |date: NaiveDate| {
        if months >= 0 {
            date.checked_add_months(months_on)
        } else {
            date.checked_sub_months(months_on)
        }
    };
    let days = if is_date { start } else { start.div_euclid(MICROS_PER_DAY) };
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let date = match u64::try_from(days) {
        Ok(days) => epoch.checked_add_days(Days::new(days))?,
        Err(_) => epoch.checked_sub_days(Days::new(days.unsigned_abs()))?,
    };
    let days = moved(date)?.signed_duration_since(epoch).num_days();
    if is_date {
        return Some(days);
    }
    days.checked_mul(MICROS_PER_DAY)?.checked_add(start.rem_euclid(MICROS_PER_DAY))
}

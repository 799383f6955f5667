//! Truncation, differences and sums of dates and times.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate, NaiveTime};
use datafusion::arrow::array::types::{Date32Type, Int64Type, Time64MicrosecondType};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Array, PrimitiveArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use super::{Kind, Moments, day, each, out_of_range};
use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result, text};
use crate::dialect::moment::{self, DAY_MICROS, add_days, add_months, at, micros, months_between};
use crate::dialect::trino_type::failure;

/// The functions.
pub(super) static ALL: &[Scalar] = &[
    Scalar::new(
        "date_trunc",
        &[&[Parameter::Text, Parameter::Moment], &[Parameter::Text, Parameter::Time]],
        Returns::Like(1),
        date_trunc,
    ),
    Scalar::new(
        "date_add",
        &[
            &[Parameter::Text, Parameter::BigInt, Parameter::Moment],
            &[Parameter::Text, Parameter::BigInt, Parameter::Time],
        ],
        Returns::Like(2),
        date_add,
    ),
    Scalar::new(
        "date_diff",
        &[
            &[Parameter::Text, Parameter::Moment, Parameter::Moment],
            &[Parameter::Text, Parameter::Time, Parameter::Time],
        ],
        Returns::Always("bigint"),
        date_diff,
    ),
    Scalar::new("date", &[&[Parameter::Moment], &[Parameter::Text]], Returns::Always("date"), date),
    Scalar::new(
        "last_day_of_month",
        &[&[Parameter::Moment]],
        Returns::Always("date"),
        last_day_of_month,
    ),
];

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many microseconds.
    Micros(i64),
    Day,
    Week,
    /// So many months.
    Months(i64),
}

/// The units by their names.
const UNITS: &[(&str, Unit)] = &[
    ("millisecond", Unit::Micros(1000)),
    ("second", Unit::Micros(1_000_000)),
    ("minute", Unit::Micros(60_000_000)),
    ("hour", Unit::Micros(3_600_000_000)),
    ("day", Unit::Day),
    ("week", Unit::Week),
    ("month", Unit::Months(1)),
    ("quarter", Unit::Months(3)),
    ("year", Unit::Months(12)),
];

/// What a unit is counted in.
#[derive(Clone, Copy)]
enum Counted {
    Date,
    Time,
    Timestamp,
}

fn unit(name: &str, counted: Counted) -> Result<Unit> {
    let found = UNITS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    let fits = |unit: &Unit| match counted {
        Counted::Date => !matches!(unit, Unit::Micros(_)),
        Counted::Time => matches!(unit, Unit::Micros(_)),
        Counted::Timestamp => true,
    };
    found.map(|(_, unit)| *unit).filter(fits).ok_or_else(|| {
        let kind = match counted {
            Counted::Date => "DATE",
            Counted::Time => "TIME",
            Counted::Timestamp => "TIMESTAMP",
        };
        failure("INVALID_FUNCTION_ARGUMENT", &format!("'{name}' is not a valid {kind} field"))
    })
}

fn counted(kind: &Kind) -> Counted {
    if matches!(kind, Kind::Date) { Counted::Date } else { Counted::Timestamp }
}

/// The times of an argument, in microseconds of the day; None if it holds no times.
fn times(array: &ArrayRef) -> Option<Int64Array> {
    matches!(array.data_type(), DataType::Time64(_))
        .then(|| array.as_primitive::<Time64MicrosecondType>().reinterpret_cast())
}

/// Applies work to each value with the unit that stands beside it.
fn with_unit(
    args: &ScalarFunctionArgs,
    counted: Counted,
    values: &Int64Array,
    work: impl Fn(Unit, usize, i64) -> Option<i64>,
) -> Result<Int64Array> {
    let units = text(args, 0)?;
    let mut last: Option<(String, Unit)> = None;
    (0..values.len())
        .map(|row| {
            if units.is_null(row) || values.is_null(row) {
                return Ok(None);
            }
            let name = units.value(row);
            let known = match &last {
                Some((known, unit)) if known == name => *unit,
                _ => {
                    let unit = unit(name, counted)?;
                    last = Some((name.to_owned(), unit));
                    unit
                }
            };
            work(known, row, values.value(row)).map(Some).ok_or_else(out_of_range)
        })
        .collect()
}

fn date_trunc(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let given = array(args, 1)?;
    if let Some(times) = times(&given) {
        let values = with_unit(args, Counted::Time, &times, |unit, _, time| truncate(unit, time))?;
        return result(args, values.reinterpret_cast::<Time64MicrosecondType>());
    }
    let moments = Moments::new(&given)?;
    let local = with_unit(args, counted(&moments.kind), &moments.local, |unit, _, local| {
        truncate(unit, local)
    })?;
    settled(args, &moments.same(&local))
}

fn truncate(unit: Unit, local: i64) -> Option<i64> {
    let start_of = |date: NaiveDate| micros(date.and_time(NaiveTime::MIN));
    match unit {
        Unit::Micros(size) => Some(local - local.rem_euclid(size)),
        Unit::Day => Some(local - local.rem_euclid(DAY_MICROS)),
        Unit::Week => {
            let date = at(local)?.date();
            let monday = i64::from(date.weekday().num_days_from_monday());
            Some(start_of(date) - monday * DAY_MICROS)
        }
        Unit::Months(size) => {
            let date = at(local)?.date();
            let size = u32::try_from(size).ok()?;
            let month = date.month0() / size * size + 1;
            Some(start_of(NaiveDate::from_ymd_opt(date.year(), month, 1)?))
        }
    }
}

fn date_add(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let amounts = array(args, 1)?;
    let amounts = amounts.as_primitive_opt::<Int64Type>().cloned();
    let given = array(args, 2)?;
    let Some(amounts) = amounts else {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_new_null(args.return_type())?));
    };
    let valid = |values: &Int64Array| -> Int64Array {
        let rows = values.iter().zip(&amounts);
        rows.map(|(value, amount)| amount.and(value)).collect()
    };
    if let Some(times) = times(&given) {
        let values = with_unit(args, Counted::Time, &valid(&times), |unit, row, time| {
            add(unit, amounts.value(row), time).map(|time| time.rem_euclid(DAY_MICROS))
        })?;
        return result(args, values.reinterpret_cast::<Time64MicrosecondType>());
    }
    let moments = Moments::new(&given)?;
    // Hours pass by the world's clock, days by that of the place.
    if let Kind::Zoned(zone, _) = &moments.kind {
        let utc = valid(&moments.utc());
        let utc = with_unit(args, Counted::Timestamp, &utc, |unit, row, utc| match unit {
            Unit::Micros(_) => add(unit, amounts.value(row), utc),
            _ => add(unit, amounts.value(row), zone.local(utc)).map(|local| zone.utc(local)),
        })?;
        let local = utc.unary(|utc| zone.local(utc));
        return settled(args, &moments.same(&local));
    }
    let local = valid(&moments.local);
    let local = with_unit(args, counted(&moments.kind), &local, |unit, row, local| {
        add(unit, amounts.value(row), local)
    })?;
    settled(args, &moments.same(&local))
}

fn add(unit: Unit, amount: i64, local: i64) -> Option<i64> {
    let sum = match unit {
        Unit::Micros(size) => local.checked_add(amount.checked_mul(size)?)?,
        Unit::Day => micros(add_days(at(local)?, amount)?),
        Unit::Week => micros(add_days(at(local)?, amount.checked_mul(7)?)?),
        Unit::Months(size) => micros(add_months(at(local)?, amount.checked_mul(size)?)?),
    };
    at(sum).map(|_| sum)
}

fn date_diff(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (from, to) = (array(args, 1)?, array(args, 2)?);
    let (kind, from, to) = match (times(&from), times(&to)) {
        (Some(from), Some(to)) => (Counted::Time, from, to),
        _ => {
            let (from, to) = (Moments::new(&from)?, Moments::new(&to)?);
            let is_date = |moments: &Moments| matches!(moments.kind, Kind::Date | Kind::Null);
            let kind =
                if is_date(&from) && is_date(&to) { Counted::Date } else { Counted::Timestamp };
            match (&from.kind, &to.kind) {
                // Both are told by the clock of the first.
                (Kind::Zoned(zone, _), _) | (_, Kind::Zoned(zone, _)) => {
                    let local = |moments: &Moments| moments.utc().unary(|utc| zone.local(utc));
                    (kind, local(&from), local(&to))
                }
                _ => (kind, from.local, to.local),
            }
        }
    };
    let both: Int64Array = from.iter().zip(&to).map(|(from, to)| to.and(from)).collect();
    let values =
        with_unit(args, kind, &both, |unit, row, from| between(unit, from, to.value(row)))?;
    result(args, values)
}

fn between(unit: Unit, from: i64, to: i64) -> Option<i64> {
    let passed = to.checked_sub(from)?;
    Some(match unit {
        Unit::Micros(size) => passed / size,
        Unit::Day => passed / DAY_MICROS,
        Unit::Week => passed / (7 * DAY_MICROS),
        Unit::Months(size) => months_between(at(from)?, at(to)?) / size,
    })
}

fn date(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let given = array(args, 0)?;
    if given.data_type().is_string() {
        let texts = text(args, 0)?;
        let values = texts.iter().map(|text| {
            let Some(text) = text else { return Ok(None) };
            moment::parse_date(text).map(Some).ok_or_else(|| {
                failure("INVALID_CAST_ARGUMENT", &format!("Value cannot be cast to date: {text}"))
            })
        });
        return result(args, values.collect::<Result<PrimitiveArray<Date32Type>>>()?);
    }
    result(args, Moments::new(&given)?.local.unary::<_, Date32Type>(day))
}

fn last_day_of_month(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let moments = Moments::of(args, 0)?;
    let days = each(&moments.local, |local| {
        let date = at(local)?.date();
        let next = add_months(date.with_day(1)?.and_time(NaiveTime::MIN), 1)?;
        Some(i64::from(moment::days(next.date().pred_opt()?)))
    })?;
    result(args, days.unary::<_, Date32Type>(|days| i32::try_from(days).unwrap_or_default()))
}

/// The array as a result, as a single value where all arguments are.
fn settled(args: &ScalarFunctionArgs, array: &ArrayRef) -> Result<ColumnarValue> {
    let all_scalar = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    if all_scalar && array.len() == 1 {
        return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(array, 0)?));
    }
    Ok(ColumnarValue::Array(Arc::clone(array)))
}

//! The parts of dates, times and intervals.

use chrono::{Datelike, NaiveDateTime, Timelike};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::types::{Int64Type, IntervalMonthDayNanoType, Time64MicrosecondType};
use datafusion::arrow::array::{Array, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, IntervalUnit};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use super::{Kind, Moments, each};
use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result};
use crate::dialect::moment::at;

/// The parts that `EXTRACT` names, and the functions that give them.
pub(crate) static FIELDS: &[(&str, &str)] = &[
    ("year", "year"),
    ("quarter", "quarter"),
    ("month", "month"),
    ("week", "week"),
    ("day", "day"),
    ("day_of_month", "day"),
    ("day_of_week", "day_of_week"),
    ("dow", "day_of_week"),
    ("day_of_year", "day_of_year"),
    ("doy", "day_of_year"),
    ("year_of_week", "year_of_week"),
    ("yow", "year_of_week"),
    ("hour", "hour"),
    ("minute", "minute"),
    ("second", "second"),
    ("timezone_hour", "timezone_hour"),
    ("timezone_minute", "timezone_minute"),
];

const MOMENT: &[&[Parameter]] = &[&[Parameter::Moment]];
const DATED: &[&[Parameter]] = &[&[Parameter::Moment], &[Parameter::Interval]];
const TIMED: &[&[Parameter]] = &[&[Parameter::Moment], &[Parameter::Interval], &[Parameter::Time]];
const BIGINT: Returns = Returns::Always("bigint");

/// The functions.
pub(super) static ALL: &[Scalar] = &[
    Scalar::new("year", DATED, BIGINT, |args| part(args, Part::Year)),
    Scalar::new("quarter", MOMENT, BIGINT, |args| part(args, Part::Quarter)),
    Scalar::new("month", DATED, BIGINT, |args| part(args, Part::Month)),
    Scalar::new("week", MOMENT, BIGINT, |args| part(args, Part::Week)).aliases(&["week_of_year"]),
    Scalar::new("day", DATED, BIGINT, |args| part(args, Part::Day)).aliases(&["day_of_month"]),
    Scalar::new("day_of_week", MOMENT, BIGINT, |args| part(args, Part::DayOfWeek))
        .aliases(&["dow"]),
    Scalar::new("day_of_year", MOMENT, BIGINT, |args| part(args, Part::DayOfYear))
        .aliases(&["doy"]),
    Scalar::new("year_of_week", MOMENT, BIGINT, |args| part(args, Part::YearOfWeek))
        .aliases(&["yow"]),
    Scalar::new("hour", TIMED, BIGINT, |args| part(args, Part::Hour)),
    Scalar::new("minute", TIMED, BIGINT, |args| part(args, Part::Minute)),
    Scalar::new("second", TIMED, BIGINT, |args| part(args, Part::Second)),
    Scalar::new("millisecond", TIMED, BIGINT, |args| part(args, Part::Millisecond)),
    Scalar::new("timezone_hour", MOMENT, BIGINT, |args| offset(args, |s| s / 3600)),
    Scalar::new("timezone_minute", MOMENT, BIGINT, |args| offset(args, |s| s / 60 % 60)),
];

/// A part of a date, a time or an interval.
#[derive(Clone, Copy)]
enum Part {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    DayOfWeek,
    DayOfYear,
    YearOfWeek,
    Hour,
    Minute,
    Second,
    Millisecond,
}

impl Part {
    fn of(self, moment: NaiveDateTime) -> i64 {
        match self {
            Self::Year => moment.year().into(),
            Self::Quarter => (moment.month0() / 3 + 1).into(),
            Self::Month => moment.month().into(),
            Self::Week => moment.iso_week().week().into(),
            Self::Day => moment.day().into(),
            Self::DayOfWeek => moment.weekday().number_from_monday().into(),
            Self::DayOfYear => moment.ordinal().into(),
            Self::YearOfWeek => moment.iso_week().year().into(),
            Self::Hour => moment.hour().into(),
            Self::Minute => moment.minute().into(),
            Self::Second => moment.second().into(),
            Self::Millisecond => (moment.nanosecond() / 1_000_000 % 1000).into(),
        }
    }

    fn of_interval(self, months: i64, millis: i64) -> i64 {
        match self {
            Self::Year => months / 12,
            Self::Month => months % 12,
            Self::Day => millis / 86_400_000,
            Self::Hour => millis / 3_600_000 % 24,
            Self::Minute => millis / 60_000 % 60,
            Self::Second => millis / 1000 % 60,
            _ => millis % 1000,
        }
    }
}

fn part(args: &ScalarFunctionArgs, part: Part) -> Result<ColumnarValue> {
    let given = array(args, 0)?;
    match given.data_type() {
        DataType::Time32(_) | DataType::Time64(_) => {
            let times: Int64Array =
                given.as_primitive::<Time64MicrosecondType>().reinterpret_cast();
            result(args, each(&times, |time| at(time).map(|time| part.of(time)))?)
        }
        DataType::Interval(_) | DataType::Duration(_) => {
            let given = cast(&given, &DataType::Interval(IntervalUnit::MonthDayNano))?;
            let intervals = given.as_primitive::<IntervalMonthDayNanoType>();
            let values = intervals.unary::<_, Int64Type>(|interval| {
                let millis =
                    i64::from(interval.days) * 86_400_000 + interval.nanoseconds / 1_000_000;
                part.of_interval(interval.months.into(), millis)
            });
            result(args, values)
        }
        _ => {
            let moments = Moments::of(args, 0)?;
            result(args, each(&moments.local, |local| at(local).map(|time| part.of(time)))?)
        }
    }
}

/// How far the clocks of the values are ahead of UTC.
fn offset(args: &ScalarFunctionArgs, part: fn(i64) -> i64) -> Result<ColumnarValue> {
    let moments = Moments::of(args, 0)?;
    let values: Int64Array = match &moments.kind {
        Kind::Zoned(zone, _) => {
            moments.utc().unary(|utc| part(i64::from(zone.offset_seconds(utc))))
        }
        _ => moments.local.unary(|_| 0),
    };
    result(args, values)
}

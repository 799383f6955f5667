//! Seconds since 1970, and zones.

use std::sync::Arc;

use datafusion::arrow::array::types::{
    Float64Type, Int64Type, IntervalMonthDayNanoType, TimestampMicrosecondType,
};
use datafusion::arrow::array::{AsArray, Float64Array, PrimitiveArray, StringViewArray};
use datafusion::arrow::datatypes::{FieldRef, IntervalMonthDayNano};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::{Moments, named_zone, out_of_range};
use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result, text};
use crate::dialect::moment::{Zone, at};
use crate::dialect::trino_type::{TrinoType, failure};

/// The functions.
pub(super) static ALL: &[Scalar] = &[
    Scalar::new(
        "from_unixtime",
        &[
            &[Parameter::Double],
            &[Parameter::Double, Parameter::Literal],
            &[Parameter::Double, Parameter::Number, Parameter::Number],
        ],
        Returns::With(zoned),
        from_unixtime,
    ),
    Scalar::new(
        "from_unixtime_nanos",
        &[&[Parameter::Number]],
        Returns::Always("timestamp(3) with time zone"),
        from_unixtime_nanos,
    ),
    Scalar::new("to_unixtime", &[&[Parameter::Moment]], Returns::Always("double"), to_unixtime),
    Scalar::new(
        "at_timezone",
        &[&[Parameter::Moment, Parameter::Literal], &[Parameter::Moment, Parameter::Interval]],
        Returns::With(zoned),
        at_timezone,
    ),
    Scalar::new(
        "with_timezone",
        &[&[Parameter::Moment, Parameter::Literal]],
        Returns::With(zoned),
        with_timezone,
    ),
    Scalar::new("current_timezone", &[&[]], Returns::Always("varchar"), |_| {
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8View(Some("UTC".to_owned()))))
    }),
    Scalar::new(
        "to_milliseconds",
        &[&[Parameter::Interval]],
        Returns::Always("bigint"),
        to_milliseconds,
    ),
    Scalar::new(
        "parse_duration",
        &[&[Parameter::Text]],
        Returns::Always("interval day to second"),
        parse_duration,
    ),
    Scalar::new(
        "human_readable_seconds",
        &[&[Parameter::Double]],
        Returns::Always("varchar"),
        human_readable_seconds,
    ),
];

/// A timestamp in the zone that the arguments behind the first one name.
fn zoned(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let zone = match args.scalar_arguments {
        [_] => Zone::of_sessions(),
        [_, zone] => match zone {
            None => return Err(changing_zone()),
            Some(ScalarValue::IntervalMonthDayNano(Some(offset))) => {
                let minutes = offset.nanoseconds / 60_000_000_000;
                offset_zone(minutes)?
            }
            Some(zone) => match zone.try_as_str().flatten() {
                Some(zone) => named_zone(zone)?,
                None => Zone::of_sessions(),
            },
        },
        [_, Some(hours), Some(minutes)] => {
            let number = |value: &ScalarValue| match value {
                ScalarValue::Int64(value) => value.unwrap_or_default(),
                ScalarValue::Int32(value) => i64::from(value.unwrap_or_default()),
                _ => 0,
            };
            offset_zone(number(hours).saturating_mul(60).saturating_add(number(minutes)))?
        }
        _ => return Err(changing_zone()),
    };
    Ok(Arc::new(TrinoType::TimestampWithTimeZone(zone.name).field("zoned")))
}

fn offset_zone(minutes: i64) -> Result<Zone> {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    named_zone(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

fn changing_zone() -> datafusion::common::DataFusionError {
    failure("NOT_SUPPORTED", "A time zone that differs from row to row is not supported")
}

/// The zone of the results.
fn zone_of(args: &ScalarFunctionArgs) -> Result<(Zone, Arc<str>)> {
    match TrinoType::of_field(&args.return_field) {
        TrinoType::TimestampWithTimeZone(name) => Ok((named_zone(&name)?, name)),
        _ => Ok((Zone::of_sessions(), "UTC".into())),
    }
}

fn from_unixtime(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (_, zone) = zone_of(args)?;
    let seconds = array(args, 0)?;
    let values = seconds.as_primitive::<Float64Type>().iter().map(|seconds| {
        let Some(seconds) = seconds else { return Ok(None) };
        let millis = (seconds * 1000.0).round();
        if !(-8e16..8e16).contains(&millis) {
            return Err(out_of_range());
        }
        let micros = millis as i64 * 1000;
        at(micros).map(|_| Some(micros)).ok_or_else(out_of_range)
    });
    let values = values.collect::<Result<PrimitiveArray<TimestampMicrosecondType>>>()?;
    result(args, values.with_timezone(zone))
}

fn from_unixtime_nanos(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let nanos = datafusion::arrow::compute::cast(
        &array(args, 0)?,
        &datafusion::arrow::datatypes::DataType::Int64,
    )?;
    let micros = nanos
        .as_primitive::<Int64Type>()
        .unary::<_, TimestampMicrosecondType>(|nanos| nanos.div_euclid(1000));
    result(args, micros.with_timezone("UTC"))
}

fn to_unixtime(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let utc = Moments::of(args, 0)?.utc();
    result(args, utc.unary::<_, Float64Type>(|micros| micros as f64 / 1e6))
}

/// The same moment as another zone's clocks show it.
fn at_timezone(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (_, zone) = zone_of(args)?;
    let utc = Moments::of(args, 0)?.utc();
    result(args, utc.reinterpret_cast::<TimestampMicrosecondType>().with_timezone(zone))
}

/// The moment at which another zone's clocks show this.
fn with_timezone(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (zone, name) = zone_of(args)?;
    let local = Moments::of(args, 0)?.local;
    let utc = local.unary::<_, TimestampMicrosecondType>(|local| zone.utc(local));
    result(args, utc.with_timezone(name))
}

fn to_milliseconds(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let intervals = array(args, 0)?;
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
    let millis = intervals.unary::<_, Int64Type>(|interval| {
        i64::from(interval.days) * 86_400_000 + interval.nanoseconds / 1_000_000
    });
    result(args, millis)
}

/// The units of durations, in milliseconds.
const UNITS: &[(&str, f64)] =
    &[("ns", 1e-6), ("us", 1e-3), ("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6), ("d", 8.64e7)];

fn parse_duration(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let values = text(args, 0)?;
    let values = values.iter().map(|text| {
        let Some(text) = text else { return Ok(None) };
        let read = || {
            let trimmed = text.trim();
            let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let amount: f64 = trimmed[..end].parse().ok()?;
            let unit = trimmed[end..].trim();
            let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
            let millis = (amount * millis).round();
            if millis > 9e12 {
                return None;
            }
            let millis = millis as i64;
            let days = i32::try_from(millis / 86_400_000).ok()?;
            Some(IntervalMonthDayNano::new(0, days, millis % 86_400_000 * 1_000_000))
        };
        read().map(Some).ok_or_else(|| {
            failure(
                "INVALID_FUNCTION_ARGUMENT",
                &format!("duration is not a valid data duration string: {text}"),
            )
        })
    });
    result(args, values.collect::<Result<PrimitiveArray<IntervalMonthDayNanoType>>>()?)
}

fn human_readable_seconds(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let seconds = array(args, 0)?;
    let seconds: &Float64Array = seconds.as_primitive::<Float64Type>();
    let values = seconds.iter().map(|seconds| {
        let Some(seconds) = seconds else { return Ok(None) };
        if !seconds.is_finite() || seconds.abs() > 9e15 {
            return Err(failure("INVALID_FUNCTION_ARGUMENT", "Invalid argument found"));
        }
        Ok(Some(readable(seconds.abs().round() as u64)))
    });
    result(args, values.collect::<Result<StringViewArray>>()?)
}

fn readable(seconds: u64) -> String {
    let units = [("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (unit, size) in units {
        let amount = rest / size;
        rest %= size;
        if amount > 0 {
            words.push(format!("{amount} {unit}{}", if amount == 1 { "" } else { "s" }));
        }
    }
    if words.is_empty() { "0 seconds".to_owned() } else { words.join(", ") }
}

//! ISO 8601.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveTime, Timelike, Weekday};
use datafusion::arrow::array::types::{Date32Type, TimestampMicrosecondType};
use datafusion::arrow::array::{PrimitiveArray, StringViewArray};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use super::{Kind, Moments, day};
use crate::dialect::functions::declare::{Parameter, Returns, Scalar, result, text};
use crate::dialect::moment::{self, Zone, read_fraction};
use crate::dialect::trino_type::{TrinoType, failure};
use crate::dialect::value_text::{date_text, timestamp_text};

/// The functions.
pub(super) static ALL: &[Scalar] = &[
    Scalar::new(
        "from_iso8601_timestamp",
        &[&[Parameter::Literal]],
        Returns::With(zoned),
        from_timestamp,
    )
    .aliases(&["from_iso8601_timestamp_nanos"]),
    Scalar::new("from_iso8601_date", &[&[Parameter::Text]], Returns::Always("date"), from_date),
    Scalar::new("to_iso8601", &[&[Parameter::Moment]], Returns::Always("varchar"), to_text),
];

/// A text that is known when planning tells its zone.
fn zoned(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let known = args.scalar_arguments.first().copied().flatten();
    let zone = known
        .and_then(|text| text.try_as_str().flatten())
        .and_then(|text| read(text)?.1)
        .unwrap_or_else(Zone::of_sessions);
    Ok(Arc::new(TrinoType::TimestampWithTimeZone(zone.name).field("zoned")))
}

fn malformed(text: &str) -> datafusion::common::DataFusionError {
    failure("INVALID_FUNCTION_ARGUMENT", &format!("Invalid format: \"{text}\""))
}

fn from_timestamp(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let values = text(args, 0)?;
    let values = values.iter().map(|text| {
        let Some(text) = text else { return Ok(None) };
        let (local, zone) = read(text).ok_or_else(|| malformed(text))?;
        Ok(Some(zone.unwrap_or_else(Zone::of_sessions).utc(local)))
    });
    let values = values.collect::<Result<PrimitiveArray<TimestampMicrosecondType>>>()?;
    let zone = match TrinoType::of_field(&args.return_field) {
        TrinoType::TimestampWithTimeZone(zone) => zone,
        _ => "UTC".into(),
    };
    result(args, values.with_timezone(zone))
}

fn from_date(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let values = text(args, 0)?;
    let values = values.iter().map(|text| {
        let Some(text) = text else { return Ok(None) };
        let (date, rest) = read_date(text).ok_or_else(|| malformed(text))?;
        if rest.is_empty() { Ok(Some(moment::days(date))) } else { Err(malformed(text)) }
    });
    result(args, values.collect::<Result<PrimitiveArray<Date32Type>>>()?)
}

fn to_text(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let moments = Moments::of(args, 0)?;
    let utc = moments.utc();
    let texts = moments.local.iter().zip(&utc).map(|(local, utc)| {
        let local = local?;
        let seconds = || timestamp_text(local).map(|text| text.replace(' ', "T"));
        match &moments.kind {
            Kind::Date => date_text(day(local)),
            Kind::Zoned(zone, _) => {
                let offset = zone.offset_seconds(utc?);
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.unsigned_abs() / 60;
                let suffix = match offset {
                    0 => "Z".to_owned(),
                    _ => format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
                };
                Some(seconds()? + &suffix)
            }
            _ => seconds(),
        }
    });
    result(args, texts.collect::<StringViewArray>())
}

/// The digits at the beginning, exactly so many, as a number.
fn digits(text: &str, count: usize) -> Option<(u32, &str)> {
    let digits = text.get(..count)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, &text[count..]))
}

/// A date: `2024-01-02`, `2024-01`, `2024`, `2024-W01-2` or `2024-002`.
fn read_date(text: &str) -> Option<(NaiveDate, &str)> {
    let (is_before, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (year, rest) = digits(unsigned, 4)?;
    let year = i32::try_from(year).ok()?;
    let year = if is_before { -year } else { year };
    if let Some(rest) = rest.strip_prefix("-W") {
        let (week, rest) = digits(rest, 2)?;
        let (day, rest) = match rest.strip_prefix('-') {
            Some(rest) => digits(rest, 1)?,
            None => (1, rest),
        };
        let day = Weekday::try_from(u8::try_from(day.checked_sub(1)?).ok()?).ok()?;
        return Some((NaiveDate::from_isoywd_opt(year, week, day)?, rest));
    }
    let Some(rest) = rest.strip_prefix('-') else {
        return Some((NaiveDate::from_ymd_opt(year, 1, 1)?, rest));
    };
    if let Some((ordinal, rest)) = digits(rest, 3) {
        return Some((NaiveDate::from_yo_opt(year, ordinal)?, rest));
    }
    let (month, rest) = digits(rest, 2)?;
    let (day, rest) = match rest.strip_prefix('-') {
        Some(rest) => digits(rest, 2)?,
        None => (1, rest),
    };
    Some((NaiveDate::from_ymd_opt(year, month, day)?, rest))
}

/// A timestamp, as its clock shows it, with its zone if it names one.
fn read(text: &str) -> Option<(i64, Option<Zone>)> {
    let text = text.trim();
    let (date, rest) = read_date(text)?;
    let start = moment::micros(date.and_time(NaiveTime::MIN));
    let Some(rest) = rest.strip_prefix('T') else {
        return rest.is_empty().then_some((start, None));
    };
    if rest.is_empty() {
        return Some((start, None));
    }
    let (hour, rest) = digits(rest, 2)?;
    let (minute, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2)?,
        None => (0, rest),
    };
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => digits(rest, 2)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(rest) => read_fraction(rest)?,
        None => (0, rest),
    };
    let time = NaiveTime::from_hms_opt(hour, minute, second)?;
    let seconds = i64::from(time.num_seconds_from_midnight());
    let local = start + seconds * 1_000_000 + fraction / 1000 * 1000;
    let zone = if rest.is_empty() { None } else { Some(Zone::parse(rest)?) };
    Some((local, zone))
}

//! Casts from text.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use datafusion::arrow::array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, Time64MicrosecondType, TimestampMicrosecondType,
};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, StringViewArray,
    StringViewBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;

use super::{Otherwise, unsupported};
use crate::dialect::moment::{self, Zone};
use crate::dialect::trino_type::{TrinoType, failure};

/// Casts an array of text to a type.
pub(super) fn from_text(
    array: &ArrayRef,
    to: &TrinoType,
    otherwise: Otherwise,
) -> Result<ArrayRef> {
    let text = cast(array, &DataType::Utf8View)?;
    let text = text.as_string_view();
    let named = |name: &'static str| move |text: &str| format!("Cannot cast '{text}' to {name}");
    Ok(match to {
        TrinoType::Boolean => {
            let values = read(text, otherwise, boolean, named("BOOLEAN"))?;
            Arc::new(BooleanArray::from(values))
        }
        TrinoType::TinyInt => numbers::<Int8Type>(text, otherwise, integer, named("TINYINT"))?,
        TrinoType::SmallInt => numbers::<Int16Type>(text, otherwise, integer, named("SMALLINT"))?,
        TrinoType::Integer => numbers::<Int32Type>(text, otherwise, integer, named("INT"))?,
        TrinoType::BigInt => numbers::<Int64Type>(text, otherwise, integer, named("BIGINT"))?,
        TrinoType::Real => numbers::<Float32Type>(text, otherwise, float, named("REAL"))?,
        TrinoType::Double => numbers::<Float64Type>(text, otherwise, float, named("DOUBLE"))?,
        TrinoType::Decimal(precision, scale) => {
            let (precision, scale) = (*precision, *scale);
            let values = read(
                text,
                otherwise,
                |text| decimal(text.trim(), precision, scale),
                |text| {
                    let reason = match decimal(text.trim(), 38, 0) {
                        Some(_) => "Value too large.",
                        None => "Value is not a number.",
                    };
                    format!(
                        "Cannot cast VARCHAR '{text}' to DECIMAL({precision}, {scale}). {reason}"
                    )
                },
            )?;
            let values = PrimitiveArray::<Decimal128Type>::from(values);
            Arc::new(values.with_precision_and_scale(precision, scale)?)
        }
        TrinoType::Varchar(length) => limited(text, *length),
        TrinoType::Char(length) => padded(text, *length),
        TrinoType::Date => numbers::<Date32Type>(text, otherwise, moment::parse_date, |text| {
            format!("Value cannot be cast to date: {text}")
        })?,
        TrinoType::Time => {
            numbers::<Time64MicrosecondType>(text, otherwise, moment::parse_time, |text| {
                format!("Value cannot be cast to time: {text}")
            })?
        }
        TrinoType::Timestamp => numbers::<TimestampMicrosecondType>(
            text,
            otherwise,
            |text| moment::parse_timestamp(text).filter(|(_, zone)| zone.is_none()).map(|p| p.0),
            |text| format!("Value cannot be cast to timestamp: {text}"),
        )?,
        TrinoType::TimestampWithTimeZone(zone) => {
            let array = numbers::<TimestampMicrosecondType>(text, otherwise, zoned, |text| {
                format!("Value cannot be cast to timestamp: {text}")
            })?;
            let array = array.as_primitive::<TimestampMicrosecondType>().clone();
            Arc::new(array.with_timezone(Arc::clone(zone)))
        }
        TrinoType::IpAddress => fixed(
            16,
            read(
                text,
                otherwise,
                |text| address(text).map(|bytes| bytes.to_vec()),
                |text| format!("Cannot cast value to IPADDRESS: {text}"),
            )?,
        )?,
        TrinoType::IpPrefix => fixed(
            17,
            read(
                text,
                otherwise,
                |text| prefix(text).map(|bytes| bytes.to_vec()),
                |text| format!("Cannot cast value to IPPREFIX: {text}"),
            )?,
        )?,
        _ => return Err(unsupported(&TrinoType::Varchar(None), to)),
    })
}

/// The text up to a length in characters.
pub(super) fn limited(text: &StringViewArray, length: Option<u32>) -> ArrayRef {
    let Some(length) = length else {
        return Arc::new(text.clone());
    };
    let mut shorter = StringViewBuilder::with_capacity(text.len());
    for text in text {
        shorter.append_option(text.map(|text| first(text, length)));
    }
    Arc::new(shorter.finish())
}

/// A number of whole digits and a fraction as the digits of a decimal, rounded half up; None if it is none or too large.
pub(super) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (is_negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    // The digits without the zeros before them, with the point behind `point` of them.
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let zeros = all.iter().take_while(|digit| **digit == b'0').count();
    let digits = &all[zeros..];
    let point =
        i64::try_from(whole.len()).ok()? + i64::from(exponent) - i64::try_from(zeros).ok()?;
    let kept = point.checked_add(i64::from(scale))?;
    if kept > i64::from(precision) && !digits.is_empty() {
        return None;
    }
    let limit = 10_i128.checked_pow(u32::from(precision))?;
    let digit = |at: usize| i128::from(digits.get(at).map_or(0, |digit| digit - b'0'));
    let kept = if digits.is_empty() { -1 } else { kept };
    let mut value = (0..usize::try_from(kept).unwrap_or_default())
        .fold(0_i128, |value, at| value * 10 + digit(at));
    if usize::try_from(kept).is_ok_and(|at| digit(at) >= 5) {
        value += 1;
    }
    (value < limit).then_some(if is_negative { -value } else { value })
}

/// The bytes of an address, an IPv4 address mapped to IPv6.
pub(super) fn address(text: &str) -> Option<[u8; 16]> {
    Some(match IpAddr::from_str(text).ok()? {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    })
}

/// The zone that is named behind a text of a timestamp.
pub(super) fn zone_of(text: &str) -> Option<Zone> {
    Zone::parse(moment::parse_timestamp(text)?.1?)
}

fn prefix(text: &str) -> Option<[u8; 17]> {
    let (base, length) = text.split_once('/')?;
    let address = address(base)?;
    let is_v4 = base.contains('.') && !base.contains(':');
    let length: u8 = length.parse().ok()?;
    if length > if is_v4 { 32 } else { 128 } {
        return None;
    }
    Some(super::prefix_of(address, length))
}

fn zoned(text: &str) -> Option<i64> {
    let (local, zone) = moment::parse_timestamp(text)?;
    let zone = match zone {
        Some(zone) => Zone::parse(zone)?,
        None => Zone::of_sessions(),
    };
    Some(zone.utc(local))
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Some(true),
        "f" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn integer<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Reads a number as Java does: blanks around it do no harm.
fn float<T: FromStr>(text: &str) -> Option<T> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "NaN" || unsigned == "Infinity" {
        return text.parse().ok();
    }
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    is_number
        .then(|| text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text).parse().ok())
        .flatten()
}

fn first(text: &str, length: u32) -> &str {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    match text.char_indices().nth(length) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

fn padded(text: &StringViewArray, length: u32) -> ArrayRef {
    let mut padded = StringViewBuilder::with_capacity(text.len());
    let width = usize::try_from(length).unwrap_or(usize::MAX);
    for text in text {
        padded.append_option(text.map(|text| format!("{:<width$}", first(text, length))));
    }
    Arc::new(padded.finish())
}

fn read<T>(
    text: &StringViewArray,
    otherwise: Otherwise,
    parse: impl Fn(&str) -> Option<T>,
    message: impl Fn(&str) -> String,
) -> Result<Vec<Option<T>>> {
    text.iter()
        .map(|text| {
            let Some(text) = text else { return Ok(None) };
            match (parse(text), otherwise) {
                (Some(value), _) => Ok(Some(value)),
                (None, Otherwise::Null) => Ok(None),
                (None, Otherwise::Error) => Err(failure("INVALID_CAST_ARGUMENT", &message(text))),
            }
        })
        .collect()
}

fn numbers<T: ArrowPrimitiveType>(
    text: &StringViewArray,
    otherwise: Otherwise,
    parse: impl Fn(&str) -> Option<T::Native>,
    message: impl Fn(&str) -> String,
) -> Result<ArrayRef> {
    let values = read(text, otherwise, parse, message)?;
    Ok(Arc::new(values.into_iter().collect::<PrimitiveArray<T>>()))
}

fn fixed(size: i32, values: Vec<Option<Vec<u8>>>) -> Result<ArrayRef> {
    Ok(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), size)?))
}

//! Values as text: as results show them, and as casts to `varchar` write them.

use std::fmt::Write;
use std::str::FromStr;
use std::sync::Arc;

use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::types::{
    Decimal128Type, Decimal256Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalMonthDayNanoType, IntervalYearMonthType,
    Time64NanosecondType, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, make_comparator,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::{SortOptions, cast};
use datafusion::arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use datafusion::arrow::temporal_conversions::{date32_to_datetime, timestamp_us_to_datetime};
use datafusion::common::Result;

use chrono::{Datelike, NaiveDateTime, Offset, TimeZone, Timelike};

use crate::dialect::trino_type::{self, TrinoType, nameless};

/// Adds the value in a row to a text.
type WriteValue = Box<dyn Fn(usize, &mut String)>;

/// Writes the values of one array as text.
pub(crate) struct Writer {
    write: WriteValue,
    nulls: Option<NullBuffer>,
}

impl Writer {
    /// A writer of the values of an array; the field tells what its Arrow type does not.
    pub(crate) fn new(array: &ArrayRef, field: &Field) -> Result<Self> {
        let nulls = array.logical_nulls();
        let write = match TrinoType::of_field(field) {
            TrinoType::IpAddress => {
                bytes(array, |bytes, out| out.push_str(&ip_text(bytes).unwrap_or_default()))?
            }
            TrinoType::IpPrefix => {
                bytes(array, |bytes, out| out.push_str(&prefix_text(bytes).unwrap_or_default()))?
            }
            _ => writer(array)?,
        };
        Ok(Self { write, nulls })
    }

    /// The text of a value; None is NULL.
    pub(crate) fn text(&self, row: usize) -> Option<String> {
        if self.is_null(row) {
            return None;
        }
        let mut text = String::new();
        (self.write)(row, &mut text);
        Some(text)
    }

    /// Whether a value is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Appends the text of a value, `null` for NULL.
    pub(crate) fn append(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            out.push_str("null");
        } else {
            (self.write)(row, out);
        }
    }
}

/// A double as Java writes it: `1.0`, `1.0E20`, `1.0E-7`, `NaN`, `Infinity`.
pub(crate) fn double_text(value: f64) -> String {
    java(&format!("{value:e}"), &format!("{value}"), value)
}

/// A real as Java writes it.
pub(crate) fn real_text(value: f32) -> String {
    java(&format!("{value:e}"), &format!("{value}"), f64::from(value))
}

/// A double as a cast to `varchar` writes it: always with an exponent, as `1.5E0`.
pub(crate) fn exponent_text(shortest: &str, value: f64) -> String {
    if !value.is_finite() {
        return not_finite(value).to_owned();
    }
    let (digits, exponent) = shortest.split_once('e').unwrap_or((shortest, "0"));
    if value == 0.0 {
        return format!("{digits}E0");
    }
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// A timestamp in microseconds with three digits of the second.
pub(crate) fn timestamp_text(micros: i64) -> Option<String> {
    let mut text = String::new();
    write_moment(timestamp_us_to_datetime(micros)?, &mut text);
    Some(text)
}

/// A timestamp in microseconds as the clocks of a zone show it, with the zone behind it.
pub(crate) fn zoned_text(micros: i64, zone: &str) -> Option<String> {
    let utc = timestamp_us_to_datetime(micros)?;
    let mut text = String::new();
    let local = Tz::from_str(zone).ok()?.from_utc_datetime(&utc);
    write_moment(utc.checked_add_offset(local.offset().fix())?, &mut text);
    text.push(' ');
    text.push_str(if zone == "+00:00" { "UTC" } else { zone });
    Some(text)
}

/// A date in days since 1970.
pub(crate) fn date_text(days: i32) -> Option<String> {
    let mut text = String::new();
    write_date(date32_to_datetime(days)?, &mut text);
    Some(text)
}

/// A time in nanoseconds of the day with three digits of the second.
pub(crate) fn time_text(nanos: i64) -> String {
    let millis = nanos / 1_000_000;
    let seconds = millis / 1000;
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        millis % 1000
    )
}

/// An interval of milliseconds: `1 00:00:00.000`.
pub(crate) fn interval_text(millis: i128) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.unsigned_abs();
    let seconds = millis / 1000;
    format!(
        "{sign}{} {:02}:{:02}:{:02}.{:03}",
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        millis % 1000
    )
}

/// An interval of months: `1-0`.
pub(crate) fn months_text(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    format!("{sign}{}-{}", months / 12, months % 12)
}

/// An address of 16 bytes as text, an IPv4 address in its own form.
pub(crate) fn ip_text(bytes: &[u8]) -> Option<String> {
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    let address = std::net::Ipv6Addr::from(bytes);
    Some(address.to_ipv4_mapped().map_or_else(|| address.to_string(), |v4| v4.to_string()))
}

/// A prefix of 17 bytes as text, as `10.0.0.0/8`.
pub(crate) fn prefix_text(bytes: &[u8]) -> Option<String> {
    let (length, address) = bytes.split_last()?;
    Some(format!("{}/{length}", ip_text(address)?))
}

/// A text of shortest digits in Java's form.
fn java(shortest: &str, plain: &str, value: f64) -> String {
    if !value.is_finite() {
        return not_finite(value).to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        return exponent_text(shortest, value);
    }
    if plain.contains('.') { plain.to_owned() } else { format!("{plain}.0") }
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn write_date(date: NaiveDateTime, out: &mut String) {
    let year = date.year();
    // Writing to a String cannot fail.
    let _ = match year {
        0..=9999 => write!(out, "{year:04}"),
        _ => write!(out, "{year:+05}"),
    };
    let _ = write!(out, "-{:02}-{:02}", date.month(), date.day());
}

fn write_moment(moment: NaiveDateTime, out: &mut String) {
    write_date(moment, out);
    let _ = write!(
        out,
        " {:02}:{:02}:{:02}.{:03}",
        moment.hour(),
        moment.minute(),
        moment.second(),
        moment.nanosecond() / 1_000_000 % 1000
    );
}

type Write1 = Box<dyn Fn(usize, &mut String)>;

/// Writes the values of an array of numbers of one kind.
fn primitive<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    write: impl Fn(T::Native, &mut String) + 'static,
) -> Write1 {
    let array: PrimitiveArray<T> = array.as_primitive::<T>().clone();
    Box::new(move |row, out| write(array.value(row), out))
}

/// Writes the values of an array of whole numbers.
fn integer<T: ArrowPrimitiveType>(array: &ArrayRef) -> Write1
where
    T::Native: std::fmt::Display,
{
    primitive::<T>(array, |value, out| {
        let _ = write!(out, "{value}");
    })
}

/// Writes the values of an array of bytes.
fn bytes(array: &ArrayRef, write: impl Fn(&[u8], &mut String) + 'static) -> Result<Write1> {
    let array = cast(array, &DataType::BinaryView)?;
    let array = array.as_binary_view().clone();
    Ok(Box::new(move |row, out| write(array.value(row), out)))
}

fn writer(array: &ArrayRef) -> Result<Write1> {
    let as_type = |target: DataType| cast(array, &target);
    Ok(match array.data_type() {
        DataType::Null => Box::new(|_, _| {}),
        DataType::Boolean => {
            let array = array.as_boolean().clone();
            Box::new(move |row, out| out.push_str(if array.value(row) { "true" } else { "false" }))
        }
        DataType::Int8 => integer::<Int8Type>(array),
        DataType::Int16 => integer::<Int16Type>(array),
        DataType::Int32 => integer::<Int32Type>(array),
        DataType::Int64 => integer::<Int64Type>(array),
        DataType::UInt8 => integer::<UInt8Type>(array),
        DataType::UInt16 => integer::<UInt16Type>(array),
        DataType::UInt32 => integer::<UInt32Type>(array),
        DataType::UInt64 => integer::<UInt64Type>(array),
        DataType::Float16 => writer(&as_type(DataType::Float32)?)?,
        DataType::Float32 => {
            primitive::<Float32Type>(array, |value, out| out.push_str(&real_text(value)))
        }
        DataType::Float64 => {
            primitive::<Float64Type>(array, |value, out| out.push_str(&double_text(value)))
        }
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            writer(&as_type(DataType::Decimal128(*precision, *scale))?)?
        }
        DataType::Decimal128(..) => {
            let array = array.as_primitive::<Decimal128Type>().clone();
            Box::new(move |row, out| out.push_str(&array.value_as_string(row)))
        }
        DataType::Decimal256(..) => {
            let array = array.as_primitive::<Decimal256Type>().clone();
            Box::new(move |row, out| out.push_str(&array.value_as_string(row)))
        }
        DataType::Utf8View => {
            let array = array.as_string_view().clone();
            Box::new(move |row, out| out.push_str(array.value(row)))
        }
        DataType::Utf8 | DataType::LargeUtf8 => writer(&as_type(DataType::Utf8View)?)?,
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => bytes(array, |bytes, out| {
            for (at, byte) in bytes.iter().enumerate() {
                let _ = write!(out, "{}{byte:02x}", if at > 0 { " " } else { "" });
            }
        })?,
        DataType::Date32 => {
            primitive::<datafusion::arrow::array::types::Date32Type>(array, |value, out| {
                out.push_str(&date_text(value).unwrap_or_default())
            })
        }
        DataType::Date64 => writer(&as_type(DataType::Date32)?)?,
        DataType::Time64(TimeUnit::Nanosecond) => {
            primitive::<Time64NanosecondType>(array, |value, out| out.push_str(&time_text(value)))
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            writer(&as_type(DataType::Time64(TimeUnit::Nanosecond))?)?
        }
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            primitive::<TimestampMicrosecondType>(array, |value, out| {
                out.push_str(&timestamp_text(value).unwrap_or_default());
            })
        }
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => {
            let zone = Arc::clone(zone);
            primitive::<TimestampMicrosecondType>(array, move |value, out| {
                out.push_str(&zoned_text(value, &zone).unwrap_or_default());
            })
        }
        DataType::Timestamp(_, zone) => {
            writer(&as_type(DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?)?
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            primitive::<IntervalYearMonthType>(array, |value, out| {
                out.push_str(&months_text(value));
            })
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            primitive::<IntervalMonthDayNanoType>(array, |value, out| {
                let millis =
                    i128::from(value.days) * 86_400_000 + i128::from(value.nanoseconds) / 1_000_000;
                if value.months != 0 {
                    out.push_str(&months_text(value.months));
                }
                if value.months == 0 || millis != 0 {
                    out.push_str(if value.months == 0 { "" } else { " " });
                    out.push_str(&interval_text(millis));
                }
            })
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            writer(&as_type(DataType::Interval(IntervalUnit::MonthDayNano))?)?
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            primitive::<DurationMicrosecondType>(array, |value, out| {
                out.push_str(&interval_text(i128::from(value) / 1000));
            })
        }
        DataType::Duration(_) => writer(&as_type(DataType::Duration(TimeUnit::Microsecond))?)?,
        DataType::List(item) => {
            let array = array.as_list::<i32>().clone();
            let items = Writer::new(array.values(), item)?;
            Box::new(move |row, out| {
                let offsets = array.value_offsets();
                let range = offsets[row] as usize..offsets[row + 1] as usize;
                write_all(range, '[', ']', out, |at, out| items.append(at, out));
            })
        }
        DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => writer(&as_type(DataType::List(Arc::clone(item)))?)?,
        DataType::Map(_, _) => {
            let array = array.as_map().clone();
            let (key_field, value_field) = array.entries_fields();
            let keys = Writer::new(array.keys(), key_field)?;
            let values = Writer::new(array.values(), value_field)?;
            let order = make_comparator(array.keys(), array.keys(), SortOptions::default()).ok();
            Box::new(move |row, out| {
                let offsets = array.value_offsets();
                let mut entries: Vec<usize> =
                    (offsets[row] as usize..offsets[row + 1] as usize).collect();
                if let Some(order) = &order {
                    entries.sort_by(|a, b| order(*a, *b));
                }
                write_all(entries, '{', '}', out, |at, out| {
                    keys.append(at, out);
                    out.push('=');
                    values.append(at, out);
                });
            })
        }
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let columns = (columns.enumerate())
                .map(|(at, (column, field))| {
                    let name =
                        (*field.name() != nameless(at)).then(|| format!("{}=", field.name()));
                    Ok((name.unwrap_or_default(), Writer::new(column, field)?))
                })
                .collect::<Result<Vec<_>>>()?;
            Box::new(move |row, out| {
                write_all(&columns, '{', '}', out, |(name, column), out| {
                    out.push_str(name);
                    column.append(row, out);
                });
            })
        }
        DataType::Dictionary(_, value) => writer(&as_type(value.as_ref().clone())?)?,
        DataType::RunEndEncoded(_, value) => writer(&as_type(value.data_type().clone())?)?,
        DataType::Union(..) => {
            return Err(trino_type::failure("NOT_SUPPORTED", "A union has no text"));
        }
    })
}

/// Writes items with `, ` between them and signs around them.
fn write_all<T>(
    items: impl IntoIterator<Item = T>,
    open: char,
    close: char,
    out: &mut String,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(close);
}

//! Synthetic records, written and read again: each column holds what was written.

use arrow_schema::DataType;
use floodmark_formats::log_type::{Encoding, Quoting, Value};
use floodmark_formats::synthetic::{self, Random, Record};
use floodmark_formats::{LogType, log_types, table, time};

use crate::decoded::Decoded;

const RECORDS: usize = 300;

/// Writes records, reads them again, and compares each column with what was written.
fn check(log_type: &'static LogType, line_end: &str, change: impl Fn(&mut Record, &mut Random)) {
    let mut random = Random::new(log_type.fields.len() as u64);
    let records: Vec<_> = (0..RECORDS)
        .map(|_| {
            let moment = random.between(1_500_000_000, 1_800_000_000) * time::SECOND
                + random.between(0, 999) * 1000;
            let mut record = Record::new(log_type, moment, &mut random);
            change(&mut record, &mut random);
            record
        })
        .collect();
    let mut text = synthetic::header(log_type).replace('\n', line_end);
    for record in &records {
        text += &record.line();
        text += line_end;
    }
    let decoded = Decoded::whole(log_type, text.as_bytes());
    assert_eq!(decoded.account.rows, records.len() as u64, "{:?}", decoded.rejections.first());
    assert!(decoded.account.adds_up());
    for (index, field) in log_type.fields.iter().enumerate() {
        for (part, column) in field.columns().enumerate() {
            let table = table::of(log_type);
            let data_type = table.schema.field_with_name(column.name).unwrap().data_type();
            let found = decoded.column(column.name);
            for (record, found) in records.iter().zip(found) {
                let written = &record.values()[index];
                let json = log_type.encoding == Encoding::Json;
                let expected = if json && written == "null" {
                    None
                } else if field.quoting == Quoting::Kept {
                    Some(format!("\"{written}\""))
                } else {
                    let part = self::part(&field.value, part, written);
                    part.and_then(|part| as_shown(data_type, part))
                };
                assert_eq!(found, expected, "{}.{} of {written}", log_type.name, column.name);
            }
        }
    }
    assert!(decoded.column("event_time").iter().all(Option::is_some));
    assert!(decoded.column("trailing").iter().all(Option::is_none));
}

/// A part of a written value, after the conversions that the columns' documentation names.
fn part<'a>(value: &Value, part: usize, written: &'a str) -> Option<&'a str> {
    match value {
        Value::One(_) => Some(written),
        Value::AddressAndPort(..) => {
            let (address, port) = written.rsplit_once(':').unwrap_or(("", ""));
            Some([address, port][part])
        }
        Value::Request(..) => {
            let (verb, rest) = written.split_once(' ').unwrap();
            let (url, version) = rest.rsplit_once(' ').unwrap();
            Some([verb, url, version][part])
        }
    }
}

/// A written value as its column shows it; None for what is not of the column's type.
fn as_shown(data_type: &DataType, written: &str) -> Option<String> {
    match data_type {
        DataType::Utf8View => Some(written.to_owned()),
        DataType::Int32 => written.parse::<i32>().ok().map(|value| value.to_string()),
        DataType::Int64 => written.parse::<i64>().ok().map(|value| value.to_string()),
        DataType::Float32 => written.parse::<f32>().ok().map(|value| value.to_string()),
        DataType::Float64 => written.parse::<f64>().ok().map(|value| value.to_string()),
        DataType::Date32 => Some(written.to_owned()),
        nested => {
            let value = serde_json::from_str(written).unwrap();
            json_as_shown(nested, &value)
        }
    }
}

fn json_as_shown(data_type: &DataType, value: &serde_json::Value) -> Option<String> {
    let or_null = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
    match (data_type, value) {
        (_, serde_json::Value::Null) => None,
        (DataType::Struct(fields), serde_json::Value::Object(members)) => {
            let members: Vec<_> = fields
                .iter()
                .map(|field| {
                    let value = members
                        .iter()
                        .find(|(key, _)| key.eq_ignore_ascii_case(field.name()))
                        .and_then(|(_, value)| json_as_shown(field.data_type(), value));
                    format!("{}: {}", field.name(), or_null(value))
                })
                .collect();
            Some(format!("{{{}}}", members.join(", ")))
        }
        (DataType::List(item), serde_json::Value::Array(items)) => {
            let items: Vec<_> =
                items.iter().map(|value| or_null(json_as_shown(item.data_type(), value))).collect();
            Some(format!("[{}]", items.join(", ")))
        }
        (_, serde_json::Value::String(text)) => Some(text.clone()),
        (_, value) => Some(value.to_string()),
    }
}

#[test]
fn every_column_holds_what_was_written() {
    for log_type in log_types::ALL {
        check(log_type, "\n", |_, _| {});
    }
}

#[test]
fn line_ends_of_windows_change_nothing() {
    for log_type in log_types::ALL {
        check(log_type, "\r\n", |_, _| {});
    }
}

#[test]
fn quoted_values_hold_blanks_and_any_character_but_quotes() {
    const CHARACTERS: &[&str] =
        &[" ", "a", "B", "7", "-", "é", "汉", "🦀", "'", "\t", "[", "]", "{", "=", "\\x22"];
    for log_type in log_types::ALL {
        check(log_type, "\n", |record, random| {
            for field in log_type.fields {
                if field.quoting == Quoting::Bare || matches!(field.value, Value::Request(..)) {
                    continue;
                }
                let length = random.below(100);
                let text: String = (0..length).map(|_| random.one_of(CHARACTERS)).collect();
                record.set(field.name, text);
            }
        });
    }
}

#[test]
fn values_of_every_length_around_the_decoders_steps_are_whole() {
    for log_type in log_types::ALL {
        let Some(field) = log_type.fields.iter().find(|field| field.quoting == Quoting::Quoted)
        else {
            continue;
        };
        for length in 0..150 {
            let mut record = Record::new(log_type, 0, &mut Random::new(length));
            let mut value = "x y".repeat(50);
            value.truncate(usize::try_from(length).unwrap());
            let value = format!("a {value} b");
            record.set(field.name, value.clone());
            let text = synthetic::header(log_type) + &record.line();
            let decoded = Decoded::whole(log_type, text.as_bytes());
            let column = field.columns().last().unwrap().name;
            let expected = part(&field.value, field.columns().count() - 1, &value);
            let found = decoded.column(column);
            assert_eq!(found, [expected.map(str::to_owned)], "{}", log_type.name);
        }
    }
}

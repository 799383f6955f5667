//! Text taken apart at what separates its parts, and where something stands in it.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ListBuilder, MapArray, StringViewBuilder, StructArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::rows::{
    answer, bigints, invalid, invalid_argument, rows, texts, to_bigint, to_text, to_texts,
};

/// `split(text, delimiter[, limit])`.
pub(super) fn split(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, delimiter) = (texts(args, 0)?, texts(args, 1)?);
    let limit = (args.args.len() > 2).then(|| bigints(args, 2)).transpose()?;
    to_texts(args, |row| {
        let (text, delimiter) = (text.get(row)?, delimiter.get(row)?);
        let limit = match &limit {
            None => i64::MAX,
            Some(limit) => limit.get(row)?,
        };
        let Some(parts) = usize::try_from(limit).ok().filter(|limit| *limit > 0) else {
            return invalid("Limit must be positive");
        };
        if delimiter.is_empty() {
            return invalid("The delimiter may not be the empty string");
        }
        Some(Ok(text.splitn(parts, delimiter).map(Some).collect()))
    })
}

/// `split_part(text, delimiter, index)`: NULL if there are not so many parts.
pub(super) fn split_part(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, delimiter, index) = (texts(args, 0)?, texts(args, 1)?, bigints(args, 2)?);
    to_text(args, |row| {
        let (text, delimiter, index) = (text.get(row)?, delimiter.get(row)?, index.get(row)?);
        let Some(at) = usize::try_from(index).ok().and_then(|index| index.checked_sub(1)) else {
            return invalid("Index must be greater than zero");
        };
        if delimiter.is_empty() {
            let (place, char) = text.char_indices().nth(at)?;
            return Some(Ok(&text[place..place + char.len_utf8()]));
        }
        let mut chars = delimiter.chars();
        match (chars.next(), chars.next()) {
            // One character is found without the preparation that a longer text takes.
            (Some(char), None) => text.split(char).nth(at).map(Ok),
            _ => text.split(delimiter).nth(at).map(Ok),
        }
    })
}

/// `strpos(text, part[, instance])`: from 1, 0 if it is not there; a negative instance counts from the end.
pub(super) fn strpos(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, part) = (texts(args, 0)?, texts(args, 1)?);
    let instance = (args.args.len() > 2).then(|| bigints(args, 2)).transpose()?;
    to_bigint(args, |row| {
        let (text, part) = (text.get(row)?, part.get(row)?);
        let instance = match &instance {
            None => 1,
            Some(instance) => instance.get(row)?,
        };
        if instance == 0 {
            return invalid("'instance' must be a positive or negative number.");
        }
        if part.is_empty() {
            return Some(Ok(1));
        }
        let place = match instance {
            1 => text.find(part),
            _ => nth_place(text, part, instance),
        };
        Some(Ok(place.map_or(0, |place| text[..place].chars().count() as i64 + 1)))
    })
}

/// `split_to_map(text, between_entries, between_key_and_value)`.
pub(super) fn split_to_map(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let mut values = StringViewBuilder::new();
    let made = to_map(args, |key, value, seen| {
        if seen.is_some() {
            return Err(invalid_argument(format!("Duplicate keys ({key}) are not allowed")));
        }
        values.append_value(value);
        Ok(())
    })?;
    made.finish(args, |_| Arc::new(values.finish()))
}

/// `split_to_multimap(text, between_entries, between_key_and_value)`.
pub(super) fn split_to_multimap(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    // The values of each key, in the order of the keys in the whole column.
    let mut values: Vec<Vec<String>> = Vec::new();
    let made = to_map(args, |_, value, seen| {
        match seen {
            Some(key) => values[key].push(value.to_owned()),
            None => values.push(vec![value.to_owned()]),
        }
        Ok(())
    })?;
    made.finish(args, |value_type| {
        let mut builder = ListBuilder::new(StringViewBuilder::new());
        if let DataType::List(item) = value_type {
            builder = builder.with_field(Arc::clone(item));
        }
        for values in values {
            values.iter().for_each(|value| builder.values().append_value(value));
            builder.append(true);
        }
        Arc::new(builder.finish())
    })
}

/// Where an instance of a part begins, of instances that may overlap.
fn nth_place(text: &str, part: &str, instance: i64) -> Option<usize> {
    let wanted = usize::try_from(instance.unsigned_abs()).ok()? - 1;
    // Each character may begin an instance, so the places are tried one by one after the last found.
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(part)) {
        let place = from + found;
        if instance > 0 && places.len() == wanted {
            return Some(place);
        }
        places.push(place);
        from = place + text[place..].chars().next().map_or(1, char::len_utf8);
    }
    (instance < 0).then(|| places.iter().rev().nth(wanted).copied()).flatten()
}

/// Maps whose values are yet to come.
struct Keys {
    keys: StringViewBuilder,
    lengths: Vec<usize>,
    is_valid: Vec<bool>,
}

/// Reads the entries of each row. `take` is told a key, a value, and which key of the column it is if the row has it already.
fn to_map(
    args: &ScalarFunctionArgs,
    mut take: impl FnMut(&str, &str, Option<usize>) -> Result<()>,
) -> Result<Keys> {
    let (text, between_entries, between) = (texts(args, 0)?, texts(args, 1)?, texts(args, 2)?);
    let mut made =
        Keys { keys: StringViewBuilder::new(), lengths: Vec::new(), is_valid: Vec::new() };
    let mut keys_before = 0;
    for row in 0..rows(args) {
        let (Some(text), Some(between_entries), Some(between)) =
            (text.get(row), between_entries.get(row), between.get(row))
        else {
            made.lengths.push(0);
            made.is_valid.push(false);
            continue;
        };
        if between_entries.is_empty() {
            return Err(invalid_argument("entryDelimiter is empty"));
        }
        if between.is_empty() {
            return Err(invalid_argument("keyValueDelimiter is empty"));
        }
        if between_entries == between {
            return Err(invalid_argument(
                "entryDelimiter and keyValueDelimiter must not be the same",
            ));
        }
        let mut seen = std::collections::HashMap::new();
        // A delimiter at the end begins no entry.
        let entries = text.strip_suffix(between_entries).unwrap_or(text);
        for entry in entries.split(between_entries).filter(|_| !text.is_empty()) {
            let (key, value) = (entry.split_once(between))
                .filter(|(_, value)| !value.contains(between))
                .ok_or_else(|| {
                    invalid_argument(format!(
                        "Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'"
                    ))
                })?;
            take(key, value, seen.get(key).copied())?;
            let next = keys_before + seen.len();
            if let std::collections::hash_map::Entry::Vacant(new) = seen.entry(key) {
                new.insert(next);
                made.keys.append_value(key);
            }
        }
        keys_before += seen.len();
        made.lengths.push(seen.len());
        made.is_valid.push(true);
    }
    Ok(made)
}

impl Keys {
    /// The maps with their values, which are made for their type.
    fn finish(
        mut self,
        args: &ScalarFunctionArgs,
        values: impl FnOnce(&DataType) -> ArrayRef,
    ) -> Result<ColumnarValue> {
        let declared = args.return_field.data_type();
        let DataType::Map(entries_field, _) = declared else {
            return Err(DataFusionError::Internal("a map was to be declared".to_owned()));
        };
        let DataType::Struct(fields) = entries_field.data_type() else {
            return Err(DataFusionError::Internal("a map without entries".to_owned()));
        };
        let values = values(fields[1].data_type());
        let columns = vec![Arc::new(self.keys.finish()) as ArrayRef, values];
        let entries = StructArray::try_new(fields.clone(), columns, None)?;
        let maps = MapArray::try_new(
            Arc::clone(entries_field),
            OffsetBuffer::from_lengths(self.lengths),
            entries,
            Some(NullBuffer::from(self.is_valid)),
            false,
        )?;
        answer(args, Arc::new(maps))
    }
}

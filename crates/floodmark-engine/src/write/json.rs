//! Lines of JSON, as Hive's JsonSerDe writes and reads them.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;

use crate::error::Result;
use crate::write::value;

/// The rows as lines, each an object.
pub(crate) fn lines(batch: &RecordBatch) -> Result<String> {
    let columns: Vec<_> = batch.columns().iter().map(texts).collect::<Result<_>>()?;
    let schema = batch.schema();
    let names: Vec<String> = schema.fields().iter().map(|field| quoted(field.name())).collect();
    let mut lines = String::new();
    for row in 0..batch.num_rows() {
        let members =
            names.iter().zip(&columns).map(|(name, column)| (name.as_str(), &column[row]));
        object(members, &mut lines);
        lines.push('\n');
    }
    Ok(lines)
}

/// The values of an array as JSON.
fn texts(array: &ArrayRef) -> Result<Vec<Option<String>>> {
    Ok(match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let items = texts(list.values())?;
            let offsets = list.value_offsets();
            (0..list.len())
                .map(|row| {
                    let range = offsets[row] as usize..offsets[row + 1] as usize;
                    list.is_valid(row).then(|| {
                        let items: Vec<_> = items[range].iter().map(shown).collect();
                        format!("[{}]", items.join(","))
                    })
                })
                .collect()
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let keys = value::texts(map.keys())?;
            let values = texts(map.values())?;
            let offsets = map.value_offsets();
            (0..map.len())
                .map(|row| {
                    let range = offsets[row] as usize..offsets[row + 1] as usize;
                    map.is_valid(row).then(|| {
                        let keys = keys[range.clone()].iter();
                        let keys: Vec<_> =
                            keys.map(|key| quoted(key.as_deref().unwrap_or_default())).collect();
                        let mut text = String::new();
                        object(keys.iter().map(String::as_str).zip(&values[range]), &mut text);
                        text
                    })
                })
                .collect()
        }
        DataType::Struct(fields) => {
            let row_values = array.as_struct();
            let names: Vec<String> = fields.iter().map(|field| quoted(field.name())).collect();
            let columns: Vec<_> = row_values.columns().iter().map(texts).collect::<Result<_>>()?;
            (0..array.len())
                .map(|row| {
                    array.is_valid(row).then(|| {
                        let members = names.iter().zip(&columns);
                        let members = members.map(|(name, column)| (name.as_str(), &column[row]));
                        let mut text = String::new();
                        object(members, &mut text);
                        text
                    })
                })
                .collect()
        }
        data_type => {
            // What JSON has no sign for, such as NaN, is a text.
            let is_plain = data_type.is_numeric() || *data_type == DataType::Boolean;
            let written = |text: String| {
                let is_word = text.ends_with(|last: char| last.is_ascii_alphabetic());
                if is_plain && (!is_word || *data_type == DataType::Boolean) {
                    text
                } else {
                    quoted(&text)
                }
            };
            value::texts(array)?.into_iter().map(|text| text.map(written)).collect()
        }
    })
}

fn object<'a>(members: impl Iterator<Item = (&'a str, &'a Option<String>)>, text: &mut String) {
    text.push('{');
    for (at, (name, value)) in members.enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(name);
        text.push(':');
        text.push_str(shown(value));
    }
    text.push('}');
}

fn shown(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("null")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

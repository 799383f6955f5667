//! Casts from and to `json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StringViewArray, StructArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use serde_json::Value;

use super::text::{from_text, limited};
use super::{Otherwise, unsupported};
use crate::dialect::trino_type::{TrinoType, failure, nameless};
use crate::dialect::value_text::{Writer, double_text, exponent_text};

/// Casts an array of JSON to a type. JSON's null becomes NULL.
pub(super) fn from_json(
    array: &ArrayRef,
    to: &TrinoType,
    otherwise: Otherwise,
) -> Result<ArrayRef> {
    let text = cast(array, &DataType::Utf8View)?;
    let values = (text.as_string_view().iter())
        .map(|text| match text.map(serde_json::from_str::<Value>).transpose() {
            Ok(value) => Ok(value),
            Err(_) if otherwise == Otherwise::Null => Ok(None),
            Err(_) => {
                let text = text.unwrap_or_default();
                Err(failure("INVALID_CAST_ARGUMENT", &format!("Cannot convert '{text}' to JSON")))
            }
        })
        .collect::<Result<Vec<Option<Value>>>>()?;
    let values: Vec<Option<&Value>> = values.iter().map(Option::as_ref).collect();
    build(&values, to, otherwise)
}

/// Casts an array of any type to JSON.
pub(super) fn to_json(array: &ArrayRef, from: &TrinoType) -> Result<ArrayRef> {
    let writer = JsonWriter::new(array, from)?;
    let rows = (0..array.len()).map(|row| {
        (!writer.is_null(row)).then(|| {
            let mut text = String::new();
            writer.append(row, &mut text);
            text
        })
    });
    Ok(Arc::new(rows.collect::<StringViewArray>()))
}

/// A failure to make one of JSON's values something else.
fn refusal(value: &Value, to: &TrinoType) -> DataFusionError {
    let message = match (to, value) {
        (TrinoType::Array(_), _) => {
            format!("Cannot cast to {to}. Expected a json array, but got {value}")
        }
        (TrinoType::Map(..), _) => {
            format!("Cannot cast to {to}. Expected a json object, but got {value}")
        }
        (TrinoType::Row(_), _) => {
            format!("Cannot cast to {to}. Expected a json array or object, but got {value}")
        }
        _ => format!("Cannot cast '{value}' to {}", to.to_string().to_uppercase()),
    };
    failure("INVALID_CAST_ARGUMENT", &message)
}

fn build(values: &[Option<&Value>], to: &TrinoType, otherwise: Otherwise) -> Result<ArrayRef> {
    if *to == TrinoType::Json {
        let texts = values.iter().map(|value| value.map(Value::to_string));
        return Ok(Arc::new(texts.collect::<StringViewArray>()));
    }
    let values: Vec<Option<&Value>> =
        values.iter().map(|value| value.filter(|value| !value.is_null())).collect();
    let nulls = || NullBuffer::from_iter(values.iter().map(Option::is_some));
    let refuse = |value: &Value| match otherwise {
        Otherwise::Error => Err(refusal(value, to)),
        Otherwise::Null => Ok(()),
    };
    match to {
        TrinoType::Array(item) => {
            let (mut items, mut lengths) = (Vec::new(), Vec::with_capacity(values.len()));
            for value in &values {
                let before = items.len();
                match value {
                    None => {}
                    Some(Value::Array(array)) => items.extend(array.iter().map(Some)),
                    Some(other) => refuse(other)?,
                }
                lengths.push(items.len() - before);
            }
            let items = build(&items, item, otherwise)?;
            let field = Arc::new(item.field("item"));
            let offsets = OffsetBuffer::from_lengths(lengths);
            Ok(Arc::new(ListArray::try_new(field, offsets, items, Some(nulls()))?))
        }
        TrinoType::Map(key, item) => {
            let (mut keys, mut items) = (Vec::new(), Vec::new());
            let mut lengths = Vec::with_capacity(values.len());
            for value in &values {
                let before = items.len();
                match value {
                    None => {}
                    Some(Value::Object(object)) => {
                        keys.extend(object.keys().map(|key| Some(key.as_str())));
                        items.extend(object.values().map(Some));
                    }
                    Some(other) => refuse(other)?,
                }
                lengths.push(items.len() - before);
            }
            let keys: ArrayRef = Arc::new(keys.into_iter().collect::<StringViewArray>());
            let keys = from_text(&keys, key, Otherwise::Error)?;
            let items = build(&items, item, otherwise)?;
            let DataType::Map(entries_field, _) = to.arrow() else {
                return Err(unsupported(&TrinoType::Json, to));
            };
            let DataType::Struct(fields) = entries_field.data_type() else {
                return Err(unsupported(&TrinoType::Json, to));
            };
            let entries = StructArray::try_new(fields.clone(), vec![keys, items], None)?;
            let offsets = OffsetBuffer::from_lengths(lengths);
            Ok(Arc::new(MapArray::try_new(entries_field, offsets, entries, Some(nulls()), false)?))
        }
        TrinoType::Row(fields) => {
            for value in values.iter().flatten() {
                match value {
                    Value::Object(_) => {}
                    Value::Array(array) if array.len() == fields.len() => {}
                    other => refuse(other)?,
                }
            }
            let (mut arrow, mut columns) = (Vec::new(), Vec::new());
            for (at, (name, field)) in fields.iter().enumerate() {
                let column: Vec<Option<&Value>> = (values.iter())
                    .map(|value| match value {
                        Some(Value::Array(array)) => array.get(at),
                        Some(Value::Object(object)) => name.as_ref().and_then(|name| {
                            object.get(name).or_else(|| {
                                let mut entries = object.iter();
                                entries.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|e| e.1)
                            })
                        }),
                        _ => None,
                    })
                    .collect();
                columns.push(build(&column, field, otherwise)?);
                arrow.push(field.field(&name.clone().unwrap_or_else(|| nameless(at))));
            }
            Ok(Arc::new(StructArray::try_new_with_length(
                arrow.into(),
                columns,
                Some(nulls()),
                values.len(),
            )?))
        }
        _ => scalars(&values, to, otherwise),
    }
}

/// Simple values go through their text.
fn scalars(values: &[Option<&Value>], to: &TrinoType, otherwise: Otherwise) -> Result<ArrayRef> {
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        texts.push(match value {
            None => None,
            Some(Value::Array(_) | Value::Object(_)) if otherwise == Otherwise::Null => None,
            Some(value @ (Value::Array(_) | Value::Object(_))) => return Err(refusal(value, to)),
            Some(value) => Some(scalar_text(value, to)),
        });
    }
    let texts = texts.into_iter().collect::<StringViewArray>();
    match to {
        TrinoType::Varchar(length) => Ok(limited(&texts, *length)),
        _ => {
            let texts: ArrayRef = Arc::new(texts);
            from_text(&texts, to, otherwise)
        }
    }
}

fn scalar_text(value: &Value, to: &TrinoType) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(truth) if to.is_number() => u8::from(*truth).to_string(),
        Value::Number(number) if *to == TrinoType::Boolean => {
            (number.as_f64() != Some(0.0)).to_string()
        }
        Value::Number(number) if !number.is_i64() && !number.is_u64() => {
            let float = number.as_f64().unwrap_or_default();
            match to {
                TrinoType::Varchar(_) => exponent_text(&format!("{float:e}"), float),
                to if to.is_integer() => format!("{:.0}", float.round()),
                _ => number.to_string(),
            }
        }
        other => other.to_string(),
    }
}

/// Writes the values of an array as JSON.
enum JsonWriter {
    /// Values whose text is JSON as it is.
    Bare(Writer),
    /// Values whose text is quoted.
    Quoted(Writer),
    /// Numbers, of which some are none to JSON.
    Double(ArrayRef),
    List(ListArray, Box<JsonWriter>),
    Map(MapArray, Writer, Box<JsonWriter>),
    Row(StructArray, Vec<(String, JsonWriter)>),
    Null,
}

impl JsonWriter {
    fn new(array: &ArrayRef, from: &TrinoType) -> Result<Self> {
        let field = from.field("value");
        Ok(match from {
            TrinoType::Unknown => Self::Null,
            TrinoType::Json | TrinoType::Boolean | TrinoType::Decimal(..) => {
                Self::Bare(Writer::new(array, &field)?)
            }
            from if from.is_integer() => Self::Bare(Writer::new(array, &field)?),
            TrinoType::Real | TrinoType::Double => Self::Double(cast(array, &DataType::Float64)?),
            TrinoType::Varchar(_)
            | TrinoType::Char(_)
            | TrinoType::Date
            | TrinoType::Timestamp
            | TrinoType::TimestampWithTimeZone(_)
            | TrinoType::IpAddress => Self::Quoted(Writer::new(array, &field)?),
            TrinoType::Array(item) => {
                let array = array.as_list_opt::<i32>().ok_or_else(|| not_castable(from))?.clone();
                let items = Self::new(array.values(), item)?;
                Self::List(array, Box::new(items))
            }
            TrinoType::Map(key, value) => {
                let array = array.as_map_opt().ok_or_else(|| not_castable(from))?.clone();
                let keys = Writer::new(array.keys(), &key.field("key"))?;
                let values = Self::new(array.values(), value)?;
                Self::Map(array, keys, Box::new(values))
            }
            TrinoType::Row(fields) => {
                let array = array.as_struct_opt().ok_or_else(|| not_castable(from))?.clone();
                let columns = (fields.iter().zip(array.columns()))
                    .map(|((name, field), column)| {
                        Ok((name.clone().unwrap_or_default(), Self::new(column, field)?))
                    })
                    .collect::<Result<Vec<_>>>()?;
                Self::Row(array, columns)
            }
            _ => return Err(not_castable(from)),
        })
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Bare(writer) | Self::Quoted(writer) => writer.is_null(row),
            Self::Double(array) => array.is_null(row),
            Self::List(array, _) => array.is_null(row),
            Self::Map(array, ..) => array.is_null(row),
            Self::Row(array, _) => array.is_null(row),
            Self::Null => true,
        }
    }

    fn append(&self, row: usize, out: &mut String) {
        if self.is_null(row) {
            out.push_str("null");
            return;
        }
        match self {
            Self::Bare(writer) => out.push_str(&writer.text(row).unwrap_or_default()),
            Self::Quoted(writer) => quoted(&writer.text(row).unwrap_or_default(), out),
            Self::Double(array) => {
                let number =
                    array.as_primitive::<datafusion::arrow::array::types::Float64Type>().value(row);
                if number.is_finite() {
                    out.push_str(&double_text(number));
                } else {
                    quoted(&double_text(number), out);
                }
            }
            Self::List(array, items) => {
                let offsets = array.value_offsets();
                out.push('[');
                for at in offsets[row]..offsets[row + 1] {
                    if at > offsets[row] {
                        out.push(',');
                    }
                    items.append(at as usize, out);
                }
                out.push(']');
            }
            Self::Map(array, keys, values) => {
                let offsets = array.value_offsets();
                let entries: BTreeMap<String, usize> = (offsets[row]..offsets[row + 1])
                    .map(|at| (keys.text(at as usize).unwrap_or_default(), at as usize))
                    .collect();
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    quoted(key, out);
                    out.push(':');
                    values.append(*value, out);
                }
                out.push('}');
            }
            Self::Row(_, columns) => {
                out.push('{');
                for (at, (name, column)) in columns.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    quoted(name, out);
                    out.push(':');
                    column.append(row, out);
                }
                out.push('}');
            }
            Self::Null => {}
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push_str(&Value::from(text).to_string());
}

fn not_castable(from: &TrinoType) -> DataFusionError {
    unsupported(from, &TrinoType::Json)
}

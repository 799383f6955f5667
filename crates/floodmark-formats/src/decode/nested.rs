//! Nested columns in the making, from JSON, as the OpenX SerDe reads it.
//!
//! Keys match whatever their case, the last of two equal ones counts, absent ones are NULL, a string that should be a number
//! is read as one, and anything that should be a string is its JSON text.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType, FieldRef, Fields};
use serde_json::value::RawValue;

use crate::decode::json::{items, members, string};
use crate::decode::row::{decimal, integer};

pub(crate) enum Nested {
    Text(StringBuilder),
    Boolean(BooleanBuilder),
    Int(PrimitiveBuilder<Int32Type>),
    BigInt(PrimitiveBuilder<Int64Type>),
    Float(PrimitiveBuilder<Float32Type>),
    Double(PrimitiveBuilder<Float64Type>),
    List {
        item: FieldRef,
        items: Box<Nested>,
        offsets: Vec<i32>,
        nulls: NullBufferBuilder,
    },
    Struct {
        fields: Fields,
        columns: Vec<Nested>,
        nulls: NullBufferBuilder,
        length: usize,
    },
    Map {
        entries: FieldRef,
        keys: Box<Nested>,
        values: Box<Nested>,
        offsets: Vec<i32>,
        nulls: NullBufferBuilder,
    },
}

impl Nested {
    pub(crate) fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Int32 => Self::Int(PrimitiveBuilder::new()),
            DataType::Int64 => Self::BigInt(PrimitiveBuilder::new()),
            DataType::Float32 => Self::Float(PrimitiveBuilder::new()),
            DataType::Float64 => Self::Double(PrimitiveBuilder::new()),
            DataType::List(item) => Self::List {
                item: Arc::clone(item),
                items: Box::new(Self::new(item.data_type())),
                offsets: vec![0],
                nulls: NullBufferBuilder::new(0),
            },
            DataType::Struct(fields) => Self::Struct {
                fields: fields.clone(),
                columns: fields.iter().map(|field| Self::new(field.data_type())).collect(),
                nulls: NullBufferBuilder::new(0),
                length: 0,
            },
            DataType::Map(entries, _) => {
                let DataType::Struct(fields) = entries.data_type() else {
                    unreachable!("the entries of a map are structs")
                };
                Self::Map {
                    entries: Arc::clone(entries),
                    keys: Box::new(Self::new(fields[0].data_type())),
                    values: Box::new(Self::new(fields[1].data_type())),
                    offsets: vec![0],
                    nulls: NullBufferBuilder::new(0),
                }
            }
            other => unreachable!("no log has nested values of {other}"),
        }
    }

    /// Appends a value; None and what does not fit the type are NULL.
    pub(crate) fn push(&mut self, value: Option<&RawValue>) {
        let text = value.map_or("null", RawValue::get);
        match self {
            Self::Text(column) => column.append_option(value.and_then(string)),
            Self::Boolean(column) => column.append_option(match plain(text) {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            }),
            Self::Int(column) => column.append_option(
                integer(plain(text).as_bytes()).and_then(|value| i32::try_from(value).ok()),
            ),
            Self::BigInt(column) => column.append_option(integer(plain(text).as_bytes())),
            Self::Float(column) => column.append_option(decimal(plain(text).as_bytes())),
            Self::Double(column) => column.append_option(decimal(plain(text).as_bytes())),
            Self::List { items: column, offsets, nulls, .. } => {
                let mut length = *offsets.last().expect("offsets begin with zero");
                let list = items(text, |item| {
                    column.push(Some(item));
                    length += 1;
                });
                offsets.push(length);
                nulls.append(list.is_some());
            }
            Self::Struct { fields, columns, nulls, length } => {
                let mut values = vec![None; fields.len()];
                let object = members(text, |key, value| {
                    if let Some(field) =
                        fields.iter().position(|field| field.name().eq_ignore_ascii_case(key))
                    {
                        values[field] = Some(value);
                    }
                });
                for (column, value) in columns.iter_mut().zip(values) {
                    column.push(value);
                }
                nulls.append(object.is_some());
                *length += 1;
            }
            Self::Map { keys, values, offsets, nulls, .. } => {
                let mut length = *offsets.last().expect("offsets begin with zero");
                let map = members(text, |key, value| {
                    keys.push_key(key);
                    values.push(Some(value));
                    length += 1;
                });
                offsets.push(length);
                nulls.append(map.is_some());
            }
        }
    }

    fn push_key(&mut self, key: &str) {
        if let Self::Text(column) = self {
            column.append_value(key);
        }
    }

    pub(crate) fn finish(self) -> ArrayRef {
        let offsets = |offsets: Vec<i32>| OffsetBuffer::new(offsets.into());
        match self {
            Self::Text(mut column) => Arc::new(column.finish()),
            Self::Boolean(mut column) => Arc::new(column.finish()),
            Self::Int(mut column) => Arc::new(column.finish()),
            Self::BigInt(mut column) => Arc::new(column.finish()),
            Self::Float(mut column) => Arc::new(column.finish()),
            Self::Double(mut column) => Arc::new(column.finish()),
            Self::List { item, items, offsets: ends, mut nulls } => {
                Arc::new(ListArray::new(item, offsets(ends), items.finish(), nulls.finish()))
            }
            Self::Struct { fields, columns, mut nulls, length } => {
                let columns = columns.into_iter().map(Self::finish).collect();
                let array =
                    StructArray::try_new_with_length(fields, columns, nulls.finish(), length);
                Arc::new(array.expect("every field gets a value for each row"))
            }
            Self::Map { entries, keys, values, offsets: ends, mut nulls } => {
                let DataType::Struct(fields) = entries.data_type() else {
                    unreachable!("the entries of a map are structs")
                };
                let columns = vec![keys.finish(), values.finish()];
                let pairs = StructArray::new(fields.clone(), columns, None);
                Arc::new(MapArray::new(entries, offsets(ends), pairs, nulls.finish(), false))
            }
        }
    }
}

/// A scalar's text without the quotes of a string.
fn plain(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

//! The types of columns, as Athena writes them and as Arrow holds them.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, TimeUnit};

use crate::limits::NESTED_DEPTH_MAX;

/// The type of a column, named as in Athena's DDL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// `string`: text as written, a lone `-` included.
    String,
    /// `int`: 32 bits, signed. What is not a number is NULL.
    Int,
    /// `bigint`: 64 bits, signed. What is not a number is NULL.
    BigInt,
    /// `float`: 32 bits.
    Float,
    /// `double`: 64 bits.
    Double,
    /// `date`: written as `yyyy-MM-dd`.
    Date,
    /// `timestamp`: microseconds since 1970 in UTC, without a zone.
    Timestamp,
    /// A nested type in Athena's own words, such as `array<struct<name:string,value:string>>`.
    Nested(&'static str),
}

impl ColumnType {
    /// The type as Athena's DDL writes it.
    pub fn athena(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Float => "float",
            Self::Double => "double",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Nested(name) => name,
        }
    }

    /// The type that Arrow arrays of this column have.
    ///
    /// Text at the top is `Utf8View`; inside nested values it is `Utf8`.
    pub fn arrow(self) -> DataType {
        match self {
            Self::String => DataType::Utf8View,
            Self::Int => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Nested(name) => nested(name).expect("declared nested types are tested to parse"),
        }
    }
}

/// Reads a nested type as Athena writes it (`array<…>`, `map<…,…>`, `struct<name:type,…>`); None if it is not one,
/// or if it is deeper than [`NESTED_DEPTH_MAX`](crate::limits::NESTED_DEPTH_MAX).
///
/// The names of fields become lower case, as Athena's catalog keeps them.
pub fn nested(text: &str) -> Option<DataType> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = compact.as_str();
    let data_type = data_type(&mut rest, NESTED_DEPTH_MAX)?;
    rest.is_empty().then_some(data_type)
}

fn data_type(rest: &mut &str, depth_left: usize) -> Option<DataType> {
    let depth_left = depth_left.checked_sub(1)?;
    let end = rest.find(['<', '>', ',', ':']).unwrap_or(rest.len());
    let name = rest[..end].to_ascii_lowercase();
    *rest = &rest[end..];
    Some(match name.as_str() {
        "array" => {
            take(rest, '<')?;
            let item = data_type(rest, depth_left)?;
            take(rest, '>')?;
            DataType::List(Arc::new(Field::new_list_field(item, true)))
        }
        "struct" => {
            take(rest, '<')?;
            let mut fields = Vec::new();
            loop {
                let colon = rest.find(':')?;
                let field = rest[..colon].trim_matches('`').to_ascii_lowercase();
                *rest = &rest[colon + 1..];
                fields.push(Field::new(field, data_type(rest, depth_left)?, true));
                if take(rest, ',').is_none() {
                    break;
                }
            }
            take(rest, '>')?;
            DataType::Struct(Fields::from(fields))
        }
        "map" => {
            take(rest, '<')?;
            let key = data_type(rest, depth_left)?;
            take(rest, ',')?;
            let value = data_type(rest, depth_left)?;
            take(rest, '>')?;
            let entries = Fields::from(vec![
                Field::new("keys", key, false),
                Field::new("values", value, true),
            ]);
            DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
        }
        "string" => DataType::Utf8,
        "int" | "integer" => DataType::Int32,
        "bigint" => DataType::Int64,
        "float" => DataType::Float32,
        "double" => DataType::Float64,
        "boolean" => DataType::Boolean,
        _ => return None,
    })
}

fn take(rest: &mut &str, expected: char) -> Option<()> {
    *rest = rest.strip_prefix(expected)?;
    Some(())
}

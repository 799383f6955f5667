//! Columns in the making.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType, FieldRef, Fields};

use crate::hive::hive_type::HiveType;
use crate::hive::value::Scalar;
use crate::text::{Block, TextColumn};

/// A column of a batch.
pub(crate) enum Column {
    /// Text that points into the block.
    Text(TextColumn),
    Values(Values),
}

/// Values of one type, at the top or nested.
pub(crate) enum Values {
    Text(StringBuilder),
    Boolean(BooleanBuilder),
    TinyInt(PrimitiveBuilder<Int8Type>),
    SmallInt(PrimitiveBuilder<Int16Type>),
    Int(PrimitiveBuilder<Int32Type>),
    BigInt(PrimitiveBuilder<Int64Type>),
    Float(PrimitiveBuilder<Float32Type>),
    Double(PrimitiveBuilder<Float64Type>),
    Decimal(PrimitiveBuilder<Decimal128Type>),
    Binary(BinaryBuilder),
    Date(PrimitiveBuilder<Date32Type>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    List(List),
    Struct(Struct),
    Map(Map),
}

/// Arrays in the making.
pub(crate) struct List {
    item: FieldRef,
    pub(crate) items: Box<Values>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

/// Structs in the making.
pub(crate) struct Struct {
    fields: Fields,
    pub(crate) columns: Vec<Values>,
    nulls: NullBufferBuilder,
    length: usize,
}

/// Maps in the making.
pub(crate) struct Map {
    entries: FieldRef,
    pub(crate) keys: Box<Values>,
    pub(crate) values: Box<Values>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Column {
    pub(crate) fn new(hive_type: &HiveType, block: &Block, capacity: usize) -> Self {
        if hive_type.is_text() {
            Self::Text(TextColumn::new(block, capacity))
        } else {
            Self::Values(Values::new(&hive_type.arrow(), capacity))
        }
    }

    pub(crate) fn push_null(&mut self) {
        match self {
            Self::Text(column) => column.push_null(),
            Self::Values(values) => values.push_null(),
        }
    }

    pub(crate) fn push(&mut self, value: Option<Scalar<'_>>) {
        match (self, value) {
            (Self::Text(column), Some(Scalar::Text(text))) => column.push_text(&text),
            (Self::Text(column), _) => column.push_null(),
            (Self::Values(values), value) => values.push(value),
        }
    }

    pub(crate) fn finish(self) -> ArrayRef {
        match self {
            Self::Text(column) => Arc::new(column.finish()),
            Self::Values(values) => values.finish(),
        }
    }
}

impl Values {
    pub(crate) fn new(data_type: &DataType, capacity: usize) -> Self {
        fn primitive<T: ArrowPrimitiveType>(
            data_type: &DataType,
            capacity: usize,
        ) -> PrimitiveBuilder<T> {
            PrimitiveBuilder::with_capacity(capacity).with_data_type(data_type.clone())
        }
        match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::with_capacity(capacity)),
            DataType::Int8 => Self::TinyInt(primitive(data_type, capacity)),
            DataType::Int16 => Self::SmallInt(primitive(data_type, capacity)),
            DataType::Int32 => Self::Int(primitive(data_type, capacity)),
            DataType::Int64 => Self::BigInt(primitive(data_type, capacity)),
            DataType::Float32 => Self::Float(primitive(data_type, capacity)),
            DataType::Float64 => Self::Double(primitive(data_type, capacity)),
            DataType::Decimal128(..) => Self::Decimal(primitive(data_type, capacity)),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::Date32 => Self::Date(primitive(data_type, capacity)),
            DataType::Timestamp(..) => Self::Timestamp(primitive(data_type, capacity)),
            DataType::List(item) => Self::List(List {
                item: Arc::clone(item),
                items: Box::new(Self::new(item.data_type(), 0)),
                offsets: vec![0],
                nulls: NullBufferBuilder::new(capacity),
            }),
            DataType::Struct(fields) => Self::Struct(Struct {
                fields: fields.clone(),
                columns: fields
                    .iter()
                    .map(|field| Self::new(field.data_type(), capacity))
                    .collect(),
                nulls: NullBufferBuilder::new(capacity),
                length: 0,
            }),
            DataType::Map(entries, _) => {
                let DataType::Struct(fields) = entries.data_type() else {
                    unreachable!("the entries of a map are structs")
                };
                Self::Map(Map {
                    entries: Arc::clone(entries),
                    keys: Box::new(Self::new(fields[0].data_type(), 0)),
                    values: Box::new(Self::new(fields[1].data_type(), 0)),
                    offsets: vec![0],
                    nulls: NullBufferBuilder::new(capacity),
                })
            }
            // Of the types that a Hive type becomes only text is left.
            _ => Self::Text(StringBuilder::new()),
        }
    }

    pub(crate) fn push_null(&mut self) {
        match self {
            Self::List(list) => list.end(false),
            Self::Struct(fields) => fields.end_null(),
            Self::Map(map) => map.end(false),
            scalar => scalar.push(None),
        }
    }

    /// Appends a value that is not nested; one that the column cannot hold is NULL.
    pub(crate) fn push(&mut self, value: Option<Scalar<'_>>) {
        let whole = match value {
            Some(Scalar::Whole(whole)) => Some(whole),
            _ => None,
        };
        match self {
            Self::Text(column) => column.append_option(match value {
                Some(Scalar::Text(text)) => Some(text),
                _ => None::<Cow<'_, str>>,
            }),
            Self::Boolean(column) => column.append_option(match value {
                Some(Scalar::Boolean(value)) => Some(value),
                _ => None,
            }),
            Self::TinyInt(column) => column.append_option(whole.and_then(|v| i8::try_from(v).ok())),
            Self::SmallInt(column) => {
                column.append_option(whole.and_then(|v| i16::try_from(v).ok()));
            }
            Self::Int(column) => column.append_option(whole.and_then(|v| i32::try_from(v).ok())),
            Self::BigInt(column) => column.append_option(whole),
            Self::Date(column) => column.append_option(whole.and_then(|v| i32::try_from(v).ok())),
            Self::Float(column) => column.append_option(match value {
                Some(Scalar::Float(value)) => Some(value),
                _ => None,
            }),
            Self::Double(column) => column.append_option(match value {
                Some(Scalar::Double(value)) => Some(value),
                _ => None,
            }),
            Self::Decimal(column) => column.append_option(match value {
                Some(Scalar::Decimal(value)) => Some(value),
                _ => None,
            }),
            Self::Binary(column) => column.append_option(match value {
                Some(Scalar::Binary(value)) => Some(value),
                _ => None,
            }),
            Self::Timestamp(column) => column.append_option(match value {
                Some(Scalar::Time(value)) => Some(value),
                _ => None,
            }),
            Self::List(_) | Self::Struct(_) | Self::Map(_) => self.push_null(),
        }
    }

    pub(crate) fn finish(self) -> ArrayRef {
        fn primitive<T: ArrowPrimitiveType>(mut builder: PrimitiveBuilder<T>) -> ArrayRef {
            Arc::new(builder.finish())
        }
        let offsets = |offsets: Vec<i32>| OffsetBuffer::new(offsets.into());
        match self {
            Self::Text(mut column) => Arc::new(column.finish()),
            Self::Boolean(mut column) => Arc::new(column.finish()),
            Self::TinyInt(column) => primitive(column),
            Self::SmallInt(column) => primitive(column),
            Self::Int(column) => primitive(column),
            Self::BigInt(column) => primitive(column),
            Self::Float(column) => primitive(column),
            Self::Double(column) => primitive(column),
            Self::Decimal(column) => primitive(column),
            Self::Binary(mut column) => Arc::new(column.finish()),
            Self::Date(column) => primitive(column),
            Self::Timestamp(column) => primitive(column),
            Self::List(mut list) => {
                let items = list.items.finish();
                Arc::new(ListArray::new(
                    list.item,
                    offsets(list.offsets),
                    items,
                    list.nulls.finish(),
                ))
            }
            Self::Struct(mut fields) => {
                let columns = fields.columns.into_iter().map(Self::finish).collect();
                let nulls = fields.nulls.finish();
                let array =
                    StructArray::try_new_with_length(fields.fields, columns, nulls, fields.length);
                Arc::new(array.expect("every field gets a value for each row"))
            }
            Self::Map(mut map) => {
                let DataType::Struct(fields) = map.entries.data_type() else {
                    unreachable!("the entries of a map are structs")
                };
                let columns = vec![map.keys.finish(), map.values.finish()];
                let pairs = StructArray::new(fields.clone(), columns, None);
                let nulls = map.nulls.finish();
                Arc::new(MapArray::new(map.entries, offsets(map.offsets), pairs, nulls, false))
            }
        }
    }

    /// How many values there are.
    fn length(&self) -> usize {
        use arrow_array::builder::ArrayBuilder as _;
        match self {
            Self::Text(column) => column.len(),
            Self::Boolean(column) => column.len(),
            Self::TinyInt(column) => column.len(),
            Self::SmallInt(column) => column.len(),
            Self::Int(column) => column.len(),
            Self::BigInt(column) => column.len(),
            Self::Float(column) => column.len(),
            Self::Double(column) => column.len(),
            Self::Decimal(column) => column.len(),
            Self::Binary(column) => column.len(),
            Self::Date(column) => column.len(),
            Self::Timestamp(column) => column.len(),
            Self::List(list) => list.offsets.len() - 1,
            Self::Struct(fields) => fields.length,
            Self::Map(map) => map.offsets.len() - 1,
        }
    }
}

impl List {
    /// Ends an array whose items were appended, or a NULL.
    pub(crate) fn end(&mut self, valid: bool) {
        self.offsets.push(self.items.length() as i32);
        self.nulls.append(valid);
    }
}

impl Struct {
    /// Ends a struct whose every field got a value.
    pub(crate) fn end(&mut self) {
        self.nulls.append_non_null();
        self.length += 1;
    }

    pub(crate) fn end_null(&mut self) {
        for column in &mut self.columns {
            column.push_null();
        }
        self.nulls.append_null();
        self.length += 1;
    }
}

impl Map {
    /// Ends a map whose keys and values were appended, or a NULL.
    pub(crate) fn end(&mut self, valid: bool) {
        self.offsets.push(self.keys.length() as i32);
        self.nulls.append(valid);
    }
}

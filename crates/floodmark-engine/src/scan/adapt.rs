//! Columns of Parquet objects in the types that a user's table says, where the two fit together.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Fields};
use datafusion::arrow::error::ArrowError;

/// Why a column has no values of a type.
#[derive(Debug)]
pub(crate) enum Misfit {
    /// Values of this type are never read as the other one.
    Types,
    /// A value lies outside of the other type.
    Value(ArrowError),
}

/// The values of a column in another type. Fields of structures are found by their names, whatever their case.
pub(crate) fn adapted(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Misfit> {
    use DataType as T;
    let given = array.data_type();
    match (given, target) {
        (given, target) if given == target => Ok(Arc::clone(array)),
        (T::Null, _) => Ok(new_null_array(target, array.len())),
        (T::Dictionary(_, inner), _) => adapted(&strict(array, inner)?, target),
        (T::LargeList(item) | T::FixedSizeList(item, _), T::List(_)) => {
            adapted(&strict(array, &T::List(Arc::clone(item)))?, target)
        }
        (T::List(_), T::List(item)) => {
            let list = array.as_list::<i32>();
            let values = adapted(list.values(), item.data_type())?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            made(ListArray::try_new(Arc::clone(item), offsets, values, nulls))
        }
        (T::Map(..), T::Map(entries, is_sorted)) => {
            let T::Struct(fields) = entries.data_type() else { return Err(Misfit::Types) };
            let map = array.as_map();
            let columns = [map.keys(), map.values()].into_iter().zip(fields);
            let columns = columns.map(|(column, field)| adapted(column, field.data_type()));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let inner = StructArray::try_new(fields.clone(), columns, None);
            let inner = inner.map_err(Misfit::Value)?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            made(MapArray::try_new(Arc::clone(entries), offsets, inner, nulls, *is_sorted))
        }
        (T::Struct(known), T::Struct(fields)) => {
            let columns = array.as_struct().columns();
            let found = fields.iter().map(|field| match position(known, field.name()) {
                Some(at) => adapted(&columns[at], field.data_type()),
                None => Ok(new_null_array(field.data_type(), array.len())),
            });
            let found = found.collect::<Result<Vec<_>, _>>()?;
            let nulls = array.nulls().cloned();
            made(StructArray::try_new_with_length(fields.clone(), found, nulls, array.len()))
        }
        (given, target) if fits(given, target) => strict(array, target),
        _ => Err(Misfit::Types),
    }
}

/// The type of a column as Parquet names it, as far as messages need it.
pub(crate) fn physical_name(data_type: &DataType) -> String {
    use DataType as T;
    match data_type {
        T::Boolean => "BOOLEAN",
        T::Int8 | T::Int16 | T::Int32 | T::UInt8 | T::UInt16 | T::UInt32 | T::Date32 => "INT32",
        T::Int64 | T::UInt64 | T::Timestamp(..) | T::Time64(_) => "INT64",
        T::Float32 => "FLOAT",
        T::Float64 => "DOUBLE",
        T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Binary | T::LargeBinary | T::BinaryView => {
            "BINARY"
        }
        T::FixedSizeBinary(_) => "FIXED_LEN_BYTE_ARRAY",
        other => return other.to_string(),
    }
    .to_owned()
}

/// Whether values that have no parts are read as another type, as Athena does it.
fn fits(given: &DataType, target: &DataType) -> bool {
    use DataType as T;
    let is_bytes = |data_type: &DataType| {
        matches!(
            data_type,
            T::Utf8
                | T::LargeUtf8
                | T::Utf8View
                | T::Binary
                | T::LargeBinary
                | T::BinaryView
                | T::FixedSizeBinary(_)
        )
    };
    let is_decimal = |data_type: &DataType| {
        matches!(
            data_type,
            T::Decimal32(..) | T::Decimal64(..) | T::Decimal128(..) | T::Decimal256(..)
        )
    };
    (is_bytes(given) && is_bytes(target))
        || (given.is_integer() && target.is_numeric())
        || (given.is_floating() && target.is_floating())
        || (is_decimal(given) && (is_decimal(target) || target.is_floating()))
        || matches!((given, target), (T::Timestamp(..), T::Timestamp(..)) | (T::Date64, T::Date32))
}

fn position(fields: &Fields, name: &str) -> Option<usize> {
    let exact = fields.iter().position(|field| field.name() == name);
    exact.or_else(|| fields.iter().position(|field| field.name().eq_ignore_ascii_case(name)))
}

/// The cast that fails where a value does not fit.
fn strict(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Misfit> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, target, &options).map_err(Misfit::Value)
}

fn made<A: Array + 'static>(array: Result<A, ArrowError>) -> Result<ArrayRef, Misfit> {
    array.map(|array| Arc::new(array) as ArrayRef).map_err(Misfit::Value)
}

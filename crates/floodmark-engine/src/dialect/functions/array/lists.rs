//! The values of arrays and maps, row by row, and what is made of them.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, MapArray, NullBufferBuilder, StructArray, UInt32Array,
    new_empty_array, new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::binary::{comparison_coercion, type_union_resolution};

use crate::dialect::trino_type::failure;

/// The arrays of a column.
pub(crate) struct Lists {
    /// The values of all rows.
    pub(crate) values: ArrayRef,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
}

impl Lists {
    /// The arrays of a column of arrays.
    pub(crate) fn of(array: &dyn Array) -> Result<Self> {
        match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Ok(Self::within(list.values(), list.offsets(), list.nulls()))
            }
            DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                Self::of(&cast(array, &DataType::List(Arc::clone(item)))?)
            }
            DataType::Null => Ok(Self {
                values: new_empty_array(&DataType::Null),
                offsets: OffsetBuffer::from_repeated_length(0, array.len()),
                nulls: Some(NullBuffer::new_null(array.len())),
            }),
            other => Err(DataFusionError::Internal(format!("{other} is no array"))),
        }
    }

    /// Of the values only those that belong to a row: a column may be a small part of a large one.
    fn within(values: &ArrayRef, offsets: &OffsetBuffer<i32>, nulls: Option<&NullBuffer>) -> Self {
        let (first, last) = (offsets[0], offsets[offsets.len() - 1]);
        Self {
            values: values.slice(first as usize, (last - first) as usize),
            offsets: offsets.clone().subtract(first),
            nulls: nulls.cloned(),
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether the row's array is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Which rows are NULL.
    pub(crate) fn nulls(&self) -> Option<&NullBuffer> {
        self.nulls.as_ref()
    }

    /// Where the values of a row's array lie; none for NULL.
    pub(crate) fn range(&self, row: usize) -> Range<usize> {
        if self.is_null(row) {
            return 0..0;
        }
        self.offsets[row] as usize..self.offsets[row + 1] as usize
    }

    /// From which row each of the values comes.
    pub(crate) fn row_numbers(&self) -> Vec<u32> {
        let mut rows = Vec::with_capacity(self.values.len());
        for row in 0..self.len() {
            rows.resize(self.offsets[row + 1] as usize, row as u32);
        }
        rows
    }

    /// How long the arrays are, for arrays of as many other values.
    pub(crate) fn lengths(&self) -> Lengths {
        let mut lengths = Lengths::with_capacity(self.len());
        // Also a row that is NULL may have values, which stand there unused.
        lengths.offsets.extend_from_slice(&self.offsets[1..]);
        (0..self.len()).for_each(|row| lengths.nulls.append(!self.is_null(row)));
        lengths
    }

    /// Which of the values are NULL.
    pub(crate) fn null_values(&self) -> Option<NullBuffer> {
        self.values.logical_nulls()
    }
}

/// The maps of a column.
pub(crate) struct Maps {
    /// The keys of all rows.
    pub(crate) keys: ArrayRef,
    /// The keys and the values of all rows, for their places.
    pub(crate) entries: Lists,
}

impl Maps {
    /// The maps of a column of maps.
    pub(crate) fn of(array: &dyn Array) -> Result<Self> {
        match array.data_type() {
            DataType::Map(..) => {
                let map = array.as_map();
                let keys = Lists::within(map.keys(), map.offsets(), None).values;
                let entries = Lists::within(map.values(), map.offsets(), map.nulls());
                Ok(Self { keys, entries })
            }
            DataType::Null => {
                Ok(Self { keys: new_empty_array(&DataType::Null), entries: Lists::of(array)? })
            }
            other => Err(DataFusionError::Internal(format!("{other} is no map"))),
        }
    }
}

/// The places of the values that make up new arrays.
pub(crate) struct Gather {
    places: Vec<Option<u32>>,
    lengths: Lengths,
}

/// How long the arrays of a new column are.
pub(crate) struct Lengths {
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Lengths {
    /// For so many rows.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, nulls: NullBufferBuilder::new(rows) }
    }

    /// Ends a row when so many values are there in all.
    pub(crate) fn end_row(&mut self, values: usize) -> Result<()> {
        self.offsets.push(i32::try_from(values).map_err(|_| too_large())?);
        self.nulls.append_non_null();
        Ok(())
    }

    /// A row that is NULL.
    pub(crate) fn null_row(&mut self) {
        self.offsets.push(self.offsets[self.offsets.len() - 1]);
        self.nulls.append_null();
    }

    /// The places of the rows, and which are NULL.
    pub(crate) fn finish(mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        (OffsetBuffer::new(self.offsets.into()), self.nulls.finish())
    }

    /// The arrays that these values make up.
    pub(crate) fn list(self, item: &FieldRef, values: ArrayRef) -> Result<ListArray> {
        let (offsets, nulls) = self.finish();
        let values = fit(values, item.data_type())?;
        Ok(ListArray::try_new(Arc::clone(item), offsets, values, nulls)?)
    }

    /// The maps of this type that these keys and values make up.
    pub(crate) fn map(
        self,
        data_type: &DataType,
        keys: ArrayRef,
        values: ArrayRef,
    ) -> Result<MapArray> {
        let (offsets, nulls) = self.finish();
        let DataType::Map(entries, ordered) = data_type else {
            return Err(DataFusionError::Internal(format!("{data_type} is no map")));
        };
        let (key, value) = entry_fields(data_type)?;
        let fields = Fields::from(vec![Arc::clone(key), Arc::clone(value)]);
        let keys = fit(keys, key.data_type())?;
        let values = fit(values, value.data_type())?;
        let columns = StructArray::try_new(fields, vec![keys, values], None)?;
        Ok(MapArray::try_new(Arc::clone(entries), offsets, columns, nulls, *ordered)?)
    }
}

impl Gather {
    /// For so many rows.
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { places: Vec::new(), lengths: Lengths::with_capacity(rows) }
    }

    /// The next value is the one at this place.
    pub(crate) fn push(&mut self, place: usize) {
        self.places.push(u32::try_from(place).ok());
    }

    /// The next value is the one at this place, or NULL.
    pub(crate) fn push_option(&mut self, place: Option<usize>) {
        self.places.push(place.and_then(|place| u32::try_from(place).ok()));
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The values from here on.
    pub(crate) fn tail(&mut self, from: usize) -> &mut [Option<u32>] {
        &mut self.places[from..]
    }

    /// Ends a row.
    pub(crate) fn end_row(&mut self) -> Result<()> {
        self.lengths.end_row(self.places.len())
    }

    /// A row that is NULL.
    pub(crate) fn null_row(&mut self) {
        self.lengths.null_row();
    }

    /// The places alone, with the rows they make up.
    pub(crate) fn into_parts(self) -> (UInt32Array, Lengths) {
        (UInt32Array::from(self.places), self.lengths)
    }

    /// The arrays with the values at these places.
    pub(crate) fn list(self, item: &FieldRef, values: &dyn Array) -> Result<ListArray> {
        let (places, lengths) = self.into_parts();
        lengths.list(item, pick(values, &places)?)
    }
}

/// The values at these places.
pub(crate) fn pick(values: &dyn Array, places: &UInt32Array) -> Result<ArrayRef> {
    if values.is_empty() {
        // There is nothing to pick from, so that all places are NULL.
        return Ok(new_null_array(values.data_type(), places.len()));
    }
    Ok(take(values, places, None)?)
}

/// The same values in a type that they fit, if they do not have it yet.
pub(crate) fn fit(values: ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    if values.data_type() == data_type {
        return Ok(values);
    }
    Ok(cast(&values, data_type)?)
}

/// The item of an array type.
pub(crate) fn item(data_type: &DataType) -> Result<FieldRef> {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Ok(Arc::clone(item))
        }
        DataType::Null => Ok(Arc::new(Field::new_list_field(DataType::Null, true))),
        other => Err(DataFusionError::Internal(format!("{other} is no array"))),
    }
}

/// The fields of the keys and of the values of a map type.
pub(crate) fn entry_fields(data_type: &DataType) -> Result<(&FieldRef, &FieldRef)> {
    if let DataType::Map(entries, _) = data_type
        && let DataType::Struct(fields) = entries.data_type()
        && let [key, value] = fields.as_ref()
    {
        return Ok((key, value));
    }
    Err(DataFusionError::Internal(format!("{data_type} is no map")))
}

/// The type of arrays of such items.
pub(crate) fn list_type(item: &Field) -> DataType {
    let item = item.clone().with_name(Field::LIST_FIELD_DEFAULT_NAME).with_nullable(true);
    DataType::List(Arc::new(item))
}

/// The type of maps with such keys and values.
pub(crate) fn map_type(key: &Field, value: &Field) -> DataType {
    let key = key.clone().with_name("key").with_nullable(false);
    let value = value.clone().with_name("value").with_nullable(true);
    let entries = DataType::Struct(Fields::from(vec![key, value]));
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// Values of one type in a form in which they can be compared and found quickly.
pub(crate) struct Keys {
    converter: RowConverter,
}

impl Keys {
    /// For values of this type.
    pub(crate) fn of(data_type: &DataType) -> Result<Self> {
        Ok(Self { converter: RowConverter::new(vec![SortField::new(data_type.clone())])? })
    }

    /// The values in that form.
    pub(crate) fn rows(&mut self, values: &ArrayRef) -> Result<Rows> {
        Ok(self.converter.convert_columns(std::slice::from_ref(values))?)
    }
}

/// The type in which values of two types are compared, or stand in one array.
pub(crate) fn common(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType as T;
    let is_text = |given: &T| matches!(given, T::Utf8 | T::LargeUtf8 | T::Utf8View);
    match (left, right) {
        (left, right) if left == right => Some(left.clone()),
        (T::Null, other) | (other, T::Null) => Some(other.clone()),
        (left, right) if is_text(left) && is_text(right) => Some(T::Utf8View),
        (left, right) if left.is_numeric() && right.is_numeric() => {
            type_union_resolution(&[left.clone(), right.clone()])
        }
        (left, right) if left.is_temporal() && right.is_temporal() => {
            comparison_coercion(left, right)
        }
        (T::List(left) | T::LargeList(left), T::List(right) | T::LargeList(right)) => {
            let data_type = common(left.data_type(), right.data_type())?;
            Some(list_type(&left.as_ref().clone().with_data_type(data_type)))
        }
        (T::Map(..), T::Map(..)) => {
            let (left_key, left_value) = entry_fields(left).ok()?;
            let (right_key, right_value) = entry_fields(right).ok()?;
            let both = |left: &FieldRef, right: &FieldRef| {
                let data_type = common(left.data_type(), right.data_type())?;
                Some(left.as_ref().clone().with_data_type(data_type))
            };
            Some(map_type(&both(left_key, right_key)?, &both(left_value, right_value)?))
        }
        (T::Struct(left), T::Struct(right)) if left.len() == right.len() => {
            let fields = left.iter().zip(right).map(|(left, right)| {
                let data_type = common(left.data_type(), right.data_type())?;
                Some(left.as_ref().clone().with_data_type(data_type).with_nullable(true))
            });
            Some(T::Struct(fields.collect::<Option<Vec<_>>>()?.into()))
        }
        _ => None,
    }
}

/// The same array or map type with other items.
pub(crate) fn with_item(array: &DataType, data_type: DataType) -> Option<DataType> {
    let item = item(array).ok()?;
    Some(list_type(&item.as_ref().clone().with_data_type(data_type)))
}

/// The error of an argument that the function does not take.
pub(crate) fn invalid(message: &str) -> DataFusionError {
    failure("INVALID_FUNCTION_ARGUMENT", message)
}

/// The error of an array that has more values than it can have.
pub(crate) fn too_large() -> DataFusionError {
    failure("EXCEEDED_FUNCTION_MEMORY_LIMIT", "the arrays of this expression have too many values")
}

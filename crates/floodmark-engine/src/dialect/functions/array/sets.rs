//! Functions that compare the values of arrays with each other.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BooleanArray, Int32Array, Int64Array, UInt32Array,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::{Row, Rows};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use crate::dialect::functions::array::lists::{Gather, Keys, Lists, fit, item, map_type, pick};
use crate::dialect::functions::declare::{array, result};

/// The arrays of an argument in a form in which their values can be compared.
struct Compared {
    lists: Lists,
    rows: Rows,
    nulls: Option<datafusion::arrow::buffer::NullBuffer>,
}

impl Compared {
    fn is_null(&self, place: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(place))
    }

    fn has_null(&self, row: usize) -> bool {
        self.lists.range(row).any(|place| self.is_null(place))
    }

    fn values(&self, row: usize) -> impl Iterator<Item = (usize, Row<'_>)> {
        self.lists.range(row).map(|place| (place, self.rows.row(place)))
    }
}

/// The array arguments, which have the same type.
fn compared<const N: usize>(args: &ScalarFunctionArgs) -> Result<[Compared; N]> {
    let mut keys = None;
    let mut all = Vec::with_capacity(N);
    for at in 0..N {
        let lists = Lists::of(&array(args, at)?)?;
        let keys = match &mut keys {
            Some(keys) => keys,
            None => keys.insert(Keys::of(lists.values.data_type())?),
        };
        let rows = keys.rows(&lists.values)?;
        let nulls = lists.null_values();
        all.push(Compared { lists, rows, nulls });
    }
    Ok(all.try_into().unwrap_or_else(|_| unreachable!("there are as many as asked for")))
}

/// The array argument, and the element beside it.
fn with_element(args: &ScalarFunctionArgs) -> Result<(Compared, ArrayRef, Rows)> {
    let lists = Lists::of(&array(args, 0)?)?;
    let mut keys = Keys::of(lists.values.data_type())?;
    let rows = keys.rows(&lists.values)?;
    let nulls = lists.null_values();
    let element = fit(array(args, 1)?, lists.values.data_type())?;
    let wanted = keys.rows(&element)?;
    Ok((Compared { lists, rows, nulls }, element, wanted))
}

/// `contains(array, element)`: NULL if it is not found among values of which some are NULL.
pub(super) fn contains(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (arrays, element, wanted) = with_element(args)?;
    let absent = element.logical_nulls();
    let found = (0..arrays.lists.len()).map(|row| {
        if arrays.lists.is_null(row) || absent.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        let wanted = wanted.row(row);
        if arrays.values(row).any(|(_, value)| value == wanted) {
            return Some(true);
        }
        (!arrays.has_null(row)).then_some(false)
    });
    result(args, found.collect::<BooleanArray>())
}

pub(super) fn array_position(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (arrays, element, wanted) = with_element(args)?;
    let absent = element.logical_nulls();
    let found = (0..arrays.lists.len()).map(|row| {
        if arrays.lists.is_null(row) || absent.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        let wanted = wanted.row(row);
        let at = arrays.values(row).position(|(_, value)| value == wanted);
        Some(at.map_or(0, |at| at as i64 + 1))
    });
    result(args, found.collect::<Int64Array>())
}

pub(super) fn array_remove(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (arrays, element, wanted) = with_element(args)?;
    let absent = element.logical_nulls();
    let mut kept = Gather::with_capacity(arrays.lists.len());
    for row in 0..arrays.lists.len() {
        if arrays.lists.is_null(row) || absent.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            kept.null_row();
            continue;
        }
        let wanted = wanted.row(row);
        for (place, value) in arrays.values(row) {
            if value != wanted {
                kept.push(place);
            }
        }
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &arrays.lists.values)?)
}

pub(super) fn array_distinct(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [arrays] = compared(args)?;
    let mut kept = Gather::with_capacity(arrays.lists.len());
    let mut seen = HashSet::new();
    for row in 0..arrays.lists.len() {
        if arrays.lists.is_null(row) {
            kept.null_row();
            continue;
        }
        seen.clear();
        for (place, value) in arrays.values(row) {
            if seen.insert(value) {
                kept.push(place);
            }
        }
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &arrays.lists.values)?)
}

pub(super) fn array_except(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    chosen(args, false)
}

pub(super) fn array_intersect(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    chosen(args, true)
}

/// The different values of the first array that the second has, or has not.
fn chosen(args: &ScalarFunctionArgs, has: bool) -> Result<ColumnarValue> {
    let [left, right] = compared(args)?;
    let mut kept = Gather::with_capacity(left.lists.len());
    let mut other: HashSet<Row<'_>> = HashSet::new();
    let mut seen: HashSet<Row<'_>> = HashSet::new();
    for row in 0..left.lists.len() {
        if left.lists.is_null(row) || right.lists.is_null(row) {
            kept.null_row();
            continue;
        }
        other.clear();
        other.extend(right.values(row).map(|(_, value)| value));
        seen.clear();
        for (place, value) in left.values(row) {
            if other.contains(&value) == has && seen.insert(value) {
                kept.push(place);
            }
        }
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &left.lists.values)?)
}

pub(super) fn array_union(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [left, right] = compared(args)?;
    let values: [&dyn Array; 2] = [&left.lists.values, &right.lists.values];
    let values = datafusion::arrow::compute::concat(&values)?;
    let offset = left.lists.values.len();
    let mut kept = Gather::with_capacity(left.lists.len());
    let mut seen: HashSet<Row<'_>> = HashSet::new();
    for row in 0..left.lists.len() {
        if left.lists.is_null(row) || right.lists.is_null(row) {
            kept.null_row();
            continue;
        }
        seen.clear();
        let second = right.values(row).map(|(place, value)| (place + offset, value));
        for (place, value) in left.values(row).chain(second) {
            if seen.insert(value) {
                kept.push(place);
            }
        }
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &values)?)
}

pub(super) fn arrays_overlap(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [left, right] = compared(args)?;
    let mut other: HashSet<Row<'_>> = HashSet::new();
    let found = (0..left.lists.len()).map(|row| {
        if left.lists.is_null(row) || right.lists.is_null(row) {
            return None;
        }
        other.clear();
        let values = right.values(row).filter(|(place, _)| !right.is_null(*place));
        other.extend(values.map(|(_, value)| value));
        if left.values(row).any(|(_, value)| other.contains(&value)) {
            return Some(true);
        }
        let both_have_values =
            !left.lists.range(row).is_empty() && !right.lists.range(row).is_empty();
        let unsure = both_have_values && (left.has_null(row) || right.has_null(row));
        (!unsure).then_some(false)
    });
    let found: BooleanArray = found.collect();
    result(args, found)
}

/// `contains_sequence(array, sequence)`: whether all values of the sequence stand there one behind the other.
pub(super) fn contains_sequence(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [left, right] = compared(args)?;
    let found = (0..left.lists.len()).map(|row| {
        if left.lists.is_null(row) || right.lists.is_null(row) {
            return None;
        }
        let values: Vec<Row<'_>> = left.values(row).map(|(_, value)| value).collect();
        let sought: Vec<Row<'_>> = right.values(row).map(|(_, value)| value).collect();
        Some(sought.is_empty() || values.windows(sought.len()).any(|window| window == sought))
    });
    let found: BooleanArray = found.collect();
    result(args, found)
}

/// The least or the greatest value; NULL if a value is NULL, or there is none.
pub(super) fn extreme(args: &ScalarFunctionArgs, greatest: bool) -> Result<ColumnarValue> {
    let [arrays] = compared(args)?;
    let places = (0..arrays.lists.len()).map(|row| {
        if arrays.has_null(row) {
            return None;
        }
        let values = arrays.values(row);
        let found = if greatest {
            values.max_by(|left, right| left.1.cmp(&right.1))
        } else {
            values.min_by(|left, right| left.1.cmp(&right.1))
        };
        found.and_then(|(place, _)| u32::try_from(place).ok())
    });
    let places: UInt32Array = places.collect();
    let values = pick(&arrays.lists.values, &places)?;
    result(args, fit(values, args.return_field.data_type())?)
}

/// A map from the values of an array to their counts.
pub(super) fn count_field(args: &ReturnFieldArgs<'_>, count: DataType) -> Result<FieldRef> {
    let item = item(args.arg_fields[0].data_type())?;
    let data_type = map_type(&item, &Field::new("value", count, true));
    Ok(Arc::new(Field::new("", data_type, true)))
}

/// How often each value that is not NULL stands in the array.
pub(super) fn array_counts(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let [arrays] = compared(args)?;
    let mut keys = Gather::with_capacity(arrays.lists.len());
    let mut counts: Vec<i32> = Vec::new();
    let mut seen: HashMap<Row<'_>, usize> = HashMap::new();
    for row in 0..arrays.lists.len() {
        if arrays.lists.is_null(row) {
            keys.null_row();
            continue;
        }
        seen.clear();
        for (place, value) in arrays.values(row) {
            if arrays.is_null(place) {
                continue;
            }
            let at = *seen.entry(value).or_insert_with(|| {
                keys.push(place);
                counts.push(0);
                counts.len() - 1
            });
            counts[at] += 1;
        }
        keys.end_row()?;
    }
    let (places, lengths) = keys.into_parts();
    let keys = pick(&arrays.lists.values, &places)?;
    let counts: ArrayRef = Arc::new(Int32Array::from(counts));
    result(args, lengths.map(args.return_field.data_type(), keys, counts)?)
}

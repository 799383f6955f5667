//! Functions on maps.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, StructArray, UInt32Array, new_empty_array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::arrow::row::Row;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};

use crate::dialect::functions::array::lists::{
    Gather, Keys, Lengths, Lists, Maps, common, entry_fields, fit, invalid, item, list_type,
    map_type, pick,
};
use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result};
use crate::dialect::trino_type::nameless;

static FUNCTIONS: &[Scalar] = &[
    Scalar::new(
        "map",
        &[&[], &[Parameter::Array, Parameter::Array]],
        Returns::With(made_field),
        map,
    )
    // The parser of plain SQL has its own idea of `map()`, which the second name goes round.
    .aliases(&["$map"]),
    Scalar::new(
        "map_from_entries",
        &[&[Parameter::Array]],
        Returns::With(|args| of_entries_field(args, false)),
        map_from_entries,
    ),
    Scalar::new(
        "multimap_from_entries",
        &[&[Parameter::Array]],
        Returns::With(|args| of_entries_field(args, true)),
        multimap_from_entries,
    ),
    Scalar::new("map_entries", &[&[Parameter::Map]], Returns::With(entries_field), map_entries),
    Scalar::new(
        "map_keys",
        &[&[Parameter::Map]],
        Returns::With(|args| part_field(args, true)),
        |args| part(args, true),
    ),
    Scalar::new(
        "map_values",
        &[&[Parameter::Map]],
        Returns::With(|args| part_field(args, false)),
        |args| part(args, false),
    ),
    Scalar::new(
        "map_concat",
        &[&[Parameter::Map, Parameter::Map, Parameter::Repeated]],
        Returns::Like(0),
        map_concat,
    )
    .unify(all_alike),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    FUNCTIONS.iter().map(Scalar::udf).collect()
}

fn all_alike(mut given: Vec<DataType>) -> Option<Vec<DataType>> {
    let mut both = given[0].clone();
    for other in &given[1..] {
        both = common(&both, other)?;
    }
    given.fill(both);
    Some(given)
}

fn nullable(data_type: DataType) -> FieldRef {
    Arc::new(Field::new("", data_type, true))
}

fn made_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let items = args.arg_fields.iter().map(|field| item(field.data_type()));
    let items = items.collect::<Result<Vec<_>>>()?;
    let unknown = Field::new("", DataType::Null, true);
    let [key, value] = [0, 1].map(|at| items.get(at).map_or(&unknown, |item| item.as_ref()));
    Ok(nullable(map_type(key, value)))
}

fn map(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let data_type = args.return_field.data_type();
    if args.args.is_empty() {
        let mut lengths = Lengths::with_capacity(1);
        lengths.end_row(0)?;
        let (key, value) = entry_fields(data_type)?;
        let [keys, values] = [key, value].map(|field| new_empty_array(field.data_type()));
        let map = lengths.map(data_type, keys, values)?;
        return Ok(ColumnarValue::Scalar(ScalarValue::Map(Arc::new(map))));
    }
    let keys = Lists::of(&array(args, 0)?)?;
    let values = Lists::of(&array(args, 1)?)?;
    let (mut key_places, mut value_places) = (Gather::with_capacity(keys.len()), Vec::new());
    for row in 0..keys.len() {
        if keys.is_null(row) || values.is_null(row) {
            key_places.null_row();
            continue;
        }
        if keys.range(row).len() != values.range(row).len() {
            return Err(invalid("Key and value arrays must be the same length"));
        }
        for (key, value) in keys.range(row).zip(values.range(row)) {
            key_places.push(key);
            value_places.push(u32::try_from(value).ok());
        }
        key_places.end_row()?;
    }
    let (places, lengths) = key_places.into_parts();
    let keys = pick(&keys.values, &places)?;
    if keys.logical_null_count() > 0 {
        return Err(invalid("map key cannot be null"));
    }
    let values = pick(&values.values, &UInt32Array::from(value_places))?;
    let map = lengths.map(data_type, keys, values)?;
    distinct_keys(map.keys(), map.offsets())?;
    result(args, map)
}

/// Refuses maps in which a key stands twice.
pub(super) fn distinct_keys(keys: &ArrayRef, offsets: &OffsetBuffer<i32>) -> Result<()> {
    let rows = Keys::of(keys.data_type())?.rows(keys)?;
    let mut seen: HashSet<Row<'_>> = HashSet::new();
    for range in offsets.windows(2) {
        seen.clear();
        for at in range[0] as usize..range[1] as usize {
            if !seen.insert(rows.row(at)) {
                let key = ScalarValue::try_from_array(keys, at)?;
                return Err(invalid(&format!("Duplicate map keys ({key}) are not allowed")));
            }
        }
    }
    Ok(())
}

/// The fields of the rows of an array.
fn row_fields(data_type: &DataType) -> Result<Fields> {
    match item(data_type)?.data_type() {
        DataType::Struct(fields) if fields.len() == 2 => Ok(fields.clone()),
        DataType::Null => Ok(Fields::from(vec![
            Field::new("key", DataType::Null, true),
            Field::new("value", DataType::Null, true),
        ])),
        _ => Err(invalid("entries must be rows of a key and a value")),
    }
}

fn of_entries_field(args: &ReturnFieldArgs<'_>, many: bool) -> Result<FieldRef> {
    let fields = row_fields(args.arg_fields[0].data_type())?;
    let value = match many {
        true => Field::new("value", list_type(&fields[1]), true),
        false => fields[1].as_ref().clone(),
    };
    Ok(nullable(map_type(&fields[0], &value)))
}

/// The entries of an argument, whose rows and keys are not NULL.
fn entries(args: &ScalarFunctionArgs) -> Result<(Lists, Option<StructArray>)> {
    let lists = Lists::of(&array(args, 0)?)?;
    let entries = lists.values.as_struct_opt().cloned();
    let nulls = lists.null_values();
    for row in 0..lists.len() {
        for place in lists.range(row) {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(place)) {
                return Err(invalid("map entry cannot be null"));
            }
            if entries.as_ref().is_some_and(|entries| entries.column(0).is_null(place)) {
                return Err(invalid("map key cannot be null"));
            }
        }
    }
    Ok((lists, entries))
}

fn map_from_entries(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (lists, entries) = entries(args)?;
    let mut places = Gather::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) {
            places.null_row();
            continue;
        }
        lists.range(row).for_each(|place| places.push(place));
        places.end_row()?;
    }
    let (places, lengths) = places.into_parts();
    let column = |at: usize| match &entries {
        Some(entries) => pick(entries.column(at), &places),
        None => pick(&lists.values, &places),
    };
    let map = lengths.map(args.return_field.data_type(), column(0)?, column(1)?)?;
    distinct_keys(map.keys(), map.offsets())?;
    result(args, map)
}

fn multimap_from_entries(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (lists, entries) = entries(args)?;
    let data_type = args.return_field.data_type();
    let (key_field, value_field) = entry_fields(data_type)?;
    let (keys, values): (ArrayRef, ArrayRef) = match &entries {
        Some(entries) => (Arc::clone(entries.column(0)), Arc::clone(entries.column(1))),
        None => (Arc::clone(&lists.values), Arc::clone(&lists.values)),
    };
    let keys = fit(keys, key_field.data_type())?;
    let rows = Keys::of(keys.data_type())?.rows(&keys)?;
    let mut key_places = Gather::with_capacity(lists.len());
    let mut value_places = Gather::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) {
            key_places.null_row();
            continue;
        }
        let mut at_key: HashMap<Row<'_>, usize> = HashMap::new();
        let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
        for place in lists.range(row) {
            let at = *at_key.entry(rows.row(place)).or_insert_with(|| {
                groups.push((place, Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(place);
        }
        for (key, places) in groups {
            key_places.push(key);
            places.into_iter().for_each(|place| value_places.push(place));
            value_places.end_row()?;
        }
        key_places.end_row()?;
    }
    let (places, lengths) = key_places.into_parts();
    let values = value_places.list(&item(value_field.data_type())?, &values)?;
    result(args, lengths.map(data_type, pick(&keys, &places)?, Arc::new(values))?)
}

fn entries_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let (key, value) = match args.arg_fields[0].data_type() {
        DataType::Null => {
            let unknown: FieldRef = nullable(DataType::Null);
            (Arc::clone(&unknown), unknown)
        }
        map => entry_fields(map).map(|(key, value)| (Arc::clone(key), Arc::clone(value)))?,
    };
    let fields = [key, value].into_iter().enumerate();
    let fields: Fields = fields
        .map(|(at, field)| field.as_ref().clone().with_name(nameless(at)).with_nullable(true))
        .collect();
    Ok(nullable(list_type(&Field::new("item", DataType::Struct(fields), true))))
}

fn map_entries(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let maps = Maps::of(&array(args, 0)?)?;
    let item = item(args.return_field.data_type())?;
    let DataType::Struct(fields) = item.data_type() else {
        return Err(invalid("entries are rows"));
    };
    let columns = vec![
        fit(Arc::clone(&maps.keys), fields[0].data_type())?,
        fit(Arc::clone(&maps.entries.values), fields[1].data_type())?,
    ];
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    result(args, maps.entries.lengths().list(&item, Arc::new(rows))?)
}

fn part_field(args: &ReturnFieldArgs<'_>, keys: bool) -> Result<FieldRef> {
    let field = match args.arg_fields[0].data_type() {
        DataType::Null => nullable(DataType::Null),
        map => {
            let (key, value) = entry_fields(map)?;
            Arc::clone(if keys { key } else { value })
        }
    };
    Ok(nullable(list_type(&field)))
}

fn part(args: &ScalarFunctionArgs, keys: bool) -> Result<ColumnarValue> {
    let maps = Maps::of(&array(args, 0)?)?;
    let item = item(args.return_field.data_type())?;
    let lengths = maps.entries.lengths();
    let values = if keys { maps.keys } else { maps.entries.values };
    result(args, lengths.list(&item, values)?)
}

/// The entries of all maps; of those with the same key the last one.
fn map_concat(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let data_type = args.return_field.data_type();
    let maps = (0..args.args.len()).map(|at| Maps::of(&array(args, at)?));
    let maps = maps.collect::<Result<Vec<_>>>()?;
    let (key_field, value_field) = entry_fields(data_type)?;
    let (mut keys, mut values, mut starts, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for map in &maps {
        starts.push(count);
        count += map.keys.len();
        keys.push(fit(Arc::clone(&map.keys), key_field.data_type())?);
        values.push(fit(Arc::clone(&map.entries.values), value_field.data_type())?);
    }
    let keys = concat(&keys.iter().map(|keys| keys.as_ref()).collect::<Vec<_>>())?;
    let values = concat(&values.iter().map(|values| values.as_ref()).collect::<Vec<_>>())?;
    let rows = Keys::of(keys.data_type())?.rows(&keys)?;
    let mut places = Gather::with_capacity(args.number_rows);
    let mut latest: HashMap<Row<'_>, usize> = HashMap::new();
    for row in 0..args.number_rows {
        if maps.iter().any(|map| map.entries.is_null(row)) {
            places.null_row();
            continue;
        }
        latest.clear();
        for (map, start) in maps.iter().zip(&starts) {
            latest.extend(map.entries.range(row).map(|at| (rows.row(start + at), start + at)));
        }
        for (map, start) in maps.iter().zip(&starts) {
            for place in map.entries.range(row).map(|at| start + at) {
                if latest.get(&rows.row(place)) == Some(&place) {
                    places.push(place);
                }
            }
        }
        places.end_row()?;
    }
    let (places, lengths) = places.into_parts();
    result(args, lengths.map(data_type, pick(&keys, &places)?, pick(&values, &places)?)?)
}

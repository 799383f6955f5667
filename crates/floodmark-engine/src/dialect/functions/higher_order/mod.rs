//! Functions that take lambdas.

mod declare;
mod reduce;
mod replace;
mod sort;

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_empty_array,
};
use datafusion::arrow::compute::take_arrays;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::Row;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, HigherOrderFunctionArgs, HigherOrderUDF, LambdaArgument, ValueOrLambda,
};

use crate::dialect::functions::array::lists::{
    Gather, Keys, Lengths, Lists, Maps, common, entry_fields, fit, invalid, item, list_type,
    map_type, pick,
};
use crate::dialect::functions::declare::single;
use crate::dialect::functions::higher_order::declare::{
    AnyField, Argument, HigherOrder, Known, lambda, parameter, simple, value,
};
use crate::dialect::functions::map::distinct_keys;

static FUNCTIONS: &[HigherOrder] = &[
    HigherOrder {
        name: "transform",
        arguments: &[Argument::Array, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![item_parameters(given)?])),
        returns: |given| Ok(list_type(given[1])),
        run: transform,
    },
    HigherOrder {
        name: "filter",
        arguments: &[Argument::Array, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![item_parameters(given)?])),
        returns: |given| Ok(given[0].data_type().clone()),
        run: filter,
    },
    HigherOrder {
        name: "any_match",
        arguments: &[Argument::Array, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![item_parameters(given)?])),
        returns: |_| Ok(DataType::Boolean),
        run: |args| matched(args, true, true),
    },
    HigherOrder {
        name: "all_match",
        arguments: &[Argument::Array, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![item_parameters(given)?])),
        returns: |_| Ok(DataType::Boolean),
        run: |args| matched(args, false, false),
    },
    HigherOrder {
        name: "none_match",
        arguments: &[Argument::Array, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![item_parameters(given)?])),
        returns: |_| Ok(DataType::Boolean),
        run: |args| matched(args, true, false),
    },
    HigherOrder {
        name: "zip_with",
        arguments: &[Argument::Array, Argument::Array, Argument::Lambda],
        unify: None,
        parameters: |_, given| {
            let both = [item(value(given, 0)?.data_type())?, item(value(given, 1)?.data_type())?];
            Ok(simple(vec![both.iter().map(|item| parameter(item)).collect()]))
        },
        returns: |given| Ok(list_type(given[2])),
        run: zip_with,
    },
    HigherOrder {
        name: "map_filter",
        arguments: &[Argument::Map, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![entry_parameters(given)?])),
        returns: |given| Ok(given[0].data_type().clone()),
        run: map_filter,
    },
    HigherOrder {
        name: "transform_keys",
        arguments: &[Argument::Map, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![entry_parameters(given)?])),
        returns: |given| Ok(map_type(given[1], entry_fields(given[0].data_type())?.1)),
        run: |args| transform_entries(args, true),
    },
    HigherOrder {
        name: "transform_values",
        arguments: &[Argument::Map, Argument::Lambda],
        unify: None,
        parameters: |_, given| Ok(simple(vec![entry_parameters(given)?])),
        returns: |given| Ok(map_type(entry_fields(given[0].data_type())?.0, given[1])),
        run: |args| transform_entries(args, false),
    },
    HigherOrder {
        name: "map_zip_with",
        arguments: &[Argument::Map, Argument::Map, Argument::Lambda],
        unify: Some(same_keys),
        parameters: |_, given| {
            let (key, left) = entry_fields(value(given, 0)?.data_type())?;
            let (_, right) = entry_fields(value(given, 1)?.data_type())?;
            Ok(simple(vec![vec![parameter(key), parameter(left), parameter(right)]]))
        },
        returns: |given| Ok(map_type(entry_fields(given[0].data_type())?.0, given[2])),
        run: map_zip_with,
    },
    HigherOrder {
        name: "array_sort",
        arguments: &[Argument::Array, Argument::OptionalLambda],
        unify: None,
        parameters: |_, given| {
            let item = item(value(given, 0)?.data_type())?;
            let both = vec![parameter(&item), parameter(&item)];
            Ok(simple(if given.len() > 1 { vec![both] } else { Vec::new() }))
        },
        returns: |given| Ok(given[0].data_type().clone()),
        run: sort::array_sort,
    },
    HigherOrder {
        name: "reduce",
        arguments: &[Argument::Array, Argument::Value, Argument::Lambda, Argument::Lambda],
        unify: None,
        parameters: reduce::parameters,
        returns: |given| Ok(given[3].data_type().clone()),
        run: reduce::reduce,
    },
    HigherOrder {
        // The calls of `regexp_replace` with a lambda get this name before they are planned.
        name: "$regexp_replace",
        arguments: &[Argument::Value, Argument::Value, Argument::Lambda],
        unify: None,
        parameters: replace::parameters,
        returns: replace::text_type,
        run: replace::replace,
    },
];

/// The functions of this kind.
pub(super) fn all() -> Vec<HigherOrderUDF> {
    FUNCTIONS.iter().map(HigherOrder::udf).collect()
}

/// The parameter of a lambda that takes an array's values one by one.
fn item_parameters(given: &[Known<'_>]) -> Result<Vec<FieldRef>> {
    Ok(vec![parameter(item(value(given, 0)?.data_type())?.as_ref())])
}

/// The parameters of a lambda that takes a map's entries one by one.
fn entry_parameters(given: &[Known<'_>]) -> Result<Vec<FieldRef>> {
    let (key, entry_value) = entry_fields(value(given, 0)?.data_type())?;
    Ok(vec![parameter(key), parameter(entry_value)])
}

/// The keys of both maps get one type.
fn same_keys(mut given: Vec<DataType>) -> Option<Vec<DataType>> {
    let (left_key, left_value) = entry_fields(given.first()?).ok()?;
    let (right_key, right_value) = entry_fields(given.get(1)?).ok()?;
    let key = common(left_key.data_type(), right_key.data_type())?;
    let key = Field::new("key", key, false);
    let (left, right) = (map_type(&key, left_value), map_type(&key, right_value));
    given[0] = left;
    given[1] = right;
    Some(given)
}

/// The array argument at a position.
fn lists(args: &HigherOrderFunctionArgs, at: usize) -> Result<Lists> {
    Lists::of(&array(args, at)?)
}

/// The argument at a position as an array.
fn array(args: &HigherOrderFunctionArgs, at: usize) -> Result<ArrayRef> {
    value(&args.args, at)?.to_array(args.number_rows)
}

/// What a lambda makes of these parameters; `rows` tells from which row each comes.
fn evaluate(lambda: &LambdaArgument, parameters: &[ArrayRef], rows: Vec<u32>) -> Result<ArrayRef> {
    let count = rows.len();
    let given: Vec<_> = parameters.iter().map(|given| move || Ok(Arc::clone(given))).collect();
    let given: Vec<&dyn Fn() -> Result<ArrayRef>> =
        given.iter().map(|given| given as &dyn Fn() -> Result<ArrayRef>).collect();
    let rows = UInt32Array::from(rows);
    lambda.evaluate(&given, |captured| Ok(take_arrays(captured, &rows, None)?))?.into_array(count)
}

/// What a lambda makes of each value; nothing is evaluated where there is none.
fn evaluate_values(
    args: &HigherOrderFunctionArgs,
    at: usize,
    lists: &Lists,
    parameters: &[ArrayRef],
) -> Result<ArrayRef> {
    if lists.values.is_empty() {
        return Ok(new_empty_array(args.arg_fields[at].field().data_type()));
    }
    evaluate(lambda(&args.args, at)?, parameters, lists.row_numbers())
}

/// The truth of a lambda for each value.
fn truths(
    args: &HigherOrderFunctionArgs,
    at: usize,
    lists: &Lists,
    parameters: &[ArrayRef],
) -> Result<BooleanArray> {
    let truths = fit(evaluate_values(args, at, lists, parameters)?, &DataType::Boolean)?;
    Ok(truths.as_boolean().clone())
}

/// A result, as a single value where all arguments but the lambdas are.
fn done(args: &HigherOrderFunctionArgs, array: impl Array + 'static) -> Result<ColumnarValue> {
    let is_scalar = |arg: &ValueOrLambda<ColumnarValue, LambdaArgument>| {
        matches!(arg, ValueOrLambda::Value(ColumnarValue::Scalar(_)) | ValueOrLambda::Lambda(_))
    };
    if array.len() == 1 && args.args.iter().all(is_scalar) {
        return Ok(ColumnarValue::Scalar(single(&array)?));
    }
    Ok(ColumnarValue::Array(Arc::new(array)))
}

fn transform(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let values = evaluate_values(args, 1, &lists, &[Arc::clone(&lists.values)])?;
    done(args, lists.lengths().list(&item(args.return_type())?, values)?)
}

fn filter(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let truths = truths(args, 1, &lists, &[Arc::clone(&lists.values)])?;
    done(args, kept(&lists, &truths)?.list(&item(args.return_type())?, &lists.values)?)
}

/// The places of the values for which a lambda is true.
fn kept(lists: &Lists, truths: &BooleanArray) -> Result<Gather> {
    let mut kept = Gather::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) {
            kept.null_row();
            continue;
        }
        let places = lists.range(row).filter(|place| truths.is_valid(*place));
        places.filter(|place| truths.value(*place)).for_each(|place| kept.push(place));
        kept.end_row()?;
    }
    Ok(kept)
}

/// `answer` if a value has the truth `decides`; else NULL if some have none; else the opposite.
fn matched(args: &HigherOrderFunctionArgs, decides: bool, answer: bool) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let truths = truths(args, 1, &lists, &[Arc::clone(&lists.values)])?;
    let answers = (0..lists.len()).map(|row| {
        if lists.is_null(row) {
            return None;
        }
        let decided = |place| truths.is_valid(place) && truths.value(place) == decides;
        if lists.range(row).any(decided) {
            return Some(answer);
        }
        lists.range(row).all(|place| truths.is_valid(place)).then_some(!answer)
    });
    done(args, answers.collect::<BooleanArray>())
}

fn zip_with(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let (left, right) = (lists(args, 0)?, lists(args, 1)?);
    let (mut left_places, mut right_places) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    let mut lengths = Lengths::with_capacity(args.number_rows);
    for row in 0..args.number_rows {
        if left.is_null(row) || right.is_null(row) {
            lengths.null_row();
            continue;
        }
        let (left, right) = (left.range(row), right.range(row));
        let longest = left.len().max(right.len());
        let place = |range: &std::ops::Range<usize>, at: usize| {
            (at < range.len()).then(|| u32::try_from(range.start + at).ok()).flatten()
        };
        left_places.extend((0..longest).map(|at| place(&left, at)));
        right_places.extend((0..longest).map(|at| place(&right, at)));
        rows.extend((0..longest).map(|_| row as u32));
        lengths.end_row(rows.len())?;
    }
    let left = pick(&left.values, &UInt32Array::from(left_places))?;
    let right = pick(&right.values, &UInt32Array::from(right_places))?;
    let values = if rows.is_empty() {
        new_empty_array(args.arg_fields[2].field().data_type())
    } else {
        evaluate(lambda(&args.args, 2)?, &[left, right], rows)?
    };
    done(args, lengths.list(&item(args.return_type())?, values)?)
}

fn maps(args: &HigherOrderFunctionArgs, at: usize) -> Result<Maps> {
    Maps::of(&array(args, at)?)
}

fn map_filter(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let Maps { keys, entries } = maps(args, 0)?;
    let truths = truths(args, 1, &entries, &[Arc::clone(&keys), Arc::clone(&entries.values)])?;
    let (places, lengths) = kept(&entries, &truths)?.into_parts();
    let (keys, values) = (pick(&keys, &places)?, pick(&entries.values, &places)?);
    done(args, lengths.map(args.return_type(), keys, values)?)
}

fn transform_entries(args: &HigherOrderFunctionArgs, of_keys: bool) -> Result<ColumnarValue> {
    let Maps { keys, entries } = maps(args, 0)?;
    let both = [Arc::clone(&keys), Arc::clone(&entries.values)];
    let made = evaluate_values(args, 1, &entries, &both)?;
    if !of_keys {
        return done(args, entries.lengths().map(args.return_type(), keys, made)?);
    }
    if made.logical_null_count() > 0 {
        return Err(invalid("map key cannot be null"));
    }
    let map = entries.lengths().map(args.return_type(), made, Arc::clone(&entries.values))?;
    distinct_keys(map.keys(), map.offsets())?;
    done(args, map)
}

/// A map of the keys of both maps; the lambda sees NULL where one has none.
fn map_zip_with(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let (left, right) = (maps(args, 0)?, maps(args, 1)?);
    let all: [&dyn Array; 2] = [&left.keys, &right.keys];
    let all_keys = datafusion::arrow::compute::concat(&all)?;
    let offset = left.keys.len();
    let keys = Keys::of(all_keys.data_type())?.rows(&all_keys)?;
    let mut key_places = Gather::with_capacity(args.number_rows);
    let (mut left_places, mut right_places): (Vec<Option<u32>>, Vec<Option<u32>>) =
        (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    let mut known: HashMap<Row<'_>, usize> = HashMap::new();
    for row in 0..args.number_rows {
        if left.entries.is_null(row) || right.entries.is_null(row) {
            key_places.null_row();
            continue;
        }
        known.clear();
        for place in left.entries.range(row) {
            known.insert(keys.row(place), left_places.len());
            key_places.push(place);
            left_places.push(u32::try_from(place).ok());
            right_places.push(None);
        }
        for place in right.entries.range(row) {
            if let Some(at) = known.get(&keys.row(offset + place)) {
                right_places[*at] = u32::try_from(place).ok();
            } else {
                key_places.push(offset + place);
                left_places.push(None);
                right_places.push(u32::try_from(place).ok());
            }
        }
        rows.resize(left_places.len(), row as u32);
        key_places.end_row()?;
    }
    let (places, lengths) = key_places.into_parts();
    let keys = pick(&all_keys, &places)?;
    let left = pick(&left.entries.values, &UInt32Array::from(left_places))?;
    let right = pick(&right.entries.values, &UInt32Array::from(right_places))?;
    let values = if rows.is_empty() {
        new_empty_array(args.arg_fields[2].field().data_type())
    } else {
        evaluate(lambda(&args.args, 2)?, &[Arc::clone(&keys), left, right], rows)?
    };
    done(args, lengths.map(args.return_type(), keys, values)?)
}

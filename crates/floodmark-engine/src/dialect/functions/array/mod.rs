//! Functions on arrays.

pub(super) mod lists;
mod sequence;
mod sets;
pub(super) mod shape;

use datafusion::arrow::array::{Array, AsArray, Int64Array, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, Volatility,
};
use std::sync::Arc;

use crate::dialect::functions::array::lists::{
    Keys, Lists, Maps, common, entry_fields, invalid, item, pick, with_item,
};
use crate::dialect::functions::declare::{Parameter, Returns, Scalar, array, result};
use crate::dialect::functions::ip;

/// The name of the function behind `a[i]`.
pub(crate) const SUBSCRIPT: &str = "$subscript";
/// The name of the function behind `ARRAY[a, b]` of values whose type is more than what Arrow knows.
pub(crate) const ARRAY: &str = "$array";
/// The name of the function behind `a || b` on arrays.
pub(crate) const CONCAT: &str = "$concat";

/// The least and the greatest values of an index, whose first is 1.
const INDEX_FROM_ONE: &str = "SQL array indices start at 1";

static FUNCTIONS: &[Scalar] = &[
    Scalar::new(
        "cardinality",
        &[&[Parameter::Array], &[Parameter::Map]],
        Returns::Always("bigint"),
        cardinality,
    ),
    Scalar::new(
        "contains",
        &[
            &[Parameter::Array, Parameter::Any],
            &[Parameter::Text, Parameter::IpAddress],
            &[Parameter::IpPrefix, Parameter::IpAddress],
        ],
        Returns::Always("boolean"),
        contains,
    )
    .unify(element_fits),
    Scalar::new(
        "element_at",
        &[&[Parameter::Array, Parameter::BigInt], &[Parameter::Map, Parameter::Any]],
        Returns::With(element_field),
        |args| element(args, false),
    )
    .unify(key_fits),
    Scalar::new(
        SUBSCRIPT,
        &[&[Parameter::Array, Parameter::BigInt], &[Parameter::Map, Parameter::Any]],
        Returns::With(element_field),
        |args| element(args, true),
    )
    .unify(key_fits),
    Scalar::new("array_distinct", &[&[Parameter::Array]], Returns::Like(0), sets::array_distinct),
    Scalar::new(
        "array_except",
        &[&[Parameter::Array, Parameter::Array]],
        Returns::Like(0),
        sets::array_except,
    )
    .unify(all_alike),
    Scalar::new(
        "array_intersect",
        &[&[Parameter::Array, Parameter::Array]],
        Returns::Like(0),
        sets::array_intersect,
    )
    .unify(all_alike),
    Scalar::new(
        "array_union",
        &[&[Parameter::Array, Parameter::Array]],
        Returns::Like(0),
        sets::array_union,
    )
    .unify(all_alike),
    Scalar::new(
        "contains_sequence",
        &[&[Parameter::Array, Parameter::Array]],
        Returns::Always("boolean"),
        sets::contains_sequence,
    )
    .unify(all_alike),
    Scalar::new(
        "arrays_overlap",
        &[&[Parameter::Array, Parameter::Array]],
        Returns::Always("boolean"),
        sets::arrays_overlap,
    )
    .unify(all_alike),
    Scalar::new("array_max", &[&[Parameter::Array]], Returns::ItemOf(0), |args| {
        sets::extreme(args, true)
    }),
    Scalar::new("array_min", &[&[Parameter::Array]], Returns::ItemOf(0), |args| {
        sets::extreme(args, false)
    }),
    Scalar::new(
        "array_position",
        &[&[Parameter::Array, Parameter::Any]],
        Returns::Always("bigint"),
        sets::array_position,
    )
    .unify(element_fits),
    Scalar::new(
        "array_remove",
        &[&[Parameter::Array, Parameter::Any]],
        Returns::Like(0),
        sets::array_remove,
    )
    .unify(element_fits),
    Scalar::new(
        "array_frequency",
        &[&[Parameter::Array]],
        Returns::With(|args| sets::count_field(args, DataType::Int32)),
        sets::array_counts,
    ),
    Scalar::new(
        "array_histogram",
        &[&[Parameter::Array]],
        Returns::With(|args| sets::count_field(args, DataType::Int64)),
        sets::array_counts,
    ),
    Scalar::new(
        "array_join",
        &[
            &[Parameter::Array, Parameter::Text],
            &[Parameter::Array, Parameter::Text, Parameter::Text],
        ],
        Returns::Always("varchar"),
        shape::array_join,
    ),
    Scalar::new("flatten", shape::FLATTEN, Returns::With(shape::flat_field), shape::flatten),
    Scalar::new(
        "ngrams",
        &[&[Parameter::Array, Parameter::BigInt]],
        Returns::With(shape::nested_field),
        shape::ngrams,
    ),
    Scalar::new(
        "combinations",
        &[&[Parameter::Array, Parameter::BigInt]],
        Returns::With(shape::nested_field),
        shape::combinations,
    ),
    Scalar::new(
        "repeat",
        &[&[Parameter::Any, Parameter::BigInt]],
        Returns::With(shape::nested_field),
        shape::repeat,
    ),
    Scalar::new(
        "reverse",
        &[&[Parameter::Array], &[Parameter::Text], &[Parameter::Binary]],
        Returns::With(shape::reversed_field),
        shape::reverse,
    ),
    Scalar::new("shuffle", &[&[Parameter::Array]], Returns::Like(0), shape::shuffle)
        .volatility(Volatility::Volatile),
    Scalar::new(
        "slice",
        &[&[Parameter::Array, Parameter::BigInt, Parameter::BigInt]],
        Returns::Like(0),
        shape::slice,
    ),
    Scalar::new(
        "trim_array",
        &[&[Parameter::Array, Parameter::BigInt]],
        Returns::Like(0),
        shape::trim_array,
    ),
    Scalar::new(
        "zip",
        &[&[Parameter::Array, Parameter::Array, Parameter::Repeated]],
        Returns::With(shape::zip_field),
        shape::zip,
    ),
    Scalar::new(
        ARRAY,
        &[&[Parameter::Any, Parameter::Repeated]],
        Returns::With(shape::nested_field),
        shape::array_of,
    )
    .unify(all_alike),
    Scalar::new(
        CONCAT,
        &[&[Parameter::Any, Parameter::Any, Parameter::Repeated]],
        Returns::With(shape::concat_field),
        shape::concat,
    )
    .unify(shape::concat_fits),
    Scalar::new(
        "sequence",
        &[
            &[Parameter::BigInt, Parameter::BigInt],
            &[Parameter::BigInt, Parameter::BigInt, Parameter::BigInt],
            &[Parameter::Moment, Parameter::Moment],
            &[Parameter::Moment, Parameter::Moment, Parameter::Interval],
        ],
        Returns::With(shape::nested_field),
        sequence::sequence,
    )
    .unify(sequence::ends_fit),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    FUNCTIONS.iter().map(Scalar::udf).collect()
}

/// The function behind an operator, by its name.
pub(crate) fn operator(name: &str) -> Option<ScalarUDF> {
    FUNCTIONS.iter().find(|function| function.name == name).map(Scalar::udf)
}

fn cardinality(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let given = array(args, 0)?;
    let lists = match given.data_type() {
        DataType::Map(..) => Maps::of(&given)?.entries,
        _ => Lists::of(&given)?,
    };
    let counts = (0..lists.len()).map(|row| lists.range(row).len() as i64);
    result(args, Int64Array::new(counts.collect(), lists.nulls().cloned()))
}

fn contains(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let is_network = match args.args[0].data_type() {
        DataType::Null => args.args[1].data_type() == DataType::FixedSizeBinary(16),
        DataType::List(_) | DataType::LargeList(_) => false,
        _ => true,
    };
    if is_network { ip::network_contains(args) } else { sets::contains(args) }
}

/// The element's type becomes that of the items, or both become one that takes both.
fn element_fits(mut given: Vec<DataType>) -> Option<Vec<DataType>> {
    if let Ok(item) = item(&given[0]) {
        let both = common(item.data_type(), &given[1])?;
        if given[0] != DataType::Null && *item.data_type() != both {
            given[0] = with_item(&given[0], both.clone())?;
        }
        given[1] = both;
    }
    Some(given)
}

/// The type of the key of a map becomes that of its keys.
fn key_fits(mut given: Vec<DataType>) -> Option<Vec<DataType>> {
    if let Ok((key, _)) = entry_fields(&given[0]) {
        // A key that the type cannot hold could not be found, so a wider one is only taken for numbers.
        common(key.data_type(), &given[1])?;
        given[1] = key.data_type().clone();
    }
    Some(given)
}

/// All arrays get one type.
fn all_alike(mut given: Vec<DataType>) -> Option<Vec<DataType>> {
    let mut both = given[0].clone();
    for other in &given[1..] {
        both = common(&both, other)?;
    }
    given.fill(both);
    Some(given)
}

fn element_field(args: &ReturnFieldArgs<'_>) -> Result<Arc<Field>> {
    let given = args.arg_fields[0].data_type();
    let field = match entry_fields(given) {
        Ok((_, value)) => Arc::clone(value),
        Err(_) => item(given)?,
    };
    Ok(Arc::new(field.as_ref().clone().with_nullable(true)))
}

/// The element of an array or a map; what is not there is an error, or NULL.
fn element(args: &ScalarFunctionArgs, strict: bool) -> Result<ColumnarValue> {
    let given = array(args, 0)?;
    if matches!(given.data_type(), DataType::Map(..)) {
        return value_of_key(args, &Maps::of(&given)?, strict);
    }
    let lists = Lists::of(&given)?;
    let indexes = lists::fit(array(args, 1)?, &DataType::Int64)?;
    let indexes = indexes.as_primitive::<Int64Type>();
    let mut places = Vec::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) || indexes.is_null(row) {
            places.push(None);
            continue;
        }
        places.push(place(&lists, row, indexes.value(row), strict)?);
    }
    let values = pick(&lists.values, &UInt32Array::from(places))?;
    result(args, lists::fit(values, args.return_field.data_type())?)
}

/// The place of the value with this index, which counts from 1, or from the end if it is negative.
fn place(lists: &Lists, row: usize, index: i64, strict: bool) -> Result<Option<u32>> {
    let range = lists.range(row);
    let length = range.len() as i64;
    if index == 0 {
        return Err(invalid(INDEX_FROM_ONE));
    }
    if strict && index < 0 {
        return Err(invalid(&format!("Array subscript is negative: {index}")));
    }
    if strict && index > length {
        return Err(invalid(&format!(
            "Array subscript must be less than or equal to array length: {index} > {length}"
        )));
    }
    let at = if index > 0 { index - 1 } else { length.saturating_add(index) };
    if !(0..length).contains(&at) {
        return Ok(None);
    }
    Ok(u32::try_from(range.start + at as usize).ok())
}

fn value_of_key(args: &ScalarFunctionArgs, maps: &Maps, strict: bool) -> Result<ColumnarValue> {
    let wanted = lists::fit(array(args, 1)?, maps.keys.data_type())?;
    let mut keys = Keys::of(maps.keys.data_type())?;
    // The same key for all rows is the usual case, and is put into the form once.
    let is_constant = matches!(args.args[1], ColumnarValue::Scalar(_)) && !wanted.is_empty();
    let wanted_rows =
        keys.rows(&if is_constant { wanted.slice(0, 1) } else { Arc::clone(&wanted) })?;
    let rows = keys.rows(&maps.keys)?;
    let mut places = Vec::with_capacity(maps.entries.len());
    for row in 0..maps.entries.len() {
        if maps.entries.is_null(row) || wanted.is_null(row) {
            places.push(None);
            continue;
        }
        let wanted_row = wanted_rows.row(if is_constant { 0 } else { row });
        let place = maps.entries.range(row).find(|place| rows.row(*place) == wanted_row);
        if place.is_none() && strict {
            let key = ScalarValue::try_from_array(&wanted, row)?;
            return Err(invalid(&format!("Key not present in map: {key}")));
        }
        places.push(place.and_then(|place| u32::try_from(place).ok()));
    }
    let values = pick(&maps.entries.values, &UInt32Array::from(places))?;
    result(args, lists::fit(values, args.return_field.data_type())?)
}

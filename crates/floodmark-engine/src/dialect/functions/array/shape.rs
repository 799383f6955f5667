//! Functions that take arrays apart and put them together.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Int64Array, ListArray, StringViewArray,
    StringViewBuilder, StructArray,
};
use datafusion::arrow::compute::concat as joined;
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Fields, Float32Type, Float64Type, Int64Type,
};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use crate::dialect::functions::array::INDEX_FROM_ONE;
use crate::dialect::functions::array::lists::{
    Gather, Lengths, Lists, common, fit, invalid, item, list_type, pick, too_large,
};
use crate::dialect::functions::declare::{Parameter, array, result, text, unexpected};
use crate::dialect::trino_type::nameless;
use crate::dialect::value_text::{Writer, exponent_text};
use crate::limits::{COMBINATION_VALUES_MAX, COMBINATIONS_MAX, REPETITIONS_MAX, VALUES_MAX};

/// An array of what the first argument is.
pub(super) fn nested_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    Ok(Arc::new(Field::new("", list_type(&args.arg_fields[0]), true)))
}

/// The whole numbers of an argument.
fn whole(args: &ScalarFunctionArgs, at: usize) -> Result<Int64Array> {
    let numbers = fit(array(args, at)?, &DataType::Int64)?;
    Ok(numbers.as_primitive::<Int64Type>().clone())
}

/// The texts of an array's values, as a cast to varchar gives them.
fn texts(values: &ArrayRef, item: &Field) -> Result<StringViewArray> {
    match values.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            Ok(fit(Arc::clone(values), &DataType::Utf8View)?.as_string_view().clone())
        }
        DataType::Float64 => {
            let values = values.as_primitive::<Float64Type>().iter();
            let texts =
                values.map(|value| value.map(|value| exponent_text(&format!("{value:e}"), value)));
            Ok(texts.collect())
        }
        DataType::Float32 => {
            let values = values.as_primitive::<Float32Type>().iter();
            let texts = values.map(|value| {
                value.map(|value| exponent_text(&format!("{value:e}"), f64::from(value)))
            });
            Ok(texts.collect())
        }
        _ => {
            let writer = Writer::new(values, item)?;
            Ok((0..values.len()).map(|at| writer.text(at)).collect())
        }
    }
}

pub(super) fn array_join(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let given = array(args, 0)?;
    let lists = Lists::of(&given)?;
    let values = texts(&lists.values, item(given.data_type())?.as_ref())?;
    let separators = text(args, 1)?;
    let replacements = (args.args.len() > 2).then(|| text(args, 2)).transpose()?;
    let mut joined = StringViewBuilder::with_capacity(lists.len());
    let mut line = String::new();
    for row in 0..lists.len() {
        let replaced = replacements.as_ref();
        if lists.is_null(row)
            || separators.is_null(row)
            || replaced.is_some_and(|texts| texts.is_null(row))
        {
            joined.append_null();
            continue;
        }
        line.clear();
        let mut is_first = true;
        for place in lists.range(row) {
            let value = match replaced {
                _ if values.is_valid(place) => values.value(place),
                Some(replacements) => replacements.value(row),
                None => continue,
            };
            if !is_first {
                line.push_str(separators.value(row));
            }
            is_first = false;
            line.push_str(value);
        }
        joined.append_value(&line);
    }
    result(args, joined.finish())
}

/// One array of the values of an array's arrays.
/// What `flatten` takes.
pub(super) const FLATTEN: &[&[Parameter]] = &[&[Parameter::Array]];

/// An array of what the arrays within an array hold.
pub(super) fn flat_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let inner = item(args.arg_fields[0].data_type())?;
    let data_type = match inner.data_type() {
        DataType::List(item) | DataType::LargeList(item) => list_type(item),
        DataType::Null => list_type(&inner),
        _ => {
            let given = args.arg_fields.iter().map(|field| field.data_type());
            return Err(unexpected("flatten", FLATTEN, given));
        }
    };
    Ok(Arc::new(Field::new("flatten", data_type, true)))
}

pub(super) fn flatten(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let outer = Lists::of(&array(args, 0)?)?;
    let inner = Lists::of(&outer.values)?;
    let mut kept = Gather::with_capacity(outer.len());
    for row in 0..outer.len() {
        if outer.is_null(row) {
            kept.null_row();
            continue;
        }
        outer.range(row).flat_map(|at| inner.range(at)).for_each(|place| kept.push(place));
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &inner.values)?)
}

pub(super) fn ngrams(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let lists = Lists::of(&array(args, 0)?)?;
    let sizes = whole(args, 1)?;
    let mut pieces = Pieces::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) || sizes.is_null(row) {
            pieces.outer.null_row();
            continue;
        }
        let size = usize::try_from(sizes.value(row)).unwrap_or(0);
        if size == 0 {
            return Err(invalid("N must be positive"));
        }
        let range = lists.range(row);
        let size = size.min(range.len());
        pieces.make_room((range.len() - size + 1).saturating_mul(size))?;
        for first in range.start..=range.end - size {
            (first..first + size).for_each(|place| pieces.inner.push(place));
            pieces.end_piece()?;
        }
        pieces.end_row()?;
    }
    pieces.finish(args, &lists)
}

pub(super) fn combinations(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let lists = Lists::of(&array(args, 0)?)?;
    let sizes = whole(args, 1)?;
    let mut pieces = Pieces::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) || sizes.is_null(row) {
            pieces.outer.null_row();
            continue;
        }
        let size = sizes.value(row);
        if size < 0 {
            return Err(invalid(&format!("combination size must not be negative: {size}")));
        }
        if size > COMBINATION_VALUES_MAX {
            return Err(invalid(&format!(
                "combination size must not exceed {COMBINATION_VALUES_MAX}: {size}"
            )));
        }
        let range = lists.range(row);
        combine(&mut pieces, range, size as usize)?;
        pieces.end_row()?;
    }
    pieces.finish(args, &lists)
}

/// All choices of so many values, those with the foremost values first.
fn combine(pieces: &mut Pieces, range: std::ops::Range<usize>, size: usize) -> Result<()> {
    if size > range.len() {
        return Ok(());
    }
    let count = (0..size)
        .try_fold(1_usize, |count, at| Some(count.checked_mul(range.len() - at)? / (at + 1)));
    if count.is_none_or(|count| count > COMBINATIONS_MAX) {
        return Err(invalid(&format!("combinations exceed max size of {COMBINATIONS_MAX}")));
    }
    pieces.make_room(count.unwrap_or(0).saturating_mul(size))?;
    let mut chosen: Vec<usize> = (0..size).collect();
    loop {
        chosen.iter().for_each(|at| pieces.inner.push(range.start + at));
        pieces.end_piece()?;
        // The first value that has room before the next one moves on, and those before it begin anew.
        let moves = (0..size).find(|at| {
            let end = chosen.get(at + 1).copied().unwrap_or(range.len());
            chosen[*at] + 1 < end
        });
        let Some(moves) = moves else {
            return Ok(());
        };
        chosen[moves] += 1;
        (0..moves).for_each(|at| chosen[at] = at);
    }
}

/// Arrays of arrays in the making.
struct Pieces {
    inner: Gather,
    outer: Lengths,
    count: usize,
}

impl Pieces {
    fn with_capacity(rows: usize) -> Self {
        Self { inner: Gather::with_capacity(rows), outer: Lengths::with_capacity(rows), count: 0 }
    }

    fn make_room(&self, values: usize) -> Result<()> {
        room(self.inner.len(), values)
    }

    fn end_piece(&mut self) -> Result<()> {
        self.count += 1;
        self.inner.end_row()
    }

    fn end_row(&mut self) -> Result<()> {
        self.outer.end_row(self.count)
    }

    fn finish(self, args: &ScalarFunctionArgs, lists: &Lists) -> Result<ColumnarValue> {
        let outer = item(args.return_field.data_type())?;
        let inner = self.inner.list(&item(outer.data_type())?, &lists.values)?;
        result(args, self.outer.list(&outer, Arc::new(inner))?)
    }
}

/// Whether so many further values may be made.
fn room(values: usize, further: usize) -> Result<()> {
    if values.saturating_add(further) > VALUES_MAX {
        return Err(too_large());
    }
    Ok(())
}

pub(super) fn repeat(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let values = array(args, 0)?;
    let counts = whole(args, 1)?;
    let mut kept = Gather::with_capacity(values.len());
    for row in 0..values.len() {
        if counts.is_null(row) {
            kept.null_row();
            continue;
        }
        let count = counts.value(row);
        let bound = "count argument of repeat function must be";
        let Ok(count) = usize::try_from(count) else {
            return Err(invalid(&format!("{bound} greater than or equal to 0")));
        };
        if count > REPETITIONS_MAX {
            return Err(invalid(&format!("{bound} less than or equal to {REPETITIONS_MAX}")));
        }
        room(kept.len(), count)?;
        (0..count).for_each(|_| kept.push(row));
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &values)?)
}

/// The type of what is reversed.
pub(super) fn reversed_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    Ok(Arc::new(args.arg_fields[0].as_ref().clone().with_nullable(true)))
}

pub(super) fn reverse(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let given = array(args, 0)?;
    match given.data_type() {
        DataType::Utf8View => {
            let texts = given.as_string_view().iter();
            let turned = texts.map(|text| text.map(|text| text.chars().rev().collect::<String>()));
            return result(args, turned.collect::<StringViewArray>());
        }
        DataType::Binary => {
            let values = given.as_binary::<i32>().iter();
            let turned = values
                .map(|bytes| bytes.map(|bytes| bytes.iter().rev().copied().collect::<Vec<u8>>()));
            return result(args, turned.collect::<BinaryArray>());
        }
        _ => {}
    }
    arranged(args, &Lists::of(&given)?, |row, kept, lists| {
        lists.range(row).rev().for_each(|place| kept.push(place));
        Ok(())
    })
}

/// The array argument with other values of its own in each row.
fn arranged(
    args: &ScalarFunctionArgs,
    lists: &Lists,
    mut arrange: impl FnMut(usize, &mut Gather, &Lists) -> Result<()>,
) -> Result<ColumnarValue> {
    let mut kept = Gather::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) {
            kept.null_row();
        } else {
            arrange(row, &mut kept, lists)?;
            kept.end_row()?;
        }
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &lists.values)?)
}

pub(super) fn shuffle(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let chance = RandomState::new();
    arranged(args, &Lists::of(&array(args, 0)?)?, |row, kept, lists| {
        let from = kept.len();
        lists.range(row).for_each(|place| kept.push(place));
        let values = kept.tail(from);
        for last in (1..values.len()).rev() {
            let other = chance.hash_one((row, last)) as usize % (last + 1);
            values.swap(last, other);
        }
        Ok(())
    })
}

pub(super) fn slice(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (starts, lengths) = (whole(args, 1)?, whole(args, 2)?);
    let lists = Lists::of(&array(args, 0)?)?;
    let mut kept = Gather::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) || starts.is_null(row) || lengths.is_null(row) {
            kept.null_row();
            continue;
        }
        let (start, length) = (starts.value(row), lengths.value(row));
        if length < 0 {
            return Err(invalid("length must be greater than or equal to 0"));
        }
        if start == 0 {
            return Err(invalid(INDEX_FROM_ONE));
        }
        let range = lists.range(row);
        let count = range.len() as i64;
        let first = if start > 0 { start - 1 } else { count.saturating_add(start) };
        if (0..count).contains(&first) {
            let end = first.saturating_add(length).min(count);
            (first..end).for_each(|at| kept.push(range.start + at as usize));
        }
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &lists.values)?)
}

pub(super) fn trim_array(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let sizes = whole(args, 1)?;
    let lists = Lists::of(&array(args, 0)?)?;
    let mut kept = Gather::with_capacity(lists.len());
    for row in 0..lists.len() {
        if lists.is_null(row) || sizes.is_null(row) {
            kept.null_row();
            continue;
        }
        let (size, range) = (sizes.value(row), lists.range(row));
        if size < 0 {
            return Err(invalid(&format!("size must not be negative: {size}")));
        }
        if size > range.len() as i64 {
            return Err(invalid(&format!(
                "size must not exceed array cardinality {}: {size}",
                range.len()
            )));
        }
        (range.start..range.end - size as usize).for_each(|place| kept.push(place));
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &lists.values)?)
}

/// An array of rows with a field for each argument.
pub(super) fn zip_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let fields = args.arg_fields.iter().enumerate().map(|(at, field)| {
        let item = item(field.data_type())?;
        Ok(item.as_ref().clone().with_name(nameless(at)).with_nullable(true))
    });
    let fields: Fields = fields.collect::<Result<Vec<_>>>()?.into();
    let row = Field::new("item", DataType::Struct(fields), true);
    Ok(Arc::new(Field::new("", list_type(&row), true)))
}

/// The values of several arrays side by side; NULL stands where one is shorter.
pub(super) fn zip(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let arrays = (0..args.args.len()).map(|at| Lists::of(&array(args, at)?));
    let arrays = arrays.collect::<Result<Vec<_>>>()?;
    let mut columns: Vec<_> = arrays.iter().map(|_| Gather::with_capacity(0)).collect();
    let mut lengths = Lengths::with_capacity(args.number_rows);
    let mut count = 0;
    for row in 0..args.number_rows {
        if arrays.iter().any(|lists| lists.is_null(row)) {
            lengths.null_row();
            continue;
        }
        let longest = arrays.iter().map(|lists| lists.range(row).len()).max().unwrap_or(0);
        for (lists, column) in arrays.iter().zip(&mut columns) {
            let range = lists.range(row);
            let length = range.len();
            range.for_each(|place| column.push(place));
            (length..longest).for_each(|_| column.push_option(None));
        }
        count += longest;
        lengths.end_row(count)?;
    }
    let item = item(args.return_field.data_type())?;
    let DataType::Struct(fields) = item.data_type() else {
        return Err(invalid("zip gives rows"));
    };
    let columns = columns.into_iter().zip(&arrays).zip(fields).map(|((column, lists), field)| {
        fit(pick(&lists.values, &column.into_parts().0)?, field.data_type())
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let rows = StructArray::try_new_with_length(fields.clone(), columns, None, count)?;
    result(args, lengths.list(&item, Arc::new(rows))?)
}

/// All arrays get one type, and what is no array becomes one item.
pub(crate) fn concat_fits(given: Vec<DataType>) -> Option<Vec<DataType>> {
    let is_list = |given: &DataType| matches!(given, DataType::List(_) | DataType::LargeList(_));
    let lists = || given.iter().filter(|given| is_list(given));
    // Without an array it is texts that are put together.
    let Some(mut list) = lists().next().cloned() else {
        return Some(given);
    };
    for other in lists().skip(1) {
        list = common(&list, other).or_else(|| {
            // An array of arrays takes a further array as an item.
            let nested = |outer: &DataType, inner: &DataType| {
                common(item(outer).ok()?.data_type(), inner).map(|_| outer.clone())
            };
            nested(&list, other).or_else(|| nested(other, &list))
        })?;
    }
    let mut types = Vec::with_capacity(given.len());
    let mut both = item(&list).ok()?.data_type().clone();
    for other in &given {
        if common(&list, other).is_none() {
            both = common(&both, other)?;
        }
    }
    let list = super::with_item(&list, both.clone())?;
    for other in &given {
        types.push(if common(&list, other).is_some() { list.clone() } else { both.clone() });
    }
    Some(types)
}

/// The type of the arrays that are put together.
pub(crate) fn concat_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let depth = |mut given: &DataType| {
        let mut depth = 0;
        while let DataType::List(item) | DataType::LargeList(item) = given {
            depth += 1;
            given = item.data_type();
        }
        depth
    };
    let deepest = args.arg_fields.iter().rev().max_by_key(|field| depth(field.data_type()));
    let field = deepest
        .map_or_else(|| Field::new("", DataType::Null, true), |field| field.as_ref().clone());
    Ok(Arc::new(field.with_nullable(true)))
}

/// The values of several arrays, one array after the other.
pub(crate) fn concat(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let list_type = args.return_field.data_type();
    let target = item(list_type)?;
    let mut parts = Vec::with_capacity(args.args.len());
    for at in 0..args.args.len() {
        let given = array(args, at)?;
        let is_array = given.data_type() == list_type || *given.data_type() == DataType::Null;
        parts.push(if is_array { Lists::of(&given)? } else { Lists::of(&single(&given)?)? });
    }
    let mut starts = Vec::with_capacity(parts.len());
    let mut values = Vec::with_capacity(parts.len());
    let mut count = 0;
    for part in &parts {
        starts.push(count);
        count += part.values.len();
        values.push(fit(Arc::clone(&part.values), target.data_type())?);
    }
    let values: Vec<&dyn Array> = values.iter().map(|values| values.as_ref()).collect();
    let values = joined(&values)?;
    let mut kept = Gather::with_capacity(args.number_rows);
    for row in 0..args.number_rows {
        if parts.iter().any(|part| part.is_null(row)) {
            kept.null_row();
            continue;
        }
        for (part, start) in parts.iter().zip(&starts) {
            part.range(row).for_each(|place| kept.push(start + place));
        }
        kept.end_row()?;
    }
    result(args, kept.list(&target, &values)?)
}

/// An array of the arguments.
pub(super) fn array_of(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let columns = (0..args.args.len()).map(|at| array(args, at)).collect::<Result<Vec<_>>>()?;
    let values: Vec<&dyn Array> = columns.iter().map(|column| column.as_ref()).collect();
    let values = joined(&values)?;
    let mut kept = Gather::with_capacity(args.number_rows);
    for row in 0..args.number_rows {
        (0..columns.len()).for_each(|at| kept.push(at * args.number_rows + row));
        kept.end_row()?;
    }
    result(args, kept.list(&item(args.return_field.data_type())?, &values)?)
}

/// Arrays of one value each.
fn single(values: &ArrayRef) -> Result<ListArray> {
    let mut lengths = Lengths::with_capacity(values.len());
    for row in 0..values.len() {
        lengths.end_row(row + 1)?;
    }
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    lengths.list(&item, Arc::clone(values))
}

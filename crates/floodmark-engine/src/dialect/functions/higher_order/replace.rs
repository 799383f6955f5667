//! `regexp_replace` with a function: what it makes of the groups of each match.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListBuilder, StringViewBuilder, new_empty_array,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, HigherOrderFunctionArgs, LambdaParametersProgress};

use crate::dialect::functions::array::lists::{fit, list_type};
use crate::dialect::functions::higher_order::declare::{Known, lambda, parameter, simple, value};
use crate::dialect::functions::higher_order::{array, done, evaluate};
use crate::dialect::functions::regex::{Match, matches};
use crate::dialect::functions::rows::Size;
use crate::dialect::trino_type::failure;

/// The parameter of the lambda: the groups of a match.
pub(super) fn parameters(_: usize, given: &[Known<'_>]) -> Result<LambdaParametersProgress> {
    for at in 0..2 {
        let known = value(given, at)?.data_type();
        if !matches!(
            known,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null
        ) {
            let message = "Unexpected parameters for function regexp_replace. Expected: \
                           regexp_replace(varchar(x), JoniRegExp, function(array(varchar(x)),varchar(x)))";
            return Err(failure("FUNCTION_NOT_FOUND", message));
        }
    }
    let groups = Field::new("groups", groups_type(), true);
    Ok(simple(vec![vec![parameter(&groups)]]))
}

fn groups_type() -> DataType {
    list_type(&Field::new("", DataType::Utf8View, true))
}

/// The texts with all matches replaced; NULL where the function gives NULL for one of them.
pub(super) fn replace(args: &HigherOrderFunctionArgs) -> Result<ColumnarValue> {
    let texts = fit(array(args, 0)?, &DataType::Utf8View)?;
    let patterns = fit(array(args, 1)?, &DataType::Utf8View)?;
    let (texts, patterns) = (texts.as_string_view(), patterns.as_string_view());
    let mut found: Vec<Option<Vec<Match>>> = Vec::with_capacity(texts.len());
    let mut groups = ListBuilder::new(StringViewBuilder::new());
    let mut rows = Vec::new();
    let mut size = Size::default();
    for row in 0..texts.len() {
        if texts.is_null(row) || patterns.is_null(row) {
            found.push(None);
            continue;
        }
        let text = texts.value(row);
        let matches = matches(text, patterns.value(row))?;
        for found in &matches {
            for group in &found.groups {
                let group = group.map(|(from, to)| &text[from..to]);
                size.add(group.map_or(0, str::len) + size_of::<u128>())?;
                groups.values().append_option(group);
            }
            groups.append(true);
            rows.push(row as u32);
        }
        found.push(Some(matches));
    }
    let made: ArrayRef = if rows.is_empty() {
        new_empty_array(&DataType::Utf8View)
    } else {
        let groups = fit(Arc::new(groups.finish()), &groups_type())?;
        fit(evaluate(lambda(&args.args, 2)?, &[groups], rows)?, &DataType::Utf8View)?
    };
    let mut made = made.as_string_view().iter();
    let mut replaced = StringViewBuilder::with_capacity(texts.len());
    let mut size = Size::default();
    for (row, found) in found.into_iter().enumerate() {
        let Some(found) = found else {
            replaced.append_null();
            continue;
        };
        let text = texts.value(row);
        let (mut line, mut last) = (String::new(), 0);
        let mut is_known = true;
        for found in found {
            match made.next().flatten() {
                // What is replaced by nothing known makes the whole unknown.
                None => is_known = false,
                Some(replacement) => {
                    line.push_str(&text[last..found.from]);
                    line.push_str(replacement);
                    size.add(replacement.len())?;
                    last = found.to;
                }
            }
        }
        line.push_str(&text[last..]);
        replaced.append_option(is_known.then_some(line));
    }
    done(args, replaced.finish())
}

/// The type of the result, if the lambda makes text.
pub(super) fn text_type(given: &[&FieldRef]) -> Result<DataType> {
    match given[2].data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
            Ok(DataType::Utf8View)
        }
        _ => {
            let message = "the function of regexp_replace must give a varchar";
            Err(failure("TYPE_MISMATCH", message))
        }
    }
}

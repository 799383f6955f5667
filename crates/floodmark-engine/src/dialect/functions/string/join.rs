//! Text, bytes and arrays joined.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs};

use crate::dialect::functions::array::shape;
use crate::dialect::functions::rows::{binaries, lists, texts, to_binary, to_text};

/// The type of `concat`: that of the first argument, or of the arrays.
pub(super) fn concat_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    if args.arg_fields.iter().any(|field| is_array(field.data_type())) {
        return shape::concat_field(args);
    }
    Ok(Arc::new(args.arg_fields[0].as_ref().clone().with_name("concat").with_nullable(true)))
}

/// Makes the types of arrays and items fit each other.
pub(super) fn concat_fits(given: Vec<DataType>) -> Option<Vec<DataType>> {
    if given.iter().any(is_array) { shape::concat_fits(given) } else { Some(given) }
}

/// `concat(a, b, …)` on text, bytes and arrays: NULL if one of them is.
pub(super) fn concat(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    match args.return_field.data_type() {
        DataType::Utf8View => {
            let parts =
                (0..args.args.len()).map(|at| texts(args, at)).collect::<Result<Vec<_>>>()?;
            to_text(args, |row| {
                let mut joined = String::new();
                for part in &parts {
                    joined.push_str(part.get(row)?);
                }
                Some(Ok(joined))
            })
        }
        DataType::Binary => {
            let parts =
                (0..args.args.len()).map(|at| binaries(args, at)).collect::<Result<Vec<_>>>()?;
            to_binary(args, |row| {
                let mut joined = Vec::new();
                for part in &parts {
                    joined.extend_from_slice(part.get(row)?);
                }
                Some(Ok(joined))
            })
        }
        _ => shape::concat(args),
    }
}

/// `concat_ws(separator, a, b, …)` and `concat_ws(separator, array)`, which pass NULLs over.
pub(super) fn concat_ws(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let separator = texts(args, 0)?;
    if is_array(&args.args[1].data_type()) {
        let items = lists(args, 1, &DataType::Utf8View)?;
        return to_text(args, |row| {
            let (separator, items) = (separator.get(row)?, items.get(row)?);
            let items: Vec<_> = items.as_string_view().iter().flatten().collect();
            Some(Ok(items.join(separator)))
        });
    }
    let parts = (1..args.args.len()).map(|at| texts(args, at)).collect::<Result<Vec<_>>>()?;
    to_text(args, |row| {
        let separator = separator.get(row)?;
        let parts: Vec<_> = parts.iter().filter_map(|part| part.get(row)).collect();
        Some(Ok(parts.join(separator)))
    })
}

fn is_array(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::LargeList(_))
}

//! Functions on JSON.

mod cursor;
mod path;
mod tree;

use std::sync::Arc;

use datafusion::arrow::array::StringViewArray;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use crate::dialect::functions::declare::{Parameter, Returns, Scalar};
use crate::dialect::functions::json::cursor::{Cursor, Kind};
use crate::dialect::functions::json::path::JsonPath;
use crate::dialect::functions::rows::{
    Column, bigints, booleans, doubles, invalid, texts, to_bigint, to_boolean, to_text,
};

const JSON: Parameter = Parameter::Json;
const TEXT: Parameter = Parameter::Text;
const BIGINT: Parameter = Parameter::BigInt;

const A_JSON: Returns = Returns::Always("json");
const VARCHAR: Returns = Returns::Always("varchar");
const WHOLE: Returns = Returns::Always("bigint");
const TRUTH: Returns = Returns::Always("boolean");

static ALL: &[Scalar] = &[
    Scalar::new("is_json_scalar", &[&[JSON]], TRUTH, is_json_scalar),
    Scalar::new(
        "json_array_contains",
        &[&[JSON, Parameter::Boolean], &[JSON, BIGINT], &[JSON, Parameter::Double], &[JSON, TEXT]],
        TRUTH,
        array_contains,
    ),
    Scalar::new("json_array_get", &[&[JSON, BIGINT]], A_JSON, array_get),
    Scalar::new("json_array_length", &[&[JSON]], WHOLE, array_length),
    Scalar::new("json_extract", &[&[JSON, TEXT]], A_JSON, extract),
    Scalar::new("json_extract_scalar", &[&[JSON, TEXT]], VARCHAR, extract_scalar),
    Scalar::new("json_format", &[&[JSON]], VARCHAR, format),
    Scalar::new("json_parse", &[&[TEXT]], A_JSON, parse),
    Scalar::new("json_size", &[&[JSON, TEXT]], WHOLE, size),
];

/// The functions of this kind.
pub(super) fn all() -> Vec<ScalarUDF> {
    ALL.iter().map(Scalar::udf).collect()
}

/// The paths of a column: the last is kept, because most often there is one alone.
struct Paths {
    column: Column<StringViewArray>,
    last: Option<(String, Arc<JsonPath>)>,
}

impl Paths {
    fn new(args: &ScalarFunctionArgs) -> Result<Self> {
        Ok(Self { column: texts(args, 1)?, last: None })
    }

    /// A row's path.
    fn get(&mut self, row: usize) -> Option<Result<Arc<JsonPath>>> {
        let text = self.column.get(row)?;
        if let Some((last, path)) = &self.last
            && last == text
        {
            return Some(Ok(Arc::clone(path)));
        }
        let Some(path) = JsonPath::read(text).map(Arc::new) else {
            return invalid(format!("Invalid JSON path: '{text}'"));
        };
        self.last = Some((text.to_owned(), Arc::clone(&path)));
        Some(Ok(path))
    }
}

/// A cursor at what a path leads to in a row's JSON; None also if the JSON is none.
macro_rules! found {
    ($json:expr, $paths:expr, $row:expr) => {{
        let json = $json.get($row)?;
        match $paths.get($row)? {
            Err(error) => return Some(Err(error)),
            Ok(path) => path.find(json)?,
        }
    }};
}

/// `json_parse(text)`: with the keys of objects in order.
fn parse(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    to_text(args, |row| {
        let text = text.get(row)?;
        match tree::in_order(text) {
            Some(json) => Some(Ok(json)),
            None => invalid(format!("Cannot convert value to JSON: '{text}'")),
        }
    })
}

/// `json_format(json)`.
fn format(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let json = texts(args, 0)?;
    to_text(args, |row| json.get(row).map(Ok))
}

/// `json_extract(json, path)`.
fn extract(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (json, mut paths) = (texts(args, 0)?, Paths::new(args)?);
    to_text(args, |row| {
        let mut cursor = found!(json, paths, row);
        let mut made = String::new();
        cursor.copy(&mut made)?;
        Some(Ok(made))
    })
}

/// `json_extract_scalar(json, path)`: NULL for arrays, objects and null.
fn extract_scalar(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (json, mut paths) = (texts(args, 0)?, Paths::new(args)?);
    to_text(args, |row| found!(json, paths, row).scalar().map(Ok))
}

/// `json_size(json, path)`: the items of an array, the members of an object, 0 for all else.
fn size(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (json, mut paths) = (texts(args, 0)?, Paths::new(args)?);
    to_bigint(args, |row| {
        let mut cursor = found!(json, paths, row);
        let mut count = 0;
        match cursor.kind()? {
            Kind::Array => {
                let mut is_first = true;
                while cursor.item(is_first)? {
                    is_first = false;
                    cursor.skip()?;
                    count += 1;
                }
            }
            Kind::Object => {
                let mut is_first = true;
                while cursor.key(is_first)?.is_some() {
                    is_first = false;
                    cursor.skip()?;
                    count += 1;
                }
            }
            _ => {}
        }
        Some(Ok(count))
    })
}

/// `json_array_length(json)`: NULL if it is no array.
fn array_length(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let json = texts(args, 0)?;
    to_bigint(args, |row| {
        let mut count = 0;
        each_item(json.get(row)?, |cursor| {
            count += 1;
            cursor.skip()
        })?;
        Some(Ok(count))
    })
}

/// `json_array_get(json, index)`: from 0, from the end if negative; text loses its quotes.
fn array_get(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (json, index) = (texts(args, 0)?, bigints(args, 1)?);
    to_text(args, |row| {
        let (json, index) = (json.get(row)?, index.get(row)?);
        let mut places = Vec::new();
        each_item(json, |cursor| {
            places.push(cursor.clone());
            cursor.skip()
        })?;
        let at = match usize::try_from(index) {
            Ok(at) => at,
            Err(_) => places.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
        };
        let mut cursor = places.get(at)?.clone();
        match cursor.kind()? {
            Kind::Null => None,
            Kind::Text => cursor.scalar().map(|text| Ok(text.into_owned())),
            _ => {
                let mut made = String::new();
                cursor.copy(&mut made)?;
                Some(Ok(made))
            }
        }
    })
}

/// `json_array_contains(json, value)`: NULL if it is no array.
fn array_contains(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let json = texts(args, 0)?;
    let any = |json: &str, fits: &dyn Fn(Kind, &str) -> bool| {
        let mut found = false;
        each_item(json, |cursor| {
            let kind = cursor.kind()?;
            match kind {
                Kind::Array | Kind::Object | Kind::Null => cursor.skip(),
                _ => {
                    found |= fits(kind, &cursor.scalar()?);
                    Some(())
                }
            }
        })?;
        Some(Ok(found))
    };
    match args.args[1].data_type() {
        DataType::Boolean => {
            let value = booleans(args, 1)?;
            to_boolean(args, |row| {
                let (json, value) = (json.get(row)?, value.get(row)?);
                any(json, &|kind, text| kind == Kind::Truth && text.parse() == Ok(value))
            })
        }
        DataType::Int64 => {
            let value = bigints(args, 1)?;
            to_boolean(args, |row| {
                let (json, value) = (json.get(row)?, value.get(row)?);
                any(json, &|kind, text| kind == Kind::Number && text.parse() == Ok(value))
            })
        }
        DataType::Float64 => {
            let value = doubles(args, 1)?;
            to_boolean(args, |row| {
                let (json, value) = (json.get(row)?, value.get(row)?);
                // Whole numbers are no doubles.
                any(json, &|kind, text| {
                    kind == Kind::Number
                        && text.contains(['.', 'e', 'E'])
                        && text.parse() == Ok(value)
                })
            })
        }
        _ => {
            let value = texts(args, 1)?;
            to_boolean(args, |row| {
                let (json, value) = (json.get(row)?, value.get(row)?);
                any(json, &|kind, text| kind == Kind::Text && text == value)
            })
        }
    }
}

/// `is_json_scalar(json)`.
fn is_json_scalar(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let json = texts(args, 0)?;
    to_boolean(args, |row| {
        let json = json.get(row)?;
        let mut cursor = Cursor::new(json);
        let kind = cursor.kind();
        match (kind, cursor.skip(), cursor.is_at_end()) {
            (Some(kind), Some(()), true) => Some(Ok(!matches!(kind, Kind::Array | Kind::Object))),
            _ => invalid(format!("Invalid JSON value: {json}")),
        }
    })
}

/// Goes to each item of an array; None if the JSON is no array, or none at all.
fn each_item<'a>(json: &'a str, mut at: impl FnMut(&mut Cursor<'a>) -> Option<()>) -> Option<()> {
    let mut cursor = Cursor::new(json);
    if cursor.kind()? != Kind::Array {
        return None;
    }
    let mut is_first = true;
    while cursor.item(is_first)? {
        is_first = false;
        at(&mut cursor)?;
    }
    Some(())
}

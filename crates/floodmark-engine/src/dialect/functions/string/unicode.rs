//! Characters, their codes, their cases and their bytes.

use std::borrow::Cow;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::declare::Parameter;
use crate::dialect::functions::rows::{
    bigints, binaries, invalid, texts, to_bigint, to_binary, to_number, to_text, values,
};

/// How `from_utf8` is called.
pub(super) const FROM_UTF8: &[&[Parameter]] = &[
    &[Parameter::Binary],
    &[Parameter::Binary, Parameter::Text],
    &[Parameter::Binary, Parameter::BigInt],
];

/// `chr(code)`.
pub(super) fn chr(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let code = bigints(args, 0)?;
    to_text(args, |row| {
        let code = code.get(row)?;
        match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(char) => Some(Ok(String::from(char))),
            None => invalid(format!("Not a valid Unicode code point: {code}")),
        }
    })
}

/// `codepoint(character)`.
pub(super) fn codepoint(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    to_number::<Int32Type>(args, |row| {
        let mut chars = text.get(row)?.chars();
        match (chars.next(), chars.next()) {
            (Some(char), None) => Some(Ok(char as i32)),
            _ => invalid("Input string must be a single character string"),
        }
    })
}

/// `length(text)` in characters, `length(binary)` in bytes.
pub(super) fn length(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    if args.args[0].data_type() == DataType::Binary {
        let bytes = binaries(args, 0)?;
        return to_bigint(args, |row| Some(Ok(bytes.get(row)?.len() as i64)));
    }
    let text = texts(args, 0)?;
    to_bigint(args, |row| Some(Ok(text.get(row)?.chars().count() as i64)))
}

/// `lower(text)`, character by character.
pub(super) fn lower(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let all_ascii = is_ascii(&values(args, 0)?);
    let text = texts(args, 0)?;
    to_text(args, |row| {
        let text = text.get(row)?;
        Some(Ok(match all_ascii {
            true => text.to_ascii_lowercase(),
            // Where one character becomes several it stays as it is.
            false => text.chars().map(|char| single(char, char.to_lowercase())).collect(),
        }))
    })
}

/// `upper(text)`, character by character.
pub(super) fn upper(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let all_ascii = is_ascii(&values(args, 0)?);
    let text = texts(args, 0)?;
    to_text(args, |row| {
        let text = text.get(row)?;
        Some(Ok(match all_ascii {
            true => text.to_ascii_uppercase(),
            false => text.chars().map(|char| single(char, char.to_uppercase())).collect(),
        }))
    })
}

/// `to_utf8(text)`.
pub(super) fn to_utf8(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    to_binary(args, |row| Some(Ok(text.get(row)?)))
}

/// `from_utf8(binary[, replacement])`.
pub(super) fn from_utf8(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let bytes = binaries(args, 0)?;
    if args.args.len() == 1 {
        return to_text(args, |row| Some(Ok(String::from_utf8_lossy(bytes.get(row)?))));
    }
    if args.args[1].data_type() == DataType::Int64 {
        let code = bigints(args, 1)?;
        return to_text(args, |row| {
            let (bytes, code) = (bytes.get(row)?, code.get(row)?);
            match u32::try_from(code).ok().and_then(char::from_u32) {
                Some(char) => Some(Ok(replaced(bytes, char.encode_utf8(&mut [0; 4])))),
                None => invalid("Invalid replacement character"),
            }
        });
    }
    let replacement = texts(args, 1)?;
    to_text(args, |row| {
        let (bytes, replacement) = (bytes.get(row)?, replacement.get(row)?);
        if replacement.chars().nth(1).is_some() {
            return invalid("Replacement character string must empty or a single character");
        }
        Some(Ok(replaced(bytes, replacement)))
    })
}

/// Text of bytes, with something in the place of those that are none.
fn replaced<'a>(bytes: &'a [u8], replacement: &str) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut made = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        made.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            made.push_str(replacement);
        }
    }
    Cow::Owned(made)
}

/// The one character that a character becomes; itself, if it becomes several.
fn single(char: char, mut becomes: impl ExactSizeIterator<Item = char>) -> char {
    match becomes.len() {
        1 => becomes.next().unwrap_or(char),
        _ => char,
    }
}

/// Whether all texts of an array are ASCII.
fn is_ascii(array: &ArrayRef) -> bool {
    match array.data_type() {
        DataType::Utf8View => array.as_string_view().is_ascii(),
        _ => false,
    }
}

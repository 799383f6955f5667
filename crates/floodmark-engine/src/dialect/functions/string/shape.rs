//! Parts of text, and text with its characters taken away, replaced or filled up.

use std::borrow::Cow;
use std::collections::HashMap;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

use crate::dialect::functions::rows::{
    Size, bigints, binaries, invalid_argument, texts, to_binary, to_boolean, to_text,
};

/// `starts_with(text, prefix)`.
pub(super) fn starts_with(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, prefix) = (texts(args, 0)?, texts(args, 1)?);
    to_boolean(args, |row| Some(Ok(text.get(row)?.starts_with(prefix.get(row)?))))
}

/// `ends_with(text, suffix)`.
pub(super) fn ends_with(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, suffix) = (texts(args, 0)?, texts(args, 1)?);
    to_boolean(args, |row| Some(Ok(text.get(row)?.ends_with(suffix.get(row)?))))
}

/// `replace(text, search[, replacement])`: an empty search stands before each character and at the end.
pub(super) fn replace(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, search) = (texts(args, 0)?, texts(args, 1)?);
    let replacement = (args.args.len() > 2).then(|| texts(args, 2)).transpose()?;
    let mut size = Size::default();
    to_text(args, |row| {
        let (text, search) = (text.get(row)?, search.get(row)?);
        let replacement = match &replacement {
            None => "",
            Some(replacement) => replacement.get(row)?,
        };
        if replacement.len() > search.len() {
            // What will be made is counted before it is made.
            let found = text.matches(search).count();
            if let Err(error) = size.add(found.saturating_mul(replacement.len())) {
                return Some(Err(error));
            }
        }
        Some(Ok(text.replace(search, replacement)))
    })
}

/// `substring(text, start[, length])` on text and on bytes: a negative start counts from the end.
pub(super) fn substring(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let start = bigints(args, 1)?;
    let length = (args.args.len() > 2).then(|| bigints(args, 2)).transpose()?;
    let wanted = |row: usize| {
        let start = start.get(row)?;
        let length = match &length {
            None => i64::MAX,
            Some(length) => length.get(row)?,
        };
        Some((start, length))
    };
    if args.args[0].data_type() == DataType::Binary {
        let bytes = binaries(args, 0)?;
        return to_binary(args, |row| {
            let (bytes, (start, length)) = (bytes.get(row)?, wanted(row)?);
            let (from, to) = bounds(bytes.len(), start, length);
            Some(Ok(&bytes[from..to]))
        });
    }
    let text = texts(args, 0)?;
    to_text(args, |row| {
        let (text, (start, length)) = (text.get(row)?, wanted(row)?);
        Some(Ok(part(text, start, length)))
    })
}

/// `trim(text[, characters])`.
pub(super) fn trim(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    trimmed(args, |text, taken| text.trim_matches(taken))
}

/// `ltrim(text[, characters])`.
pub(super) fn ltrim(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    trimmed(args, |text, taken| text.trim_start_matches(taken))
}

/// `rtrim(text[, characters])`.
pub(super) fn rtrim(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    trimmed(args, |text, taken| text.trim_end_matches(taken))
}

/// `lpad(value, size, filling)` on text and on bytes.
pub(super) fn lpad(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    padded(args, true)
}

/// `rpad(value, size, filling)` on text and on bytes.
pub(super) fn rpad(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    padded(args, false)
}

/// `translate(text, from, to)`: characters without a counterpart go away.
pub(super) fn translate(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let (text, from, to) = (texts(args, 0)?, texts(args, 1)?, texts(args, 2)?);
    let mut map: Option<HashMap<char, Option<char>>> = None;
    let is_constant = from.is_constant() && to.is_constant();
    to_text(args, |row| {
        let (text, from, to) = (text.get(row)?, from.get(row)?, to.get(row)?);
        if !is_constant {
            map = None;
        }
        let map = map.get_or_insert_with(|| {
            let mut map = HashMap::new();
            let mut to = to.chars();
            for char in from.chars() {
                let target = to.next();
                // The first of several counts.
                map.entry(char).or_insert(target);
            }
            map
        });
        let translated = text.chars().filter_map(|char| match map.get(&char) {
            None => Some(char),
            Some(target) => *target,
        });
        Some(Ok(translated.collect::<String>()))
    })
}

/// Where a part begins and ends in so many characters, for a start that counts from 1 or, if negative, from the end.
fn bounds(count: usize, start: i64, length: i64) -> (usize, usize) {
    if start == 0 || length <= 0 {
        return (0, 0);
    }
    let from = match usize::try_from(start) {
        Ok(start) => start - 1,
        Err(_) => match count.checked_sub(usize::try_from(start.unsigned_abs()).unwrap_or(count)) {
            Some(from) if start.unsigned_abs() <= count as u64 => from,
            _ => return (0, 0),
        },
    };
    if from >= count {
        return (0, 0);
    }
    (from, from.saturating_add(usize::try_from(length).unwrap_or(count)).min(count))
}

/// A part of a text.
fn part(text: &str, start: i64, length: i64) -> &str {
    if text.is_ascii() {
        let (from, to) = bounds(text.len(), start, length);
        return &text[from..to];
    }
    let (from, to) = bounds(text.chars().count(), start, length);
    let place = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(place, _)| place);
    &text[place(from)..place(to)]
}

fn trimmed(
    args: &ScalarFunctionArgs,
    trim: impl for<'a> Fn(&'a str, &dyn Fn(char) -> bool) -> &'a str,
) -> Result<ColumnarValue> {
    let text = texts(args, 0)?;
    let characters = (args.args.len() > 1).then(|| texts(args, 1)).transpose()?;
    to_text(args, |row| {
        let text = text.get(row)?;
        Some(Ok(match &characters {
            None => trim(text, &is_space),
            Some(characters) => {
                let characters = characters.get(row)?;
                trim(text, &|char| characters.contains(char))
            }
        }))
    })
}

/// Java's idea of white space: no-break spaces are none, the separators of files, groups, records and units are.
fn is_space(char: char) -> bool {
    match char {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        '\u{1c}'..='\u{1f}' => true,
        _ => char.is_whitespace(),
    }
}

fn padded(args: &ScalarFunctionArgs, is_left: bool) -> Result<ColumnarValue> {
    let size = bigints(args, 1)?;
    let mut made = Size::default();
    // The size is counted before anything of it is made.
    let mut checked = |size: i64, filling: usize| -> Result<usize> {
        let wanted =
            i32::try_from(size).ok().and_then(|size| usize::try_from(size).ok()).ok_or_else(
                || invalid_argument("Target length must be in the range [0..2147483647]"),
            )?;
        if filling == 0 {
            return Err(invalid_argument("Padding string must not be empty"));
        }
        made.add(wanted)?;
        Ok(wanted)
    };
    if args.args[0].data_type() == DataType::Binary {
        let (bytes, filling) = (binaries(args, 0)?, binaries(args, 2)?);
        return to_binary(args, |row| {
            let (bytes, size, filling) = (bytes.get(row)?, size.get(row)?, filling.get(row)?);
            Some(checked(size, filling.len()).map(|size| {
                let missing = size.saturating_sub(bytes.len());
                let fill = filling.iter().copied().cycle().take(missing);
                let kept = bytes[..size.min(bytes.len())].iter().copied();
                match is_left {
                    true => fill.chain(kept).collect::<Vec<_>>(),
                    false => kept.chain(fill).collect(),
                }
            }))
        });
    }
    let (text, filling) = (texts(args, 0)?, texts(args, 2)?);
    to_text(args, |row| {
        let (text, size, filling) = (text.get(row)?, size.get(row)?, filling.get(row)?);
        Some(checked(size, filling.len()).map(|size| {
            let count = if text.is_ascii() { text.len() } else { text.chars().count() };
            if count >= size {
                return Cow::Borrowed(part(text, 1, size as i64));
            }
            let fill = filling.chars().cycle().take(size - count);
            Cow::Owned(match is_left {
                true => fill.chain(text.chars()).collect::<String>(),
                false => text.chars().chain(fill).collect(),
            })
        }))
    })
}

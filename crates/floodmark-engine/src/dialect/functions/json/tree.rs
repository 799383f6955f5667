//! JSON as `json_parse` keeps it: the keys of objects in order, of equal ones the last.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::dialect::functions::json::cursor::{Cursor, Kind, Token, write_text};

/// JSON without spaces and with its keys in order; None if the text is no JSON.
pub(super) fn in_order(text: &str) -> Option<String> {
    let mut cursor = Cursor::new(text);
    // This checks how deep it is, which makes the descent below a safe one.
    let mut whole = cursor.clone();
    let mut is_escaped_well = true;
    whole.walk(|token| {
        if let Token::Text(quoted) = token {
            is_escaped_well &= quoted.text().is_some();
        }
    })?;
    if !whole.is_at_end() || !is_escaped_well {
        return None;
    }
    let mut made = String::with_capacity(text.len());
    write_in_order(&mut cursor, &mut made)?;
    Some(made)
}

fn write_in_order(cursor: &mut Cursor<'_>, made: &mut String) -> Option<()> {
    match cursor.kind()? {
        Kind::Object => {
            let mut members: BTreeMap<Cow<'_, str>, Cursor<'_>> = BTreeMap::new();
            let mut is_first = true;
            while let Some(key) = cursor.key(is_first)? {
                is_first = false;
                members.insert(key.text()?, cursor.clone());
                cursor.skip()?;
            }
            made.push('{');
            for (at, (key, mut value)) in members.into_iter().enumerate() {
                if at > 0 {
                    made.push(',');
                }
                write_text(&key, made);
                made.push(':');
                write_in_order(&mut value, made)?;
            }
            made.push('}');
        }
        Kind::Array => {
            made.push('[');
            let mut is_first = true;
            while cursor.item(is_first)? {
                if !is_first {
                    made.push(',');
                }
                is_first = false;
                write_in_order(cursor, made)?;
            }
            made.push(']');
        }
        _ => cursor.copy(made)?,
    }
    Some(())
}

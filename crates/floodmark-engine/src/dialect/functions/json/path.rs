//! The paths into JSON that Trino knows: `$.key`, `$["key"]` and `$[0]`.

use crate::dialect::functions::json::cursor::{Cursor, Kind};

/// A path.
#[derive(Debug)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    key: String,
    /// The same as the place in an array, if it is a number.
    index: Option<usize>,
}

impl JsonPath {
    /// Reads a path; None if it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let key = if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(|c| !is_plain(c)).unwrap_or(after.len());
                rest = &after[end..];
                after[..end].to_owned()
            } else if let Some(after) = rest.strip_prefix("[\"") {
                let (key, after) = quoted(after)?;
                rest = after.strip_prefix(']')?;
                steps.push(Step { index: key.parse().ok(), key });
                continue;
            } else {
                let after = rest.strip_prefix('[')?;
                let end = after.find(|c| !is_subscript(c)).unwrap_or(after.len());
                rest = after[end..].strip_prefix(']')?;
                after[..end].to_owned()
            };
            if key.is_empty() {
                return None;
            }
            steps.push(Step { index: key.parse().ok(), key });
        }
        Some(Self { steps })
    }

    /// A cursor at what the path leads to; None if that is not there.
    pub(super) fn find<'a>(&self, json: &'a str) -> Option<Cursor<'a>> {
        let mut cursor = Cursor::new(json);
        for step in &self.steps {
            match cursor.kind()? {
                Kind::Object => {
                    let mut is_first = true;
                    loop {
                        if cursor.key(is_first)??.is(&step.key) {
                            break;
                        }
                        is_first = false;
                        cursor.skip()?;
                    }
                }
                Kind::Array => {
                    let index = step.index?;
                    for at in 0.. {
                        if !cursor.item(at == 0)? {
                            return None;
                        }
                        if at == index {
                            break;
                        }
                        cursor.skip()?;
                    }
                }
                _ => return None,
            }
        }
        Some(cursor)
    }
}

/// Reads up to the closing quote; gives what stands behind it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((key, &text[at + 1..])),
            // Only these two are escaped.
            '\\' => key.push(chars.next().map(|(_, char)| char).filter(|c| "\"\\".contains(*c))?),
            _ => key.push(char),
        }
    }
    None
}

fn is_subscript(char: char) -> bool {
    char.is_alphanumeric() || char == '-' || char == '_'
}

fn is_plain(char: char) -> bool {
    is_subscript(char) || ":$/@|#".contains(char)
}

//! Values between delimiters, as `LazySimpleSerDe` writes them: no quotes, and one delimiter for each level of nesting.

use std::borrow::Cow;
use std::collections::HashSet;

use memchr::memchr;

use crate::hive::cells::{Cell, Cells};
use crate::hive::column::Values;
use crate::hive::hive_type::HiveType;
use crate::hive::serde::{Properties, SerdeError, is_true};
use crate::hive::table::HiveColumn;
use crate::hive::time_format;
use crate::hive::value::{Reading, Rules, Scalar, scalar};

/// The delimiters of a table, and what stands for NULL.
#[derive(Clone, Debug)]
pub struct Delimited {
    /// One for each level: between fields, between items, between keys and values, and further down.
    delimiters: Vec<u8>,
    escape: Option<u8>,
    null: String,
    last_takes_rest: bool,
    reading: Reading,
}

/// The delimiters that no property names; blanks and line ends are left out.
const DEFAULTS: [u8; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29];

/// How many levels there are unless a property asks for more.
const LEVELS: usize = 8;

impl Delimited {
    pub(crate) fn of(properties: &Properties, columns: &[HiveColumn]) -> Result<Self, SerdeError> {
        let extended = [
            "hive.serialization.extend.nesting.levels",
            "hive.serialization.extend.additional.nesting.levels",
        ];
        let levels = match extended.iter().any(|name| is_true(properties, name)) {
            true => DEFAULTS.len(),
            false => LEVELS,
        };
        let mut delimiters = DEFAULTS[..levels].to_vec();
        let names: [&[&str]; 3] = [
            &["field.delim", "serialization.format"],
            &["collection.delim", "colelction.delim"],
            &["mapkey.delim"],
        ];
        for (delimiter, names) in delimiters.iter_mut().zip(names) {
            let named = names.iter().find_map(|name| Some((name, properties.get(*name)?)));
            if let Some((name, value)) = named {
                *delimiter = sign(name, value, *delimiter)?;
            }
        }
        if let Some(line) = properties.get("line.delim")
            && !matches!(line.as_str(), "\n" | "10" | "")
        {
            return Err(SerdeError::new(
                "lines end with `\\n`: no other `line.delim` is supported",
            ));
        }
        let escape = match properties.get("escape.delim") {
            Some(value) => Some(sign("escape.delim", value, b'\\')?),
            None => None,
        };
        for column in columns {
            let depth = depth(&column.hive_type);
            if depth >= delimiters.len() {
                return Err(SerdeError::new(format!(
                    "the column `{}` has more levels than the {} that have a delimiter",
                    column.name,
                    delimiters.len()
                )));
            }
        }
        let null = properties.get("serialization.null.format");
        Ok(Self {
            delimiters,
            escape,
            null: null.map_or_else(|| "\\N".to_owned(), Clone::clone),
            last_takes_rest: is_true(properties, "serialization.last.column.takes.rest"),
            reading: Reading::new(Rules::Lazy, time_format::of(properties)?),
        })
    }

    /// Notes the values of the wanted columns of a line that begins at `start` of its block.
    pub(crate) fn read(&self, line: &str, start: usize, columns: usize, cells: &mut Cells) {
        let bytes = line.as_bytes();
        let mut at = 0;
        let mut ended = false;
        let mut column = 0;
        for wanted in 0..cells.wanted().len() {
            let target = cells.wanted()[wanted];
            loop {
                if ended {
                    cells.set(target, Cell::Null);
                    break;
                }
                let takes_rest = self.last_takes_rest && column + 1 == columns;
                let end = if takes_rest { None } else { self.end(bytes, at, self.delimiters[0]) };
                let from = at;
                let to = end.unwrap_or(bytes.len());
                ended = end.is_none();
                at = to + 1;
                column += 1;
                if column > target {
                    let cell = match line[from..to] == self.null {
                        true => Cell::Null,
                        false => Cell::part(start + from, start + to),
                    };
                    cells.set(target, cell);
                    break;
                }
            }
        }
    }

    /// Where the value that begins at `at` ends, if a delimiter ends it.
    #[inline]
    fn end(&self, bytes: &[u8], mut at: usize, delimiter: u8) -> Option<usize> {
        let Some(escape) = self.escape else {
            return memchr(delimiter, bytes.get(at..)?).map(|length| at + length);
        };
        loop {
            at += memchr::memchr2(delimiter, escape, bytes.get(at..)?)?;
            if bytes[at] == delimiter {
                return Some(at);
            }
            at += 2;
        }
    }

    /// The text of a value without the escapes in it.
    pub(crate) fn unescaped<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Some(escape) = self.escape.map(char::from).filter(|escape| text.contains(*escape))
        else {
            return Cow::Borrowed(text);
        };
        let mut plain = String::with_capacity(text.len());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character != escape {
                plain.push(character);
                continue;
            }
            match characters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some(other) => plain.push(other),
                None => plain.push(escape),
            }
        }
        Cow::Owned(plain)
    }

    /// Appends a value that is not NULL to a column that is nested, whose parts the delimiter of `level` divides.
    pub(crate) fn push(&self, values: &mut Values, hive_type: &HiveType, text: &str, level: usize) {
        match (values, hive_type) {
            (Values::List(list), HiveType::Array(item)) => {
                if !text.is_empty() {
                    self.parts(text, level, |part| {
                        self.push_part(&mut list.items, item, Some(part), level + 1);
                        true
                    });
                }
                list.end(true);
            }
            (Values::Struct(column), HiveType::Struct(fields)) => {
                let mut parts = Vec::with_capacity(fields.len());
                self.parts(text, level, |part| {
                    parts.push(part);
                    parts.len() < fields.len()
                });
                let parts = parts.into_iter().map(Some).chain(std::iter::repeat(None));
                for ((column, (_, field)), part) in column.columns.iter_mut().zip(fields).zip(parts)
                {
                    self.push_part(column, field, part, level + 1);
                }
                column.end();
            }
            (Values::Map(map), HiveType::Map(key, value)) => {
                let mut seen = HashSet::new();
                if !text.is_empty() {
                    self.parts(text, level, |part| {
                        let colon = self.end(part.as_bytes(), 0, self.delimiters[level + 1]);
                        let (key_text, value_text) = match colon {
                            Some(at) => (&part[..at], Some(&part[at + 1..])),
                            None => (part, None),
                        };
                        // The first of equal keys counts; a key that is NULL is none.
                        let found = (key_text != self.null && seen.insert(key_text))
                            .then(|| self.scalar(key, key_text))
                            .flatten();
                        if let Some(found) = found {
                            map.keys.push(Some(found));
                            self.push_part(&mut map.values, value, value_text, level + 2);
                        }
                        true
                    });
                }
                map.end(true);
            }
            (values, hive_type) => values.push(self.scalar(hive_type, text)),
        }
    }

    fn push_part(
        &self,
        values: &mut Values,
        hive_type: &HiveType,
        part: Option<&str>,
        level: usize,
    ) {
        match part.filter(|part| *part != self.null) {
            None => values.push_null(),
            Some(part) => self.push(values, hive_type, part, level),
        }
    }

    /// The value that is written so in a column that is not nested.
    pub(crate) fn scalar<'a>(&self, hive_type: &HiveType, text: &'a str) -> Option<Scalar<'a>> {
        let text = if hive_type.is_text() { self.unescaped(text) } else { Cow::Borrowed(text) };
        scalar(hive_type, &self.reading, text)
    }

    /// Calls `part` for each part of a value until it says that it needs no more.
    fn parts<'a>(&self, text: &'a str, level: usize, mut part: impl FnMut(&'a str) -> bool) {
        let mut at = 0;
        loop {
            let end = self.end(text.as_bytes(), at, self.delimiters[level]);
            let to = end.unwrap_or(text.len());
            if !part(&text[at.min(to)..to]) || end.is_none() {
                return;
            }
            at = to + 1;
        }
    }
}

/// The sign that a property names: its first character, or a number's.
fn sign(name: &str, value: &str, default: u8) -> Result<u8, SerdeError> {
    let Some(first) = value.chars().next() else {
        return Ok(default);
    };
    let number = value.parse::<i8>().ok();
    let sign = match number {
        Some(number) => u8::try_from(number).ok(),
        None => u8::try_from(first).ok(),
    };
    sign.filter(|sign| sign.is_ascii() && *sign != b'\n').ok_or_else(|| {
        SerdeError::new(format!(
            "`{name}` is `{}`: it must be an ASCII character",
            value.escape_debug()
        ))
    })
}

/// How many levels of delimiters a type needs below that of the fields.
fn depth(hive_type: &HiveType) -> usize {
    match hive_type {
        HiveType::Array(item) => 1 + depth(item),
        HiveType::Map(key, value) => 2 + depth(key).max(depth(value)),
        HiveType::Struct(fields) => {
            1 + fields.iter().map(|(_, field)| depth(field)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

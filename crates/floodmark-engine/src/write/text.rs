//! Lines of delimited text, as Hive's LazySimpleSerDe writes and reads them.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, SchemaRef};

use crate::error::{Error, ErrorKind, Result};
use crate::write::value;

/// How fields are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextFormat {
    /// Between two fields, two items, a key and its value, and further down.
    delimiters: Vec<char>,
    /// What stands before a sign that means only itself.
    escape: Option<char>,
    /// What stands for NULL.
    null: String,
    /// Whether the first line of each file names the columns.
    pub(crate) has_header: bool,
}

/// The delimiters of Hive's eight levels.
const DELIMITERS: [char; 8] =
    ['\u{1}', '\u{2}', '\u{3}', '\u{4}', '\u{5}', '\u{6}', '\u{7}', '\u{8}'];

/// How Hive writes NULL.
const NULL: &str = "\\N";

impl Default for TextFormat {
    fn default() -> Self {
        Self {
            delimiters: DELIMITERS.to_vec(),
            escape: None,
            null: NULL.to_owned(),
            has_header: false,
        }
    }
}

impl TextFormat {
    /// Fields with this sign between them.
    pub(crate) fn with_field_delimiter(delimiter: char) -> Self {
        let mut format = Self::default();
        format.delimiters[0] = delimiter;
        format
    }

    /// The format that the properties of a table's SerDe say.
    pub(crate) fn of(properties: &BTreeMap<String, String>) -> Self {
        let mut format = Self::default();
        let sign = |names: &[&str]| {
            let value = names.iter().find_map(|name| properties.get(*name))?;
            match value.parse::<u8>() {
                Ok(number) => Some(char::from(number)),
                Err(_) => value.chars().next(),
            }
        };
        let names: [&[&str]; 3] = [
            &["field.delim", "serialization.format"],
            &["collection.delim", "colelction.delim"],
            &["mapkey.delim"],
        ];
        for (delimiter, names) in format.delimiters.iter_mut().zip(names) {
            *delimiter = sign(names).unwrap_or(*delimiter);
        }
        let escape = properties.get("escape.delim");
        format.escape = escape.map(|_| sign(&["escape.delim"]).unwrap_or('\\'));
        if let Some(null) = properties.get("serialization.null.format") {
            format.null.clone_from(null);
        }
        format
    }

    /// The sign between two fields.
    pub(crate) fn field_delimiter(&self) -> char {
        self.delimiters[0]
    }

    /// The line that names the columns.
    pub(crate) fn header(&self, schema: &SchemaRef) -> String {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        names.join(&self.delimiters[0].to_string()) + "\n"
    }

    /// The rows as lines.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for a text that would read as another one, such as one with a line end.
    pub(crate) fn lines(&self, batch: &RecordBatch) -> Result<String> {
        let schema = batch.schema();
        let columns: Vec<_> = (batch.columns().iter().zip(schema.fields()))
            .map(|(column, field)| self.texts(column, 1, field.name()))
            .collect::<Result<_>>()?;
        let mut lines = String::new();
        for row in 0..batch.num_rows() {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    lines.push(self.delimiters[0]);
                }
                lines.push_str(self.shown(&column[row]));
            }
            lines.push('\n');
        }
        Ok(lines)
    }

    /// The values of an array as text, whose parts the delimiter of `level` divides.
    fn texts(&self, array: &ArrayRef, level: usize, column: &str) -> Result<Vec<Option<String>>> {
        let between = |level: usize| {
            self.delimiters.get(level).copied().ok_or_else(|| {
                Error::new(
                    ErrorKind::NotSupported,
                    format!("`{column}` has more levels than text files have delimiters"),
                )
                .hint(OTHER_FORMATS)
            })
        };
        Ok(match array.data_type() {
            DataType::List(_) => {
                let delimiter = between(level)?.to_string();
                let list = array.as_list::<i32>();
                let items = self.texts(list.values(), level + 1, column)?;
                let offsets = list.value_offsets();
                (0..list.len())
                    .map(|row| {
                        let range = offsets[row] as usize..offsets[row + 1] as usize;
                        list.is_valid(row).then(|| {
                            let parts: Vec<_> =
                                items[range].iter().map(|item| self.shown(item)).collect();
                            parts.join(&delimiter)
                        })
                    })
                    .collect()
            }
            DataType::Map(..) => {
                let (delimiter, colon) = (between(level)?.to_string(), between(level + 1)?);
                let map = array.as_map();
                let keys = self.texts(map.keys(), level + 2, column)?;
                let values = self.texts(map.values(), level + 2, column)?;
                let offsets = map.value_offsets();
                (0..map.len())
                    .map(|row| {
                        let range = offsets[row] as usize..offsets[row + 1] as usize;
                        let entry = |at: usize| {
                            let (key, value) = (self.shown(&keys[at]), self.shown(&values[at]));
                            format!("{key}{colon}{value}")
                        };
                        map.is_valid(row)
                            .then(|| range.map(entry).collect::<Vec<_>>().join(&delimiter))
                    })
                    .collect()
            }
            DataType::Struct(_) => {
                let delimiter = between(level)?.to_string();
                let row_values = array.as_struct();
                let columns: Vec<_> = (row_values.columns().iter())
                    .map(|field| self.texts(field, level + 1, column))
                    .collect::<Result<_>>()?;
                (0..array.len())
                    .map(|row| {
                        array.is_valid(row).then(|| {
                            let parts: Vec<_> =
                                columns.iter().map(|column| self.shown(&column[row])).collect();
                            parts.join(&delimiter)
                        })
                    })
                    .collect()
            }
            _ => (value::texts(array)?.into_iter())
                .map(|text| text.map(|text| self.plain(text, level, column)).transpose())
                .collect::<Result<_>>()?,
        })
    }

    fn shown<'a>(&'a self, text: &'a Option<String>) -> &'a str {
        text.as_deref().unwrap_or(&self.null)
    }

    /// A value that has no parts, as it stands below `level` delimiters.
    fn plain(&self, text: String, level: usize, column: &str) -> Result<String> {
        let delimiters = &self.delimiters[..level.min(self.delimiters.len())];
        let divides = |sign: char| matches!(sign, '\n' | '\r') || delimiters.contains(&sign);
        let wrong = |what: String| {
            Err(Error::invalid_query(format!(
                "a value of `{column}` {what}: it would be read as another one"
            ))
            .hint(OTHER_FORMATS))
        };
        let stands_for_null = |text: &str| format!("is the text `{text}`, which stands for NULL");
        let Some(escape) = self.escape else {
            let what = if text == self.null {
                stands_for_null(&text)
            } else if text.contains(['\n', '\r']) {
                "has a line end".to_owned()
            } else if let Some(sign) = text.chars().find(|sign| divides(*sign)) {
                format!("has the delimiter `{}`", sign.escape_default())
            } else {
                return Ok(text);
            };
            return wrong(what);
        };
        let mut escaped = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '\n' => escaped.extend([escape, 'n']),
                '\r' => escaped.extend([escape, 'r']),
                sign if sign == escape || divides(sign) => escaped.extend([escape, sign]),
                other => escaped.push(other),
            }
        }
        if escaped == self.null { wrong(stands_for_null(&text)) } else { Ok(escaped) }
    }
}

const OTHER_FORMATS: &str =
    "write `format = 'PARQUET'` or `'JSON'`, or name another `field_delimiter`";

//! Lines of delimited text, as Hive's LazySimpleSerDe writes and reads them.

use std::fmt::Write;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use crate::athena;
use crate::error::{Error, ErrorKind, Result};

/// How fields are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextFormat {
    /// Between two fields.
    pub(crate) field_delimiter: String,
}

impl Default for TextFormat {
    fn default() -> Self {
        Self { field_delimiter: "\u{1}".to_owned() }
    }
}

/// How Hive writes NULL.
const NULL: &str = "\\N";

impl TextFormat {
    /// The rows as lines.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for a text with a line end: the line would read as two.
    pub(crate) fn lines(&self, batch: &RecordBatch) -> Result<String> {
        let columns: Vec<_> =
            batch.columns().iter().map(|column| texts(column, 2)).collect::<Result<_>>()?;
        let mut lines = String::new();
        for row in 0..batch.num_rows() {
            for (at, column) in columns.iter().enumerate() {
                if at > 0 {
                    lines.push_str(&self.field_delimiter);
                }
                let text = column[row].as_deref().unwrap_or(NULL);
                if text.contains(['\n', '\r']) {
                    let name = batch.schema().field(at).name().clone();
                    return Err(Error::invalid_query(format!(
                        "a value of `{name}` has a line end, which text files cannot hold"
                    ))
                    .hint("write `format = 'PARQUET'` or `'JSON'`"));
                }
                lines.push_str(text);
            }
            lines.push('\n');
        }
        Ok(lines)
    }
}

/// The values of an array as text; `level` is the delimiter of the items of nested values.
fn texts(array: &ArrayRef, level: u8) -> Result<Vec<Option<String>>> {
    let delimiter = char::from(level);
    let join = |parts: &mut dyn Iterator<Item = String>| {
        let mut text = String::new();
        for (at, part) in parts.enumerate() {
            let separator = if at > 0 { String::from(delimiter) } else { String::new() };
            write!(text, "{separator}{part}").expect("a text takes everything");
        }
        text
    };
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| NULL.to_owned());
    Ok(match array.data_type() {
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let items = texts(list.values(), level + 1)?;
            let offsets = list.value_offsets();
            (0..list.len())
                .map(|row| {
                    let range = offsets[row] as usize..offsets[row + 1] as usize;
                    list.is_valid(row).then(|| join(&mut items[range].iter().map(shown)))
                })
                .collect()
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let keys = texts(map.keys(), level + 2)?;
            let values = texts(map.values(), level + 2)?;
            let offsets = map.value_offsets();
            let between = char::from(level + 1);
            (0..map.len())
                .map(|row| {
                    let range = offsets[row] as usize..offsets[row + 1] as usize;
                    let entry =
                        |at: usize| format!("{}{between}{}", shown(&keys[at]), shown(&values[at]));
                    map.is_valid(row).then(|| join(&mut range.map(entry)))
                })
                .collect()
        }
        DataType::Struct(_) => {
            let row_values = array.as_struct();
            let columns: Vec<_> = (row_values.columns().iter())
                .map(|column| texts(column, level + 1))
                .collect::<Result<_>>()?;
            (0..array.len())
                .map(|row| {
                    let parts = &mut columns.iter().map(|column| shown(&column[row]));
                    array.is_valid(row).then(|| join(parts))
                })
                .collect()
        }
        data_type => {
            let schema = Arc::new(Schema::new(vec![Field::new("value", data_type.clone(), true)]));
            let batch = RecordBatch::try_new(schema, vec![Arc::clone(array)]).map_err(|error| {
                Error::new(ErrorKind::Internal, "a column does not fit its type").because(error)
            })?;
            athena::rows(&batch)?.into_iter().map(|mut row| row.pop().flatten()).collect()
        }
    })
}

//! Values as Athena writes them in its results.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::dialect::trino_type::TrinoType;
use crate::dialect::value_text::Writer;
use crate::error::{Error, ErrorKind, Result};

/// The rows of a batch as text, in the order of its columns; None is NULL.
///
/// # Errors
///
/// `Internal` for a type that has no text.
pub fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>> {
    let texts = Texts::new(batch)?;
    let columns = 0..batch.num_columns();
    Ok((0..batch.num_rows())
        .map(|row| columns.clone().map(|column| texts.text(column, row)).collect())
        .collect())
}

/// The values of a batch as text.
pub struct Texts(Vec<Writer>);

impl Texts {
    /// Prepares to write the values of a batch.
    ///
    /// # Errors
    ///
    /// `Internal` for a type that has no text.
    pub fn new(batch: &RecordBatch) -> Result<Self> {
        let schema = batch.schema();
        let columns = batch.columns().iter().zip(schema.fields());
        let columns = columns.map(|(column, field)| Writer::new(column, field));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| {
            Error::new(ErrorKind::Internal, "a column cannot be shown").because(error)
        })?;
        Ok(Self(columns))
    }

    /// The value of a column, by its position, in a row; None is NULL.
    pub fn text(&self, column: usize, row: usize) -> Option<String> {
        self.0[column].text(row)
    }

    /// Appends the value of a column, by its position, in a row to a text. Gives whether there is one: NULL appends nothing.
    pub fn append(&self, column: usize, row: usize, out: &mut String) -> bool {
        let writer = &self.0[column];
        if writer.is_null(row) {
            return false;
        }
        writer.append(row, out);
        true
    }
}

/// The schema of [`plain`] batches.
pub fn plain_schema(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        if is_plain(field) {
            Arc::clone(field)
        } else {
            Arc::new(Field::new(field.name(), DataType::Utf8View, true))
        }
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The same rows with text in the place of values of types that only Trino has: addresses and their prefixes.
///
/// # Errors
///
/// `Internal` for a type that has no text.
pub fn plain(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = batch.schema();
    if schema.fields().iter().all(|field| is_plain(field)) {
        return Ok(batch.clone());
    }
    let texts = Texts::new(batch)?;
    let columns = schema.fields().iter().enumerate().map(|(at, field)| -> ArrayRef {
        if is_plain(field) {
            return Arc::clone(batch.column(at));
        }
        let rows = (0..batch.num_rows()).map(|row| texts.text(at, row));
        Arc::new(rows.collect::<StringViewArray>())
    });
    RecordBatch::try_new(plain_schema(&schema), columns.collect()).map_err(|error| {
        Error::new(ErrorKind::Internal, "a batch does not fit its schema").because(error)
    })
}

fn is_plain(field: &Field) -> bool {
    !matches!(TrinoType::of_field(field), TrinoType::IpAddress | TrinoType::IpPrefix)
}

/// The name by which Athena's results call the type of a column, without its parameters.
pub fn type_name(field: &Field) -> &'static str {
    match TrinoType::of_field(field) {
        TrinoType::Real => "float",
        // Results have no name for it; its values are shown as text.
        TrinoType::IpPrefix | TrinoType::Unknown | TrinoType::Other(_) => "varchar",
        other => other.base_name(),
    }
}

/// The type of a column as Athena's results tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnType {
    /// Its name without parameters: `bigint`, `decimal`.
    pub name: &'static str,
    /// The most characters, where the type says that: those of `varchar(10)`.
    pub length: Option<u32>,
    /// The digits in all, and those behind the point, of a decimal.
    pub decimal: Option<(u8, i8)>,
}

/// The type of a column as Athena's results tell it.
pub fn column_type(field: &Field) -> ColumnType {
    let (length, decimal) = match TrinoType::of_field(field) {
        TrinoType::Varchar(length) => (length, None),
        TrinoType::Char(length) => (Some(length), None),
        TrinoType::Decimal(precision, scale) => (None, Some((precision, scale))),
        _ => (None, None),
    };
    ColumnType { name: type_name(field), length, decimal }
}

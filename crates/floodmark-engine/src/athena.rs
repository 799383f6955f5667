//! Values as Athena writes them in its results.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Field;

use crate::dialect::trino_type::TrinoType;
use crate::dialect::value_text::Writer;
use crate::error::{Error, ErrorKind, Result};

/// The rows of a batch as text, in the order of its columns; None is NULL.
///
/// # Errors
///
/// `Internal` for a type that has no text.
pub fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Option<String>>>> {
    let schema = batch.schema();
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| Writer::new(column, field));
    let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| {
        Error::new(ErrorKind::Internal, "a column cannot be shown").because(error)
    })?;
    Ok((0..batch.num_rows())
        .map(|row| columns.iter().map(|column| column.text(row)).collect())
        .collect())
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

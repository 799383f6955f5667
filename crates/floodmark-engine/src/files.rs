//! Results as files: CSV, JSON, Parquet and Arrow's stream, written while the rows come.

use std::error::Error as StdError;
use std::io::Write;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::json::writer::{JsonArray, LineDelimited, Writer, WriterBuilder};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;

use crate::athena::{Texts, plain, plain_schema};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{PARQUET_GROUP_BYTES_MAX, PARQUET_GROUP_ROWS_MAX};

/// How a file of rows is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// RFC 4180 with a header line and line feeds; NULL is an empty field, an empty text is `""`.
    Csv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet, compressed by zstd.
    Parquet,
    /// Apache Arrow's IPC stream.
    Arrow,
}

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct FileOptions {
    /// How.
    pub format: FileFormat,
    /// Whether texts in CSV that a spreadsheet would take for formulas get an apostrophe before them. What reads the file then has
    /// to know of it.
    pub is_defused: bool,
}

/// A file of rows that is being written.
pub struct RowsFile<W: Write + Send>(Rows<W>);

enum Rows<W: Write + Send> {
    Csv(Csv<W>),
    Json(Writer<W, JsonArray>),
    Ndjson(Writer<W, LineDelimited>),
    Parquet(Box<ArrowWriter<W>>),
    Arrow(Box<StreamWriter<W>>),
}

/// The header line is written with the first rows, so that nothing is where there are none because of an error.
struct Csv<W> {
    place: W,
    schema: SchemaRef,
    is_begun: bool,
    is_defused: bool,
}

/// The beginnings of texts that spreadsheets take for formulas.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

impl<W: Write + Send> RowsFile<W> {
    /// Begins a file with these columns.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it cannot be written, and if the format has no such columns.
    pub fn begin(place: W, schema: &SchemaRef, options: FileOptions) -> Result<Self> {
        let json = || WriterBuilder::new().with_explicit_nulls(true);
        Ok(Self(match options.format {
            FileFormat::Csv => Rows::Csv(Csv {
                place,
                schema: SchemaRef::clone(schema),
                is_begun: false,
                is_defused: options.is_defused,
            }),
            FileFormat::Json => Rows::Json(json().build(place)),
            FileFormat::Ndjson => Rows::Ndjson(json().build(place)),
            FileFormat::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder()
                    .set_compression(zstd)
                    .set_max_row_group_bytes(Some(PARQUET_GROUP_BYTES_MAX))
                    .set_max_row_group_row_count(Some(PARQUET_GROUP_ROWS_MAX))
                    .build();
                let writer = ArrowWriter::try_new(place, plain_schema(schema), Some(properties));
                Rows::Parquet(Box::new(writer.map_err(not_written)?))
            }
            FileFormat::Arrow => {
                let writer = StreamWriter::try_new(place, &plain_schema(schema));
                Rows::Arrow(Box::new(writer.map_err(not_written)?))
            }
        }))
    }

    /// Writes rows.
    ///
    /// # Errors
    ///
    /// `Unavailable` if they cannot be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match &mut self.0 {
            Rows::Csv(csv) => csv.write(batch),
            Rows::Json(writer) => writer.write(&plain(batch)?).map_err(not_written),
            Rows::Ndjson(writer) => writer.write(&plain(batch)?).map_err(not_written),
            Rows::Parquet(writer) => writer.write(&plain(batch)?).map_err(not_written),
            Rows::Arrow(writer) => writer.write(&plain(batch)?).map_err(not_written),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it cannot be written.
    pub fn finish(self) -> Result<()> {
        match self.0 {
            Rows::Csv(mut csv) => csv.begin(),
            Rows::Json(mut writer) => {
                writer.finish().map_err(not_written)?;
                // An array ends without a line end of its own.
                writeln!(writer.into_inner()).map_err(not_written)
            }
            Rows::Ndjson(mut writer) => writer.finish().map_err(not_written),
            Rows::Parquet(writer) => writer.close().map(|_| ()).map_err(not_written),
            Rows::Arrow(mut writer) => writer.finish().map_err(not_written),
        }
    }
}

impl<W: Write> Csv<W> {
    fn begin(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.is_begun, true) {
            return Ok(());
        }
        let mut line = String::new();
        for (at, field) in self.schema.fields().iter().enumerate() {
            if at > 0 {
                line.push(',');
            }
            push_text(&mut line, field.name(), self.is_defused);
        }
        line.push('\n');
        self.place.write_all(line.as_bytes()).map_err(not_written)
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.begin()?;
        let texts = Texts::new(batch)?;
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            line.clear();
            for (at, column) in batch.columns().iter().enumerate() {
                if at > 0 {
                    line.push(',');
                }
                match texts.text(at, row) {
                    None => {}
                    Some(value) if is_plain(column.data_type()) => line.push_str(&value),
                    Some(value) => push_text(&mut line, &value, self.is_defused),
                }
            }
            line.push('\n');
            self.place.write_all(line.as_bytes()).map_err(not_written)?;
        }
        Ok(())
    }
}

/// Whether values of this type never need quotes, and are no formulas whatever they begin with.
fn is_plain(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_temporal() || *data_type == DataType::Boolean
}

fn push_text(line: &mut String, text: &str, is_defused: bool) {
    let apostrophe = if is_defused && text.starts_with(FORMULA_STARTS) { "'" } else { "" };
    if text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
        let text = text.replace('"', "\"\"");
        line.push_str(&format!("\"{apostrophe}{text}\""));
    } else {
        line.push_str(apostrophe);
        line.push_str(text);
    }
}

fn not_written(error: impl StdError + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, format!("cannot write the result: {error}")).because(error)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use datafusion::arrow::array::{ArrayRef, Int64Array};

    use super::*;

    #[derive(Clone, Default)]
    struct Place(Arc<Mutex<usize>>);

    impl Write for Place {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn rows_of_parquet_do_not_wait_for_the_end() {
        let place = Place::default();
        let written = || *place.0.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = (0..PARQUET_GROUP_ROWS_MAX as i64).map(|number| number * 7919);
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(numbers));
        let batch = RecordBatch::try_from_iter([("number", column)]).unwrap();
        let options = FileOptions { format: FileFormat::Parquet, is_defused: false };
        let mut file = RowsFile::begin(place.clone(), &batch.schema(), options).unwrap();
        file.write(&batch).unwrap();
        file.write(&batch.slice(0, 1)).unwrap();
        let before_end = written();
        file.finish().unwrap();
        // The last group is one row, and the footer follows it.
        assert!(before_end > 100_000 && before_end < written(), "{before_end}");
    }
}

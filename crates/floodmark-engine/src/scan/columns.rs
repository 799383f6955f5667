//! Parquet objects, as AWS writes flow logs and CloudFront's logs: the same fields, by the names of their columns.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::array::{AsArray, RecordBatch, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use floodmark_formats::hive::HiveDecoder;
use floodmark_formats::{Decoder, LogType, Table, table};

use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, ErrorKind, Result};
use crate::scan::adapt::{Misfit, adapted, physical_name};

/// How many rows are read at a time.
const ROWS: usize = 8192;

/// A Parquet object being read.
pub(crate) struct Columns {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
    reader: Option<ParquetRecordBatchReader>,
    /// For each column that is read the field that it fills.
    fields: Vec<usize>,
}

impl Columns {
    pub(crate) fn open(bytes: Bytes, path: &str) -> Result<Self> {
        let metadata = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new())
            .map_err(|error| damaged(path, error))?;
        Ok(Self { bytes, metadata, reader: None, fields: Vec::new() })
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.metadata.schema().fields().iter().map(|field| field.name().as_str()).collect()
    }

    /// The log type that knows the most of the columns, and at least half of them.
    pub(crate) fn log_type(&self, candidates: &[&'static LogType]) -> Option<&'static LogType> {
        let known = |table: &Table| {
            let fields = self.metadata.schema().fields();
            fields.iter().filter(|field| table.field_named(field.name()).is_some()).count()
        };
        let all = self.metadata.schema().fields().len();
        (table::all().iter())
            .filter(|table| {
                candidates.is_empty()
                    || candidates.iter().any(|candidate| candidate.name == table.log_type.name)
            })
            .map(|table| (known(table), table.log_type))
            .filter(|(known, _)| *known * 2 >= all && *known > 0)
            .fold(None, |best: Option<(usize, _)>, next| match best {
                Some(best) if best.0 >= next.0 => Some(best),
                _ => Some(next),
            })
            .map(|(_, log_type)| log_type)
    }

    /// The next rows, or None at the end.
    pub(crate) fn next(
        &mut self,
        decoder: &mut Decoder,
        path: &str,
    ) -> Result<Option<RecordBatch>> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                let table = decoder.request().table();
                let mut roots = Vec::new();
                for (at, column) in self.metadata.schema().fields().iter().enumerate() {
                    if let Some(field) = table.field_named(column.name())
                        && decoder.request().needs(field)
                    {
                        roots.push(at);
                        self.fields.push(field);
                    }
                }
                let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                    self.bytes.clone(),
                    self.metadata.clone(),
                );
                let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
                let reader = builder
                    .with_projection(mask)
                    .with_batch_size(ROWS)
                    .build()
                    .map_err(|error| damaged(path, error))?;
                self.reader.insert(reader)
            }
        };
        let Some(batch) = reader.next() else {
            return Ok(None);
        };
        let batch = batch.map_err(|error| damaged(path, error))?;
        let fields = decoder.request().table().log_type.fields.len();
        let mut columns: Vec<Option<StringViewArray>> = vec![None; fields];
        for (column, field) in batch.columns().iter().zip(&self.fields) {
            let text = cast(column, &DataType::Utf8View).map_err(|error| damaged(path, error))?;
            columns[*field] = Some(text.as_string_view().clone());
        }
        Ok(Some(decoder.columns(&columns, batch.num_rows())))
    }
}

impl Columns {
    /// The next rows of a user's table, or None at the end. Columns are found by their names, whatever their case.
    pub(crate) fn next_of_table(
        &mut self,
        decoder: &mut HiveDecoder,
        path: &str,
    ) -> Result<Option<RecordBatch>> {
        let table = Arc::clone(decoder.request().table());
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                let names = self.metadata.schema().fields().iter().map(|field| field.name());
                let found = table.file_columns(names.map(String::as_str));
                // What is not asked for may be of any type.
                let asked = decoder.request().schema();
                let wanted = |name: &str| asked.column_with_name(name).is_some();
                let mut roots: Vec<usize> = (found.into_iter().zip(&table.columns))
                    .filter(|(_, column)| wanted(&column.name))
                    .filter_map(|(at, _)| at)
                    .collect();
                roots.sort_unstable();
                roots.dedup();
                let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                    self.bytes.clone(),
                    self.metadata.clone(),
                );
                let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
                let reader = builder
                    .with_projection(mask)
                    .with_batch_size(ROWS)
                    .build()
                    .map_err(|error| damaged(path, error))?;
                self.reader.insert(reader)
            }
        };
        let Some(batch) = reader.next() else {
            return Ok(None);
        };
        let batch = batch.map_err(|error| damaged(path, error))?;
        let schema = batch.schema();
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let columns = (table.file_columns(names).into_iter().zip(table.schema().fields()))
            .map(|(at, field)| {
                let Some(at) = at else {
                    return Ok(None);
                };
                let column = batch.column(at);
                adapted(column, field.data_type()).map(Some).map_err(|misfit| {
                    let trino_type = TrinoType::of(field.data_type());
                    let given = physical_name(column.data_type());
                    let wrong = Error::invalid_query(format!(
                        "Field {}'s type {given} in parquet file {path} is incompatible with type {trino_type} defined in table schema",
                        field.name()
                    ))
                    .code("HIVE_BAD_DATA")
                    .hint("give the column the type of the files with ALTER TABLE, or go on with the other objects with `--keep-going`");
                    match misfit {
                        Misfit::Types => wrong,
                        Misfit::Value(error) => wrong.because(error),
                    }
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Some(decoder.columns(&columns, batch.num_rows())))
    }
}

fn damaged(path: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unavailable, format!("`{path}` is a damaged Parquet object: {error}"))
        .hint("go on with the other objects with `--keep-going`")
        .because(error)
}

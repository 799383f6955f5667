//! Rows on their way to files: what `CREATE TABLE AS`, `INSERT INTO` and `UNLOAD` write.
//!
//! Files are written to a temporary folder first and appear at their place when all rows are there: a query that fails leaves
//! nothing behind.

mod file;
mod text;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{cast, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use uuid::Uuid;

use crate::athena;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::PARTITIONS_WRITTEN_MAX;
use crate::store::{Location, Store};
use crate::write::file::RowFile;
pub(crate) use crate::write::text::TextFormat;

/// How rows are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Apache Parquet.
    Parquet,
    /// One JSON object a line.
    Json,
    /// Lines of delimited text, as Hive's LazySimpleSerDe reads them.
    Text(TextFormat),
}

/// How files are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    Snappy,
}

/// Where rows go, and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// A folder.
    pub(crate) location: Location,
    pub(crate) store: Store,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// The last columns of the rows, which name folders and are not written in the files.
    pub(crate) partitioned_by: Vec<String>,
}

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    /// Where the files lie.
    pub(crate) paths: Vec<String>,
    /// The partitions that rows were written for, with their folders, in the order of their first rows.
    pub(crate) partitions: Vec<(Vec<Option<String>>, String)>,
}

/// How Hive writes a partition whose key is NULL.
const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// Writes all rows of a stream.
///
/// # Errors
///
/// Those of the stream, `LimitReached` for too many partitions, and those of writing.
pub(crate) async fn write(
    mut rows: SendableRecordBatchStream,
    target: &Target,
    began: &str,
) -> Result<Written> {
    let schema = rows.schema();
    let split = schema.fields().len() - target.partitioned_by.len();
    let folder = tempfile_folder()?;
    let mut writer = Writer {
        target,
        schema: file_schema(&schema, split),
        folder: folder.0.clone(),
        files: Vec::new(),
        open: HashMap::new(),
        rows: 0,
    };
    while let Some(batch) = rows.next().await {
        writer.batch(&batch.map_err(Error::from)?, split)?;
        tokio::task::yield_now().await;
    }
    writer.publish(began).await
}

/// A folder that goes away with what it holds.
struct TemporaryFolder(PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // The system clears its temporary folder if this fails.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tempfile_folder() -> Result<TemporaryFolder> {
    let folder = std::env::temp_dir().join(format!("floodmark-{}", Uuid::new_v4()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| cannot_write(&folder.display(), error))?;
    Ok(TemporaryFolder(folder))
}

fn cannot_write(what: &dyn std::fmt::Display, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("cannot write `{what}`: {error}")).because(error)
}

/// The columns as files hold them: text in the form that every reader of Parquet knows.
fn file_schema(schema: &SchemaRef, columns: usize) -> SchemaRef {
    let fields = schema.fields()[..columns]
        .iter()
        .map(|field| Field::new(field.name(), file_type(field.data_type()), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn file_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Null => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::List(item) => {
            let item = item.as_ref().clone();
            let inner = file_type(item.data_type());
            DataType::List(Arc::new(item.with_data_type(inner)))
        }
        DataType::Struct(fields) => DataType::Struct(
            fields
                .iter()
                .map(|field| {
                    Arc::new(field.as_ref().clone().with_data_type(file_type(field.data_type())))
                })
                .collect(),
        ),
        DataType::Map(entries, sorted) => {
            let entries = entries.as_ref().clone();
            let inner = file_type(entries.data_type());
            DataType::Map(Arc::new(entries.with_data_type(inner)), *sorted)
        }
        other => other.clone(),
    }
}

/// Rows being written.
struct Writer<'a> {
    target: &'a Target,
    schema: SchemaRef,
    folder: PathBuf,
    /// The values of each file's partition, in the order of their first rows.
    files: Vec<(Vec<Option<String>>, RowFile)>,
    open: HashMap<Vec<Option<String>>, usize>,
    rows: u64,
}

impl Writer<'_> {
    fn batch(&mut self, batch: &RecordBatch, split: usize) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.rows += batch.num_rows() as u64;
        let columns: Vec<ArrayRef> = (batch.columns()[..split].iter())
            .zip(self.schema.fields())
            .map(|(column, field)| cast(column, field.data_type()))
            .collect::<Result<_, _>>()
            .map_err(|error| {
                Error::new(ErrorKind::NotSupported, format!("a column cannot be written: {error}"))
                    .because(error)
            })?;
        let written = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| {
            Error::new(ErrorKind::Internal, "a batch does not fit its schema").because(error)
        })?;
        if self.target.partitioned_by.is_empty() {
            return self.file(Vec::new())?.write(&written);
        }
        let keys: Vec<usize> = (split..batch.num_columns()).collect();
        let keys = batch.project(&keys).map_err(|error| {
            Error::new(ErrorKind::Internal, "a batch lacks its partition columns").because(error)
        })?;
        let mut rows: HashMap<Vec<Option<String>>, Vec<u32>> = HashMap::new();
        let mut order = Vec::new();
        for (row, values) in athena::rows(&keys)?.into_iter().enumerate() {
            let rows = rows.entry(values).or_insert_with_key(|values| {
                order.push(values.clone());
                Vec::new()
            });
            rows.push(u32::try_from(row).expect("batches have a few thousand rows"));
        }
        for values in order {
            let rows = UInt32Array::from(rows.remove(&values).unwrap_or_default());
            let part = take_record_batch(&written, &rows).map_err(|error| {
                Error::new(ErrorKind::Internal, "a batch cannot be split").because(error)
            })?;
            self.file(values)?.write(&part)?;
        }
        Ok(())
    }

    /// The file of a partition.
    fn file(&mut self, values: Vec<Option<String>>) -> Result<&mut RowFile> {
        let at = match self.open.get(&values) {
            Some(at) => *at,
            None => {
                if self.files.len() >= PARTITIONS_WRITTEN_MAX {
                    let message = format!(
                        "a query writes at most {PARTITIONS_WRITTEN_MAX} partitions at a time"
                    );
                    return Err(Error::new(ErrorKind::LimitReached, message)
                        .code("HIVE_TOO_MANY_OPEN_PARTITIONS")
                        .hint("write the rest with further `INSERT INTO` statements"));
                }
                let path = self.folder.join(self.files.len().to_string());
                let file = RowFile::create(
                    &path,
                    &self.schema,
                    &self.target.format,
                    self.target.compression,
                )?;
                self.files.push((values.clone(), file));
                self.open.insert(values, self.files.len() - 1);
                self.files.len() - 1
            }
        };
        Ok(&mut self.files[at].1)
    }

    /// Ends the files and brings them to their place.
    async fn publish(self, began: &str) -> Result<Written> {
        let mut written = Written { rows: self.rows, ..Written::default() };
        let ending = match (&self.target.format, self.target.compression) {
            (Format::Parquet, _) | (_, Compression::None | Compression::Snappy) => "",
            (_, Compression::Gzip) => ".gz",
            (_, Compression::Zstd) => ".zst",
        };
        let mut finished = Vec::new();
        for (values, file) in self.files {
            finished.push((values, file.finish()?));
        }
        for (at, (values, path)) in finished.into_iter().enumerate() {
            let folder = partition_folder(&self.target.partitioned_by, &values);
            let unique = Uuid::new_v4().simple().to_string();
            let name =
                format!("{folder}{began}_{at:05}_{}_{}{ending}", &unique[..5], Uuid::new_v4());
            let place = self.target.store.publish(&self.target.location, &name, &path).await?;
            if !self.target.partitioned_by.is_empty() {
                let end = place.rfind('/').map_or(0, |slash| slash + 1);
                written.partitions.push((values, place[..end].to_owned()));
            }
            written.paths.push(place);
        }
        Ok(written)
    }
}

/// The folders of a partition, as Hive names them: `year=2024/month=10/`.
pub(crate) fn partition_folder(keys: &[String], values: &[Option<String>]) -> String {
    (keys.iter().zip(values))
        .map(|(key, value)| {
            let value = value.as_deref().map_or_else(|| NULL_PARTITION.to_owned(), escaped);
            format!("{}={value}/", escaped(key))
        })
        .collect()
}

/// A value in a folder's name: what would mean more than itself is written as Hive does, in per cent.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_control() || "\"#%'*/:=?\\{}[]^".contains(character) {
            written.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            written.push(character);
        }
    }
    if written.is_empty() { NULL_PARTITION.to_owned() } else { written }
}

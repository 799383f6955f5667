//! Rows on their way to files: what `CREATE TABLE AS`, `INSERT INTO` and `UNLOAD` write.
//!
//! Files are written to a temporary folder first and appear at their place when all rows are there: a query that fails leaves
//! nothing behind.

mod file;
mod json;
mod publish;
mod text;
mod value;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use datafusion::arrow::compute::{cast, take_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use uuid::Uuid;

use crate::dialect::functions::cast::{Otherwise, convert};
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{HELD_ROWS_BYTES_MAX, PARTITIONS_WRITTEN_MAX};
use crate::scan::Place;
use crate::write::file::RowFile;
pub(crate) use crate::write::publish::Published;
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

/// How rows become files.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// How many of the last columns name folders, and are not written in the files.
    pub(crate) partition_keys: usize,
    /// Where files wait until all rows are there; None for the system's place.
    pub(crate) waiting_folder: Option<PathBuf>,
    /// The types that the columns become, those of the partition keys last; none if they stay what they are.
    pub(crate) types: Vec<DataType>,
    /// For each column the most characters that it takes, where its type says that.
    pub(crate) lengths_max: Vec<Option<usize>>,
}

/// Files with all rows, which nobody sees yet.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) rows: u64,
    /// The values of each file's partition, in the order of their first rows.
    files: Vec<(Values, PathBuf)>,
    ending: &'static str,
    _folder: TemporaryFolder,
}

/// The values of a partition's keys.
pub(crate) type Values = Vec<Option<String>>;

/// Writes all rows of a stream into files that nobody sees.
///
/// # Errors
///
/// Those of the stream, `LimitReached` for too many partitions, and those of writing.
pub(crate) async fn write(mut rows: SendableRecordBatchStream, form: &Form) -> Result<Finished> {
    let schema = rows.schema();
    let schema = if form.types.is_empty() { schema } else { typed(&schema, &form.types) };
    let split = schema.fields().len() - form.partition_keys;
    let folder = waiting_folder(form.waiting_folder.as_deref())?;
    let mut writer = Writer {
        form,
        schema: file_schema(&schema, split),
        folder: folder.0.clone(),
        files: Vec::new(),
        open: HashMap::new(),
        rows: 0,
    };
    while let Some(batch) = rows.next().await {
        let batch = converted(&batch.map_err(Error::from)?, &schema)?;
        writer.batch(&batch, split)?;
        tokio::task::yield_now().await;
    }
    let ending = match (&form.format, form.compression) {
        (Format::Parquet, _) | (_, Compression::None | Compression::Snappy) => "",
        (_, Compression::Gzip) => ".gz",
        (_, Compression::Zstd) => ".zst",
    };
    let rows = writer.rows;
    let files = writer.files.into_iter().map(|(values, file)| Ok((values, file.finish()?)));
    Ok(Finished { rows, files: files.collect::<Result<_>>()?, ending, _folder: folder })
}

impl Finished {
    /// The values of each file's partition.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = &Values> {
        self.files.iter().map(|(values, _)| values)
    }

    /// Brings each file to its place, under a name that begins with `began`: all of them, or none.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable`, with the name of what cannot be written.
    pub(crate) async fn publish(self, places: &[Place], began: &str) -> Result<Published> {
        let mut published = Published::default();
        let files = self.files.iter().zip(places).enumerate().map(|(at, ((_, path), place))| {
            let unique = Uuid::new_v4().simple().to_string();
            let ending = self.ending;
            let name = format!("{began}_{at:05}_{}_{}{ending}", &unique[..5], Uuid::new_v4());
            (place, name, path.as_path())
        });
        for (place, name, path) in files.collect::<Vec<_>>() {
            if let Err(error) = published.bring(place, &name, path).await {
                published.undo().await;
                return Err(error);
            }
        }
        if let Err(error) = published.show().await {
            published.undo().await;
            return Err(error);
        }
        Ok(published)
    }
}

/// A folder that goes away with what it holds.
#[derive(Debug)]
struct TemporaryFolder(PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // The system clears its temporary folder if this fails.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn waiting_folder(within: Option<&Path>) -> Result<TemporaryFolder> {
    let within = within.map_or_else(std::env::temp_dir, Path::to_owned);
    let folder = within.join(format!("floodmark-{}", Uuid::new_v4()));
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| cannot_write(&folder.display(), error))?;
    Ok(TemporaryFolder(folder))
}

/// The error of what cannot be written.
fn cannot_write(what: &dyn std::fmt::Display, error: std::io::Error) -> Error {
    use std::io::ErrorKind as IoKind;
    let (kind, hint) = match error.kind() {
        IoKind::PermissionDenied => (ErrorKind::AccessDenied, "check the folder's permissions"),
        IoKind::StorageFull | IoKind::QuotaExceeded => (
            ErrorKind::Unavailable,
            "the disk is full: make room, or name another place with `--spill-folder`",
        ),
        _ => (ErrorKind::Unavailable, "check the place; nothing was changed"),
    };
    Error::new(kind, format!("cannot write `{what}`: {error}")).hint(hint).because(error)
}

/// The columns under their names with other types.
fn typed(schema: &SchemaRef, types: &[DataType]) -> SchemaRef {
    let fields = schema.fields().iter().zip(types);
    let fields = fields.map(|(field, data_type)| Field::new(field.name(), data_type.clone(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows in the types of a schema, as Trino casts them.
fn converted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    let given = batch.schema();
    let columns = (batch.columns().iter().zip(given.fields()).zip(schema.fields())).map(
        |((column, given), field)| {
            let (from, to) = (TrinoType::of_field(given), TrinoType::of(field.data_type()));
            if from == to {
                return Ok(Arc::clone(column));
            }
            Ok(convert(column, &from, &to, Otherwise::Error)?)
        },
    );
    let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
    // Two types of Arrow may be the same one of Trino.
    let columns = (columns.iter().zip(schema.fields()))
        .map(|(column, field)| cast(column, field.data_type()))
        .collect::<std::result::Result<Vec<_>, _>>();
    let batch = columns.and_then(|columns| RecordBatch::try_new(Arc::clone(schema), columns));
    batch.map_err(|error| {
        Error::new(ErrorKind::Internal, "a batch does not fit its table").because(error)
    })
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
    form: &'a Form,
    schema: SchemaRef,
    folder: PathBuf,
    /// The values of each file's partition, in the order of their first rows.
    files: Vec<(Values, RowFile)>,
    open: HashMap<Values, usize>,
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
        for ((column, length_max), field) in
            columns.iter().zip(&self.form.lengths_max).zip(self.schema.fields())
        {
            if let Some(length_max) = length_max {
                check_lengths(column, *length_max, field.name())?;
            }
        }
        let written = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| {
            Error::new(ErrorKind::Internal, "a batch does not fit its schema").because(error)
        })?;
        if self.form.partition_keys == 0 {
            self.file(Vec::new())?.write(&written)?;
            return self.release();
        }
        let keys: Vec<Vec<Option<String>>> =
            batch.columns()[split..].iter().map(value::texts).collect::<Result<_>>()?;
        let mut rows: HashMap<Values, Vec<u32>> = HashMap::new();
        let mut order = Vec::new();
        for row in 0..batch.num_rows() {
            // In Hive an empty text is the same partition as NULL.
            let values = keys.iter().map(|key| key[row].clone().filter(|text| !text.is_empty()));
            let rows = rows.entry(values.collect()).or_insert_with_key(|values: &Values| {
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
        self.release()
    }

    /// Writes the largest groups of rows while they take too much memory together.
    fn release(&mut self) -> Result<()> {
        let mut held: usize = self.files.iter().map(|(_, file)| file.held_bytes()).sum();
        while held > HELD_ROWS_BYTES_MAX {
            let largest = self.files.iter_mut().max_by_key(|(_, file)| file.held_bytes());
            let Some((_, file)) = largest else { break };
            let freed = file.held_bytes();
            file.flush()?;
            held -= freed;
        }
        Ok(())
    }

    /// The file of a partition.
    fn file(&mut self, values: Values) -> Result<&mut RowFile> {
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
                let Form { format, compression, .. } = self.form;
                let file = RowFile::create(&path, &self.schema, format, *compression)?;
                self.files.push((values.clone(), file));
                self.open.insert(values, self.files.len() - 1);
                self.files.len() - 1
            }
        };
        Ok(&mut self.files[at].1)
    }
}

/// Refuses texts that a column would cut.
fn check_lengths(column: &ArrayRef, length_max: usize, name: &str) -> Result<()> {
    let fits = |text: &str| text.trim_end_matches(' ').chars().count() <= length_max;
    match value::texts(column)?.iter().flatten().find(|text| !fits(text)) {
        None => Ok(()),
        Some(_) => Err(Error::invalid_query(format!(
            "Cannot truncate non-space characters when casting to varchar({length_max}) on INSERT: a value of `{name}` is longer"
        ))
        .code("INVALID_CAST_ARGUMENT")),
    }
}

//! One file being written.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression as ParquetCompression, GzipLevel, ZstdLevel};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::properties::WriterProperties;
use flate2::write::GzEncoder;

use crate::error::{Error, ErrorKind, Result};
use crate::write::{Compression, Format, cannot_write, json};

/// A file that takes rows.
pub(crate) struct RowFile {
    path: PathBuf,
    rows: Rows,
}

enum Rows {
    Parquet(Box<ArrowWriter<File>>),
    Lines(Format, Box<Packed>),
}

/// A file whose bytes are compressed on their way.
enum Packed {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

impl RowFile {
    pub(crate) fn create(
        path: &Path,
        schema: &SchemaRef,
        format: &Format,
        compression: Compression,
    ) -> Result<Self> {
        let file = File::create(path).map_err(|error| cannot_write(&path.display(), error))?;
        let rows = match format {
            Format::Parquet => {
                let compression = match compression {
                    Compression::None => ParquetCompression::UNCOMPRESSED,
                    Compression::Gzip => ParquetCompression::GZIP(GzipLevel::default()),
                    Compression::Zstd => ParquetCompression::ZSTD(ZstdLevel::default()),
                    Compression::Snappy => ParquetCompression::SNAPPY,
                };
                let properties = WriterProperties::builder().set_compression(compression).build();
                let writer = ArrowWriter::try_new(file, SchemaRef::clone(schema), Some(properties))
                    .map_err(|error| {
                        let message = format!("the rows cannot be written as Parquet: {error}");
                        Error::new(ErrorKind::NotSupported, message).because(error)
                    })?;
                Rows::Parquet(Box::new(writer))
            }
            Format::Json | Format::Text(_) => {
                let file = BufWriter::new(file);
                let mut packed = match compression {
                    Compression::None | Compression::Snappy => Packed::Plain(file),
                    Compression::Gzip => {
                        Packed::Gzip(GzEncoder::new(file, flate2::Compression::default()))
                    }
                    Compression::Zstd => Packed::Zstd(
                        zstd::Encoder::new(file, 0)
                            .map_err(|error| cannot_write(&path.display(), error))?,
                    ),
                };
                if let Format::Text(text) = format
                    && text.has_header
                {
                    let header = text.header(schema);
                    packed
                        .write_all(header.as_bytes())
                        .map_err(|error| cannot_write(&path.display(), error))?;
                }
                Rows::Lines(format.clone(), Box::new(packed))
            }
        };
        Ok(Self { path: path.to_owned(), rows })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let path = self.path.display();
        match &mut self.rows {
            Rows::Parquet(writer) => {
                writer.write(batch).map_err(|error| cannot_write(&path, broken(error)))
            }
            Rows::Lines(format, packed) => {
                let lines = match format {
                    Format::Text(format) => format.lines(batch)?,
                    Format::Json | Format::Parquet => json::lines(batch)?,
                };
                packed.write_all(lines.as_bytes()).map_err(|error| cannot_write(&path, error))
            }
        }
    }

    /// How much memory holds rows that are not written yet, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        match &self.rows {
            Rows::Parquet(writer) => writer.memory_size(),
            Rows::Lines(..) => 0,
        }
    }

    /// Writes what is held.
    pub(crate) fn flush(&mut self) -> Result<()> {
        match &mut self.rows {
            Rows::Parquet(writer) => {
                writer.flush().map_err(|error| cannot_write(&self.path.display(), broken(error)))
            }
            Rows::Lines(..) => Ok(()),
        }
    }

    /// Ends the file; gives its path.
    pub(crate) fn finish(self) -> Result<PathBuf> {
        let path = self.path;
        let failed = |error: std::io::Error| cannot_write(&path.display(), error);
        match self.rows {
            Rows::Parquet(writer) => {
                writer.close().map_err(|error| failed(broken(error)))?;
            }
            Rows::Lines(_, packed) => match *packed {
                Packed::Plain(mut file) => file.flush().map_err(failed)?,
                Packed::Gzip(encoder) => {
                    encoder.finish().and_then(|mut file| file.flush()).map_err(failed)?;
                }
                Packed::Zstd(encoder) => {
                    encoder.finish().and_then(|mut file| file.flush()).map_err(failed)?;
                }
            },
        }
        Ok(path)
    }
}

/// What the disk says, out of an error of Parquet's.
fn broken(error: ParquetError) -> std::io::Error {
    match error {
        ParquetError::External(error) => std::io::Error::other(error),
        error => std::io::Error::other(error),
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(encoder) => encoder.write(bytes),
            Self::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Gzip(encoder) => encoder.flush(),
            Self::Zstd(encoder) => encoder.flush(),
        }
    }
}

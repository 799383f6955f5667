//! Results in each format. Values of logs are hostile: nothing of them reaches a terminal as a control.

pub(crate) mod aligned;
pub(crate) mod chart;
pub(crate) mod columns;
pub(crate) mod figures;
mod file;
mod lines;
mod table;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use floodmark_engine::files::FileFormat;

use crate::render::file::OfFile;

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people, as wide as the terminal; records where there are too many columns for it
    Table,
    /// Rows one under the other, a line a column
    Records,
    /// RFC 4180 with a header line; NULL is an empty field, an empty text is `""`
    Csv,
    /// One JSON array of objects
    Json,
    /// One JSON object a line
    Ndjson,
    /// A table for documents
    Markdown,
    /// Apache Parquet
    Parquet,
    /// Apache Arrow's IPC stream
    Arrow,
}

impl Format {
    /// Whether a file of this format holds one result and is nothing to read.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

/// A place to write to. Parquet's writer asks for one that could go to another thread.
pub(crate) type Place = dyn Write + Send;

/// Takes the batches of one result.
pub(crate) trait Sink {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()>;
    /// Ends the result.
    fn finish(self: Box<Self>) -> anyhow::Result<()>;
}

/// Where results go.
pub(crate) struct Output {
    format: Format,
    /// None until a file is begun: a query that cannot be planned leaves the file as it was.
    place: Option<Box<Place>>,
    path: Option<PathBuf>,
    is_terminal: bool,
}

impl Output {
    /// Standard output, or a file, which is written anew with the first result.
    pub(crate) fn open(format: Format, path: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(path) = path {
            return Ok(Self {
                format,
                place: None,
                path: Some(path.to_owned()),
                is_terminal: false,
            });
        }
        let is_terminal = io::stdout().is_terminal();
        let place: Box<Place> = if is_terminal {
            Box::new(BufWriter::new(SafeWriter(io::stdout())))
        } else {
            Box::new(BufWriter::with_capacity(1 << 16, io::stdout()))
        };
        let mut output = Self { format, place: Some(place), path: None, is_terminal };
        output.set_format(format)?;
        Ok(output)
    }

    /// Writes further results in another format.
    pub(crate) fn set_format(&mut self, format: Format) -> anyhow::Result<()> {
        if self.is_terminal && format.is_binary() {
            bail!(
                "this format is not for a terminal: write it to a file with `--output FILE`, or `\\o FILE` in the shell"
            );
        }
        self.format = format;
        Ok(())
    }

    /// Begins a result with these columns.
    pub(crate) fn begin<'a>(
        &'a mut self,
        schema: &SchemaRef,
    ) -> anyhow::Result<Box<dyn Sink + 'a>> {
        let (format, is_terminal) = (self.format, self.is_terminal);
        let place = self.place()?;
        Ok(match format {
            // Columns of a few characters each are nothing to read.
            Format::Table if is_terminal && table::is_too_wide(schema) => {
                Box::new(table::Records::new(place))
            }
            Format::Table => Box::new(table::Table::new(place, schema, is_terminal)),
            Format::Records => Box::new(table::Records::new(place)),
            Format::Markdown => Box::new(lines::Markdown::new(place, schema)),
            Format::Csv => Box::new(OfFile::new(place, schema, FileFormat::Csv)?),
            Format::Json => Box::new(OfFile::new(place, schema, FileFormat::Json)?),
            Format::Ndjson => Box::new(OfFile::new(place, schema, FileFormat::Ndjson)?),
            Format::Parquet => Box::new(OfFile::new(place, schema, FileFormat::Parquet)?),
            Format::Arrow => Box::new(OfFile::new(place, schema, FileFormat::Arrow)?),
        })
    }

    /// Writes text for people as it stands: whatever comes from logs was made safe before.
    pub(crate) fn text(&mut self, text: &str) -> anyhow::Result<()> {
        Ok(self.place()?.write_all(text.as_bytes())?)
    }

    /// Writes a whole result.
    pub(crate) fn batch(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        let mut sink = self.begin(&batch.schema())?;
        sink.write(batch)?;
        sink.finish()
    }

    /// The place to write to, opened when it is first needed.
    fn place(&mut self) -> anyhow::Result<&mut Place> {
        Ok(match (&mut self.place, &self.path) {
            (Some(place), _) => &mut **place,
            (empty, Some(path)) => {
                let file = File::create(path)
                    .with_context(|| format!("cannot write `{}`", path.display()))?;
                &mut **empty.insert(Box::new(BufWriter::new(file)))
            }
            (None, None) => unreachable!("standard output is open from the beginning"),
        })
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        match &mut self.place {
            Some(place) => Ok(place.flush()?),
            None => Ok(()),
        }
    }
}

/// Whether a character can do something to a terminal or to the order of what is read.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with every control visible: escapes, line ends and marks that turn the direction of writing.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            character if is_control(character) => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            character => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Passes text on to a terminal with the controls of values made visible. Our own line ends and tabs stay.
struct SafeWriter<W>(W);

impl<W: Write> Write for SafeWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A buffer may end in the middle of a character; what is left is written with the next call.
        let valid = match std::str::from_utf8(bytes) {
            Ok(_) => bytes.len(),
            Err(error) if error.valid_up_to() > 0 => error.valid_up_to(),
            Err(_) => bytes.len(),
        };
        let text = String::from_utf8_lossy(&bytes[..valid]);
        let mut shown = String::with_capacity(text.len());
        for character in text.chars() {
            if is_control(character) && !matches!(character, '\n' | '\t') {
                shown.push_str(&safe(character.encode_utf8(&mut [0; 4])));
            } else {
                shown.push(character);
            }
        }
        self.0.write_all(shown.as_bytes())?;
        Ok(valid)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

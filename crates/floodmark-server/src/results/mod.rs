//! The results of queries as files: what `GetQueryResults` gives page by page, and what clients fetch from S3.
//!
//! A result is one file, written once: Athena's CSV for rows, lines of text for what tells about tables. Both doors read it.

pub(crate) mod columns;
mod csv;
pub(crate) mod lines;
pub(crate) mod metadata;
pub(crate) mod page;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use floodmark_engine::athena::Texts;
use floodmark_engine::{Error, ErrorKind, Result};

use crate::results::lines::Lines;

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Rows, the names of the columns first.
    Csv,
    /// Lines that tell about something.
    Lines(Lines),
}

/// A result that is being written. Nobody sees it before it is finished; dropping it takes it away.
#[derive(Debug)]
pub(crate) struct ResultFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    form: Form,
    /// Whether something stands before the next line.
    begun: bool,
    text: String,
    rows: u64,
    bytes: u64,
}

impl ResultFile {
    /// Begins a file.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if it cannot be made.
    pub(crate) fn create(path: PathBuf, form: Form) -> Result<Self> {
        let file = File::create(&path).map_err(|error| cannot_write(&path, error))?;
        let file = Some(BufWriter::with_capacity(1 << 18, file));
        Ok(Self { path, file, form, begun: false, text: String::new(), rows: 0, bytes: 0 })
    }

    /// Writes what stands before the rows.
    pub(crate) fn header(&mut self, schema: &SchemaRef) -> Result<()> {
        let names = schema.fields().iter().map(|field| field.name().as_str());
        match self.form {
            Form::Csv if schema.fields().is_empty() => {}
            Form::Csv => csv::append_row(names.map(Some), &mut self.text),
            Form::Lines(Lines::Plan) => self.line(&names.collect::<Vec<_>>().join("\t")),
            Form::Lines(_) => {}
        }
        self.flush_text()
    }

    /// Writes rows.
    pub(crate) fn batch(&mut self, batch: &RecordBatch) -> Result<()> {
        let texts = Texts::new(batch)?;
        for row in 0..batch.num_rows() {
            match self.form {
                Form::Csv => csv::append(&texts, batch.num_columns(), row, &mut self.text),
                Form::Lines(lines) => {
                    let values = (0..batch.num_columns()).map(|column| texts.text(column, row));
                    for line in lines::written(lines, &values.collect::<Vec<_>>()) {
                        self.line(&line);
                    }
                }
            }
            if self.text.len() >= 1 << 18 {
                self.flush_text()?;
            }
        }
        self.rows += batch.num_rows() as u64;
        self.flush_text()
    }

    fn line(&mut self, line: &str) {
        if self.begun {
            self.text.push('\n');
        }
        self.begun = true;
        // A line is one, whatever a table's comment says.
        self.text.extend(line.chars().map(|sign| if sign == '\n' { ' ' } else { sign }));
    }

    fn flush_text(&mut self) -> Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(self.text.as_bytes())
                .map_err(|error| cannot_write(&self.path, error))?;
        }
        self.bytes += self.text.len() as u64;
        self.text.clear();
        Ok(())
    }

    /// Ends the file: all of it is written.
    pub(crate) fn finish(mut self) -> Result<Finished> {
        if let Some(mut file) = self.file.take() {
            file.flush().map_err(|error| cannot_write(&self.path, error))?;
        }
        let path = std::mem::take(&mut self.path);
        Ok(Finished { path, rows: self.rows, bytes: self.bytes })
    }
}

impl Drop for ResultFile {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // What cannot be taken away is removed at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A result that was written to its end and nobody sees yet.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) path: PathBuf,
    /// How many rows it has, without the names of the columns.
    pub(crate) rows: u64,
    /// How long it is, in bytes.
    pub(crate) bytes: u64,
}

/// The error of a file of ours that cannot be written.
pub(crate) fn cannot_write(path: &Path, error: std::io::Error) -> Error {
    use std::io::ErrorKind as IoKind;
    let (kind, hint) = match error.kind() {
        IoKind::PermissionDenied => (ErrorKind::AccessDenied, "check the folder's permissions"),
        IoKind::StorageFull | IoKind::QuotaExceeded => {
            (ErrorKind::Unavailable, "the disk is full: make room")
        }
        _ => (ErrorKind::Unavailable, "check the data folder"),
    };
    Error::new(kind, format!("cannot write `{}`: {error}", path.display()))
        .hint(hint)
        .because(error)
}

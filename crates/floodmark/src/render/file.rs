//! CSV, JSON, Parquet and Arrow: files as the engine writes them.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use floodmark_engine::files::{FileFormat, FileOptions, RowsFile};

use crate::render::{Place, Sink};

/// A file that is being written.
pub(crate) struct OfFile<'a>(RowsFile<&'a mut Place>);

impl<'a> OfFile<'a> {
    pub(crate) fn new(
        place: &'a mut Place,
        schema: &SchemaRef,
        format: FileFormat,
    ) -> anyhow::Result<Self> {
        // Programs read it: its values stay what they are.
        let options = FileOptions { format, is_defused: false };
        Ok(Self(RowsFile::begin(place, schema, options)?))
    }
}

impl Sink for OfFile<'_> {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        Ok(self.0.write(batch)?)
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        Ok(self.0.finish()?)
    }
}

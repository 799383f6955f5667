//! JSON, Parquet and Arrow: written by Arrow's own writers.

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::json::writer::{
    JsonArray, JsonFormat, LineDelimited, Writer, WriterBuilder,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;

use floodmark_engine::athena::{plain, plain_schema};

use crate::render::{Place, Sink};

struct Json<'a, F: JsonFormat>(Writer<&'a mut Place, F>);

fn builder() -> WriterBuilder {
    WriterBuilder::new().with_explicit_nulls(true)
}

/// One array of objects.
pub(crate) fn json(place: &mut Place) -> impl Sink + '_ {
    Json(builder().build::<_, JsonArray>(place))
}

/// One object a line.
pub(crate) fn ndjson(place: &mut Place) -> impl Sink + '_ {
    Json(builder().build::<_, LineDelimited>(place))
}

impl<F: JsonFormat> Sink for Json<'_, F> {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        Ok(self.0.write(&plain(batch)?)?)
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        self.0.finish()?;
        let place = self.0.into_inner();
        // An array ends without a line end of its own.
        if std::any::type_name::<F>() == std::any::type_name::<JsonArray>() {
            writeln!(place)?;
        }
        Ok(())
    }
}

pub(crate) struct Parquet<'a>(ArrowWriter<&'a mut Place>);

impl<'a> Parquet<'a> {
    pub(crate) fn new(place: &'a mut Place, schema: &SchemaRef) -> anyhow::Result<Self> {
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
        Ok(Self(ArrowWriter::try_new(place, plain_schema(schema), Some(properties.build()))?))
    }
}

impl Sink for Parquet<'_> {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        Ok(self.0.write(&plain(batch)?)?)
    }

    fn finish(self: Box<Self>) -> anyhow::Result<()> {
        self.0.close()?;
        Ok(())
    }
}

pub(crate) struct Arrow<'a>(StreamWriter<&'a mut Place>);

impl<'a> Arrow<'a> {
    pub(crate) fn new(place: &'a mut Place, schema: &SchemaRef) -> anyhow::Result<Self> {
        Ok(Self(StreamWriter::try_new(place, &plain_schema(schema))?))
    }
}

impl Sink for Arrow<'_> {
    fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        Ok(self.0.write(&plain(batch)?)?)
    }

    fn finish(mut self: Box<Self>) -> anyhow::Result<()> {
        Ok(self.0.finish()?)
    }
}

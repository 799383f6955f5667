//! `CREATE TABLE AS`, `INSERT INTO` and `UNLOAD`: queries whose rows become files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::array::{Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::Column;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast, lit};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::scalar::ScalarValue;
use floodmark_formats::hive::HiveType;
use futures::stream;
use uuid::Uuid;

use crate::catalog::{
    CATALOG, ColumnDefinition, IfExists, Partition, SerdeDefinition, TableDefinition, refused,
};
use crate::dialect::ddl::statement::{CreateTableAs, Name, Property, Value};
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, ErrorKind, Result};
use crate::execute::hive_type::hive_type;
use crate::execute::tables::{duplicate, location, now_s};
use crate::execute::{Execution, answer};
use crate::query::Query;
use crate::store::Location;
use crate::write::{Compression, Format, Target, TextFormat, Written, write};

/// The properties of `WITH`, each of which is taken once.
struct Properties<'a> {
    left: Vec<&'a Property>,
}

impl<'a> Properties<'a> {
    fn new(properties: &'a [Property]) -> Self {
        Self { left: properties.iter().collect() }
    }

    fn take(&mut self, name: &str) -> Option<&'a Property> {
        let at = self.left.iter().position(|property| property.name == name)?;
        Some(self.left.remove(at))
    }

    fn text(&mut self, name: &str) -> Result<Option<&'a str>> {
        match self.take(name) {
            None => Ok(None),
            Some(Property { value: Value::Text(text), .. }) => Ok(Some(text)),
            Some(property) => Err(wrong(property, "a text in single quotes")),
        }
    }

    fn texts(&mut self, name: &str) -> Result<Vec<String>> {
        let Some(property) = self.take(name) else {
            return Ok(Vec::new());
        };
        let Value::Array(values) = &property.value else {
            return Err(wrong(property, "an ARRAY of column names"));
        };
        let names = values.iter().map(|value| match value {
            Value::Text(text) => Ok(text.to_lowercase()),
            _ => Err(wrong(property, "an ARRAY of column names")),
        });
        names.collect()
    }

    /// The format and the compression.
    fn format(&mut self, default: &str) -> Result<(Format, Compression)> {
        let name = self.text("format")?.unwrap_or(default).to_uppercase();
        let delimiter = self.text("field_delimiter")?;
        let format = match name.as_str() {
            "PARQUET" => Format::Parquet,
            "JSON" => Format::Json,
            "TEXTFILE" | "CSV" => Format::Text(TextFormat {
                field_delimiter: match (delimiter, name.as_str()) {
                    (Some(delimiter), _) => delimiter.to_owned(),
                    (None, "CSV") => ",".to_owned(),
                    (None, _) => TextFormat::default().field_delimiter,
                },
            }),
            other => {
                let message = format!("files in the format {other} are not written");
                return Err(Error::new(ErrorKind::NotSupported, message)
                    .code("NOT_SUPPORTED")
                    .hint("write PARQUET, JSON or TEXTFILE"));
            }
        };
        let mut compression = None;
        for name in ["write_compression", "compression", "parquet_compression"] {
            if let Some(text) = self.text(name)? {
                compression = Some(text.to_uppercase());
            }
        }
        // A level belongs to ZSTD; the usual one is always taken.
        self.take("compression_level");
        let compression = match compression.as_deref() {
            None | Some("GZIP") => Compression::Gzip,
            Some("NONE" | "UNCOMPRESSED") => Compression::None,
            Some("ZSTD") => Compression::Zstd,
            Some("SNAPPY") if format == Format::Parquet => Compression::Snappy,
            Some(other) => {
                let message = format!("files are not compressed with {other}");
                return Err(Error::new(ErrorKind::NotSupported, message)
                    .code("NOT_SUPPORTED")
                    .hint("write GZIP, ZSTD, NONE, or SNAPPY for PARQUET"));
            }
        };
        Ok((format, compression))
    }

    /// Refuses what was not taken.
    fn finish(self) -> Result<()> {
        match self.left.first() {
            None => Ok(()),
            Some(property) => Err(Error::invalid_query(format!(
                "`{}` is no property that is supported here",
                property.name
            ))
            .code("INVALID_TABLE_PROPERTY")
            .at(Some(property.position))),
        }
    }
}

fn wrong(property: &Property, expected: &str) -> Error {
    Error::invalid_query(format!("the property `{}` must be {expected}", property.name))
        .code("INVALID_TABLE_PROPERTY")
        .at(Some(property.position))
}

/// A table of files in this format, as its definition says it.
fn serde(format: &Format) -> SerdeDefinition {
    let hadoop = "org.apache.hadoop.hive";
    let (class, properties, input, output) = match format {
        Format::Parquet => (
            format!("{hadoop}.ql.io.parquet.serde.ParquetHiveSerDe"),
            BTreeMap::new(),
            format!("{hadoop}.ql.io.parquet.MapredParquetInputFormat"),
            format!("{hadoop}.ql.io.parquet.MapredParquetOutputFormat"),
        ),
        Format::Json | Format::Text(_) => {
            let (class, properties) = match format {
                Format::Text(text) => {
                    let delimiter = text.field_delimiter.clone();
                    let properties = BTreeMap::from([
                        ("field.delim".to_owned(), delimiter.clone()),
                        ("serialization.format".to_owned(), delimiter),
                    ]);
                    (format!("{hadoop}.serde2.lazy.LazySimpleSerDe"), properties)
                }
                _ => ("org.apache.hive.hcatalog.data.JsonSerDe".to_owned(), BTreeMap::new()),
            };
            let input = "org.apache.hadoop.mapred.TextInputFormat".to_owned();
            let output = format!("{hadoop}.ql.io.HiveIgnoreKeyTextOutputFormat");
            (class, properties, input, output)
        }
    };
    SerdeDefinition { class, properties, input_format: input, output_format: output }
}

/// The columns of a query's result as a table's.
fn columns(schema: &SchemaRef) -> Result<Vec<ColumnDefinition>> {
    (schema.fields().iter())
        .map(|field| {
            let trino_type = TrinoType::of_field(field);
            let hive_type = hive_type(&trino_type).ok_or_else(|| {
                Error::new(
                    ErrorKind::NotSupported,
                    format!("Unsupported Hive type: {trino_type} (column `{}`)", field.name()),
                )
                .code("NOT_SUPPORTED")
                .hint("cast it to a type that tables have, such as varchar")
            })?;
            Ok(ColumnDefinition { name: field.name().to_lowercase(), hive_type, comment: None })
        })
        .collect()
}

/// The beginning of files' names: when the statement began.
fn began() -> String {
    DateTime::from_timestamp(now_s(), 0)
        .map_or_else(String::new, |time| time.format("%Y%m%d_%H%M%S").to_string())
}

/// One row that says how many were written.
fn count(rows: u64) -> RecordBatch {
    let values = Int64Array::from(vec![i64::try_from(rows).unwrap_or(i64::MAX)]);
    RecordBatch::try_new(count_schema(), vec![Arc::new(values)])
        .expect("the one column is made after the schema")
}

fn count_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("rows", DataType::Int64, false)]))
}

/// A query that writes while its one row, the count, is taken.
fn writing<F>(
    query: Query,
    target: Target,
    done: impl FnOnce(Written) -> F + Send + 'static,
) -> Query
where
    F: Future<Output = Result<u64>> + Send + 'static,
{
    let Query { rows, metrics, notes, .. } = query;
    let work = async move {
        let written = write(rows, &target, &began()).await?;
        let rows = done(written).await?;
        Ok(count(rows))
    };
    let rows =
        stream::once(async { work.await.map_err(|error: Error| DataFusionError::from(error)) });
    let schema = count_schema();
    let rows = Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&schema), rows));
    Query { schema, rows, metrics, notes }
}

impl Execution<'_> {
    /// Where files are to be written, if they may be.
    async fn target(
        &self,
        place: &str,
        format: Format,
        compression: Compression,
        partitioned_by: Vec<String>,
    ) -> Result<Target> {
        let location = Location::parse(place)?;
        let store = match &location {
            Location::S3 { .. } if !self.session.engine().options().apply => {
                let message = format!("writing to `{place}` needs your consent");
                return Err(Error::new(ErrorKind::AccessDenied, message)
                    .hint("add `--apply`; without it, Floodmark only reads from AWS"));
            }
            location => self.session.open(location).await?,
        };
        Ok(Target { location, store, format, compression, partitioned_by })
    }

    /// Refuses a folder that holds something.
    async fn is_free(&self, place: &str, what: &str) -> Result<()> {
        if self.session.keys_below(place).await?.is_empty() {
            return Ok(());
        }
        let message = format!("Target directory for {what} already exists: {place}");
        Err(Error::invalid_query(message)
            .code("HIVE_PATH_ALREADY_EXISTS")
            .hint("name a folder that is empty"))
    }

    pub(super) async fn create_table_as(&self, create: &CreateTableAs) -> Result<Query> {
        let full = self.full(&create.name)?;
        let (at, start) = (Some(create.name.position), Some(self.start));
        let catalog = self.session.catalog();
        let Some(database) = catalog.database(&full.database).await? else {
            return Err(refused::schema_not_found(&full.database).at(at));
        };
        if catalog.relation(&full.database, &full.name).await?.is_some() {
            return if create.if_not_exists {
                Ok(answer::done())
            } else {
                Err(Error::invalid_query(format!(
                    "Destination table '{CATALOG}.{}.{}' already exists",
                    full.database, full.name
                ))
                .code("TABLE_ALREADY_EXISTS")
                .at(start))
            };
        }
        // A catalog that is only read is told before a file is written.
        catalog.change(|_| Ok(())).await?;
        let planned = self.session.plan(self.inner(&create.query)?).await?;
        if let Some(unnamed) = planned.unnamed() {
            return Err(Error::invalid_query(format!(
                "Column name not specified at position {}",
                unnamed + 1
            ))
            .code("MISSING_COLUMN_NAME")
            .at(start));
        }
        let mut properties = Properties::new(&create.properties);
        let table_type = properties.text("table_type")?.unwrap_or("hive").to_lowercase();
        if table_type != "hive" {
            return Err(Error::new(
                ErrorKind::NotSupported,
                format!("tables of the type {table_type} are not made"),
            )
            .code("NOT_SUPPORTED")
            .hint("leave `table_type` out for a table of plain files"));
        }
        properties.take("is_external");
        let partitioned_by = properties.texts("partitioned_by")?;
        let place = match properties.text("external_location")?.or(properties.text("location")?) {
            Some(place) => place.to_owned(),
            None => self.default_place(database.location.as_deref(), &full.database, &full.name)?,
        };
        let (format, compression) = properties.format("PARQUET")?;
        properties.finish()?;
        let place = location(&place)?;
        let mut columns = columns(&planned.schema()?)?;
        if let Some(twice) = duplicate(columns.iter().map(|column| column.name.as_str())) {
            return Err(Error::invalid_query(format!(
                "Column name '{twice}' specified more than once"
            ))
            .code("DUPLICATE_COLUMN_NAME")
            .at(start));
        }
        let split = columns.len().checked_sub(partitioned_by.len()).filter(|split| *split > 0);
        let last = split.map(|split| &columns[split..]).unwrap_or_default();
        if !last.iter().map(|column| &column.name).eq(&partitioned_by) {
            return Err(Error::invalid_query(
                "Partition keys must be the last columns in the table and in the same order as the table properties",
            )
            .code("INVALID_TABLE_PROPERTY")
            .at(start));
        }
        let partition_keys = columns.split_off(split.unwrap_or_default());
        let table = TableDefinition {
            database: full.database,
            name: full.name,
            columns,
            partition_keys,
            location: place.clone(),
            serde: serde(&format),
            created_s: now_s(),
            ..TableDefinition::default()
        };
        let target = self.target(&place, format, compression, partitioned_by).await?;
        self.is_free(&place, &format!("table '{}.{}'", table.database, table.name)).await?;
        let planned = if create.with_data {
            planned
        } else {
            planned.map(|plan| Ok(LogicalPlanBuilder::from(plan).limit(0, Some(0))?.build()?))?
        };
        let catalog = catalog.clone();
        Ok(writing(planned.run().await?, target, move |written| async move {
            let partitions = partitions(written.partitions);
            catalog
                .change(move |local| {
                    local.create_table(&table, IfExists::Fail)?;
                    local.add_partitions(&table.database, &table.name, &partitions, IfExists::Keep)
                })
                .await?;
            Ok(written.rows)
        }))
    }

    /// Where a table lies that names no location.
    fn default_place(&self, database: Option<&str>, of: &str, name: &str) -> Result<String> {
        let unique = Uuid::new_v4();
        if let Some(database) = database {
            return Ok(format!("{}/{name}_{unique}/", database.trim_end_matches('/')));
        }
        match &self.session.engine().options().tables_folder {
            Some(folder) => {
                Ok(folder.join(of).join(format!("{name}_{unique}")).to_string_lossy().into_owned())
            }
            None => Err(Error::invalid_query("the table has no place for its files")
                .hint("name one: `WITH (external_location = 's3://bucket/prefix/')`")),
        }
    }

    pub(super) async fn insert_into(
        &self,
        name: &Name,
        named: &[String],
        query: &Range<usize>,
    ) -> Result<Query> {
        let at = Some(self.start);
        let table = self.table(name).await.map_err(|error| error.at(at))?;
        let catalog = self.session.catalog();
        catalog.change(|_| Ok(())).await?;
        let class = table.serde.class.rsplit('.').next().unwrap_or_default();
        let format = match class {
            "ParquetHiveSerDe" => Format::Parquet,
            "JsonSerDe" => Format::Json,
            "LazySimpleSerDe" => {
                let delimiter = table.serde.properties.get("field.delim");
                Format::Text(TextFormat {
                    field_delimiter: delimiter
                        .map_or_else(|| TextFormat::default().field_delimiter, String::clone),
                })
            }
            _ => {
                let message = format!("rows cannot be written with the SerDe {class}");
                return Err(Error::new(ErrorKind::NotSupported, message)
                    .code("NOT_SUPPORTED")
                    .at(at));
            }
        };
        let all: Vec<&ColumnDefinition> =
            table.columns.iter().chain(&table.partition_keys).collect();
        let planned = self.session.plan(self.inner(query)?).await?;
        let given = planned.schema()?;
        let wanted: Vec<&str> = match named {
            [] => all.iter().map(|column| column.name.as_str()).collect(),
            named => named.iter().map(String::as_str).collect(),
        };
        if let Some(unknown) =
            wanted.iter().find(|name| !all.iter().any(|column| column.name == **name))
        {
            return Err(Error::invalid_query(format!(
                "Insert column name does not exist in target table: {unknown}"
            ))
            .code("COLUMN_NOT_FOUND")
            .at(at));
        }
        let types: Vec<(String, DataType)> = (all.iter())
            .map(|column| Ok((column.name.clone(), hive(&column.hive_type)?.arrow())))
            .collect::<Result<_>>()?;
        let targets: Vec<&DataType> = (wanted.iter())
            .filter_map(|name| types.iter().find(|(known, _)| known == name))
            .map(|(_, target)| target)
            .collect();
        let fields = given.fields();
        let fit = fields.len() == targets.len()
            && fields.iter().zip(&targets).all(|(field, target)| fits(field.data_type(), target));
        if !fit {
            let tables: Vec<_> = targets.iter().map(|t| TrinoType::of(t).to_string()).collect();
            let queries: Vec<_> =
                fields.iter().map(|field| TrinoType::of_field(field).to_string()).collect();
            return Err(Error::invalid_query(format!(
                "Insert query has mismatched column types: Table: [{}], Query: [{}]",
                tables.join(", "),
                queries.join(", ")
            ))
            .code("TYPE_MISMATCH")
            .at(at));
        }
        let positions: Vec<Option<usize>> =
            (types.iter()).map(|(name, _)| wanted.iter().position(|known| known == name)).collect();
        let planned = planned.map(|plan| {
            let columns = plan.schema().columns();
            let outputs = (types.iter().zip(&positions)).map(|((name, target), position)| {
                let value = match position {
                    Some(at) => cast(Expr::Column(Column::clone(&columns[*at])), target.clone()),
                    None => lit(ScalarValue::try_from(target).unwrap_or(ScalarValue::Null)),
                };
                value.alias(name)
            });
            let outputs: Vec<_> = outputs.collect();
            Ok(LogicalPlanBuilder::from(plan).project(outputs)?.build()?)
        })?;
        let keys = table.partition_keys.iter().map(|key| key.name.clone()).collect();
        let compression =
            if format == Format::Parquet { Compression::Gzip } else { Compression::None };
        let target = self.target(&table.location, format, compression, keys).await?;
        let catalog = catalog.clone();
        Ok(writing(planned.run().await?, target, move |written| async move {
            let partitions = partitions(written.partitions);
            catalog
                .change(move |local| {
                    local.add_partitions(&table.database, &table.name, &partitions, IfExists::Keep)
                })
                .await?;
            Ok(written.rows)
        }))
    }

    pub(super) async fn unload(
        &self,
        query: &Range<usize>,
        to: &str,
        properties: &[Property],
    ) -> Result<Query> {
        let planned = self.session.plan(self.inner(query)?).await?;
        let mut properties = Properties::new(properties);
        let partitioned_by = properties.texts("partitioned_by")?;
        let (format, compression) = properties.format("PARQUET")?;
        properties.finish()?;
        let schema = planned.schema()?;
        columns(&schema)?;
        let names: Vec<String> =
            schema.fields().iter().map(|field| field.name().to_lowercase()).collect();
        let split = names.len().checked_sub(partitioned_by.len()).filter(|split| *split > 0);
        if split.is_none_or(|split| names[split..] != partitioned_by) {
            return Err(Error::invalid_query(
                "the columns of `partitioned_by` must be the last ones of the query, in their order",
            )
            .code("INVALID_TABLE_PROPERTY"));
        }
        let place = location(to)?;
        let target = self.target(&place, format, compression, partitioned_by).await?;
        self.is_free(&place, "UNLOAD").await?;
        Ok(writing(planned.run().await?, target, |written| async move { Ok(written.rows) }))
    }
}

fn partitions(written: Vec<(Vec<Option<String>>, String)>) -> Vec<Partition> {
    written.into_iter().map(|(values, location)| Partition { values, location }).collect()
}

fn hive(text: &str) -> Result<HiveType> {
    HiveType::parse(text)
        .map_err(|error| Error::invalid_query(format!("`{text}` is no type of a table: {error}")))
}

/// Whether values of a type can be written as another without a loss of meaning.
fn fits(given: &DataType, target: &DataType) -> bool {
    let is_text = |data_type: &DataType| {
        matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
    };
    given == target
        || *given == DataType::Null
        || (is_text(given) && is_text(target))
        || (given.is_numeric() && target.is_numeric())
        || (matches!(given, DataType::Date32 | DataType::Timestamp(..))
            && matches!(target, DataType::Timestamp(..)))
        || (given.is_nested() && target.is_nested())
}

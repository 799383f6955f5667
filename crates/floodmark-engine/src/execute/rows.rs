//! `CREATE TABLE AS`, `INSERT INTO` and `UNLOAD`: queries whose rows become files.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::Column;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::scalar::ScalarValue;
use floodmark_formats::hive::HiveType;
use futures::StreamExt;
use uuid::Uuid;

use crate::catalog::{CATALOG, ColumnDefinition, LOGS, SerdeDefinition, TableDefinition, refused};
use crate::dialect::ddl::statement::{CreateTableAs, Name, Property, Value};
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, ErrorKind, Result};
use crate::execute::hive_type::hive_type;
use crate::execute::tables::{duplicate, now_s};
use crate::execute::writing::{Folder, KnownTable, NewTable, writing};
use crate::execute::{Execution, answer};
use crate::query::Query;
use crate::write::{Compression, Format, TextFormat};

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
            "TEXTFILE" | "CSV" => Format::Text(match (delimiter, name.as_str()) {
                (Some(delimiter), _) => {
                    let mut characters = delimiter.chars();
                    match (characters.next(), characters.next()) {
                        (Some(character), None) if character.is_ascii() && character != '\n' => {
                            TextFormat::with_field_delimiter(character)
                        }
                        _ => {
                            return Err(Error::invalid_query(
                                "Delimiter must be a single ASCII character",
                            )
                            .code("INVALID_TABLE_PROPERTY"));
                        }
                    }
                }
                (None, "CSV") => TextFormat::with_field_delimiter(','),
                (None, _) => TextFormat::default(),
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
                    let delimiter = text.field_delimiter().to_string();
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

impl Execution<'_> {
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
        if full.database == LOGS && catalog.database(LOGS).await?.is_none() {
            let message =
                format!("the database `{LOGS}` has the logs at hand, and takes no tables");
            return Err(Error::new(ErrorKind::AccessDenied, message)
                .hint("make the table in another database: in `default`, logs are found by their names too")
                .at(at));
        }
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
        let place = self.location(&place)?;
        let schema = planned.schema()?;
        let is_unknown = |field: &Arc<Field>| *field.data_type() == DataType::Null;
        if let Some(unknown) = schema.fields().iter().position(is_unknown) {
            let message = format!("Column type is unknown at position {}", unknown + 1);
            return Err(Error::invalid_query(message).code("COLUMN_TYPE_UNKNOWN").at(start));
        }
        let mut columns = columns(&schema)?;
        check_json(&format, &columns).map_err(|error| error.at(at))?;
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
        let keys = table.partition_keys.clone();
        let target = self.target(&place, (format, compression), keys).await?;
        self.is_free(&place, &format!("table '{}.{}'", table.database, table.name)).await?;
        let planned = if create.with_data {
            planned
        } else {
            planned.map(|plan| Ok(LogicalPlanBuilder::from(plan).limit(0, Some(0))?.build()?))?
        };
        let destination = NewTable { catalog: catalog.clone(), table };
        Ok(writing(planned.run().await?, target, destination))
    }

    /// Where a table lies that names no location.
    fn default_place(&self, database: Option<&str>, of: &str, name: &str) -> Result<String> {
        let unique = Uuid::new_v4();
        if let Some(database) = database {
            return Ok(format!("{}/{name}_{unique}/", database.trim_end_matches('/')));
        }
        if let Some(location) = self.session.tables_location() {
            return Ok(location.to_owned());
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
        let format = format_of(&table).map_err(|error| error.at(at))?;
        check_json(&format, &table.columns).map_err(|error| error.at(at))?;
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
        let hive_types: Vec<HiveType> =
            all.iter().map(|column| hive(&column.hive_type)).collect::<Result<_>>()?;
        let types: Vec<(&str, DataType)> = (all.iter().zip(&hive_types))
            .map(|(column, hive_type)| (column.name.as_str(), hive_type.arrow()))
            .collect();
        let targets: Vec<TrinoType> = (wanted.iter())
            .filter_map(|name| types.iter().find(|(known, _)| known == name))
            .map(|(_, target)| TrinoType::of(target))
            .collect();
        let queries: Vec<TrinoType> =
            given.fields().iter().map(|field| TrinoType::of_field(field)).collect();
        let fit = queries.len() == targets.len()
            && queries.iter().zip(&targets).all(|(given, target)| fits(given, target));
        if !fit {
            let listed = |types: &[TrinoType]| {
                types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            };
            return Err(Error::invalid_query(format!(
                "Insert query has mismatched column types: Table: [{}], Query: [{}]",
                listed(&targets),
                listed(&queries)
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
                    Some(at) => Expr::Column(Column::clone(&columns[*at])),
                    None => lit(ScalarValue::try_from(target).unwrap_or(ScalarValue::Null)),
                };
                value.alias(*name)
            });
            let outputs: Vec<_> = outputs.collect();
            Ok(LogicalPlanBuilder::from(plan).project(outputs)?.build()?)
        })?;
        let compression =
            if format == Format::Parquet { Compression::Gzip } else { Compression::None };
        let keys = table.partition_keys.clone();
        let mut target = self.target(&table.location, (format, compression), keys).await?;
        let length_max = |hive_type: &HiveType| match hive_type {
            HiveType::Varchar(length) | HiveType::Char(length) => usize::try_from(*length).ok(),
            _ => None,
        };
        target.form.lengths_max =
            hive_types[..table.columns.len()].iter().map(length_max).collect();
        target.form.types = types.iter().map(|(_, data_type)| data_type.clone()).collect();
        let destination = KnownTable { catalog: catalog.clone(), table };
        Ok(writing(planned.run().await?, target, destination))
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
        let mut columns = columns(&planned.schema()?)?;
        let split = columns.len().checked_sub(partitioned_by.len()).filter(|split| *split > 0);
        let last = split.map(|split| &columns[split..]).unwrap_or_default();
        if !last.iter().map(|column| &column.name).eq(&partitioned_by) {
            return Err(Error::invalid_query(
                "the columns of `partitioned_by` must be the last ones of the query, in their order",
            )
            .code("INVALID_TABLE_PROPERTY"));
        }
        let keys = columns.split_off(split.unwrap_or_default());
        let place = self.location(to)?;
        let target = self.target(&place, (format, compression), keys).await?;
        self.is_free(&place, "UNLOAD").await?;
        let mut query = planned.run().await?;
        if let Some(copy) = self.session.unload_copy() {
            let schema = query.rows.schema();
            copy.begin(&schema)?;
            let rows = query.rows.map(move |batch| {
                let batch = batch?;
                copy.copy(&batch)?;
                Ok(batch)
            });
            query.rows = Box::pin(RecordBatchStreamAdapter::new(schema, rows));
        }
        Ok(writing(query, target, Folder))
    }
}

/// How the files of a table are written, if rows can be added to it.
fn format_of(table: &TableDefinition) -> Result<Format> {
    let not_supported = |message: String| {
        Err(Error::new(ErrorKind::NotSupported, message)
            .code("NOT_SUPPORTED")
            .hint("`CREATE TABLE … AS SELECT …` makes a table that takes rows"))
    };
    if table.database == LOGS && table.location.is_empty() {
        return not_supported(format!("`{}` is a log, and takes no rows", table.name));
    }
    let lines = |name: &str| {
        let count = table.properties.get(name).and_then(|count| count.trim().parse::<u64>().ok());
        count.unwrap_or_default()
    };
    let (headers, footers) = (lines("skip.header.line.count"), lines("skip.footer.line.count"));
    let properties = &table.serde.properties;
    let class = table.serde.class.rsplit('.').next().unwrap_or_default();
    let format = match class {
        "ParquetHiveSerDe" => return Ok(Format::Parquet),
        "JsonSerDe" => {
            const PLAIN: &[&str] =
                &["serialization.format", "ignore.malformed.json", "case.insensitive"];
            if let Some(other) = properties.keys().find(|key| !PLAIN.contains(&key.as_str())) {
                return not_supported(format!(
                    "rows cannot be written for a table with the SerDe property `{other}`"
                ));
            }
            Format::Json
        }
        "LazySimpleSerDe" => {
            if properties.contains_key("timestamp.formats") {
                return not_supported(
                    "rows cannot be written for a table with the SerDe property `timestamp.formats`"
                        .to_owned(),
                );
            }
            let mut text = TextFormat::of(properties);
            text.has_header = headers == 1;
            Format::Text(text)
        }
        _ => return not_supported(format!("rows cannot be written with the SerDe {class}")),
    };
    if footers > 0 || headers > 1 || (headers > 0 && format == Format::Json) {
        return not_supported(
            "rows cannot be written for a table with `skip.header.line.count` or `skip.footer.line.count`, but one header line of text"
                .to_owned(),
        );
    }
    Ok(format)
}

fn hive(text: &str) -> Result<HiveType> {
    HiveType::parse(text)
        .map_err(|error| Error::invalid_query(format!("`{text}` is no type of a table: {error}")))
}

/// Whether values of a type become those of another by themselves.
///
/// Trino's whole numbers become wider ones alone, and its literals with a point are decimals. Here both are of the widest type, so
/// that they must become narrower ones too: a value that does not fit fails the statement.
fn fits(given: &TrinoType, target: &TrinoType) -> bool {
    use TrinoType as T;
    let is_whole = |trino_type: &TrinoType| {
        matches!(trino_type, T::TinyInt | T::SmallInt | T::Integer | T::BigInt)
    };
    match (given, target) {
        (given, target) if given == target => true,
        (T::Unknown, _) => true,
        (T::Varchar(_) | T::Char(_), T::Varchar(_) | T::Char(_)) => true,
        (T::Date, T::Timestamp) => true,
        (T::Real | T::Double | T::Decimal(..), T::Real | T::Double | T::Decimal(..)) => true,
        (T::Array(given), T::Array(target)) => fits(given, target),
        (T::Map(key, value), T::Map(target_key, target_value)) => {
            fits(key, target_key) && fits(value, target_value)
        }
        (T::Row(given), T::Row(target)) => {
            given.len() == target.len()
                && given.iter().zip(target).all(|((_, given), (_, target))| fits(given, target))
        }
        (given, target) => {
            is_whole(given)
                && (is_whole(target) || matches!(target, T::Real | T::Double | T::Decimal(..)))
        }
    }
}

/// Refuses columns that JSON holds and that are read from it as something else.
fn check_json(format: &Format, columns: &[ColumnDefinition]) -> Result<()> {
    let is_binary = |column: &&ColumnDefinition| column.hive_type.contains("binary");
    match columns.iter().find(is_binary) {
        Some(column) if *format == Format::Json => Err(Error::new(
            ErrorKind::NotSupported,
            format!("the varbinary column `{}` cannot be written as JSON", column.name),
        )
        .code("NOT_SUPPORTED")
        .hint("write `format = 'PARQUET'`, or cast it with to_base64")),
        _ => Ok(()),
    }
}

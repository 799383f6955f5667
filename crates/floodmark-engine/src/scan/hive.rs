//! A user's table as DataFusion's table: its partitions, its columns, and what a query says about both.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result as DataFusionResult;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use floodmark_formats::LogType;
use floodmark_formats::athena::Recognised;
use floodmark_formats::hive::{Hidden, HiveColumn, HiveRequest, HiveTable, HiveType, Serde};
use floodmark_formats::time::Micros;

use crate::catalog::{
    Catalog, ColumnDefinition, Partition, PartitionFilter, Projection, TableDefinition,
    partition_name,
};
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, Result};
use crate::limits::PARTITION_FILTERS_MAX;
use crate::scan::source::{Reads, scan};
use crate::scan::{Dataset, Place, ScanContext, conditions};
use crate::store::{Location, Stores};

/// The hidden column with the name of a row's partition, as `SHOW PARTITIONS` gives it.
const PARTITION: &str = "$partition";

/// Where a user's table comes from.
#[derive(Clone, Debug)]
pub(crate) struct HiveFrom {
    pub(crate) catalog: Catalog,
    pub(crate) stores: Arc<Stores>,
}

/// A user's table.
#[derive(Debug)]
pub(crate) struct HiveTableProvider {
    context: ScanContext,
    definition: TableDefinition,
    table: Arc<HiveTable>,
    from: HiveFrom,
    /// The log that it holds, if it is one of those that AWS documents.
    log: Option<Recognised>,
    /// The columns that the query can name.
    columns: Vec<Output>,
    schema: SchemaRef,
}

/// What a column of the result is filled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// A column of the files, hidden or not, by its position in the Hive table.
    File(usize),
    /// A partition key; behind the last one stands the partition's name.
    Key(usize),
}

/// What a scan reads of a user's table.
#[derive(Debug)]
pub(crate) struct HiveReads {
    /// `database.table`.
    pub(crate) name: String,
    pub(crate) request: Arc<HiveRequest>,
    pub(crate) schema: SchemaRef,
    /// For each column of the result the column of the files' batch, or the partition key.
    outputs: Vec<Output>,
    /// For each place the values of the partition keys.
    keys: Vec<Vec<ScalarValue>>,
    /// The log that the table is known to hold, by which objects' names are read.
    pub(crate) log_type: Option<&'static LogType>,
    /// How many partitions there are to read, for a plan's display.
    pub(crate) partitions: usize,
}

/// A table as its files are read, from its definition.
///
/// # Errors
///
/// `InvalidQuery` for a type, a SerDe or a projection that cannot be read.
pub(crate) fn hive_table(definition: &TableDefinition) -> Result<HiveTable> {
    let columns: Vec<HiveColumn> = definition.columns.iter().map(column).collect::<Result<_>>()?;
    let serde = Serde::of(&definition.serde.class, &definition.serde.properties, &columns);
    let serde = serde.map_err(|error| {
        let wrong = Error::invalid_query(format!("table `{}`: {error}", definition.name))
            .code("HIVE_INVALID_METADATA");
        match error.hint {
            Some(hint) => wrong.hint(hint),
            None => wrong,
        }
    })?;
    let serde = serde.with_input_format(&definition.serde.input_format);
    Ok(HiveTable::new(columns, serde).with_properties(&definition.properties))
}

fn column(definition: &ColumnDefinition) -> Result<HiveColumn> {
    let hive_type = HiveType::parse(&definition.hive_type).map_err(|error| {
        Error::invalid_query(format!("the type of the column `{}`: {error}", definition.name))
            .code("HIVE_INVALID_METADATA")
    })?;
    Ok(HiveColumn { name: definition.name.clone(), hive_type })
}

/// Checks a definition as far as it can be without reading anything. Gives what should be said about it.
///
/// # Errors
///
/// `InvalidQuery` for what no query could read.
pub(crate) fn check_definition(definition: &TableDefinition) -> Result<Vec<String>> {
    hive_table(definition)?;
    for key in &definition.partition_keys {
        column(key)?;
    }
    Projection::of(definition)?;
    Ok(Vec::new())
}

/// Checks that the values of a partition are of the types of its keys.
///
/// # Errors
///
/// `InvalidQuery` for a value that no query could read.
pub(crate) fn check_partition(
    definition: &TableDefinition,
    values: &[Option<String>],
) -> Result<()> {
    for (key, value) in definition.partition_keys.iter().zip(values) {
        partition_value(&key.name, &column(key)?.hive_type.arrow(), value.as_deref())?;
    }
    Ok(())
}

/// The value of a partition key in the type of its column.
fn partition_value(key: &str, data_type: &DataType, value: Option<&str>) -> Result<ScalarValue> {
    let Some(text) = value else {
        return ScalarValue::try_from(data_type).map_err(Error::from);
    };
    let wrong = || {
        let trino_type = TrinoType::of(data_type).to_string().to_uppercase();
        Error::invalid_query(format!(
            "Invalid partition value '{text}' for {trino_type} partition key: {key}"
        ))
        .code("HIVE_INVALID_PARTITION_VALUE")
        .hint("`ALTER TABLE … DROP PARTITION` forgets a partition that is none")
    };
    // Arrow takes more than Hive does: `yes` for true, and blanks around numbers.
    let is_plain = match data_type {
        DataType::Boolean => ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        _ => text.trim() == text,
    };
    let read = is_plain.then(|| ScalarValue::try_from_string(text.to_owned(), data_type));
    match read {
        Some(Ok(value)) if !value.is_null() => Ok(value),
        _ => Err(wrong()),
    }
}

impl HiveTableProvider {
    /// The table with its columns, its partition keys and these hidden columns.
    pub(crate) fn new(
        context: &ScanContext,
        definition: TableDefinition,
        from: HiveFrom,
        hidden: &[String],
    ) -> Result<Self> {
        let table = Arc::new(hive_table(&definition)?);
        let log = conditions::log_of(&definition);
        let mut columns: Vec<Output> = (0..table.columns.len()).map(Output::File).collect();
        let mut fields: Vec<Field> = table.schema().fields()[..table.columns.len()]
            .iter()
            .map(|f| f.as_ref().clone())
            .collect();
        for (at, key) in definition.partition_keys.iter().enumerate() {
            let key = column(key)?;
            fields.push(Field::new(key.name, key.hive_type.arrow(), true));
            columns.push(Output::Key(at));
        }
        if !definition.partition_keys.is_empty() && hidden.iter().any(|name| name == PARTITION) {
            fields.push(Field::new(PARTITION, DataType::Utf8View, true));
            columns.push(Output::Key(definition.partition_keys.len()));
        }
        for (at, known) in Hidden::ALL.iter().enumerate() {
            if hidden.iter().any(|name| name == known.name()) {
                fields.push(Field::new(known.name(), known.arrow(), true));
                columns.push(Output::File(table.columns.len() + at));
            }
        }
        let context = context.clone();
        let schema = Arc::new(Schema::new(fields));
        Ok(Self { context, definition, table, from, log, columns, schema })
    }

    /// `database.table`.
    fn name(&self) -> String {
        format!("{}.{}", self.definition.database, self.definition.name)
    }

    fn is_projected(&self) -> bool {
        Projection::of(&self.definition).is_ok_and(|projection| projection.is_some())
    }

    /// The partitions that may hold what is asked for; one for a table without partitions.
    async fn partitions(&self, filters: &[Expr]) -> Result<Vec<Partition>> {
        if self.definition.partition_keys.is_empty() {
            let location = self.definition.location.clone();
            return Ok(vec![Partition { values: Vec::new(), location }]);
        }
        let filter = PartitionFilter::of(filters, &self.definition.partition_keys);
        self.from.catalog.partitions(&self.definition, &filter, now()).await
    }

    /// The values of a partition's keys in the types of the columns.
    fn keys(&self, partition: &Partition) -> Result<Vec<ScalarValue>> {
        let keys = &self.schema.fields()[self.table.columns.len()..];
        (partition.values.iter().zip(keys))
            .map(|(value, key)| partition_value(key.name(), key.data_type(), value.as_deref()))
            .collect()
    }
}

/// The time, in microseconds since 1970.
pub(crate) fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or(Micros::MAX)
}

#[async_trait]
impl TableProvider for HiveTableProvider {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        // Partitions are left out by what they are called; the plan tests every condition again.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        self.context.metrics.scanned();
        let filters = &filters[..filters.len().min(PARTITION_FILTERS_MAX)];
        let wanted: Vec<usize> =
            projection.map_or_else(|| (0..self.columns.len()).collect(), Vec::clone);
        let mut positions = Vec::new();
        let outputs = wanted.iter().map(|at| match self.columns[*at] {
            Output::Key(key) => Output::Key(key),
            Output::File(position) => {
                positions.push(position);
                Output::File(positions.len() - 1)
            }
        });
        let outputs = outputs.collect();
        let partitions = self.partitions(filters).await?;
        let mut places = Vec::with_capacity(partitions.len());
        let mut keys = Vec::with_capacity(partitions.len());
        for partition in &partitions {
            let location = Location::folder(&partition.location)?;
            let store = self.from.stores.open(&location).await?;
            places.push(Place { location, store });
            let mut values = self.keys(partition)?;
            let name = partition_name(&self.definition.partition_keys, &partition.values);
            values.push(ScalarValue::Utf8View(Some(name)));
            keys.push(values);
        }
        if places.is_empty() {
            let reason = match self.is_projected() {
                true => "no projected partition meets the conditions",
                false if filters.is_empty() => {
                    "no partition is registered: `MSCK REPAIR TABLE` or `ALTER TABLE … ADD PARTITION` registers them"
                }
                false => "no registered partition meets the conditions",
            };
            self.context.metrics.is_empty(&self.name(), reason.to_owned());
        }
        let rows_max = state.config().batch_size();
        let request = HiveRequest::new(
            &self.table,
            &positions,
            conditions::predicates(&self.table, filters),
            rows_max,
        );
        let reads = HiveReads {
            name: self.name(),
            request: Arc::new(request),
            schema: Arc::new(self.schema.project(&wanted)?),
            outputs,
            keys,
            log_type: self.log.as_ref().map(|log| log.log_type),
            partitions: partitions.len(),
        };
        let pruning =
            self.log.as_ref().map(|log| conditions::pruning(log, &self.definition, filters));
        let dataset = Arc::new(Dataset { places, recognised: Default::default() });
        let context = ScanContext { dataset, ..self.context.clone() };
        let reads = Reads::Hive(Arc::new(reads));
        Ok(scan(context, reads, pruning.unwrap_or_default(), state, limit))
    }
}

impl HiveReads {
    /// The rows of an object of a place with the values of its partition.
    pub(crate) fn complete(&self, batch: &RecordBatch, place: usize) -> Result<RecordBatch> {
        let rows = batch.num_rows();
        let columns =
            (self.outputs.iter().zip(self.schema.fields())).map(|(output, field)| match output {
                Output::File(at) => Ok(Arc::clone(batch.column(*at))),
                Output::Key(key) => key_column(&self.keys[place][*key], field.data_type(), rows),
            });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(datafusion::error::DataFusionError::from)?)
    }
}

fn key_column(value: &ScalarValue, data_type: &DataType, rows: usize) -> Result<ArrayRef> {
    let array = value.to_array_of_size(rows)?;
    if array.data_type() == data_type {
        return Ok(array);
    }
    Ok(cast(&array, data_type).map_err(datafusion::error::DataFusionError::from)?)
}

//! Rows of a query on their way to the files of a table.

use std::sync::Arc;

use chrono::DateTime;
use datafusion::arrow::array::{Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream;

use crate::catalog::{
    Catalog, ColumnDefinition, IfExists, Partition, Projection, TableDefinition, partition_name,
};
use crate::error::{Error, ErrorKind, Result};
use crate::execute::Execution;
use crate::execute::tables::{check_bucket, now_s};
use crate::query::{EngineOptions, Query, Written};
use crate::scan::{Place, now};
use crate::store::{Location, Stores};
use crate::write::{Compression, Finished, Form, Format, Values, write};

/// Where files are to be written, and how.
pub(super) struct Target {
    pub(super) form: Form,
    /// A folder.
    location: String,
    /// The columns that name folders.
    keys: Vec<ColumnDefinition>,
    opener: Opener,
}

/// What opens places for files.
#[derive(Clone)]
struct Opener {
    stores: Arc<Stores>,
    /// Whether S3 may be written to.
    apply: bool,
    only_buckets: bool,
}

impl Opener {
    async fn open(&self, place: &str) -> Result<Place> {
        if self.only_buckets {
            check_bucket(place)?;
        }
        let location = Location::folder(place)?;
        let store = self.stores.open_to_write(&location, self.apply).await?;
        Ok(Place { location, store })
    }
}

/// What writes: where the rows of each partition go, and what is to be entered in the catalog when they are there.
pub(super) trait Destination: Send + 'static {
    /// Where the files of these partitions are to lie.
    fn places(
        &self,
        target: &Target,
        partitions: &[Values],
    ) -> impl Future<Output = Result<Vec<Partition>>> + Send;

    /// Enters in the catalog what was written.
    fn enter(self, partitions: Vec<Partition>) -> impl Future<Output = Result<()>> + Send;
}

/// A query that writes while its one row, the count, is taken.
pub(super) fn writing(query: Query, target: Target, destination: impl Destination) -> Query {
    let Query { rows, metrics, notes, written, .. } = query;
    let done = Arc::clone(&written);
    let work = async move {
        let finished = write(rows, &target.form).await?;
        // From here on it is done to its end, whoever goes away.
        done.commit()?;
        let committed = tokio::spawn(committed(finished, target, destination, done));
        committed.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the files were not shown").because(error)
        })?
    };
    let rows =
        stream::once(async { work.await.map_err(|error: Error| DataFusionError::from(error)) });
    let schema = count_schema();
    let rows = Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&schema), rows));
    Query { schema, rows, metrics, notes, written }
}

/// Shows the files of a statement, and enters them in the catalog. Gives the row with the count.
async fn committed(
    finished: Finished,
    target: Target,
    destination: impl Destination,
    done: Arc<Written>,
) -> Result<RecordBatch> {
    let count_of_rows = finished.rows;
    let partitions: Vec<Values> = finished.partitions().cloned().collect();
    let partitions = destination.places(&target, &partitions).await?;
    let mut places = Vec::with_capacity(partitions.len());
    for partition in &partitions {
        places.push(target.opener.open(&partition.location).await?);
    }
    let published = finished.publish(&places, &began()).await?;
    if let Err(error) = destination.enter(partitions).await {
        published.undo().await;
        return Err(error);
    }
    done.is_done(count_of_rows, published.keep());
    Ok(count(count_of_rows))
}

/// A folder with Hive's folders for partitions, of which no catalog knows.
pub(super) struct Folder;

impl Destination for Folder {
    async fn places(&self, target: &Target, partitions: &[Values]) -> Result<Vec<Partition>> {
        Ok(partitions.iter().map(|values| folder(target, values)).collect())
    }

    async fn enter(self, _partitions: Vec<Partition>) -> Result<()> {
        Ok(())
    }
}

/// A table that is to be made.
pub(super) struct NewTable {
    pub(super) catalog: Catalog,
    pub(super) table: TableDefinition,
}

impl Destination for NewTable {
    async fn places(&self, target: &Target, partitions: &[Values]) -> Result<Vec<Partition>> {
        Ok(partitions.iter().map(|values| folder(target, values)).collect())
    }

    async fn enter(self, partitions: Vec<Partition>) -> Result<()> {
        let Self { catalog, table } = self;
        let partitions = registered(&table, partitions);
        catalog.change(move |local| local.create_filled_table(&table, &partitions)).await
    }
}

/// A table that takes more rows.
pub(super) struct KnownTable {
    pub(super) catalog: Catalog,
    pub(super) table: TableDefinition,
}

impl Destination for KnownTable {
    async fn places(&self, target: &Target, partitions: &[Values]) -> Result<Vec<Partition>> {
        if self.table.partition_keys.is_empty() {
            return Ok(partitions.iter().map(|values| folder(target, values)).collect());
        }
        if let Some(projection) = Projection::of(&self.table)? {
            let place = |values: &Values| {
                projection.place_of(values, now())?.ok_or_else(|| {
                    let name = partition_name(&self.table.partition_keys, values);
                    Error::invalid_query(format!(
                        "the partition {name} is none of those that the table projects: nobody would see the rows"
                    ))
                    .code("INVALID_PARTITION_VALUE")
                    .hint("widen the ranges of `projection.…` in TBLPROPERTIES")
                })
            };
            return partitions.iter().map(place).collect();
        }
        // Rows go where the partition lies, wherever that is.
        let (database, name) = (self.table.database.clone(), self.table.name.clone());
        let wanted = partitions.to_vec();
        let known = self
            .catalog
            .change(move |local| local.partition_locations(&database, &name, &wanted))
            .await?;
        let places = partitions.iter().zip(known).map(|(values, known)| match known {
            Some(location) => Partition { values: values.clone(), location },
            None => folder(target, values),
        });
        Ok(places.collect())
    }

    async fn enter(self, partitions: Vec<Partition>) -> Result<()> {
        let Self { catalog, table } = self;
        if Projection::of(&table)?.is_some() {
            return Ok(());
        }
        let partitions = registered(&table, partitions);
        let added = catalog.change(move |local| {
            local.add_partitions(&table.database, &table.name, &partitions, IfExists::Keep)
        });
        added.await.map(|_| ())
    }
}

/// The partitions that a catalog keeps: a table without partition keys has none.
fn registered(table: &TableDefinition, partitions: Vec<Partition>) -> Vec<Partition> {
    if table.partition_keys.is_empty() { Vec::new() } else { partitions }
}

/// The folder of a partition below that of the table.
fn folder(target: &Target, values: &Values) -> Partition {
    let location = target.location.trim_end_matches('/');
    let name = partition_name(&target.keys, values);
    let slash = if name.is_empty() { "" } else { "/" };
    Partition { values: values.clone(), location: format!("{location}/{name}{slash}") }
}

impl Execution<'_> {
    /// Where files are to be written, if they may be.
    pub(super) async fn target(
        &self,
        place: &str,
        (format, compression): (Format, Compression),
        keys: Vec<ColumnDefinition>,
    ) -> Result<Target> {
        let engine = self.session.engine();
        let EngineOptions { apply, only_buckets, .. } = *engine.options();
        let opener = Opener { stores: Arc::clone(engine.stores()), apply, only_buckets };
        opener.open(place).await?;
        let form = Form {
            format,
            compression,
            partition_keys: keys.len(),
            waiting_folder: engine.options().spill_folder.clone(),
            types: Vec::new(),
            lengths_max: Vec::new(),
        };
        Ok(Target { form, location: place.to_owned(), keys, opener })
    }
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

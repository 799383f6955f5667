//! The names that SQL can use. The only place where tables are registered.

mod definition;
mod glue;
mod information;
mod local;
pub(crate) mod partition_filter;
mod partition_name;
mod projection;
pub(crate) mod refused;
mod repair;
mod threat_ips;

pub use definition::{
    ColumnDefinition, Database, GlueMembers, Partition, PreparedStatement, RegisteredPartition,
    Relation, SerdeDefinition, TableDefinition, View,
};
pub use glue::{GlueCatalog, GlueOptions};
pub(crate) use information::information;
pub use local::{Contents, IfExists, IfMissing, LocalCatalog, PartitionPage};
pub use partition_filter::PartitionFilter;
pub use partition_name::{DEFAULT_PARTITION, partition_location, partition_name};
pub use projection::Projection;
pub use repair::{FoundPartitions, find_partitions};
pub(crate) use threat_ips::threat_ips;
pub use threat_ips::{THREAT_IPS, THREAT_IPS_COLUMNS};

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider, TableProvider,
};
use datafusion::error::Result as DataFusionResult;
use floodmark_formats::Table;
use floodmark_formats::time::Micros;

use crate::dialect::TableName;
use crate::error::{Error, ErrorKind, Result};

/// The catalog that unqualified names are looked up in, as in Athena.
pub(crate) const CATALOG: &str = "awsdatacatalog";
/// The database that unqualified names are looked up in, as in Athena.
pub(crate) const DATABASE: &str = "default";
/// The database of the logs at the places that are asked.
pub const LOGS: &str = "logs";
/// The database that tells about databases, tables and columns.
pub(crate) const INFORMATION_SCHEMA: &str = "information_schema";
/// The databases that are there without being made, so that none can be made with their names.
pub(crate) const RESERVED: [&str; 2] = [LOGS, INFORMATION_SCHEMA];
/// The table of the lines that are no rows.
pub const REJECTED: &str = "rejected";

/// Where databases, tables, partitions and views are kept. A copy is the same catalog.
#[derive(Clone, Debug)]
pub enum Catalog {
    /// A file on this machine.
    Local(Arc<LocalCatalog>),
    /// The Glue Data Catalog of an account, which is only read.
    Glue(Arc<GlueCatalog>),
}

impl Catalog {
    /// The database with this name, if there is one.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if the catalog cannot be read.
    pub async fn database(&self, name: &str) -> Result<Option<Database>> {
        let name = name.to_owned();
        match self {
            Self::Local(local) => blocking(local, move |local| local.database(&name)).await,
            Self::Glue(glue) => glue.database(&name).await,
        }
    }

    /// All databases in the order of their names.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if the catalog cannot be read.
    pub async fn databases(&self) -> Result<Vec<Database>> {
        match self {
            Self::Local(local) => blocking(local, LocalCatalog::databases).await,
            Self::Glue(glue) => glue.databases().await,
        }
    }

    /// What a name stands for, if it stands for something.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if the catalog cannot be read, `NotSupported` for a view that is not in Athena's SQL.
    pub async fn relation(&self, database: &str, name: &str) -> Result<Option<Relation>> {
        match self {
            Self::Local(local) => {
                let (database, name) = (database.to_owned(), name.to_owned());
                blocking(local, move |local| local.relation(&database, &name)).await
            }
            Self::Glue(glue) => glue.relation(database, name).await,
        }
    }

    /// All tables and views of a database in the order of their names.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such database, and `AccessDenied` or `Unavailable` if the catalog cannot be read.
    pub async fn relations(&self, database: &str) -> Result<Vec<Relation>> {
        match self {
            Self::Local(local) => {
                let database = database.to_owned();
                blocking(local, move |local| local.relations(&database)).await
            }
            Self::Glue(glue) => glue.relations(database).await,
        }
    }

    /// The partitions of a table that can hold what a query asks for: the projected ones where the table has a projection, else
    /// the registered ones. `now` is the moment that `NOW` in a projection means.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if the projection is badly configured or asks for a condition, `LimitReached` for too many partitions, and
    /// `AccessDenied` or `Unavailable` if the catalog cannot be read.
    pub async fn partitions(
        &self,
        table: &TableDefinition,
        filter: &PartitionFilter,
        now: Micros,
    ) -> Result<Vec<Partition>> {
        match Projection::of(table)? {
            Some(projection) => projection.partitions(filter, now)?.collect(),
            None => self.registered_partitions(table, filter).await,
        }
    }

    /// The registered partitions of a table that can hold what a query asks for, whether the table has a projection or not.
    ///
    /// # Errors
    ///
    /// `LimitReached` for too many partitions, and `AccessDenied` or `Unavailable` if the catalog cannot be read.
    pub async fn registered_partitions(
        &self,
        table: &TableDefinition,
        filter: &PartitionFilter,
    ) -> Result<Vec<Partition>> {
        match self {
            Self::Local(local) => {
                let (database, name) = (table.database.clone(), table.name.clone());
                let filter = filter.clone();
                blocking(local, move |local| local.partitions(&database, &name, &filter)).await
            }
            Self::Glue(glue) => glue.partitions(table, filter).await,
        }
    }

    /// Registered partitions of a table as Glue gives them, in an order that stays.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table, and `AccessDenied` or `Unavailable` if the catalog cannot be read.
    pub async fn partition_page(
        &self,
        table: &TableDefinition,
        page: PartitionPage,
    ) -> Result<Vec<RegisteredPartition>> {
        match self {
            Self::Local(local) => {
                let (database, name) = (table.database.clone(), table.name.clone());
                blocking(local, move |local| local.partition_page(&database, &name, &page)).await
            }
            Self::Glue(glue) => {
                Ok(page.of(glue.partitions(table, &PartitionFilter::default()).await?))
            }
        }
    }

    /// The registered partitions with these values as Glue gives them; None for those that are not registered.
    ///
    /// # Errors
    ///
    /// Those of [`Catalog::partition_page`].
    pub async fn partitions_of(
        &self,
        table: &TableDefinition,
        wanted: &[Vec<Option<String>>],
    ) -> Result<Vec<Option<RegisteredPartition>>> {
        match self {
            Self::Local(local) => {
                let (database, name) = (table.database.clone(), table.name.clone());
                let wanted = wanted.to_vec();
                blocking(local, move |local| local.partitions_of(&database, &name, &wanted)).await
            }
            Self::Glue(glue) => {
                let known = glue.partitions(table, &PartitionFilter::default()).await?;
                let known: HashMap<_, _> =
                    known.into_iter().map(|known| (known.values.clone(), known)).collect();
                let found = wanted.iter().map(|values| {
                    let partition = known.get(values)?.clone();
                    Some(RegisteredPartition { partition, glue: None })
                });
                Ok(found.collect())
            }
        }
    }

    /// Changes a catalog on this machine: `catalog.change(move |local| local.create_table(&table, IfExists::Fail)).await`.
    ///
    /// # Errors
    ///
    /// `NotSupported` for the Glue Data Catalog, and what the change says.
    pub async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&LocalCatalog) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Local(local) => blocking(local, change).await,
            Self::Glue(_) => Err(refused::only_read()),
        }
    }
}

/// Reads or writes the file beside the threads that answer: it waits for the disk, and for other processes.
async fn blocking<T: Send + 'static>(
    local: &Arc<LocalCatalog>,
    work: impl FnOnce(&LocalCatalog) -> Result<T> + Send + 'static,
) -> Result<T> {
    let local = Arc::clone(local);
    tokio::task::spawn_blocking(move || work(&local)).await.map_err(|error| {
        Error::new(ErrorKind::Internal, "the catalog could not be asked").because(error)
    })?
}

/// The tables that a query reads, under the names by which it reads them.
pub(crate) fn register(
    database: &str,
    tables: Vec<(TableName, Arc<dyn TableProvider>)>,
) -> DataFusionResult<Arc<dyn CatalogProviderList>> {
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(database, Arc::new(MemorySchemaProvider::new()))?;
    for (name, provider) in tables {
        let database = name.database.as_deref().unwrap_or(database);
        let schema = match catalog.schema(database) {
            Some(schema) => schema,
            None => {
                let schema: Arc<dyn SchemaProvider> = Arc::new(MemorySchemaProvider::new());
                catalog.register_schema(database, Arc::clone(&schema))?;
                schema
            }
        };
        // A table that is named with its database and without it is one.
        if !schema.table_exist(&name.name) {
            schema.register_table(name.name, provider)?;
        }
    }
    let catalogs = MemoryCatalogProviderList::new();
    catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(Arc::new(catalogs))
}

/// A log type as a table's definition, for those who look at its columns.
pub(crate) fn log_relation(table: &Table) -> TableDefinition {
    let columns = table.columns.iter().filter(|column| !column.hidden);
    TableDefinition {
        database: LOGS.to_owned(),
        name: table.log_type.name.to_owned(),
        columns: columns
            .map(|column| ColumnDefinition {
                name: column.column.name.to_owned(),
                hive_type: column.column.column_type.athena().to_owned(),
                comment: Some(column.column.meaning.to_owned()).filter(|text| !text.is_empty()),
            })
            .collect(),
        comment: Some(table.log_type.title.to_owned()),
        ..TableDefinition::default()
    }
}

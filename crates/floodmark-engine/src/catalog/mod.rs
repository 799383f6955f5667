//! The names that SQL can use. The only place where tables are registered.

mod definition;

pub use definition::{
    ColumnDefinition, Database, Partition, Relation, SerdeDefinition, TableDefinition, View,
};

use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider,
};
use datafusion::error::Result as DataFusionResult;
use floodmark_formats::table;

use crate::scan::{LogTable, RejectedTable, ScanContext};

/// The catalog that unqualified names are looked up in, as in Athena.
pub(crate) const CATALOG: &str = "awsdatacatalog";
/// The database that unqualified names are looked up in, as in Athena.
pub(crate) const DATABASE: &str = "default";
/// The table of the lines that are no rows.
pub const REJECTED: &str = "rejected";

/// The tables of a dataset: one a log type under each of its names, and the rejected lines.
pub(crate) fn register(
    context: &ScanContext,
    hidden: &[String],
) -> DataFusionResult<Arc<dyn CatalogProviderList>> {
    let schema = MemorySchemaProvider::new();
    for table in table::all() {
        let provider = Arc::new(LogTable::new(context.clone(), table, hidden));
        let names = std::iter::once(&table.log_type.name).chain(table.log_type.aliases);
        for name in names {
            schema.register_table((*name).to_owned(), Arc::clone(&provider) as _)?;
        }
    }
    let rejected = Arc::new(RejectedTable::new(context.clone()));
    schema.register_table(REJECTED.to_owned(), rejected)?;
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(DATABASE, Arc::new(schema))?;
    let catalogs = MemoryCatalogProviderList::new();
    catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(Arc::new(catalogs))
}

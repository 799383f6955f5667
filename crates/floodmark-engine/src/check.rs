//! The doctor: what is wrong with a table that a query would only show as no rows, or as wrong ones.

use crate::catalog::{Partition, TableDefinition};
use crate::session::Session;

impl Session<'_> {
    /// What should be said about a table.
    pub(crate) async fn check(&self, table: &TableDefinition) -> Vec<String> {
        let _ = table;
        Vec::new()
    }

    /// What should be said about partitions that are added.
    pub(crate) async fn check_partitions(
        &self,
        table: &TableDefinition,
        partitions: &[Partition],
    ) -> Vec<String> {
        let _ = (table, partitions);
        Vec::new()
    }
}

//! Partition projection: partitions that properties of the table say, instead of the catalog.

use floodmark_formats::time::Micros;

use crate::catalog::{Partition, PartitionFilter, TableDefinition};
use crate::error::Result;

/// The partitions that the properties of a table describe.
#[derive(Clone, Debug)]
pub struct Projection {}

impl Projection {
    /// The projection of a table, if it has one.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if it is badly configured.
    pub fn of(_table: &TableDefinition) -> Result<Option<Self>> {
        Ok(None)
    }

    /// The partitions that may hold what a filter asks for, made one by one. `now` is the moment that `NOW` means.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if an injected column is not compared; each item `LimitReached` for too many partitions.
    pub fn partitions(
        &self,
        _filter: &PartitionFilter,
        _now: Micros,
    ) -> Result<impl Iterator<Item = Result<Partition>>> {
        Ok(std::iter::empty())
    }
}

//! The Glue Data Catalog of an account, which is only read.

use crate::catalog::{Database, Partition, PartitionFilter, Relation, TableDefinition};
use crate::error::{Error, ErrorKind, Result};
use crate::store::S3Options;

/// How the Glue Data Catalog is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GlueOptions {
    /// The profile, the region and the endpoint, as for buckets.
    pub s3: S3Options,
    /// The address of another service that speaks Glue. By default `AWS_ENDPOINT_URL_GLUE` says it, and else `s3`.
    pub endpoint: Option<String>,
    /// The account whose catalog it is. By default that of the credentials.
    pub catalog_id: Option<String>,
}

/// The Glue Data Catalog of an account.
#[derive(Debug)]
pub struct GlueCatalog {}

impl GlueCatalog {
    /// Resolves the credentials and the region.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if there are no credentials, `NotFound` if there is no region.
    pub async fn open(_options: &GlueOptions) -> Result<Self> {
        Err(Error::new(ErrorKind::NotSupported, "the Glue Data Catalog is not read yet"))
    }

    /// The database with this name, if there is one.
    pub(crate) async fn database(&self, _name: &str) -> Result<Option<Database>> {
        Ok(None)
    }

    /// All databases.
    pub(crate) async fn databases(&self) -> Result<Vec<Database>> {
        Ok(Vec::new())
    }

    /// What a name stands for.
    pub(crate) async fn relation(&self, _database: &str, _name: &str) -> Result<Option<Relation>> {
        Ok(None)
    }

    /// All tables and views of a database.
    pub(crate) async fn relations(&self, _database: &str) -> Result<Vec<Relation>> {
        Ok(Vec::new())
    }

    /// The registered partitions that may hold what a filter asks for.
    pub(crate) async fn partitions(
        &self,
        _table: &TableDefinition,
        _filter: &PartitionFilter,
    ) -> Result<Vec<Partition>> {
        Ok(Vec::new())
    }
}

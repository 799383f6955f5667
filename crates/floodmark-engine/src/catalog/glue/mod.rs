//! The Glue Data Catalog of an account, which is only read.

mod client;
mod entry;
mod expression;
mod members;
#[cfg(test)]
mod tests;

use aws_config::SdkConfig;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::catalog::glue::client::{Answer, Client};
use crate::catalog::glue::entry::{DatabaseEntry, PartitionEntry, TableEntry};
use crate::catalog::{Database, Partition, PartitionFilter, Relation, TableDefinition, refused};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{GLUE_PAGES_MAX, PARTITIONS_MAX};
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
pub struct GlueCatalog {
    client: Client,
    catalog_id: Option<String>,
}

/// A page of a list. The name of the list depends on the operation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(
        alias = "DatabaseList",
        alias = "TableList",
        alias = "Partitions",
        default = "Vec::new"
    )]
    items: Vec<T>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct One<T> {
    #[serde(alias = "Database", alias = "Table")]
    item: T,
}

impl GlueCatalog {
    /// Resolves the credentials and the region.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if there are no credentials, `NotFound` if there is no region.
    pub async fn open(options: &GlueOptions) -> Result<Self> {
        Self::of(&floodmark_aws::load(&options.s3.aws()).await, options).await
    }

    async fn of(config: &SdkConfig, options: &GlueOptions) -> Result<Self> {
        let client = Client::new(config, options).await?;
        Ok(Self { client, catalog_id: options.catalog_id.clone() })
    }

    /// The database with this name, if there is one.
    pub(crate) async fn database(&self, name: &str) -> Result<Option<Database>> {
        let request = self.request(json!({ "Name": name.to_lowercase() }));
        match self.client.ask::<One<DatabaseEntry>>("GetDatabase", &request).await? {
            Answer::Found(One { item }) => Ok(Some(item.database())),
            // No database has a name that cannot be one.
            Answer::Missing | Answer::Invalid(_) => Ok(None),
        }
    }

    /// All databases in the order of their names.
    pub(crate) async fn databases(&self) -> Result<Vec<Database>> {
        let mut databases = Vec::new();
        let each = |entry: DatabaseEntry| {
            databases.push(entry.database());
            Ok(())
        };
        match self.list("GetDatabases", json!({}), each).await? {
            Answer::Found(()) => {}
            Answer::Missing => return Err(self.no_catalog()),
            Answer::Invalid(error) => return Err(error),
        }
        databases.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(databases)
    }

    /// What a name stands for, if it stands for something.
    pub(crate) async fn relation(&self, database: &str, name: &str) -> Result<Option<Relation>> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        let request = self.request(json!({ "DatabaseName": database, "Name": name }));
        match self.client.ask::<One<TableEntry>>("GetTable", &request).await? {
            Answer::Found(One { item }) => item.relation(&database).map(Some),
            Answer::Missing | Answer::Invalid(_) => Ok(None),
        }
    }

    /// All tables and views of a database in the order of their names.
    pub(crate) async fn relations(&self, database: &str) -> Result<Vec<Relation>> {
        let database = database.to_lowercase();
        let mut relations = Vec::new();
        let each = |entry: TableEntry| {
            relations.push(entry.listed(&database));
            Ok(())
        };
        match self.list("GetTables", json!({ "DatabaseName": database }), each).await? {
            Answer::Found(()) => {}
            Answer::Missing | Answer::Invalid(_) => {
                return Err(refused::schema_not_found(&database));
            }
        }
        relations.sort_by(|one, other| one.name().cmp(other.name()));
        Ok(relations)
    }

    /// The registered partitions that may hold what a filter asks for, in the order of their values.
    ///
    /// A partition's own columns and format are not read: the table's hold for all.
    pub(crate) async fn partitions(
        &self,
        table: &TableDefinition,
        filter: &PartitionFilter,
    ) -> Result<Vec<Partition>> {
        const PAGE: usize = 1000;
        let request = json!({
            "DatabaseName": table.database,
            "TableName": table.name,
            "ExcludeColumnSchema": true,
            "MaxResults": PAGE,
        });
        let mut partitions = Vec::new();
        let mut each = |entry: PartitionEntry| {
            if let Some(partition) = entry.partition(table)
                && filter.matches(&partition.values)
            {
                if partitions.len() == PARTITIONS_MAX {
                    return Err(refused::too_many_partitions(&table.name));
                }
                partitions.push(partition);
            }
            Ok(())
        };
        let mut answer = match expression::expression(filter, &table.partition_keys) {
            Some(expression) => {
                let mut request = request.clone();
                request["Expression"] = Value::String(expression);
                self.list("GetPartitions", request, &mut each).await?
            }
            None => self.list("GetPartitions", request.clone(), &mut each).await?,
        };
        // What it does not take of the expression, it is not asked.
        if let Answer::Invalid(_) = answer {
            answer = self.list("GetPartitions", request, &mut each).await?;
        }
        match answer {
            Answer::Found(()) => {}
            Answer::Missing => return Err(refused::table_not_found(&table.database, &table.name)),
            Answer::Invalid(error) => return Err(error),
        }
        partitions.sort_by(|one, other| one.values.cmp(&other.values));
        partitions.dedup();
        Ok(partitions)
    }

    /// A request to this catalog.
    fn request(&self, mut request: Value) -> Value {
        if let Some(catalog_id) = &self.catalog_id {
            request["CatalogId"] = Value::String(catalog_id.clone());
        }
        request
    }

    /// Gives each item of a list, page by page.
    async fn list<T: DeserializeOwned>(
        &self,
        operation: &str,
        request: Value,
        mut each: impl FnMut(T) -> Result<()>,
    ) -> Result<Answer<()>> {
        let mut request = self.request(request);
        for _ in 0..GLUE_PAGES_MAX {
            let page: Page<T> = match self.client.ask(operation, &request).await? {
                Answer::Found(page) => page,
                Answer::Missing => return Ok(Answer::Missing),
                Answer::Invalid(error) => return Ok(Answer::Invalid(error)),
            };
            for item in page.items {
                each(item)?;
            }
            match page.next_token.filter(|token| !token.is_empty()) {
                Some(token) => request["NextToken"] = Value::String(token),
                None => return Ok(Answer::Found(())),
            }
        }
        let message =
            format!("{operation} of the Glue Data Catalog has more than {GLUE_PAGES_MAX} pages");
        Err(Error::new(ErrorKind::LimitReached, message))
    }

    fn no_catalog(&self) -> Error {
        let id = self.catalog_id.as_deref().unwrap_or("of this account");
        Error::not_found(format!("the Glue Data Catalog {id} does not exist"))
            .code("CATALOG_NOT_FOUND")
    }
}

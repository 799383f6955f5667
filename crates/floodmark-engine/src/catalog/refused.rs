//! What the catalog says where a name is missing, taken or misused, in Athena's words. Who knows the place in the SQL adds it.

use crate::catalog::CATALOG;
use crate::error::{Error, ErrorKind};
use crate::limits::PARTITIONS_MAX;

/// No table or view has this name.
pub(crate) fn table_not_found(database: &str, name: &str) -> Error {
    Error::not_found(format!("Table '{CATALOG}.{database}.{name}' does not exist"))
        .code("TABLE_NOT_FOUND")
}

/// No database has this name.
pub(crate) fn schema_not_found(database: &str) -> Error {
    Error::not_found(format!("Schema '{database}' does not exist")).code("SCHEMA_NOT_FOUND")
}

/// No view has this name.
pub(crate) fn view_not_found(database: &str, name: &str) -> Error {
    Error::not_found(format!("View '{CATALOG}.{database}.{name}' does not exist"))
        .code("TABLE_NOT_FOUND")
}

/// No prepared statement has this name.
pub(crate) fn prepared_not_found(name: &str) -> Error {
    Error::not_found(format!("PreparedStatement {name} was not found"))
        .code("RESOURCE_NOT_FOUND")
        .hint("`PREPARE name FROM …` makes one")
}

/// A table or a view has this name already.
pub(crate) fn table_already_exists(database: &str, name: &str) -> Error {
    Error::invalid_query(format!("Table '{CATALOG}.{database}.{name}' already exists"))
        .code("TABLE_ALREADY_EXISTS")
}

/// A database has this name already.
pub(crate) fn schema_already_exists(database: &str) -> Error {
    Error::invalid_query(format!("Schema '{CATALOG}.{database}' already exists"))
        .code("SCHEMA_ALREADY_EXISTS")
}

/// A database may not be made with this name.
pub(crate) fn schema_reserved(database: &str) -> Error {
    Error::invalid_query(format!("the name `{database}` is reserved: no database can have it"))
        .code("NOT_SUPPORTED")
        .hint("choose another name")
}

/// A database that is to be dropped still has tables.
pub(crate) fn schema_not_empty(database: &str) -> Error {
    Error::invalid_query(format!("Database {database} is not empty. One or more tables exist."))
        .code("SCHEMA_NOT_EMPTY")
        .hint("`DROP DATABASE … CASCADE` drops its tables too")
}

/// What is to be used as a table is a view.
pub(crate) fn not_a_table(database: &str, name: &str) -> Error {
    Error::invalid_query(format!("'{CATALOG}.{database}.{name}' is a view, not a table"))
        .code("NOT_SUPPORTED")
        .hint("`DROP VIEW` and `CREATE OR REPLACE VIEW` are for views")
}

/// What is to be used as a view is a table.
pub(crate) fn not_a_view(database: &str, name: &str) -> Error {
    Error::invalid_query(format!(
        "View '{CATALOG}.{database}.{name}' does not exist, but a table with that name exists"
    ))
    .code("NOT_SUPPORTED")
    .hint("`DROP TABLE` is for tables")
}

/// A partition is registered already.
pub(crate) fn partition_already_exists(partition: &str) -> Error {
    Error::invalid_query(format!("FAILED: SemanticException Partition already exists: {partition}"))
        .code("ALREADY_EXISTS")
        .hint("`ADD IF NOT EXISTS` passes over it")
}

/// No partition with these values is registered.
pub(crate) fn partition_not_found(partition: &str) -> Error {
    Error::not_found(format!("FAILED: SemanticException Partition not found: {partition}"))
        .code("PARTITION_NOT_FOUND")
        .hint("`SHOW PARTITIONS` lists them")
}

/// A partition has not one value a partition key.
pub(crate) fn partition_of_other_keys(table: &str, keys: usize, values: usize) -> Error {
    Error::invalid_query(format!(
        "FAILED: SemanticException table {table} has {keys} partition columns, and the partition has {values} values"
    ))
    .code("INVALID_PARTITION_VALUE")
}

/// A catalog of somebody else is not changed.
pub(crate) fn only_read() -> Error {
    Error::new(ErrorKind::NotSupported, "the Glue Data Catalog is only read")
        .code("NOT_SUPPORTED")
        .hint("use `--catalog local` to make tables on this machine")
}

/// A table with partitions is to get another number of partition keys.
pub(crate) fn has_partitions(table: &str, keys: usize, new_keys: usize) -> Error {
    Error::invalid_query(format!(
        "the partitions of the table {table} have {keys} values, and would not fit {new_keys} partition keys"
    ))
    .code("NOT_SUPPORTED")
    .hint("drop its partitions first, or make another table")
}

/// A query asks for more partitions than it may.
pub(crate) fn too_many_partitions(table: &str) -> Error {
    let message =
        format!("the query asks for more than {PARTITIONS_MAX} partitions of the table `{table}`");
    Error::new(ErrorKind::LimitReached, message)
        .hint("name fewer partitions in WHERE, with conditions on the partition columns")
}

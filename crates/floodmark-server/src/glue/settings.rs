//! Glue's actions that clients ask before or after others, and whose answer is always the same here.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::glue::session;
use crate::glue::tables::relation_of;
use crate::json::{Answer, Fault};
use crate::state::State;

/// What is asked of the whole catalog.
#[derive(Debug, Default, Deserialize)]
pub(super) struct OfCatalog {}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfTable {
    database_name: Option<String>,
    table_name: Option<String>,
    column_names: Vec<String>,
}

/// `GetCatalogImportStatus`: Athena's own catalog of old was never here.
pub(super) async fn get_catalog_import_status(_: &Arc<State>, _: OfCatalog) -> Answer<Value> {
    Ok(json!({ "ImportStatus": { "ImportCompleted": true } }))
}

/// `GetCatalogs`: there is none below the account's own.
pub(super) async fn get_catalogs(_: &Arc<State>, _: OfCatalog) -> Answer<Value> {
    Ok(json!({ "CatalogList": [] }))
}

/// `GetColumnStatisticsForTable` and `GetColumnStatisticsForPartition`: none are kept.
pub(super) async fn get_column_statistics(state: &Arc<State>, input: OfTable) -> Answer<Value> {
    let session = session(state).await?;
    relation_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let error = json!({
        "ErrorCode": "EntityNotFoundException",
        "ErrorMessage": "No statistics are kept of this column.",
    });
    let errors = (input.column_names.iter())
        .map(|name| json!({ "ColumnName": name, "Error": error }))
        .collect::<Vec<_>>();
    Ok(json!({ "ColumnStatisticsList": [], "Errors": errors }))
}

/// `GetDataCatalogEncryptionSettings`.
pub(super) async fn get_encryption_settings(_: &Arc<State>, _: OfCatalog) -> Answer<Value> {
    Ok(json!({
        "DataCatalogEncryptionSettings": {
            "EncryptionAtRest": { "CatalogEncryptionMode": "DISABLED" },
            "ConnectionPasswordEncryption": { "ReturnConnectionPasswordEncrypted": false },
        },
    }))
}

/// `GetPartitionIndexes`: partitions are found without any.
pub(super) async fn get_partition_indexes(state: &Arc<State>, input: OfTable) -> Answer<Value> {
    let session = session(state).await?;
    relation_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    Ok(json!({ "PartitionIndexDescriptorList": [] }))
}

/// `GetResourcePolicy`.
pub(super) async fn get_resource_policy(_: &Arc<State>, _: OfCatalog) -> Answer<Value> {
    Err(Fault::new("EntityNotFoundException", "Policy not found"))
}

/// `GetUserDefinedFunctions`.
pub(super) async fn get_user_defined_functions(_: &Arc<State>, _: OfCatalog) -> Answer<Value> {
    Ok(json!({ "UserDefinedFunctions": [] }))
}

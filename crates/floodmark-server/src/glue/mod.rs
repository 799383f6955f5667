//! Glue's API: databases, tables and partitions of the catalog.
//!
//! Names are taken in any case. What a client writes it gets back; what SQL uses of it stands in the catalog's own fields.

mod databases;
mod expression;
mod partitions;
mod search;
mod settings;
mod tables;
mod tags;
mod versions;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use floodmark_engine::catalog::{Catalog, GlueMembers, LOGS, LocalCatalog};
use floodmark_engine::{Error, ErrorKind, Session, check_bucket};
use serde_json::{Value, json};

use crate::json::{Action, Answer, Fault, action, missing_member};
use crate::limits::{NAME_BYTES_MAX, PARAMETER_BYTES_MAX};
use crate::page::{MalformedToken, shortened};
use crate::state::State;

/// The actions of Glue, by name.
pub(crate) static ACTIONS: &[Action] = &[
    action!("BatchCreatePartition", partitions::batch_create_partition),
    action!("BatchDeletePartition", partitions::batch_delete_partition),
    action!("BatchDeleteTable", tables::batch_delete_table),
    action!("BatchDeleteTableVersion", versions::batch_delete_table_version),
    action!("BatchGetPartition", partitions::batch_get_partition),
    action!("BatchUpdatePartition", partitions::batch_update_partition),
    action!("CreateDatabase", databases::create_database),
    action!("CreatePartition", partitions::create_partition),
    action!("CreateTable", tables::create_table),
    action!("DeleteDatabase", databases::delete_database),
    action!("DeletePartition", partitions::delete_partition),
    action!("DeleteTable", tables::delete_table),
    action!("DeleteTableVersion", versions::delete_table_version),
    action!("GetCatalogImportStatus", settings::get_catalog_import_status),
    action!("GetCatalogs", settings::get_catalogs),
    action!("GetColumnStatisticsForPartition", settings::get_column_statistics),
    action!("GetColumnStatisticsForTable", settings::get_column_statistics),
    action!("GetDataCatalogEncryptionSettings", settings::get_encryption_settings),
    action!("GetDatabase", databases::get_database),
    action!("GetDatabases", databases::get_databases),
    action!("GetPartition", partitions::get_partition),
    action!("GetPartitionIndexes", settings::get_partition_indexes),
    action!("GetPartitions", partitions::get_partitions),
    action!("GetResourcePolicy", settings::get_resource_policy),
    action!("GetTable", tables::get_table),
    action!("GetTableVersion", versions::get_table_version),
    action!("GetTableVersions", versions::get_table_versions),
    action!("GetTables", tables::get_tables),
    action!("GetTags", tags::get_tags),
    action!("GetUserDefinedFunctions", settings::get_user_defined_functions),
    action!("SearchTables", search::search_tables),
    action!("TagResource", tags::tag_resource),
    action!("UntagResource", tags::untag_resource),
    action!("UpdateDatabase", databases::update_database),
    action!("UpdatePartition", partitions::update_partition),
    action!("UpdateTable", tables::update_table),
];

/// The refusal of an action that is not among them.
pub(crate) fn not_supported(name: &str) -> Fault {
    invalid(format!("{name} is not supported by Floodmark"))
}

/// The refusal of what cannot be meant.
fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("InvalidInputException", message)
}

/// What an action is about, for what is said of it.
#[derive(Clone, Copy, Debug, Default)]
struct Named<'a> {
    database: &'a str,
    table: &'a str,
}

impl Named<'_> {
    fn no_database(&self) -> Fault {
        Fault::new("EntityNotFoundException", format!("Database {} not found.", self.database))
    }

    fn no_table(&self) -> Fault {
        Fault::new("EntityNotFoundException", format!("Table {} not found.", self.table))
    }

    /// An error of the catalog in Glue's words.
    fn fault(&self, error: &Error) -> Fault {
        let kind = match (error.athena_code(), error.kind()) {
            (Some("SCHEMA_NOT_FOUND"), _) => return self.no_database(),
            (Some("TABLE_NOT_FOUND"), _) => return self.no_table(),
            (Some("PARTITION_NOT_FOUND"), _) => return no_partition(),
            (Some("SCHEMA_ALREADY_EXISTS"), _) => {
                return Fault::new("AlreadyExistsException", "Database already exists.");
            }
            (Some("TABLE_ALREADY_EXISTS"), _) => {
                return Fault::new("AlreadyExistsException", "Table already exists.");
            }
            (Some("ALREADY_EXISTS"), _) => return partition_exists(),
            (_, ErrorKind::NotFound) => "EntityNotFoundException",
            (_, ErrorKind::AccessDenied) => "AccessDeniedException",
            (_, ErrorKind::LimitReached) => "ResourceNumberLimitExceededException",
            (_, ErrorKind::Unavailable) => "OperationTimeoutException",
            (_, ErrorKind::Internal | ErrorKind::Cancelled) => "InternalServiceException",
            (_, ErrorKind::InvalidQuery | ErrorKind::NotSupported) => "InvalidInputException",
        };
        Fault::new(kind, told(error))
    }
}

/// An error with the way out.
fn told(error: &Error) -> String {
    match error.hint_text() {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    }
}

fn no_partition() -> Fault {
    Fault::new("EntityNotFoundException", "Cannot find partition.")
}

fn partition_exists() -> Fault {
    Fault::new("AlreadyExistsException", "Partition already exists.")
}

impl From<MalformedToken> for Fault {
    fn from(MalformedToken(token): MalformedToken) -> Self {
        invalid(format!("NextToken is none that this list has given: {}", shortened(&token)))
    }
}

async fn session(state: &Arc<State>) -> Answer<Session<'_>> {
    state.session().await.map_err(|error| Named::default().fault(&error))
}

/// Changes the catalog, if it lies on this machine.
async fn change<T: Send + 'static>(
    session: &Session<'_>,
    named: Named<'_>,
    change: impl FnOnce(&LocalCatalog) -> floodmark_engine::Result<T> + Send + 'static,
) -> Answer<T> {
    if named.database == LOGS && session.has_places() {
        return Err(Fault::new(
            "AccessDeniedException",
            "the database logs has the logs at the places that Floodmark was started with, and is only read",
        ));
    }
    let is_local = matches!(session.catalog(), Catalog::Local(_));
    session.catalog().change(change).await.map_err(|error| match error.kind() {
        ErrorKind::NotSupported if !is_local => Fault::new("AccessDeniedException", told(&error)),
        _ => named.fault(&error),
    })
}

/// The name of an entry as the catalog keeps it.
fn name<'a>(text: impl Into<Option<&'a str>>, member: &str) -> Answer<String> {
    let text = text.into().ok_or_else(|| invalid(missing_member(member)))?;
    let problem = if text.is_empty() {
        "Member must have length greater than or equal to 1".to_owned()
    } else if text.len() > NAME_BYTES_MAX {
        format!("Member must have length less than or equal to {NAME_BYTES_MAX}")
    } else if text.chars().any(char::is_control) {
        "Member must be a single line".to_owned()
    } else {
        return Ok(text.to_lowercase());
    };
    Err(not_satisfied(&shortened(text), member, &problem))
}

/// What AWS says of a member whose value is not allowed.
fn not_satisfied(value: &str, member: &str, constraint: &str) -> Fault {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    ))
}

/// How many items a page is to have.
fn page_size(wanted: Option<i64>, items_max: usize) -> Answer<usize> {
    let Some(wanted) = wanted else { return Ok(items_max) };
    let constraint = match usize::try_from(wanted) {
        Ok(size) if (1..=items_max).contains(&size) => return Ok(size),
        Ok(size) if size > 0 => {
            format!("Member must have value less than or equal to {items_max}")
        }
        _ => "Member must have value greater than or equal to 1".to_owned(),
    };
    Err(not_satisfied(&wanted.to_string(), "maxResults", &constraint))
}

/// Refuses parameters that are longer than Glue keeps.
fn check_parameters(input: &GlueMembers) -> Answer<()> {
    let parameters = input.get("Parameters").and_then(Value::as_object);
    for (name, value) in parameters.into_iter().flatten() {
        let is_long = value.as_str().is_some_and(|value| value.len() > PARAMETER_BYTES_MAX);
        if is_long || name.is_empty() || name.len() > NAME_BYTES_MAX {
            let name = shortened(name);
            let constraint = format!(
                "its name has 1 to {NAME_BYTES_MAX} bytes, its value at most {PARAMETER_BYTES_MAX}"
            );
            return Err(not_satisfied(&name, "parameters", &constraint));
        }
    }
    Ok(())
}

/// Refuses a place that is no bucket: clients may name no path of this machine.
fn check_place(place: Option<&Value>) -> Answer<()> {
    check_bucket(place.and_then(Value::as_str).unwrap_or_default())
        .map_err(|error| invalid(told(&error)))
}

/// Refuses a table or a partition that lies, or whose partitions lie, in no bucket.
fn check_storage(input: &GlueMembers) -> Answer<()> {
    check_place(input.get("StorageDescriptor").and_then(|storage| storage.get("Location")))?;
    let parameters = input.get("Parameters");
    check_place(parameters.and_then(|parameters| parameters.get("storage.location.template")))
}

/// What went wrong with one of several.
fn detail(fault: &Fault) -> Value {
    json!({ "ErrorCode": fault.kind, "ErrorMessage": fault.message })
}

/// The time, in seconds since 1970.
fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

//! Glue's actions on the versions of a table: there is one, which is the table as it is.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::glue::tables::{VERSION, relation_of, written};
use crate::glue::{detail, invalid, page_size, session};
use crate::json::{Answer, Fault};
use crate::limits::GLUE_PAGE_MAX;
use crate::page;
use crate::state::State;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfVersion {
    database_name: Option<String>,
    table_name: Option<String>,
    version_id: Option<String>,
    version_ids: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `GetTableVersion`.
pub(super) async fn get_table_version(state: &Arc<State>, input: OfVersion) -> Answer<Value> {
    let session = session(state).await?;
    let relation =
        relation_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let wanted = input.version_id.as_deref().unwrap_or(VERSION);
    if wanted != VERSION {
        return Err(no_version(wanted));
    }
    Ok(json!({ "TableVersion": { "Table": written(&relation), "VersionId": VERSION } }))
}

/// `GetTableVersions`.
pub(super) async fn get_table_versions(state: &Arc<State>, input: OfVersion) -> Answer<Value> {
    let database = input.database_name.as_deref().unwrap_or_default();
    let table = input.table_name.as_deref().unwrap_or_default();
    let scope = ["GetTableVersions", database, table];
    // One page holds them all, so no token is one of this list's.
    let after: Option<String> = page::after(&scope, input.next_token.as_deref())?;
    page_size(input.max_results, GLUE_PAGE_MAX)?;
    let session = session(state).await?;
    let relation =
        relation_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let version = json!({ "Table": written(&relation), "VersionId": VERSION });
    let versions = if after.is_some() { Vec::new() } else { vec![version] };
    Ok(page::answer("TableVersions", versions, None))
}

/// `DeleteTableVersion`: the only one stays.
pub(super) async fn delete_table_version(state: &Arc<State>, input: OfVersion) -> Answer<Value> {
    let session = session(state).await?;
    relation_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    Err(not_deleted(input.version_id.as_deref().unwrap_or_default()))
}

/// `BatchDeleteTableVersion`.
pub(super) async fn batch_delete_table_version(
    state: &Arc<State>,
    input: OfVersion,
) -> Answer<Value> {
    let session = session(state).await?;
    relation_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let errors = input.version_ids.iter().map(|version| {
        json!({
            "TableName": input.table_name,
            "VersionId": version,
            "ErrorDetail": detail(&not_deleted(version)),
        })
    });
    Ok(json!({ "Errors": errors.collect::<Vec<_>>() }))
}

fn not_deleted(version: &str) -> Fault {
    match version {
        VERSION => invalid("the current version of a table cannot be deleted"),
        other => no_version(other),
    }
}

fn no_version(version: &str) -> Fault {
    Fault::new("EntityNotFoundException", format!("Table version {version} not found."))
}

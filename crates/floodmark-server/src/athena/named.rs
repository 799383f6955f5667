//! Named queries: statements that are kept under a name.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::athena::wire::{Nothing, count, page};
use crate::athena::{fault, invalid_input, workgroups};
use crate::json::{Answer, Fault};
use crate::limits::{BATCH_MAX, NAMED_QUERIES_MAX, STATEMENT_BYTES_MAX};
use crate::state::State;

const KIND: &str = "named query";

/// The ids of named queries by the tokens of the requests that made them.
const TOKEN: &str = "named query of a token";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedQuery {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    database: String,
    query_string: String,
    #[serde(default)]
    named_query_id: String,
    #[serde(default)]
    work_group: String,
    #[serde(default, skip_serializing)]
    client_request_token: Option<String>,
}

pub(super) async fn create_named_query(state: &Arc<State>, input: NamedQuery) -> Answer<Value> {
    checked(&input.query_string)?;
    let wanted = Some(input.work_group.as_str()).filter(|name| !name.is_empty());
    let workgroup = workgroups::known(state, wanted).await?;
    let database = &state.executions.database;
    // A request that is sent again makes nothing new.
    if let Some(token) = &input.client_request_token {
        let known: Option<String> =
            database.entry(TOKEN, token).await.map_err(|error| fault(&error))?;
        if let Some(id) = known {
            let known = known_or_gone(state, &id).await?;
            let is_same = known.is_some_and(|known| {
                (&known.name, &known.database, &known.query_string)
                    == (&input.name, &input.database, &input.query_string)
            });
            return match is_same {
                true => Ok(json!({"NamedQueryId": id})),
                false => Err(Fault::invalid(
                    "IDEMPOTENT_PARAMETER_MISMATCH",
                    "Idempotent parameters do not match",
                )),
            };
        }
    }
    if ids(state, &workgroup.name).await?.len() >= NAMED_QUERIES_MAX {
        return Err(invalid_input(format!(
            "There are more than {NAMED_QUERIES_MAX} named queries in the workgroup."
        )));
    }
    let id = Uuid::new_v4().to_string();
    if let Some(token) = &input.client_request_token {
        database.put(TOKEN, token, &id).await.map_err(|error| fault(&error))?;
    }
    let query = NamedQuery { named_query_id: id, work_group: workgroup.name, ..input };
    let kept = database.put(KIND, &query.named_query_id, &query).await;
    kept.map_err(|error| fault(&error))?;
    Ok(json!({"NamedQueryId": query.named_query_id}))
}

fn checked(query: &str) -> Answer<()> {
    if query.is_empty() || query.len() > STATEMENT_BYTES_MAX {
        return Err(invalid_input(format!(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length between 1 and {STATEMENT_BYTES_MAX}"
        )));
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Id {
    named_query_id: String,
}

fn not_found(id: &str) -> Fault {
    invalid_input(format!("NamedQuery {id} was not found"))
}

async fn known(state: &State, id: &str) -> Answer<NamedQuery> {
    known_or_gone(state, id).await?.ok_or_else(|| not_found(id))
}

async fn known_or_gone(state: &State, id: &str) -> Answer<Option<NamedQuery>> {
    let query = state.executions.database.entry(KIND, id).await;
    query.map_err(|error| fault(&error))
}

pub(super) async fn get_named_query(state: &Arc<State>, input: Id) -> Answer<Value> {
    Ok(json!({"NamedQuery": known(state, &input.named_query_id).await?}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ids {
    named_query_ids: Vec<String>,
}

pub(super) async fn batch_get_named_query(state: &Arc<State>, input: Ids) -> Answer<Value> {
    let ids = input.named_query_ids;
    if ids.is_empty() || ids.len() > BATCH_MAX {
        return Err(invalid_input(format!(
            "1 validation error detected: Value at 'namedQueryIds' failed to satisfy constraint: Member must have length between 1 and {BATCH_MAX}"
        )));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for id in ids {
        match known(state, &id).await {
            Ok(query) => found.push(query),
            Err(fault) => missing.push(json!({
                "NamedQueryId": id,
                "ErrorCode": "NAMED_QUERY_NOT_FOUND",
                "ErrorMessage": fault.message,
            })),
        }
    }
    Ok(json!({"NamedQueries": found, "UnprocessedNamedQueryIds": missing}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    next_token: Option<String>,
    max_results: Option<i64>,
    work_group: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListedIds {
    named_query_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn list_named_queries(state: &Arc<State>, input: Listed) -> Answer<ListedIds> {
    let workgroup = workgroups::known(state, input.work_group.as_deref()).await?;
    let count = count(input.max_results, 0, 50)?;
    let ids = ids(state, &workgroup.name).await?;
    let (named_query_ids, next_token) = page(ids, input.next_token.as_deref(), count)?;
    Ok(ListedIds { named_query_ids, next_token })
}

/// The ids of a workgroup's named queries.
async fn ids(state: &State, workgroup: &str) -> Answer<Vec<String>> {
    let all: Result<Vec<NamedQuery>, _> = state.executions.database.entries(KIND).await;
    let all = all.map_err(|error| fault(&error))?.into_iter();
    let of_it = all.filter(|query| query.work_group == workgroup);
    Ok(of_it.map(|query| query.named_query_id).collect())
}

/// Whether a workgroup has named queries.
pub(super) async fn are_in(state: &State, workgroup: &str) -> Answer<bool> {
    Ok(!ids(state, workgroup).await?.is_empty())
}

/// Forgets the named queries of a workgroup.
pub(super) async fn forget_all(state: &State, workgroup: &str) -> Answer<()> {
    for id in ids(state, workgroup).await? {
        state.executions.database.forget(KIND, &id).await.map_err(|error| fault(&error))?;
    }
    Ok(())
}

pub(super) async fn delete_named_query(state: &Arc<State>, input: Id) -> Answer<Nothing> {
    let id = &input.named_query_id;
    match state.executions.database.forget(KIND, id).await.map_err(|error| fault(&error))? {
        true => Ok(Nothing {}),
        false => Err(not_found(id)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Updated {
    named_query_id: String,
    name: String,
    description: Option<String>,
    query_string: String,
}

pub(super) async fn update_named_query(state: &Arc<State>, input: Updated) -> Answer<Nothing> {
    checked(&input.query_string)?;
    let query = known(state, &input.named_query_id).await?;
    let query = NamedQuery {
        name: input.name,
        description: input.description.or(query.description),
        query_string: input.query_string,
        ..query
    };
    let kept = state.executions.database.put(KIND, &query.named_query_id, &query).await;
    kept.map_err(|error| fault(&error))?;
    Ok(Nothing {})
}

//! Prepared statements: the same ones that `PREPARE` keeps.

use std::sync::Arc;

use floodmark_engine::catalog::{Catalog, IfMissing, PreparedStatement};
use floodmark_engine::dialect;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::athena::wire::{Nothing, count, page, seconds};
use crate::athena::{fault, invalid_input, workgroups};
use crate::executions::now_ms;
use crate::json::{Answer, Fault};
use crate::limits::{BATCH_MAX, PREPARED_MAX};
use crate::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Put {
    statement_name: String,
    work_group: String,
    query_statement: String,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    statement_name: String,
    work_group: String,
}

async fn keeper(state: &State) -> Answer<&Catalog> {
    state.engine.prepared().await.map_err(|error| fault(&error))
}

fn not_found(name: &str, workgroup: &str) -> Fault {
    let message = format!("PreparedStatement {name} was not found in workGroup {workgroup}");
    Fault::new("ResourceNotFoundException", message)
}

async fn find(state: &State, workgroup: &str, name: &str) -> Answer<Option<PreparedStatement>> {
    let (workgroup, name) = (workgroup.to_owned(), name.to_owned());
    let found = keeper(state).await?.change(move |local| local.prepared(&workgroup, &name)).await;
    found.map_err(|error| fault(&error))
}

async fn all(state: &State, workgroup: &str) -> Answer<Vec<PreparedStatement>> {
    let workgroup = workgroup.to_owned();
    let all = keeper(state).await?.change(move |local| local.all_prepared(&workgroup)).await;
    all.map_err(|error| fault(&error))
}

async fn put(state: &State, input: Put, description: Option<String>) -> Answer<Nothing> {
    dialect::parse_alone(&input.query_statement)
        .map_err(|error| Fault::invalid("MALFORMED_QUERY", error.athena_text()))?;
    let statement = PreparedStatement {
        workgroup: input.work_group,
        name: input.statement_name,
        sql: input.query_statement,
        description,
        modified_s: now_ms() / 1000,
    };
    let kept = keeper(state).await?.change(move |local| local.put_prepared(&statement)).await;
    kept.map_err(|error| fault(&error))?;
    Ok(Nothing {})
}

pub(super) async fn create_prepared_statement(state: &Arc<State>, input: Put) -> Answer<Nothing> {
    workgroups::known(state, Some(&input.work_group)).await?;
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "_@:".contains(sign);
    let name = &input.statement_name;
    if !name.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '_')
        || !name.chars().all(is_sign)
        || name.len() > 256
    {
        return Err(invalid_input(format!(
            "1 validation error detected: Value '{name}' at 'statementName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z_][a-zA-Z0-9_@:]{{1,256}}"
        )));
    }
    let known = all(state, &input.work_group).await?;
    if known.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
        return Err(invalid_input(format!("PreparedStatement {name} already exists")));
    }
    if known.len() >= PREPARED_MAX {
        return Err(invalid_input(format!(
            "There are more than {PREPARED_MAX} prepared statements in the workgroup."
        )));
    }
    let description = input.description.clone();
    put(state, input, description).await
}

pub(super) async fn update_prepared_statement(state: &Arc<State>, input: Put) -> Answer<Nothing> {
    let known = find(state, &input.work_group, &input.statement_name).await?;
    let known = known.ok_or_else(|| not_found(&input.statement_name, &input.work_group))?;
    let description = input.description.clone().or(known.description);
    put(state, input, description).await
}

fn wire(statement: &PreparedStatement) -> Value {
    let mut out = json!({
        "StatementName": statement.name,
        "QueryStatement": statement.sql,
        "WorkGroupName": statement.workgroup,
        "LastModifiedTime": seconds(statement.modified_s * 1000),
    });
    if let Some(description) = &statement.description {
        out["Description"] = description.as_str().into();
    }
    out
}

pub(super) async fn get_prepared_statement(state: &Arc<State>, input: Named) -> Answer<Value> {
    match find(state, &input.work_group, &input.statement_name).await? {
        Some(statement) => Ok(json!({"PreparedStatement": wire(&statement)})),
        None => Err(not_found(&input.statement_name, &input.work_group)),
    }
}

pub(super) async fn delete_prepared_statement(state: &Arc<State>, input: Named) -> Answer<Nothing> {
    let (workgroup, name) = (input.work_group.clone(), input.statement_name.clone());
    let gone = keeper(state)
        .await?
        .change(move |local| local.drop_prepared(&workgroup, &name, IfMissing::Pass))
        .await;
    match gone.map_err(|error| fault(&error))? {
        true => Ok(Nothing {}),
        false => Err(not_found(&input.statement_name, &input.work_group)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch {
    prepared_statement_names: Vec<String>,
    work_group: String,
}

pub(super) async fn batch_get_prepared_statement(
    state: &Arc<State>,
    input: Batch,
) -> Answer<Value> {
    if input.prepared_statement_names.len() > BATCH_MAX {
        return Err(invalid_input(format!("There are more than {BATCH_MAX} names.")));
    }
    let known = all(state, &input.work_group).await?;
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in input.prepared_statement_names {
        match known.iter().find(|known| known.name.eq_ignore_ascii_case(&name)) {
            Some(statement) => found.push(wire(statement)),
            None => missing.push(json!({
                "StatementName": name,
                "ErrorCode": "STATEMENT_NOT_FOUND",
                "ErrorMessage": not_found(&name, &input.work_group).message,
            })),
        }
    }
    Ok(json!({"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    work_group: String,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Statements {
    prepared_statements: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn list_prepared_statements(
    state: &Arc<State>,
    input: Listed,
) -> Answer<Statements> {
    let workgroup = workgroups::known(state, Some(&input.work_group)).await?;
    let count = count(input.max_results, 1, 50)?;
    let all = all(state, &workgroup.name).await?;
    let (statements, next_token) = page(all, input.next_token.as_deref(), count)?;
    let prepared_statements = (statements.iter())
        .map(|statement| {
            json!({
                "StatementName": statement.name,
                "LastModifiedTime": seconds(statement.modified_s * 1000),
            })
        })
        .collect();
    Ok(Statements { prepared_statements, next_token })
}

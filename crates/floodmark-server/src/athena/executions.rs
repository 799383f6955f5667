//! Executions: asked for, listed, stopped.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::athena::wire::{Nothing, count, malformed_token, query_execution};
use crate::athena::{fault, invalid_input, workgroups};
use crate::executions::execution::Execution;
use crate::json::{Answer, Fault};
use crate::limits::BATCH_MAX;
use crate::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Id {
    query_execution_id: String,
}

/// The refusal of an id that nobody has.
pub(super) fn not_found(id: &str) -> Fault {
    Fault::invalid("QUERY_EXECUTION_NOT_FOUND", format!("QueryExecution {id} was not found"))
}

/// The execution with this id; one that runs is waited for so long.
pub(super) async fn known(state: &State, id: &str, wait: Duration) -> Answer<Execution> {
    let execution = state.executions.execution(id, wait).await;
    execution.map_err(|error| fault(&error))?.ok_or_else(|| not_found(id))
}

pub(super) async fn get_query_execution(state: &Arc<State>, input: Id) -> Answer<Value> {
    let wait = state.executions.options.poll_wait;
    let execution = known(state, &input.query_execution_id, wait).await?;
    Ok(json!({"QueryExecution": query_execution(&execution)}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ids {
    query_execution_ids: Vec<String>,
}

pub(super) async fn batch_get_query_execution(state: &Arc<State>, input: Ids) -> Answer<Value> {
    let ids = input.query_execution_ids;
    if ids.is_empty() || ids.len() > BATCH_MAX {
        return Err(invalid_input(format!(
            "1 validation error detected: Value at 'queryExecutionIds' failed to satisfy constraint: Member must have length between 1 and {BATCH_MAX}"
        )));
    }
    // One that runs is waited for, and no more than one.
    let mut wait = if ids.len() == 1 { state.executions.options.poll_wait } else { Duration::ZERO };
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for id in ids {
        match known(state, &id, std::mem::take(&mut wait)).await {
            Ok(execution) => found.push(query_execution(&execution)),
            Err(fault) => missing.push(json!({
                "QueryExecutionId": id,
                "ErrorCode": fault.code.unwrap_or("INTERNAL_ERROR"),
                "ErrorMessage": fault.message,
            })),
        }
    }
    Ok(json!({"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}))
}

pub(super) async fn stop_query_execution(state: &Arc<State>, input: Id) -> Answer<Nothing> {
    let id = &input.query_execution_id;
    match state.executions.stop(id).await.map_err(|error| fault(&error))? {
        true => Ok(Nothing {}),
        false => Err(not_found(id)),
    }
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
    query_execution_ids: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn list_query_executions(state: &Arc<State>, input: Listed) -> Answer<ListedIds> {
    let workgroup = workgroups::known(state, input.work_group.as_deref()).await?;
    let count = count(input.max_results, 0, 50)?;
    let before = match &input.next_token {
        None => None,
        Some(token) => {
            let number = token.parse::<i64>().ok().filter(|number| number.to_string() == *token);
            Some(number.filter(|number| *number > 0).ok_or_else(|| malformed_token(token))?)
        }
    };
    let page = state.executions.ids(&workgroup.name, before, count).await;
    let page = page.map_err(|error| fault(&error))?;
    let next_token = page.next.map(|number| number.to_string());
    Ok(ListedIds { query_execution_ids: page.ids, next_token })
}

pub(super) async fn get_query_runtime_statistics(state: &Arc<State>, input: Id) -> Answer<Value> {
    let execution = known(state, &input.query_execution_id, Duration::ZERO).await?;
    let statistics = &execution.statistics;
    Ok(json!({"QueryRuntimeStatistics": {
        "Timeline": {
            "QueryQueueTimeInMillis": statistics.queued_ms,
            "QueryPlanningTimeInMillis": statistics.planning_ms,
            "EngineExecutionTimeInMillis": statistics.engine_ms,
            "ServicePreProcessingTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": statistics.service_ms,
            "TotalExecutionTimeInMillis": statistics.total_ms,
        },
        "Rows": {
            "InputRows": statistics.input_rows,
            "InputBytes": statistics.scanned_bytes,
            "OutputRows": statistics.output_rows,
            "OutputBytes": statistics.output_bytes,
        },
    }}))
}

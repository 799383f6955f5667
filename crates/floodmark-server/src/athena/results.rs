//! `GetQueryResults`.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::athena::wire::malformed_token;
use crate::athena::{executions, invalid_input};
use crate::executions::execution::{Execution, ExecutionState};
use crate::executions::result_path;
use crate::json::{Answer, Fault};
use crate::limits::{PAGE_BYTES_MAX, PAGE_ROWS_MAX, PAGE_ROWS_UNASKED_MAX};
use crate::results::columns::ColumnInfo;
use crate::results::page::{self, From, NoPage, Page, Size};
use crate::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Asked {
    query_execution_id: String,
    next_token: Option<String>,
    max_results: Option<i64>,
    query_result_type: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Results {
    #[serde(skip_serializing_if = "Option::is_none")]
    update_count: Option<u64>,
    result_set: ResultSet,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResultSet {
    rows: Box<RawValue>,
    result_set_metadata: ResultSetMetadata,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ResultSetMetadata {
    column_info: Vec<ColumnInfo>,
}

pub(super) async fn get_query_results(state: &Arc<State>, input: Asked) -> Answer<Results> {
    let execution = executions::known(state, &input.query_execution_id, Duration::ZERO).await?;
    let rows = match input.max_results {
        None => PAGE_ROWS_UNASKED_MAX,
        Some(rows) => match usize::try_from(rows) {
            Ok(rows) if rows > PAGE_ROWS_MAX => {
                return Err(invalid_input(format!(
                    "MaxResults is more than maximum allowed length {PAGE_ROWS_MAX}"
                )));
            }
            Ok(rows) if rows > 0 => rows,
            _ => {
                return Err(invalid_input(format!(
                    "1 validation error detected: Value '{rows}' at 'maxResults' failed to satisfy constraint: Member must have value greater than or equal to 1"
                )));
            }
        },
    };
    is_readable(&execution)?;
    let from = match &input.next_token {
        None => From::default(),
        Some(token) => From::parse(token).ok_or_else(|| malformed_token(token))?,
    };
    if let Some(other) = input.query_result_type.as_deref().filter(|kind| *kind != "DATA_ROWS") {
        return Err(invalid_input(format!(
            "QueryResultType {other} is not supported by Floodmark"
        )));
    }
    let size = Size { rows, bytes: PAGE_BYTES_MAX };
    let Page { rows, next } =
        read(state, &execution, from, size).await.map_err(|error| {
            match (error, &input.next_token) {
                (NoPage::Malformed, Some(token)) => malformed_token(token),
                (NoPage::Gone, _) => Fault::invalid("RESULT_NOT_FOUND", "Could not find results"),
                (NoPage::Malformed, None) => {
                    Fault::invalid("RESULT_NOT_FOUND", "Could not read results: they are damaged")
                }
                (NoPage::Failed(error), _) => Fault::new(
                    "InternalServerException",
                    format!("the results cannot be read: {error}"),
                ),
            }
        })?;
    let rows = RawValue::from_string(rows).map_err(|error| {
        Fault::new("InternalServerException", format!("the rows are no JSON: {error}"))
    })?;
    Ok(Results {
        update_count: execution.update_count,
        result_set: ResultSet {
            rows,
            result_set_metadata: ResultSetMetadata { column_info: execution.columns },
        },
        next_token: next.map(From::token),
    })
}

fn is_readable(execution: &Execution) -> Answer<()> {
    let wrong_state =
        |message: String| Err(Fault::invalid("INVALID_QUERY_EXECUTION_STATE", message));
    match execution.state {
        ExecutionState::Succeeded => Ok(()),
        ExecutionState::Cancelled => {
            Err(Fault::invalid("RESULT_NOT_FOUND", "Could not find results"))
        }
        ExecutionState::Failed => {
            wrong_state("Query did not finish successfully. Final query state: FAILED".to_owned())
        }
        state @ (ExecutionState::Queued | ExecutionState::Running) => {
            wrong_state(format!("Query has not yet finished. Current state: {}", state.name()))
        }
    }
}

async fn read(
    state: &State,
    execution: &Execution,
    from: From,
    size: Size,
) -> Result<Page, NoPage> {
    if !execution.has_rows() {
        return if from == From::default() {
            Ok(Page { rows: "[]".to_owned(), next: None })
        } else {
            Err(NoPage::Malformed)
        };
    }
    let path = result_path(state, execution).ok_or(NoPage::Gone)?;
    let is_lines = execution.is_lines;
    let read = tokio::task::spawn_blocking(move || {
        if is_lines { page::lines(&path, from, size) } else { page::rows(&path, from, size) }
    });
    read.await.unwrap_or_else(|error| Err(NoPage::Failed(std::io::Error::other(error))))
}

//! What several actions of Athena's write or read.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::executions::execution::{Execution, ExecutionState};
use crate::json::{Answer, Fault};

/// An answer without members.
#[derive(Debug, Serialize)]
pub(super) struct Nothing {}

/// A moment, in seconds since 1970 with a fraction.
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// The engine that answers.
pub(super) fn engine_version() -> Value {
    json!({
        "SelectedEngineVersion": "AUTO",
        "EffectiveEngineVersion": "Athena engine version 3"
    })
}

/// `QueryExecution`.
pub(super) fn query_execution(execution: &Execution) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    put("QueryExecutionId", execution.id.as_str().into());
    put("Query", execution.query.as_str().into());
    put("StatementType", execution.statement_type.as_str().into());
    if let Some(substatement) = &execution.substatement {
        put("SubstatementType", substatement.as_str().into());
    }
    let mut configuration = json!(execution.output_configuration);
    if let Some(location) = &execution.output_location {
        configuration["OutputLocation"] = location.as_str().into();
    } else {
        put("ManagedQueryResultsConfiguration", json!({"Enabled": true}));
    }
    put("ResultConfiguration", configuration);
    let mut by_age = Map::new();
    by_age.insert("Enabled".to_owned(), execution.reuse_minutes.is_some().into());
    if let Some(minutes) = execution.reuse_minutes {
        by_age.insert("MaxAgeInMinutes".to_owned(), minutes.into());
    }
    put("ResultReuseConfiguration", json!({"ResultReuseByAgeConfiguration": by_age}));
    put(
        "QueryExecutionContext",
        json!({"Database": execution.database, "Catalog": execution.catalog}),
    );
    put("Status", status(execution));
    put("Statistics", statistics(execution));
    put("WorkGroup", execution.workgroup.as_str().into());
    put("EngineVersion", engine_version());
    if !execution.parameters.is_empty() {
        put("ExecutionParameters", execution.parameters.clone().into());
    }
    Value::Object(out)
}

fn status(execution: &Execution) -> Value {
    let mut status = Map::new();
    status.insert("State".to_owned(), execution.state.name().into());
    status.insert("SubmissionDateTime".to_owned(), seconds(execution.submitted_ms).into());
    if let Some(completed) = execution.completed_ms {
        status.insert("CompletionDateTime".to_owned(), seconds(completed).into());
    }
    if let Some(failure) = &execution.failure {
        status.insert("StateChangeReason".to_owned(), failure.reason.as_str().into());
        if let (ExecutionState::Failed, Some(category)) = (execution.state, failure.category) {
            let error = json!({
                "ErrorCategory": category,
                "ErrorType": failure.error_type,
                "Retryable": false,
                "ErrorMessage": failure.reason,
            });
            status.insert("AthenaError".to_owned(), error);
        }
    }
    Value::Object(status)
}

fn statistics(execution: &Execution) -> Value {
    let statistics = &execution.statistics;
    let mut out = Map::new();
    let mut put = |name: &str, value: u64| {
        out.insert(name.to_owned(), value.into());
    };
    put("DataScannedInBytes", statistics.scanned_bytes);
    if execution.state.is_final() {
        put("EngineExecutionTimeInMillis", statistics.engine_ms);
        put("TotalExecutionTimeInMillis", statistics.total_ms);
        put("QueryQueueTimeInMillis", statistics.queued_ms);
        put("QueryPlanningTimeInMillis", statistics.planning_ms);
        put("ServicePreProcessingTimeInMillis", 0);
        put("ServiceProcessingTimeInMillis", statistics.service_ms);
    }
    out.insert(
        "ResultReuseInformation".to_owned(),
        json!({"ReusedPreviousResult": execution.is_reused}),
    );
    if let Some(manifest) = &execution.manifest {
        out.insert("DataManifestLocation".to_owned(), manifest.as_str().into());
    }
    Value::Object(out)
}

/// A page of a list: at most so many from where the token says. An empty token is never given.
pub(super) fn page<T>(
    items: Vec<T>,
    token: Option<&str>,
    count: usize,
) -> Answer<(Vec<T>, Option<String>)> {
    let from = match token {
        None => 0,
        Some(token) => token
            .parse::<usize>()
            .ok()
            .filter(|from| *from > 0 && *from < items.len().max(1))
            .ok_or_else(|| malformed_token(token))?,
    };
    let next = (items.len() > from + count).then(|| (from + count).to_string());
    Ok((items.into_iter().skip(from).take(count).collect(), next))
}

/// The refusal of a token that is none of ours.
pub(super) fn malformed_token(token: &str) -> Fault {
    Fault::invalid("INVALID_INPUT", format!("Malformed nextPageToken {token}"))
}

/// How many items a list has on a page.
///
/// # Errors
///
/// What AWS says of a number that is too small or too large.
pub(super) fn count(asked: Option<i64>, least: i64, most: i64) -> Answer<usize> {
    let asked = asked.unwrap_or(most);
    let bound = |word: &str, bound: i64| {
        Fault::invalid(
            "INVALID_INPUT",
            format!(
                "1 validation error detected: Value '{asked}' at 'maxResults' failed to satisfy constraint: Member must have value {word} than or equal to {bound}"
            ),
        )
    };
    if asked < least {
        return Err(bound("greater", least));
    }
    if asked > most {
        return Err(bound("less", most));
    }
    Ok(usize::try_from(asked).unwrap_or_default())
}

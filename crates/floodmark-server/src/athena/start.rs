//! `StartQueryExecution`.

use std::sync::Arc;

use floodmark_engine::dialect::{self, Action, Statement};
use floodmark_engine::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::athena::workgroups::{self, WorkGroup};
use crate::athena::{fault, invalid_input};
use crate::executions::class::{self, Class};
use crate::executions::execution::{Execution, ExecutionState, OutputConfiguration, Statistics};
use crate::executions::{Executions, Job, ResultPlace, Submitted, now_ms, result_path};
use crate::json::{Answer, Fault};
use crate::limits::{
    CONTEXT_CHARACTERS_MAX, PARAMETER_CHARACTERS_MAX, REUSE_MINUTES_MAX, STATEMENT_BYTES_MAX,
};
use crate::results::Form;
use crate::state::State;

/// The one catalog.
const CATALOG: &str = "awsdatacatalog";

/// For how many minutes an older result will do, unless a request says otherwise.
const REUSE_MINUTES: u32 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Asked {
    query_string: String,
    client_request_token: Option<String>,
    query_execution_context: Option<Context>,
    result_configuration: Option<ResultConfiguration>,
    work_group: Option<String>,
    #[serde(default)]
    execution_parameters: Vec<String>,
    result_reuse_configuration: Option<Reuse>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Context {
    database: Option<String>,
    catalog: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResultConfiguration {
    output_location: Option<String>,
    #[serde(flatten)]
    rest: OutputConfiguration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reuse {
    result_reuse_by_age_configuration: Option<ByAge>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ByAge {
    enabled: bool,
    max_age_in_minutes: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Started {
    query_execution_id: String,
}

pub(super) async fn start_query_execution(state: &Arc<State>, input: Asked) -> Answer<Started> {
    let query = checked_text(&input.query_string)?;
    let token = checked_token(input.client_request_token)?;
    checked_parameters(&input.execution_parameters)?;
    let workgroup = workgroups::known(state, input.work_group.as_deref()).await?;
    workgroup.is_enabled()?;
    let context = input.query_execution_context.unwrap_or_default();
    for (member, name) in [("database", &context.database), ("catalog", &context.catalog)] {
        if name.as_ref().is_some_and(|name| name.chars().count() > CONTEXT_CHARACTERS_MAX) {
            return Err(invalid_input(format!(
                "1 validation error detected: Value at 'queryExecutionContext.{member}' failed to satisfy constraint: Member must have length less than or equal to {CONTEXT_CHARACTERS_MAX}"
            )));
        }
    }
    let catalog = context.catalog.map_or_else(|| CATALOG.to_owned(), |name| name.to_lowercase());
    // Some clients put the name in the quotes of Hive.
    let database = context.database.as_deref().map(|name| name.trim_matches('`').to_lowercase());
    let database = database.filter(|name| !name.is_empty());
    let database = database.unwrap_or_else(|| "default".to_owned());
    if catalog != CATALOG {
        return Err(invalid_input(format!("Data catalog {catalog} was not found.")));
    }
    let reuse_minutes = reuse_minutes(input.result_reuse_configuration)?;
    let ResultConfiguration { output_location: location, rest } =
        input.result_configuration.unwrap_or_default();
    let place = place(state, &workgroup, location.as_deref())?;
    let (statement, class) =
        read(state, query, &database, &workgroup.name, &input.execution_parameters).await?;
    let place = match (place, workgroup.output_location().and_then(ResultPlace::parse)) {
        (ResultPlace::Managed, Some(place)) if class.is_told_in_a_file() => place,
        (place, _) => place,
    };
    let id = Uuid::new_v4().to_string();
    let output_location = place.address(&class.result_key(&id));
    let execution = Execution {
        query: query.to_owned(),
        statement_type: class.statement_type.to_owned(),
        substatement: class.substatement.map(str::to_owned),
        database,
        catalog,
        workgroup: workgroup.name,
        parameters: input.execution_parameters,
        output_location,
        output_configuration: rest,
        requested: place.address("").unwrap_or_default(),
        reuse_minutes,
        is_reused: false,
        submitted_ms: now_ms(),
        completed_ms: None,
        state: ExecutionState::Queued,
        failure: None,
        statistics: Statistics::default(),
        columns: Vec::new(),
        is_lines: class.form != Form::Csv,
        update_count: None,
        manifest: None,
        result_of: id.clone(),
        owner: state.executions.owner.name.clone(),
        id,
    };
    let same = (class.substatement == Some("SELECT")).then(|| same(&execution, &place));
    let execution = match (reuse_minutes, &same) {
        (Some(minutes), Some(same)) => reused(state, execution, same, minutes).await?,
        _ => execution,
    };
    let request = Request::of(&execution);
    let id = execution.id.clone();
    let job = Job { execution, statement, class, place, token, same };
    match Executions::submit(state, job).await.map_err(|error| fault(&error))? {
        Submitted::New => Ok(Started { query_execution_id: id }),
        Submitted::Known(known) if request.is_that_of(&known) => {
            Ok(Started { query_execution_id: known.id })
        }
        Submitted::Known(_) => Err(Fault::invalid(
            "IDEMPOTENT_PARAMETER_MISMATCH",
            "Idempotent parameters do not match",
        )),
        Submitted::Full => Err(Fault::new(
            "TooManyRequestsException",
            "You have exceeded the limit for the number of queries you can run concurrently. Please reduce the number of concurrent queries submitted by this account.",
        )),
    }
}

/// The statement without what stands around it.
fn checked_text(text: &str) -> Answer<&str> {
    if text.len() > STATEMENT_BYTES_MAX {
        return Err(invalid_input(format!(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length less than or equal to {STATEMENT_BYTES_MAX}"
        )));
    }
    let text = text.trim();
    let text = text.strip_suffix(';').map_or(text, str::trim_end);
    if text.is_empty() {
        return Err(invalid_input(
            "1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ));
    }
    Ok(text)
}

fn checked_token(token: Option<String>) -> Answer<Option<String>> {
    match token {
        Some(token) if !(32..=128).contains(&token.chars().count()) => Err(invalid_input(
            "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length between 32 and 128",
        )),
        token => Ok(token),
    }
}

fn checked_parameters(parameters: &[String]) -> Answer<()> {
    let is_long = |parameter: &String| {
        parameter.is_empty() || parameter.chars().count() > PARAMETER_CHARACTERS_MAX
    };
    if parameters.iter().any(is_long) {
        return Err(invalid_input(format!(
            "1 validation error detected: Value at 'executionParameters' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to {PARAMETER_CHARACTERS_MAX}, Member must have length greater than or equal to 1]"
        )));
    }
    Ok(())
}

fn reuse_minutes(reuse: Option<Reuse>) -> Answer<Option<u32>> {
    let by_age = reuse.and_then(|reuse| reuse.result_reuse_by_age_configuration);
    match by_age {
        Some(ByAge { enabled: true, max_age_in_minutes: Some(minutes) }) => {
            match u32::try_from(minutes) {
                Ok(minutes) if minutes <= REUSE_MINUTES_MAX => Ok(Some(minutes)),
                _ => Err(invalid_input(format!(
                    "1 validation error detected: Value '{minutes}' at 'resultReuseConfiguration.resultReuseByAgeConfiguration.maxAgeInMinutes' failed to satisfy constraint: Member must have value between 0 and {REUSE_MINUTES_MAX}"
                ))),
            }
        }
        Some(ByAge { enabled: true, max_age_in_minutes: None }) => Ok(Some(REUSE_MINUTES)),
        _ => Ok(None),
    }
}

/// Where the result goes: where the client says, unless the workgroup decides; else where the workgroup says.
fn place(state: &State, workgroup: &WorkGroup, location: Option<&str>) -> Answer<ResultPlace> {
    let bad = || invalid_input("outputLocation is not a valid S3 path.");
    let asked = match location.filter(|_| !workgroup.decides()) {
        None => None,
        Some(text) => Some(ResultPlace::parse(text).ok_or_else(bad)?),
    };
    let place = match asked {
        Some(place) => place,
        None if workgroup.is_managed() => return Ok(ResultPlace::Managed),
        None => match workgroup.output_location() {
            Some(text) => ResultPlace::parse(text).ok_or_else(bad)?,
            None => {
                return Err(invalid_input(
                    "No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.",
                ));
            }
        },
    };
    let ResultPlace::S3 { bucket, .. } = &place else { return Ok(place) };
    if state.buckets.find(bucket).is_some_and(|bucket| bucket.is_read_only) {
        return Err(invalid_input(format!(
            "The bucket {bucket} is a folder of logs, and only read: name another outputLocation."
        )));
    }
    Ok(place)
}

/// Reads the statement. What is no SQL is refused at once; any other error is one of the execution.
async fn read(
    state: &State,
    query: &str,
    database: &str,
    workgroup: &str,
    parameters: &[String],
) -> Answer<(floodmark_engine::Result<Statement>, Class)> {
    let statement = dialect::parse_alone(query).map_err(|error| malformed(&error))?;
    let session = state.session().await.map_err(|error| fault(&error))?.in_workgroup(workgroup);
    let written = statement.action();
    let statement = if written == Action::Execute {
        // The values may stand beside the statement.
        let given = statement.with_parameters(parameters).map_err(|error| fault(&error))?;
        match session.executed(given).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(invalid_input(format!("{error} in workGroup {workgroup}")));
            }
            executed => executed,
        }
    } else {
        statement.with_parameters(parameters)
    };
    let statement = statement.and_then(|statement| match statement.action() {
        Action::Execute => Err(Error::new(
            ErrorKind::NotSupported,
            "a prepared statement cannot execute another one",
        )),
        _ => Ok(statement),
    });
    let action = statement.as_ref().map_or(written, Statement::action);
    let mut class = class::of(action);
    if let Ok(statement) = &statement
        && let Some((named, name)) = statement.asked_about()
    {
        let database = named.unwrap_or(database);
        class = described(&session, database, name, class).await?;
    }
    Ok((statement, class))
}

/// The class of a statement that asks about a table or a view, which must be there.
async fn described(
    session: &floodmark_engine::Session<'_>,
    database: &str,
    name: &str,
    class: Class,
) -> Answer<Class> {
    use floodmark_engine::catalog::Relation;
    let relation = session.known_relation(database, name).await;
    match relation.map_err(|error| fault(&error))? {
        Some(Relation::View(_)) if class.substatement == Some("DESCRIBE_TABLE") => {
            Ok(class::OF_VIEW)
        }
        Some(_) => Ok(class),
        None => Err(Fault::new(
            "InvalidRequestException",
            format!(
                "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: {}; Proxy: null)",
                Uuid::new_v4()
            ),
        )),
    }
}

/// The refusal of what is no SQL.
fn malformed(error: &Error) -> Fault {
    match error.kind() {
        ErrorKind::NotSupported => invalid_input("Queries of this type are not supported"),
        _ => Fault::invalid("MALFORMED_QUERY", error.athena_text()),
    }
}

/// What two executions must have in common so that one may take the other's result.
fn same(execution: &Execution, place: &ResultPlace) -> String {
    let kind = if *place == ResultPlace::Managed { "managed" } else { "S3" };
    let parts = [
        kind,
        &execution.workgroup,
        &execution.catalog,
        &execution.database,
        &serde_json::to_string(&execution.parameters).unwrap_or_default(),
        &execution.query,
    ];
    parts.join("\u{0}")
}

/// The execution with the result of another one, if there is one that is young enough and still has its result.
async fn reused(
    state: &State,
    execution: Execution,
    same: &str,
    minutes: u32,
) -> Answer<Execution> {
    let since = execution.submitted_ms - i64::from(minutes) * 60_000;
    let known = state.executions.same(same, since).await.map_err(|error| fault(&error))?;
    let Some(known) = known else { return Ok(execution) };
    if !result_path(state, &known).is_some_and(|path| path.is_file()) {
        return Ok(execution);
    }
    Ok(Execution {
        output_location: known.output_location,
        is_reused: true,
        completed_ms: Some(execution.submitted_ms),
        state: ExecutionState::Succeeded,
        statistics: Statistics {
            output_rows: known.statistics.output_rows,
            output_bytes: known.statistics.output_bytes,
            ..Statistics::default()
        },
        columns: known.columns,
        update_count: known.update_count,
        result_of: known.result_of,
        ..execution
    })
}

/// What makes two requests with one token the same.
struct Request {
    query: String,
    catalog: String,
    database: String,
    requested: String,
}

impl Request {
    fn of(execution: &Execution) -> Self {
        Self {
            query: execution.query.clone(),
            catalog: execution.catalog.clone(),
            database: execution.database.clone(),
            requested: execution.requested.clone(),
        }
    }

    fn is_that_of(&self, known: &Execution) -> bool {
        (&self.query, &self.catalog, &self.database, &self.requested)
            == (&known.query, &known.catalog, &known.database, &known.requested)
    }
}

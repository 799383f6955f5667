//! Runs one execution to its end, whatever that is.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::DateTime;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use floodmark_engine::dialect::Statement;
use floodmark_engine::{CopyRows, Error, ErrorKind, Result};
use futures::StreamExt;
use tokio::task::JoinError;

use crate::executions::class::Class;
use crate::executions::execution::{Execution, ExecutionState, Failure, Statistics};
use crate::executions::live::{Live, Stop};
use crate::executions::place::{ResultPlace, bucket_of, metadata_address, publish, put};
use crate::executions::{Job, failure, now_ms, written};
use crate::limits::{ABANDONED_CHECKED_EVERY, KEEPING_PAUSE, LETTING_GO_TIME};
use crate::results::columns::{self, ColumnInfo};
use crate::results::metadata::Metadata;
use crate::results::{Finished, Form, ResultFile};
use crate::state::State;

/// What a statement left behind.
struct Done {
    columns: Vec<ColumnInfo>,
    update_count: Option<u64>,
    manifest: Option<String>,
    output_rows: u64,
    output_bytes: u64,
}

/// The times of an execution.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    planning: Duration,
    engine: Duration,
}

/// Runs a job to its end, and keeps that in the history.
pub(super) async fn run(state: &Arc<State>, live: &Arc<Live>, job: Job) {
    let same = job.same.clone();
    let begun = Instant::now();
    let times = Arc::new(Mutex::new(Times::default()));
    let (outcome, queued) = supervised(state, live, job, &times).await;
    let mut execution = live.execution();
    // A result that did not come to its place is nobody's; most times there is none.
    let _ = std::fs::remove_file(state.executions.unfinished(&execution.id));
    let times = *times.lock().unwrap_or_else(PoisonError::into_inner);
    let total = begun.elapsed();
    execution.statistics = Statistics {
        queued_ms: millis(queued),
        planning_ms: millis(times.planning),
        engine_ms: millis(times.engine),
        service_ms: millis(total.saturating_sub(queued + times.engine)),
        total_ms: millis(total),
        ..Statistics::default()
    };
    live.count(&mut execution.statistics);
    execution.completed_ms = Some(now_ms());
    match outcome {
        Ok(done) => {
            execution.state = ExecutionState::Succeeded;
            execution.columns = done.columns;
            execution.update_count = done.update_count;
            execution.manifest = done.manifest;
            execution.statistics.output_rows = done.output_rows;
            execution.statistics.output_bytes = done.output_bytes;
        }
        Err((state, failure)) => {
            execution.state = state;
            execution.failure = Some(failure);
        }
    }
    let same = same.filter(|_| execution.state == ExecutionState::Succeeded);
    state.tell_query(&execution);
    while let Err(error) = kept(state, &execution, same.clone()).await {
        state.tell(&format!("the end of the query {} is not kept yet: {error}", execution.id));
        live.set(|known| *known = execution.clone());
        tokio::time::sleep(KEEPING_PAUSE).await;
    }
    live.set(|known| *known = execution);
}

async fn kept(state: &State, execution: &Execution, same: Option<String>) -> Result<()> {
    let body = written(execution)?;
    state.executions.database.end_execution(&execution.id, same, body).await
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

type Outcome = Result<Done, (ExecutionState, Failure)>;

/// Waits for a place in the queue, and then for the work, as long as nobody stops it. Gives also how long it was queued.
async fn supervised(
    state: &Arc<State>,
    live: &Arc<Live>,
    job: Job,
    times: &Arc<Mutex<Times>>,
) -> (Outcome, Duration) {
    let begun = Instant::now();
    let executions = &state.executions;
    let reads = job.class.statement_type == "DML" || job.class.writes;
    let places = if reads { &executions.queries } else { &executions.statements };
    let place = tokio::select! {
        place = Arc::clone(places).acquire_owned() => place,
        why = stopped(state, live) => return (Err(ended_by(why)), begun.elapsed()),
    };
    let queued = begun.elapsed();
    let Ok(place) = place else { return (Err(ended_by(Stop::Closing)), queued) };
    live.set(|execution| execution.state = ExecutionState::Running);
    let mut work = {
        let (state, live, times) = (Arc::clone(state), Arc::clone(live), Arc::clone(times));
        let work = async move { work(&state, &live, job, &times).await };
        // What only asks or changes the catalog does not wait for the threads of queries either.
        if reads { executions.runtime.spawn(work) } else { tokio::spawn(work) }
    };
    let why = tokio::select! {
        done = &mut work => return (outcome(done), queued),
        why = stopped(state, live) => why,
    };
    if !live.may_break_off() {
        return (outcome(work.await), queued);
    }
    work.abort();
    // What it holds is let go before anybody hears that it ended, if it comes to an end soon.
    if tokio::time::timeout(LETTING_GO_TIME, &mut work).await.is_err() {
        tokio::spawn(async move {
            let _ = work.await;
            drop(place);
        });
    }
    (Err(ended_by(why)), queued)
}

fn outcome(done: Result<Result<Done>, JoinError>) -> Outcome {
    let failed = |error: &Error| Err((ExecutionState::Failed, failure::of(error)));
    match done {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => failed(&error),
        Err(error) => {
            failed(&Error::new(ErrorKind::Internal, "the query ended with a defect").because(error))
        }
    }
}

/// Waits until an execution is to be stopped: it is told so, or nobody asks for it any more.
async fn stopped(state: &State, live: &Live) -> Stop {
    let Some(after) = state.executions.options.abandoned_after else { return live.stopped().await };
    loop {
        tokio::select! {
            why = live.stopped() => return why,
            () = tokio::time::sleep(after.min(ABANDONED_CHECKED_EVERY)) => {
                if live.is_alone_for() >= after {
                    return Stop::Abandoned;
                }
            }
        }
    }
}

fn ended_by(why: Stop) -> (ExecutionState, Failure) {
    match why {
        Stop::Asked => (ExecutionState::Cancelled, failure::cancelled()),
        Stop::Abandoned => {
            let reason = "Query cancelled because nobody asked for it any more".to_owned();
            (ExecutionState::Cancelled, Failure { reason, ..failure::cancelled() })
        }
        Stop::Closing => (ExecutionState::Failed, failure::interrupted()),
    }
}

/// Plans and runs a statement, and writes what it gives.
async fn work(state: &Arc<State>, live: &Live, job: Job, times: &Mutex<Times>) -> Result<Done> {
    let begun = Instant::now();
    let Job { execution, statement, class, place, .. } = job;
    let statement = statement?;
    let session = state.session().await?;
    let mut session = session.with_database(&execution.database).in_workgroup(&execution.workgroup);
    let tables = match &place {
        ResultPlace::Managed => state.results.address(&format!("tables/{}/", execution.id)),
        place => place.address(&format!("tables/{}/", execution.id)),
    };
    if let Some(tables) = &tables {
        session = session.with_tables_location(tables);
    }
    let path = state.executions.unfinished(&execution.id);
    let is_unload = class.substatement == Some("UNLOAD");
    let copy = (is_unload && place == ResultPlace::Managed)
        .then(|| Arc::new(Copy { path: path.clone(), begun: Mutex::default() }));
    if let Some(copy) = &copy {
        session = session.with_unload_copy(Arc::clone(copy) as Arc<dyn CopyRows>);
    }
    let query = run_statement(session, statement).await?;
    live.runs(&query);
    let planned = begun.elapsed();
    times.lock().unwrap_or_else(PoisonError::into_inner).planning = planned;
    let (schema, mut rows, files) = (query.schema, query.rows, query.written);
    let done = if class.writes {
        while let Some(batch) = rows.next().await {
            batch.map_err(Error::from)?;
        }
        note_engine(times, begun);
        let manifest = manifest(state, &execution, &class, &place, files.files()).await;
        let manifest = manifest.map_err(carried_out)?;
        let (columns, finished) = match copy.map(|copy| copy.finish()).transpose()?.flatten() {
            Some((columns, finished)) => (columns, Some(finished)),
            None => (columns::of_written(), None),
        };
        let done = Done {
            columns,
            update_count: files.rows(),
            manifest,
            output_rows: files.rows().unwrap_or_default(),
            output_bytes: 0,
        };
        finish(state, &execution, &class, finished, done).await.map_err(carried_out)?
    } else {
        let mut file = ResultFile::create(path, class.form)?;
        file.header(&schema)?;
        while let Some(batch) = rows.next().await {
            file.batch(&batch.map_err(Error::from)?)?;
            tokio::task::yield_now().await;
        }
        let finished = file.finish()?;
        note_engine(times, begun);
        // From here on the result is shown, whoever stops it.
        files.commit()?;
        let columns = match class.form {
            Form::Csv => columns::of_rows(&schema),
            Form::Lines(_) if class.statement_type == "DML" => columns::of_rows(&schema),
            Form::Lines(_) => columns::of_lines(&schema),
        };
        let done = Done {
            columns,
            update_count: class.update_count,
            manifest: None,
            output_rows: finished.rows,
            output_bytes: finished.bytes,
        };
        finish(state, &execution, &class, Some(finished), done).await?
    };
    Ok(done)
}

/// What is said if only the list of the files could not be written.
fn carried_out(error: Error) -> Error {
    let message = format!("the rows were written and stay, but {error}");
    Error::new(error.kind(), message).because(error)
}

async fn run_statement(
    session: floodmark_engine::Session<'_>,
    statement: Statement,
) -> Result<floodmark_engine::Query> {
    Box::pin(session.query(statement)).await
}

fn note_engine(times: &Mutex<Times>, begun: Instant) {
    times.lock().unwrap_or_else(PoisonError::into_inner).engine = begun.elapsed();
}

/// Shows a finished result where it is looked for.
async fn finish(
    state: &Arc<State>,
    execution: &Execution,
    class: &Class,
    finished: Option<Finished>,
    done: Done,
) -> Result<Done> {
    let Some(address) = &execution.output_location else {
        if let Some(finished) = finished {
            let place = state.executions.managed(&execution.id);
            std::fs::rename(&finished.path, &place)
                .map_err(|error| crate::results::cannot_write(&place, error))?;
            state.executions.has_grown(finished.bytes).await;
        }
        return Ok(done);
    };
    let query_id = engine_id(execution);
    let metadata = Metadata {
        query_id: &query_id,
        update_type: class.update_type(),
        update_count: if class.writes { done.update_count } else { None },
        columns: &done.columns,
    };
    // The result is shown last: who sees it finds all of it.
    put(state, metadata.bytes(), &metadata_address(address)).await?;
    if let Some(finished) = finished {
        publish(state, finished.path, address, &execution.id).await?;
    }
    Ok(done)
}

/// Lists the files that were written, where clients look for the list. Gives its address.
async fn manifest(
    state: &Arc<State>,
    execution: &Execution,
    class: &Class,
    place: &ResultPlace,
    files: &[String],
) -> Result<Option<String>> {
    let is_table = class.substatement == Some("CREATE_TABLE_AS_SELECT");
    if files.is_empty() && class.substatement == Some("INSERT") {
        return Ok(None);
    }
    if !files.iter().all(|file| file.starts_with("s3://")) {
        return Ok(None);
    }
    let folder = if is_table { "tables/" } else { "" };
    let name = format!("{folder}{}-manifest.csv", execution.id);
    let address = match (place.address(&name), files.first().and_then(|file| bucket_of(file))) {
        (Some(address), _) => address,
        // Clients follow a list only to its own bucket.
        (None, Some(bucket)) => {
            format!("s3://{bucket}/athena-manifests/{}-manifest.csv", execution.id)
        }
        (None, None) => match state.results.address(&name) {
            Some(address) => address,
            None => return Ok(None),
        },
    };
    let mut lines = files.join("\n");
    if !lines.is_empty() {
        lines.push('\n');
    }
    put(state, lines.into_bytes(), &address).await?;
    Ok(Some(address))
}

/// The id that the engine itself would give the query: when it was submitted, a number, and a few letters.
fn engine_id(execution: &Execution) -> String {
    let time = DateTime::from_timestamp_millis(execution.submitted_ms).unwrap_or_default();
    let letters: String = execution.id.chars().filter(|sign| *sign != '-').take(5).collect();
    format!("{}_00000_{letters}", time.format("%Y%m%d_%H%M%S"))
}

/// The rows of an `UNLOAD`, for a client that asks for them instead of its files.
#[derive(Debug)]
struct Copy {
    path: PathBuf,
    begun: Mutex<Option<(SchemaRef, ResultFile)>>,
}

impl CopyRows for Copy {
    fn begin(&self, schema: &SchemaRef) -> Result<()> {
        let mut file = ResultFile::create(self.path.clone(), Form::Csv)?;
        file.header(schema)?;
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Arc::clone(schema), file));
        Ok(())
    }

    fn copy(&self, batch: &RecordBatch) -> Result<()> {
        match &mut *self.begun.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((_, file)) => file.batch(batch),
            None => Err(Error::new(ErrorKind::Internal, "the rows have no columns")),
        }
    }
}

impl Copy {
    /// The columns and the file of all rows.
    fn finish(&self) -> Result<Option<(Vec<ColumnInfo>, Finished)>> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((schema, file)) = begun else { return Ok(None) };
        Ok(Some((columns::of_rows(&schema), file.finish()?)))
    }
}

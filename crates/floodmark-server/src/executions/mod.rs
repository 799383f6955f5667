//! Executions of statements: queued, run, stopped, and kept in the history.

pub(crate) mod class;
pub(crate) mod execution;
pub(crate) mod failure;
mod live;
pub(crate) mod owner;
mod place;
mod run;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use floodmark_engine::dialect::Statement;
use floodmark_engine::{Error, ErrorKind, Result};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::database::{Database, Ids, Kept, parsed};
use crate::executions::class::Class;
use crate::executions::execution::{Execution, ExecutionState};
use crate::executions::live::{Live, Stop};
use crate::executions::owner::Owner;
use crate::limits::{
    HISTORY_CHECKED_EVERY, QUEUED_BYTES_MAX, RESULTS_BYTES_MAX, STATEMENTS_AT_ONCE_MAX, STOP_TIME,
};
use crate::results::cannot_write;
use crate::state::State;

pub(crate) use crate::executions::place::{ResultPlace, result_path};

/// How statements are run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryOptions {
    /// How many queries run at the same time; the others wait.
    pub(crate) concurrent: usize,
    /// How many may wait and run together; beyond that they are refused.
    pub(crate) queued: usize,
    /// How long `GetQueryExecution` waits for a query to end; zero if it answers at once.
    pub(crate) poll_wait: Duration,
    /// After which time a query is stopped for which nobody asks; None if it runs to its end.
    pub(crate) abandoned_after: Option<Duration>,
    /// Whether results are given page by page where neither the client nor the workgroup says otherwise, and not written to S3.
    pub(crate) managed: bool,
}

/// A statement that is to be executed.
pub(crate) struct Job {
    pub(crate) execution: Execution,
    /// The statement, or why it fails.
    pub(crate) statement: Result<Statement>,
    pub(crate) class: Class,
    pub(crate) place: ResultPlace,
    /// By which its client knows the request, if it sends it again.
    pub(crate) token: Option<String>,
    /// What another execution must have too so that it may take this one's result; None if none may.
    pub(crate) same: Option<String>,
}

/// What became of a job.
#[derive(Debug)]
pub(crate) enum Submitted {
    /// It waits or runs under its id.
    New,
    /// A job with its token is known: this one.
    Known(Box<Execution>),
    /// There are too many.
    Full,
}

/// All executions.
pub(crate) struct Executions {
    pub(crate) options: QueryOptions,
    pub(crate) database: Database,
    /// Where results are written that are not in S3.
    folder: PathBuf,
    pub(crate) owner: Owner,
    live: Mutex<HashMap<String, Arc<Live>>>,
    queued_bytes: AtomicUsize,
    since_check: AtomicUsize,
    /// How many bytes results take that are not in S3, about.
    results_bytes: AtomicU64,
    queries: Arc<Semaphore>,
    /// What only asks or changes the catalog does not wait for queries.
    statements: Arc<Semaphore>,
    /// On which threads statements run: not on those that answer.
    runtime: Handle,
}

impl Executions {
    /// Opens the history in a folder. What a server that died left behind is ended there.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if the folder cannot be used.
    pub(crate) async fn open(
        folder: &Path,
        options: QueryOptions,
        runtime: Handle,
    ) -> Result<Self> {
        let results = folder.join("results");
        std::fs::create_dir_all(&results).map_err(|error| cannot_write(&results, error))?;
        let owner = Owner::enter(&folder.join("owners"))?;
        let database = Database::open(&folder.join("history.sqlite"))?;
        let executions = Self {
            queries: Arc::new(Semaphore::new(options.concurrent.max(1))),
            statements: Arc::new(Semaphore::new(STATEMENTS_AT_ONCE_MAX)),
            options,
            database,
            folder: results,
            owner,
            live: Mutex::default(),
            queued_bytes: AtomicUsize::new(0),
            since_check: AtomicUsize::new(0),
            results_bytes: AtomicU64::new(0),
            runtime,
        };
        executions.end_what_others_left().await?;
        executions.forget().await?;
        Ok(executions)
    }

    /// Ends the executions of processes that are gone.
    async fn end_what_others_left(&self) -> Result<()> {
        for body in self.database.unfinished_executions().await? {
            // One that is damaged stays what it is, and keeps nobody from starting.
            let Ok(execution) = parsed::<Execution>(&body) else { continue };
            if !self.owner.is_alive(&execution.owner) {
                self.interrupted(execution).await?;
            }
        }
        self.owner.clear();
        Ok(())
    }

    /// Ends an execution whose process is gone.
    async fn interrupted(&self, mut execution: Execution) -> Result<Execution> {
        // There is none if it was not begun.
        let _ = std::fs::remove_file(self.unfinished(&execution.id));
        execution.state = ExecutionState::Failed;
        execution.failure = Some(failure::interrupted());
        execution.completed_ms = Some(now_ms());
        self.database.end_execution(&execution.id, None, written(&execution)?).await?;
        Ok(execution)
    }

    /// Forgets what is too old, with its results.
    async fn forget(&self) -> Result<()> {
        for id in self.database.forget_executions(now_ms()).await? {
            // What cannot be taken away is in nobody's way.
            let _ = std::fs::remove_file(self.managed(&id));
        }
        self.clear().await;
        Ok(())
    }

    /// A result was added that takes so many bytes: old ones may have to go.
    pub(crate) async fn has_grown(&self, bytes: u64) {
        let before = self.results_bytes.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > RESULTS_BYTES_MAX {
            self.clear().await;
        }
    }

    async fn clear(&self) {
        let folder = self.folder.clone();
        let cleared = tokio::task::spawn_blocking(move || clear(&folder, RESULTS_BYTES_MAX));
        // What was not cleared now is cleared the next time.
        if let Ok(bytes) = cleared.await {
            self.results_bytes.store(bytes, Ordering::Relaxed);
        }
    }

    /// Takes a job.
    ///
    /// # Errors
    ///
    /// Those of the history.
    pub(crate) async fn submit(state: &Arc<State>, job: Job) -> Result<Submitted> {
        let state = Arc::clone(state);
        // A client that goes away meanwhile leaves nothing half done.
        let submitting = tokio::spawn(async move { Self::take(&state, job).await });
        submitting.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the query was not taken").because(error)
        })?
    }

    async fn take(state: &Arc<State>, job: Job) -> Result<Submitted> {
        let executions = &state.executions;
        if let Some(token) = &job.token
            && let Some(known) = executions.database.execution_of(token).await?
        {
            return Ok(Submitted::Known(Box::new(parsed(&known)?)));
        }
        let body = written(&job.execution)?;
        let length = body.len();
        let is_full = executions.lock().len() >= executions.options.queued
            || executions.queued_bytes.load(Ordering::Relaxed) + length > QUEUED_BYTES_MAX;
        if is_full {
            return Ok(Submitted::Full);
        }
        let is_done = job.execution.state.is_final();
        let kept = Kept {
            id: job.execution.id.clone(),
            workgroup: job.execution.workgroup.clone(),
            is_done,
            submitted_ms: job.execution.submitted_ms,
            token: job.token.clone(),
            same: None,
            body,
        };
        if let Some(known) = executions.database.add_execution(kept).await? {
            return Ok(Submitted::Known(Box::new(parsed(&known)?)));
        }
        if !is_done {
            let live = Arc::new(Live::new(job.execution.clone()));
            executions.lock().insert(job.execution.id.clone(), Arc::clone(&live));
            executions.queued_bytes.fetch_add(length, Ordering::Relaxed);
            let state = Arc::clone(state);
            tokio::spawn(async move {
                let id = job.execution.id.clone();
                run::run(&state, &live, job).await;
                state.executions.lock().remove(&id);
                state.executions.queued_bytes.fetch_sub(length, Ordering::Relaxed);
            });
        }
        if executions.since_check.fetch_add(1, Ordering::Relaxed) % HISTORY_CHECKED_EVERY
            == HISTORY_CHECKED_EVERY - 1
        {
            executions.forget().await?;
        }
        Ok(Submitted::New)
    }

    /// The execution with this id, if there is one; one that runs is waited for so long.
    ///
    /// # Errors
    ///
    /// Those of the history.
    pub(crate) async fn execution(&self, id: &str, wait: Duration) -> Result<Option<Execution>> {
        let live = self.lock().get(id).map(Arc::clone);
        if let Some(live) = live {
            live.polled(wait).await;
            return Ok(Some(live.execution()));
        }
        let bodies = self.database.executions(vec![id.to_owned()]).await?;
        let Some(body) = bodies.first() else { return Ok(None) };
        let execution: Execution = parsed(body)?;
        // It may have ended between the two looks.
        let is_gone = !execution.state.is_final()
            && execution.owner != self.owner.name
            && !self.owner.is_alive(&execution.owner);
        Ok(Some(if is_gone { self.interrupted(execution).await? } else { execution }))
    }

    /// The ids of a workgroup's executions, the newest first.
    ///
    /// # Errors
    ///
    /// Those of the history.
    pub(crate) async fn ids(
        &self,
        workgroup: &str,
        before: Option<i64>,
        count: usize,
    ) -> Result<Ids> {
        self.database.execution_ids(workgroup, before, count).await
    }

    /// The newest execution whose result another one may take.
    ///
    /// # Errors
    ///
    /// Those of the history.
    pub(crate) async fn same(&self, same: &str, since_ms: i64) -> Result<Option<Execution>> {
        let body = self.database.same_execution(same, since_ms).await?;
        body.map(|body| parsed(&body)).transpose()
    }

    /// Stops an execution, and waits until it has. One that has ended stays as it is. Gives whether there is one.
    ///
    /// # Errors
    ///
    /// `NotSupported` if another server of this history runs it, and those of the history.
    pub(crate) async fn stop(&self, id: &str) -> Result<bool> {
        let live = self.lock().get(id).map(Arc::clone);
        let Some(live) = live else {
            let known = self.execution(id, Duration::ZERO).await?;
            let elsewhere = known
                .as_ref()
                .filter(|known| !known.state.is_final() && known.owner != self.owner.name);
            if elsewhere.is_some() {
                let message = "another server of this data folder runs the query: stop it there";
                return Err(Error::new(ErrorKind::NotSupported, message));
            }
            return Ok(known.is_some());
        };
        live.stop(Stop::Asked);
        live.ended(STOP_TIME).await;
        Ok(true)
    }

    /// Stops everything, because the server ends.
    pub(crate) async fn close(&self) {
        let live: Vec<Arc<Live>> = self.lock().values().map(Arc::clone).collect();
        for live in &live {
            live.stop(Stop::Closing);
        }
        let ended = live.iter().map(|live| live.ended(STOP_TIME));
        futures::future::join_all(ended).await;
    }

    /// Where a result lies that is not in S3.
    pub(crate) fn managed(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// Where a result lies as long as it is written.
    fn unfinished(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.part"))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes the oldest results as long as all of them take more than so many bytes. Gives how many are left.
fn clear(folder: &Path, bytes_max: u64) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let mut results: Vec<(SystemTime, u64, PathBuf)> = (entries.flatten())
        .filter(|entry| entry.path().extension().is_none())
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect();
    results.sort();
    let mut bytes: u64 = results.iter().map(|(_, length, _)| length).sum();
    for (_, length, path) in results {
        if bytes <= bytes_max {
            break;
        }
        // Another server of the same folder may have removed it.
        let _ = std::fs::remove_file(path);
        bytes -= length;
    }
    bytes
}

/// The time, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// An execution as it is kept.
fn written(execution: &Execution) -> Result<String> {
    serde_json::to_string(execution).map_err(|error| {
        Error::new(ErrorKind::Internal, "an execution cannot be written").because(error)
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn the_oldest_results_go_first() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, age_s) in [("new", 1), ("old", 100), ("older", 200), ("running.part", 300)] {
            let path = folder.path().join(name);
            std::fs::write(&path, [0; 10]).expect("it is written");
            let file = File::options().write(true).open(&path).expect("it is there");
            file.set_modified(SystemTime::now() - Duration::from_secs(age_s)).expect("a time");
        }
        let left = || {
            let entries = std::fs::read_dir(folder.path()).expect("a folder").flatten();
            let mut names: Vec<_> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        clear(folder.path(), 30);
        assert_eq!(left(), ["new", "old", "older", "running.part"]);
        clear(folder.path(), 25);
        assert_eq!(left(), ["new", "old", "running.part"]);
        clear(folder.path(), 0);
        assert_eq!(left(), ["running.part"]);
    }
}

//! The server's own database: the history of queries, workgroups and named queries, in a file that outlives it.

use std::error::Error as StdError;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use floodmark_engine::{Error, ErrorKind, Result};
use rusqlite::TransactionBehavior::Immediate;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::limits::{DATABASE_WAIT_MAX, HISTORY_AGE_MAX, HISTORY_QUERIES_MAX};

/// How the file got its layout, step by step. A step that was published stays as it is.
const STEPS: &[&str] = &["
    CREATE TABLE executions (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        workgroup TEXT NOT NULL,
        is_done INTEGER NOT NULL,
        submitted_ms INTEGER NOT NULL,
        token TEXT UNIQUE,
        same TEXT,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX executions_of_a_workgroup ON executions (workgroup, number);
    CREATE INDEX executions_that_are_the_same ON executions (same, number) WHERE same IS NOT NULL;
    CREATE INDEX executions_that_run ON executions (is_done) WHERE is_done = 0;
    CREATE TABLE entries (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, name)
    ) STRICT, WITHOUT ROWID;
"];

/// A database. A copy is the same one.
#[derive(Clone, Debug)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

/// An execution as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) workgroup: String,
    pub(crate) is_done: bool,
    pub(crate) submitted_ms: i64,
    /// By which its client knows the request, if it sends it again.
    pub(crate) token: Option<String>,
    /// What another execution must have too so that it may take this one's result; None if none may.
    pub(crate) same: Option<String>,
    pub(crate) body: String,
}

/// A page of ids, the newest first.
#[derive(Debug)]
pub(crate) struct Ids {
    pub(crate) ids: Vec<String>,
    /// The number of the last one, if there are more.
    pub(crate) next: Option<i64>,
}

impl Database {
    /// Opens the file, or makes it. Only its user may read it.
    ///
    /// # Errors
    ///
    /// `Unavailable` if it cannot be opened, is damaged, or was written by a newer program.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut gone: usize = 0;
        let mut opened = || -> Result<Connection, Box<dyn StdError + Send + Sync>> {
            let _alone = alone(path)?;
            let mut connection = Connection::open(path)?;
            connection.busy_timeout(DATABASE_WAIT_MAX)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            let transaction = connection.transaction_with_behavior(Immediate)?;
            gone = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            for step in STEPS.iter().skip(gone) {
                transaction.execute_batch(step)?;
            }
            if gone <= STEPS.len() {
                transaction.pragma_update(None, "user_version", STEPS.len())?;
            }
            transaction.commit()?;
            Ok(connection)
        };
        let connection = opened().map_err(|error| {
            let message = format!("cannot open the history `{}`: {error}", path.display());
            Error::new(ErrorKind::Unavailable, message)
                .hint("if it is damaged, move it away: a new one is made, without the queries, workgroups and named queries of this one")
                .because(error)
        })?;
        if gone > STEPS.len() {
            let message = format!("a newer Floodmark has written the history `{}`", path.display());
            return Err(Error::new(ErrorKind::NotSupported, message)
                .hint("use that one, or another data folder with `--home`"));
        }
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Reads or writes beside the threads that answer.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let database = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&mut database.lock()));
        match done.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                let message = format!("the history cannot be used: {error}");
                Err(Error::new(ErrorKind::Unavailable, message).because(error))
            }
            Err(error) => {
                Err(Error::new(ErrorKind::Internal, "the history was not asked").because(error))
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        // A panic in a transaction has undone it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a new execution. Gives the body of the one that has its token already, and changes nothing then.
    pub(crate) async fn add_execution(&self, kept: Kept) -> Result<Option<String>> {
        self.run(move |connection| {
            // One that reads before it writes fails at once if another server wrote meanwhile.
            let transaction = connection.transaction_with_behavior(Immediate)?;
            if let Some(token) = &kept.token {
                let known = transaction
                    .query_row("SELECT body FROM executions WHERE token = ?1", [token], |row| {
                        row.get(0)
                    })
                    .optional()?;
                if known.is_some() {
                    return Ok(known);
                }
            }
            transaction.execute(
                "INSERT INTO executions (id, workgroup, is_done, submitted_ms, token, same, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    kept.id,
                    kept.workgroup,
                    kept.is_done,
                    kept.submitted_ms,
                    kept.token,
                    kept.same,
                    kept.body
                ],
            )?;
            transaction.commit()?;
            Ok(None)
        })
        .await
    }

    /// The body of the execution with this token, if there is one.
    pub(crate) async fn execution_of(&self, token: &str) -> Result<Option<String>> {
        let token = token.to_owned();
        self.run(move |connection| {
            connection
                .query_row("SELECT body FROM executions WHERE token = ?1", [token], |row| {
                    row.get(0)
                })
                .optional()
        })
        .await
    }

    /// Keeps how an execution ended. What is `same` may be taken by others from now on.
    pub(crate) async fn end_execution(
        &self,
        id: &str,
        same: Option<String>,
        body: String,
    ) -> Result<()> {
        let id = id.to_owned();
        self.run(move |connection| {
            connection.execute(
                "UPDATE executions SET is_done = 1, same = ?2, body = ?3 WHERE id = ?1",
                params![id, same, body],
            )?;
            Ok(())
        })
        .await
    }

    /// The bodies of these executions, those that are known.
    pub(crate) async fn executions(&self, ids: Vec<String>) -> Result<Vec<String>> {
        self.run(move |connection| {
            let mut select =
                connection.prepare_cached("SELECT body FROM executions WHERE id = ?1")?;
            let mut bodies = Vec::with_capacity(ids.len());
            for id in ids {
                bodies.extend(select.query_row([id], |row| row.get(0)).optional()?);
            }
            Ok(bodies)
        })
        .await
    }

    /// The ids of a workgroup's executions, the newest first, of those before `before`.
    pub(crate) async fn execution_ids(
        &self,
        workgroup: &str,
        before: Option<i64>,
        count: usize,
    ) -> Result<Ids> {
        let workgroup = workgroup.to_owned();
        self.run(move |connection| {
            let mut select = connection.prepare_cached(
                "SELECT number, id FROM executions WHERE workgroup = ?1 AND number < ?2
                 ORDER BY number DESC LIMIT ?3",
            )?;
            let before = before.unwrap_or(i64::MAX);
            let rows: Vec<(i64, String)> = select
                .query_map(params![workgroup, before, count + 1], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            let next = if rows.len() > count && count > 0 { Some(rows[count - 1].0) } else { None };
            let ids = rows.into_iter().take(count).map(|(_, id)| id).collect();
            Ok(Ids { ids, next })
        })
        .await
    }

    /// The body of the newest execution that is the same and was submitted at that moment or later.
    pub(crate) async fn same_execution(&self, same: &str, since_ms: i64) -> Result<Option<String>> {
        let same = same.to_owned();
        self.run(move |connection| {
            connection
                .query_row(
                    "SELECT body FROM executions WHERE same = ?1 AND is_done = 1 AND submitted_ms >= ?2
                     ORDER BY number DESC LIMIT 1",
                    params![same, since_ms],
                    |row| row.get(0),
                )
                .optional()
        })
        .await
    }

    /// The bodies of executions that have not ended.
    pub(crate) async fn unfinished_executions(&self) -> Result<Vec<String>> {
        self.run(|connection| {
            let mut select = connection.prepare("SELECT body FROM executions WHERE is_done = 0")?;
            select.query_map([], |row| row.get(0))?.collect()
        })
        .await
    }

    /// Forgets executions that are too old or too many. Gives their ids.
    pub(crate) async fn forget_executions(&self, now_ms: i64) -> Result<Vec<String>> {
        let since = now_ms - i64::try_from(HISTORY_AGE_MAX.as_millis()).unwrap_or(i64::MAX);
        self.run(move |connection| {
            let mut delete = connection.prepare(
                "DELETE FROM executions WHERE is_done = 1 AND (submitted_ms < ?1 OR number <=
                     (SELECT coalesce(max(number), 0) - ?2 FROM executions)) RETURNING id",
            )?;
            delete.query_map(params![since, HISTORY_QUERIES_MAX], |row| row.get(0))?.collect()
        })
        .await
    }

    /// Keeps an entry under its name, in place of the one that is there.
    pub(crate) async fn put<T: Serialize>(&self, kind: &str, name: &str, entry: &T) -> Result<()> {
        let body = written(entry)?;
        let (kind, name) = (kind.to_owned(), name.to_owned());
        self.run(move |connection| {
            connection.execute(
                "INSERT OR REPLACE INTO entries (kind, name, body) VALUES (?1, ?2, ?3)",
                [kind, name, body],
            )?;
            Ok(())
        })
        .await
    }

    /// Gives an entry another body, made of the one that it has: nobody changes it in between. Gives what kept it from that.
    pub(crate) async fn change<T, E>(
        &self,
        kind: &str,
        name: &str,
        change: impl FnOnce(Option<T>) -> Result<T, E> + Send + 'static,
    ) -> Result<Result<(), E>>
    where
        T: Serialize + DeserializeOwned,
        E: Send + 'static,
    {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        let changed = self.run(move |connection| {
            let transaction = connection.transaction_with_behavior(Immediate)?;
            let known: Option<String> = transaction
                .query_row(
                    "SELECT body FROM entries WHERE kind = ?1 AND name = ?2",
                    [&kind, &name],
                    |row| row.get(0),
                )
                .optional()?;
            let known = match known.map(|body| parsed(&body)).transpose() {
                Ok(known) => known,
                Err(error) => return Ok(Err(error)),
            };
            let entry = match change(known) {
                Ok(entry) => entry,
                Err(refusal) => return Ok(Ok(Err(refusal))),
            };
            let body = match written(&entry) {
                Ok(body) => body,
                Err(error) => return Ok(Err(error)),
            };
            transaction.execute(
                "INSERT OR REPLACE INTO entries (kind, name, body) VALUES (?1, ?2, ?3)",
                [&kind, &name, &body],
            )?;
            transaction.commit()?;
            Ok(Ok(Ok(())))
        });
        changed.await?
    }

    /// The entry with this name, if there is one.
    pub(crate) async fn entry<T: DeserializeOwned>(
        &self,
        kind: &str,
        name: &str,
    ) -> Result<Option<T>> {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        let body: Option<String> = self
            .run(move |connection| {
                connection
                    .query_row(
                        "SELECT body FROM entries WHERE kind = ?1 AND name = ?2",
                        [kind, name],
                        |row| row.get(0),
                    )
                    .optional()
            })
            .await?;
        body.map(|body| parsed(&body)).transpose()
    }

    /// All entries of a kind in the order of their names.
    pub(crate) async fn entries<T: DeserializeOwned>(&self, kind: &str) -> Result<Vec<T>> {
        let kind = kind.to_owned();
        let bodies: Vec<String> = self
            .run(move |connection| {
                let mut select = connection
                    .prepare_cached("SELECT body FROM entries WHERE kind = ?1 ORDER BY name")?;
                select.query_map([kind], |row| row.get(0))?.collect()
            })
            .await?;
        bodies.iter().map(|body| parsed(body)).collect()
    }

    /// Forgets all entries whose names begin with this.
    pub(crate) async fn forget_below(&self, kind: &str, prefix: &str) -> Result<()> {
        let (kind, prefix) = (kind.to_owned(), prefix.to_owned());
        self.run(move |connection| {
            connection.execute(
                "DELETE FROM entries WHERE kind = ?1 AND substr(name, 1, length(?2)) = ?2",
                [kind, prefix],
            )?;
            Ok(())
        })
        .await
    }

    /// Forgets an entry. Gives whether there was one.
    pub(crate) async fn forget(&self, kind: &str, name: &str) -> Result<bool> {
        let (kind, name) = (kind.to_owned(), name.to_owned());
        self.run(move |connection| {
            let gone = connection
                .execute("DELETE FROM entries WHERE kind = ?1 AND name = ?2", [kind, name])?;
            Ok(gone > 0)
        })
        .await
    }
}

/// Makes the file if there is none, for its user alone, and keeps other processes from opening it meanwhile: SQLite does not wait for
/// one that lays out a new file.
fn alone(path: &Path) -> io::Result<File> {
    let private = |path: &Path| {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    };
    let lock = private(&path.with_extension("lock"))?;
    lock.lock()?;
    if !path.exists() {
        private(path)?;
    }
    Ok(lock)
}

/// An entry as this database keeps it.
fn written<T: Serialize>(entry: &T) -> Result<String> {
    serde_json::to_string(entry).map_err(|error| {
        Error::new(ErrorKind::Internal, "an entry cannot be written").because(error)
    })
}

/// What a body of this database says.
///
/// # Errors
///
/// `Unavailable` if it is damaged.
pub(crate) fn parsed<T: DeserializeOwned>(body: &str) -> Result<T> {
    serde_json::from_str(body).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "an entry of the history is damaged").because(error)
    })
}

//! What is asked about: one log at some places, narrowed by a condition.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::RecordBatch;
use floodmark_engine::{Error, Metrics, Query, Report, Result, Session, dialect};
use floodmark_formats::{LogType, Table, table};
use floodmark_who::Who;
use futures::StreamExt;

use crate::measure::in_line;
use crate::window::{Window, covered};

/// One log at the places of a session, narrowed by a condition.
#[derive(Debug)]
pub struct Subject<'a> {
    session: &'a Session<'a>,
    table: &'static Arc<Table>,
    /// The table's name in FROM.
    name: String,
    condition: Option<String>,
    asked: Arc<Mutex<Vec<Arc<Metrics>>>>,
}

/// How a subject is chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct SubjectOptions<'a> {
    /// The log's name; None if there is only one.
    pub log: Option<&'a str>,
    /// A condition in SQL that rows must fulfil.
    pub condition: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// Finds the log at the places of a session.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none, or none of that name; `InvalidQuery` if there are several and none was chosen, or if the
    /// condition is no SQL; and the errors of listing.
    pub async fn open(session: &'a Session<'a>, options: SubjectOptions<'_>) -> Result<Self> {
        let table = match options.log {
            Some(log) => table::find(log).ok_or_else(|| {
                let message = format!("there is no log of the name `{log}`");
                Error::not_found(message).hint("`floodmark describe` lists them")
            })?,
            None => table::of(only_log(session).await?),
        };
        let condition = options.condition.map(str::trim).filter(|condition| !condition.is_empty());
        if let Some(condition) = condition {
            dialect::condition(condition)?;
        }
        Ok(Self {
            session,
            table,
            name: session.name_of_log(table).await?,
            condition: condition.map(in_line),
            asked: Arc::default(),
        })
    }

    /// The log's table.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// The log.
    pub fn log_type(&self) -> &'static LogType {
        self.table.log_type
    }

    /// The time of the objects of the log at hand, by their names; None if those do not tell. Nothing is read.
    ///
    /// # Errors
    ///
    /// Those of listing.
    pub async fn held(&self) -> Result<Option<Window>> {
        let summary = self.session.summary().await?;
        let log = summary.logs.iter().find(|log| log.log_type.name == self.log_type().name);
        Ok(log.and_then(|log| Some(Window { start: log.first?, end: log.last? })))
    }

    /// What is known of addresses on this machine.
    pub fn who(&self) -> &Arc<Who> {
        self.session.who()
    }

    /// The table's name, as SQL in FROM.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The condition that rows must fulfil, as it was given.
    pub fn condition(&self) -> Option<&str> {
        self.condition.as_deref()
    }

    /// The same subject, with one more condition. What is asked of either is in the account of both.
    #[must_use]
    pub fn and(&self, condition: &str) -> Self {
        let condition = match &self.condition {
            Some(known) => format!("({known}) AND ({condition})"),
            None => condition.to_owned(),
        };
        Self {
            session: self.session,
            table: self.table,
            name: self.name.clone(),
            condition: Some(condition),
            asked: Arc::clone(&self.asked),
        }
    }

    /// The same subject, with all its rows.
    #[must_use]
    pub(crate) fn without_condition(&self) -> Self {
        Self {
            session: self.session,
            table: self.table,
            name: self.name.clone(),
            condition: None,
            asked: Arc::clone(&self.asked),
        }
    }

    /// `FROM … WHERE …` for the rows in any of the windows; no window means all rows.
    pub fn from(&self, windows: &[Window]) -> String {
        let mut conditions = Vec::new();
        // Only a plain span of time is tested while lines are read.
        match covered(windows).as_slice() {
            [] => {}
            [only] => conditions.push(only.condition("event_time")),
            windows => {
                let any: Vec<_> = (windows.iter())
                    .map(|window| format!("({})", window.condition("event_time")))
                    .collect();
                conditions.push(format!("({})", any.join(" OR ")));
            }
        }
        conditions.extend(self.condition.iter().map(|condition| format!("({condition})")));
        if conditions.is_empty() {
            return format!("FROM {}", self.name);
        }
        format!("FROM {}\nWHERE {}", self.name, conditions.join("\n  AND "))
    }

    /// Begins a query; its rows come while they are taken.
    ///
    /// # Errors
    ///
    /// Those of the engine; `Internal` if the text is not one statement.
    pub async fn query(&self, sql: &str) -> Result<Query> {
        let mut statements = dialect::parse(sql)?;
        let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(Error::invalid_query("one statement is asked at a time"));
        };
        // Planning is a large future, and questions are made of several.
        let query = Box::pin(self.session.query(statement)).await?;
        self.lock().push(Arc::clone(&query.metrics));
        Ok(query)
    }

    /// Asks, and gives all rows. Only for answers that are small.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub async fn ask(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        let mut query = self.query(sql).await?;
        let mut batches = Vec::new();
        while let Some(batch) = query.rows.next().await {
            batches.push(batch?);
        }
        Ok(batches)
    }

    /// The accounts of what was asked so far, a query each, in their order.
    pub fn reports(&self) -> Vec<Report> {
        self.lock().iter().map(|metrics| metrics.report()).collect()
    }

    /// What the latest query does, for those who show progress.
    pub fn latest(&self) -> Option<Arc<Metrics>> {
        self.lock().last().map(Arc::clone)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Metrics>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one log at the places of a session.
async fn only_log(session: &Session<'_>) -> Result<&'static LogType> {
    let summary = session.summary().await?;
    match summary.logs.as_slice() {
        [only] => Ok(only.log_type),
        [] => Err(Error::not_found("no log was found at this place")
            .hint("`floodmark tables --from PATH` shows what lies there")),
        several => {
            let names: Vec<_> =
                several.iter().map(|log| format!("`{}`", log.log_type.name)).collect();
            let message = format!("several logs lie at this place: {}", names.join(", "));
            Err(Error::invalid_query(message)
                .hint(format!("choose one: `--log {}`", several[0].log_type.name)))
        }
    }
}

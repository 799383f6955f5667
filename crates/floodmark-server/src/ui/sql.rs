//! `sql`, `sql/check` and `sql/plan`: statements that a person writes.

use std::sync::Arc;
use std::time::Instant;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Field;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use floodmark_engine::athena::{Texts, column_type};
use floodmark_engine::dialect::{self, Statement};
use floodmark_engine::{Error, ErrorKind, Query, Session, Written};
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use crate::limits::{
    STATEMENT_BYTES_MAX, UI_PROGRESS_EVERY, UI_ROWS_ASKED_MAX, UI_ROWS_BYTES_MAX, UI_ROWS_MAX,
    UI_ROWS_UNASKED_MAX,
};
use crate::state::State;
use crate::ui::Failure;
use crate::ui::account::{account, notes};
use crate::ui::lines::Lines;

/// A statement, and how many of its rows are wanted.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SqlQuestion {
    sql: String,
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    rows_max: Option<usize>,
}

/// What is wrong with a statement.
#[derive(Serialize)]
pub(crate) struct Checked {
    error: Option<Failure>,
}

/// How a statement is run.
#[derive(Serialize)]
pub(crate) struct Plan {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

/// A column of a result.
#[derive(Serialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
}

/// A statement that may write, in a task of its own. Whoever goes away stops it only as long as nothing of it is shown.
struct Apart {
    task: JoinHandle<()>,
    written: Option<Arc<Written>>,
}

impl Drop for Apart {
    fn drop(&mut self) {
        if self.written.as_ref().is_none_or(|written| written.stop()) {
            self.task.abort();
        }
    }
}

/// Answers `sql`.
pub(crate) async fn run(
    state: &Arc<State>,
    question: SqlQuestion,
    lines: &Lines,
) -> Result<(), Failure> {
    let statement = statement(&question.sql)?;
    let rows_max = question.rows_max.unwrap_or(UI_ROWS_UNASKED_MAX).min(UI_ROWS_ASKED_MAX);
    if !statement.is_query() {
        let query = apart(state, question.database, statement).await?;
        return tell_rows(query, rows_max, lines).await;
    }
    let session = session(state, question.database.as_deref()).await?;
    let query = Box::pin(session.query(statement)).await?;
    tell_rows(query, rows_max, lines).await
}

/// Answers `sql/check`: plans a statement, and does not run it.
pub(crate) async fn check(state: &Arc<State>, question: SqlQuestion) -> Result<Checked, Failure> {
    let checked = async {
        let statement = statement(&question.sql)?;
        let session = session(state, question.database.as_deref()).await?;
        Box::pin(session.validate(statement)).await
    };
    Ok(Checked { error: checked.await.err().map(Failure::from) })
}

/// Answers `sql/plan`.
pub(crate) async fn plan(state: &Arc<State>, question: SqlQuestion) -> Result<Plan, Failure> {
    Ok(match Box::pin(plan_text(state, &question)).await {
        Ok(text) => Plan { text: Some(text), error: None },
        Err(failure) => Plan { text: None, error: Some(failure) },
    })
}

async fn plan_text(state: &Arc<State>, question: &SqlQuestion) -> Result<String, Failure> {
    // The statement stands below a line of ours.
    let below = |error: Error| Failure::from(error).below(1);
    statement(&question.sql)?;
    let explained = statement(&format!("EXPLAIN\n{}", question.sql)).map_err(below)?;
    let session = session(state, question.database.as_deref()).await?;
    let mut query = session.query(explained).await.map_err(below)?;
    let mut text = String::new();
    while let Some(batch) = query.rows.next().await {
        let batch = batch.map_err(|error| below(error.into()))?;
        let texts = Texts::new(&batch)?;
        for row in 0..batch.num_rows() {
            texts.append(0, row, &mut text);
            text.push('\n');
        }
    }
    Ok(text)
}

/// The one statement of a text.
///
/// # Errors
///
/// `InvalidQuery` if it is none, or several; `LimitReached` if it is too long.
pub(crate) fn statement(sql: &str) -> Result<Statement, Error> {
    if sql.len() > STATEMENT_BYTES_MAX {
        let message = format!("a statement has at most {STATEMENT_BYTES_MAX} bytes, as in Athena");
        return Err(Error::new(ErrorKind::LimitReached, message));
    }
    let mut statements = dialect::parse(sql)?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        (None, _) => Err(Error::invalid_query("there is no SQL to run")),
        (Some(_), false) => Err(Error::invalid_query("one statement is run at a time")
            .hint("select the one that is meant, or run them one after the other")),
    }
}

/// A session in a database; none or an empty name is the usual one.
///
/// # Errors
///
/// `NotFound` if there is no such database.
pub(crate) async fn session<'a>(
    state: &'a Arc<State>,
    database: Option<&str>,
) -> Result<Session<'a>, Error> {
    let session = state.session().await?;
    match database.filter(|database| !database.is_empty()) {
        Some(database) => session.in_database(database).await,
        None => Ok(session),
    }
}

/// Runs a statement that is no plain query.
async fn apart(
    state: &Arc<State>,
    database: Option<String>,
    statement: Statement,
) -> Result<Query, Failure> {
    let (head, begun) = oneshot::channel();
    let (sender, receiver) = mpsc::channel(1);
    let own = Arc::clone(state);
    let task = tokio::spawn(async move {
        let asked = async {
            let mut session = session(&own, database.as_deref()).await?;
            if let Some(tables) = own.results.address(&format!("tables/{}/", Uuid::new_v4())) {
                session = session.with_tables_location(&tables);
            }
            Box::pin(session.query(statement)).await
        };
        // Whoever asked may have gone, and a statement that writes goes on.
        match asked.await {
            Err(error) => drop(head.send(Err(error))),
            Ok(Query { schema, mut rows, metrics, notes, written }) => {
                drop(head.send(Ok((schema, metrics, notes, written))));
                while let Some(batch) = rows.next().await {
                    drop(sender.send(batch).await);
                }
            }
        }
    });
    let mut apart = Apart { task, written: None };
    let begun = begun.await.map_err(|_| Failure::defect())?;
    let (schema, metrics, notes, written) = begun?;
    apart.written = Some(Arc::clone(&written));
    let rows = stream::unfold((receiver, apart), |(mut receiver, apart)| async move {
        receiver.recv().await.map(|batch| (batch, (receiver, apart)))
    });
    let rows = Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&schema), rows));
    Ok(Query { schema, rows, metrics, notes, written })
}

/// Hands the rows of a query on, and what became of what was read.
async fn tell_rows(mut query: Query, rows_max: usize, lines: &Lines) -> Result<(), Failure> {
    let columns: Vec<Column> = query.schema.fields().iter().map(|field| column(field)).collect();
    lines.tell(&json!({ "columns": columns })).await;
    let mut told_last = Instant::now();
    let (mut told, mut is_cut) = (0, false);
    while !is_cut {
        let next = timeout(UI_PROGRESS_EVERY, query.rows.next()).await;
        if told_last.elapsed() >= UI_PROGRESS_EVERY {
            told_last = Instant::now();
            lines.progress(&query.metrics).await;
        }
        let batch = match next {
            Err(_) => continue,
            Ok(None) => break,
            Ok(Some(batch)) => batch.map_err(Error::from)?,
        };
        let room = rows_max - told;
        is_cut = batch.num_rows() > room;
        let rows = batch.num_rows().min(room);
        told += rows;
        for part in parts(&batch, rows)? {
            lines.tell(&json!({ "rows": part })).await;
        }
    }
    let (metrics, written) = (Arc::clone(&query.metrics), Arc::clone(&query.written));
    let mut said = std::mem::take(&mut query.notes);
    // Whoever still reads stops now, and has entered what it read in the account.
    drop(query);
    let report = metrics.report();
    said.extend(notes(&report));
    said.extend(written.rows().map(|rows| format!("{rows} rows were written")));
    let end = json!({
        "rows": told,
        "is_cut": is_cut,
        "seconds": lines.seconds(),
        "account": account(&report),
        "notes": said,
    });
    lines.tell(&json!({ "end": end })).await;
    Ok(())
}

/// The first rows of a batch, in parts of bounded size.
fn parts(batch: &RecordBatch, rows: usize) -> Result<Vec<Vec<Vec<Option<String>>>>, Error> {
    let texts = Texts::new(batch)?;
    let mut parts = Vec::new();
    let mut part: Vec<Vec<Option<String>>> = Vec::new();
    let mut bytes = 0;
    for row in 0..rows {
        let values: Vec<_> =
            (0..batch.num_columns()).map(|column| texts.text(column, row)).collect();
        bytes += values.iter().flatten().map(String::len).sum::<usize>();
        part.push(values);
        if part.len() >= UI_ROWS_MAX || bytes >= UI_ROWS_BYTES_MAX {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}

/// A column with its type in Athena's words.
fn column(field: &Field) -> Column {
    let known = column_type(field);
    let type_name = match (known.length, known.decimal) {
        (Some(length), _) => format!("{}({length})", known.name),
        (None, Some((precision, scale))) => format!("{}({precision},{scale})", known.name),
        (None, None) => known.name.to_owned(),
    };
    Column { name: field.name().clone(), type_name }
}

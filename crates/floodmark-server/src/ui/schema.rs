//! `schema`: what an editor completes.

use std::collections::HashMap;
use std::sync::Arc;

use floodmark_engine::athena::Texts;
use floodmark_engine::catalog::{ColumnDefinition, LOGS, Relation};
use floodmark_engine::{Session, dialect};
use floodmark_formats::table;
use futures::StreamExt;
use serde::Serialize;

use crate::limits::UI_TABLES_MAX;
use crate::state::State;
use crate::ui::Failure;
use crate::ui::api::Asked;
use crate::ui::sql::statement;

/// The names that SQL can say.
#[derive(Serialize)]
pub(crate) struct Schema {
    database: String,
    databases: Vec<Database>,
    functions: Vec<Function>,
    keywords: &'static [&'static str],
}

#[derive(Serialize)]
struct Database {
    name: String,
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    name: String,
    kind: &'static str,
    columns: Vec<Column>,
}

#[derive(Serialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    type_name: String,
    about: String,
}

#[derive(Serialize)]
struct Function {
    name: String,
    kind: String,
    about: String,
}

/// Answers `schema`.
pub(crate) async fn schema(state: &Arc<State>, _asked: &Asked) -> Result<Schema, Failure> {
    let session = state.session().await?;
    let mut room = UI_TABLES_MAX;
    let mut databases = Vec::new();
    for database in session.databases().await? {
        // A database that cannot be read is completed by its name alone; a statement that asks it says why.
        let mut notes = Vec::new();
        let relations = session.listed_relations(&database.name, &mut notes).await;
        let relations = relations.unwrap_or_default();
        let tables = relations.into_iter().take(room).map(|it| told(&database.name, it));
        let tables: Vec<Table> = tables.collect();
        room -= tables.len();
        databases.push(Database { name: database.name, tables });
    }
    Ok(Schema {
        database: session.database().to_owned(),
        databases,
        functions: functions(&session).await?,
        keywords: dialect::KEYWORDS,
    })
}

fn told(database: &str, relation: Relation) -> Table {
    let is_log = database == LOGS;
    let log = if is_log { table::find(relation.name()) } else { None };
    let meanings: HashMap<&str, &str> = (log.into_iter())
        .flat_map(|table| table.columns.iter().map(|column| column.column))
        .map(|column| (column.name, column.meaning))
        .collect();
    let column = |column: ColumnDefinition| {
        let meaning = meanings.get(column.name.as_str()).map(|meaning| (*meaning).to_owned());
        Column {
            about: column.comment.or(meaning).unwrap_or_default(),
            name: column.name,
            type_name: column.hive_type,
        }
    };
    match relation {
        Relation::Table(table) => Table {
            name: table.name,
            kind: if is_log { "log" } else { "table" },
            columns: table.columns.into_iter().chain(table.partition_keys).map(column).collect(),
        },
        Relation::View(view) => Table {
            name: view.name,
            kind: "view",
            columns: (view.columns.into_iter())
                .map(|(name, type_name)| Column { name, type_name, about: String::new() })
                .collect(),
        },
    }
}

/// The functions that the engine knows, by what it says of them itself.
async fn functions(session: &Session<'_>) -> Result<Vec<Function>, Failure> {
    let mut query = Box::pin(session.query(statement("SHOW FUNCTIONS")?)).await?;
    let mut functions = Vec::new();
    while let Some(batch) = query.rows.next().await {
        let batch = batch.map_err(floodmark_engine::Error::from)?;
        let texts = Texts::new(&batch)?;
        for row in 0..batch.num_rows() {
            let (Some(name), Some(kind)) = (texts.text(0, row), texts.text(1, row)) else {
                continue;
            };
            functions.push(Function { name, kind, about: String::new() });
        }
    }
    Ok(functions)
}

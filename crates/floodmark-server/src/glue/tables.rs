//! Glue's actions on tables and views.

use std::sync::Arc;

use floodmark_engine::Session;
use floodmark_engine::catalog::{GlueMembers, IfExists, IfMissing, Relation};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::glue::{
    Named, change, check_parameters, check_storage, detail, invalid, name, now_s, page_size,
    session, tags,
};
use crate::json::Answer;
use crate::limits::GLUE_PAGE_MAX;
use crate::page;
use crate::state::State;
use crate::sts::ACCOUNT;

/// The version of every table: earlier ones are not kept.
pub(super) const VERSION: &str = "0";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfTable {
    database_name: Option<String>,
    name: Option<String>,
    table_input: GlueMembers,
    open_table_format_input: Option<Value>,
    update_open_table_format_input: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfTables {
    database_name: Option<String>,
    expression: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfSeveral {
    database_name: Option<String>,
    tables_to_delete: Vec<String>,
}

/// `GetTable`.
pub(super) async fn get_table(state: &Arc<State>, input: OfTable) -> Answer<Value> {
    let session = session(state).await?;
    let relation =
        relation_of(&session, input.database_name.as_deref(), input.name.as_deref()).await?;
    Ok(json!({ "Table": written(&relation) }))
}

/// `GetTables`.
pub(super) async fn get_tables(state: &Arc<State>, input: OfTables) -> Answer<Value> {
    let database = name(input.database_name.as_deref(), "databaseName")?;
    let named = Named { database: &database, table: "" };
    let expression = input.expression.unwrap_or_default();
    let pattern = match expression.as_str() {
        "" => None,
        text => Some(page::name_pattern(text).ok_or_else(|| {
            invalid(format!("'{}' is no regular expression", page::shortened(text)))
        })?),
    };
    let scope = ["GetTables", &database, &expression];
    let after: Option<String> = page::after(&scope, input.next_token.as_deref())?;
    let size = page_size(input.max_results, GLUE_PAGE_MAX)?;
    let session = session(state).await?;
    let relations = session.relations(&database).await.map_err(|error| named.fault(&error))?;
    let relations = relations.into_iter();
    let chosen = relations.filter(|relation| {
        pattern.as_ref().is_none_or(|pattern| pattern.is_match(relation.name()))
    });
    let of = |relation: &Relation| relation.name().to_owned();
    let (relations, last) = page::of(chosen.collect(), of, after.as_deref(), size);
    let token = last.map(|last| page::token(&scope, last));
    Ok(page::answer("TableList", relations.iter().map(written).collect(), token))
}

/// `CreateTable`.
pub(super) async fn create_table(state: &Arc<State>, input: OfTable) -> Answer<Value> {
    let database = name(input.database_name.as_deref(), "databaseName")?;
    let mut relation = relation_in(&input, &database)?;
    match &mut relation {
        Relation::Table(table) => table.created_s = now_s(),
        Relation::View(view) => view.created_s = now_s(),
    }
    let key = relation.name().to_owned();
    let named = Named { database: &database, table: &key };
    let session = session(state).await?;
    change(&session, named, move |local| match &relation {
        Relation::Table(table) => local.create_table(table, IfExists::Fail),
        Relation::View(view) => local.create_view(view, IfExists::Fail),
    })
    .await?;
    Ok(json!({}))
}

/// `UpdateTable`: all that is not said is gone, but for the table's partitions.
pub(super) async fn update_table(state: &Arc<State>, input: OfTable) -> Answer<Value> {
    let database = name(input.database_name.as_deref(), "databaseName")?;
    let mut relation = relation_in(&input, &database)?;
    match &mut relation {
        Relation::Table(table) => table.updated_s = now_s(),
        Relation::View(view) => view.updated_s = now_s(),
    }
    let key = relation.name().to_owned();
    let named = Named { database: &database, table: &key };
    let session = session(state).await?;
    change(&session, named, move |local| local.replace_relation(&relation)).await?;
    Ok(json!({}))
}

/// `DeleteTable`.
pub(super) async fn delete_table(state: &Arc<State>, input: OfTable) -> Answer<Value> {
    let session = session(state).await?;
    let database = name(input.database_name.as_deref(), "databaseName")?;
    let table = name(input.name.as_deref(), "name")?;
    delete(state, &session, Named { database: &database, table: &table }).await?;
    Ok(json!({}))
}

/// `BatchDeleteTable`.
pub(super) async fn batch_delete_table(state: &Arc<State>, input: OfSeveral) -> Answer<Value> {
    let session = session(state).await?;
    let database = name(input.database_name.as_deref(), "databaseName")?;
    let mut errors = Vec::new();
    for table in &input.tables_to_delete {
        let deleted = match name(table.as_str(), "tablesToDelete") {
            Ok(table) => {
                delete(state, &session, Named { database: &database, table: &table }).await
            }
            Err(fault) => Err(fault),
        };
        if let Err(fault) = deleted {
            errors.push(json!({ "TableName": table, "ErrorDetail": detail(&fault) }));
        }
    }
    Ok(json!({ "Errors": errors }))
}

/// Drops a table with its tags.
async fn delete(state: &State, session: &Session<'_>, named: Named<'_>) -> Answer<()> {
    let (of, what) = (named.database.to_owned(), named.table.to_owned());
    change(session, named, move |local| {
        if local.database(&of)?.is_none() {
            // Says that it is the database that is missing.
            local.relations(&of)?;
        }
        local.drop_relation(&of, &what, IfMissing::Fail)
    })
    .await?;
    tags::forget_of_table(state, named).await
}

/// The table or view with this name.
pub(super) async fn relation_of(
    session: &Session<'_>,
    database: Option<&str>,
    table: Option<&str>,
) -> Answer<Relation> {
    let (database, table) = (name(database, "databaseName")?, name(table, "name")?);
    let named = Named { database: &database, table: &table };
    let found = session.named_relation(&database, &table).await;
    if let Some(relation) = found.map_err(|error| named.fault(&error))? {
        return Ok(relation);
    }
    let database = session.named_database(&database).await.map_err(|error| named.fault(&error))?;
    Err(if database.is_none() { named.no_database() } else { named.no_table() })
}

fn relation_in(input: &OfTable, database: &str) -> Answer<Relation> {
    if input.open_table_format_input.is_some() || input.update_open_table_format_input.is_some() {
        return Err(invalid("OpenTableFormatInput is not supported by Floodmark"));
    }
    check_parameters(&input.table_input)?;
    check_storage(&input.table_input)?;
    let given = input.table_input.get("Name").and_then(Value::as_str);
    let name = name(given, "tableInput.name")?;
    let named = Named { database, table: &name };
    Relation::of_glue(database, &input.table_input).map_err(|error| named.fault(&error))
}

/// A table or view in Glue's JSON.
pub(super) fn written(relation: &Relation) -> Value {
    let mut members = relation.to_glue();
    members.insert("CatalogId".to_owned(), json!(ACCOUNT));
    members.insert("CreatedBy".to_owned(), json!(format!("arn:aws:iam::{ACCOUNT}:root")));
    members.insert("IsRegisteredWithLakeFormation".to_owned(), json!(false));
    members.insert("VersionId".to_owned(), json!(VERSION));
    Value::Object(members)
}

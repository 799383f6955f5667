//! Glue's actions on databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodmark_engine::catalog::{Contents, Database, GlueMembers, IfExists, IfMissing};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::glue::{
    Named, change, check_parameters, check_place, invalid, name, now_s, page_size, session, tags,
};
use crate::json::Answer;
use crate::limits::GLUE_PAGE_MAX;
use crate::page;
use crate::state::State;
use crate::sts::ACCOUNT;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfDatabase {
    name: Option<String>,
    database_input: GlueMembers,
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfDatabases {
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `GetDatabase`.
pub(super) async fn get_database(state: &Arc<State>, input: OfDatabase) -> Answer<Value> {
    let name = name(input.name.as_deref(), "name")?;
    let named = Named { database: &name, table: "" };
    let session = session(state).await?;
    let database = session.named_database(&name).await.map_err(|error| named.fault(&error))?;
    let database = database.ok_or_else(|| named.no_database())?;
    Ok(json!({ "Database": written(&database) }))
}

/// `GetDatabases`.
pub(super) async fn get_databases(state: &Arc<State>, input: OfDatabases) -> Answer<Value> {
    let scope = ["GetDatabases"];
    let after: Option<String> = page::after(&scope, input.next_token.as_deref())?;
    let size = page_size(input.max_results, GLUE_PAGE_MAX)?;
    let databases = session(state).await?.databases().await;
    let databases = databases.map_err(|error| Named::default().fault(&error))?;
    let of = |database: &Database| database.name.clone();
    let (databases, last) = page::of(databases, of, after.as_deref(), size);
    let token = last.map(|last| page::token(&scope, last));
    Ok(page::answer("DatabaseList", databases.iter().map(written).collect(), token))
}

/// `CreateDatabase`.
pub(super) async fn create_database(state: &Arc<State>, input: OfDatabase) -> Answer<Value> {
    let mut database = database_of(&input)?;
    database.created_s = now_s();
    let key = database.name.clone();
    let named = Named { database: &key, table: "" };
    tags::check_count(&input.tags)?;
    let session = session(state).await?;
    change(&session, named, move |local| local.create_database(&database, IfExists::Fail)).await?;
    tags::put_on_database(state, &key, input.tags).await?;
    Ok(json!({}))
}

/// `UpdateDatabase`.
pub(super) async fn update_database(state: &Arc<State>, input: OfDatabase) -> Answer<Value> {
    let key = name(input.name.as_deref(), "name")?;
    let database = database_of(&input)?;
    if database.name != key {
        return Err(invalid("the name of a database cannot be changed"));
    }
    let named = Named { database: &key, table: "" };
    let session = session(state).await?;
    change(&session, named, move |local| {
        local.change_database(&database.name.clone(), |known| {
            *known = Database { created_s: known.created_s, ..database };
            Ok(())
        })
    })
    .await?;
    Ok(json!({}))
}

/// `DeleteDatabase`: its tables go with it.
pub(super) async fn delete_database(state: &Arc<State>, input: OfDatabase) -> Answer<Value> {
    let key = name(input.name.as_deref(), "name")?;
    let named = Named { database: &key, table: "" };
    let session = session(state).await?;
    let dropped = key.clone();
    change(&session, named, move |local| {
        local.drop_database(&dropped, Contents::Drop, IfMissing::Fail)
    })
    .await?;
    tags::forget_of_database(state, &key).await?;
    Ok(json!({}))
}

fn database_of(input: &OfDatabase) -> Answer<Database> {
    check_parameters(&input.database_input)?;
    check_place(input.database_input.get("LocationUri"))?;
    let given = input.database_input.get("Name").and_then(Value::as_str);
    let name = name(given, "databaseInput.name")?;
    let named = Named { database: &name, table: "" };
    let mut database =
        Database::of_glue(&input.database_input).map_err(|error| named.fault(&error))?;
    database.name.clone_from(&name);
    Ok(database)
}

fn written(database: &Database) -> Value {
    let mut members = database.to_glue();
    members.insert("CatalogId".to_owned(), json!(ACCOUNT));
    Value::Object(members)
}

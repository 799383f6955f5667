//! Athena's actions on databases and tables.

use std::sync::Arc;

use floodmark_engine::catalog::{Database, Relation};
use floodmark_engine::{Error, ErrorKind, Session};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::athena::catalogs::check_catalog;
use crate::athena::invalid_input;
use crate::athena::wire::{count, malformed_token};
use crate::json::{Answer, Fault};
use crate::limits::METADATA_PAGE_MAX;
use crate::page::{self, MalformedToken};
use crate::state::State;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfDatabase {
    catalog_name: String,
    database_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfDatabases {
    catalog_name: String,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfTable {
    catalog_name: String,
    database_name: String,
    table_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfTables {
    catalog_name: String,
    database_name: String,
    expression: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// `GetDatabase`.
pub(super) async fn get_database(state: &Arc<State>, input: OfDatabase) -> Answer<Value> {
    check_catalog(&input.catalog_name)?;
    let session = session(state).await?;
    let found = session.named_database(&unquoted(&input.database_name)).await;
    let database = found.map_err(|error| fault(&error))?.ok_or_else(not_found)?;
    Ok(json!({ "Database": written_database(&database) }))
}

/// `ListDatabases`.
pub(super) async fn list_databases(state: &Arc<State>, input: OfDatabases) -> Answer<Value> {
    check_catalog(&input.catalog_name)?;
    let scope = ["ListDatabases"];
    let after: Option<String> =
        page::after(&scope, input.next_token.as_deref()).map_err(malformed)?;
    let size = count(input.max_results, 1, METADATA_PAGE_MAX)?;
    let session = session(state).await?;
    let databases = session.databases().await.map_err(|error| fault(&error))?;
    let of = |database: &Database| database.name.clone();
    let (databases, last) = page::of(databases, of, after.as_deref(), size);
    let token = last.map(|last| page::token(&scope, last));
    Ok(page::answer("DatabaseList", databases.iter().map(written_database).collect(), token))
}

/// `GetTableMetadata`.
pub(super) async fn get_table_metadata(state: &Arc<State>, input: OfTable) -> Answer<Value> {
    check_catalog(&input.catalog_name)?;
    let session = session(state).await?;
    let database = unquoted(&input.database_name);
    let found = session.named_relation(&database, &unquoted(&input.table_name)).await;
    let relation = found.map_err(|error| fault(&error))?.ok_or_else(not_found)?;
    Ok(json!({ "TableMetadata": written_table(&relation) }))
}

/// `ListTableMetadata`.
pub(super) async fn list_table_metadata(state: &Arc<State>, input: OfTables) -> Answer<Value> {
    check_catalog(&input.catalog_name)?;
    let database = unquoted(&input.database_name).to_lowercase();
    let expression = input.expression.unwrap_or_default();
    let pattern = match expression.as_str() {
        "" => None,
        text => Some(page::name_pattern(text).ok_or_else(|| {
            invalid_input(format!("'{}' is no regular expression", page::shortened(text)))
        })?),
    };
    let scope = ["ListTableMetadata", &database, &expression];
    let after: Option<String> =
        page::after(&scope, input.next_token.as_deref()).map_err(malformed)?;
    let size = count(input.max_results, 1, METADATA_PAGE_MAX)?;
    let session = session(state).await?;
    let relations = session.relations(&database).await.map_err(|error| fault(&error))?;
    let chosen = relations.into_iter().filter(|relation| {
        pattern.as_ref().is_none_or(|pattern| pattern.is_match(relation.name()))
    });
    let of = |relation: &Relation| relation.name().to_owned();
    let (relations, last) = page::of(chosen.collect(), of, after.as_deref(), size);
    let token = last.map(|last| page::token(&scope, last));
    Ok(page::answer("TableMetadataList", relations.iter().map(written_table).collect(), token))
}

fn malformed(MalformedToken(token): MalformedToken) -> Fault {
    malformed_token(&page::shortened(&token))
}

async fn session(state: &Arc<State>) -> Answer<Session<'_>> {
    state.session().await.map_err(|error| fault(&error))
}

/// A name without the back-ticks that some clients put around it.
fn unquoted(name: &str) -> String {
    let inner = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
    inner.unwrap_or(name).to_owned()
}

fn written_database(database: &Database) -> Value {
    let mut members = Map::new();
    members.insert("Name".to_owned(), json!(database.name));
    if let Some(comment) = &database.comment {
        members.insert("Description".to_owned(), json!(comment));
    }
    if !database.properties.is_empty() {
        members.insert("Parameters".to_owned(), json!(database.properties));
    }
    Value::Object(members)
}

/// A table or view as Athena gives it: what Glue keeps of its storage stands among the parameters.
fn written_table(relation: &Relation) -> Value {
    let mut glue = relation.to_glue();
    let storage = glue.remove("StorageDescriptor").unwrap_or_default();
    let mut parameters = match glue.remove("Parameters") {
        Some(Value::Object(parameters)) => parameters,
        _ => Map::new(),
    };
    let mut put = |name: &str, value: Option<&Value>| {
        if let Some(text) = value.and_then(Value::as_str) {
            parameters.entry(name).or_insert_with(|| json!(text));
        }
    };
    put("comment", glue.get("Description"));
    let location = storage["Location"].as_str().map(|place| json!(place.trim_end_matches('/')));
    put("location", location.as_ref());
    put("inputformat", storage.get("InputFormat"));
    put("outputformat", storage.get("OutputFormat"));
    let serde = &storage["SerdeInfo"];
    put("serde.serialization.lib", serde.get("SerializationLibrary"));
    for (name, value) in serde["Parameters"].as_object().into_iter().flatten() {
        put(&format!("serde.param.{name}"), Some(value));
    }
    let mut members = Map::new();
    for member in ["Name", "CreateTime", "LastAccessTime", "TableType"] {
        if let Some(value) = glue.remove(member) {
            members.insert(member.to_owned(), value);
        }
    }
    members.insert("Columns".to_owned(), columns(&storage["Columns"]));
    members.insert("PartitionKeys".to_owned(), columns(&glue["PartitionKeys"]));
    members.insert("Parameters".to_owned(), Value::Object(parameters));
    Value::Object(members)
}

/// Columns with the members that Athena gives.
fn columns(of_glue: &Value) -> Value {
    let columns = of_glue.as_array().into_iter().flatten().map(|column| {
        let known = ["Name", "Type", "Comment"].into_iter();
        let known = known.filter_map(|member| Some((member, column.get(member)?.clone())));
        known.map(|(member, value)| (member.to_owned(), value)).collect::<Value>()
    });
    columns.collect()
}

/// What Athena says of an entry that is not in the catalog.
fn not_found() -> Fault {
    let request = Uuid::new_v4();
    Fault::new(
        "MetadataException",
        format!(
            "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: {request}; Proxy: null)"
        ),
    )
}

fn fault(error: &Error) -> Fault {
    match error.kind() {
        ErrorKind::NotFound => not_found(),
        ErrorKind::Internal => Fault::new("InternalServerException", error.to_string()),
        _ => Fault::new("MetadataException", error.to_string()),
    }
}

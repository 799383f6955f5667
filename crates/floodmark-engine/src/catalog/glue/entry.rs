//! The Glue Data Catalog's entries in its JSON, and what they are here.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::catalog::{
    CATALOG, ColumnDefinition, DATABASE, DEFAULT_PARTITION, Database, GlueMembers, Partition,
    Relation, SerdeDefinition, TableDefinition, View, partition_location,
};
use crate::error::{Error, ErrorKind, Result};

type Texts = BTreeMap<String, Option<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DatabaseEntry {
    name: String,
    description: Option<String>,
    location_uri: Option<String>,
    parameters: Option<Texts>,
    create_time: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TableEntry {
    name: String,
    database_name: Option<String>,
    description: Option<String>,
    create_time: Option<f64>,
    update_time: Option<f64>,
    table_type: Option<String>,
    storage_descriptor: Option<StorageEntry>,
    partition_keys: Option<Vec<ColumnEntry>>,
    parameters: Option<Texts>,
    view_original_text: Option<String>,
    target_table: Option<TargetEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StorageEntry {
    columns: Option<Vec<ColumnEntry>>,
    location: Option<String>,
    input_format: Option<String>,
    output_format: Option<String>,
    serde_info: Option<SerdeEntry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SerdeEntry {
    serialization_library: Option<String>,
    parameters: Option<Texts>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ColumnEntry {
    name: String,
    #[serde(rename = "Type")]
    hive_type: Option<String>,
    comment: Option<String>,
}

/// Where a link to another table goes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TargetEntry {
    database_name: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PartitionEntry {
    values: Option<Vec<String>>,
    storage_descriptor: Option<StorageEntry>,
}

/// What a view of Athena's keeps in its text.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct PrestoView {
    original_sql: String,
    #[serde(default, skip_deserializing)]
    catalog: &'static str,
    schema: Option<String>,
    #[serde(default)]
    columns: Vec<PrestoColumn>,
}

#[derive(Debug, Deserialize, Serialize)]
struct PrestoColumn {
    name: String,
    #[serde(rename = "type")]
    trino_type: String,
}

impl DatabaseEntry {
    pub(super) fn database(self) -> Database {
        Database {
            name: self.name.to_lowercase(),
            comment: self.description,
            location: self.location_uri.filter(|location| !location.is_empty()),
            properties: texts(self.parameters),
            created_s: seconds(self.create_time),
            glue: None,
        }
    }
}

impl TableEntry {
    /// The table or the view, to be used in a query.
    pub(super) fn relation(self, database: &str) -> Result<Relation> {
        if let Some(TargetEntry { database_name, name }) = &self.target_table {
            let target = [database_name, name].map(|name| name.as_deref().unwrap_or("?"));
            let message = format!("'{database}.{}' is a link to another table", self.name);
            return Err(Error::new(ErrorKind::NotSupported, message)
                .hint(format!("name the table itself: {}", target.join("."))));
        }
        if !self.is_view() {
            return Ok(Relation::Table(self.table(database)));
        }
        let text = self.view_original_text.as_deref().unwrap_or_default();
        let presto = presto_view(text).ok_or_else(|| {
            let message = format!("the view '{database}.{}' is not in Athena's SQL", self.name);
            Error::new(ErrorKind::NotSupported, message)
                .hint("make it again in Athena with CREATE OR REPLACE VIEW")
        })?;
        Ok(Relation::View(self.view(database, presto)))
    }

    /// The same for a list, in which also what cannot be used has its place.
    pub(super) fn listed(self, database: &str) -> Relation {
        if !self.is_view() {
            return Relation::Table(self.table(database));
        }
        let text = self.view_original_text.clone().unwrap_or_default();
        let presto = presto_view(&text).unwrap_or_else(|| {
            let storage = self.storage_descriptor.as_ref();
            let columns = storage.and_then(|storage| storage.columns.as_ref());
            let columns = columns.into_iter().flatten().map(|column| PrestoColumn {
                name: column.name.clone(),
                trino_type: column.hive_type.clone().unwrap_or_default(),
            });
            PrestoView {
                original_sql: text,
                catalog: CATALOG,
                schema: None,
                columns: columns.collect(),
            }
        });
        Relation::View(self.view(database, presto))
    }

    fn is_view(&self) -> bool {
        self.table_type.as_deref() == Some("VIRTUAL_VIEW")
    }

    fn view(self, database: &str, presto: PrestoView) -> View {
        let columns = presto.columns.into_iter();
        View {
            database: self.database_name.unwrap_or_else(|| database.to_owned()).to_lowercase(),
            name: self.name.to_lowercase(),
            sql: presto.original_sql,
            columns: columns.map(|column| (column.name, column.trino_type)).collect(),
            default_database: presto.schema.unwrap_or_else(|| DATABASE.to_owned()),
            created_s: seconds(self.create_time),
            updated_s: seconds(self.update_time),
            glue: None,
        }
    }

    fn table(self, database: &str) -> TableDefinition {
        let storage = self.storage_descriptor.unwrap_or_default();
        let serde = storage.serde_info.unwrap_or_default();
        TableDefinition {
            database: self.database_name.unwrap_or_else(|| database.to_owned()).to_lowercase(),
            name: self.name.to_lowercase(),
            columns: columns(storage.columns),
            partition_keys: columns(self.partition_keys),
            comment: self.description.filter(|comment| !comment.is_empty()),
            location: storage.location.unwrap_or_default(),
            serde: SerdeDefinition {
                class: serde.serialization_library.unwrap_or_default(),
                properties: texts(serde.parameters),
                input_format: storage.input_format.unwrap_or_default(),
                output_format: storage.output_format.unwrap_or_default(),
            },
            properties: texts(self.parameters),
            created_s: seconds(self.create_time),
            updated_s: seconds(self.update_time),
            glue: Some(GlueMembers::new()),
        }
    }
}

impl PartitionEntry {
    /// The partition, if it has a value for each key.
    pub(super) fn partition(self, table: &TableDefinition) -> Option<Partition> {
        let values = self.values.unwrap_or_default().into_iter();
        let values: Vec<_> =
            values.map(|value| (value != DEFAULT_PARTITION).then_some(value)).collect();
        if values.len() != table.partition_keys.len() {
            return None;
        }
        let location = self.storage_descriptor.and_then(|storage| storage.location);
        let location = location
            .filter(|location| !location.is_empty())
            .unwrap_or_else(|| partition_location(table, &values));
        Some(Partition { values, location })
    }
}

/// The view in the text that Athena writes: `/* Presto View: eyJvcm… */`.
fn presto_view(text: &str) -> Option<PrestoView> {
    let encoded = text.trim().strip_prefix("/* Presto View:")?.strip_suffix("*/")?.trim();
    serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()
}

/// The text of a view as Athena writes it.
pub(super) fn presto_text(view: &View) -> String {
    let column = |(name, trino_type): &(String, String)| PrestoColumn {
        name: name.clone(),
        trino_type: trino_type.clone(),
    };
    let presto = PrestoView {
        original_sql: view.sql.clone(),
        catalog: CATALOG,
        schema: Some(view.default_database.clone()),
        columns: view.columns.iter().map(column).collect(),
    };
    let text = serde_json::to_vec(&presto).expect("texts have a JSON");
    format!("/* Presto View: {} */", STANDARD.encode(text))
}

fn columns(entries: Option<Vec<ColumnEntry>>) -> Vec<ColumnDefinition> {
    let entries = entries.unwrap_or_default().into_iter();
    let column = |entry: ColumnEntry| ColumnDefinition {
        name: entry.name.to_lowercase(),
        // Names of fields keep their case in Glue, and lose it here as all names do.
        hive_type: entry
            .hive_type
            .unwrap_or_else(|| "string".to_owned())
            .to_lowercase()
            .split_whitespace()
            .collect(),
        comment: entry.comment.filter(|comment| !comment.is_empty()),
    };
    entries.map(column).collect()
}

fn texts(texts: Option<Texts>) -> BTreeMap<String, String> {
    let texts = texts.unwrap_or_default().into_iter();
    texts.filter_map(|(name, text)| Some((name, text?))).collect()
}

fn seconds(time: Option<f64>) -> i64 {
    // Glue writes seconds with a fraction.
    time.map_or(0, |time| time as i64)
}

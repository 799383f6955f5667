//! Definitions in the JSON of Glue's API: read from what a client writes, and written for one who reads.
//!
//! Members that SQL uses become the fields of a definition. The others are kept as they are, and go back as they came.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::catalog::glue::entry::{DatabaseEntry, PartitionEntry, TableEntry, presto_text};
use crate::catalog::{
    ColumnDefinition, Database, GlueMembers, Partition, RegisteredPartition, Relation,
    TableDefinition, View,
};
use crate::dialect::ddl::{BUCKET_COLUMNS, BUCKET_COUNT};
use crate::error::{Error, Result};
use crate::execute::{check_values, columns};

/// What a member that SQL does not use consists of.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Number,
    Flag,
    Texts,
    List,
    Members,
}

/// A member that SQL does not use.
type Member = (&'static str, Shape);

const DATABASE: &[Member] =
    &[("CreateTableDefaultPermissions", Shape::List), ("FederatedDatabase", Shape::Members)];

const TABLE: &[Member] = &[
    ("LastAccessTime", Shape::Number),
    ("LastAnalyzedTime", Shape::Number),
    ("Owner", Shape::Text),
    ("Retention", Shape::Number),
    ("TableType", Shape::Text),
    ("ViewDefinition", Shape::Members),
    ("ViewExpandedText", Shape::Text),
    ("ViewOriginalText", Shape::Text),
];

/// What a view keeps besides: SQL knows no more of it than its text.
const VIEW: &[Member] = &[("Description", Shape::Text), ("Parameters", Shape::Texts)];

const STORAGE: &[Member] = &[
    ("AdditionalLocations", Shape::List),
    ("BucketColumns", Shape::List),
    ("Compressed", Shape::Flag),
    ("NumberOfBuckets", Shape::Number),
    ("Parameters", Shape::Texts),
    ("SchemaReference", Shape::Members),
    ("SkewedInfo", Shape::Members),
    ("SortColumns", Shape::List),
    ("StoredAsSubDirectories", Shape::Flag),
];

const VIEW_STORAGE: &[Member] =
    &[("InputFormat", Shape::Text), ("Location", Shape::Text), ("OutputFormat", Shape::Text)];

const SERDE: &[Member] = &[("Name", Shape::Text)];

const VIEW_SERDE: &[Member] =
    &[("Parameters", Shape::Texts), ("SerializationLibrary", Shape::Text)];

const COLUMN: &[Member] = &[("Parameters", Shape::Texts)];

const VIEW_COLUMN: &[Member] = &[("Comment", Shape::Text)];

const PARTITION: &[Member] = &[
    ("LastAccessTime", Shape::Number),
    ("LastAnalyzedTime", Shape::Number),
    ("Parameters", Shape::Texts),
];

/// What a partition says of itself that SQL takes from the table.
const PARTITION_STORAGE: &[Member] = &[
    ("Columns", Shape::List),
    ("InputFormat", Shape::Text),
    ("OutputFormat", Shape::Text),
    ("SerdeInfo", Shape::Members),
];

impl Database {
    /// Reads Glue's `DatabaseInput`.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for members of other types, `NotSupported` for a link to another database.
    pub fn of_glue(input: &GlueMembers) -> Result<Self> {
        no_link(input, "TargetDatabase")?;
        let database: DatabaseEntry = typed("DatabaseInput", input)?;
        let glue = Some(kept(input, &[DATABASE])?);
        Ok(Self { created_s: 0, glue, ..database.database() })
    }

    /// Writes Glue's `Database`, without what is said of the catalog.
    pub fn to_glue(&self) -> GlueMembers {
        let mut members = GlueMembers::new();
        members.insert("Name".to_owned(), json!(self.name));
        put_text(&mut members, "Description", self.comment.as_deref());
        put_text(&mut members, "LocationUri", self.location.as_deref());
        members.insert("Parameters".to_owned(), json!(self.properties));
        put_time(&mut members, "CreateTime", self.created_s);
        merge(&mut members, self.glue.as_ref());
        members
    }
}

impl Relation {
    /// Reads Glue's `TableInput` for a database.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for members of other types, `NotSupported` for a link to another table.
    pub fn of_glue(database: &str, input: &GlueMembers) -> Result<Self> {
        no_link(input, "TargetTable")?;
        let entry: TableEntry = typed("TableInput", input)?;
        Ok(match entry.listed(database) {
            Self::Table(table) => {
                let database = database.to_owned();
                let table = TableDefinition { database, created_s: 0, updated_s: 0, ..table };
                Self::Table(table_of_glue(table, input)?)
            }
            Self::View(view) => {
                let glue = Some(kept_of_table(input, Extent::View)?);
                let database = database.to_owned();
                Self::View(View { database, created_s: 0, updated_s: 0, glue, ..view })
            }
        })
    }

    /// Writes Glue's `Table`, without what is said of the catalog.
    pub fn to_glue(&self) -> GlueMembers {
        let mut members = match self {
            Self::Table(table) => members_of_table(table),
            Self::View(view) => members_of_view(view),
        };
        let glue = match self {
            Self::Table(table) => table.glue.as_ref(),
            Self::View(view) => view.glue.as_ref(),
        };
        let mut glue = glue.cloned().unwrap_or_default();
        if let Some(Value::Object(of_columns)) = glue.remove("Columns") {
            let keys = members.get_mut("PartitionKeys").into_iter();
            let lists = keys.flat_map(Value::as_array_mut).flatten();
            lists.for_each(|column| merge_column(column, &of_columns));
            let columns = members.get_mut("StorageDescriptor").into_iter();
            let columns = columns.flat_map(|storage| storage["Columns"].as_array_mut());
            columns.flatten().for_each(|column| merge_column(column, &of_columns));
        }
        merge(&mut members, Some(&glue));
        members
    }
}

impl RegisteredPartition {
    /// Reads Glue's `PartitionInput` for a table. Where it names no location, the partition lies where Hive puts it.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for members of other types, and for values that do not fit the table's keys.
    pub fn of_glue(table: &TableDefinition, input: &GlueMembers) -> Result<Self> {
        let entry: PartitionEntry = typed("PartitionInput", input)?;
        let partition = entry.partition(table).ok_or_else(|| {
            Error::invalid_query(
                "The number of partition keys do not match the number of partition values",
            )
        })?;
        check_values(table, &partition.values)?;
        let plain = Self { partition, glue: None };
        let mut glue = kept(input, &[PARTITION])?;
        if let Some(storage) = input.get("StorageDescriptor").and_then(Value::as_object) {
            let storage = kept(storage, &[STORAGE, PARTITION_STORAGE])?;
            glue.insert("StorageDescriptor".to_owned(), Value::Object(storage));
        }
        leave_out(&mut glue, &plain.to_glue(table));
        Ok(Self { glue: Some(glue), ..plain })
    }

    /// Writes Glue's `Partition`, without what is said of the catalog. What it does not say of itself is as in its table.
    pub fn to_glue(&self, table: &TableDefinition) -> GlueMembers {
        let Partition { values, location } = &self.partition;
        let values = values.iter().map(|value| {
            value.clone().unwrap_or_else(|| crate::catalog::DEFAULT_PARTITION.to_owned())
        });
        let mut storage = storage_of_table(table);
        put_text(&mut storage, "Location", Some(location));
        let mut members = GlueMembers::new();
        members.insert("Values".to_owned(), values.collect());
        members.insert("DatabaseName".to_owned(), json!(table.database));
        members.insert("TableName".to_owned(), json!(table.name));
        members.insert("StorageDescriptor".to_owned(), Value::Object(storage));
        members.insert("Parameters".to_owned(), json!({}));
        merge(&mut members, self.glue.as_ref());
        members
    }
}

fn table_of_glue(mut table: TableDefinition, input: &GlueMembers) -> Result<TableDefinition> {
    let mut glue = kept_of_table(input, Extent::Table)?;
    // What `CLUSTERED BY` says has its place already.
    if let Some(Value::Object(storage)) = glue.get_mut("StorageDescriptor") {
        let count = storage.get("NumberOfBuckets").and_then(Value::as_i64).unwrap_or_default();
        let columns = storage.get("BucketColumns").and_then(Value::as_array);
        let columns = columns.into_iter().flatten().map(Value::as_str).collect::<Option<Vec<_>>>();
        let columns = columns.filter(|columns| count > 0 && !columns.is_empty());
        if let Some(columns) = columns {
            table.properties.insert(BUCKET_COLUMNS.to_owned(), columns.join(","));
            table.properties.insert(BUCKET_COUNT.to_owned(), count.to_string());
            storage.remove("NumberOfBuckets");
            storage.remove("BucketColumns");
        }
    }
    table.glue = Some(glue);
    Ok(table)
}

fn members_of_table(table: &TableDefinition) -> GlueMembers {
    let mut properties = table.shown_properties();
    properties.remove(BUCKET_COLUMNS);
    properties.remove(BUCKET_COUNT);
    let mut members = GlueMembers::new();
    members.insert("Name".to_owned(), json!(table.name));
    members.insert("DatabaseName".to_owned(), json!(table.database));
    put_text(&mut members, "Description", table.comment.as_deref());
    put_time(&mut members, "CreateTime", table.created_s);
    put_time(&mut members, "UpdateTime", table.updated_s.max(table.created_s));
    members.insert("Retention".to_owned(), json!(0));
    members.insert("StorageDescriptor".to_owned(), Value::Object(storage_of_table(table)));
    members.insert("PartitionKeys".to_owned(), written_columns(&table.partition_keys));
    members.insert("TableType".to_owned(), json!("EXTERNAL_TABLE"));
    members.insert("Parameters".to_owned(), json!(properties));
    members
}

fn members_of_view(view: &View) -> GlueMembers {
    let columns = columns(&Relation::View(view.clone()));
    let mut members = GlueMembers::new();
    members.insert("Name".to_owned(), json!(view.name));
    members.insert("DatabaseName".to_owned(), json!(view.database));
    put_time(&mut members, "CreateTime", view.created_s);
    put_time(&mut members, "UpdateTime", view.updated_s.max(view.created_s));
    members.insert("Retention".to_owned(), json!(0));
    let mut storage = storage(&columns, &BTreeMap::new());
    storage.insert("Location".to_owned(), json!(""));
    members.insert("StorageDescriptor".to_owned(), Value::Object(storage));
    members.insert("PartitionKeys".to_owned(), json!([]));
    members.insert("TableType".to_owned(), json!("VIRTUAL_VIEW"));
    members.insert("ViewOriginalText".to_owned(), json!(presto_text(view)));
    members.insert("ViewExpandedText".to_owned(), json!("/* Presto View */"));
    let parameters = json!({ "comment": "Presto View", "presto_view": "true" });
    members.insert("Parameters".to_owned(), parameters);
    members
}

fn storage_of_table(table: &TableDefinition) -> Map<String, Value> {
    let serde = &table.serde;
    let mut storage = storage(&table.columns, &serde.properties);
    put_text(&mut storage, "Location", Some(&table.location));
    put_text(&mut storage, "InputFormat", Some(&serde.input_format));
    put_text(&mut storage, "OutputFormat", Some(&serde.output_format));
    if !serde.class.is_empty() {
        storage["SerdeInfo"]["SerializationLibrary"] = json!(serde.class);
    }
    let buckets = (table.properties.get(BUCKET_COLUMNS), table.properties.get(BUCKET_COUNT));
    if let (Some(columns), Some(count)) = buckets {
        storage.insert("BucketColumns".to_owned(), columns.split(',').collect());
        let count: i64 = count.parse().unwrap_or_default();
        storage.insert("NumberOfBuckets".to_owned(), json!(count));
    }
    storage
}

/// A storage descriptor of these columns, with what Athena writes where nothing is said.
fn storage(
    columns: &[ColumnDefinition],
    serde_properties: &BTreeMap<String, String>,
) -> Map<String, Value> {
    let storage = json!({
        "Columns": written_columns(columns),
        "Compressed": false,
        "NumberOfBuckets": -1,
        "SerdeInfo": { "Parameters": serde_properties },
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "SkewedInfo": {
            "SkewedColumnNames": [],
            "SkewedColumnValues": [],
            "SkewedColumnValueLocationMaps": {},
        },
        "StoredAsSubDirectories": false,
    });
    match storage {
        Value::Object(storage) => storage,
        _ => Map::new(),
    }
}

fn written_columns(columns: &[ColumnDefinition]) -> Value {
    let columns = columns.iter().map(|column| {
        let mut written = Map::new();
        written.insert("Name".to_owned(), json!(column.name));
        written.insert("Type".to_owned(), json!(column.hive_type));
        put_text(&mut written, "Comment", column.comment.as_deref());
        Value::Object(written)
    });
    columns.collect()
}

/// Adds to a column what is kept of it.
fn merge_column(column: &mut Value, of_columns: &Map<String, Value>) {
    let kept = column["Name"].as_str().and_then(|name| of_columns.get(name)?.as_object());
    if let (Some(kept), Some(column)) = (kept.cloned(), column.as_object_mut()) {
        merge(column, Some(&kept));
    }
}

fn put_text(members: &mut Map<String, Value>, name: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        members.insert(name.to_owned(), json!(text));
    }
}

/// Glue writes moments as seconds with a fraction.
fn put_time(members: &mut Map<String, Value>, name: &str, seconds: i64) {
    if seconds > 0 {
        members.insert(name.to_owned(), json!(seconds as f64));
    }
}

/// Lays kept members over written ones.
fn merge(members: &mut Map<String, Value>, kept: Option<&GlueMembers>) {
    for (name, value) in kept.into_iter().flatten() {
        match (members.get_mut(name), value) {
            (Some(Value::Object(members)), Value::Object(kept)) => merge(members, Some(kept)),
            _ => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Leaves out of kept members what would be written without them.
fn leave_out(kept: &mut Map<String, Value>, written: &Map<String, Value>) {
    kept.retain(|name, value| match (value, written.get(name)) {
        (Value::Object(kept), Some(Value::Object(written))) => {
            leave_out(kept, written);
            !kept.is_empty()
        }
        (value, written) => Some(&*value) != written,
    });
}

/// How much of a table's members SQL does not use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Table,
    View,
}

/// The members of a `TableInput` that SQL does not use.
fn kept_of_table(input: &GlueMembers, extent: Extent) -> Result<GlueMembers> {
    let of_view = |members| if extent == Extent::View { members } else { &[] as &[Member] };
    let mut glue = kept(input, &[TABLE, of_view(VIEW)])?;
    let storage = input.get("StorageDescriptor").and_then(Value::as_object);
    let mut columns = Map::new();
    let of_input = [Some(input), storage].into_iter().flatten();
    for list in of_input.flat_map(|members| [members.get("Columns"), members.get("PartitionKeys")])
    {
        for column in list.and_then(Value::as_array).into_iter().flatten() {
            let Some(column) = column.as_object() else { continue };
            let kept = kept(column, &[COLUMN, of_view(VIEW_COLUMN)])?;
            if let (Some(name), false) = (column.get("Name"), kept.is_empty()) {
                let name = name.as_str().unwrap_or_default().to_lowercase();
                columns.insert(name, Value::Object(kept));
            }
        }
    }
    if !columns.is_empty() {
        glue.insert("Columns".to_owned(), Value::Object(columns));
    }
    if let Some(storage) = storage {
        let mut kept_storage = kept(storage, &[STORAGE, of_view(VIEW_STORAGE)])?;
        if let Some(serde) = storage.get("SerdeInfo").and_then(Value::as_object) {
            let serde = kept(serde, &[SERDE, of_view(VIEW_SERDE)])?;
            if !serde.is_empty() {
                kept_storage.insert("SerdeInfo".to_owned(), Value::Object(serde));
            }
        }
        glue.insert("StorageDescriptor".to_owned(), Value::Object(kept_storage));
    }
    Ok(glue)
}

/// These members, if they have their shapes. Those that nobody knows are not kept.
fn kept(input: &Map<String, Value>, lists: &[&[Member]]) -> Result<GlueMembers> {
    let mut kept = GlueMembers::new();
    for (name, shape) in lists.iter().copied().flatten() {
        let Some(value) = input.get(*name).filter(|value| !value.is_null()) else { continue };
        let value = without_nulls(value.clone());
        let fits = match shape {
            Shape::Text => value.is_string(),
            Shape::Number => value.is_number(),
            Shape::Flag => value.is_boolean(),
            Shape::Texts => {
                value.as_object().is_some_and(|texts| texts.values().all(Value::is_string))
            }
            Shape::List => value.is_array(),
            Shape::Members => value.is_object(),
        };
        if !fits {
            let what = match shape {
                Shape::Text => "a text",
                Shape::Number => "a number",
                Shape::Flag => "true or false",
                Shape::Texts => "texts by their names",
                Shape::List => "a list",
                Shape::Members => "an object",
            };
            return Err(Error::invalid_query(format!("'{name}' must be {what}")));
        }
        kept.insert((*name).to_owned(), value);
    }
    Ok(kept)
}

/// A member that is null is one that is not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => (members.into_iter())
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        other => other,
    }
}

fn typed<T: DeserializeOwned>(what: &str, input: &GlueMembers) -> Result<T> {
    serde_json::from_value(Value::Object(input.clone()))
        .map_err(|error| Error::invalid_query(format!("{what} cannot be read: {error}")))
}

fn no_link(input: &GlueMembers, member: &str) -> Result<()> {
    match input.get(member) {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(Error::invalid_query(format!("{member} is not supported by Floodmark"))
            .hint("name the entry itself instead of a link to it")),
    }
}

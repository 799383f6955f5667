//! What the catalog keeps: databases, tables, partitions, views and prepared statements, in the shape of AWS Glue's catalog.
//!
//! Names of databases, tables and columns are in lower case, as Athena and Glue keep them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dialect::ddl::CREATED;

/// The members of an entry in Glue's JSON that SQL does not use, kept for those who wrote them.
///
/// What SQL uses stands in the fields of the definition, and not here. `Columns` has the columns' own by their names.
pub type GlueMembers = Map<String, Value>;

/// The property that says that dropping a table leaves its files.
const EXTERNAL: &str = "EXTERNAL";

/// A database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where its tables lie that name no location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `DBPROPERTIES`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// When it was made, in seconds since 1970; 0 where nobody noted it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub created_s: i64,
    /// What Glue's API was given besides; None for a database that SQL made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glue: Option<GlueMembers>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// Its type in Hive's words, in lower case without blanks: `bigint`, `array<struct<name:string>>`.
    pub hive_type: String,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// How the rows of a table are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SerdeDefinition {
    /// The Java class of the SerDe, such as `org.apache.hadoop.hive.serde2.RegexSerDe`.
    pub class: String,
    /// `SERDEPROPERTIES`, unescaped. `ROW FORMAT DELIMITED` is written as Hive does: `field.delim`, `escape.delim`,
    /// `collection.delim`, `mapkey.delim`, `line.delim`, `serialization.null.format`, `serialization.format`.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// The Java class of the input format.
    #[serde(default)]
    pub input_format: String,
    /// The Java class of the output format.
    #[serde(default)]
    pub output_format: String,
}

/// An external table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableDefinition {
    /// Its database.
    pub database: String,
    /// Its name.
    pub name: String,
    /// The columns that are written in the files.
    pub columns: Vec<ColumnDefinition>,
    /// The columns that a partition says.
    pub partition_keys: Vec<ColumnDefinition>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where it lies: `s3://bucket/prefix` or a local folder.
    pub location: String,
    /// How its rows are written.
    pub serde: SerdeDefinition,
    /// `TBLPROPERTIES`, unescaped.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub created_s: i64,
    /// When it was last changed, in seconds since 1970; 0 for a table that is as it was made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub updated_s: i64,
    /// What Glue's API was given besides; None for a table that SQL made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glue: Option<GlueMembers>,
}

/// A registered partition of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// The values of the partition keys, in their order; `None` for Hive's default partition.
    pub values: Vec<Option<String>>,
    /// Where it lies.
    pub location: String,
}

/// A registered partition as Glue's API gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredPartition {
    /// What SQL uses of it.
    pub partition: Partition,
    /// What Glue's API was given besides; None for a partition that SQL made.
    pub glue: Option<GlueMembers>,
}

/// A view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Its database.
    pub database: String,
    /// Its name.
    pub name: String,
    /// The query, as it was written.
    pub sql: String,
    /// The columns with their types in Trino's words.
    pub columns: Vec<(String, String)>,
    /// The database that names without one are looked up in.
    pub default_database: String,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub created_s: i64,
    /// When it was last changed, in seconds since 1970; 0 for a view that is as it was made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub updated_s: i64,
    /// What Glue's API was given besides; None for a view that SQL made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glue: Option<GlueMembers>,
}

/// What a name in FROM stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// A table.
    Table(TableDefinition),
    /// A view.
    View(View),
}

impl Relation {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Table(table) => &table.name,
            Self::View(view) => &view.name,
        }
    }
}

impl TableDefinition {
    /// The table's properties as Hive and Glue show them: with those that every table has which SQL made.
    pub(crate) fn shown_properties(&self) -> BTreeMap<String, String> {
        let mut properties = self.properties.clone();
        if self.glue.is_none() {
            properties.insert(EXTERNAL.to_owned(), "TRUE".to_owned());
            if self.created_s > 0 {
                properties.insert(CREATED.to_owned(), self.created_s.to_string());
            }
        }
        properties
    }
}

fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

/// A statement that `PREPARE` keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreparedStatement {
    /// The workgroup that it belongs to.
    pub workgroup: String,
    /// Its name.
    pub name: String,
    /// The statement with its `?`, as it was written.
    pub sql: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was last changed, in seconds since 1970.
    pub modified_s: i64,
}

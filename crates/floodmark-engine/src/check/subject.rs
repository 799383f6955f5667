//! The table that is checked, with what its definition tells.

use std::sync::Arc;

use floodmark_formats::LogType;
use floodmark_formats::athena::{Recognised, Serde, recognise};
use floodmark_formats::hive::HiveTable;

use crate::catalog::{Partition, Projection, TableDefinition};
use crate::dialect::ddl::hive_quoted;
use crate::scan::hive_table;

/// The table that is checked.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) definition: &'a TableDefinition,
    /// How its files are read; None if they cannot be.
    pub(crate) hive: Option<Arc<HiveTable>>,
    /// The log that it is for.
    pub(crate) recognised: Option<Recognised>,
    /// The partitions that its properties say.
    pub(crate) projection: Option<Projection>,
    /// The partitions that are registered, as far as they are looked at.
    pub(crate) partitions: Vec<Partition>,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(definition: &'a TableDefinition, partitions: Vec<Partition>) -> Self {
        let columns: Vec<_> = definition
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.hive_type.as_str()))
            .collect();
        let serde =
            Serde { class: &definition.serde.class, properties: &definition.serde.properties };
        Self {
            definition,
            hive: hive_table(definition).ok().map(Arc::new),
            recognised: recognise(serde, &columns),
            projection: Projection::of(definition).ok().flatten(),
            partitions,
        }
    }

    /// The log that it is for.
    pub(crate) fn log_type(&self) -> Option<&'static LogType> {
        self.recognised.as_ref().map(|recognised| recognised.log_type)
    }

    /// The table's name as statements write it.
    pub(crate) fn name(&self) -> String {
        let name = hive_name(&self.definition.name);
        match self.definition.database.as_str() {
            "" => name,
            database => format!("{}.{name}", hive_name(database)),
        }
    }

    /// The last part of the SerDe's class.
    pub(crate) fn serde(&self) -> &str {
        let class = &self.definition.serde.class;
        class.rsplit('.').next().unwrap_or(class)
    }

    /// A property of the table.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.definition.properties.get(name).map(String::as_str)
    }

    /// The statement that sets properties of the table.
    pub(crate) fn set_properties(&self, properties: &[(&str, &str)]) -> String {
        let properties: Vec<_> = (properties.iter())
            .map(|(name, value)| format!("{} = {}", hive_quoted(name), hive_quoted(value)))
            .collect();
        format!("ALTER TABLE {} SET TBLPROPERTIES ({})", self.name(), properties.join(", "))
    }
}

/// A name as Hive's statements write it.
pub(crate) fn hive_name(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain && name.starts_with(|first: char| first.is_ascii_alphabetic()) && !is_reserved(name) {
        return name.to_owned();
    }
    format!("`{}`", name.replace('`', "``"))
}

/// Whether a column's name is a word of Hive's that needs quotes.
fn is_reserved(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "all",
        "and",
        "array",
        "as",
        "between",
        "by",
        "case",
        "cast",
        "column",
        "create",
        "date",
        "delete",
        "desc",
        "describe",
        "drop",
        "else",
        "end",
        "exists",
        "false",
        "for",
        "from",
        "function",
        "group",
        "having",
        "in",
        "insert",
        "int",
        "interval",
        "into",
        "is",
        "join",
        "like",
        "map",
        "not",
        "null",
        "of",
        "on",
        "or",
        "order",
        "partition",
        "range",
        "row",
        "rows",
        "select",
        "set",
        "table",
        "then",
        "time",
        "timestamp",
        "to",
        "trigger",
        "true",
        "union",
        "update",
        "user",
        "using",
        "values",
        "when",
        "where",
        "with",
    ];
    WORDS.contains(&name.to_ascii_lowercase().as_str())
}

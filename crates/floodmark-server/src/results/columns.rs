//! What results tell of their columns.

use datafusion::arrow::datatypes::{Field, SchemaRef};
use floodmark_engine::athena::{ColumnType, column_type};
use serde::{Deserialize, Serialize};

/// `ColumnInfo` of Athena's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ColumnInfo {
    catalog_name: String,
    schema_name: String,
    table_name: String,
    pub(crate) name: String,
    pub(crate) label: String,
    #[serde(rename = "Type")]
    pub(crate) type_name: String,
    pub(crate) precision: u32,
    pub(crate) scale: i32,
    nullable: String,
    pub(crate) case_sensitive: bool,
}

/// The precision of a `varchar` without a length.
const LENGTH_MAX: u32 = i32::MAX.cast_unsigned();

/// The columns of a result that has rows.
pub(crate) fn of_rows(schema: &SchemaRef) -> Vec<ColumnInfo> {
    schema.fields().iter().map(|field| of_field(field)).collect()
}

/// The columns of a result that tells about something: text, of a type that only such results have.
pub(crate) fn of_lines(schema: &SchemaRef) -> Vec<ColumnInfo> {
    let names = schema.fields().iter().map(|field| field.name());
    names.map(|name| column(name, "string", (0, 0), false)).collect()
}

/// The one column of a statement that wrote rows.
pub(crate) fn of_written() -> Vec<ColumnInfo> {
    vec![column("rows", "bigint", (19, 0), false)]
}

fn of_field(field: &Field) -> ColumnInfo {
    let ColumnType { name, length, decimal } = column_type(field);
    let (precision, scale) = match (name, decimal) {
        (_, Some((precision, scale))) => (u32::from(precision), i32::from(scale)),
        ("tinyint", _) => (3, 0),
        ("smallint", _) => (5, 0),
        ("integer", _) => (10, 0),
        ("bigint", _) => (19, 0),
        ("float" | "double", _) => (17, 0),
        ("varchar" | "char", _) => (length.unwrap_or(LENGTH_MAX), 0),
        ("varbinary", _) => (1 << 30, 0),
        ("time" | "time with time zone" | "timestamp" | "timestamp with time zone", _) => (3, 0),
        _ => (0, 0),
    };
    column(field.name(), name, (precision, scale), matches!(name, "varchar" | "char"))
}

fn column(
    name: &str,
    type_name: &str,
    (precision, scale): (u32, i32),
    case_sensitive: bool,
) -> ColumnInfo {
    ColumnInfo {
        catalog_name: "hive".to_owned(),
        schema_name: String::new(),
        table_name: String::new(),
        name: name.to_owned(),
        label: name.to_owned(),
        type_name: type_name.to_owned(),
        precision,
        scale,
        nullable: "UNKNOWN".to_owned(),
        case_sensitive,
    }
}

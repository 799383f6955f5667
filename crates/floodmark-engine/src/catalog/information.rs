//! `information_schema`: what the catalog holds, as tables.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::{MemTable, TableProvider};

use crate::catalog::{CATALOG, ColumnDefinition, INFORMATION_SCHEMA, Relation};
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, Result};
use crate::session::Session;

/// One of the tables `schemata`, `tables`, `views` and `columns`.
pub(crate) async fn information(
    session: &Session<'_>,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<Arc<dyn TableProvider>> {
    let mut relations = Vec::new();
    let databases = session.databases().await?;
    if name != "schemata" {
        for database in &databases {
            for relation in session.listed_relations(&database.name, notes).await? {
                relations.push((database.name.clone(), relation));
            }
        }
    }
    let own = || Some(CATALOG.to_owned());
    match name {
        "schemata" => text_table(
            ["catalog_name", "schema_name"],
            (databases.into_iter().map(|database| database.name))
                .chain([INFORMATION_SCHEMA.to_owned()])
                .map(|name| [own(), Some(name)]),
        ),
        "tables" => text_table(
            ["table_catalog", "table_schema", "table_name", "table_type"],
            relations.iter().map(|(database, relation)| {
                let kind = match relation {
                    Relation::Table(_) => "BASE TABLE",
                    Relation::View(_) => "VIEW",
                };
                let name = relation.name().to_owned();
                [own(), Some(database.clone()), Some(name), Some(kind.to_owned())]
            }),
        ),
        "views" => text_table(
            ["table_catalog", "table_schema", "table_name", "view_definition"],
            relations.iter().filter_map(|(database, relation)| match relation {
                Relation::View(view) => Some([
                    own(),
                    Some(database.clone()),
                    Some(view.name.clone()),
                    Some(view.sql.clone()),
                ]),
                Relation::Table(_) => None,
            }),
        ),
        "columns" => columns(&relations),
        _ => Err(Error::not_found(format!(
            "Table '{CATALOG}.information_schema.{name}' does not exist"
        ))
        .code("TABLE_NOT_FOUND")
        .hint("it has the tables `schemata`, `tables`, `views` and `columns`")),
    }
}

fn text_table<const N: usize>(
    names: [&str; N],
    rows: impl Iterator<Item = [Option<String>; N]>,
) -> Result<Arc<dyn TableProvider>> {
    let rows: Vec<_> = rows.collect();
    let columns = (0..N).map(|at| {
        Arc::new(rows.iter().map(|row| row[at].as_deref()).collect::<StringViewArray>()) as ArrayRef
    });
    let fields = names.iter().map(|name| Field::new(*name, DataType::Utf8View, true));
    table(fields.collect(), columns.collect())
}

fn table(fields: Vec<Field>, columns: Vec<ArrayRef>) -> Result<Arc<dyn TableProvider>> {
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
        .expect("the columns are made after the schema");
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

/// A row of `information_schema.columns`.
struct Row {
    database: String,
    relation: String,
    position: i64,
    column: ColumnDefinition,
    extra: Option<&'static str>,
}

fn columns(relations: &[(String, Relation)]) -> Result<Arc<dyn TableProvider>> {
    let mut rows: Vec<Row> = Vec::new();
    for (database, relation) in relations {
        let mut add = |column: ColumnDefinition, extra| {
            let position = 1 + rows
                .last()
                .filter(|row| row.database == *database && row.relation == relation.name())
                .map_or(0, |row| row.position);
            let (database, relation) = (database.clone(), relation.name().to_owned());
            rows.push(Row { database, relation, position, column, extra });
        };
        match relation {
            Relation::Table(table) => {
                for column in &table.columns {
                    add(trino(column), None);
                }
                for key in &table.partition_keys {
                    add(trino(key), Some("partition key"));
                }
            }
            Relation::View(view) => {
                for (name, trino_type) in &view.columns {
                    let (name, hive_type) = (name.clone(), trino_type.clone());
                    add(ColumnDefinition { name, hive_type, comment: None }, None);
                }
            }
        }
    }
    let text = |value: fn(&Row) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringViewArray>())
    };
    let positions = Int64Array::from_iter_values(rows.iter().map(|row| row.position));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("table_catalog", text(|_| Some(CATALOG))),
        ("table_schema", text(|row| Some(&row.database))),
        ("table_name", text(|row| Some(&row.relation))),
        ("column_name", text(|row| Some(&row.column.name))),
        ("ordinal_position", Arc::new(positions)),
        ("column_default", text(|_| None)),
        ("is_nullable", text(|_| Some("YES"))),
        ("data_type", text(|row| Some(&row.column.hive_type))),
        ("comment", text(|row| row.column.comment.as_deref())),
        ("extra_info", text(|row| row.extra)),
    ];
    let (fields, arrays) = columns
        .into_iter()
        .map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array))
        .unzip();
    table(fields, arrays)
}

/// A column with its type in Trino's words.
fn trino(column: &ColumnDefinition) -> ColumnDefinition {
    let known = floodmark_formats::hive::HiveType::parse(&column.hive_type);
    let hive_type = known.map_or_else(
        |_| column.hive_type.clone(),
        |known| TrinoType::of(&known.arrow()).to_string(),
    );
    ColumnDefinition { hive_type, ..column.clone() }
}

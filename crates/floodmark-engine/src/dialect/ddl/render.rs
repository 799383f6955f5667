//! Tables and views as the statements that make them, as `SHOW CREATE` prints them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalog::{ColumnDefinition, SerdeDefinition, TableDefinition, View};
use crate::dialect::ddl::create_table::{
    BUCKET_COLUMNS, BUCKET_COUNT, CREATED, DELIMITED, LAZY_SIMPLE, SERIALIZATION_FORMAT,
};
use crate::dialect::ddl::literal::{hive_comment, hive_quoted};

/// The statement that makes a table, as `SHOW CREATE TABLE` prints it: some of its lines end in a blank, as Hive's do.
///
/// `name` is the table's name as the statement that asks writes it: `table` or `database.table`.
pub(crate) fn create_table(table: &TableDefinition, name: &str) -> String {
    let mut sql = format!("CREATE EXTERNAL TABLE {}", backticks(name));
    if !table.columns.is_empty() {
        write_columns(&mut sql, "(\n", &table.columns);
    }
    if let Some(comment) = &table.comment {
        push(&mut sql, format_args!("\nCOMMENT {}", hive_comment(comment)));
    }
    if !table.partition_keys.is_empty() {
        write_columns(&mut sql, "\nPARTITIONED BY ( \n", &table.partition_keys);
    }
    let mut properties = table.properties.clone();
    // The statement says it.
    properties.remove("EXTERNAL");
    let buckets = (properties.remove(BUCKET_COLUMNS), properties.remove(BUCKET_COUNT));
    if let (Some(columns), Some(count)) = buckets {
        let columns: Vec<_> =
            columns.split(',').map(|column| format!("  {}", backticks(column))).collect();
        let columns = columns.join(", \n");
        push(&mut sql, format_args!("\nCLUSTERED BY ( \n{columns}) \nINTO {count} BUCKETS"));
    }
    write_serde(&mut sql, &table.serde);
    push(&mut sql, format_args!("\nLOCATION\n  {}", hive_quoted(&table.location)));
    if table.created_s > 0 {
        properties.insert(CREATED.to_owned(), table.created_s.to_string());
    }
    if !properties.is_empty() {
        push(&mut sql, format_args!("\nTBLPROPERTIES (\n{})", list(&properties)));
    }
    sql
}

/// The statement that makes a view, as `SHOW CREATE VIEW` prints it.
///
/// `name` is the view's name as the statement that asks writes it.
pub(crate) fn create_view(view: &View, name: &str) -> String {
    format!("CREATE VIEW {name} AS \n{}", view.sql)
}

fn write_columns(sql: &mut String, opening: &str, columns: &[ColumnDefinition]) {
    sql.push_str(opening);
    for (at, column) in columns.iter().enumerate() {
        sql.push_str(if at == 0 { "  " } else { ", \n  " });
        push(sql, format_args!("{} {}", backticks(&column.name), column.hive_type));
        if let Some(comment) = &column.comment {
            push(sql, format_args!(" COMMENT {}", hive_comment(comment)));
        }
    }
    sql.push(')');
}

fn write_serde(sql: &mut String, serde: &SerdeDefinition) {
    let mut properties = serde.properties.clone();
    // Hive leaves out what it takes for granted.
    let separator = properties.get("field.delim").map_or("1", String::as_str);
    if properties.get(SERIALIZATION_FORMAT).is_some_and(|format| format == separator) {
        properties.remove(SERIALIZATION_FORMAT);
    }
    let says = |key: &String| DELIMITED.iter().any(|(_, property)| property == key);
    if serde.class == LAZY_SIMPLE && !properties.is_empty() && properties.keys().all(says) {
        sql.push_str("\nROW FORMAT DELIMITED ");
        for (words, property) in DELIMITED {
            if let Some(value) = properties.get(*property) {
                push(sql, format_args!("\n  {} {} ", words.join(" "), hive_quoted(value)));
            }
        }
    } else {
        push(sql, format_args!("\nROW FORMAT SERDE \n  {} ", hive_quoted(&serde.class)));
        if !properties.is_empty() {
            push(sql, format_args!("\nWITH SERDEPROPERTIES ( \n{}) ", list(&properties)));
        }
    }
    let (input, output) = (hive_quoted(&serde.input_format), hive_quoted(&serde.output_format));
    push(sql, format_args!("\nSTORED AS INPUTFORMAT \n  {input} \nOUTPUTFORMAT \n  {output}"));
}

fn list(properties: &BTreeMap<String, String>) -> String {
    let lines = properties
        .iter()
        .map(|(key, value)| format!("  {}={}", hive_quoted(key), hive_quoted(value)));
    lines.collect::<Vec<_>>().join(", \n")
}

fn backticks(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn push(sql: &mut String, arguments: std::fmt::Arguments) {
    sql.write_fmt(arguments).expect("a string takes any text");
}

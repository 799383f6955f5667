//! The rows of `DESCRIBE`, as Hive pads them.

use crate::catalog::{ColumnDefinition, TableDefinition};
use crate::dialect::ddl::create_table::{BUCKET_COLUMNS, BUCKET_COUNT, CREATED};
use crate::dialect::ddl::statement::Detail;

/// How wide Hive pads each of its columns, in characters.
const WIDTH: usize = 20;

/// A row without a word in it.
const BLANK: &str = "\t \t ";

/// The rows that `DESCRIBE` gives for a table, each a line of three columns with tabs between.
///
/// `made` is when the table was made, as it is shown.
pub(crate) fn describe(table: &TableDefinition, detail: Detail, made: &str) -> Vec<String> {
    let heading = format!("# {}", columns_row("col_name", "data_type", "comment"));
    let mut rows = Vec::new();
    if detail == Detail::Formatted {
        rows.extend([heading.clone(), BLANK.to_owned()]);
    }
    rows.extend(table.columns.iter().map(column_row));
    // The keys stand among the columns, and once more below.
    if detail != Detail::Formatted {
        rows.extend(table.partition_keys.iter().map(column_row));
    }
    if !table.partition_keys.is_empty() {
        rows.extend([BLANK.to_owned(), "# Partition Information\t \t ".to_owned()]);
        rows.extend([heading, BLANK.to_owned()]);
        rows.extend(table.partition_keys.iter().map(column_row));
    }
    match detail {
        Detail::Columns => {}
        Detail::Extended => rows.extend([BLANK.to_owned(), extended(table)]),
        Detail::Formatted => formatted(table, made, &mut rows),
    }
    rows
}

/// The row of a column.
fn column_row(column: &ColumnDefinition) -> String {
    columns_row(&column.name, &column.hive_type, column.comment.as_deref().unwrap_or_default())
}

fn columns_row(name: &str, hive_type: &str, comment: &str) -> String {
    format!("{name:WIDTH$}\t{hive_type:WIDTH$}\t{comment:WIDTH$}")
}

fn extended(table: &TableDefinition) -> String {
    let columns: Vec<_> = table
        .columns
        .iter()
        .chain(&table.partition_keys)
        .map(|column| {
            let comment = column.comment.as_deref().unwrap_or("null");
            format!(
                "FieldSchema(name:{}, type:{}, comment:{comment})",
                column.name, column.hive_type
            )
        })
        .collect();
    let serde = &table.serde;
    let text = format!(
        "Table(tableName:{}, dbName:{}, createTime:{}, sd:StorageDescriptor(cols:[{}], location:{}, \
         inputFormat:{}, outputFormat:{}, serdeInfo:SerDeInfo(serializationLib:{})), \
         tableType:EXTERNAL_TABLE)",
        table.name,
        table.database,
        table.created_s,
        columns.join(", "),
        table.location,
        serde.input_format,
        serde.output_format,
        serde.class,
    );
    format!("Detailed Table Information\t{text}\t ")
}

fn formatted(table: &TableDefinition, made: &str, rows: &mut Vec<String>) {
    let fact = |name: &str, value: &str| format!("{name:WIDTH$}\t{value:WIDTH$}\t ");
    let parameter = |(key, value): (&String, &String)| format!("\t{key:WIDTH$}\t{value:WIDTH$}");
    let mut properties = table.properties.clone();
    let columns = properties.remove(BUCKET_COLUMNS).unwrap_or_default();
    let count = properties.remove(BUCKET_COUNT).unwrap_or_else(|| "-1".to_owned());
    if table.created_s > 0 {
        properties.insert(CREATED.to_owned(), table.created_s.to_string());
    }
    rows.extend([BLANK.to_owned(), "# Detailed Table Information\t \t ".to_owned()]);
    rows.extend([
        fact("Database:", &table.database),
        fact("CreateTime:", made),
        fact("Location:", &table.location),
        fact("Table Type:", "EXTERNAL_TABLE"),
    ]);
    if let Some(comment) = &table.comment {
        properties.insert("comment".to_owned(), comment.clone());
    }
    properties.insert("EXTERNAL".to_owned(), "TRUE".to_owned());
    rows.push("Table Parameters:\t \t ".to_owned());
    rows.extend(properties.iter().map(parameter));
    rows.extend([BLANK.to_owned(), "# Storage Information\t \t ".to_owned()]);
    rows.extend([
        fact("SerDe Library:", &table.serde.class),
        fact("InputFormat:", &table.serde.input_format),
        fact("OutputFormat:", &table.serde.output_format),
        fact("Compressed:", "No"),
        fact("Num Buckets:", &count),
        fact("Bucket Columns:", &format!("[{}]", columns.replace(',', ", "))),
        fact("Sort Columns:", "[]"),
    ]);
    if !table.serde.properties.is_empty() {
        rows.push("Storage Desc Params:\t \t ".to_owned());
        rows.extend(table.serde.properties.iter().map(parameter));
    }
}

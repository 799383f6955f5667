//! The DDL of a log type's table, as AWS documents it.

use floodmark_formats::LogType;
use floodmark_formats::athena::{AthenaTable, RowFormat};

use crate::catalog::{ColumnDefinition, SerdeDefinition, TableDefinition};
use crate::dialect::ddl::create_table::{LAZY_SIMPLE, SERIALIZATION_FORMAT, finish_serde};
use crate::dialect::ddl::render::create_table;

/// What a log type's table is called, and where it lies.
#[derive(Clone, Copy, Debug)]
pub struct DdlOptions<'a> {
    /// The database; None leaves it to the session.
    pub database: Option<&'a str>,
    /// The table's name; None for the one in AWS's documentation.
    pub name: Option<&'a str>,
    /// Where the log lies: `s3://bucket/prefix/AWSLogs/111122223333/…/`.
    pub location: &'a str,
    /// Whether the days are partitions, which only a location down to the folders of years allows.
    pub projection: bool,
}

/// The statement that makes the table of a log type in Athena. None for a log type without a table.
pub fn ddl_of(log_type: &'static LogType, options: &DdlOptions) -> Option<String> {
    let table = table_of(log_type, options)?;
    let name = match options.database {
        Some(database) => format!("{database}.{}", table.name),
        None => table.name.clone(),
    };
    Some(create_table(&table, &name))
}

/// The same table, as the catalog keeps it.
pub(crate) fn table_of(
    log_type: &'static LogType,
    options: &DdlOptions,
) -> Option<TableDefinition> {
    Some(table_like(log_type, log_type.athena.first()?, options))
}

/// The table of a log type that is like a documented one, as the catalog keeps it.
pub(crate) fn table_like(
    log_type: &'static LogType,
    documented: &AthenaTable,
    options: &DdlOptions,
) -> TableDefinition {
    let columns = documented.columns(log_type).into_iter().map(|column| ColumnDefinition {
        name: column.name,
        hive_type: column.hive_type,
        comment: None,
    });
    let location = format!("{}/", options.location.trim_end_matches('/'));
    let mut table = TableDefinition {
        database: options.database.unwrap_or_default().to_owned(),
        name: options.name.unwrap_or(documented.name).to_owned(),
        columns: columns.collect(),
        serde: serde_of(documented),
        ..TableDefinition::default()
    };
    let mut set = |name: &str, value: String| table.properties.insert(name.to_owned(), value);
    if documented.header_lines > 0 {
        set("skip.header.line.count", documented.header_lines.to_string());
    }
    if options.projection && has_folders_of_years(log_type, &location) {
        for (name, value) in PROJECTION {
            set(name, (*value).to_owned());
        }
        set("storage.location.template", format!("{location}${{{DAY}}}"));
        table.partition_keys = vec![ColumnDefinition {
            name: DAY.to_owned(),
            hive_type: "string".to_owned(),
            comment: None,
        }];
    }
    table.location = location;
    table
}

/// The partition key of projected tables, as in AWS's examples.
pub(crate) const DAY: &str = "day";

/// Days as partitions. The range begins before the first log of any kind: a later one would hide rows.
pub(crate) const PROJECTION: &[(&str, &str)] = &[
    ("projection.enabled", "true"),
    ("projection.day.type", "date"),
    ("projection.day.range", "2012/01/01,NOW"),
    ("projection.day.format", "yyyy/MM/dd"),
    ("projection.day.interval", "1"),
    ("projection.day.interval.unit", "DAYS"),
];

fn serde_of(documented: &AthenaTable) -> SerdeDefinition {
    let mut serde = SerdeDefinition::default();
    let class = match documented.row_format {
        RowFormat::Regex(pattern) => {
            serde.properties.insert("input.regex".to_owned(), pattern.to_owned());
            "org.apache.hadoop.hive.serde2.RegexSerDe"
        }
        RowFormat::Delimited(delimiter) => {
            for name in ["field.delim", SERIALIZATION_FORMAT] {
                serde.properties.insert(name.to_owned(), delimiter.to_string());
            }
            LAZY_SIMPLE
        }
        RowFormat::Json => "org.openx.data.jsonserde.JsonSerDe",
        RowFormat::Parquet => "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    };
    class.clone_into(&mut serde.class);
    finish_serde(&mut serde, None);
    serde
}

/// Whether the folders of years of a log type begin right below a location.
fn has_folders_of_years(log_type: &LogType, location: &str) -> bool {
    let Some((above, _)) = log_type.folder.split_once("{yyyy}") else {
        return false;
    };
    let above: Vec<_> = above.split_terminator('/').collect();
    let parts: Vec<_> = location.trim_end_matches('/').split('/').collect();
    let Some(below_bucket) = parts.get(3..) else {
        return false;
    };
    let Some(from) = below_bucket.len().checked_sub(above.len()) else {
        return false;
    };
    above.iter().zip(&below_bucket[from..]).all(|(template, part)| match *template {
        "{account}" => part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()),
        template => template.starts_with('{') || template == *part,
    })
}

//! The tables that a user of Athena would have over the generated logs, as AWS documents them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::absolute;
use std::sync::Arc;

use floodmark_formats::athena::{AthenaTable, RowFormat};
use floodmark_formats::hive::{HiveColumn, HiveTable, HiveType, Serde};

use crate::arguments::Arguments;
use crate::logs::{self, ACCOUNT, Log, REGION};

/// Prints the statement that makes the table of a log.
pub(crate) fn run(arguments: &Arguments) -> Result<String, String> {
    let name = arguments.text("log", "nlb");
    let log = logs::find(name)?;
    let folder = absolute(arguments.folder()?).map_err(|error| error.to_string())?;
    let folder = format!("{}/", folder.join(name).display());
    let table = documented(log)?;
    let own_name = arguments.text("table", name);
    if arguments.has("columns") {
        let columns = table.columns(log.log_type).into_iter();
        let lines = columns
            .map(|column| format!("{}\t{}\t{}\n", column.name, column.hive_type, column.ours));
        return Ok(lines.collect());
    }
    let mut text = format!("CREATE EXTERNAL TABLE IF NOT EXISTS {own_name} (\n");
    let columns = table.columns(log.log_type);
    for (at, column) in columns.iter().enumerate() {
        let comma = if at + 1 < columns.len() { "," } else { "" };
        let _ = writeln!(text, "  `{}` {}{comma}", column.name, column.hive_type);
    }
    text.push_str(")\n");
    if arguments.has("partitioned") {
        text.push_str("PARTITIONED BY (`day` string)\n");
    }
    let (class, properties) = serde(table);
    let _ = writeln!(text, "ROW FORMAT SERDE '{class}'");
    if !properties.is_empty() {
        let _ = writeln!(text, "WITH SERDEPROPERTIES ({})", written(&properties));
    }
    let _ = writeln!(
        text,
        "STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'\n\
         OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'\n\
         LOCATION {}",
        quoted(&folder)
    );
    let mut properties = table_properties(table);
    if arguments.has("partitioned") {
        // Ten years of days, of which the logs are a few.
        let template =
            log.log_type.folder.replace("{account}", ACCOUNT).replace("{region}", REGION);
        let template = template.replace("{yyyy}/{MM}/{dd}", "${day}");
        for (name, value) in [
            ("projection.enabled", "true"),
            ("projection.day.type", "date"),
            ("projection.day.format", "yyyy/MM/dd"),
            ("projection.day.range", "2016/01/01,2025/12/31"),
            ("projection.day.interval", "1"),
            ("projection.day.interval.unit", "DAYS"),
            ("storage.location.template", &format!("{folder}{template}")),
        ] {
            properties.insert(name.to_owned(), value.to_owned());
        }
    }
    if !properties.is_empty() {
        let _ = writeln!(text, "TBLPROPERTIES ({})", written(&properties));
    }
    Ok(text)
}

/// The table that AWS documents for the lines that are generated.
pub(crate) fn documented(log: &Log) -> Result<&'static AthenaTable, String> {
    let tables = log.log_type.athena;
    let lines = |table: &&AthenaTable| {
        matches!(table.row_format, RowFormat::Regex(_) | RowFormat::Delimited(_))
    };
    let json = |table: &&AthenaTable| table.row_format == RowFormat::Json;
    let table = tables.iter().find(lines).or_else(|| tables.iter().find(json));
    table.ok_or_else(|| format!("no table is documented for `{}`", log.log_type.name))
}

/// The same table as it is read.
pub(crate) fn hive_table(log: &Log) -> Result<Arc<HiveTable>, String> {
    let table = documented(log)?;
    let columns = table.columns(log.log_type).into_iter().map(|column| {
        let hive_type = HiveType::parse(&column.hive_type)?;
        Ok(HiveColumn { name: column.name, hive_type })
    });
    let columns = columns.collect::<Result<Vec<_>, String>>()?;
    let (class, properties) = serde(table);
    let serde = Serde::of(class, &properties, &columns).map_err(|error| error.to_string())?;
    Ok(Arc::new(HiveTable::new(columns, serde).with_properties(&table_properties(table))))
}

fn serde(table: &AthenaTable) -> (&'static str, BTreeMap<String, String>) {
    let (class, properties) = match table.row_format {
        RowFormat::Regex(pattern) => (
            "org.apache.hadoop.hive.serde2.RegexSerDe",
            vec![("input.regex", pattern.to_owned()), ("serialization.format", "1".to_owned())],
        ),
        RowFormat::Delimited(sign) => (
            "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            vec![("field.delim", sign.to_string())],
        ),
        RowFormat::Json | RowFormat::Parquet => ("org.openx.data.jsonserde.JsonSerDe", Vec::new()),
    };
    (class, properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn table_properties(table: &AthenaTable) -> BTreeMap<String, String> {
    let header = (table.header_lines > 0)
        .then(|| ("skip.header.line.count".to_owned(), table.header_lines.to_string()));
    header.into_iter().collect()
}

fn written(properties: &BTreeMap<String, String>) -> String {
    let pairs =
        properties.iter().map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)));
    pairs.collect::<Vec<_>>().join(", ")
}

/// A text as Hive writes it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\t', "\\t");
    format!("'{escaped}'")
}

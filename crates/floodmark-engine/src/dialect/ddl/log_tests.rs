//! The documented tables of the log types, by AWS's DDL.

use floodmark_formats::athena::{Fit, Recognised, RowFormat, Serde, recognise};
use floodmark_formats::log_types;

use crate::catalog::TableDefinition;
use crate::dialect::ddl::statement::Statement;
use crate::dialect::ddl::tests::documented;
use crate::dialect::ddl::{DdlOptions, ddl_of, parse, split};

fn table(sql: &str) -> TableDefinition {
    match parse(sql, split(sql)[0].clone()) {
        Ok(Some(Statement::CreateTable(table))) => table.table,
        other => panic!("{sql}: {other:?}"),
    }
}

fn recognised(table: &TableDefinition) -> Option<Recognised> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.hive_type.as_str()))
        .collect();
    recognise(Serde { class: &table.serde.class, properties: &table.serde.properties }, &columns)
}

/// The mapping as text: ours for each column, `?` behind another width and `!` behind another kind, `-` for none.
fn mapping(table: &TableDefinition) -> Option<(&'static str, Vec<String>)> {
    let Recognised { log_type, mapping } = recognised(table)?;
    let mapping = mapping.iter().map(|mapped| match mapped {
        None => "-".to_owned(),
        Some(mapped) => {
            let mark = match mapped.fit {
                Fit::Same => "",
                Fit::OtherWidth => "?",
                Fit::OtherKind => "!",
            };
            format!("{}{mark}", mapped.column)
        }
    });
    Some((log_type.name, mapping.collect()))
}

#[test]
fn ddl_of_documented_tables_is_recognised_with_all_columns() {
    for (file, sql) in documented() {
        let table = table(&sql);
        let name = file.split('-').next().unwrap();
        let recognised = recognised(&table).unwrap_or_else(|| panic!("{file} is not recognised"));
        assert_eq!(recognised.log_type.name, name, "{file}");
        // This one's later columns hold the values of others.
        let mapped = recognised.mapping.iter().flatten().count();
        let expected = if file == "cloudfront_realtime" { 2 } else { table.columns.len() };
        assert_eq!(mapped, expected, "{file}: {recognised:?}");
        let differing: Vec<_> =
            recognised.mapping.iter().flatten().filter(|mapped| mapped.fit != Fit::Same).collect();
        let strings = file.starts_with("cloudfront-") || file.starts_with("waf");
        let narrow = file == "vpc_flow-14-columns";
        assert!(strings || narrow || differing.is_empty(), "{file}: {differing:?}");
    }
}

#[test]
fn ddl_of_documented_tables_is_declared_for_the_log_types() {
    for log_type in log_types::ALL {
        for declared in log_type.athena.iter().filter(|table| table.page().is_some()) {
            let columns: Vec<_> = declared
                .columns(log_type)
                .into_iter()
                .map(|column| (column.name, column.hive_type))
                .collect();
            let same = documented().into_iter().any(|(file, sql)| {
                let table = table(&sql);
                let theirs: Vec<_> = table
                    .columns
                    .into_iter()
                    .map(|column| (column.name, column.hive_type))
                    .collect();
                if file.split('-').next() != Some(log_type.name) || theirs != columns {
                    return false;
                }
                let skip =
                    table.properties.get("skip.header.line.count").map_or("0", String::as_str);
                let delimiter = table.serde.properties.get("field.delim");
                match declared.row_format {
                    // The eras of a pattern differ in its end.
                    RowFormat::Regex(_) => table.serde.class.ends_with("RegexSerDe"),
                    RowFormat::Delimited(character) => {
                        delimiter == Some(&character.to_string())
                            && skip == declared.header_lines.to_string()
                    }
                    RowFormat::Json => table.serde.class.ends_with("JsonSerDe"),
                    RowFormat::Parquet => table.serde.class.ends_with("ParquetHiveSerDe"),
                }
            });
            assert!(same, "{}: {}: {columns:?}", log_type.name, declared.name);
        }
    }
}

#[test]
fn ddl_of_a_log_type_makes_a_table_that_is_recognised() {
    for log_type in log_types::ALL {
        let folder = log_type.folder.split("{yyyy}").next().unwrap();
        let folder = folder
            .replace("{account}", "111122223333")
            .replace("{region}", "eu-west-1")
            .replace("{resource}", "one");
        let location = format!("s3://amzn-s3-demo-bucket/p/{folder}");
        let options = DdlOptions {
            database: Some("logs"),
            name: Some(log_type.name),
            location: &location,
            projection: true,
        };
        let sql = ddl_of(log_type, &options).expect("every log type has a table");
        let made = table(&sql);
        assert_eq!(
            recognised(&made).map(|found| found.log_type.name),
            Some(log_type.name),
            "{sql}"
        );
        assert_eq!(made.database, "logs");
        let projected = !log_type.folder.is_empty();
        let template = made.properties.get("storage.location.template");
        assert_eq!(template.is_some(), projected, "{sql}");
        assert!(template.is_none_or(|template| *template == format!("{location}${{day}}")));
        // A location above the folders of years cannot be projected.
        let options = DdlOptions { location: "s3://amzn-s3-demo-bucket", ..options };
        let above = table(&ddl_of(log_type, &options).expect("every log type has a table"));
        let any = log_type.folder.starts_with("{yyyy}");
        assert_eq!(!above.partition_keys.is_empty(), any, "{}", log_type.name);
    }
}

#[test]
fn ddl_of_users_tables_is_recognised_or_not() {
    let vpc = |columns: &str| {
        format!(
            "create external table t ({columns}) row format delimited fields terminated by ' ' location 's3://b/'"
        )
    };
    let json = |columns: &str| {
        format!(
            "create external table t ({columns}) row format serde 'org.openx.data.jsonserde.JsonSerDe'
             with serdeproperties ('mapping.host_'='httpRequest', 'mapping.ts'='timestamp') location 's3://b/'"
        )
    };
    let regex = |columns: &str, pattern: &str| {
        format!(
            "create external table t ({columns}) row format serde 'org.apache.hadoop.hive.serde2.RegexSerDe'
             with serdeproperties ('input.regex'='{pattern}') location 's3://b/'"
        )
    };
    for (sql, expected) in [
        // The owner's choice of fields, by name, with one that is not known.
        (
            vpc(
                "start bigint, `end` bigint, srcaddr string, dstaddr string, pkt_srcaddr string, bytes int, odd string",
            ),
            Some(("vpc_flow", "start end srcaddr dstaddr pkt_srcaddr bytes? -")),
        ),
        (
            vpc(
                "version int, account_id string, interface_id string, source string, destination string, srcport string",
            ),
            Some(("vpc_flow", "version account_id interface_id srcaddr dstaddr srcport!")),
        ),
        (vpc("a string, b string, c string"), None),
        // Other order: position must not decide.
        (
            vpc(
                "version int, interface_id string, account_id string, srcaddr string, dstaddr string",
            ),
            Some(("vpc_flow", "version interface_id account_id srcaddr dstaddr")),
        ),
        (
            vpc(
                "version string, account string, acceleratorid string, clientip string, clientport int",
            ),
            Some(("global_accelerator", "version account acceleratorid clientip clientport")),
        ),
        (
            json("ts bigint, action string, webaclid string, host_ struct<clientip:string>, x int"),
            Some(("waf", "timestamp action webaclid httprequest! -")),
        ),
        (json("a string, b string, c string"), None),
        // Nothing tells the three logs of Network Firewall apart here.
        (
            json(
                "firewall_name string, availability_zone string, event_timestamp string, event string",
            ),
            None,
        ),
        (
            regex(
                "a string, b string, c string, d string, e int, f string, g int, h double, i double, j double, k string",
                r#"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*)( .*)?"#,
            ),
            Some((
                "alb",
                "type time elb client_ip client_port target_ip target_port request_processing_time \
                 target_processing_time response_processing_time elb_status_code!",
            )),
        ),
        (regex("a string, b string, c string", "([^ ]*) ([^ ]*) ([^ ]*)"), None),
        (regex("a string, b string", "(.*) (.*)"), None),
    ] {
        let found = mapping(&table(&sql)).map(|(name, columns)| (name, columns.join(" ")));
        let expected = expected.map(|(name, columns)| (name, columns.to_owned()));
        assert_eq!(found, expected, "{sql}");
    }
}

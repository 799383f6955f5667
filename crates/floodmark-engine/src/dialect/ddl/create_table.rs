//! `CREATE EXTERNAL TABLE`.

use std::collections::BTreeMap;

use crate::catalog::{ColumnDefinition, SerdeDefinition, TableDefinition};
use crate::dialect::ddl::parser::Parser;
use crate::dialect::ddl::statement::{CreateTable, Statement};
use crate::error::{Error, Result};

/// The property under which `CLUSTERED BY` keeps its columns, with commas between.
pub(crate) const BUCKET_COLUMNS: &str = "floodmark.bucket_columns";
/// The property under which `CLUSTERED BY` keeps the number of buckets.
pub(crate) const BUCKET_COUNT: &str = "floodmark.bucket_count";
/// The property under which Hive keeps when the table was made, in seconds since 1970.
pub(crate) const CREATED: &str = "transient_lastDdlTime";

/// The SerDe of delimited text.
pub(crate) const LAZY_SIMPLE: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
/// The property that says how the SerDe writes; `1` unless fields have a separator.
pub(crate) const SERIALIZATION_FORMAT: &str = "serialization.format";
/// What `ROW FORMAT DELIMITED` says, each with the property that keeps it, in the order in which Hive writes them.
pub(crate) const DELIMITED: &[(&[&str], &str)] = &[
    (&["FIELDS", "TERMINATED", "BY"], "field.delim"),
    (&["ESCAPED", "BY"], "escape.delim"),
    (&["COLLECTION", "ITEMS", "TERMINATED", "BY"], "collection.delim"),
    (&["MAP", "KEYS", "TERMINATED", "BY"], "mapkey.delim"),
    (&["LINES", "TERMINATED", "BY"], "line.delim"),
    (&["NULL", "DEFINED", "AS"], "serialization.null.format"),
];

/// What `STORED AS` stands for.
struct FileFormat {
    name: &'static str,
    serde: &'static str,
    input: &'static str,
    output: &'static str,
}

const TEXT_INPUT: &str = "org.apache.hadoop.mapred.TextInputFormat";
const TEXT_OUTPUT: &str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

const fn text(name: &'static str, serde: &'static str) -> FileFormat {
    FileFormat { name, serde, input: TEXT_INPUT, output: TEXT_OUTPUT }
}

static FILE_FORMATS: &[FileFormat] = &[
    text("TEXTFILE", LAZY_SIMPLE),
    FileFormat {
        name: "PARQUET",
        serde: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        input: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        output: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    },
    FileFormat {
        name: "ORC",
        serde: "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
        input: "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        output: "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
    },
    FileFormat {
        name: "AVRO",
        serde: "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        input: "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        output: "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
    },
    text("JSONFILE", "org.apache.hive.hcatalog.data.JsonSerDe"),
    text("JSON", "org.apache.hive.hcatalog.data.JsonSerDe"),
    FileFormat {
        name: "SEQUENCEFILE",
        serde: LAZY_SIMPLE,
        input: "org.apache.hadoop.mapred.SequenceFileInputFormat",
        output: "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
    },
    FileFormat {
        name: "RCFILE",
        serde: "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
        input: "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
        output: "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
    },
    FileFormat {
        name: "ION",
        serde: "com.amazon.ionhiveserde.IonHiveSerDe",
        input: "com.amazon.ionhiveserde.formats.IonInputFormat",
        output: "com.amazon.ionhiveserde.formats.IonOutputFormat",
    },
];

/// The clauses that have been read.
#[derive(Default)]
struct Clauses {
    seen: Vec<&'static str>,
    table: TableDefinition,
    /// The SerDe that `STORED AS` brings, for want of a `ROW FORMAT`.
    stored_serde: Option<&'static str>,
    location: Option<String>,
}

/// The words that the clauses behind the columns begin with.
const CLAUSES: &[&str] =
    &["COMMENT", "PARTITIONED", "CLUSTERED", "ROW", "WITH", "STORED", "LOCATION", "TBLPROPERTIES"];

/// Reads what follows `CREATE EXTERNAL TABLE`, or `CREATE TABLE` where no query comes.
pub(super) fn parse(parser: &mut Parser, external: bool) -> Result<Statement> {
    let position = parser.position();
    let if_not_exists = parser.if_not_exists()?;
    let name = parser.name()?;
    if parser.is("LIKE") {
        return Ok(Statement::NotSupported {
            what: "CREATE TABLE LIKE",
            by_athena: true,
            position,
        });
    }
    // Their partitions and column types have a grammar of their own.
    if parser.has_words(&["table_type", "=", "iceberg"]) {
        return Ok(Statement::NotSupported { what: "Iceberg tables", by_athena: false, position });
    }
    let mut clauses = Clauses::default();
    if parser.is("(") {
        clauses.table.columns = parser.list(column)?;
    }
    while parser.peek().is_some() {
        let clause = parser.one_of(CLAUSES)?;
        if clauses.seen.contains(&clause) {
            parser.finish()?;
        }
        clauses.seen.push(clause);
        clauses.read(parser, clause)?;
    }
    let Clauses { mut table, stored_serde, location, .. } = clauses;
    table.name.clone_from(&name.name);
    table.database = name.database.clone().unwrap_or_default();
    // Athena names no place in this one.
    table.location = location.ok_or_else(|| {
        Error::invalid_query(
            "No location was specified for table. An S3 location must be specified",
        )
        .hint("add `LOCATION 's3://bucket/folder/'`")
    })?;
    if !external {
        return Err(Error::invalid_query("only external tables can be created from their columns")
            .hint("write `CREATE EXTERNAL TABLE`")
            .at(Some(position)));
    }
    finish_serde(&mut table.serde, stored_serde);
    if let Some(created_s) = table.properties.remove(CREATED) {
        table.created_s = created_s.parse().unwrap_or_default();
    }
    check_columns(&table)?;
    Ok(Statement::CreateTable(Box::new(CreateTable { name, if_not_exists, table })))
}

/// `name type COMMENT '…'`.
pub(super) fn column(parser: &mut Parser) -> Result<ColumnDefinition> {
    let name = parser.identifier()?;
    let hive_type = parser.hive_type()?;
    Ok(ColumnDefinition { name, hive_type, comment: parser.comment()? })
}

impl Clauses {
    /// Reads what follows the first word of a clause.
    fn read(&mut self, parser: &mut Parser, clause: &str) -> Result<()> {
        let table = &mut self.table;
        match clause {
            "COMMENT" => table.comment = Some(parser.string()?),
            "PARTITIONED" => {
                parser.expect("BY")?;
                table.partition_keys = parser.list(column)?;
            }
            "CLUSTERED" => {
                parser.expect("BY")?;
                let columns = parser.list(Parser::identifier)?;
                parser.expect("INTO")?;
                let count = parser.number()?;
                parser.expect("BUCKETS")?;
                table.properties.insert(BUCKET_COLUMNS.to_owned(), columns.join(","));
                table.properties.insert(BUCKET_COUNT.to_owned(), count);
            }
            "ROW" => {
                parser.expect("FORMAT")?;
                row_format(parser, &mut table.serde)?;
            }
            "WITH" => {
                parser.expect("SERDEPROPERTIES")?;
                table.serde.properties.extend(parser.properties()?);
            }
            "STORED" => {
                parser.expect("AS")?;
                self.stored_serde = stored_as(parser, &mut table.serde)?;
            }
            "LOCATION" => self.location = Some(parser.string()?),
            _ => table.properties.extend(parser.properties()?),
        }
        Ok(())
    }
}

fn row_format(parser: &mut Parser, serde: &mut SerdeDefinition) -> Result<()> {
    if parser.one_of(&["SERDE", "DELIMITED"])? == "SERDE" {
        serde.class = parser.string()?;
        if parser.take_all(&["WITH", "SERDEPROPERTIES"]) {
            serde.properties.extend(parser.properties()?);
        }
        return Ok(());
    }
    LAZY_SIMPLE.clone_into(&mut serde.class);
    while let Some((_, property)) = DELIMITED.iter().find(|(words, _)| parser.take_all(words)) {
        let value = parser.string()?;
        if *property == "line.delim" && value != "\n" {
            let text = "LINES TERMINATED BY only supports newline '\\n' right now";
            return Err(semantic_error(text));
        }
        if *property == "field.delim" {
            serde.properties.insert(SERIALIZATION_FORMAT.to_owned(), value.clone());
        }
        serde.properties.insert((*property).to_owned(), value);
    }
    Ok(())
}

fn stored_as(parser: &mut Parser, serde: &mut SerdeDefinition) -> Result<Option<&'static str>> {
    if parser.take("INPUTFORMAT") {
        serde.input_format = parser.string()?;
        parser.expect("OUTPUTFORMAT")?;
        serde.output_format = parser.string()?;
        return Ok(None);
    }
    let Some(format) = FILE_FORMATS.iter().find(|format| parser.take(format.name)) else {
        let names: Vec<_> = FILE_FORMATS.iter().map(|format| format.name).collect();
        return Err(parser.unexpected(&names));
    };
    format.input.clone_into(&mut serde.input_format);
    format.output.clone_into(&mut serde.output_format);
    Ok(Some(format.serde))
}

/// Fills in what Hive takes for granted.
pub(super) fn finish_serde(serde: &mut SerdeDefinition, stored: Option<&str>) {
    if serde.class.is_empty() {
        stored.unwrap_or(LAZY_SIMPLE).clone_into(&mut serde.class);
    }
    if serde.input_format.is_empty() {
        let own = FILE_FORMATS.iter().find(|format| format.serde == serde.class);
        let format = own.unwrap_or(&FILE_FORMATS[0]);
        format.input.clone_into(&mut serde.input_format);
        format.output.clone_into(&mut serde.output_format);
    }
    serde.properties.entry(SERIALIZATION_FORMAT.to_owned()).or_insert_with(|| "1".to_owned());
}

fn check_columns(table: &TableDefinition) -> Result<()> {
    // Avro's SerDe takes the columns from its schema.
    if table.columns.is_empty() && !table.serde.class.contains("avro") {
        let text =
            "[Error 10043]: Either list of columns or a custom serializer should be specified";
        return Err(semantic_error(text));
    }
    let mut seen = BTreeMap::new();
    let columns = table.columns.iter().map(|column| (column, false));
    for (column, is_key) in columns.chain(table.partition_keys.iter().map(|key| (key, true))) {
        match seen.insert(&column.name, is_key) {
            Some(false) if is_key => {
                let text = "[Error 10035]: Column repeated in partitioning columns";
                return Err(semantic_error(text)
                    .hint(format!("`{}` must stand in one of the two lists", column.name)));
            }
            Some(_) => {
                let text = format!("[Error 10036]: Duplicate column name: {}", column.name);
                return Err(semantic_error(&text));
            }
            None => {}
        }
    }
    Ok(())
}

/// An error of Hive's that is not one of syntax. It names no place.
pub(super) fn semantic_error(text: &str) -> Error {
    Error::invalid_query(format!("FAILED: SemanticException {text}"))
}

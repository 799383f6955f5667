//! `ALTER TABLE` and `ALTER DATABASE`.

use crate::catalog::ColumnDefinition;
use crate::dialect::ddl::create_table::column;
use crate::dialect::ddl::parser::Parser;
use crate::dialect::ddl::statement::{
    AlterTable, ColumnPlace, Comparison, PartitionCondition, PartitionValues, Statement,
};
use crate::error::Result;

/// Reads what follows `ALTER`.
pub(super) fn parse(parser: &mut Parser) -> Result<Statement> {
    let position = parser.position();
    match parser.one_of(&["TABLE", "DATABASE", "SCHEMA", "VIEW", "INDEX"])? {
        "TABLE" => {}
        "VIEW" => {
            return Ok(Statement::NotSupported { what: "ALTER VIEW", by_athena: true, position });
        }
        "INDEX" => {
            return Ok(Statement::NotSupported { what: "ALTER INDEX", by_athena: true, position });
        }
        _ => {
            let name = parser.database_name()?;
            parser.expect_all(&["SET", "DBPROPERTIES"])?;
            return Ok(Statement::AlterDatabase { name, properties: parser.properties()? });
        }
    }
    let name = parser.name()?;
    let partition = if parser.take("PARTITION") { Some(parser.partition_values()?) } else { None };
    let action = match partition {
        Some(partition) => of_partition(parser, partition)?,
        None => of_table(parser)?,
    };
    Ok(match action {
        Ok(action) => Statement::AlterTable { name, action },
        Err(what) => Statement::NotSupported { what, by_athena: true, position },
    })
}

/// What is done, or the name of what Athena does not do.
type Action = std::result::Result<AlterTable, &'static str>;

/// The names of what Hive can do to a table and Athena does not, each with the word that it begins with.
const REFUSED: &[(&str, &str)] = &[
    ("ARCHIVE", "ALTER TABLE ARCHIVE PARTITION"),
    ("CLUSTERED", "ALTER TABLE CLUSTERED BY"),
    ("COMPACT", "ALTER TABLE COMPACT"),
    ("CONCATENATE", "ALTER TABLE CONCATENATE"),
    ("EXCHANGE", "ALTER TABLE EXCHANGE PARTITION"),
    ("NOT", "ALTER TABLE NOT CLUSTERED, NOT SKEWED or NOT SORTED"),
    ("PARTITION", "ALTER TABLE PARTITION"),
    ("SKEWED", "ALTER TABLE SKEWED BY"),
    ("TOUCH", "ALTER TABLE TOUCH"),
    ("UNARCHIVE", "ALTER TABLE UNARCHIVE PARTITION"),
];

fn refused(parser: &mut Parser) -> Option<&'static str> {
    let (_, what) = REFUSED.iter().find(|(word, _)| parser.is(word))?;
    while parser.peek().is_some() {
        parser.advance();
    }
    Some(what)
}

fn of_table(parser: &mut Parser) -> Result<Action> {
    if let Some(what) = refused(parser) {
        return Ok(Err(what));
    }
    let action = match parser
        .one_of(&["ADD", "DROP", "SET", "UNSET", "RENAME", "REPLACE", "CHANGE"])?
    {
        "ADD" if parser.take("COLUMNS") => {
            AlterTable::AddColumns { partition: None, columns: columns(parser)? }
        }
        "ADD" => {
            let if_not_exists = parser.if_not_exists()?;
            let mut partitions = Vec::new();
            while partitions.is_empty() || parser.is("PARTITION") {
                parser.expect("PARTITION")?;
                let values = parser.partition_values()?;
                let located = parser.take("LOCATION");
                partitions.push((values, if located { Some(parser.string()?) } else { None }));
            }
            AlterTable::AddPartitions { if_not_exists, partitions }
        }
        "DROP" if parser.is("COLUMN") => {
            let position = parser.position();
            parser.advance();
            AlterTable::DropColumn { column: parser.identifier()?, position }
        }
        "DROP" => {
            let if_exists = parser.if_exists()?;
            let mut partitions = Vec::new();
            while partitions.is_empty() || parser.take(",") {
                parser.expect("PARTITION")?;
                partitions.push(parser.list(condition)?);
            }
            parser.take_all(&["IGNORE", "PROTECTION"]);
            parser.take("PURGE");
            AlterTable::DropPartitions { if_exists, partitions }
        }
        "SET" => match parser.one_of(&[
            "LOCATION",
            "TBLPROPERTIES",
            "SERDE",
            "SERDEPROPERTIES",
            "FILEFORMAT",
        ])? {
            "LOCATION" => AlterTable::SetLocation { partition: None, location: parser.string()? },
            "TBLPROPERTIES" => AlterTable::SetProperties { properties: parser.properties()? },
            _ => {
                while parser.peek().is_some() {
                    parser.advance();
                }
                return Ok(Err("ALTER TABLE SET SERDE, SERDEPROPERTIES or FILEFORMAT"));
            }
        },
        "UNSET" => {
            parser.expect("TBLPROPERTIES")?;
            let if_exists = parser.if_exists()?;
            AlterTable::UnsetProperties { if_exists, keys: parser.list(Parser::string)? }
        }
        "RENAME" => {
            parser.expect("TO")?;
            AlterTable::RenameTable { to: parser.name()? }
        }
        "REPLACE" => {
            parser.expect("COLUMNS")?;
            AlterTable::ReplaceColumns { partition: None, columns: columns(parser)? }
        }
        _ => change(parser)?,
    };
    Ok(Ok(action))
}

fn of_partition(parser: &mut Parser, partition: PartitionValues) -> Result<Action> {
    if let Some(what) = refused(parser) {
        return Ok(Err(what));
    }
    let action = match parser.one_of(&["SET", "RENAME", "ADD", "REPLACE"])? {
        "SET" if parser.is("FILEFORMAT") || parser.is("SERDE") || parser.is("SERDEPROPERTIES") => {
            while parser.peek().is_some() {
                parser.advance();
            }
            return Ok(Err("ALTER TABLE PARTITION SET FILEFORMAT or SERDE"));
        }
        "SET" => {
            parser.expect("LOCATION")?;
            AlterTable::SetLocation { partition: Some(partition), location: parser.string()? }
        }
        "RENAME" => {
            parser.expect_all(&["TO", "PARTITION"])?;
            AlterTable::RenamePartition { from: partition, to: parser.partition_values()? }
        }
        "ADD" => {
            parser.expect("COLUMNS")?;
            AlterTable::AddColumns { partition: Some(partition), columns: columns(parser)? }
        }
        _ => {
            parser.expect("COLUMNS")?;
            AlterTable::ReplaceColumns { partition: Some(partition), columns: columns(parser)? }
        }
    };
    Ok(Ok(action))
}

fn columns(parser: &mut Parser) -> Result<Vec<ColumnDefinition>> {
    let columns = parser.list(column)?;
    cascade(parser);
    Ok(columns)
}

/// Goes over `CASCADE` or `RESTRICT`, which change nothing here: partitions have no columns of their own.
fn cascade(parser: &mut Parser) {
    let _ = parser.take("CASCADE") || parser.take("RESTRICT");
}

fn change(parser: &mut Parser) -> Result<AlterTable> {
    // The word may be left out, and `column` may be the name of one.
    if parser.is("COLUMN") && parser.peek_at(3).is_some() {
        parser.advance();
    }
    let from = parser.identifier()?;
    let to = column(parser)?;
    let place = if parser.take("FIRST") {
        Some(ColumnPlace::First)
    } else if parser.take("AFTER") {
        Some(ColumnPlace::After(parser.identifier()?))
    } else {
        None
    };
    cascade(parser);
    Ok(AlterTable::ChangeColumn { from, to, place })
}

const COMPARISONS: &[(&str, Comparison)] = &[
    ("=", Comparison::Equal),
    ("<>", Comparison::NotEqual),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    ("<", Comparison::Less),
    (">=", Comparison::GreaterOrEqual),
    (">", Comparison::Greater),
];

fn condition(parser: &mut Parser) -> Result<PartitionCondition> {
    let key = parser.identifier()?;
    let Some((_, operator)) = COMPARISONS.iter().find(|(symbol, _)| parser.take(symbol)) else {
        return Err(parser.unexpected(&["="]));
    };
    Ok(PartitionCondition { key, operator: *operator, value: parser.partition_value()? })
}

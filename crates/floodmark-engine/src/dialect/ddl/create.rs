//! `CREATE` and `DROP`, and the statements that write: `CREATE TABLE … AS`, `INSERT INTO` and `UNLOAD`.

use crate::dialect::ddl::create_table;
use crate::dialect::ddl::lexer::Kind;
use crate::dialect::ddl::parser::Parser;
use crate::dialect::ddl::statement::{
    CreateDatabase, CreateTableAs, CreateView, Property, Statement, Value,
};
use crate::error::Result;
use crate::limits::TYPE_DEPTH_MAX;

/// What can be made, as Trino's grammar names it, with what Athena's own adds.
const THINGS: &[&str] = &["EXTERNAL", "OR", "SCHEMA", "TABLE", "VIEW", "DATABASE"];

/// What Athena refuses to make or drop.
const REFUSED: &[(&str, &str, &str)] = &[
    ("CATALOG", "CREATE CATALOG", "DROP CATALOG"),
    ("FUNCTION", "CREATE FUNCTION", "DROP FUNCTION"),
    ("INDEX", "CREATE INDEX", "DROP INDEX"),
    ("MACRO", "CREATE MACRO", "DROP MACRO"),
    ("MATERIALIZED", "CREATE MATERIALIZED VIEW", "DROP MATERIALIZED VIEW"),
    ("ROLE", "CREATE ROLE", "DROP ROLE"),
    ("TEMPORARY", "CREATE TEMPORARY", "DROP TEMPORARY"),
];

/// Reads what follows `CREATE`.
pub(super) fn parse(parser: &mut Parser) -> Result<Statement> {
    let position = parser.position();
    if let Some((_, what, _)) = REFUSED.iter().find(|(word, ..)| parser.is(word)) {
        return Ok(Statement::NotSupported { what, by_athena: true, position });
    }
    match parser.one_of(THINGS)? {
        "EXTERNAL" => {
            parser.expect("TABLE")?;
            create_table::parse(parser, true)
        }
        "TABLE" => parse_table(parser),
        "VIEW" => parse_view(parser, false),
        "OR" => {
            parser.expect("REPLACE")?;
            if parser.is("TABLE") {
                let what = "CREATE OR REPLACE TABLE";
                return Ok(Statement::NotSupported { what, by_athena: false, position });
            }
            parser.expect("VIEW")?;
            parse_view(parser, true)
        }
        _ => parse_database(parser),
    }
}

/// Reads what follows `DROP`.
pub(super) fn parse_drop(parser: &mut Parser) -> Result<Statement> {
    let position = parser.position();
    if let Some((_, _, what)) = REFUSED.iter().find(|(word, ..)| parser.is(word)) {
        return Ok(Statement::NotSupported { what, by_athena: true, position });
    }
    let thing = parser.one_of(&["DATABASE", "SCHEMA", "TABLE", "VIEW"])?;
    let if_exists = parser.if_exists()?;
    Ok(match thing {
        "TABLE" => Statement::DropTable { name: parser.name()?, if_exists },
        "VIEW" => Statement::DropView { name: parser.name()?, if_exists },
        _ => {
            let name = parser.database_name()?;
            let cascade = parser.take("CASCADE");
            if !cascade {
                parser.take("RESTRICT");
            }
            Statement::DropDatabase { name, if_exists, cascade }
        }
    })
}

/// Reads what follows `INSERT`.
pub(super) fn parse_insert(parser: &mut Parser) -> Result<Statement> {
    let position = parser.position();
    if parser.is("OVERWRITE") {
        return Ok(Statement::NotSupported { what: "INSERT OVERWRITE", by_athena: true, position });
    }
    parser.expect("INTO")?;
    let name = parser.name()?;
    let query = ["SELECT", "WITH", "VALUES", "TABLE", "("];
    // What stands in the parentheses is a query or a list of columns.
    let has_columns = parser.is("(") && !query.iter().any(|word| parser.is_at(1, word));
    let columns = if has_columns { parser.list(Parser::identifier)? } else { Vec::new() };
    Ok(Statement::InsertInto { name, columns, query: parser.query()? })
}

/// Reads what follows `UNLOAD`.
pub(super) fn parse_unload(parser: &mut Parser) -> Result<Statement> {
    parser.expect("(")?;
    if !parser.is_query() {
        return Err(parser.unexpected(&["<query>"]));
    }
    let query = parser.until(&[")"])?;
    parser.expect(")")?;
    parser.expect("TO")?;
    let to = parser.string()?;
    let properties = if parser.take("WITH") { parser.list(property)? } else { Vec::new() };
    Ok(Statement::Unload { query, to, properties })
}

fn parse_database(parser: &mut Parser) -> Result<Statement> {
    let if_not_exists = parser.if_not_exists()?;
    let name = parser.database_name()?;
    let comment = parser.comment()?;
    let location = if parser.take("LOCATION") { Some(parser.string()?) } else { None };
    let with = parser.take_all(&["WITH", "DBPROPERTIES"]);
    let properties = if with { parser.properties()? } else { Vec::new() };
    Ok(Statement::CreateDatabase(CreateDatabase {
        name,
        if_not_exists,
        comment,
        location,
        properties,
    }))
}

fn parse_view(parser: &mut Parser, or_replace: bool) -> Result<Statement> {
    let if_not_exists = !or_replace && parser.if_not_exists()?;
    let name = parser.name()?;
    let columns = if parser.is("(") { parser.list(Parser::identifier)? } else { Vec::new() };
    let comment = parser.comment()?;
    if parser.take("SECURITY") {
        parser.one_of(&["DEFINER", "INVOKER"])?;
    }
    parser.expect("AS")?;
    let query = parser.query()?;
    Ok(Statement::CreateView(CreateView {
        name,
        or_replace,
        if_not_exists,
        columns,
        comment,
        query,
    }))
}

/// `CREATE TABLE`: with a query in Trino's grammar, without one in Hive's.
fn parse_table(parser: &mut Parser) -> Result<Statement> {
    if !parser.is_trino() {
        return create_table::parse(parser, false);
    }
    let if_not_exists = parser.if_not_exists()?;
    let name = parser.name()?;
    parser.comment()?;
    let properties = if parser.take("WITH") { parser.list(property)? } else { Vec::new() };
    parser.expect("AS")?;
    if !parser.is_query() {
        return Err(parser.unexpected(&["<query>"]));
    }
    let with_data = !parser.ends_with(&["WITH", "NO", "DATA"]);
    let tail = match with_data {
        false => 3,
        true if parser.ends_with(&["WITH", "DATA"]) => 2,
        true => 0,
    };
    let query = parser.rest_but(tail).ok_or_else(|| parser.unexpected(&["<query>"]))?;
    for _ in 0..tail {
        parser.advance();
    }
    Ok(Statement::CreateTableAs(Box::new(CreateTableAs {
        name,
        if_not_exists,
        properties,
        query,
        with_data,
    })))
}

/// `name = value`.
fn property(parser: &mut Parser) -> Result<Property> {
    let position = parser.position();
    let name = parser.identifier()?;
    parser.expect("=")?;
    Ok(Property { name, value: value(parser, 0)?, position })
}

fn value(parser: &mut Parser, depth: usize) -> Result<Value> {
    if parser.is("ARRAY") && depth < TYPE_DEPTH_MAX {
        parser.advance();
        parser.expect("[")?;
        let mut values = Vec::new();
        if !parser.take("]") {
            values.push(value(parser, depth + 1)?);
            while parser.one_of(&[",", "]"])? == "," {
                values.push(value(parser, depth + 1)?);
            }
        }
        return Ok(Value::Array(values));
    }
    for (word, boolean) in [("true", true), ("false", false)] {
        if parser.take(word) {
            return Ok(Value::Boolean(boolean));
        }
    }
    match parser.peek().map(|token| token.kind) {
        Some(Kind::Text) => Ok(Value::Text(parser.string()?)),
        Some(Kind::Number) => Ok(Value::Number(parser.number()?)),
        Some(_) if parser.is("-") => Ok(Value::Number(parser.number()?)),
        _ => Err(parser.unexpected(&["<expression>"])),
    }
}

//! `SHOW` and `DESCRIBE`.

use crate::dialect::ddl::lexer::Kind;
use crate::dialect::ddl::parser::Parser;
use crate::dialect::ddl::statement::{Detail, Like, Name, Statement};
use crate::error::{Error, Result};

const THINGS: &[&str] = &[
    "COLUMNS",
    "CREATE",
    "DATABASES",
    "FUNCTIONS",
    "PARTITIONS",
    "SCHEMAS",
    "TABLES",
    "TBLPROPERTIES",
    "VIEWS",
];

/// What Athena refuses to show.
const REFUSED: &[(&str, &str)] = &[
    ("CATALOGS", "SHOW CATALOGS"),
    ("COMPACTIONS", "SHOW COMPACTIONS"),
    ("CURRENT", "SHOW CURRENT ROLES"),
    ("GRANT", "SHOW GRANT"),
    ("GRANTS", "SHOW GRANTS"),
    ("INDEX", "SHOW INDEXES"),
    ("INDEXES", "SHOW INDEXES"),
    ("LOCKS", "SHOW LOCKS"),
    ("PRINCIPALS", "SHOW PRINCIPALS"),
    ("ROLE", "SHOW ROLE"),
    ("ROLES", "SHOW ROLES"),
    ("SESSION", "SHOW SESSION"),
    ("STATS", "SHOW STATS"),
    ("TABLE", "SHOW TABLE EXTENDED"),
    ("TRANSACTIONS", "SHOW TRANSACTIONS"),
];

/// Reads what follows `SHOW`.
pub(super) fn parse(parser: &mut Parser) -> Result<Statement> {
    let position = parser.position();
    if let Some((_, what)) = REFUSED.iter().find(|(word, _)| parser.is(word)) {
        return Ok(Statement::NotSupported { what, by_athena: true, position });
    }
    Ok(match parser.one_of(THINGS)? {
        "DATABASES" | "SCHEMAS" => {
            if takes_in(parser) {
                parser.identifier()?;
            }
            Statement::ShowDatabases { like: like(parser)? }
        }
        "TABLES" => Statement::ShowTables { database: in_database(parser)?, like: like(parser)? },
        "VIEWS" => Statement::ShowViews { database: in_database(parser)?, like: like(parser)? },
        "FUNCTIONS" => Statement::ShowFunctions { like: function_like(parser)? },
        "COLUMNS" => {
            parser.one_of(&["FROM", "IN"])?;
            let mut table = parser.name()?;
            if takes_in(parser) {
                let Name { catalog, name, .. } = parser.database_name()?;
                (table.catalog, table.database) = (catalog, Some(name));
            }
            Statement::ShowColumns { table }
        }
        "PARTITIONS" => {
            let table = parser.name()?;
            let only = match parser.take("PARTITION") {
                true => parser.partition_values()?,
                false => Vec::new(),
            };
            Statement::ShowPartitions { table, only }
        }
        "CREATE" => match parser.one_of(&["TABLE", "VIEW", "DATABASE", "SCHEMA", "FUNCTION"])? {
            "TABLE" => Statement::ShowCreateTable { table: parser.name()? },
            "VIEW" => Statement::ShowCreateView { view: parser.name()? },
            _ => Statement::NotSupported {
                what: "SHOW CREATE of anything but a table or view",
                by_athena: true,
                position,
            },
        },
        _ => {
            let table = parser.name()?;
            let key = match parser.take("(") {
                true => {
                    let key = parser.string()?;
                    parser.expect(")")?;
                    Some(key)
                }
                false => None,
            };
            Statement::ShowTableProperties { table, key }
        }
    })
}

/// Reads what follows `DESCRIBE` or `DESC`.
pub(super) fn parse_describe(parser: &mut Parser) -> Result<Statement> {
    let position = parser.position();
    // These words can be tables' names too.
    let word_before_name = parser.peek_at(1).is_some() && !parser.is_at(1, ".");
    if word_before_name {
        for word in ["INPUT", "OUTPUT"] {
            let is_statement = parser.peek_at(2).is_none();
            if is_statement && parser.take(word) {
                let position = parser.position();
                let name = parser.identifier()?;
                return Ok(match word {
                    "INPUT" => Statement::DescribeInput { name, position },
                    _ => Statement::DescribeOutput { name, position },
                });
            }
        }
        for (word, what) in [
            ("DATABASE", "DESCRIBE DATABASE"),
            ("SCHEMA", "DESCRIBE SCHEMA"),
            ("FUNCTION", "DESCRIBE FUNCTION"),
        ] {
            if parser.is(word) {
                return Ok(Statement::NotSupported { what, by_athena: true, position });
            }
        }
    }
    let detail = match () {
        () if word_before_name && parser.take("EXTENDED") => Detail::Extended,
        () if word_before_name && parser.take("FORMATTED") => Detail::Formatted,
        () => Detail::Columns,
    };
    let name = parser.name()?;
    let partition = if parser.take("PARTITION") { Some(parser.partition_values()?) } else { None };
    let mut column = None;
    if parser.peek().is_some() {
        let mut parts = vec![part_of_column(parser)?];
        while parser.take(".") {
            parts.push(part_of_column(parser)?);
        }
        column = Some(parts);
    }
    Ok(Statement::Describe { name, detail, partition, column })
}

/// A column or field, or `'$elem$'`, `'$key$'` and `'$value$'` for what is in an array or map.
fn part_of_column(parser: &mut Parser) -> Result<String> {
    match parser.peek().map(|token| token.kind) {
        Some(Kind::Text) => parser.string(),
        _ => parser.identifier(),
    }
}

fn takes_in(parser: &mut Parser) -> bool {
    parser.take("IN") || parser.take("FROM")
}

fn in_database(parser: &mut Parser) -> Result<Option<Name>> {
    if takes_in(parser) { parser.database_name().map(Some) } else { Ok(None) }
}

/// `'pattern'` or `LIKE 'pattern'`. A pattern with `%` is SQL's, as Trino's tools send it.
fn like(parser: &mut Parser) -> Result<Option<Like>> {
    let named = parser.take("LIKE");
    if !named && parser.peek().is_none() {
        return Ok(None);
    }
    let pattern = parser.string()?;
    if let Some(escape) = escape(parser)? {
        return Ok(Some(Like::Sql(pattern, Some(escape))));
    }
    Ok(Some(if named && pattern.contains('%') {
        Like::Sql(pattern, None)
    } else {
        Like::Pattern(pattern)
    }))
}

fn function_like(parser: &mut Parser) -> Result<Option<Like>> {
    if !parser.take("LIKE") {
        return Ok(None);
    }
    let pattern = parser.string()?;
    Ok(Some(Like::Sql(pattern, escape(parser)?)))
}

fn escape(parser: &mut Parser) -> Result<Option<char>> {
    if !parser.take("ESCAPE") {
        return Ok(None);
    }
    let position = parser.position();
    let text = parser.string()?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(escape), None) => Ok(Some(escape)),
        _ => Err(Error::invalid_query("Escape string must be a single character")
            .code("INVALID_FUNCTION_ARGUMENT")
            .at(Some(position))),
    }
}

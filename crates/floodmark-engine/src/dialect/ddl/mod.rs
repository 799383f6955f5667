//! Athena's statements that are not plain queries: Hive's DDL, and what Trino's grammar has besides queries.

mod alter;
mod create;
mod create_table;
mod hive_type;
mod lexer;
mod literal;
mod log_ddl;
#[cfg(test)]
mod log_tests;
mod parser;
mod prepared;
mod render;
mod show;
pub(crate) mod statement;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::error::{Position, Result};

pub(crate) use create_table::{BUCKET_COLUMNS, BUCKET_COUNT, CREATED};
pub(crate) use literal::hive_quoted;
pub(crate) use log_ddl::{DAY, PROJECTION, table_like};
pub use log_ddl::{DdlOptions, ddl_of};
pub(crate) use render::{create_table, create_view};

use lexer::{Kind, Lexer, Syntax, syntax_at};
use parser::Parser;
use statement::Statement;

/// Splits a text into statements at `;` outside of quotes and comments, each as a byte range without the blanks and comments
/// around it. Blank ones are dropped.
pub(crate) fn split(sql: &str) -> Vec<Range<usize>> {
    let mut statements = Vec::new();
    let mut from = 0;
    // Each statement is read with its own quoting.
    while let Some(first) = Lexer::new(sql, from..sql.len(), Syntax::Trino).next() {
        let mut end = first.start;
        from = sql.len();
        for token in Lexer::new(sql, first.start..sql.len(), syntax_at(sql, first.start)) {
            if token.kind == Kind::Symbol && &sql[token.start..token.end] == ";" {
                from = token.end;
                break;
            }
            end = token.end;
        }
        if end > first.start {
            statements.push(first.start..end);
        }
    }
    statements
}

/// Reads the statement that stands in a range of a text. None is a plain query: SELECT, WITH, VALUES, TABLE or `(`.
///
/// # Errors
///
/// `InvalidQuery` in Athena's words, with its place in the whole text.
pub(crate) fn parse(sql: &str, range: Range<usize>) -> Result<Option<Statement>> {
    let syntax = Lexer::new(sql, range.clone(), Syntax::Trino)
        .next()
        .map_or(Syntax::Trino, |first| syntax_at(&sql[..range.end], first.start));
    let mut parser = Parser::new(sql, range, syntax);
    if parser.is_query() {
        return Ok(None);
    }
    let statement = statement(&mut parser)?;
    // What is not run is not read to its end either.
    if !matches!(statement, Statement::NotSupported { .. }) {
        parser.finish()?;
    }
    Ok(Some(statement))
}

/// Where the statement in a range of a text begins.
pub(crate) fn start(sql: &str, range: Range<usize>) -> Position {
    let first = Lexer::new(sql, range.clone(), Syntax::Trino).next();
    lexer::position(sql, first.map_or(range.start, |token| token.start))
}

/// The words that a statement begins with, in the order and number in which Athena names them.
const FIRST_WORDS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "CALL",
    "COMMENT",
    "COMMIT",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DENY",
    "DESC",
    "DESCRIBE",
    "DROP",
    "EXECUTE",
    "EXPLAIN",
    "GRANT",
    "INSERT",
    "MERGE",
    "PREPARE",
    "REFRESH",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SET",
    "SHOW",
    "START",
    "TRUNCATE",
    "UNLOAD",
    "UPDATE",
    "USE",
    "<query>",
];

/// Statements that Athena runs and Floodmark does not, by their first word.
const LATER: &[&str] = &["DELETE", "MERGE", "OPTIMIZE", "UPDATE", "USING", "VACUUM"];

/// Statements that Athena refuses, by their first word.
const REFUSED: &[&str] = &[
    "ANALYZE", "CALL", "COMMENT", "COMMIT", "DENY", "EXPORT", "GRANT", "IMPORT", "LOAD", "LOCK",
    "REFRESH", "RESET", "REVOKE", "ROLLBACK", "SET", "START", "TRUNCATE", "UNLOCK", "USE",
];

fn statement(parser: &mut Parser) -> Result<Statement> {
    let position = parser.position();
    let not_supported = |what, by_athena| Statement::NotSupported { what, by_athena, position };
    if let Some(what) = LATER.iter().find(|word| parser.is(word)) {
        return Ok(not_supported(what, false));
    }
    if let Some(what) = REFUSED.iter().find(|word| parser.is(word)) {
        return Ok(not_supported(what, true));
    }
    let words = [
        "ALTER",
        "CREATE",
        "DEALLOCATE",
        "DESC",
        "DESCRIBE",
        "DROP",
        "EXECUTE",
        "EXPLAIN",
        "INSERT",
        "MSCK",
        "PREPARE",
        "SHOW",
        "UNLOAD",
    ];
    let Some(word) = words.into_iter().find(|word| parser.take(word)) else {
        let error = parser.unexpected(FIRST_WORDS);
        return Err(match (error.hint_text(), parser.peek().map(|token| parser.text(token))) {
            (None, Some(word)) => {
                match parser::nearest(
                    word,
                    &["SELECT", "WITH", "VALUES", "MSCK", "VACUUM", "OPTIMIZE"],
                ) {
                    Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                    None => error,
                }
            }
            _ => error,
        });
    };
    match word {
        "ALTER" => alter::parse(parser),
        "CREATE" => create::parse(parser),
        "DROP" => create::parse_drop(parser),
        "INSERT" => create::parse_insert(parser),
        "UNLOAD" => create::parse_unload(parser),
        "SHOW" => show::parse(parser),
        "DESC" | "DESCRIBE" => show::parse_describe(parser),
        "MSCK" => {
            parser.expect_all(&["REPAIR", "TABLE"])?;
            Ok(Statement::MsckRepair { name: parser.name()? })
        }
        "EXPLAIN" => prepared::parse_explain(parser),
        "PREPARE" => prepared::parse_prepare(parser),
        "EXECUTE" => prepared::parse_execute(parser),
        _ => prepared::parse_deallocate(parser),
    }
}

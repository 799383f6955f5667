//! SQL as text: the only place where the parser is touched.

mod aggregate;
pub(crate) mod attempt;
pub(crate) mod ddl;
pub(crate) mod errors;
pub(crate) mod functions;
mod keywords;
mod mistakes;
pub(crate) mod moment;
pub(crate) mod names;
mod parsed;
mod prefix;
pub(crate) mod relations;
mod rewrite;
mod scope;
mod statement;
pub(crate) mod subscript;
mod syntax;
mod tokens;
mod trino;
pub(crate) mod trino_type;
pub(crate) mod typing;
mod unnest;
mod using;
pub(crate) mod value_text;

use std::sync::Arc;

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::ast::Expr;

use crate::dialect::trino::TrinoDialect;
use crate::error::{Error, Result};
use crate::limits::NESTING_MAX;

pub use crate::dialect::aggregate::{Aggregate, aggregate};
pub use crate::dialect::functions::url::{UrlPart, url_part};
pub use crate::dialect::keywords::KEYWORDS;
pub(crate) use crate::dialect::parsed::Parsed;
pub(crate) use crate::dialect::parsed::TableName;
pub use crate::dialect::statement::{Action, Statement, parse, parse_alone};
pub(crate) use crate::dialect::statement::{Kind, parse_one};

/// Reads plain queries separated by `;`.
///
/// # Errors
///
/// `InvalidQuery` with the place of the first thing that is no SQL.
pub(crate) fn queries(sql: &str) -> Result<Vec<Parsed>> {
    let tokens = tokens::read(sql)?;
    let hidden = tokens::hidden_columns(&tokens);
    let places = tokens::places(&tokens);
    let failed =
        |error: datafusion::error::DataFusionError| syntax::error(&error.strip_backtrace(), sql);
    let mut parser = DFParserBuilder::new(tokens)
        .with_dialect(&TrinoDialect)
        .with_recursion_limit(NESTING_MAX)
        .build()
        .map_err(failed)?;
    let statements = parser.parse_statements().map_err(failed)?;
    let source: Arc<str> = sql.into();
    let mut places = places.into_iter();
    let mut place = || places.next().unwrap_or_else(tokens::everywhere);
    statements
        .into_iter()
        .map(|statement| Parsed::new(statement, &hidden, Arc::clone(&source), place()))
        .collect()
}

/// An identifier as it is written in SQL: the one quoting function.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as it is written in SQL: the one quoting function for values.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Checks that a text is one condition, as after WHERE, and nothing more.
///
/// # Errors
///
/// `InvalidQuery` with the place of what is none.
pub fn condition(text: &str) -> Result<()> {
    parse_expression(text, "a condition").map(|_| ())
}

/// Checks that a text is one aggregate or value, as after SELECT, and nothing more.
///
/// # Errors
///
/// `InvalidQuery` with the place of what is none.
pub fn value(text: &str) -> Result<()> {
    parse_expression(text, "one expression").map(|_| ())
}

/// Text that goes into a larger one must not end what it stands in: `1=1) OR (2=2` is no condition.
fn parse_expression(text: &str, what: &str) -> Result<Expr> {
    let tokens = tokens::read(text)?;
    let failed =
        |error: datafusion::error::DataFusionError| syntax::error(&error.strip_backtrace(), text);
    let mut parser = DFParserBuilder::new(tokens)
        .with_dialect(&TrinoDialect)
        .with_recursion_limit(NESTING_MAX)
        .build()
        .map_err(failed)?;
    let parsed = parser.parse_into_expr().map_err(failed)?;
    match parsed.alias {
        None => Ok(parsed.expr),
        Some(alias) => {
            let message = format!("`{text}` is not {what}: it has the name `{alias}`");
            Err(Error::invalid_query(message))
        }
    }
}

/// The name among these that is the nearest to one that does not exist, if one is near.
pub(crate) fn nearest<'n>(name: &str, names: &'n [String]) -> Option<&'n str> {
    (names.iter())
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, known)| known.as_str())
}

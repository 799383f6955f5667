//! SQL as text: the only place where the parser is touched.

pub(crate) mod attempt;
pub(crate) mod errors;
pub(crate) mod functions;
pub(crate) mod names;
mod parsed;
mod prefix;
pub(crate) mod relations;
mod rewrite;
mod scope;
pub(crate) mod subscript;
mod syntax;
mod tokens;
mod trino;
pub(crate) mod trino_type;
mod unnest;

use std::sync::Arc;

use datafusion::sql::parser::DFParserBuilder;

use crate::dialect::trino::TrinoDialect;
use crate::error::Result;
use crate::limits::NESTING_MAX;

pub use crate::dialect::parsed::Parsed;
pub(crate) use crate::dialect::parsed::TableName;
pub(crate) use crate::dialect::parsed::parameters::parameter;

/// Reads statements separated by `;`.
///
/// # Errors
///
/// `InvalidQuery` with the place of the first thing that is no SQL.
pub fn parse(sql: &str) -> Result<Vec<Parsed>> {
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

//! SQL as text: the only place where the parser is touched.

pub(crate) mod ddl;
pub(crate) mod functions;
pub(crate) mod moment;
mod parsed;
mod scope;
mod syntax;
mod tokens;
mod trino;
pub(crate) mod trino_type;
pub(crate) mod typing;
pub(crate) mod value_text;

use datafusion::sql::parser::DFParserBuilder;

use crate::dialect::trino::TrinoDialect;
use crate::error::Result;
use crate::limits::NESTING_MAX;

pub use crate::dialect::parsed::Parsed;
pub(crate) use crate::dialect::parsed::TableName;

/// Reads statements separated by `;`.
///
/// # Errors
///
/// `InvalidQuery` with the place of the first thing that is no SQL.
pub fn parse(sql: &str) -> Result<Vec<Parsed>> {
    let tokens = tokens::read(sql)?;
    let hidden = tokens::hidden_columns(&tokens);
    let failed =
        |error: datafusion::error::DataFusionError| syntax::error(&error.strip_backtrace(), sql);
    let mut parser = DFParserBuilder::new(tokens)
        .with_dialect(&TrinoDialect)
        .with_recursion_limit(NESTING_MAX)
        .build()
        .map_err(failed)?;
    let statements = parser.parse_statements().map_err(failed)?;
    statements.into_iter().map(|statement| Parsed::new(statement, &hidden, sql)).collect()
}

/// An identifier as it is written in SQL: the one quoting function.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

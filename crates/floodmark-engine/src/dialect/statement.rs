//! Statements: plain queries, and all others.

use std::ops::Range;
use std::sync::Arc;

use crate::dialect::{Parsed, ddl, queries};
use crate::error::{Error, Position, Result};

/// One statement, ready to be run.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) kind: Kind,
    /// The whole text that it stands in.
    pub(crate) source: Arc<str>,
    /// Where it begins.
    pub(crate) start: Position,
}

impl Statement {
    /// Whether it is a plain query, which may be asked any number of times.
    pub fn is_query(&self) -> bool {
        matches!(self.kind, Kind::Query(_))
    }
}

/// What kind of statement it is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A plain query.
    Query(Parsed),
    /// Any other.
    Other(ddl::statement::Statement),
}

/// Reads statements separated by `;`.
///
/// # Errors
///
/// `InvalidQuery` with the place of the first thing that is no SQL.
pub fn parse(sql: &str) -> Result<Vec<Statement>> {
    ddl::split(sql).into_iter().map(|range| parse_one(sql, range)).collect()
}

/// Reads the statement that stands in a range of a text. Places in it are those of the whole text.
pub(crate) fn parse_one(sql: &str, range: Range<usize>) -> Result<Statement> {
    let source = Arc::from(sql);
    let start = ddl::start(sql, range.clone());
    if let Some(other) = ddl::parse(sql, range.clone())? {
        return Ok(Statement { kind: Kind::Other(other), source, start });
    }
    let alone = alone(sql, range);
    let [parsed] = <[Parsed; 1]>::try_from(queries(&alone)?)
        .map_err(|_| Error::invalid_query("one query must stand here"))?;
    Ok(Statement { kind: Kind::Query(parsed), source, start })
}

/// A part of a text with blanks in the place of everything else, so that places stay what they are.
fn alone(sql: &str, range: Range<usize>) -> String {
    let blank = |text: &str| -> String {
        text.chars().map(|character| if character == '\n' { '\n' } else { ' ' }).collect()
    };
    format!("{}{}", blank(&sql[..range.start]), &sql[range])
}

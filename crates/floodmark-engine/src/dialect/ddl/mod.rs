//! Athena's statements that are not plain queries: Hive's DDL, and what Trino's grammar has besides queries.

pub(crate) mod statement;

use std::ops::Range;

use crate::error::Result;

use statement::Statement;

/// Splits a text into statements at `;` outside of quotes and comments, each as a byte range without the blanks and comments
/// around it. Blank ones are dropped.
pub(crate) fn split(_sql: &str) -> Vec<Range<usize>> {
    Vec::new()
}

/// Reads the statement that stands in a range of a text. None is a plain query: SELECT, WITH, VALUES, TABLE or `(`.
///
/// # Errors
///
/// `InvalidQuery` in Athena's words, with its place in the whole text.
pub(crate) fn parse(_sql: &str, _range: Range<usize>) -> Result<Option<Statement>> {
    Ok(None)
}

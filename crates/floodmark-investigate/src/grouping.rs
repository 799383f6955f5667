//! What rows are grouped by: columns, a log's dimensions, or expressions.

use floodmark_engine::{Error, ErrorKind, Result, dialect};
use floodmark_formats::Table;

use crate::limits::GROUPINGS_MAX;
use crate::measure::in_line;

/// Something that rows are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The name of its column in the answer: that of the column or dimension, or the expression as it was given.
    pub name: String,
    /// Its value, as SQL over the columns of one row.
    pub sql: String,
}

impl Grouping {
    /// The value under its name, as in a list of SELECT.
    pub(crate) fn selected(&self) -> String {
        let name = dialect::identifier(&self.name);
        if self.sql == name { name } else { format!("{} AS {name}", self.sql) }
    }
}

/// Reads what to group by: names and expressions, several in one text with commas between them.
///
/// # Errors
///
/// `InvalidQuery` if there is none, or for what is no expression; `LimitReached` if there are too many.
pub fn groupings(table: &Table, by: &[String]) -> Result<Vec<Grouping>> {
    let mut groupings: Vec<Grouping> = Vec::new();
    for text in by.iter().flat_map(|list| parts(list)) {
        let grouping = grouping(table, text)?;
        if !groupings.contains(&grouping) {
            groupings.push(grouping);
        }
    }
    if groupings.is_empty() {
        return Err(Error::invalid_query("there is nothing to group by")
            .hint("name columns or expressions: `--by client_ip`"));
    }
    if groupings.len() > GROUPINGS_MAX {
        let message = format!("rows are grouped by at most {GROUPINGS_MAX} things");
        return Err(Error::new(ErrorKind::LimitReached, message));
    }
    Ok(groupings)
}

fn grouping(table: &Table, text: &str) -> Result<Grouping> {
    let name = text.trim_matches('"');
    let column =
        (table.columns.iter()).find(|column| column.column.name.eq_ignore_ascii_case(name));
    if let Some(column) = column {
        let name = column.column.name.to_owned();
        return Ok(Grouping { sql: dialect::identifier(&name), name });
    }
    let dimension = (table.log_type.dimensions.iter())
        .find(|dimension| dimension.name.eq_ignore_ascii_case(name));
    if let Some(dimension) = dimension {
        return Ok(Grouping { name: dimension.name.to_owned(), sql: dimension.sql.to_owned() });
    }
    if dialect::aggregate(text)?.is_some() {
        let message = format!("`{text}` is no value of a single row to group by");
        return Err(
            Error::invalid_query(message).hint(format!("to measure it: `--measure '{text}'`"))
        );
    }
    dialect::value(text)?;
    Ok(Grouping { name: text.to_owned(), sql: in_line(text) })
}

/// A list taken apart at its commas; those within brackets and quotes are none of it.
fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    let mut parts = Vec::new();
    for (at, character) in list.char_indices() {
        match (quote, character) {
            (Some(open), character) if character == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

//! What rows are grouped by: columns, a log's dimensions, or expressions.

use floodmark_engine::{Error, ErrorKind, Result, dialect};
use floodmark_formats::Table;
use floodmark_formats::kind::Kind;
use floodmark_who::Fact;

use crate::limits::GROUPINGS_MAX;
use crate::measure::in_line;

/// Something that rows are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The name of its column in the answer: that of the column or dimension, or the expression as it was given.
    pub name: String,
    /// Its value, as SQL over the columns of one row.
    pub sql: String,
    /// Whether its values are addresses, by the log's declaration.
    pub is_address: bool,
}

impl Grouping {
    /// The value under its name, as in a list of SELECT.
    pub(crate) fn selected(&self) -> String {
        let name = dialect::identifier(&self.name);
        if self.sql == name { name } else { format!("{} AS {name}", self.sql) }
    }
}

impl Grouping {
    /// The address that it asks the registries about, as SQL, if it is nothing but that.
    pub(crate) fn asked_of_registry(&self) -> Option<&str> {
        let of_registry = Fact::ALL.into_iter().filter(|fact| fact.is_of_registry());
        of_registry.into_iter().find_map(|fact| argument(&self.sql, fact.name()))
    }
}

/// The one argument of an expression that is a call of this function.
fn argument<'a>(sql: &'a str, function: &str) -> Option<&'a str> {
    let (name, rest) = sql.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    let mut depth = 0_i32;
    // The bracket that was opened first must be the one that is closed last.
    let is_whole = inner.chars().all(|character| {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth >= 0
    });
    (is_whole && name.trim().eq_ignore_ascii_case(function)).then_some(inner)
}

/// The values of those groupings that are addresses, among the values of rows.
pub(crate) fn addresses<'a>(
    is_address: &'a [bool],
    rows: impl Iterator<Item = &'a [Option<String>]> + 'a,
) -> impl Iterator<Item = &'a str> + 'a {
    rows.flat_map(move |values| {
        let addresses = values.iter().zip(is_address).filter(|(_, is_address)| **is_address);
        addresses.filter_map(|(value, _)| value.as_deref())
    })
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
        let is_address = column.column.kind == Kind::Address;
        return Ok(Grouping { sql: dialect::identifier(&name), name, is_address });
    }
    let dimension = (table.log_type.dimensions.iter())
        .find(|dimension| dimension.name.eq_ignore_ascii_case(name));
    if let Some(dimension) = dimension {
        return Ok(Grouping {
            name: dimension.name.to_owned(),
            sql: dimension.sql.to_owned(),
            is_address: dimension.kind == Kind::Address,
        });
    }
    if dialect::aggregate(text)?.is_some() {
        let message = format!("`{text}` is no value of a single row to group by");
        return Err(
            Error::invalid_query(message).hint(format!("to measure it: `--measure '{text}'`"))
        );
    }
    dialect::value(text)?;
    Ok(Grouping { name: text.to_owned(), sql: in_line(text), is_address: false })
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

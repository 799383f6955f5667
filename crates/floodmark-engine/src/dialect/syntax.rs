//! Errors of the parser in Athena's words.

use crate::dialect::prefix::{INVALID_LITERAL, NOT_SUPPORTED};
use crate::error::{Error, ErrorKind, MALFORMED_QUERY, Position};

/// An error of the parser, with the place that its text names.
pub(crate) fn error(message: &str, sql: &str) -> Error {
    let message = message.strip_prefix("SQL error: ").unwrap_or(message);
    let message =
        message.trim_start_matches("ParserError(\"").trim_start_matches("TokenizerError(\"");
    let message = message.trim_end_matches("\")").replace("\\\"", "\"");
    if let Some((_, what)) = message.split_once(NOT_SUPPORTED) {
        return Error::new(ErrorKind::NotSupported, what).code("NOT_SUPPORTED");
    }
    let (text, position) = match message.find(" at Line: ") {
        Some(at) => (message[..at].to_owned(), position(&message[at..])),
        None if message.ends_with("found: EOF") => (message, Some(end_of(sql))),
        None => (message, None),
    };
    let unclosed = match text.as_str() {
        "Unterminated string literal" => Some("'"),
        text if text.starts_with("Expected close delimiter '\"'") => Some("\""),
        _ => None,
    };
    if let Some(quote) = unclosed {
        return Error::invalid_query(format!(
            "mismatched input '{quote}'. Expecting: <expression>"
        ))
        .code(MALFORMED_QUERY)
        .at(position)
        .hint(format!("this `{quote}` is not closed"));
    }
    if let Some((_, what)) = text.split_once(INVALID_LITERAL) {
        return Error::invalid_query(what).code("INVALID_LITERAL").at(position);
    }
    match text.strip_prefix("Expected: ").and_then(|text| text.rsplit_once(", found: ")) {
        None => Error::invalid_query(text).code(MALFORMED_QUERY).at(position),
        Some((expected, found)) => mismatched(expected, found, position, sql),
    }
}

/// What Athena expects where a statement begins.
const STATEMENTS: &str = "'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', \
     'DENY', 'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', \
     'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', 'UPDATE', \
     'USE', 'VACUUM', 'WITH', <query>";

fn mismatched(expected: &str, found: &str, position: Option<Position>, sql: &str) -> Error {
    let expected = match expected {
        "an SQL statement" => STATEMENTS,
        "an expression" => "<expression>",
        "identifier" => "<identifier>",
        "SELECT, VALUES, or a subquery in the query body" => "'SELECT', 'TABLE', 'VALUES', <query>",
        "end of statement" => "<EOF>",
        expected => expected,
    };
    // Names were made lower case; Athena shows what was written.
    let found = match position.and_then(|position| written(sql, position, found)) {
        _ if found == "EOF" => "<EOF>".to_owned(),
        Some(written) => written,
        None => found.to_owned(),
    };
    Error::invalid_query(format!("mismatched input '{found}'. Expecting: {expected}"))
        .code(MALFORMED_QUERY)
        .at(position)
}

/// The text at a place, if it is this token but for its case.
fn written(sql: &str, position: Position, token: &str) -> Option<String> {
    let line = sql.split('\n').nth(usize::try_from(position.line).ok()?.checked_sub(1)?)?;
    let skipped = usize::try_from(position.column).ok()?.checked_sub(1)?;
    let text: String = line.chars().skip(skipped).take(token.chars().count()).collect();
    (text.to_lowercase() == token.to_lowercase()).then_some(text)
}

/// The place behind the last character of a text.
pub(crate) fn end_of(sql: &str) -> Position {
    let lines = sql.trim_end().lines();
    let last = lines.clone().last().unwrap_or_default();
    Position { line: lines.count().max(1) as u64, column: last.chars().count() as u64 + 1 }
}

fn position(text: &str) -> Option<Position> {
    let number = |text: &str| {
        text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().ok()
    };
    let (_, line) = text.split_once("Line: ")?;
    let (_, column) = text.split_once("Column: ")?;
    Some(Position { line: number(line)?, column: number(column)? })
}

//! What Athena says of an error of the engine's.

use floodmark_engine::{Error, ErrorKind};

use crate::executions::execution::Failure;

/// Athena's numbers of errors, by their codes. Any other is 1000, the user's.
const TYPES: &[(&str, u32)] = &[
    ("CATALOG_NOT_FOUND", 1006),
    ("COLUMN_NOT_FOUND", 1006),
    ("DIVISION_BY_ZERO", 1001),
    ("FUNCTION_NOT_FOUND", 1303),
    ("INVALID_CAST_ARGUMENT", 1100),
    ("INVALID_FUNCTION_ARGUMENT", 1106),
    ("INVALID_PARAMETER_USAGE", 1100),
    ("NOT_SUPPORTED", 1200),
    ("NUMERIC_VALUE_OUT_OF_RANGE", 1100),
    ("SCHEMA_NOT_FOUND", 1301),
    ("SYNTAX_ERROR", 1006),
    ("TABLE_ALREADY_EXISTS", 1110),
    ("TABLE_NOT_FOUND", 1301),
    ("TYPE_MISMATCH", 1002),
];

/// The number of what went wrong with us.
const INTERNAL: u32 = 200;

/// The number of any other error of the user's.
const USER: u32 = 1000;

/// The number of a statement of Hive's that cannot be read.
const HIVE_PARSE: u32 = 1003;

/// What Athena says of an error.
pub(crate) fn of(error: &Error) -> Failure {
    let is_ours = matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable);
    let text = error.athena_text();
    let (reason, error_type) = match error.athena_code() {
        Some(code) => {
            let known = TYPES.iter().find(|(known, _)| *known == code);
            (text, known.map_or(USER, |(_, number)| *number))
        }
        None if text.starts_with("FAILED: ParseException") => (text, HIVE_PARSE),
        None if text.starts_with("FAILED:") => (text, USER),
        None => {
            // Trino's own names for what has no other.
            let code = match error.kind() {
                ErrorKind::AccessDenied => "PERMISSION_DENIED",
                ErrorKind::LimitReached => "EXCEEDED_LOCAL_MEMORY_LIMIT",
                ErrorKind::NotFound => "NOT_FOUND",
                ErrorKind::NotSupported => "NOT_SUPPORTED",
                ErrorKind::Internal => "GENERIC_INTERNAL_ERROR",
                ErrorKind::Unavailable => "HIVE_CANNOT_OPEN_SPLIT",
                _ => "GENERIC_USER_ERROR",
            };
            let number = TYPES.iter().find(|(known, _)| *known == code);
            // Athena has no words for it: ours say what to do.
            let hint = error.hint_text().map(|hint| format!(" ({hint})")).unwrap_or_default();
            (format!("{code}: {text}{hint}"), number.map_or(USER, |(_, number)| *number))
        }
    };
    let error_type = if is_ours { INTERNAL } else { error_type };
    Failure { reason, category: Some(if is_ours { 1 } else { 2 }), error_type }
}

/// An execution that was stopped by its client.
pub(crate) fn cancelled() -> Failure {
    Failure { reason: "Query cancelled by user".to_owned(), category: None, error_type: 0 }
}

/// An execution whose process ended before it did.
pub(crate) fn interrupted() -> Failure {
    Failure {
        reason: "GENERIC_INTERNAL_ERROR: Floodmark ended while the query was running; nothing of its result was kept"
            .to_owned(),
        category: Some(1),
        error_type: INTERNAL,
    }
}

//! What the planner and the computation say, in Athena's words and with Athena's codes.

use datafusion::arrow::error::ArrowError;
use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::dialect::{functions, names, tokens};
use crate::error::{Error, ErrorKind, Position};

/// An error in Athena's words.
pub(crate) struct Explained {
    pub(crate) kind: ErrorKind,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// The name that it is about, by which its place can be found.
    pub(crate) subject: Option<Subject>,
}

/// A name that an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A column or table, such as `t.a`.
    Name(String),
    /// A function.
    Function(String),
    /// A field of a row, by its own name alone.
    Field(String),
}

impl Explained {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::InvalidQuery,
            code,
            message: message.into(),
            hint: None,
            subject: None,
        }
    }

    fn not_supported(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::NotSupported, ..Self::new("NOT_SUPPORTED", message) }
    }

    fn about(self, subject: Subject) -> Self {
        Self { subject: Some(subject), ..self }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// What is said of a query that is right and cannot be planned.
pub(crate) const UNPLANNABLE: &str = "Floodmark cannot plan this query yet";

/// What the planner says of such queries, with pieces of its own trees.
const UNPLANNED: &[&str] = &[
    "Unsupported ast node",
    "Physical plan does not support",
    "Unsupported ast",
    "Unsupported SQL",
];

/// Explains an error; None for what Athena has no words for.
pub(crate) fn explain(root: &DataFusionError, message: &str) -> Option<Explained> {
    match root {
        DataFusionError::SchemaError(error, _) => Some(schema(error)),
        DataFusionError::ArrowError(error, _) => arrow(error),
        DataFusionError::Plan(_) => planning(message),
        DataFusionError::Execution(_) if message.contains("returned more than one row") => {
            let message = "Scalar sub-query has returned multiple rows";
            Some(Explained::new("SUBQUERY_MULTIPLE_ROWS", message))
        }
        DataFusionError::Execution(_) if is_overflow(message) => Some(overflow(message)),
        DataFusionError::Internal(_) if UNPLANNED.iter().any(|text| message.contains(text)) => {
            Some(Explained::not_supported(UNPLANNABLE))
        }
        DataFusionError::NotImplemented(_) => {
            let what = if message.contains("OuterReferenceColumn") {
                "a correlated sub-query of this form is not supported"
            } else if UNPLANNED.iter().any(|text| message.contains(text)) {
                UNPLANNABLE
            } else if message.contains("as a sliding accumulator") {
                "this function over a window whose beginning moves is not supported"
            } else {
                message
            };
            Some(Explained::not_supported(names::clean(what)))
        }
        _ => None,
    }
}

/// An error of planning: a defect of the planner is no more to the reader than what it cannot do.
pub(crate) fn of_planning(error: DataFusionError) -> Error {
    let error = Error::from(error);
    if error.kind() == ErrorKind::Internal {
        return Error::new(ErrorKind::NotSupported, UNPLANNABLE)
            .code("NOT_SUPPORTED")
            .because(error);
    }
    error
}

/// Whether a column's name is one that the planner makes.
pub(crate) fn is_made_up(whole: &str) -> bool {
    let name = last_part(whole);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.starts_with('$') && whole.contains('.') {
        return true;
    }
    name.starts_with("__") || name.strip_prefix("column").is_some_and(is_number)
}

/// Where the name that an error is about stands in a text, between these places, and how it is written there.
pub(crate) fn find(
    sql: &str,
    subject: &Subject,
    from: Position,
    to: Position,
) -> Option<(Position, String)> {
    let tokens = tokens::read(sql).ok()?;
    let tokens: Vec<&TokenWithSpan> = tokens
        .iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_)))
        .filter(|token| {
            tokens::position(token.span).is_some_and(|at| {
                (at.line, at.column) >= (from.line, from.column)
                    && (at.line, at.column) < (to.line, to.column)
            })
        })
        .collect();
    match subject {
        Subject::Name(name) => {
            let parts: Vec<&str> = name.split('.').collect();
            named(&tokens, &parts, false)
        }
        Subject::Function(name) => (functions::names_of(name).iter())
            .find_map(|name| named(&tokens, &[name.as_str()], true)),
        Subject::Field(name) => field(&tokens, name),
    }
}

/// A name of so many parts, of a function that is called, or of anything else.
fn named(
    tokens: &[&TokenWithSpan],
    parts: &[&str],
    is_function: bool,
) -> Option<(Position, String)> {
    // Each part but the first stands behind a full stop.
    let length = parts.len() * 2 - 1;
    let at = (0..tokens.len().saturating_sub(length - 1)).find(|at| {
        let window = &tokens[*at..*at + length];
        let is_same = window.iter().enumerate().all(|(place, token)| match place % 2 {
            0 => is_word(token, parts[place / 2]),
            _ => token.token == Token::Period,
        });
        let before = at.checked_sub(1).map(|before| &tokens[before].token);
        let is_defined = before.is_some_and(|token| {
            matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value == "as")
        });
        let is_part = parts.len() > 1 && before == Some(&Token::Period);
        let is_called = tokens.get(at + length).is_some_and(|next| next.token == Token::LParen);
        is_same && !is_defined && !is_part && is_called == is_function
    })?;
    Some((tokens::position(tokens[at].span)?, parts.join(".")))
}

/// A field of a row with all that it is written behind, such as `r.a.b`.
fn field(tokens: &[&TokenWithSpan], name: &str) -> Option<(Position, String)> {
    let at = (1..tokens.len())
        .find(|at| is_word(tokens[*at], name) && tokens[*at - 1].token == Token::Period)?;
    let (mut begin, mut written) = (at, name.to_owned());
    while let Some(before) = begin.checked_sub(2)
        && tokens[begin - 1].token == Token::Period
        && let Token::Word(word) = &tokens[before].token
    {
        written = format!("{}.{written}", word.value);
        begin = before;
    }
    Some((tokens::position(tokens[begin].span)?, written))
}

fn is_word(token: &TokenWithSpan, text: &str) -> bool {
    matches!(&token.token, Token::Word(word) if word.value == text)
}

/// A column by the name that Athena shows.
fn shown(column: &Column) -> String {
    let name = names::shown(&column.name, 0);
    match &column.relation {
        Some(table) => format!("{table}.{name}"),
        None => name,
    }
}

fn schema(error: &SchemaError) -> Explained {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let name = shown(field);
            let is_hidden = |valid: &Column| {
                names::is_hidden(&valid.name) && names::shown(&valid.name, 0) == field.name
            };
            if valid_fields.iter().filter(|valid| is_hidden(valid)).count() > 1 {
                return ambiguous(field);
            }
            let message = no_column(&name);
            let nearest = (valid_fields.iter())
                .filter(|valid| !names::is_hidden(&valid.name))
                .map(|valid| (strsim::jaro_winkler(&valid.name, &field.name), &valid.name))
                .filter(|(similarity, _)| *similarity > 0.85)
                .max_by(|left, right| left.0.total_cmp(&right.0));
            let hint = match nearest {
                Some((_, name)) => format!("did you mean `{name}`?"),
                None => "`floodmark describe TABLE` lists the columns".to_owned(),
            };
            Explained::new("COLUMN_NOT_FOUND", message).about(Subject::Name(name)).hint(hint)
        }
        SchemaError::AmbiguousReference { field } if field.relation.is_none() => ambiguous(field),
        SchemaError::AmbiguousReference { field } => Explained::not_supported(format!(
            "column '{}' stands beside another of its name, which is not supported here",
            shown(field)
        )),
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => Explained::not_supported(format!(
            "several columns of the name '{}' are not supported here",
            names::shown(name, 0)
        )),
    }
}

fn ambiguous(field: &Column) -> Explained {
    let name = shown(field);
    Explained::new("AMBIGUOUS_NAME", format!("Column '{name}' is ambiguous"))
        .about(Subject::Name(name))
}

fn arrow(error: &ArrowError) -> Option<Explained> {
    match error {
        ArrowError::DivideByZero => Some(Explained::new("DIVISION_BY_ZERO", "Division by zero")),
        ArrowError::ArithmeticOverflow(text) => Some(overflow(text)),
        _ => None,
    }
}

fn is_overflow(message: &str) -> bool {
    message.contains("Arithmetic overflow") || message.contains("Arithmetic Overflow")
}

/// `Overflow happened on: 9223372036854775807 + 1` as Athena says it.
fn overflow(text: &str) -> Explained {
    let operation = text.rsplit_once(": ").map_or(text, |(_, operation)| operation);
    let mut parts = operation.split(' ');
    let message = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(left), Some(operator), Some(right), None) => {
            let name = match operator {
                "+" => "addition",
                "-" => "subtraction",
                "*" => "multiplication",
                _ => "arithmetic",
            };
            let is_small = |text: &str| text.parse::<i32>().is_ok();
            let data_type = if is_small(left) && is_small(right) { "integer" } else { "bigint" };
            format!("{data_type} {name} overflow: {left} {operator} {right}")
        }
        _ => text.to_owned(),
    };
    Explained::new("NUMERIC_VALUE_OUT_OF_RANGE", message)
}

/// What aggregations take that the planner brings.
const EXPECTED: &[(&str, &[&str])] = &[
    ("avg", NUMBERS),
    ("corr", &["double, double", "real, real"]),
    ("covar_pop", &["double, double", "real, real"]),
    ("covar_samp", &["double, double", "real, real"]),
    ("stddev", &["bigint", "double"]),
    ("stddev_pop", &["bigint", "double"]),
    ("stddev_samp", &["bigint", "double"]),
    ("sum", NUMBERS),
    ("var_pop", &["bigint", "double"]),
    ("var_samp", &["bigint", "double"]),
    ("variance", &["bigint", "double"]),
];

const NUMBERS: &[&str] = &[
    "bigint",
    "decimal(p,s)",
    "double",
    "interval day to second",
    "interval year to month",
    "real",
];

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A type of Arrow in the words of the planner, as Trino calls it.
fn trino_name(arrow: &str) -> String {
    match arrow.trim() {
        "Utf8" | "Utf8View" | "LargeUtf8" => "varchar".to_owned(),
        "Int64" => "bigint".to_owned(),
        "Int32" => "integer".to_owned(),
        "Float64" => "double".to_owned(),
        "Float32" => "real".to_owned(),
        "Date32" => "date".to_owned(),
        "Null" => "unknown".to_owned(),
        "Int16" => "smallint".to_owned(),
        "Int8" => "tinyint".to_owned(),
        "Binary" | "BinaryView" | "LargeBinary" => "varbinary".to_owned(),
        timestamp if timestamp.starts_with("Timestamp(") => {
            match timestamp.contains("None") || !timestamp.contains('"') {
                true => "timestamp(3)".to_owned(),
                false => "timestamp(3) with time zone".to_owned(),
            }
        }
        other => other.to_lowercase(),
    }
}

/// A column that is not there.
fn no_column(name: &str) -> String {
    format!(
        "Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
    )
}

fn planning(message: &str) -> Option<Explained> {
    if let Some(field) = between(message, "Field ", " not found in struct") {
        return Some(
            Explained::new("COLUMN_NOT_FOUND", no_column(field))
                .about(Subject::Field(field.to_owned())),
        );
    }
    if let Some(call) = between(message, "given name and argument types '", ")'")
        && let Some((function, types)) = call.split_once('(')
    {
        let types: Vec<_> =
            types.split(',').filter(|name| !name.trim().is_empty()).map(trino_name).collect();
        let expected = (EXPECTED.iter().find(|(name, _)| *name == function))
            .map(|(name, forms)| {
                let forms: Vec<String> =
                    forms.iter().map(|form| format!("{name}({form})")).collect();
                format!(" Expected: {}", forms.join(", "))
            })
            .unwrap_or_default();
        let message = format!(
            "Unexpected parameters ({}) for function {function}.{expected}",
            types.join(", ")
        );
        return Some(
            Explained::new("FUNCTION_NOT_FOUND", message)
                .about(Subject::Function(function.to_owned())),
        );
    }
    if let Some(inner) = between(message, "Aggregate function calls cannot be nested: '", "'") {
        let outer = between(message, "is nested inside '", "(").unwrap_or_default();
        let message = format!("Cannot nest aggregations inside aggregation '{outer}': [{inner}]");
        return Some(Explained::new("NESTED_AGGREGATION", message));
    }
    if message.starts_with("Too many columns! The subquery should only return one column") {
        return Some(Explained::not_supported("sub-queries of several columns are not supported"));
    }
    if let Some(table) = between(message, "table '", "' not found") {
        return Some(
            Explained::new("TABLE_NOT_FOUND", format!("Table '{table}' does not exist"))
                .about(Subject::Name(last_part(table).to_owned()))
                .hint("`floodmark tables --from PATH` shows what there is to ask"),
        );
    }
    if let Some((_, database)) = message.split_once("failed to resolve schema: ") {
        return Some(
            Explained::new("SCHEMA_NOT_FOUND", format!("Schema '{database}' does not exist"))
                .about(Subject::Name(database.to_owned())),
        );
    }
    if let Some((_, catalog)) = message.split_once("failed to resolve catalog: ") {
        return Some(
            Explained::new("CATALOG_NOT_FOUND", format!("Catalog '{catalog}' does not exist"))
                .about(Subject::Name(catalog.to_owned())),
        );
    }
    if let Some(function) = between(message, "Invalid function '", "'") {
        let explained =
            Explained::new("FUNCTION_NOT_FOUND", format!("Function '{function}' not registered"))
                .about(Subject::Function(function.to_owned()));
        return Some(match between(message, "Did you mean '", "'") {
            Some(nearest) if !nearest.starts_with('$') => {
                explained.hint(format!("did you mean `{nearest}`?"))
            }
            _ => explained,
        });
    }
    if let Some(column) = between(message, "While expanding wildcard, column \"", "\" must appear")
    {
        return Some(not_aggregate(column));
    }
    if let Some(column) = between(message, "HAVING clause references: ", " must appear") {
        return Some(not_aggregate(column));
    }
    if let Some(position) = between(message, "Order by column out of bounds, specified: ", ",") {
        let message = format!("ORDER BY position {position} is not in select list");
        return Some(Explained::new("INVALID_COLUMN_REFERENCE", message));
    }
    if let Some(position) = between(message, "Cannot find column with position ", " ") {
        let message = format!("GROUP BY position {position} is not in select list");
        return Some(Explained::new("INVALID_COLUMN_REFERENCE", message));
    }
    if message.contains(" to grouping function is not in grouping columns") {
        let message = "The arguments to GROUPING() must be expressions referenced by the GROUP BY";
        return Some(Explained::new("INVALID_ARGUMENTS", message));
    }
    if message.starts_with("For SELECT DISTINCT, ORDER BY expressions") {
        let message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list";
        return Some(Explained::new("EXPRESSION_NOT_IN_DISTINCT", message));
    }
    if message.starts_with("Aggregate functions are not allowed in the WHERE clause") {
        let message =
            "WHERE clause cannot contain aggregations, window functions or grouping operations";
        return Some(Explained::new("EXPRESSION_NOT_SCALAR", message));
    }
    if let Some((operation, _)) = message.split_once(" queries have different number of columns") {
        let message = format!("{operation} query has different number of fields");
        return Some(Explained::new("TYPE_MISMATCH", message));
    }
    if let Some(name) = between(message, "WITH query name \"", "\" specified more than once") {
        let message = format!("WITH query name '{name}' specified more than once");
        return Some(
            Explained::new("DUPLICATE_NAMED_QUERY", message).about(Subject::Name(name.to_owned())),
        );
    }
    if let Some(available) = between(message, "Source table contains ", " columns but only ") {
        let given = between(message, " columns but only ", " ").unwrap_or_default();
        let message = format!(
            "Column alias list has {given} entries but relation has {available} columns available"
        );
        return Some(Explained::new("MISMATCHED_COLUMN_ALIASES", message));
    }
    None
}

fn not_aggregate(column: &str) -> Explained {
    let column = names::clean(column);
    let message =
        format!("'{column}' must be an aggregate expression or appear in GROUP BY clause");
    Explained::new("EXPRESSION_NOT_AGGREGATE", message).about(Subject::Name(column))
}

//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;

use datafusion::error::DataFusionError;
pub use floodmark_aws::ErrorKind;

use crate::dialect::errors::{self, Subject};
use crate::dialect::names;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Athena's code of what is no SQL.
pub(crate) const MALFORMED_QUERY: &str = "MALFORMED_QUERY";

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub struct Error(Box<Parts>);

/// What is known of an error. It lies in a box, because every result has room for one.
#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    message: String,
    code: Option<&'static str>,
    hint: Option<String>,
    position: Option<Position>,
    /// The name that it is about, by which its place can be found.
    subject: Option<Subject>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A place in a text of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The character in it, from 1.
    pub column: u64,
}

impl Error {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            message: message.into(),
            code: None,
            hint: None,
            position: None,
            subject: None,
            source: None,
        }))
    }

    /// The query is wrong.
    pub fn invalid_query(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidQuery, message)
    }

    /// Something that was named does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// The same error with Athena's name for it, such as `COLUMN_NOT_FOUND`.
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.0.code = Some(code);
        self
    }

    /// Athena's name for it, such as `COLUMN_NOT_FOUND`, where Athena has one.
    pub fn athena_code(&self) -> Option<&'static str> {
        self.0.code
    }

    /// The whole error in Athena's words: `CODE: line 1:8: message`, with what is known of it.
    pub fn athena_text(&self) -> String {
        // Athena tells the code of what is no SQL beside the text, not in it.
        let code = self.0.code.filter(|code| *code != MALFORMED_QUERY);
        let code = code.map(|code| format!("{code}: ")).unwrap_or_default();
        let place =
            self.0.position.map(|Position { line, column }| format!("line {line}:{column}: "));
        format!("{code}{}{}", place.unwrap_or_default(), self.0.message)
    }

    /// The same error with what to try.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error with what caused it.
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with its place in the SQL.
    pub(crate) fn at(mut self, position: Option<Position>) -> Self {
        self.0.position = position;
        self
    }

    /// The same error with its place, found by the name that it is about, in a text between two places.
    pub(crate) fn locate(mut self, sql: &str, from: Position, to: Position) -> Self {
        if self.0.subject.is_none() {
            self.0.subject =
                self.0.message.strip_prefix("Unexpected parameters (").and_then(|text| {
                    let (_, rest) = text.split_once(") for function ")?;
                    let name = rest.split('.').next()?;
                    Some(Subject::Function(name.to_owned()))
                });
        }
        if let Some(Subject::Name(name)) = &self.0.subject
            && self.0.code == Some("COLUMN_NOT_FOUND")
            && errors::is_made_up(name)
            && !sql.to_lowercase().contains(name.as_str())
        {
            // The planner lost a column of its own.
            return Self::new(ErrorKind::NotSupported, errors::UNPLANNABLE)
                .code("NOT_SUPPORTED")
                .because(self);
        }
        if let Some(Subject::Name(name)) = &self.0.subject
            && self.0.code == Some("EXPRESSION_NOT_AGGREGATE")
            && let Some((_, last)) = name.rsplit_once('.')
            && !sql.to_lowercase().contains(name.as_str())
        {
            // Athena says the column as it was written.
            self.0.message = self.0.message.replace(name.as_str(), last);
            self.0.subject = Some(Subject::Name(last.to_owned()));
        }
        if self.0.position.is_none()
            && let Some(subject) = &self.0.subject
        {
            let found = errors::find(sql, subject, from, to);
            if let (Subject::Field(field), Some((_, written))) = (subject, &found) {
                self.0.message =
                    self.0.message.replace(&format!("'{field}'"), &format!("'{written}'"));
            }
            self.0.position = found.map(|(position, _)| position);
        }
        self
    }

    /// Its place in the SQL, if it has one.
    pub fn position(&self) -> Option<Position> {
        self.0.position
    }

    /// What the reader does next.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to try, in a line.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn StdError + 'static))
    }
}

impl From<floodmark_aws::Error> for Error {
    fn from(error: floodmark_aws::Error) -> Self {
        let own = Self::new(error.kind(), error.to_string());
        let own = match error.hint_text() {
            Some(hint) => own.hint(hint),
            None => own,
        };
        own.because(error)
    }
}

impl From<floodmark_buckets::Error> for Error {
    fn from(error: floodmark_buckets::Error) -> Self {
        use floodmark_buckets::ErrorKind as Kind;
        let kind = match error.kind() {
            Kind::NoSuchBucket | Kind::NoSuchKey => ErrorKind::NotFound,
            Kind::ReadOnly | Kind::AccessDenied => ErrorKind::AccessDenied,
            Kind::Io => ErrorKind::Unavailable,
            Kind::LimitReached => ErrorKind::LimitReached,
            _ => ErrorKind::InvalidQuery,
        };
        let own = Self::new(kind, error.to_string());
        let own = match error.hint_text() {
            Some(hint) => own.hint(hint),
            None => own,
        };
        own.because(error)
    }
}

impl From<Error> for DataFusionError {
    fn from(error: Error) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        // Our own errors come back through the plan as they went in.
        match take_own(error) {
            Ok(own) => own,
            Err(error) => from_datafusion(error),
        }
    }
}

fn take_own(error: DataFusionError) -> std::result::Result<Error, DataFusionError> {
    match error {
        DataFusionError::External(source) => match source.downcast::<Error>() {
            Ok(own) => Ok(*own),
            Err(source) => Err(DataFusionError::External(source)),
        },
        DataFusionError::Context(context, inner) => {
            take_own(*inner).map_err(|inner| DataFusionError::Context(context, Box::new(inner)))
        }
        DataFusionError::Diagnostic(diagnostic, inner) => take_own(*inner)
            .map_err(|inner| DataFusionError::Diagnostic(diagnostic, Box::new(inner))),
        // Several readers may share one error, and each may wrap it again.
        DataFusionError::Shared(shared) => match find_own(shared.as_ref()) {
            Some(own) => Ok(own.copy()),
            None => Err(DataFusionError::Shared(shared)),
        },
        other => Err(other),
    }
}

/// Our own error among an error and its sources.
fn find_own<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
    error.downcast_ref::<Error>().or_else(|| find_own(error.source()?))
}

impl Error {
    /// The same error for one more reader, with its source as text.
    fn copy(&self) -> Self {
        let source = self.0.source.as_ref().map(|source| source.to_string().into());
        Self(Box::new(Parts {
            kind: self.0.kind,
            message: self.0.message.clone(),
            code: self.0.code,
            hint: self.0.hint.clone(),
            position: self.0.position,
            subject: self.0.subject.clone(),
            source,
        }))
    }
}

/// The beginnings that DataFusion puts before its messages.
const STARTS: &[&str] = &[
    "Error during planning: ",
    "Schema error: ",
    "SQL error: ",
    "This feature is not implemented: ",
    "Execution error: ",
    "External error: ",
    "Arrow error: ",
    "Invalid or Unsupported Configuration: ",
    "Resources exhausted: ",
];

fn from_datafusion(error: DataFusionError) -> Error {
    let span = error.diagnostic().and_then(|diagnostic| diagnostic.span);
    let position = span.map(|span| Position { line: span.start.line, column: span.start.column });
    let kind = match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => ErrorKind::LimitReached,
        DataFusionError::NotImplemented(_) => ErrorKind::NotSupported,
        DataFusionError::Internal(_) | DataFusionError::ExecutionJoin(_) => ErrorKind::Internal,
        DataFusionError::IoError(_) => ErrorKind::Unavailable,
        _ => ErrorKind::InvalidQuery,
    };
    let mut message = error.find_root().strip_backtrace();
    while let Some(rest) = STARTS.iter().find_map(|start| message.strip_prefix(start)) {
        message = rest.to_owned();
    }
    if let Some(explained) = errors::explain(error.find_root(), &message) {
        let mut own = Error::new(explained.kind, explained.message).code(explained.code);
        own.0.subject = explained.subject;
        let own = own.at(position).because(error);
        return match explained.hint {
            Some(hint) => own.hint(hint),
            None => own,
        };
    }
    let mut hint = (kind == ErrorKind::LimitReached)
        .then(|| "give it more memory with `--memory 4GiB`, or ask for less at a time".to_owned());
    message = names::clean(&message);
    if let Some((first, more)) = message.split_once('\n') {
        // The second line says what is meant, as in "Did you mean".
        hint =
            hint.or_else(|| Some(more.trim().replace('\n', " ")).filter(|more| !more.is_empty()));
        message = first.to_owned();
    }
    let error = Error::new(kind, message.trim_end().to_owned()).at(position).because(error);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

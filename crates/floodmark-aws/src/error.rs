//! The one error of this crate, and of the crates that ask through it.

use std::error::Error as StdError;
use std::fmt;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub struct Error(Box<Parts>);

/// It lies in a box, because every result has room for one.
#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    code: Option<String>,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What the reader of an error does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Corrects the query or the arguments.
    InvalidQuery,
    /// Corrects a path or a name.
    NotFound,
    /// Gets permission or credentials.
    AccessDenied,
    /// Tries again later.
    Unavailable,
    /// Raises a limit, or asks for less.
    LimitReached,
    /// Does it another way.
    NotSupported,
    /// Stopped it: the user did.
    Cancelled,
    /// Reports a defect.
    Internal,
}

impl Error {
    /// An error of a kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Parts { kind, code: None, message, hint: None, source: None }))
    }

    /// The arguments are wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidQuery, message)
    }

    /// Something that was named does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// The same error with what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error with the service's own name for it, such as `WAFOptimisticLockException`.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// What the reader does next.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The service's own name for it, where it has one.
    pub fn service_code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What to try, in a line.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The same error once more, with its source as text, for one more who waits for the same thing.
    #[must_use]
    pub fn copy(&self) -> Self {
        let source = self.0.source.as_ref().map(|source| source.to_string().into());
        Self(Box::new(Parts {
            kind: self.0.kind,
            code: self.0.code.clone(),
            message: self.0.message.clone(),
            hint: self.0.hint.clone(),
            source,
        }))
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

/// An error and what caused it, in one line.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = error.source();
    }
    text
}

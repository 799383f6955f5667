//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::Path;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, and what to do about it.
#[derive(Debug)]
pub struct Error(Box<Parts>);

/// It lies in a box, because every result has room for one.
#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    source: Option<io::Error>,
}

/// What kind of error it is. S3 has a code for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no bucket of that name.
    NoSuchBucket,
    /// There is no object with that key.
    NoSuchKey,
    /// There is no upload with that id, or no longer.
    NoSuchUpload,
    /// The bucket is a folder of logs, or there is no place for buckets of our own.
    ReadOnly,
    /// The name is none that S3 allows.
    InvalidBucketName,
    /// The key cannot be the path of a file.
    InvalidKey,
    /// A part of an upload is not there, or not as it was named.
    InvalidPart,
    /// The parts of an upload are not in ascending order.
    InvalidPartOrder,
    /// A part of an upload that is not the last is smaller than S3 allows.
    PartTooSmall,
    /// It stands against what is there: a file where a folder is, or a folder that two buckets would share.
    Conflict,
    /// What is there is not what the writer wants to replace.
    PreconditionFailed,
    /// A bucket still holds objects.
    NotEmpty,
    /// There are too many of them.
    LimitReached,
    /// The operating system does not permit it.
    AccessDenied,
    /// The operating system could not do it.
    Io,
}

impl Error {
    /// An error of a kind.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Parts { kind, message: message.into(), hint: None, source: None }))
    }

    /// What the operating system said of a path, after what could not be done: `cannot read`.
    pub(crate) fn io(what: &str, path: &Path, source: io::Error) -> Self {
        let kind = match source.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::AccessDenied,
            _ => ErrorKind::Io,
        };
        let mut error = Self::new(kind, format!("{what} `{}`: {source}", path.display()));
        if kind == ErrorKind::AccessDenied {
            error = error.hint("check the permissions of the file and of its folder");
        }
        error.0.source = Some(source);
        error
    }

    /// The same error with what to try.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// The refusal to write to a bucket that is somebody's folder.
    pub(crate) fn read_only(bucket: &str) -> Self {
        let message = format!("the bucket `{bucket}` is a folder of logs, and only read");
        Self::new(ErrorKind::ReadOnly, message).hint("write to a bucket of another name")
    }

    /// What kind of error it is.
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
        self.0.source.as_ref().map(|source| source as &(dyn StdError + 'static))
    }
}

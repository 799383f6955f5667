//! Errors as S3 says them.

use floodmark_buckets::{Error, ErrorKind};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::s3::payload::PayloadError;

/// An error with one of S3's codes.
pub(crate) fn fault(code: S3ErrorCode, message: impl Into<String>) -> S3Error {
    S3Error::with_message(code, message.into())
}

/// A defect of ours, or of the machine.
pub(crate) fn internal(message: impl Into<String>) -> S3Error {
    fault(S3ErrorCode::InternalError, message)
}

/// What a bucket refuses, with what to try.
pub(crate) fn refused(error: &Error) -> S3Error {
    let code = match error.kind() {
        ErrorKind::NoSuchBucket => S3ErrorCode::NoSuchBucket,
        ErrorKind::NoSuchKey => S3ErrorCode::NoSuchKey,
        ErrorKind::NoSuchUpload => S3ErrorCode::NoSuchUpload,
        ErrorKind::ReadOnly | ErrorKind::AccessDenied => S3ErrorCode::AccessDenied,
        ErrorKind::InvalidBucketName => S3ErrorCode::InvalidBucketName,
        ErrorKind::InvalidKey | ErrorKind::Conflict => S3ErrorCode::InvalidArgument,
        ErrorKind::PreconditionFailed => S3ErrorCode::PreconditionFailed,
        ErrorKind::InvalidPart => S3ErrorCode::InvalidPart,
        ErrorKind::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
        ErrorKind::PartTooSmall => S3ErrorCode::EntityTooSmall,
        ErrorKind::NotEmpty => S3ErrorCode::BucketNotEmpty,
        ErrorKind::LimitReached => S3ErrorCode::InvalidRequest,
        ErrorKind::Io => S3ErrorCode::InternalError,
    };
    let hint = error.hint_text().map(|hint| format!(" ({hint})")).unwrap_or_default();
    fault(code, format!("{error}{hint}"))
}

/// What is wrong with the body of a request; whatever else ends it is a client that went away.
pub(crate) fn broken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> S3Error {
    match error.downcast_ref::<PayloadError>() {
        Some(error) => fault(error.code(), error.to_string()),
        None => fault(S3ErrorCode::IncompleteBody, format!("the body ended too early: {error}")),
    }
}

/// Does what blocks on a thread that may be blocked.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> floodmark_buckets::Result<T> + Send + 'static,
) -> S3Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| refused(&error)),
        Err(error) => Err(internal(format!("the work did not come to its end: {error}"))),
    }
}

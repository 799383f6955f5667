//! An object: what is known of a file.

use std::fs::Metadata;
use std::time::{SystemTime, UNIX_EPOCH};

/// An object of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written.
    pub modified: SystemTime,
    /// Its entity tag, without quotes: another one whenever the file is another one. It is no digest of the content, and ends
    /// with `-1` so that nobody takes it for one: S3 writes those of objects that were uploaded in parts like this.
    pub etag: String,
}

impl Object {
    /// A file as an object.
    pub(crate) fn new(key: impl Into<String>, metadata: &Metadata) -> Self {
        Self {
            key: key.into(),
            size: metadata.len(),
            modified: metadata.modified().unwrap_or(UNIX_EPOCH),
            etag: etag(metadata),
        }
    }
}

/// An entity tag out of the time of the last change, the size, and what the file system calls the file.
pub(crate) fn etag(metadata: &Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = modified.map_or(0, |time| time.as_nanos());
    let rest = metadata.len().rotate_left(32) ^ file_number(metadata);
    format!("{:016x}{rest:016x}-1", nanoseconds & u128::from(u64::MAX))
}

#[cfg(unix)]
fn file_number(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

/// The number of a file is not known without opening it: time and size have to do.
#[cfg(not(unix))]
fn file_number(_: &Metadata) -> u64 {
    0
}

//! Buckets that are folders of this machine: those that a user maps, which are only read, and our own.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The buckets of this machine.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    /// The folder in which each of our own buckets is a folder; None if there are none.
    own: Option<PathBuf>,
    /// The folders that are mapped, by the buckets' names.
    mapped: BTreeMap<String, PathBuf>,
}

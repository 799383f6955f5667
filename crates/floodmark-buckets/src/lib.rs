//! Buckets that are folders of this machine: those that a user maps, which are only read, and our own.
//!
//! An object is a file, its key the path below the bucket's folder. A key cannot be both a file and a folder (`a` and `a/b`),
//! which S3 allows: the second one is refused. A key that ends with `/` is a small file in that folder, which no listing shows
//! under its own name. What S3 keeps beside an object's bytes (content type, metadata, tags, versions) is not kept.
//!
//! On a file system that does not tell upper from lower case, keys that differ in case alone are one object: the one that is written
//! last, listed under the name that was written first.
//!
//! All functions block; nothing is held in memory but names.

mod bucket;
mod buckets;
mod error;
mod key;
pub mod limits;
mod listing;
mod name;
mod object;
mod upload;
mod waiting;
mod writing;

pub use bucket::Bucket;
pub use buckets::Buckets;
pub use error::{Error, ErrorKind, Result};
pub use key::check_key;
pub use listing::{Listed, Listing};
pub use name::is_bucket_name;
pub use object::Object;
pub use upload::{CompletedPart, Part, Upload};
pub use writing::Writing;

//! Every limit of the buckets, in one place.

use std::time::Duration;

/// How long a key may be, in bytes, as in S3.
pub const KEY_BYTES_MAX: usize = 1024;

/// How long a part of a key between two `/` may be, in bytes: what file systems take as a name.
pub const KEY_PART_BYTES_MAX: usize = 255;

/// The highest number of a part of an upload, as in S3.
pub const PART_NUMBER_MAX: u32 = 10_000;

/// How small a part of an upload may be at least if it is not the last, in bytes, as in S3.
pub const PART_BYTES_MIN: u64 = 5 << 20;

/// How many uploads in parts may be open at a time.
pub const UPLOADS_MAX: usize = 1000;

/// How long an upload in parts is kept after its last part came, if it is neither completed nor aborted.
pub const UPLOAD_AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a finished file is put into its place anew, if others remove its folder in that moment.
pub(crate) const PLACE_TRIES_MAX: u32 = 16;

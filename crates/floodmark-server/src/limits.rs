//! Every limit of the server, in one place.

use std::time::Duration;

/// How long the body of an action of Athena's or Glue's may be, in bytes: a statement of Athena's longest length fits four times.
pub const ACTION_BYTES_MAX: usize = 4 << 20;

/// How long a statement may be, in bytes, as in Athena.
pub const STATEMENT_BYTES_MAX: usize = 262_144;

/// How long `GetQueryExecution` waits at most for a query to end, where a setting does not say otherwise.
pub const POLL_TIME: Duration = Duration::from_secs(5);

/// How long the body of a request to S3 may be that is XML, in bytes: the names of a thousand objects.
pub const XML_BYTES_MAX: usize = 4 << 20;

/// How large an object or a part of one may be that is uploaded at once, in bytes, as in S3.
pub const OBJECT_BYTES_MAX: u64 = 5 << 30;

/// How many bytes of lines may stand between two chunks of an upload, and after the last.
pub const CHUNK_LINES_BYTES_MAX: usize = 8 << 10;

/// How many keys, parts or uploads stand on a page of a listing, as in S3.
pub const LISTED_MAX: usize = 1000;

/// How many objects one request deletes, as in S3.
pub const DELETED_MAX: usize = 1000;

/// How many bytes of an object are read from the disk at once.
pub const PIECE_BYTES_MAX: usize = 512 << 10;

/// How many pieces of an upload wait to be written to the disk.
pub const PIECES_WAITING_MAX: usize = 4;

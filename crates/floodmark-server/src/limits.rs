//! Every limit of the server, in one place.

use std::time::Duration;

/// How long the body of an action of Athena's or Glue's may be, in bytes: a statement of Athena's longest length fits four times.
pub const ACTION_BYTES_MAX: usize = 4 << 20;

/// How long a statement may be, in bytes, as in Athena.
pub const STATEMENT_BYTES_MAX: usize = 262_144;

/// How long `GetQueryExecution` waits at most for a query to end, where a setting does not say otherwise.
pub const POLL_TIME: Duration = Duration::from_secs(5);

/// How long a body is, in bytes, that is taken whatever else is under way: as long as a statement may be.
pub const ACTION_BYTES_SMALL: u64 = 256 << 10;

/// How many longer ones are taken at a time, so that they do not fill the memory.
pub const LONG_ACTIONS_MAX: usize = 16;

/// How many connections are served at a time. More wait until one ends.
pub const CONNECTIONS_MAX: usize = 512;

/// How long the head of a request may be, in bytes: a presigned address with a long session token fits several times.
pub const HEAD_BYTES_MAX: usize = 64 << 10;

/// How long a client may keep silent, where a setting does not say otherwise.
pub const SILENCE_TIME: Duration = Duration::from_secs(30);

/// How long answers that are under way may take when the server ends.
pub const ENDING_TIME: Duration = Duration::from_secs(5);

/// How long to wait before the next connection is taken if the system refuses one, for want of file handles.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How many actions that are not supported are told of on standard error.
pub const UNSUPPORTED_TOLD_MAX: usize = 100;

/// How many characters of a name that a client gives are told.
pub const TOLD_CHARACTERS_MAX: usize = 200;

/// How many characters a token has at least.
pub const TOKEN_CHARACTERS_MIN: usize = 16;

/// How many characters a token has at most: an access key id of AWS's has no more.
pub const TOKEN_CHARACTERS_MAX: usize = 128;

/// For how many days a certificate is made; some clients refuse one that is valid for longer than 398.
pub const CERTIFICATE_DAYS: u32 = 397;

/// How many days before its end a certificate is made anew.
pub const CERTIFICATE_RENEWED_DAYS: u32 = 7;

/// How long a server is waited for that is asked whether it is there.
pub const PROBE_TIME: Duration = Duration::from_secs(2);

/// How many bytes of its answer are read.
pub const PROBE_BYTES_MAX: usize = 4 << 10;

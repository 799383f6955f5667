//! Every limit of the server, in one place.

use std::time::Duration;

/// How long the body of an action of Athena's or Glue's may be, in bytes: a statement of Athena's longest length fits four times.
pub const ACTION_BYTES_MAX: usize = 4 << 20;

/// How long a statement may be, in bytes, as in Athena.
pub const STATEMENT_BYTES_MAX: usize = 262_144;

/// How long `GetQueryExecution` waits at most for a query to end, where a setting does not say otherwise.
pub const POLL_TIME: Duration = Duration::from_secs(5);

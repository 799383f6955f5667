//! Every limit of the server, in one place.

use std::time::Duration;

/// How long the body of an action of Athena's or Glue's may be, in bytes: a statement of Athena's longest length fits four times.
pub const ACTION_BYTES_MAX: usize = 4 << 20;

/// How long a statement may be, in bytes, as in Athena.
pub const STATEMENT_BYTES_MAX: usize = 262_144;

/// How long `GetQueryExecution` waits at most for a query to end, where a setting does not say otherwise.
pub const POLL_TIME: Duration = Duration::from_secs(5);

/// How long the name of a database, a table or a column may be that Glue's API takes, in bytes.
pub const NAME_BYTES_MAX: usize = 255;

/// How long a value of an entry's parameters may be that Glue's API takes, in bytes.
pub const PARAMETER_BYTES_MAX: usize = 512_000;

/// How long the expression of `GetPartitions` may be, in characters.
pub const PARTITION_EXPRESSION_CHARACTERS_MAX: usize = 2048;

/// How deep the expression of `GetPartitions` may be nested.
pub const PARTITION_EXPRESSION_DEPTH_MAX: usize = 64;

/// How many databases or tables a page of Glue's lists has.
pub const GLUE_PAGE_MAX: usize = 100;

/// How many tables a page of `SearchTables` has.
pub const SEARCH_PAGE_MAX: usize = 1000;

/// How many partitions a page of `GetPartitions` has.
pub const PARTITIONS_PAGE_MAX: usize = 1000;

/// Into how many segments the partitions of a table can be divided.
pub const SEGMENTS_MAX: i64 = 10;

/// How many databases, tables or catalogs a page of Athena's lists has.
pub const METADATA_PAGE_MAX: usize = 50;

/// How large the compiled pattern may be by which tables are chosen, in bytes.
pub const NAME_PATTERN_BYTES_MAX: usize = 1 << 20;

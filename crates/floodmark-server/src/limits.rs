//! Every limit of the server, in one place.

use std::time::Duration;

/// How long the body of an action of Athena's or Glue's may be, in bytes: a statement of Athena's longest length fits four times.
pub const ACTION_BYTES_MAX: usize = 4 << 20;

/// How long a statement may be, in bytes, as in Athena.
pub const STATEMENT_BYTES_MAX: usize = 262_144;

/// How long `GetQueryExecution` waits at most for a query to end, where a setting does not say otherwise.
pub const POLL_TIME: Duration = Duration::from_secs(5);

/// How many bytes results take that are given page by page. The oldest go first.
pub const RESULTS_BYTES_MAX: u64 = 20 << 30;

/// How many bytes of statements may wait and run together.
pub const QUEUED_BYTES_MAX: usize = 64 << 20;

/// How many statements that only ask or change the catalog run at the same time.
pub const STATEMENTS_AT_ONCE_MAX: usize = 20;

/// How long `StopQueryExecution` waits for a query to let go of what it holds.
pub const STOP_TIME: Duration = Duration::from_secs(5);

/// How long a query that was stopped has to let go of what it holds before it counts as ended all the same.
pub const LETTING_GO_TIME: Duration = Duration::from_secs(3);

/// How often at most it is looked whether somebody still asks for a query.
pub const ABANDONED_CHECKED_EVERY: Duration = Duration::from_secs(1);

/// How long the history keeps a query, as in Athena.
pub const HISTORY_AGE_MAX: Duration = Duration::from_secs(45 * 24 * 3600);

/// How many queries the history keeps.
pub const HISTORY_QUERIES_MAX: i64 = 100_000;

/// After how many queries it is looked for those that are to be forgotten.
pub const HISTORY_CHECKED_EVERY: usize = 1000;

/// How long to wait before it is tried again to keep the end of a query.
pub const KEEPING_PAUSE: Duration = Duration::from_secs(1);

/// How long a value for a question mark may be, in characters, as in Athena.
pub const PARAMETER_CHARACTERS_MAX: usize = 1024;

/// How long names of databases and catalogs may be, in characters, as in Athena.
pub const CONTEXT_CHARACTERS_MAX: usize = 256;

/// How long a row of a result may be that is given page by page, in bytes.
pub const ROW_BYTES_MAX: usize = 64 << 20;

/// How long to wait for another server that writes into the same history.
pub const DATABASE_WAIT_MAX: Duration = Duration::from_secs(30);

/// How many rows a page of a result has, the names of the columns among them, and how many at most may be asked for, as in Athena.
pub const PAGE_ROWS_MAX: usize = 1000;

/// How many rows a page of a result has for a client that does not say how many it wants.
pub const PAGE_ROWS_UNASKED_MAX: usize = 10_000;

/// After how many bytes of JSON a page of a result takes no further row.
pub const PAGE_BYTES_MAX: usize = 8 << 20;

/// How many executions one call may ask for, as in Athena.
pub const BATCH_MAX: usize = 50;

/// For how many minutes at most an older result will do, as in Athena: a week.
pub const REUSE_MINUTES_MAX: u32 = 10_080;

/// How long names of workgroups may be, in characters, as in Athena.
pub const NAME_CHARACTERS_MAX: usize = 128;

/// How many workgroups there may be, as in Athena.
pub const WORKGROUPS_MAX: usize = 1000;

/// How many prepared statements a workgroup may have, as in Athena.
pub const PREPARED_MAX: usize = 1000;

/// How many named queries a workgroup may have, as in Athena.
pub const NAMED_QUERIES_MAX: usize = 5000;

/// How many tags something may have, as in Athena.
pub const TAGS_MAX: usize = 50;
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

/// How many names a certificate of our own making has.
pub const CERTIFICATE_NAMES_MAX: usize = 50;

/// How many days before its end a certificate is made anew.
pub const CERTIFICATE_RENEWED_DAYS: u32 = 7;

/// How long a server is waited for that is asked whether it is there.
pub const PROBE_TIME: Duration = Duration::from_secs(2);

/// How many bytes of its answer are read.
pub const PROBE_BYTES_MAX: usize = 4 << 10;
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
pub const METADATA_PAGE_MAX: i64 = 50;

/// How large the compiled pattern may be by which tables are chosen, in bytes.
pub const NAME_PATTERN_BYTES_MAX: usize = 1 << 20;

/// How long the body of a request to S3 may be that is XML, in bytes: the names of a thousand objects.
pub const XML_BYTES_MAX: usize = 4 << 20;

/// How large an object or a part of one may be that is uploaded at once, in bytes, as in S3.
pub const OBJECT_BYTES_MAX: u64 = 5 << 30;

/// How many bytes of lines may stand between two chunks of an upload, and after the last.
pub const CHUNK_LINES_BYTES_MAX: usize = 8 << 10;

/// How many keys, parts or uploads stand on a page of a listing, as in S3.
pub const LISTED_MAX: usize = 1000;

/// How many empty pages of a listing of another place are passed over before it is given up.
pub const LISTING_PAGES_MAX: usize = 100;

/// How many objects one request deletes, as in S3.
pub const DELETED_MAX: usize = 1000;

/// How many bytes of an object are read from the disk or written to it at once.
pub const PIECE_BYTES_MAX: usize = 512 << 10;

/// How many uploads in parts are remembered after they were completed, for clients that ask again.
pub const COMPLETIONS_KEPT_MAX: usize = 1000;

/// How long the body of a question of the page may be, in bytes: the longest statement fits twice, whatever is escaped in it.
pub const UI_BODY_BYTES_MAX: usize = 1 << 20;

/// For how long the page is told what lies at the places of the logs before they are listed again.
pub const UI_SUMMARY_KEPT: Duration = Duration::from_secs(60);

/// How many questions of the page that take long are worked on at the same time. More wait.
pub const UI_WORK_MAX: usize = 16;

/// How many pieces of an answer to the page wait for the client before the work does.
pub const UI_PIECES_WAITING_MAX: usize = 8;

/// How often the page is told how far a query is.
pub const UI_PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// How many rows of a statement a message to the page has.
pub const UI_ROWS_MAX: usize = 500;

/// After how many bytes of values a message to the page takes no further row.
pub const UI_ROWS_BYTES_MAX: usize = 256 << 10;

/// How many rows of a statement the page is given that does not say how many it wants.
pub const UI_ROWS_UNASKED_MAX: usize = 10_000;

/// How many rows of a statement the page may ask for.
pub const UI_ROWS_ASKED_MAX: usize = 1_000_000;

/// How many tables and views of the catalog the page is told for its completion.
pub const UI_TABLES_MAX: usize = 5_000;

/// Of how many addresses, and of how many user agents, the page asks at once what is known.
pub const UI_NAMES_MAX: usize = 2_000;

/// How many targets the page has blocked at once.
pub const UI_TARGETS_MAX: usize = 10_000;

/// How many bytes of a file that is made for the page wait before they are handed on.
pub const UI_FILE_BYTES_WAITING: usize = 64 << 10;

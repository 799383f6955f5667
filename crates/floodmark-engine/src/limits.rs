//! Every limit of the engine, in one place.

use std::time::Duration;

/// How much memory a query may use in all, unless a setting says otherwise, in bytes.
pub const MEMORY_BYTES: usize = 1 << 30;

/// The share of the memory that operators such as sorts and aggregations may use before they spill to disk.
pub const OPERATORS_SHARE: f64 = 0.4;

/// How many rows a batch has at most.
pub const ROWS_MAX: usize = 8192;

/// How many bytes a group of rows of a Parquet file has about that is written for a person; a whole group waits in memory.
pub const PARQUET_GROUP_BYTES_MAX: usize = 16 << 20;

/// How many rows such a group has.
pub const PARQUET_GROUP_ROWS_MAX: usize = 128 << 10;

/// How many rows a batch may have at least, where memory is scarce.
pub const ROWS_MIN: usize = 512;

/// For how much of a query's memory a batch may have one more row, in bytes.
pub const MEMORY_BYTES_PER_BATCH_ROW: usize = 128 << 10;

/// How many stored bytes may lie fetched and not yet read, in bytes.
pub const FETCHED_AHEAD_BYTES_MAX: usize = 96 << 20;

/// How many objects are fetched at the same time from S3.
pub const FETCHES_MAX: usize = 32;

/// How many files are read at the same time from disk: the system's cache is quick, and what is fetched waits in memory.
pub const FILE_READS_MAX: usize = 4;

/// The largest object that is inflated as a whole, in inflated bytes. A larger one is inflated in blocks.
pub const INFLATED_WHOLE_BYTES_MAX: usize = 64 << 20;

/// The largest object that is fetched as a whole, in stored bytes. A larger one is read as a stream.
pub const FETCHED_WHOLE_BYTES_MAX: u64 = 64 << 20;

/// The largest part of an object that one request to S3 fetches, in stored bytes: a broken or slow one costs little.
pub const FETCHED_RANGE_BYTES_MAX: u64 = 16 << 20;

/// How many parts of a large object are fetched at the same time.
pub const FETCHED_RANGES_MAX: usize = 2;

/// The largest Parquet object, in stored bytes: it is fetched as a whole because its index stands at its end.
pub const PARQUET_BYTES_MAX: u64 = 256 << 20;

/// How large the blocks are in which a large object is inflated, in bytes.
pub const BLOCK_BYTES: usize = 8 << 20;

/// How many bytes at the beginning of an object are inflated to recognise its log type.
pub const RECOGNISE_BYTES: usize = 64 << 10;

/// How many folders are listed at the same time.
pub const LISTINGS_MAX: usize = 16;

/// How many listed objects may wait for those who fetch them.
pub const LISTED_AHEAD_MAX: usize = 4096;

/// How deep folders may be nested below a path.
pub const FOLDERS_DEPTH_MAX: usize = 64;

/// How often a request to S3 is sent again after a 5xx answer, a time-out or a broken connection.
pub const RETRIES_MAX: usize = floodmark_aws::limits::RETRIES_MAX;

/// For how long a request to S3 is sent again. Longer than [`REQUEST_TIME_MAX`], else one that ran out of time never would be.
pub const RETRY_TIME_MAX: Duration = Duration::from_secs(240);

/// How long connecting to S3 may take.
pub const CONNECT_TIME_MAX: Duration = floodmark_aws::limits::CONNECT_TIME_MAX;

/// How long one request to S3 may take with its whole answer, before it is sent again for what is missing.
pub const REQUEST_TIME_MAX: Duration = floodmark_aws::limits::REQUEST_TIME_MAX;

/// How many rejected lines a report keeps with their text. All are counted, and the table `rejected` gives them all.
pub const REJECTIONS_REPORTED_MAX: usize = 5;

/// How many troubles with objects a report names. All are counted.
pub const TROUBLES_REPORTED_MAX: usize = 5;

/// How many objects' log types are remembered between the queries of a session.
pub const RECOGNISED_OBJECTS_MAX: usize = 100_000;

/// How many values an `IN` list may have to be tested in the decoder.
pub const IN_LIST_MAX: usize = 64;

/// How many objects a summary looks into because their names do not tell what they hold.
pub const RECOGNISED_IN_SUMMARY_MAX: usize = 1000;

/// How many accounts, regions, resources and unknown objects a summary names.
pub const NAMES_SHOWN_MAX: usize = 100;

/// How much a function may make of one batch of rows, in bytes.
pub const FUNCTION_BATCH_BYTES_MAX: usize = 512 << 20;

/// How many compiled patterns of regular expressions are kept.
pub const PATTERNS_KEPT_MAX: usize = 64;

/// How many steps back a pattern that needs them may take in one search.
pub const PATTERN_STEPS_MAX: usize = 1_000_000;

/// How deep JSON may be nested.
pub const JSON_DEPTH_MAX: usize = 1000;

/// How many pairs of characters the edit distance of two texts may compare.
pub const EDIT_DISTANCE_PAIRS_MAX: usize = 1_000_000;

/// How many values `sequence` makes at most in one array.
pub const SEQUENCE_VALUES_MAX: usize = 10_000;

/// How many times `repeat` repeats a value at most.
pub const REPETITIONS_MAX: usize = 10_000;

/// How many values `combinations` chooses at most.
pub const COMBINATION_VALUES_MAX: i64 = 5;

/// How many choices `combinations` makes at most of one array.
pub const COMBINATIONS_MAX: usize = 100_000;

/// How many values an expression may make at most of the arrays of one batch.
pub const VALUES_MAX: usize = 1 << 26;

/// How many partitions one statement writes, as in Athena.
pub const PARTITIONS_WRITTEN_MAX: usize = 100;

/// How much memory rows take that wait to be written as groups of Parquet's, in all files together, in bytes.
pub const HELD_ROWS_BYTES_MAX: usize = 128 << 20;

/// How long to wait for another process that writes into the same catalog.
pub const CATALOG_WAIT_MAX: Duration = Duration::from_secs(30);

/// How many partitions of a table a query may ask for.
pub const PARTITIONS_MAX: usize = 1_000_000;

/// How many values a partition projection tries out for a query that excludes most of them.
pub const PROJECTED_VALUES_TRIED_MAX: usize = 3_000_000;

/// How long the expression may be that the Glue Data Catalog takes to choose partitions, in characters.
pub const GLUE_EXPRESSION_CHARACTERS_MAX: usize = 2048;

/// How deep expressions and queries may be nested.
pub const NESTING_MAX: usize = 120;

/// How many values `max_by`, `min_by`, `max` and `min` choose at most.
pub const CHOSEN_VALUES_MAX: usize = 10_000;

/// How many values `approx_most_frequent` keeps at most.
pub const FREQUENT_VALUES_MAX: usize = 100_000;

/// The longest text that `listagg` makes, in bytes.
pub const LIST_TEXT_BYTES_MAX: usize = 1 << 20;

/// By how many points `approx_percentile` describes a group at most.
pub const CENTROIDS_MAX: usize = 1000;

/// How many buckets `numeric_histogram` makes at most.
pub const HISTOGRAM_BUCKETS_MAX: usize = 10_000;

/// How deep views may read other views.
pub const VIEWS_DEPTH_MAX: usize = 32;

/// How many folders `MSCK REPAIR TABLE` looks at.
pub const FOLDERS_FOUND_MAX: usize = 1_000_000;

/// How many conditions of a query are looked at to leave partitions out.
pub const PARTITION_FILTERS_MAX: usize = 256;

/// How deep types and arrays may be nested in a table's definition, in levels.
pub const TYPE_DEPTH_MAX: usize = 64;

/// How many pages of one list the Glue Data Catalog is asked for.
pub const GLUE_PAGES_MAX: usize = 100_000;

/// How many objects `CREATE TABLE` lists to say what is wrong with a table.
pub const CHECKED_LISTED_MAX: usize = 300;

/// How many objects `CREATE TABLE` looks into to say what is wrong with a table.
pub const CHECKED_OPENED_MAX: usize = 10;

/// How long `CREATE TABLE` looks for what is wrong with a table.
pub const CHECKED_TIME_MAX: Duration = Duration::from_secs(5);

/// How many objects the thorough check of a table lists.
pub const CHECKED_WELL_LISTED_MAX: usize = 10_000;

/// How many objects the thorough check of a table looks into.
pub const CHECKED_WELL_OPENED_MAX: usize = 40;

/// How long the thorough check looks at one table.
pub const CHECKED_WELL_TIME_MAX: Duration = Duration::from_secs(120);

/// How many partitions of a table a check looks at.
pub const CHECKED_PARTITIONS_MAX: usize = 100;

/// The largest object that a check looks into where there are smaller ones, in stored bytes.
pub const CHECKED_OBJECT_BYTES_MAX: u64 = 4 << 20;

/// How many lines at the beginning of an object a check reads.
pub const CHECKED_LINES_MAX: usize = 200;

/// How many folders of one log a summary keeps.
pub const FOUND_FOLDERS_MAX: usize = 10_000;

/// How many addresses of which something is not known a report keeps for those who resolve them, of each kind of fact.
pub const UNKNOWN_ADDRESSES_MAX: usize = 100_000;

/// How many objects of a bucket that is a folder are listed at a time.
pub const BUCKET_PAGE_MAX: usize = 10_000;
/// How long is remembered which logs lie at places, for those who list their tables.
pub const FOUND_LOGS_TIME_MAX: Duration = Duration::from_secs(300);

/// How long is remembered that places could not be listed, for those who list their tables again at once.
pub const FOUND_LOGS_FAILURE_TIME_MAX: Duration = Duration::from_secs(10);

/// For how many sets of places is remembered which logs lie there.
pub const FOUND_LOGS_PLACES_MAX: usize = 16;

/// How many names of buckets are remembered that could not be opened.
pub const BUCKETS_KEPT_MAX: usize = 1000;

//! Every limit of this crate, with its unit in its name.

/// How many rows a chunk of kept rows has, about.
pub const CHUNK_ROWS_MAX: usize = 65_536;

/// How many bytes of text wait to become a chunk, about.
pub const CHUNK_BYTES_MAX: usize = 64 << 20;

/// From how many rows on a column with too many values is kept as text.
pub const ROWS_BEFORE_TEXT_MAX: usize = 2 * CHUNK_ROWS_MAX;

/// Which share of the bytes for kept rows the values of one column may take, as its divisor.
pub const DICTIONARY_SHARE_MAX: usize = 6;

/// Which share of those bytes the values of all columns may take, as its divisor.
pub const DICTIONARIES_SHARE_MAX: usize = 2;

/// Which share of those bytes a sample may take, as its divisor: the rest is for rows that can be kept as they are.
pub const SAMPLE_SHARE_MAX: usize = 2;

/// How many values the dictionary of a column may have.
pub const DICTIONARY_VALUES_MAX: usize = 1 << 28;

/// How many bytes of text the dictionary of a column may hold.
pub const DICTIONARY_BYTES_MAX: usize = 1 << 31;

/// How many rows are told at once.
pub const ROWS_TOLD_MAX: usize = 10_000;

/// How many fields may be asked for by name.
pub const FIELDS_NAMED_MAX: usize = 1_000;

/// How many rows that are all alike pages go through.
pub const ALIKE_ROWS_MAX: usize = 100_000;

/// How many values of a field, or groups, are told at once.
pub const VALUES_TOLD_MAX: usize = 10_000;

/// How many bins a timeline may be asked for.
pub const BINS_MAX: usize = 2_000;

/// How many values have a series of their own in a timeline.
pub const SERIES_MAX: usize = 5;

/// How many bins times values are counted while logs are read; behind that, the smaller values are others.
pub const CELLS_MAX: usize = 2_000_000;

/// How many groups are counted; those that come later are others.
pub const GROUPS_MAX: usize = 4_000_000;

/// By how many fields rows are grouped at once.
pub const GROUP_FIELDS_MAX: usize = 3;

/// How many lists of groups are asked for at once.
pub const GROUP_LISTS_MAX: usize = 16;

/// How many quarters of an hour are told: those of twenty years.
pub const QUARTERS_MAX: usize = 7_320 * 96;

/// The earliest time that a view may name, in milliseconds: the start of the year 0.
pub const TIME_MILLISECONDS_MIN: f64 = -62_167_219_200_000.0;

/// The latest time that a view may name, in milliseconds: the end of the year 9999.
pub const TIME_MILLISECONDS_MAX: f64 = 253_402_300_800_000.0;

/// How many filters a view may have.
pub const FILTERS_MAX: usize = 200;

/// How many values a filter may have.
pub const FILTER_VALUES_MAX: usize = 10_000;

/// How many bytes a searched text may have.
pub const SEARCH_BYTES_MAX: usize = 4_096;

/// How many rejected lines are told.
pub const REJECTIONS_TOLD_MAX: usize = 20;

/// How many batches wait to be coded.
pub const BATCHES_WAITING_MAX: usize = 8;

/// On how many threads kept rows are looked at.
pub const THREADS_MAX: usize = 64;

/// For how many seconds somebody waits for rows that another one reads, while nothing moves there.
pub const PATIENCE_SECONDS_MAX: u64 = 2;

/// For how many seconds kept rows are not called old.
pub const FRESH_SECONDS_MAX: i64 = 5 * 60;

/// How many bytes the values of a column may take by which rows are grouped.
pub const VALUES_BYTES_MAX: usize = 512 << 20;

//! Every limit of this crate, in one place.

/// The longest line that is read, in bytes. A longer one is rejected as [`Reason::TooLong`](crate::Reason::TooLong).
pub const LINE_BYTES_MAX: usize = 16 << 20;

/// How many fields of a line are told apart; what follows the last of them is the line's trailing text.
pub const LINE_FIELDS_MAX: usize = 255;

/// How many rejected lines of one object are kept with their text. All are counted.
pub const REJECTIONS_KEPT_MAX: usize = 1000;

/// How much text of a rejected line is kept, in bytes.
pub const REJECTION_TEXT_BYTES_MAX: usize = 4096;

/// The largest block of bytes that is read at a time.
///
/// A string view points into it with 31 bits, and each byte that is no UTF-8 becomes three.
pub const BLOCK_BYTES_MAX: usize = 512 << 20;

/// How much of the name of a field that the log type does not know is kept, in bytes.
pub const UNKNOWN_NAME_BYTES_MAX: usize = 128;

/// How many levels a nested type has at most.
pub const NESTED_DEPTH_MAX: usize = 64;

/// How many lines at the start of an object are looked at to recognise its log type.
pub const RECOGNISE_LINES_MAX: usize = 8;

/// The longest pattern of a user's table, in bytes.
pub const PATTERN_BYTES_MAX: usize = 64 << 10;

/// How deep the groups of a pattern are at most.
pub const PATTERN_DEPTH_MAX: usize = 100;

/// How often a part of a pattern is repeated at most by a number in braces.
pub const PATTERN_REPETITIONS_MAX: u32 = 1000;

/// How many ways a pattern that looks around or refers back tries for one line at most, before it gives up.
pub const PATTERN_BACKTRACKS_MAX: usize = 200_000;

/// How many levels a JSON value of a user's table has at most.
pub const JSON_DEPTH_MAX: usize = 200;
/// How many different keys of an object's lines are remembered.
pub const JSON_KEYS_KNOWN_MAX: usize = 4096;

/// The longest line of a file that is one document, such as CloudTrail's, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 256 << 20;

/// How many ways are tried to match a line by a scan before the line is left to the regular expression.
pub const SCAN_CHOICES_MAX: usize = 10_000;

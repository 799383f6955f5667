//! Every limit of this crate, in one place.

/// How large a data file may be, in bytes: larger than every free database of countries, and read into memory as a whole.
pub const DATA_FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// How many rows a file of ranges may have; all networks that are announced on the Internet are some two million.
pub const DATA_ROWS_MAX: u64 = 20_000_000;

/// How long the name of a data file may be, in characters.
pub const DATA_NAME_CHARACTERS_MAX: usize = 64;

/// How many data files there may be.
pub const DATA_FILES_MAX: usize = 1000;

/// How long a download may take, in seconds.
pub const DATA_DOWNLOAD_SECONDS_MAX: u64 = 600;

/// How many networks the threat lists may hold together.
pub const THREAT_ENTRIES_MAX: usize = 5_000_000;

/// How long a note at an entry of a threat list may be, in characters; the rest is cut off.
pub const THREAT_NOTE_CHARACTERS_MAX: usize = 200;

/// How much of a user agent is looked at, in bytes. WAF and CloudFront cut theirs earlier.
pub const USER_AGENT_BYTES_MAX: usize = 4096;

/// How many names and addresses of an answer of the DNS are looked at.
pub const DNS_ANSWERS_MAX: usize = 16;

/// How often a question to the DNS is sent.
pub const DNS_ATTEMPTS_MAX: usize = 2;

/// How many redirections a download follows.
pub const DATA_REDIRECTIONS_MAX: usize = 5;

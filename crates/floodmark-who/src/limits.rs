//! Every limit of this crate, in one place.

/// How many regions of all accounts are asked for their interfaces at the same time.
pub const REGIONS_ASKED_MAX: usize = 4;

/// How many pages of one list EC2 or Elastic Load Balancing is asked for. A page has up to 1,000 things.
pub const INVENTORY_PAGES_MAX: usize = 1000;

/// How large a snapshot of the inventory may be to be read, in bytes.
pub const SNAPSHOT_BYTES_MAX: u64 = 512 << 20;

/// For how long every snapshot of the inventory is kept, in seconds. Of older days the last one is.
pub const SNAPSHOTS_ALL_KEPT_SECONDS: i64 = 14 * 24 * 60 * 60;

/// How many snapshots of one account and region are kept.
pub const SNAPSHOTS_KEPT_MAX: usize = 5000;

/// How many files the folder of the inventory may have in all.
pub const SNAPSHOTS_LISTED_MAX: usize = 1_000_000;
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

/// How much memory the patterns of bots may take when they are made ready, in bytes.
pub const BOT_PATTERNS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How many names and addresses of an answer of the DNS are looked at.
pub const DNS_ANSWERS_MAX: usize = 16;

/// How often a question to the DNS is sent.
pub const DNS_ATTEMPTS_MAX: usize = 2;

/// How many redirections a download follows.
pub const DATA_REDIRECTIONS_MAX: usize = 5;

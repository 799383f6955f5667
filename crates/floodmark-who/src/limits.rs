//! Every limit of this crate, in one place.

use std::time::Duration;

/// How many regions of all accounts are asked for their interfaces at the same time.
pub const REGIONS_ASKED_MAX: usize = 4;

/// How many pages of one list EC2 or Elastic Load Balancing is asked for. A page has up to 1,000 things.
pub const INVENTORY_PAGES_MAX: usize = 1000;

/// How large a snapshot of the inventory may be to be read, in bytes.
pub const SNAPSHOT_BYTES_MAX: u64 = 512 << 20;

/// How many interfaces the snapshots of the inventory that are in memory have together. One interface takes one or two KiB.
pub const INTERFACES_HELD_MAX: usize = 500_000;

/// For how long every snapshot of the inventory is kept, in seconds. Of older days the last one is.
pub const SNAPSHOTS_ALL_KEPT_SECONDS: i64 = 14 * 24 * 60 * 60;

/// How many snapshots of one account and region are kept.
pub const SNAPSHOTS_KEPT_MAX: usize = 5000;

/// How many files the folder of the inventory may have in all.
pub const SNAPSHOTS_LISTED_MAX: usize = 1_000_000;

/// How long a registry's answer holds, in seconds.
pub const NETWORK_AGE_MAX_S: i64 = 30 * 86_400;

/// How long a registry's word holds that there is no such network, in seconds.
pub const NO_NETWORK_AGE_MAX_S: i64 = 86_400;

/// How long IANA's list of registries holds, in seconds.
pub const BOOTSTRAP_AGE_MAX_S: i64 = 86_400;

/// The largest list of registries that is read, in bytes.
pub const BOOTSTRAP_BYTES_MAX: usize = 4 << 20;

/// The largest answer of a registry that is read, in bytes.
pub const RDAP_ANSWER_BYTES_MAX: usize = 1 << 20;

/// How many addresses registries are asked for in one run.
pub const RDAP_ASKED_MAX: usize = 5_000;

/// How often one address is asked for.
pub const RDAP_ATTEMPTS_MAX: u32 = 3;

/// How many requests a registry answers at the same time.
pub const RDAP_CONCURRENCY_MAX: usize = 2;

/// How many entities of one answer are looked at.
pub const RDAP_ENTITIES_MAX: usize = 200;

/// How many addresses in succession may fail before a registry is left alone.
pub const RDAP_FAILURES_MAX: usize = 5;

/// How often a request is sent elsewhere.
pub const RDAP_REDIRECTS_MAX: usize = 5;

/// How long one request may take, from its sending to the end of the answer.
pub const RDAP_REQUEST_TIME_MAX: Duration = Duration::from_secs(20);

/// How long a registry may ask us to wait. If it asks for more, it is left for another run.
pub const RDAP_RETRY_AFTER_MAX_S: u64 = 60;

/// How long we wait for one registry in one run because it has too many requests.
pub const RDAP_WAIT_MAX: Duration = Duration::from_secs(300);

/// How many characters of a name are kept.
pub const RDAP_TEXT_CHARACTERS_MAX: usize = 200;

/// How many bits of an IPv4 address may be free in a network that is believed, of a registry or a threat list: registries hand out
/// nothing wider than a `/8`.
pub const NETWORK_FREE_BITS_IPV4_MAX: u32 = 24;

/// How many bits of an IPv6 address may be free in a network that is believed: none that was handed out is wider than a `/16`.
pub const NETWORK_FREE_BITS_IPV6_MAX: u32 = 112;

/// How long another process may keep us from the cache.
pub const CACHE_WAIT_MAX: Duration = Duration::from_secs(10);

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

/// How many addresses are asked for at the same time in the DNS.
pub const DNS_CONCURRENT_MAX: usize = 8;

/// How many addresses the file of names keeps.
pub const DNS_NAMES_KEPT_MAX: usize = 100_000;

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

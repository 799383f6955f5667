//! Every limit of this crate, in one place.
//!
//! What AWS allows stands in [`quotas`](crate::quotas).

/// How many targets one rule is made of at most, before they are covered by fewer networks.
pub const TARGETS_MAX: usize = 1_000_000;

/// How many characters of a target a message shows at most.
pub const SHOWN_CHARS_MAX: usize = 80;

/// The shortest IPv4 prefix that networks are merged to for the sake of fewer rules.
pub const MERGED_IPV4_PREFIX_MIN: u8 = 8;

/// The shortest IPv6 prefix that networks are merged to for the sake of fewer rules.
pub const MERGED_IPV6_PREFIX_MIN: u8 = 20;

/// How many rules an allow rule of a security group is narrowed to at most.
pub const NARROWED_RULES_MAX: usize = 32;

/// The priority of our rule in a web ACL that is not known or is new: there is room below it.
pub const RULE_PRIORITY_DEFAULT: u32 = 10;

/// How many pages of a list of AWS WAF are read, of 100 entities each.
pub const LIST_PAGES_MAX: usize = 100;

/// How often something is read again and changed, because another changed it meanwhile or still uses it.
pub const CHANGE_TRIES_MAX: usize = 6;

/// How long to wait before something that is still used is asked to go again, in milliseconds.
pub const STILL_USED_PAUSE_MS: u64 = 5_000;

/// How many bytes a record of what was changed may have.
pub const RECORD_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// How many records are listed, the newest first.
pub const RECORDS_MAX: usize = 10_000;

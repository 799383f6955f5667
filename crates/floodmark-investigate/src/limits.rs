//! Every limit of the investigator's questions, in one place.

/// The most buckets of a timeline in which spikes are looked for: the time for it grows with their square at worst.
pub const SPIKE_BUCKETS_MAX: usize = 20_000;

/// The most spikes and dips that are named in one timeline.
pub const SPIKES_MAX: usize = 20;

/// How many rows are kept to look for contributors among; of more, a sample is kept.
pub const ROWS_KEPT_MAX: usize = 150_000;

/// How much of a value is told from others, in bytes.
pub const VALUE_BYTES_MAX: usize = 400;

/// How much memory the different values of the kept rows may take, in bytes, before fewer rows are kept.
pub const VALUES_BYTES_MAX: usize = 160 << 20;

/// How many contributors are shown.
pub const CONTRIBUTORS_MAX: usize = 10;

/// How many earlier windows are read to learn how much clients and the like vary by themselves.
pub const EARLIER_WINDOWS_MAX: usize = 3;

/// How many values one contributor lists by name.
pub const VALUES_LISTED_MAX: usize = 1_000;

/// How many clients of a contributor are shown, the busiest first.
pub const CLIENTS_SHOWN_MAX: usize = 10;

/// How many network interfaces of a log are told apart, each with its addresses.
pub const INTERFACES_MAX: usize = 2_000;

/// How many rows the answer about all interfaces has: some for each end, for IPv4 and IPv6, and for no flow.
pub const INTERFACE_ROWS_MAX: usize = 8 * INTERFACES_MAX;

/// How many addresses of a log's own interfaces a condition lists, so that it stays below Athena's limit of 262,144 bytes.
pub const ADDRESSES_LISTED_MAX: usize = 1_500;

/// How many interfaces a sentence names.
pub const INTERFACES_NAMED_MAX: usize = 3;

/// How many windows can be compared with.
pub const WINDOWS_MAX: usize = 100;

/// How many different values of a measure such as distinct clients are counted in a window.
pub const DISTINCT_MAX: usize = 4_000_000;

/// The most drivers that one search returns.
pub const DRIVERS_MAX: usize = 25;

/// The most distinct values of a level that are tabled; a level with more takes no part in a search.
pub const LEVEL_VALUES_MAX: usize = 1 << 24;

/// The most values of a level that take part in tables of two levels or more.
pub const ALPHABET_VALUES_MAX: usize = 1024;

/// The most cells that one table of two levels or more has.
pub const TABLE_CELLS_MAX: usize = 1 << 20;

/// The most cells that all tables of two levels or more have together: 32 bytes each.
pub const TABLES_CELLS_MAX: usize = 1 << 22;

/// The most levels that are crossed with one another in tables.
pub const CROSSED_LEVELS_MAX: usize = 16;

/// The most rows that are added to tables of two levels or more, counted once a table.
pub const TABLE_ADDITIONS_MAX: usize = 24_000_000;

/// The most candidates that one search looks into row by row.
pub const CANDIDATES_JUDGED_MAX: usize = 600;

/// The most columns and expressions that rows are grouped by.
pub const GROUPINGS_MAX: usize = 16;

/// The most groups that an answer of `top` or `compare` names.
pub const ROWS_SHOWN_MAX: usize = 10_000;

/// The most buckets that a timeline has.
pub const TIMELINE_BUCKETS_MAX: usize = 20_000;

/// The most buckets of a timeline whose length is chosen for it.
pub const TIMELINE_BUCKETS_CHOSEN_MAX: i64 = 200;

/// How many values of a column have a line of their own in a timeline.
pub const SERIES_MAX: usize = 5;
/// How many single values are named in the place of the group that holds them and no others.
pub const EXACT_VALUES_MAX: usize = 4;

/// How many values that did not change are shown.
pub const UNCHANGED_MAX: usize = 3;

/// How many further common values of a contributor are shown.
pub const COMMON_MAX: usize = 5;

/// How many clients of a contributor are counted one by one.
pub const CLIENTS_COUNTED_MAX: usize = 1_000_000;

/// How many spikes and dips are shown.
pub const SPIKES_SHOWN_MAX: usize = 10;

/// How many of the shortest buckets are counted to find a spike in.
pub const SHORT_BUCKETS_MAX: i64 = 300_000;

/// How many NAT gateways are counted in one answer.
pub const GATEWAYS_MAX: usize = 200;

/// From how many hours of logs on a month is projected.
pub const PROJECTED_FROM_HOURS: f64 = 0.5;
/// Of how many addresses it is told what they do, beside how much.
pub const ADDRESSES_DETAILED_MAX: usize = 5;

/// How many values of each column tell what an address does.
pub const VALUES_DETAILED_MAX: usize = 3;
/// How many networks a condition names one by one; more are lists by the length of their prefixes.
pub const NETWORKS_WRITTEN_OUT_MAX: usize = 16;

/// How many of those who would be blocked besides the attack are named, the busiest first.
pub const BYSTANDERS_SHOWN_MAX: usize = 20;

/// Which share of the records before an attack a rule may block before it is refused.
pub const BYSTANDERS_SHARE_MAX: f64 = 0.01;

/// How many networks a refusal names.
pub const REFUSALS_NAMED_MAX: usize = 5;

/// How large the findings may be that a rule is made of, in bytes.
pub const FINDINGS_BYTES_MAX: usize = 16 << 20;

//! Every limit of the investigator's questions, in one place.

/// How many rows are kept to look for contributors among; of more, a sample is kept.
pub const ROWS_KEPT_MAX: usize = 400_000;

/// How much of a value is told from others, in bytes.
pub const VALUE_BYTES_MAX: usize = 400;

/// How much memory the different values of the kept rows may take, in bytes, before fewer rows are kept.
pub const VALUES_BYTES_MAX: usize = 160 << 20;

/// How many columns are looked at.
pub const COLUMNS_MAX: usize = 64;

/// How many contributors are shown.
pub const CONTRIBUTORS_MAX: usize = 10;

/// How many earlier windows are read to learn how much clients and the like vary by themselves.
pub const EARLIER_WINDOWS_MAX: usize = 3;

/// How many values one contributor lists by name.
pub const VALUES_LISTED_MAX: usize = 1_000;

/// How many clients of a contributor are shown, the busiest first.
pub const CLIENTS_SHOWN_MAX: usize = 10;

/// How many windows can be compared with.
pub const WINDOWS_MAX: usize = 100;

/// How many different values of a measure such as distinct clients are counted in a window.
pub const DISTINCT_MAX: usize = 4_000_000;

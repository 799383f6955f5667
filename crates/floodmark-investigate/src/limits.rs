//! Every numeric limit of the investigations, with its unit.

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
pub const TABLE_ADDITIONS_MAX: usize = 64_000_000;

/// The most candidates that one search looks into row by row.
pub const CANDIDATES_JUDGED_MAX: usize = 600;

//! The driver scan: which patterns, such as "domain = d and client in /16 p", carry a change between two windows.
//!
//! Each pattern's gain says how much better the data are explained when its rows changed by themselves. The best
//! pattern that does not merely contain a better one is taken, its rows are put aside, and the search goes on.
//! The method is in section 3 of the analysis notes; its family is that of scan statistics (Kulldorff 1997;
//! Neill 2012 for the subsets).

mod cell;
mod children;
mod noise;
mod rows;
mod search;
mod tables;

use crate::limits::{DRIVERS_MAX, TABLE_ADDITIONS_MAX};

/// A level of a dimension, such as `client_ip` as /24, with each row's value.
///
/// The levels of one chain exclude one another in a pattern. Where two levels say the same, the earlier one in
/// [`Leaves::levels`] is used.
#[derive(Clone, Debug)]
pub struct Level {
    /// Which chain the level belongs to.
    pub chain: u32,
    /// The place in the chain: 0 is the most general.
    pub depth: u32,
    /// The value's code, row by row, below `cardinality`.
    pub codes: Vec<u32>,
    /// One more than the greatest code.
    pub cardinality: u32,
}

/// The rows to search, by columns.
#[derive(Clone, Debug, Default)]
pub struct Leaves {
    /// The levels, in the order in which they are preferred where two say the same.
    pub levels: Vec<Level>,
    /// Each row's amount in the window that is explained.
    pub during: Vec<f64>,
    /// Each row's amount before: the sum over all earlier windows, not scaled.
    pub before: Vec<f64>,
    /// Each row's sum of squared amounts during; empty where the amounts are counts.
    pub during_squares: Vec<f64>,
    /// Each row's sum of squared amounts before; empty where the amounts are counts.
    pub before_squares: Vec<f64>,
    /// The window that a row belongs to: 0 is the one explained, 1 and up are earlier ones. Empty where a row
    /// holds amounts of several windows, or where there is one earlier window.
    pub windows: Vec<u16>,
}

/// How amounts vary when nothing has happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Noise {
    /// Events are counted: the variance grows with the count, and with how much sources wander.
    Counts,
    /// Amounts with heavy tails are summed up, such as bytes or seconds; the squares are needed.
    Sums,
    /// `during` is measured, `before` is forecast, and the relative error has one deviation everywhere.
    Relative,
}

/// Which changes are looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Rises alone.
    Up,
    /// Falls alone.
    Down,
    /// Both. With relative noise, which is measured on the other side, those of the side that gains more.
    Both,
    /// Rises if the total rose, falls if it fell.
    Total,
}

/// How to search.
#[derive(Clone, Debug)]
pub struct Options {
    /// How amounts vary when nothing has happened.
    pub noise: Noise,
    /// The most conditions in a pattern.
    pub order_max: usize,
    /// The length of the explained window over the length of all earlier ones.
    pub scale: f64,
    /// Which changes are looked for.
    pub direction: Direction,
    /// The most drivers to return.
    pub findings_max: usize,
    /// How many times the expected amount a rise must reach; a fall must reach its reciprocal.
    pub lift_min: f64,
    /// What a gain must have above twice the logarithm of the number of cells examined.
    pub gain_floor: f64,
    /// What a gain is multiplied with for each condition after the first.
    pub parsimony: f64,
    /// The most rows added to tables of two levels and more: bounds time and memory.
    pub additions_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            noise: Noise::Counts,
            order_max: 3,
            scale: 1.0,
            direction: Direction::Both,
            findings_max: DRIVERS_MAX,
            lift_min: 1.3,
            gain_floor: 10.0,
            parsimony: 0.8,
            additions_max: TABLE_ADDITIONS_MAX,
        }
    }
}

impl Options {
    /// The search of the localisation benchmarks: forecast against real, all combinations of the dimensions.
    #[must_use]
    pub fn relative(dimensions: usize) -> Self {
        Self {
            noise: Noise::Relative,
            order_max: if dimensions <= 6 { dimensions } else { 3 },
            direction: Direction::Both,
            lift_min: 1.0,
            gain_floor: 5.0,
            ..Self::default()
        }
    }
}

/// A pattern whose rows changed by themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    /// The conditions, by level: its index in [`Leaves::levels`] and the value's code.
    pub pattern: Vec<(usize, u32)>,
    /// The amount of all the pattern's rows during.
    pub during: f64,
    /// The amount of all the pattern's rows before, not scaled.
    pub before: f64,
    /// What was to be expected of all the pattern's rows: `before`, scaled, times the general growth.
    pub expected: f64,
    /// The amount during of the rows that no earlier driver had taken.
    pub residual_during: f64,
    /// The amount before of the rows that no earlier driver had taken, not scaled.
    pub residual_before: f64,
    /// How much better the data are explained, as twice a logarithm of likelihoods, without regard to drift.
    pub gain: f64,
    /// The same after what the drift of such patterns explains: what the threshold was held against.
    pub gain_beyond_drift: f64,
    /// Whether the amount rose.
    pub up: bool,
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The drivers, in the order in which they were found: none holds a row that an earlier one is credited with.
    pub drivers: Vec<Driver>,
    /// How much everything grew alike: 1.15 is 15 percent more than the windows' lengths say.
    pub growth: f64,
    /// How much more counts vary than independent events would: 1 is not at all.
    pub dispersion: f64,
    /// How many cells were looked at.
    pub cells_examined: u64,
    /// What a gain had to exceed.
    pub gain_min: f64,
    /// Amounts that were not a number, infinite or, for all but forecasts, negative: they were taken as zero.
    pub amounts_unreadable: u64,
}

/// Finds the drivers of the change between the windows. The same input gives the same answer.
///
/// Takes time in proportion to rows times levels, and memory of about 40 bytes a row besides the tables that
/// `limits.rs` bounds. Columns of different lengths are read as far as the shortest one goes.
#[must_use]
pub fn find(leaves: &Leaves, options: &Options) -> Found {
    search::find(leaves, options)
}

#[cfg(test)]
mod tests;

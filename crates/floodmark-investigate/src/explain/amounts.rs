//! What each row adds to a measure, for the search for its drivers.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use crate::drivers::{Leaves, Level as DriverLevel, Noise};
use crate::explain::levels::Level;
use crate::explain::measures::Shape;
use crate::explain::rows::Rows;

/// The rows that a measure consists of, as the search wants them.
pub(crate) struct Amounts {
    pub(crate) leaves: Leaves,
    /// The kept rows that the leaves are, by their positions.
    pub(crate) rows: Vec<u32>,
    pub(crate) noise: Noise,
    /// Whether the measure is one a record: a share or a mean.
    pub(crate) is_per_record: bool,
}

/// The amounts of a measure. For a share or a percentile, the rows that meet the condition or exceed the percentile of
/// the windows before; for a mean, the numbers; for a count of different values, the first row of each in each window.
pub(crate) fn amounts(shape: Shape, rows: &Rows, levels: &[Level]) -> Amounts {
    let mut chosen: Vec<u32> = Vec::new();
    let mut amount: Vec<f64> = Vec::new();
    let mut seen: HashSet<(u8, u64), RandomState> = HashSet::default();
    let usual = rows.usual_weight();
    let bound = match shape {
        Shape::Percentile(part, share) => percentile_before(rows, part, share),
        _ => f64::INFINITY,
    };
    for row in 0..rows.len() {
        let weight = rows.weights[row];
        let number = |part: usize| Some(rows.numbers[part][row]).filter(|x| x.is_finite());
        let adds = match shape {
            Shape::Records => Some(weight / usual),
            Shape::CountIf(part) | Shape::Share(part) => {
                number(part).filter(|met| *met != 0.0).map(|_| weight / usual)
            }
            Shape::Sum(part) | Shape::Mean(part) => number(part).map(|number| number * weight),
            Shape::Percentile(part, _) => {
                number(part).filter(|number| *number > bound).map(|_| weight / usual)
            }
            Shape::Distinct(part) => {
                let hash = rows.numbers[part][row].to_bits();
                (hash != 0 && seen.insert((rows.windows[row], hash))).then_some(1.0)
            }
        };
        if let Some(adds) = adds {
            chosen.push(u32::try_from(row).expect("the rows are limited"));
            amount.push(adds);
        }
    }
    let in_window = |is_during: bool, square: bool| {
        let of = |(row, adds): (&u32, &f64)| {
            let is_here = (rows.windows[*row as usize] == 0) == is_during;
            match (is_here, square) {
                (true, false) => *adds,
                (true, true) => adds * adds,
                (false, _) => 0.0,
            }
        };
        chosen.iter().zip(&amount).map(of).collect::<Vec<f64>>()
    };
    let is_sum = matches!(shape, Shape::Sum(_) | Shape::Mean(_));
    let squares = |is_during| if is_sum { in_window(is_during, true) } else { Vec::new() };
    let leaves = Leaves {
        levels: (levels.iter())
            .map(|level| DriverLevel {
                chain: u32::try_from(level.dimension).expect("few dimensions"),
                depth: u32::try_from(level.depth).expect("few levels"),
                codes: chosen.iter().map(|row| level.codes[*row as usize]).collect(),
                cardinality: u32::try_from(level.cells.len()).expect("fewer cells than rows"),
            })
            .collect(),
        during: in_window(true, false),
        before: in_window(false, false),
        during_squares: squares(true),
        before_squares: squares(false),
        windows: chosen.iter().map(|row| rows.windows[*row as usize].into()).collect(),
    };
    Amounts {
        leaves,
        rows: chosen,
        noise: if is_sum { Noise::Sums } else { Noise::Counts },
        is_per_record: matches!(shape, Shape::Share(_) | Shape::Mean(_) | Shape::Percentile(..)),
    }
}

/// A percentile of a number over the rows before, each by its weight.
pub(crate) fn percentile_before(rows: &Rows, part: usize, share: f64) -> f64 {
    percentile(rows, part, share, |window| window > 0)
}

/// A percentile of a number over the rows of some windows, each by its weight. Infinite if there are none.
pub(crate) fn percentile(rows: &Rows, part: usize, share: f64, is_in: impl Fn(u8) -> bool) -> f64 {
    let mut numbers: Vec<(f64, f64)> = (0..rows.len())
        .filter(|row| is_in(rows.windows[*row]) && rows.numbers[part][*row].is_finite())
        .map(|row| (rows.numbers[part][row], rows.weights[row]))
        .collect();
    numbers.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let total: f64 = numbers.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    for (number, weight) in &numbers {
        below += weight;
        if below >= share * total {
            return *number;
        }
    }
    f64::INFINITY
}

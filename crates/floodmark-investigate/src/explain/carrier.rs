//! The cell that carries a change by itself, where nothing stands out against everything that was looked at.

use crate::drivers::{Driver, Leaves};

/// Which share of the change it must carry.
const SHARE_MIN: f64 = 0.5;

/// How many times what it was it must have become; a fall must be the reciprocal.
const LIFT_MIN: f64 = 3.0;

/// The smallest cell that carries most of a change of the total.
///
/// A handful of huge transfers may be all that happened. They are too few to stand out among ten thousands of cells, but where the total
/// moved by more than chance something moved it, and what carries it is worth telling.
pub(crate) fn carrier(leaves: &Leaves, scale: f64) -> Option<Driver> {
    let total = |amounts: &[f64]| amounts.iter().sum::<f64>();
    let difference = total(&leaves.during) - scale * total(&leaves.before);
    let mut candidates: Vec<(f64, Driver)> = Vec::new();
    for (at, level) in leaves.levels.iter().enumerate() {
        let mut sums = vec![(0.0, 0.0, 0.0); level.cardinality as usize];
        for (row, code) in level.codes.iter().enumerate() {
            let sum = &mut sums[*code as usize];
            sum.0 += leaves.before[row];
            sum.1 += leaves.during[row];
            sum.2 += square(&leaves.during_squares, row) + square(&leaves.before_squares, row);
        }
        for (code, (before, during, squares)) in (0..).zip(sums) {
            let change = during - scale * before;
            let share = change / difference;
            let lift = during / (scale * before).max(f64::MIN_POSITIVE);
            let is_lifted = if change > 0.0 { lift >= LIFT_MIN } else { lift <= 1.0 / LIFT_MIN };
            if share >= SHARE_MIN && is_lifted {
                let gain = change * change / squares.max(f64::MIN_POSITIVE);
                let driver = Driver {
                    pattern: vec![(at, code)],
                    during,
                    before,
                    expected: scale * before,
                    residual_during: during,
                    residual_before: before,
                    gain,
                    gain_beyond_drift: gain,
                    up: change > 0.0,
                };
                candidates.push((share, driver));
            }
        }
    }
    // Of those that carry about as much, the smallest says it best.
    let most = candidates.iter().map(|(share, _)| *share).fold(0.0, f64::max);
    let size = |driver: &Driver| driver.during + driver.before;
    (candidates.into_iter().filter(|(share, _)| *share >= 0.8 * most))
        .map(|(_, driver)| driver)
        .min_by(|left, right| size(left).total_cmp(&size(right)))
}

/// The sum of squares of a row; that of a count is the count.
fn square(squares: &[f64], row: usize) -> f64 {
    squares.get(row).copied().unwrap_or(1.0)
}

//! What is summed up of a pattern's rows, and how much a change of it stands out.

use crate::drivers::Noise;
use crate::drivers::noise::Drift;

/// Sums over rows. For relative noise `during` holds the relative errors and `before` the number of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) during: f64,
    pub(crate) before: f64,
    pub(crate) during_squares: f64,
    pub(crate) before_squares: f64,
}

impl Cell {
    pub(crate) fn add(&mut self, other: &Self) {
        self.during += other.during;
        self.before += other.before;
        self.during_squares += other.during_squares;
        self.before_squares += other.before_squares;
    }

    /// Takes away rows that were added. What is left by rounding becomes zero.
    pub(crate) fn subtract(&mut self, other: &Self) {
        self.during = left(self.during, other.during);
        self.before = left(self.before, other.before);
        self.during_squares = left(self.during_squares, other.during_squares);
        self.before_squares = left(self.before_squares, other.before_squares);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.during == 0.0 && self.before == 0.0
    }
}

fn left(whole: f64, part: f64) -> f64 {
    let rest = whole - part;
    if rest.abs() <= 1e-9 * whole.abs() { 0.0 } else { rest }
}

/// What is known of the noise of all cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    pub(crate) noise: Noise,
    /// What `before` is multiplied with to get what is expected: the windows' lengths and the general growth.
    pub(crate) growth: f64,
    /// By how much counts vary more than independent events; for relative noise the variance of a row.
    pub(crate) dispersion: f64,
}

impl Measure {
    /// What the cell has beyond what was expected; negative where it fell.
    pub(crate) fn excess(&self, cell: &Cell) -> f64 {
        match self.noise {
            Noise::Relative => cell.during,
            _ => cell.during - self.growth * cell.before,
        }
    }

    /// The gain in either direction, without regard to drift.
    pub(crate) fn gain(&self, cell: &Cell) -> f64 {
        self.gain_at(cell, 1.0)
    }

    /// The gain that is left when the cell's rate may have wandered as those of its like do.
    ///
    /// It is the least of the gain at a drift and that drift's own cost: its square over the variance. Where its
    /// like moved in the cell's direction, that much costs nothing.
    pub(crate) fn gain_beyond_drift(&self, cell: &Cell, drift: Drift) -> f64 {
        let plain = self.gain(cell);
        if plain <= 0.0 || self.noise == Noise::Relative {
            return plain;
        }
        let sign = if self.excess(cell) > 0.0 { 1.0 } else { -1.0 };
        let shift = (sign * drift.shift).max(0.0);
        let expected = self.growth * cell.before;
        // The drift that explains the cell altogether.
        let whole = if expected > 0.0 && cell.during > 0.0 {
            (cell.during / expected).ln().abs()
        } else {
            f64::INFINITY
        };
        if shift >= whole {
            return 0.0;
        }
        let shifted = self.gain_at(cell, (sign * shift).exp()).min(plain);
        if drift.variance <= 0.0 {
            return shifted;
        }
        // A drift that costs more than the gain without any is not the least.
        let end = whole.min(shift + (shifted * drift.variance).sqrt());
        let cost = |drifted: f64| {
            self.gain_at(cell, (sign * drifted).exp()) + (drifted - shift).powi(2) / drift.variance
        };
        least(cost, shift, end).min(shifted)
    }

    /// The most that any rows of the cell can gain.
    pub(crate) fn gain_bound(&self, cell: &Cell, rises: bool, falls: bool) -> f64 {
        let of = |during: f64, before: f64, squares: f64| match self.noise {
            Noise::Counts => {
                2.0 * (during * (1.0 / self.growth).ln_1p() + before * self.growth.ln_1p())
            }
            Noise::Sums if squares > 0.0 => (during + before).powi(2) / squares,
            _ if during + before != 0.0 => f64::INFINITY,
            _ => 0.0,
        };
        let rise = if rises { of(cell.during, 0.0, cell.during_squares) } else { 0.0 };
        let fall = if falls { of(0.0, cell.before, cell.before_squares) } else { 0.0 };
        rise.max(fall) / if self.noise == Noise::Relative { 1.0 } else { self.dispersion }
    }

    /// Orders the children of a pattern: the rows that rose most have the greatest value.
    pub(crate) fn priority(&self, cell: &Cell) -> f64 {
        let over = |numerator: f64, denominator: f64| {
            if denominator > 0.0 { numerator / denominator } else { 0.0 }
        };
        match self.noise {
            Noise::Relative => over(cell.during, cell.before),
            Noise::Counts => over(cell.during, cell.during + self.growth * cell.before),
            Noise::Sums => over(self.excess(cell), self.variance_of_sum(cell)),
        }
    }

    /// How much the cell says about the general growth: a count that is the same for both directions.
    pub(crate) fn evidence(&self, cell: &Cell) -> f64 {
        let half = |during: f64, before: f64| {
            if during > 0.0 && before > 0.0 { during * before / (during + before) } else { 0.0 }
        };
        match self.noise {
            Noise::Relative => 0.0,
            Noise::Counts => half(cell.during, self.growth * cell.before),
            Noise::Sums => half(
                effective(cell.during, cell.during_squares),
                effective(cell.before, cell.before_squares),
            ),
        }
    }

    /// The variance of the logarithm of the cell's growth that its own numbers are to blame for.
    pub(crate) fn variance_of_logarithm(&self, cell: &Cell) -> f64 {
        let expected = self.growth * cell.before;
        match self.noise {
            Noise::Relative => 0.0,
            Noise::Counts => self.dispersion * (1.0 / expected + 1.0 / cell.during),
            Noise::Sums => {
                self.dispersion
                    * (cell.during_squares / cell.during.powi(2)
                        + cell.before_squares / cell.before.powi(2))
            }
        }
    }

    fn variance_of_sum(&self, cell: &Cell) -> f64 {
        cell.during_squares + self.growth * self.growth * cell.before_squares
    }

    fn gain_at(&self, cell: &Cell, drift: f64) -> f64 {
        let growth = self.growth * drift;
        let (during, before) = (cell.during, cell.before);
        let gain = match self.noise {
            Noise::Relative if before > 0.0 => during * during / before,
            Noise::Relative => 0.0,
            Noise::Counts => {
                let total = during + before;
                let expected_during = total * growth / (1.0 + growth);
                let expected_before = total / (1.0 + growth);
                2.0 * (surplus(during, expected_during) + surplus(before, expected_before))
            }
            Noise::Sums => {
                let variance = self.variance_of_sum(cell);
                if variance > 0.0 { (during - growth * before).powi(2) / variance } else { 0.0 }
            }
        };
        (gain / self.dispersion).max(0.0)
    }
}

/// How many equal rows a sum is worth.
fn effective(sum: f64, squares: f64) -> f64 {
    if squares > 0.0 { sum * sum / squares } else { 0.0 }
}

fn surplus(amount: f64, expected: f64) -> f64 {
    // What was expected nowhere is as unlikely as one event in a thousand of the windows.
    if amount > 0.0 { amount * (amount / expected.max(1e-3)).ln() } else { 0.0 }
}

/// The least value of a smooth cost between two places, by a coarse look and golden sections.
fn least(cost: impl Fn(f64) -> f64, start: f64, end: f64) -> f64 {
    const STEPS: usize = 12;
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let at = |step: usize| start + (end - start) * step as f64 / STEPS as f64;
    let mut best = 0;
    for step in 1..=STEPS {
        if cost(at(step)) < cost(at(best)) {
            best = step;
        }
    }
    let (mut low, mut high) = (at(best.saturating_sub(1)), at((best + 1).min(STEPS)));
    for _ in 0..24 {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if cost(left) < cost(right) {
            high = right;
        } else {
            low = left;
        }
    }
    cost(0.5 * (low + high))
}

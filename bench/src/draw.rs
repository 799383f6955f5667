//! Random values of the shapes that traffic has.

use std::f64::consts::TAU;

use floodmark_formats::synthetic::Random;

/// One of these, by weight. The weights must not all be zero.
pub(crate) fn weighted<T: Copy>(random: &mut Random, choices: &[(T, u64)]) -> T {
    let total = choices.iter().map(|(_, weight)| weight).sum();
    let mut left = random.below(total);
    for (value, weight) in choices {
        if left < *weight {
            return *value;
        }
        left -= weight;
    }
    choices[choices.len() - 1].0
}

/// A number around `median`, with the long tail of durations and sizes: `sigma` is the deviation of its logarithm.
pub(crate) fn log_normal(random: &mut Random, median: f64, sigma: f64) -> f64 {
    // Box and Muller (1958). The first fraction must not be zero.
    let radius = (-2.0 * (1.0 - random.fraction()).ln()).sqrt();
    let normal = radius * (TAU * random.fraction()).cos();
    median * (sigma * normal).exp()
}

/// The same as a whole number.
pub(crate) fn log_normal_whole(random: &mut Random, median: f64, sigma: f64) -> i64 {
    log_normal(random, median, sigma) as i64
}

/// Whether something happens that happens `permille` times in a thousand.
pub(crate) fn happens(random: &mut Random, permille: u64) -> bool {
    random.below(1000) < permille
}

/// Draws ranks from 0 with frequencies after Zipf's law.
pub(crate) struct Zipf {
    cumulative: Vec<f64>,
}

impl Zipf {
    /// The ranks below `count`. The greater `offset` is, the less the first ranks stand out.
    pub(crate) fn new(count: usize, exponent: f64, offset: f64) -> Self {
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = (0..count)
            .map(|rank| {
                sum += (rank as f64 + 1.0 + offset).powf(-exponent);
                sum
            })
            .collect();
        for value in &mut cumulative {
            *value /= sum;
        }
        Self { cumulative }
    }

    /// A rank.
    pub(crate) fn draw(&self, random: &mut Random) -> usize {
        let fraction = random.fraction();
        let rank = self.cumulative.partition_point(|value| *value <= fraction);
        rank.min(self.cumulative.len() - 1)
    }
}

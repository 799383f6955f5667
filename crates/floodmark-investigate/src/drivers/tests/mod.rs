//! The driver scan over data whose causes are known, and over data without a cause.

mod bad_input;
mod localisation;
mod traffic;
mod windows;

use std::f64::consts::TAU;

use floodmark_formats::synthetic::Random;

/// A draw from the normal distribution (Box and Muller 1958).
fn normal(random: &mut Random) -> f64 {
    (-2.0 * (1.0 - random.fraction()).ln()).sqrt() * (TAU * random.fraction()).cos()
}

/// How many events come when so many are expected.
fn events(random: &mut Random, expected: f64) -> usize {
    if expected > 50.0 {
        return (expected + expected.sqrt() * normal(random) + 0.5).max(0.0) as usize;
    }
    let (mut count, mut chance) = (0, random.fraction());
    while chance > (-expected).exp() {
        count += 1;
        chance *= random.fraction();
    }
    count
}

/// Draws places by their weights.
struct Weights(Vec<f64>);

impl Weights {
    fn of(weights: impl Iterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let add = |weight| {
            sum += weight;
            sum
        };
        Self(weights.map(add).collect())
    }

    fn draw(&self, random: &mut Random) -> usize {
        let last = self.0.len() - 1;
        let drawn = random.fraction() * self.0[last];
        self.0.partition_point(|sum| *sum <= drawn).min(last)
    }
}

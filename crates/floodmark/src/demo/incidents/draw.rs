//! Random values of the shapes that traffic has.

use std::f64::consts::TAU;

use floodmark_formats::synthetic::Random;

/// A stream of random numbers of its own for each part of a world, so that one part does not change when another is longer.
pub(crate) fn stream(seed: u64, part: i64) -> Random {
    let mut mixed = Random::new(seed);
    Random::new(mixed.number() ^ Random::new(part.cast_unsigned()).number())
}

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
    median * (sigma * normal(random)).exp()
}

/// How often something happens that happens `mean` times on average, each time for itself.
pub(crate) fn poisson(random: &mut Random, mean: f64) -> u64 {
    // The normal approximation is as good as anybody can see from here on.
    const APPROXIMATED_FROM: f64 = 200.0;
    if mean > APPROXIMATED_FROM {
        return (mean + mean.sqrt() * normal(random)).round().max(0.0) as u64;
    }
    // Knuth (1969): as many factors as the product stays above e^-mean.
    let least = (-mean).exp();
    let mut product = random.fraction();
    let mut count = 0;
    while product > least {
        product *= random.fraction();
        count += 1;
    }
    count
}

fn normal(random: &mut Random) -> f64 {
    // Box and Muller (1958). The first fraction must not be zero.
    let radius = (-2.0 * (1.0 - random.fraction()).ln()).sqrt();
    radius * (TAU * random.fraction()).cos()
}

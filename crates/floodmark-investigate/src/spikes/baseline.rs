//! What was to be expected in each bucket of a timeline, and how much it scatters.

use floodmark_formats::time::{DAY, HOUR};

use crate::spikes::{Timeline, segments};
use crate::window::Window;

/// The part of a timeline that is searched.
#[derive(Debug)]
pub(super) struct Series {
    /// The position of its first bucket in the timeline.
    pub(super) first: usize,
    /// The amounts, all of them numbers and none negative.
    pub(super) amounts: Vec<f64>,
    /// Whether they are counts of something.
    counts: bool,
    /// How many buckets a day has; 0 if a day is not a multiple of them.
    day: usize,
    /// How many buckets an hour has, at least one.
    pub(super) hour: usize,
}

/// How much the buckets scatter about what is expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noise {
    /// The variance by the mean; 1 for independent events.
    pub(super) dispersion: f64,
    /// What Anscombe's transform adds: 3/8 for counts.
    added: f64,
}

/// Fewer buckets say nothing.
const BUCKETS_MIN: usize = 8;
/// A segment must take this share of the time to be what is usual.
const USUAL_SHARE: f64 = 0.2;
/// One exception more is as bad as exceptions for this share of the time more.
const EXCEPTION_SHARE: f64 = 0.25;
/// A level that is not that of the beginning is as bad as exceptions for this share of the time more.
const LATER_SHARE: f64 = 0.2;
/// The days before and after whose same time of day is looked at.
const DAYS_AROUND: usize = 7;

impl Series {
    /// The buckets that lie in a window; None if there are too few, or none with an amount.
    pub(super) fn new(timeline: &Timeline, trusted: Option<Window>) -> Option<Self> {
        let range = timeline.within(trusted);
        let first = range.start;
        let given = &timeline.amounts[range];
        let known = |amount: f64| amount.is_finite().then(|| amount.max(0.0));
        if timeline.bucket <= 0 || given.len() < BUCKETS_MIN {
            return None;
        }
        // What is not known is taken to go on as before.
        let mut last = given.iter().copied().find_map(known)?;
        let amounts: Vec<f64> = (given.iter())
            .map(|&amount| {
                last = known(amount).unwrap_or(last);
                last
            })
            .collect();
        if amounts.iter().all(|amount| *amount == 0.0) {
            return None;
        }
        let day = if DAY % timeline.bucket == 0 { DAY / timeline.bucket } else { 0 };
        Some(Self {
            first,
            counts: amounts.iter().all(|amount| amount.fract() == 0.0),
            amounts,
            day: usize::try_from(day).unwrap_or(0),
            hour: usize::try_from(HOUR / timeline.bucket).unwrap_or(0).max(1),
        })
    }

    /// The mean of the amounts; above 0.
    pub(super) fn mean(&self) -> f64 {
        self.amounts.iter().sum::<f64>() / self.amounts.len() as f64
    }
}

impl Noise {
    /// Estimates it from the steps between neighbours, so that the levels do not matter.
    pub(super) fn of(series: &Series, expected: &[f64]) -> Self {
        let added = if series.counts { 0.375 } else { 0.0 };
        let transformed: Vec<f64> = (series.amounts.iter().zip(expected))
            .map(|(amount, expected)| 2.0 * ((amount + added).sqrt() - (expected + added).sqrt()))
            .collect();
        let steps: Vec<f64> =
            transformed.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        // A sum with a few large parts has many small steps and some large ones.
        let deviation = 1.4826 * quantile(&steps, 0.5);
        let deviation = deviation.max(quantile(&steps, 0.95) / 1.96) / std::f64::consts::SQRT_2;
        let mean = series.mean();
        // Whole events scatter at least as chance does; sums may be steady, to a part in a hundred.
        let least = if series.counts { 1.0 } else { (mean * 1e-4).max(f64::MIN_POSITIVE) };
        Self { dispersion: (deviation * deviation).max(least), added }
    }

    /// How far buckets together are from what was expected, in standard deviations.
    pub(super) fn distance(
        self,
        amounts: &[f64],
        expected: &[f64],
        start: usize,
        end: usize,
    ) -> f64 {
        let root = |values: &[f64]| (values[start..end].iter().sum::<f64>() + self.added).sqrt();
        2.0 * (root(amounts) - root(expected)).abs() / self.dispersion.sqrt()
    }
}

/// The usual amount at the same time of the days around, scaled to the day; None for less than three days.
pub(super) fn seasonal(series: &Series) -> Option<Vec<f64>> {
    let (day, count) = (series.day, series.amounts.len());
    if day < 4 || count < 3 * day {
        return None;
    }
    let smooth = smoothed(&series.amounts, series.hour);
    let mut expected: Vec<f64> = (0..count)
        .map(|at| {
            let earlier = (0..=DAYS_AROUND).filter_map(|days| at.checked_sub(days * day));
            let later = (1..=DAYS_AROUND).map(|days| at + days * day).take_while(|at| *at < count);
            median(&earlier.chain(later).map(|at| smooth[at]).collect::<Vec<_>>())
        })
        .collect();
    // A whole day may have more or less, as a Sunday has. What is beyond that is no longer usual.
    for (amounts, expected) in smooth.chunks(day).zip(expected.chunks_mut(day)) {
        let ratios: Vec<f64> = (amounts.iter().zip(expected.iter()))
            .filter(|(_, expected)| **expected > 0.0)
            .map(|(amount, expected)| amount / expected)
            .collect();
        if ratios.len() >= day / 4 {
            let scale = median(&ratios).clamp(0.5, 1.5);
            expected.iter_mut().for_each(|expected| *expected *= scale);
        }
    }
    Some(floored(expected, series))
}

/// The median of the hours around each bucket; None for twelve hours or less.
pub(super) fn around(series: &Series) -> Option<Vec<f64>> {
    let (count, width) = (series.amounts.len(), 6 * series.hour);
    if count <= 12 * series.hour || width < BUCKETS_MIN {
        return None;
    }
    let expected = (0..count).map(|at| {
        let start = at.saturating_sub(width / 2).min(count - width);
        median(&series.amounts[start..start + width])
    });
    let expected = expected.collect::<Vec<_>>();
    Some(floored(smoothed(&expected, series.hour), series))
}

/// One level for all buckets: the one that leaves the fewest and shortest exceptions, or the earlier one of such.
pub(super) fn level(series: &Series, factor: f64) -> Vec<f64> {
    let count = series.amounts.len();
    let mean = series.mean();
    let even = vec![mean; count];
    let noise = Noise::of(series, &even);
    let cuts = segments::segments(&series.amounts, &even, noise.dispersion);
    let parts: Vec<(usize, f64)> = (cuts.iter().zip(cuts.iter().skip(1)))
        .map(|(&start, &end)| {
            (end - start, series.amounts[start..end].iter().sum::<f64>() / (end - start) as f64)
        })
        .collect();
    let longest = parts.iter().map(|(length, _)| *length).max().unwrap_or(0);
    let enough = longest.min((count as f64 * USUAL_SHARE) as usize);
    let first = parts.first().map_or(0.0, |(_, level)| *level);
    // What the exceptions to a level cost: their share of the time, and for each run of them a constant.
    let exceptions = |level: f64| {
        let is_first = level <= first * factor && first <= level * factor;
        let (mut cost, mut last) = (if is_first { 0.0 } else { LATER_SHARE }, 0);
        for (length, other) in &parts {
            let side = i32::from(*other > level * factor) - i32::from(*other * factor < level);
            if side != 0 {
                cost += *length as f64 / count as f64;
                cost += if side == last { 0.0 } else { EXCEPTION_SHARE };
            }
            last = side;
        }
        cost
    };
    let level = (parts.iter())
        .filter(|(length, _)| *length >= enough)
        .min_by(|(_, a), (_, b)| exceptions(*a).total_cmp(&exceptions(*b)))
        .map_or(mean, |(_, level)| *level);
    floored(vec![level; count], series)
}

/// Nothing is never quite certain: an expectation of a small part of the mean, so that a rise from nothing has a size.
fn floored(expected: Vec<f64>, series: &Series) -> Vec<f64> {
    let mean = series.mean();
    let least = mean * 1e-6;
    expected.into_iter().map(|expected| expected.max(least)).collect()
}

/// The mean of so many buckets around each.
fn smoothed(amounts: &[f64], width: usize) -> Vec<f64> {
    let (before, after) = (width / 2, width - width / 2);
    (0..amounts.len())
        .map(|at| {
            let part = &amounts[at.saturating_sub(before)..(at + after).min(amounts.len())];
            part.iter().sum::<f64>() / part.len() as f64
        })
        .collect()
}

/// The middle of values, the lower one of two; 0 of none.
fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this share of the others lie; 0 of none.
fn quantile(values: &[f64], share: f64) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let mut values = values.to_vec();
    let at = ((values.len() - 1) as f64 * share) as usize;
    *values.select_nth_unstable_by(at, f64::total_cmp).1
}

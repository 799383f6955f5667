//! The finder of spikes and dips in a timeline (reference: analysis.md, section 4).

mod baseline;
mod control;
mod segments;

#[cfg(test)]
mod tests;

use floodmark_formats::time::Micros;

pub use control::{Chosen, Control, before};

use crate::limits::{SPIKE_BUCKETS_MAX, SPIKES_MAX};
use crate::spikes::baseline::{Noise, Series};
use crate::window::Window;

/// An amount per bucket of time, without gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The start of the first bucket.
    pub start: Micros,
    /// The length of every bucket.
    pub bucket: Micros,
    /// The amounts of the buckets in their order. What is no number is not known, and is never taken for a spike or a dip.
    pub amounts: Vec<f64>,
}

/// What counts as a spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpikeOptions {
    /// Where the logs are complete; None if they are over the whole timeline. Only buckets that lie wholly in it are looked at:
    /// a log of connections is written at their end, so that at both ends of the logs at hand some are missing.
    pub trusted: Option<Window>,
    /// The smallest factor between the amount and what was expected; a dip is below its inverse.
    pub factor_min: f64,
}

/// A span of time with clearly more or less than was expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spike {
    /// From the start of its first bucket to the end of its last one.
    pub window: Window,
    /// The largest amount of a bucket in it; for a dip the smallest.
    pub peak: f64,
    /// The amounts of its buckets together.
    pub amount: f64,
    /// What its buckets would hold together, had all gone as usual.
    pub expected: f64,
    /// `amount / expected`; infinite if nothing was expected.
    pub factor: f64,
    /// How much clearer it is than what is usual in this timeline; 1 is the least that is shown.
    pub score: f64,
    /// Whether there was less than expected.
    pub is_dip: bool,
}

impl Default for SpikeOptions {
    fn default() -> Self {
        Self { trusted: None, factor_min: 1.25 }
    }
}

impl Timeline {
    /// The time that the buckets from `first` up to `end` take.
    pub fn window(&self, first: usize, end: usize) -> Window {
        Window { start: self.moment(first), end: self.moment(end) }
    }

    /// Where the bucket of this position starts.
    fn moment(&self, bucket: usize) -> Micros {
        let position = i64::try_from(bucket).unwrap_or(i64::MAX);
        self.start.saturating_add(self.bucket.saturating_mul(position))
    }

    /// The positions of the buckets that lie wholly in a window.
    fn within(&self, window: Option<Window>) -> std::ops::Range<usize> {
        let count = self.amounts.len();
        let Some(window) = window else { return 0..count };
        if self.bucket <= 0 {
            return 0..0;
        }
        let from_start = |moment: Micros| moment.saturating_sub(self.start);
        let first = from_start(window.start).max(0) as u64;
        let first = first.div_ceil(self.bucket.unsigned_abs()) as usize;
        let end = from_start(window.end).max(0) / self.bucket;
        let end = (end as usize).min(count);
        first.min(end)..end
    }
}

impl Spike {
    /// How much more, or less, there was than expected; never negative.
    pub fn unexpected(&self) -> f64 {
        (self.amount - self.expected).abs()
    }
}

/// Finds the spikes and dips of a timeline, the one with the largest unexpected amount first.
///
/// With three days or more, the same time of the other days says what was to be expected; with more than twelve hours the hours around;
/// and in a short timeline the level that explains it with the fewest exceptions. The edges are those of the segmentation, thus
/// exact to the bucket. Slow changes are no spikes: one of the edges has to be a jump. Costs are linear in the buckets, mostly.
pub fn find(timeline: &Timeline, options: &SpikeOptions) -> Vec<Spike> {
    let Some(series) = Series::new(timeline, options.trusted) else { return Vec::new() };
    if series.amounts.len() > SPIKE_BUCKETS_MAX {
        return Vec::new();
    }
    let search = Search { timeline, series: &series, factor_min: options.factor_min.max(1.01) };
    let mut spikes = if let Some(expected) = baseline::seasonal(&series) {
        search.against(&expected, false)
    } else {
        match baseline::around(&series) {
            None => search.against(&baseline::level(&series, search.factor_min), true),
            Some(around) => {
                // In the course of a day there is much that is no season yet.
                let factor_min = search.factor_min.max(FACTOR_OF_DAY_MIN);
                let search = Search { factor_min, ..search };
                let found = search.against(&around, true);
                if found.is_empty() {
                    search.against(&baseline::level(&series, factor_min), true)
                } else {
                    found
                }
            }
        }
    };
    spikes.sort_by(|a, b| b.unexpected().total_cmp(&a.unexpected()));
    // What happens again and again is usual in this timeline.
    if spikes.len() >= REPEATED {
        let usual = spikes[spikes.len() / 2].unexpected();
        spikes.retain(|spike| spike.unexpected() > 3.0 * usual);
    }
    spikes.truncate(SPIKES_MAX);
    spikes
}

/// The smallest factor where a day's course is not known from other days.
const FACTOR_OF_DAY_MIN: f64 = 1.4;
/// So many finds in one timeline are its habit.
const REPEATED: usize = 8;
/// The least distance from what was expected, in standard deviations.
const DEVIATIONS_MIN: f64 = 5.0;
/// The same for a find of fewer than [`SHORT`] buckets: a few large events are soon such a one.
const SHORT_DEVIATIONS_MIN: f64 = 8.0;
const SHORT: usize = 4;
/// How much further than anything in the quiet time a find must be.
const CLEARER: f64 = 1.3;
/// How much further its level must be than the levels outside of it usually are, which would be a standard deviation.
const WANDERING: f64 = 4.0;
/// So many ordinary buckets inside of a spike do not part it.
const GAP: usize = 3;

/// A timeline that is searched.
struct Search<'a> {
    timeline: &'a Timeline,
    series: &'a Series,
    factor_min: f64,
}

/// Buckets in a row with a level of their own.
#[derive(Clone, Copy, Debug)]
struct Segment {
    start: usize,
    end: usize,
    /// The amount by what was expected.
    ratio: f64,
}

impl Search<'_> {
    /// The spikes and dips against what is expected in each bucket.
    fn against(&self, expected: &[f64], jump_needed: bool) -> Vec<Spike> {
        let series = self.series;
        let noise = Noise::of(series, expected);
        let cuts = segments::segments(&series.amounts, expected, noise.dispersion);
        let parts: Vec<Segment> = (cuts.iter().zip(cuts.iter().skip(1)))
            .map(|(&start, &end)| Segment {
                start,
                end,
                ratio: ratio(series, expected, start, end),
            })
            .collect();
        let mut runs = self.runs(&parts, |ratio| ratio >= self.factor_min);
        let rises = runs.len();
        runs.extend(self.runs(&parts, |ratio| ratio <= 1.0 / self.factor_min));
        let quiet = quiet(series.amounts.len(), &runs);
        let found = runs.iter().enumerate().filter_map(|(index, &(start, end))| {
            let is_dip = index >= rises;
            let score = self.score(expected, noise, &quiet, (start, end));
            let score = score.min(self.clearness(expected, &parts, (start, end)));
            let seen = score >= 1.0
                && (!jump_needed || self.jumps(expected, noise.dispersion, (start, end)))
                && !(is_dip && self.at_the_end((start, end)));
            seen.then(|| self.spike(expected, (start, end), score, is_dip))
        });
        found.collect()
    }

    /// The runs of segments that are out of the ordinary in one direction.
    fn runs(&self, parts: &[Segment], out: impl Fn(f64) -> bool) -> Vec<(usize, usize)> {
        let mut runs: Vec<Vec<Segment>> = Vec::new();
        for part in parts.iter().filter(|part| out(part.ratio)) {
            match runs.last_mut() {
                Some(run) if run.last().is_some_and(|last| part.start - last.end <= GAP) => {
                    run.push(*part);
                }
                _ => runs.push(vec![*part]),
            }
        }
        let edges = runs.iter().filter_map(|run| {
            // The foothills of a mountain do not belong to it.
            let most = (run.iter().map(|part| part.ratio.ln().abs())).fold(0.0, f64::max);
            let steep = |part: &&Segment| part.ratio.ln().abs() >= most / 3.0;
            let start = run.iter().find(steep)?.start;
            Some((start, run.iter().rev().find(steep)?.end))
        });
        edges.collect()
    }

    /// How far the buckets are from what was expected, by the least distance that is no chance and not usual here.
    fn score(
        &self,
        expected: &[f64],
        noise: Noise,
        quiet: &[std::ops::Range<usize>],
        (start, end): (usize, usize),
    ) -> f64 {
        let distance =
            |start: usize, end: usize| noise.distance(&self.series.amounts, expected, start, end);
        let length = end - start;
        let scale = [64, 16, 4].into_iter().find(|&scale| scale <= length).unwrap_or(1);
        let usual = (quiet.iter())
            .flat_map(|part| (part.start..part.end).step_by(scale).zip(std::iter::repeat(part.end)))
            .filter(|(start, end)| start + scale <= *end)
            .map(|(start, _)| distance(start, start + scale))
            .fold(0.0, f64::max);
        // A wandering level adds up over the buckets, as the amounts do.
        let usual = usual * (length as f64 / scale as f64).sqrt();
        let least = if length < SHORT { SHORT_DEVIATIONS_MIN } else { DEVIATIONS_MIN };
        distance(start, end) / least.max(CLEARER * usual)
    }

    /// How far the level is from what was expected, by how far the levels outside of it wander.
    fn clearness(&self, expected: &[f64], parts: &[Segment], (start, end): (usize, usize)) -> f64 {
        let mut others: Vec<(f64, usize)> = (parts.iter())
            .filter(|part| part.end <= start || end <= part.start)
            .map(|part| (part.ratio.ln().abs(), part.end - part.start))
            .collect();
        others.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let half = others.iter().map(|(_, length)| length).sum::<usize>() / 2;
        let mut passed = 0;
        let middle = others.iter().find(|(_, length)| {
            passed += length;
            passed > half
        });
        let usual = 1.4826 * middle.map_or(0.0, |(distance, _)| *distance);
        ratio(self.series, expected, start, end).ln().abs() / (WANDERING * usual).max(1e-6)
    }

    /// Whether the level jumps at one of the edges. Where the timeline ends is no edge.
    fn jumps(&self, expected: &[f64], dispersion: f64, (start, end): (usize, usize)) -> bool {
        let (count, length) = (expected.len(), end - start);
        let level = |start: usize, end: usize| ratio(self.series, expected, start, end).ln();
        let rise = level(start, end);
        // As near to the edge as chance allows: so many events tell the two levels apart.
        let events = 60.0 * dispersion / (rise * rise);
        let mut near = (length / 10).max(2);
        let far = (length / 2).min(self.series.hour / 2);
        while near < far && expected[start..start + near].iter().sum::<f64>() < events {
            near += 1;
        }
        let inside = near.min(length);
        // A slow change looks like a spike where the logs end in it: there the step must be nearly all of it.
        let is_inside = start > 0 && end < count;
        let enough = rise.abs() * if is_inside { 0.5 } else { 0.75 };
        // What is beside it must be ordinary: the edge of another spike is none of this one.
        let jump = |outer: f64, inner: f64| {
            (inner - outer) * rise.signum() >= enough && outer.abs() <= rise.abs() / 2.0
        };
        (start > 0 && jump(level(start.saturating_sub(near), start), level(start, start + inside)))
            || (end < count && jump(level(end, (end + near).min(count)), level(end - inside, end)))
            || (start == 0 && end == count)
    }

    /// Whether the buckets are the first or the last few: rows that are still to be written are no dip.
    fn at_the_end(&self, (start, end): (usize, usize)) -> bool {
        end - start <= GAP && (start == 0 || end == self.series.amounts.len())
    }

    fn spike(
        &self,
        expected: &[f64],
        (start, end): (usize, usize),
        score: f64,
        is_dip: bool,
    ) -> Spike {
        let amounts = &self.series.amounts[start..end];
        let best = if is_dip { f64::min } else { f64::max };
        let amount: f64 = amounts.iter().sum();
        let expected: f64 = expected[start..end].iter().sum();
        let first = self.series.first;
        Spike {
            window: self.timeline.window(first + start, first + end),
            peak: amounts.iter().copied().reduce(best).unwrap_or(0.0),
            amount,
            expected,
            factor: if expected > 0.0 { amount / expected } else { f64::INFINITY },
            score,
            is_dip,
        }
    }
}

/// The amount by what was expected, above 0 and finite; 1 if there was nothing and nothing was expected.
fn ratio(series: &Series, expected: &[f64], start: usize, end: usize) -> f64 {
    let amount: f64 = series.amounts[start..end].iter().sum();
    let expected: f64 = expected[start..end].iter().sum();
    let little = series.mean() * 1e-3;
    (amount + little) / (expected + little)
}

/// The parts of a timeline outside of all runs.
fn quiet(count: usize, runs: &[(usize, usize)]) -> Vec<std::ops::Range<usize>> {
    let mut runs = runs.to_vec();
    runs.sort_unstable();
    let mut parts = Vec::new();
    let mut from = 0;
    for (start, end) in runs {
        if start > from {
            parts.push(from..start);
        }
        from = from.max(end);
    }
    if from < count {
        parts.push(from..count);
    }
    parts
}

//! Which measures moved between the windows, and which of them is explained.

use crate::explain::amounts::percentile;
use crate::explain::answer::MeasureMoved;
use crate::explain::collect::{Collected, PartTotal};
use crate::explain::measures::{Measure, Measures, Shape};

/// By how much a measure must change to have moved, as a factor.
const FACTOR_MIN: f64 = 1.2;

/// By how many standard deviations it must change to have moved.
const DEVIATIONS_MIN: f64 = 6.0;

/// The same for sums. Divided by the root of their squares they stay near their mean, however heavy the tails of their numbers
/// are; and a few huge numbers cannot make more of themselves.
const DEVIATIONS_OF_SUM_MIN: f64 = 3.5;

/// What a factor counts for where there was nothing before.
const FACTOR_FROM_NOTHING: f64 = 50.0;

/// What was counted in one window or several, side by side.
struct Side {
    rows: f64,
    parts: Vec<PartTotal>,
    /// The length of the windows, relative to that of the one explained.
    length: f64,
}

/// The windows, by their positions among those that were read.
pub(crate) struct Sides {
    /// Those before: from 1 to this, both included.
    pub(crate) before: usize,
    /// The length of the windows before over that of the one explained.
    pub(crate) length: f64,
}

/// How each measure moved.
pub(crate) fn movements(
    measures: &Measures,
    collected: &Collected,
    sides: &Sides,
) -> Vec<MeasureMoved> {
    let during = side(collected, 0..1, 1.0);
    let before = side(collected, 1..sides.before + 1, sides.length);
    measures
        .all
        .iter()
        .map(|measure| movement(measure, collected, &before, &during, sides))
        .collect()
}

/// The measure that is explained when none is asked for: the count of records if it moved, else the one that moved most. If
/// none did, the count of records: its parts may have changed against each other.
pub(crate) fn choose(measures: &Measures, moved: &[MeasureMoved]) -> usize {
    let is_records = |at: &usize| measures.all[*at].shape == Shape::Records;
    let factor = |at: usize| {
        moved[at]
            .ratio
            .map_or(FACTOR_FROM_NOTHING, |ratio| ratio.max(1.0 / FACTOR_FROM_NOTHING))
            .ln()
            .abs()
    };
    let candidates: Vec<usize> = (0..moved.len()).filter(|at| moved[*at].moved).collect();
    if let Some(records) = candidates.iter().copied().find(is_records) {
        return records;
    }
    // What adds up says where it came from; means and shares follow from it.
    let adds_up = |at: &usize| {
        matches!(measures.all[*at].shape, Shape::Sum(_) | Shape::CountIf(_) | Shape::Distinct(_))
    };
    let mut best: Option<usize> = None;
    let has_sum = candidates.iter().any(adds_up);
    for at in candidates.into_iter().filter(|at| !has_sum || adds_up(at)) {
        // Of two that moved about alike, the first declared is the plainer one.
        if best.is_none_or(|best| factor(at) > factor(best) * 1.25) {
            best = Some(at);
        }
    }
    best.unwrap_or_else(|| (0..moved.len()).find(is_records).unwrap_or(0))
}

fn side(collected: &Collected, windows: std::ops::Range<usize>, length: f64) -> Side {
    let mut side = Side { rows: 0.0, parts: Vec::new(), length };
    for totals in &collected.totals[windows] {
        side.rows += totals.rows as f64;
        side.parts.resize(totals.parts.len(), PartTotal::default());
        for (into, from) in side.parts.iter_mut().zip(&totals.parts) {
            into.count += from.count;
            into.sum += from.sum;
            into.squares += from.squares;
            into.distinct.extend(&from.distinct);
            into.is_cut |= from.is_cut;
        }
    }
    side
}

fn movement(
    measure: &Measure,
    collected: &Collected,
    before: &Side,
    during: &Side,
    sides: &Sides,
) -> MeasureMoved {
    let rows = &collected.rows;
    let value = |side: &Side, is_before: bool| -> Option<f64> {
        let part = |part: usize| &side.parts[part];
        match measure.shape {
            Shape::Records => Some(side.rows),
            Shape::Sum(at) => (part(at).count > 0).then_some(part(at).sum),
            Shape::CountIf(at) => Some(part(at).count as f64),
            Shape::Share(at) => (side.rows > 0.0).then(|| part(at).count as f64 / side.rows),
            Shape::Mean(at) => (part(at).count > 0).then(|| part(at).sum / part(at).count as f64),
            Shape::Distinct(at) => Some(part(at).distinct.len() as f64),
            Shape::Percentile(at, share) => {
                let is_in = |window: u8| match is_before {
                    true => (1..=sides.before).contains(&usize::from(window)),
                    false => window == 0,
                };
                Some(percentile(rows, at, share, is_in)).filter(|value| value.is_finite())
            }
        }
    };
    let (was, is) = (value(before, true), value(during, false));
    let adds_up = matches!(measure.shape, Shape::Records | Shape::Sum(_) | Shape::CountIf(_));
    let scale = if adds_up { 1.0 / before.length } else { 1.0 };
    let ratio = was.zip(is).filter(|(was, _)| *was > 0.0).map(|(was, is)| is / (was * scale));
    let by_factor = match ratio {
        Some(ratio) => ratio.max(1e-9).ln().abs() >= FACTOR_MIN.ln(),
        None => {
            let was = was.unwrap_or(0.0) * scale;
            is.is_some_and(|is| (is - was).abs() > (FACTOR_MIN - 1.0) * was.abs())
        }
    };
    // How many different values there are does not grow with time as counts do.
    let is_comparable =
        !matches!(measure.shape, Shape::Distinct(_)) || (sides.before == 1 && sides.length == 1.0);
    let deviation = deviation(measure.shape, before, during, scale);
    let deviations_min = match measure.shape {
        Shape::Sum(_) => DEVIATIONS_OF_SUM_MIN,
        _ => DEVIATIONS_MIN,
    };
    let by_chance = match (was, is) {
        (was, Some(is)) => (is - was.unwrap_or(0.0) * scale).abs() < deviations_min * deviation,
        _ => true,
    };
    let is_cut = match measure.shape {
        Shape::Distinct(at) => before.parts[at].is_cut || during.parts[at].is_cut,
        Shape::Percentile(..) => rows.is_sample(),
        _ => false,
    };
    MeasureMoved {
        name: measure.name.clone(),
        title: measure.title.clone(),
        unit: measure.unit.clone(),
        sql: measure.sql.clone(),
        before: was,
        during: is,
        ratio,
        moved: by_factor && !by_chance && is_comparable,
        estimated: is_cut,
    }
}

/// The standard deviation of the difference if rows came and went by chance.
fn deviation(shape: Shape, before: &Side, during: &Side, scale: f64) -> f64 {
    let both = |of: &dyn Fn(&Side) -> f64| (of(during) + scale * scale * of(before)).sqrt();
    match shape {
        Shape::Records => both(&|side| side.rows),
        Shape::CountIf(at) => both(&|side| side.parts[at].count as f64).max(1.0),
        Shape::Sum(at) => both(&|side| side.parts[at].squares),
        Shape::Distinct(at) => both(&|side| side.parts[at].distinct.len() as f64),
        Shape::Share(at) => {
            let rows = before.rows + during.rows;
            let share = (before.parts[at].count + during.parts[at].count) as f64 / rows.max(1.0);
            let spread = share * (1.0 - share);
            both(&|side| spread / side.rows.max(1.0))
        }
        Shape::Mean(at) => both(&|side| {
            let part = &side.parts[at];
            let count = (part.count as f64).max(1.0);
            let mean = part.sum / count;
            (part.squares / count - mean * mean).max(0.0) / count
        }),
        // A percentile of few rows says little; of a hundred rows and more, a fifth is no chance for those that occur.
        Shape::Percentile(at, _) => {
            let few = before.parts[at].count.min(during.parts[at].count) < 100;
            if few { f64::INFINITY } else { 0.0 }
        }
    }
}

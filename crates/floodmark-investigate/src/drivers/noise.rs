//! How cells vary when nothing happens to them: general growth, dispersion, and the wandering of siblings.

use std::collections::BTreeMap;

use crate::drivers::Noise;
use crate::drivers::cell::{Cell, Measure};
use crate::drivers::rows::Rows;
use crate::drivers::tables::{Table, Tables};

/// The median of a squared standard normal variable.
const SQUARE_MEDIAN: f64 = 0.455;
/// Its upper quartile.
const SQUARE_QUARTILE: f64 = 1.323;
/// A cell with less than this says nothing about growth.
const EVIDENCE_MIN: f64 = 10.0;
/// The share of the whole that a level's large enough values should hold.
const COVERAGE_MIN: f64 = 0.8;
/// The greatest sum of squared shares of a level that is asked for the growth.
const CONCENTRATED: f64 = 0.3;
/// The same for a level of few values, such as four domains.
const CONCENTRATED_FEW: f64 = 0.6;
/// The fewest values whose middle means something.
const VALUES_MIN: usize = 3;
/// What small cells have at least, and what large ones have at least.
const SMALL_EVIDENCE_MIN: f64 = 2.5;
const LARGE_EVIDENCE_MIN: f64 = 12.5;
/// The fewest small cells that tell of dispersion.
const SMALL_CELLS_MIN: usize = 30;
/// The fewest siblings that an estimate is made of.
const SIBLINGS_MIN: usize = 8;

/// The fewest parts of a pattern that tell how much they vary among each other.
const PARTS_MIN: usize = 4;

/// How much the logarithm of a cell's growth wanders among its siblings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Drift {
    /// The variance of that logarithm.
    pub(crate) variance: f64,
    /// The logarithm's middle: how much more than everything the siblings grew.
    pub(crate) shift: f64,
}

/// The general growth, the windows' lengths included: the median over cells of middling size.
///
/// The levels asked are those whose values share the amount evenly and are large enough to tell. A cause moves few
/// values of its own level and all values of the others, so the level that changed least is believed.
pub(crate) fn growth(rows: &Rows, tables: &Tables, scale: f64) -> f64 {
    let measure = Measure { noise: rows.noise, growth: scale, dispersion: 1.0 };
    let mut asked: Vec<Asked> = Vec::new();
    let mut few: Vec<f64> = Vec::new();
    for table in &tables.tables {
        let mut whole = Cell::default();
        table.cells.iter().for_each(|cell| whole.add(cell));
        let known = growths(&measure, &table.cells);
        let total: f64 = known.iter().map(|(_, weight)| weight).sum();
        if known.len() < VALUES_MIN {
            if known.len() > few.len() {
                few = known.into_iter().map(|(growth, _)| growth).collect();
            }
            continue;
        }
        asked.push(Asked {
            is_few: known.len() < SIBLINGS_MIN,
            thin: total < COVERAGE_MIN * measure.evidence(&whole),
            concentration: known.iter().map(|(_, weight)| (weight / total).powi(2)).sum(),
            growth: weighted_median(known),
        });
    }
    asked.sort_by(|a, b| {
        let concentration = a.concentration.total_cmp(&b.concentration);
        a.thin.cmp(&b.thin).then(a.is_few.cmp(&b.is_few)).then(concentration)
    });
    let Some(first) = asked.first() else { return median_nearest_one(few, scale) };
    let change = |one: &&Asked| (one.growth / scale).ln().abs();
    (asked.iter())
        .filter(|one| one.thin == first.thin && one.concentration <= one.concentration_max())
        .min_by(|a, b| change(a).total_cmp(&change(b)))
        .unwrap_or(first)
        .growth
}

/// What a level says about the general growth.
struct Asked {
    /// Whether it has few values.
    is_few: bool,
    /// Whether its values are mostly too small to tell.
    thin: bool,
    /// The sum of its values' squared shares.
    concentration: f64,
    growth: f64,
}

impl Asked {
    fn concentration_max(&self) -> f64 {
        if self.is_few { CONCENTRATED_FEW } else { CONCENTRATED }
    }
}

fn growths(measure: &Measure, cells: &[Cell]) -> Vec<(f64, f64)> {
    cells
        .iter()
        .filter_map(|cell| {
            let evidence = measure.evidence(cell);
            (evidence >= EVIDENCE_MIN).then(|| (cell.during / cell.before, evidence))
        })
        .collect()
}

/// With few cells the middle one speaks, and of two in the middle the one that changed less.
fn median_nearest_one(mut growths: Vec<f64>, scale: f64) -> f64 {
    growths.sort_by(f64::total_cmp);
    match growths.len() {
        0 | 1 => scale,
        count if count % 2 == 1 => growths[count / 2],
        count => {
            let (low, high) = (growths[count / 2 - 1], growths[count / 2]);
            if (low / scale).ln().abs() <= (high / scale).ln().abs() { low } else { high }
        }
    }
}

/// What the level with the most values tells of its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scatter {
    /// By how much small counts vary more than independent events do.
    pub(crate) dispersion: f64,
    /// The variance of the growth's logarithm that is seen in large counts beyond that.
    pub(crate) drift: f64,
    /// The level's table.
    pub(crate) table: usize,
}

/// Tells dispersion from wandering: the first shows in small cells, the second grows with the cells.
pub(crate) fn scatter(tables: &Tables, measure: &Measure) -> Scatter {
    let finest = tables.tables.iter().enumerate().max_by_key(|(_, table)| {
        table.cells.iter().filter(|cell| measure.evidence(cell) >= SMALL_EVIDENCE_MIN).count()
    });
    let mut scatter = Scatter { dispersion: 1.0, drift: 0.0, table: 0 };
    let Some((place, table)) = finest else { return scatter };
    scatter.table = place;
    let (small, large) = squares(measure, &table.cells);
    if small.len() < SMALL_CELLS_MIN {
        return scatter;
    }
    let (small, small_evidence) = medians(small);
    let slope = if large.len() < SIBLINGS_MIN {
        // It cannot be told: wandering is the worse of the two, as it concerns large cells.
        (small - SQUARE_MEDIAN) / small_evidence
    } else {
        let (large, large_evidence) = medians(large);
        (large - small) / (large_evidence - small_evidence)
    };
    let slope = slope.max(0.0);
    scatter.dispersion = ((small - slope * small_evidence) / SQUARE_MEDIAN).max(1.0);
    scatter.drift = slope / SQUARE_MEDIAN;
    scatter
}

/// A squared distance, and the evidence of its cell.
type Square = (f64, f64);

/// How far the cells are from what was expected, squared and in units of the variance, each with its evidence: small
/// cells and large ones.
fn squares(measure: &Measure, cells: &[Cell]) -> (Vec<Square>, Vec<Square>) {
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for cell in cells {
        let evidence = measure.evidence(cell);
        let expected = measure.growth * cell.before;
        let variance = match measure.noise {
            Noise::Counts => expected * (1.0 + measure.growth),
            _ => cell.during_squares + measure.growth.powi(2) * cell.before_squares,
        };
        if evidence >= SMALL_EVIDENCE_MIN && variance > 0.0 {
            let square = measure.excess(cell).powi(2) / variance;
            if evidence < LARGE_EVIDENCE_MIN { &mut small } else { &mut large }
                .push((square, evidence));
        }
    }
    (small, large)
}

/// The wandering that small cells show when all that they vary too much is put down to it.
///
/// A cause on another level moves them all alike, which is no wandering: so the lesser of what they vary around the
/// general growth and around the whole's.
fn drift_of_small(measure: &Measure, cells: &[Cell]) -> f64 {
    let mut whole = Cell::default();
    cells.iter().for_each(|cell| whole.add(cell));
    if whole.during <= 0.0 || whole.before <= 0.0 {
        return 0.0;
    }
    let around = |growth: f64| {
        let (small, _) = squares(&Measure { growth, ..*measure }, cells);
        if small.len() < SIBLINGS_MIN {
            return 0.0;
        }
        let (square, evidence) = medians(small);
        ((square - SQUARE_MEDIAN) / evidence / SQUARE_MEDIAN).max(0.0)
    };
    around(measure.growth).min(around(whole.during / whole.before))
}

fn medians(pairs: Vec<(f64, f64)>) -> (f64, f64) {
    let (mut a, mut b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    (quantile(&mut a, 0.5), quantile(&mut b, 0.5))
}

/// Learns the wandering of every table's cells; tables with few cells get what all of those have together.
pub(crate) fn learn_drift(rows: &Rows, tables: &mut Tables, measure: &Measure, scatter: &Scatter) {
    if measure.noise == Noise::Relative {
        return;
    }
    let mut pool: Vec<(f64, f64)> = Vec::new();
    let mut without: Vec<usize> = Vec::new();
    for (place, table) in tables.tables.iter_mut().enumerate() {
        let logarithms =
            logarithms(measure, table.live.iter().map(|cell| &table.cells[*cell as usize]));
        if logarithms.len() >= SIBLINGS_MIN {
            table.drift = Drift::of(&logarithms);
        } else {
            without.push(place);
            if table.levels.len() == 1 {
                pool.extend(logarithms);
            }
        }
    }
    let pooled = if pool.len() >= SIBLINGS_MIN {
        let mut middle: Vec<f64> = pool.iter().map(|(logarithm, _)| *logarithm).collect();
        median_variance(&pool, quantile(&mut middle, 0.5))
    } else {
        0.0
    };
    for place in without {
        let table = &mut tables.tables[place];
        let small =
            if table.levels.len() == 1 { drift_of_small(measure, &table.cells) } else { 0.0 };
        table.drift = Drift { variance: pooled.max(small), shift: 0.0 };
    }
    if let Some(finest) = tables.tables.get_mut(scatter.table) {
        finest.drift.variance = finest.drift.variance.max(scatter.drift);
    }
    // A part of a value's rows wanders no less than all of them do: levels of a chain first, then combinations.
    let chain = |table: &Table| {
        let level = rows.level(table.levels[0]);
        (level.chain, level.depth)
    };
    let singles: Vec<((u32, u32), f64)> = tables
        .tables
        .iter()
        .filter(|table| table.levels.len() == 1)
        .map(|table| (chain(table), table.drift.variance))
        .collect();
    for table in tables.tables.iter_mut().filter(|table| table.levels.len() == 1) {
        let (own, depth) = chain(table);
        let general = singles.iter().filter(|((other, above), _)| *other == own && *above < depth);
        for (_, variance) in general {
            table.drift.variance = table.drift.variance.max(*variance);
        }
    }
    let levels: BTreeMap<usize, f64> = tables
        .tables
        .iter()
        .filter(|table| table.levels.len() == 1)
        .map(|table| (table.levels[0], table.drift.variance))
        .collect();
    for table in tables.tables.iter_mut().filter(|table| table.levels.len() > 1) {
        for level in &table.levels {
            table.drift.variance = table.drift.variance.max(levels[level]);
        }
    }
}

/// The wandering of these cells, if they are enough to tell.
pub(crate) fn drift_of<'a>(
    measure: &Measure,
    cells: impl Iterator<Item = &'a Cell>,
) -> Option<Drift> {
    let logarithms = logarithms(measure, cells);
    (logarithms.len() >= SIBLINGS_MIN).then(|| Drift::of(&logarithms))
}

/// How much the growth of the parts of a pattern varies around their own middle, if there are enough to tell.
pub(crate) fn spread_of<'a>(
    measure: &Measure,
    cells: impl Iterator<Item = &'a Cell>,
) -> Option<f64> {
    let logarithms = logarithms(measure, cells);
    (logarithms.len() >= PARTS_MIN).then(|| Drift::of(&logarithms).variance)
}

impl Drift {
    /// Of logarithms of growth, each with the variance that small numbers are to blame for.
    ///
    /// The variance is the greater of what the median and the upper quartile say: a quarter of the cells may have
    /// causes of their own.
    fn of(logarithms: &[(f64, f64)]) -> Self {
        let mut middle: Vec<f64> = logarithms.iter().map(|(logarithm, _)| *logarithm).collect();
        let shift = quantile(&mut middle, 0.5);
        let mut upper: Vec<f64> = logarithms
            .iter()
            .map(|(logarithm, noise)| (logarithm - shift).powi(2) / SQUARE_QUARTILE - noise)
            .collect();
        let variance = quantile(&mut upper, 0.75).max(median_variance(logarithms, shift));
        // Few siblings tell it badly, and too low a variance is worse than too high a one.
        let variance = variance * (1.0 + SIBLINGS_MIN as f64 / logarithms.len() as f64);
        Self { variance, shift }
    }
}

/// For each cell its growth's logarithm, and the variance of it that small numbers are to blame for.
fn logarithms<'a>(measure: &Measure, cells: impl Iterator<Item = &'a Cell>) -> Vec<(f64, f64)> {
    cells
        .filter(|cell| measure.evidence(cell) >= EVIDENCE_MIN)
        .map(|cell| {
            let logarithm = (cell.during / (measure.growth * cell.before)).ln();
            (logarithm, measure.variance_of_logarithm(cell))
        })
        .collect()
}

fn median_variance(logarithms: &[(f64, f64)], shift: f64) -> f64 {
    let mut middle: Vec<f64> = logarithms
        .iter()
        .map(|(logarithm, noise)| (logarithm - shift).powi(2) / SQUARE_MEDIAN - noise)
        .collect();
    quantile(&mut middle, 0.5).max(0.0)
}

/// The variance of a row's relative error, from the side opposite to the change, which no cause touches.
pub(crate) fn relative_variance(cells: &[Cell]) -> f64 {
    let mut opposite: Vec<f64> =
        cells.iter().filter(|cell| cell.during < 0.0).map(|cell| -cell.during).collect();
    let deviation = if opposite.is_empty() { 0.0 } else { quantile(&mut opposite, 0.5) / 0.6745 };
    deviation.max(1e-3).powi(2)
}

fn weighted_median(mut pairs: Vec<(f64, f64)>) -> f64 {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = pairs.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    for (value, weight) in &pairs {
        sum += weight;
        if sum >= half {
            return *value;
        }
    }
    pairs.last().map_or(1.0, |(value, _)| *value)
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = share * (values.len() - 1) as f64;
    let (low, part) = (place.floor() as usize, place.fract());
    let high = (low + 1).min(values.len() - 1);
    values[low] + part * (values[high] - values[low])
}

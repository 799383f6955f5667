//! Looks into a candidate: is it noise, does it merely contain a better pattern, or is it a driver?

use crate::drivers::cell::{Cell, Measure};
use crate::drivers::noise::{Drift, drift_of, spread_of};
use crate::drivers::rows::Rows;
use crate::drivers::tables::Tables;
use crate::drivers::{Noise, Options};

/// What the gain of a part may exceed that of the whole by, before the whole counts as impure.
const PURITY_SLACK: f64 = 10.0;
/// What a child must gain above twice the logarithm of the number of children, to be a part by itself.
const CHILD_GAIN_MIN: f64 = 10.0;
/// How many children of an impure pattern become candidates.
const CHILDREN_FOLLOWED: usize = 2;
/// What earlier windows are weighed against when a pattern's own wandering is learnt, in observations.
const PRIOR_OBSERVATIONS: f64 = 4.0;
/// What the rest of a value's rows must have to tell how those moved.
const REST_EVIDENCE_MIN: f64 = 10.0;
/// The least mean amount in an earlier window that its wandering is learnt from.
const WINDOW_AMOUNT_MIN: f64 = 10.0;

/// A pattern, and its sums over the rows that are still unexplained.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) pattern: Vec<(usize, u32)>,
    pub(crate) cell: Cell,
    /// The gain without regard to drift.
    pub(crate) gain: f64,
    /// How much the rates of its like wander.
    pub(crate) drift: Drift,
}

/// What a look into a candidate showed.
pub(crate) enum Verdict {
    /// A driver, with what it gains beyond drift.
    Pure(f64),
    /// A part of it gains more; these are the best of that part.
    Impure(Vec<Candidate>),
    /// Drift explains enough of it.
    Noise,
}

/// The cells of a level's values, reused from candidate to candidate.
pub(crate) struct Scratch {
    cells: Vec<Cell>,
    touched: Vec<u32>,
}

impl Scratch {
    pub(crate) fn new(rows: &Rows) -> Self {
        let largest = rows.levels.iter().map(|level| rows.level(*level).cardinality).max();
        Self { cells: vec![Cell::default(); largest.unwrap_or(0) as usize], touched: Vec::new() }
    }

    /// The sums of the rows by the values of a level, in the order in which the values come.
    fn children(&mut self, rows: &Rows, level: usize, members: &[u32]) -> Vec<(u32, Cell)> {
        let codes = &rows.level(level).codes;
        for row in members {
            let code = codes[*row as usize];
            let cell = &mut self.cells[code as usize];
            if cell.is_empty() {
                // A value of empty rows alone may be noted more than once.
                self.touched.push(code);
            }
            cell.add(&rows.cells[*row as usize]);
        }
        let mut children = Vec::with_capacity(self.touched.len());
        for code in self.touched.drain(..) {
            let cell = std::mem::take(&mut self.cells[code as usize]);
            if !cell.is_empty() {
                children.push((code, cell));
            }
        }
        children
    }
}

/// What a look into candidates needs to know besides the rows.
pub(crate) struct Judge<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) measure: Measure,
    pub(crate) options: &'a Options,
    /// What a gain must exceed.
    pub(crate) gain_min: f64,
    /// All usable levels, those first that are likely to part a pattern.
    pub(crate) levels: &'a [usize],
    /// Each earlier window's whole amount, by the window's number; empty where they are not told apart.
    pub(crate) windows: &'a [f64],
}

impl Judge<'_> {
    /// Looks into a candidate, given its unexplained rows.
    pub(crate) fn verdict(
        &self,
        rows: &Rows,
        scratch: &mut Scratch,
        candidate: &Candidate,
        members: &[u32],
    ) -> Verdict {
        let measure = &self.measure;
        let mut drift = candidate.drift;
        let mut parts: Option<Vec<Candidate>> = None;
        for level in self.levels {
            if !divides(rows, &candidate.pattern, *level) {
                continue;
            }
            let children = scratch.children(rows, *level, members);
            let wandering =
                self.tables.of_level(*level).map_or(Drift::default(), |table| table.drift);
            // Children that all moved alike did not wander: something moved them together.
            let within = spread_of(measure, children.iter().map(|(_, cell)| cell));
            let variance = within.map_or(wandering.variance, |own| own.min(wandering.variance));
            drift.variance = drift.variance.max(variance * concentration(measure, &children));
            if measure.gain_beyond_drift(&candidate.cell, self.own_drift(rows, drift, members))
                <= self.gain_min
            {
                return Verdict::Noise;
            }
            if parts.is_none() {
                parts = self.better_part(rows, candidate, *level, &children, wandering);
            }
            if parts.is_some() && measure.noise == Noise::Relative {
                break;
            }
        }
        match parts {
            Some(parts) => Verdict::Impure(parts),
            None => Verdict::Pure(
                measure.gain_beyond_drift(&candidate.cell, self.own_drift(rows, drift, members)),
            ),
        }
    }

    /// The drift of a pattern of several conditions, when those values by themselves moved as far as drift goes: as
    /// far as the rest of their rows moved, the pattern moved with them.
    pub(crate) fn given_parents(
        &self,
        pattern: &[(usize, u32)],
        cell: &Cell,
        mut drift: Drift,
    ) -> Drift {
        let measure = &self.measure;
        if pattern.len() < 2 || measure.noise == Noise::Relative {
            return drift;
        }
        let up = measure.excess(cell) > 0.0;
        for (level, code) in pattern {
            let Some(table) = self.tables.of_level(*level) else { continue };
            let parent = &table.cells[*code as usize];
            let mut rest = *parent;
            rest.subtract(cell);
            // Of a parent that is little besides the pattern, the rest says nothing.
            let known = if measure.evidence(&rest) >= REST_EVIDENCE_MIN { rest } else { *parent };
            let logarithm = (known.during / (measure.growth * known.before)).ln();
            let farther = if up {
                logarithm > drift.shift.max(0.0)
            } else {
                logarithm < drift.shift.min(0.0)
            };
            if farther && measure.gain_beyond_drift(parent, table.drift) <= self.gain_min {
                drift.shift = logarithm;
            }
        }
        drift
    }

    /// The best children, if some children together gain clearly more than the whole.
    fn better_part(
        &self,
        rows: &Rows,
        candidate: &Candidate,
        level: usize,
        children: &[(u32, Cell)],
        wandering: Drift,
    ) -> Option<Vec<Candidate>> {
        let measure = &self.measure;
        let up = measure.excess(&candidate.cell) > 0.0;
        let logarithm = 2.0 * (children.len().max(1) as f64).ln();
        let own = logarithm + CHILD_GAIN_MIN;
        let mut parts: Vec<(f64, f64, u32, Cell)> = children
            .iter()
            .filter(|(_, cell)| {
                measure.noise == Noise::Relative
                    || ((measure.excess(cell) > 0.0) == up
                        && measure.gain_bound(cell, up, !up) > own
                        && measure.gain(cell) > own
                        && measure.gain_beyond_drift(cell, wandering) > own)
            })
            .map(|(code, cell)| {
                let priority = measure.priority(cell);
                (if up { priority } else { -priority }, measure.gain(cell), *code, *cell)
            })
            .collect();
        parts.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.2.cmp(&b.2)));
        let enough = candidate.gain / self.options.parsimony + PURITY_SLACK + logarithm;
        let mut union = Cell::default();
        let mut best: f64 = 0.0;
        for (place, (_, _, _, cell)) in parts.iter().enumerate() {
            union.add(cell);
            if place + 1 < children.len() && (measure.excess(&union) > 0.0) == up {
                best = best.max(measure.gain(&union));
            }
        }
        if best <= enough {
            return None;
        }
        parts.retain(|(_, _, _, cell)| (measure.excess(cell) > 0.0) == up);
        parts.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.2.cmp(&b.2)));
        parts.truncate(CHILDREN_FOLLOWED);
        let drift =
            drift_of(measure, children.iter().map(|(_, cell)| cell)).map_or(wandering, |drift| {
                Drift { variance: drift.variance.max(wandering.variance), shift: drift.shift }
            });
        let followed = parts.into_iter().filter_map(|(_, gain, code, cell)| {
            let pattern = narrowed(rows, &candidate.pattern, level, code);
            if pattern.len() > self.options.order_max {
                return None;
            }
            let drift = self.given_parents(&pattern, &cell, drift);
            Some(Candidate { pattern, cell, gain, drift })
        });
        Some(followed.collect())
    }

    /// Adds what the earlier windows say about these very rows to what their like do.
    fn own_drift(&self, rows: &Rows, drift: Drift, members: &[u32]) -> Drift {
        let count = self.windows.len();
        if count < 2 {
            return drift;
        }
        let mut amounts = vec![0.0; count];
        for row in members {
            let window = rows.leaves.windows[*row as usize] as usize;
            if window > 0 {
                amounts[window - 1] += rows.cells[*row as usize].before;
            }
        }
        let sum: f64 = amounts.iter().sum();
        if sum < WINDOW_AMOUNT_MIN * count as f64 {
            return drift;
        }
        let whole: f64 = self.windows.iter().sum();
        let (mut total, mut squares, mut noise) = (0.0, 0.0, 0.0);
        for (amount, window) in amounts.iter().zip(self.windows) {
            let expected = sum * window / whole;
            let logarithm = ((amount + 0.5) / (expected + 0.5)).ln();
            total += logarithm;
            squares += logarithm * logarithm;
            noise += self.measure.dispersion / (expected + 0.5);
        }
        let count = count as f64;
        let spread = squares - total * total / count;
        let own = (spread / (count - 1.0) - noise / count).max(0.0) * (1.0 + 1.0 / count);
        let variance = (PRIOR_OBSERVATIONS * drift.variance + (count - 1.0) * own)
            / (PRIOR_OBSERVATIONS + count - 1.0);
        Drift { variance, ..drift }
    }
}

/// The pattern of a driver, with a value of a level added, or put in the place of a more general one of its chain.
pub(crate) fn narrowed(
    rows: &Rows,
    pattern: &[(usize, u32)],
    level: usize,
    code: u32,
) -> Vec<(usize, u32)> {
    let chain = rows.level(level).chain;
    let mut narrowed: Vec<(usize, u32)> =
        pattern.iter().copied().filter(|(known, _)| rows.level(*known).chain != chain).collect();
    narrowed.push((level, code));
    narrowed.sort_unstable();
    narrowed
}

/// The value of a deeper level of the pattern's own chains that holds as much of the change as the pattern does.
pub(crate) fn as_deep_as_it_goes(
    rows: &Rows,
    scratch: &mut Scratch,
    measure: &Measure,
    candidate: &Candidate,
    members: &[u32],
) -> Option<(usize, u32)> {
    let mut best: Option<(u32, usize, u32)> = None;
    for (known, _) in &candidate.pattern {
        let fixed = rows.level(*known);
        for level in &rows.levels {
            let deeper = rows.level(*level);
            if deeper.chain != fixed.chain || deeper.depth <= fixed.depth {
                continue;
            }
            let children = scratch.children(rows, *level, members);
            let alike = children.iter().find(|(_, cell)| {
                measure.gain(cell) >= 0.98 * candidate.gain
                    && measure.excess(cell) * measure.excess(&candidate.cell) > 0.0
            });
            if let Some((code, _)) = alike
                && best.is_none_or(|(depth, _, _)| deeper.depth > depth)
            {
                best = Some((deeper.depth, *level, *code));
            }
        }
    }
    best.map(|(_, level, code)| (level, code))
}

fn divides(rows: &Rows, pattern: &[(usize, u32)], level: usize) -> bool {
    let divider = rows.level(level);
    pattern.iter().all(|(known, _)| {
        let fixed = rows.level(*known);
        fixed.chain != divider.chain || fixed.depth < divider.depth
    })
}

/// The sum of the children's squared shares: 1 is a single child.
fn concentration(measure: &Measure, children: &[(u32, Cell)]) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for (_, cell) in children {
        let weight = (cell.during + measure.growth * cell.before).max(0.0);
        sum += weight;
        squares += weight * weight;
    }
    if sum > 0.0 { squares / (sum * sum) } else { 0.0 }
}

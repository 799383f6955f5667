//! The rounds of the search: the best pure candidate is taken and its rows are put aside.

use std::collections::BTreeSet;

use crate::drivers::cell::{Cell, Measure};
use crate::drivers::children::{Candidate, Judge, Scratch, Verdict, as_deep_as_it_goes, narrowed};
use crate::drivers::noise::{Scatter, growth, learn_drift, relative_variance, scatter};
use crate::drivers::rows::Rows;
use crate::drivers::tables::{Table, Tables, directions};
use crate::drivers::{Direction, Driver, Found, Leaves, Noise, Options};
use crate::limits::CANDIDATES_JUDGED_MAX;

/// How many candidates a table puts forward, a direction.
const CANDIDATES_A_TABLE: usize = 3;

/// A pattern and whether it rose: what a verdict is remembered under.
type Known = (Vec<(usize, u32)>, bool);

pub(crate) fn find(leaves: &Leaves, options: &Options) -> Found {
    let scale = if options.scale.is_finite() && options.scale > 0.0 { options.scale } else { 1.0 };
    let options = Options { scale, ..options.clone() };
    if options.noise == Noise::Relative && options.direction == Direction::Both {
        let of = |direction| one_way(leaves, &Options { direction, ..options.clone() });
        let best = |found: &Found| {
            found.drivers.iter().fold(0.0, |best: f64, driver| best.max(driver.gain))
        };
        let (rises, falls) = (of(Direction::Up), of(Direction::Down));
        return if best(&falls) > best(&rises) { falls } else { rises };
    }
    one_way(leaves, &options)
}

/// The search; relative noise is looked at on one side alone.
fn one_way(leaves: &Leaves, options: &Options) -> Found {
    let scale = options.scale;
    let mut rows = Rows::of(leaves, options);
    if rows.one_sided {
        return Found {
            growth: 1.0,
            dispersion: 1.0,
            amounts_unreadable: rows.amounts_unreadable,
            ..Found::default()
        };
    }
    let mut tables = Tables::of_levels(&rows);
    let (mut measure, scatter) = noise_of(&rows, &tables, options);
    let mut found = Found {
        growth: if options.noise == Noise::Relative { 1.0 } else { measure.growth / scale },
        dispersion: if options.noise == Noise::Relative { 1.0 } else { measure.dispersion },
        amounts_unreadable: rows.amounts_unreadable,
        ..Found::default()
    };
    tables.enliven(&measure, options, threshold(options, tables.cells_examined));
    tables.cross(&rows, &measure, options, threshold(options, tables.cells_examined));
    found.cells_examined = tables.cells_examined;
    found.gain_min = threshold(options, tables.cells_examined);
    tables.enliven(&measure, options, found.gain_min);
    learn_drift(&rows, &mut tables, &measure, &scatter);
    let windows = window_amounts(&rows);
    let levels = tables.levels_by_gain(&measure);
    let mut scratch = Scratch::new(&rows);
    let mut noise: BTreeSet<Known> = BTreeSet::new();
    let mut judged = 0;
    while found.drivers.len() < options.findings_max && judged < CANDIDATES_JUDGED_MAX {
        let judge = Judge {
            tables: &tables,
            measure,
            options,
            gain_min: found.gain_min,
            levels: &levels,
            windows: &windows,
        };
        let known = noise.len();
        let Some((mut candidate, beyond)) =
            round(&mut rows, &judge, &mut scratch, &mut noise, &mut judged)
        else {
            if noise.len() > known {
                // The tables have others to put forward.
                continue;
            }
            break;
        };
        let members = unexplained(&mut rows, &candidate.pattern);
        if let Some((level, code)) =
            as_deep_as_it_goes(&rows, &mut scratch, &measure, &candidate, &members)
        {
            candidate.pattern = narrowed(&rows, &candidate.pattern, level, code);
        }
        let driver = take(&mut rows, &mut tables, &measure, candidate, beyond);
        found.drivers.push(driver);
        if options.noise != Noise::Relative {
            // Without the driver's rows it is plainer how the others vary.
            let scatter;
            (measure, scatter) = noise_of(&rows, &tables, options);
            tables.enliven(&measure, options, found.gain_min);
            learn_drift(&rows, &mut tables, &measure, &scatter);
            noise.clear();
        }
    }
    found
}

/// What is known of the noise before any search.
fn noise_of(rows: &Rows, tables: &Tables, options: &Options) -> (Measure, Scatter) {
    let noise = options.noise;
    if noise == Noise::Relative {
        let dispersion = relative_variance(&rows.cells);
        let none = Scatter { dispersion, drift: 0.0, table: 0 };
        return (Measure { noise, growth: 1.0, dispersion }, none);
    }
    let mut measure =
        Measure { noise, growth: growth(rows, tables, options.scale), dispersion: 1.0 };
    let scatter = scatter(tables, &measure);
    measure.dispersion = scatter.dispersion;
    (measure, scatter)
}

fn threshold(options: &Options, cells: u64) -> f64 {
    2.0 * (cells.max(1) as f64).ln() + options.gain_floor
}

/// One round: the best pure candidate, or the best of all if none is pure.
fn round(
    rows: &mut Rows,
    judge: &Judge,
    scratch: &mut Scratch,
    noise: &mut BTreeSet<Known>,
    judged: &mut usize,
) -> Option<(Candidate, f64)> {
    let mut queue = Vec::new();
    for table in &judge.tables.tables {
        put_forward(judge, table, noise, &mut queue);
    }
    // The best is last.
    let rank = |candidate: &Candidate| {
        candidate.gain * judge.options.parsimony.powi(candidate.pattern.len() as i32 - 1)
    };
    let sort = |queue: &mut Vec<Candidate>| {
        queue.sort_by(|a, b| {
            rank(a)
                .total_cmp(&rank(b))
                .then(b.pattern.len().cmp(&a.pattern.len()))
                .then(b.pattern.cmp(&a.pattern))
        });
    };
    sort(&mut queue);
    let mut seen: BTreeSet<Known> = BTreeSet::new();
    let mut first: Option<Candidate> = None;
    while let Some(candidate) = queue.pop() {
        let up = judge.measure.excess(&candidate.cell) > 0.0;
        let known = (candidate.pattern.clone(), up);
        if noise.contains(&known) || !seen.insert(known.clone()) {
            continue;
        }
        *judged += 1;
        if *judged > CANDIDATES_JUDGED_MAX {
            return None;
        }
        let members = unexplained(rows, &candidate.pattern);
        match judge.verdict(rows, scratch, &candidate, &members) {
            Verdict::Pure(beyond) => return Some((candidate, beyond)),
            Verdict::Impure(parts) => {
                first.get_or_insert(candidate);
                if judge.measure.noise != Noise::Relative && !parts.is_empty() {
                    queue.extend(parts.into_iter().filter(|part| stands_out(judge, part)));
                    sort(&mut queue);
                }
            }
            Verdict::Noise => {
                noise.insert(known);
            }
        }
    }
    first.map(|candidate| {
        let beyond = judge.measure.gain_beyond_drift(&candidate.cell, candidate.drift);
        (candidate, beyond)
    })
}

/// The best cells of a table, for each direction.
fn put_forward(judge: &Judge, table: &Table, noise: &BTreeSet<Known>, queue: &mut Vec<Candidate>) {
    let (rises, falls) = directions(judge.options);
    let measure = &judge.measure;
    let mut best: [Vec<(f64, u32)>; 2] = [Vec::new(), Vec::new()];
    for place in &table.live {
        let cell = &table.cells[*place as usize];
        if measure.gain_bound(cell, rises, falls) <= judge.gain_min {
            continue;
        }
        let up = measure.excess(cell) > 0.0;
        if (up && !rises) || (!up && !falls) {
            continue;
        }
        let gain = measure.gain(cell);
        let best = &mut best[usize::from(up)];
        let worst = if best.len() < CANDIDATES_A_TABLE { 0.0 } else { best[best.len() - 1].0 };
        if gain > judge.gain_min && gain > worst {
            let candidate = candidate(judge, table, *place, gain);
            if stands_out(judge, &candidate) && !noise.contains(&(candidate.pattern, up)) {
                let after = best.partition_point(|(known, _)| *known >= gain);
                best.insert(after, (gain, *place));
                best.truncate(CANDIDATES_A_TABLE);
            }
        }
    }
    for (gain, place) in best.into_iter().flatten() {
        queue.push(candidate(judge, table, place, gain));
    }
}

fn candidate(judge: &Judge, table: &Table, place: u32, gain: f64) -> Candidate {
    let (pattern, cell) = (judge.tables.pattern(table, place), table.cells[place as usize]);
    let drift = judge.given_parents(&pattern, &cell, table.drift);
    Candidate { pattern, cell, gain, drift }
}

/// Whether a candidate is large enough to be looked into: its lift, and its gain beyond the drift of its like.
fn stands_out(judge: &Judge, candidate: &Candidate) -> bool {
    let measure = &judge.measure;
    if measure.noise == Noise::Relative {
        return true;
    }
    let (during, expected) = (candidate.cell.during, measure.growth * candidate.cell.before);
    let lifted =
        during >= judge.options.lift_min * expected || during * judge.options.lift_min <= expected;
    lifted
        && candidate.gain > judge.gain_min
        && measure.gain_beyond_drift(&candidate.cell, candidate.drift) > judge.gain_min
}

/// The pattern's rows that no driver has taken.
fn unexplained(rows: &mut Rows, pattern: &[(usize, u32)]) -> Vec<u32> {
    let mut members = rows.matching(pattern);
    members.retain(|row| rows.active[*row as usize]);
    members
}

/// Makes a candidate a driver, and puts its rows aside.
fn take(
    rows: &mut Rows,
    tables: &mut Tables,
    measure: &Measure,
    candidate: Candidate,
    gain_beyond_drift: f64,
) -> Driver {
    let all = rows.matching(&candidate.pattern);
    let (mut whole, mut residual) = (Cell::default(), Cell::default());
    let mut taken = Vec::new();
    for row in all {
        let place = row as usize;
        let amounts = Cell {
            during: finite(rows.leaves.during[place]),
            before: finite(rows.leaves.before[place]),
            ..Cell::default()
        };
        whole.add(&amounts);
        if rows.active[place] {
            residual.add(&amounts);
            rows.active[place] = false;
            taken.push(row);
        }
    }
    tables.remove(rows, &taken);
    Driver {
        up: match measure.noise {
            Noise::Relative => residual.during > residual.before,
            _ => measure.excess(&candidate.cell) > 0.0,
        },
        expected: measure.growth * whole.before,
        pattern: candidate.pattern,
        during: whole.during,
        before: whole.before,
        residual_during: residual.during,
        residual_before: residual.before,
        gain: candidate.gain,
        gain_beyond_drift,
    }
}

fn finite(amount: f64) -> f64 {
    if amount.is_finite() { amount } else { 0.0 }
}

/// The whole amount of each earlier window, if there are several that can be told apart.
fn window_amounts(rows: &Rows) -> Vec<f64> {
    let windows = &rows.leaves.windows;
    if windows.len() < rows.cells.len() {
        return Vec::new();
    }
    let mut amounts = Vec::new();
    for (window, cell) in windows.iter().zip(&rows.cells) {
        let window = *window as usize;
        if window > 0 {
            if amounts.len() < window {
                amounts.resize(window, 0.0);
            }
            amounts[window - 1] += cell.before;
        }
    }
    if amounts.iter().filter(|amount| **amount > 0.0).count() < 2 { Vec::new() } else { amounts }
}

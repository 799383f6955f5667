//! From drivers to findings: siblings together, each as precise as its rows allow.

use crate::drivers::Driver;
use crate::explain::amounts::Amounts;
use crate::explain::cells::Cell;
use crate::explain::levels::Level;
use crate::limits::{EXACT_VALUES_MAX, VALUES_LISTED_MAX};

/// Rows that changed by themselves, by what they have in common.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Conditions that all hold.
    pub(crate) conditions: Vec<Condition>,
    pub(crate) is_up: bool,
    /// How much better the data are explained by it, as twice a logarithm of likelihoods.
    pub(crate) gain: f64,
}

/// A row lies in one of some cells of a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub(crate) level: usize,
    pub(crate) codes: Vec<u32>,
}

/// Which rows a finding holds.
pub(crate) struct Member<'a> {
    conditions: Vec<(&'a Level, Vec<bool>)>,
}

impl<'a> Member<'a> {
    pub(crate) fn of(finding: &Finding, levels: &'a [Level]) -> Self {
        let conditions = finding.conditions.iter().map(|condition| {
            let level = &levels[condition.level];
            let mut is_in = vec![false; level.cells.len()];
            for code in &condition.codes {
                is_in[*code as usize] = true;
            }
            (level, is_in)
        });
        Self { conditions: conditions.collect() }
    }

    pub(crate) fn holds(&self, row: usize) -> bool {
        self.conditions.iter().all(|(level, is_in)| is_in[level.codes[row] as usize])
    }
}

impl Finding {
    /// The cells of each condition, with the dimension that they are of.
    pub(crate) fn cells<'a>(
        &'a self,
        levels: &'a [Level],
    ) -> impl Iterator<Item = (usize, Vec<Cell>)> + 'a {
        self.conditions.iter().map(|condition| {
            let level = &levels[condition.level];
            let cells = condition.codes.iter().map(|code| level.cells[*code as usize].clone());
            (level.dimension, cells.collect())
        })
    }
}

/// The findings of drivers.
pub(crate) fn findings(drivers: &[Driver], levels: &[Level], amounts: &Amounts) -> Vec<Finding> {
    let mut findings: Vec<(Finding, f64)> = Vec::new();
    for driver in drivers {
        let mut conditions: Vec<Condition> = (driver.pattern.iter())
            .map(|(level, code)| Condition { level: *level, codes: vec![*code] })
            .collect();
        conditions.sort_by_key(|condition| condition.level);
        let mut finding = Finding { conditions, is_up: driver.up, gain: driver.gain };
        tighten(&mut finding, levels, amounts);
        let lift = (driver.during + 0.5) / (driver.expected + 0.5);
        match findings.iter_mut().find(|(known, other)| is_sibling(known, *other, &finding, lift)) {
            Some((known, _)) => unite(known, &finding),
            None => findings.push((finding, lift)),
        }
    }
    findings.into_iter().map(|(finding, _)| finding).collect()
}

/// A group of values that holds only a few gives way to these: an address says more than its network.
fn tighten(finding: &mut Finding, levels: &[Level], amounts: &Amounts) {
    let member = Member::of(finding, levels);
    let rows: Vec<usize> =
        (amounts.rows.iter()).map(|row| *row as usize).filter(|row| member.holds(*row)).collect();
    for condition in &mut finding.conditions {
        let known = &levels[condition.level];
        // The finest first.
        let finer = (levels.iter().enumerate())
            .rev()
            .filter(|(_, level)| level.dimension == known.dimension && level.depth > known.depth);
        for (at, level) in finer {
            let mut codes: Vec<u32> = Vec::new();
            for row in &rows {
                let code = level.codes[*row];
                if !codes.contains(&code) {
                    codes.push(code);
                    if codes.len() > EXACT_VALUES_MAX {
                        break;
                    }
                }
            }
            if !codes.is_empty() && codes.len() <= EXACT_VALUES_MAX {
                codes.sort_unstable();
                *condition = Condition { level: at, codes };
                break;
            }
        }
    }
}

/// Whether two findings are alike but for the values of one condition.
fn is_sibling(known: &Finding, known_lift: f64, other: &Finding, lift: f64) -> bool {
    /// Above this, how many times more it is says nothing more.
    const LIFT_MAX: f64 = 50.0;
    const FACTOR_MAX: f64 = 4.0;
    let same_levels = known.conditions.len() == other.conditions.len()
        && (known.conditions.iter().zip(&other.conditions))
            .all(|(left, right)| left.level == right.level);
    let different = (known.conditions.iter().zip(&other.conditions))
        .filter(|(left, right)| left.codes != right.codes)
        .count();
    let ratio =
        (known_lift.clamp(1.0 / LIFT_MAX, LIFT_MAX) / lift.clamp(1.0 / LIFT_MAX, LIFT_MAX)).ln();
    let is_room =
        known.conditions.iter().all(|condition| condition.codes.len() < VALUES_LISTED_MAX);
    known.is_up == other.is_up
        && same_levels
        && different <= 1
        && ratio.abs() <= FACTOR_MAX.ln()
        && is_room
}

fn unite(known: &mut Finding, other: &Finding) {
    for (into, from) in known.conditions.iter_mut().zip(&other.conditions) {
        into.codes.extend(&from.codes);
        into.codes.sort_unstable();
        into.codes.dedup();
    }
    known.gain += other.gain;
}

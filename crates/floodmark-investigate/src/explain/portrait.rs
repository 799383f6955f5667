//! What else is peculiar about the rows of a finding, and what did not change beside them.

use crate::explain::amounts::Amounts;
use crate::explain::answer::{Common, Peculiar};
use crate::explain::cells::Cell;
use crate::explain::dimensions::Dimension;
use crate::explain::findings::{Finding, Member};
use crate::explain::levels::Level;
use crate::explain::measures::{Measures, Shape};
use crate::explain::rows::Rows;
use crate::limits::{COMMON_MAX, UNCHANGED_MAX};

/// Which share of a finding's rows a common value must have.
const COVERAGE_MIN: f64 = 0.9;

/// How many times rarer it must be among the others.
const LIFT_MIN: f64 = 1.2;

/// How many times larger or smaller a mean must be than that of the others.
const FACTOR_MIN: f64 = 2.0;

/// How many standard deviations it must differ by (Welch's t).
const DEVIATIONS_MIN: f64 = 5.0;

/// What nearly all rows of a finding have in common beside its conditions, and most others do not.
pub(crate) fn common(
    finding: &Finding,
    levels: &[Level],
    dimensions: &[Dimension],
    amounts: &Amounts,
) -> Vec<Common> {
    let member = Member::of(finding, levels);
    // A fall is told by what there was.
    let weights = if finding.is_up { &amounts.leaves.during } else { &amounts.leaves.before };
    let mut inside = Vec::new();
    let mut outside = Vec::new();
    for (row, weight) in amounts.rows.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
        let row = *row as usize;
        if member.holds(row) { &mut inside } else { &mut outside }.push((row, *weight));
    }
    let total: f64 = inside.iter().map(|(_, weight)| weight).sum();
    let total_outside: f64 = outside.iter().map(|(_, weight)| weight).sum();
    let mut found: Vec<Common> = Vec::new();
    if total <= 0.0 || total_outside <= 0.0 {
        return found;
    }
    let conditions: Vec<usize> =
        finding.conditions.iter().map(|condition| levels[condition.level].dimension).collect();
    // The finest level of a dimension that has such a value is told.
    for level in levels {
        if conditions.contains(&level.dimension) {
            continue;
        }
        let mut sums = vec![0.0; level.cells.len()];
        for (row, weight) in &inside {
            sums[level.codes[*row] as usize] += weight;
        }
        let Some((code, sum)) =
            (sums.iter().enumerate()).max_by(|left, right| left.1.total_cmp(right.1))
        else {
            continue;
        };
        let coverage = sum / total;
        let others: f64 = (outside.iter())
            .filter(|(row, _)| level.codes[*row] as usize == code)
            .map(|(_, weight)| weight)
            .sum();
        if coverage < COVERAGE_MIN || coverage < LIFT_MIN * others / total_outside {
            continue;
        }
        // Of what was cut before it began, nothing is known.
        if level.cells[code] == Cell::Cut(String::new()) {
            continue;
        }
        let name = &dimensions[level.dimension].name;
        found.retain(|coarser| coarser.column != *name);
        let values = vec![level.cells[code].shown()];
        found.push(Common { column: name.clone(), values, coverage });
    }
    found.truncate(COMMON_MAX);
    found
}

/// The measures of a finding's rows during that differ from those of all others.
pub(crate) fn peculiar(
    finding: &Finding,
    levels: &[Level],
    measures: &Measures,
    rows: &Rows,
) -> Vec<Peculiar> {
    let member = Member::of(finding, levels);
    // A fall is told by what there was.
    let is_wanted = |window: u8| (window == 0) == finding.is_up;
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for row in (0..rows.len()).filter(|row| is_wanted(rows.windows[*row])) {
        if member.holds(row) { &mut inside } else { &mut outside }.push(row);
    }
    let mut found = Vec::new();
    for measure in &measures.all {
        let (Shape::Mean(part) | Shape::Share(part)) = measure.shape else { continue };
        let (value, variance, count) = moments(rows, part, &inside);
        let (others, others_variance, others_count) = moments(rows, part, &outside);
        if count < 10.0 || others_count < 10.0 {
            continue;
        }
        let deviation = (variance / count + others_variance / others_count).sqrt();
        let (small, large) = (value.min(others), value.max(others));
        if large >= FACTOR_MIN * small.max(0.0)
            && large > 0.0
            && (value - others).abs() >= DEVIATIONS_MIN * deviation
        {
            found.push(Peculiar {
                measure: measure.name.clone(),
                title: measure.title.clone(),
                unit: measure.unit.clone(),
                value,
                others,
            });
        }
    }
    found
}

/// The mean and the variance of a part over rows, and their effective count.
fn moments(rows: &Rows, part: usize, of: &[usize]) -> (f64, f64, f64) {
    let (mut weight, mut sum, mut squares, mut count) = (0.0, 0.0, 0.0, 0.0);
    for row in of {
        let number = rows.numbers[part][*row];
        if number.is_finite() {
            weight += rows.weights[*row];
            sum += rows.weights[*row] * number;
            squares += rows.weights[*row] * number * number;
            count += 1.0;
        }
    }
    let mean = sum / f64::max(weight, 1e-12);
    (mean, (squares / f64::max(weight, 1e-12) - mean * mean).max(0.0), count)
}

/// Large values that did not change, of the dimensions that the findings tell apart: a level and a code each.
pub(crate) fn unchanged(
    findings: &[Finding],
    told: &[String],
    levels: &[Level],
    dimensions: &[Dimension],
    amounts: &Amounts,
    scale: f64,
) -> Vec<(usize, u32)> {
    /// Which share of all it must have had before, and by how much it may have changed.
    const SHARE_MIN: f64 = 0.05;
    const CHANGE_MAX: f64 = 0.15;
    let members: Vec<Member<'_>> =
        findings.iter().map(|finding| Member::of(finding, levels)).collect();
    let mut found: Vec<(usize, u32, f64)> = Vec::new();
    for (at, level) in levels.iter().enumerate() {
        let dimension = &dimensions[level.dimension];
        let is_finest = levels.get(at + 1).is_none_or(|next| next.dimension != level.dimension);
        let is_told = told.contains(&dimension.name)
            || findings
                .iter()
                .any(|finding| finding.conditions.iter().any(|condition| condition.level == at));
        if !is_told || !is_finest || dimension.kind == floodmark_formats::kind::Kind::Address {
            continue;
        }
        let mut sums = vec![(0.0, 0.0, false); level.cells.len()];
        let mut total = 0.0;
        for (leaf, row) in amounts.rows.iter().enumerate() {
            let row = *row as usize;
            let sum = &mut sums[level.codes[row] as usize];
            sum.0 += amounts.leaves.before[leaf];
            sum.1 += amounts.leaves.during[leaf];
            sum.2 = sum.2 || members.iter().any(|member| member.holds(row));
            total += amounts.leaves.before[leaf];
        }
        for (code, (before, during, is_touched)) in sums.iter().enumerate() {
            let change = during / (before * scale).max(1e-12) - 1.0;
            if !is_touched && *before >= SHARE_MIN * total && change.abs() <= CHANGE_MAX {
                found.push((at, u32::try_from(code).expect("a code"), *before));
            }
        }
    }
    found.sort_by(|left, right| right.2.total_cmp(&left.2).then(left.0.cmp(&right.0)));
    found.truncate(UNCHANGED_MAX);
    found.into_iter().map(|(level, code, _)| (level, code)).collect()
}

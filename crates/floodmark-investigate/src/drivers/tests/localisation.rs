//! A small set of the form of the public localisation benchmarks, made here: leaves with a forecast and a measured
//! value, causes of which multiply all leaves below them alike, and noise.

use std::collections::BTreeSet;

use floodmark_formats::synthetic::Random;

use crate::drivers::tests::normal;
use crate::drivers::{Leaves, Level, Options, find};

/// What the instances of a set are like.
struct Form {
    /// The number of values of each dimension.
    dimensions: &'static [u32],
    /// The fewest conditions of a cause.
    order_min: usize,
    noise_max: f64,
    severity_min: f64,
    instances: u64,
}

type Pattern = Vec<(usize, u32)>;

fn instance(random: &mut Random, form: &Form) -> (Leaves, BTreeSet<Pattern>) {
    let count = form.dimensions.len();
    let noise = form.noise_max * random.fraction();
    let zeros = 0.25 * random.fraction();
    let up = random.below(2) == 0;
    let mut causes: Vec<(Pattern, f64, f64)> = Vec::new();
    for _ in 0..1 + random.below(3) {
        let order = form.order_min + random.below((count - form.order_min + 1) as u64) as usize;
        let mut among: Vec<usize> = (0..count).collect();
        while among.len() > order {
            among.remove(random.below(among.len() as u64) as usize);
        }
        let severity = form.severity_min + (1.0 - form.severity_min) * random.fraction();
        let spread = 0.1 * random.fraction();
        for _ in 0..1 + random.below(3) {
            let pattern: Pattern = among
                .iter()
                .map(|level| (*level, random.below(form.dimensions[*level].into()) as u32))
                .collect();
            // A cause inside of another one cannot be told from it.
            let apart = causes.iter().all(|(known, _, _)| {
                known.iter().any(|(level, code)| {
                    pattern.iter().any(|(other, value)| other == level && value != code)
                })
            });
            if apart {
                causes.push((pattern, severity, spread));
            }
        }
    }
    let rows = form.dimensions.iter().product::<u32>();
    let mut codes: Vec<Vec<u32>> = vec![Vec::new(); count];
    let (mut during, mut before) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let mut rest = row;
        for (level, values) in form.dimensions.iter().enumerate() {
            codes[level].push(rest % values);
            rest /= values;
        }
        let place = row as usize;
        let cause = causes.iter().find(|(pattern, _, _)| {
            pattern.iter().all(|(level, code)| codes[*level][place] == *code)
        });
        let error = match cause {
            Some((_, severity, spread)) => {
                let size = severity + spread * normal(random);
                if up { size.min(1.0) } else { -size.min(1.0) }
            }
            None => (noise * normal(random)).clamp(-1.0, 1.0),
        };
        let zero = random.fraction() < zeros && cause.is_none();
        let value = if zero { 0.0 } else { 50.0 * (1.5 * normal(random)).exp() };
        during.push(if error > 0.0 { value } else { value * (1.0 + error) });
        before.push(if error > 0.0 { value * (1.0 - error) } else { value });
    }
    let levels = codes
        .into_iter()
        .zip(form.dimensions)
        .enumerate()
        .map(|(chain, (codes, values))| Level {
            chain: chain as u32,
            depth: 0,
            codes,
            cardinality: *values,
        })
        .collect();
    let truth = causes.into_iter().map(|(pattern, _, _)| pattern).collect();
    (Leaves { levels, during, before, ..Leaves::default() }, truth)
}

/// Prints precision, recall and F1 over all instances of a form, and gives the last.
fn f1(name: &str, form: &Form) -> f64 {
    let (mut right, mut predicted, mut causes) = (0, 0, 0);
    for seed in 0..form.instances {
        let (leaves, truth) = instance(&mut Random::new(4_000 + seed), form);
        let found = find(&leaves, &Options::relative(form.dimensions.len()));
        let patterns: BTreeSet<Pattern> =
            found.drivers.into_iter().map(|driver| driver.pattern).collect();
        right += patterns.intersection(&truth).count();
        predicted += patterns.len();
        causes += truth.len();
    }
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    let f1 = share(2 * right, predicted + causes);
    println!(
        "{name}: {} instances, {causes} causes, precision {:.3}, recall {:.3}, F1 {f1:.3}",
        form.instances,
        share(right, predicted),
        share(right, causes)
    );
    f1
}

#[test]
fn causes_of_any_order_are_localised() {
    let form = Form {
        dimensions: &[8, 9, 7, 6, 4],
        order_min: 1,
        noise_max: 0.2,
        severity_min: 0.3,
        instances: 40,
    };
    assert!(f1("of any order, much noise", &form) >= 0.9);
}

#[test]
fn single_leaves_are_localised_in_little_noise() {
    let form = Form {
        dimensions: &[8, 12, 8, 10],
        order_min: 4,
        noise_max: 0.1,
        severity_min: 0.6,
        instances: 40,
    };
    assert!(f1("single leaves, little noise", &form) >= 0.98);
}

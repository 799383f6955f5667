//! Pairs of windows without a cause give no finding, however much clients wander; causes are found as far as that
//! allows.

use crate::drivers::tests::traffic::{Cause, LEVELS, Shape, Traffic, traffic};
use crate::drivers::{Driver, Found, Noise, Options, find};

const DRIFTS: [f64; 3] = [0.0, 0.3, 0.5];

fn shape(drift: f64, windows_before: u16, cause: Cause) -> Shape {
    Shape { clients: 10_000, requests: 15_000.0, drift, windows_before, sizes: false, cause }
}

fn search(traffic: &Traffic, shape: &Shape) -> Found {
    let options = Options {
        noise: if shape.sizes { Noise::Sums } else { Noise::Counts },
        scale: 1.0 / f64::from(shape.windows_before),
        ..Options::default()
    };
    find(&traffic.leaves, &options)
}

fn named(driver: &Driver) -> String {
    let conditions: Vec<String> =
        driver.pattern.iter().map(|(level, code)| format!("{}={code}", LEVELS[*level].0)).collect();
    let (during, before) = (driver.during, driver.before);
    format!("{}: {during:.0} after {before:.0}", conditions.join(" and "))
}

/// Whether most of what was caused is in the drivers, and how many drivers have little to do with it.
fn score(traffic: &Traffic, found: &Found, cause: Cause) -> (bool, usize) {
    let falls = cause == Cause::DomainFalls;
    let leaves = &traffic.leaves;
    let counted = |row: usize| {
        if falls { leaves.before[row] > 0.0 } else { leaves.during[row] > 0.0 }
    };
    let rows = traffic.caused.len();
    let mut hit = vec![false; rows];
    let mut false_drivers = 0;
    for driver in &found.drivers {
        let members: Vec<usize> = (0..rows)
            .filter(|row| {
                let mut conditions = driver.pattern.iter();
                counted(*row)
                    && conditions.all(|(level, code)| leaves.levels[*level].codes[*row] == *code)
            })
            .collect();
        let caused = members.iter().filter(|row| traffic.caused[**row]).count();
        // A target's own requests come on top of those it had.
        let share = if cause == Cause::Target { 0.2 } else { 0.4 };
        if driver.up != falls && caused as f64 >= share * members.len() as f64 {
            members.into_iter().for_each(|row| hit[row] = true);
        } else {
            false_drivers += 1;
        }
    }
    let caused = (0..rows).filter(|row| traffic.caused[*row] && counted(*row));
    let (all, missed) =
        caused.fold((0, 0), |(all, missed), row| (all + 1, missed + usize::from(!hit[row])));
    (all > 0 && missed * 10 <= all * 3, false_drivers)
}

#[test]
fn windows_without_a_cause_give_no_finding() {
    for drift in DRIFTS {
        for (windows_before, seeds) in [(1, 20), (3, 5)] {
            let shape = shape(drift, windows_before, Cause::None);
            for seed in 0..seeds {
                let found = search(&traffic(seed, &shape), &shape);
                let drivers: Vec<String> = found.drivers.iter().map(named).collect();
                assert!(drivers.is_empty(), "drift {drift}, seed {seed}: {drivers:?}");
            }
        }
    }
}

#[test]
fn sizes_without_a_cause_give_no_finding() {
    for drift in DRIFTS {
        let shape = Shape { sizes: true, ..shape(drift, 1, Cause::None) };
        for seed in 0..20 {
            let found = search(&traffic(1_000 + seed, &shape), &shape);
            let drivers: Vec<String> = found.drivers.iter().map(named).collect();
            assert!(drivers.is_empty(), "drift {drift}, seed {seed}: {drivers:?}");
        }
    }
}

#[test]
fn causes_are_found_as_far_as_drift_allows() {
    const SEEDS: u64 = 2;
    for windows_before in [1, 3] {
        for drift in DRIFTS {
            let (mut found_all, mut false_all) = (0, 0);
            let mut line = format!("{windows_before} windows before, drift {drift}:");
            for cause in Cause::ALL {
                let shape = shape(drift, windows_before, cause);
                let mut found = 0;
                for seed in 0..SEEDS {
                    let traffic = traffic(2_000 + seed, &shape);
                    let (hit, false_drivers) = score(&traffic, &search(&traffic, &shape), cause);
                    found += u64::from(hit);
                    false_all += false_drivers;
                }
                found_all += found;
                line += &format!(" {cause:?} {found}/{SEEDS},");
                if drift == 0.0 && !matches!(cause, Cause::Target | Cause::TripledAddress) {
                    assert_eq!(found, SEEDS, "{line}");
                }
                if matches!(cause, Cause::FourAddresses | Cause::DomainFalls) {
                    assert_eq!(found, SEEDS, "{line}");
                }
            }
            println!("{line} {found_all} found, {false_all} false");
            assert!(false_all <= 1, "{line} {false_all} false");
        }
    }
}

#[test]
fn the_same_rows_give_the_same_answer() {
    let shape = shape(0.3, 3, Cause::Botnet);
    let traffic = traffic(7, &shape);
    assert_eq!(search(&traffic, &shape), search(&traffic, &shape));
}

#[test]
fn a_drivers_numbers_are_those_of_its_rows() {
    let shape = shape(0.0, 1, Cause::FourAddresses);
    let traffic = traffic(11, &shape);
    let found = search(&traffic, &shape);
    let leaves = &traffic.leaves;
    assert!(!found.drivers.is_empty());
    for driver in &found.drivers {
        let (mut during, mut before) = (0.0, 0.0);
        for row in 0..leaves.during.len() {
            let mut conditions = driver.pattern.iter();
            if conditions.all(|(level, code)| leaves.levels[*level].codes[row] == *code) {
                during += leaves.during[row];
                before += leaves.before[row];
            }
        }
        assert_eq!((driver.during, driver.before), (during, before));
        assert!(driver.residual_during <= during && driver.residual_before <= before);
        assert!((driver.expected - before * found.growth).abs() < 1e-6);
    }
}

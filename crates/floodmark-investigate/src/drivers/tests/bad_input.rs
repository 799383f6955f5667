//! Rows that say nothing or make no sense: no panic, and no finding.

use crate::drivers::{Direction, Leaves, Level, Noise, Options, find};

fn level(chain: u32, codes: Vec<u32>, cardinality: u32) -> Level {
    Level { chain, depth: 0, codes, cardinality }
}

fn check(leaves: &Leaves, unreadable: u64) {
    for noise in [Noise::Counts, Noise::Sums, Noise::Relative] {
        for direction in [Direction::Up, Direction::Down, Direction::Both, Direction::Total] {
            let options = Options { noise, direction, ..Options::default() };
            let found = find(leaves, &options);
            assert!(found.drivers.is_empty(), "{noise:?} {direction:?}: {:?}", found.drivers);
            assert!(found.growth.is_finite() && found.dispersion.is_finite());
            assert!(found.amounts_unreadable >= unreadable, "{noise:?}");
        }
    }
}

#[test]
fn nothing_gives_nothing() {
    check(&Leaves::default(), 0);
    let levels = vec![level(0, Vec::new(), 0)];
    check(&Leaves { levels, ..Leaves::default() }, 0);
}

#[test]
fn levels_of_one_value_say_nothing() {
    let levels = vec![level(0, vec![0; 100], 1), level(1, vec![0; 100], 1)];
    check(
        &Leaves { levels, during: vec![9.0; 100], before: vec![1.0; 100], ..Leaves::default() },
        0,
    );
}

#[test]
fn what_grew_alike_has_no_driver() {
    let levels = vec![level(0, (0..200).map(|row| row % 4).collect(), 4)];
    let (during, before) = (vec![300.0; 200], vec![100.0; 200]);
    let leaves = Leaves { levels, during, before, ..Leaves::default() };
    let found = find(&leaves, &Options::default());
    assert!(found.drivers.is_empty());
    assert!((found.growth - 3.0).abs() < 1e-9);
}

#[test]
fn amounts_that_are_none_count_as_zero() {
    let levels = vec![level(0, (0..60).map(|row| row % 3).collect(), 3)];
    let during = (0..60).map(|row| [f64::NAN, f64::INFINITY, 1.0][row / 20]).collect();
    let before = (0..60).map(|row| [1.0, 1.0, f64::NEG_INFINITY][row / 20]).collect();
    check(&Leaves { levels, during, before, ..Leaves::default() }, 60);
}

#[test]
fn columns_of_different_lengths_and_codes_out_of_range_are_survived() {
    let levels = vec![
        level(0, vec![0, 1], 2),
        level(1, vec![7; 50], 2),
        level(2, vec![u32::MAX; 50], u32::MAX),
        level(3, (0..50).collect(), 50),
    ];
    let leaves = Leaves {
        levels,
        during: vec![1.0; 50],
        before: vec![1.0; 40],
        windows: vec![3; 10],
        ..Leaves::default()
    };
    check(&leaves, 0);
}

#[test]
fn an_empty_window_does_not_panic() {
    let codes: Vec<u32> = (0..4000).map(|row| row % 20).collect();
    for (during, before) in [(1.0, 0.0), (0.0, 1.0)] {
        let leaves = Leaves {
            levels: vec![level(0, codes.clone(), 20), level(1, codes.clone(), 20)],
            during: vec![during; 4000],
            before: vec![before; 4000],
            ..Leaves::default()
        };
        check(&leaves, 0);
    }
}

#[test]
fn scales_that_are_none_are_one() {
    for scale in [0.0, f64::NAN, -1.0, f64::INFINITY] {
        let levels = vec![level(0, (0..60).map(|row| row % 3).collect(), 3)];
        let leaves = Leaves {
            levels,
            during: vec![100.0; 60],
            before: vec![100.0; 60],
            ..Leaves::default()
        };
        let found = find(&leaves, &Options { scale, ..Options::default() });
        assert!(found.drivers.is_empty());
        assert!((found.growth - 1.0).abs() < 1e-9);
    }
}

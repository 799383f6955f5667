use floodmark_formats::synthetic::Random;
use floodmark_formats::time::{DAY, HOUR, MINUTE, Micros, SECOND};

use crate::spikes::{Chosen, Spike, SpikeOptions, Timeline, before, find};
use crate::window::Window;

/// A number of independent events with this mean.
fn poisson(mean: f64, random: &mut Random) -> f64 {
    if mean > 200.0 {
        let turn = std::f64::consts::TAU * random.fraction();
        let length = (-2.0 * (1.0 - random.fraction()).ln()).sqrt();
        return (mean + mean.sqrt() * length * turn.cos()).round().max(0.0);
    }
    let (mut events, mut left) = (0.0, (1.0 - random.fraction()).ln() + mean);
    while left > 0.0 {
        events += 1.0;
        left += (1.0 - random.fraction()).ln();
    }
    events
}

/// Counts whose means are given by their bucket.
fn counts(seed: u64, buckets: usize, bucket: Micros, mean: impl Fn(usize) -> f64) -> Timeline {
    let mut random = Random::new(seed);
    let amounts = (0..buckets).map(|at| poisson(mean(at), &mut random)).collect();
    Timeline { start: 1_728_086_400 * SECOND, bucket, amounts }
}

fn found(timeline: &Timeline) -> Vec<Spike> {
    find(timeline, &SpikeOptions::default())
}

/// Spikes as the positions of their buckets, `-` before a dip; in the order of the timeline.
fn shown(timeline: &Timeline) -> String {
    let mut spikes = found(timeline);
    spikes.sort_by_key(|spike| spike.window.start);
    let position = |moment: Micros| (moment - timeline.start) / timeline.bucket;
    let texts: Vec<_> = (spikes.iter())
        .map(|spike| {
            let sign = if spike.is_dip { "-" } else { "" };
            format!("{sign}{}..{}", position(spike.window.start), position(spike.window.end))
        })
        .collect();
    texts.join(" ")
}

fn check(expected: &str, timelines: impl Fn(u64) -> Timeline) {
    let mut wrong = Vec::new();
    for seed in 0..50 {
        let timeline = timelines(seed);
        let shown = shown(&timeline);
        if shown != expected {
            wrong.push(format!("seed {seed}: {shown:?}"));
        }
    }
    // One of fifty may go wrong: these are the hard ones, on purpose.
    assert!(wrong.len() <= 1, "{expected:?}, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn chance_and_slow_changes_are_no_spikes() {
    for mean in [0.05, 0.5, 3.0, 20.0, 400.0, 50_000.0] {
        check("", |seed| counts(seed, 140, MINUTE, |_| mean));
    }
    check("", |seed| counts(seed, 1440, MINUTE, |_| 30.0));
    // Four times as much in the end as in the beginning.
    check("", |seed| counts(seed, 180, MINUTE, |at| 20.0 + at as f64 / 3.0));
    check("", |seed| counts(seed, 180, MINUTE, |at| 900.0 + 5.0 * at as f64));
    // A day, and two of them, with four times as much at noon as at midnight.
    let day =
        |at: usize, buckets: f64| 1.0 - 0.6 * (std::f64::consts::TAU * at as f64 / buckets).cos();
    check("", |seed| counts(seed, 288, 5 * MINUTE, |at| 300.0 * day(at, 288.0)));
    check("", |seed| counts(seed, 192, 15 * MINUTE, |at| 300.0 * day(at, 96.0)));
    check("", |seed| counts(seed, 24 * 7, HOUR, |at| 300.0 * day(at, 24.0)));
}

#[test]
fn an_hour_of_three_times_as_much_is_found_to_the_minute() {
    let demo = |mean: f64| move |at: usize| if (60..120).contains(&at) { 3.0 * mean } else { mean };
    for mean in [50.0, 1000.0] {
        check("60..120", |seed| counts(seed, 140, MINUTE, demo(mean)));
    }
    // With more of the spike than of anything else in the logs.
    check("30..90", |seed| {
        counts(seed, 100, MINUTE, |at| if (30..90).contains(&at) { 600.0 } else { 200.0 })
    });
    check("60..120", |seed| {
        counts(seed, 140, MINUTE, |at| if (60..120).contains(&at) { 300.0 } else { 0.0 })
    });
    // From nothing, for the rest of the logs; and until nothing is left.
    check("55..115", |seed| counts(seed, 115, MINUTE, |at| if at < 55 { 0.0 } else { 100.0 }));
    check("-60..110", |seed| counts(seed, 110, MINUTE, |at| if at < 60 { 100.0 } else { 0.0 }));
    // At either edge of the logs.
    check("0..20", |seed| counts(seed, 140, MINUTE, |at| if at < 20 { 600.0 } else { 200.0 }));
    check("120..140", |seed| counts(seed, 140, MINUTE, |at| if at < 120 { 200.0 } else { 600.0 }));
    check("70..71", |seed| counts(seed, 140, MINUTE, |at| if at == 70 { 600.0 } else { 200.0 }));
}

#[test]
fn a_rise_by_a_third_is_found() {
    for seed in 0..50 {
        let mean = |at: usize| if (60..120).contains(&at) { 200.0 } else { 150.0 };
        let timeline = counts(seed, 140, MINUTE, mean);
        let spikes = found(&timeline);
        let [spike] = spikes.as_slice() else { panic!("seed {seed}: {spikes:?}") };
        // Chance moves the edges of so small a one.
        let off = |moment: Micros, minute: i64| (moment - timeline.start - minute * MINUTE).abs();
        let off = off(spike.window.start, 60).max(off(spike.window.end, 120));
        assert!(off <= 10 * MINUTE, "seed {seed}: {spike:?}");
    }
}

#[test]
fn the_figures_of_a_spike_are_those_of_its_buckets() {
    let mut amounts = vec![10.0; 140];
    amounts[60..120].fill(30.0);
    amounts[100] = 45.0;
    let timeline = Timeline { start: 0, bucket: MINUTE, amounts };
    let spikes = found(&timeline);
    let [spike] = spikes.as_slice() else { panic!("{spikes:?}") };
    assert_eq!(spike.window, Window { start: HOUR, end: 2 * HOUR });
    assert_eq!((spike.peak, spike.amount, spike.expected), (45.0, 1815.0, 600.0));
    assert!((spike.factor - 3.025).abs() < 1e-9 && spike.score > 1.0 && !spike.is_dip);
}

#[test]
fn dips_and_several_spikes_are_told_apart() {
    let dip = |at: usize| if (50..80).contains(&at) { 60.0 } else { 200.0 };
    check("-50..80", |seed| counts(seed, 140, MINUTE, dip));
    let outage = |at: usize| if (50..60).contains(&at) { 0.0 } else { 200.0 };
    check("-50..60", |seed| counts(seed, 140, MINUTE, outage));
    let several = |at: usize| match at {
        20..40 => 500.0,
        70..100 => 900.0,
        110..120 => 20.0,
        _ => 200.0,
    };
    check("20..40 70..100 -110..120", |seed| counts(seed, 140, MINUTE, several));
    let timeline = counts(1, 140, MINUTE, several);
    let order: Vec<_> = found(&timeline).iter().map(|spike| spike.window.start).collect();
    let minute = |at: i64| timeline.start + at * MINUTE;
    assert_eq!(order, [minute(70), minute(20), minute(110)], "the largest first");
}

#[test]
fn a_spike_stands_out_of_the_season_and_of_a_day() {
    let season = |at: usize| {
        let hour = at % 24;
        let day = if (8..20).contains(&hour) { 900.0 } else { 100.0 };
        let weekend = if at / 24 % 7 >= 5 { 0.6 } else { 1.0 };
        day * weekend
    };
    check("", |seed| counts(seed, 24 * 14, HOUR, season));
    // At night, and still less than on any day.
    check("243..246", |seed| {
        counts(seed, 24 * 14, HOUR, |at| if (243..246).contains(&at) { 500.0 } else { season(at) })
    });
    let slow = |at: usize| 300.0 - 200.0 * (std::f64::consts::TAU * at as f64 / 288.0).cos();
    check("36..48", |seed| {
        let spike = |at: usize| slow(at) * if (36..48).contains(&at) { 3.0 } else { 1.0 };
        counts(seed, 288, 5 * MINUTE, spike)
    });
}

#[test]
fn what_happens_again_and_again_is_usual() {
    let batches = |at: usize| if at % 15 < 5 { 600.0 } else { 200.0 };
    check("", |seed| counts(seed, 180, MINUTE, batches));
}

#[test]
fn sums_scatter_more_than_counts() {
    // Bytes of few answers, some of them large.
    let bytes = |seed: u64, factor: f64| {
        let mut random = Random::new(seed);
        let mut sum = |mean: f64| {
            let answers = poisson(mean, &mut random) as usize;
            (0..answers).map(|_| 500.0 / (1.0 - random.fraction()).powf(0.35)).map(f64::round).sum()
        };
        let amounts =
            (0..140).map(|at| sum(if (60..90).contains(&at) { 50.0 * factor } else { 50.0 }));
        Timeline { start: 0, bucket: MINUTE, amounts: amounts.collect() }
    };
    check("", |seed| bytes(seed, 1.0));
    check("60..90", |seed| bytes(seed, 6.0));
}

#[test]
fn a_level_that_wanders_is_no_spike() {
    let wandering = |seed: u64, deviation: f64, spike: f64| {
        let mut random = Random::new(seed);
        let mut level: f64 = 0.0;
        let step = deviation * (1.0_f64 - 0.9 * 0.9).sqrt() * 3.4641;
        let amounts = (0..180).map(|at| {
            level = 0.9 * level + step * (random.fraction() - 0.5);
            let factor = if (100..130).contains(&at) { spike } else { 1.0 };
            poisson(200.0 * level.exp() * factor, &mut random)
        });
        Timeline { start: 0, bucket: MINUTE, amounts: amounts.collect() }
    };
    check("", |seed| wandering(seed, 0.08, 1.0));
    check("100..130", |seed| wandering(seed, 0.08, 4.0));
}

#[test]
fn what_is_not_known_is_not_found() {
    for amounts in [
        vec![],
        vec![5.0],
        vec![5.0, 900.0],
        vec![0.0; 200],
        vec![f64::NAN; 200],
        vec![f64::INFINITY; 200],
        vec![-1.0; 200],
        vec![7.0; 200],
        vec![1e300; 200],
    ] {
        let timeline = Timeline { start: 0, bucket: MINUTE, amounts };
        assert_eq!(shown(&timeline), "");
        assert_eq!(shown(&Timeline { bucket: 0, ..timeline }), "");
    }
    check("60..120", |seed| {
        let spike = |at: usize| if (60..120).contains(&at) { 600.0 } else { 200.0 };
        let mut timeline = counts(seed, 140, MINUTE, spike);
        timeline.amounts[10] = f64::NAN;
        timeline.amounts[80..90].fill(f64::NAN);
        timeline
    });
}

#[test]
fn only_whole_buckets_of_the_trusted_window_are_looked_at() {
    let mut timeline =
        counts(1, 140, MINUTE, |at| if (9..130).contains(&at) { 200.0 } else { 2.0 });
    timeline.amounts[9] = 100.0;
    assert!(!shown(&timeline).is_empty());
    let start = timeline.start + 9 * MINUTE + 1;
    let trusted = Some(Window { start, end: timeline.start + 130 * MINUTE });
    let options = SpikeOptions { trusted, ..SpikeOptions::default() };
    assert_eq!(find(&timeline, &options), []);
}

#[test]
fn a_spike_is_compared_with_quiet_time_of_its_length() {
    let minutes = |seed, spikes: &'static [(usize, usize)]| {
        let mean = move |at: usize| {
            let spike = spikes.iter().any(|(start, end)| (*start..*end).contains(&at));
            if spike { 900.0 } else { 200.0 }
        };
        counts(seed, 240, MINUTE, mean)
    };
    let check = |spikes: &'static [(usize, usize)], expected: &[(i64, i64)], chosen, is_shorter| {
        let timeline = minutes(3, spikes);
        let found = found(&timeline);
        let control = before(&timeline, &SpikeOptions::default(), &found, &found[0])
            .expect("there is quiet time");
        let position = |moment: Micros| (moment - timeline.start) / MINUTE;
        let windows: Vec<_> = (control.windows.iter())
            .map(|window| (position(window.start), position(window.end)))
            .collect();
        assert_eq!(windows, expected, "{spikes:?}");
        assert_eq!((control.chosen, control.is_shorter), (chosen, is_shorter), "{spikes:?}");
    };
    check(&[(80, 140)], &[(20, 80)], Chosen::JustBefore, false);
    check(&[(40, 100)], &[(0, 40)], Chosen::JustBefore, true);
    check(&[(50, 70), (110, 170)], &[(30, 50), (70, 110)], Chosen::JustBefore, false);
    check(&[(0, 60)], &[(60, 120)], Chosen::JustAfter, false);
    // At seven in the evening there is always three times as much as at six.
    let evening = |at: usize| {
        let usual = if at % 24 == 19 { 900.0 } else { 300.0 };
        usual * if at == 24 * 4 + 19 { 3.0 } else { 1.0 }
    };
    let timeline = counts(5, 24 * 7, HOUR, evening);
    let found = found(&timeline);
    let control = before(&timeline, &SpikeOptions::default(), &found, &found[0]);
    let control = control.expect("there are other days");
    assert_eq!(control.chosen, Chosen::PreviousDay);
    assert_eq!(control.windows, [found[0].window.earlier(DAY)]);
}

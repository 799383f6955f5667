//! The time that a spike is compared with.

use floodmark_formats::time::DAY;

use crate::spikes::{Spike, SpikeOptions, Timeline};
use crate::window::Window;

/// The windows that a spike is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// The windows, the earliest first; they overlap neither the spike nor another one.
    pub windows: Vec<Window>,
    /// Why these.
    pub chosen: Chosen,
    /// Whether they are shorter together than the spike, since the logs hold no more.
    pub is_shorter: bool,
}

/// Which time was chosen for a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The quiet time just before.
    JustBefore,
    /// The same time of the day before.
    PreviousDay,
    /// The same time of the same day a week before.
    PreviousWeek,
    /// The quiet time just after: the logs hold nothing quiet before.
    JustAfter,
}

/// A whole day or week is taken only if it is so much nearer to what was expected, as a share of that.
const NEARER: f64 = 0.05;

/// The time that a spike is compared with; None if the logs hold nothing but spikes.
///
/// That is the quiet time just before, as long as the spike where the logs hold so much, or the same time a day or a week earlier if its
/// amount is nearer to what was expected.
pub fn before(
    timeline: &Timeline,
    options: &SpikeOptions,
    spikes: &[Spike],
    spike: &Spike,
) -> Option<Control> {
    let range = timeline.within(options.trusted);
    let held = timeline.window(range.start, range.end);
    let length = spike.window.length();
    let just_before = control(quiet(held, spikes, spike, true), length, Chosen::JustBefore);
    let earlier = [(DAY, Chosen::PreviousDay), (7 * DAY, Chosen::PreviousWeek)];
    let mut best = just_before.map(|control| (control_error(timeline, &control, spike), control));
    for (days, chosen) in earlier {
        let window = spike.window.earlier(days);
        let is_held = held.start <= window.start && window.end <= held.end;
        if !is_held || spikes.iter().any(|other| other.window.overlaps(window)) {
            continue;
        }
        let control = Control { windows: vec![window], chosen, is_shorter: false };
        let error = control_error(timeline, &control, spike);
        if best.as_ref().is_none_or(|(known, _)| error + NEARER < *known) {
            best = Some((error, control));
        }
    }
    best.map(|(_, control)| control)
        .or_else(|| control(quiet(held, spikes, spike, false), length, Chosen::JustAfter))
}

/// Quiet windows next to a spike, as long together as it is, or as many as there are.
fn quiet(held: Window, spikes: &[Spike], spike: &Spike, is_before: bool) -> Vec<Window> {
    let side = if is_before {
        Window { start: held.start, end: spike.window.start }
    } else {
        Window { start: spike.window.end, end: held.end }
    };
    let mut others: Vec<Window> =
        (spikes.iter()).map(|other| other.window).filter(|other| other.overlaps(side)).collect();
    others.sort_unstable();
    let mut free = Vec::new();
    let mut from = side.start;
    for other in others {
        free.push(Window { start: from, end: other.start });
        from = from.max(other.end);
    }
    free.push(Window { start: from, end: side.end });
    free.retain(|window| window.length() > 0);
    if is_before {
        free.reverse();
    }
    let mut needed = spike.window.length();
    let mut taken = Vec::new();
    for window in free {
        let length = window.length().min(needed);
        needed -= length;
        taken.push(if is_before {
            Window { start: window.end - length, ..window }
        } else {
            Window { end: window.start + length, ..window }
        });
        if needed == 0 {
            break;
        }
    }
    taken.sort_unstable();
    taken
}

fn control(windows: Vec<Window>, length: i64, chosen: Chosen) -> Option<Control> {
    let held: i64 = windows.iter().map(|window| window.length()).sum();
    (held > 0).then_some(Control { windows, chosen, is_shorter: held < length })
}

/// How far the amount of the windows, scaled to the spike's length, is from what was expected; as a share of that.
fn control_error(timeline: &Timeline, control: &Control, spike: &Spike) -> f64 {
    let mut amount = 0.0;
    let mut length = 0;
    for window in &control.windows {
        let buckets = timeline.within(Some(*window));
        length += timeline.window(buckets.start, buckets.end).length();
        amount += timeline.amounts[buckets].iter().filter(|amount| amount.is_finite()).sum::<f64>();
    }
    if length == 0 || spike.expected <= 0.0 {
        return 0.0;
    }
    let scaled = amount * spike.window.length() as f64 / length as f64;
    (scaled - spike.expected).abs() / spike.expected
}

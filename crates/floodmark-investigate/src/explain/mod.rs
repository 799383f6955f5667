//! Where a change in traffic comes from: `explain`.
//!
//! One pass over the rows of both windows finds candidates (the driver scan of [`crate::drivers`]), a second one counts each
//! of them again. What is said is what the second pass counted.

mod amounts;
pub mod answer;
mod assemble;
mod carrier;
mod cells;
mod collect;
mod dictionary;
mod dimensions;
mod findings;
mod levels;
mod measures;
mod movement;
mod portrait;
mod proof;
mod rows;
pub mod text;
mod when;

use floodmark_engine::{Error, Result};
use floodmark_formats::time::{DAY, iso};

use crate::counting;
use crate::drivers::{self, Direction, Options};
use crate::explain::amounts::amounts;
use crate::explain::answer::{Answer, Explanation, Quiet, SpikeFound};
use crate::explain::assemble::{Assembly, Windows};
use crate::explain::collect::{Collected, Columns, collect};
use crate::explain::measures::{Measures, Shape};
use crate::explain::movement::Sides;
use crate::explain::when::when;
use crate::limits::{CONTRIBUTORS_MAX, EARLIER_WINDOWS_MAX, WINDOWS_MAX};
use crate::naming::{Names, seconds};
use crate::spikes::Chosen;
use crate::subject::Subject;
use crate::window::{Before, Window};

/// What is to be explained.
#[derive(Clone, Debug)]
pub struct ExplainQuestion {
    /// The window in which something happened; None for the largest spike or dip of the timeline.
    pub during: Option<Window>,
    /// What it is compared with; None for the time just before, or for what the timeline says.
    pub before: Option<Before>,
    /// The measure, by its name or as an aggregate expression; None for the one that moved.
    pub measure: Option<String>,
    /// How many earlier windows are read, where the logs hold them, to learn how much values vary by themselves.
    pub earlier_max: usize,
    /// How many contributors are given.
    pub contributors_max: usize,
}

impl Default for ExplainQuestion {
    fn default() -> Self {
        Self {
            during: None,
            before: None,
            measure: None,
            earlier_max: EARLIER_WINDOWS_MAX,
            contributors_max: CONTRIBUTORS_MAX,
        }
    }
}

/// What is compared with what.
struct Comparison {
    during: Window,
    before: Before,
    measure: Option<String>,
    spikes: Vec<SpikeFound>,
    statements: Vec<String>,
}

/// Explains how a window differs from those before it. Without a window it looks for one in the timeline.
///
/// # Errors
///
/// `NotFound` if a window holds no rows, `InvalidQuery` and `NotSupported` for measures that are none or cannot be divided
/// among contributors, and those of the engine.
pub async fn explain(subject: &Subject<'_>, question: &ExplainQuestion) -> Result<Answer> {
    let mut comparison = Comparison {
        during: Window { start: 0, end: 0 },
        before: question.before.clone().unwrap_or_default(),
        measure: question.measure.clone(),
        spikes: Vec::new(),
        statements: Vec::new(),
    };
    match question.during {
        Some(during) => comparison.during = during,
        None => {
            if let Some(quiet) = find_window(subject, question, &mut comparison).await? {
                return Ok(Answer::Quiet(quiet));
            }
        }
    }
    let mut explanation = Box::pin(compare(subject, question, comparison)).await?;
    name(subject, &mut explanation);
    Ok(Answer::Explained(Box::new(explanation)))
}

/// Names the addresses that an answer shows, as far as they are known by now.
pub fn name(subject: &Subject<'_>, explanation: &mut Explanation) {
    let at = Some(seconds(explanation.during.start));
    explanation.names = Names::of(subject.who(), explanation.values(), at);
}

/// Sets the window to the largest spike or dip of the timeline. Gives what is to be said if there is none.
async fn find_window(
    subject: &Subject<'_>,
    question: &ExplainQuestion,
    comparison: &mut Comparison,
) -> Result<Option<Quiet>> {
    let (measures, asked) = Measures::of(subject.log_type(), question.measure.as_deref())?;
    let counting = counting::rule(subject, &[]).await?;
    let counted = counting.as_ref().map(|counting| subject.and(&counting.predicate));
    let subject = counted.as_ref().unwrap_or(subject);
    let Some(when) = when(subject, &measures, asked).await? else {
        return Err(Error::not_found(format!(
            "`{}` has no rows here that have a time",
            subject.name()
        ))
        .hint("`floodmark tables --from PATH` shows what lies there"));
    };
    comparison.statements.push(when.statement.clone());
    comparison.spikes = (when.found.iter())
        .map(|found| SpikeFound::of(&measures.all[found.measure], &found.spike))
        .collect();
    let Some(largest) = when.found.first() else {
        return Ok(Some(Quiet::of(subject, &when)));
    };
    comparison.during = largest.spike.window;
    if comparison.measure.is_none() && measures.all[largest.measure].shape != Shape::Records {
        comparison.measure = Some(measures.all[largest.measure].name.clone());
    }
    if question.before.is_none() {
        let control = largest.control.as_ref().ok_or_else(|| {
            Error::not_found("there is no quiet time to compare the spike with")
                .hint("name one with `--before`, or more of the logs")
        })?;
        let quiet: i64 = control.windows.iter().map(|window| window.length()).sum();
        // The first bucket of the logs may be cut; what is missing by that is no shorter window.
        let is_as_long = comparison.during.length() - quiet <= when.bucket;
        let usual = match control.chosen {
            Chosen::JustBefore if is_as_long => Some(Before::JustBefore),
            Chosen::PreviousDay => Some(Before::PreviousDay),
            Chosen::PreviousWeek => Some(Before::PreviousWeek),
            Chosen::JustBefore | Chosen::JustAfter => None,
        };
        // Quiet time is not always in one piece, nor always next to the spike.
        let ends = |windows: &[Window]| match windows {
            [only] => Some(only.end),
            _ => None,
        };
        let is_usual = |before: &Before| {
            let windows = before.of(comparison.during);
            windows.is_ok_and(|usual| ends(&usual) == ends(&control.windows) && usual.len() == 1)
        };
        comparison.before =
            usual.filter(is_usual).unwrap_or_else(|| Before::Windows(control.windows.clone()));
    }
    Ok(None)
}

async fn compare(
    subject: &Subject<'_>,
    question: &ExplainQuestion,
    comparison: Comparison,
) -> Result<Explanation> {
    let during = comparison.during;
    let before = comparison.before.of(during)?;
    let mut windows = vec![during];
    windows.extend(&before);
    windows.extend(earlier(during, &comparison.before, &before, question.earlier_max));
    if windows.len() > WINDOWS_MAX {
        let message = format!("at most {WINDOWS_MAX} windows can be compared");
        return Err(Error::new(floodmark_engine::ErrorKind::LimitReached, message)
            .hint("name longer windows in the place of many short ones"));
    }
    let counting = counting::rule(subject, &windows[..=before.len()]).await?;
    let counted = counting.as_ref().map(|counting| subject.and(&counting.predicate));
    let subject = counted.as_ref().unwrap_or(subject);
    let (measures, asked) = Measures::of(subject.log_type(), comparison.measure.as_deref())?;
    let dimensions = dimensions::dimensions(subject.table(), subject.who())?;
    let columns = Columns {
        dimensions: &dimensions,
        parts: &measures.parts,
        has_end: !subject.log_type().event_end.is_empty(),
    };
    let mut collected = collect(subject, &windows, &columns).await?;
    let mut statements = comparison.statements;
    statements.extend(columns.sql(subject, &windows));
    for (at, (window, totals)) in windows[..=before.len()].iter().zip(&collected.totals).enumerate()
    {
        // In a dip that was found in the timeline there may be nothing left.
        let may_be_empty = at == 0 && !comparison.spikes.is_empty();
        if totals.rows == 0 && !may_be_empty {
            return Err(nothing_there(subject, *window).await?);
        }
    }
    let known = collected.keep_whole_windows(&windows, before.len());
    let length: i64 = before.iter().map(|window| window.length()).sum();
    let sides = Sides { before: before.len(), length: length as f64 / during.length() as f64 };
    let moved = movement::movements(&measures, &collected, &sides);
    let explained = asked.unwrap_or_else(|| movement::choose(&measures, &moved));
    let levels = levels::levels(&dimensions, &collected.rows, subject.who())?;
    let shape = measures.all[explained].shape;
    let amounts = amounts(shape, &collected.rows, &levels);
    let scale = if amounts.is_per_record {
        rows_of_windows(&collected, 0..1) / rows_of_windows(&collected, 1..windows.len()).max(1.0)
    } else {
        let all = before.len() + known;
        let length: i64 = windows[1..=all].iter().map(|window| window.length()).sum();
        during.length() as f64 / length as f64
    };
    let options =
        Options { noise: amounts.noise, scale, direction: Direction::Both, ..Options::default() };
    let mut found = drivers::find(&amounts.leaves, &options).drivers;
    if found.is_empty() && moved[explained].moved && collected.totals[0].rows > 0 {
        found.extend(carrier::carrier(&amounts.leaves, scale));
    }
    let findings = findings::findings(&found, &levels, &amounts);
    let assembly = Assembly {
        subject,
        windows: Windows {
            during,
            earlier: windows[before.len() + 1..=before.len() + known].to_vec(),
            before,
        },
        dimensions: &dimensions,
        measures: &measures,
        explained,
        moved,
        collected: &collected,
        levels: &levels,
        amounts: &amounts,
        contributors_max: question.contributors_max,
        spikes: comparison.spikes,
        counting: counting.map(|counting| counting.sentence),
    };
    assembly.answer(findings, statements).await
}

/// The windows before those that are compared, at the same distance from one another.
fn earlier(during: Window, before: &Before, windows: &[Window], count: usize) -> Vec<Window> {
    let step = match before {
        Before::JustBefore => during.length(),
        Before::PreviousDay => DAY,
        Before::PreviousWeek => 7 * DAY,
        Before::Windows(_) => return Vec::new(),
    };
    let Some(first) = windows.first() else { return Vec::new() };
    let count = count.min(WINDOWS_MAX);
    (1_i64..).take(count).map(|back| first.earlier(step.saturating_mul(back))).collect()
}

fn rows_of_windows(collected: &Collected, windows: std::ops::Range<usize>) -> f64 {
    let end = windows.end.min(collected.totals.len());
    collected.totals[windows.start..end].iter().map(|totals| totals.rows as f64).sum()
}

/// The error that a window holds no rows, with what the logs at hand span.
async fn nothing_there(subject: &Subject<'_>, window: Window) -> Result<Error> {
    let error = Error::not_found(format!("no row of `{}` lies in {window}", subject.name()));
    let sql = format!("SELECT min(event_time), max(event_time) {}", subject.from(&[]));
    let batches = subject.ask(&sql).await?;
    let mut span = batches.iter().filter(|batch| batch.num_rows() > 0).filter_map(|batch| {
        let texts = floodmark_engine::athena::Texts::new(batch).ok()?;
        Some((texts.text(0, 0)?, texts.text(1, 0)?))
    });
    Ok(match span.next() {
        Some((first, last)) => error.hint(format!(
            "its rows at this place{} span {first} to {last} (UTC): choose `--during` and `--before` within",
            if subject.condition().is_some() { " that meet the condition" } else { "" }
        )),
        None => error.hint("there are no rows at this place at all: `floodmark tables --from PATH` shows what lies there"),
    })
}

impl Collected {
    /// Leaves out the earlier windows that the logs do not hold as a whole, and all before them. Gives how many are left.
    fn keep_whole_windows(&mut self, windows: &[Window], before: usize) -> usize {
        /// How much of an earlier window its rows must span, and how many of the usual rows it must have.
        const WHOLE: f64 = 0.9;
        const ROWS: f64 = 0.3;
        let usual = rows_of_windows(self, 1..before + 1) / before.max(1) as f64;
        let earlier = (windows.iter().zip(&self.totals)).skip(before + 1);
        let known = earlier
            .take_while(|(window, totals)| {
                let span = totals.span.map_or(0, |(first, last)| last - first);
                span as f64 >= WHOLE * window.length() as f64 && totals.rows as f64 >= ROWS * usual
            })
            .count();
        self.rows.forget_windows(u8::try_from(before + known).unwrap_or(u8::MAX));
        self.totals.truncate(before + known + 1);
        known
    }
}

/// What the shape of a measure is called where its contributors are counted.
fn counted_as(shape: Shape, bound: f64) -> Option<String> {
    match shape {
        Shape::Percentile(..) => Some(format!("rows above {bound}")),
        _ => None,
    }
}

/// The note on windows that the rows do not span.
fn span_notes(collected: &Collected, windows: &Windows) -> Vec<String> {
    /// Which share of a window may be empty at its ends.
    const GAP: f64 = 0.1;
    let all = std::iter::once(&windows.during).chain(&windows.before).zip(&collected.totals);
    all.filter_map(|(window, totals)| {
        let (first, last) = totals.span?;
        ((last - first) as f64 <= (1.0 - GAP) * window.length() as f64).then(|| {
            format!(
                "the window {window} holds rows from {} to {} only: if the logs end there, the comparison is not fair",
                iso(first),
                iso(last)
            )
        })
    })
    .collect()
}

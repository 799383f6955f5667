//! Panels out of rows that are kept, on all threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::time::Micros;

use crate::column::{Chunk, Reader, RowSet, dictionary};
use crate::limits::{SERIES_MAX, THREADS_MAX};
use crate::matching::{Chosen, Flags};
use crate::panels::by_value;
use crate::plan::Plan;
use crate::tally::{Pass, Tally, WIDTHS};

/// Counts what a plan wants of kept rows.
///
/// # Errors
///
/// `Cancelled` if it is stopped, and those of unpacking.
pub(crate) fn answer(set: &RowSet, plan: &Plan, stop: &AtomicBool) -> Result<Tally> {
    let mut flags = Flags::default();
    flags.update(&plan.matcher, &set.columns);
    // The newest rows come first, so that the older ones need not be looked at.
    let mut order: Vec<&Chunk> = set.chunks.iter().collect();
    order.sort_by_key(|chunk| std::cmp::Reverse(chunk.span.map_or(Micros::MIN, |(_, last)| last)));
    let series = series(set, plan, &flags, &order, stop)?;
    let pass = Pass { plan, columns: &set.columns, flags: &flags, series: series.as_deref() };
    let width = width(set, plan);
    let tallies = on_threads(
        &order,
        stop,
        || Tally::new(plan, width),
        |tally, chunk| tally.add(&pass, chunk),
    )?;
    let mut all = Tally::new(plan, width);
    // Bins were made longer by each thread for itself.
    let longest = tallies.iter().map(|tally| tally.timeline.width).max().unwrap_or(0);
    all.timeline.widen(longest.max(all.timeline.width));
    for mut tally in tallies {
        tally.timeline.widen(longest.max(tally.timeline.width));
        all.merge(tally);
    }
    Ok(all)
}

/// The length of the timeline's bins, if the rows say when they were.
fn width(set: &RowSet, plan: &Plan) -> Option<usize> {
    let bins = plan.timeline?.bins as i64;
    let length = match plan.windows.span {
        Some(span) => span.length(),
        None => set.span.map(|(first, last)| last.saturating_sub(first))?,
    };
    let last = WIDTHS.len() - 1;
    Some(WIDTHS.iter().position(|width| length / width <= bins).unwrap_or(last))
}

/// The codes of the values with the largest amounts, which have a series of their own.
fn series(
    set: &RowSet,
    plan: &Plan,
    flags: &Flags,
    order: &[&Chunk],
    stop: &AtomicBool,
) -> Result<Option<Vec<u32>>> {
    let Some(by) = plan.timeline.and_then(|timeline| timeline.by) else { return Ok(None) };
    let columns = &set.columns;
    let Some(values) = dictionary(&columns[by]) else { return Ok(Some(Vec::new())) };
    let none = || vec![0.0; values.len()];
    let parts = on_threads(order, stop, none, |amounts, chunk| {
        let mut reader = Reader::new(chunk, columns);
        let mask = flags.mask(&plan.matcher, columns, &mut reader)?;
        let chosen = Chosen::of(chunk, mask.as_deref(), plan.windows.span);
        let numbers = match plan.amounts() {
            Some(column) => Some(reader.numbers(column)?),
            None => None,
        };
        let mut codes = Vec::new();
        chunk.codes(columns, by, &mut codes);
        chosen.each(|row| {
            if chunk.times[row] != crate::column::UNDATED {
                let amount = numbers.as_ref().map_or(1.0, |numbers| numbers[row]);
                amounts[codes[row] as usize] += amount;
            }
        });
        Ok(())
    })?;
    let total = |code: usize| parts.iter().map(|amounts: &Vec<f64>| amounts[code]).sum::<f64>();
    let all = (0..values.len()).map(|code| (code as u32, total(code)));
    let mut all: Vec<(u32, f64)> = all.filter(|(_, amount)| *amount != 0.0).collect();
    all.sort_by(|(a, of_a), (b, of_b)| of_b.total_cmp(of_a).then_with(|| by_value(values, *a, *b)));
    Ok(Some(all.into_iter().take(SERIES_MAX).map(|(code, _)| code).collect()))
}

/// Works on chunks in their order, on as many threads as there are cores.
fn on_threads<T: Send>(
    chunks: &[&Chunk],
    stop: &AtomicBool,
    start: impl Fn() -> T + Sync,
    work: impl Fn(&mut T, &Chunk) -> Result<()> + Sync,
) -> Result<Vec<T>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(THREADS_MAX).min(chunks.len()).max(1);
    let next = AtomicUsize::new(0);
    let run = || -> Result<T> {
        let mut part = start();
        while let Some(chunk) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                return Err(stopped());
            }
            work(&mut part, chunk)?;
        }
        Ok(part)
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut parts = vec![run()?];
        for other in others {
            parts.push(other.join().unwrap_or_else(|_| {
                Err(Error::new(ErrorKind::Internal, "rows could not be counted"))
            })?);
        }
        Ok(parts)
    })
}

/// The error of work that nobody waits for any more.
pub(crate) fn stopped() -> Error {
    Error::new(ErrorKind::Cancelled, "nobody waits for the answer any more")
}

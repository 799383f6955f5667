//! A measure over time, in buckets of equal length.

use std::collections::BTreeMap;

use floodmark_engine::{Error, ErrorKind, Result, dialect};
use floodmark_formats::time::{self, DAY, HOUR, MINUTE, Micros, SECOND, iso};

use crate::answer::Rows;
use crate::grouping::{self, Grouping};
use crate::limits::{SERIES_MAX, TIMELINE_BUCKETS_CHOSEN_MAX, TIMELINE_BUCKETS_MAX};
use crate::measure::Measure;
use crate::spikes::{self, Spike, SpikeOptions, Timeline};
use crate::subject::Subject;
use crate::window::Window;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimelineQuestion<'a> {
    /// A column, dimension or expression whose largest values have a line each; None is one line for all rows.
    pub by: Option<&'a str>,
    /// The measure by its name or as an expression; None is the count of records.
    pub measure: Option<&'a str>,
    /// Only rows of this time; None is all that the logs hold.
    pub during: Option<Window>,
    /// The length of a bucket, in whole seconds; None chooses one.
    pub every: Option<Micros>,
}

/// A measure over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// What is measured.
    pub measure: Measure,
    /// Whether the amounts are whole numbers.
    pub is_whole: bool,
    /// What the lines are told apart by; None if there is only one.
    pub by: Option<String>,
    /// The start of the first bucket.
    pub start: Micros,
    /// The length of every bucket.
    pub bucket: Micros,
    /// The lines, the one with the largest amount first, that of all other values last; each as long as the others.
    pub lines: Vec<Line>,
    /// Spikes and dips of the one line, the largest first; empty if there are several.
    pub spikes: Vec<Spike>,
    /// Where the logs are complete, as far as their rows tell.
    pub trusted: Window,
    /// How many rows are not shown: they began before what the logs hold, as long connections did.
    pub rows_before: u64,
    /// How many rows are not shown because they have no time.
    pub rows_undated: u64,
}

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The value that it is for; None if it is for all rows, or for all other values and for NULL.
    pub value: Option<String>,
    /// An amount per bucket. Without rows it is 0 where amounts add up, else None.
    pub amounts: Vec<Option<f64>>,
}

/// A question that was checked, as SQL.
#[derive(Clone, Debug)]
pub struct TimelinePlan {
    by: Option<Grouping>,
    measure: Measure,
    bucket: Micros,
    during: Option<Window>,
    /// When the first and the last object at hand were written, where that is needed.
    held: Option<Window>,
    /// Whether a condition leaves rows out.
    is_narrowed: bool,
    /// The statement that answers it.
    pub sql: String,
}

/// The lengths that are chosen from.
const LENGTHS: [Micros; 6] = [10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, DAY];

/// Makes the statement for a question. To choose the buckets' length the objects' names are looked at, and if they do not tell the
/// time, the rows.
///
/// # Errors
///
/// `NotFound` and `InvalidQuery` for measures and expressions that are none, and the errors of listing and reading.
pub async fn plan(subject: &Subject<'_>, question: &TimelineQuestion<'_>) -> Result<TimelinePlan> {
    let measure = Measure::of(subject.log_type(), question.measure)?;
    let by: Vec<String> = question.by.iter().map(|by| (*by).to_owned()).collect();
    let by = match by.as_slice() {
        [] => None,
        by => match grouping::groupings(subject.table(), by)?.as_slice() {
            [only] => Some(only.clone()),
            _ => {
                return Err(Error::invalid_query("a timeline is told apart by one column")
                    .hint("put two together: `--by \"concat(a, ' ', b)\"`"));
            }
        },
    };
    let needs_held = question.every.is_none() || subject.condition().is_some();
    let held = if needs_held { subject.held().await? } else { None };
    let bucket = match question.every {
        Some(every) if every < SECOND || every % SECOND != 0 => {
            return Err(Error::invalid_query("a bucket is of whole seconds"));
        }
        Some(every) => every,
        None => {
            let span = match question.during.or(held) {
                Some(span) => Some(span),
                None => span(subject).await?,
            };
            chosen(span.map_or(0, Window::length))
        }
    };
    let windows: Vec<Window> = question.during.into_iter().collect();
    let sql = statement(subject, &windows, &measure, by.as_ref(), bucket);
    let is_narrowed = subject.condition().is_some();
    Ok(TimelinePlan { by, measure, bucket, during: question.during, held, is_narrowed, sql })
}

/// Asks for the course of a measure, and finds its spikes.
///
/// One statement; with `by` it reads the logs twice, once to find the largest values.
///
/// # Errors
///
/// Those of the engine; `LimitReached` if there are too many buckets.
pub async fn ask(subject: &Subject<'_>, plan: &TimelinePlan) -> Result<Option<Course>> {
    let mut counted = Counted::default();
    let texts = 1 + usize::from(plan.by.is_some());
    let mut answer = Rows::ask(subject, &plan.sql, texts).await?;
    let is_whole = answer.is_whole(texts);
    let mut cells = 0;
    while let Some(batch) = answer.next().await? {
        for row in batch.rows() {
            let mut key = batch.texts(row).into_iter();
            let moment = key.next().flatten().and_then(|text| moment(&text));
            let number = |column: usize| batch.number(texts + column, row);
            let rows = number(1).unwrap_or(0.0);
            let Some(moment) = moment else {
                counted.undated += rows as u64;
                continue;
            };
            counted.add(rows, [number(2), number(3), number(4)]);
            let cell = Cell { amount: number(0), rows: rows as u64 };
            counted.cells.entry(key.next().flatten()).or_default().insert(moment, cell);
            cells += 1;
            if cells > TIMELINE_BUCKETS_MAX * (1 + SERIES_MAX) {
                return Err(too_many(plan.bucket, None));
            }
        }
    }
    let Some(axis) = counted.axis(plan)? else { return Ok(None) };
    let mut lines: Vec<Line> = Vec::new();
    let mut rows_before = 0;
    for (value, cells) in &counted.cells {
        let empty = plan.measure.is_additive.then_some(0.0);
        let mut amounts = vec![empty; axis.buckets];
        for (moment, cell) in cells {
            match usize::try_from((moment - axis.start).div_euclid(plan.bucket)) {
                Ok(at) if at < axis.buckets => amounts[at] = cell.amount.or(empty),
                _ => rows_before += cell.rows,
            }
        }
        lines.push(Line { value: value.clone(), amounts });
    }
    let sum = |line: &Line| line.amounts.iter().flatten().sum::<f64>();
    lines.sort_by(|a, b| a.value.is_none().cmp(&b.value.is_none()).then(sum(b).total_cmp(&sum(a))));
    let trusted = counted.trusted(plan, &axis);
    let spikes = match (lines.as_slice(), &plan.by) {
        ([only], None) => {
            let amounts = only.amounts.iter().map(|amount| amount.unwrap_or(f64::NAN)).collect();
            let timeline = Timeline { start: axis.start, bucket: plan.bucket, amounts };
            let options = SpikeOptions { trusted: Some(trusted), ..SpikeOptions::default() };
            spikes::find(&timeline, &options)
        }
        _ => Vec::new(),
    };
    Ok(Some(Course {
        measure: plan.measure.clone(),
        is_whole,
        by: plan.by.as_ref().map(|grouping| grouping.name.clone()),
        start: axis.start,
        bucket: plan.bucket,
        lines,
        spikes,
        trusted,
        rows_before,
        rows_undated: counted.undated,
    }))
}

/// What was counted, by line and bucket.
#[derive(Default)]
struct Counted {
    cells: BTreeMap<Option<String>, BTreeMap<Micros, Cell>>,
    undated: u64,
    rows: f64,
    /// When the first row ended, and the last one.
    ends: Option<Window>,
    /// How long nearly all rows took, in seconds, times their number.
    durations: f64,
}

struct Cell {
    amount: Option<f64>,
    rows: u64,
}

/// The buckets that are shown.
struct Axis {
    start: Micros,
    buckets: usize,
}

impl Counted {
    fn add(&mut self, rows: f64, [first, last, duration]: [Option<f64>; 3]) {
        self.rows += rows;
        self.durations += rows * duration.unwrap_or(0.0);
        if let (Some(first), Some(last)) = (first, last) {
            let (first, last) = (micros(first), micros(last));
            let ends = self.ends.get_or_insert(Window { start: first, end: last });
            ends.start = ends.start.min(first);
            ends.end = ends.end.max(last);
        }
    }

    /// The buckets from the first thing that ended to the last that began; None if there is nothing.
    fn axis(&self, plan: &TimelinePlan) -> Result<Option<Axis>> {
        let moments = || self.cells.values().flat_map(|cells| cells.keys().copied());
        let (Some(first), Some(last)) = (moments().min(), moments().max()) else { return Ok(None) };
        let floor = |moment: Micros| moment.div_euclid(plan.bucket) * plan.bucket;
        let (start, end) = match plan.during {
            Some(during) => (floor(during.start), floor(during.end - 1) + plan.bucket),
            None => {
                let begun = self.ends.map_or(first, |ends| floor(ends.start).max(first)).min(last);
                // Before the first row that meets a condition there may be logs. Behind the last one there may be too, but rows that
                // cease are not told from logs that end.
                let held = plan.held.filter(|_| plan.is_narrowed);
                let start = held.map_or(begun, |held| floor(held.start).min(begun));
                (start, last + plan.bucket)
            }
        };
        match usize::try_from((end - start) / plan.bucket) {
            Ok(buckets) if buckets <= TIMELINE_BUCKETS_MAX => Ok(Some(Axis { start, buckets })),
            _ => Err(too_many(plan.bucket, Some(Window { start, end }))),
        }
    }

    /// How long before their end the logs miss rows that had begun and not ended.
    fn wait(&self, held: Window) -> Micros {
        micros(self.durations / self.rows.max(1.0)).min(held.length() / 4)
    }

    /// Where the logs are complete. What began shortly before their end is not written yet.
    fn trusted(&self, plan: &TimelinePlan, axis: &Axis) -> Window {
        let end = axis.start + plan.bucket * i64::try_from(axis.buckets).unwrap_or(i64::MAX);
        let axis = Window { start: axis.start, end };
        let held = match (self.ends, plan.held) {
            // Rows that are left out by a condition do not tell when the logs begin and end.
            (_, Some(held)) if plan.is_narrowed => held,
            (Some(ends), _) if !plan.is_narrowed => ends,
            _ if plan.during.is_some() => axis,
            // The first bucket and the last one are parts.
            _ => Window { start: axis.start + plan.bucket, end: axis.end - plan.bucket },
        };
        let mut trusted = Window { start: held.start, end: held.end - self.wait(held) };
        if let Some(during) = plan.during {
            // Its own start cuts rows off, not the logs'.
            if trusted.start < axis.start + plan.bucket {
                trusted.start = during.start;
            }
            trusted.end = trusted.end.min(during.end);
        }
        Window { start: trusted.start.max(axis.start), end: trusted.end.min(axis.end) }
    }
}

/// The statement. Buckets are told by their starts, in UTC.
fn statement(
    subject: &Subject<'_>,
    windows: &[Window],
    measure: &Measure,
    by: Option<&Grouping>,
    bucket: Micros,
) -> String {
    let seconds = bucket / SECOND;
    let name = dialect::identifier(&measure.name);
    let from = subject.from(windows);
    let bucket = format!("from_unixtime(floor(to_unixtime(event_time) / {seconds}) * {seconds})");
    // When things ended tells what the logs hold.
    let coverage = if subject.log_type().event_end.is_empty() {
        "count(*) AS row_count".to_owned()
    } else {
        "count(*) AS row_count,\n  min(to_unixtime(event_end)) AS first_end,\n  \
         max(to_unixtime(event_end)) AS last_end,\n  \
         approx_percentile(to_unixtime(event_end) - to_unixtime(event_time), 0.95) AS duration_p95"
            .to_owned()
    };
    let sql = &measure.sql;
    let Some(by) = by else {
        return format!(
            "SELECT\n  {bucket} AS bucket,\n  {sql} AS {name},\n  {coverage}\n{from}\nGROUP BY 1\nORDER BY 1"
        );
    };
    let table = subject.name();
    let conditions = from.strip_prefix(&format!("FROM {table}")).unwrap_or_default();
    let value = &by.sql;
    format!(
        "WITH largest AS (\n  SELECT {value} AS series_value, {sql} AS series_amount\n  {inner}\n  GROUP BY 1\n  \
         ORDER BY 2 DESC, 1\n  LIMIT {SERIES_MAX}\n)\n\
         SELECT\n  {bucket} AS bucket,\n  series_value AS series,\n  {sql} AS {name},\n  {coverage}\n\
         FROM largest RIGHT JOIN {table} ON {value} = series_value{conditions}\nGROUP BY 1, 2\nORDER BY 1, 2",
        inner = from.replace('\n', "\n  "),
    )
}

/// The time from the first row to the last.
async fn span(subject: &Subject<'_>) -> Result<Option<Window>> {
    let sql = format!(
        "SELECT min(to_unixtime(event_time)), max(to_unixtime(event_time))\n{}",
        subject.from(&[])
    );
    let mut answer = Rows::ask(subject, &sql, 0).await?;
    let Some(batch) = answer.next().await? else { return Ok(None) };
    let ends = batch.number(0, 0).zip(batch.number(1, 0));
    Ok(ends.map(|(first, last)| Window { start: micros(first), end: micros(last) }))
}

/// The shortest length of which so much time has not too many.
fn chosen(span: Micros) -> Micros {
    let fits = |length: &&Micros| span / **length <= TIMELINE_BUCKETS_CHOSEN_MAX;
    LENGTHS.iter().find(fits).copied().unwrap_or(DAY)
}

fn too_many(bucket: Micros, axis: Option<Window>) -> Error {
    let span = axis.map_or_else(String::new, |axis| {
        format!(": the rows are of {} to {}", iso(axis.start), iso(axis.end))
    });
    let message = format!(
        "there are more than {TIMELINE_BUCKETS_MAX} buckets of {} s{span}",
        bucket / SECOND
    );
    Error::new(ErrorKind::LimitReached, message)
        .hint("choose longer ones with `--every`, or less time with `--during`")
}

/// A moment as the engine writes it.
fn moment(text: &str) -> Option<Micros> {
    time::timestamp(text.get(..19)?.as_bytes())
}

fn micros(seconds: f64) -> Micros {
    (seconds * SECOND as f64) as Micros
}

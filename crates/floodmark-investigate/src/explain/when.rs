//! When something happened: the spikes and dips of a log's timeline, in all measures that add up.

use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::time::{HOUR, MINUTE, Micros, SECOND};

use crate::answer::{Batch, Rows};
use crate::explain::measures::{Measure, Measures, Shape};
use crate::limits::{SHORT_BUCKETS_MAX, SPIKE_BUCKETS_MAX, SPIKES_SHOWN_MAX};
use crate::spikes::{self, Control, Spike, SpikeOptions, Timeline};
use crate::subject::Subject;
use crate::window::Window;

/// The buckets of a timeline, the shortest first.
const BUCKETS: &[Micros] =
    &[10 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR];

/// How many rows the middle bucket should have, for its edges to mean something.
const ROWS_PER_BUCKET_MIN: f64 = 20.0;

/// A spike or a dip of a measure.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The measure's position.
    pub(crate) measure: usize,
    pub(crate) spike: Spike,
    /// What it is compared with; None if the logs hold nothing but spikes.
    pub(crate) control: Option<Control>,
}

/// What a timeline holds.
#[derive(Clone, Debug)]
pub(crate) struct When {
    /// The spikes and dips: those of the count of records first, the largest first.
    pub(crate) found: Vec<Found>,
    /// What the logs span.
    pub(crate) span: Window,
    /// The length of the buckets that were looked at.
    pub(crate) bucket: Micros,
    /// The statement that was run.
    pub(crate) statement: String,
}

/// The statement that counts all measures in short buckets.
fn sql(subject: &Subject<'_>, measures: &[&Measure], shortest: Micros) -> String {
    let seconds = shortest / SECOND;
    let mut selected = vec![
        format!("CAST(floor(to_unixtime(event_time) / {seconds}) AS bigint)"),
        "count(*)".to_owned(),
    ];
    selected.push(if subject.log_type().event_end.is_empty() {
        "NULL, NULL".to_owned()
    } else {
        "CAST(to_unixtime(min(event_end)) AS double), CAST(to_unixtime(max(event_end)) AS double)"
            .to_owned()
    });
    selected.extend(measures.iter().map(|measure| format!("CAST({} AS double)", measure.sql)));
    format!("SELECT {}\n{}\nGROUP BY 1", selected.join(", "), subject.from(&[]))
}

/// Looks through the whole timeline. None if there are no rows that have a time.
///
/// # Errors
///
/// Those of the engine; `LimitReached` if the rows span more time than a timeline has buckets.
pub(crate) async fn when(
    subject: &Subject<'_>,
    measures: &Measures,
    asked: Option<usize>,
) -> Result<Option<When>> {
    let adds_up = |measure: &Measure| {
        matches!(measure.shape, Shape::Records | Shape::Sum(_) | Shape::CountIf(_))
    };
    // What does not add up is explained where the records rise or fall.
    let asked = match asked {
        Some(asked) if !adds_up(&measures.all[asked]) => {
            measures.all.iter().position(|measure| measure.shape == Shape::Records)
        }
        asked => asked,
    };
    let additive = (measures.all.iter().enumerate())
        .filter(|(at, measure)| adds_up(measure) && asked.is_none_or(|asked| asked == *at));
    let (positions, chosen): (Vec<usize>, Vec<&Measure>) = additive.unzip();
    // Years of logs are not counted in buckets of seconds.
    let held = subject.held().await?;
    let fits =
        |bucket: &&Micros| held.is_none_or(|held| held.length() / **bucket <= SHORT_BUCKETS_MAX);
    let shortest = BUCKETS.iter().find(fits).copied().unwrap_or(BUCKETS[BUCKETS.len() - 1]);
    let statement = sql(subject, &chosen, shortest);
    let mut counted = Counted { shortest, rows: Vec::new(), ends: None };
    let mut answer = Rows::ask(subject, &statement, 0).await?;
    while let Some(batch) = answer.next().await? {
        counted.take(&batch, chosen.len());
    }
    counted.rows.sort_unstable_by_key(|row| row.bucket);
    let (Some(first), Some(last)) = (counted.rows.first(), counted.rows.last()) else {
        return Ok(None);
    };
    let span = Window { start: first.bucket * BUCKETS[0], end: (last.bucket + 1) * BUCKETS[0] };
    let bucket = counted.bucket(span)?;
    // At both ends of the logs at hand some rows are missing, so only whole buckets between count. A log that is written
    // when something ends is whole from the first end to the last one.
    let ends = counted.ends.map(|(first, last)| Window { start: first, end: last });
    let trusted = ends.unwrap_or(Window { start: span.start + 1, end: span.end - 1 });
    let options = SpikeOptions { trusted: Some(trusted), ..SpikeOptions::default() };
    let mut found = Vec::new();
    for (column, measure) in positions.into_iter().enumerate() {
        let timeline = counted.timeline(span, bucket, column);
        let spikes = spikes::find(&timeline, &options);
        found.extend(spikes.iter().map(|spike| Found {
            measure,
            spike: *spike,
            control: spikes::before(&timeline, &options, &spikes, spike),
        }));
    }
    let is_records = |found: &Found| measures.all[found.measure].shape == Shape::Records;
    let relative = |found: &Found| found.spike.unexpected() / found.spike.expected.max(1.0);
    found.sort_by(|left, right| {
        let by_size = match is_records(left) && is_records(right) {
            true => right.spike.unexpected().total_cmp(&left.spike.unexpected()),
            false => relative(right).total_cmp(&relative(left)),
        };
        is_records(right).cmp(&is_records(left)).then(by_size)
    });
    found.truncate(SPIKES_SHOWN_MAX);
    Ok(Some(When { found, span, bucket, statement }))
}

/// Amounts in the shortest buckets.
struct Counted {
    /// The length of those buckets.
    shortest: Micros,
    rows: Vec<BucketRow>,
    /// The first and the last end of an event.
    ends: Option<(Micros, Micros)>,
}

struct BucketRow {
    bucket: i64,
    records: f64,
    amounts: Vec<f64>,
}

impl Counted {
    fn take(&mut self, batch: &Batch, measures: usize) {
        for row in batch.rows() {
            let number = |column: usize| batch.number(column, row);
            // Rows without a time are in no bucket.
            let Some(bucket) = number(0) else { continue };
            let moment = |column: usize| Some((number(column)? * SECOND as f64) as Micros);
            if let (Some(first), Some(last)) = (moment(2), moment(3)) {
                let known = self.ends.unwrap_or((first, last));
                self.ends = Some((known.0.min(first), known.1.max(last)));
            }
            self.rows.push(BucketRow {
                bucket: bucket as i64,
                records: number(1).unwrap_or(0.0),
                amounts: (0..measures).map(|at| number(4 + at).unwrap_or(0.0)).collect(),
            });
        }
    }

    /// The shortest bucket in which there are enough rows.
    fn bucket(&self, span: Window) -> Result<Micros> {
        let total: f64 = self.rows.iter().map(|row| row.records).sum();
        let fits = |bucket: Micros| {
            let buckets = (span.length() / bucket + 1) as f64;
            buckets <= SPIKE_BUCKETS_MAX as f64 && total / buckets >= ROWS_PER_BUCKET_MIN
        };
        let widest = BUCKETS.iter().rev().find(|bucket| span.length() / **bucket >= 30);
        (BUCKETS.iter().find(|bucket| **bucket >= self.shortest && fits(**bucket)))
            .or(widest)
            .copied()
            .or(Some(self.shortest))
            .filter(|bucket| span.length() / bucket <= SPIKE_BUCKETS_MAX as i64)
            .ok_or_else(|| {
                let message = "the rows span too much time to look for a spike in";
                Error::new(ErrorKind::LimitReached, message)
                    .hint("narrow it: `--where \"event_time >= TIMESTAMP '…'\"`, or name the time with `--during`")
            })
    }

    fn timeline(&self, span: Window, bucket: Micros, measure: usize) -> Timeline {
        let start = span.start.div_euclid(bucket) * bucket;
        let count = usize::try_from((span.end - start).div_euclid(bucket) + 1).unwrap_or(0);
        let mut amounts = vec![0.0; count.min(SPIKE_BUCKETS_MAX + 2)];
        for row in &self.rows {
            let at = (row.bucket * self.shortest - start).div_euclid(bucket);
            if let Some(amount) = usize::try_from(at).ok().and_then(|at| amounts.get_mut(at)) {
                *amount += row.amounts[measure];
            }
        }
        Timeline { start, bucket, amounts }
    }
}

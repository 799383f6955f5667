//! One look at a log: a pass over its rows that answers all panels of a view.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use floodmark_engine::{Error, ErrorKind, Report, Result};
use floodmark_investigate::{Subject, Window};
use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::answer::{answer, stopped};
use crate::column::{Column, RowSet};
use crate::fields::LogFields;
use crate::kept::{Entry, Kept, Key};
use crate::limits::{BATCHES_WAITING_MAX, FRESH_SECONDS_MAX};
use crate::matching::Flags;
use crate::panels::{Panels, Quality};
use crate::plan::Plan;
use crate::rows::{Builder, selected};
use crate::tally::{Pass, Tally};
use crate::told::{Account, End, Progress, Source, State, Told};
use crate::view::{Look, span};

/// How often the progress is told.
const PROGRESS: Duration = Duration::from_millis(200);
/// When panels are told first, while logs are read.
const FIRST: Duration = Duration::from_millis(200);
/// And then how often.
const AGAIN: Duration = Duration::from_millis(500);

/// Looks at a log, and tells panels while they are computed; the last message is the end.
///
/// The subject is the view's log; what it tells is narrowed by its condition. Dropping the future ends the work.
///
/// # Errors
///
/// `NotFound` and `InvalidQuery` for fields and filters that are none, `LimitReached` if there are too many values to count, and
/// those of reading.
pub async fn look(
    kept: &Arc<Kept>,
    subject: &Subject<'_>,
    question: &Look,
    mut tell: impl FnMut(Told) + Send,
) -> Result<()> {
    let fields = Arc::new(LogFields::of(subject.table(), subject.who()));
    let plan = Arc::new(Plan::of(Arc::clone(&fields), subject.name(), question)?);
    let narrowed = plan.own_sql.as_ref().map(|condition| subject.and(condition));
    let subject = narrowed.as_ref().unwrap_or(subject);
    let mut looking = Looking {
        kept,
        subject,
        plan: Arc::clone(&plan),
        key: Key {
            log: subject.name().to_owned(),
            condition: subject.condition().map(str::to_owned),
            fields: fields.fields.iter().map(|field| field.name.clone()).collect(),
        },
        started: Instant::now(),
        stop: Stop::default(),
        tell: &mut tell,
    };
    let must_code = plan.must_code();
    let find = |key: &Key| match question.again {
        true => None,
        false => kept.find(key, plan.needed(), &must_code),
    };
    if let Some(entry) = find(&looking.key) {
        return looking.answer_kept(entry).await;
    }
    let reading = kept.reading(&looking.key);
    let guard = reading.lock().await;
    // Another one may have read the same in the meantime.
    if let Some(entry) = find(&looking.key) {
        drop(guard);
        return looking.answer_kept(entry).await;
    }
    looking.answer_logs(true).await
}

/// One look, while it lasts.
struct Looking<'a, T> {
    kept: &'a Arc<Kept>,
    subject: &'a Subject<'a>,
    plan: Arc<Plan>,
    key: Key,
    started: Instant,
    stop: Stop,
    tell: &'a mut T,
}

/// Says to the threads that work that nobody waits any more, once it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a thread that codes rows hands back.
struct Coded {
    builder: Builder,
    tally: Tally,
}

impl<T: FnMut(Told) + Send> Looking<'_, T> {
    /// Answers out of rows that are kept; if they are a sample, then out of the logs as well.
    async fn answer_kept(&mut self, entry: Entry) -> Result<()> {
        let (set, plan) = (Arc::clone(&entry.set), Arc::clone(&self.plan));
        let stop = Arc::clone(&self.stop.0);
        let tally = joined(spawn_blocking(move || answer(&set, &plan, &stop))).await?;
        let is_sample = entry.set.weight > 1.0;
        let quality = Quality {
            state: if is_sample { State::Sampled } else { State::Exact },
            weight: entry.set.weight,
        };
        let panels = Panels {
            plan: &self.plan,
            tally: &tally,
            columns: &entry.set.columns,
            quality,
            span: entry.set.span,
        };
        let end = self.end(panels, Source::Kept, entry.account, entry.notes);
        panels.told().into_iter().for_each(&mut *self.tell);
        if is_sample {
            // What is told of it holds until all rows are counted.
            return self.answer_logs(false).await;
        }
        let mut end = end;
        let age = self.subject.who().now() - entry.read_at;
        if age > FRESH_SECONDS_MAX {
            end.notes.push(format!(
                "the logs were read {} minutes ago; what has come since is not shown until they are read again",
                age / 60
            ));
        }
        (self.tell)(Told::End(end));
        Ok(())
    }

    /// Reads the logs, and keeps their rows if that is wanted.
    async fn answer_logs(&mut self, keeps: bool) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let windows: Vec<Window> = plan.needed().into_iter().collect();
        let sql = format!(
            "SELECT event_time, {}\n{}",
            selected(&plan.fields).join(", "),
            self.subject.from(&windows)
        );
        let must_code = plan.must_code();
        let bytes_max = self.kept.bytes_max();
        let builder = Builder::new(&plan.fields, self.subject.who(), &must_code, bytes_max, keeps);
        let mut query = self.subject.query(&sql).await?;
        let mut notes = std::mem::take(&mut query.notes);
        let (send, receive) = mpsc::channel(BATCHES_WAITING_MAX);
        let (told, mut heard) = mpsc::unbounded_channel();
        let stop = Arc::clone(&self.stop.0);
        let worker = spawn_blocking(move || code(builder, &plan, receive, &told, &stop));
        let (mut rows, mut last) = (0, Instant::now());
        loop {
            match timeout(PROGRESS, query.rows.next()).await {
                Ok(Some(batch)) => {
                    let batch = batch?;
                    rows += batch.num_rows() as u64;
                    // A thread that has ended says why when it is asked.
                    if send.send(batch).await.is_err() {
                        break;
                    }
                }
                Ok(None) => break,
                Err(_) => {}
            }
            if last.elapsed() >= PROGRESS {
                let progress = self.progress(&query.metrics.report(), rows);
                (self.tell)(Told::Progress(progress));
                last = Instant::now();
            }
            while let Ok(told) = heard.try_recv() {
                (self.tell)(told);
            }
        }
        drop(send);
        let Coded { builder, tally } = joined(worker).await?;
        while let Ok(told) = heard.try_recv() {
            (self.tell)(told);
        }
        let report = query.metrics.report();
        let progress = self.progress(&report, rows);
        (self.tell)(Told::Progress(progress));
        let account = Account::of(&report);
        if tally.timeline.is_cut {
            notes.push(
                "there are very many values: the timeline's series were chosen while the logs were read"
                    .to_owned(),
            );
        }
        let quality = Quality { state: State::Exact, weight: 1.0 };
        let panels = Panels {
            plan: &self.plan,
            tally: &tally,
            columns: &builder.columns,
            quality,
            span: builder.span,
        };
        panels.told().into_iter().for_each(&mut *self.tell);
        let end = self.end(panels, Source::Logs, account.clone(), notes.clone());
        if let Some(set) = finished(builder).await? {
            self.kept.put(Entry {
                key: self.key.clone(),
                window: self.plan.needed(),
                set: Arc::new(set),
                account,
                notes,
                read_at: self.subject.who().now(),
            });
        }
        (self.tell)(Told::End(end));
        Ok(())
    }

    fn end(&self, panels: Panels<'_>, source: Source, account: Account, notes: Vec<String>) -> End {
        let (rows, span_rows) = panels.row_counts();
        End {
            state: panels.quality.state,
            source,
            rows,
            span_rows,
            span: panels.whole().map(span),
            condition: self.plan.condition.clone().unwrap_or_default(),
            seconds: self.started.elapsed().as_secs_f64(),
            account,
            notes,
        }
    }

    fn progress(&self, report: &Report, rows: u64) -> Progress {
        Progress {
            objects: report.objects_read,
            objects_wanted: report.objects_wanted,
            bytes: report.bytes_fetched,
            bytes_wanted: report.bytes_wanted,
            rows,
            seconds: self.started.elapsed().as_secs_f64(),
        }
    }
}

/// Codes and counts rows as they come, and tells panels in between.
fn code(
    mut builder: Builder,
    plan: &Plan,
    mut batches: mpsc::Receiver<RecordBatch>,
    told: &mpsc::UnboundedSender<Told>,
    stop: &AtomicBool,
) -> Result<Coded> {
    let mut tally = Tally::new(plan, None);
    let mut flags = Flags::default();
    let (mut last, mut wait) = (Instant::now(), FIRST);
    loop {
        let batch = batches.blocking_recv();
        if stop.load(Ordering::Relaxed) {
            return Err(stopped());
        }
        let is_over = batch.is_none();
        let is_due = last.elapsed() >= wait;
        let is_enough = batch.is_some_and(|batch| builder.take(batch));
        if (is_over || is_due || is_enough)
            && let Some(chunk) = builder.seal()?
        {
            flags.update(&plan.matcher, &builder.columns);
            let pass = Pass { plan, columns: &builder.columns, flags: &flags, series: None };
            tally.add(&pass, &chunk)?;
            if builder.keep(chunk)? {
                let columns = &builder.columns;
                tally.lose(plan, |at| matches!(columns[at], Column::Text));
            }
        }
        if is_over {
            return Ok(Coded { builder, tally });
        }
        if is_due {
            let quality = Quality { state: State::Partial, weight: 1.0 };
            let (columns, span) = (&builder.columns, builder.span);
            let panels = Panels { plan, tally: &tally, columns, quality, span };
            for panel in panels.told() {
                // Nobody listens any more if the look was given up; that is seen above.
                let _ = told.send(panel);
            }
            (last, wait) = (Instant::now(), AGAIN);
        }
    }
}

/// The kept rows, packed on a thread of their own.
async fn finished(builder: Builder) -> Result<Option<RowSet>> {
    joined(spawn_blocking(move || Ok(builder.finish()))).await
}

async fn joined<R>(work: JoinHandle<Result<R>>) -> Result<R> {
    work.await.map_err(|error| {
        Error::new(ErrorKind::Internal, "the work on rows ended early").because(error)
    })?
}

//! One look at a log: a pass over its rows that answers all panels of a view.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use floodmark_engine::{Error, ErrorKind, Report, Result};
use floodmark_formats::observation::Observation;
use floodmark_investigate::{Subject, Window};
use futures::StreamExt;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::answer::{answer, stopped};
use crate::column::{RowSet, is_lost};
use crate::fields::LogFields;
use crate::kept::{Entry, Kept, Key, Reader};
use crate::limits::{BATCHES_WAITING_MAX, FRESH_SECONDS_MAX, PATIENCE_SECONDS_MAX};
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
/// How many times as long as telling them takes is counted at least before they are told again.
const TELLING: u32 = 9;
/// How long somebody waits for another one who reads the same rows, while nothing moves there.
const PATIENCE: Duration = Duration::from_secs(PATIENCE_SECONDS_MAX);

/// What is to be said of logs whose records are made at each interface that a packet passes.
const LOGGED_TWICE: &str =
    "a packet that is logged at two interfaces counts at each of them here; Explain counts it once";

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
    looking.run(question.again).await
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

/// What becomes of rows that are read.
#[derive(Clone, Copy, Debug, Default)]
struct Keeping {
    /// Whether they are not kept.
    is_left: bool,
    /// When the sample was read that was told before; None if there was none.
    sample_read_at: Option<i64>,
    /// Whether they are in the place of all that are kept.
    again: bool,
}

/// Says to the threads that work that nobody waits any more, once it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a thread that counts rows hands back.
struct Answer {
    told: Vec<Told>,
    rows: u64,
    span_rows: u64,
    whole: Option<Window>,
    notes: Vec<String>,
}

impl Answer {
    /// All panels, which may take long where there are very many values.
    fn of(panels: Panels<'_>) -> Self {
        let (rows, span_rows) = panels.row_counts();
        Self { told: panels.told(), rows, span_rows, whole: panels.whole(), notes: panels.notes() }
    }
}

impl<T: FnMut(Told) + Send> Looking<'_, T> {
    /// Answers out of rows that are kept, that another one reads, or out of the logs.
    async fn run(&mut self, again: bool) -> Result<()> {
        let (needed, must_code) = (self.plan.needed(), self.plan.must_code());
        if again {
            let reader = self.kept.reading(&self.key, needed).ok();
            return self.answer_logs(Keeping { again, ..Keeping::default() }, reader).await;
        }
        let (mut has_waited, mut sample) = (false, None);
        loop {
            let known = self.kept.find(&self.key, needed, &must_code);
            if let Some(entry) = known.filter(|entry| !entry.is_sample()) {
                return self.answer_kept(entry).await;
            }
            let reader = self.kept.reading(&self.key, needed);
            // Another one may have read the same in the meantime.
            match self.kept.find(&self.key, needed, &must_code) {
                Some(entry) if !entry.is_sample() => {
                    drop(reader);
                    return self.answer_kept(entry).await;
                }
                Some(entry) if sample.is_none() => {
                    sample = Some((entry.window, entry.read_at));
                    self.tell_sample(entry).await?;
                }
                _ => {}
            }
            if let (Err(other), false) = (&reader, has_waited) {
                self.wait(other.clone()).await;
                has_waited = true;
                continue;
            }
            // Of the same time there would be a sample again.
            let keeps = sample.is_none_or(|(window, _)| window != needed);
            let is_told = sample.map(|(_, read_at)| read_at);
            let keeping = Keeping { is_left: !keeps, sample_read_at: is_told, again };
            return self.answer_logs(keeping, reader.ok().filter(|_| keeps)).await;
        }
    }

    /// Tells how far another one is who reads the same rows, until that is over or nothing moves there.
    async fn wait(&mut self, mut other: watch::Receiver<Progress>) {
        while let Ok(Ok(())) = timeout(PATIENCE, other.changed()).await {
            let progress = other.borrow().clone();
            let seconds = self.started.elapsed().as_secs_f64();
            (self.tell)(Told::Progress(Progress { seconds, ..progress }));
        }
    }

    /// Counts rows that are kept.
    async fn counted(&self, set: &Arc<RowSet>) -> Result<Answer> {
        let (set, plan) = (Arc::clone(set), Arc::clone(&self.plan));
        let stop = Arc::clone(&self.stop.0);
        joined(spawn_blocking(move || {
            let tally = answer(&set, &plan, &stop)?;
            let state = if set.weight > 1.0 { State::Sampled } else { State::Exact };
            let quality = Quality { state, weight: set.weight };
            let (columns, span) = (&set.columns, set.span);
            Ok(Answer::of(Panels { plan: &plan, tally: &tally, columns, quality, span }))
        }))
        .await
    }

    /// Tells what a sample says, before all rows are counted.
    async fn tell_sample(&mut self, entry: Entry) -> Result<()> {
        let answer = self.counted(&entry.set).await?;
        answer.told.into_iter().for_each(&mut *self.tell);
        Ok(())
    }

    /// Answers out of rows that are kept.
    async fn answer_kept(&mut self, entry: Entry) -> Result<()> {
        let answer = self.counted(&entry.set).await?;
        let mut notes = entry.notes;
        let age = self.subject.who().now() - entry.read_at;
        if age > FRESH_SECONDS_MAX {
            notes.push(format!(
                "the logs were read {} minutes ago; what has come since is not shown until they are read again",
                age / 60
            ));
        }
        self.tell_all(answer, Source::Kept, entry.account, notes);
        Ok(())
    }

    /// Reads the logs, and keeps their rows if that is wanted.
    async fn answer_logs(&mut self, keeping: Keeping, reader: Option<Reader>) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let windows: Vec<Window> = plan.needed().into_iter().collect();
        let sql = format!(
            "SELECT event_time, {}\n{}",
            selected(&plan.fields).join(", "),
            self.subject.from(&windows)
        );
        let (must_code, bytes_max) = (plan.must_code(), self.kept.bytes_for_one());
        let (who, keeps) = (self.subject.who(), !keeping.is_left);
        let builder = Builder::new(&plan.fields, who, &must_code, bytes_max, keeps);
        let mut query = self.subject.query(&sql).await?;
        let mut notes = std::mem::take(&mut query.notes);
        let (send, receive) = mpsc::channel(BATCHES_WAITING_MAX);
        let (told, mut heard) = mpsc::unbounded_channel();
        let stop = Arc::clone(&self.stop.0);
        // What a sample told holds until all rows are counted: a part of them says less.
        let is_quiet = keeping.sample_read_at.is_some();
        let mut worker =
            spawn_blocking(move || code(builder, &plan, receive, &told, is_quiet, &stop));
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
                self.tell_progress(&query.metrics.report(), rows, reader.as_ref());
                last = Instant::now();
            }
            while let Ok(told) = heard.try_recv() {
                (self.tell)(told);
            }
        }
        drop(send);
        let report = query.metrics.report();
        self.tell_progress(&report, rows, reader.as_ref());
        let worked = loop {
            let worked = timeout(PROGRESS, &mut worker).await;
            while let Ok(told) = heard.try_recv() {
                (self.tell)(told);
            }
            match worked {
                Ok(worked) => break worked,
                // Who waits for these rows sees that something moves.
                Err(_) => self.tell_progress(&report, rows, reader.as_ref()),
            }
        };
        let (set, answer) = ended(worked)?;
        let account = Account::of(&report);
        let (window, read_at) = (self.plan.needed(), self.subject.who().now());
        if keeping.again {
            self.kept.forget(&self.key, window);
        }
        if let Some(set) = set {
            self.kept.put(Entry {
                key: self.key.clone(),
                window,
                set: Arc::new(set),
                account: account.clone(),
                notes: notes.clone(),
                read_at,
            });
        }
        let age = keeping.sample_read_at.map_or(0, |sample_read_at| read_at - sample_read_at);
        if age > FRESH_SECONDS_MAX {
            notes.push(format!(
                "what was shown while the logs were read came out of a sample of rows that was read {} minutes ago",
                age / 60
            ));
        }
        self.tell_all(answer, Source::Logs, account, notes);
        Ok(())
    }

    /// Tells panels, and the end.
    fn tell_all(
        &mut self,
        answer: Answer,
        source: Source,
        account: Account,
        mut notes: Vec<String>,
    ) {
        notes.extend(answer.notes);
        if matches!(
            self.subject.log_type().observation,
            Observation::Interfaces(_) | Observation::Attachments(_)
        ) {
            notes.push(LOGGED_TWICE.to_owned());
        }
        answer.told.into_iter().for_each(&mut *self.tell);
        (self.tell)(Told::End(End {
            state: State::Exact,
            source,
            rows: answer.rows,
            span_rows: answer.span_rows,
            span: answer.whole.map(span),
            condition: self.plan.condition.clone().unwrap_or_default(),
            seconds: self.started.elapsed().as_secs_f64(),
            account,
            notes,
        }));
    }

    fn tell_progress(&mut self, report: &Report, rows: u64, reader: Option<&Reader>) {
        let progress = self.progress(report, rows);
        if let Some(reader) = reader {
            reader.tell(progress.clone());
        }
        (self.tell)(Told::Progress(progress));
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

/// Codes and counts rows as they come, and tells panels in between, unless it is to be quiet. Gives what is kept.
fn code(
    mut builder: Builder,
    plan: &Plan,
    mut batches: mpsc::Receiver<RecordBatch>,
    told: &mpsc::UnboundedSender<Told>,
    is_quiet: bool,
    stop: &AtomicBool,
) -> Result<(Option<RowSet>, Answer)> {
    let mut tally = Tally::new(plan, None);
    let mut flags = Flags::default();
    let (mut last, mut wait) = (Instant::now(), FIRST);
    loop {
        let batch = batches.blocking_recv();
        if stop.load(Ordering::Relaxed) {
            return Err(stopped());
        }
        let is_over = batch.is_none();
        let is_due = !is_quiet && last.elapsed() >= wait;
        let is_enough = batch.is_some_and(|batch| builder.take(batch));
        if (is_over || is_due || is_enough)
            && let Some(chunk) = builder.seal()?
        {
            flags.update(&plan.matcher, &builder.columns);
            let pass = Pass { plan, columns: &builder.columns, flags: &flags, series: None };
            tally.add(&pass, &chunk)?;
            if builder.keep(chunk)? {
                let columns = &builder.columns;
                tally.lose(plan, |at| is_lost(&columns[at]));
            }
        }
        let state = if is_over { State::Exact } else { State::Partial };
        let quality = Quality { state, weight: 1.0 };
        let (columns, span) = (&builder.columns, builder.span);
        let panels = Panels { plan, tally: &tally, columns, quality, span };
        if is_over {
            let answer = Answer::of(panels);
            return Ok((builder.finish(), answer));
        }
        if is_due {
            let begun = Instant::now();
            for panel in panels.told() {
                // Nobody listens any more if the look was given up; that is seen above.
                let _ = told.send(panel);
            }
            // Where there is much to tell, most of the time is still for counting.
            (last, wait) = (Instant::now(), AGAIN.max(begun.elapsed() * TELLING));
        }
    }
}

async fn joined<R>(work: JoinHandle<Result<R>>) -> Result<R> {
    ended(work.await)
}

fn ended<R>(worked: std::result::Result<Result<R>, JoinError>) -> Result<R> {
    worked.map_err(|error| {
        Error::new(ErrorKind::Internal, "the work on rows ended early").because(error)
    })?
}

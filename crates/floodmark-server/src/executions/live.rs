//! An execution that has not ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use floodmark_engine::{Metrics, Query, Written};
use tokio::sync::watch;

use crate::executions::execution::{Execution, Statistics};

/// An execution that has not ended, with those who wait for it.
#[derive(Debug)]
pub(crate) struct Live {
    execution: watch::Sender<Execution>,
    stop: watch::Sender<Option<Stop>>,
    /// Whether somebody waits for its end: one at a time does.
    is_awaited: AtomicBool,
    asked: Mutex<Instant>,
    metrics: OnceLock<Arc<Metrics>>,
    written: OnceLock<Arc<Written>>,
}

/// Why an execution is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Its client says so.
    Asked,
    /// Nobody has asked for it for a long time.
    Abandoned,
    /// The server ends.
    Closing,
}

impl Live {
    pub(crate) fn new(execution: Execution) -> Self {
        Self {
            execution: watch::Sender::new(execution),
            stop: watch::Sender::new(None),
            is_awaited: AtomicBool::new(false),
            asked: Mutex::new(Instant::now()),
            metrics: OnceLock::new(),
            written: OnceLock::new(),
        }
    }

    /// How it stands, with what was read so far.
    pub(crate) fn execution(&self) -> Execution {
        let mut execution = self.execution.borrow().clone();
        if !execution.state.is_final()
            && let Some(metrics) = self.metrics.get()
        {
            execution.statistics.scanned_bytes = metrics.report().bytes_fetched;
        }
        execution
    }

    /// Says how it stands from now on.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Execution)) {
        self.execution.send_modify(change);
    }

    /// What it reads is counted there, and there it is known whether it can still be stopped.
    pub(crate) fn runs(&self, query: &Query) {
        // It is planned once.
        let _ = self.metrics.set(Arc::clone(&query.metrics));
        let _ = self.written.set(Arc::clone(&query.written));
    }

    /// Whether its work may be broken off. What it has made may be on its way to its place: then it is done to its end.
    pub(crate) fn may_break_off(&self) -> bool {
        self.written.get().is_none_or(|written| written.stop())
    }

    /// What has been read, in its statistics.
    pub(crate) fn count(&self, statistics: &mut Statistics) {
        if let Some(metrics) = self.metrics.get() {
            let report = metrics.report();
            statistics.scanned_bytes = report.bytes_fetched;
            statistics.input_rows = report.account.rows;
            statistics.rejected_lines = report.account.rejected_total();
            statistics.troubles = report.troubles_total;
        }
    }

    /// Tells it to stop; what was told first stays.
    pub(crate) fn stop(&self, why: Stop) {
        self.stop.send_if_modified(|stop| {
            let is_first = stop.is_none();
            stop.get_or_insert(why);
            is_first
        });
    }

    /// Waits until it is told to stop.
    pub(crate) async fn stopped(&self) -> Stop {
        let mut stop = self.stop.subscribe();
        match stop.wait_for(Option::is_some).await.map(|stop| *stop) {
            Ok(Some(why)) => why,
            // The sender lives as long as this.
            _ => std::future::pending().await,
        }
    }

    /// Waits for its end, not longer than that.
    pub(crate) async fn ended(&self, within: Duration) {
        let mut execution = self.execution.subscribe();
        let ended = execution.wait_for(|execution| execution.state.is_final());
        // Whether it ended or not is seen by who asked.
        let _ = tokio::time::timeout(within, ended).await;
    }

    /// The same for a client that asks how it stands: one at a time waits.
    pub(crate) async fn polled(&self, within: Duration) {
        self.is_asked_for();
        if within.is_zero() || self.is_awaited.swap(true, Ordering::AcqRel) {
            return;
        }
        let _waiting = Waiting(&self.is_awaited);
        self.ended(within).await;
        self.is_asked_for();
    }

    /// Somebody asked for it.
    fn is_asked_for(&self) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// For how long nobody has asked for it.
    pub(crate) fn is_alone_for(&self) -> Duration {
        if self.is_awaited.load(Ordering::Acquire) {
            return Duration::ZERO;
        }
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Somebody who waits, and may go away.
struct Waiting<'a>(&'a AtomicBool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

//! Live progress on a terminal: objects, bytes, rate, time left. Silent in a pipe.

use std::sync::Arc;
use std::time::{Duration, Instant};

use floodmark_engine::Metrics;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use crate::report_text::bytes;
use crate::settings::When;

/// How often the line is drawn anew.
const EVERY: Duration = Duration::from_millis(150);

/// A line of progress that vanishes when it is dropped.
pub(crate) struct Progress(Option<(ProgressBar, JoinHandle<()>)>);

impl Progress {
    pub(crate) fn start(when: When, metrics: &Arc<Metrics>) -> Self {
        if !when.is_wanted() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        let metrics = Arc::clone(metrics);
        let line = bar.clone();
        let task = tokio::spawn(async move {
            let start = Instant::now();
            loop {
                tokio::time::sleep(EVERY).await;
                line.set_message(text(&metrics, start.elapsed()));
                line.tick();
            }
        });
        Self(Some((bar, task)))
    }

    /// Does what takes long, and shows the progress of whatever is the latest query meanwhile.
    pub(crate) async fn during<T>(
        when: When,
        latest: impl Fn() -> Option<Arc<Metrics>>,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = std::pin::pin!(work);
        let mut shown: Option<(Arc<Metrics>, Self)> = None;
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(EVERY) => {}
            }
            let Some(metrics) = latest() else { continue };
            if !shown.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, &metrics)) {
                drop(shown.take());
                let progress = Self::start(when, &metrics);
                shown = Some((metrics, progress));
            }
        }
    }

    /// Runs what writes to the terminal without the line in between.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some((bar, _)) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((bar, task)) = self.0.take() {
            task.abort();
            bar.finish_and_clear();
        }
    }
}

fn text(metrics: &Metrics, elapsed: Duration) -> String {
    let report = metrics.report();
    let rate = report.bytes_fetched as f64 / elapsed.as_secs_f64().max(0.001);
    let left = report.bytes_wanted.saturating_sub(report.bytes_fetched);
    let mut text = format!(
        "{} of {} objects · {} of {} · {}/s",
        report.objects_read,
        report.objects_wanted,
        bytes(report.bytes_fetched),
        bytes(report.bytes_wanted),
        bytes(rate as u64),
    );
    if rate > 0.0 && left > 0 {
        text.push_str(&format!(" · {:.0} s left", left as f64 / rate));
    }
    text
}

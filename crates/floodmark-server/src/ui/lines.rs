//! Answers that come as lines of JSON, a message each, while they are computed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use floodmark_engine::{Error, ErrorKind, Metrics};
use futures::StreamExt;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use crate::body::ResponseBody;
use crate::limits::UI_PROGRESS_EVERY;
use crate::ui::Failure;
use crate::ui::account::progress;
use crate::ui::work::{Pieces, Taker};

/// Takes the messages of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    taker: Taker,
    begun: Instant,
}

/// Messages that wait for the client. One that comes again replaces the earlier one of its kind, so that a slow client hears the
/// latest, and nothing piles up.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    waiting: Mutex<VecDeque<(String, String)>>,
    has_come: Notify,
}

impl Lines {
    /// The messages of an answer that begins now.
    pub(crate) fn new(taker: Taker) -> Self {
        Self { taker, begun: Instant::now() }
    }

    /// How long the answer has taken so far, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Hands a message on, and waits as long as the client takes no more.
    pub(crate) async fn tell(&self, message: &impl Serialize) {
        let line = serde_json::to_string(message);
        let piece = match line {
            Ok(line) => Ok(Bytes::from(line + "\n")),
            Err(error) => {
                let message = "an answer cannot be written as JSON";
                Err(Error::new(ErrorKind::Internal, message).because(error).into())
            }
        };
        self.taker.take(piece).await;
    }

    /// Does what takes long, and tells the progress of whatever is the latest query meanwhile.
    pub(crate) async fn during<T>(
        &self,
        latest: impl Fn() -> Option<Arc<Metrics>>,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = std::pin::pin!(work);
        let mut ticks = tokio::time::interval(UI_PROGRESS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = ticks.tick() => {
                    if let Some(metrics) = latest() {
                        self.progress(&metrics).await;
                    }
                }
            }
        }
    }

    /// Tells how far a query is.
    pub(crate) async fn progress(&self, metrics: &Metrics) {
        let progress = progress(&metrics.report(), self.seconds());
        self.tell(&json!({ "progress": progress })).await;
    }

    /// Does what tells its messages to an outbox, and hands them on meanwhile.
    pub(crate) async fn forward<T>(&self, outbox: &Outbox, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    while let Some(line) = outbox.next() {
                        self.taker.take(Ok(Bytes::from(line))).await;
                    }
                    return done;
                }
                () = outbox.has_come.notified() => {
                    while let Some(line) = outbox.next() {
                        self.taker.take(Ok(Bytes::from(line))).await;
                    }
                }
            }
        }
    }
}

impl Outbox {
    /// Puts a message of one member, which tells its kind. Nothing is put that has no JSON.
    pub(crate) fn put(&self, message: &impl Serialize) {
        let Ok(line) = serde_json::to_string(message) else { return };
        let kind = line.split_once(':').map_or("", |(kind, _)| kind).to_owned();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.retain(|(known, _)| *known != kind);
            waiting.push_back((kind, line + "\n"));
        }
        self.has_come.notify_one();
    }

    fn next(&self) -> Option<String> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front().map(|(_, line)| line)
    }
}

/// The answer of lines. What ends the work is the last one.
pub(crate) fn response(pieces: Pieces) -> Response<ResponseBody> {
    let frames = pieces.map(|piece| {
        let line = piece.unwrap_or_else(|failure: Failure| {
            Bytes::from(format!("{}\n", json!({ "error": failure })))
        });
        Ok(Frame::data(line))
    });
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    *response.status_mut() = StatusCode::OK;
    let content_type = HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_comes_again_replaces_the_earlier_one() {
        let outbox = Outbox::default();
        outbox.put(&json!({ "timeline": 1 }));
        outbox.put(&json!({ "progress": 1 }));
        outbox.put(&json!({ "timeline": 2 }));
        let lines: Vec<_> = std::iter::from_fn(|| outbox.next()).collect();
        assert_eq!(lines, ["{\"progress\":1}\n", "{\"timeline\":2}\n"]);
    }
}

//! Answers that come as lines of JSON, a message each, while they are computed.

use std::collections::VecDeque;
use std::mem::discriminant;
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
use crate::ui::work::{Piece, Pieces, Taker};

/// Takes the messages of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    taker: Taker,
    begun: Instant,
}

/// Messages that wait for the client: variants of an enumeration, of which one that comes again replaces the earlier one, so that a
/// slow client hears the latest, and nothing piles up.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    waiting: Mutex<VecDeque<T>>,
    has_come: Notify,
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), has_come: Notify::default() }
    }
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
        self.taker.take(line(message)).await;
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
    pub(crate) async fn forward<M, T>(&self, outbox: &Outbox<M>, work: impl Future<Output = T>) -> T
    where
        M: Serialize + Send + 'static,
    {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    self.empty(outbox).await;
                    return done;
                }
                () = outbox.has_come.notified() => self.empty(outbox).await,
            }
        }
    }

    /// Hands on what waits. Long messages take their time to write, so others work meanwhile.
    async fn empty<M: Serialize + Send + 'static>(&self, outbox: &Outbox<M>) {
        while let Some(message) = outbox.next() {
            let written = tokio::task::spawn_blocking(move || line(&message)).await;
            self.taker.take(written.unwrap_or_else(|_| Err(Failure::defect()))).await;
        }
    }
}

impl<T> Outbox<T> {
    /// Puts a message in the place of the one of its kind that waits.
    pub(crate) fn put(&self, message: T) {
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.retain(|known| discriminant(known) != discriminant(&message));
            waiting.push_back(message);
        }
        self.has_come.notify_one();
    }

    fn next(&self) -> Option<T> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// A message as a line of JSON.
fn line(message: &impl Serialize) -> Piece {
    match serde_json::to_string(message) {
        Ok(line) => Ok(Bytes::from(line + "\n")),
        Err(error) => {
            let message = "an answer cannot be written as JSON";
            Err(Error::new(ErrorKind::Internal, message).because(error).into())
        }
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

    #[derive(Debug, PartialEq)]
    enum Message {
        Timeline(u8),
        Progress(u8),
    }

    #[test]
    fn a_message_that_comes_again_replaces_the_earlier_one() {
        let outbox = Outbox::default();
        outbox.put(Message::Timeline(1));
        outbox.put(Message::Progress(1));
        outbox.put(Message::Timeline(2));
        let messages: Vec<_> = std::iter::from_fn(|| outbox.next()).collect();
        assert_eq!(messages, [Message::Progress(1), Message::Timeline(2)]);
    }
}

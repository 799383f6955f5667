//! Work on the threads of queries, which ends when nobody waits for it any more.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use floodmark_engine::{Error, ErrorKind};
use futures::{FutureExt, Stream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::limits::UI_PIECES_WAITING_MAX;
use crate::state::State;
use crate::ui::Failure;

/// A piece of an answer, or what ended it.
pub(crate) type Piece = Result<Bytes, Failure>;

/// Takes the pieces of an answer while they are made.
#[derive(Clone, Debug)]
pub(crate) struct Taker(mpsc::Sender<Piece>);

/// The pieces of an answer, as they come. Dropping it stops the work.
pub(crate) struct Pieces {
    pieces: mpsc::Receiver<Piece>,
    _task: Task,
}

/// What a person wrote, of which the person at the server hears. Panels come and go with each click.
const TOLD: [&str; 2] = ["sql", "export"];

/// A task that ends with this.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Tells of work that nobody waited for to its end.
struct Unfinished {
    state: Arc<State>,
    name: &'static str,
    is_done: bool,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_done && TOLD.contains(&self.name) {
            self.state
                .tell(&format!("`{}` of the page was stopped: nobody waits for it", self.name));
        }
    }
}

impl Taker {
    /// Hands a piece on, and waits as long as the client takes no more.
    pub(crate) async fn take(&self, piece: Piece) {
        if self.0.send(piece).await.is_err() {
            // Who went away needs no more: the task is about to end.
            std::future::pending::<()>().await;
        }
    }
}

impl Stream for Pieces {
    type Item = Piece;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_recv(context)
    }
}

/// Begins work on the threads of queries. What it ends with is its last piece, if that is a failure.
pub(crate) fn begin<W>(
    state: &Arc<State>,
    name: &'static str,
    work: impl FnOnce(Taker) -> W,
) -> Pieces
where
    W: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let (sender, pieces) = mpsc::channel(UI_PIECES_WAITING_MAX);
    let taker = Taker(sender);
    let work = work(taker.clone());
    let of_task = Arc::clone(state);
    let task = state.runtime.spawn(async move {
        let mut unfinished = Unfinished { state: Arc::clone(&of_task), name, is_done: false };
        let room = of_task.page_work.acquire().await;
        let outcome = tokio::select! {
            outcome = AssertUnwindSafe(work).catch_unwind() => {
                outcome.unwrap_or_else(|_| Err(Failure::defect()))
            }
            () = of_task.ending.wait() => Err(ended()),
        };
        drop(room);
        if let Err(failure) = outcome {
            taker.take(Err(failure)).await;
        }
        unfinished.is_done = true;
    });
    Pieces { pieces, _task: Task(task) }
}

fn ended() -> Failure {
    Error::new(ErrorKind::Unavailable, "the server ended").hint("start it again").into()
}

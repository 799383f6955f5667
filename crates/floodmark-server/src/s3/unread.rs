//! Bodies that a client announces with `Expect: 100-continue`, and that nobody reads because the request is refused.
//!
//! The client then goes on with its next request, and does not send the body; whoever reads the connection would take the one for
//! the other. So such an answer ends the connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, SizeHint};

/// A body that tells whether it has been read to its end.
pub(crate) struct Watched<B> {
    body: Pin<Box<B>>,
    is_read: Arc<AtomicBool>,
}

impl<B: Body> Watched<B> {
    /// The body, and what tells of it after it is gone.
    pub(crate) fn new(body: B) -> (Self, Arc<AtomicBool>) {
        let is_read = Arc::new(AtomicBool::new(body.is_end_stream()));
        (Self { body: Box::pin(body), is_read: Arc::clone(&is_read) }, is_read)
    }
}

impl<B: Body> Body for Watched<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = self.body.as_mut().poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

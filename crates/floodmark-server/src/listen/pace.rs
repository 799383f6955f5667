//! Clients that fall silent: one that stops in the middle of a body, or does not take its answer, is let go.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long nothing has come or gone.
struct Silence {
    limit: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    fn new(limit: Duration) -> Self {
        Self { limit, timer: None }
    }

    /// What an attempt gave, or an error if the attempts have given nothing for too long.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        attempt: Poll<T>,
    ) -> Poll<Result<T, io::Error>> {
        if let Poll::Ready(given) = attempt {
            self.timer = None;
            return Poll::Ready(Ok(given));
        }
        let limit = self.limit;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client kept silent for too long",
        )))
    }
}

/// The body of a request, which ends with an error if the client stops in the middle of it.
pub(crate) struct PacedBody {
    body: Incoming,
    silence: Silence,
}

impl PacedBody {
    /// The body of a client that may keep silent for so long.
    pub(crate) fn new(body: Incoming, limit: Duration) -> Self {
        Self { body, silence: Silence::new(limit) }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let frame = Pin::new(&mut this.body).poll_frame(context);
        Poll::Ready(match ready!(this.silence.watch(context, frame)) {
            Ok(frame) => frame.map(|frame| frame.map_err(Into::into)),
            Err(silent) => Some(Err(silent.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection whose client has to take what it is sent.
pub(crate) struct PacedStream<S> {
    stream: S,
    silence: Silence,
}

impl<S> PacedStream<S> {
    /// The connection of a client that may take nothing for so long.
    pub(crate) fn new(stream: S, limit: Duration) -> Self {
        Self { stream, silence: Silence::new(limit) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A client that waits for its answer has nothing to say, and is not silent: bodies are watched, not this.
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        Poll::Ready(ready!(this.silence.watch(context, written)).flatten())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, buffers);
        Poll::Ready(ready!(this.silence.watch(context, written)).flatten())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        Poll::Ready(ready!(this.silence.watch(context, flushed)).flatten())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        Poll::Ready(ready!(this.silence.watch(context, shut)).flatten())
    }
}

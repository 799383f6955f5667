//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::limits::HEAD_BYTES_MAX;
use crate::listen::Front;
use crate::listen::announcement::SERVER;
use crate::listen::pace::PacedStream;

/// The first byte of what a client says that speaks TLS.
const TLS_HANDSHAKE: u8 = 0x16;

/// Answers the requests of a connection, until the client goes, falls silent, or the server ends.
pub(crate) async fn serve(stream: TcpStream, front: Arc<Front>) {
    // Answers are short; waiting for more bytes would only slow them.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = &front.acceptor else {
        return answer(stream, front).await;
    };
    let mut first = [0];
    match timeout(front.silence, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first[0] == TLS_HANDSHAKE => {}
        Ok(Ok(1)) => return say_tls(stream, &front).await,
        _ => return,
    }
    if let Ok(Ok(stream)) = timeout(front.silence, acceptor.accept(stream)).await {
        answer(stream, Arc::clone(&front)).await;
    }
}

async fn answer<S>(stream: S, front: Arc<Front>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let stream = TokioIo::new(PacedStream::new(stream, front.silence));
    let answering = Arc::clone(&front);
    let service = service_fn(move |request| {
        let front = Arc::clone(&answering);
        async move { Ok::<_, Infallible>(front.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(front.silence)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    // What goes wrong on a connection is the client's doing, and the client knows.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = front.state.ending.wait() => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// Tells a client that speaks plain HTTP that this port speaks TLS.
async fn say_tls(mut stream: TcpStream, front: &Front) {
    let text = format!("this port speaks HTTPS: {}\n", front.url);
    let length = text.len();
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nserver: {SERVER}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
    );
    // A client that has gone is no matter.
    let _ = timeout(front.silence, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    })
    .await;
}

//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

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
    let secured = tokio::select! {
        secured = timeout(front.silence, secure(stream, acceptor, &front.url)) => secured,
        () = front.state.ending.wait() => return,
    };
    if let Ok(Some(stream)) = secured {
        answer(stream, Arc::clone(&front)).await;
    }
}

/// The connection with TLS; None if the client does not speak it, or gives up.
async fn secure(
    mut stream: TcpStream,
    acceptor: &TlsAcceptor,
    url: &str,
) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await.ok()? == 1 && first[0] != TLS_HANDSHAKE {
        let text = format!("this port speaks HTTPS: {url}\n");
        let length = text.len();
        let answer = format!(
            "HTTP/1.1 400 Bad Request\r\nserver: {SERVER}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.shutdown().await.ok()?;
        // A request that is not read would cut the client off before it has read the answer.
        let mut request = stream.take(HEAD_BYTES_MAX as u64);
        tokio::io::copy(&mut request, &mut tokio::io::sink()).await.ok()?;
        return None;
    }
    acceptor.accept(stream).await.ok()
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
        .max_header_size(HEAD_BYTES_MAX)
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

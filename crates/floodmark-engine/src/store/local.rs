//! Files and standard input.

use std::fs::File;
use std::io::{ErrorKind as IoKind, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use floodmark_formats::time::Micros;
use futures::{StreamExt, stream};
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::BLOCK_BYTES;
use crate::store::{Fetched, Object};

/// The error of a file that cannot be read.
pub(crate) fn failure(path: &Path, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        IoKind::NotFound => ErrorKind::NotFound,
        IoKind::PermissionDenied => ErrorKind::AccessDenied,
        _ => ErrorKind::Unavailable,
    };
    let error =
        Error::new(kind, format!("cannot read `{}`: {error}", path.display())).because(error);
    match kind {
        ErrorKind::AccessDenied => error.hint("check the file's permissions"),
        ErrorKind::NotFound => error.hint("check the path; globs are written in quotes"),
        _ => error.hint("`--keep-going` goes on with the other objects"),
    }
}

/// A file as an object.
pub(crate) fn object(path: &Path, metadata: &std::fs::Metadata) -> Object {
    let text = path.to_string_lossy().into_owned();
    let modified = metadata
        .modified()
        .ok()
        .and_then(|time| Micros::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_micros()).ok());
    let key = text.replace(std::path::MAIN_SEPARATOR, "/");
    let is_stream = !metadata.is_file();
    Object { key, path: text, size: metadata.len(), is_stream, modified, etag: None }
}

/// Fetches the file of an object.
pub(crate) async fn fetch(
    path: std::path::PathBuf,
    object: &Object,
    whole_max: u64,
) -> Result<Fetched> {
    if !object.is_stream && object.size <= whole_max {
        let read = tokio::task::spawn_blocking(move || {
            std::fs::read(&path).map_err(|error| failure(&path, error))
        });
        return Ok(Fetched::Whole(joined(read.await)?.into()));
    }
    let file = File::open(&path).map_err(|error| failure(&path, error))?;
    Ok(pieces(file, object.path.clone()))
}

pub(crate) async fn fetch_standard_input() -> Result<Fetched> {
    Ok(pieces(std::io::stdin(), "standard input".to_owned()))
}

/// Reads piece by piece on a thread of its own, a few pieces ahead.
fn pieces(mut reader: impl Read + Send + 'static, path: String) -> Fetched {
    let (sender, receiver) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        loop {
            let mut piece = Vec::with_capacity(BLOCK_BYTES / 4);
            let read = reader.by_ref().take(BLOCK_BYTES as u64 / 4).read_to_end(&mut piece);
            let result = match read {
                Ok(0) => return,
                Ok(_) => Ok(Bytes::from(piece)),
                Err(error) => Err(failure(Path::new(&path), error)),
            };
            let failed = result.is_err();
            if sender.blocking_send(result).is_err() || failed {
                return;
            }
        }
    });
    let stream = stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    Fetched::Stream(stream.boxed())
}

fn joined<T>(result: std::result::Result<Result<T>, tokio::task::JoinError>) -> Result<T> {
    result.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::Internal, "a reading thread ended early").because(error))
    })
}

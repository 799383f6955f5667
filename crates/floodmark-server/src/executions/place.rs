//! Where the results of an execution are found.

use std::path::PathBuf;
use std::sync::Arc;

use floodmark_engine::{Error, ErrorKind, Result};

use crate::executions::execution::Execution;
use crate::results::cannot_write;
use crate::state::State;

/// Where a result is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ResultPlace {
    /// With us, page by page.
    Managed,
    /// In S3, below a prefix.
    S3 {
        /// The bucket.
        bucket: String,
        /// The beginning of the keys: empty, or with a `/` at its end.
        prefix: String,
    },
}

impl ResultPlace {
    /// Reads what a client or a workgroup names: `s3://bucket/prefix`. None if it is no such place.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !floodmark_buckets::is_bucket_name(bucket) {
            return None;
        }
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        let prefix = format!("{prefix}{slash}");
        // The longest of all names below it must be a key.
        let longest = format!("{prefix}tables/00000000-0000-0000-0000-000000000000-manifest.csv");
        floodmark_buckets::check_key(&longest).ok()?;
        Some(Self::S3 { bucket: bucket.to_owned(), prefix })
    }

    /// The address of something below it; None if it is not in S3.
    pub(crate) fn address(&self, key: &str) -> Option<String> {
        match self {
            Self::Managed => None,
            Self::S3 { bucket, prefix } => Some(format!("s3://{bucket}/{prefix}{key}")),
        }
    }
}

/// The bucket and the key of an address.
fn parts(address: &str) -> Option<(&str, &str)> {
    address.strip_prefix("s3://")?.split_once('/')
}

/// Brings the finished result of an execution to its address in S3.
///
/// # Errors
///
/// `AccessDenied` if the bucket is only read, and those of writing.
pub(super) async fn publish(
    state: &Arc<State>,
    file: PathBuf,
    address: &str,
    id: &str,
) -> Result<()> {
    let (name, key) = known_parts(address)?;
    let Some(bucket) = state.engine.bucket_to_write(name).await? else {
        state.engine.upload(name, key, &file).await?;
        // What it gives page by page is read here.
        let kept = state.executions.managed(id);
        return std::fs::rename(&file, &kept).map_err(|error| cannot_write(&kept, error));
    };
    let key = key.to_owned();
    blocking(move || {
        bucket.adopt(&key, &file)?;
        Ok(())
    })
    .await
}

/// Writes a small file at an address in S3.
///
/// # Errors
///
/// Those of [`publish`].
pub(super) async fn put(state: &Arc<State>, bytes: Vec<u8>, address: &str) -> Result<()> {
    let (name, key) = known_parts(address)?;
    let Some(bucket) = state.engine.bucket_to_write(name).await? else {
        let path = state.executions.managed(&format!("{}.part", uuid::Uuid::new_v4()));
        std::fs::write(&path, bytes).map_err(|error| cannot_write(&path, error))?;
        let uploaded = state.engine.upload(name, key, &path).await;
        // It was for the upload alone.
        let _ = std::fs::remove_file(&path);
        return uploaded;
    };
    let key = key.to_owned();
    blocking(move || {
        use std::io::Write;
        let mut writing = bucket.write(&key)?;
        let path = writing.path().to_owned();
        writing.write_all(&bytes).map_err(|error| cannot_write(&path, error))?;
        writing.finish()?;
        Ok(())
    })
    .await
}

fn known_parts(address: &str) -> Result<(&str, &str)> {
    parts(address)
        .ok_or_else(|| Error::invalid_query(format!("`{address}` is no address of an object")))
}

/// The bucket of an address, for a file that stands beside what lies there.
pub(super) fn bucket_of(address: &str) -> Option<&str> {
    let (bucket, _) = parts(address)?;
    Some(bucket)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Error::new(ErrorKind::Internal, "a result could not be written").because(error)
    })?
}

/// The file with the result of an execution; None if it is in S3 and its bucket is gone.
pub(crate) fn result_path(state: &State, execution: &Execution) -> Option<PathBuf> {
    let Some(address) = &execution.output_location else {
        return Some(state.executions.managed(&execution.result_of));
    };
    let kept = state.executions.managed(&execution.result_of);
    if kept.is_file() {
        return Some(kept);
    }
    let (bucket, key) = parts(address)?;
    state.buckets.find(bucket)?.path(key).ok()
}

/// The address of the file that tells a driver of a result's columns.
pub(super) fn metadata_address(address: &str) -> String {
    format!("{address}.metadata")
}

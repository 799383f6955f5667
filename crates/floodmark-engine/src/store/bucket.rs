//! Buckets that are folders of this machine.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use floodmark_buckets::{Bucket, Listed};
use floodmark_formats::time::Micros;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::BUCKET_PAGE_MAX;
use crate::store::s3::{Page, PageOptions};
use crate::store::{Fetched, Object, local};

/// A page of what lies in a bucket.
pub(crate) async fn page(bucket: &Arc<Bucket>, prefix: &str, options: PageOptions) -> Result<Page> {
    let question = Listed {
        prefix: prefix.to_owned(),
        delimiter: options.by_folder.then(|| "/".to_owned()),
        after: options.token.or(options.after),
        max: BUCKET_PAGE_MAX,
    };
    let bucket = Arc::clone(bucket);
    blocking(move || {
        let listing = bucket.list(&question)?;
        let objects = listing.objects.into_iter().map(|object| {
            let modified = object.modified.duration_since(UNIX_EPOCH).ok();
            Object {
                path: address(&bucket, &object.key),
                key: object.key,
                size: object.size,
                is_stream: false,
                modified: modified.and_then(|time| Micros::try_from(time.as_micros()).ok()),
                etag: Some(object.etag),
            }
        });
        Ok(Page { objects: objects.collect(), folders: listing.folders, token: listing.next })
    })
    .await
}

/// Whether something lies below a prefix.
pub(crate) async fn has(bucket: &Arc<Bucket>, prefix: &str) -> Result<bool> {
    let question = Listed { prefix: prefix.to_owned(), max: 1, ..Listed::default() };
    let bucket = Arc::clone(bucket);
    blocking(move || {
        let listing = bucket.list(&question)?;
        Ok(!listing.objects.is_empty())
    })
    .await
}

/// Fetches an object.
pub(crate) async fn fetch(bucket: &Bucket, object: &Object, whole_max: u64) -> Result<Fetched> {
    let path = bucket.path(&object.key)?;
    local::fetch(path, object, whole_max).await
}

/// Brings a finished file to its key, whole and at once.
pub(crate) async fn publish(bucket: &Arc<Bucket>, key: &str, file: &std::path::Path) -> Result<()> {
    let (bucket, key, file) = (Arc::clone(bucket), key.to_owned(), file.to_owned());
    blocking(move || bucket.adopt(&key, &file).map(|_| ()).map_err(Error::from)).await
}

/// The address of an object.
pub(crate) fn address(bucket: &Bucket, key: &str) -> String {
    format!("s3://{}/{key}", bucket.name)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Error::new(ErrorKind::Internal, "a bucket could not be asked").because(error)
    })?
}

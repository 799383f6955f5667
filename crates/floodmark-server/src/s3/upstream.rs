//! The real S3, for buckets that are not here. Without consent it is only read: what is written to such a bucket stays on this
//! machine.

use std::collections::{BTreeMap, HashSet};
use std::ops;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use floodmark_buckets::{Listed, Listing, Object};
use floodmark_engine::{Engine, ErrorKind};
use futures::future::BoxFuture;
use futures::{FutureExt, TryStreamExt};
use http_body_util::StreamBody;
use hyper::body::Frame;
use s3s::dto::{Range, StreamingBlob};
use s3s::{Body, S3Error, S3ErrorCode, S3Result};
use tokio::sync::Mutex;

use crate::limits::LISTING_PAGES_MAX;
use crate::s3::fault::fault;
use crate::s3::reading::satisfied;

/// How a bucket elsewhere is opened, by its name.
#[derive(Clone)]
pub(crate) struct Upstream {
    open: Arc<dyn Fn(String) -> BoxFuture<'static, S3Result<Remote>> + Send + Sync>,
    /// Whether the user consented that it is written to.
    pub(crate) is_changed: bool,
    /// Held by whoever writes there only if something is there, or not: one at a time of this process.
    pub(crate) conditional: Arc<Mutex<()>>,
}

/// Uploads a file to a bucket, under a key.
pub(crate) type Upload =
    Arc<dyn Fn(String, String, PathBuf) -> BoxFuture<'static, S3Result<()>> + Send + Sync>;

/// A bucket elsewhere.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) name: String,
    pub(crate) objects: Arc<dyn object_store::ObjectStore>,
    pub(crate) listings: Arc<dyn object_store::list::PaginatedListStore>,
    pub(crate) upload: Upload,
}

/// An object elsewhere, of which the bytes are on their way.
pub(crate) struct Fetched {
    pub(crate) object: Object,
    /// Which of its bytes they are.
    pub(crate) bytes: ops::Range<u64>,
    pub(crate) body: StreamingBlob,
}

impl Upstream {
    /// Opened by this function, and changed only with consent.
    pub(crate) fn new(
        is_changed: bool,
        open: impl Fn(String) -> BoxFuture<'static, S3Result<Remote>> + Send + Sync + 'static,
    ) -> Self {
        Self { open: Arc::new(open), is_changed, conditional: Arc::default() }
    }

    /// The buckets that the engine reads, with its credentials.
    pub(crate) fn of(engine: Arc<Engine>) -> Self {
        Self::new(engine.writes_s3(), move |name| {
            let engine = Arc::clone(&engine);
            async move {
                let failed = |error: floodmark_engine::Error| unopened(&error);
                let objects = engine.object_store(&name).await.map_err(failed)?;
                let listings = engine.listings(&name).await.map_err(failed)?;
                let upload: Upload = Arc::new(move |bucket, key, file| {
                    let engine = Arc::clone(&engine);
                    let uploaded = async move { engine.upload(&bucket, &key, &file).await };
                    uploaded.map(|uploaded| uploaded.map_err(|error| unopened(&error))).boxed()
                });
                Ok(Remote { name, objects, listings, upload })
            }
            .boxed()
        })
    }

    /// The bucket of this name. That it exists is not sure.
    pub(crate) async fn open(&self, name: &str) -> S3Result<Remote> {
        (self.open)(name.to_owned()).await
    }
}

impl Remote {
    /// Whether there is such a bucket. One that may not be read is there.
    pub(crate) async fn exists(&self) -> S3Result<bool> {
        let question = Listed { max: 1, ..Listed::default() };
        match self.list(&question).await {
            Ok(_) => Ok(true),
            Err(error) => match error.code() {
                S3ErrorCode::NoSuchBucket | S3ErrorCode::NoSuchKey => Ok(false),
                S3ErrorCode::AccessDenied => Ok(true),
                _ => Err(error),
            },
        }
    }

    /// The object with this key.
    pub(crate) async fn object(&self, key: &str) -> S3Result<Object> {
        let options = object_store::GetOptions { head: true, ..Default::default() };
        let path = self.path(key)?;
        let found = self.objects.get_opts(&path, options).await;
        let found = found.map_err(|error| self.failed(key, &error))?;
        Ok(object(key.to_owned(), &found.meta))
    }

    /// The bytes of an object, or some of them.
    pub(crate) async fn get(&self, key: &str, range: Option<Range>) -> S3Result<Fetched> {
        let path = self.path(key)?;
        let wanted = range.map(|range| match range {
            Range::Int { first, last: Some(last) } => {
                object_store::GetRange::Bounded(first..last.saturating_add(1))
            }
            Range::Int { first, last: None } => object_store::GetRange::Offset(first),
            Range::Suffix { length } => object_store::GetRange::Suffix(length),
        });
        let options = object_store::GetOptions { range: wanted, ..Default::default() };
        let found = match self.objects.get_opts(&path, options).await {
            Ok(found) => found,
            Err(error) => {
                if let (Some(range), object_store::Error::Generic { .. }) = (range, &error) {
                    // Most likely the object has no such bytes; then that is what is said.
                    satisfied(range, self.object(key).await?.size)?;
                }
                return Err(self.failed(key, &error));
            }
        };
        let object = object(key.to_owned(), &found.meta);
        let bytes = found.range.clone();
        let frames = found.into_stream().map_ok(Frame::data);
        let body = StreamingBlob::from(Body::http_body_unsync(StreamBody::new(frames)));
        Ok(Fetched { object, bytes, body })
    }

    /// A page of what lies in the bucket, as one of a bucket that is here.
    pub(crate) async fn list(&self, question: &Listed) -> S3Result<Listing> {
        let delimiter = question.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
        if delimiter.is_some_and(|delimiter| delimiter != "/") {
            let message = "listings of S3 are handed on with the delimiter `/`, and no other one";
            return Err(fault(S3ErrorCode::NotImplemented, message));
        }
        let offset = question.after.as_ref().map(|after| {
            let inner = after.strip_prefix(question.prefix.as_str()).unwrap_or_default();
            let is_folder = delimiter.is_some_and(|delimiter| inner.ends_with(delimiter));
            // All that lies in a folder that was told comes before this.
            if is_folder { format!("{after}{}", char::MAX) } else { after.clone() }
        });
        let prefix = Some(question.prefix.as_str()).filter(|prefix| !prefix.is_empty());
        let mut token = None;
        for _ in 0..LISTING_PAGES_MAX {
            let options = object_store::list::PaginatedListOptions {
                offset: offset.clone(),
                delimiter: delimiter.map(|delimiter| delimiter.to_owned().into()),
                max_keys: Some(question.max),
                page_token: token,
                ..Default::default()
            };
            let page = self.listings.list_paginated(prefix, options).await;
            let page = page.map_err(|error| self.failed(&question.prefix, &error))?;
            let listing = listing(page, &question.prefix);
            if listing.1.is_none() || !is_empty(&listing.0) {
                return Ok(listing.0);
            }
            token = listing.1;
        }
        let message = format!("{LISTING_PAGES_MAX} pages of the listing are empty");
        Err(fault(S3ErrorCode::ServiceUnavailable, message))
    }

    /// Uploads a file, with the user's consent.
    pub(crate) async fn put(&self, key: &str, file: PathBuf) -> S3Result<Object> {
        self.path(key)?;
        (self.upload)(self.name.clone(), key.to_owned(), file).await?;
        self.object(key).await
    }

    /// Deletes an object, with the user's consent.
    pub(crate) async fn delete(&self, key: &str) -> S3Result<()> {
        let path = self.path(key)?;
        let deleted = object_store::ObjectStoreExt::delete(&*self.objects, &path).await;
        deleted.map_err(|error| self.failed(key, &error))
    }

    /// The refusal of a change to what lies elsewhere.
    pub(crate) fn is_only_read(&self, key: &str) -> S3Error {
        let message = format!(
            "`{}` lies in the bucket `{}` of AWS, which is only read without `--apply`",
            key.escape_debug(),
            self.name
        );
        fault(S3ErrorCode::AccessDenied, message)
    }

    /// A key as a path. Some keys cannot be one: those that have nothing between two `/`, or at their end.
    fn path(&self, key: &str) -> S3Result<object_store::path::Path> {
        let path = object_store::path::Path::parse(key).ok();
        path.filter(|path| path.as_ref() == key).ok_or_else(|| self.no_such_key(key))
    }

    fn no_such_key(&self, key: &str) -> S3Error {
        let key = key.escape_debug();
        fault(
            S3ErrorCode::NoSuchKey,
            format!("there is no object `{key}` in the bucket `{}`, here or in AWS", self.name),
        )
    }

    fn failed(&self, key: &str, error: &object_store::Error) -> S3Error {
        let text = error.to_string();
        // What is wrong with a listing is told in no other way than by S3's answer.
        let says = |code: &str| text.contains(&format!("<Code>{code}</Code>"));
        let code = match error {
            _ if says("NoSuchBucket") => {
                let message = format!("there is no bucket `{}`, here or in AWS", self.name);
                return fault(S3ErrorCode::NoSuchBucket, message);
            }
            object_store::Error::NotFound { .. } => return self.no_such_key(key),
            object_store::Error::InvalidPath { source } => {
                let name = &self.name;
                let message = format!(
                    "the bucket `{name}` of AWS has a key that cannot be handed on, and no listing that holds it: {source}"
                );
                return fault(S3ErrorCode::NotImplemented, message);
            }
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. } => S3ErrorCode::AccessDenied,
            _ if text.contains("403 Forbidden") => S3ErrorCode::AccessDenied,
            _ => S3ErrorCode::ServiceUnavailable,
        };
        fault(code, format!("`s3://{}/{}`: {text}", self.name, key.escape_debug()))
    }
}

/// A page of what lies here and of what lies elsewhere, of pages of both that begin at the same place. What lies here hides what
/// has the same key elsewhere.
pub(crate) fn merged(here: Listing, there: Listing, max: usize) -> Listing {
    // What comes after the end of either page is not known of that one.
    let end = here.next.clone().into_iter().chain(there.next.clone()).min();
    let mut all: BTreeMap<String, Option<Object>> = BTreeMap::new();
    for listing in [there, here] {
        all.extend(listing.folders.into_iter().map(|folder| (folder, None)));
        let objects = listing.objects.into_iter();
        all.extend(objects.map(|object| (object.key.clone(), Some(object))));
    }
    let known = |name: &String| end.as_ref().is_none_or(|end| name <= end);
    let count = all.keys().filter(|name| known(name)).count();
    let mut merged = Listing::default();
    let mut last = None;
    for (name, object) in all.into_iter().filter(|(name, _)| known(name)).take(max) {
        match object {
            Some(object) => merged.objects.push(object),
            None => merged.folders.push(name.clone()),
        }
        last = Some(name);
    }
    merged.next = last.filter(|_| end.is_some() || count > max);
    merged
}

fn unopened(error: &floodmark_engine::Error) -> S3Error {
    let code = match error.kind() {
        ErrorKind::NotFound => S3ErrorCode::NoSuchBucket,
        ErrorKind::AccessDenied => S3ErrorCode::AccessDenied,
        _ => S3ErrorCode::ServiceUnavailable,
    };
    fault(code, error.to_string())
}

fn object(key: String, meta: &object_store::ObjectMeta) -> Object {
    let etag = meta.e_tag.as_deref().unwrap_or_default();
    let etag = etag.trim_start_matches("W/").trim_matches('"').to_owned();
    Object { key, size: meta.size, modified: SystemTime::from(meta.last_modified), etag }
}

/// A page as one of a bucket that is here, and the token of the next.
fn listing(
    page: object_store::list::PaginatedListResult,
    prefix: &str,
) -> (Listing, Option<String>) {
    let mut folders: Vec<String> =
        page.result.common_prefixes.iter().map(|folder| format!("{folder}/")).collect();
    folders.sort_unstable();
    let mut objects: Vec<Object> =
        page.result.objects.iter().map(|meta| object(meta.location.to_string(), meta)).collect();
    objects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let last = objects.last().map(|object| &object.key).max(folders.last()).cloned();
    // A mark of a folder comes without its `/`, under a key that is none.
    let parents: HashSet<String> = objects
        .iter()
        .flat_map(|object| object.key.match_indices('/').map(|(at, _)| object.key[..at].to_owned()))
        .collect();
    objects.retain(|object| {
        object.key.starts_with(prefix) && !(object.size == 0 && parents.contains(&object.key))
    });
    let next = last.filter(|_| page.page_token.is_some());
    (Listing { objects, folders, next }, page.page_token)
}

fn is_empty(listing: &Listing) -> bool {
    listing.objects.is_empty() && listing.folders.is_empty()
}

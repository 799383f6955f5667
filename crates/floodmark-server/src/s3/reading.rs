//! Reading objects, and asking about them and about buckets.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use floodmark_buckets::{Listed, Object};
use futures::{Stream, stream};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::StreamBody;
use hyper::body::Frame;
use s3s::dto::{
    ETag, ETagCondition, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    Range, StreamingBlob, Timestamp,
};
use s3s::{Body, S3ErrorCode, S3Result};

use crate::limits::PIECE_BYTES_MAX;
use crate::s3::backend::{Backend, Place};
use crate::s3::fault::{blocking, fault};
use crate::s3::upstream::Fetched;

/// What every object is said to be: what they were said to be when they were written is not kept.
const CONTENT_TYPE: &str = "binary/octet-stream";

/// What a client asks for an object under.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    /// Only if it is this one.
    pub(crate) if_match: Option<ETagCondition>,
    /// Only if it is another one.
    pub(crate) if_none_match: Option<ETagCondition>,
    /// Only if it has changed since.
    pub(crate) if_modified_since: Option<Timestamp>,
    /// Only if it has not changed since.
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// Whether there are none.
    pub(crate) fn are_none(&self) -> bool {
        self.if_match.is_none()
            && self.if_none_match.is_none()
            && self.if_modified_since.is_none()
            && self.if_unmodified_since.is_none()
    }

    /// Refuses an object that does not fulfil them. `unchanged` is S3's code for one that the client has already.
    pub(crate) fn check(&self, object: &Object, unchanged: S3ErrorCode) -> S3Result<()> {
        let is = |condition: &ETagCondition| match condition {
            ETagCondition::Any => true,
            ETagCondition::ETag(etag) => etag.value() == object.etag,
        };
        // Clients know the time in seconds.
        let since = object.modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let modified = Timestamp::from(UNIX_EPOCH + Duration::from_secs(since));
        let is_other = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => !is(condition),
            (None, Some(since)) => modified > *since,
            (None, None) => false,
        };
        if is_other {
            let message = "the object is not the one that was asked for";
            return Err(fault(S3ErrorCode::PreconditionFailed, message));
        }
        let is_known = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => is(condition),
            (None, Some(since)) => modified <= *since,
            (None, None) => false,
        };
        if is_known {
            let mut error = fault(unchanged, "the object has not changed");
            let mut headers = HeaderMap::new();
            if let Ok(etag) = HeaderValue::try_from(format!("\"{}\"", object.etag)) {
                headers.insert(header::ETAG, etag);
            }
            error.set_headers(headers);
            return Err(error);
        }
        Ok(())
    }
}

/// `GetObject`.
pub(crate) async fn get(backend: &Backend, input: GetObjectInput) -> S3Result<GetObjectOutput> {
    let place = backend.place(&input.bucket).await?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let key = input.key.clone();
    let (object, bytes, body) = match place.look(move |bucket| bucket.open(&key)).await? {
        Some((file, object)) => {
            conditions.check(&object, S3ErrorCode::NotModified)?;
            let range = input.range.map(|range| satisfied(range, object.size)).transpose()?;
            let bytes = range.unwrap_or(0..object.size);
            let body = Body::http_body_unsync(StreamBody::new(pieces(file, bytes.clone())));
            (object, bytes, StreamingBlob::from(body))
        }
        None => {
            let fetched = fetched(&place, &input.key, input.range, &conditions).await;
            let Fetched { object, bytes, body } =
                fetched.map_err(|error| place.missed(&input.key, error))?;
            (object, bytes, body)
        }
    };
    Ok(GetObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        body: Some(body),
        content_length: Some(length(bytes.end - bytes.start)),
        content_range: input.range.map(|_| content_range(&bytes, object.size)),
        content_type: Some(CONTENT_TYPE.to_owned()),
        last_modified: Some(time(object.modified)),
        e_tag: Some(ETag::Strong(object.etag)),
        ..GetObjectOutput::default()
    })
}

/// `HeadObject`.
pub(crate) async fn head(backend: &Backend, input: HeadObjectInput) -> S3Result<HeadObjectOutput> {
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    let object = backend.place(&input.bucket).await?.object(&input.key).await?;
    conditions.check(&object, S3ErrorCode::NotModified)?;
    let range = input.range.map(|range| satisfied(range, object.size)).transpose()?;
    let bytes = range.clone().unwrap_or(0..object.size);
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(length(bytes.end - bytes.start)),
        content_range: range.map(|range| content_range(&range, object.size)),
        content_type: Some(CONTENT_TYPE.to_owned()),
        last_modified: Some(time(object.modified)),
        e_tag: Some(ETag::Strong(object.etag)),
        ..HeadObjectOutput::default()
    })
}

/// `HeadBucket`.
pub(crate) async fn head_bucket(
    backend: &Backend,
    input: HeadBucketInput,
) -> S3Result<HeadBucketOutput> {
    exists(backend, &input.bucket).await?;
    Ok(HeadBucketOutput::default())
}

/// `GetBucketLocation`: nothing, which means `us-east-1`. Clients then ask this server, wherever the bucket is.
pub(crate) async fn location(
    backend: &Backend,
    input: GetBucketLocationInput,
) -> S3Result<GetBucketLocationOutput> {
    exists(backend, &input.bucket).await?;
    Ok(GetBucketLocationOutput::default())
}

/// `GetBucketVersioning`: nothing here has more than one version.
pub(crate) async fn versioning(
    backend: &Backend,
    input: GetBucketVersioningInput,
) -> S3Result<GetBucketVersioningOutput> {
    exists(backend, &input.bucket).await?;
    Ok(GetBucketVersioningOutput::default())
}

/// `GetObjectTagging`: no object has tags.
pub(crate) async fn tags(
    backend: &Backend,
    input: GetObjectTaggingInput,
) -> S3Result<GetObjectTaggingOutput> {
    backend.place(&input.bucket).await?.object(&input.key).await?;
    Ok(GetObjectTaggingOutput { tag_set: Vec::new(), version_id: None })
}

/// An object that lies elsewhere, if it fulfils the conditions.
async fn fetched(
    place: &Place,
    key: &str,
    range: Option<Range>,
    conditions: &Conditions,
) -> S3Result<Fetched> {
    let remote = place.elsewhere().await?;
    if !conditions.are_none() {
        conditions.check(&remote.object(key).await?, S3ErrorCode::NotModified)?;
    }
    remote.get(key, range).await
}

/// Refuses a bucket that is not there.
async fn exists(backend: &Backend, name: &str) -> S3Result<()> {
    let place = backend.place(name).await?;
    match place.here.clone() {
        Some(bucket) => blocking(move || bucket.check()).await,
        None => {
            let first = Listed { max: 1, ..Listed::default() };
            place.elsewhere().await?.list(&first).await.map(drop)
        }
    }
}

/// A time as S3 says it.
pub(crate) fn time(time: SystemTime) -> Timestamp {
    Timestamp::from(time)
}

/// A number of bytes as S3 says it.
pub(crate) fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// The bytes of an object that a range means.
pub(crate) fn satisfied(range: Range, size: u64) -> S3Result<ops::Range<u64>> {
    let bytes = range.check(size).ok().filter(|bytes| bytes.start < bytes.end);
    bytes.ok_or_else(|| {
        let message = format!("the object has {size} bytes, and none of those that are asked for");
        let mut error = fault(S3ErrorCode::InvalidRange, message);
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
            headers.insert(header::CONTENT_RANGE, value);
        }
        error.set_headers(headers);
        error
    })
}

fn content_range(bytes: &ops::Range<u64>, size: u64) -> String {
    format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1)
}

/// The bytes of a file, piece by piece. A thread is busy only while it reads, not while the client is slow.
fn pieces(
    file: File,
    bytes: ops::Range<u64>,
) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send {
    stream::try_unfold((file, bytes), |(file, bytes)| async move {
        if bytes.is_empty() {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || piece(file, bytes));
        let (piece, file, bytes) = read.await.map_err(io::Error::other)??;
        Ok(Some((Frame::data(piece), (file, bytes))))
    })
}

fn piece(mut file: File, bytes: ops::Range<u64>) -> io::Result<(Bytes, File, ops::Range<u64>)> {
    let wanted = (bytes.end - bytes.start).min(PIECE_BYTES_MAX as u64);
    let mut piece = Vec::with_capacity(usize::try_from(wanted).unwrap_or(PIECE_BYTES_MAX));
    file.seek(SeekFrom::Start(bytes.start))?;
    file.by_ref().take(wanted).read_to_end(&mut piece)?;
    if piece.len() as u64 != wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((piece.into(), file, bytes.start + wanted..bytes.end))
}

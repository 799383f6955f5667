//! Listing buckets and objects.

use std::fmt::Write;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use floodmark_buckets::{Listed, Listing};
use s3s::dto::{
    Bucket, CommonPrefix, ETag, EncodingType, ListBucketsInput, ListBucketsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, Owner,
};
use s3s::{S3ErrorCode, S3Result};

use crate::limits::LISTED_MAX;
use crate::s3::backend::{Backend, Place};
use crate::s3::fault::{blocking, fault};
use crate::s3::reading::{length, time};
use crate::s3::upstream::merged;
use crate::sts::ACCOUNT;

/// `ListBuckets`.
pub(crate) async fn buckets(
    backend: &Backend,
    input: ListBucketsInput,
) -> S3Result<ListBucketsOutput> {
    let buckets = Arc::clone(&backend.buckets);
    let prefix = input.prefix.clone().unwrap_or_default();
    let buckets = blocking(move || {
        let all = buckets.all()?.into_iter();
        let wanted = all.filter(|bucket| bucket.name.starts_with(&prefix));
        Ok(wanted.map(|bucket| (bucket.created(), bucket.name)).collect::<Vec<_>>())
    });
    let buckets = buckets.await?.into_iter().map(|(created, name)| Bucket {
        creation_date: created.map(time),
        name: Some(name),
        ..Bucket::default()
    });
    Ok(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(owner()),
        prefix: input.prefix,
        ..ListBucketsOutput::default()
    })
}

/// `ListObjects`, which marks where a page begins by a key.
pub(crate) async fn first_version(
    backend: &Backend,
    input: ListObjectsInput,
) -> S3Result<ListObjectsOutput> {
    let question = Listed {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after: input.marker.clone().filter(|marker| !marker.is_empty()),
        max: page(input.max_keys)?,
    };
    let max_keys = Some(count(question.max));
    let listing = list(backend, &input.bucket, question).await?;
    let written = Names::new(input.encoding_type.as_ref());
    Ok(ListObjectsOutput {
        name: Some(input.bucket),
        prefix: input.prefix.map(|prefix| written.name(prefix)),
        marker: Some(input.marker.map(|marker| written.name(marker)).unwrap_or_default()),
        max_keys,
        is_truncated: Some(listing.next.is_some()),
        next_marker: listing.next.map(|next| written.name(next)),
        contents: Some(written.objects(listing.objects)),
        common_prefixes: Some(written.folders(listing.folders)),
        delimiter: input.delimiter.map(|delimiter| written.name(delimiter)),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    })
}

/// `ListObjectsV2`, which marks it by a token.
pub(crate) async fn second_version(
    backend: &Backend,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let after = match &input.continuation_token {
        Some(token) => Some(from_token(token)?),
        None => input.start_after.clone().filter(|after| !after.is_empty()),
    };
    let question = Listed {
        prefix: input.prefix.clone().unwrap_or_default(),
        delimiter: input.delimiter.clone(),
        after,
        max: page(input.max_keys)?,
    };
    let max_keys = Some(count(question.max));
    let listing = list(backend, &input.bucket, question).await?;
    let written = Names::new(input.encoding_type.as_ref());
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        prefix: Some(input.prefix.map(|prefix| written.name(prefix)).unwrap_or_default()),
        max_keys,
        key_count: Some(count(listing.objects.len() + listing.folders.len())),
        continuation_token: input.continuation_token,
        is_truncated: Some(listing.next.is_some()),
        next_continuation_token: listing.next.map(|next| URL_SAFE_NO_PAD.encode(next)),
        contents: Some(written.objects(listing.objects)),
        common_prefixes: Some(written.folders(listing.folders)),
        delimiter: input.delimiter.map(|delimiter| written.name(delimiter)),
        encoding_type: input.encoding_type,
        start_after: input.start_after.map(|after| written.name(after)),
        ..ListObjectsV2Output::default()
    })
}

/// How many stand on a page, if a client asks for so many.
pub(crate) fn page(asked: Option<i32>) -> S3Result<usize> {
    let asked = asked.map_or(Ok(LISTED_MAX), usize::try_from);
    let asked = asked.map_err(|_| {
        fault(S3ErrorCode::InvalidArgument, "the length of a page must not be negative")
    });
    Ok(asked?.min(LISTED_MAX))
}

/// A small number as S3 says it.
pub(crate) fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Whom all objects belong to.
pub(crate) fn owner() -> Owner {
    Owner { display_name: Some("floodmark".to_owned()), id: Some(ACCOUNT.to_owned()) }
}

async fn list(backend: &Backend, bucket: &str, question: Listed) -> S3Result<Listing> {
    let place = backend.place(bucket).await?;
    let here = match place.here.clone() {
        Some(bucket) => {
            let question = question.clone();
            Some(blocking(move || bucket.list(&question)).await?)
        }
        None => None,
    };
    if !place.is_elsewhere() {
        return Ok(here.unwrap_or_default());
    }
    match (here, list_elsewhere(&place, &question).await) {
        (Some(here), Ok(there)) => Ok(merged(here, there, question.max)),
        // Of a bucket that is not there, or that the user may not see, there is what was written here.
        (Some(here), Err(error))
            if matches!(error.code(), S3ErrorCode::NoSuchBucket | S3ErrorCode::AccessDenied) =>
        {
            Ok(here)
        }
        (_, there) => there,
    }
}

async fn list_elsewhere(place: &Place, question: &Listed) -> S3Result<Listing> {
    place.elsewhere().await?.list(question).await
}

fn from_token(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        fault(S3ErrorCode::InvalidArgument, "the continuation token is none that was given")
    })
}

/// Names as they are written into an answer.
struct Names {
    are_encoded: bool,
}

impl Names {
    fn new(encoding: Option<&EncodingType>) -> Self {
        let are_encoded = encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL);
        Self { are_encoded }
    }

    /// A name with `%20` for what XML cannot hold, and more, if the client wants that.
    fn name(&self, name: String) -> String {
        if !self.are_encoded {
            return name;
        }
        let mut encoded = String::with_capacity(name.len());
        for byte in name.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                    encoded.push(char::from(byte));
                }
                _ => {
                    // Writing to a string cannot fail.
                    let _ = write!(encoded, "%{byte:02X}");
                }
            }
        }
        encoded
    }

    fn objects(&self, objects: Vec<floodmark_buckets::Object>) -> Vec<Object> {
        let objects = objects.into_iter().map(|object| Object {
            key: Some(self.name(object.key)),
            last_modified: Some(time(object.modified)),
            e_tag: Some(ETag::Strong(object.etag)),
            size: Some(length(object.size)),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Object::default()
        });
        objects.collect()
    }

    fn folders(&self, folders: Vec<String>) -> Vec<CommonPrefix> {
        let folders = folders.into_iter();
        folders.map(|folder| CommonPrefix { prefix: Some(self.name(folder)) }).collect()
    }
}

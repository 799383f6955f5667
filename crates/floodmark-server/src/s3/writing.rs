//! Writing, copying and deleting objects, and making and removing buckets.

use std::io::{self, Write};
use std::sync::Arc;

use floodmark_buckets::{Bucket, Buckets, Object, Writing};
use futures::StreamExt;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, CreateBucketInput,
    CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
    ETagCondition, Error, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3ErrorCode, S3Result};

use crate::limits::{DELETED_MAX, PIECE_BYTES_MAX};
use crate::s3::backend::{Backend, Place};
use crate::s3::fault::{blocking, broken, fault, internal};
use crate::s3::reading::{Conditions, length, time};
use crate::s3::upstream::Remote;

/// `PutObject`.
pub(crate) async fn put(backend: &Backend, input: PutObjectInput) -> S3Result<PutObjectOutput> {
    let target = backend.target(&input.bucket).await?;
    let (bucket, key) = (target.bucket.clone(), input.key.clone());
    let writing = blocking(move || bucket.write(&key)).await?;
    let writing = received(writing, input.body).await?;
    let expected = Expected { if_match: input.if_match, if_none_match: input.if_none_match };
    let object = target.finish(&input.key, writing, expected).await?;
    Ok(PutObjectOutput {
        size: Some(length(object.size)),
        e_tag: Some(ETag::Strong(object.etag)),
        ..PutObjectOutput::default()
    })
}

/// `CopyObject`.
pub(crate) async fn copy(backend: &Backend, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let source = source(backend, input.copy_source, &conditions).await?;
    let target = backend.target(&input.bucket).await?;
    let (bucket, key) = (target.bucket.clone(), input.key.clone());
    let object = match source.place {
        SourcePlace::Here(from) => {
            let writing = blocking(move || bucket.write_copy(&key, &from, &source.object.key));
            target.finish(&input.key, writing.await?, Expected::default()).await?
        }
        SourcePlace::There(remote) => {
            let fetched = remote.get(&source.object.key, None).await?;
            let writing = blocking(move || bucket.write(&key)).await?;
            let writing = received(writing, Some(fetched.body)).await?;
            target.finish(&input.key, writing, Expected::default()).await?
        }
    };
    let result = CopyObjectResult {
        last_modified: Some(time(object.modified)),
        e_tag: Some(ETag::Strong(object.etag)),
        ..CopyObjectResult::default()
    };
    Ok(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
}

/// `DeleteObject`.
pub(crate) async fn delete(
    backend: &Backend,
    input: DeleteObjectInput,
) -> S3Result<DeleteObjectOutput> {
    let place = backend.place(&input.bucket).await?;
    delete_one(backend, &place, input.key).await?;
    Ok(DeleteObjectOutput::default())
}

/// `DeleteObjects`.
pub(crate) async fn delete_many(
    backend: &Backend,
    input: DeleteObjectsInput,
) -> S3Result<DeleteObjectsOutput> {
    let place = backend.place(&input.bucket).await?;
    if input.delete.objects.len() > DELETED_MAX {
        let message = format!("more than {DELETED_MAX} objects to be deleted");
        return Err(fault(S3ErrorCode::MalformedXML, message));
    }
    let is_quiet = input.delete.quiet.unwrap_or_default();
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for object in input.delete.objects {
        let key = Some(object.key.clone());
        match delete_one(backend, &place, object.key).await {
            Ok(()) if is_quiet => {}
            Ok(()) => deleted.push(DeletedObject { key, ..DeletedObject::default() }),
            Err(error) => {
                let code = Some(error.code().as_str().to_owned());
                let message = error.message().map(str::to_owned);
                errors.push(Error { code, key, message, version_id: None });
            }
        }
    }
    Ok(DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    })
}

/// Deletes an object that is here. One that lies elsewhere is deleted too with consent; without it, it stays there, and that is an
/// error if there was nothing to delete here.
async fn delete_one(backend: &Backend, place: &Place, key: String) -> S3Result<()> {
    let (name, is_elsewhere) = (key.clone(), place.is_elsewhere());
    let deleted = place.look(move |bucket| {
        if is_elsewhere {
            bucket.object(&name)?;
        }
        bucket.delete(&name)
    });
    let is_deleted = deleted.await?.is_some();
    let is_changed = backend.is_elsewhere_changed();
    if !is_elsewhere || (is_deleted && !is_changed) {
        return Ok(());
    }
    match delete_elsewhere(place, &key, is_changed).await {
        // The bucket here lies over none.
        Err(error) if place.here.is_some() && *error.code() == S3ErrorCode::NoSuchBucket => Ok(()),
        deleted => deleted,
    }
}

async fn delete_elsewhere(place: &Place, key: &str, is_changed: bool) -> S3Result<()> {
    let remote = place.elsewhere().await?;
    if is_changed {
        return remote.delete(key).await;
    }
    match remote.object(key).await {
        Ok(_) => Err(remote.is_only_read(key)),
        Err(error) if *error.code() == S3ErrorCode::NoSuchKey => Ok(()),
        Err(error) => Err(error),
    }
}

/// `CreateBucket`. As in `us-east-1`, it is fine if a bucket is ours already.
pub(crate) async fn create_bucket(
    backend: &Backend,
    input: CreateBucketInput,
) -> S3Result<CreateBucketOutput> {
    match backend.find(&input.bucket).await? {
        Some(bucket) => bucket
            .check_writable()
            .map_err(|error| fault(S3ErrorCode::BucketAlreadyOwnedByYou, error.to_string()))?,
        None if backend.remote(&input.bucket).await?.is_some() => {
            let message = format!("there is a bucket `{}` in AWS", input.bucket);
            return Err(fault(S3ErrorCode::BucketAlreadyOwnedByYou, message));
        }
        None => {}
    }
    let bucket = with_buckets(backend, input.bucket, Buckets::create).await?;
    Ok(CreateBucketOutput { location: Some(format!("/{}", bucket.name)) })
}

/// `DeleteBucket`.
pub(crate) async fn delete_bucket(
    backend: &Backend,
    input: DeleteBucketInput,
) -> S3Result<DeleteBucketOutput> {
    with_buckets(backend, input.bucket, Buckets::remove).await?;
    Ok(DeleteBucketOutput::default())
}

async fn with_buckets<T: Send + 'static>(
    backend: &Backend,
    name: String,
    work: fn(&Buckets, &str) -> floodmark_buckets::Result<T>,
) -> S3Result<T> {
    let buckets = Arc::clone(&backend.buckets);
    blocking(move || work(&buckets, &name)).await
}

/// What a copy is made of.
pub(crate) struct Source {
    pub(crate) object: Object,
    pub(crate) place: SourcePlace,
}

/// Where it lies.
pub(crate) enum SourcePlace {
    /// In a bucket that is here.
    Here(Bucket),
    /// In a bucket elsewhere.
    There(Remote),
}

/// The object that a copy is made of, if it fulfils the conditions.
pub(crate) async fn source(
    backend: &Backend,
    source: CopySource,
    conditions: &Conditions,
) -> S3Result<Source> {
    let (bucket, key) = match source {
        CopySource::Bucket { bucket, key, version_id: None } => (bucket, key),
        CopySource::Bucket { .. } => {
            return Err(fault(S3ErrorCode::NoSuchVersion, "objects have no versions here"));
        }
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
            let message = "copies are made of objects of buckets, and of nothing else";
            return Err(fault(S3ErrorCode::NotImplemented, message));
        }
    };
    let place = backend.place(&bucket).await?;
    let name = key.to_string();
    let source = match place.look(move |bucket| Ok((bucket.object(&name)?, bucket))).await? {
        Some((object, bucket)) => Source { object, place: SourcePlace::Here(bucket) },
        None => {
            let missed = |error| place.missed(&key, error);
            let remote = place.elsewhere().await.map_err(missed)?;
            let object = remote.object(&key).await.map_err(missed)?;
            Source { object, place: SourcePlace::There(remote) }
        }
    };
    conditions.check(&source.object, S3ErrorCode::PreconditionFailed)?;
    Ok(source)
}

/// What a client expects to be there, or not to be, where it writes.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// Only over this object.
    pub(crate) if_match: Option<ETagCondition>,
    /// Not over this object, or over any.
    pub(crate) if_none_match: Option<ETagCondition>,
}

impl Expected {
    /// Whether the client does not care.
    pub(crate) fn is_anything(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Why what is there is not what the client expects; None if it is.
    pub(crate) fn reason(&self, present: Option<&Object>) -> Option<&'static str> {
        let is = |condition: &ETagCondition| match (condition, present) {
            (_, None) => false,
            (ETagCondition::Any, Some(_)) => true,
            (ETagCondition::ETag(etag), Some(object)) => etag.value() == object.etag,
        };
        if self.if_match.as_ref().is_some_and(|condition| !is(condition)) {
            return Some("the object is another one, or not there");
        }
        let is_there = self.if_none_match.as_ref().is_some_and(is);
        is_there.then_some("the object is there already")
    }
}

/// Writes the body of a request. If the client goes away, nothing of it stays. A thread is busy only while it writes, not while the
/// client is slow.
pub(crate) async fn received(
    mut writing: Writing,
    body: Option<StreamingBlob>,
) -> S3Result<Writing> {
    let Some(mut body) = body else { return Ok(writing) };
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece.map_err(|error| broken(&*error))?);
        if bytes.len() >= PIECE_BYTES_MAX {
            writing = written(writing, std::mem::take(&mut bytes)).await?;
        }
    }
    written(writing, bytes).await
}

async fn written(mut writing: Writing, bytes: Vec<u8>) -> S3Result<Writing> {
    let written = tokio::task::spawn_blocking(move || {
        writing.write_all(&bytes)?;
        Ok::<_, io::Error>(writing)
    });
    let written = written.await.unwrap_or_else(|error| Err(io::Error::other(error)));
    written.map_err(|error| internal(format!("the object cannot be written: {error}")))
}

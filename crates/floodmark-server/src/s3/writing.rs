//! Writing, copying and deleting objects, and making and removing buckets.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use floodmark_buckets::{Bucket, Buckets, Writing};
use futures::StreamExt;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, CreateBucketInput,
    CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
    ETagCondition, Error, PutObjectInput, PutObjectOutput, StreamingBlob,
};
use s3s::{S3ErrorCode, S3Result};
use tokio::sync::mpsc;

use crate::limits::{DELETED_MAX, PIECES_WAITING_MAX};
use crate::s3::backend::Backend;
use crate::s3::fault::{blocking, broken, fault, internal, refused};
use crate::s3::reading::{Conditions, length, time};

/// `PutObject`.
pub(crate) async fn put(backend: &Backend, input: PutObjectInput) -> S3Result<PutObjectOutput> {
    let bucket = backend.written(&input.bucket).await?;
    let key = input.key;
    let conditions = (input.if_match, input.if_none_match);
    let (writing, bucket, key) = blocking(move || Ok((bucket.write(&key)?, bucket, key))).await?;
    let writing = received(writing, input.body).await?;
    let object = blocking(move || {
        Ok(match unmet(&bucket, &key, &conditions) {
            Some(reason) => Err(reason),
            None => Ok(writing.finish()?),
        })
    });
    let object = object.await?.map_err(|reason| fault(S3ErrorCode::PreconditionFailed, reason))?;
    Ok(PutObjectOutput {
        size: Some(length(object.size)),
        e_tag: Some(ETag::Strong(object.etag)),
        ..PutObjectOutput::default()
    })
}

/// `CopyObject`.
pub(crate) async fn copy(backend: &Backend, input: CopyObjectInput) -> S3Result<CopyObjectOutput> {
    let (from, from_key) = source(backend, input.copy_source)?;
    let bucket = backend.written(&input.bucket).await?;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let (found, from, from_key) =
        blocking(move || Ok((from.object(&from_key)?, from, from_key))).await?;
    conditions.check(&found, S3ErrorCode::PreconditionFailed)?;
    let object = blocking(move || bucket.copy(&input.key, &from, &from_key)).await?;
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
    let bucket = backend.bucket(&input.bucket)?;
    blocking(move || bucket.delete(&input.key)).await?;
    Ok(DeleteObjectOutput::default())
}

/// `DeleteObjects`.
pub(crate) async fn delete_many(
    backend: &Backend,
    input: DeleteObjectsInput,
) -> S3Result<DeleteObjectsOutput> {
    let bucket = backend.bucket(&input.bucket)?;
    if input.delete.objects.len() > DELETED_MAX {
        let message = format!("more than {DELETED_MAX} objects to be deleted");
        return Err(fault(S3ErrorCode::MalformedXML, message));
    }
    let is_quiet = input.delete.quiet.unwrap_or_default();
    let (deleted, errors) = blocking(move || {
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in input.delete.objects {
            let key = Some(object.key.clone());
            match bucket.delete(&object.key) {
                Ok(()) if is_quiet => {}
                Ok(()) => deleted.push(DeletedObject { key, ..DeletedObject::default() }),
                Err(error) => {
                    let error = refused(&error);
                    let code = Some(error.code().as_str().to_owned());
                    let message = error.message().map(str::to_owned);
                    errors.push(Error { code, key, message, version_id: None });
                }
            }
        }
        Ok((deleted, errors))
    })
    .await?;
    Ok(DeleteObjectsOutput {
        deleted: Some(deleted),
        errors: Some(errors),
        ..DeleteObjectsOutput::default()
    })
}

/// `CreateBucket`. As in `us-east-1`, it is fine if a bucket is ours already.
pub(crate) async fn create_bucket(
    backend: &Backend,
    input: CreateBucketInput,
) -> S3Result<CreateBucketOutput> {
    if backend.buckets.find(&input.bucket).is_some_and(|bucket| bucket.is_read_only) {
        let message = format!("the bucket `{}` is a folder of logs, and only read", input.bucket);
        return Err(fault(S3ErrorCode::BucketAlreadyOwnedByYou, message));
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

/// The object that a copy is made of.
pub(crate) fn source(backend: &Backend, source: CopySource) -> S3Result<(Bucket, String)> {
    match source {
        CopySource::Bucket { bucket, key, version_id: None } => {
            Ok((backend.bucket(&bucket)?, key.into()))
        }
        CopySource::Bucket { .. } => {
            Err(fault(S3ErrorCode::NoSuchVersion, "objects have no versions here"))
        }
        CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => {
            let message = "copies are made of objects of buckets, and of nothing else";
            Err(fault(S3ErrorCode::NotImplemented, message))
        }
    }
}

/// Why an object must not be written, if the client set a condition.
pub(crate) fn unmet(
    bucket: &Bucket,
    key: &str,
    (if_match, if_none_match): &(Option<ETagCondition>, Option<ETagCondition>),
) -> Option<&'static str> {
    if if_match.is_none() && if_none_match.is_none() {
        return None;
    }
    let object = bucket.object(key).ok();
    let is = |condition: &ETagCondition| match (condition, &object) {
        (_, None) => false,
        (ETagCondition::Any, Some(_)) => true,
        (ETagCondition::ETag(etag), Some(object)) => etag.value() == object.etag,
    };
    if if_match.as_ref().is_some_and(|condition| !is(condition)) {
        return Some("the object is another one, or not there");
    }
    let is_there = if_none_match.as_ref().is_some_and(is);
    is_there.then_some("the object is there already")
}

/// Writes the body of a request. If the client goes away, nothing of it stays.
pub(crate) async fn received(
    mut writing: Writing,
    body: Option<StreamingBlob>,
) -> S3Result<Writing> {
    let Some(mut body) = body else { return Ok(writing) };
    let (sender, mut receiver) = mpsc::channel::<Bytes>(PIECES_WAITING_MAX);
    let written = tokio::task::spawn_blocking(move || {
        while let Some(piece) = receiver.blocking_recv() {
            writing.write_all(&piece)?;
        }
        Ok::<_, std::io::Error>(writing)
    });
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| broken(&*error))?;
        // The disk refuses: what it says comes below.
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    match written.await {
        Ok(Ok(writing)) => Ok(writing),
        Ok(Err(error)) => Err(internal(format!("the object cannot be written: {error}"))),
        Err(error) => Err(internal(format!("the object cannot be written: {error}"))),
    }
}

//! Writing, copying and deleting objects, and making and removing buckets.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use floodmark_buckets::{Bucket, Buckets, Object, Writing};
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
use crate::s3::backend::{Backend, Place, Target};
use crate::s3::fault::{blocking, broken, fault, internal};
use crate::s3::reading::{Conditions, length, time};
use crate::s3::upstream::Remote;

/// `PutObject`.
pub(crate) async fn put(backend: &Backend, input: PutObjectInput) -> S3Result<PutObjectOutput> {
    let target = backend.target(&input.bucket).await?;
    let (bucket, key) = (target.bucket.clone(), input.key.clone());
    let writing = blocking(move || bucket.write(&key)).await?;
    let writing = received(writing, input.body).await?;
    check(&target, &input.key, (input.if_match, input.if_none_match)).await?;
    let object = target.finish(&input.key, writing).await?;
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
            target.finish(&input.key, writing.await?).await?
        }
        SourcePlace::There(remote) => {
            let fetched = remote.get(&source.object.key, None).await?;
            let writing = blocking(move || bucket.write(&key)).await?;
            let writing = received(writing, Some(fetched.body)).await?;
            target.finish(&input.key, writing).await?
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

/// Deletes an object that is here. One that lies elsewhere alone stays there without consent, and that is an error.
async fn delete_one(backend: &Backend, place: &Place, key: String) -> S3Result<()> {
    let name = key.clone();
    let deleted = place.look(move |bucket| {
        if bucket.is_overlay {
            bucket.object(&name)?;
        }
        bucket.delete(&name)
    });
    if deleted.await?.is_some() {
        return Ok(());
    }
    let Some(remote) = &place.there else { return Ok(()) };
    if backend.is_elsewhere_changed() {
        return remote.delete(&key).await;
    }
    match remote.object(&key).await {
        Ok(_) => Err(remote.is_only_read(&key)),
        Err(error) if *error.code() == S3ErrorCode::NoSuchKey => Ok(()),
        Err(error) => Err(error),
    }
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
    if backend.buckets.find(&input.bucket).is_none()
        && backend.remote(&input.bucket).await?.is_some()
    {
        let message = format!("there is a bucket `{}` in AWS", input.bucket);
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
            let remote = place.elsewhere()?.clone();
            Source { object: remote.object(&key).await?, place: SourcePlace::There(remote) }
        }
    };
    conditions.check(&source.object, S3ErrorCode::PreconditionFailed)?;
    Ok(source)
}

/// Refuses to write an object if what is there is not what the client wants to replace.
pub(crate) async fn check(
    target: &Target,
    key: &str,
    (if_match, if_none_match): (Option<ETagCondition>, Option<ETagCondition>),
) -> S3Result<()> {
    if if_match.is_none() && if_none_match.is_none() {
        return Ok(());
    }
    let object = target.present(key).await?;
    let is = |condition: &ETagCondition| match (condition, &object) {
        (_, None) => false,
        (ETagCondition::Any, Some(_)) => true,
        (ETagCondition::ETag(etag), Some(object)) => etag.value() == object.etag,
    };
    let reason = if if_match.as_ref().is_some_and(|condition| !is(condition)) {
        "the object is another one, or not there"
    } else if if_none_match.as_ref().is_some_and(is) {
        "the object is there already"
    } else {
        return Ok(());
    };
    Err(fault(S3ErrorCode::PreconditionFailed, reason))
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
    let mut is_broken = None;
    while let Some(piece) = body.next().await {
        match piece {
            // If the disk refuses, what it says comes below.
            Ok(piece) => {
                if sender.send(piece).await.is_err() {
                    break;
                }
            }
            Err(error) => {
                is_broken = Some(broken(&*error));
                break;
            }
        }
    }
    drop(sender);
    let written = written.await;
    if let Some(error) = is_broken {
        return Err(error);
    }
    match written {
        Ok(Ok(writing)) => Ok(writing),
        Ok(Err(error)) => Err(internal(format!("the object cannot be written: {error}"))),
        Err(error) => Err(internal(format!("the object cannot be written: {error}"))),
    }
}

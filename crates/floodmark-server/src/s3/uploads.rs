//! Uploads in parts.

use floodmark_buckets::{CompletedPart, Object};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyPartResult, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, ETag, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListPartsInput, ListPartsOutput, MultipartUpload, Part, Range, StorageClass,
    UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::s3::backend::{Backend, Target};
use crate::s3::completions::Upload;
use crate::s3::fault::{blocking, fault, internal};
use crate::s3::listing::{count, owner, page};
use crate::s3::reading::{Conditions, length, satisfied, time};
use crate::s3::writing::{Expected, SourcePlace, received, source};

/// `CreateMultipartUpload`.
pub(crate) async fn create(
    backend: &Backend,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let bucket = backend.target(&input.bucket).await?.bucket;
    let key = input.key.clone();
    let upload = blocking(move || bucket.begin_upload(&key)).await?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(upload),
        ..CreateMultipartUploadOutput::default()
    })
}

/// `UploadPart`.
pub(crate) async fn part(backend: &Backend, input: UploadPartInput) -> S3Result<UploadPartOutput> {
    let bucket = backend.uploading(&input.bucket).await?.bucket;
    let number = number(input.part_number);
    let writing = blocking(move || bucket.write_part(&input.key, &input.upload_id, number)).await?;
    let writing = received(writing, input.body).await?;
    let part = blocking(move || writing.finish()).await?;
    Ok(UploadPartOutput { e_tag: Some(ETag::Strong(part.etag)), ..UploadPartOutput::default() })
}

/// `UploadPartCopy`.
pub(crate) async fn part_copy(
    backend: &Backend,
    input: UploadPartCopyInput,
) -> S3Result<UploadPartCopyOutput> {
    let bucket = backend.uploading(&input.bucket).await?.bucket;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let source = source(backend, input.copy_source, &conditions).await?;
    let range = input.copy_source_range.map(|range| {
        Range::parse(&range)
            .map_err(|_| fault(S3ErrorCode::InvalidArgument, "the range cannot be read"))
    });
    let range = range.transpose()?;
    let bytes = range.map(|range| satisfied(range, source.object.size)).transpose()?;
    let (number, from_key) = (number(input.part_number), source.object.key);
    let part = match source.place {
        SourcePlace::Here(from) => {
            blocking(move || {
                let from = (&from, from_key.as_str());
                bucket.copy_part(&input.key, &input.upload_id, number, from, bytes)
            })
            .await?
        }
        SourcePlace::There(remote) => {
            let fetched = remote.get(&from_key, range).await?;
            let writing =
                blocking(move || bucket.write_part(&input.key, &input.upload_id, number)).await?;
            let writing = received(writing, Some(fetched.body)).await?;
            blocking(move || writing.finish()).await?
        }
    };
    let result = CopyPartResult {
        last_modified: Some(time(part.modified)),
        e_tag: Some(ETag::Strong(part.etag)),
        ..CopyPartResult::default()
    };
    Ok(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
}

/// `CompleteMultipartUpload`.
pub(crate) async fn complete(
    backend: &Backend,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let target = backend.uploading(&input.bucket).await?;
    let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let parts: Vec<CompletedPart> = parts
        .into_iter()
        .map(|part| CompletedPart {
            number: number(part.part_number.unwrap_or_default()),
            etag: part.e_tag.map(ETag::into_value),
        })
        .collect();
    let expected = Expected { if_match: input.if_match, if_none_match: input.if_none_match };
    let upload = Upload {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        id: input.upload_id.clone(),
    };
    let completion = backend.completions.of(upload.clone());
    // It comes to its end even if the client goes away; when that one asks again, the object is there.
    let completed = tokio::spawn(async move {
        let mut completed = completion.lock().await;
        if let Some(object) = &*completed {
            return Ok(object.clone());
        }
        let object = completed_now(&target, upload, parts, expected).await?;
        *completed = Some(object.clone());
        Ok::<_, S3Error>(object)
    });
    let object = completed
        .await
        .map_err(|error| internal(format!("the upload was not completed: {error}")))??;
    Ok(CompleteMultipartUploadOutput {
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        bucket: Some(input.bucket),
        key: Some(input.key),
        e_tag: Some(ETag::Strong(object.etag)),
        ..CompleteMultipartUploadOutput::default()
    })
}

/// `AbortMultipartUpload`.
pub(crate) async fn abort(
    backend: &Backend,
    input: AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    let bucket = backend.uploading(&input.bucket).await?.bucket;
    blocking(move || bucket.abort_upload(&input.key, &input.upload_id)).await?;
    Ok(AbortMultipartUploadOutput::default())
}

/// `ListParts`.
pub(crate) async fn parts(backend: &Backend, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let bucket = backend.uploading(&input.bucket).await?.bucket;
    let max = page(input.max_parts)?;
    let after = number(input.part_number_marker.unwrap_or_default());
    let (key, upload) = (input.key.clone(), input.upload_id.clone());
    let mut parts = blocking(move || bucket.parts(&key, &upload)).await?;
    parts.retain(|part| part.number > after);
    let is_truncated = parts.len() > max;
    parts.truncate(max);
    let next = parts.last().filter(|_| is_truncated).map(|part| part_number(part.number));
    let parts = parts.into_iter().map(|part| Part {
        part_number: Some(part_number(part.number)),
        size: Some(length(part.size)),
        last_modified: Some(time(part.modified)),
        e_tag: Some(ETag::Strong(part.etag)),
        ..Part::default()
    });
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: input.part_number_marker,
        next_part_number_marker: next,
        max_parts: Some(count(max)),
        is_truncated: Some(is_truncated),
        parts: Some(parts.collect()),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..ListPartsOutput::default()
    })
}

/// `ListMultipartUploads`. Keys that share a beginning are told one by one, whatever the delimiter.
pub(crate) async fn list(
    backend: &Backend,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    let bucket = backend.uploading(&input.bucket).await?.bucket;
    let max = page(input.max_uploads)?;
    let mut uploads = blocking(move || bucket.uploads()).await?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    uploads.retain(|upload| upload.key.starts_with(prefix));
    if let Some(key) = &input.key_marker {
        // Uploads of one key stand by time, and the marker names the last one that was told.
        let told = input.upload_id_marker.as_ref().and_then(|id| {
            uploads.iter().position(|upload| upload.key == *key && upload.id == *id)
        });
        match told {
            Some(told) => drop(uploads.drain(..=told)),
            None => uploads.retain(|upload| upload.key > *key),
        }
    }
    let is_truncated = uploads.len() > max;
    uploads.truncate(max);
    let next = uploads.last().filter(|_| is_truncated).cloned();
    let uploads = uploads.into_iter().map(|upload| MultipartUpload {
        initiated: Some(time(upload.started)),
        key: Some(upload.key),
        upload_id: Some(upload.id),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from_static(StorageClass::STANDARD)),
        ..MultipartUpload::default()
    });
    Ok(ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix,
        key_marker: input.key_marker,
        upload_id_marker: input.upload_id_marker,
        next_key_marker: next.as_ref().map(|upload| upload.key.clone()),
        next_upload_id_marker: next.map(|upload| upload.id),
        max_uploads: Some(count(max)),
        is_truncated: Some(is_truncated),
        uploads: Some(uploads.collect()),
        ..ListMultipartUploadsOutput::default()
    })
}

/// Puts the parts of an upload together. They stay until the object is in its place, so that whatever fails can be tried again.
async fn completed_now(
    target: &Target,
    upload: Upload,
    parts: Vec<CompletedPart>,
    expected: Expected,
) -> S3Result<Object> {
    let Upload { key, id, .. } = upload;
    let (bucket, name, upload) = (target.bucket.clone(), key.clone(), id.clone());
    let writing = blocking(move || bucket.assemble_upload(&name, &upload, &parts)).await?;
    let object = target.finish(&key, writing, expected).await?;
    let bucket = target.bucket.clone();
    // The object is whole; what is left of the upload goes away with the server at the latest.
    let _ = blocking(move || bucket.abort_upload(&key, &id)).await;
    Ok(object)
}

/// A part's number; 0, which none has, if it is negative.
fn number(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

fn part_number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

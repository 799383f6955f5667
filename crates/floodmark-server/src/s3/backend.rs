//! The operations of S3 that are answered. All others are refused by name.

use std::sync::Arc;

use async_trait::async_trait;
use floodmark_buckets::{Bucket, Buckets, ErrorKind, Object, Writing};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
    CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput,
    DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
    ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartCopyInput, UploadPartCopyOutput,
    UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};
use tokio::sync::Mutex;

use crate::s3::completions::Completions;
use crate::s3::fault::{blocking, fault, internal};
use crate::s3::upstream::{Remote, Upstream};
use crate::s3::writing::Expected;
use crate::s3::{listing, reading, uploads, writing};

/// Carries out what clients of S3 ask for.
pub(crate) struct Backend {
    /// The buckets of this machine.
    pub(crate) buckets: Arc<Buckets>,
    /// What came of completing uploads in parts.
    pub(crate) completions: Completions,
    /// Where buckets are that are not here; None if there is no other place.
    upstream: Option<Upstream>,
}

/// Where a bucket is: here, elsewhere, or here over one that is elsewhere.
pub(crate) struct Place {
    pub(crate) here: Option<Bucket>,
    name: String,
    /// Where else it may be; None if it is here alone.
    upstream: Option<Upstream>,
}

impl Backend {
    /// Over these buckets, and those of another place.
    pub(crate) fn new(buckets: Arc<Buckets>, upstream: Option<Upstream>) -> Self {
        Self { buckets, completions: Completions::default(), upstream }
    }

    /// The bucket of this name that is here, if there is one.
    pub(crate) async fn find(&self, name: &str) -> S3Result<Option<Bucket>> {
        let (buckets, name) = (Arc::clone(&self.buckets), name.to_owned());
        blocking(move || Ok(buckets.find(&name))).await
    }

    /// The bucket of this name that is here.
    async fn bucket(&self, name: &str) -> S3Result<Bucket> {
        let (buckets, name) = (Arc::clone(&self.buckets), name.to_owned());
        blocking(move || buckets.get(&name)).await
    }

    /// Where the bucket of this name is, to be read.
    pub(crate) async fn place(&self, name: &str) -> S3Result<Place> {
        let here = match self.upstream {
            Some(_) => self.find(name).await?,
            None => Some(self.bucket(name).await?),
        };
        let is_elsewhere = here.as_ref().is_none_or(|bucket| bucket.is_overlay);
        let upstream = self.upstream.clone().filter(|_| is_elsewhere);
        Ok(Place { here, name: name.to_owned(), upstream })
    }

    /// Where an object of the bucket of this name is written: here, unless the bucket is elsewhere and the user consented that it is
    /// changed. A bucket that is not here is made.
    pub(crate) async fn target(&self, name: &str) -> S3Result<Target> {
        let here = self.find(name).await?;
        let is_changed = self.is_elsewhere_changed();
        if let Some(bucket) = here.clone().filter(|bucket| !(bucket.is_overlay && is_changed)) {
            return Ok(Target { bucket, elsewhere: None });
        }
        let remote = self.remote(name).await?;
        let (buckets, name) = (Arc::clone(&self.buckets), name.to_owned());
        let (is_elsewhere, overlay) = (remote.is_some(), here.clone());
        let bucket = blocking(move || match (is_elsewhere, overlay) {
            (true, _) if is_changed => buckets.staging(&name),
            (_, Some(overlay)) => Ok(overlay),
            (true, None) => buckets.create_overlay(&name),
            (false, None) => buckets.create(&name),
        });
        let bucket = bucket.await?;
        let elsewhere = match (remote, &self.upstream) {
            (Some(remote), Some(upstream)) if is_changed => {
                let conditional = Arc::clone(&upstream.conditional);
                Some(Elsewhere { remote, overlay: here, conditional })
            }
            _ => None,
        };
        Ok(Target { bucket, elsewhere })
    }

    /// Where an upload in parts that has begun is written.
    pub(crate) async fn uploading(&self, name: &str) -> S3Result<Target> {
        match self.is_elsewhere_changed() {
            true => self.target(name).await,
            false => Ok(Target { bucket: self.bucket(name).await?, elsewhere: None }),
        }
    }

    /// Whether the user consented that what lies elsewhere is changed.
    pub(crate) fn is_elsewhere_changed(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| upstream.is_changed)
    }

    /// The bucket of this name elsewhere, if there is one.
    pub(crate) async fn remote(&self, name: &str) -> S3Result<Option<Remote>> {
        let Some(upstream) = &self.upstream else { return Ok(None) };
        match upstream.open(name).await {
            Ok(remote) => Ok(remote.exists().await?.then_some(remote)),
            Err(error) if *error.code() == S3ErrorCode::NoSuchBucket => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Where an object is written.
pub(crate) struct Target {
    /// The bucket here; if it goes elsewhere, one in which files wait for it.
    pub(crate) bucket: Bucket,
    elsewhere: Option<Elsewhere>,
}

/// The bucket elsewhere that an object goes to.
struct Elsewhere {
    remote: Remote,
    /// The bucket here that lies over it, and would hide the object.
    overlay: Option<Bucket>,
    /// Held by whoever looks at what is there before writing.
    conditional: Arc<Mutex<()>>,
}

impl Target {
    /// Puts a file that is whole into its place, here or elsewhere, if what is there is what the client expects.
    pub(crate) async fn finish(
        &self,
        key: &str,
        mut writing: Writing,
        expected: Expected,
    ) -> S3Result<Object> {
        let Some(Elsewhere { remote, overlay, conditional }) = &self.elsewhere else {
            return blocking(move || writing.finish_over(|present| expected.reason(present))).await;
        };
        let flushed = std::io::Write::flush(&mut writing);
        flushed.map_err(|error| internal(format!("the object cannot be written: {error}")))?;
        let _alone = match expected.is_anything() {
            true => None,
            false => {
                let alone = conditional.lock().await;
                let present = match remote.object(key).await {
                    Ok(object) => Some(object),
                    Err(error) if *error.code() == S3ErrorCode::NoSuchKey => None,
                    Err(error) => return Err(error),
                };
                if let Some(reason) = expected.reason(present.as_ref()) {
                    return Err(fault(S3ErrorCode::PreconditionFailed, reason));
                }
                Some(alone)
            }
        };
        let object = remote.put(key, writing.path().to_owned()).await?;
        if let Some(overlay) = overlay.clone() {
            let key = key.to_owned();
            blocking(move || overlay.delete(&key)).await?;
        }
        Ok(object)
    }
}

impl Place {
    /// Whether the bucket may be elsewhere too.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.upstream.is_some()
    }

    /// What the bucket here knows of an object; None if the object may be elsewhere.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(Bucket) -> floodmark_buckets::Result<T> + Send + 'static,
    ) -> S3Result<Option<T>> {
        let Some(bucket) = self.here.clone() else { return Ok(None) };
        let is_elsewhere = self.is_elsewhere();
        blocking(move || match work(bucket) {
            Err(error) if is_elsewhere && error.kind() == ErrorKind::NoSuchKey => Ok(None),
            found => found.map(Some),
        })
        .await
    }

    /// The bucket elsewhere, where what is not here must be. It is opened no sooner: what lies here is read whatever is wrong there.
    pub(crate) async fn elsewhere(&self) -> S3Result<Remote> {
        match &self.upstream {
            Some(upstream) => upstream.open(&self.name).await,
            None => Err(internal("a bucket is neither here nor elsewhere")),
        }
    }

    /// What a failure elsewhere means for an object that is not here: a bucket that lies over none is not missing.
    pub(crate) fn missed(&self, key: &str, error: S3Error) -> S3Error {
        if self.here.is_none() || *error.code() != S3ErrorCode::NoSuchBucket {
            return error;
        }
        let (key, name) = (key.escape_debug(), &self.name);
        let message = format!("there is no object `{key}` in the bucket `{name}`");
        fault(S3ErrorCode::NoSuchKey, message)
    }

    /// What is known of an object, here or elsewhere.
    pub(crate) async fn object(&self, key: &str) -> S3Result<Object> {
        let name = key.to_owned();
        if let Some(object) = self.look(move |bucket| bucket.object(&name)).await? {
            return Ok(object);
        }
        let missed = |error| self.missed(key, error);
        let remote = self.elsewhere().await.map_err(missed)?;
        remote.object(key).await.map_err(missed)
    }
}

/// Declares the operations: each takes its input, and is carried out by a function that takes the backend too.
macro_rules! operations {
    ($($name:ident($input:ty) -> $output:ty = $run:path;)*) => {
        #[async_trait]
        impl S3 for Backend {
            $(
                async fn $name(
                    &self,
                    request: S3Request<$input>,
                ) -> S3Result<S3Response<$output>> {
                    $run(self, request.input).await.map(S3Response::new)
                }
            )*
        }
    };
}

operations! {
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = uploads::abort;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = uploads::complete;
    copy_object(CopyObjectInput) -> CopyObjectOutput = writing::copy;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = writing::create_bucket;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = uploads::create;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = writing::delete_bucket;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = writing::delete;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = writing::delete_many;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = reading::location;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = reading::versioning;
    get_object(GetObjectInput) -> GetObjectOutput = reading::get;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = reading::tags;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = reading::head_bucket;
    head_object(HeadObjectInput) -> HeadObjectOutput = reading::head;
    list_buckets(ListBucketsInput) -> ListBucketsOutput = listing::buckets;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = uploads::list;
    list_objects(ListObjectsInput) -> ListObjectsOutput = listing::first_version;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = listing::second_version;
    list_parts(ListPartsInput) -> ListPartsOutput = uploads::parts;
    put_object(PutObjectInput) -> PutObjectOutput = writing::put;
    upload_part(UploadPartInput) -> UploadPartOutput = uploads::part;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = uploads::part_copy;
}

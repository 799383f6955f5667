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
use s3s::{S3, S3ErrorCode, S3Request, S3Response, S3Result};

use crate::s3::fault::{blocking, internal, refused};
use crate::s3::upstream::{Remote, Upstream};
use crate::s3::{listing, reading, uploads, writing};

/// Carries out what clients of S3 ask for.
pub(crate) struct Backend {
    /// The buckets of this machine.
    pub(crate) buckets: Arc<Buckets>,
    /// Where buckets are that are not here; None if there is no other place.
    upstream: Option<Upstream>,
}

/// Where a bucket is: here, elsewhere, or here over one that is elsewhere.
pub(crate) struct Place {
    pub(crate) here: Option<Bucket>,
    pub(crate) there: Option<Remote>,
}

impl Backend {
    /// Over these buckets, and those of another place.
    pub(crate) fn new(buckets: Arc<Buckets>, upstream: Option<Upstream>) -> Self {
        Self { buckets, upstream }
    }

    /// The bucket of this name that is here.
    pub(crate) fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.buckets.get(name).map_err(|error| refused(&error))
    }

    /// Where the bucket of this name is, to be read.
    pub(crate) async fn place(&self, name: &str) -> S3Result<Place> {
        let here = self.buckets.find(name);
        let is_elsewhere = here.as_ref().is_none_or(|bucket| bucket.is_overlay);
        let there = match &self.upstream {
            Some(upstream) if is_elsewhere => Some(upstream.open(name).await?),
            _ => None,
        };
        if here.is_none() && there.is_none() {
            self.bucket(name)?;
        }
        Ok(Place { here, there })
    }

    /// Where an object of the bucket of this name is written. A bucket that is not here is made, unless it is elsewhere and the user
    /// consented that it is changed.
    pub(crate) async fn target(&self, name: &str) -> S3Result<Target> {
        if let Some(bucket) = self.buckets.find(name) {
            return Ok(Target { bucket, remote: None });
        }
        let remote = self.remote(name).await?;
        let is_changed = self.is_elsewhere_changed();
        let (buckets, name, is_elsewhere) =
            (Arc::clone(&self.buckets), name.to_owned(), remote.is_some());
        let bucket = blocking(move || match (is_elsewhere, is_changed) {
            (true, true) => buckets.staging(&name),
            (true, false) => buckets.create_overlay(&name),
            (false, _) => buckets.create(&name),
        });
        Ok(Target { bucket: bucket.await?, remote: remote.filter(|_| is_changed) })
    }

    /// Where an upload in parts that has begun is written.
    pub(crate) async fn uploading(&self, name: &str) -> S3Result<Target> {
        match self.is_elsewhere_changed() {
            true => self.target(name).await,
            false => Ok(Target { bucket: self.bucket(name)?, remote: None }),
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
    /// The bucket elsewhere that it goes to.
    remote: Option<Remote>,
}

impl Target {
    /// Puts a file that is whole into its place, here or elsewhere.
    pub(crate) async fn finish(&self, key: &str, mut writing: Writing) -> S3Result<Object> {
        let Some(remote) = &self.remote else { return blocking(move || writing.finish()).await };
        let flushed = std::io::Write::flush(&mut writing);
        flushed.map_err(|error| internal(format!("the object cannot be written: {error}")))?;
        remote.put(key, writing.path().to_owned()).await
    }

    /// The object that is there now, if there is one.
    pub(crate) async fn present(&self, key: &str) -> S3Result<Option<Object>> {
        let found = match &self.remote {
            Some(remote) => remote.object(key).await,
            None => {
                let (bucket, key) = (self.bucket.clone(), key.to_owned());
                blocking(move || bucket.object(&key)).await
            }
        };
        match found {
            Ok(object) => Ok(Some(object)),
            Err(error) if *error.code() == S3ErrorCode::NoSuchKey => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Place {
    /// What the bucket here knows of an object; None if the object may be elsewhere.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(Bucket) -> floodmark_buckets::Result<T> + Send + 'static,
    ) -> S3Result<Option<T>> {
        let Some(bucket) = self.here.clone() else { return Ok(None) };
        let is_elsewhere = self.there.is_some();
        blocking(move || match work(bucket) {
            Err(error) if is_elsewhere && error.kind() == ErrorKind::NoSuchKey => Ok(None),
            found => found.map(Some),
        })
        .await
    }

    /// The bucket elsewhere, where what is not here must be.
    pub(crate) fn elsewhere(&self) -> S3Result<&Remote> {
        self.there.as_ref().ok_or_else(|| internal("a bucket is neither here nor elsewhere"))
    }

    /// What is known of an object, here or elsewhere.
    pub(crate) async fn object(&self, key: &str) -> S3Result<Object> {
        let name = key.to_owned();
        match self.look(move |bucket| bucket.object(&name)).await? {
            Some(object) => Ok(object),
            None => self.elsewhere()?.object(key).await,
        }
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

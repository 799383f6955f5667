//! The operations of S3 that are answered. All others are refused by name.

use std::sync::Arc;

use async_trait::async_trait;
use floodmark_buckets::{Bucket, Buckets};
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
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::s3::fault::{blocking, refused};
use crate::s3::{listing, reading, uploads, writing};

/// Carries out what clients of S3 ask for.
pub(crate) struct Backend {
    /// The buckets of this machine.
    pub(crate) buckets: Arc<Buckets>,
}

impl Backend {
    /// Over these buckets.
    pub(crate) fn new(buckets: Arc<Buckets>) -> Self {
        Self { buckets }
    }

    /// The bucket of this name, to be read.
    pub(crate) fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.buckets.get(name).map_err(|error| refused(&error))
    }

    /// The bucket of this name, to be written to. One that is not here is made.
    pub(crate) async fn written(&self, name: &str) -> S3Result<Bucket> {
        match self.buckets.find(name) {
            Some(bucket) => Ok(bucket),
            None => {
                let (buckets, name) = (Arc::clone(&self.buckets), name.to_owned());
                blocking(move || buckets.create(&name)).await
            }
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

//! Buckets.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use floodmark_aws::chain;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder, resolve_bucket_region};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, GetOptions, ObjectStore, ObjectStoreExt, RetryConfig,
    WriteMultipart,
};
use tokio::io::AsyncReadExt;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{
    CONNECT_TIME_MAX, FETCHED_RANGE_BYTES_MAX, FETCHED_RANGES_MAX, REQUEST_TIME_MAX, RETRIES_MAX,
    RETRY_TIME_MAX,
};
use crate::store::credentials;
use crate::store::{Fetched, Object};

/// How S3 is reached. What is None comes from the environment and the profile, as for every AWS tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct S3Options {
    /// The profile in AWS's configuration files.
    pub profile: Option<String>,
    /// The region of the buckets. By default each bucket is asked for its own.
    pub region: Option<String>,
    /// The address of another service that speaks S3.
    pub endpoint: Option<String>,
    /// Whether requests are sent without a signature, for public buckets.
    pub anonymous: bool,
    /// Whether the one who asks pays.
    pub requester_pays: bool,
    /// How often a request is sent again; [`RETRIES_MAX`] if None.
    pub retries: Option<usize>,
}

/// A bucket.
#[derive(Debug)]
pub struct S3 {
    client: AmazonS3,
    bucket: String,
    retries: usize,
}

/// One page of a listing.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Object>,
    /// The folders right below the prefix, with their trailing `/`.
    pub(crate) folders: Vec<String>,
    pub(crate) token: Option<String>,
}

/// Which page of a listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageOptions {
    pub(crate) after: Option<String>,
    pub(crate) token: Option<String>,
    /// Whether keys with a further `/` are given as folders.
    pub(crate) by_folder: bool,
}

impl S3 {
    pub(crate) async fn open(bucket: &str, options: &S3Options) -> Result<Self> {
        let config = floodmark_aws::load(&options.aws()).await;
        let endpoint = (options.endpoint.clone())
            .or_else(|| config.endpoint_url().map(str::to_owned))
            .filter(|endpoint| !endpoint.is_empty());
        let client_options = ClientOptions::new()
            .with_allow_http(endpoint.as_ref().is_some_and(|url| url.starts_with("http://")))
            .with_connect_timeout(CONNECT_TIME_MAX)
            .with_timeout(REQUEST_TIME_MAX);
        let region = match (&options.region, &endpoint) {
            (Some(region), _) => region.clone(),
            // A service that is not AWS's takes any region.
            (None, Some(_)) => {
                config.region().map_or_else(|| "us-east-1".to_owned(), ToString::to_string)
            }
            (None, None) => match resolve_bucket_region(bucket, &client_options).await {
                Ok(region) => region,
                // A bucket's name with a point does not fit S3's certificate: then the configured region has to do.
                Err(error) => match config.region() {
                    Some(region) if bucket.contains('.') => region.to_string(),
                    _ => {
                        let bucket = format!("s3://{bucket}");
                        return Err(failure("cannot find the region of", &bucket, error));
                    }
                },
            },
        };
        let retries = options.retries.unwrap_or(RETRIES_MAX);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_client_options(client_options)
            .with_request_payer(options.requester_pays)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: retries,
                retry_timeout: RETRY_TIME_MAX,
            });
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder = if options.anonymous {
            builder.with_skip_signature(true)
        } else {
            builder.with_credentials(Arc::new(credentials::resolve(&config).await?))
        };
        let client = builder
            .build()
            .map_err(|error| failure("cannot reach", &format!("s3://{bucket}"), error))?;
        Ok(Self { client, bucket: bucket.to_owned(), retries })
    }

    /// The bucket as others of the process use it.
    pub(crate) fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.client.clone())
    }

    /// The listings of the bucket as others of the process use them.
    pub(crate) fn listings(&self) -> Arc<dyn PaginatedListStore> {
        Arc::new(self.client.clone())
    }

    pub(crate) async fn page(&self, prefix: &str, options: PageOptions) -> Result<Page> {
        let options = PaginatedListOptions {
            offset: options.after,
            delimiter: options.by_folder.then_some("/".into()),
            page_token: options.token,
            ..Default::default()
        };
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        let mut tries = 0;
        let page = loop {
            match self.client.list_paginated(prefix, options.clone()).await {
                Ok(page) => break page,
                Err(error) if tries < self.retries && is_broken_page(&error) => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    let path = format!("s3://{}/{}", self.bucket, prefix.unwrap_or_default());
                    return Err(failure("cannot list", &path, error));
                }
            }
        };
        let objects = page.result.objects.into_iter().map(|object| {
            let key = object.location.to_string();
            Object {
                path: format!("s3://{}/{key}", self.bucket),
                key,
                size: object.size,
                is_stream: false,
                modified: Some(object.last_modified.timestamp_micros()),
                etag: object.e_tag,
            }
        });
        let folders = page.result.common_prefixes.into_iter().map(|prefix| format!("{prefix}/"));
        Ok(Page { objects: objects.collect(), folders: folders.collect(), token: page.page_token })
    }

    /// The address of an object.
    pub(crate) fn address(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }

    /// Uploads a finished file, a large one in parts.
    pub(crate) async fn publish(&self, key: &str, file: &std::path::Path) -> Result<()> {
        let address = self.address(key);
        let fail = |error| failure("cannot write", &address, error);
        let read = |error: std::io::Error| {
            Error::new(ErrorKind::Internal, format!("cannot read what was to be written: {error}"))
                .because(error)
        };
        let path = Path::parse(key).map_err(|error| fail(error.into()))?;
        let mut file = tokio::fs::File::open(file).await.map_err(read)?;
        let size = file.metadata().await.map_err(read)?.len();
        if size <= FETCHED_RANGE_BYTES_MAX {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await.map_err(read)?;
            self.client.put(&path, bytes.into()).await.map_err(fail)?;
            return Ok(());
        }
        let mut upload = WriteMultipart::new(self.client.put_multipart(&path).await.map_err(fail)?);
        let mut part = vec![0; 1 << 20];
        let sent = async {
            loop {
                let count = file.read(&mut part).await.map_err(read)?;
                if count == 0 {
                    return Ok(());
                }
                upload.wait_for_capacity(FETCHED_RANGES_MAX).await.map_err(fail)?;
                upload.write(&part[..count]);
            }
        };
        if let Err(error) = sent.await {
            // Parts that stay are not seen, and S3 may be told to clear them.
            let _ = upload.abort().await;
            return Err(error);
        }
        upload.finish().await.map_err(fail)?;
        Ok(())
    }

    /// Removes an object that was just written.
    pub(crate) async fn remove(&self, key: &str) -> Result<()> {
        let fail = |error| failure("cannot remove", &self.address(key), error);
        let path = Path::parse(key).map_err(|error| fail(error.into()))?;
        self.client.delete(&path).await.map_err(fail)
    }

    /// Fetches an object in one request, a large one range by range: each is sent again by itself if it breaks.
    pub(crate) async fn fetch(&self, object: &Object, whole_max: u64) -> Result<Fetched> {
        let fail = {
            let path = object.path.clone();
            move |error| failure("cannot fetch", &path, error)
        };
        let key = Path::parse(&object.key).map_err(|error| fail(error.into()))?;
        let range_max = FETCHED_RANGE_BYTES_MAX.min(whole_max).max(1);
        if object.size <= range_max {
            let answer = self.client.get_opts(&key, GetOptions::default()).await;
            let bytes = async { answer?.bytes().await }.await.map_err(fail)?;
            return Ok(Fetched::Whole(bytes));
        }
        let (client, size, etag) = (self.client.clone(), object.size, object.etag.clone());
        let starts = (0..size.div_ceil(range_max)).map(move |number| number * range_max);
        let ranges = stream::iter(starts).map(move |start| {
            // Parts of two objects do not make one: the name may have been given to another meanwhile.
            let range = (start..size.min(start + range_max)).into();
            let options =
                GetOptions { range: Some(range), if_match: etag.clone(), ..Default::default() };
            let (client, key) = (client.clone(), key.clone());
            async move { client.get_opts(&key, options).await?.bytes().await }
        });
        let mut ranges = ranges.buffered(FETCHED_RANGES_MAX).map_err(fail).boxed();
        if size > whole_max {
            return Ok(Fetched::Stream(ranges));
        }
        let mut whole = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
        while let Some(range) = ranges.try_next().await? {
            whole.extend_from_slice(&range);
        }
        Ok(Fetched::Whole(whole.freeze()))
    }
}

/// How long to wait before a page is asked for again whose transfer broke.
const PAUSE: Duration = Duration::from_millis(200);

/// Whether a page of a listing broke on its way. `object_store` sends a request again, but not for the rest of its answer.
fn is_broken_page(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::Generic { .. })
        && chain(error).contains("Error getting list response body")
}

/// What an error of S3 means for the user.
fn failure(what: &str, path: &str, error: object_store::Error) -> Error {
    use object_store::Error as S3Error;
    // What our own credentials say is said best by them.
    if let S3Error::Unauthenticated { source, .. } = &error
        && let Some(own) = source.downcast_ref::<Error>()
    {
        return Error::new(own.kind(), format!("{what} `{path}`: {own}"))
            .hint(credentials::HINT)
            .because(error);
    }
    let cause = chain(&error);
    let code = between(&cause, "<Code>", "</Code>").unwrap_or_default();
    // `object_store` gives a failed listing no kind of its own.
    let status = between(&cause, "status code: ", " ").unwrap_or_default();
    const NAME: &str = "check the name; `aws s3 ls` shows what is there";
    const READING: &str = "reading logs takes s3:ListBucket on the bucket and s3:GetObject on its objects (and kms:Decrypt where they are encrypted with a key of your own)";
    const WRITING: &str = "writing takes s3:PutObject on the objects (and kms:GenerateDataKey where they are encrypted with a key of your own)";
    let rights = if what == "cannot write" { WRITING } else { READING };
    const KEYS: &str =
        "check AWS_PROFILE, or run `aws sso login`; `--anonymous` is for public buckets";
    const REGION: &str = "name the bucket's region with `--region`";
    const AGAIN: &str = "try again later, or go on with the other objects with `--keep-going`";
    let (kind, reason, hint) = match code {
        "NoSuchBucket" => (ErrorKind::NotFound, "the bucket does not exist", NAME),
        "ExpiredToken" | "TokenRefreshRequired" => {
            (ErrorKind::AccessDenied, "the credentials have expired", KEYS)
        }
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" => {
            (ErrorKind::AccessDenied, "the credentials are not accepted", KEYS)
        }
        "RequestTimeTooSkewed" => {
            (ErrorKind::AccessDenied, "this machine's clock is wrong", "set the clock")
        }
        "AuthorizationHeaderMalformed"
        | "PermanentRedirect"
        | "IllegalLocationConstraintException" => {
            (ErrorKind::NotFound, "the bucket lies in another region", REGION)
        }
        "InvalidObjectState" => (
            ErrorKind::Unavailable,
            "it is archived",
            "restore it from the archive, or pass over it with `--keep-going`",
        ),
        _ => match &error {
            _ if status == "404" => (ErrorKind::NotFound, "it does not exist", NAME),
            _ if status == "403" => (ErrorKind::AccessDenied, "access denied", rights),
            _ if status == "401" => {
                (ErrorKind::AccessDenied, "the credentials are not accepted", KEYS)
            }
            S3Error::Precondition { .. } => {
                (ErrorKind::Unavailable, "it was written again while it was read", "try again")
            }
            S3Error::InvalidPath { .. } => (
                ErrorKind::NotSupported,
                "a key with an empty part, as in `a//b`, cannot be read",
                "name the folders beside it, or pass over this one with `--keep-going`",
            ),
            _ if cause.contains("without LOCATION") => {
                (ErrorKind::NotFound, "the bucket lies in another region", REGION)
            }
            _ if cause.contains("Bucket '") && cause.contains("' not found") => {
                (ErrorKind::NotFound, "the bucket does not exist", NAME)
            }
            _ => {
                let message = format!("{what} `{path}`: {}", trouble(&cause, code));
                return Error::new(ErrorKind::Unavailable, message).hint(AGAIN).because(error);
            }
        },
    };
    Error::new(kind, format!("{what} `{path}`: {reason}")).hint(hint).because(error)
}

/// What went wrong, out of the long message of `object_store`: the status, S3's own word for it, and how often it was tried.
fn trouble(cause: &str, code: &str) -> String {
    const TEXT_MAX: usize = 200;
    let mut text = match between(cause, "status code: ", ":") {
        Some(status) if code.is_empty() => format!("S3 answers {status}"),
        Some(status) => format!("S3 answers {status} ({code})"),
        None => {
            let reason = cause.rsplit_once(" - ").map_or(cause, |(_, reason)| reason);
            let reason = reason.trim_start_matches("Generic S3 error: ");
            let line = reason.lines().next().unwrap_or_default();
            format!(
                "S3 does not answer as it should: {}",
                line.chars().take(TEXT_MAX).collect::<String>()
            )
        }
    };
    if let Some(retries) = between(cause, ", after ", " retries") {
        let times = if retries == "1" { "retry" } else { "retries" };
        text.push_str(&format!(", also after {retries} {times}"));
    }
    text
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(between, _)| between)
}

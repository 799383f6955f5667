//! Buckets.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder, resolve_bucket_region};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStoreExt, RetryConfig};

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{CONNECT_TIME_MAX, REQUEST_TIME_MAX, RETRIES_MAX, RETRY_TIME_MAX};
use crate::store::credentials::{self, Credentials, chain};
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
}

/// A bucket.
#[derive(Debug)]
pub struct S3 {
    client: AmazonS3,
    bucket: String,
}

/// One page of a listing.
#[derive(Debug)]
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
        let config = credentials::load(options).await;
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
            (None, None) => {
                resolve_bucket_region(bucket, &client_options).await.map_err(|error| {
                    failure("cannot find the region of", &format!("s3://{bucket}"), error)
                })?
            }
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_client_options(client_options)
            .with_request_payer(options.requester_pays)
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: RETRIES_MAX,
                retry_timeout: RETRY_TIME_MAX,
            });
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder = if options.anonymous {
            builder.with_skip_signature(true)
        } else {
            let provider = credentials::resolve(&config).await?;
            builder.with_credentials(Arc::new(Credentials(provider)))
        };
        let client = builder
            .build()
            .map_err(|error| failure("cannot reach", &format!("s3://{bucket}"), error))?;
        Ok(Self { client, bucket: bucket.to_owned() })
    }

    pub(crate) async fn page(&self, prefix: &str, options: PageOptions) -> Result<Page> {
        let options = PaginatedListOptions {
            offset: options.after,
            delimiter: options.by_folder.then_some("/".into()),
            page_token: options.token,
            ..Default::default()
        };
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        let page = self.client.list_paginated(prefix, options).await.map_err(|error| {
            let path = format!("s3://{}/{}", self.bucket, prefix.unwrap_or_default());
            failure("cannot list", &path, error)
        })?;
        let objects = page.result.objects.into_iter().map(|object| {
            let key = object.location.to_string();
            Object {
                path: format!("s3://{}/{key}", self.bucket),
                key,
                size: object.size,
                modified: Some(object.last_modified.timestamp_micros()),
            }
        });
        let folders = page.result.common_prefixes.into_iter().map(|prefix| format!("{prefix}/"));
        Ok(Page { objects: objects.collect(), folders: folders.collect(), token: page.page_token })
    }

    pub(crate) async fn fetch(&self, object: &Object, whole_max: u64) -> Result<Fetched> {
        let fail = {
            let path = object.path.clone();
            move |error| failure("cannot fetch", &path, error)
        };
        let key = Path::parse(&object.key).map_err(|error| fail(error.into()))?;
        let answer = self.client.get(&key).await.map_err(&fail)?;
        if object.size <= whole_max {
            return Ok(Fetched::Whole(answer.bytes().await.map_err(&fail)?));
        }
        Ok(Fetched::Stream(answer.into_stream().map_err(fail).boxed()))
    }
}

/// What an error of S3 means for the user.
fn failure(what: &str, path: &str, error: object_store::Error) -> Error {
    use object_store::Error as S3Error;
    let cause = chain(&error);
    let (kind, reason, hint) = match &error {
        S3Error::NotFound { .. } => (
            ErrorKind::NotFound,
            "it does not exist",
            "check the name; `aws s3 ls` shows what is there",
        ),
        S3Error::PermissionDenied { .. } => (
            ErrorKind::AccessDenied,
            "access denied",
            "reading logs takes s3:ListBucket on the bucket and s3:GetObject on its objects (and kms:Decrypt where they are encrypted with a key of your own)",
        ),
        S3Error::Unauthenticated { .. } => (
            ErrorKind::AccessDenied,
            "the credentials are not accepted",
            "check AWS_PROFILE, or run `aws sso login`; `--anonymous` is for public buckets",
        ),
        _ if cause.contains("NoSuchBucket") => {
            (ErrorKind::NotFound, "the bucket does not exist", "check the bucket's name")
        }
        _ => (
            ErrorKind::Unavailable,
            "S3 does not answer as it should",
            "try again, or go on with the other objects with `--keep-going`",
        ),
    };
    let message = match kind {
        ErrorKind::Unavailable => format!("{what} `{path}`: {reason}: {}", first_line(&cause)),
        _ => format!("{what} `{path}`: {reason}"),
    };
    Error::new(kind, message).hint(hint).because(error)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

//! The credentials of every call to AWS, as `object_store` asks for them.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use floodmark_aws::{AwsOptions, Credentials};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;

use crate::error::{Error, Result};
use crate::store::S3Options;

/// The credentials for `object_store`, which asks for them before each request.
#[derive(Debug)]
pub(crate) struct S3Credentials(Credentials);

/// What to try where there are no credentials.
pub(crate) const HINT: &str = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, run `aws sso login`, or use `--anonymous` for a public bucket";

impl S3Options {
    /// The same for services beside S3.
    pub(crate) fn aws(&self) -> AwsOptions {
        AwsOptions {
            profile: self.profile.clone(),
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
            retries: self.retries,
        }
    }
}

/// Resolves the credentials once, so that a failing step is named before anything is asked of S3.
pub(crate) async fn resolve(config: &SdkConfig) -> Result<S3Credentials> {
    let credentials = Credentials::resolve(config).await;
    Ok(S3Credentials(credentials.map_err(|error| Error::from(error).hint(HINT))?))
}

#[async_trait]
impl CredentialProvider for S3Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let keys =
            self.0.current().await.map_err(|error| object_store::Error::Unauthenticated {
                path: String::new(),
                source: Box::new(Error::from(error)),
            })?;
        Ok(Arc::new(AwsCredential {
            key_id: keys.access_key_id().to_owned(),
            secret_key: keys.secret_access_key().to_owned(),
            token: keys.session_token().map(str::to_owned),
        }))
    }
}

//! One chain of credentials for everything that asks AWS: the SDK's own.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;

use crate::error::{Error, ErrorKind, Result};
use crate::store::S3Options;

/// Loads the configuration that the environment, the profile and the machine give.
pub(crate) async fn load(options: &S3Options) -> SdkConfig {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client);
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    loader.load().await
}

/// The SDK's credentials for `object_store`. They are asked for before each request, and the SDK renews them in time.
pub(crate) struct Credentials(pub(crate) SharedCredentialsProvider);

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[async_trait]
impl CredentialProvider for Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let credentials = self.0.provide_credentials().await.map_err(|error| {
            object_store::Error::Unauthenticated { path: String::new(), source: Box::new(error) }
        })?;
        Ok(Arc::new(AwsCredential {
            key_id: credentials.access_key_id().to_owned(),
            secret_key: credentials.secret_access_key().to_owned(),
            token: credentials.session_token().map(str::to_owned),
        }))
    }
}

/// Resolves the credentials once, so that a failing step is named before anything is asked of S3.
pub(crate) async fn resolve(config: &SdkConfig) -> Result<SharedCredentialsProvider> {
    let none = || {
        Error::new(ErrorKind::AccessDenied, "no AWS credentials").hint(
            "set AWS_PROFILE or AWS_ACCESS_KEY_ID, run `aws sso login`, or use `--anonymous` for a public bucket",
        )
    };
    let provider = config.credentials_provider().ok_or_else(none)?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(provider),
        Err(error) => {
            let steps = chain(&error);
            Err(Error::new(ErrorKind::AccessDenied, format!("no AWS credentials: {steps}"))
                .hint("set AWS_PROFILE or AWS_ACCESS_KEY_ID, run `aws sso login`, or use `--anonymous` for a public bucket")
                .because(error))
        }
    }
}

/// An error and what caused it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = error.source();
    }
    text
}

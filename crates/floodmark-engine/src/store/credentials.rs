//! One chain of credentials for everything that asks AWS: the SDK's own.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::{CREDENTIALS_RENEWED_BEFORE, CREDENTIALS_TIME_MAX, CREDENTIALS_TIME_MIN};
use crate::store::S3Options;

/// Loads the configuration that the environment, the profile and the machine give.
pub(crate) async fn load(options: &S3Options) -> SdkConfig {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let mut loader =
        aws_config::defaults(BehaviorVersion::latest()).http_client(http_client.clone());
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let Some(profile) = &options.profile else { return loader.load().await };
    let config = loader.profile_name(profile).load().await;
    // The SDK would still prefer keys in the environment; who names a profile means that profile, as for `aws --profile`.
    let provider_config = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_http_client(http_client);
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&provider_config)
        .profile_name(profile)
        .build();
    let provider = SharedCredentialsProvider::new(provider);
    config.into_builder().credentials_provider(provider).build()
}

/// The SDK's credentials for `object_store`, which asks for them before each request.
///
/// The chain itself keeps nothing: it would start the `credential_process`, or ask the machine's metadata, each time.
pub(crate) struct Credentials {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    credential: Arc<AwsCredential>,
    /// When to ask for new ones.
    until: SystemTime,
}

impl Credentials {
    /// The credentials at hand, or new ones if those are about to end.
    pub(crate) async fn current(&self) -> Result<Arc<AwsCredential>> {
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        if let Some(kept) = &*kept
            && now < kept.until
        {
            return Ok(Arc::clone(&kept.credential));
        }
        let credentials = self.provider.provide_credentials().await.map_err(|error| {
            let message = format!("no AWS credentials: {}", steps(&chain(&error)));
            Error::new(ErrorKind::AccessDenied, message).hint(HINT).because(error)
        })?;
        let credential = Arc::new(AwsCredential {
            key_id: credentials.access_key_id().to_owned(),
            secret_key: credentials.secret_access_key().to_owned(),
            token: credentials.session_token().map(str::to_owned),
        });
        let until = match credentials.expiry() {
            Some(end) => (end - CREDENTIALS_RENEWED_BEFORE).max(now + CREDENTIALS_TIME_MIN),
            None => now + CREDENTIALS_TIME_MAX,
        };
        *kept = Some(Kept { credential: Arc::clone(&credential), until });
        Ok(credential)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[async_trait]
impl CredentialProvider for Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        self.current().await.map_err(|error| object_store::Error::Unauthenticated {
            path: String::new(),
            source: Box::new(error),
        })
    }
}

/// What to try where there are no credentials.
pub(crate) const HINT: &str = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, run `aws sso login`, or use `--anonymous` for a public bucket";

/// Resolves the credentials once, so that a failing step is named before anything is asked of S3.
pub(crate) async fn resolve(config: &SdkConfig) -> Result<Credentials> {
    let provider = config
        .credentials_provider()
        .ok_or_else(|| Error::new(ErrorKind::AccessDenied, "no AWS credentials").hint(HINT))?;
    let credentials = Credentials { provider, kept: Mutex::new(None) };
    credentials.current().await?;
    Ok(credentials)
}

/// What each step of the chain said, in one line instead of the SDK's many.
fn steps(text: &str) -> String {
    let steps = text.split_once("Attempted:").map_or(text, |(_, steps)| steps);
    let steps: Vec<_> = steps.lines().map(str::trim).filter(|step| !step.is_empty()).collect();
    steps
        .join("; ")
        .replace("the credential provider was not enabled: ", "")
        .replace("the credential provider was not enabled", "not set up")
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

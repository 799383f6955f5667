//! One chain of credentials for everything that asks AWS: the SDK's own.

use std::error::Error as StdError;
use std::fmt;
use std::time::SystemTime;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use tokio::sync::Mutex;

use crate::access::AwsOptions;
use crate::error::{Error, ErrorKind, Result, chain};
use crate::limits::{CREDENTIALS_RENEWED_BEFORE, CREDENTIALS_TIME_MAX, CREDENTIALS_TIME_MIN};

/// Credentials that are kept while they last, and renewed before their end.
///
/// The chain itself keeps nothing: it would start the `credential_process`, or ask the machine's metadata, each time.
pub struct Credentials {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    keys: Keys,
    /// When to ask for new ones.
    until: SystemTime,
}

/// What to try where there are no credentials.
const HINT: &str = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or run `aws sso login`";

/// Loads the configuration that the environment, the profile and the machine give.
pub async fn load(options: &AwsOptions) -> SdkConfig {
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

impl Credentials {
    /// Resolves the credentials once, so that a failing step is named before anything is asked.
    ///
    /// # Errors
    ///
    /// `AccessDenied`, with what each step of the chain said.
    pub async fn resolve(config: &SdkConfig) -> Result<Self> {
        let provider = config
            .credentials_provider()
            .ok_or_else(|| Error::new(ErrorKind::AccessDenied, "no AWS credentials").hint(HINT))?;
        Self::of(provider).await
    }

    /// The credentials that a provider gives, resolved once.
    pub(crate) async fn of(provider: SharedCredentialsProvider) -> Result<Self> {
        let credentials = Self { provider, kept: Mutex::new(None) };
        credentials.current().await?;
        Ok(credentials)
    }

    /// The credentials at hand, or new ones if those are about to end.
    ///
    /// # Errors
    ///
    /// `AccessDenied`, with what each step of the chain said.
    pub async fn current(&self) -> Result<Keys> {
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        if let Some(kept) = &*kept
            && now < kept.until
        {
            return Ok(kept.keys.clone());
        }
        let keys = self.provider.provide_credentials().await.map_err(|error| {
            // What our own call to assume a role says is said best by it.
            match error.source().and_then(|source| source.downcast_ref::<Error>()) {
                Some(own) => own.copy(),
                None => {
                    let message = format!("no AWS credentials: {}", steps(&chain(&error)));
                    Error::new(ErrorKind::AccessDenied, message).hint(HINT).because(error)
                }
            }
        })?;
        let until = match keys.expiry() {
            Some(end) => (end - CREDENTIALS_RENEWED_BEFORE).max(now + CREDENTIALS_TIME_MIN),
            None => now + CREDENTIALS_TIME_MAX,
        };
        *kept = Some(Kept { keys: keys.clone(), until });
        Ok(keys)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
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

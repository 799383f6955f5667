//! Who asks, and where: one account's credentials, a region and an endpoint for all services.

use std::sync::Arc;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use serde::Deserialize;

use crate::client::{Client, ClientOptions};
use crate::credentials::{self, Credentials};
use crate::error::Result;
use crate::http::no_secure_connections;
use crate::limits::{CONNECT_TIME_MAX, REQUEST_TIME_MAX, RETRIES_MAX, ROLE_TIME};
use crate::service::STS;

/// How AWS is reached. What is None comes from the environment and the profile, as for every AWS tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsOptions {
    /// The profile in AWS's configuration files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The address of something that speaks for all services of AWS.
    pub endpoint: Option<String>,
    /// How often a request is sent again; [`RETRIES_MAX`] if None.
    pub retries: Option<usize>,
}

/// Who asks, and where. Cheap to clone; clones share the credentials and the connections.
#[derive(Clone, Debug)]
pub struct Access {
    pub(crate) region: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) retries: usize,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) http: reqwest::Client,
}

/// A role to assume, in this account or another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name in full, such as `arn:aws:iam::111122223333:role/reader`.
    pub arn: String,
    /// What its owner asks of others who assume it, beside the right to do so.
    pub external_id: Option<String>,
}

/// What STS answers to `GetCallerIdentity`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identity {
    get_caller_identity_result: Caller,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Caller {
    account: String,
}

/// What STS answers to `AssumeRole`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Assumed {
    assume_role_result: Lent,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lent {
    credentials: LentKeys,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LentKeys {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

impl std::fmt::Debug for LentKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LentKeys")
    }
}

/// Gives a role's credentials, each time for an hour.
#[derive(Debug)]
struct RoleProvider {
    client: Client,
    role: Role,
}

impl Access {
    /// Finds the credentials, the region and the endpoint.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if there are no credentials, with what each step of the chain said.
    pub async fn open(options: &AwsOptions) -> Result<Self> {
        Self::of(&credentials::load(options).await, options).await
    }

    /// The same for a configuration that was loaded before.
    ///
    /// # Errors
    ///
    /// As [`Access::open`].
    pub async fn of(config: &SdkConfig, options: &AwsOptions) -> Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME_MAX)
            .timeout(REQUEST_TIME_MAX)
            // A signature holds for one address.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(no_secure_connections)?;
        let endpoint = (options.endpoint.clone())
            .or_else(|| config.endpoint_url().map(str::to_owned))
            .filter(|endpoint| !endpoint.is_empty());
        let region = (options.region.clone())
            .or_else(|| config.region().map(ToString::to_string))
            .filter(|region| !region.is_empty());
        let credentials = Arc::new(Credentials::resolve(config).await?);
        let retries = options.retries.unwrap_or(RETRIES_MAX);
        Ok(Self { region, endpoint, retries, credentials, http })
    }

    /// The region, if one is set.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// The same in another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: Some(region.to_owned()), ..self.clone() }
    }

    /// The number of the account that asks. This takes no right.
    ///
    /// # Errors
    ///
    /// As [`Client::query`].
    pub async fn account(&self) -> Result<String> {
        let client = Client::new(self, &STS, ClientOptions::default())?;
        let identity: Identity = client.query("GetCallerIdentity", &[]).await?;
        Ok(identity.get_caller_identity_result.account)
    }

    /// The same as one who has assumed a role, which is renewed while it is used.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if the role may not be assumed, and as [`Client::query`].
    pub async fn assume_role(&self, role: &Role) -> Result<Self> {
        let client = Client::new(self, &STS, ClientOptions::default())?;
        let provider = SharedCredentialsProvider::new(RoleProvider { client, role: role.clone() });
        let credentials = Arc::new(Credentials::of(provider).await?);
        Ok(Self { credentials, ..self.clone() })
    }
}

impl RoleProvider {
    async fn assume(&self) -> Result<Keys> {
        let now = SystemTime::now();
        let mut parameters = vec![
            ("RoleArn".to_owned(), self.role.arn.clone()),
            ("RoleSessionName".to_owned(), "floodmark".to_owned()),
            ("DurationSeconds".to_owned(), ROLE_TIME.as_secs().to_string()),
        ];
        if let Some(external_id) = &self.role.external_id {
            parameters.push(("ExternalId".to_owned(), external_id.clone()));
        }
        let assumed: Assumed =
            self.client.query("AssumeRole", &parameters).await.map_err(|error| {
                let message = format!("cannot assume the role `{}`: {error}", self.role.arn);
                let hint = error.hint_text().unwrap_or(ASSUMING).to_owned();
                let own = crate::Error::new(error.kind(), message).hint(hint);
                match error.service_code() {
                    Some(code) => own.code(code),
                    None => own,
                }
            })?;
        let keys = assumed.assume_role_result.credentials;
        Ok(Keys::new(
            keys.access_key_id,
            keys.secret_access_key,
            Some(keys.session_token),
            Some(now + ROLE_TIME),
            "floodmark",
        ))
    }
}

/// What to check where a role is not lent.
const ASSUMING: &str = "check the role's name and its trust policy";

impl ProvideCredentials for RoleProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.assume().await.map_err(CredentialsError::provider_error)
        })
    }
}

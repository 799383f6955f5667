//! Keys at hand, in the place of the chain.

use std::fmt;

use aws_config::SdkConfig;
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::access::{Access, AwsOptions};
use crate::error::Result;

/// An access key that the caller has, such as one that a server was given for one request.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The session's token, for keys that end.
    pub token: Option<String>,
}

impl fmt::Debug for AccessKey {
    /// Leaves out the secret and the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Access {
    /// One who asks with a key at hand. Only the options say region and endpoint: the environment is not looked at.
    ///
    /// # Errors
    ///
    /// As [`Access::of`].
    pub async fn with_key(key: AccessKey, options: &AwsOptions) -> Result<Self> {
        let keys = Keys::new(key.id, key.secret, key.token, None, "key");
        let provider = SharedCredentialsProvider::new(keys);
        let config = SdkConfig::builder().credentials_provider(provider).build();
        Self::of(&config, options).await
    }
}

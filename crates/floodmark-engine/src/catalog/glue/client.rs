//! What the answers of the Glue Data Catalog mean.

use aws_config::SdkConfig;
use floodmark_aws::service::GLUE;
use floodmark_aws::{Access, ClientOptions};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::catalog::glue::GlueOptions;
use crate::error::{Error, ErrorKind, Result};

/// What sends requests.
#[derive(Debug)]
pub(super) struct Client(floodmark_aws::Client);

/// What the service says to a request.
#[derive(Debug)]
pub(super) enum Answer<T> {
    /// This is it.
    Found(T),
    /// What was named does not exist.
    Missing,
    /// It does not take the request.
    Invalid(Error),
}

impl Client {
    pub(super) async fn new(config: &SdkConfig, options: &GlueOptions) -> Result<Self> {
        let access = Access::of(config, &options.s3.aws()).await?;
        let endpoint = options.endpoint.clone();
        let of_glue = ClientOptions { endpoint, ..ClientOptions::default() };
        Ok(Self(floodmark_aws::Client::new(&access, &GLUE, of_glue)?))
    }

    /// Asks for an operation, again where the trouble may pass.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &str,
        request: &Value,
    ) -> Result<Answer<T>> {
        let error = match self.0.json(operation, request).await {
            Ok(answer) => return Ok(Answer::Found(answer)),
            Err(error) => error,
        };
        match error.service_code() {
            Some("EntityNotFoundException") => Ok(Answer::Missing),
            Some("InvalidInputException" | "ValidationException") => {
                let message = error.to_string();
                let error = Error::new(ErrorKind::InvalidQuery, message).because(error);
                Ok(Answer::Invalid(error.hint("check the names of the database and of the table")))
            }
            _ => Err(error.into()),
        }
    }
}

//! Requests to the Glue Data Catalog: signed, sent again where that helps, and what their answers mean.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials as SdkCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::catalog::glue::GlueOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{
    CONNECT_TIME_MAX, GLUE_ANSWER_BYTES_MAX, GLUE_PAUSE_MAX, GLUE_PAUSE_MIN, REQUEST_TIME_MAX,
    RETRIES_MAX,
};
use crate::store::credentials::{self, Credentials, chain};

/// What sends requests.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: String,
    region: String,
    credentials: Credentials,
    retries: usize,
}

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

/// Why an attempt failed.
struct Attempt {
    error: Error,
    /// Whether another one may do better.
    is_passing: bool,
}

const RIGHTS: &str = "reading the catalog takes glue:GetDatabase, glue:GetDatabases, glue:GetTable, glue:GetTables and glue:GetPartitions, and with Lake Formation DESCRIBE and SELECT on the table";
const KEYS: &str = "check AWS_PROFILE, or run `aws sso login`";
const AGAIN: &str = "try again later, or use `--catalog local`";

impl Client {
    pub(super) async fn new(config: &SdkConfig, options: &GlueOptions) -> Result<Self> {
        // The SDK reads the setting for all services alone.
        let endpoint = (options.endpoint.clone())
            .or_else(|| std::env::var("AWS_ENDPOINT_URL_GLUE").ok())
            .or_else(|| options.s3.endpoint.clone())
            .or_else(|| config.endpoint_url().map(str::to_owned))
            .filter(|endpoint| !endpoint.is_empty());
        let region = match (config.region(), &endpoint) {
            (Some(region), _) => region.to_string(),
            // A service that is not AWS's takes any region.
            (None, Some(_)) => "us-east-1".to_owned(),
            (None, None) => {
                return Err(Error::not_found("no region for the Glue Data Catalog")
                    .hint("name it with `--region`, or set AWS_REGION"));
            }
        };
        let endpoint = endpoint.unwrap_or_else(|| {
            let domain =
                if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            format!("https://glue.{region}.{domain}")
        });
        let endpoint = format!("{}/", endpoint.trim_end_matches('/'));
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIME_MAX)
            .timeout(REQUEST_TIME_MAX)
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Unavailable, "no secure connections can be made")
                    .because(error)
            })?;
        let credentials = credentials::resolve(config).await?;
        let retries = options.s3.retries.unwrap_or(RETRIES_MAX);
        Ok(Self { http, endpoint, region, credentials, retries })
    }

    /// Asks for an operation, again where the trouble may pass.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &str,
        request: &Value,
    ) -> Result<Answer<T>> {
        let body = request.to_string();
        let mut pause = GLUE_PAUSE_MIN;
        for attempt in 0.. {
            match self.attempt(operation, &body).await {
                Ok(answer) => return Ok(answer),
                Err(Attempt { is_passing: true, .. }) if attempt < self.retries => {
                    tokio::time::sleep(spread(pause)).await;
                    pause = (pause * 2).min(GLUE_PAUSE_MAX);
                }
                Err(Attempt { error, .. }) => return Err(error),
            }
        }
        unreachable!("there are always attempts left, or the last one is given back")
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        operation: &str,
        body: &str,
    ) -> Result<Answer<T>, Attempt> {
        let request = self.signed(operation, body).await.map_err(Attempt::lasting)?;
        let broken = |error: reqwest::Error| {
            let message =
                format!("the Glue Data Catalog does not answer {operation}: {}", chain(&error));
            let error = Error::new(ErrorKind::Unavailable, message).hint(AGAIN).because(error);
            Attempt { error, is_passing: true }
        };
        let mut response = self.http.execute(request).await.map_err(broken)?;
        let status = response.status();
        let named = response.headers().get("x-amzn-errortype");
        let named = named.and_then(|name| name.to_str().ok()).map(str::to_owned);
        let mut answer = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if answer.len() + piece.len() > GLUE_ANSWER_BYTES_MAX {
                let message = format!(
                    "an answer of the Glue Data Catalog to {operation} has more than {GLUE_ANSWER_BYTES_MAX} bytes"
                );
                return Err(Attempt::lasting(Error::new(ErrorKind::LimitReached, message)));
            }
            answer.extend_from_slice(&piece);
        }
        if status.is_success() {
            return match serde_json::from_slice(&answer) {
                Ok(answer) => Ok(Answer::Found(answer)),
                Err(error) => {
                    let message = format!(
                        "the answer of the Glue Data Catalog to {operation} cannot be read"
                    );
                    let error = Error::new(ErrorKind::Unavailable, message).because(error);
                    Err(Attempt::lasting(error))
                }
            };
        }
        let refusal: Refusal = serde_json::from_slice(&answer).unwrap_or_default();
        refusal.meaning(operation, status.as_u16(), named.as_deref())
    }

    async fn signed(&self, operation: &str, body: &str) -> Result<reqwest::Request> {
        const CONTENT_TYPE: (&str, &str) = ("content-type", "application/x-amz-json-1.1");
        let cannot = |what: &str| {
            let message = format!("{what} to the Glue Data Catalog at `{}`", self.endpoint);
            Error::invalid_query(message).hint("check the endpoint, the region and the credentials")
        };
        let target = format!("AWSGlue.{operation}");
        let target = ("x-amz-target", target.as_str());
        let credential = self.credentials.current().await?;
        let identity = SdkCredentials::new(
            &credential.key_id,
            &credential.secret_key,
            credential.token.clone(),
            None,
            "floodmark",
        )
        .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("glue")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| cannot("cannot sign a request").because(error))?
            .into();
        let signable = SignableRequest::new(
            "POST",
            self.endpoint.as_str(),
            [CONTENT_TYPE, target].into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| cannot("cannot sign a request").because(error))?;
        let signed = sign(signable, &parameters)
            .map_err(|error| cannot("cannot sign a request").because(error))?;
        let mut request = http::Request::post(&self.endpoint)
            .header(CONTENT_TYPE.0, CONTENT_TYPE.1)
            .header(target.0, target.1)
            .body(body.to_owned())
            .map_err(|error| cannot("cannot make a request").because(error))?;
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        reqwest::Request::try_from(request)
            .map_err(|error| cannot("cannot make a request").because(error))
    }
}

impl Attempt {
    fn lasting(error: Error) -> Self {
        Self { error, is_passing: false }
    }
}

/// The body of an answer that is an error.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(rename = "__type", default)]
    code: Option<String>,
    #[serde(rename = "Message", alias = "message", default)]
    message: Option<String>,
}

impl Refusal {
    fn meaning<T>(
        self,
        operation: &str,
        status: u16,
        named: Option<&str>,
    ) -> Result<Answer<T>, Attempt> {
        const TEXT_MAX: usize = 500;
        let code = self.code.as_deref().or(named).unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        let text: String = self.message.unwrap_or_default().chars().take(TEXT_MAX).collect();
        let says = if text.is_empty() { String::new() } else { format!(": {text}") };
        let error = |kind, reason: &str, hint: &str| {
            let message = format!("the Glue Data Catalog {reason}{says}");
            Error::new(kind, message).hint(hint)
        };
        let denied =
            |reason: &str, hint| Attempt::lasting(error(ErrorKind::AccessDenied, reason, hint));
        let is_throttled = ["Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown"]
            .iter()
            .any(|name| code.contains(name));
        if is_throttled
            || status >= 500
            || status == 429
            || code == "ConcurrentModificationException"
        {
            let code = if code.is_empty() { status.to_string() } else { code.to_owned() };
            let reason = format!("does not answer {operation} ({code})");
            let error = error(ErrorKind::Unavailable, &reason, AGAIN);
            return Err(Attempt { error, is_passing: true });
        }
        match code {
            "EntityNotFoundException" => Ok(Answer::Missing),
            "InvalidInputException" | "ValidationException" => Ok(Answer::Invalid(error(
                ErrorKind::InvalidQuery,
                &format!("does not take the request {operation}"),
                "check the names of the database and of the table",
            ))),
            "AccessDeniedException" | "AccessDenied" | "UnauthorizedException" => {
                Err(denied(&format!("denies glue:{operation}"), RIGHTS))
            }
            "ExpiredTokenException" | "ExpiredToken" | "TokenRefreshRequired" => {
                Err(denied("says that the credentials have expired", KEYS))
            }
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "SignatureDoesNotMatch" => Err(denied("does not accept the credentials", KEYS)),
            "RequestExpired" | "RequestTimeTooSkewed" => {
                Err(denied("finds this machine's clock wrong", "set the clock"))
            }
            _ if status == 401 || status == 403 => {
                Err(denied(&format!("denies glue:{operation}"), RIGHTS))
            }
            code => {
                let reason = format!("refuses {operation} ({status} {code})");
                Err(Attempt::lasting(error(ErrorKind::Unavailable, &reason, AGAIN)))
            }
        }
    }
}

/// Somewhere between half of a pause and the whole, so that many who were refused do not come back together.
fn spread(pause: Duration) -> Duration {
    let [part, ..] = *uuid::Uuid::new_v4().as_bytes();
    pause / 2 + pause / 2 * u32::from(part) / u32::from(u8::MAX)
}

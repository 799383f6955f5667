//! Requests to a service of AWS: signed, sent again where that helps, and their answers.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::form_urlencoded;

use crate::access::Access;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result, chain};
use crate::limits::{ANSWER_BYTES_MAX, PAUSE_MAX, PAUSE_MIN};
use crate::refusal::Refusal;
use crate::service::{Protocol, Service};

/// What sends requests to one service in one region.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    service: &'static Service,
    endpoint: String,
    region: String,
    credentials: Arc<Credentials>,
    retries: usize,
    is_writing: bool,
}

/// What is particular to a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientOptions {
    /// The service's own address. It comes before the variable `AWS_ENDPOINT_URL_<SERVICE>`, and that before the access's.
    pub endpoint: Option<String>,
    /// Whether requests change something. One is then sent again only if the service has surely done nothing yet.
    pub is_writing: bool,
}

/// Why an attempt failed.
pub(crate) struct Attempt {
    pub(crate) error: Error,
    pub(crate) again: Again,
}

/// Whether another attempt may do better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It will not.
    No,
    /// It may, and the service has done nothing yet.
    Safe,
    /// It may, but the service may have done what was asked.
    Unsure,
}

/// A request before it is signed.
struct Request<'a> {
    operation: &'a str,
    content_type: &'static str,
    target: Option<String>,
    body: String,
}

impl Client {
    /// A client of a service, with its endpoint and region.
    ///
    /// # Errors
    ///
    /// `NotFound` if no region is set.
    pub fn new(access: &Access, service: &'static Service, options: ClientOptions) -> Result<Self> {
        // The SDK reads the setting for all services alone.
        let variable = format!("AWS_ENDPOINT_URL_{}", service.variable);
        let endpoint = (options.endpoint)
            .or_else(|| std::env::var(variable).ok())
            .or_else(|| access.endpoint.clone())
            .filter(|endpoint| !endpoint.is_empty());
        let region = match (&access.region, &endpoint) {
            (Some(region), _) => region.clone(),
            // A service that is not AWS's takes any region.
            (None, Some(_)) => "us-east-1".to_owned(),
            (None, None) => {
                return Err(Error::not_found(format!("no region for {}", service.title))
                    .hint("name it with `--region`, or set AWS_REGION"));
            }
        };
        let endpoint = endpoint.unwrap_or_else(|| service.endpoint(&region));
        let endpoint = format!("{}/", endpoint.trim_end_matches('/'));
        Ok(Self {
            http: access.http.clone(),
            service,
            endpoint,
            region,
            credentials: Arc::clone(&access.credentials),
            retries: access.retries,
            is_writing: options.is_writing,
        })
    }

    /// The region that it asks.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Asks a service that speaks JSON for an operation, again where the trouble may pass.
    ///
    /// # Errors
    ///
    /// `AccessDenied` with the right that is missing, or if the credentials are refused or have expired; `NotFound`,
    /// `InvalidQuery` and `LimitReached` as the service says it; `Unavailable` otherwise. [`Error::service_code`] is the
    /// service's name for it.
    pub async fn json<T: DeserializeOwned>(&self, operation: &str, request: &Value) -> Result<T> {
        let Protocol::Json { target } = self.service.protocol else {
            return Err(self.other_protocol(operation));
        };
        let answer = self
            .ask(&Request {
                operation,
                content_type: "application/x-amz-json-1.1",
                target: Some(format!("{target}.{operation}")),
                body: request.to_string(),
            })
            .await?;
        // Some operations answer nothing at all.
        let answer = if answer.is_empty() { b"{}".as_slice() } else { &answer };
        serde_json::from_slice(answer).map_err(|error| self.unreadable(operation).because(error))
    }

    /// Asks a service that speaks Query for an action, again where the trouble may pass. The answer is read from XML, where
    /// the document's outermost element stands for `T`.
    ///
    /// # Errors
    ///
    /// As [`Client::json`].
    pub async fn query<T: DeserializeOwned>(
        &self,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<T> {
        let Protocol::Query { version } = self.service.protocol else {
            return Err(self.other_protocol(action));
        };
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(parameters)
            .finish();
        let answer = self
            .ask(&Request {
                operation: action,
                content_type: "application/x-www-form-urlencoded; charset=utf-8",
                target: None,
                body,
            })
            .await?;
        quick_xml::de::from_reader(answer.as_slice())
            .map_err(|error| self.unreadable(action).because(error))
    }

    async fn ask(&self, request: &Request<'_>) -> Result<Vec<u8>> {
        let mut pause = PAUSE_MIN;
        for attempt in 0.. {
            match self.attempt(request).await {
                Ok(answer) => return Ok(answer),
                Err(Attempt { again, .. })
                    if attempt < self.retries
                        && (again == Again::Safe || again == Again::Unsure && !self.is_writing) =>
                {
                    tokio::time::sleep(spread(pause)).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Err(Attempt { error, .. }) => return Err(error),
            }
        }
        unreachable!("there are always attempts left, or the last one is given back")
    }

    async fn attempt(&self, request: &Request<'_>) -> Result<Vec<u8>, Attempt> {
        let (title, operation) = (self.service.title, request.operation);
        let signed = self.signed(request).await.map_err(Attempt::lasting)?;
        let broken = |error: reqwest::Error| {
            let again = if error.is_connect() { Again::Safe } else { Again::Unsure };
            let message = format!("{title} does not answer {operation}: {}", chain(&error));
            let error = Error::new(ErrorKind::Unavailable, message);
            Attempt { error: error.hint(self.service.again), again }
        };
        let mut response = self.http.execute(signed).await.map_err(broken)?;
        let status = response.status();
        let named = response.headers().get("x-amzn-errortype");
        let named = named.and_then(|name| name.to_str().ok()).map(str::to_owned);
        let mut answer = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(broken)? {
            if answer.len() + piece.len() > ANSWER_BYTES_MAX {
                let message = format!(
                    "an answer of {title} to {operation} has more than {ANSWER_BYTES_MAX} bytes"
                );
                return Err(Attempt::lasting(Error::new(ErrorKind::LimitReached, message)));
            }
            answer.extend_from_slice(&piece);
        }
        if status.is_success() {
            return Ok(answer);
        }
        let refusal = match self.service.protocol {
            Protocol::Json { .. } => Refusal::from_json(&answer, named),
            Protocol::Query { .. } => Refusal::from_xml(&answer),
        };
        Err(refusal.meaning(self.service, operation, status.as_u16()))
    }

    async fn signed(&self, request: &Request<'_>) -> Result<reqwest::Request> {
        let cannot = |what: &str| {
            let message = format!("{what} to {} at `{}`", self.service.title, self.endpoint);
            Error::invalid(message).hint("check the endpoint, the region and the credentials")
        };
        let identity = self.credentials.current().await?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service.name)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| cannot("cannot sign a request").because(error))?
            .into();
        let target = request.target.as_deref().map(|target| ("x-amz-target", target));
        let headers = [Some(("content-type", request.content_type)), target];
        let headers = headers.into_iter().flatten();
        let signable = SignableRequest::new(
            "POST",
            self.endpoint.as_str(),
            headers.clone(),
            SignableBody::Bytes(request.body.as_bytes()),
        )
        .map_err(|error| cannot("cannot sign a request").because(error))?;
        let signed = sign(signable, &parameters)
            .map_err(|error| cannot("cannot sign a request").because(error))?;
        let mut made = http::Request::post(&self.endpoint);
        for (name, value) in headers {
            made = made.header(name, value);
        }
        let mut made = made
            .body(request.body.clone())
            .map_err(|error| cannot("cannot make a request").because(error))?;
        signed.into_parts().0.apply_to_request_http1x(&mut made);
        reqwest::Request::try_from(made)
            .map_err(|error| cannot("cannot make a request").because(error))
    }

    fn unreadable(&self, operation: &str) -> Error {
        let title = self.service.title;
        let message = format!("the answer of {title} to {operation} cannot be read");
        Error::new(ErrorKind::Unavailable, message)
    }

    fn other_protocol(&self, operation: &str) -> Error {
        let message = format!("{} takes {operation} in another protocol", self.service.title);
        Error::new(ErrorKind::Internal, message)
    }
}

impl Attempt {
    pub(crate) fn lasting(error: Error) -> Self {
        Self { error, again: Again::No }
    }
}

/// Somewhere between half of a pause and the whole, so that many who were refused do not come back together.
fn spread(pause: Duration) -> Duration {
    let [part, ..] = *uuid::Uuid::new_v4().as_bytes();
    pause / 2 + pause / 2 * u32::from(part) / u32::from(u8::MAX)
}

//! Plain HTTP with limits: what is asked of registries, and what users download.

use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use reqwest::redirect::Policy;

use crate::error::{Error, ErrorKind, Result, chain};
use crate::limits::{CONNECT_TIME_MAX, FETCHED_BYTES_MAX, REQUEST_TIME_MAX};

/// What sends requests; made by [`client`].
pub type HttpClient = reqwest::Client;

/// How something is fetched.
#[derive(Clone, Debug)]
pub struct GetOptions<'a> {
    /// The media type that is wanted, such as `application/rdap+json`.
    pub accept: Option<&'a str>,
    /// The `ETag` of what is at hand: if it is still current, the answer is status 304 without a body.
    pub if_none_match: Option<&'a str>,
    /// The `Last-Modified` of what is at hand, as the server wrote it: the same for servers without `ETag`.
    pub if_modified_since: Option<&'a str>,
    /// How many bytes the answer may have.
    pub bytes_max: usize,
    /// How long the request may take with its whole answer.
    pub time_max: Duration,
}

/// What a server answers.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status. Only the caller knows which ones are failures.
    pub status: u16,
    /// The address that answered: another one than was asked, after redirections.
    pub url: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Default for GetOptions<'_> {
    fn default() -> Self {
        Self {
            accept: None,
            if_none_match: None,
            if_modified_since: None,
            bytes_max: FETCHED_BYTES_MAX,
            time_max: REQUEST_TIME_MAX,
        }
    }
}

impl Response {
    /// A header's value, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What sends requests, and follows so many redirections, but never from a secure connection to one that is not.
///
/// # Errors
///
/// `Unavailable` if this machine can make no secure connections.
pub fn client(redirections_max: usize) -> Result<reqwest::Client> {
    let policy = Policy::custom(move |attempt| {
        let was_secure = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
        if was_secure && attempt.url().scheme() != "https" {
            attempt.error("the server leads from a secure connection to one that is not")
        } else if attempt.previous().len() > redirections_max {
            match redirections_max {
                // The caller reads where it leads.
                0 => attempt.stop(),
                _ => {
                    attempt.error(format!("the server leads on more than {redirections_max} times"))
                }
            }
        } else {
            attempt.follow()
        }
    });
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIME_MAX)
        .redirect(policy)
        .user_agent(concat!("floodmark/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(no_secure_connections)
}

/// Fetches what lies at an address, whatever the status.
///
/// # Errors
///
/// `InvalidQuery` if it is no address, `Unavailable` if nobody answers in time or the answer breaks off, and
/// `LimitReached` if it is too large.
pub async fn get(
    client: &reqwest::Client,
    url: &str,
    options: &GetOptions<'_>,
) -> Result<Response> {
    let address = url::Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            Error::invalid(format!("`{url}` is no address of the web"))
                .hint("it starts with `https://` or `http://`")
        })?;
    let mut request = client.get(address).timeout(options.time_max);
    let headers = [
        (ACCEPT, options.accept),
        (IF_NONE_MATCH, options.if_none_match),
        (IF_MODIFIED_SINCE, options.if_modified_since),
    ];
    for (name, value) in headers {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let broken = |error: reqwest::Error| {
        let error = error.without_url();
        let reason = if error.is_timeout() {
            format!("within {} seconds", options.time_max.as_secs_f32())
        } else {
            chain(&error)
        };
        let message = if error.is_timeout() {
            format!("`{url}` does not answer {reason}")
        } else {
            format!("`{url}` does not answer: {reason}")
        };
        Error::new(ErrorKind::Unavailable, message)
            .hint("check the connection, and try again later")
            .because(error)
    };
    let mut response = request.send().await.map_err(broken)?;
    let (status, found) = (response.status().as_u16(), response.url().to_string());
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(broken)? {
        if body.len() + piece.len() > options.bytes_max {
            let message =
                format!("the answer of `{url}` has more than {} bytes", options.bytes_max);
            return Err(Error::new(ErrorKind::LimitReached, message));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Response { status, url: found, headers, body })
}

/// This machine can make no secure connections.
pub(crate) fn no_secure_connections(error: reqwest::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "no secure connections can be made").because(error)
}

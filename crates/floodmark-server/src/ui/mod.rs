//! The page in the browser: its files, who may ask, and the API that it asks.
//!
//! The files need no token. What they ask below `/_ui/api/` does, on every port: other users of this machine reach it as well, and
//! browsers send whatever pages of other sites tell them to send.

mod access;
mod account;
mod api;
mod block;
mod explain;
mod export;
mod failure;
mod files;
mod lines;
mod look;
mod schema;
mod sql;
mod start;
mod viewed;
mod who;
mod whois;
mod words;
mod work;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};

use crate::body::{ResponseBody, whole};
use crate::limits::UI_BODY_BYTES_MAX;
use crate::listen::Front;
use crate::listen::pace::PacedBody;
use crate::listen::refusal::Refusal;
use crate::route::whole_body;
use crate::s3::unread::Watched;

pub(crate) use access::Access;
pub(crate) use failure::Failure;
pub(crate) use files::Files;
pub use whois::Lookups;

/// Where the page lies, without the slash at its end.
pub(crate) const PLACE: &str = "/_ui";

/// Where its API lies.
const API: &str = "/_ui/api/";

/// The page as a server has it.
#[derive(Debug)]
pub(crate) struct Page {
    /// Who may ask.
    pub(crate) access: Access,
    /// Its files.
    pub(crate) files: Files,
}

/// The headers of all that the page consists of: it runs no code but its own, asks nobody else, and stands in no other page.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Whether a path is of the page.
pub(crate) fn is_own(path: &str) -> bool {
    path.strip_prefix(PLACE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path is of the API of the page, where errors are JSON.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with(API)
}

/// Answers a request below `/_ui`.
///
/// # Errors
///
/// The refusal of a body that is too long, or does not come.
pub(crate) async fn answer(
    front: &Front,
    path: &str,
    parts: Parts,
    body: Watched<PacedBody>,
) -> Result<Response<ResponseBody>, Refusal> {
    let response = match path.strip_prefix(API) {
        Some(name) => {
            let mut response = asked(front, name, &parts, body).await?;
            let headers = response.headers_mut();
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            response
        }
        None => file(front, path, &parts),
    };
    Ok(guarded(response))
}

/// An answer with the headers of the page.
pub(crate) fn guarded(mut response: Response<ResponseBody>) -> Response<ResponseBody> {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Sends a browser elsewhere on this server.
pub(crate) fn redirect(place: &str) -> Response<ResponseBody> {
    let mut response = whole(StatusCode::SEE_OTHER, "text/plain; charset=utf-8", Bytes::new());
    // What is no header was no address either.
    let place = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/_ui/"));
    response.headers_mut().insert(LOCATION, place);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    guarded(response)
}

/// The refusal of a method, with those that are taken.
pub(crate) fn not_allowed(
    mut response: Response<ResponseBody>,
    allowed: &'static str,
) -> Response<ResponseBody> {
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Answers a request for a file, or takes the token of an address.
fn file(front: &Front, path: &str, parts: &Parts) -> Response<ResponseBody> {
    if parts.method != Method::GET && parts.method != Method::HEAD {
        let refused =
            whole(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "a file is read\n");
        return not_allowed(refused, "GET, HEAD");
    }
    let page = &front.page;
    if path == PLACE {
        let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        return redirect(&format!("{PLACE}/{query}"));
    }
    let name = path.strip_prefix("/_ui/").unwrap_or_default();
    if name.is_empty()
        && let Some(response) = page.access.exchange(parts)
    {
        return response;
    }
    page.files.answer(name, &parts.headers)
}

/// Answers a question of the page.
async fn asked(
    front: &Front,
    name: &str,
    parts: &Parts,
    body: Watched<PacedBody>,
) -> Result<Response<ResponseBody>, Refusal> {
    // Whoever does not know the token learns nothing, not even which questions there are.
    if !front.page.access.knows(&parts.headers) {
        return Ok(Failure::unknown_client().response(StatusCode::UNAUTHORIZED));
    }
    let endpoint = match api::find(name, &parts.method) {
        Ok(endpoint) => endpoint,
        Err(response) => return Ok(*response),
    };
    let body = whole_body(front, parts, body, UI_BODY_BYTES_MAX).await?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    Ok(api::answer(endpoint, &front.state, api::Asked { body, query }).await)
}

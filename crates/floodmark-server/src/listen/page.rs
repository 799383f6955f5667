//! Our own pages besides that in the browser: whether the server is there, and the way from the root to the page.

use http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::body::{ResponseBody, whole};
use crate::ui;

/// Answers a request for a page.
pub(crate) fn answer(path: &str) -> Response<ResponseBody> {
    let mut response = match path {
        "/-/health" => {
            let body = json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
            whole(StatusCode::OK, "application/json", body.to_string())
        }
        "/" => return ui::redirect("/_ui/"),
        _ => whole(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "there is no such page\n"),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

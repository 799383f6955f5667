//! Our own pages: one for a person who looks at the port with a browser, and whether the server is there.

use http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::body::{ResponseBody, whole};
use crate::listen::Front;
use crate::listen::refusal::xml;

/// Answers a request for a page.
pub(crate) fn answer(path: &str, front: &Front) -> Response<ResponseBody> {
    let mut response = match path {
        "/-/health" => {
            let body = json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
            whole(StatusCode::OK, "application/json", body.to_string())
        }
        "/" => whole(StatusCode::OK, "text/html; charset=utf-8", welcome(&front.url)),
        _ => whole(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "there is no such page\n"),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn welcome(url: &str) -> String {
    let (version, url) = (env!("CARGO_PKG_VERSION"), xml(url));
    format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Floodmark</title>
<h1>Floodmark {version}</h1>
<p>This port answers Athena, Glue, STS and S3 for the tools of this machine. It has no page to click on.</p>
<p>In the shell of your notebook or tool:</p>
<pre>eval \"$(floodmark env)\"</pre>
<p>or only the address, with any credentials and region:</p>
<pre>export AWS_ENDPOINT_URL={url}</pre>
<p>Then Athena's clients ask here: awswrangler, PyAthena, boto3, the AWS CLI and others.</p>
</html>
"
    )
}

//! Which service a request is for.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body;

use crate::body::{ResponseBody, whole};
use crate::json::Action;
use crate::limits::{ACTION_BYTES_MAX, ACTION_BYTES_SMALL};
use crate::listen::Front;
use crate::listen::pace::PacedBody;
use crate::listen::page;
use crate::listen::refusal::{Reason, Refusal};
use crate::s3::host;
use crate::s3::unread::Watched;
use crate::{athena, glue, json, sts, ui};

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// An action of Athena, by its name.
    Athena(String),
    /// An action of Glue, by its name.
    Glue(String),
    /// Lake Formation, which clients of Glue ask for its settings.
    LakeFormation,
    /// STS.
    Sts,
    /// S3, which has all that says nothing else.
    S3,
    /// The page in the browser and its API, by the path.
    Ui(String),
    /// Any other page of our own, by its path.
    Page(String),
    /// A service that we are not, as the client names it.
    Unknown(String),
}

/// What a request is for, by its head alone.
pub(crate) fn service(request: &Parts) -> Service {
    let path = request.uri.path();
    let is_bucket = is_bucket(request);
    // No bucket's name begins so, but keys do.
    if !is_bucket && ui::is_own(path) {
        return Service::Ui(path.to_owned());
    }
    if !is_bucket && (path.starts_with("/_") || path.starts_with("/-")) {
        return Service::Page(path.to_owned());
    }
    if let Some(target) = request.headers.get("x-amz-target") {
        let target = String::from_utf8_lossy(target.as_bytes());
        return match target.split_once('.') {
            Some(("AmazonAthena", name)) => Service::Athena(name.to_owned()),
            Some(("AWSGlue", name)) => Service::Glue(name.to_owned()),
            _ => Service::Unknown(target.into_owned()),
        };
    }
    match credential(request).as_deref().and_then(|scope| scope.split('/').nth(3)) {
        Some("sts") => Service::Sts,
        Some("lakeformation") => Service::LakeFormation,
        Some("s3" | "s3express" | "s3-outposts") => Service::S3,
        Some(other) => Service::Unknown(other.to_owned()),
        None if is_bucket => Service::S3,
        None if is_form(request) => Service::Sts,
        None if is_browser(request) => Service::Page(path.to_owned()),
        None => Service::S3,
    }
}

/// Answers a request that the guard has let through.
pub(crate) async fn answer(
    front: &Front,
    service: &Service,
    parts: Parts,
    body: Watched<PacedBody>,
) -> Response<ResponseBody> {
    let outcome = match service {
        Service::S3 => return front.state.s3.answer(Request::from_parts(parts, body)).await,
        Service::Page(path) => return page::answer(path),
        Service::Ui(path) => ui::answer(front, path, parts, body).await,
        Service::Athena(name) => match whole_body(front, &parts, body, ACTION_BYTES_MAX).await {
            Ok(body) => {
                tell_unsupported(front, &parts, "Athena's", athena::ACTIONS, name);
                let no = athena::not_supported;
                Ok(json::answer(athena::ACTIONS, name, no, &front.state, &body).await)
            }
            Err(refusal) => Err(refusal),
        },
        Service::Glue(name) => match whole_body(front, &parts, body, ACTION_BYTES_MAX).await {
            Ok(body) => {
                tell_unsupported(front, &parts, "Glue's", glue::ACTIONS, name);
                let no = glue::not_supported;
                Ok(json::answer(glue::ACTIONS, name, no, &front.state, &body).await)
            }
            Err(refusal) => Err(refusal),
        },
        Service::Sts => whole_body(front, &parts, body, ACTION_BYTES_MAX).await.map(|body| {
            let action = sts::action(&body);
            if !sts::ACTIONS.contains(&action.as_str()) {
                front.unsupported.tell(&parts.headers, &format!("STS's {action}"));
            }
            sts::answer(&action)
        }),
        Service::LakeFormation => Ok(lake_formation(front, &parts)),
        Service::Unknown(name) => {
            front.unsupported.tell(&parts.headers, name);
            Ok(json::unknown_operation())
        }
    };
    outcome.unwrap_or_else(|refusal| refusal.response(service))
}

/// `AccessKeyId/date/region/service/aws4_request`: by whom and for what a request is signed, in its header or its address.
pub(crate) fn credential(request: &Parts) -> Option<String> {
    let signed = text(request, "authorization").and_then(|authorization| {
        let (_, rest) = authorization.split_once("Credential=")?;
        Some(rest.split([',', ' ']).next()?.to_owned())
    });
    signed.or_else(|| query_value(&request.uri, "X-Amz-Credential"))
}

/// The value of a member of an address's query.
pub(crate) fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let members = url::form_urlencoded::parse(uri.query()?.as_bytes());
    let mut values = members.filter(|(member, _)| member == name);
    values.next().map(|(_, value)| value.into_owned())
}

fn text<'a>(request: &'a Parts, header: &str) -> Option<&'a str> {
    request.headers.get(header)?.to_str().ok()
}

/// Whether the host is a bucket's, as in `my-logs.s3.localhost`, and the path a key.
fn is_bucket(request: &Parts) -> bool {
    text(request, "host").and_then(host::bucket).is_some()
}

/// Whether a request is a call in a form, as STS takes them, that nobody signed.
fn is_form(request: &Parts) -> bool {
    let content = text(request, "content-type").unwrap_or_default();
    request.method == Method::POST
        && request.uri.path() == "/"
        && content.starts_with("application/x-www-form-urlencoded")
}

/// Whether a person looks at the root with a browser. No client of S3 asks for a page.
fn is_browser(request: &Parts) -> bool {
    request.method == Method::GET
        && request.uri.path() == "/"
        && request.uri.query().is_none()
        && text(request, "authorization").is_none_or(|scheme| !scheme.starts_with("AWS"))
        && text(request, "accept").is_some_and(|accept| accept.contains("text/html"))
}

/// The whole body of a call, of so many bytes at most.
///
/// # Errors
///
/// The refusal of a body that is longer, compressed, or does not come.
pub(crate) async fn whole_body(
    front: &Front,
    parts: &Parts,
    body: Watched<PacedBody>,
    bytes_max: usize,
) -> Result<Bytes, Refusal> {
    if let Some(encoding) = text(parts, "content-encoding")
        && !encoding.trim().is_empty()
        && encoding != "identity"
    {
        let message = "compressed bodies are not read; set AWS_DISABLE_REQUEST_COMPRESSION=true";
        return Err(Refusal::new(Reason::Encoding, message));
    }
    let too_long = || {
        let message = format!("a call has at most {bytes_max} bytes");
        Refusal::new(Reason::Length, message)
    };
    let size = body.size_hint();
    if usize::try_from(size.lower()).is_ok_and(|bytes| bytes > bytes_max) {
        return Err(too_long());
    }
    let is_long = size.upper().is_none_or(|bytes| bytes > ACTION_BYTES_SMALL);
    let read = async {
        let _room = match is_long {
            true => Some(front.long_actions.acquire().await),
            false => None,
        };
        Limited::new(body, bytes_max).collect().await
    };
    match tokio::time::timeout(front.silence, read).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        // Whoever went away reads no answer.
        _ => Err(Refusal::new(Reason::Silence, "the request did not come in whole in time")),
    }
}

/// Tells once of an action that is none of a service's.
fn tell_unsupported(
    front: &Front,
    parts: &Parts,
    service: &str,
    actions: &'static [Action],
    name: &str,
) {
    if !actions.iter().any(|action| action.name == name) {
        front.unsupported.tell(&parts.headers, &format!("{service} {name}"));
    }
}

/// Lake Formation manages nothing here, which is what its empty settings say.
fn lake_formation(front: &Front, parts: &Parts) -> Response<ResponseBody> {
    let action = parts.uri.path().trim_start_matches('/');
    if action == "GetDataLakeSettings" {
        let settings = "{\"DataLakeSettings\":{\"DataLakeAdmins\":[],\"CreateDatabaseDefaultPermissions\":[],\"CreateTableDefaultPermissions\":[]}}";
        return whole(StatusCode::OK, "application/json", settings);
    }
    front.unsupported.tell(&parts.headers, &format!("Lake Formation's {action}"));
    let message = format!("{action} of Lake Formation is not supported by Floodmark");
    Refusal::new(Reason::Service, message).response(&Service::LakeFormation)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request is for, of which a line tells the method and the address, and others the headers.
    fn check(request: &str, expect: &Service) {
        let mut lines = request.lines();
        let (method, uri) = lines.next().unwrap().split_once(' ').unwrap();
        let mut made = Request::builder().method(method).uri(uri);
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            made = made.header(name, value);
        }
        assert_eq!(&service(&made.body(()).unwrap().into_parts().0), expect, "{request}");
    }

    #[test]
    fn the_target_the_signature_and_the_form_tell_the_service() {
        let signed = |line: &str, service: &str| {
            let scope = format!("AKID/20260101/us-east-1/{service}/aws4_request");
            format!(
                "{line}\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
            )
        };
        let page = |path: &str| Service::Page(path.to_owned());
        let name = || "GetTable".to_owned();
        check("POST /\nX-Amz-Target: AmazonAthena.GetTable", &Service::Athena(name()));
        check("POST /\nX-Amz-Target: AWSGlue.GetTable", &Service::Glue(name()));
        check("POST /\nX-Amz-Target: GetTable", &Service::Unknown(name()));
        check(&signed("POST /", "sts"), &Service::Sts);
        check(&signed("POST /GetDataLakeSettings", "lakeformation"), &Service::LakeFormation);
        check(&signed("GET /", "s3"), &Service::S3);
        check(&signed("POST /", "kms"), &Service::Unknown("kms".to_owned()));
        check(
            "GET /b/k?X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fs3%2Faws4_request",
            &Service::S3,
        );
        check(
            "GET /?X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fsts%2Faws4_request",
            &Service::Sts,
        );
        check(
            "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8",
            &Service::Sts,
        );
        check("POST /b\nContent-Type: application/x-www-form-urlencoded", &Service::S3);
        check("GET /", &Service::S3);
        check("GET /\nAccept: text/html", &page("/"));
        check("GET /b\nAccept: text/html", &Service::S3);
        check(&signed("GET /\nAccept: text/html", "s3"), &Service::S3);
        check("GET /-/health", &page("/-/health"));
        check("GET /_uix", &page("/_uix"));
        for path in ["/_ui", "/_ui/", "/_ui/x", "/_ui/api/start"] {
            let request = format!("GET {path}\nHost: localhost:8765");
            check(&request, &Service::Ui(path.to_owned()));
        }
        // What begins so in a bucket is an object.
        check("GET /_SUCCESS\nHost: my-logs.s3.localhost:8765", &Service::S3);
        check("GET /-/health\nHost: my-logs.localhost", &Service::S3);
        check("GET /\nHost: my-logs.localhost\nAccept: text/html", &Service::S3);
        check("GET /-/health\nHost: s3.localhost", &page("/-/health"));
        check("GET /b/_SUCCESS", &Service::S3);
    }
}

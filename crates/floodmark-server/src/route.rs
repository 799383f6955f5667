//! Which service a request is for.

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use crate::body::{ResponseBody, whole};
use crate::limits::ACTION_BYTES_MAX;
use crate::state::State;
use crate::{athena, glue, json, sts};

/// Answers a request that the guard has let through.
pub(crate) async fn answer(
    state: &Arc<State>,
    request: Request<Incoming>,
) -> Response<ResponseBody> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    if let Some(target) = target.map(str::to_owned) {
        let Some(body) = body(request).await else { return too_large() };
        return match target.split_once('.') {
            Some(("AmazonAthena", name)) => {
                json::answer(athena::ACTIONS, name, athena::not_supported, state, &body).await
            }
            Some(("AWSGlue", name)) => {
                json::answer(glue::ACTIONS, name, glue::not_supported, state, &body).await
            }
            _ => json::unknown_operation(),
        };
    }
    if scope(&request).as_deref() == Some("sts") {
        let Some(body) = body(request).await else { return too_large() };
        return sts::answer(&body);
    }
    state.s3.answer(request).await
}

/// The service in the scope of a signature: `Credential=AKID/date/region/SERVICE/aws4_request`.
fn scope<B>(request: &Request<B>) -> Option<String> {
    let authorization = request.headers().get("authorization")?.to_str().ok()?;
    let (_, rest) = authorization.split_once("Credential=")?;
    rest.split(',').next()?.split('/').nth(3).map(str::to_owned)
}

async fn body(request: Request<Incoming>) -> Option<bytes::Bytes> {
    let body = Limited::new(request.into_body(), ACTION_BYTES_MAX);
    body.collect().await.ok().map(|body| body.to_bytes())
}

fn too_large() -> Response<ResponseBody> {
    whole(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "the request is too large\n")
}

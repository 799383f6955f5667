//! S3's API over the buckets of this machine.
//!
//! A request loses its signature (`unsigned`), because any credentials will do, and its body is made plain and checked
//! (`payload`). `s3s` reads what it asks for and writes what is answered; `backend` lists the operations, and the modules beside it
//! carry them out.

mod backend;
mod completions;
mod fault;
pub(crate) mod host;
mod listing;
mod payload;
mod reading;
pub(crate) mod unread;
mod unsigned;
mod uploads;
mod upstream;
mod writing;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use floodmark_buckets::Buckets;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{HttpResponse, S3Error};
use uuid::Uuid;

use crate::body::{ResponseBody, whole};
use crate::limits::XML_BYTES_MAX;
use crate::s3::backend::Backend;
use crate::s3::host::Hosts;
use crate::s3::unread::Watched;
pub(crate) use crate::s3::upstream::Upstream;

/// Answers requests to S3.
pub(crate) struct S3 {
    service: S3Service,
}

impl S3 {
    /// Answers over these buckets, and for those that are not here over another place.
    pub(crate) fn new(buckets: Arc<Buckets>, upstream: Option<Upstream>) -> Self {
        let mut config = S3Config::default();
        config.xml_max_body_size = XML_BYTES_MAX;
        let mut builder = S3ServiceBuilder::new(Backend::new(buckets, upstream));
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        builder.set_host(Hosts);
        Self { service: builder.build() }
    }

    /// Answers a request that the guard has let through.
    pub(crate) async fn answer<B>(&self, request: Request<B>) -> Response<ResponseBody>
    where
        B: hyper::body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let is_announced = request.headers().contains_key(header::EXPECT);
        let (parts, body) = request.into_parts();
        let (body, is_read) = Watched::new(body);
        let request = Request::from_parts(parts, body);
        let answered = match unsigned::unsigned(request) {
            Ok(request) => self.service.call(request).await.map_err(|error| {
                let error: Box<dyn std::error::Error + Send + Sync> = error.into();
                fault::internal(format!("the request could not be answered: {error}"))
            }),
            Err(error) => Err(error),
        };
        let answer = answered.or_else(S3Error::to_http_response);
        let mut answer = answer.map_or_else(|error| failed(&error), plain);
        if is_announced && !is_read.load(Ordering::Relaxed) {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let id = Uuid::new_v4().simple().to_string();
        if let Ok(id) = HeaderValue::try_from(id) {
            answer.headers_mut().insert("x-amz-request-id", id);
        }
        answer
    }
}

/// An answer of `s3s` as one of this server.
fn plain(answer: HttpResponse) -> Response<ResponseBody> {
    // That nothing has changed is all that is said then.
    if answer.status() == StatusCode::NOT_MODIFIED {
        let mut short = whole(StatusCode::NOT_MODIFIED, "application/xml", Bytes::new());
        *short.headers_mut() = answer.headers().clone();
        short.headers_mut().remove(header::CONTENT_TYPE);
        return short;
    }
    answer.map(|body| body.boxed_unsync())
}

/// What is left to say if not even an error can be written.
fn failed(error: &S3Error) -> Response<ResponseBody> {
    whole(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", format!("{error}\n"))
}

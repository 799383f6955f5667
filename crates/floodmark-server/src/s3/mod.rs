//! S3's API over the buckets of this machine.

use std::sync::Arc;

use floodmark_buckets::Buckets;
use http::{Request, Response, StatusCode};

use crate::body::{ResponseBody, whole};
use crate::listen::pace::PacedBody;

/// Answers requests to S3.
pub(crate) struct S3 {
    buckets: Arc<Buckets>,
}

impl S3 {
    /// Answers over these buckets.
    pub(crate) fn new(buckets: Arc<Buckets>) -> Self {
        Self { buckets }
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, _request: Request<PacedBody>) -> Response<ResponseBody> {
        let _ = &self.buckets;
        whole(StatusCode::NOT_IMPLEMENTED, "application/xml", "")
    }
}

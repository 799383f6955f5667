//! What all requests share.

use std::sync::Arc;

use floodmark_buckets::Buckets;
use floodmark_engine::Engine;

use crate::listen::Ending;
use crate::s3::S3;

/// What all requests share.
pub(crate) struct State {
    /// Runs SQL; has the catalog.
    pub(crate) engine: Arc<Engine>,
    /// The buckets that are folders of this machine.
    pub(crate) buckets: Arc<Buckets>,
    /// Answers requests to S3.
    pub(crate) s3: S3,
    /// Tells those who wait that the server ends.
    pub(crate) ending: Ending,
}

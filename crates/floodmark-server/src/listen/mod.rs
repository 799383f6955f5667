//! The port: takes connections, guards them, and hands requests on.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use floodmark_buckets::Buckets;
use floodmark_engine::{Engine, Result};

use crate::s3::S3;
use crate::state::State;

/// How a server works.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where it listens; port 0 takes a free one.
    pub address: SocketAddr,
    /// Where it keeps its history, results and buckets.
    pub folder: PathBuf,
    /// The logs whose tables are in the database `logs`.
    pub from: Vec<String>,
}

/// A server that listens.
pub struct Server {
    state: Arc<State>,
    options: ServerOptions,
}

impl Server {
    /// Prepares a server over an engine; nothing is listened to yet.
    ///
    /// # Errors
    ///
    /// `Unavailable` or `AccessDenied` if its folder cannot be used.
    pub async fn new(
        engine: Arc<Engine>,
        buckets: Arc<Buckets>,
        options: ServerOptions,
    ) -> Result<Self> {
        let s3 = S3::new(Arc::clone(&buckets));
        let state = Arc::new(State { engine, buckets, s3 });
        Ok(Self { state, options })
    }
}

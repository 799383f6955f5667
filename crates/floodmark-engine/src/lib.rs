//! Logs as tables: lists, prunes, scans, and runs Athena-style SQL over what AWS leaves in S3.

pub mod athena;
pub mod catalog;
pub mod dialect;
pub mod error;
pub mod limits;
mod memory;
pub mod query;
pub mod report;
pub mod scan;
pub mod store;
mod write;

pub use catalog::REJECTED;
pub use error::{Error, ErrorKind, Result};
pub use query::{Engine, EngineOptions, Query, Session};
pub use report::{Metrics, Report};
pub use store::S3Options;

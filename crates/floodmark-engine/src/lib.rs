//! Logs as tables: lists, prunes, scans, and runs Athena-style SQL over what AWS leaves in S3.

pub mod athena;
pub mod catalog;
pub mod check;
pub mod dialect;
pub mod error;
mod execute;
pub mod files;
mod found_logs;
mod found_tables;
mod layout;
pub mod limits;
mod memory;
pub mod query;
pub mod report;
pub mod scan;
mod session;
pub mod store;
mod write;

pub use catalog::{REJECTED, THREAT_IPS, THREAT_IPS_COLUMNS};
pub use dialect::ddl::{DdlOptions, ddl_of};
pub use error::{Error, ErrorKind, Result};
pub use execute::check_bucket;
pub use found_tables::{FoundTable, FoundTables};
pub use layout::DayFolders;
pub use query::{CatalogPlace, Engine, EngineOptions, Query, Written};
pub use report::{Metrics, Report, Unknown};
pub use scan::Dataset;
pub use session::{CopyRows, RowsCopy, Session};
pub use store::S3Options;

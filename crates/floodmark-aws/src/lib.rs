//! Asks AWS and other services: one chain of credentials, signed calls, plain HTTP with limits.

mod error;
pub mod limits;

pub use error::{Error, ErrorKind, Result};

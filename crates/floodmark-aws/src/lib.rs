//! Asks AWS and other services: one chain of credentials, signed calls, plain HTTP with limits.
//!
//! Everything is only read, but for what a caller sends to be changed.

mod access;
mod client;
mod credentials;
mod error;
pub mod http;
mod keys;
pub mod limits;
mod refusal;
pub mod service;

pub use access::{Access, AwsOptions, Role};
pub use client::{Client, ClientOptions};
pub use credentials::{Credentials, load};
pub use error::{Error, ErrorKind, Result, chain};
pub use keys::AccessKey;
pub use service::Service;

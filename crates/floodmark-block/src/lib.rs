//! Rules that block: written for network ACLs, security groups and AWS WAF, and applied.
//!
//! What is blocked is told by the caller; this crate knows no logs.

pub mod limits;

pub use floodmark_aws::{Error, ErrorKind, Result};

//! Rules that block: written for network ACLs, security groups and AWS WAF, and applied.
//!
//! What is blocked is told by the caller; this crate knows no logs. [`plan`](plan::plan) makes of
//! what is [`Wanted`](plan::Wanted) a [`Plan`](rule::Plan): what AWS is to hold. From the one plan all
//! forms are [rendered](render), and it is what is [applied](apply).

pub mod apply;
pub mod cover;
pub mod limits;
pub mod numbers;
pub mod plan;
pub mod present;
pub mod quotas;
pub mod render;
pub mod rule;
pub mod target;
pub mod way;

mod names;
mod wire;
mod written;

pub use floodmark_aws::{Error, ErrorKind, Result};

//! Whose an address is: network interfaces, networks, countries, AWS's ranges, bots, threat lists.
//!
//! Everything is answered from files of this machine. What fills them (`rdap`, `inventory`, `data`) is asked for by name and
//! never by a query.

pub mod file;
pub mod inventory;
mod known;
pub mod limits;

pub use floodmark_aws::{Error, ErrorKind, Result};
pub use known::Known;

//! Whose an address is: network interfaces, networks, countries, AWS's ranges, bots, threat lists.
//!
//! Everything is answered from files of this machine. What fills them (`rdap`, `inventory`, `data`) is asked for by name and
//! never by a query.

pub mod aws_ranges;
pub mod bots;
pub mod card;
pub mod data;
pub mod dns;
mod fact;
pub mod file;
pub mod geo;
pub mod inventory;
mod known;
pub mod limits;
pub mod ports;
pub mod protocols;
pub mod ranges;
pub mod rdap;
pub mod special;
pub mod threats;
mod who;

pub use fact::Fact;
pub use floodmark_aws::{Error, ErrorKind, Result};
pub use known::Known;
pub use who::{DATA_FOLDER, Who, system_clock};

//! Athena, Glue, STS and S3 on one port of this machine, for clients that know nothing of it.
//!
//! A request is guarded (`listen/`), goes to the service that it is for (`route`), and is an action of Athena or Glue in JSON
//! (`json`), a call of STS, or a request to S3. Only this crate knows the names that AWS's services use on the wire. The page for
//! browsers and its own API stand beside them (`ui/`).

mod athena;
mod body;
pub mod client;
mod database;
mod executions;
mod glue;
mod json;
pub mod limits;
mod listen;
mod page;
mod results;
mod route;
mod s3;
mod state;
mod sts;
mod ui;

pub use floodmark_buckets::Buckets;
pub use listen::{
    Announcement, GuardOptions, PageOptions, ResultMode, Server, ServerOptions, Tell, Tls, Token,
};
pub use ui::Lookups;

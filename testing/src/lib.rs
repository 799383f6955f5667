//! Servers that the tests talk to.

pub mod http_server;
pub mod moto;
pub mod python;

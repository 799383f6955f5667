//! Servers that the tests talk to.

pub mod dns;
pub mod files;
pub mod gate;
pub mod http_server;
pub mod mmdb;
pub mod moto;
pub mod python;
pub mod rdap;

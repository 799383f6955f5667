//! Calls to services of AWS that a test plays, and to moto.

mod client;
mod http;

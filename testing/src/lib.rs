//! Servers that the tests talk to.

pub mod moto;
pub mod python;

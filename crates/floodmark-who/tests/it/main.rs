//! Tests of what is known of addresses, through the crate's public functions.

mod rdap;
mod who;

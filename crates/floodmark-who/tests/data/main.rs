//! Tests of what is read from data files, and of how these are brought.

mod bots;
mod dns;
mod geo;
mod store;
mod threats;

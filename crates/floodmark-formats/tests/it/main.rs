//! The formats through their doors: bytes go in, rows and an account come out, for every log type in the list.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod athena;
mod cut;
mod declarations;
mod decoded;
mod hive;
mod hostile;
mod predicates;
mod purity;
mod round_trip;
mod samples;

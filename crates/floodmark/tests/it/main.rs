//! Tests through the command line.

mod logs;
mod program;
mod query;
mod shell;
mod story;

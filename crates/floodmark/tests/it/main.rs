//! Tests through the command line.

mod logs;
mod program;
mod query;
mod s3;
mod s3_server;
mod shell;
mod story;

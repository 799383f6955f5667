//! Tests through the command line.

mod acceptance;
mod catalog;
mod check;
mod corpus;
mod counting;
mod data;
mod explain;
mod functions;
mod glue;
mod glue_catalog;
mod incident_scores;
mod incidents;
mod inventory;
mod investigate;
mod logs;
mod manual;
mod measures;
mod program;
mod query;
mod s3;
mod s3_server;
mod shell;
mod story;
mod tidy;

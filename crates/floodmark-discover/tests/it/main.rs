//! Tests of looks at logs, through the crate's public functions.

mod ground;
mod keeping;
mod logs;
mod panels;
mod same_as_sql;

//! Tests of looks at logs, through the crate's public functions.

mod ground;
mod logs;
mod same_as_sql;

//! Tables that a user declares with Hive's DDL: the files behind them read as Athena reads them.
//!
//! Here a line that cannot be read is usually a row of NULLs, as in Hive; the account says how many there were.

mod batch;
mod cells;
mod column;
mod csv;
mod decoder;
mod delimited;
mod grok;
mod grok_patterns;
mod hive_type;
mod json;
mod json_keys;
mod json_pass;
mod json_text;
mod pattern;
mod reader;
mod request;
mod serde;
mod table;
mod time_format;
mod value;

pub use decoder::{Failure, HiveDecoder};
pub use hive_type::HiveType;
pub use request::HiveRequest;
pub use serde::{CLOUDTRAIL_INPUT_FORMAT, SERDE_CLASSES, Serde, SerdeError};
pub use table::{Hidden, HiveColumn, HiveTable};

//! What each AWS log looks like: fields, object keys, record syntax, and the way from bytes to Arrow.
//!
//! Pure: no input or output, no clock, and no failure. What cannot be read is part of the [`Account`].

pub mod account;
pub mod athena;
pub mod column_type;
pub mod decode;
pub mod hive;
pub mod key;
pub mod kind;
pub mod limits;
pub mod log_type;
pub mod log_types;
pub mod measure;
pub mod observation;
pub mod predicate;
pub mod recognise;
pub mod synthetic;
pub mod table;
pub mod text;
pub mod time;

pub use account::{Account, Reason, Rejection};
pub use decode::{Decoder, ObjectFacts, Request};
pub use log_type::LogType;
pub use table::Table;

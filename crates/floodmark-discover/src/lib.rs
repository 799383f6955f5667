//! A log as one looks at it: its timeline, fields and rows from one pass, and kept for the next question.

mod answer;
mod codes;
mod column;
pub mod condition;
pub mod described;
mod dictionary;
mod encode;
mod facts;
mod fields;
mod kept;
pub mod limits;
mod listing;
mod look;
mod matching;
mod panels;
mod plan;
mod rows;
mod statements;
mod tally;
pub mod told;
pub mod view;

pub use condition::{Windows, condition, windows};
pub use described::{Log, describe};
pub use kept::Kept;
pub use look::look;
pub use told::Told;
pub use view::{Look, View};

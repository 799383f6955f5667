//! A log as one looks at it: its timeline, fields and rows from one pass, and kept for the next question.

pub mod condition;
pub mod described;
mod fields;
mod kept;
pub mod limits;
mod look;
pub mod told;
pub mod view;

pub use condition::{Windows, condition, windows};
pub use described::{Log, describe};
pub use kept::Kept;
pub use look::look;
pub use told::Told;
pub use view::{Look, View};

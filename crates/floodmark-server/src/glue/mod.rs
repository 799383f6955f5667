//! Glue's API: databases, tables and partitions of the catalog.

use crate::json::{Action, Fault};

/// The actions of Glue, by name.
pub(crate) static ACTIONS: &[Action] = &[];

/// The refusal of an action that is not among them.
pub(crate) fn not_supported(name: &str) -> Fault {
    Fault::new("InvalidInputException", format!("{name} is not supported by Floodmark"))
}

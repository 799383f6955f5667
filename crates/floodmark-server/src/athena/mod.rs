//! Athena's API.

use crate::json::{Action, Fault};

/// The actions of Athena, by name.
pub(crate) static ACTIONS: &[Action] = &[];

/// The refusal of an action that is not among them.
pub(crate) fn not_supported(name: &str) -> Fault {
    Fault::invalid("INVALID_INPUT", format!("{name} is not supported by Floodmark"))
}

//! Athena's API.

mod catalogs;
mod metadata;

use crate::json::{Action, Fault, action};

/// The actions of Athena, by name.
pub(crate) static ACTIONS: &[Action] = &[
    action!("GetDataCatalog", catalogs::get_data_catalog),
    action!("GetDatabase", metadata::get_database),
    action!("GetTableMetadata", metadata::get_table_metadata),
    action!("ListDataCatalogs", catalogs::list_data_catalogs),
    action!("ListDatabases", metadata::list_databases),
    action!("ListTableMetadata", metadata::list_table_metadata),
];

/// The refusal of an action that is not among them.
pub(crate) fn not_supported(name: &str) -> Fault {
    Fault::invalid("INVALID_INPUT", format!("{name} is not supported by Floodmark"))
}

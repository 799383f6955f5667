//! Athena's API.

mod catalogs;
mod executions;
mod metadata;
mod named;
mod prepared;
mod results;
mod start;
mod tags;
mod wire;
mod workgroups;

use floodmark_engine::{Error, ErrorKind};

use crate::json::{Action, Fault, action};

/// The actions of Athena, by name.
pub(crate) static ACTIONS: &[Action] = &[
    action!("BatchGetNamedQuery", named::batch_get_named_query),
    action!("BatchGetPreparedStatement", prepared::batch_get_prepared_statement),
    action!("BatchGetQueryExecution", executions::batch_get_query_execution),
    action!("CreateNamedQuery", named::create_named_query),
    action!("CreatePreparedStatement", prepared::create_prepared_statement),
    action!("CreateWorkGroup", workgroups::create_work_group),
    action!("DeleteNamedQuery", named::delete_named_query),
    action!("DeletePreparedStatement", prepared::delete_prepared_statement),
    action!("DeleteWorkGroup", workgroups::delete_work_group),
    action!("GetDataCatalog", catalogs::get_data_catalog),
    action!("GetDatabase", metadata::get_database),
    action!("GetNamedQuery", named::get_named_query),
    action!("GetPreparedStatement", prepared::get_prepared_statement),
    action!("GetQueryExecution", executions::get_query_execution),
    action!("GetQueryResults", results::get_query_results),
    action!("GetQueryRuntimeStatistics", executions::get_query_runtime_statistics),
    action!("GetTableMetadata", metadata::get_table_metadata),
    action!("GetWorkGroup", workgroups::get_work_group),
    action!("ListDataCatalogs", catalogs::list_data_catalogs),
    action!("ListDatabases", metadata::list_databases),
    action!("ListEngineVersions", workgroups::list_engine_versions),
    action!("ListNamedQueries", named::list_named_queries),
    action!("ListPreparedStatements", prepared::list_prepared_statements),
    action!("ListQueryExecutions", executions::list_query_executions),
    action!("ListTableMetadata", metadata::list_table_metadata),
    action!("ListTagsForResource", tags::list_tags_for_resource),
    action!("ListWorkGroups", workgroups::list_work_groups),
    action!("StartQueryExecution", start::start_query_execution),
    action!("StopQueryExecution", executions::stop_query_execution),
    action!("TagResource", tags::tag_resource),
    action!("UntagResource", tags::untag_resource),
    action!("UpdateNamedQuery", named::update_named_query),
    action!("UpdatePreparedStatement", prepared::update_prepared_statement),
    action!("UpdateWorkGroup", workgroups::update_work_group),
];

/// The refusal of an action that is not among them.
pub(crate) fn not_supported(name: &str) -> Fault {
    Fault::invalid("INVALID_INPUT", format!("{name} is not supported by Floodmark"))
}

/// A request that is wrong in itself.
fn invalid_input(message: impl Into<String>) -> Fault {
    Fault::invalid("INVALID_INPUT", message)
}

/// What a client hears of an error that is not about its statement.
fn fault(error: &Error) -> Fault {
    match error.kind() {
        ErrorKind::Internal | ErrorKind::Unavailable => {
            Fault::new("InternalServerException", error.to_string())
        }
        _ => invalid_input(error.to_string()),
    }
}

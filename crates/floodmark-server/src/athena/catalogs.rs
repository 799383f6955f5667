//! Athena's actions on data catalogs: there is one.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::athena::invalid_input;
use crate::json::Answer;
use crate::page::shortened;
use crate::state::State;
use crate::sts::ACCOUNT;

/// The name of the one catalog.
const NAME: &str = "AwsDataCatalog";

#[derive(Debug, Deserialize)]
pub(super) struct OfCatalogs {}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfCatalog {
    name: String,
}

/// `ListDataCatalogs`.
pub(super) async fn list_data_catalogs(_: &Arc<State>, _: OfCatalogs) -> Answer<Value> {
    let catalog = json!({ "CatalogName": NAME, "Type": "GLUE", "Status": "CREATE_COMPLETE" });
    Ok(json!({ "DataCatalogsSummary": [catalog] }))
}

/// `GetDataCatalog`.
pub(super) async fn get_data_catalog(_: &Arc<State>, input: OfCatalog) -> Answer<Value> {
    check_catalog(&input.name)?;
    Ok(json!({
        "DataCatalog": {
            "Name": NAME,
            "Description": "The catalog of this machine",
            "Type": "GLUE",
            "Parameters": { "catalog-id": ACCOUNT },
            "Status": "CREATE_COMPLETE",
        },
    }))
}

/// Refuses the name of a catalog that is not the one. Names are taken in any case.
pub(super) fn check_catalog(name: &str) -> Answer<()> {
    if name.eq_ignore_ascii_case(NAME) {
        return Ok(());
    }
    Err(invalid_input(format!("Data catalog {} was not found", shortened(name))))
}

//! Glue's search for tables.

use std::sync::Arc;

use floodmark_engine::catalog::Relation;
use serde::Deserialize;
use serde_json::Value;

use crate::glue::tables::written;
use crate::glue::{Named, invalid, page_size, session};
use crate::json::Answer;
use crate::limits::SEARCH_PAGE_MAX;
use crate::page;
use crate::state::State;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Search {
    search_text: String,
    filters: Vec<Filter>,
    sort_criteria: Vec<Value>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// What a member of a table must be.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Filter {
    key: String,
    value: String,
    comparator: Option<String>,
}

/// `SearchTables`: tables that have a text in what they say of themselves.
pub(super) async fn search_tables(state: &Arc<State>, search: Search) -> Answer<Value> {
    if !search.sort_criteria.is_empty() {
        return Err(invalid("SortCriteria of SearchTables is not supported by Floodmark"));
    }
    let is_other = |filter: &&Filter| {
        filter.comparator.as_deref().is_some_and(|comparator| comparator != "EQUALS")
    };
    if let Some(filter) = search.filters.iter().find(is_other) {
        let comparator = filter.comparator.as_deref().unwrap_or_default();
        return Err(invalid(format!(
            "the comparator {comparator} of SearchTables is not supported by Floodmark"
        )));
    }
    let scope = ["SearchTables", &search.search_text];
    let after: Option<String> = page::after(&scope, search.next_token.as_deref())?;
    let size = page_size(search.max_results, SEARCH_PAGE_MAX)?;
    let session = session(state).await?;
    let named = Named::default();
    let databases = session.databases().await.map_err(|error| named.fault(&error))?;
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    for database in databases {
        let wanted = search.filters.iter().filter(|filter| filter.key == "DatabaseName");
        if wanted.into_iter().any(|filter| !filter.value.eq_ignore_ascii_case(&database.name)) {
            continue;
        }
        let relations = session.listed_relations(&database.name, &mut notes).await;
        for relation in relations.map_err(|error| named.fault(&error))? {
            let table = written(&relation);
            if search.takes(&table) {
                found.push((order(&relation, &database.name), table));
            }
        }
    }
    for note in notes {
        state.tell(&format!("SearchTables: {note}"));
    }
    let (found, last) = page::of(found, |(order, _)| order.clone(), after.as_deref(), size);
    let token = last.map(|last| page::token(&scope, last));
    Ok(page::answer("TableList", found.into_iter().map(|(_, table)| table).collect(), token))
}

/// What puts tables of several databases in an order. No name has a control character.
fn order(relation: &Relation, database: &str) -> String {
    format!("{database}\u{1}{}", relation.name())
}

impl Search {
    fn takes(&self, table: &Value) -> bool {
        let fits = |filter: &Filter| {
            let known = match filter.key.as_str() {
                "DatabaseName" => return true,
                "Name" | "TableType" | "Owner" => &table[&filter.key],
                parameter => &table["Parameters"][parameter],
            };
            known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(&filter.value))
        };
        self.filters.iter().all(fits) && self.finds(table)
    }

    /// Whether the text is in what a table says of itself. A text in quotes must be the whole of something.
    fn finds(&self, table: &Value) -> bool {
        let wanted = self.search_text.to_lowercase();
        let quoted = wanted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let columns = [&table["StorageDescriptor"]["Columns"], &table["PartitionKeys"]];
        let of_columns = columns.into_iter().flat_map(Value::as_array).flatten();
        let of_columns = of_columns.flat_map(|column| [&column["Name"], &column["Comment"]]);
        let parameters = table["Parameters"].as_object().into_iter().flatten();
        let names = parameters.clone().map(|(name, _)| name.as_str());
        let texts = [&table["Name"], &table["Description"], &table["DatabaseName"]].into_iter();
        let texts = texts.chain(of_columns).chain(parameters.map(|(_, value)| value));
        let mut texts = texts.filter_map(Value::as_str).chain(names).map(str::to_lowercase);
        texts.any(|text| match quoted {
            Some(quoted) => text == quoted,
            None => text.contains(&wanted),
        })
    }
}

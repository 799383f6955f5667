//! Glue's actions on the tags of databases and tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use floodmark_engine::catalog::Relation;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::glue::tables::relation_of;
use crate::glue::{Named, invalid, name, session};
use crate::json::Answer;
use crate::limits::TAGS_MAX;
use crate::page::shortened;
use crate::state::State;

/// The kind of entry that keeps them.
const KIND: &str = "glue-tags";

/// The tags of something, and when it was made: another thing of the same name does not have them.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    made_s: i64,
    tags: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfResource {
    resource_arn: String,
    tags_to_add: BTreeMap<String, String>,
    tags_to_remove: Vec<String>,
}

/// `GetTags`.
pub(super) async fn get_tags(state: &Arc<State>, input: OfResource) -> Answer<Value> {
    let (_, kept) = known(state, &input.resource_arn).await?;
    Ok(json!({ "Tags": kept.tags }))
}

/// `TagResource`.
pub(super) async fn tag_resource(state: &Arc<State>, input: OfResource) -> Answer<Value> {
    let (resource, mut kept) = known(state, &input.resource_arn).await?;
    kept.tags.extend(input.tags_to_add);
    keep(state, &resource, &kept).await?;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) async fn untag_resource(state: &Arc<State>, input: OfResource) -> Answer<Value> {
    let (resource, mut kept) = known(state, &input.resource_arn).await?;
    kept.tags.retain(|key, _| !input.tags_to_remove.contains(key));
    keep(state, &resource, &kept).await?;
    Ok(json!({}))
}

/// Gives a database that was just made its tags.
pub(super) async fn put_on_database(
    state: &Arc<State>,
    database: &str,
    tags: BTreeMap<String, String>,
) -> Answer<()> {
    let resource = format!("database/{database}");
    let made_s = made_s(state, &resource).await?;
    keep(state, &resource, &Kept { made_s, tags }).await
}

/// What an ARN names, without its region and account, with its tags.
async fn known(state: &Arc<State>, arn: &str) -> Answer<(String, Kept)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "glue", _, _, resource] = parts[..] else {
        return Err(invalid(format!("'{}' is no ARN of Glue's", shortened(arn))));
    };
    let resource = resource.to_lowercase();
    let made_s = made_s(state, &resource).await?;
    let kept = state.executions.database.entry(KIND, &resource).await;
    let kept: Option<Kept> = kept.map_err(|error| Named::default().fault(&error))?;
    let kept = kept.filter(|kept| kept.made_s == made_s);
    Ok((resource, kept.unwrap_or(Kept { made_s, tags: BTreeMap::new() })))
}

/// When something that has tags was made, in seconds since 1970.
async fn made_s(state: &Arc<State>, resource: &str) -> Answer<i64> {
    let session = session(state).await?;
    match resource.split('/').collect::<Vec<_>>()[..] {
        ["database", database] => {
            let database = name(database, "resourceArn")?;
            let named = Named { database: &database, table: "" };
            let found = session.named_database(&database).await;
            let found = found.map_err(|error| named.fault(&error))?;
            found.map(|database| database.created_s).ok_or_else(|| named.no_database())
        }
        ["table", database, table] => Ok(match relation_of(&session, database, table).await? {
            Relation::Table(table) => table.created_s,
            Relation::View(view) => view.created_s,
        }),
        _ => Err(invalid("Floodmark keeps tags of databases and tables")),
    }
}

async fn keep(state: &Arc<State>, resource: &str, kept: &Kept) -> Answer<()> {
    if kept.tags.len() > TAGS_MAX {
        return Err(invalid(format!("there are more than {TAGS_MAX} tags")));
    }
    let put = state.executions.database.put(KIND, resource, kept).await;
    put.map_err(|error| Named::default().fault(&error))
}

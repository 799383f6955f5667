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
    let Resource { name, made_s } = resource(state, &input.resource_arn).await?;
    let kept = state.executions.database.entry(KIND, &name).await;
    let kept: Option<Kept> = kept.map_err(|error| Named::default().fault(&error))?;
    Ok(json!({ "Tags": tags_of(kept, made_s) }))
}

/// `TagResource`.
pub(super) async fn tag_resource(state: &Arc<State>, input: OfResource) -> Answer<Value> {
    let resource = resource(state, &input.resource_arn).await?;
    change_tags(state, resource, move |tags| tags.extend(input.tags_to_add)).await?;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) async fn untag_resource(state: &Arc<State>, input: OfResource) -> Answer<Value> {
    let resource = resource(state, &input.resource_arn).await?;
    let removed = input.tags_to_remove;
    change_tags(state, resource, move |tags| tags.retain(|key, _| !removed.contains(key))).await?;
    Ok(json!({}))
}

/// Refuses more tags than one thing may have.
pub(super) fn check_count(tags: &BTreeMap<String, String>) -> Answer<()> {
    if tags.len() > TAGS_MAX {
        return Err(invalid(format!("there are more than {TAGS_MAX} tags")));
    }
    Ok(())
}

/// Gives a database that was just made its tags, in place of those of one that had its name.
pub(super) async fn put_on_database(
    state: &Arc<State>,
    database: &str,
    tags: BTreeMap<String, String>,
) -> Answer<()> {
    if tags.is_empty() {
        return forget_of_database(state, database).await;
    }
    let name = format!("database/{database}");
    let made_s = made_s(state, &name).await?;
    change_tags(state, Resource { name, made_s }, move |known| *known = tags).await
}

/// Forgets the tags of a database that was dropped, and of its tables.
pub(super) async fn forget_of_database(state: &State, database: &str) -> Answer<()> {
    forget(state, &format!("database/{database}")).await?;
    let below = state.executions.database.forget_below(KIND, &format!("table/{database}/")).await;
    below.map_err(|error| Named::default().fault(&error))
}

/// Forgets the tags of a table that was dropped.
pub(super) async fn forget_of_table(state: &State, named: Named<'_>) -> Answer<()> {
    forget(state, &format!("table/{}/{}", named.database, named.table)).await
}

async fn forget(state: &State, resource: &str) -> Answer<()> {
    let forgotten = state.executions.database.forget(KIND, resource).await;
    forgotten.map_err(|error| Named::default().fault(&error))?;
    Ok(())
}

/// Something that can have tags.
struct Resource {
    /// Its ARN without its region and account.
    name: String,
    /// When it was made, in seconds since 1970.
    made_s: i64,
}

/// The tags of something that was made at this time.
fn tags_of(kept: Option<Kept>, made_s: i64) -> BTreeMap<String, String> {
    kept.filter(|kept| kept.made_s == made_s).map(|kept| kept.tags).unwrap_or_default()
}

/// Gives something other tags, made of those that it has: nobody changes them in between.
async fn change_tags(
    state: &Arc<State>,
    resource: Resource,
    change: impl FnOnce(&mut BTreeMap<String, String>) + Send + 'static,
) -> Answer<()> {
    let Resource { name, made_s } = resource;
    let changed = state.executions.database.change(KIND, &name, move |kept| {
        let mut tags = tags_of(kept, made_s);
        change(&mut tags);
        check_count(&tags)?;
        Ok(Kept { made_s, tags })
    });
    changed.await.map_err(|error| Named::default().fault(&error))?
}

/// What an ARN names.
async fn resource(state: &Arc<State>, arn: &str) -> Answer<Resource> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "glue", _, _, name] = parts[..] else {
        return Err(invalid(format!("'{}' is no ARN of Glue's", shortened(arn))));
    };
    let name = name.to_lowercase();
    let made_s = made_s(state, &name).await?;
    Ok(Resource { name, made_s })
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
        ["table", database, table] => {
            Ok(match relation_of(&session, Some(database), Some(table)).await? {
                Relation::Table(table) => table.created_s,
                Relation::View(view) => view.created_s,
            })
        }
        _ => Err(invalid("Floodmark keeps tags of databases and tables")),
    }
}

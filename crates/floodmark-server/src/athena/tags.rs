//! Tags of workgroups and data catalogs.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::athena::wire::{Nothing, count, page};
use crate::athena::{fault, invalid_input, workgroups};
use crate::json::{Answer, Fault};
use crate::limits::TAGS_MAX;
use crate::state::State;
use crate::sts::ACCOUNT;

const KIND: &str = "tags";

/// A tag.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// The ARN of something of Athena's. Whatever region a client names, it is the same.
pub(super) fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:athena:us-east-1:{ACCOUNT}:{kind}/{name}")
}

/// The ARN without its region and account, and refused if nothing has it.
async fn known(state: &State, resource: &str) -> Answer<String> {
    let mut parts = resource.splitn(6, ':');
    let is_athena =
        (parts.next(), parts.next(), parts.next()) == (Some("arn"), Some("aws"), Some("athena"));
    let rest = parts.nth(2).unwrap_or_default();
    let is_known = match rest.split_once('/') {
        Some(("workgroup", name)) => workgroups::exists(state, name).await?,
        Some(("datacatalog", name)) => name.eq_ignore_ascii_case("awsdatacatalog"),
        _ => return Err(invalid_input(format!("{resource} is not a valid ARN."))),
    };
    if !is_athena || !is_known {
        return Err(Fault::new(
            "ResourceNotFoundException",
            format!("Resource {resource} was not found"),
        ));
    }
    let (kind, name) = rest.split_once('/').unwrap_or((rest, ""));
    Ok(arn(kind, name))
}

async fn of(state: &State, arn: &str) -> Answer<BTreeMap<String, String>> {
    let tags = state.executions.database.entry(KIND, arn).await;
    Ok(tags.map_err(|error| fault(&error))?.unwrap_or_default())
}

async fn keep(state: &State, arn: &str, tags: &BTreeMap<String, String>) -> Answer<()> {
    let database = &state.executions.database;
    let kept = if tags.is_empty() {
        database.forget(KIND, arn).await.map(|_| ())
    } else {
        database.put(KIND, arn, tags).await
    };
    kept.map_err(|error| fault(&error))
}

/// Gives something its tags, in place of all that it has.
pub(super) async fn put(state: &State, arn: &str, tags: Vec<Tag>) -> Answer<()> {
    let tags: BTreeMap<_, _> = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
    keep(state, arn, &tags).await
}

#[derive(Deserialize)]
pub(super) struct Tagged {
    #[serde(rename = "ResourceARN")]
    resource: String,
    #[serde(rename = "Tags")]
    tags: Vec<Tag>,
}

pub(super) async fn tag_resource(state: &Arc<State>, input: Tagged) -> Answer<Nothing> {
    let arn = known(state, &input.resource).await?;
    let mut tags = of(state, &arn).await?;
    tags.extend(input.tags.into_iter().map(|tag| (tag.key, tag.value)));
    if tags.len() > TAGS_MAX {
        return Err(invalid_input(format!("There are more than {TAGS_MAX} tags.")));
    }
    keep(state, &arn, &tags).await?;
    Ok(Nothing {})
}

#[derive(Deserialize)]
pub(super) struct Untagged {
    #[serde(rename = "ResourceARN")]
    resource: String,
    #[serde(rename = "TagKeys")]
    keys: Vec<String>,
}

pub(super) async fn untag_resource(state: &Arc<State>, input: Untagged) -> Answer<Nothing> {
    let arn = known(state, &input.resource).await?;
    let mut tags = of(state, &arn).await?;
    tags.retain(|key, _| !input.keys.contains(key));
    keep(state, &arn, &tags).await?;
    Ok(Nothing {})
}

#[derive(Deserialize)]
pub(super) struct Listed {
    #[serde(rename = "ResourceARN")]
    resource: String,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
    #[serde(rename = "MaxResults")]
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tags {
    tags: Vec<Tag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn list_tags_for_resource(state: &Arc<State>, input: Listed) -> Answer<Tags> {
    let arn = known(state, &input.resource).await?;
    let tags = of(state, &arn).await?.into_iter().map(|(key, value)| Tag { key, value });
    let count = count(input.max_results, 75, 1000)?;
    let (tags, next_token) = page(tags.collect(), input.next_token.as_deref(), count)?;
    Ok(Tags { tags, next_token })
}

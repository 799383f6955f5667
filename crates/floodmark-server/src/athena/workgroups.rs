//! Workgroups: where results go, and whose prepared statements are meant.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::athena::wire::{Nothing, count, engine_version, page, seconds};
use crate::athena::{fault, invalid_input, named, tags};
use crate::executions::execution::OutputConfiguration;
use crate::executions::now_ms;
use crate::json::{self, Answer};
use crate::limits::{NAME_CHARACTERS_MAX, WORKGROUPS_MAX};
use crate::state::State;

/// The workgroup of requests that name none.
pub(super) const PRIMARY: &str = "primary";

/// The workgroup whose results are written to S3.
const S3_RESULTS: &str = "s3-results";

const KIND: &str = "workgroup";

/// A workgroup.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WorkGroup {
    pub(super) name: String,
    description: Option<String>,
    is_enabled: bool,
    created_ms: i64,
    /// `Configuration`, as clients wrote it.
    configuration: Map<String, Value>,
}

impl WorkGroup {
    /// Refuses what runs in a workgroup that is switched off.
    pub(super) fn is_enabled(&self) -> Answer<()> {
        if self.is_enabled {
            return Ok(());
        }
        Err(invalid_input(format!("WorkGroup {} is disabled.", self.name)))
    }

    /// Whether its own settings come before those of requests.
    pub(super) fn decides(&self) -> bool {
        self.configuration.get("EnforceWorkGroupConfiguration").and_then(Value::as_bool)
            == Some(true)
    }

    /// Whether results are given page by page, and not written to S3.
    pub(super) fn is_managed(&self) -> bool {
        let managed = self.configuration.get("ManagedQueryResultsConfiguration");
        managed.and_then(|managed| managed.get("Enabled")).and_then(Value::as_bool) == Some(true)
    }

    /// Where results go.
    pub(super) fn output_location(&self) -> Option<&str> {
        let configuration = self.configuration.get("ResultConfiguration")?;
        configuration.get("OutputLocation")?.as_str()
    }

    fn arn(&self) -> String {
        tags::arn("workgroup", &self.name)
    }

    fn wire(&self) -> Value {
        let mut configuration = default_configuration();
        configuration.extend(self.configuration.clone());
        // There is one engine.
        let mut engine = engine_version();
        engine["Category"] = "Presto".into();
        configuration.insert("EngineVersion".to_owned(), engine);
        let mut out = json!({
            "Name": self.name,
            "State": if self.is_enabled { "ENABLED" } else { "DISABLED" },
            "CreationTime": seconds(self.created_ms),
            "Configuration": configuration,
        });
        if let Some(description) = &self.description {
            out["Description"] = description.as_str().into();
        }
        out
    }

    fn summary(&self) -> Value {
        let mut out = json!({
            "Name": self.name,
            "State": if self.is_enabled { "ENABLED" } else { "DISABLED" },
            "CreationTime": seconds(self.created_ms),
            "EngineVersion": engine_version(),
        });
        if let Some(description) = &self.description {
            out["Description"] = description.as_str().into();
        }
        out
    }
}

fn default_configuration() -> Map<String, Value> {
    let configuration = json!({
        "EnforceWorkGroupConfiguration": false,
        "EnableMinimumEncryptionConfiguration": false,
        "PublishCloudWatchMetricsEnabled": false,
        "RequesterPaysEnabled": false,
        "QuerySchedulingType": "DEFAULT",
    });
    match configuration {
        Value::Object(configuration) => configuration,
        _ => Map::new(),
    }
}

/// The workgroups that are always there.
fn built_in(state: &State, name: &str) -> Option<WorkGroup> {
    let (description, managed) = match name {
        PRIMARY => (None, state.executions.options.managed),
        S3_RESULTS => (Some("Results are written to S3"), false),
        _ => return None,
    };
    let mut configuration = Map::new();
    if let Some(location) = state.results.address("") {
        configuration.insert("ResultConfiguration".to_owned(), json!({"OutputLocation": location}));
    }
    if managed {
        configuration
            .insert("ManagedQueryResultsConfiguration".to_owned(), json!({"Enabled": true}));
    }
    Some(WorkGroup {
        name: name.to_owned(),
        description: description.map(str::to_owned),
        is_enabled: true,
        created_ms: 0,
        configuration,
    })
}

/// The workgroup of this name; `primary` if none is named.
pub(super) async fn known(state: &State, name: Option<&str>) -> Answer<WorkGroup> {
    let name = name.unwrap_or(PRIMARY);
    find(state, name).await?.ok_or_else(|| invalid_input("WorkGroup is not found."))
}

/// The workgroup of this name, if there is one.
async fn find(state: &State, name: &str) -> Answer<Option<WorkGroup>> {
    let changed = state.executions.database.entry(KIND, name).await;
    Ok(changed.map_err(|error| fault(&error))?.or_else(|| built_in(state, name)))
}

/// Whether there is a workgroup of this name.
pub(super) async fn exists(state: &State, name: &str) -> Answer<bool> {
    Ok(find(state, name).await?.is_some())
}

async fn all(state: &State) -> Answer<Vec<WorkGroup>> {
    let kept: Result<Vec<WorkGroup>, _> = state.executions.database.entries(KIND).await;
    let mut all = kept.map_err(|error| fault(&error))?;
    for name in [PRIMARY, S3_RESULTS] {
        if !all.iter().any(|known| known.name == name) {
            all.extend(built_in(state, name));
        }
    }
    all.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(all)
}

async fn keep(state: &State, workgroup: &WorkGroup) -> Answer<()> {
    let kept = state.executions.database.put(KIND, &workgroup.name, workgroup).await;
    kept.map_err(|error| fault(&error))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    work_group: String,
}

pub(super) async fn get_work_group(state: &Arc<State>, input: Named) -> Answer<Value> {
    Ok(json!({"WorkGroup": known(state, Some(&input.work_group)).await?.wire()}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WorkGroups {
    work_groups: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) async fn list_work_groups(state: &Arc<State>, input: Listed) -> Answer<WorkGroups> {
    let count = count(input.max_results, 1, 50)?;
    let (page, next_token) = page(all(state).await?, input.next_token.as_deref(), count)?;
    Ok(WorkGroups { work_groups: page.iter().map(WorkGroup::summary).collect(), next_token })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Created {
    name: String,
    description: Option<String>,
    configuration: Option<Map<String, Value>>,
    #[serde(default)]
    tags: Vec<tags::Tag>,
}

pub(super) async fn create_work_group(state: &Arc<State>, input: Created) -> Answer<Nothing> {
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || "._-".contains(sign);
    let length = input.name.chars().count();
    if length == 0 || length > NAME_CHARACTERS_MAX || !input.name.chars().all(is_name) {
        return Err(invalid_input(format!(
            "1 validation error detected: Value '{}' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9._-]{{1,128}}",
            input.name
        )));
    }
    if exists(state, &input.name).await? {
        return Err(invalid_input("WorkGroup is already created"));
    }
    if all(state).await?.len() >= WORKGROUPS_MAX {
        return Err(invalid_input(format!("There are more than {WORKGROUPS_MAX} workgroups.")));
    }
    let mut workgroup = WorkGroup {
        name: input.name,
        description: input.description,
        is_enabled: true,
        created_ms: now_ms(),
        configuration: input.configuration.unwrap_or_default(),
    };
    checked(&mut workgroup)?;
    keep(state, &workgroup).await?;
    tags::put(state, &workgroup.arn(), input.tags).await?;
    Ok(Nothing {})
}

/// What is known of `Configuration`: clients break at members of other types.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    result_configuration: Option<OutputPlace>,
    managed_query_results_configuration: Option<Managed>,
    enforce_work_group_configuration: Option<bool>,
    publish_cloud_watch_metrics_enabled: Option<bool>,
    bytes_scanned_cutoff_per_query: Option<u64>,
    requester_pays_enabled: Option<bool>,
    engine_version: Option<Engine>,
    additional_configuration: Option<String>,
    execution_role: Option<String>,
    customer_content_encryption_configuration: Option<Key>,
    enable_minimum_encryption_configuration: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OutputPlace {
    output_location: Option<String>,
    #[serde(flatten)]
    rest: OutputConfiguration,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Managed {
    enabled: bool,
    encryption_configuration: Option<Key>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Engine {
    selected_engine_version: Option<String>,
    effective_engine_version: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    kms_key: String,
}

/// Refuses a location that is none, and what has another shape than Athena's; leaves out what is not known.
fn checked(workgroup: &mut WorkGroup) -> Answer<()> {
    let given = Value::Object(std::mem::take(&mut workgroup.configuration));
    let known: Configuration = json::read(given)?;
    if let Value::Object(known) = json!(known) {
        workgroup.configuration = json::without_null_members(known);
    }
    match workgroup.output_location() {
        Some(location) if crate::executions::ResultPlace::parse(location).is_none() => {
            Err(invalid_input("outputLocation is not a valid S3 path."))
        }
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Updated {
    work_group: String,
    description: Option<String>,
    configuration_updates: Option<Map<String, Value>>,
    state: Option<String>,
}

pub(super) async fn update_work_group(state: &Arc<State>, input: Updated) -> Answer<Nothing> {
    let mut workgroup = known(state, Some(&input.work_group)).await?;
    if input.description.is_some() {
        workgroup.description = input.description;
    }
    if let Some(wanted) = input.state {
        workgroup.is_enabled = match wanted.as_str() {
            "ENABLED" => true,
            "DISABLED" => false,
            other => return Err(invalid_input(format!("{other} is no state of a workgroup."))),
        };
    }
    for (name, update) in input.configuration_updates.unwrap_or_default() {
        apply(&mut workgroup.configuration, &name, update);
    }
    checked(&mut workgroup)?;
    keep(state, &workgroup).await?;
    Ok(Nothing {})
}

/// Applies one member of `ConfigurationUpdates`: some replace, some take away, some are merged.
fn apply(configuration: &mut Map<String, Value>, name: &str, update: Value) {
    let is_true = update.as_bool() == Some(true);
    if let Some(removed) = name.strip_prefix("Remove") {
        if is_true {
            configuration.remove(removed);
        }
        return;
    }
    let (target, Value::Object(members)) = (name.trim_end_matches("Updates"), &update) else {
        configuration.insert(name.to_owned(), update);
        return;
    };
    if !name.ends_with("Updates") {
        configuration.insert(name.to_owned(), update);
        return;
    }
    let known = configuration.entry(target).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(known) = known {
        for (member, value) in members {
            apply(known, member, value.clone());
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    work_group: String,
    #[serde(default)]
    recursive_delete_option: bool,
}

pub(super) async fn delete_work_group(state: &Arc<State>, input: Deleted) -> Answer<Nothing> {
    let workgroup = known(state, Some(&input.work_group)).await?;
    if [PRIMARY, S3_RESULTS].contains(&workgroup.name.as_str()) {
        let name = &workgroup.name;
        return Err(invalid_input(format!("The {name} workgroup can not be deleted.")));
    }
    let queries = state.executions.ids(&workgroup.name, None, 1).await;
    let has_queries = !queries.map_err(|error| fault(&error))?.ids.is_empty();
    let is_used = has_queries || named::are_in(state, &workgroup.name).await?;
    if is_used && !input.recursive_delete_option {
        return Err(invalid_input(format!("WorkGroup {} is not empty", workgroup.name)));
    }
    named::forget_all(state, &workgroup.name).await?;
    let gone = state.executions.database.forget(KIND, &workgroup.name).await;
    gone.map_err(|error| fault(&error))?;
    tags::put(state, &workgroup.arn(), Vec::new()).await?;
    Ok(Nothing {})
}

pub(super) async fn list_engine_versions(_state: &Arc<State>, _input: Listed) -> Answer<Value> {
    let version = "Athena engine version 3";
    Ok(json!({"EngineVersions": [
        {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": version},
        {"SelectedEngineVersion": version, "EffectiveEngineVersion": version},
    ]}))
}

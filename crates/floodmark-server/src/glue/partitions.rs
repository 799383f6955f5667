//! Glue's actions on partitions.

use std::sync::Arc;

use floodmark_engine::Session;
use floodmark_engine::catalog::{
    DEFAULT_PARTITION, GlueMembers, PartitionPage, RegisteredPartition, Relation, TableDefinition,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::glue::expression::PartitionExpression;
use crate::glue::tables::relation_of;
use crate::glue::{
    Named, change, check_storage, detail, invalid, name, no_partition, not_satisfied, now_s,
    page_size, partition_exists, session,
};
use crate::json::{Answer, Fault};
use crate::limits::{PARTITIONS_PAGE_MAX, SEGMENTS_MAX};
use crate::page;
use crate::state::State;
use crate::sts::ACCOUNT;

/// The values of a partition's keys, in their order.
type Values = Vec<Option<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfPartition {
    database_name: Option<String>,
    table_name: Option<String>,
    /// The values of the partition that is meant.
    #[serde(alias = "PartitionValueList")]
    partition_values: Vec<String>,
    partition_input: GlueMembers,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfPartitions {
    database_name: Option<String>,
    table_name: Option<String>,
    expression: Option<String>,
    segment: Option<Segment>,
    exclude_column_schema: bool,
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// One of several parts of a table's partitions, for clients that ask for all at the same time.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Segment {
    segment_number: i64,
    total_segments: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OfSeveral {
    database_name: Option<String>,
    table_name: Option<String>,
    partition_input_list: Vec<GlueMembers>,
    #[serde(alias = "PartitionsToDelete")]
    partitions_to_get: Vec<ValueList>,
    entries: Vec<Update>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ValueList {
    values: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Update {
    partition_value_list: Vec<String>,
    partition_input: GlueMembers,
}

/// `GetPartition`.
pub(super) async fn get_partition(state: &Arc<State>, input: OfPartition) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let wanted = [values(&table, &input.partition_values)?];
    let found = partitions_of(&session, &table, &wanted).await?.into_iter().flatten().next();
    let partition = found.ok_or_else(no_partition)?;
    Ok(json!({ "Partition": written(&table, &partition, false) }))
}

/// `GetPartitions`.
pub(super) async fn get_partitions(state: &Arc<State>, input: OfPartitions) -> Answer<Value> {
    let size = page_size(input.max_results, PARTITIONS_PAGE_MAX)?;
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let expression = input.expression.as_deref().map(str::trim).unwrap_or_default();
    let chosen = match expression {
        "" => None,
        text => Some(PartitionExpression::parse(text, &table.partition_keys).map_err(invalid)?),
    };
    let segment = input.segment.map(Segment::checked).transpose()?;
    let scope = ["GetPartitions", &table.database, &table.name, expression];
    let after: Option<Values> = page::after(&scope, input.next_token.as_deref())?;
    let takes = move |values: &[Option<String>]| {
        segment.is_none_or(|segment| segment.takes(values))
            && chosen.as_ref().is_none_or(|chosen| chosen.takes(values))
    };
    // One more says whether there is another page.
    let page = PartitionPage { after, takes: Arc::new(takes), partitions_max: size + 1 };
    let mut partitions = if table.partition_keys.is_empty() {
        Vec::new()
    } else {
        let found = session.catalog().partition_page(&table, page).await;
        found.map_err(|error| named(&table).fault(&error))?
    };
    let is_last = partitions.len() <= size;
    partitions.truncate(size);
    let last = partitions.last().filter(|_| !is_last);
    let token = last.map(|last| page::token(&scope, &last.partition.values));
    let written =
        partitions.iter().map(|partition| written(&table, partition, input.exclude_column_schema));
    Ok(page::answer("Partitions", written.collect(), token))
}

/// `BatchGetPartition`. Partitions that are not registered are left out, as Glue does.
pub(super) async fn batch_get_partition(state: &Arc<State>, input: OfSeveral) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let wanted = input.partitions_to_get.iter().map(|wanted| values(&table, &wanted.values));
    let wanted = wanted.collect::<Answer<Vec<_>>>()?;
    let found = partitions_of(&session, &table, &wanted).await?;
    let found = found.iter().flatten().map(|partition| written(&table, partition, false));
    Ok(json!({ "Partitions": found.collect::<Vec<_>>(), "UnprocessedKeys": [] }))
}

/// `CreatePartition`.
pub(super) async fn create_partition(state: &Arc<State>, input: OfPartition) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let partition = partition_in(&table, &input.partition_input)?;
    match register(&session, &table, vec![partition]).await?.as_slice() {
        [true] => Ok(json!({})),
        _ => Err(partition_exists()),
    }
}

/// `BatchCreatePartition`: what can be registered is.
pub(super) async fn batch_create_partition(state: &Arc<State>, input: OfSeveral) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let mut errors = Vec::new();
    let (mut partitions, mut given) = (Vec::new(), Vec::new());
    for members in &input.partition_input_list {
        let values = &members.get("Values").cloned().unwrap_or_default();
        match partition_in(&table, members) {
            Ok(partition) => {
                partitions.push(partition);
                given.push(values.clone());
            }
            Err(fault) => errors.push(of_values(values, &fault)),
        }
    }
    let registered = register(&session, &table, partitions).await?;
    for (values, is_new) in given.iter().zip(registered) {
        if !is_new {
            errors.push(of_values(values, &partition_exists()));
        }
    }
    Ok(json!({ "Errors": errors }))
}

/// `UpdatePartition`.
pub(super) async fn update_partition(state: &Arc<State>, input: OfPartition) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let update = Update {
        partition_value_list: input.partition_values,
        partition_input: input.partition_input,
    };
    replace(&session, &table, update).await?;
    Ok(json!({}))
}

/// `BatchUpdatePartition`.
pub(super) async fn batch_update_partition(state: &Arc<State>, input: OfSeveral) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let mut errors = Vec::new();
    for update in input.entries {
        let values = update.partition_value_list.clone();
        if let Err(fault) = replace(&session, &table, update).await {
            errors.push(json!({ "PartitionValueList": values, "ErrorDetail": detail(&fault) }));
        }
    }
    Ok(json!({ "Errors": errors }))
}

/// `DeletePartition`.
pub(super) async fn delete_partition(state: &Arc<State>, input: OfPartition) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let wanted = values(&table, &input.partition_values)?;
    match forget(&session, &table, vec![wanted]).await?.as_slice() {
        [true] => Ok(json!({})),
        _ => Err(no_partition()),
    }
}

/// `BatchDeletePartition`.
pub(super) async fn batch_delete_partition(state: &Arc<State>, input: OfSeveral) -> Answer<Value> {
    let session = session(state).await?;
    let table =
        table_of(&session, input.database_name.as_deref(), input.table_name.as_deref()).await?;
    let wanted = input.partitions_to_get.iter().map(|wanted| values(&table, &wanted.values));
    let wanted = wanted.collect::<Answer<Vec<_>>>()?;
    let dropped = forget(&session, &table, wanted).await?;
    let missing = input.partitions_to_get.iter().zip(dropped).filter(|(_, dropped)| !dropped);
    let errors = missing.map(|(wanted, _)| of_values(&json!(wanted.values), &no_partition()));
    Ok(json!({ "Errors": errors.collect::<Vec<_>>() }))
}

/// The table whose partitions are meant. A view has none.
async fn table_of(
    session: &Session<'_>,
    database: Option<&str>,
    table: Option<&str>,
) -> Answer<TableDefinition> {
    let table = name(table, "tableName")?;
    Ok(match relation_of(session, database, Some(&table)).await? {
        Relation::Table(table) => table,
        Relation::View(view) => TableDefinition {
            database: view.database,
            name: view.name,
            ..TableDefinition::default()
        },
    })
}

fn named(table: &TableDefinition) -> Named<'_> {
    Named { database: &table.database, table: &table.name }
}

async fn partitions_of(
    session: &Session<'_>,
    table: &TableDefinition,
    wanted: &[Values],
) -> Answer<Vec<Option<RegisteredPartition>>> {
    if table.partition_keys.is_empty() {
        return Ok(wanted.iter().map(|_| None).collect());
    }
    let found = session.catalog().partitions_of(table, wanted).await;
    found.map_err(|error| named(table).fault(&error))
}

async fn register(
    session: &Session<'_>,
    table: &TableDefinition,
    partitions: Vec<RegisteredPartition>,
) -> Answer<Vec<bool>> {
    let (database, of) = (table.database.clone(), table.name.clone());
    let register = move |local: &floodmark_engine::catalog::LocalCatalog| {
        local.register_partitions(&database, &of, &partitions)
    };
    change(session, named(table), register).await
}

async fn forget(
    session: &Session<'_>,
    table: &TableDefinition,
    wanted: Vec<Values>,
) -> Answer<Vec<bool>> {
    let (database, of) = (table.database.clone(), table.name.clone());
    change(session, named(table), move |local| local.forget_partitions(&database, &of, &wanted))
        .await
}

async fn replace(session: &Session<'_>, table: &TableDefinition, update: Update) -> Answer<()> {
    let Update { partition_value_list, mut partition_input } = update;
    let from = values(table, &partition_value_list)?;
    if !partition_input.contains_key("Values") {
        partition_input.insert("Values".to_owned(), json!(partition_value_list));
    }
    let mut to = partition_in(table, &partition_input)?;
    let known = partitions_of(session, table, std::slice::from_ref(&from)).await?;
    let known = known.into_iter().flatten().next().ok_or_else(no_partition)?;
    let created = known.glue.and_then(|mut glue| glue.remove(CREATED));
    if let (Some(created), Some(glue)) = (created, &mut to.glue) {
        glue.insert(CREATED.to_owned(), created);
    }
    let (database, of) = (table.database.clone(), table.name.clone());
    change(session, named(table), move |local| local.replace_partition(&database, &of, &from, &to))
        .await
}

/// The member that says when a partition was registered.
const CREATED: &str = "CreationTime";

fn partition_in(table: &TableDefinition, input: &GlueMembers) -> Answer<RegisteredPartition> {
    check_storage(input)?;
    let read = RegisteredPartition::of_glue(table, input);
    let mut partition = read.map_err(|error| named(table).fault(&error))?;
    if let Some(glue) = &mut partition.glue {
        glue.insert(CREATED.to_owned(), json!(now_s() as f64));
    }
    Ok(partition)
}

/// The values of a partition's keys as the catalog keeps them.
fn values(table: &TableDefinition, given: &[String]) -> Answer<Values> {
    if given.len() != table.partition_keys.len() {
        return Err(invalid(
            "The number of partition keys do not match the number of partition values",
        ));
    }
    let value = |value: &String| Some(value.clone()).filter(|value| value != DEFAULT_PARTITION);
    Ok(given.iter().map(value).collect())
}

fn of_values(values: &Value, fault: &Fault) -> Value {
    json!({ "PartitionValues": values, "ErrorDetail": detail(fault) })
}

fn written(table: &TableDefinition, partition: &RegisteredPartition, is_short: bool) -> Value {
    let mut members = partition.to_glue(table);
    if is_short && let Some(Value::Object(storage)) = members.get_mut("StorageDescriptor") {
        storage.remove("Columns");
    }
    members.insert("CatalogId".to_owned(), json!(ACCOUNT));
    Value::Object(members)
}

impl Segment {
    fn checked(self) -> Answer<Self> {
        if !(1..=SEGMENTS_MAX).contains(&self.total_segments) {
            let constraint = format!("Member must be between 1 and {SEGMENTS_MAX}");
            let total = self.total_segments.to_string();
            return Err(not_satisfied(&total, "segment.totalSegments", &constraint));
        }
        if !(0..self.total_segments).contains(&self.segment_number) {
            let number = self.segment_number.to_string();
            let constraint = "Member must be less than totalSegments, and not negative";
            return Err(not_satisfied(&number, "segment.segmentNumber", constraint));
        }
        Ok(self)
    }

    /// Whether a partition is in this part: FNV-1a of its values, which is the same in every run.
    fn takes(self, values: &[Option<String>]) -> bool {
        let bytes = values.iter().flat_map(|value| {
            let value = value.as_deref().unwrap_or(DEFAULT_PARTITION);
            value.bytes().chain(std::iter::once(0))
        });
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // Both were checked to be small and not negative.
        hash % self.total_segments.unsigned_abs() == self.segment_number.unsigned_abs()
    }
}

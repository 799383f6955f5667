//! Databases, tables, views and partitions are made, changed and dropped.

use std::collections::{BTreeMap, HashSet};
use std::path::absolute;
use std::time::{SystemTime, UNIX_EPOCH};

use datafusion::scalar::ScalarValue;
use floodmark_formats::hive::HiveType;

use crate::catalog::{
    ColumnDefinition, DEFAULT_PARTITION, Database, IfExists, IfMissing, Partition, PartitionFilter,
    TableDefinition, View, find_partitions, partition_location, partition_name, refused,
};
use crate::dialect::ddl::statement::{
    AlterTable, ColumnPlace, CreateDatabase, CreateTable, CreateView, Name, PartitionCondition,
    PartitionValues,
};
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, ErrorKind, Result};
use crate::execute::{Execution, answer};
use crate::query::Query;
use crate::scan::{check_definition, check_partition};
use crate::store::Location;

/// The time, in seconds since 1970.
pub(crate) fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn if_exists(passes: bool) -> IfExists {
    if passes { IfExists::Keep } else { IfExists::Fail }
}

fn if_missing(passes: bool) -> IfMissing {
    if passes { IfMissing::Pass } else { IfMissing::Fail }
}

/// A location as the catalog keeps it: a path as it stands from wherever it is read.
pub(crate) fn location(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::invalid_query(
            "No location was specified for table. An S3 location must be specified",
        ));
    }
    match Location::parse(text)? {
        Location::Path(path) => Ok(absolute(&path).unwrap_or(path).to_string_lossy().into_owned()),
        Location::S3 { pattern: None, .. } => Ok(text.to_owned()),
        Location::Glob(_) | Location::S3 { .. } => Err(Error::invalid_query(format!(
            "`{text}` is a pattern, and a table's location is a folder"
        ))
        .hint("a table reads everything below its folder")),
        Location::StandardInput => {
            Err(Error::invalid_query("a table cannot lie on standard input"))
        }
    }
}

/// Refuses a place that is no bucket, for those who may name no path of this machine.
///
/// # Errors
///
/// `AccessDenied` for a path of this machine, and whatever else is no bucket.
pub fn check_bucket(place: &str) -> Result<()> {
    if place.is_empty() || matches!(Location::folder(place), Ok(Location::S3 { .. })) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::AccessDenied, format!("`{place}` is no place in S3"))
        .hint("name one: `s3://bucket/prefix/`; only the command line reads paths of this machine"))
}

/// The property of a table by which its partitions are found.
const LOCATION_TEMPLATE: &str = "storage.location.template";

impl Execution<'_> {
    /// A location as the catalog keeps it, if this session may name it.
    pub(super) fn location(&self, text: &str) -> Result<String> {
        let place = location(text)?;
        self.check_place(&place)?;
        Ok(place)
    }

    /// Refuses a place that this session may not name.
    pub(super) fn check_place(&self, place: &str) -> Result<()> {
        if self.session.engine().options().only_buckets { check_bucket(place) } else { Ok(()) }
    }

    fn check_template(&self, properties: &BTreeMap<String, String>) -> Result<()> {
        self.check_place(properties.get(LOCATION_TEMPLATE).map_or("", String::as_str))
    }

    pub(super) async fn create_database(&self, create: &CreateDatabase) -> Result<Query> {
        let database = Database {
            name: create.name.name.clone(),
            comment: create.comment.clone(),
            location: create.location.clone(),
            properties: create.properties.iter().cloned().collect(),
            created_s: now_s(),
            glue: None,
        };
        let keep = if_exists(create.if_not_exists);
        let at = Some(create.name.position);
        self.check_place(database.location.as_deref().unwrap_or_default())
            .map_err(|error| error.at(at))?;
        let made = self
            .session
            .catalog()
            .change(move |local| local.create_database(&database, keep))
            .await;
        made.map_err(|error| error.at(at))?;
        Ok(answer::done())
    }

    pub(super) async fn drop_database(
        &self,
        name: &Name,
        passes: bool,
        cascade: bool,
    ) -> Result<Query> {
        let database = name.name.clone();
        let missing = if_missing(passes);
        let contents =
            if cascade { crate::catalog::Contents::Drop } else { crate::catalog::Contents::Refuse };
        let dropped = self
            .session
            .catalog()
            .change(move |local| local.drop_database(&database, contents, missing))
            .await;
        dropped.map_err(|error| error.at(Some(name.position)))?;
        Ok(answer::done())
    }

    pub(super) async fn alter_database(
        &self,
        name: &Name,
        properties: &[(String, String)],
    ) -> Result<Query> {
        let database = name.name.clone();
        let properties = properties.to_vec();
        let changed = self
            .session
            .catalog()
            .change(move |local| {
                local.change_database(&database, |database| {
                    database.properties.extend(properties);
                    Ok(())
                })
            })
            .await;
        changed.map_err(|error| error.at(Some(name.position)))?;
        Ok(answer::done())
    }

    pub(super) async fn create_table(&self, create: &CreateTable) -> Result<Query> {
        let full = self.full(&create.name)?;
        let at = Some(create.name.position);
        let mut table = create.table.clone();
        table.database = full.database;
        table.name = full.name;
        table.created_s = now_s();
        table.location = self.location(&table.location).map_err(|error| error.at(at))?;
        self.check_template(&table.properties).map_err(|error| error.at(at))?;
        let mut notes = check_definition(&table).map_err(|error| error.at(at))?;
        notes.extend(self.session.check(&table).await);
        let keep = if_exists(create.if_not_exists);
        let made =
            self.session.catalog().change(move |local| local.create_table(&table, keep)).await;
        made.map_err(|error| error.at(at))?;
        Ok(Query { notes, ..answer::done() })
    }

    pub(super) async fn drop_table(&self, name: &Name, passes: bool) -> Result<Query> {
        let full = self.full(name)?;
        let missing = if_missing(passes);
        let dropped = self
            .session
            .catalog()
            .change(move |local| local.drop_table(&full.database, &full.name, missing))
            .await;
        dropped.map_err(|error| error.at(Some(name.position)))?;
        Ok(answer::done())
    }

    pub(super) async fn create_view(&self, create: &CreateView) -> Result<Query> {
        let full = self.full(&create.name)?;
        let at = Some(create.name.position);
        // Planned at once, so that a wrong query is refused now and not when the view is read.
        let planned = self.session.plan(self.inner(&create.query)?).await?;
        let fields = planned.schema()?;
        let mut columns: Vec<(String, String)> = (fields.fields().iter())
            .map(|field| (field.name().clone(), TrinoType::of_field(field).to_string()))
            .collect();
        if !create.columns.is_empty() {
            if create.columns.len() != columns.len() {
                return Err(Error::invalid_query(format!(
                    "the view names {} columns, and its query has {}",
                    create.columns.len(),
                    columns.len()
                ))
                .code("MISMATCHED_COLUMN_ALIASES")
                .at(at));
            }
            for (column, name) in columns.iter_mut().zip(&create.columns) {
                column.0.clone_from(name);
            }
        } else if let Some(unnamed) = planned.unnamed() {
            return Err(Error::invalid_query(format!(
                "Column name not specified at position {}",
                unnamed + 1
            ))
            .code("MISSING_COLUMN_NAME")
            .at(Some(self.start)));
        }
        if let Some(twice) = duplicate(columns.iter().map(|(name, _)| name.as_str())) {
            return Err(Error::invalid_query(format!(
                "Column name '{twice}' specified more than once"
            ))
            .code("DUPLICATE_COLUMN_NAME")
            .at(Some(self.start)));
        }
        let view = View {
            database: full.database,
            name: full.name,
            sql: self.sql[create.query.clone()].trim().to_owned(),
            columns,
            default_database: self.session.database().to_owned(),
            created_s: now_s(),
            ..View::default()
        };
        let exists = match (create.or_replace, create.if_not_exists) {
            (true, _) => IfExists::Replace,
            (false, true) => IfExists::Keep,
            (false, false) => IfExists::Fail,
        };
        let made =
            self.session.catalog().change(move |local| local.create_view(&view, exists)).await;
        made.map_err(|error| error.at(at))?;
        Ok(answer::done())
    }

    pub(super) async fn drop_view(&self, name: &Name, passes: bool) -> Result<Query> {
        let full = self.full(name)?;
        let missing = if_missing(passes);
        let dropped = self
            .session
            .catalog()
            .change(move |local| local.drop_view(&full.database, &full.name, missing))
            .await;
        dropped.map_err(|error| error.at(Some(name.position)))?;
        Ok(answer::done())
    }

    pub(super) async fn alter_table(&self, name: &Name, action: &AlterTable) -> Result<Query> {
        let table = self.table(name).await?;
        let at = Some(name.position);
        match action {
            AlterTable::AddPartitions { if_not_exists, partitions } => {
                let mut added = Vec::new();
                for (given, place) in partitions {
                    let values = values(&table, given).map_err(|error| error.at(at))?;
                    check_partition(&table, &values).map_err(|error| error.at(at))?;
                    let place = match place {
                        Some(place) => self.location(place).map_err(|error| error.at(at))?,
                        None => partition_location(&table, &values),
                    };
                    added.push(Partition { values, location: place });
                }
                let checked = self.session.check_partitions(&table, &added).await;
                let notes = checked.map_err(|error| error.at(at))?;
                let keep = if_exists(*if_not_exists);
                let made = self
                    .session
                    .catalog()
                    .change(move |local| {
                        local.add_partitions(&table.database, &table.name, &added, keep)
                    })
                    .await;
                made.map_err(|error| error.at(at))?;
                return Ok(Query { notes, ..answer::done() });
            }
            AlterTable::DropPartitions { if_exists, partitions } => {
                self.drop_partitions(&table, *if_exists, partitions)
                    .await
                    .map_err(|error| error.at(at))?;
            }
            AlterTable::RenamePartition { from, to } => {
                let values = |given| values(&table, given).map_err(|error| error.at(at));
                let (from, to) = (values(from)?, values(to)?);
                let renamed = self
                    .session
                    .catalog()
                    .change(move |local| {
                        local.rename_partition(&table.database, &table.name, &from, &to)
                    })
                    .await;
                renamed.map_err(|error| error.at(at))?;
            }
            AlterTable::SetLocation { partition: Some(partition), location: place } => {
                let values = values(&table, partition).map_err(|error| error.at(at))?;
                let place = self.location(place).map_err(|error| error.at(at))?;
                let moved = self
                    .session
                    .catalog()
                    .change(move |local| {
                        let partition = Partition { values, location: place };
                        local.set_partition_location(&table.database, &table.name, &partition)
                    })
                    .await;
                moved.map_err(|error| error.at(at))?;
            }
            AlterTable::RenameTable { to } => {
                let to = self.full(to)?;
                let renamed = self
                    .session
                    .catalog()
                    .change(move |local| {
                        local.rename((&table.database, &table.name), (&to.database, &to.name))
                    })
                    .await;
                renamed.map_err(|error| error.at(at))?;
            }
            action => {
                let action = action.clone();
                if let AlterTable::SetProperties { properties } = &action {
                    self.check_template(&properties.iter().cloned().collect())
                        .map_err(|error| error.at(at))?;
                }
                let place = match &action {
                    AlterTable::SetLocation { location: place, .. } => {
                        Some(self.location(place).map_err(|error| error.at(at))?)
                    }
                    _ => None,
                };
                let changed = self
                    .session
                    .catalog()
                    .change(move |local| {
                        local.change_table(&table.database, &table.name, |table| {
                            change(table, &action, place)?;
                            table.updated_s = now_s();
                            check_definition(table)?;
                            Ok(())
                        })
                    })
                    .await;
                changed.map_err(|error| error.at(at))?;
            }
        }
        Ok(answer::done())
    }

    async fn drop_partitions(
        &self,
        table: &TableDefinition,
        passes: bool,
        wanted: &[Vec<PartitionCondition>],
    ) -> Result<()> {
        let all = PartitionFilter::default();
        let registered = self.session.catalog().registered_partitions(table, &all).await?;
        let mut dropped = Vec::new();
        for conditions in wanted {
            for condition in conditions {
                key(table, &condition.key)?;
            }
            let before = dropped.len();
            dropped.extend(
                registered
                    .iter()
                    .filter(|found| meets(table, &found.values, conditions))
                    .map(|partition| partition.values.clone()),
            );
            if dropped.len() == before && !passes {
                let name: Vec<_> =
                    conditions.iter().map(|c| format!("{}={}", c.key, c.value)).collect();
                return Err(refused::partition_not_found(&name.join("/")));
            }
        }
        let (database, name) = (table.database.clone(), table.name.clone());
        self.session
            .catalog()
            .change(move |local| local.drop_partitions(&database, &name, &dropped, IfMissing::Pass))
            .await?;
        Ok(())
    }

    /// Registers the partitions that lie below a table's location in Hive's folders.
    pub(super) async fn repair(&self, name: &Name) -> Result<Query> {
        let table = self.table(name).await?;
        let folders = self.session.keys_below(&table.location).await?;
        let found = find_partitions(&table, folders.iter().map(String::as_str));
        let all = PartitionFilter::default();
        let registered = self.session.catalog().registered_partitions(&table, &all).await?;
        let registered: HashSet<Vec<Option<String>>> =
            registered.into_iter().map(|known| known.values).collect();
        let new: Vec<Partition> = (found.partitions.into_iter())
            .filter(|found| !registered.contains(&found.values))
            .collect();
        let mut lines = Vec::new();
        if !new.is_empty() {
            let names: Vec<_> = (new.iter())
                .map(|partition| {
                    let name = partition_name(&table.partition_keys, &partition.values);
                    format!("{}:{name}", table.name)
                })
                .collect();
            lines.push(format!("Partitions not in metastore:\t{}", names.join("\t")));
            for name in names {
                lines.push(format!("Repair: Added partition to metastore {name}"));
            }
        }
        let (database, last) = (table.database.clone(), table.name.clone());
        self.session
            .catalog()
            .change(move |local| local.add_partitions(&database, &last, &new, IfExists::Keep))
            .await?;
        Ok(Query { notes: found.hint.into_iter().collect(), ..answer::list("result", lines) })
    }
}

/// The first name that stands twice.
pub(super) fn duplicate<'n>(names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

/// The position of a partition key.
fn key(table: &TableDefinition, name: &str) -> Result<usize> {
    (table.partition_keys.iter().position(|key| key.name == name)).ok_or_else(|| {
        let keys: Vec<_> = table.partition_keys.iter().map(|key| key.name.as_str()).collect();
        let message = format!("`{name}` is no partition column of `{}`", table.name);
        let error = Error::invalid_query(message).code("INVALID_PARTITION_VALUE");
        if keys.is_empty() {
            error.hint("the table has no `PARTITIONED BY`")
        } else {
            error.hint(format!("its partition columns are {}", keys.join(", ")))
        }
    })
}

/// The values of a partition in the order of the table's keys.
fn values(table: &TableDefinition, given: &PartitionValues) -> Result<Vec<Option<String>>> {
    let mut values: Vec<Option<Option<String>>> = vec![None; table.partition_keys.len()];
    for (name, value) in given {
        let value = value.clone().filter(|value| value != DEFAULT_PARTITION);
        values[key(table, name)?] = Some(value);
    }
    let values = values.into_iter().zip(&table.partition_keys).map(|(value, key)| {
        value.ok_or_else(|| {
            let message = format!("the partition has no value for `{}`", key.name);
            Error::invalid_query(message).code("INVALID_PARTITION_VALUE")
        })
    });
    let values = values.collect::<Result<Vec<_>>>()?;
    check_values(table, &values)?;
    Ok(values)
}

/// Refuses values of partition columns that are not of their types: one would make every query of the table fail.
pub(crate) fn check_values(table: &TableDefinition, values: &[Option<String>]) -> Result<()> {
    for (value, ColumnDefinition { name, hive_type, .. }) in
        values.iter().zip(&table.partition_keys)
    {
        let Some(text) = value else { continue };
        let problem = match HiveType::parse(hive_type) {
            _ if text.is_empty() => format!("the value of the partition column `{name}` is empty"),
            Ok(known) if ScalarValue::try_from_string(text.clone(), &known.arrow()).is_err() => {
                format!("the value `{text}` of the partition column `{name}` is no {hive_type}")
            }
            _ => continue,
        };
        return Err(Error::invalid_query(problem).code("INVALID_PARTITION_VALUE"));
    }
    Ok(())
}

/// Whether a partition meets all conditions. Numbers are compared as numbers where the key is one.
fn meets(
    table: &TableDefinition,
    values: &[Option<String>],
    conditions: &[PartitionCondition],
) -> bool {
    use crate::dialect::ddl::statement::Comparison;
    conditions.iter().all(|condition| {
        let Some(at) = table.partition_keys.iter().position(|key| key.name == condition.key) else {
            return false;
        };
        let value = values[at].as_deref().unwrap_or(DEFAULT_PARTITION);
        let is_number = matches!(
            table.partition_keys[at].hive_type.as_str(),
            "int" | "bigint" | "smallint" | "tinyint"
        );
        let order = match (value.parse::<i64>(), condition.value.parse::<i64>()) {
            (Ok(value), Ok(wanted)) if is_number => value.cmp(&wanted),
            _ => value.cmp(condition.value.as_str()),
        };
        match condition.operator {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    })
}

/// Changes a table's definition.
fn change(table: &mut TableDefinition, action: &AlterTable, place: Option<String>) -> Result<()> {
    let missing = |name: &str| {
        Error::invalid_query(format!("`{}` has no column `{name}`", table.name))
            .code("COLUMN_NOT_FOUND")
    };
    match action {
        AlterTable::SetLocation { .. } => table.location = place.unwrap_or_default(),
        AlterTable::SetProperties { properties } => {
            table.properties.extend(properties.iter().cloned());
        }
        AlterTable::UnsetProperties { if_exists, keys } => {
            for key in keys {
                if table.properties.remove(key).is_none() && !if_exists {
                    return Err(Error::invalid_query(format!("the table has no property `{key}`")));
                }
            }
        }
        AlterTable::AddColumns { columns, .. } => table.columns.extend(columns.iter().cloned()),
        AlterTable::ReplaceColumns { columns, .. } => table.columns.clone_from(columns),
        AlterTable::DropColumn { column, .. } => {
            let at = table.columns.iter().position(|known| known.name == *column);
            table.columns.remove(at.ok_or_else(|| missing(column))?);
        }
        AlterTable::ChangeColumn { from, to, place } => {
            let at = table.columns.iter().position(|known| known.name == *from);
            let at = at.ok_or_else(|| missing(from))?;
            let old = table.columns.remove(at);
            let comment = to.comment.clone().or(old.comment);
            let new = ColumnDefinition { comment, ..to.clone() };
            let to = match place {
                None => at,
                Some(ColumnPlace::First) => 0,
                Some(ColumnPlace::After(after)) => {
                    let found = table.columns.iter().position(|known| known.name == *after);
                    1 + found.ok_or_else(|| missing(after))?
                }
            };
            table.columns.insert(to, new);
        }
        AlterTable::AddPartitions { .. }
        | AlterTable::DropPartitions { .. }
        | AlterTable::RenamePartition { .. }
        | AlterTable::RenameTable { .. } => {}
    }
    let names =
        table.columns.iter().chain(&table.partition_keys).map(|column| column.name.as_str());
    if let Some(twice) = duplicate(names) {
        return Err(Error::invalid_query(format!("the table would have two columns `{twice}`"))
            .code("DUPLICATE_COLUMN_NAME"));
    }
    Ok(())
}

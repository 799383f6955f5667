//! `SHOW` and `DESCRIBE`.

use datafusion::execution::session_state::SessionState;
use regex::Regex;

use crate::catalog::{
    ColumnDefinition, PartitionFilter, Relation, TableDefinition, partition_name, refused,
};
use crate::dialect::ddl::statement::{Detail, Like, Name, PartitionValues};
use crate::dialect::ddl::{create_table, create_view};
use crate::dialect::functions::is_known;
use crate::dialect::trino_type::TrinoType;
use crate::error::{Error, Result};
use crate::execute::hive_type::hive_type;
use crate::execute::{Execution, answer};
use crate::query::Query;

impl Execution<'_> {
    pub(super) async fn show_databases(&self, like: Option<&Like>) -> Result<Query> {
        let chosen = Chosen::new(like)?;
        let databases = self.session.databases().await?;
        let names = databases.into_iter().map(|database| database.name);
        Ok(answer::list("database_name", names.filter(|name| chosen.takes(name))))
    }

    pub(super) async fn show_tables(
        &self,
        database: Option<&Name>,
        like: Option<&Like>,
    ) -> Result<Query> {
        let chosen = Chosen::new(like)?;
        let relations = self.relations(database).await?;
        let names = relations.iter().map(|relation| relation.name().to_owned());
        Ok(answer::list("tab_name", names.filter(|name| chosen.takes(name))))
    }

    pub(super) async fn show_views(
        &self,
        database: Option<&Name>,
        like: Option<&Like>,
    ) -> Result<Query> {
        let chosen = Chosen::new(like)?;
        let relations = self.relations(database).await?;
        let views = relations.iter().filter(|relation| matches!(relation, Relation::View(_)));
        let names = views.map(|relation| relation.name().to_owned());
        Ok(answer::list("views", names.filter(|name| chosen.takes(name))))
    }

    async fn relations(&self, database: Option<&Name>) -> Result<Vec<Relation>> {
        let name = database.map_or(self.session.database(), |name| name.name.as_str());
        let position = database.map(|name| name.position);
        self.session.relations(name).await.map_err(|error| error.at(position))
    }

    pub(super) async fn show_columns(&self, name: &Name) -> Result<Query> {
        let columns = columns(&self.relation(name).await?);
        Ok(answer::list("field", columns.into_iter().map(|column| column.name)))
    }

    pub(super) async fn show_partitions(
        &self,
        name: &Name,
        only: &PartitionValues,
    ) -> Result<Query> {
        let table = self.table(name).await?;
        if table.partition_keys.is_empty() {
            return Err(Error::invalid_query(format!(
                "FAILED: SemanticException Table {}.{} is not a partitioned table",
                table.database, table.name
            ))
            .at(Some(name.position)));
        }
        let all = PartitionFilter::default();
        let partitions = self.session.catalog().registered_partitions(&table, &all).await?;
        let takes = |values: &[Option<String>]| {
            only.iter().all(|(key, wanted)| {
                let at = table.partition_keys.iter().position(|known| known.name == *key);
                at.is_some_and(|at| wanted.is_none() || values[at] == *wanted)
            })
        };
        let names = (partitions.iter())
            .filter(|partition| takes(&partition.values))
            .map(|partition| partition_name(&table.partition_keys, &partition.values));
        let query = answer::list("partition", names);
        let is_projected = table
            .properties
            .get("projection.enabled")
            .is_some_and(|on| on.eq_ignore_ascii_case("true"));
        let notes = if is_projected {
            vec![
                "the table's partitions are projected, and projected ones are not listed"
                    .to_owned(),
            ]
        } else {
            Vec::new()
        };
        Ok(Query { notes, ..query })
    }

    pub(super) async fn show_create_table(&self, name: &Name) -> Result<Query> {
        let table = self.table(name).await?;
        let text = create_table(&table, &format!("{}.{}", table.database, table.name));
        Ok(answer::list("createtab_stmt", text.lines().map(str::to_owned)))
    }

    pub(super) async fn show_create_view(&self, name: &Name) -> Result<Query> {
        let view = self.view(name).await?;
        let text = create_view(&view, &format!("{}.{}", view.database, view.name));
        Ok(answer::list("create view", text.lines().map(str::to_owned)))
    }

    pub(super) async fn show_table_properties(
        &self,
        name: &Name,
        key: Option<&str>,
    ) -> Result<Query> {
        let table = self.table(name).await?;
        let mut properties = table.shown_properties();
        if let Some(key) = key {
            properties.retain(|known, _| known == key);
            if properties.is_empty() {
                let message = format!(
                    "Table {}.{} does not have property: {key}",
                    table.database, table.name
                );
                return Err(Error::not_found(message).at(Some(name.position)));
            }
        }
        let rows = properties.into_iter().map(|(key, value)| [Some(key), Some(value)]);
        Ok(answer::table(["prpt_name", "prpt_value"], &rows.collect::<Vec<_>>()))
    }

    pub(super) fn show_functions(&self, like: Option<&Like>) -> Result<Query> {
        let chosen = Chosen::new(like)?;
        let mut rows: Vec<[Option<String>; 2]> = (function_names(self.session.engine().state()))
            .filter(|(name, _)| chosen.takes(name))
            .map(|(name, kind)| [Some(name.to_owned()), Some(kind.to_owned())])
            .collect();
        rows.sort();
        rows.dedup();
        Ok(answer::table(["function", "function_type"], &rows))
    }

    pub(super) async fn describe(
        &self,
        name: &Name,
        detail: Detail,
        partition: Option<&PartitionValues>,
        column: Option<&[String]>,
    ) -> Result<Query> {
        let relation = self.relation(name).await?;
        let shown = |columns: Vec<ColumnDefinition>| {
            let rows = columns.into_iter().map(|column| {
                [
                    Some(column.name),
                    Some(column.hive_type),
                    Some(column.comment.unwrap_or_default()),
                ]
            });
            rows.collect::<Vec<_>>()
        };
        let mut rows = shown(columns(&relation));
        if let Some(path) = column {
            let wanted = path.first().map(String::as_str).unwrap_or_default();
            rows.retain(|row| row[0].as_deref() == Some(wanted));
            if rows.is_empty() {
                return Err(Error::invalid_query(format!("Invalid column reference {wanted}"))
                    .code("COLUMN_NOT_FOUND")
                    .at(Some(name.position)));
            }
        }
        if let Relation::Table(table) = &relation
            && column.is_none()
        {
            let line = |name: &str, value: &str| {
                [Some(name.to_owned()), Some(value.to_owned()), Some(String::new())]
            };
            if !table.partition_keys.is_empty() {
                rows.push(line("", ""));
                rows.push(line("# Partition Information", ""));
                rows.push(line("# col_name", "data_type"));
                rows.extend(shown(table.partition_keys.clone()));
            }
            if detail != Detail::Columns {
                let mut place = table.location.clone();
                if let Some(partition) = partition {
                    place = self.partition_location(table, partition).await?;
                }
                rows.push(line("", ""));
                rows.push(line("# Detailed Table Information", ""));
                rows.push(line("Database:", &table.database));
                rows.push(line("CreateTime:", &table.created_s.to_string()));
                rows.push(line("Location:", &place));
                rows.push(line("Table Type:", "EXTERNAL_TABLE"));
                rows.push(line("Table Parameters:", ""));
                for (key, value) in &table.properties {
                    rows.push(line(&format!("  {key}"), value));
                }
                rows.push(line("# Storage Information", ""));
                rows.push(line("SerDe Library:", &table.serde.class));
                rows.push(line("InputFormat:", &table.serde.input_format));
                rows.push(line("OutputFormat:", &table.serde.output_format));
                rows.push(line("Storage Desc Params:", ""));
                for (key, value) in &table.serde.properties {
                    rows.push(line(&format!("  {key}"), value));
                }
            }
        }
        Ok(answer::table(["col_name", "data_type", "comment"], &rows))
    }

    async fn partition_location(
        &self,
        table: &TableDefinition,
        wanted: &PartitionValues,
    ) -> Result<String> {
        let all = PartitionFilter::default();
        let partitions = self.session.catalog().registered_partitions(table, &all).await?;
        let found = partitions.into_iter().find(|partition| {
            (table.partition_keys.iter().zip(&partition.values)).all(|(key, value)| {
                wanted.iter().any(|(name, wanted)| *name == key.name && wanted == value)
            })
        });
        found.map(|partition| partition.location).ok_or_else(|| {
            let values: Vec<_> = (wanted.iter())
                .map(|(key, value)| format!("{key}={}", value.as_deref().unwrap_or_default()))
                .collect();
            refused::partition_not_found(&values.join("/"))
        })
    }
}

/// The columns of a table or view, the partition keys last. A view's have their types in Hive's words where it has them.
pub(crate) fn columns(relation: &Relation) -> Vec<ColumnDefinition> {
    match relation {
        Relation::Table(table) => {
            table.columns.iter().chain(&table.partition_keys).cloned().collect()
        }
        Relation::View(view) => (view.columns.iter())
            .map(|(name, trino_type)| ColumnDefinition {
                name: name.clone(),
                hive_type: TrinoType::parse(trino_type)
                    .and_then(|known| hive_type(&known))
                    .unwrap_or_else(|| trino_type.clone()),
                comment: None,
            })
            .collect(),
    }
}

/// The names of all functions, with what kind they are.
fn function_names(state: &SessionState) -> impl Iterator<Item = (&str, &'static str)> {
    let of = |kind: &'static str| move |name| (name, kind);
    (state.scalar_functions().keys().map(String::as_str).map(of("scalar")))
        .chain(state.higher_order_functions().keys().map(String::as_str).map(of("scalar")))
        .chain(state.aggregate_functions().keys().map(String::as_str).map(of("aggregate")))
        .chain(state.window_functions().keys().map(String::as_str).map(of("window")))
        // Functions that statements become, and people do not write, are not among them.
        .filter(|(name, _)| is_known(name))
}

/// Which names are shown.
struct Chosen(Option<Regex>);

impl Chosen {
    fn new(like: Option<&Like>) -> Result<Self> {
        let Some(like) = like else {
            return Ok(Self(None));
        };
        let mut pattern = String::from("^(?i:");
        match like {
            Like::Pattern(text) => {
                for character in text.chars() {
                    match character {
                        '*' => pattern.push_str(".*"),
                        '|' | '.' | '[' | ']' | '+' | '?' | '(' | ')' | '^' | '$' | '\\' => {
                            pattern.push(character);
                        }
                        other => pattern.push_str(&regex::escape(&other.to_string())),
                    }
                }
            }
            Like::Sql(text, escape) => {
                let mut characters = text.chars();
                while let Some(character) = characters.next() {
                    match character {
                        _ if Some(character) == *escape => {
                            let next = characters.next().map(String::from).unwrap_or_default();
                            pattern.push_str(&regex::escape(&next));
                        }
                        '%' => pattern.push_str(".*"),
                        '_' => pattern.push('.'),
                        other => pattern.push_str(&regex::escape(&other.to_string())),
                    }
                }
            }
        }
        pattern.push_str(")$");
        Regex::new(&pattern).map(|regex| Self(Some(regex))).map_err(|error| {
            let text = match like {
                Like::Pattern(text) | Like::Sql(text, _) => text,
            };
            Error::invalid_query(format!("`{text}` is no pattern")).because(error)
        })
    }

    fn takes(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|regex| regex.is_match(name))
    }
}

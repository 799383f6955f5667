//! Tables that are checked by their statements, before they are made.

use crate::catalog::{Partition, TableDefinition, partition_location};
use crate::check::rule::{Finding, INVALID_LOCATION, PLACEHOLDER};
use crate::dialect::ddl::statement::{AlterTable, Statement};
use crate::dialect::{self, Kind};
use crate::error::{Error, Result};
use crate::execute::location;
use crate::session::Session;

/// A table with what was found.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its database; empty where a statement names none.
    pub database: String,
    /// Its name.
    pub table: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// How many objects were listed.
    pub objects_listed: usize,
    /// How many of them were looked into.
    pub objects_opened: usize,
}

impl Checked {
    pub(crate) fn of(table: &TableDefinition) -> Self {
        Self {
            database: table.database.clone(),
            table: table.name.clone(),
            findings: Vec::new(),
            objects_listed: 0,
            objects_opened: 0,
        }
    }

    /// Whether something is wrong.
    pub fn is_wrong(&self) -> bool {
        self.findings.iter().any(Finding::is_wrong)
    }
}

impl Finding {
    /// Whether there is no sense in asking for what lies at the location.
    pub(crate) fn spares_listing(&self) -> bool {
        [&PLACEHOLDER, &INVALID_LOCATION].iter().any(|rule| rule.code == self.rule.code)
    }
}

impl Session<'_> {
    /// What is wrong with the tables that statements make, with the partitions that they add. Nothing is made.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for what is no statement, or if no table is made.
    pub async fn check_sql(&self, sql: &str) -> Result<Vec<Checked>> {
        let mut tables: Vec<(TableDefinition, Vec<Partition>)> = Vec::new();
        for statement in dialect::parse(sql)? {
            match statement.kind {
                Kind::Other(Statement::CreateTable(create)) => {
                    let mut table = create.table;
                    if table.database.is_empty() {
                        self.database().clone_into(&mut table.database);
                    }
                    // What is wrong with a location is a finding.
                    if let Ok(whole) = location(&table.location) {
                        table.location = whole;
                    }
                    tables.push((table, Vec::new()));
                }
                Kind::Other(Statement::AlterTable {
                    name,
                    action: AlterTable::AddPartitions { partitions, .. },
                }) => {
                    let found = tables.iter_mut().find(|(table, _)| {
                        let database = name.database.as_deref().unwrap_or(self.database());
                        table.name == name.name && table.database == database
                    });
                    let Some((table, added)) = found else { continue };
                    for (given, place) in partitions {
                        let values = table.partition_keys.iter().map(|key| {
                            let value = given.iter().find(|(name, _)| *name == key.name);
                            value.and_then(|(_, value)| value.clone())
                        });
                        let values: Vec<_> = values.collect();
                        let location = place.unwrap_or_else(|| partition_location(table, &values));
                        added.push(Partition { values, location });
                    }
                }
                _ => {}
            }
        }
        if tables.is_empty() {
            return Err(Error::invalid_query("no statement makes a table")
                .hint("write `CREATE EXTERNAL TABLE …`, or the name of a table"));
        }
        let mut checked = Vec::with_capacity(tables.len());
        for (table, partitions) in tables {
            checked.push(self.check_definition(&table, partitions).await);
        }
        Ok(checked)
    }
}

//! What Glue's API reads and writes in a catalog in a file, with the members that SQL does not use.

use std::sync::Arc;

use rusqlite::{OptionalExtension, params};

use crate::catalog::local::partitions::{check_keys, not_registered};
use crate::catalog::local::{
    IfMissing, LocalCatalog, check_partitions, entry, missing, parsed, table_entry, written,
};
use crate::catalog::{
    GlueMembers, Partition, RegisteredPartition, Relation, TableDefinition, View, partition_name,
    refused,
};
use crate::error::Result;

/// Whether a list has the partition with these values.
type Taken = Arc<dyn Fn(&[Option<String>]) -> bool + Send + Sync>;

/// Which partitions a page of a list has.
#[derive(Clone)]
pub struct PartitionPage {
    /// The values of the last partition of the page before; None for the first page.
    pub after: Option<Vec<Option<String>>>,
    /// Whether the list has the partition with these values.
    pub takes: Taken,
    /// How many partitions it has at most.
    pub partitions_max: usize,
}

impl PartitionPage {
    /// The page of partitions that have nothing but what SQL uses.
    pub(crate) fn of(&self, partitions: Vec<Partition>) -> Vec<RegisteredPartition> {
        let after = self.after.as_ref().map(written);
        let mut partitions: Vec<(String, Partition)> = (partitions.into_iter())
            .map(|partition| (written(&partition.values), partition))
            .filter(|(order, _)| after.as_ref().is_none_or(|after| order > after))
            .filter(|(_, partition)| (self.takes)(&partition.values))
            .collect();
        partitions.sort_by(|(one, _), (other, _)| one.cmp(other));
        (partitions.into_iter().take(self.partitions_max))
            .map(|(_, partition)| RegisteredPartition { partition, glue: None })
            .collect()
    }
}

impl LocalCatalog {
    /// Gives a table or a view another definition. It keeps the time when it was made, and its partitions.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none with this name, `InvalidQuery` if a table would become a view or a view a table, or
    /// there are partitions and the number of their keys would change.
    pub fn replace_relation(&self, relation: &Relation) -> Result<()> {
        let (database, name) = match relation {
            Relation::Table(table) => (&table.database, &table.name),
            Relation::View(view) => (&view.database, &view.name),
        };
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        self.write(|catalog| {
            let known = entry(catalog, &database, &name)?
                .ok_or_else(|| refused::table_not_found(&database, &name))?;
            let definition = match (known.relation()?, relation) {
                (Relation::Table(old), Relation::Table(new)) => {
                    check_partitions(catalog, (known.id, &old), new)?;
                    written(&TableDefinition { created_s: old.created_s, ..new.clone() })
                }
                (Relation::View(old), Relation::View(new)) => {
                    written(&View { created_s: old.created_s, ..new.clone() })
                }
                (Relation::Table(_), Relation::View(_)) => {
                    return Err(refused::not_a_view(&database, &name).into());
                }
                (Relation::View(_), Relation::Table(_)) => {
                    return Err(refused::not_a_table(&database, &name).into());
                }
            };
            catalog.execute(
                "UPDATE relations SET definition = ?2 WHERE id = ?1",
                params![known.id, definition],
            )?;
            Ok(())
        })
    }

    /// Drops a table with its partitions, or a view. The files stay. Gives whether there was one.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none.
    pub fn drop_relation(&self, database: &str, name: &str, if_missing: IfMissing) -> Result<bool> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        self.write(|catalog| {
            let Some(known) = entry(catalog, &database, &name)? else {
                return missing(if_missing, || refused::table_not_found(&database, &name));
            };
            catalog.execute("DELETE FROM relations WHERE id = ?1", [known.id])?;
            Ok(true)
        })
    }

    /// A page of the registered partitions of a table, in the order of their values as they are kept.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table.
    pub fn partition_page(
        &self,
        database: &str,
        table: &str,
        page: &PartitionPage,
    ) -> Result<Vec<RegisteredPartition>> {
        let (database, table) = (database.to_lowercase(), table.to_lowercase());
        // No values are written as an empty text: it comes before all.
        let after = page.after.as_ref().map_or_else(String::new, written);
        self.read(|catalog| {
            let (id, _) = table_entry(catalog, &database, &table)?;
            let mut statement = catalog.prepare(
                "SELECT key_values, location, glue FROM partitions
                 WHERE relation = ?1 AND key_values > ?2 ORDER BY key_values",
            )?;
            let mut rows = statement.query(params![id, after])?;
            let mut partitions = Vec::new();
            while partitions.len() < page.partitions_max
                && let Some(row) = rows.next()?
            {
                let values: Vec<Option<String>> = parsed(&row.get::<_, String>(0)?)?;
                if !(page.takes)(&values) {
                    continue;
                }
                let partition = Partition { values, location: row.get(1)? };
                let glue =
                    row.get::<_, Option<String>>(2)?.map(|glue| parsed(&glue)).transpose()?;
                partitions.push(RegisteredPartition { partition, glue });
            }
            Ok(partitions)
        })
    }

    /// The registered partitions with these values; None for those that are not registered.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table.
    pub fn partitions_of(
        &self,
        database: &str,
        table: &str,
        wanted: &[Vec<Option<String>>],
    ) -> Result<Vec<Option<RegisteredPartition>>> {
        let (database, table) = (database.to_lowercase(), table.to_lowercase());
        self.read(|catalog| {
            let (id, _) = table_entry(catalog, &database, &table)?;
            let mut select = catalog.prepare(
                "SELECT location, glue FROM partitions WHERE relation = ?1 AND key_values = ?2",
            )?;
            let found = wanted.iter().map(|values| {
                let row = select.query_row(params![id, written(values)], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
                });
                let Some((location, glue)) = row.optional()? else { return Ok(None) };
                let glue: Option<GlueMembers> = glue.map(|glue| parsed(&glue)).transpose()?;
                let partition = Partition { values: values.clone(), location };
                Ok(Some(RegisteredPartition { partition, glue }))
            });
            found.collect()
        })
    }

    /// Registers those partitions that are not registered yet. Gives of each whether it is new.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if one does not fit the table's keys, `NotFound` if there is no such table; then none is registered.
    pub fn register_partitions(
        &self,
        database: &str,
        table: &str,
        partitions: &[RegisteredPartition],
    ) -> Result<Vec<bool>> {
        self.write_table(database, table, |catalog, id, table| {
            let mut insert = catalog.prepare(
                "INSERT INTO partitions (relation, key_values, location, glue)
                 VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?;
            let registered = partitions.iter().map(|RegisteredPartition { partition, glue }| {
                check_keys(table, &partition.values)?;
                let values = written(&partition.values);
                let glue = glue.as_ref().map(written);
                Ok(insert.execute(params![id, values, partition.location, glue])? > 0)
            });
            registered.collect()
        })
    }

    /// Gives a registered partition other values, another place or other members.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not registered, `InvalidQuery` if there is another one with the new values.
    pub fn replace_partition(
        &self,
        database: &str,
        table: &str,
        from: &[Option<String>],
        to: &RegisteredPartition,
    ) -> Result<()> {
        self.write_table(database, table, |catalog, id, table| {
            let RegisteredPartition { partition, glue } = to;
            check_keys(table, from)?;
            check_keys(table, &partition.values)?;
            let (known, new) = (written(from), written(&partition.values));
            let mut statement = catalog
                .prepare("SELECT 1 FROM partitions WHERE relation = ?1 AND key_values = ?2")?;
            if !statement.exists(params![id, known])? {
                return Err(not_registered(table, from).into());
            }
            if known != new && statement.exists(params![id, new])? {
                let name = partition_name(&table.partition_keys, &partition.values);
                return Err(refused::partition_already_exists(&name).into());
            }
            catalog.execute(
                "UPDATE partitions SET key_values = ?3, location = ?4, glue = ?5
                 WHERE relation = ?1 AND key_values = ?2",
                params![id, known, new, partition.location, glue.as_ref().map(written)],
            )?;
            Ok(())
        })
    }

    /// Drops those partitions that are registered. The files stay. Gives of each whether it was.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table.
    pub fn forget_partitions(
        &self,
        database: &str,
        table: &str,
        partitions: &[Vec<Option<String>>],
    ) -> Result<Vec<bool>> {
        self.write_table(database, table, |catalog, id, _| {
            let mut delete = catalog
                .prepare("DELETE FROM partitions WHERE relation = ?1 AND key_values = ?2")?;
            let dropped = (partitions.iter())
                .map(|values| Ok(delete.execute(params![id, written(values)])? > 0));
            dropped.collect()
        })
    }
}

//! The registered partitions of the tables of a catalog in a file.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::catalog::local::file::Failure;
use crate::catalog::local::{
    IfExists, IfMissing, LocalCatalog, missing, parsed, table_entry, written,
};
use crate::catalog::{Partition, PartitionFilter, TableDefinition, partition_name, refused};
use crate::error::{Error, Result};
use crate::limits::PARTITIONS_MAX;

/// The values of a partition's keys, in their order.
type Values = [Option<String>];

impl LocalCatalog {
    /// Registers partitions, all or none. Gives how many are new or moved.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if one is registered or does not fit the table's keys, `NotFound` if there is no such table.
    pub fn add_partitions(
        &self,
        database: &str,
        table: &str,
        partitions: &[Partition],
        if_exists: IfExists,
    ) -> Result<usize> {
        self.write_table(database, table, |catalog, id, table| {
            insert(catalog, (id, table), partitions, if_exists)
        })
    }

    /// Where the partitions with these values lie; None for those that are not registered.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table.
    pub fn partition_locations(
        &self,
        database: &str,
        table: &str,
        partitions: &[Vec<Option<String>>],
    ) -> Result<Vec<Option<String>>> {
        let (database, table) = (database.to_lowercase(), table.to_lowercase());
        self.read(|catalog| {
            let (id, _) = table_entry(catalog, &database, &table)?;
            let mut select = catalog.prepare(
                "SELECT location FROM partitions WHERE relation = ?1 AND key_values = ?2",
            )?;
            let locations = partitions.iter().map(|values| {
                let found = select.query_row(params![id, written(values)], |row| row.get(0));
                Ok(found.optional()?)
            });
            locations.collect()
        })
    }

    /// Drops partitions, all or none. The files stay. Gives how many there were.
    ///
    /// # Errors
    ///
    /// `NotFound` if one is not registered, or if there is no such table.
    pub fn drop_partitions(
        &self,
        database: &str,
        table: &str,
        partitions: &[Vec<Option<String>>],
        if_missing: IfMissing,
    ) -> Result<usize> {
        self.write_table(database, table, |catalog, id, table| {
            let mut delete = catalog
                .prepare("DELETE FROM partitions WHERE relation = ?1 AND key_values = ?2")?;
            let mut dropped = 0;
            for values in partitions {
                check_keys(table, values)?;
                match delete.execute(params![id, written(values)])? {
                    0 => missing(if_missing, || not_registered(table, values)).map(|_| ())?,
                    number => dropped += number,
                }
            }
            Ok(dropped)
        })
    }

    /// The registered partitions of a table that may hold what a filter asks for, in the order of their values.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table, `LimitReached` for too many partitions.
    pub fn partitions(
        &self,
        database: &str,
        table: &str,
        filter: &PartitionFilter,
    ) -> Result<Vec<Partition>> {
        let (database, table) = (database.to_lowercase(), table.to_lowercase());
        self.read(|catalog| {
            let (id, _) = table_entry(catalog, &database, &table)?;
            let mut statement = catalog
                .prepare("SELECT key_values, location FROM partitions WHERE relation = ?1")?;
            let mut rows = statement.query([id])?;
            let mut partitions = Vec::new();
            while let Some(row) = rows.next()? {
                let values: Vec<Option<String>> = parsed(&row.get::<_, String>(0)?)?;
                if !filter.matches(&values) {
                    continue;
                }
                if partitions.len() == PARTITIONS_MAX {
                    return Err(refused::too_many_partitions(&table).into());
                }
                partitions.push(Partition { values, location: row.get(1)? });
            }
            partitions.sort_by(|one, other| one.values.cmp(&other.values));
            Ok(partitions)
        })
    }

    /// Says where a partition lies.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not registered, or if there is no such table.
    pub fn set_partition_location(
        &self,
        database: &str,
        table: &str,
        partition: &Partition,
    ) -> Result<()> {
        self.write_table(database, table, |catalog, id, table| {
            check_keys(table, &partition.values)?;
            let changed = catalog.execute(
                "UPDATE partitions SET location = ?3 WHERE relation = ?1 AND key_values = ?2",
                params![id, written(&partition.values), partition.location],
            )?;
            match changed {
                0 => Err(not_registered(table, &partition.values).into()),
                _ => Ok(()),
            }
        })
    }

    /// Gives a partition other values. It stays where it lies.
    ///
    /// # Errors
    ///
    /// `NotFound` if it is not registered, `InvalidQuery` if there is one with the new values.
    pub fn rename_partition(
        &self,
        database: &str,
        table: &str,
        from: &Values,
        to: &Values,
    ) -> Result<()> {
        self.write_table(database, table, |catalog, id, table| {
            check_keys(table, from)?;
            check_keys(table, to)?;
            let (known, new) = (written(from), written(to));
            let mut statement = catalog
                .prepare("SELECT 1 FROM partitions WHERE relation = ?1 AND key_values = ?2")?;
            if !statement.exists(params![id, known])? {
                return Err(not_registered(table, from).into());
            }
            if statement.exists(params![id, new])? {
                let name = partition_name(&table.partition_keys, to);
                return Err(refused::partition_already_exists(&name).into());
            }
            catalog.execute(
                "UPDATE partitions SET key_values = ?3 WHERE relation = ?1 AND key_values = ?2",
                params![id, known, new],
            )?;
            Ok(())
        })
    }
}

/// Registers partitions of a table.
pub(super) fn insert(
    catalog: &Transaction<'_>,
    (id, table): (i64, &TableDefinition),
    partitions: &[Partition],
    if_exists: IfExists,
) -> Result<usize, Failure> {
    let mut insert = catalog.prepare(match if_exists {
        IfExists::Fail | IfExists::Keep => {
            "INSERT INTO partitions (relation, key_values, location) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING"
        }
        IfExists::Replace => {
            "INSERT INTO partitions (relation, key_values, location) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET location = excluded.location"
        }
    })?;
    let mut changed = 0;
    for partition in partitions {
        check_keys(table, &partition.values)?;
        let values = written(&partition.values);
        match insert.execute(params![id, values, partition.location])? {
            0 if if_exists == IfExists::Fail => {
                let partition = partition_name(&table.partition_keys, &partition.values);
                return Err(refused::partition_already_exists(&partition).into());
            }
            number => changed += number,
        }
    }
    Ok(changed)
}

pub(super) fn check_keys(table: &TableDefinition, values: &Values) -> Result<(), Failure> {
    let keys = table.partition_keys.len();
    if keys == 0 || keys != values.len() {
        return Err(refused::partition_of_other_keys(&table.name, keys, values.len()).into());
    }
    Ok(())
}

pub(super) fn not_registered(table: &TableDefinition, values: &Values) -> Error {
    refused::partition_not_found(&partition_name(&table.partition_keys, values))
}

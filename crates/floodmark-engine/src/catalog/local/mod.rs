//! A catalog in a file of this machine: SQLite, for several processes at once, whole after a crash at any moment.

mod file;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::catalog::{
    DATABASE, Database, Partition, PartitionFilter, PreparedStatement, Relation, TableDefinition,
    View, partition_name, refused,
};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::PARTITIONS_MAX;
use file::Failure;

/// A catalog in a file.
///
/// Names of databases, tables and views are taken in any case, and kept in lower case. Each function is one transaction: it is done
/// as a whole, and on the disk, or not at all.
#[derive(Debug)]
pub struct LocalCatalog {
    path: PathBuf,
    connection: Mutex<file::Opened>,
}

/// What to do about a name that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfExists {
    /// It is an error, and nothing changes.
    Fail,
    /// What is there stays: `IF NOT EXISTS`.
    Keep,
    /// What is there is replaced: `OR REPLACE`, and `ALTER`.
    Replace,
}

/// What to do about a name that stands for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMissing {
    /// It is an error, and nothing changes.
    Fail,
    /// Nothing is to be done: `IF EXISTS`.
    Pass,
}

/// What to do about the tables and views of a database that is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// They keep the database from being dropped: `RESTRICT`.
    Refuse,
    /// They are dropped with it: `CASCADE`.
    Drop,
}

/// The values of a partition's keys, in their order.
type Values = [Option<String>];

/// What a name stands for, before its definition is read.
struct Entry {
    id: i64,
    database: String,
    name: String,
    is_view: bool,
    definition: String,
}

impl LocalCatalog {
    /// Opens a catalog. Where no file is, it is empty, and the first change makes the file. Only its user may read it.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file is damaged or in use, `AccessDenied` if it cannot be opened, `NotFound` if it is something else.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Mutex::new(file::Opened::new(path)?);
        Ok(Self { path: path.to_owned(), connection })
    }

    /// Makes an empty catalog that lasts as long as it is used.
    ///
    /// # Errors
    ///
    /// `Unavailable` if there is no memory for it.
    pub fn in_memory() -> Result<Self> {
        let connection = Mutex::new(file::Opened::in_memory()?);
        Ok(Self { path: PathBuf::from(":memory:"), connection })
    }

    /// Makes a database. Gives whether anything changed.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if there is one with this name.
    pub fn create_database(&self, database: &Database, if_exists: IfExists) -> Result<bool> {
        let name = database.name.to_lowercase();
        let definition = written(&Database { name: name.clone(), ..database.clone() });
        self.write(|catalog| {
            if read_database(catalog, &name)?.is_some() {
                match if_exists {
                    IfExists::Fail => return Err(refused::schema_already_exists(&name).into()),
                    IfExists::Keep => return Ok(false),
                    IfExists::Replace => {}
                }
            }
            catalog.execute(
                "INSERT INTO databases (name, definition) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
                params![name, definition],
            )?;
            Ok(true)
        })
    }

    /// Drops a database. Gives whether there was one.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none, `InvalidQuery` if it has tables or views, `NotSupported` for the database `default`.
    pub fn drop_database(
        &self,
        name: &str,
        contents: Contents,
        if_missing: IfMissing,
    ) -> Result<bool> {
        let name = name.to_lowercase();
        if name == DATABASE {
            let message = format!("the database {DATABASE} cannot be dropped");
            return Err(Error::new(ErrorKind::NotSupported, message).code("NOT_SUPPORTED"));
        }
        self.write(|catalog| {
            if read_database(catalog, &name)?.is_none() {
                return missing(if_missing, || refused::schema_not_found(&name));
            }
            if contents == Contents::Refuse && !entries(catalog, &name)?.is_empty() {
                return Err(refused::schema_not_empty(&name).into());
            }
            catalog.execute("DELETE FROM databases WHERE name = ?1", [&name])?;
            Ok(true)
        })
    }

    /// The database with this name, if there is one.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be read.
    pub fn database(&self, name: &str) -> Result<Option<Database>> {
        self.read(|catalog| read_database(catalog, &name.to_lowercase()))
    }

    /// All databases in the order of their names.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be read.
    pub fn databases(&self) -> Result<Vec<Database>> {
        self.read(|catalog| {
            let mut statement =
                catalog.prepare("SELECT definition FROM databases ORDER BY name")?;
            let definitions = statement.query_map([], |row| row.get::<_, String>(0))?;
            definitions.map(|definition| parsed(&definition?)).collect()
        })
    }

    /// Makes a table, or gives a table another definition. The partitions stay where their keys do. Gives whether anything changed.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if the name is taken, `NotFound` if there is no such database.
    pub fn create_table(&self, table: &TableDefinition, if_exists: IfExists) -> Result<bool> {
        let (database, name) = (table.database.to_lowercase(), table.name.to_lowercase());
        self.write(|catalog| {
            let entry = entry(catalog, &database, &name)?;
            if let Some(entry) = &entry {
                match if_exists {
                    IfExists::Fail => {
                        return Err(refused::table_already_exists(&database, &name).into());
                    }
                    IfExists::Keep => return Ok(false),
                    IfExists::Replace => {}
                }
                let known = entry.table()?;
                if known.partition_keys != table.partition_keys {
                    catalog.execute("DELETE FROM partitions WHERE relation = ?1", [entry.id])?;
                }
            }
            put(catalog, (&database, &name), "table", &written(table))?;
            Ok(true)
        })
    }

    /// Drops a table with its partitions. The files stay. Gives what it was.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table, `InvalidQuery` if it is a view.
    pub fn drop_table(
        &self,
        database: &str,
        name: &str,
        if_missing: IfMissing,
    ) -> Result<Option<TableDefinition>> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        self.write(|catalog| {
            let Some(entry) = entry(catalog, &database, &name)? else {
                missing(if_missing, || refused::table_not_found(&database, &name))?;
                return Ok(None);
            };
            let table = entry.table()?;
            catalog.execute("DELETE FROM relations WHERE id = ?1", [entry.id])?;
            Ok(Some(table))
        })
    }

    /// Makes a view. Gives whether anything changed.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if the name is taken, `NotFound` if there is no such database.
    pub fn create_view(&self, view: &View, if_exists: IfExists) -> Result<bool> {
        let (database, name) = (view.database.to_lowercase(), view.name.to_lowercase());
        self.write(|catalog| {
            if let Some(entry) = entry(catalog, &database, &name)? {
                match if_exists {
                    IfExists::Replace if entry.is_view => {}
                    IfExists::Keep => return Ok(false),
                    IfExists::Fail | IfExists::Replace => {
                        return Err(refused::table_already_exists(&database, &name).into());
                    }
                }
            }
            put(catalog, (&database, &name), "view", &written(view))?;
            Ok(true)
        })
    }

    /// Drops a view. Gives whether there was one.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such view, `InvalidQuery` if it is a table.
    pub fn drop_view(&self, database: &str, name: &str, if_missing: IfMissing) -> Result<bool> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        self.write(|catalog| {
            let Some(entry) = entry(catalog, &database, &name)? else {
                return missing(if_missing, || refused::view_not_found(&database, &name));
            };
            if !entry.is_view {
                return Err(refused::not_a_view(&database, &name).into());
            }
            catalog.execute("DELETE FROM relations WHERE id = ?1", [entry.id])?;
            Ok(true)
        })
    }

    /// What a name stands for, if it stands for something.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be read.
    pub fn relation(&self, database: &str, name: &str) -> Result<Option<Relation>> {
        let (database, name) = (database.to_lowercase(), name.to_lowercase());
        self.read(|catalog| {
            entry(catalog, &database, &name)?.map(|entry| entry.relation()).transpose()
        })
    }

    /// All tables and views of a database in the order of their names.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such database.
    pub fn relations(&self, database: &str) -> Result<Vec<Relation>> {
        let database = database.to_lowercase();
        self.read(|catalog| {
            if read_database(catalog, &database)?.is_none() {
                return Err(refused::schema_not_found(&database).into());
            }
            entries(catalog, &database)?.iter().map(Entry::relation).collect()
        })
    }

    /// Gives a table or a view another name, perhaps in another database.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table or database, `InvalidQuery` if the new name is taken.
    pub fn rename(&self, from: (&str, &str), to: (&str, &str)) -> Result<()> {
        let (database, name) = (from.0.to_lowercase(), from.1.to_lowercase());
        let (new_database, new_name) = (to.0.to_lowercase(), to.1.to_lowercase());
        self.write(|catalog| {
            let known = entry(catalog, &database, &name)?
                .ok_or_else(|| refused::table_not_found(&database, &name))?;
            if read_database(catalog, &new_database)?.is_none() {
                return Err(refused::schema_not_found(&new_database).into());
            }
            if entry(catalog, &new_database, &new_name)?.is_some() {
                return Err(refused::table_already_exists(&new_database, &new_name).into());
            }
            catalog.execute(
                "UPDATE relations SET database = ?2, name = ?3 WHERE id = ?1",
                params![known.id, new_database, new_name],
            )?;
            Ok(())
        })
    }

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

    /// Keeps a prepared statement, in place of one with the same name. Its name is kept as it is written.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be written.
    pub fn put_prepared(&self, statement: &PreparedStatement) -> Result<()> {
        let PreparedStatement { workgroup, name, sql, description, modified_s } = statement;
        self.write(|catalog| {
            catalog.execute(
                "INSERT OR REPLACE INTO prepared_statements
                     (workgroup, name, sql, description, modified_s) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![workgroup, name, sql, description, modified_s],
            )?;
            Ok(())
        })
    }

    /// The prepared statement with this name, if there is one.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be read.
    pub fn prepared(&self, workgroup: &str, name: &str) -> Result<Option<PreparedStatement>> {
        let statements = self.all_prepared(workgroup)?;
        Ok(statements.into_iter().find(|statement| statement.name == name))
    }

    /// All prepared statements of a workgroup in the order of their names.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be read.
    pub fn all_prepared(&self, workgroup: &str) -> Result<Vec<PreparedStatement>> {
        self.read(|catalog| {
            let mut select = catalog.prepare(
                "SELECT workgroup, name, sql, description, modified_s FROM prepared_statements
                 WHERE workgroup = ?1 ORDER BY name",
            )?;
            let statements = select.query_map([workgroup], |row| {
                Ok(PreparedStatement {
                    workgroup: row.get(0)?,
                    name: row.get(1)?,
                    sql: row.get(2)?,
                    description: row.get(3)?,
                    modified_s: row.get(4)?,
                })
            })?;
            Ok(statements.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Forgets a prepared statement. Gives whether there was one.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none with this name.
    pub fn drop_prepared(
        &self,
        workgroup: &str,
        name: &str,
        if_missing: IfMissing,
    ) -> Result<bool> {
        self.write(|catalog| {
            let dropped = catalog.execute(
                "DELETE FROM prepared_statements WHERE workgroup = ?1 AND name = ?2",
                [workgroup, name],
            )?;
            match dropped {
                0 => missing(if_missing, || refused::prepared_not_found(name)),
                _ => Ok(true),
            }
        })
    }

    fn lock(&self) -> MutexGuard<'_, file::Opened> {
        // A panic in a transaction has undone it.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads at one moment.
    fn read<T>(&self, read: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>) -> Result<T> {
        let mut opened = self.lock();
        let connection = opened.to_read(&self.path)?;
        let result = (connection.transaction_with_behavior(TransactionBehavior::Deferred))
            .map_err(Failure::from)
            .and_then(|transaction| read(&transaction));
        result.map_err(|failure| file::explain(&self.path, failure))
    }

    /// Writes all or nothing, one process after the other.
    fn write<T>(&self, write: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>) -> Result<T> {
        let mut opened = self.lock();
        let connection = opened.to_write(&self.path)?;
        let result = (connection.transaction_with_behavior(TransactionBehavior::Immediate))
            .map_err(Failure::from)
            .and_then(|transaction| {
                let done = write(&transaction)?;
                transaction.commit()?;
                Ok(done)
            });
        result.map_err(|failure| file::explain(&self.path, failure))
    }

    /// Writes what belongs to a table.
    fn write_table<T>(
        &self,
        database: &str,
        table: &str,
        write: impl FnOnce(&Transaction<'_>, i64, &TableDefinition) -> Result<T, Failure>,
    ) -> Result<T> {
        let (database, table) = (database.to_lowercase(), table.to_lowercase());
        self.write(|catalog| {
            let (id, table) = table_entry(catalog, &database, &table)?;
            write(catalog, id, &table)
        })
    }
}

impl Entry {
    fn relation(&self) -> Result<Relation, Failure> {
        // A name changes without the definition.
        let (database, name) = (self.database.clone(), self.name.clone());
        Ok(if self.is_view {
            Relation::View(View { database, name, ..parsed(&self.definition)? })
        } else {
            Relation::Table(TableDefinition { database, name, ..parsed(&self.definition)? })
        })
    }

    fn table(&self) -> Result<TableDefinition, Failure> {
        match self.relation()? {
            Relation::Table(table) => Ok(table),
            Relation::View(view) => Err(refused::not_a_table(&view.database, &view.name).into()),
        }
    }
}

fn read_database(catalog: &Transaction<'_>, name: &str) -> Result<Option<Database>, Failure> {
    let definition = catalog
        .query_row("SELECT definition FROM databases WHERE name = ?1", [name], |row| {
            row.get::<_, String>(0)
        })
        .optional()?;
    definition.map(|definition| parsed(&definition)).transpose()
}

const ENTRY: &str = "SELECT id, database, name, kind, definition FROM relations";

fn read_entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get(0)?,
        database: row.get(1)?,
        name: row.get(2)?,
        is_view: row.get::<_, String>(3)? == "view",
        definition: row.get(4)?,
    })
}

fn entry(catalog: &Transaction<'_>, database: &str, name: &str) -> Result<Option<Entry>, Failure> {
    let sql = format!("{ENTRY} WHERE database = ?1 AND name = ?2");
    Ok(catalog.query_row(&sql, [database, name], read_entry).optional()?)
}

fn entries(catalog: &Transaction<'_>, database: &str) -> Result<Vec<Entry>, Failure> {
    let mut select = catalog.prepare(&format!("{ENTRY} WHERE database = ?1 ORDER BY name"))?;
    let entries = select.query_map([database], read_entry)?;
    Ok(entries.collect::<rusqlite::Result<_>>()?)
}

fn table_entry(
    catalog: &Transaction<'_>,
    database: &str,
    name: &str,
) -> Result<(i64, TableDefinition), Failure> {
    let entry =
        entry(catalog, database, name)?.ok_or_else(|| refused::table_not_found(database, name))?;
    Ok((entry.id, entry.table()?))
}

/// Writes a definition under a name, in place of the one that is there.
fn put(
    catalog: &Transaction<'_>,
    (database, name): (&str, &str),
    kind: &str,
    definition: &str,
) -> Result<(), Failure> {
    if read_database(catalog, database)?.is_none() {
        return Err(refused::schema_not_found(database).into());
    }
    catalog.execute(
        "INSERT INTO relations (database, name, kind, definition) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (database, name) DO UPDATE
             SET kind = excluded.kind, definition = excluded.definition",
        [database, name, kind, definition],
    )?;
    Ok(())
}

/// Whether there was something: there was not.
fn missing(if_missing: IfMissing, error: impl FnOnce() -> Error) -> Result<bool, Failure> {
    match if_missing {
        IfMissing::Fail => Err(error().into()),
        IfMissing::Pass => Ok(false),
    }
}

fn check_keys(table: &TableDefinition, values: &Values) -> Result<(), Failure> {
    let keys = table.partition_keys.len();
    if keys == 0 || keys != values.len() {
        return Err(refused::partition_of_other_keys(&table.name, keys, values.len()).into());
    }
    Ok(())
}

fn not_registered(table: &TableDefinition, values: &Values) -> Error {
    refused::partition_not_found(&partition_name(&table.partition_keys, values))
}

fn written<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists of them have a JSON")
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::Damaged(format!("a definition cannot be read: {error}")))
}

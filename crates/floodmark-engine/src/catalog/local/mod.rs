//! A catalog in a file of this machine: SQLite, for several processes at once, whole after a crash at any moment.

mod entries;
mod file;
mod partitions;
mod prepared;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::catalog::{
    DATABASE, Database, Partition, RESERVED, Relation, TableDefinition, View, refused,
};
use crate::error::{Error, ErrorKind, Result};
pub use entries::PartitionPage;
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
    /// `InvalidQuery` if there is one with this name, or the name is reserved.
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
            } else if RESERVED.contains(&name.as_str()) {
                return Err(refused::schema_reserved(&name).into());
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

    /// Makes a table, or gives a table another definition. The partitions stay. Gives whether anything changed.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if the name is taken, or there are partitions and the number of their keys would change, `NotFound` if there is no such database.
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
                check_partitions(catalog, (entry.id, &entry.table()?), table)?;
            }
            put(catalog, (&database, &name), "table", &written(table))?;
            Ok(true)
        })
    }

    /// Makes a table with its first partitions: nobody sees it without them.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` if the name is taken, `NotFound` if there is no such database.
    pub fn create_filled_table(
        &self,
        table: &TableDefinition,
        partitions: &[Partition],
    ) -> Result<()> {
        let (database, name) = (table.database.to_lowercase(), table.name.to_lowercase());
        self.write(|catalog| {
            if entry(catalog, &database, &name)?.is_some() {
                return Err(refused::table_already_exists(&database, &name).into());
            }
            put(catalog, (&database, &name), "table", &written(table))?;
            let (id, table) = table_entry(catalog, &database, &name)?;
            partitions::insert(catalog, (id, &table), partitions, IfExists::Keep)?;
            Ok(())
        })
    }

    /// Gives a table another definition, made of the one that it has: nobody changes it in between. The partitions stay.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such table, `InvalidQuery` if it is a view, or there are partitions and the number of their keys
    /// would change, and what the change says.
    pub fn change_table(
        &self,
        database: &str,
        name: &str,
        change: impl FnOnce(&mut TableDefinition) -> Result<()>,
    ) -> Result<()> {
        self.write_table(database, name, |catalog, id, known| {
            let mut table = known.clone();
            change(&mut table)?;
            check_partitions(catalog, (id, known), &table)?;
            catalog.execute(
                "UPDATE relations SET definition = ?2 WHERE id = ?1",
                params![id, written(&table)],
            )?;
            Ok(())
        })
    }

    /// Gives a database another definition, made of the one that it has. Its name stays.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such database, and what the change says.
    pub fn change_database(
        &self,
        name: &str,
        change: impl FnOnce(&mut Database) -> Result<()>,
    ) -> Result<()> {
        let name = name.to_lowercase();
        self.write(|catalog| {
            let mut database = read_database(catalog, &name)?
                .ok_or_else(|| Failure::from(refused::schema_not_found(&name)))?;
            change(&mut database)?;
            database.name.clone_from(&name);
            catalog.execute(
                "UPDATE databases SET definition = ?2 WHERE name = ?1",
                [&name, &written(&database)],
            )?;
            Ok(())
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

    fn lock(&self) -> MutexGuard<'_, file::Opened> {
        // A panic in a transaction has undone it.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads at one moment.
    fn read<T>(&self, read: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>) -> Result<T> {
        let mut opened = self.lock();
        let connection = opened.reader(&self.path)?;
        let result = (connection.transaction_with_behavior(TransactionBehavior::Deferred))
            .map_err(Failure::from)
            .and_then(|transaction| read(&transaction));
        result.map_err(|failure| file::explain(&self.path, failure))
    }

    /// Writes all or nothing, one process after the other.
    fn write<T>(&self, write: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>) -> Result<T> {
        let mut opened = self.lock();
        let connection = opened.writer(&self.path)?;
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

/// Refuses another definition of a table whose partitions would not fit it: none is dropped in silence.
fn check_partitions(
    catalog: &Transaction<'_>,
    (id, known): (i64, &TableDefinition),
    table: &TableDefinition,
) -> Result<(), Failure> {
    let (keys, new_keys) = (known.partition_keys.len(), table.partition_keys.len());
    let mut partitions = catalog.prepare("SELECT 1 FROM partitions WHERE relation = ?1")?;
    if keys != new_keys && partitions.exists([id])? {
        return Err(refused::has_partitions(&known.name, keys, new_keys).into());
    }
    Ok(())
}

/// Whether there was something: there was not.
fn missing(if_missing: IfMissing, error: impl FnOnce() -> Error) -> Result<bool, Failure> {
    match if_missing {
        IfMissing::Fail => Err(error().into()),
        IfMissing::Pass => Ok(false),
    }
}

fn written<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists of them have a JSON")
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::Damaged(format!("a definition cannot be read: {error}")))
}

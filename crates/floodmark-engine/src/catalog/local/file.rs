//! The file of the local catalog: opened, made, brought to today's layout, and what is wrong with it.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::error::{Error, ErrorKind};
use crate::limits::CATALOG_WAIT_MAX;

/// Why the file did not do what was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// SQLite says so.
    Sqlite(rusqlite::Error),
    /// What is written in it cannot be meant.
    Damaged(String),
    /// It works, and the answer is no.
    Refused(Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// What SQLite keeps in the file to say whose it is: `Flod`.
const APPLICATION: i32 = 0x466c_6f64;

/// How the file got its layout, step by step. A file says how many of them it has gone; a step that was published stays as it is.
const STEPS: &[&str] = &[
    "
    CREATE TABLE databases (
        name TEXT NOT NULL PRIMARY KEY,
        definition TEXT NOT NULL
    ) STRICT;
    CREATE TABLE relations (
        id INTEGER PRIMARY KEY,
        database TEXT NOT NULL REFERENCES databases (name) ON DELETE CASCADE,
        name TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('table', 'view')),
        definition TEXT NOT NULL,
        UNIQUE (database, name)
    ) STRICT;
    CREATE TABLE partitions (
        relation INTEGER NOT NULL REFERENCES relations (id) ON DELETE CASCADE,
        key_values TEXT NOT NULL,
        location TEXT NOT NULL,
        PRIMARY KEY (relation, key_values)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE prepared_statements (
        workgroup TEXT NOT NULL,
        name TEXT NOT NULL,
        sql TEXT NOT NULL,
        description TEXT,
        modified_s INTEGER NOT NULL,
        PRIMARY KEY (workgroup, name)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO databases (name, definition) VALUES ('default', '{\"name\":\"default\"}');
",
    "
    ALTER TABLE partitions ADD COLUMN glue TEXT;
",
];

/// The size of the pages that the file consists of, in bytes. It is SQLite's own, written down because a cut file is known by it.
const PAGE_BYTES: u64 = 4096;

/// A catalog that is open. What is not there yet is empty, and is made by the first change: making it takes longer than most queries plan.
#[derive(Debug)]
pub(super) struct Opened {
    connection: Connection,
    is_there: bool,
}

impl Opened {
    /// Opens the file, if there is one.
    pub(super) fn new(path: &Path) -> Result<Self, Error> {
        let is_there = path.exists();
        let connection = if is_there { open(path)? } else { in_memory()? };
        Ok(Self { connection, is_there })
    }

    /// A catalog in memory, which goes away with its connection.
    pub(super) fn in_memory() -> Result<Self, Error> {
        Ok(Self { connection: in_memory()?, is_there: true })
    }

    /// The connection to read by. Another process may have made the file.
    pub(super) fn reader(&mut self, path: &Path) -> Result<&mut Connection, Error> {
        if !self.is_there && path.exists() {
            return self.writer(path);
        }
        Ok(&mut self.connection)
    }

    /// The connection to write by.
    pub(super) fn writer(&mut self, path: &Path) -> Result<&mut Connection, Error> {
        if !self.is_there {
            self.connection = open(path)?;
            self.is_there = true;
        }
        Ok(&mut self.connection)
    }
}

fn in_memory() -> Result<Connection, Error> {
    let made = || -> Result<Connection, Failure> {
        let mut connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let transaction = connection.transaction()?;
        for step in STEPS {
            transaction.execute_batch(step)?;
        }
        transaction.commit()?;
        Ok(connection)
    };
    made().map_err(|failure| explain(Path::new(":memory:"), failure))
}

/// Opens the file, and makes it if there is none.
fn open(path: &Path) -> Result<Connection, Error> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder).map_err(|error| {
            let message = format!("cannot make the folder `{}`: {error}", folder.display());
            Error::new(ErrorKind::AccessDenied, message).because(error)
        })?;
    }
    connect(path).map_err(|failure| explain(path, failure))
}

fn connect(path: &Path) -> Result<Connection, Failure> {
    if !path.exists() {
        make(path)?;
    }
    check_length(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(CATALOG_WAIT_MAX)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A commit is on the disk before the statement ends.
    connection.pragma_update(None, "synchronous", "full")?;
    if layout(&connection, path)? < STEPS.len() {
        migrate(&mut connection, path)?;
    }
    Ok(connection)
}

/// Makes an empty catalog, unless another process is quicker. It is whole when it gets its name, so that nobody sees half of it.
fn make(path: &Path) -> Result<(), Failure> {
    let new = beside(path, &format!("-{}.new", uuid::Uuid::new_v4()));
    let refused = |error: std::io::Error| {
        let message = format!("cannot make the catalog `{}`: {error}", path.display());
        let error = Error::new(ErrorKind::AccessDenied, message).because(error);
        Failure::Refused(error.hint("check the permissions of its folder"))
    };
    let mut connection = Connection::open(&new)?;
    // Nothing is in it yet. SQLite gives the files that it makes beside it the same permissions.
    make_private(&new).map_err(refused)?;
    migrate(&mut connection, path)?;
    connection.close().map_err(|(_, error)| error)?;
    // A link does not replace what is there, but not every disk has links.
    let linked = match std::fs::hard_link(&new, path) {
        Err(_) if !path.exists() => std::fs::rename(&new, path),
        _ => Ok(()),
    };
    let _ = std::fs::remove_file(&new);
    linked.map_err(refused)
}

/// How many steps the file has gone. What is not ours is not touched.
fn layout(connection: &Connection, path: &Path) -> Result<usize, Failure> {
    let (application, steps, objects): (i32, i64, i64) = connection.query_row(
        "SELECT (SELECT application_id FROM pragma_application_id),
                (SELECT user_version FROM pragma_user_version),
                (SELECT count(*) FROM sqlite_schema)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let path = path.display();
    if application != APPLICATION && (application, steps, objects) != (0, 0, 0) {
        let message = format!("`{path}` is a database of another program, and no catalog");
        return Err(Error::not_found(message).hint("name another file for the catalog").into());
    }
    match usize::try_from(steps) {
        Ok(steps) if steps <= STEPS.len() => Ok(steps),
        _ => {
            let message = format!(
                "the catalog `{path}` has layout {steps}, and this version knows {}",
                STEPS.len()
            );
            let error = Error::new(ErrorKind::NotSupported, message);
            Err(error.hint("a newer version made it: update this one").into())
        }
    }
}

/// Goes the steps that the file has not gone, all or none.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Failure> {
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if journal != "wal" {
        // Readers do not wait for who writes.
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been quicker.
    let gone = layout(&transaction, path)?;
    for step in &STEPS[gone..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    let steps = i64::try_from(STEPS.len()).expect("a list in this file");
    transaction.pragma_update(None, "user_version", steps)?;
    transaction.commit()?;
    Ok(())
}

/// Tells a file that was cut. SQLite fills up what is missing of a page with zeros, and a file without a byte it takes for a new one.
fn check_length(path: &Path) -> Result<(), Failure> {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length(&beside(path, "-wal")) > 0 {
        return match length(path) {
            0 => Err(Failure::Damaged("it is empty, but its journal is not".to_owned())),
            // Who writes into the file from the journal may have been stopped: SQLite goes on with that.
            _ => Ok(()),
        };
    }
    if length(path) % PAGE_BYTES != 0 {
        return Err(Failure::Damaged("its end is missing".to_owned()));
    }
    Ok(())
}

/// The file that SQLite makes beside another.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// What a failure means for the user.
pub(super) fn explain(path: &Path, failure: Failure) -> Error {
    let error = match failure {
        Failure::Refused(error) => return error,
        Failure::Damaged(reason) => return damaged(path, reason),
        Failure::Sqlite(error) => error,
    };
    let shown = path.display();
    let (kind, message, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            return damaged(path, &error).because(error);
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            ErrorKind::Unavailable,
            format!(
                "the catalog `{shown}` was in use by another process for {} s",
                CATALOG_WAIT_MAX.as_secs()
            ),
            "try again when that process has ended",
        ),
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied,
        ) => (
            ErrorKind::AccessDenied,
            format!("the catalog `{shown}` cannot be opened for writing"),
            "check the permissions of the file and of its folder",
        ),
        Some(ErrorCode::DiskFull) => (
            ErrorKind::Unavailable,
            format!("the catalog `{shown}` cannot be written: the disk is full"),
            "make room and try again; what was there is as it was",
        ),
        Some(ErrorCode::SystemIoFailure) => (
            ErrorKind::Unavailable,
            format!("the catalog `{shown}` cannot be read or written: {error}"),
            "check the disk that it lies on",
        ),
        _ => match &error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(_) => return damaged(path, &error).because(error),
            _ => {
                let message = format!("the catalog `{shown}` cannot be used: {error}");
                return Error::new(ErrorKind::Internal, message).because(error);
            }
        },
    };
    Error::new(kind, message).hint(hint).because(error)
}

fn damaged(path: &Path, reason: impl Display) -> Error {
    let path = path.display();
    let message = format!("the catalog `{path}` is damaged: {reason}");
    Error::new(ErrorKind::Unavailable, message).hint(format!(
        "nothing was changed: move `{path}` and, if they are there, `{path}-wal` and `{path}-shm` to another place, or put a copy back; without the file a new catalog is made"
    ))
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

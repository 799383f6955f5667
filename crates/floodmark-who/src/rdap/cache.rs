//! The file of answers: opened, made, read whole, added to.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use crate::limits::CACHE_WAIT_MAX;
use crate::rdap::Network;
use crate::{Error, ErrorKind, Result};

/// What SQLite keeps in the file to say whose it is: `FlRd`.
const APPLICATION: i32 = 0x466c_5264;

/// The layout of the file that this version writes and reads.
const LAYOUT: i64 = 1;

const TABLES: &str = "
    CREATE TABLE networks (
        first TEXT NOT NULL,
        last TEXT NOT NULL,
        fetched_s INTEGER NOT NULL,
        registry TEXT NOT NULL,
        name TEXT,
        handle TEXT,
        owner TEXT,
        country TEXT,
        abuse TEXT,
        parent TEXT,
        kind TEXT,
        PRIMARY KEY (first, last)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE absences (
        address TEXT NOT NULL PRIMARY KEY,
        fetched_s INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE bootstrap (
        url TEXT NOT NULL PRIMARY KEY,
        fetched_s INTEGER NOT NULL,
        content TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// The file, which is made by the first answer.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Cache {
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let connection = if path.exists() { Some(connect(&path)?) } else { None };
        Ok(Self { path, connection: Mutex::new(connection) })
    }

    pub(super) fn without_file() -> Self {
        Self { path: PathBuf::new(), connection: Mutex::new(None) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// All networks, in the order in which they were fetched.
    pub(super) fn networks(&self) -> Result<Vec<Network>> {
        const SQL: &str = "SELECT first, last, fetched_s, registry, name, handle, owner, country, abuse, parent, kind
            FROM networks ORDER BY fetched_s, first, last";
        self.rows(SQL, |row| {
            let (start, end) = (address(row, 0)?, address(row, 1)?);
            if start.is_ipv4() != end.is_ipv4() || start > end {
                return Err(unreadable(1, "the last address of a network is before its first"));
            }
            Ok(Network {
                registry: row.get(3)?,
                name: row.get(4)?,
                handle: row.get(5)?,
                owner: row.get(6)?,
                country: row.get(7)?,
                abuse: row.get(8)?,
                parent: row.get(9)?,
                kind: row.get(10)?,
                ..Network::new(start, end, row.get(2)?)
            })
        })
    }

    /// All addresses in no network, each with the time at which its registry said so.
    pub(super) fn nothing<C: FromIterator<(IpAddr, i64)>>(&self) -> Result<C> {
        let rows = self.rows("SELECT address, fetched_s FROM absences", |row| {
            Ok((address(row, 0)?, row.get(1)?))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// A list of registries and when it was fetched.
    pub(super) fn bootstrap(&self, url: &str) -> Result<Option<(i64, String)>> {
        let Some(connection) = &*self.lock() else { return Ok(None) };
        let sql = "SELECT fetched_s, content FROM bootstrap WHERE url = ?";
        let row = connection.query_row(sql, [url], |row| Ok((row.get(0)?, row.get(1)?)));
        row.optional().map_err(|error| explain(&self.path, error))
    }

    pub(super) fn keep(&self, network: &Network) -> Result<()> {
        self.change(|connection| {
            connection.execute(
                "INSERT OR REPLACE INTO networks
                 (first, last, fetched_s, registry, name, handle, owner, country, abuse, parent, kind)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    network.start.to_string(),
                    network.end.to_string(),
                    network.fetched,
                    network.registry,
                    network.name,
                    network.handle,
                    network.owner,
                    network.country,
                    network.abuse,
                    network.parent,
                    network.kind,
                ],
            )
        })
    }

    pub(super) fn keep_nothing(&self, address: IpAddr, now: i64) -> Result<()> {
        self.change(|connection| {
            let sql = "INSERT OR REPLACE INTO absences (address, fetched_s) VALUES (?, ?)";
            connection.execute(sql, params![address.to_string(), now])
        })
    }

    pub(super) fn keep_bootstrap(&self, url: &str, content: &str, now: i64) -> Result<()> {
        self.change(|connection| {
            let sql = "INSERT OR REPLACE INTO bootstrap (url, fetched_s, content) VALUES (?, ?, ?)";
            connection.execute(sql, params![url, now, content])
        })
    }

    fn change(&self, change: impl Fn(&Connection) -> rusqlite::Result<usize>) -> Result<()> {
        let mut connection = self.lock();
        let connection = match &mut *connection {
            Some(connection) => connection,
            none => none.insert(connect(&self.path)?),
        };
        change(connection).map_err(|error| explain(&self.path, error))?;
        Ok(())
    }

    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let Some(connection) = &*self.lock() else { return Ok(Vec::new()) };
        let rows = || -> rusqlite::Result<Vec<T>> {
            connection.prepare(sql)?.query_map([], read)?.collect()
        };
        rows().map_err(|error| explain(&self.path, error))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the file, and makes it if there is none.
fn connect(path: &Path) -> Result<Connection> {
    if !path.exists() {
        make(path)?;
    }
    let (connection, application, layout) = match opened(path, false) {
        // Who may only read the folder still reads what is there.
        Err(error) if is_barred(&error) => opened(path, true),
        opened => opened,
    }
    .map_err(|error| explain(path, error))?;
    if application != APPLICATION {
        let message = format!("`{}` is no file of networks", path.display());
        return Err(Error::not_found(message).hint(WAY_OUT));
    }
    if layout != LAYOUT {
        let message = format!(
            "`{}` has layout {layout}, and this version knows {LAYOUT}: another version made it",
            path.display()
        );
        return Err(Error::new(ErrorKind::NotSupported, message).hint(WAY_OUT));
    }
    Ok(connection)
}

/// A connection, and whose file it is and of which layout. An unchanging file is read as it lies there, without the files that SQLite
/// makes beside it: what other processes write meanwhile is not seen.
fn opened(path: &Path, is_unchanging: bool) -> rusqlite::Result<(Connection, i32, i64)> {
    let connection = if is_unchanging {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_URI;
        let escaped = path.display().to_string();
        let escaped = escaped.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)?
    } else {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(CACHE_WAIT_MAX)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // What a power failure takes is asked for again: no commit waits for the disk.
    connection.pragma_update(None, "synchronous", "normal")?;
    let application = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let layout = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok((connection, application, layout))
}

/// Whether the file or its folder may not be written.
fn is_barred(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly)
    )
}

/// Makes an empty file, unless another process is quicker. It is whole when it gets its name, so that nobody sees half of it.
fn make(path: &Path) -> Result<()> {
    let refused = |error: std::io::Error| {
        let message = format!("cannot make `{}`: {error}", path.display());
        Error::new(ErrorKind::Unavailable, message)
            .hint("check the folder's permissions and the free space, or name another one with `--home`")
            .because(error)
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(refused)?;
    let new = tempfile::NamedTempFile::new_in(folder).map_err(refused)?;
    let filled = || -> rusqlite::Result<()> {
        let connection = Connection::open(new.path())?;
        // Readers do not wait for who writes.
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        connection.execute_batch(TABLES)?;
        connection.pragma_update(None, "application_id", APPLICATION)?;
        connection.pragma_update(None, "user_version", LAYOUT)?;
        connection.close().map_err(|(_, error)| error)
    };
    filled().map_err(|error| explain(path, error))?;
    match new.persist_noclobber(path) {
        Err(error) if !path.exists() => Err(refused(error.error)),
        _ => Ok(()),
    }
}

const WAY_OUT: &str = "remove it: its answers are asked for again where they are needed";

/// What SQLite's error means here.
fn explain(path: &Path, error: rusqlite::Error) -> Error {
    let path = path.display();
    let (kind, message, hint) = match &error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => (
                ErrorKind::Unavailable,
                format!("`{path}` is in use by another process for too long"),
                "try again when it has ended",
            ),
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly => (
                ErrorKind::AccessDenied,
                format!("cannot open `{path}`: {error}"),
                "check the permissions of the file and of its folder",
            ),
            ErrorCode::DiskFull => (
                ErrorKind::Unavailable,
                format!("cannot write `{path}`: the disk is full"),
                "make room, or name another folder with `--home`",
            ),
            _ => (ErrorKind::NotFound, format!("`{path}` is damaged: {error}"), WAY_OUT),
        },
        _ => (ErrorKind::NotFound, format!("`{path}` is damaged: {error}"), WAY_OUT),
    };
    Error::new(kind, message).hint(hint).because(error)
}

fn address(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<IpAddr> {
    let text: String = row.get(column)?;
    text.parse().map_err(|_| unreadable(column, "an address cannot be read"))
}

fn unreadable(column: usize, what: &str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_may_not_be_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a #1? 100%.sqlite");
        connect(&path).unwrap();
        let (connection, application, layout) = opened(&path, true).unwrap();
        assert_eq!((application, layout), (APPLICATION, LAYOUT));
        let refused = connection.execute("DELETE FROM networks", []).unwrap_err();
        assert!(is_barred(&refused), "{refused}");
    }
}

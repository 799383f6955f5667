//! The prepared statements of a catalog in a file.

use rusqlite::params;

use crate::catalog::local::{IfMissing, LocalCatalog, missing};
use crate::catalog::{PreparedStatement, refused};
use crate::error::Result;

impl LocalCatalog {
    /// Keeps a prepared statement, in place of one with the same name in any case. Its name is kept as it is written.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be written.
    pub fn put_prepared(&self, statement: &PreparedStatement) -> Result<()> {
        let PreparedStatement { workgroup, name, sql, description, modified_s } = statement;
        self.write(|catalog| {
            catalog.execute(
                "DELETE FROM prepared_statements WHERE workgroup = ?1 AND lower(name) = lower(?2)",
                params![workgroup, name],
            )?;
            catalog.execute(
                "INSERT OR REPLACE INTO prepared_statements
                     (workgroup, name, sql, description, modified_s) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![workgroup, name, sql, description, modified_s],
            )?;
            Ok(())
        })
    }

    /// The prepared statement with this name in any case, if there is one.
    ///
    /// # Errors
    ///
    /// `Unavailable` if the file cannot be read.
    pub fn prepared(&self, workgroup: &str, name: &str) -> Result<Option<PreparedStatement>> {
        let statements = self.all_prepared(workgroup)?;
        Ok(statements.into_iter().find(|statement| statement.name.eq_ignore_ascii_case(name)))
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
                "DELETE FROM prepared_statements WHERE workgroup = ?1 AND lower(name) = lower(?2)",
                [workgroup, name],
            )?;
            match dropped {
                0 => missing(if_missing, || refused::prepared_not_found(name)),
                _ => Ok(true),
            }
        })
    }
}

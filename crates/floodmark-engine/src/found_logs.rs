//! The logs at the places that are asked, as tables of the database `logs` beside those of the catalog.

use std::time::Instant;

use floodmark_formats::{LogType, table};
use tokio::sync::Mutex;

use crate::catalog::{Database, LOGS, Relation, TableDefinition, log_relation, refused};
use crate::error::Result;
use crate::limits::{FOUND_LOGS_PLACES_MAX, FOUND_LOGS_TIME_MAX};
use crate::session::Session;

/// Which logs were found lately, by the places where they were looked for.
#[derive(Debug, Default)]
pub(crate) struct FoundLogs(Mutex<Vec<Found>>);

/// What was found at places.
#[derive(Debug)]
struct Found {
    places: Vec<String>,
    at: Instant,
    logs: Vec<&'static LogType>,
}

impl Session<'_> {
    /// The databases of the catalog in the order of their names, with `logs` where places are asked.
    ///
    /// # Errors
    ///
    /// Those of the catalog.
    pub async fn databases(&self) -> Result<Vec<Database>> {
        let mut databases = self.catalog().databases().await?;
        if self.has_places() {
            databases.retain(|database| database.name != LOGS);
            databases.push(logs_database());
            databases.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(databases)
    }

    /// The database with this name, if there is one, as [`Session::databases`] lists it.
    ///
    /// # Errors
    ///
    /// Those of the catalog.
    pub async fn named_database(&self, name: &str) -> Result<Option<Database>> {
        if self.has_places() && name.eq_ignore_ascii_case(LOGS) {
            return Ok(Some(logs_database()));
        }
        self.catalog().database(name).await
    }

    /// The tables and views of a database in the order of their names: those of `logs` are the logs that lie at the places.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such database, and those of the catalog and of listing.
    pub async fn relations(&self, database: &str) -> Result<Vec<Relation>> {
        if self.has_places() && database.eq_ignore_ascii_case(LOGS) {
            return Ok(self.logs().await?.into_iter().map(Relation::Table).collect());
        }
        if self.catalog().database(database).await?.is_none() {
            return Err(refused::schema_not_found(&database.to_lowercase()));
        }
        self.catalog().relations(database).await
    }

    /// What a name in a database stands for, as [`Session::relations`] lists it.
    ///
    /// # Errors
    ///
    /// Those of the catalog and of listing.
    pub async fn named_relation(&self, database: &str, name: &str) -> Result<Option<Relation>> {
        if self.has_places() && database.eq_ignore_ascii_case(LOGS) {
            let logs = self.logs().await?;
            let found = logs.into_iter().find(|log| log.name.eq_ignore_ascii_case(name));
            return Ok(found.map(Relation::Table));
        }
        self.catalog().relation(database, name).await
    }

    /// The tables of the logs that lie at the places of this session, in the order of their names.
    ///
    /// What lies there is listed, and remembered for [`FOUND_LOGS_TIME_MAX`].
    ///
    /// # Errors
    ///
    /// Those of listing and fetching.
    pub async fn logs(&self) -> Result<Vec<TableDefinition>> {
        if !self.has_places() {
            return Ok(Vec::new());
        }
        let places = self.dataset().places.iter().map(|place| format!("{:?}", place.location));
        let places: Vec<String> = places.collect();
        let mut known = self.engine().found_logs().0.lock().await;
        known.retain(|found| found.at.elapsed() < FOUND_LOGS_TIME_MAX);
        let logs = match known.iter().find(|found| found.places == places) {
            Some(found) => found.logs.clone(),
            None => {
                let summary = self.summary().await?;
                let logs: Vec<_> = summary.logs.iter().map(|log| log.log_type).collect();
                known.truncate(FOUND_LOGS_PLACES_MAX - 1);
                known.insert(0, Found { places, at: Instant::now(), logs: logs.clone() });
                logs
            }
        };
        let tables = logs.iter().filter_map(|log_type| table::find(log_type.name));
        let mut tables: Vec<_> = tables.map(|table| log_relation(table)).collect();
        tables.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(tables)
    }

    fn has_places(&self) -> bool {
        !self.dataset().places.is_empty()
    }
}

/// The database of the logs at the places that are asked.
fn logs_database() -> Database {
    let comment = "The logs at the places that this program was started with".to_owned();
    Database { name: LOGS.to_owned(), comment: Some(comment), ..Database::default() }
}

//! The logs at the places that are asked, as tables of the database `logs` beside those of the catalog.

use std::error::Error as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use floodmark_formats::{LogType, table};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use crate::catalog::{Database, LOGS, Relation, TableDefinition, log_relation, refused};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{FOUND_LOGS_FAILURE_TIME_MAX, FOUND_LOGS_PLACES_MAX, FOUND_LOGS_TIME_MAX};
use crate::scan::summarise;
use crate::session::Session;

/// Which logs were found lately, by the places where they were looked for.
#[derive(Debug, Default)]
pub(crate) struct FoundLogs(Mutex<Vec<Found>>);

/// What was found at places, or is being looked for.
#[derive(Debug)]
struct Found {
    places: Vec<String>,
    listing: Listing,
    /// How long it is remembered, once it has ended.
    kept_until: Arc<OnceLock<Instant>>,
}

/// A search that goes on when nobody waits for it. All who ask meanwhile wait for the same one.
type Listing = Shared<BoxFuture<'static, Result<Vec<&'static LogType>, Arc<Error>>>>;

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

    /// The same for a list over several databases: if the logs cannot be listed they are left out, and a note says so.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such database, and those of the catalog.
    pub async fn listed_relations(
        &self,
        database: &str,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Relation>> {
        match self.relations(database).await {
            Err(error) if self.has_places() && database.eq_ignore_ascii_case(LOGS) => {
                notes.push(format!("the tables of `{LOGS}` are left out: {error}"));
                Ok(Vec::new())
            }
            relations => relations,
        }
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
        let listing = {
            let mut known =
                self.engine().found_logs().0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            known.retain(|found| found.kept_until.get().is_none_or(|until| now < *until));
            match known.iter().find(|found| found.places == places) {
                Some(found) => found.listing.clone(),
                None => {
                    let found = self.look_for_logs(places);
                    let listing = found.listing.clone();
                    known.truncate(FOUND_LOGS_PLACES_MAX - 1);
                    known.insert(0, found);
                    listing
                }
            }
        };
        let logs = listing.await.map_err(|error| again(&error))?;
        let tables = logs.iter().filter_map(|log_type| table::find(log_type.name));
        let mut tables: Vec<_> = tables.map(|table| log_relation(table)).collect();
        tables.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(tables)
    }

    /// Begins to look for logs at the places.
    fn look_for_logs(&self, places: Vec<String>) -> Found {
        let kept_until = Arc::<OnceLock<Instant>>::default();
        let until = Arc::clone(&kept_until);
        let dataset = Arc::clone(self.dataset());
        let keep_going = self.engine().options().keep_going;
        let task = self.engine().io().spawn(async move { summarise(&dataset, keep_going).await });
        let io = self.engine().io();
        let ended = io.spawn(async move {
            let summary = task.await.unwrap_or_else(|error| Err(ended_early().because(error)));
            let kept =
                if summary.is_ok() { FOUND_LOGS_TIME_MAX } else { FOUND_LOGS_FAILURE_TIME_MAX };
            until.get_or_init(|| Instant::now() + kept);
            let summary = summary.map_err(Arc::new)?;
            Ok(summary.logs.iter().map(|log| log.log_type).collect())
        });
        let listing = ended
            .map(|logs| logs.unwrap_or_else(|error| Err(Arc::new(ended_early().because(error)))));
        Found { places, listing: listing.boxed().shared(), kept_until }
    }

    /// Whether places are asked, whose logs are the database `logs`.
    pub fn has_places(&self) -> bool {
        !self.dataset().places.is_empty()
    }
}

fn ended_early() -> Error {
    Error::new(ErrorKind::Internal, "the search for logs ended early")
}

/// An error for one more of those who wait for the same.
fn again(error: &Arc<Error>) -> Error {
    let copy = Error::new(error.kind(), error.to_string());
    let copy = match error.hint_text() {
        Some(hint) => copy.hint(hint),
        None => copy,
    };
    match error.source() {
        Some(source) => copy.because(source.to_string()),
        None => copy,
    }
}

/// The database of the logs at the places that are asked.
fn logs_database() -> Database {
    let comment = "The logs at the places that this program was started with".to_owned();
    Database { name: LOGS.to_owned(), comment: Some(comment), ..Database::default() }
}

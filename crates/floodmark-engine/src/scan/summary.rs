//! What lies in a dataset, without reading it all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use floodmark_formats::time::Micros;
use floodmark_formats::{LogType, ObjectFacts, key};
use futures::StreamExt;

use crate::error::{Error, Result};
use crate::layout::{DayFolders, layout};
use crate::limits::{
    FOUND_FOLDERS_MAX, NAMES_SHOWN_MAX, RECOGNISE_BYTES, RECOGNISED_IN_SUMMARY_MAX,
    TROUBLES_REPORTED_MAX,
};
use crate::report::Metrics;
use crate::scan::Dataset;
use crate::scan::object::{Memory, Opening};
use crate::scan::queue::{Seen, is_passed_over, objects};
use crate::store::{Object, Store};

/// One kind of log that was found.
#[derive(Clone, Debug)]
pub struct FoundLog {
    /// What it is.
    pub log_type: &'static LogType,
    /// How many objects.
    pub objects: u64,
    /// Their size as stored.
    pub bytes: u64,
    /// The earliest time in a name.
    pub first: Option<Micros>,
    /// The latest time in a name.
    pub last: Option<Micros>,
    /// The accounts in the keys.
    pub accounts: BTreeSet<String>,
    /// The regions in the keys.
    pub regions: BTreeSet<String>,
    /// The resources in the keys, at most [`NAMES_SHOWN_MAX`].
    pub resources: BTreeSet<String>,
    /// The folders above those of the years, or the objects' own where no day is named, at most [`FOUND_FOLDERS_MAX`].
    pub folders: BTreeMap<String, FoundFolder>,
}

/// A folder that holds a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundFolder {
    /// How the folders below it name the day; None if they do not.
    pub days: Option<DayFolders>,
    /// The first day, `yyyy/MM/dd`.
    pub first_day: Option<String>,
}

/// What lies in a dataset.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The logs, in the order of the list of log types.
    pub logs: Vec<FoundLog>,
    /// Folder markers, test files and other objects that are no logs by their names.
    pub passed_over: u64,
    /// The first objects that hold no known log: path and size.
    pub unknown: Vec<(String, u64)>,
    /// How many there are.
    pub unknown_total: u64,
    /// Objects whose names do not tell, and that were not looked into because there are so many.
    pub not_looked_into: u64,
    /// The first objects and folders that could not be read, where that was not to end it.
    pub troubles: Vec<String>,
    /// How many there are.
    pub troubles_total: u64,
}

impl Summary {
    fn trouble(&mut self, error: &Error) {
        self.troubles_total += 1;
        if self.troubles.len() < TROUBLES_REPORTED_MAX {
            self.troubles.push(error.to_string());
        }
    }
}

/// Lists a dataset and says what is there. Looks into objects whose names do not tell, at most
/// [`RECOGNISED_IN_SUMMARY_MAX`] of them, and into one object of each flow log.
///
/// # Errors
///
/// Those of listing and fetching.
pub async fn summarise(dataset: &Dataset, keep_going: bool) -> Result<Summary> {
    let mut summary = Summary::default();
    let mut found: BTreeMap<usize, FoundLog> = BTreeMap::new();
    let mut by_resource: HashMap<String, Option<&'static LogType>> = HashMap::new();
    let mut looked_into = 0;
    let mut seen = Seen::new(dataset);
    let mut objects = std::pin::pin!(objects(dataset, keep_going));
    while let Some(next) = objects.next().await {
        let (object, store) = match next {
            Err(error) if keep_going => {
                summary.trouble(&error);
                continue;
            }
            next => next?,
        };
        if !seen.is_first(&object) {
            continue;
        }
        if is_passed_over(&object) {
            summary.passed_over += 1;
            continue;
        }
        let candidates = key::candidates(&object.key);
        let resource = (candidates.first())
            .and_then(|log_type| key::read(log_type, &object.key)?.resource)
            .filter(|_| candidates.len() > 1);
        let log_type = match (candidates.as_slice(), &resource) {
            ([only], _) => Some(*only),
            (_, Some(resource)) if by_resource.contains_key(resource) => by_resource[resource],
            _ if looked_into == RECOGNISED_IN_SUMMARY_MAX => {
                summary.not_looked_into += 1;
                continue;
            }
            _ => {
                looked_into += 1;
                let log_type = match look_into(dataset, store, &object, candidates).await {
                    Err(error) if keep_going => {
                        summary.trouble(&error);
                        continue;
                    }
                    log_type => log_type?,
                };
                // An object of a quiet interval may hold nothing that tells.
                if let (Some(resource), Some(_)) = (resource, log_type) {
                    by_resource.insert(resource, log_type);
                }
                log_type
            }
        };
        match log_type {
            Some(log_type) => {
                let at = floodmark_formats::log_types::ALL
                    .iter()
                    .position(|known| known.name == log_type.name)
                    .unwrap_or_default();
                found.entry(at).or_insert_with(|| FoundLog::new(log_type)).add(&object);
            }
            None => {
                summary.unknown_total += 1;
                if summary.unknown.len() < NAMES_SHOWN_MAX {
                    summary.unknown.push((object.path, object.size));
                }
            }
        }
    }
    summary.logs = found.into_values().collect();
    Ok(summary)
}

async fn look_into(
    dataset: &Dataset,
    store: &Store,
    object: &Object,
    candidates: Vec<&'static LogType>,
) -> Result<Option<&'static LogType>> {
    // As a stream, so that no more is fetched than its beginning; only Parquet is told by its end.
    let whole_max =
        if object.key.ends_with(".parquet") { u64::MAX } else { RECOGNISE_BYTES as u64 };
    let fetched = store.fetch(object, whole_max).await?;
    let facts = Arc::new(ObjectFacts {
        path: object.path.clone(),
        size: object.size,
        modified: object.modified,
        ..ObjectFacts::default()
    });
    let candidates = Some(candidates);
    let opening = Opening { facts: Arc::clone(&facts), fetched, candidates };
    let opened = opening.open(&mut Memory::default(), &Metrics::default()).await?;
    dataset.recognised.set(&facts, opened.log_type);
    Ok(opened.log_type)
}

impl FoundLog {
    fn new(log_type: &'static LogType) -> Self {
        Self {
            log_type,
            objects: 0,
            bytes: 0,
            first: None,
            last: None,
            accounts: BTreeSet::new(),
            regions: BTreeSet::new(),
            resources: BTreeSet::new(),
            folders: BTreeMap::new(),
        }
    }

    fn add(&mut self, object: &Object) {
        self.objects += 1;
        self.bytes += object.size;
        let facts =
            key::read(self.log_type, &object.key).unwrap_or_else(|| key::folders(&object.key));
        if let Some(time) = facts.time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        let (folder, days, day) = match layout(&object.path) {
            Some(found) => (found.above, Some(found.form), Some(found.day.join("/"))),
            None => (object.path.rsplit_once('/').map_or("", |(folder, _)| folder), None, None),
        };
        if let Some(found) = self.folders.get_mut(folder) {
            found.first_day = found.first_day.take().min(day.clone()).or(day);
        } else if self.folders.len() < FOUND_FOLDERS_MAX {
            self.folders.insert(folder.to_owned(), FoundFolder { days, first_day: day });
        }
        let names = [
            (&mut self.accounts, facts.account),
            (&mut self.regions, facts.region),
            (&mut self.resources, facts.resource),
        ];
        for (names, name) in names {
            if let Some(name) = name.filter(|_| names.len() < NAMES_SHOWN_MAX) {
                names.insert(name);
            }
        }
    }
}

//! The scan: from locations to batches, in one pass, with every line accounted for.

mod adapt;
mod columns;
mod compact;
mod conditions;
mod hive;
mod inflate;
mod object;
mod prune;
mod queue;
mod rejected;
mod source;
mod summary;
mod yielding;

pub(crate) use columns::Columns;
pub(crate) use compact::CompactForKeepers;
pub(crate) use hive::{
    HiveFrom, HiveTableProvider, check_definition, check_partition, hive_table, now,
};
pub(crate) use inflate::{Compression, Inflater};
pub(crate) use prune::{Pruning, prunes};
pub(crate) use queue::is_passed_over;
pub use rejected::REJECTED_COLUMNS;
pub(crate) use rejected::RejectedTable;
pub(crate) use source::LogTable;
pub use summary::{FoundFolder, FoundLog, Summary, summarise};
pub(crate) use yielding::Yielding;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use floodmark_formats::time::Micros;
use floodmark_formats::{LogType, ObjectFacts};
use tokio::runtime::Handle;

use crate::limits::RECOGNISED_OBJECTS_MAX;
use crate::report::Metrics;
use crate::store::{Location, Store};

/// The places that a query reads, opened.
#[derive(Debug)]
pub struct Dataset {
    /// The places, in the order in which they are listed.
    pub(crate) places: Vec<Place>,
    /// What was found out about objects whose names do not say what they hold.
    pub(crate) recognised: Recognised,
}

/// A location with its store.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) location: Location,
    pub(crate) store: Store,
}

/// What a scan works with besides its dataset.
#[derive(Clone, Debug)]
pub(crate) struct ScanContext {
    pub(crate) dataset: Arc<Dataset>,
    pub(crate) metrics: Arc<Metrics>,
    /// Where listing and fetching run, so that they are not kept waiting by those who compute.
    pub(crate) io: Handle,
    /// Whether an object or folder that cannot be read is passed over, and reported.
    pub(crate) keep_going: bool,
}

/// Log types found out by content. An object that was written again is looked into again.
#[derive(Debug, Default)]
pub(crate) struct Recognised(Mutex<HashMap<String, Found>>);

/// What an object held when it had this size and time.
#[derive(Clone, Copy, Debug)]
struct Found {
    size: u64,
    modified: Option<Micros>,
    log_type: Option<&'static LogType>,
}

impl Recognised {
    /// What an object holds, if it was looked into.
    pub(crate) fn get(
        &self,
        path: &str,
        size: u64,
        modified: Option<Micros>,
    ) -> Option<Option<&'static LogType>> {
        let known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let found = known.get(path)?;
        (found.size == size && found.modified == modified).then_some(found.log_type)
    }

    pub(crate) fn set(&self, facts: &ObjectFacts, log_type: Option<&'static LogType>) {
        let mut known = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() < RECOGNISED_OBJECTS_MAX || known.contains_key(&facts.path) {
            let found = Found { size: facts.size, modified: facts.modified, log_type };
            known.insert(facts.path.clone(), found);
        }
    }
}

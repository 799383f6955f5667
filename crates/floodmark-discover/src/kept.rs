//! The rows that are kept for the next question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use floodmark_investigate::Window;

use crate::column::{Column, RowSet};
use crate::told::Account;

/// The rows that are kept, shared by all requests of a server that looks at the same places, within a budget of bytes.
#[derive(Debug)]
pub struct Kept {
    bytes_max: usize,
    shelf: Mutex<Shelf>,
}

/// Which rows they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The log in FROM.
    pub(crate) log: String,
    /// The condition under which they were read.
    pub(crate) condition: Option<String>,
    /// The names of their fields.
    pub(crate) fields: Vec<String>,
}

/// Rows that were read.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// The time of the rows; None is all.
    pub(crate) window: Option<Window>,
    pub(crate) set: Arc<RowSet>,
    pub(crate) account: Account,
    pub(crate) notes: Vec<String>,
    /// When they were read, in seconds since 1970.
    pub(crate) read_at: i64,
}

#[derive(Debug, Default)]
struct Shelf {
    /// The one that was used last stands last.
    entries: Vec<Entry>,
    reading: HashMap<Key, Arc<tokio::sync::Mutex<()>>>,
}

impl Kept {
    /// Keeps nothing yet, and later at most about so many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, shelf: Mutex::default() }
    }

    /// How many bytes may be kept.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// How many bytes are kept now.
    pub fn bytes(&self) -> usize {
        self.lock().bytes()
    }

    /// Forgets all rows.
    pub fn clear(&self) {
        self.lock().entries.clear();
    }

    /// Rows that hold all of a window, with codes in these columns.
    pub(crate) fn find(
        &self,
        key: &Key,
        window: Option<Window>,
        must_code: &[usize],
    ) -> Option<Entry> {
        let mut shelf = self.lock();
        let at = shelf.entries.iter().position(|entry| {
            let has_codes =
                must_code.iter().all(|at| !matches!(entry.set.columns[*at], Column::Text));
            entry.key == *key && covers(entry.window, window) && has_codes
        })?;
        let entry = shelf.entries.remove(at);
        shelf.entries.push(entry.clone());
        Some(entry)
    }

    /// Keeps rows, in the place of those that they hold as well, and of those that were not used for longest.
    pub(crate) fn put(&self, entry: Entry) {
        let mut shelf = self.lock();
        shelf.entries.retain(|known| known.key != entry.key || !covers(entry.window, known.window));
        shelf.entries.push(entry);
        while shelf.bytes() > self.bytes_max && !shelf.entries.is_empty() {
            shelf.entries.remove(0);
        }
    }

    /// Held while rows are read, so that others who want the same wait for them.
    pub(crate) fn reading(&self, key: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut shelf = self.lock();
        shelf.reading.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(shelf.reading.entry(key.clone()).or_default())
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn bytes(&self) -> usize {
        self.entries.iter().map(|entry| entry.set.bytes).sum()
    }
}

/// Whether rows of one time hold all of another.
fn covers(all: Option<Window>, part: Option<Window>) -> bool {
    match (all, part) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(all), Some(part)) => all.start <= part.start && part.end <= all.end,
    }
}

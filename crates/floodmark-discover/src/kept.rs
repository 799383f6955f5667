//! The rows that are kept for the next question.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use floodmark_investigate::Window;

use tokio::sync::watch;

use crate::column::{RowSet, is_lost};
use crate::told::{Account, Progress};

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
    /// What is being read now, so that others who want it can wait.
    reading: Vec<Reading>,
    /// The number of the next of those.
    next: u64,
}

/// Rows that somebody reads.
#[derive(Debug)]
struct Reading {
    number: u64,
    key: Key,
    window: Option<Window>,
    progress: watch::Receiver<Progress>,
}

/// Held by who reads rows; others wait for its progress until it is dropped.
#[derive(Debug)]
pub(crate) struct Reader {
    kept: Arc<Kept>,
    number: u64,
    progress: watch::Sender<Progress>,
}

impl Reader {
    /// Says how far the reading is.
    pub(crate) fn tell(&self, progress: Progress) {
        self.progress.send_replace(progress);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.kept.lock().reading.retain(|reading| reading.number != self.number);
    }
}

impl Entry {
    /// Whether the rows are a sample.
    pub(crate) fn is_sample(&self) -> bool {
        self.set.weight > 1.0
    }
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

    /// How many bytes the rows may take that one look reads, beside others that read as well.
    pub(crate) fn bytes_for_one(&self) -> usize {
        self.bytes_max / self.lock().reading.len().max(1)
    }

    /// How many bytes are kept now.
    pub fn bytes(&self) -> usize {
        self.lock().bytes()
    }

    /// Forgets all rows.
    pub fn clear(&self) {
        self.lock().entries.clear();
    }

    /// Rows that hold all of a window, with codes in these columns: all of them rather than a sample, and what was read last.
    pub(crate) fn find(
        &self,
        key: &Key,
        window: Option<Window>,
        must_code: &[usize],
    ) -> Option<Entry> {
        let mut shelf = self.lock();
        let fitting = shelf.entries.iter().enumerate().filter(|(_, entry)| {
            let has_codes = || must_code.iter().all(|at| !is_lost(&entry.set.columns[*at]));
            entry.key == *key && covers(entry.window, window) && has_codes()
        });
        let (at, _) = fitting.min_by(|(_, a), (_, b)| {
            (a.set.weight.total_cmp(&b.set.weight)).then_with(|| b.read_at.cmp(&a.read_at))
        })?;
        let entry = shelf.entries.remove(at);
        shelf.entries.push(entry.clone());
        Some(entry)
    }

    /// Keeps rows, in the place of those that they hold as well and as good, and of those that were not used for longest.
    pub(crate) fn put(&self, entry: Entry) {
        let mut shelf = self.lock();
        shelf.entries.retain(|known| {
            known.key != entry.key
                || !covers(entry.window, known.window)
                || known.set.weight < entry.set.weight
        });
        shelf.entries.push(entry);
        while shelf.bytes() > self.bytes_max && !shelf.entries.is_empty() {
            shelf.entries.remove(0);
        }
    }

    /// Forgets rows of a window, for they were read again.
    pub(crate) fn forget(&self, key: &Key, window: Option<Window>) {
        let is_old = |known: &Entry| known.key == *key && covers(window, known.window);
        self.lock().entries.retain(|known| !is_old(known));
    }

    /// To be held while rows are read.
    ///
    /// # Errors
    ///
    /// The progress of another one who reads these rows.
    pub(crate) fn reading(
        self: &Arc<Self>,
        key: &Key,
        window: Option<Window>,
    ) -> Result<Reader, watch::Receiver<Progress>> {
        let mut shelf = self.lock();
        let other = (shelf.reading.iter())
            .find(|reading| reading.key == *key && covers(reading.window, window));
        if let Some(other) = other {
            return Err(other.progress.clone());
        }
        let number = shelf.next;
        shelf.next += 1;
        let (progress, receiver) = watch::channel(Progress::default());
        let key = key.clone();
        shelf.reading.push(Reading { number, key, window, progress: receiver });
        Ok(Reader { kept: Arc::clone(self), number, progress })
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

//! Snapshots that are read when they are needed, and let go when there are too many.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::inventory::held::Held;
use crate::inventory::snapshot::{self, SnapshotFile};

/// A snapshot's file, and what is in it while it is in memory.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) file: SnapshotFile,
    reading: Mutex<Reading>,
    /// When it was used last, counted in uses of all.
    used: AtomicU64,
}

/// How far a snapshot is read.
#[derive(Debug)]
enum Reading {
    Unread,
    Damaged,
    Held(Arc<Held>),
}

impl Snapshot {
    pub(super) fn of(file: SnapshotFile) -> Self {
        Self { file, reading: Mutex::new(Reading::Unread), used: AtomicU64::new(0) }
    }

    /// What is in it, and whether it was read for that. Nothing if it cannot be read; the error is told once.
    pub(super) fn open(&self, used: u64) -> Result<Option<(Arc<Held>, bool)>> {
        self.used.store(used, Ordering::Relaxed);
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        match &*reading {
            Reading::Held(held) => return Ok(Some((Arc::clone(held), false))),
            Reading::Damaged => return Ok(None),
            Reading::Unread => {}
        }
        match snapshot::read(&self.file.path) {
            Ok(content) => {
                let held = Arc::new(Held::of(&content));
                *reading = Reading::Held(Arc::clone(&held));
                Ok(Some((held, true)))
            }
            Err(error) => {
                *reading = Reading::Damaged;
                Err(error)
            }
        }
    }

    /// How many interfaces it has in memory. One that another thread is at has none for now.
    fn weight(&self) -> usize {
        match self.reading.try_lock().as_deref() {
            Ok(Reading::Held(held)) => held.by_id.len(),
            _ => 0,
        }
    }

    fn let_go(&self) {
        if let Ok(mut reading) = self.reading.try_lock()
            && matches!(*reading, Reading::Held(_))
        {
            *reading = Reading::Unread;
        }
    }
}

/// Lets those snapshots go that were not used for longest, until the others have no more than so many interfaces in memory. The
/// one that was used last stays however large it is.
pub(super) fn make_room<'a>(snapshots: impl Iterator<Item = &'a Snapshot>, interfaces_max: usize) {
    let mut held: Vec<_> = snapshots
        .map(|snapshot| (snapshot.used.load(Ordering::Relaxed), snapshot.weight(), snapshot))
        .filter(|(_, weight, _)| *weight > 0)
        .collect();
    held.sort_unstable_by_key(|(used, ..)| Reverse(*used));
    let mut interfaces = 0;
    for (place, (_, weight, snapshot)) in held.into_iter().enumerate() {
        interfaces += weight;
        if place > 0 && interfaces > interfaces_max {
            snapshot.let_go();
        }
    }
}

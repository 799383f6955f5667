//! Objects in a folder: finding them, sharing them among threads, inflating them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use libdeflater::Decompressor;

/// How many threads the bench itself uses: those of the machine that the figures are published for.
pub(crate) const THREADS: usize = 2;

/// All objects below a folder, ordered by path.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut objects = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let said = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(said)? {
            let entry = entry.map_err(said)?;
            match entry.file_type().map_err(said)?.is_dir() {
                true => folders.push(entry.path()),
                false => objects.push(entry.path()),
            }
        }
    }
    objects.sort();
    if objects.is_empty() { Err(format!("{}: no objects", folder.display())) } else { Ok(objects) }
}

/// Does something with each item on [`THREADS`] threads, each with a state of its own, and returns the states.
pub(crate) fn share<T: Sync, S: Send + Default>(
    items: &[T],
    work: impl Fn(&mut S, &T) -> Result<(), String> + Sync,
) -> Result<Vec<S>, String> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut state = S::default();
                let mut result = Ok(());
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    result = work(&mut state, item);
                    if result.is_err() {
                        break;
                    }
                }
                if let Ok(mut done) = done.lock() {
                    done.push(result.map(|()| state));
                }
            });
        }
    });
    done.into_inner().map_err(|_| "a thread failed".to_owned())?.into_iter().collect()
}

/// Reads and inflates objects, in memory that serves again for each.
pub(crate) struct Inflater {
    decompressor: Decompressor,
    stored: Vec<u8>,
    text: Vec<u8>,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { decompressor: Decompressor::new(), stored: Vec::new(), text: Vec::new() }
    }
}

impl Inflater {
    /// The text of an object of one gzip member.
    pub(crate) fn read(&mut self, path: &Path) -> Result<&[u8], String> {
        let said = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let mut file = fs::File::open(path).map_err(|error| said(&error))?;
        self.stored.clear();
        std::io::Read::read_to_end(&mut file, &mut self.stored).map_err(|error| said(&error))?;
        let length = inflated_length(&self.stored).ok_or_else(|| said(&"not gzip"))?;
        if self.text.len() < length {
            self.text.resize(length, 0);
        }
        let length = self
            .decompressor
            .gzip_decompress(&self.stored, &mut self.text)
            .map_err(|error| said(&error))?;
        Ok(&self.text[..length])
    }
}

/// The length that the trailer of a gzip member states.
pub(crate) fn inflated_length(stored: &[u8]) -> Option<usize> {
    let trailer = stored.last_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*trailer)).ok()
}

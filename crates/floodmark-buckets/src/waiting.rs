//! The folder in which files wait until they are whole, outside of all buckets.
//!
//! Each process has one of its own, `<own>/.waiting/<id>`, and a locked file `<id>.lock` beside it for as long as it lives. Folders
//! whose file is not locked are those of processes that have died, and are removed.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::PLACE_TRIES_MAX;

/// The folder below that of our own buckets; no bucket has a name like this.
const FOLDER: &str = ".waiting";

/// Where files of this process wait.
#[derive(Debug)]
pub(crate) struct Waiting {
    own: PathBuf,
    place: Mutex<Option<Place>>,
    placing: Mutex<()>,
}

impl Waiting {
    /// Beside the buckets in this folder. Nothing is made before it is needed.
    pub(crate) fn new(own: PathBuf) -> Self {
        Self { own, place: Mutex::new(None), placing: Mutex::new(()) }
    }

    /// The folder in which each of our own buckets is a folder.
    pub(crate) fn own(&self) -> &Path {
        &self.own
    }

    /// The folder of this process.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        let mut place = self.place.lock().expect("nobody panics with it");
        if let Some(place) = &*place {
            return Ok(place.folder.clone());
        }
        let made = Place::make(&self.own.join(FOLDER))?;
        Ok(place.insert(made).folder.clone())
    }

    /// A path in it that nobody else uses.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        Ok(self.folder()?.join(Uuid::new_v4().to_string()))
    }

    /// Lets one file at a time into its place: what is there is looked at and replaced in one step.
    pub(crate) fn alone(&self) -> MutexGuard<'_, ()> {
        self.placing.lock().expect("nobody panics with it")
    }

    /// Removes what processes that have died left behind.
    pub(crate) fn clean(&self) -> Result<()> {
        let folder = self.own.join(FOLDER);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("cannot list", &folder, error)),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let lock = match path.extension() {
                Some(extension) if extension == "lock" => path,
                _ => path.with_extension("lock"),
            };
            let locked = match File::options().write(true).open(&lock) {
                Ok(file) => match file.try_lock() {
                    Ok(()) => Some(file),
                    Err(_) => continue,
                },
                // A folder is made after its lock, and removed before it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                // Whose lock cannot be asked may live.
                Err(_) => continue,
            };
            let _ = std::fs::remove_dir_all(lock.with_extension(""));
            let _ = std::fs::remove_file(&lock);
            drop(locked);
        }
        Ok(())
    }
}

/// A folder, and the lock that says that it is in use.
#[derive(Debug)]
struct Place {
    folder: PathBuf,
    lock: PathBuf,
    _locked: File,
}

impl Place {
    fn make(parent: &Path) -> Result<Self> {
        std::fs::create_dir_all(parent)
            .map_err(|error| Error::io("cannot make the folder", parent, error))?;
        for _ in 0..PLACE_TRIES_MAX {
            let folder = parent.join(Uuid::new_v4().to_string());
            let lock = folder.with_extension("lock");
            let failed = |error| Error::io("cannot lock", &lock, error);
            let file = File::create_new(&lock).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                // Another process takes it for a leftover, and removes it.
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            if !lock.exists() {
                continue;
            }
            std::fs::create_dir(&folder)
                .map_err(|error| Error::io("cannot make the folder", &folder, error))?;
            return Ok(Self { folder, lock, _locked: file });
        }
        let message = format!("other processes remove what is made in `{}`", parent.display());
        Err(Error::new(ErrorKind::Io, message))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        let _ = std::fs::remove_file(&self.lock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_dead_left_is_removed_and_what_the_living_have_is_kept() {
        let own = tempfile::tempdir().unwrap();
        let living = Waiting::new(own.path().to_owned());
        let file = living.path().unwrap();
        std::fs::write(&file, "half").unwrap();
        let dead = own.path().join(FOLDER).join("dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("half"), "half").unwrap();
        std::fs::write(dead.with_extension("lock"), "").unwrap();
        let unlocked = own.path().join(FOLDER).join("unlocked");
        std::fs::create_dir(&unlocked).unwrap();

        // A lock that cannot be opened to be written, as if another user lived.
        let unknown = own.path().join(FOLDER).join("unknown");
        std::fs::create_dir(&unknown).unwrap();
        std::fs::create_dir(unknown.with_extension("lock")).unwrap();

        let other = Waiting::new(own.path().to_owned());
        other.clean().unwrap();

        assert!(unknown.exists());
        std::fs::remove_dir(unknown.with_extension("lock")).unwrap();
        std::fs::remove_dir(&unknown).unwrap();

        assert!(file.exists());
        assert!(!dead.exists() && !dead.with_extension("lock").exists());
        assert!(!unlocked.exists());
        drop(living);
        assert!(!file.exists());
        assert_eq!(std::fs::read_dir(own.path().join(FOLDER)).unwrap().count(), 0);
    }
}

//! Which process runs an execution. Several servers may share a history; one that died is known by its lock, which is free.

use std::fs::File;
use std::path::{Path, PathBuf};

use floodmark_engine::Result;
use uuid::Uuid;

use crate::results::cannot_write;

/// This process among those that share a history.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) name: String,
    folder: PathBuf,
    /// Locked as long as this process lives.
    _lock: File,
}

impl Owner {
    /// Enters a folder under a new name.
    ///
    /// # Errors
    ///
    /// `AccessDenied` or `Unavailable` if that cannot be done.
    pub(crate) fn enter(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, error))?;
        let name = Uuid::new_v4().to_string();
        // Nobody sees it before it is locked.
        let path = folder.join(&name);
        let hidden = folder.join(format!(".{name}"));
        let lock = File::create(&hidden).map_err(|error| cannot_write(&hidden, error))?;
        lock.lock().map_err(|error| cannot_write(&hidden, error))?;
        std::fs::rename(&hidden, &path).map_err(|error| cannot_write(&path, error))?;
        Ok(Self { name, folder: folder.to_owned(), _lock: lock })
    }

    /// Whether a process still lives.
    pub(crate) fn is_alive(&self, name: &str) -> bool {
        name == self.name
            || File::open(self.folder.join(name)).is_ok_and(|file| file.try_lock().is_err())
    }

    /// Forgets the processes that are gone.
    pub(crate) fn clear(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && !self.is_alive(&name) {
                // The next one tries it again.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.folder.join(&self.name));
    }
}

//! The objects of a bucket, in S3's order.

use std::fs::DirEntry;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use crate::error::{Error, Result};
use crate::key::{self, FOLDER_MARK};
use crate::limits::KEY_BYTES_MAX;
use crate::object::Object;

/// Which objects are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What their keys begin with.
    pub prefix: String,
    /// What ends the name of a folder: of all keys that hold it after the prefix, only the part up to it is told, and once.
    pub delimiter: Option<String>,
    /// Only what comes after this key or folder; [`Listing::next`] of the page before. If it ends with the delimiter, it is a
    /// folder, and all that lies in it comes before.
    pub after: Option<String>,
    /// How many objects and folders together.
    pub max: usize,
}

impl Default for Listed {
    /// All objects.
    fn default() -> Self {
        Self { prefix: String::new(), delimiter: None, after: None, max: usize::MAX }
    }
}

/// Objects of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The objects, by the bytes of their keys.
    pub objects: Vec<Object>,
    /// The folders, with the prefix and the delimiter, by their bytes.
    pub folders: Vec<String>,
    /// What to ask the next page after; None if there is no more.
    pub next: Option<String>,
}

/// The objects of a folder that are asked for.
pub(crate) fn list(folder: &Path, question: &Listed) -> Result<Listing> {
    let delimiter = question.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let question = Listed { delimiter: delimiter.map(str::to_owned), ..question.clone() };
    let mut walk = Walk { question: &question, listing: Listing::default(), last: None };
    if question.max == 0 {
        return Ok(walk.listing);
    }
    let parts = question.prefix.rfind('/').map_or("", |slash| &question.prefix[..=slash]);
    if let Some(path) = key::folder(folder, parts) {
        // That it is full is not an error, and all that there is to know stands in the listing.
        let _ = walk.folder(&path, parts)?;
    }
    Ok(walk.listing)
}

struct Walk<'a> {
    question: &'a Listed,
    listing: Listing,
    /// The key or folder that was told last.
    last: Option<String>,
}

/// What stands in a folder.
struct Entry {
    /// Its key; that of a folder ends with `/`.
    key: String,
    entry: DirEntry,
    is_folder: bool,
}

impl Walk<'_> {
    /// Walks through a folder whose keys begin so; breaks when the listing is full.
    fn folder(&mut self, path: &Path, base: &str) -> Result<ControlFlow<()>> {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if crate::bucket::is_missing(&error) => {
                return Ok(ControlFlow::Continue(()));
            }
            Err(error) => return Err(Error::io("cannot list", path, error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| Error::io("cannot list", path, error))?;
            found.extend(self.entry(entry, base));
        }
        // A folder is put where its keys belong: `a-b` < `a/b` < `a0`.
        found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        for Entry { key, entry, is_folder } in found {
            let step = match is_folder {
                false => self.file(key, &entry)?,
                true if self.is_told_as_one(&key) => {
                    if self.holds_more(&entry.path(), &key)? {
                        self.told_folder(key)
                    } else {
                        ControlFlow::Continue(())
                    }
                }
                true => self.folder(&entry.path(), &key)?,
            };
            if step.is_break() {
                return Ok(step);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// An entry of a folder, if anything about it may be asked for.
    fn entry(&self, entry: DirEntry, base: &str) -> Option<Entry> {
        let name = entry.file_name();
        let name = name.to_str()?;
        let mut key = format!("{base}{}", if name == FOLDER_MARK { "" } else { name });
        let prefix = self.question.prefix.as_str();
        if key.len() > KEY_BYTES_MAX || !(key.starts_with(prefix) || prefix.starts_with(&key)) {
            return None;
        }
        let file_type = entry.file_type().ok()?;
        let is_folder = match file_type.is_symlink() {
            false => file_type.is_dir(),
            true => entry.path().is_dir() && !leads_back(&entry.path()),
        };
        if is_folder {
            key.push('/');
            return (!self.is_over(&key)).then_some(Entry { key, entry, is_folder });
        }
        let is_asked = key.starts_with(prefix) && self.is_after(&key);
        is_asked.then_some(Entry { key, entry, is_folder })
    }

    /// Whether a key comes after what was told before.
    fn is_after(&self, key: &str) -> bool {
        let Some(after) = self.question.after.as_deref() else { return true };
        key > after && !(self.is_folder(after) && key.starts_with(after))
    }

    /// Whether all keys of a folder have been told before.
    fn is_over(&self, folder: &str) -> bool {
        let Some(after) = self.question.after.as_deref() else { return false };
        let is_on_the_way =
            after.starts_with(folder) && !(self.is_folder(after) && after == folder);
        !is_on_the_way && !self.is_after(folder)
    }

    /// Whether what the last page ended with was a folder.
    fn is_folder(&self, after: &str) -> bool {
        (self.question.delimiter.as_deref()).is_some_and(|delimiter| {
            after.strip_prefix(&self.question.prefix).is_some_and(|rest| rest.ends_with(delimiter))
        })
    }

    /// Whether a folder of the disk is one of the listing, and need not be walked through.
    fn is_told_as_one(&self, folder: &str) -> bool {
        self.question.delimiter.as_deref() == Some("/")
            && folder.len() > self.question.prefix.len()
            && folder.starts_with(&self.question.prefix)
    }

    /// Whether there is an object in a folder that has not been told.
    fn holds_more(&self, path: &Path, folder: &str) -> Result<bool> {
        let after = self.question.after.clone();
        let question = Listed { prefix: folder.to_owned(), delimiter: None, after, max: 1 };
        let mut walk = Walk { question: &question, listing: Listing::default(), last: None };
        let _ = walk.folder(path, folder)?;
        Ok(walk.last.is_some())
    }

    fn file(&mut self, key: String, entry: &DirEntry) -> Result<ControlFlow<()>> {
        let path = entry.path();
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return Ok(ControlFlow::Continue(())),
            // A file that has just been deleted, a link to nothing.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(ControlFlow::Continue(()));
            }
            Err(error) => return Err(Error::io("cannot read", &path, error)),
        };
        if let Some(delimiter) = &self.question.delimiter {
            let prefix = self.question.prefix.len();
            if let Some(at) = key[prefix..].find(delimiter.as_str()) {
                let folder = key[..prefix + at + delimiter.len()].to_owned();
                return Ok(self.told_folder(folder));
            }
        }
        if self.is_full() {
            return Ok(ControlFlow::Break(()));
        }
        self.last = Some(key.clone());
        self.listing.objects.push(Object::new(key, &metadata));
        Ok(ControlFlow::Continue(()))
    }

    fn told_folder(&mut self, folder: String) -> ControlFlow<()> {
        if self.last.as_ref() == Some(&folder) {
            return ControlFlow::Continue(());
        }
        if self.is_full() {
            return ControlFlow::Break(());
        }
        self.last = Some(folder.clone());
        self.listing.folders.push(folder);
        ControlFlow::Continue(())
    }

    /// Whether there is no room for what comes; if so, the next page begins with it.
    fn is_full(&mut self) -> bool {
        let is_full = self.listing.objects.len() + self.listing.folders.len() >= self.question.max;
        if is_full {
            self.listing.next.clone_from(&self.last);
        }
        is_full
    }
}

/// Whether a path is a link to a folder that it lies in.
fn leads_back(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    folder.is_some_and(|folder| path.canonicalize().is_ok_and(|target| folder.starts_with(target)))
}

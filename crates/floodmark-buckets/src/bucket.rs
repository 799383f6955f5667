//! A bucket: reading, writing and deleting its objects.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Error, ErrorKind, Result};
use crate::key;
use crate::listing::{Listed, Listing, list};
use crate::object::Object;
use crate::waiting::Waiting;
use crate::writing::{Place, Writing, put};

/// A bucket that is a folder of this machine.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// The folder whose files are its objects.
    pub folder: PathBuf,
    /// Whether nothing can be written to it: somebody's folder of logs is mapped to it.
    pub is_read_only: bool,
    /// Whether it lies over a bucket of the same name elsewhere, and holds only what was written here.
    pub is_overlay: bool,
    waiting: Option<Arc<Waiting>>,
}

impl Bucket {
    /// Somebody's folder.
    pub(crate) fn mapped(name: &str, folder: PathBuf) -> Self {
        Self { name: name.to_owned(), folder, is_read_only: true, is_overlay: false, waiting: None }
    }

    /// One of our own.
    pub(crate) fn own(name: &str, waiting: Arc<Waiting>, is_overlay: bool) -> Self {
        let folder = waiting.own().join(name);
        let name = name.to_owned();
        Self { name, folder, is_read_only: false, is_overlay, waiting: Some(waiting) }
    }

    /// One in which files wait.
    pub(crate) fn staging(name: &str, waiting: Arc<Waiting>, folder: PathBuf) -> Self {
        Self { folder, ..Self::own(name, waiting, false) }
    }

    /// When its folder was made, or changed where the file system does not know; None if it cannot be told.
    pub fn created(&self) -> Option<SystemTime> {
        let metadata = std::fs::metadata(&self.folder).ok()?;
        metadata.created().or_else(|_| metadata.modified()).ok()
    }

    /// Refuses a bucket whose folder is gone: a disk that was unplugged, a folder that was removed.
    ///
    /// # Errors
    ///
    /// `Io` if the folder was somebody's, `NoSuchBucket` if it was one of our own.
    pub fn check(&self) -> Result<()> {
        if self.folder.is_dir() {
            return Ok(());
        }
        let (name, folder) = (&self.name, self.folder.display());
        Err(match self.is_read_only {
            true => {
                let message = format!("the folder `{folder}` of the bucket `{name}` is gone");
                Error::new(ErrorKind::Io, message).hint("bring it back, or map another folder")
            }
            false => Error::new(ErrorKind::NoSuchBucket, format!("the bucket `{name}` is gone")),
        })
    }

    /// Refuses a bucket that is only read.
    ///
    /// # Errors
    ///
    /// `ReadOnly`.
    pub fn check_writable(&self) -> Result<()> {
        self.writable().map(drop)
    }

    /// The path of a key's file, whether there is one or not. It never leads out of the folder by its name.
    ///
    /// # Errors
    ///
    /// `InvalidKey` if no file can have this key.
    pub fn path(&self, key: &str) -> Result<PathBuf> {
        key::path(&self.folder, key)
    }

    /// The object with this key.
    ///
    /// # Errors
    ///
    /// `NoSuchKey`, also if no file can have this key or if it is a folder; `Io` or `AccessDenied`; those of [`Bucket::check`].
    pub fn object(&self, key: &str) -> Result<Object> {
        let path = self.path(key).map_err(|_| self.no_such_key(key))?;
        let metadata = std::fs::metadata(&path).map_err(|error| self.unread(key, &path, error))?;
        if !metadata.is_file() {
            return Err(self.no_such_key(key));
        }
        Ok(Object::new(key, &metadata))
    }

    /// The object with this key, to be read: the file stays what it is, even if it is replaced or deleted meanwhile.
    ///
    /// # Errors
    ///
    /// As [`Bucket::object`].
    pub fn open(&self, key: &str) -> Result<(File, Object)> {
        // What is no file is not even opened: a pipe would wait for its other end.
        self.object(key)?;
        let path = self.path(key)?;
        let failed = |error| self.unread(key, &path, error);
        let file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(self.no_such_key(key));
        }
        Ok((file, Object::new(key, &metadata)))
    }

    /// The objects that are asked for, in the order of the bytes of their keys, as S3 lists them. Links are followed, but for
    /// those to a folder that they lie in; what is no file and what has a name that is not Unicode is passed over. Reads the
    /// names of the folders that the question does not exclude.
    ///
    /// # Errors
    ///
    /// `Io` or `AccessDenied` if a folder cannot be read; those of [`Bucket::check`].
    pub fn list(&self, question: &Listed) -> Result<Listing> {
        self.check()?;
        list(&self.folder, question)
    }

    /// Begins to write an object, which appears when it is finished.
    ///
    /// # Errors
    ///
    /// `ReadOnly`; `InvalidKey`; `Io` or `AccessDenied`.
    pub fn write(&self, key: &str) -> Result<Writing> {
        let waiting = self.writable()?;
        let place = self.place(key)?;
        Writing::new(Arc::clone(waiting), place)
    }

    /// Makes a finished file of the same file system an object; the file is moved.
    ///
    /// # Errors
    ///
    /// As [`Bucket::write`] and [`Writing::finish`].
    pub fn adopt(&self, key: &str, path: &Path) -> Result<Object> {
        let waiting = self.writable()?;
        put(waiting, path, &self.place(key)?, |_| None)
    }

    /// Writes an object that is like another one, of this bucket or of another.
    ///
    /// # Errors
    ///
    /// As [`Bucket::open`] and [`Bucket::write`].
    pub fn copy(&self, key: &str, from: &Self, from_key: &str) -> Result<Object> {
        self.write_copy(key, from, from_key)?.finish()
    }

    /// Begins an object that is like another one, with all its bytes.
    ///
    /// # Errors
    ///
    /// As [`Bucket::open`] and [`Bucket::write`].
    pub fn write_copy(&self, key: &str, from: &Self, from_key: &str) -> Result<Writing> {
        let mut writing = self.write(key)?;
        let (mut file, _) = from.open(from_key)?;
        io::copy(&mut file, writing.file())
            .map_err(|error| Error::io("cannot copy to", writing.path(), error))?;
        Ok(writing)
    }

    /// Deletes an object. It is fine if there is none. Folders that hold nothing any more go away with it.
    ///
    /// # Errors
    ///
    /// `ReadOnly`; `Io` or `AccessDenied`.
    pub fn delete(&self, key: &str) -> Result<()> {
        self.writable()?;
        // What cannot be a file is not there.
        let Ok(path) = self.path(key) else { return Ok(()) };
        match std::fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => return Ok(()),
            Err(error) if is_missing(&error) => return Ok(()),
            Ok(_) | Err(_) => {}
        }
        match std::fs::remove_file(&path) {
            Err(error) if !is_missing(&error) => {
                return Err(Error::io("cannot delete", &path, error));
            }
            Ok(()) | Err(_) => {}
        }
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.folder) {
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Where files wait; refused for buckets that are only read.
    pub(crate) fn writable(&self) -> Result<&Arc<Waiting>> {
        self.waiting.as_ref().ok_or_else(|| Error::read_only(&self.name))
    }

    /// The place of a key that is to be written.
    pub(crate) fn place(&self, key: &str) -> Result<Place> {
        Ok(Place {
            key: key.to_owned(),
            path: self.path(key)?,
            home: self.folder.clone(),
            without_home: ErrorKind::NoSuchBucket,
        })
    }

    fn unread(&self, key: &str, path: &Path, error: io::Error) -> Error {
        if !is_missing(&error) {
            return Error::io("cannot read", path, error);
        }
        self.check().err().unwrap_or_else(|| self.no_such_key(key))
    }

    fn no_such_key(&self, key: &str) -> Error {
        let key = key.escape_debug();
        let message = format!("there is no object `{key}` in the bucket `{}`", self.name);
        Error::new(ErrorKind::NoSuchKey, message)
    }
}

/// Whether there is nothing at a path.
pub(crate) fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    )
}

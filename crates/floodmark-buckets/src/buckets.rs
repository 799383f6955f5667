//! The buckets of this machine.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bucket::Bucket;
use crate::error::{Error, ErrorKind, Result};
use crate::listing::Listed;
use crate::name;
use crate::waiting::Waiting;

/// The buckets of this machine: folders that are mapped by name, and those of our own.
#[derive(Clone, Debug, Default)]
pub struct Buckets {
    /// The folder in which each of our own buckets is a folder; None if there are none.
    own: Option<Arc<Waiting>>,
    /// The folders that are mapped, by the buckets' names.
    mapped: BTreeMap<String, PathBuf>,
}

impl Buckets {
    /// Buckets of our own below this folder, or none; it is made when it is needed. Nothing is mapped yet.
    pub fn new(own: Option<PathBuf>) -> Self {
        Self { own: own.map(|own| Arc::new(Waiting::new(own))), mapped: BTreeMap::new() }
    }

    /// Makes a folder a bucket that is only read. It hides a bucket of our own with that name.
    ///
    /// # Errors
    ///
    /// `InvalidBucketName`; `Conflict` if the name is mapped already, or if the folder and that of our own buckets lie in one
    /// another: what is written there would change what must only be read; `Io` if there is no such folder.
    pub fn map(&mut self, name: &str, folder: PathBuf) -> Result<()> {
        name::check(name)?;
        if self.mapped.contains_key(name) {
            let message = format!("the bucket `{name}` is mapped twice");
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        if !folder.is_dir() {
            let error = io::Error::from(io::ErrorKind::NotADirectory);
            return Err(Error::io("cannot map a bucket to", &folder, error));
        }
        let real = real(&folder);
        if let Some(own) = &self.own {
            let own = self::real(own.own());
            if own.starts_with(&real) || real.starts_with(&own) {
                let message = format!(
                    "the bucket `{name}` would share files with our own buckets: `{}` and `{}` lie in one another",
                    folder.display(),
                    own.display()
                );
                return Err(Error::new(ErrorKind::Conflict, message)
                    .hint("map a folder of logs, or keep our own buckets elsewhere"));
            }
        }
        if let Some((other, _)) = self.mapped.iter().find(|(_, folder)| self::real(folder) == real)
        {
            let message = format!(
                "the buckets `{other}` and `{name}` would be one folder, `{}`",
                folder.display()
            );
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        self.mapped.insert(name.to_owned(), folder);
        Ok(())
    }

    /// Whether there is a place for buckets of our own.
    pub fn has_own(&self) -> bool {
        self.own.is_some()
    }

    /// The bucket of this name: a mapped one, or one of our own that exists. A mapped one is found even if its folder is gone, so that
    /// nobody looks for it elsewhere: it is an error when it is read. Asks the disk.
    pub fn find(&self, name: &str) -> Option<Bucket> {
        if let Some(folder) = self.mapped.get(name) {
            return Some(Bucket::mapped(name, folder.clone()));
        }
        let own = self.own.as_ref()?;
        let is_there = name::is_bucket_name(name) && own.own().join(name).is_dir();
        is_there.then(|| Bucket::own(name, Arc::clone(own), overlay(own, name).exists()))
    }

    /// The bucket of this name.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket` if there is none.
    pub fn get(&self, name: &str) -> Result<Bucket> {
        self.find(name).ok_or_else(|| {
            let message = format!("there is no bucket `{}` here", name.escape_debug());
            Error::new(ErrorKind::NoSuchBucket, message).hint(
                "a bucket is a folder that was mapped to its name, or one that was written to",
            )
        })
    }

    /// Makes a bucket of our own. It is fine if it is there.
    ///
    /// # Errors
    ///
    /// `InvalidBucketName`; `ReadOnly` if a folder is mapped to the name, or if there is no place for buckets of our own; `Io`
    /// or `AccessDenied` if the disk refuses.
    pub fn create(&self, name: &str) -> Result<Bucket> {
        name::check(name)?;
        if self.mapped.contains_key(name) {
            return Err(Error::read_only(name));
        }
        let own = self.own.as_ref().ok_or_else(|| nowhere(name))?;
        let bucket = Bucket::own(name, Arc::clone(own), overlay(own, name).exists());
        std::fs::create_dir_all(&bucket.folder)
            .map_err(|error| Error::io("cannot make the folder", &bucket.folder, error))?;
        Ok(bucket)
    }

    /// Makes a bucket of our own that lies over one of the same name elsewhere: what is written stays here. It is remembered to be
    /// one until it is removed.
    ///
    /// # Errors
    ///
    /// As [`Buckets::create`].
    pub fn create_overlay(&self, name: &str) -> Result<Bucket> {
        let mut bucket = self.create(name)?;
        if let Some(own) = &self.own {
            let mark = overlay(own, name);
            let folder = mark.parent().unwrap_or(own.own());
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&mark, ""))
                .map_err(|error| Error::io("cannot write", &mark, error))?;
        }
        bucket.is_overlay = true;
        Ok(bucket)
    }

    /// A bucket in which nothing is ever finished: files wait there that go elsewhere, to a bucket of this name. It is neither found
    /// nor listed.
    ///
    /// # Errors
    ///
    /// `InvalidBucketName`; `ReadOnly` if there is no place for it; `Io` or `AccessDenied`.
    pub fn staging(&self, name: &str) -> Result<Bucket> {
        name::check(name)?;
        let own = self.own.as_ref().ok_or_else(|| nowhere(name))?;
        Ok(Bucket::staging(name, Arc::clone(own), own.folder()?))
    }

    /// Removes a bucket of our own that holds no object.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`; `ReadOnly` if it is mapped; `NotEmpty`; `Io` or `AccessDenied`.
    pub fn remove(&self, name: &str) -> Result<()> {
        let bucket = self.get(name)?;
        bucket.writable()?;
        let not_empty = || {
            let message = format!("the bucket `{name}` is not empty");
            Error::new(ErrorKind::NotEmpty, message)
        };
        let first = bucket.list(&Listed { max: 1, ..Listed::default() })?;
        if !first.objects.is_empty() {
            return Err(not_empty());
        }
        remove_empty(&bucket.folder).map_err(|error| match error.kind() {
            io::ErrorKind::DirectoryNotEmpty => not_empty(),
            _ => Error::io("cannot remove", &bucket.folder, error),
        })?;
        if let Some(own) = &self.own {
            let _ = std::fs::remove_file(overlay(own, name));
        }
        Ok(())
    }

    /// All buckets, by name.
    ///
    /// # Errors
    ///
    /// `Io` or `AccessDenied` if the folder of our own cannot be read.
    pub fn all(&self) -> Result<Vec<Bucket>> {
        let mut names: Vec<String> = self.mapped.keys().cloned().collect();
        if let Some(own) = &self.own {
            let entries = match std::fs::read_dir(own.own()) {
                Ok(entries) => entries.collect::<io::Result<Vec<_>>>(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
                Err(error) => Err(error),
            };
            let entries = entries.map_err(|error| Error::io("cannot list", own.own(), error))?;
            names.extend(entries.iter().filter_map(|entry| entry.file_name().into_string().ok()));
        }
        names.sort();
        names.dedup();
        Ok(names.iter().filter_map(|name| self.find(name)).collect())
    }

    /// Removes what processes that have died left half written. What living ones write is kept.
    ///
    /// # Errors
    ///
    /// `Io` or `AccessDenied` if the folder cannot be read.
    pub fn clean(&self) -> Result<()> {
        self.own.as_ref().map_or(Ok(()), |own| own.clean())
    }
}

/// The refusal of a bucket for which there is no place.
fn nowhere(name: &str) -> Error {
    let message = format!("the bucket `{name}` cannot be made: there is no folder for it");
    Error::new(ErrorKind::ReadOnly, message)
}

/// The file that says of a bucket that it lies over another one; no bucket has a name like its folder's.
fn overlay(own: &Waiting, name: &str) -> PathBuf {
    own.own().join(".overlays").join(name)
}

/// A path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut missing = Vec::new();
    for folder in path.ancestors() {
        if let Ok(found) = folder.canonicalize() {
            return missing.iter().rev().fold(found, |path, name| path.join(name));
        }
        missing.extend(folder.file_name());
    }
    path
}

/// Removes a folder in which there are but folders; fails if there is anything else.
fn remove_empty(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        remove_empty(&entry.path())?;
    }
    std::fs::remove_dir(folder)
}

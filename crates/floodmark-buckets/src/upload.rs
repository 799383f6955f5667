//! Uploads in parts: each is a folder with a file a part, outside of all buckets, until it is completed.
//!
//! They end with the process: a client that goes on with an upload after the server has started anew is told that there is none.

use std::io;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use uuid::Uuid;

use crate::bucket::{Bucket, is_missing};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{PART_BYTES_MIN, PART_NUMBER_MAX, UPLOAD_AGE_MAX, UPLOADS_MAX};
use crate::object::{Object, etag};
use crate::waiting::Waiting;
use crate::writing::{Place, Writing};

/// The folder of all uploads, in that of the process.
const FOLDER: &str = "uploads";

/// The file of an upload that says whose it is: the bucket, a line feed, the key.
const ABOUT: &str = "about";

/// An upload in parts that is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// What it is asked for by.
    pub id: String,
    /// The key that the object will have.
    pub key: String,
    /// When it was begun.
    pub started: SystemTime,
}

/// A part of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1: the order in the object.
    pub number: u32,
    /// Its size in bytes.
    pub size: u64,
    /// When it was written.
    pub modified: SystemTime,
    /// Its entity tag, without quotes.
    pub etag: String,
}

/// A part as the one names it who completes an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number.
    pub number: u32,
    /// The entity tag that was answered when it was written, without quotes; None takes any.
    pub etag: Option<String>,
}

impl Bucket {
    /// Begins an upload in parts, and gives its id. Uploads that nobody has written to for a day are dropped.
    ///
    /// # Errors
    ///
    /// `ReadOnly`; `InvalidKey`; `LimitReached` if too many are open; `Io` or `AccessDenied`.
    pub fn begin_upload(&self, key: &str) -> Result<String> {
        let waiting = self.writable()?;
        self.path(key)?;
        let uploads = waiting.folder()?.join(FOLDER);
        let failed = |error| Error::io("cannot make the folder", &uploads, error);
        std::fs::create_dir_all(&uploads).map_err(failed)?;
        let mut open = 0;
        for entry in std::fs::read_dir(&uploads).map_err(failed)?.flatten() {
            open += 1;
            if is_forgotten(&entry.path()) {
                let _ = std::fs::remove_dir_all(entry.path());
                open -= 1;
            }
        }
        if open >= UPLOADS_MAX {
            let message = format!("there are {UPLOADS_MAX} uploads that are not complete");
            return Err(
                Error::new(ErrorKind::LimitReached, message).hint("complete or abort some of them")
            );
        }
        let id = Uuid::new_v4().simple().to_string();
        let folder = uploads.join(&id);
        std::fs::create_dir(&folder)
            .and_then(|()| std::fs::write(folder.join(ABOUT), format!("{}\n{key}", self.name)))
            .map_err(|error| Error::io("cannot begin an upload in", &folder, error))?;
        Ok(id)
    }

    /// Begins to write a part of an upload, which counts when it is finished. The key of what it gives then is that of the
    /// upload.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`; `InvalidPart` if the number is not one of 1 to 10,000; `Io` or `AccessDenied`.
    pub fn write_part(&self, key: &str, upload: &str, number: u32) -> Result<Writing> {
        if !(1..=PART_NUMBER_MAX).contains(&number) {
            let message = format!("{number} is no number of a part: 1 to {PART_NUMBER_MAX}");
            return Err(Error::new(ErrorKind::InvalidPart, message));
        }
        let (waiting, folder) = self.upload(key, upload)?;
        let place = Place {
            key: key.to_owned(),
            path: folder.join(number.to_string()),
            home: folder,
            without_home: ErrorKind::NoSuchUpload,
        };
        Writing::new(Arc::clone(waiting), place)
    }

    /// Writes a part of an upload that is like an object, or like these bytes of it: from the first to before the second.
    ///
    /// # Errors
    ///
    /// As [`Bucket::write_part`] and [`Bucket::open`].
    pub fn copy_part(
        &self,
        key: &str,
        upload: &str,
        number: u32,
        from: (&Self, &str),
        range: Option<std::ops::Range<u64>>,
    ) -> Result<Object> {
        let mut writing = self.write_part(key, upload, number)?;
        let (mut file, object) = from.0.open(from.1)?;
        let range = range.unwrap_or(0..object.size);
        file.seek(SeekFrom::Start(range.start))
            .and_then(|_| {
                io::copy(&mut file.take(range.end.saturating_sub(range.start)), writing.file())
            })
            .map_err(|error| Error::io("cannot copy to", writing.path(), error))?;
        writing.finish()
    }

    /// The parts of an upload, by number.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`; `Io` or `AccessDenied`.
    pub fn parts(&self, key: &str, upload: &str) -> Result<Vec<Part>> {
        let (_, folder) = self.upload(key, upload)?;
        let failed = |error| Error::io("cannot list", &folder, error);
        let mut parts = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(number) = number else { continue };
            let metadata = entry.metadata().map_err(failed)?;
            let Object { size, modified, etag, .. } = Object::new(key, &metadata);
            parts.push(Part { number, size, modified, etag });
        }
        parts.sort_unstable_by_key(|part| part.number);
        Ok(parts)
    }

    /// The uploads of this bucket that are not complete, by key and time.
    ///
    /// # Errors
    ///
    /// `Io` or `AccessDenied`.
    pub fn uploads(&self) -> Result<Vec<Upload>> {
        let Ok(waiting) = self.writable() else { return Ok(Vec::new()) };
        let folder = waiting.folder()?.join(FOLDER);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("cannot list", &folder, error)),
        };
        let mut uploads = Vec::new();
        for entry in entries.flatten() {
            let about = entry.path().join(ABOUT);
            let Ok(text) = std::fs::read_to_string(&about) else { continue };
            let started = std::fs::metadata(&about).and_then(|metadata| metadata.modified());
            if let (Some((bucket, key)), Ok(started)) = (text.split_once('\n'), started)
                && bucket == self.name
            {
                let id = entry.file_name().to_string_lossy().into_owned();
                uploads.push(Upload { id, key: key.to_owned(), started });
            }
        }
        uploads.sort_by(|a, b| (&a.key, a.started, &a.id).cmp(&(&b.key, b.started, &b.id)));
        Ok(uploads)
    }

    /// Puts the named parts of an upload together: that is the object. The upload is over.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`; `InvalidPart`, `InvalidPartOrder` or `PartTooSmall`, after which the upload goes on; otherwise as
    /// [`Writing::finish`].
    pub fn complete_upload(
        &self,
        key: &str,
        upload: &str,
        parts: &[CompletedPart],
    ) -> Result<Object> {
        let object = self.assemble_upload(key, upload, parts)?.finish()?;
        // It is whole; what is left of it is removed at the latest when the process ends.
        let _ = self.abort_upload(key, upload);
        Ok(object)
    }

    /// Puts the named parts of an upload together, in a file that waits. The upload goes on until it is aborted.
    ///
    /// # Errors
    ///
    /// Those of [`Bucket::complete_upload`] but for finishing.
    pub fn assemble_upload(
        &self,
        key: &str,
        upload: &str,
        parts: &[CompletedPart],
    ) -> Result<Writing> {
        let (_, folder) = self.upload(key, upload)?;
        if parts.is_empty() {
            return Err(Error::new(ErrorKind::InvalidPart, "an upload without any part"));
        }
        if !parts.is_sorted_by(|a, b| a.number < b.number) {
            let message = "the parts of an upload are named in ascending order";
            return Err(Error::new(ErrorKind::InvalidPartOrder, message));
        }
        for (at, part) in parts.iter().enumerate() {
            check_part(&folder, part, at + 1 == parts.len())?;
        }
        let mut writing = self.write(key)?;
        for part in parts {
            let path = folder.join(part.number.to_string());
            std::fs::File::open(&path)
                .and_then(|mut file| io::copy(&mut file, writing.file()))
                .map_err(|error| Error::io("cannot copy", &path, error))?;
        }
        Ok(writing)
    }

    /// Drops an upload and its parts.
    ///
    /// # Errors
    ///
    /// `NoSuchUpload`; `Io` or `AccessDenied`.
    pub fn abort_upload(&self, key: &str, upload: &str) -> Result<()> {
        let (_, folder) = self.upload(key, upload)?;
        std::fs::remove_dir_all(&folder).map_err(|error| Error::io("cannot remove", &folder, error))
    }

    /// The folder of an upload of this bucket and key.
    fn upload(&self, key: &str, upload: &str) -> Result<(&Arc<Waiting>, PathBuf)> {
        let waiting = self.writable()?;
        // The id is a name of a folder, and comes from a client.
        let id = Uuid::try_parse(upload).ok().map(|id| id.simple().to_string());
        let folder = id.map(|id| Ok(waiting.folder()?.join(FOLDER).join(id))).transpose()?;
        let is_ours = |folder: &PathBuf| {
            std::fs::read_to_string(folder.join(ABOUT))
                .is_ok_and(|about| about == format!("{}\n{key}", self.name))
        };
        folder.filter(is_ours).map(|folder| (waiting, folder)).ok_or_else(|| {
            let message = format!("there is no upload `{}`", upload.escape_debug());
            Error::new(ErrorKind::NoSuchUpload, message)
                .hint("it was completed or aborted, or the server has been started anew")
        })
    }
}

/// Refuses a part that is not there, is another one, or is too small.
fn check_part(folder: &Path, part: &CompletedPart, is_last: bool) -> Result<()> {
    let number = part.number;
    let path = folder.join(number.to_string());
    let metadata = std::fs::metadata(&path).map_err(|_| {
        Error::new(ErrorKind::InvalidPart, format!("there is no part {number} of the upload"))
    })?;
    if part.etag.as_ref().is_some_and(|named| *named != etag(&metadata)) {
        let message = format!("part {number} of the upload is another one than was named");
        return Err(Error::new(ErrorKind::InvalidPart, message));
    }
    if !is_last && metadata.len() < PART_BYTES_MIN {
        let message = format!(
            "part {number} of the upload has {} bytes; all but the last have at least {PART_BYTES_MIN}",
            metadata.len()
        );
        return Err(Error::new(ErrorKind::PartTooSmall, message));
    }
    Ok(())
}

/// Whether nobody has written to the upload for long.
fn is_forgotten(folder: &Path) -> bool {
    let modified = std::fs::metadata(folder).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > UPLOAD_AGE_MAX))
}

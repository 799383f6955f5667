//! A file that is being written, and appears when it is whole.

use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::PLACE_TRIES_MAX;
use crate::object::Object;
use crate::waiting::Waiting;

/// An object that is being written. It waits outside of the bucket until [`Writing::finish`]; dropping it removes it.
#[derive(Debug)]
pub struct Writing {
    file: File,
    waits: Waits,
    place: Place,
}

/// Where a file will be found.
#[derive(Debug)]
pub(crate) struct Place {
    /// What the object is called.
    pub(crate) key: String,
    /// Its path.
    pub(crate) path: PathBuf,
    /// The folder of the bucket or of the upload that it lies in.
    pub(crate) home: PathBuf,
    /// What it is an error of if that folder is no longer there.
    pub(crate) without_home: ErrorKind,
}

impl Writing {
    /// A file that will be found in this place.
    pub(crate) fn new(waiting: Arc<Waiting>, place: Place) -> Result<Self> {
        let path = waiting.path()?;
        let file = File::create_new(&path)
            .map_err(|error| Error::io("cannot make the file", &path, error))?;
        let waits = Waits { path, waiting };
        Ok(Self { file, waits, place })
    }

    /// Where the bytes wait, for a writer that wants a path.
    pub fn path(&self) -> &Path {
        &self.waits.path
    }

    /// Puts the object into its place, whole and at once: it replaces what was there. It is safe on the disk before this returns.
    ///
    /// # Errors
    ///
    /// `Conflict` if the key is a folder of other keys, or the other way about; `AccessDenied` or `Io` if the disk refuses.
    pub fn finish(self) -> Result<Object> {
        self.finish_over(|_| None)
    }

    /// As [`Writing::finish`], unless there is a reason not to replace the object that is there, or not to write where none is. No
    /// other writer of this process comes between.
    ///
    /// # Errors
    ///
    /// `PreconditionFailed` with the reason; those of [`Writing::finish`].
    pub fn finish_over(
        self,
        reason: impl Fn(Option<&Object>) -> Option<&'static str>,
    ) -> Result<Object> {
        self.file.sync_all().map_err(|error| Error::io("cannot write", &self.waits.path, error))?;
        put(&self.waits.waiting, &self.waits.path, &self.place, reason)
    }

    /// The file itself, to copy into.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A path that is removed when nobody has moved it to its place.
#[derive(Debug)]
struct Waits {
    path: PathBuf,
    /// The folder stays as long as something waits in it.
    waiting: Arc<Waiting>,
}

impl Drop for Waits {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Moves a whole file to its place, and makes the folders that it needs, unless there is a reason not to replace what is there.
pub(crate) fn put(
    waiting: &Waiting,
    from: &Path,
    place: &Place,
    reason: impl Fn(Option<&Object>) -> Option<&'static str>,
) -> Result<Object> {
    let parent = place.path.parent().unwrap_or(&place.home);
    let mut tries = 0;
    let alone = waiting.alone();
    let present = std::fs::metadata(&place.path).ok().filter(Metadata::is_file);
    let present = present.map(|metadata| Object::new(&place.key, &metadata));
    if let Some(reason) = reason(present.as_ref()) {
        return Err(Error::new(ErrorKind::PreconditionFailed, reason));
    }
    loop {
        tries += 1;
        if !place.home.is_dir() {
            let message = format!("`{}` has no place any more", place.key.escape_debug());
            return Err(Error::new(place.without_home, message));
        }
        let moved =
            std::fs::create_dir_all(parent).and_then(|()| std::fs::rename(from, &place.path));
        match moved {
            Ok(()) => break,
            // Whoever deletes the last file of a folder removes the folder too.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < PLACE_TRIES_MAX => {}
            Err(error) => return Err(refused(error, place)),
        }
    }
    let metadata = std::fs::metadata(&place.path)
        .map_err(|error| Error::io("cannot read", &place.path, error))?;
    drop(alone);
    sync_folder(parent);
    Ok(Object::new(&place.key, &metadata))
}

/// A key that is a file and a folder at once is named; all else is what the operating system says.
fn refused(error: io::Error, place: &Place) -> Error {
    let key = place.key.escape_debug();
    if place.path.is_dir() {
        let message = format!("`{key}` cannot be an object: there are objects below `{key}/`");
        return Error::new(ErrorKind::Conflict, message).hint(HINT);
    }
    let mut folders = place.path.ancestors().skip(1).take_while(|folder| *folder != place.home);
    if let Some(file) = folders.find(|folder| folder.is_file()) {
        let above = file.strip_prefix(&place.home).unwrap_or(file).to_string_lossy().into_owned();
        let message = format!("`{key}` cannot be an object: `{}` is one", above.escape_debug());
        return Error::new(ErrorKind::Conflict, message).hint(HINT);
    }
    if error.kind() == io::ErrorKind::InvalidFilename {
        let message = format!("`{key}` cannot be a key here: the file system does not take it");
        return Error::new(ErrorKind::InvalidKey, message);
    }
    Error::io("cannot write", &place.path, error)
}

const HINT: &str = "objects are files here, and a name cannot be a file and a folder at once";

/// Makes a rename safe on the disk, where the operating system allows that for folders.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

//! Finished files on their way to the places where tables find them.
//!
//! On this machine all files are brought under names that no table reads, and then shown, one right after the other. What was
//! brought goes away again unless it is kept: a statement that fails later, or is stopped, leaves nothing behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use floodmark_buckets::Bucket;

use crate::error::{Error, ErrorKind, Result};
use crate::scan::Place;
use crate::store::{Location, S3, Store, bucket};
use crate::write::cannot_write;

/// Files that were brought to their places.
#[derive(Debug, Default)]
pub(crate) struct Published {
    /// Files on this machine: where they are hidden, and where they are seen.
    hidden: Vec<(PathBuf, PathBuf)>,
    shown: Vec<PathBuf>,
    objects: Vec<(Arc<S3>, String)>,
    /// Files for buckets that are folders, with their keys, as long as they are not shown.
    waiting: Vec<(Arc<Bucket>, String, PathBuf)>,
    in_buckets: Vec<(Arc<Bucket>, String)>,
}

impl Published {
    /// Brings a file to its place.
    pub(super) async fn bring(&mut self, place: &Place, name: &str, file: &Path) -> Result<()> {
        match (&place.store, &place.location) {
            (Store::Local, Location::Path(folder)) => {
                let hidden = folder.join(format!(".{name}"));
                self.hidden.push((hidden.clone(), folder.join(name)));
                let (folder, file) = (folder.clone(), file.to_owned());
                let moved = tokio::task::spawn_blocking(move || bring(&folder, &file, &hidden));
                moved.await.map_err(|error| {
                    Error::new(ErrorKind::Internal, "a writing thread ended early").because(error)
                })?
            }
            (Store::Bucket(bucket), Location::S3 { prefix, pattern: None, .. }) => {
                let key = key(prefix, name);
                self.waiting.push((Arc::clone(bucket), key, file.to_owned()));
                Ok(())
            }
            (Store::S3(s3), Location::S3 { prefix, pattern: None, .. }) => {
                let key = key(prefix, name);
                self.objects.push((Arc::clone(s3), key.clone()));
                s3.publish(&key, file).await
            }
            (_, location) => Err(Error::new(
                ErrorKind::NotSupported,
                format!("nothing can be written to `{location}`"),
            )
            .hint("write to a folder or to `s3://bucket/prefix/`")),
        }
    }

    /// Shows the files that are hidden.
    pub(super) async fn show(&mut self) -> Result<()> {
        for (bucket, key, file) in std::mem::take(&mut self.waiting) {
            bucket::publish(&bucket, &key, &file).await?;
            self.in_buckets.push((bucket, key));
        }
        for (hidden, place) in std::mem::take(&mut self.hidden) {
            if let Err(error) = std::fs::rename(&hidden, &place) {
                self.hidden.push((hidden, place.clone()));
                return Err(cannot_write(&place.display(), error));
            }
            self.shown.push(place);
        }
        Ok(())
    }

    /// The files stay. Gives where they lie.
    pub(crate) fn keep(mut self) -> Vec<String> {
        self.hidden.clear();
        let shown = std::mem::take(&mut self.shown).into_iter();
        let objects = std::mem::take(&mut self.objects).into_iter();
        let in_buckets = std::mem::take(&mut self.in_buckets).into_iter();
        shown
            .map(|path| path.to_string_lossy().into_owned())
            .chain(in_buckets.map(|(bucket, key)| bucket::address(&bucket, &key)))
            .chain(objects.map(|(s3, key)| s3.address(&key)))
            .collect()
    }

    /// Takes everything away again, as far as that can be done.
    pub(crate) async fn undo(mut self) {
        for (s3, key) in std::mem::take(&mut self.objects) {
            // An object that cannot be taken away is no worse than the failure that is being told.
            let _ = s3.remove(&key).await;
        }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let hidden = self.hidden.iter().map(|(hidden, _)| hidden);
        for path in hidden.chain(&self.shown) {
            // What cannot be taken away stays.
            let _ = std::fs::remove_file(path);
        }
        for (bucket, key) in &self.in_buckets {
            let _ = bucket.delete(key);
        }
        let objects = std::mem::take(&mut self.objects);
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && !objects.is_empty()
        {
            runtime.spawn(async move {
                for (s3, key) in objects {
                    let _ = s3.remove(&key).await;
                }
            });
        }
    }
}

/// The key of a file below a prefix.
fn key(prefix: &str, name: &str) -> String {
    let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
    format!("{prefix}{slash}{name}")
}

/// Brings a file of this machine into a folder under another name. The two may lie on two disks.
fn bring(folder: &Path, file: &Path, hidden: &Path) -> Result<()> {
    let fail = |error| cannot_write(&folder.display(), error);
    std::fs::create_dir_all(folder).map_err(fail)?;
    if std::fs::rename(file, hidden).is_ok() {
        return Ok(());
    }
    std::fs::copy(file, hidden).map_err(fail)?;
    // The rows are on the disk before anybody sees them.
    std::fs::File::open(hidden).and_then(|file| file.sync_all()).map_err(fail)
}

//! Where logs lie: files, standard input and S3. The only place where object stores are built.

pub(crate) mod bucket;
pub(crate) mod credentials;
mod listing;
mod local;
mod s3;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use floodmark_buckets::{Bucket, Buckets};
use floodmark_formats::time::Micros;
use futures::stream::BoxStream;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::BUCKETS_KEPT_MAX;
pub use crate::store::listing::{ListHints, list};
pub(crate) use crate::store::s3::S3;
pub use crate::store::s3::S3Options;

/// A place that the user named: a file, a folder, a glob, `-` or `s3://bucket/prefix`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Location {
    /// A file or a folder.
    Path(PathBuf),
    /// A pattern of paths.
    Glob(String),
    /// Standard input.
    StandardInput,
    /// A bucket and the beginning of keys.
    S3 {
        /// The bucket.
        bucket: String,
        /// The beginning of the keys: a folder, an object or a part of a path. May be empty.
        prefix: String,
        /// A pattern for the whole key, where the user wrote one.
        pattern: Option<String>,
    },
}

/// An object as it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its key, or its path with `/` between folders.
    pub key: String,
    /// Where it lies, as the user would write it.
    pub path: String,
    /// Its size as stored, in bytes.
    pub size: u64,
    /// Whether its size is not known before it is read: a pipe, a device or standard input.
    pub is_stream: bool,
    /// When it was last written.
    pub modified: Option<Micros>,
    /// What changes when the object is written again, where the store says it.
    pub etag: Option<String>,
}

/// The bytes of an object.
pub enum Fetched {
    /// All of them.
    Whole(Bytes),
    /// Piece by piece, for an object too large to be held.
    Stream(BoxStream<'static, Result<Bytes>>),
}

/// Access to one location.
#[derive(Clone, Debug)]
pub enum Store {
    /// Files.
    Local,
    /// Standard input, and whether it was read.
    StandardInput(Arc<AtomicBool>),
    /// A bucket that is a folder of this machine.
    Bucket(Arc<Bucket>),
    /// A bucket of S3, with what was written to it on this machine and comes first.
    Overlay(Arc<Bucket>, Arc<S3>),
    /// A bucket.
    S3(Arc<S3>),
}

/// The stores of a process, each opened once.
#[derive(Debug)]
pub(crate) struct Stores {
    options: S3Options,
    /// The buckets that are folders of this machine, and whether others are looked for in S3.
    folders: Arc<Buckets>,
    has_s3: bool,
    io: Handle,
    buckets: Mutex<HashMap<String, Arc<OnceCell<Arc<S3>>>>>,
}

impl Stores {
    pub(crate) fn new(options: S3Options, folders: Arc<Buckets>, has_s3: bool, io: Handle) -> Self {
        Self { options, folders, has_s3, io, buckets: Mutex::default() }
    }

    /// The store of a location: for a bucket, the one that was opened before.
    pub(crate) async fn open(&self, location: &Location) -> Result<Store> {
        let Location::S3 { bucket: name, prefix, .. } = location else {
            return Store::open(location).await;
        };
        match self.folders.find(name).map(Arc::new) {
            Some(folder) if folder.is_overlay && self.has_s3 => {
                let s3 = self.s3(name).await?;
                Ok(if bucket::has(&folder, prefix).await? {
                    Store::Overlay(folder, s3)
                } else {
                    Store::S3(s3)
                })
            }
            Some(folder) => Ok(Store::Bucket(folder)),
            None => self.s3(name).await.map(Store::S3),
        }
    }

    /// The store of a location that is written to.
    pub(crate) async fn open_to_write(&self, location: &Location, apply: bool) -> Result<Store> {
        let Location::S3 { bucket: name, .. } = location else { return self.open(location).await };
        match self.bucket_to_write(name, apply).await? {
            Some(folder) => Ok(Store::Bucket(Arc::new(folder))),
            None => self.s3(name).await.map(Store::S3),
        }
    }

    /// The bucket of this machine that something is written to; None if it goes to S3. A bucket of S3 that may not be written to there
    /// is written to here, over it; one that is nowhere is made here.
    pub(crate) async fn bucket_to_write(&self, name: &str, apply: bool) -> Result<Option<Bucket>> {
        let goes_to_s3 = self.has_s3 && apply;
        match self.folders.find(name) {
            Some(folder) if folder.is_overlay && goes_to_s3 => Ok(None),
            Some(folder) => {
                folder.check_writable()?;
                Ok(Some(folder))
            }
            None if !self.folders.has_own() && goes_to_s3 => Ok(None),
            None if !self.folders.has_own() => {
                let message = format!("writing to `s3://{name}` needs your consent");
                Err(Error::new(ErrorKind::AccessDenied, message)
                    .hint("add `--apply`; without it, Floodmark only reads from AWS"))
            }
            None if self.has_s3 && self.is_in_s3(name).await? => match goes_to_s3 {
                true => Ok(None),
                false => Ok(Some(self.folders.create_overlay(name)?)),
            },
            None => Ok(Some(self.folders.create(name)?)),
        }
    }

    /// Whether S3 has a bucket, which need not be ours.
    async fn is_in_s3(&self, name: &str) -> Result<bool> {
        let page = match self.s3(name).await {
            Ok(s3) => {
                let options = s3::PageOptions { by_folder: true, ..s3::PageOptions::default() };
                s3.page("", options).await.map(|_| ())
            }
            Err(error) => Err(error),
        };
        match page {
            Ok(()) => Ok(true),
            Err(error) => match error.kind() {
                ErrorKind::NotFound => Ok(false),
                ErrorKind::AccessDenied => Ok(true),
                _ => Err(error),
            },
        }
    }

    /// A bucket in S3.
    pub(crate) async fn s3(&self, name: &str) -> Result<Arc<S3>> {
        if !self.has_s3 {
            let message = format!("there is no bucket `{name}` on this machine");
            return Err(Error::not_found(message).hint(format!(
                "map a folder to it with `--bucket {name}=FOLDER`, or read it from AWS with `--pass-through`"
            )));
        }
        // Each is opened once, and none waits for another.
        let cell = {
            let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            if buckets.len() >= BUCKETS_KEPT_MAX {
                buckets.retain(|_, cell| cell.initialized());
            }
            Arc::clone(buckets.entry(name.to_owned()).or_default())
        };
        let open = async || {
            let (bucket, options) = (name.to_owned(), self.options.clone());
            let opening = self.io.spawn(async move { S3::open(&bucket, &options).await });
            let opened = opening.await.map_err(|error| {
                Error::new(ErrorKind::Internal, format!("cannot open `s3://{name}`")).because(error)
            })?;
            opened.map(Arc::new)
        };
        cell.get_or_try_init(open).await.map(Arc::clone)
    }
}

impl Object {
    /// Standard input.
    fn standard_input() -> Self {
        let name = "-".to_owned();
        let (key, path) = (name.clone(), name);
        Self { key, path, size: 0, is_stream: true, modified: None, etag: None }
    }
}

/// How addresses in S3 begin: Hadoop's own names stand in catalogs.
const S3_SCHEMES: [&str; 3] = ["s3://", "s3a://", "s3n://"];

impl Location {
    /// The folder that a table or a partition names: no character of it is a pattern.
    ///
    /// # Errors
    ///
    /// Those of [`Location::parse`].
    pub(crate) fn folder(text: &str) -> Result<Self> {
        let plain = text.strip_prefix("file://").unwrap_or(text);
        for scheme in S3_SCHEMES {
            if let Some((bucket, prefix)) =
                text.strip_prefix(scheme).and_then(|rest| rest.split_once('/'))
                && !bucket.is_empty()
            {
                let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
                return Ok(Self::S3 { bucket, prefix, pattern: None });
            }
        }
        if plain == "-" || plain.contains("://") {
            return Self::parse(text);
        }
        Ok(Self::Path(PathBuf::from(plain)))
    }

    /// Whether everything that lies here lies also at another location, as far as their names tell.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Path(path), Self::Path(other)) => {
                let whole = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
                whole(path).starts_with(whole(other))
            }
            (
                Self::S3 { bucket, prefix, .. },
                Self::S3 { bucket: other_bucket, prefix: other_prefix, pattern: None },
            ) => {
                let rest = prefix.strip_prefix(other_prefix.as_str());
                bucket == other_bucket
                    && rest.is_some_and(|rest| {
                        let whole = other_prefix.is_empty() || other_prefix.ends_with('/');
                        whole || rest.is_empty() || rest.starts_with('/')
                    })
            }
            _ => self == other,
        }
    }

    /// Whether it is a pattern, so that only listing tells what lies here.
    pub(crate) fn is_pattern(&self) -> bool {
        matches!(self, Self::Glob(_) | Self::S3 { pattern: Some(_), .. })
    }

    /// Reads what the user wrote.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for an address that is none of the kinds.
    pub fn parse(text: &str) -> Result<Self> {
        if text == "-" {
            return Ok(Self::StandardInput);
        }
        if let Some(rest) = S3_SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err(Error::invalid_query(format!("`{text}` names no bucket"))
                    .hint("write `s3://bucket/prefix`"));
            }
            let bucket = bucket.to_owned();
            return Ok(match prefix.find(['*', '?', '[']) {
                None => Self::S3 { bucket, prefix: prefix.to_owned(), pattern: None },
                Some(at) => {
                    if let Err(error) = glob::Pattern::new(prefix) {
                        let message = format!("`{text}` is no glob: {}", error.msg);
                        return Err(Error::invalid_query(message));
                    }
                    Self::S3 {
                        bucket,
                        prefix: prefix[..at].to_owned(),
                        pattern: Some(prefix.to_owned()),
                    }
                }
            });
        }
        if let Some(path) = text.strip_prefix("file://") {
            return Ok(Self::Path(PathBuf::from(path)));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(Error::invalid_query(format!(
                "`{text}`: `{scheme}` is no known kind of place"
            ))
            .hint("logs are read from files, folders, globs, `-` and `s3://`"));
        }
        let path = PathBuf::from(text);
        if text.contains(['*', '?', '[']) && !path.exists() {
            return Ok(Self::Glob(text.to_owned()));
        }
        Ok(Self::Path(path))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Glob(pattern) => f.write_str(pattern),
            Self::StandardInput => f.write_str("-"),
            Self::S3 { bucket, prefix, pattern } => {
                write!(f, "s3://{bucket}/{}", pattern.as_ref().unwrap_or(prefix))
            }
        }
    }
}

impl Store {
    /// Opens the store of a location on this machine.
    ///
    /// # Errors
    ///
    /// `Internal` for one in S3.
    async fn open(location: &Location) -> Result<Self> {
        match location {
            Location::Path(_) | Location::Glob(_) => Ok(Self::Local),
            Location::StandardInput => Ok(Self::StandardInput(Arc::default())),
            Location::S3 { .. } => {
                Err(Error::new(ErrorKind::Internal, format!("`{location}` is not on this machine")))
            }
        }
    }

    /// Fetches an object. Cancel by dropping the future or the stream.
    ///
    /// # Errors
    ///
    /// `NotFound`, `AccessDenied` or `Unavailable`, with the object's path.
    pub async fn fetch(&self, object: &Object, whole_max: u64) -> Result<Fetched> {
        match self {
            Self::Local => local::fetch(PathBuf::from(&object.path), object, whole_max).await,
            Self::Bucket(bucket) => bucket::fetch(bucket, object, whole_max).await,
            Self::Overlay(bucket, s3) => match bucket::fetch(bucket, object, whole_max).await {
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidQuery) =>
                {
                    s3.fetch(object, whole_max).await
                }
                fetched => fetched,
            },
            Self::StandardInput(read) if read.swap(true, Ordering::Relaxed) => {
                Err(Error::invalid_query("standard input can be read only once").hint(
                    "write the logs to a file: each table that a query names is read by itself",
                ))
            }
            Self::StandardInput(_) => local::fetch_standard_input().await,
            Self::S3(s3) => s3.fetch(object, whole_max).await,
        }
    }

    /// How many objects are worth fetching at the same time.
    pub fn fetches_max(&self) -> usize {
        match self {
            Self::Local | Self::Bucket(_) => crate::limits::FILE_READS_MAX,
            Self::StandardInput(_) => 1,
            Self::S3(_) | Self::Overlay(..) => crate::limits::FETCHES_MAX,
        }
    }
}

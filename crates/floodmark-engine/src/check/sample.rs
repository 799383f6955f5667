//! What lies at a table's locations: a bounded look at the names and at the first lines.

use std::time::Duration;

use bytes::Bytes;
use floodmark_formats::recognise::recognise;
use floodmark_formats::{LogType, key};
use futures::StreamExt;
use regex::Regex;

use crate::error::{Error, Result};
use crate::limits::{CHECKED_LINES_MAX, CHECKED_OBJECT_BYTES_MAX, RECOGNISE_BYTES};
use crate::scan::{Columns, Compression, Inflater, is_passed_over};
use crate::store::{self, Fetched, ListHints, Location, Object, Store, Stores};

/// How thorough a look is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// How many objects are listed of all locations together.
    pub(crate) listed_max: usize,
    /// How many objects are looked into.
    pub(crate) opened_max: usize,
    /// For how long.
    pub(crate) time_max: Duration,
}

/// A place to look at.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// The location as it is written.
    pub(crate) location: String,
    /// The partition that it is of; None for a table's own.
    pub(crate) partition: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// Each place with what the listing gave.
    pub(crate) spots: Vec<SpotFound>,
    /// The first lines of some objects.
    pub(crate) starts: Vec<Start>,
    /// Where a query looks for objects, if not everywhere: the folders of a projection.
    folders: Option<Regex>,
}

/// A place with its objects.
#[derive(Debug)]
pub(crate) struct SpotFound {
    pub(crate) spot: Spot,
    pub(crate) objects: Vec<Object>,
    /// What went wrong with listing it.
    pub(crate) error: Option<Error>,
    /// Whether the location is an object itself.
    pub(crate) is_object: bool,
}

/// The beginning of an object.
pub(crate) struct Start {
    pub(crate) object: Object,
    pub(crate) compression: Compression,
    /// The first lines, without a last one that is cut.
    pub(crate) text: String,
    /// The log whose lines they are.
    pub(crate) log_type: Option<&'static LogType>,
    /// The object's columns, for Parquet.
    pub(crate) columns: Option<Columns>,
    /// What went wrong with reading it.
    pub(crate) error: Option<Error>,
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Start").field("object", &self.object).finish_non_exhaustive()
    }
}

impl Sample {
    /// All objects that a query would read.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Object> {
        self.listed().filter(|object| is_within(self.folders.as_ref(), object))
    }

    /// All objects below the places, whether a query looks for them or not.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &Object> {
        let listed = self.spots.iter().flat_map(|found| &found.objects);
        listed.filter(|object| !is_passed_over(object))
    }
}

fn is_within(folders: Option<&Regex>, object: &Object) -> bool {
    folders.is_none_or(|folders| folders.is_match(&object.path))
}

/// Looks at some places. Must be called within a tokio runtime.
///
/// Only objects whose paths match `folders` are looked into.
pub(crate) async fn take(
    stores: &Stores,
    spots: Vec<Spot>,
    folders: Option<Regex>,
    extent: Extent,
) -> Sample {
    let mut sample = Sample { folders, ..Sample::default() };
    let each = (extent.listed_max / spots.len().max(1)).max(1);
    let mut opened: Vec<(Store, Object)> = Vec::new();
    for spot in spots {
        let mut found = SpotFound { spot, objects: Vec::new(), error: None, is_object: false };
        match list(stores, &mut found, each).await {
            Ok(store) => {
                let objects = found.objects.iter().filter(|object| {
                    !is_passed_over(object) && is_within(sample.folders.as_ref(), object)
                });
                opened.extend(objects.map(|object| (store.clone(), object.clone())));
            }
            Err(error) => found.error = Some(error),
        }
        sample.spots.push(found);
    }
    for (store, object) in chosen(opened, extent.opened_max) {
        let start = match read(&store, &object).await {
            Ok(start) => start,
            Err(error) => Start {
                object,
                compression: Compression::Plain,
                text: String::new(),
                log_type: None,
                columns: None,
                error: Some(error),
            },
        };
        sample.starts.push(start);
    }
    sample
}

async fn list(stores: &Stores, found: &mut SpotFound, most: usize) -> Result<Store> {
    let location = Location::parse(&found.spot.location)?;
    let store = stores.open(&location).await?;
    let hints = ListHints { may_be_empty: true, ..ListHints::default() };
    let mut objects = store::list(&store, &location, hints);
    while let Some(object) = objects.next().await {
        let object = object?;
        found.is_object |= match &location {
            Location::Path(path) => std::path::Path::new(&object.path) == path.as_path(),
            Location::S3 { prefix, .. } => object.key == *prefix && !object.key.ends_with('/'),
            _ => false,
        };
        found.objects.push(object);
        if found.objects.len() >= most {
            break;
        }
    }
    Ok(store)
}

/// Objects from the first to the last at even steps, small ones where there are any.
fn chosen(mut objects: Vec<(Store, Object)>, most: usize) -> Vec<(Store, Object)> {
    let is_small = |object: &Object| object.size <= CHECKED_OBJECT_BYTES_MAX;
    if objects.iter().any(|(_, object)| is_small(object)) {
        objects.retain(|(_, object)| is_small(object));
    } else {
        objects.sort_by_key(|(_, object)| object.size);
        objects.truncate(1);
    }
    let (count, most) = (objects.len(), most.max(2));
    if count <= most {
        return objects;
    }
    let wanted: Vec<usize> = (0..most).map(|step| step * (count - 1) / (most - 1)).collect();
    let objects = objects.into_iter().enumerate();
    objects.filter(|(at, _)| wanted.binary_search(at).is_ok()).map(|(_, object)| object).collect()
}

async fn read(store: &Store, object: &Object) -> Result<Start> {
    let is_parquet = object.key.ends_with(".parquet");
    let whole_max = if is_parquet { CHECKED_OBJECT_BYTES_MAX } else { RECOGNISE_BYTES as u64 };
    let (first, mut coming) = match store.fetch(object, whole_max).await? {
        Fetched::Whole(bytes) => (bytes, None),
        Fetched::Stream(mut stream) => match stream.next().await.transpose()? {
            Some(first) => (first, Some(stream)),
            None => (Bytes::new(), None),
        },
    };
    let compression = Compression::of(&first);
    let mut start = Start {
        object: object.clone(),
        compression,
        text: String::new(),
        log_type: None,
        columns: None,
        error: None,
    };
    let candidates = key::candidates(&object.key);
    if compression == Compression::Parquet {
        let bytes = match coming {
            None => first,
            Some(_) if object.size > CHECKED_OBJECT_BYTES_MAX => return Ok(start),
            Some(_) => match store.fetch(object, CHECKED_OBJECT_BYTES_MAX).await? {
                Fetched::Whole(bytes) => bytes,
                Fetched::Stream(_) => return Ok(start),
            },
        };
        let columns = Columns::open(bytes, &object.path)?;
        start.log_type = columns.log_type(&candidates);
        start.columns = Some(columns);
        return Ok(start);
    }
    let unreadable = |error: std::io::Error| {
        Error::new(
            crate::error::ErrorKind::Unavailable,
            format!("cannot inflate `{}`: {error}", object.path),
        )
    };
    let mut inflater = Inflater::new(compression).map_err(unreadable)?;
    let mut text = Vec::new();
    let mut piece = first;
    let mut whole = true;
    'pieces: loop {
        let mut rest = &piece[..];
        while !rest.is_empty() || inflater.is_pending() {
            if text.len() >= RECOGNISE_BYTES {
                whole = false;
                break 'pieces;
            }
            // Few bytes may stand for very many.
            let part = &rest[..rest.len().min(RECOGNISE_BYTES)];
            match inflater.push(part, &mut text) {
                Ok(taken) => rest = &rest[taken..],
                // What came before is looked at all the same.
                Err(_) if !text.is_empty() => {
                    whole = false;
                    break 'pieces;
                }
                Err(error) => return Err(unreadable(error)),
            }
        }
        match &mut coming {
            None => break,
            Some(stream) => match stream.next().await.transpose()? {
                Some(next) => piece = next,
                None => break,
            },
        }
    }
    if whole {
        // What is damaged at its end has a beginning all the same.
        let _ = inflater.finish(&mut text);
    } else {
        text.truncate(memchr::memrchr(b'\n', &text).map_or(0, |at| at + 1));
    }
    if let Some(end) = memchr::memchr_iter(b'\n', &text).nth(CHECKED_LINES_MAX - 1) {
        whole &= end + 1 == text.len();
        text.truncate(end + 1);
    }
    start.log_type = match candidates.as_slice() {
        [only] => Some(*only),
        candidates => recognise(&text, whole, candidates),
    };
    start.text = String::from_utf8_lossy(&text).into_owned();
    Ok(start)
}

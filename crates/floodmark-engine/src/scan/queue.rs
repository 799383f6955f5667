//! The queue from the listing to the partitions: objects that are wanted, fetched ahead.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::path::absolute;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use floodmark_formats::key::{self, KeyFacts};
use floodmark_formats::{LogType, ObjectFacts};
use futures::stream::BoxStream;
use futures::{StreamExt, future, stream};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};

use crate::error::Result;
use crate::limits::{FETCHED_AHEAD_BYTES_MAX, FETCHED_WHOLE_BYTES_MAX, LISTINGS_MAX};
use crate::report::Metrics;
use crate::scan::object::Opening;
use crate::scan::prune::Pruning;
use crate::scan::{Dataset, Place, ScanContext};
use crate::store::{self, Fetched, Location, Object, Store};

/// Permits are counted in this unit, because a semaphore cannot count all bytes.
const PERMIT_BYTES: u64 = 4096;

/// Which objects a scan wants.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Those of this log type, or of all of them.
    pub(crate) log_type: Option<&'static LogType>,
    /// Those that may hold rows that are asked for.
    pub(crate) pruning: Arc<Pruning>,
    /// Whether every object is the table's, whatever it holds, as in Hive. The log type is then what the names are read by.
    pub(crate) whatever: bool,
    /// The name of the user's table that is read.
    pub(crate) table: Option<String>,
}

/// An object that was fetched.
pub(crate) struct Item {
    pub(crate) opening: Opening,
    /// Whether the log type is told by the content alone.
    pub(crate) by_content: bool,
    /// In which of the dataset's places it lies.
    pub(crate) place: usize,
    /// Gives back the room in memory when the object has been inflated.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Shared by the partitions of a scan: whoever is free takes the next object.
pub(crate) struct Queue {
    items: Mutex<mpsc::Receiver<Result<Item>>>,
}

impl Queue {
    /// Begins to list and to fetch. It ends when the queue is dropped.
    pub(crate) fn start(context: &ScanContext, wanted: Wanted) -> Arc<Self> {
        let (sender, receiver) = mpsc::channel(1);
        let context = context.clone();
        let io = context.io.clone();
        io.spawn(async move {
            let gone = sender.clone();
            tokio::select! {
                () = run(context, wanted, sender) => {}
                () = gone.closed() => {}
            }
        });
        Arc::new(Self { items: Mutex::new(receiver) })
    }

    /// The next object, or None when there are no more.
    pub(crate) async fn next(&self) -> Option<Result<Item>> {
        self.items.lock().await.recv().await
    }
}

async fn run(context: ScanContext, wanted: Wanted, sender: mpsc::Sender<Result<Item>>) {
    let listed = Arc::new(AtomicBool::new(false));
    let table = wanted.table.clone();
    let mut items = items(&context, wanted, Arc::clone(&listed));
    while let Some(item) = items.next().await {
        let item = match item {
            Err(error) if context.keep_going => {
                context.metrics.trouble_error(&error);
                continue;
            }
            item => item,
        };
        let failed = item.is_err();
        if sender.send(item).await.is_err() || failed {
            return;
        }
    }
    if let Some(table) = table
        && let Some(first) = context.dataset.places.first()
        && !listed.load(Ordering::Relaxed)
    {
        let more = match context.dataset.places.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} other partitions"),
        };
        let reason = format!("no object lies at `{}`{more}", first.location);
        context.metrics.is_empty(&table, reason);
    }
}

/// Lists, chooses and fetches.
fn items(
    context: &ScanContext,
    wanted: Wanted,
    listed: Arc<AtomicBool>,
) -> BoxStream<'static, Result<Item>> {
    let room = FETCHED_AHEAD_BYTES_MAX as u64 / PERMIT_BYTES;
    let memory = Arc::new(Semaphore::new(usize::try_from(room).unwrap_or(1)));
    let mut seen = Seen::new(&context.dataset);
    let mut hints = wanted.pruning.hints;
    hints.keep_going = context.keep_going;
    hints.may_be_empty = wanted.whatever;
    let dataset = Arc::clone(&context.dataset);
    let metrics = Arc::clone(&context.metrics);
    let places = dataset.places.len();
    let fetches_max = dataset.places.iter().map(|place| place.store.fetches_max()).max();
    let listing = Arc::clone(&dataset);
    let fetching = Arc::clone(&dataset);
    // Many partitions are many listings: some at a time, in no order.
    stream::iter(0..places)
        .flat_map_unordered(LISTINGS_MAX, move |at| {
            let Place { location, store } = &listing.places[at];
            store::list(store, location, hints).map(move |object| (at, object)).boxed()
        })
        .filter_map(move |(place, object)| {
            listed.store(true, Ordering::Relaxed);
            future::ready(match object {
                Ok(object) if !seen.is_first(&object) => None,
                Ok(object) => admit(&dataset, &metrics, &wanted, place, object).map(Ok),
                Err(error) => Some(Err(error)),
            })
        })
        .map(move |chosen| {
            let memory = Arc::clone(&memory);
            let dataset = Arc::clone(&fetching);
            async move {
                let chosen = chosen?;
                let size = (chosen.object.size / PERMIT_BYTES + 1).min(room);
                let size = u32::try_from(size).unwrap_or(u32::MAX);
                let permit = memory.acquire_many_owned(size).await;
                let permit = permit.expect("nobody closes the semaphore");
                let store = &dataset.places[chosen.place].store;
                let fetched = store.fetch(&chosen.object, FETCHED_WHOLE_BYTES_MAX).await?;
                Ok(chosen.item(fetched, permit))
            }
        })
        .buffered(fetches_max.unwrap_or(1))
        .boxed()
}

/// Which objects were listed, where a pattern may match what lies in another of the places too: it is read once.
pub(crate) struct Seen {
    /// Two hashes a path, by keys of their own: paths themselves would take much memory.
    paths: Option<HashSet<(u64, u64)>>,
    keys: (RandomState, RandomState),
}

impl Seen {
    pub(crate) fn new(dataset: &Dataset) -> Self {
        let places = &dataset.places;
        let overlap = places.len() > 1 && places.iter().any(|place| place.location.is_pattern());
        Self { paths: overlap.then(HashSet::new), keys: Default::default() }
    }

    /// Whether the object comes for the first time.
    pub(crate) fn is_first(&mut self, object: &Object) -> bool {
        let Some(paths) = &mut self.paths else {
            return true;
        };
        // A key is what it is; a file can be named in several ways.
        let file =
            if object.path.starts_with("s3://") { None } else { absolute(&object.path).ok() };
        let path = file.unwrap_or_else(|| object.path.clone().into()).into_os_string();
        paths.insert((self.keys.0.hash_one(&path), self.keys.1.hash_one(&path)))
    }
}

/// An object that is to be fetched.
struct Chosen {
    object: Object,
    facts: ObjectFacts,
    /// The log types that it may hold; None if that does not matter.
    candidates: Option<Vec<&'static LogType>>,
    by_content: bool,
    place: usize,
}

impl Chosen {
    fn item(self, fetched: Fetched, permit: OwnedSemaphorePermit) -> Item {
        let opening = Opening { facts: Arc::new(self.facts), fetched, candidates: self.candidates };
        Item { opening, by_content: self.by_content, place: self.place, permit }
    }
}

/// Whether a listed object is wanted, and if so what its name says.
fn admit(
    dataset: &Dataset,
    metrics: &Metrics,
    wanted: &Wanted,
    place: usize,
    object: Object,
) -> Option<Chosen> {
    metrics.listed();
    if wanted.whatever {
        return admit_whatever(dataset, metrics, wanted, place, object);
    }
    if is_passed_over(&object) {
        metrics.passed_over();
        return None;
    }
    let mut candidates = key::candidates(&object.key);
    let mut by_content = candidates.len() != 1;
    if by_content
        && let Some(known) = dataset.recognised.get(&object.path, object.size, object.modified)
    {
        candidates = known.into_iter().collect();
        by_content = false;
        if candidates.is_empty() {
            metrics.other(UNKNOWN);
            return None;
        }
    }
    if let Some(log_type) = wanted.log_type
        && !candidates.is_empty()
        && !candidates.iter().any(|candidate| candidate.name == log_type.name)
    {
        metrics.other(candidates[0].name);
        return None;
    }
    let facts = (candidates.first())
        .and_then(|log_type| key::read(log_type, &object.key))
        .unwrap_or_else(|| key::folders(&object.key));
    let facts = ObjectFacts {
        path: object.path.clone(),
        size: object.size,
        modified: object.modified,
        key: facts,
    };
    if wanted.pruning.excludes(&facts) {
        metrics.pruned(object.size);
        return None;
    }
    metrics.wanted(object.size);
    Some(Chosen { object, facts, candidates: Some(candidates), by_content, place })
}

/// Whether an object of a Hive table is wanted.
fn admit_whatever(
    dataset: &Dataset,
    metrics: &Metrics,
    wanted: &Wanted,
    place: usize,
    object: Object,
) -> Option<Chosen> {
    let location = &dataset.places[place].location;
    if !object.is_stream && (object.size == 0 || is_hidden(location, &object.key)) {
        metrics.passed_over();
        return None;
    }
    let key = wanted.log_type.and_then(|log_type| key::read(log_type, &object.key));
    let facts = ObjectFacts {
        path: object.path.clone(),
        size: object.size,
        modified: object.modified,
        key: key.unwrap_or_default(),
    };
    // What a name says is believed only where it is a name of that log.
    if facts.key != KeyFacts::default() && wanted.pruning.excludes(&facts) {
        metrics.pruned(object.size);
        return None;
    }
    metrics.wanted(object.size);
    Some(Chosen { object, facts, candidates: None, by_content: false, place })
}

/// Whether the name of an object, or of a folder that it lies in below a table's location, begins with `_` or `.`.
fn is_hidden(location: &Location, key: &str) -> bool {
    let root = match location {
        Location::S3 { prefix, .. } => prefix.as_str().into(),
        Location::Path(path) => path.to_string_lossy(),
        Location::Glob(_) | Location::StandardInput => "".into(),
    };
    let is_hidden = |part: &str| part.starts_with(['_', '.']);
    match key.strip_prefix(&*root) {
        // The location is the object itself.
        None | Some("") => is_hidden(key.rsplit('/').next().unwrap_or(key)),
        Some(below) => below.split('/').any(is_hidden),
    }
}

/// Whether an object holds nothing, or is none of the logs by its name.
pub(crate) fn is_passed_over(object: &Object) -> bool {
    !object.is_stream && (object.size == 0 || key::is_passed_over(&object.key))
}

/// What an object is called that holds no known log.
pub(crate) const UNKNOWN: &str = "unknown";

/// A stream of objects for those who look at each of them.
pub(crate) fn objects(
    dataset: &Dataset,
    keep_going: bool,
) -> impl futures::Stream<Item = Result<(Object, &Store)>> + Send + '_ {
    stream::iter(&dataset.places).flat_map(move |Place { location, store }| {
        let hints = store::ListHints { keep_going, ..Default::default() };
        store::list(store, location, hints).map(move |object| Ok((object?, store)))
    })
}

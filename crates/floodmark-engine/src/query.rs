//! Runs SQL over logs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::TrackConsumersPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::SessionConfig;
use floodmark_buckets::Buckets;
use floodmark_who::{Who, system_clock};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::OnceCell;

use crate::catalog::{CATALOG, Catalog, DATABASE, GlueCatalog, GlueOptions, LocalCatalog};
use crate::dialect::relations::Relations;
use crate::dialect::subscript::Subscripts;
use crate::dialect::{attempt, functions, typing};
use crate::error::{Error, ErrorKind, Result};
use crate::found_logs::FoundLogs;
use crate::limits::{
    MEMORY_BYTES, MEMORY_BYTES_PER_BATCH_ROW, OPERATORS_SHARE, ROWS_MAX, ROWS_MIN,
};
use crate::memory::QueryPool;
use crate::report::Metrics;
use crate::scan::{CompactForKeepers, Dataset, Place, Recognised, Yielding};
use crate::session::Session;
use crate::store::{Location, S3Options, Stores};

/// How an engine works.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// How much memory it may use, in bytes.
    pub memory: usize,
    /// On how many threads it computes; 0 means one a core.
    pub threads: usize,
    /// Whether objects and folders that cannot be read are passed over and reported, instead of ending the query.
    pub keep_going: bool,
    /// Where sorts and aggregations that do not fit into memory spill to; None for the system's place.
    pub spill_folder: Option<PathBuf>,
    /// How S3 is reached.
    pub s3: S3Options,
    /// Where databases, tables and views are kept.
    pub catalog: CatalogPlace,
    /// Where prepared statements are kept if the catalog is only read: a catalog's file, or None for memory.
    pub prepared_file: Option<PathBuf>,
    /// Where `CREATE TABLE AS` writes that names no location; None if it must name one.
    pub tables_folder: Option<PathBuf>,
    /// Whether statements may write to S3.
    pub apply: bool,
    /// The buckets that are folders of this machine: `s3://name/…` is read there.
    pub buckets: Arc<Buckets>,
    /// Whether other buckets are looked for in S3.
    pub has_s3: bool,
    /// Whether statements may name places in buckets alone, and no path of this machine.
    pub only_buckets: bool,
    /// Where the files lie that tell whose an address is; None if only what is built in is known.
    pub who_folder: Option<PathBuf>,
}

/// Where databases, tables and views are kept.
#[derive(Clone, Debug, Default)]
pub enum CatalogPlace {
    /// In memory, for as long as the engine lives.
    #[default]
    Memory,
    /// In a file on this machine.
    File(PathBuf),
    /// In the account's Glue Data Catalog, which is only read.
    Glue(GlueOptions),
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            memory: MEMORY_BYTES,
            threads: 0,
            keep_going: false,
            spill_folder: None,
            s3: S3Options::default(),
            catalog: CatalogPlace::default(),
            prepared_file: None,
            tables_folder: None,
            apply: false,
            buckets: Arc::default(),
            has_s3: true,
            only_buckets: false,
            who_folder: None,
        }
    }
}

/// Reads logs and runs SQL over them.
#[derive(Debug)]
pub struct Engine {
    options: EngineOptions,
    state: SessionState,
    catalog: OnceCell<Catalog>,
    /// The catalog on this machine that keeps prepared statements.
    prepared: OnceCell<Catalog>,
    stores: Arc<Stores>,
    found_logs: FoundLogs,
    who: Arc<Who>,
    io: Io,
}

/// The threads that list and fetch.
#[derive(Debug)]
struct Io(Option<Runtime>);

impl Io {
    fn handle(&self) -> Handle {
        self.0.as_ref().map(|runtime| runtime.handle().clone()).expect("taken only when dropped")
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Whoever drops it may be a task, which must not wait.
            runtime.shutdown_background();
        }
    }
}

/// A query that runs while its rows are taken. Dropping it stops the work.
pub struct Query {
    /// The columns of the result.
    pub schema: SchemaRef,
    /// The rows.
    pub rows: SendableRecordBatchStream,
    /// What it does.
    pub metrics: Arc<Metrics>,
    /// What the one who asks should know before the rows come.
    pub notes: Vec<String>,
    /// What it has written, once its rows are taken.
    pub written: Arc<Written>,
}

/// What a statement has written into files: nothing before it is done, and nothing ever if it is a plain query.
///
/// A statement that is stopped is stopped before its files are shown, or it is done to its end: nothing lies in between.
#[derive(Debug, Default)]
pub struct Written {
    done: std::sync::OnceLock<(u64, Vec<String>)>,
    phase: AtomicU8,
}

/// Its work may be stopped.
const WORKS: u8 = 0;
/// What it has made is being shown.
const COMMITS: u8 = 1;
/// It was stopped.
const STOPPED: u8 = 2;

impl Written {
    pub(crate) fn is_done(&self, rows: u64, files: Vec<String>) {
        // A statement is done once.
        let _ = self.done.set((rows, files));
    }

    /// How many rows were written.
    pub fn rows(&self) -> Option<u64> {
        self.done.get().map(|(rows, _)| *rows)
    }

    /// Where the files lie, as the user would write it: `s3://bucket/key`, or a path.
    pub fn files(&self) -> &[String] {
        self.done.get().map_or(&[], |(_, files)| files.as_slice())
    }

    /// Says that what was made is shown from now on, so that it is too late to stop.
    ///
    /// # Errors
    ///
    /// `Cancelled` if it was stopped.
    pub fn commit(&self) -> Result<()> {
        match self.turn(COMMITS) {
            Ok(_) | Err(COMMITS) => Ok(()),
            Err(_) => Err(Error::new(ErrorKind::Cancelled, "the statement was stopped")),
        }
    }

    /// Stops it. Gives whether it is stopped: not if it is too late.
    pub fn stop(&self) -> bool {
        matches!(self.turn(STOPPED), Ok(_) | Err(STOPPED))
    }

    fn turn(&self, phase: u8) -> std::result::Result<u8, u8> {
        self.phase.compare_exchange(WORKS, phase, Ordering::AcqRel, Ordering::Acquire)
    }
}

impl Engine {
    /// Prepares an engine; nothing is read.
    ///
    /// # Errors
    ///
    /// `Internal` if threads or the place for spilling cannot be had.
    pub fn new(options: EngineOptions) -> Result<Self> {
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let io = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("floodmark-io")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::new(ErrorKind::Internal, "cannot start threads").because(error)
            })?;
        // Merging holds a batch of each run at the least, so batches shrink with the memory.
        let rows = (options.memory / MEMORY_BYTES_PER_BATCH_ROW).clamp(ROWS_MIN, ROWS_MAX);
        let mut config = SessionConfig::new()
            .with_target_partitions(threads)
            .with_batch_size(rows)
            .with_default_catalog_and_schema(CATALOG, DATABASE);
        config.options_mut().sql_parser.collect_spans = true;
        config.options_mut().sql_parser.default_null_ordering = "nulls_last".to_owned();
        // Sorts that run side by side take all memory for merging what they spilled, and leave none to merge their results:
        // a large sort is done by one.
        config.options_mut().optimizer.repartition_sorts = false;
        // Each sort sets memory aside for merging what it spilled; all of them together must leave room for rows.
        let reserved = operators_bytes(&options) / 8 / threads.max(1);
        let reserved = reserved.min(config.options().execution.sort_spill_reservation_bytes);
        config.options_mut().execution.sort_spill_reservation_bytes = reserved;
        let mut builder = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime(&options)?)
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(CompactForKeepers))
            .with_physical_optimizer_rule(Arc::new(Yielding));
        // What stands first in this list plans first.
        let planners = builder.expr_planners().get_or_insert_default();
        planners.insert(0, Arc::new(Subscripts));
        planners.insert(0, Arc::new(functions::planner::TrinoPlanner));
        let mut state = typing::configure(builder).build();
        register_functions(&mut state)?;
        state.register_higher_order_function(Arc::new(attempt::function()))?;
        state.register_relation_planner(Arc::new(Relations))?;
        let io = Io(Some(io));
        let (s3, buckets) = (options.s3.clone(), Arc::clone(&options.buckets));
        let stores = Arc::new(Stores::new(s3, buckets, options.has_s3, io.handle()));
        let who = options.who_folder.as_deref().map(|folder| Who::open(folder, system_clock));
        let who = Arc::new(who.unwrap_or_default());
        let (catalog, prepared) = (OnceCell::new(), OnceCell::new());
        let found_logs = FoundLogs::default();
        Ok(Self { options, state, catalog, prepared, stores, found_logs, who, io })
    }

    /// A bucket in S3, with the credentials of this process, for those who hand its objects on.
    ///
    /// # Errors
    ///
    /// `NotFound` if buckets are not looked for in S3, and the errors of opening it.
    pub async fn object_store(&self, bucket: &str) -> Result<Arc<dyn object_store::ObjectStore>> {
        Ok(self.stores.s3(bucket).await?.object_store())
    }

    /// The listings of a bucket in S3, page by page, for those who hand them on.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::object_store`].
    pub async fn listings(
        &self,
        bucket: &str,
    ) -> Result<Arc<dyn object_store::list::PaginatedListStore>> {
        Ok(self.stores.s3(bucket).await?.listings())
    }

    /// Whether what is written to buckets that are not here goes to S3.
    pub fn writes_s3(&self) -> bool {
        self.options.has_s3 && self.options.apply
    }

    /// Uploads a finished file to a bucket in S3.
    ///
    /// # Errors
    ///
    /// `AccessDenied` without consent, and those of writing.
    pub async fn upload(&self, bucket: &str, key: &str, file: &std::path::Path) -> Result<()> {
        let location =
            Location::S3 { bucket: bucket.to_owned(), prefix: String::new(), pattern: None };
        if !self.writes_s3() {
            let message = format!("writing to `{location}` needs your consent");
            return Err(Error::new(ErrorKind::AccessDenied, message).hint("add `--apply`"));
        }
        let s3 = self.stores.s3(bucket).await?;
        let (key, file) = (key.to_owned(), file.to_owned());
        // What was written over the bucket here is older.
        let folder = self.options.buckets.find(bucket);
        let uploading = self.io().spawn(async move {
            s3.publish(&key, &file).await?;
            match folder {
                Some(folder) => Ok(folder.delete(&key)?),
                None => Ok(()),
            }
        });
        uploading.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the upload ended early").because(error)
        })?
    }

    /// The bucket of this machine that something is written to; None if it goes to S3, which the user consented to. A bucket that is
    /// not here is made.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if the bucket is only read, or cannot be made, and those of asking S3 whether it has the bucket.
    pub async fn bucket_to_write(&self, name: &str) -> Result<Option<floodmark_buckets::Bucket>> {
        self.stores.bucket_to_write(name, self.options.apply).await
    }

    /// Whether buckets that are not here are looked for in S3.
    pub fn has_s3(&self) -> bool {
        self.options.has_s3
    }

    /// What is known of addresses on this machine.
    pub fn who(&self) -> &Arc<Who> {
        &self.who
    }

    /// Opens the places that are to be asked: paths, globs, `-` or `s3://` addresses.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for what is no place, and the errors of [`Store::open`].
    pub async fn open(&self, from: &[String]) -> Result<Session<'_>> {
        self.session(&self.dataset(from).await?).await
    }

    /// A session over places that were opened.
    ///
    /// # Errors
    ///
    /// Those of opening the catalog.
    pub async fn session(&self, dataset: &Arc<Dataset>) -> Result<Session<'_>> {
        Ok(Session::new(self, Arc::clone(dataset), self.catalog().await?.clone()))
    }

    /// Places to be asked again and again: what was recognised there stays known.
    ///
    /// # Errors
    ///
    /// Those of [`Engine::open`].
    pub async fn dataset(&self, from: &[String]) -> Result<Arc<Dataset>> {
        let mut places = Vec::new();
        let mut locations: Vec<Location> = Vec::new();
        for text in from {
            let location = Location::parse(text)?;
            // What lies in two of the places is read once.
            if locations.iter().any(|known| location.is_within(known)) {
                continue;
            }
            locations.retain(|known| !known.is_within(&location));
            locations.push(location);
        }
        for location in locations {
            let store = self.stores.open(&location).await?;
            places.push(Place { location, store });
        }
        Ok(Arc::new(Dataset { places, recognised: Recognised::default() }))
    }
}

impl Engine {
    pub(crate) fn options(&self) -> &EngineOptions {
        &self.options
    }

    pub(crate) fn state(&self) -> &SessionState {
        &self.state
    }

    /// The catalog, opened when it is first asked for.
    async fn catalog(&self) -> Result<&Catalog> {
        let open = async || match &self.options.catalog {
            CatalogPlace::Memory => Ok(Catalog::Local(Arc::new(LocalCatalog::in_memory()?))),
            CatalogPlace::File(path) => Ok(Catalog::Local(Arc::new(LocalCatalog::open(path)?))),
            CatalogPlace::Glue(glue) => {
                let glue = glue.clone();
                let opening = self.io().spawn(async move { GlueCatalog::open(&glue).await });
                let opened = opening.await.map_err(|error| {
                    Error::new(ErrorKind::Internal, "cannot open the catalog").because(error)
                })?;
                Ok(Catalog::Glue(Arc::new(opened?)))
            }
        };
        self.catalog.get_or_try_init(open).await
    }

    /// The catalog that keeps prepared statements: a file on this machine, whatever the tables' catalog is.
    ///
    /// # Errors
    ///
    /// Those of opening it.
    pub async fn prepared(&self) -> Result<&Catalog> {
        if let catalog @ Catalog::Local(_) = self.catalog().await? {
            return Ok(catalog);
        }
        let open = async || {
            let local = match &self.options.prepared_file {
                Some(path) => LocalCatalog::open(path)?,
                None => LocalCatalog::in_memory()?,
            };
            Ok(Catalog::Local(Arc::new(local)))
        };
        self.prepared.get_or_try_init(open).await
    }

    /// What was found lately at places that were asked.
    pub(crate) fn found_logs(&self) -> &FoundLogs {
        &self.found_logs
    }

    pub(crate) fn stores(&self) -> &Arc<Stores> {
        &self.stores
    }

    pub(crate) fn io(&self) -> Handle {
        self.io.handle()
    }
}

/// Puts Athena's functions in the place of those that DataFusion has under the same names.
///
/// Those have to go with all their names: a state that is made of this one registers each function anew.
fn register_functions(state: &mut SessionState) -> Result<()> {
    for function in functions::scalars() {
        for name in names(function.name(), function.aliases()) {
            remove_scalar(state, &name)?;
        }
        state.register_udf(function)?;
    }
    for function in functions::aggregates() {
        for name in names(function.name(), function.aliases()) {
            if let Some(other) = state.aggregate_functions().get(&name) {
                let other = other.name().to_owned();
                state.deregister_udaf(&other)?;
            }
        }
        state.register_udaf(function)?;
    }
    for function in functions::higher_order() {
        for name in names(function.name(), function.aliases()) {
            // A scalar function of the same name would be found first.
            remove_scalar(state, &name)?;
            if let Some(other) = state.higher_order_functions().get(&name) {
                let other = other.name().to_owned();
                state.deregister_higher_order_function(&other)?;
            }
        }
        state.register_higher_order_function(function)?;
    }
    Ok(())
}

fn names(name: &str, aliases: &[String]) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(aliases.iter().cloned()).collect()
}

fn remove_scalar(state: &mut SessionState, name: &str) -> Result<()> {
    if let Some(other) = state.scalar_functions().get(name) {
        let other = other.name().to_owned();
        state.deregister_udf(&other)?;
    }
    Ok(())
}

/// How much of the memory operators may use.
fn operators_bytes(options: &EngineOptions) -> usize {
    (options.memory as f64 * OPERATORS_SHARE) as usize
}

fn runtime(options: &EngineOptions) -> Result<Arc<RuntimeEnv>> {
    let consumers = std::num::NonZeroUsize::MIN.saturating_add(4);
    let pool = TrackConsumersPool::new(QueryPool::new(operators_bytes(options)), consumers);
    let mode = match &options.spill_folder {
        Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
        None => DiskManagerMode::OsTmpDirectory,
    };
    Ok(RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
        .build_arc()?)
}

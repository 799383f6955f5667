//! Runs SQL over logs.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::TrackConsumersPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::catalog::{CATALOG, DATABASE, register};
use crate::dialect::{Parsed, functions, typing};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{
    MEMORY_BYTES, MEMORY_BYTES_PER_BATCH_ROW, OPERATORS_SHARE, ROWS_MAX, ROWS_MIN,
};
use crate::memory::QueryPool;
use crate::report::Metrics;
use crate::scan::{CompactForKeepers, Dataset, Place, Recognised, ScanContext, Summary, summarise};
use crate::store::{Location, S3Options, Store};

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
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            memory: MEMORY_BYTES,
            threads: 0,
            keep_going: false,
            spill_folder: None,
            s3: S3Options::default(),
        }
    }
}

/// Reads logs and runs SQL over them.
#[derive(Debug)]
pub struct Engine {
    options: EngineOptions,
    state: SessionState,
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

/// A dataset that is being asked.
#[derive(Debug)]
pub struct Session<'a> {
    engine: &'a Engine,
    dataset: Arc<Dataset>,
}

/// A query that runs while its rows are taken. Dropping it stops the work.
pub struct Query {
    /// The columns of the result.
    pub schema: SchemaRef,
    /// The rows.
    pub rows: SendableRecordBatchStream,
    /// What it does.
    pub metrics: Arc<Metrics>,
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
            .with_default_catalog_and_schema(CATALOG, DATABASE)
            .with_information_schema(true);
        config.options_mut().sql_parser.collect_spans = true;
        config.options_mut().sql_parser.default_null_ordering = "nulls_last".to_owned();
        // Sorts that run side by side take all memory for merging what they spilled, and leave none to merge their results:
        // a large sort is done by one.
        config.options_mut().optimizer.repartition_sorts = false;
        // Each sort sets memory aside for merging what it spilled; all of them together must leave room for rows.
        let reserved = operators_bytes(&options) / 8 / threads.max(1);
        let reserved = reserved.min(config.options().execution.sort_spill_reservation_bytes);
        config.options_mut().execution.sort_spill_reservation_bytes = reserved;
        let builder = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime(&options)?)
            .with_default_features()
            .with_physical_optimizer_rule(Arc::new(CompactForKeepers));
        let mut state = typing::configure(builder).build();
        // Athena's functions stand before those of the same name that DataFusion has.
        for function in functions::scalars() {
            state.register_udf(function)?;
        }
        for function in functions::aggregates() {
            state.register_udaf(function)?;
        }
        for function in functions::higher_order() {
            state.register_higher_order_function(function)?;
        }
        Ok(Self { options, state, io: Io(Some(io)) })
    }

    /// Opens the places that are to be asked: paths, globs, `-` or `s3://` addresses.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for what is no place, and the errors of [`Store::open`].
    pub async fn open(&self, from: &[String]) -> Result<Session<'_>> {
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
            let text = location.to_string();
            let options = self.options.s3.clone();
            let opening = {
                let location = location.clone();
                self.io.handle().spawn(async move { Store::open(&location, &options).await })
            };
            let store = opening.await.map_err(|error| {
                Error::new(ErrorKind::Internal, format!("cannot open `{text}`")).because(error)
            })??;
            places.push(Place { location, store });
        }
        let dataset = Arc::new(Dataset { places, recognised: Recognised::default() });
        Ok(Session { engine: self, dataset })
    }
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

impl Session<'_> {
    /// Plans one statement and begins to run it.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` with a place in the SQL where it has one; errors of reading come with the rows.
    pub async fn query(&self, parsed: Parsed) -> Result<Query> {
        let metrics = Arc::new(Metrics::default());
        let scan = ScanContext {
            dataset: Arc::clone(&self.dataset),
            metrics: Arc::clone(&metrics),
            io: self.engine.io.handle(),
            keep_going: self.engine.options.keep_going,
        };
        let catalogs = register(&scan, &parsed.hidden)?;
        let state = SessionStateBuilder::new_from_existing(self.engine.state.clone())
            .with_catalog_list(catalogs)
            .build();
        let plan = state.statement_to_plan(parsed.finish()?).await?;
        let frame = SessionContext::new_with_state(state).execute_logical_plan(plan).await?;
        let rows = frame.execute_stream().await?;
        Ok(Query { schema: rows.schema(), rows, metrics })
    }

    /// What lies there, without reading it all.
    ///
    /// # Errors
    ///
    /// Those of listing and fetching.
    pub async fn summary(&self) -> Result<Summary> {
        let dataset = Arc::clone(&self.dataset);
        let keep_going = self.engine.options.keep_going;
        let task =
            self.engine.io.handle().spawn(async move { summarise(&dataset, keep_going).await });
        task.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the summary ended early").because(error)
        })?
    }
}

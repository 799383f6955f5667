//! A log type as DataFusion's table and data source.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Statistics;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source::{DataSource, DataSourceExec, OpenArgs};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayFormatType, ExecutionPlan, Partitioning};
use floodmark_formats::{Request, Table};
use futures::stream;

use crate::error::{Error, ErrorKind, Result};
use crate::scan::hive::HiveReads;
use crate::scan::object::{Memory, Reading};
use crate::scan::queue::{Item, Queue, UNKNOWN, Wanted};
use crate::scan::{Pruning, ScanContext, prunes};

/// The logs of one type in a dataset, as a table.
#[derive(Debug)]
pub(crate) struct LogTable {
    context: ScanContext,
    table: Arc<Table>,
    /// The columns that this query can name: the visible ones and the hidden ones it names.
    columns: Vec<usize>,
    schema: SchemaRef,
}

impl LogTable {
    /// The table with its visible columns and these hidden ones.
    pub(crate) fn new(context: ScanContext, table: &Arc<Table>, hidden: &[String]) -> Self {
        let columns: Vec<usize> = (0..table.columns.len())
            .filter(|at| {
                let column = &table.columns[*at];
                !column.hidden || hidden.iter().any(|name| name == column.column.name)
            })
            .collect();
        let schema = table.schema.project(&columns).expect("these are the table's own columns");
        Self { context, table: Arc::clone(table), columns, schema: Arc::new(schema) }
    }
}

#[async_trait]
impl TableProvider for LogTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        // The decoder drops rows early; the plan tests every condition again, so that both may be simple.
        Ok(filters
            .iter()
            .map(|filter| {
                if prunes(&self.table, filter) {
                    TableProviderFilterPushDown::Inexact
                } else {
                    TableProviderFilterPushDown::Unsupported
                }
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        if self.context.dataset.places.is_empty() {
            let name = self.table.log_type.name;
            return Err(Error::invalid_query(format!("there are no logs for `{name}` to read"))
                .hint("say where they lie with `--from PATH`")
                .into());
        }
        self.context.metrics.scanned();
        let columns: Vec<usize> = match projection {
            Some(projection) => projection.iter().map(|at| self.columns[*at]).collect(),
            None => self.columns.clone(),
        };
        let pruning = Pruning::new(&self.table, filters);
        let rows_max = state.config().batch_size();
        let request = Request::new(&self.table, &columns, pruning.predicates.clone(), rows_max);
        let reads = Reads::Log(Arc::new(request));
        Ok(scan(self.context.clone(), reads, pruning, state, limit))
    }
}

/// The plan of a scan.
pub(crate) fn scan(
    context: ScanContext,
    reads: Reads,
    pruning: Pruning,
    state: &dyn Session,
    limit: Option<usize>,
) -> Arc<dyn ExecutionPlan> {
    DataSourceExec::from_data_source(ScanSource {
        context,
        reads,
        pruning: Arc::new(pruning),
        partitions: state.config().target_partitions(),
        limit,
        compact: false,
        metrics: ExecutionPlanMetricsSet::new(),
    })
}

/// What is read of each object.
#[derive(Clone, Debug)]
pub(crate) enum Reads {
    /// The lines of one log type, where the object holds it.
    Log(Arc<Request>),
    /// All lines, as a user's table reads them.
    Hive(Arc<HiveReads>),
}

impl Reads {
    fn schema(&self) -> &SchemaRef {
        match self {
            Self::Log(request) => request.schema(),
            Self::Hive(reads) => &reads.schema,
        }
    }
}

/// The scan of one table.
#[derive(Clone, Debug)]
pub(crate) struct ScanSource {
    context: ScanContext,
    reads: Reads,
    pruning: Arc<Pruning>,
    partitions: usize,
    /// How many rows are enough, from each partition.
    limit: Option<usize>,
    /// Whether batches hold their own text, and do not point into the inflated object.
    compact: bool,
    metrics: ExecutionPlanMetricsSet,
}

impl ScanSource {
    /// The same scan with compact batches.
    pub(crate) fn compact(&self) -> Self {
        Self { compact: true, ..self.clone() }
    }
}

impl DataSource for ScanSource {
    fn open(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> DataFusionResult<SendableRecordBatchStream> {
        self.open_with_args(OpenArgs::new(partition, context))
    }

    fn create_sibling_state(
        &self,
        _config: &ConfigOptions,
    ) -> Option<Arc<dyn std::any::Any + Send + Sync>> {
        let (log_type, table) = match &self.reads {
            Reads::Log(request) => (Some(request.table().log_type), None),
            Reads::Hive(reads) => (reads.log_type, Some(reads.name.clone())),
        };
        let (pruning, whatever) = (Arc::clone(&self.pruning), table.is_some());
        let wanted = Wanted { log_type, pruning, whatever, table };
        Some(Queue::start(&self.context, wanted))
    }

    fn open_with_args(&self, args: OpenArgs) -> DataFusionResult<SendableRecordBatchStream> {
        let queue = args.sibling_state.and_then(|state| state.downcast::<Queue>().ok());
        let queue = queue.ok_or_else(|| {
            DataFusionError::Internal("a scan's partitions share a queue".to_owned())
        })?;
        let partition = Partition {
            queue,
            context: self.context.clone(),
            reads: self.reads.clone(),
            memory: Memory::default(),
            reading: None,
            place: 0,
            compact: self.compact,
            rows_left: self.limit.unwrap_or(usize::MAX),
            metrics: BaselineMetrics::new(&self.metrics, args.partition),
        };
        let stream = stream::try_unfold(partition, |mut partition| async {
            let batch = partition.next().await.map_err(DataFusionError::from)?;
            Ok(batch.map(|batch| (batch, partition)))
        });
        let schema = Arc::clone(self.reads.schema());
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, stream)))
    }

    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> =
            self.reads.schema().fields().iter().map(|field| field.name().as_str()).collect();
        match &self.reads {
            Reads::Log(request) => write!(f, "log={}", request.table().log_type.name)?,
            Reads::Hive(reads) => {
                write!(f, "table={}, partitions={}", reads.name, reads.partitions)?;
            }
        }
        write!(
            f,
            ", columns=[{}], {}, decoder_predicates={}",
            columns.join(", "),
            self.pruning.describe(),
            self.pruning.predicates.len(),
        )?;
        if self.compact {
            write!(f, ", compact")?;
        }
        self.limit.map_or(Ok(()), |limit| write!(f, ", limit={limit}"))
    }

    fn output_partitioning(&self) -> Partitioning {
        Partitioning::UnknownPartitioning(self.partitions)
    }

    fn eq_properties(&self) -> EquivalenceProperties {
        EquivalenceProperties::new(Arc::clone(self.reads.schema()))
    }

    fn partition_statistics(&self, _partition: Option<usize>) -> DataFusionResult<Arc<Statistics>> {
        Ok(Arc::new(Statistics::new_unknown(self.reads.schema())))
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn DataSource>> {
        Some(Arc::new(Self { limit, ..self.clone() }))
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }

    fn metrics(&self) -> ExecutionPlanMetricsSet {
        self.metrics.clone()
    }

    fn try_swapping_with_projection(
        &self,
        _projection: &ProjectionExprs,
    ) -> DataFusionResult<Option<Arc<dyn DataSource>>> {
        Ok(None)
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DataFusionResult<TreeNodeRecursion>,
    ) -> DataFusionResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
}

/// One of those who read: takes objects from the queue until there are none.
struct Partition {
    queue: Arc<Queue>,
    context: ScanContext,
    reads: Reads,
    memory: Memory,
    reading: Option<Reading>,
    /// In which of the dataset's places the object lies that is being read.
    place: usize,
    compact: bool,
    rows_left: usize,
    metrics: BaselineMetrics,
}

impl Partition {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.rows_left == 0 {
                return Ok(None);
            }
            if let Some(reading) = &mut self.reading {
                let batch = {
                    let compute = self.metrics.elapsed_compute().clone();
                    let _timer = compute.timer();
                    reading.next(&mut self.memory).await
                };
                match batch {
                    Ok(Some(batch)) if batch.num_rows() == 0 => continue,
                    Ok(Some(batch)) => {
                        let rows = batch.num_rows().min(self.rows_left);
                        self.rows_left -= rows;
                        self.metrics.record_output(rows);
                        let batch = batch.slice(0, rows);
                        let batch = match &self.reads {
                            Reads::Log(_) => batch,
                            Reads::Hive(reads) => reads.complete(&batch, self.place)?,
                        };
                        return Ok(Some(if self.compact { compacted(&batch)? } else { batch }));
                    }
                    Ok(None) => self.reading = None,
                    Err(error) if self.context.keep_going => {
                        self.context.metrics.trouble_error(&error);
                        self.reading = None;
                    }
                    Err(error) => return Err(error),
                }
                // Others may wait for this thread.
                tokio::task::yield_now().await;
                continue;
            }
            let Some(item) = self.queue.next().await else {
                return Ok(None);
            };
            let Item { opening, by_content, place, permit } = item?;
            // The next partition was woken on this thread and waits for it: let it go to another one before the work begins.
            tokio::task::yield_now().await;
            let facts = Arc::clone(&opening.facts);
            let opened = match opening.open(&mut self.memory, &self.context.metrics).await {
                Err(error) if self.context.keep_going => {
                    self.context.metrics.trouble_error(&error);
                    continue;
                }
                opened => opened?,
            };
            drop(permit);
            if by_content {
                self.context.dataset.recognised.set(&facts, opened.log_type);
            }
            match &self.reads {
                Reads::Hive(reads) => {
                    self.place = place;
                    self.reading = Some(opened.read_table(&reads.request, &self.context.metrics));
                }
                Reads::Log(request)
                    if opened
                        .log_type
                        .is_some_and(|found| found.name == request.table().log_type.name) =>
                {
                    self.reading = Some(opened.read(request, &self.context.metrics));
                }
                Reads::Log(_) => {
                    let other = opened.log_type.map_or(UNKNOWN, |log_type| log_type.name);
                    self.context.metrics.other(other);
                    opened.pass_over(&mut self.memory);
                }
            }
        }
    }
}

/// The batch with its text copied out of the inflated object.
fn compacted(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(|column| match column.as_string_view_opt() {
        Some(text) => Arc::new(text.gc()) as ArrayRef,
        None => Arc::clone(column),
    });
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), columns.collect(), &options).map_err(
        |error| Error::new(ErrorKind::Internal, "a batch could not be copied").because(error),
    )
}

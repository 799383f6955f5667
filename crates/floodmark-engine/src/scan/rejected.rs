//! The lines that are no rows, as a table: object, line number, reason and text.

use std::fmt;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use datafusion::arrow::array::{Int64Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use floodmark_formats::{Request, table};
use futures::stream;

use crate::error::Result;
use crate::scan::ScanContext;
use crate::scan::object::{Memory, Reading};
use crate::scan::queue::{Item, Queue, UNKNOWN, Wanted};

/// The columns: name, type in Athena's words, and meaning.
pub const REJECTED_COLUMNS: &[(&str, &str, &str)] = &[
    ("log_type", "string", "The log that the object holds."),
    ("path", "string", "Where the object lies."),
    ("line", "bigint", "The line's number, from 1."),
    ("reason", "string", "Why it is not a row."),
    ("text", "string", "The line, at most 4 KiB of it."),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let field = |(name, data_type, _): &(&str, &str, &str)| {
        let data_type = if *data_type == "bigint" { DataType::Int64 } else { DataType::Utf8View };
        Field::new(*name, data_type, true)
    };
    Arc::new(Schema::new(REJECTED_COLUMNS.iter().map(field).collect::<Vec<_>>()))
});

/// The rejected lines of all logs of a dataset.
#[derive(Debug)]
pub(crate) struct RejectedTable {
    context: ScanContext,
}

impl RejectedTable {
    pub(crate) fn new(context: ScanContext) -> Self {
        Self { context }
    }
}

#[async_trait]
impl TableProvider for RejectedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        self.context.metrics.scanned();
        let partition = Arc::new(RejectedPartition { context: self.context.clone() });
        Ok(Arc::new(StreamingTableExec::try_new(
            Arc::clone(&SCHEMA),
            vec![partition],
            projection,
            None,
            false,
            limit,
        )?))
    }
}

#[derive(Clone)]
struct RejectedPartition {
    context: ScanContext,
}

impl fmt::Debug for RejectedPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RejectedPartition")
    }
}

impl PartitionStream for RejectedPartition {
    fn schema(&self) -> &SchemaRef {
        &SCHEMA
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let wanted =
            Wanted { log_type: None, pruning: Arc::default(), whatever: false, table: None };
        let scan = RejectedScan {
            queue: Queue::start(&self.context, wanted),
            context: self.context.clone(),
            memory: Memory::default(),
            reading: None,
        };
        let stream = stream::try_unfold(scan, |mut scan| async {
            let batch = scan.next().await.map_err(DataFusionError::from)?;
            Ok(batch.map(|batch| (batch, scan)))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), stream))
    }
}

struct RejectedScan {
    queue: Arc<Queue>,
    context: ScanContext,
    memory: Memory,
    reading: Option<(&'static str, Reading)>,
}

impl RejectedScan {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        /// How many lines are looked at between two looks at what was rejected.
        const ROWS: usize = 8192;
        loop {
            if let Some((log_type, reading)) = &mut self.reading {
                let more = match reading.next(&mut self.memory).await {
                    Err(error) if self.context.keep_going => {
                        self.context.metrics.trouble_error(&error);
                        false
                    }
                    more => more?.is_some(),
                };
                let batch = rows(log_type, reading);
                if !more {
                    self.reading = None;
                }
                if batch.num_rows() > 0 {
                    return Ok(Some(batch));
                }
                continue;
            }
            let Some(item) = self.queue.next().await else {
                return Ok(None);
            };
            let Item { opening, permit, .. } = item?;
            let opened = match opening.open(&mut self.memory, &self.context.metrics).await {
                Err(error) if self.context.keep_going => {
                    self.context.metrics.trouble_error(&error);
                    continue;
                }
                opened => opened?,
            };
            drop(permit);
            match opened.log_type {
                Some(log_type) => {
                    let table = table::of(log_type);
                    let request = Arc::new(Request::new(table, &[], Vec::new(), ROWS));
                    let reading = opened.read(&request, &self.context.metrics);
                    self.reading = Some((log_type.name, reading.keep_all_rejections()));
                }
                None => {
                    self.context.metrics.other(UNKNOWN);
                    opened.pass_over(&mut self.memory);
                }
            }
        }
    }
}

fn rows(log_type: &str, reading: &mut Reading) -> RecordBatch {
    let rejections = reading.take_rejections();
    let count = rejections.len();
    let path = reading.facts().path.as_str();
    let same = |text: &str| StringViewArray::from_iter_values(std::iter::repeat_n(text, count));
    let columns: Vec<datafusion::arrow::array::ArrayRef> = vec![
        Arc::new(same(log_type)),
        Arc::new(same(path)),
        Arc::new(Int64Array::from_iter_values(
            rejections.iter().map(|rejection| i64::try_from(rejection.line).unwrap_or(i64::MAX)),
        )),
        Arc::new(StringViewArray::from_iter_values(
            rejections.iter().map(|rejection| rejection.reason.text()),
        )),
        Arc::new(StringViewArray::from_iter_values(
            rejections.iter().map(|rejection| rejection.text.as_str()),
        )),
    ];
    RecordBatch::try_new(Arc::clone(&SCHEMA), columns).expect("columns are made after the schema")
}

//! `EXPLAIN` and `EXPLAIN ANALYZE`.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::DataFusionError;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{StreamExt, TryStreamExt, stream};

use crate::dialect::ddl::statement::Explain;
use crate::dialect::{self, Kind};
use crate::error::{Error, ErrorKind, Result};
use crate::execute::{Execution, answer};
use crate::query::Query;

impl Execution<'_> {
    pub(super) async fn explain(&self, explain: &Explain) -> Result<Query> {
        let not_supported = |what: String| {
            Err(Error::new(ErrorKind::NotSupported, what)
                .code("NOT_SUPPORTED")
                .hint("`EXPLAIN SELECT …` shows the plan as text"))
        };
        if let Some(format) = &explain.format
            && format != "TEXT"
        {
            return not_supported(format!("EXPLAIN (FORMAT {format}) is not supported"));
        }
        let statement = dialect::parse_one(&self.sql, explain.inner.clone())?;
        let parsed = match (statement.kind, explain.kind.as_deref()) {
            (Kind::Query(parsed), Some("VALIDATE")) => {
                self.session.plan(parsed).await?;
                return Ok(answer::list("Valid", ["true".to_owned()]));
            }
            (_, Some("IO")) => return not_supported("EXPLAIN (TYPE IO) is not supported".into()),
            (Kind::Query(parsed), _) => parsed,
            (Kind::Other(_), _) => {
                return not_supported("EXPLAIN of this statement is not supported".into());
            }
        };
        let query = self.session.explain(parsed, explain.verbose, explain.analyze).await?;
        let schema =
            Arc::new(Schema::new(vec![Field::new("Query Plan", DataType::Utf8View, false)]));
        let of = Arc::clone(&schema);
        let rows = stream::once(query.rows.try_collect::<Vec<RecordBatch>>())
            .map(move |batches: Result<_, DataFusionError>| Ok(lines(&of, &batches?)));
        Ok(Query {
            schema: Arc::clone(&schema),
            rows: Box::pin(RecordBatchStreamAdapter::new(schema, rows)),
            metrics: query.metrics,
            notes: query.notes,
            written: query.written,
        })
    }
}

/// The last plan of an explanation, a row a line.
fn lines(schema: &Arc<Schema>, batches: &[RecordBatch]) -> RecordBatch {
    let mut plan = String::new();
    for batch in batches {
        let text = batch.column(1).as_string::<i32>();
        for row in 0..batch.num_rows() {
            plan = text.value(row).to_owned();
        }
    }
    let lines = StringViewArray::from_iter_values(plan.lines());
    RecordBatch::try_new(Arc::clone(schema), vec![Arc::new(lines)])
        .expect("the one column is made after the schema")
}

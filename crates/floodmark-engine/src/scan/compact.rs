//! Who keeps batches gets compact ones.
//!
//! The text of a batch points into the inflated object, of which it may be a small part. That is the cheapest for operators that
//! look at a batch and let it go. Sorts and joins keep batches, and would keep whole objects with them: for those the text is
//! copied, so that their memory is what they are told it is.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

use crate::scan::source::ScanSource;

/// Operators that keep the batches of their inputs.
const KEEPERS: &[&str] = &[
    "BoundedWindowAggExec",
    "CrossJoinExec",
    "HashJoinExec",
    "NestedLoopJoinExec",
    "PiecewiseMergeJoinExec",
    "RepartitionExec",
    "SortExec",
    "SortMergeJoinExec",
    "SymmetricHashJoinExec",
    "WindowAggExec",
];

/// Operators that keep values of their own, whatever is above them.
const COPIERS: &[&str] = &["AggregateExec"];

/// Tells scans below operators that keep batches to give compact ones.
#[derive(Debug)]
pub(crate) struct CompactForKeepers;

impl PhysicalOptimizerRule for CompactForKeepers {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        below(plan, false)
    }

    fn name(&self) -> &'static str {
        "CompactForKeepers"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn below(plan: Arc<dyn ExecutionPlan>, kept: bool) -> Result<Arc<dyn ExecutionPlan>> {
    let kept = (kept && !COPIERS.contains(&plan.name())) || KEEPERS.contains(&plan.name());
    if kept
        && let Some(scan) = plan.downcast_ref::<DataSourceExec>()
        && let Some(source) = scan.data_source().downcast_ref::<ScanSource>()
    {
        return Ok(DataSourceExec::from_data_source(source.compact()));
    }
    let children = plan.map_children(|child| Ok(Transformed::yes(below(child, kept)?)))?;
    Ok(children.data)
}

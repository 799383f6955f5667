//! What SQL writes with a syntax of its own, such as `SUBSTRING(a FROM 2)`, as calls of Athena's functions.

use std::sync::Arc;

use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult};

use crate::dialect::functions::string;

/// Plans such calls; it must stand before DataFusion's own planners.
#[derive(Debug)]
pub(crate) struct TrinoPlanner;

impl ExprPlanner for TrinoPlanner {
    fn plan_substring(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        call("substring", args)
    }

    fn plan_position(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        // The parser gives the text first and what is sought in it second.
        call("strpos", args)
    }
}

/// A call of one of our functions on text.
fn call(name: &str, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
    let function = string::find(name)
        .ok_or_else(|| DataFusionError::Internal(format!("`{name}` is not declared")))?;
    let call = ScalarFunction::new_udf(Arc::new(function), args);
    Ok(PlannerResult::Planned(Expr::ScalarFunction(call)))
}

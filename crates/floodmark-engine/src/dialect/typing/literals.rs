//! Whole numbers that a query gives as they are written: Trino's are of the type `integer` where they fit.
//!
//! Elsewhere in a query they are of the widest type, which gives the same values; only what a result says of its columns differs.

use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::Alias;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection};

/// The plan whose outputs that are literals have Trino's type.
pub(crate) fn narrow(plan: LogicalPlan) -> Result<LogicalPlan> {
    match plan {
        LogicalPlan::Projection(Projection { expr, input, .. }) => {
            let expr = expr.into_iter().map(narrowed).collect();
            Ok(LogicalPlan::Projection(Projection::try_new(expr, input)?))
        }
        plan => Ok(plan),
    }
}

fn narrowed(expr: Expr) -> Expr {
    match expr {
        Expr::Alias(Alias { expr, relation, name, metadata }) => {
            Expr::Alias(Alias { expr: Box::new(narrowed(*expr)), relation, name, metadata })
        }
        Expr::Literal(ScalarValue::Int64(Some(value)), metadata) => match i32::try_from(value) {
            Ok(value) => Expr::Literal(ScalarValue::Int32(Some(value)), metadata),
            Err(_) => Expr::Literal(ScalarValue::Int64(Some(value)), metadata),
        },
        other => other,
    }
}

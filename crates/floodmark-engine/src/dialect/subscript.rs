//! `a[i]`, `a || b` and `max(x, n)`, as Trino plans them.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawAggregateExpr, RawBinaryExpr, RawFieldAccessExpr,
};
use datafusion::logical_expr::{Expr, ExprSchemable, GetFieldAccess};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::dialect::functions::aggregate::of_few;
use crate::dialect::functions::array::{ARRAY, CONCAT, SUBSCRIPT, operator};
use crate::dialect::trino_type::{EXTENSION, failure};

/// Plans subscripts and the concatenation of arrays; it stands before DataFusion's own planners.
#[derive(Debug)]
pub(crate) struct Subscripts;

impl ExprPlanner for Subscripts {
    fn plan_field_access(
        &self,
        expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let RawFieldAccessExpr { expr, field_access } = expr;
        let given = expr.get_type(schema)?;
        let key = match (&given, field_access) {
            (DataType::Map(..), GetFieldAccess::NamedStructField { name }) => {
                Expr::Literal(name, None)
            }
            (DataType::Struct(_), GetFieldAccess::ListIndex { key }) => {
                return Ok(PlannerResult::Planned(numbered_field(expr, &given, &key)?));
            }
            (
                DataType::Map(..) | DataType::List(_) | DataType::LargeList(_),
                GetFieldAccess::ListIndex { key },
            ) => *key,
            (_, field_access) => {
                return Ok(PlannerResult::Original(RawFieldAccessExpr { expr, field_access }));
            }
        };
        Ok(PlannerResult::Planned(call(SUBSCRIPT, vec![expr, key])?))
    }

    fn plan_aggregate(&self, expr: RawAggregateExpr) -> Result<PlannerResult<RawAggregateExpr>> {
        let other = of_few(expr.func.name(), expr.args.len());
        let func = other.map_or_else(|| Arc::clone(&expr.func), Arc::new);
        Ok(PlannerResult::Original(RawAggregateExpr { func, ..expr }))
    }

    fn plan_array_literal(
        &self,
        exprs: Vec<Expr>,
        schema: &DFSchema,
    ) -> Result<PlannerResult<Vec<Expr>>> {
        let Some(first) = exprs.first() else {
            return Ok(PlannerResult::Original(exprs));
        };
        // DataFusion's own function forgets what a field says besides its type, such as that it holds addresses.
        if !first.to_field(schema)?.1.metadata().contains_key(EXTENSION) {
            return Ok(PlannerResult::Original(exprs));
        }
        Ok(PlannerResult::Planned(call(ARRAY, exprs)?))
    }

    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        if expr.op != BinaryOperator::StringConcat {
            return Ok(PlannerResult::Original(expr));
        }
        let is_array = |side: &Expr| {
            let given = side.get_type(schema)?;
            Ok::<_, DataFusionError>(matches!(given, DataType::List(_) | DataType::LargeList(_)))
        };
        if !is_array(&expr.left)? && !is_array(&expr.right)? {
            return Ok(PlannerResult::Original(expr));
        }
        let RawBinaryExpr { left, right, .. } = expr;
        Ok(PlannerResult::Planned(call(CONCAT, vec![left, right])?))
    }
}

fn call(name: &str, args: Vec<Expr>) -> Result<Expr> {
    let function = operator(name)
        .ok_or_else(|| DataFusionError::Internal(format!("there is no function {name}")))?;
    Ok(function.call(args))
}

/// The field of a row at a position that counts from 1.
fn numbered_field(row: Expr, given: &DataType, key: &Expr) -> Result<Expr> {
    let DataType::Struct(fields) = given else {
        return Err(DataFusionError::Internal("only rows have fields".to_owned()));
    };
    let index = match key {
        Expr::Literal(ScalarValue::Int32(Some(index)), _) => i64::from(*index),
        Expr::Literal(ScalarValue::Int64(Some(index)), _) => *index,
        _ => {
            let message = "Subscript expression on ROW requires a constant index";
            return Err(failure("EXPRESSION_NOT_CONSTANT", message));
        }
    };
    let field = usize::try_from(index - 1).ok().and_then(|at| fields.get(at));
    let field = field.ok_or_else(|| {
        let message = format!("ROW index out of bounds: {index}, max value {}", fields.len());
        failure("INVALID_FUNCTION_ARGUMENT", &message)
    })?;
    Ok(get_field(row, field.name()))
}

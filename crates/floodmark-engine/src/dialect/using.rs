//! `JOIN … USING (columns)`: the columns that both sides have stand first, once, and belong to no table.

use datafusion::common::{Column, JoinType, Result, TableReference};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::sql::sqlparser::ast::{Ident, JoinConstraint, JoinOperator, ObjectName};

use crate::dialect::tokens;
use crate::error::Error;

/// Joins two plans on the columns of these names.
pub(crate) fn plan(
    left: LogicalPlan,
    right: LogicalPlan,
    operator: JoinOperator,
) -> Result<LogicalPlan> {
    let (join_type, constraint) = match operator {
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
            (JoinType::Left, constraint)
        }
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
            (JoinType::Right, constraint)
        }
        JoinOperator::FullOuter(constraint) => (JoinType::Full, constraint),
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => {
            (JoinType::Inner, constraint)
        }
        _ => (JoinType::Inner, JoinConstraint::None),
    };
    let names: Vec<ObjectName> = match constraint {
        JoinConstraint::Using(names) => names,
        _ => Vec::new(),
    };
    let mut keys: Vec<(String, Column, Column)> = Vec::new();
    for name in &names {
        let Some(ident) = name.0.last().and_then(|part| part.as_ident()) else { continue };
        keys.push((ident.value.clone(), one(&left, ident, "left")?, one(&right, ident, "right")?));
    }
    let is_key =
        |column: &Column| keys.iter().any(|(_, left, right)| column == left || column == right);
    let others: Vec<Expr> = (left.schema().iter().chain(right.schema().iter()))
        .map(Column::from)
        .filter(|column| !is_key(column))
        .map(Expr::Column)
        .collect();
    // A name without a table cannot stand beside the same one with a table.
    let sizes = (left.schema().fields().len(), right.schema().fields().len());
    let qualifier = TableReference::bare(format!("$using{}_{}", sizes.0, sizes.1));
    let shared = keys.iter().map(|(name, left, right)| {
        let (left, right) = (Expr::Column(left.clone()), Expr::Column(right.clone()));
        let value = match join_type {
            JoinType::Right => right,
            JoinType::Full => coalesce(vec![left, right]),
            _ => left,
        };
        value.alias_qualified(Some(qualifier.clone()), name)
    });
    let outputs: Vec<Expr> = shared.chain(others).collect();
    let (left_keys, right_keys): (Vec<Column>, Vec<Column>) =
        keys.iter().map(|(_, left, right)| (left.clone(), right.clone())).unzip();
    LogicalPlanBuilder::from(left)
        .join(right, join_type, (left_keys, right_keys), None)?
        .project(outputs)?
        .build()
}

/// The one column of a name.
fn one(plan: &LogicalPlan, ident: &Ident, side: &str) -> Result<Column> {
    let found = plan.schema().columns_with_unqualified_name(&ident.value);
    let error = match found.as_slice() {
        [column] => return Ok(column.clone()),
        [] => {
            let message = format!("Column '{}' is missing from {side} side of join", ident.value);
            Error::invalid_query(message).code("COLUMN_NOT_FOUND")
        }
        _ => {
            let message = format!("Column '{}' is ambiguous", ident.value);
            Error::invalid_query(message).code("AMBIGUOUS_NAME")
        }
    };
    Err(error.at(tokens::position(ident.span)).into())
}

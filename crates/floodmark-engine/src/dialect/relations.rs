//! How parts of FROM are planned that the planner does not know, or not as Trino means them.

use datafusion::common::Result;
use datafusion::functions::math::expr_fn::random;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, lit};
use datafusion::sql::sqlparser::ast::{
    Expr, Join, JoinConstraint, JoinOperator, SetExpr, TableFactor, TableSample, TableSampleKind,
    TableSampleModifier, TableWithJoins, Value,
};

use crate::dialect::rewrite::is_using;
use crate::dialect::unnest::Unnest;
use crate::dialect::{names, unnest, using};
use crate::error::{Error, ErrorKind};

/// Plans queries in FROM, UNNEST and samples.
#[derive(Debug)]
pub(crate) struct Relations;

impl RelationPlanner for Relations {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        match relation {
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                if sample.as_ref().is_some_and(is_seen) {
                    let seen = TableFactor::Derived { lateral, subquery, alias, sample };
                    return Ok(RelationPlanning::Original(Box::new(seen)));
                }
                let all_unnamed = begins_with_values(&subquery.body);
                let plan = context.plan(TableFactor::Derived {
                    lateral,
                    subquery,
                    alias: None,
                    sample: Some(seen()),
                })?;
                let plan = names::settle(plan, all_unnamed)?;
                let plan = match sample {
                    None => plan,
                    Some(sample) => sampled(plan, sample)?,
                };
                planned(PlannedRelation::new(plan, alias))
            }
            TableFactor::Table { version: Some(_), .. } => {
                Err(not_supported("queries of a table's history are not supported").into())
            }
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample: Some(sample),
                index_hints,
            } => {
                let plan = context.plan(TableFactor::Table {
                    name,
                    alias,
                    args,
                    with_hints,
                    version,
                    with_ordinality,
                    partitions,
                    json_path,
                    sample: None,
                    index_hints,
                })?;
                planned(PlannedRelation::new(sampled(plan, sample)?, None))
            }
            TableFactor::UNNEST { array_exprs, with_ordinality, alias, .. } => {
                let one_row = LogicalPlanBuilder::empty(true).build()?;
                let unnest =
                    Unnest { arrays: array_exprs, with_ordinality, alias, keeps_rows: false };
                planned(PlannedRelation::new(unnest::plan(one_row, unnest, context)?, None))
            }
            TableFactor::NestedJoin { table_with_joins, alias: None }
                if is_pair(&table_with_joins) =>
            {
                let TableWithJoins { relation, joins } = *table_with_joins;
                let left = context.plan(relation)?;
                let mut plan = left;
                for join in joins {
                    plan = unnest::plan(plan, joined(join)?, context)?;
                }
                planned(PlannedRelation::new(plan, None))
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } if matches!(table_with_joins.joins.as_slice(), [join] if is_using(join)) =>
            {
                let TableWithJoins { relation, mut joins } = *table_with_joins;
                let left = context.plan(relation)?;
                match joins.pop() {
                    Some(join) => {
                        let right = context.plan(join.relation)?;
                        let plan = using::plan(left, right, join.join_operator)?;
                        planned(PlannedRelation::new(plan, None))
                    }
                    None => planned(PlannedRelation::new(left, None)),
                }
            }
            other => Ok(RelationPlanning::Original(Box::new(other))),
        }
    }
}

fn planned(relation: PlannedRelation) -> Result<RelationPlanning> {
    Ok(RelationPlanning::Planned(Box::new(relation)))
}

fn not_supported(message: &str) -> Error {
    Error::new(ErrorKind::NotSupported, message).code("NOT_SUPPORTED")
}

/// A sample of nothing marks a query that comes back here and is left to the planner, which does not look at samples.
fn seen() -> TableSampleKind {
    TableSampleKind::BeforeTableAlias(Box::new(TableSample {
        modifier: TableSampleModifier::TableSample,
        name: None,
        quantity: None,
        seed: None,
        bucket: None,
        offset: None,
    }))
}

fn is_seen(sample: &TableSampleKind) -> bool {
    matches!(sample, TableSampleKind::BeforeTableAlias(sample) if sample.quantity.is_none())
}

/// Whether the names of a query's outputs are those of VALUES, which has none.
pub(crate) fn begins_with_values(body: &SetExpr) -> bool {
    match body {
        SetExpr::Values(_) => true,
        SetExpr::SetOperation { left, .. } => begins_with_values(left),
        SetExpr::Query(query) => begins_with_values(&query.body),
        _ => false,
    }
}

/// Keeps each row with the probability that a sample asks for, in percent.
fn sampled(plan: LogicalPlan, sample: TableSampleKind) -> Result<LogicalPlan> {
    let (TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) =
        sample;
    let percent = match sample.quantity.map(|quantity| quantity.value) {
        Some(Expr::Value(value)) => match value.value {
            Value::Number(number, _) => number.parse::<f64>().ok(),
            _ => None,
        },
        _ => None,
    };
    match percent {
        Some(percent) if (0.0..=100.0).contains(&percent) => {
            LogicalPlanBuilder::from(plan).filter(random().lt(lit(percent / 100.0)))?.build()
        }
        Some(_) => Err(Error::invalid_query("Sample percentage must be between 0 and 100")
            .code("NUMERIC_VALUE_OUT_OF_RANGE")
            .into()),
        None => Err(not_supported("a sample must be TABLESAMPLE BERNOULLI (number)").into()),
    }
}

fn is_pair(tables: &TableWithJoins) -> bool {
    !tables.joins.is_empty()
        && tables.joins.iter().all(|join| matches!(join.relation, TableFactor::UNNEST { .. }))
}

/// The UNNEST of a join, if the join is of a kind that has a meaning.
fn joined(join: Join) -> Result<Unnest> {
    let is_true = |constraint: &JoinConstraint| match constraint {
        JoinConstraint::None => true,
        JoinConstraint::On(Expr::Value(value)) => value.value == Value::Boolean(true),
        _ => false,
    };
    let keeps_rows = match &join.join_operator {
        JoinOperator::CrossJoin(JoinConstraint::None) => false,
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => {
            if !is_true(constraint) {
                return Err(not_supported(
                    "INNER JOIN involving UNNEST is only supported with condition ON TRUE",
                )
                .into());
            }
            false
        }
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => {
            if !is_true(constraint) {
                return Err(not_supported(
                    "LEFT JOIN involving UNNEST is only supported with condition ON TRUE",
                )
                .into());
            }
            true
        }
        _ => return Err(not_supported("this kind of join with UNNEST is not supported").into()),
    };
    match join.relation {
        TableFactor::UNNEST { array_exprs, with_ordinality, alias, .. } => {
            Ok(Unnest { arrays: array_exprs, with_ordinality, alias, keeps_rows })
        }
        _ => Err(not_supported("this kind of join is not supported").into()),
    }
}

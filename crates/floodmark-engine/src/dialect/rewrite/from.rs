//! FROM: an UNNEST or a join USING columns is planned together with what stands before it, whose columns it names.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Join, JoinConstraint, JoinOperator, Select, TableFactor, TableWithJoins, VisitorMut,
};

/// Puts each UNNEST into one pair of parentheses with what stands before it.
pub(crate) struct Relations;

impl VisitorMut for Relations {
    type Break = ();

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        select.from = pair(std::mem::take(&mut select.from));
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor
            && table_with_joins.joins.iter().any(|join| is_unnest(&join.relation) || is_using(join))
            && !is_pair(table_with_joins)
        {
            let written = TableWithJoins {
                relation: table_with_joins.relation.clone(),
                joins: std::mem::take(&mut table_with_joins.joins),
            };
            if let Some(paired) = pair(vec![written]).pop() {
                **table_with_joins = paired;
            }
        }
        ControlFlow::Continue(())
    }
}

fn is_unnest(factor: &TableFactor) -> bool {
    matches!(factor, TableFactor::UNNEST { .. })
}

/// Whether a join names the columns that both sides have.
pub(crate) fn is_using(join: &Join) -> bool {
    matches!(
        &join.join_operator,
        JoinOperator::Join(JoinConstraint::Using(_))
            | JoinOperator::Inner(JoinConstraint::Using(_))
            | JoinOperator::Left(JoinConstraint::Using(_))
            | JoinOperator::LeftOuter(JoinConstraint::Using(_))
            | JoinOperator::Right(JoinConstraint::Using(_))
            | JoinOperator::RightOuter(JoinConstraint::Using(_))
            | JoinOperator::FullOuter(JoinConstraint::Using(_))
    )
}

/// Whether it is one of the pairs that are made here.
fn is_pair(tables: &TableWithJoins) -> bool {
    matches!(tables.joins.as_slice(), [join] if is_using(join))
}

fn nested(relation: TableFactor, joins: Vec<Join>) -> TableFactor {
    if joins.is_empty() {
        return relation;
    }
    TableFactor::NestedJoin {
        table_with_joins: Box::new(TableWithJoins { relation, joins }),
        alias: None,
    }
}

fn cross(relation: TableFactor) -> Join {
    Join { relation, global: false, join_operator: JoinOperator::CrossJoin(JoinConstraint::None) }
}

fn pair(from: Vec<TableWithJoins>) -> Vec<TableWithJoins> {
    let mut result: Vec<TableWithJoins> = Vec::with_capacity(from.len());
    for TableWithJoins { relation, joins } in from {
        let mut left = TableWithJoins { relation, joins: Vec::new() };
        if is_unnest(&left.relation) && !result.is_empty() {
            // `FROM a, b, UNNEST(b.x)` is a cross join of all three.
            let mut before = result.drain(..).map(|table| nested(table.relation, table.joins));
            let first = before.next();
            let others = before.map(cross).collect();
            let unnest = cross(left.relation.clone());
            if let Some(first) = first {
                left.relation = nested(nested(first, others), vec![unnest]);
            }
        }
        for join in joins {
            if is_unnest(&join.relation) || is_using(&join) {
                let before = nested(left.relation, std::mem::take(&mut left.joins));
                left.relation = nested(before, vec![join]);
            } else {
                left.joins.push(join);
            }
        }
        result.push(left);
    }
    result
}

//! What is done to a statement before the planner sees it: Trino's syntax becomes what the planner knows.

mod build;
mod calls;
mod conditions;
mod expressions;
mod from;
mod labels;
mod queries;
mod shadows;
mod subqueries;
mod ties;
mod unnested;

pub(crate) use build::{call, text};
pub(crate) use from::is_using;
pub(crate) use labels::first_unnamed;

use datafusion::sql::sqlparser::ast::{Query, Statement, VisitMut};

use crate::dialect::relations::begins_with_values;
use crate::dialect::rewrite::build::{derived, select_all};
use crate::error::{Error, Result};

/// Rewrites a statement.
///
/// # Errors
///
/// Those of syntax that has no meaning, or none here.
pub(crate) fn rewrite(statement: &mut Statement) -> Result<()> {
    let mut errors = Vec::new();
    let _ = VisitMut::visit(statement, &mut calls::Calls { errors: &mut errors });
    let _ = VisitMut::visit(statement, &mut shadows::Shadows::default());
    let _ = VisitMut::visit(statement, &mut conditions::Conditions { errors: &mut errors });
    let _ = VisitMut::visit(statement, &mut subqueries::Subqueries);
    let _ = VisitMut::visit(statement, &mut expressions::Expressions { errors: &mut errors });
    let _ = VisitMut::visit(statement, &mut from::Relations);
    let _ = VisitMut::visit(statement, &mut queries::Queries { errors: &mut errors });
    if let Statement::Query(query) = statement
        && begins_with_values(&query.body)
    {
        let order_by = query.order_by.take();
        let limit_clause = query.limit_clause.take();
        let settled = select_all(derived(query.as_ref().clone()));
        **query = Query { order_by, limit_clause, ..settled };
    }
    first(errors)
}

fn first(errors: Vec<Error>) -> Result<()> {
    errors.into_iter().next().map_or(Ok(()), Err)
}

//! Queries as wholes: names of outputs, FETCH, and common table expressions.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Fetch, LimitClause, Query, SetExpr, SetOperator, Value, VisitorMut,
};

use crate::dialect::rewrite::build::{derived, select_all, value};
use crate::dialect::rewrite::{labels, ties};
use crate::error::{Error, ErrorKind};

/// Rewrites each query after those within it.
pub(crate) struct Queries<'a> {
    pub(crate) errors: &'a mut Vec<Error>,
}

impl VisitorMut for Queries<'_> {
    type Break = ();

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if let Some(fetch) = query.fetch.take() {
            self.fetch(fetch, query);
        }
        if let Some(with) = &mut query.with {
            for table in &mut with.cte_tables {
                let is_recursive = with.recursive && is_union(&table.query.body);
                if !is_recursive && labels::is_unsettled(&table.query.body) {
                    let settled = select_all(derived(table.query.as_ref().clone()));
                    *table.query = settled;
                }
            }
        }
        let labels = labels::label(&mut query.body, query.order_by.as_ref());
        if let Some(order_by) = &mut query.order_by {
            labels::order(&labels, order_by, self.errors);
        }
        ControlFlow::Continue(())
    }
}

impl Queries<'_> {
    /// `FETCH FIRST n ROWS ONLY` is a limit.
    fn fetch(&mut self, fetch: Fetch, query: &mut Query) {
        let one = || value(Value::Number("1".to_owned(), false));
        let rows = fetch.quantity.unwrap_or_else(one);
        if fetch.with_ties {
            match ties::with_ties(query, &rows) {
                Some(around) => *query = around,
                None => self.errors.push(Error::new(
                    ErrorKind::NotSupported,
                    "FETCH FIRST … WITH TIES is not supported for this query",
                )),
            }
            return;
        }
        let rows = Some(rows);
        match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit, .. }) => *limit = rows,
            clause => {
                *clause = Some(LimitClause::LimitOffset {
                    limit: rows,
                    offset: None,
                    limit_by: Vec::new(),
                });
            }
        }
    }
}

fn is_union(body: &SetExpr) -> bool {
    matches!(body, SetExpr::SetOperation { op: SetOperator::Union, .. })
}

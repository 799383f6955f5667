//! A view in FROM becomes the query that it stands for.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Ident, ObjectNamePart, Query, Statement, TableAlias, TableFactor, VisitMut, VisitorMut,
};

use crate::dialect::parsed::{TableName, inner_mut};
use crate::dialect::queries;
use crate::dialect::scope::Scopes;
use crate::error::{Error, Result};

/// The query of a view, all of whose tables are named with their database, and the hidden columns that it names.
pub(crate) fn read(sql: &str, database: &str) -> Result<(Query, Vec<String>)> {
    let parsed = queries(sql)?;
    let [parsed] =
        <[_; 1]>::try_from(parsed).map_err(|_| Error::invalid_query("a view must be one query"))?;
    let mut statement = parsed.statement;
    let Some(inner @ Statement::Query(_)) = inner_mut(&mut statement) else {
        return Err(Error::invalid_query("a view must be a query"));
    };
    // What surrounds the view must not change what its names mean.
    let _ = VisitMut::visit(inner, &mut Qualify { database, scopes: Scopes::default() });
    match inner {
        Statement::Query(query) => Ok((query.as_ref().clone(), parsed.hidden)),
        _ => Err(Error::invalid_query("a view must be a query")),
    }
}

/// Puts a query in the place of a view, under the view's name if it has no other.
pub(crate) fn replace(statement: &mut Statement, view: &TableName, query: &Query) {
    let _ = VisitMut::visit(statement, &mut Replace { view, query, scopes: Scopes::default() });
}

struct Qualify<'a> {
    database: &'a str,
    scopes: Scopes,
}

impl VisitorMut for Qualify<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.scopes.leave();
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: None, .. } = factor
            && !self.scopes.is_defined(name)
            && name.0.len() == 1
        {
            name.0.insert(0, ObjectNamePart::Identifier(Ident::with_quote('"', self.database)));
        }
        ControlFlow::Continue(())
    }
}

struct Replace<'a> {
    view: &'a TableName,
    query: &'a Query,
    scopes: Scopes,
}

impl VisitorMut for Replace<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.scopes.leave();
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, args: None, sample, .. } = factor
            && !self.scopes.is_defined(name)
            && TableName::of(name).is_some_and(|name| name.is_same(self.view))
        {
            let alias = alias.take().unwrap_or_else(|| TableAlias {
                explicit: true,
                name: Ident::with_quote('"', &self.view.name),
                columns: Vec::new(),
                at: None,
            });
            *factor = TableFactor::Derived {
                lateral: false,
                subquery: Box::new(self.query.clone()),
                alias: Some(alias),
                sample: sample.take(),
            };
        }
        ControlFlow::Continue(())
    }
}

//! A statement that was read, and what is done to it before it is planned.

mod parameters;
mod views;
mod wildcards;

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, Query, Statement as SqlStatement, TableFactor, VisitMut, VisitorMut,
};
use floodmark_formats::table;

use crate::dialect::scope::Scopes;
use crate::dialect::tokens::Place;
use crate::dialect::{errors, rewrite, tokens};
use crate::error::{Error, ErrorKind, Position, Result};

/// One statement, ready to be planned.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub(crate) statement: Statement,
    /// The hidden columns that it names.
    pub(crate) hidden: Vec<String>,
    /// The whole text that it was read from.
    pub(crate) source: Arc<str>,
    /// Where it stands in that text.
    pub(crate) place: Place,
    /// The names of the tables that have hidden columns; None for those of the logs alone.
    tables_with_hidden: Option<Vec<TableName>>,
}

/// The name of a table or view in FROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableName {
    /// The catalog, if it is named.
    pub(crate) catalog: Option<String>,
    /// The database, if it is named.
    pub(crate) database: Option<String>,
    /// The name itself.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) position: Option<Position>,
}

impl Parsed {
    /// A statement of a text, of those kinds that can be planned.
    pub(crate) fn new(
        statement: Statement,
        hidden: &[String],
        source: Arc<str>,
        place: Place,
    ) -> Result<Self> {
        let parsed =
            Self { statement, hidden: hidden.to_vec(), source, place, tables_with_hidden: None };
        match parsed.inner() {
            Some(
                SqlStatement::Query(_)
                | SqlStatement::Explain { .. }
                | SqlStatement::ExplainTable { .. }
                | SqlStatement::ShowTables { .. }
                | SqlStatement::ShowColumns { .. },
            ) => Ok(parsed),
            _ => Err(Error::new(
                ErrorKind::NotSupported,
                "only queries are run: SELECT, WITH, VALUES, EXPLAIN, DESCRIBE and SHOW",
            )),
        }
    }

    /// The tables and views that it reads, each once; no common table expressions.
    pub(crate) fn tables(&self) -> Vec<TableName> {
        let mut tables = Tables::default();
        let mut statement = self.statement.clone();
        if let Some(inner) = inner_mut(&mut statement) {
            let _ = VisitMut::visit(inner, &mut tables);
        }
        tables.found
    }

    /// Says which of its tables have hidden columns, which `*` leaves out.
    pub(crate) fn hidden_for(&mut self, tables: &[TableName]) {
        self.tables_with_hidden = Some(tables.to_vec());
    }

    /// Replaces a view by its query. Names in the query without a database are looked up in `database`.
    ///
    /// # Errors
    ///
    /// Those of reading the query.
    pub(crate) fn inline_view(
        &mut self,
        view: &TableName,
        sql: &str,
        database: &str,
    ) -> Result<()> {
        let (query, hidden) = views::read(sql, database)?;
        self.hidden.extend(hidden);
        self.hidden.sort();
        self.hidden.dedup();
        if let Some(inner) = inner_mut(&mut self.statement) {
            views::replace(inner, view, &query);
        }
        Ok(())
    }

    /// How many question marks stand in it.
    pub(crate) fn parameters(&self) -> usize {
        self.inner().map_or(0, parameters::count)
    }

    /// Puts values in the places of question marks: expressions that name nothing, and any other text as itself.
    ///
    /// # Errors
    ///
    /// `INVALID_PARAMETER_USAGE` if there are not as many as question marks.
    pub(crate) fn bind(&mut self, given: &[String]) -> Result<()> {
        let given = given.iter().map(|text| parameters::parameter(text)).collect();
        match inner_mut(&mut self.statement) {
            Some(inner) => parameters::bind(inner, given),
            None => Ok(()),
        }
    }

    /// The first column of the result that has no name, as far as that can be known without the tables.
    pub(crate) fn unnamed(&self) -> Option<usize> {
        match self.inner()? {
            SqlStatement::Query(query) => rewrite::first_unnamed(&query.body),
            _ => None,
        }
    }

    /// Plans the query with what the state knows.
    ///
    /// # Errors
    ///
    /// `InvalidQuery` for what does not exist or does not fit together.
    pub(crate) async fn plan(self, state: &SessionState) -> Result<LogicalPlan> {
        state.statement_to_plan(self.finish()?).await.map_err(errors::of_planning)
    }

    /// The statement as it is planned.
    fn finish(mut self) -> Result<Statement> {
        let is_log = |name: &TableName| match &self.tables_with_hidden {
            None => table::find(&name.name).is_some(),
            Some(tables) => tables.iter().any(|table| table.is_same(name)),
        };
        if let Some(inner) = inner_mut(&mut self.statement) {
            if !self.hidden.is_empty() {
                wildcards::leave_out(inner, &self.hidden, &is_log);
            }
            rewrite::rewrite(inner)?;
        }
        Ok(self.statement)
    }

    fn inner(&self) -> Option<&SqlStatement> {
        match &self.statement {
            Statement::Statement(inner) => Some(inner),
            Statement::Explain(explain) => match explain.statement.as_ref() {
                Statement::Statement(inner) => Some(inner),
                _ => None,
            },
            _ => None,
        }
    }
}

fn inner_mut(statement: &mut Statement) -> Option<&mut SqlStatement> {
    match statement {
        Statement::Statement(inner) => Some(inner),
        Statement::Explain(explain) => match explain.statement.as_mut() {
            Statement::Statement(inner) => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

impl TableName {
    /// The parts of a name; None if it has more than three.
    pub(crate) fn of(name: &ObjectName) -> Option<Self> {
        let parts = name.0.iter().map(|part| part.as_ident()).collect::<Option<Vec<_>>>()?;
        let (catalog, database, last) = match parts.as_slice() {
            [name] => (None, None, name),
            [database, name] => (None, Some(database), name),
            [catalog, database, name] => (Some(catalog), Some(database), name),
            _ => return None,
        };
        let text = |ident: &Ident| ident.value.to_lowercase();
        Some(Self {
            catalog: catalog.map(|ident| text(ident)),
            database: database.map(|ident| text(ident)),
            name: text(last),
            position: tokens::position(parts.first()?.span),
        })
    }

    /// Whether both mean the same table, wherever they stand.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.catalog, &self.database, &self.name)
            == (&other.catalog, &other.database, &other.name)
    }
}

/// Collects the tables that a statement reads.
#[derive(Default)]
struct Tables {
    scopes: Scopes,
    found: Vec<TableName>,
}

impl VisitorMut for Tables {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        self.scopes.enter(query);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &mut Query) -> ControlFlow<()> {
        self.scopes.leave();
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: None, .. } = factor
            && !self.scopes.is_defined(name)
            && let Some(name) = TableName::of(name)
            && !self.found.iter().any(|known| known.is_same(&name))
        {
            self.found.push(name);
        }
        ControlFlow::Continue(())
    }
}

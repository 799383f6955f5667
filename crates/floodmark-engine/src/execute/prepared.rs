//! Prepared statements.

use std::ops::Range;

use crate::catalog::{IfMissing, PreparedStatement};
use crate::dialect::ddl::statement::Statement as Other;
use crate::dialect::{self, Kind, Parsed, Statement};
use crate::error::{Error, ErrorKind, Position, Result};
use crate::execute::tables::now_s;
use crate::execute::{Execution, answer};
use crate::query::Query;

impl Execution<'_> {
    pub(super) async fn prepare(&self, name: &str, query: &Range<usize>) -> Result<Query> {
        // Read at once, so that what is no SQL is refused now.
        dialect::parse_one(&self.sql, query.clone())?;
        let statement = PreparedStatement {
            workgroup: self.session.workgroup().to_owned(),
            name: name.to_owned(),
            sql: self.sql[query.clone()].trim().to_owned(),
            description: None,
            modified_s: now_s(),
        };
        let keeper = self.session.engine().prepared().await?;
        keeper.change(move |local| local.put_prepared(&statement)).await?;
        Ok(answer::done())
    }

    /// The statement that `EXECUTE` or `EXECUTE IMMEDIATE` means, with its values; None for any other.
    pub(crate) async fn executed(&self, statement: &Other) -> Result<Option<Statement>> {
        let (sql, at, parameters) = match statement {
            Other::Execute { name, position, parameters } => {
                (self.prepared(name, *position).await?, None, parameters)
            }
            Other::ExecuteImmediate { text, position, parameters } => {
                (text.clone(), Some(*position), parameters)
            }
            _ => return Ok(None),
        };
        let mut given: Vec<String> =
            parameters.iter().map(|range| self.sql[range.clone()].trim().to_owned()).collect();
        if given.is_empty() {
            // Clients may send the values beside the statement.
            given = self.parameters.to_vec();
        }
        let executed = dialect::parse_one(&sql, 0..sql.len());
        let executed = executed.and_then(|executed| {
            // The number of values is wrong where they stand.
            let executed = Statement { start: self.start, ..executed };
            executed.with_parameters(&given)
        });
        executed.map(Some).map_err(|error| if at.is_some() { error.at(at) } else { error })
    }

    pub(super) async fn execute(&self, statement: &Other) -> Result<Query> {
        let Some(executed) = self.executed(statement).await? else {
            return Err(Error::new(ErrorKind::Internal, "nothing is executed"));
        };
        if matches!(
            executed.kind,
            Kind::Other(Other::Execute { .. } | Other::ExecuteImmediate { .. })
        ) {
            return Err(Error::invalid_query("a prepared statement cannot execute another one")
                .code("NOT_SUPPORTED")
                .at(Some(self.start)));
        }
        let run = Box::pin(self.session.query(executed)).await;
        match statement {
            Other::ExecuteImmediate { position, .. } => {
                run.map_err(|error| error.at(Some(*position)))
            }
            _ => run,
        }
    }

    pub(super) async fn deallocate(&self, name: &str, position: Position) -> Result<Query> {
        let (workgroup, name) = (self.session.workgroup().to_owned(), name.to_owned());
        let keeper = self.session.engine().prepared().await?;
        let gone = keeper
            .change(move |local| local.drop_prepared(&workgroup, &name, IfMissing::Fail))
            .await;
        gone.map_err(|error| error.at(Some(position)))?;
        Ok(answer::done())
    }

    pub(super) async fn describe_input(&self, name: &str, position: Position) -> Result<Query> {
        let parsed = self.bindable(&self.prepared(name, position).await?)?;
        let rows =
            (0..parsed.parameters()).map(|at| [Some(at.to_string()), Some("unknown".into())]);
        Ok(answer::table(["Position", "Type"], &rows.collect::<Vec<_>>()))
    }

    pub(super) async fn describe_output(&self, name: &str, position: Position) -> Result<Query> {
        let mut parsed = self.bindable(&self.prepared(name, position).await?)?;
        // The types do not depend on the values: any will do.
        let nothing = vec!["NULL".to_owned(); parsed.parameters()];
        parsed.bind(&nothing)?;
        let planned = self.session.plan(parsed).await?;
        let schema = planned.schema()?;
        let rows = schema.fields().iter().map(|field| {
            let trino_type = crate::dialect::trino_type::TrinoType::of_field(field);
            [Some(field.name().clone()), Some(trino_type.to_string())]
        });
        Ok(answer::table(["Column Name", "Type"], &rows.collect::<Vec<_>>()))
    }

    async fn prepared(&self, name: &str, position: Position) -> Result<String> {
        let (workgroup, wanted) = (self.session.workgroup().to_owned(), name.to_owned());
        let keeper = self.session.engine().prepared().await?;
        let found = keeper.change(move |local| local.prepared(&workgroup, &wanted)).await?;
        found
            .map(|statement| statement.sql)
            .ok_or_else(|| crate::catalog::refused::prepared_not_found(name).at(Some(position)))
    }

    /// The statement of a text, if parameters can be bound to it.
    fn bindable(&self, sql: &str) -> Result<Parsed> {
        match dialect::parse_one(sql, 0..sql.len())?.kind {
            Kind::Query(parsed) => Ok(parsed),
            Kind::Other(_) => Err(Error::invalid_query("the prepared statement is no query")),
        }
    }
}

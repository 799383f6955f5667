//! Prepared statements.

use std::ops::Range;

use crate::catalog::{IfMissing, PreparedStatement};
use crate::dialect::{self, Kind, Parsed};
use crate::error::{Error, Position, Result};
use crate::execute::tables::now_s;
use crate::execute::{Execution, answer};
use crate::query::Query;

/// The workgroup that prepared statements belong to.
const WORKGROUP: &str = "primary";

impl Execution<'_> {
    pub(super) async fn prepare(&self, name: &str, query: &Range<usize>) -> Result<Query> {
        // Read at once, so that what is no SQL is refused now.
        dialect::parse_one(&self.sql, query.clone())?;
        let statement = PreparedStatement {
            workgroup: WORKGROUP.to_owned(),
            name: name.to_owned(),
            sql: self.sql[query.clone()].trim().to_owned(),
            description: None,
            modified_s: now_s(),
        };
        let keeper = self.session.engine().prepared().await?;
        keeper.change(move |local| local.put_prepared(&statement)).await?;
        Ok(answer::done())
    }

    pub(super) async fn execute(
        &self,
        name: &str,
        position: Position,
        parameters: &[Range<usize>],
    ) -> Result<Query> {
        let sql = self.prepared(name, position).await?;
        self.run_with(&sql, parameters).await
    }

    pub(super) async fn execute_immediate(
        &self,
        text: &str,
        position: Position,
        parameters: &[Range<usize>],
    ) -> Result<Query> {
        self.run_with(text, parameters).await.map_err(|error| error.at(Some(position)))
    }

    pub(super) async fn deallocate(&self, name: &str, position: Position) -> Result<Query> {
        let name = name.to_owned();
        let keeper = self.session.engine().prepared().await?;
        let gone = keeper
            .change(move |local| local.drop_prepared(WORKGROUP, &name, IfMissing::Fail))
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
        let wanted = name.to_owned();
        let keeper = self.session.engine().prepared().await?;
        let found = keeper.change(move |local| local.prepared(WORKGROUP, &wanted)).await?;
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

    async fn run_with(&self, sql: &str, parameters: &[Range<usize>]) -> Result<Query> {
        let given: Vec<String> =
            parameters.iter().map(|range| self.sql[range.clone()].trim().to_owned()).collect();
        let statement = dialect::parse_one(sql, 0..sql.len())?;
        match statement.kind {
            Kind::Query(mut parsed) => {
                parsed.bind(&given).map_err(|error| error.at(Some(self.start)))?;
                self.session.select(parsed).await
            }
            Kind::Other(other) => {
                let execution = Execution {
                    session: self.session,
                    sql: statement.source,
                    start: statement.start,
                    parameters: &given,
                };
                Box::pin(execution.run(&other)).await
            }
        }
    }
}

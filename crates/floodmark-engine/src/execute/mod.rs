//! Runs the statements that are no plain queries.

mod answer;
mod explain;
mod hive_type;
mod prepared;
mod rows;
mod show;
mod tables;
mod writing;

use std::ops::Range;
use std::sync::Arc;

use crate::catalog::{Relation, TableDefinition, View, refused};
use crate::dialect::Parsed;
use crate::dialect::ddl::statement::{Name, Statement};
use crate::error::{Error, ErrorKind, Position, Result};
use crate::query::Query;
use crate::session::Session;

pub(crate) use show::columns;
pub use tables::check_bucket;
pub(crate) use tables::{check_values, location};

const OTHER_DATABASE: &str = "name the database with `--database`, in the shell with `\\database NAME`, or before the table: `web.hits`";

/// A statement with what it runs in.
pub(crate) struct Execution<'a> {
    pub(crate) session: &'a Session<'a>,
    /// The whole text that the statement stands in: inner queries are ranges of it.
    pub(crate) sql: Arc<str>,
    /// Where the statement begins: the place of errors that are about all of it.
    pub(crate) start: Position,
    /// The values for the question marks of the inner query.
    pub(crate) parameters: &'a [String],
}

/// A name with its database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FullName {
    pub(crate) database: String,
    pub(crate) name: String,
}

impl Execution<'_> {
    /// Runs a statement.
    pub(crate) async fn run(&self, statement: &Statement) -> Result<Query> {
        match statement {
            Statement::CreateDatabase(create) => self.create_database(create).await,
            Statement::DropDatabase { name, if_exists, cascade } => {
                self.drop_database(name, *if_exists, *cascade).await
            }
            Statement::AlterDatabase { name, properties } => {
                self.alter_database(name, properties).await
            }
            Statement::CreateTable(create) => self.create_table(create).await,
            Statement::CreateTableAs(create) => Box::pin(self.create_table_as(create)).await,
            Statement::DropTable { name, if_exists } => self.drop_table(name, *if_exists).await,
            Statement::InsertInto { name, columns, query } => {
                Box::pin(self.insert_into(name, columns, query)).await
            }
            Statement::Unload { query, to, properties } => self.unload(query, to, properties).await,
            Statement::CreateView(create) => self.create_view(create).await,
            Statement::DropView { name, if_exists } => self.drop_view(name, *if_exists).await,
            Statement::AlterTable { name, action } => self.alter_table(name, action).await,
            Statement::MsckRepair { name } => self.repair(name).await,
            Statement::ShowDatabases { like } => self.show_databases(like.as_ref()).await,
            Statement::ShowTables { database, like } => {
                self.show_tables(database.as_ref(), like.as_ref()).await
            }
            Statement::ShowViews { database, like } => {
                self.show_views(database.as_ref(), like.as_ref()).await
            }
            Statement::ShowColumns { table } => self.show_columns(table).await,
            Statement::ShowPartitions { table, only } => self.show_partitions(table, only).await,
            Statement::ShowCreateTable { table } => self.show_create_table(table).await,
            Statement::ShowCreateView { view } => self.show_create_view(view).await,
            Statement::ShowTableProperties { table, key } => {
                self.show_table_properties(table, key.as_deref()).await
            }
            Statement::ShowFunctions { like } => self.show_functions(like.as_ref()),
            Statement::Describe { name, detail, partition, column } => {
                self.describe(name, *detail, partition.as_ref(), column.as_deref()).await
            }
            Statement::DescribeInput { name, position } => {
                self.describe_input(name, *position).await
            }
            Statement::DescribeOutput { name, position } => {
                self.describe_output(name, *position).await
            }
            Statement::Explain(explain) => self.explain(explain).await,
            Statement::Prepare { name, query } => self.prepare(name, query).await,
            Statement::Execute { .. } | Statement::ExecuteImmediate { .. } => {
                self.execute(statement).await
            }
            Statement::Deallocate { name, position } => self.deallocate(name, *position).await,
            Statement::NotSupported { what, by_athena, position } => {
                let who = if *by_athena { "Athena" } else { "Floodmark" };
                let error =
                    Error::new(ErrorKind::NotSupported, format!("{who} does not run {what}"))
                        .code("NOT_SUPPORTED")
                        .at(Some(*position));
                Err(if what.starts_with("USE") { error.hint(OTHER_DATABASE) } else { error })
            }
        }
    }

    /// The inner query that stands in a range of the text, with the statement's parameters.
    fn inner(&self, range: &Range<usize>) -> Result<Parsed> {
        let mut parsed = self.session.inner(&self.sql, range)?;
        parsed.bind(self.parameters).map_err(|error| error.at(Some(self.start)))?;
        Ok(parsed)
    }

    /// A name with the database that it means.
    fn full(&self, name: &Name) -> Result<FullName> {
        if let Some(catalog) = &name.catalog {
            self.session.is_catalog(catalog).map_err(|error| error.at(Some(name.position)))?;
        }
        let database = name.database.clone().unwrap_or_else(|| self.session.database().to_owned());
        Ok(FullName { database, name: name.name.clone() })
    }

    /// What a name stands for in the catalog.
    async fn relation(&self, name: &Name) -> Result<Relation> {
        let FullName { database, name: last } = self.full(name)?;
        match self.session.relation(&database, &last).await? {
            Some(relation) => Ok(relation),
            None if self.session.catalog().database(&database).await?.is_none() => {
                Err(refused::schema_not_found(&database).at(Some(name.position)))
            }
            None => Err(refused::table_not_found(&database, &last)
                .at(Some(name.position))
                .hint("`SHOW TABLES` lists the tables of the catalog")),
        }
    }

    async fn table(&self, name: &Name) -> Result<TableDefinition> {
        match self.relation(name).await? {
            Relation::Table(table) => Ok(table),
            Relation::View(view) => {
                Err(refused::not_a_table(&view.database, &view.name).at(Some(name.position)))
            }
        }
    }

    async fn view(&self, name: &Name) -> Result<View> {
        match self.relation(name).await? {
            Relation::View(view) => Ok(view),
            Relation::Table(table) => {
                Err(refused::not_a_view(&table.database, &table.name).at(Some(name.position)))
            }
        }
    }
}

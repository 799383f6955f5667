//! Statements: plain queries, and all others.

use std::ops::Range;
use std::sync::Arc;

use crate::dialect::ddl::statement::{AlterTable, Statement as Other};
use crate::dialect::{Parsed, ddl, queries};
use crate::error::{Error, MALFORMED_QUERY, Position, Result};

/// One statement, ready to be run.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) kind: Kind,
    /// The whole text that it stands in.
    pub(crate) source: Arc<str>,
    /// Where it begins.
    pub(crate) start: Position,
    /// The values for the question marks of a statement that is no plain query.
    pub(crate) parameters: Vec<String>,
}

/// What a statement does, in Athena's distinctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `SELECT`, `WITH`, `VALUES` or `TABLE`.
    Select,
    /// `EXPLAIN` and `EXPLAIN ANALYZE`.
    Explain,
    /// `INSERT INTO`.
    Insert,
    /// `UNLOAD`.
    Unload,
    /// `CREATE TABLE … AS`.
    CreateTableAs,
    /// `CREATE EXTERNAL TABLE`.
    CreateTable,
    /// `CREATE VIEW`.
    CreateView,
    /// `CREATE DATABASE`.
    CreateDatabase,
    /// `DROP TABLE`.
    DropTable,
    /// `DROP VIEW`.
    DropView,
    /// `DROP DATABASE`.
    DropDatabase,
    /// `ALTER DATABASE`.
    AlterDatabase,
    /// `ALTER TABLE … ADD COLUMNS`.
    AddColumns,
    /// `ALTER TABLE … REPLACE COLUMNS`.
    ReplaceColumns,
    /// `ALTER TABLE … DROP COLUMN`.
    DropColumn,
    /// `ALTER TABLE … CHANGE COLUMN`.
    ChangeColumn,
    /// `ALTER TABLE … SET TBLPROPERTIES` and `UNSET TBLPROPERTIES`.
    SetTableProperties,
    /// `ALTER TABLE … SET LOCATION`.
    SetLocation,
    /// `ALTER TABLE … ADD PARTITION`.
    AddPartitions,
    /// `ALTER TABLE … DROP PARTITION`.
    DropPartitions,
    /// `ALTER TABLE … PARTITION … RENAME`.
    RenamePartition,
    /// `ALTER TABLE … RENAME TO`.
    RenameTable,
    /// `MSCK REPAIR TABLE`.
    Repair,
    /// `SHOW DATABASES`.
    ShowDatabases,
    /// `SHOW TABLES`.
    ShowTables,
    /// `SHOW VIEWS`.
    ShowViews,
    /// `SHOW COLUMNS`.
    ShowColumns,
    /// `SHOW PARTITIONS`.
    ShowPartitions,
    /// `SHOW CREATE TABLE`.
    ShowCreateTable,
    /// `SHOW CREATE VIEW`.
    ShowCreateView,
    /// `SHOW TBLPROPERTIES`.
    ShowTableProperties,
    /// `SHOW FUNCTIONS`.
    ShowFunctions,
    /// `DESCRIBE` of a table or a view.
    Describe,
    /// `DESCRIBE INPUT`.
    DescribeInput,
    /// `DESCRIBE OUTPUT`.
    DescribeOutput,
    /// `PREPARE`.
    Prepare,
    /// `EXECUTE` and `EXECUTE IMMEDIATE`, as long as it is not said what they execute.
    Execute,
    /// `DEALLOCATE PREPARE`.
    Deallocate,
    /// A statement that is not run.
    NotSupported,
}

impl Statement {
    /// Whether it is a plain query, which may be asked any number of times.
    pub fn is_query(&self) -> bool {
        matches!(self.kind, Kind::Query(_))
    }

    /// What it does.
    pub fn action(&self) -> Action {
        match &self.kind {
            Kind::Query(_) => Action::Select,
            Kind::Other(other) => action(other),
        }
    }

    /// The same statement with values in the places of its question marks, in their order: expressions that name nothing, and any
    /// other text as itself. Values are not looked at where there is no question mark.
    ///
    /// # Errors
    ///
    /// `INVALID_PARAMETER_USAGE` if a plain query has another number of question marks. Other statements tell it when they run.
    pub fn with_parameters(mut self, parameters: &[String]) -> Result<Self> {
        match &mut self.kind {
            Kind::Query(parsed) => {
                parsed.bind(parameters).map_err(|error| error.at(Some(self.start)))?;
            }
            Kind::Other(_) => self.parameters = parameters.to_vec(),
        }
        Ok(self)
    }

    /// The table or view that the statement asks about and that must be there: its database, where it is named, and its name.
    pub fn asked_about(&self) -> Option<(Option<&str>, &str)> {
        match &self.kind {
            Kind::Other(Other::Describe { name, .. } | Other::ShowColumns { table: name }) => {
                Some((name.database.as_deref(), &name.name))
            }
            _ => None,
        }
    }
}

fn action(statement: &Other) -> Action {
    match statement {
        Other::CreateDatabase(_) => Action::CreateDatabase,
        Other::DropDatabase { .. } => Action::DropDatabase,
        Other::AlterDatabase { .. } => Action::AlterDatabase,
        Other::CreateTable(_) => Action::CreateTable,
        Other::CreateTableAs(_) => Action::CreateTableAs,
        Other::DropTable { .. } => Action::DropTable,
        Other::InsertInto { .. } => Action::Insert,
        Other::Unload { .. } => Action::Unload,
        Other::CreateView(_) => Action::CreateView,
        Other::DropView { .. } => Action::DropView,
        Other::AlterTable { action, .. } => match action {
            AlterTable::AddPartitions { .. } => Action::AddPartitions,
            AlterTable::DropPartitions { .. } => Action::DropPartitions,
            AlterTable::RenamePartition { .. } => Action::RenamePartition,
            AlterTable::SetLocation { .. } => Action::SetLocation,
            AlterTable::SetProperties { .. } | AlterTable::UnsetProperties { .. } => {
                Action::SetTableProperties
            }
            AlterTable::AddColumns { .. } => Action::AddColumns,
            AlterTable::ReplaceColumns { .. } => Action::ReplaceColumns,
            AlterTable::ChangeColumn { .. } => Action::ChangeColumn,
            AlterTable::DropColumn { .. } => Action::DropColumn,
            AlterTable::RenameTable { .. } => Action::RenameTable,
        },
        Other::MsckRepair { .. } => Action::Repair,
        Other::ShowDatabases { .. } => Action::ShowDatabases,
        Other::ShowTables { .. } => Action::ShowTables,
        Other::ShowViews { .. } => Action::ShowViews,
        Other::ShowColumns { .. } => Action::ShowColumns,
        Other::ShowPartitions { .. } => Action::ShowPartitions,
        Other::ShowCreateTable { .. } => Action::ShowCreateTable,
        Other::ShowCreateView { .. } => Action::ShowCreateView,
        Other::ShowTableProperties { .. } => Action::ShowTableProperties,
        Other::ShowFunctions { .. } => Action::ShowFunctions,
        Other::Describe { .. } => Action::Describe,
        Other::DescribeInput { .. } => Action::DescribeInput,
        Other::DescribeOutput { .. } => Action::DescribeOutput,
        Other::Explain(_) => Action::Explain,
        Other::Prepare { .. } => Action::Prepare,
        Other::Execute { .. } | Other::ExecuteImmediate { .. } => Action::Execute,
        Other::Deallocate { .. } => Action::Deallocate,
        Other::NotSupported { .. } => Action::NotSupported,
    }
}

/// What kind of statement it is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A plain query.
    Query(Parsed),
    /// Any other.
    Other(ddl::statement::Statement),
}

/// Reads statements separated by `;`.
///
/// # Errors
///
/// `InvalidQuery` with the place of the first thing that is no SQL.
pub fn parse(sql: &str) -> Result<Vec<Statement>> {
    ddl::split(sql).into_iter().map(|range| parse_one(sql, range)).collect()
}

/// Reads a text that is one statement; a `;` may follow it.
///
/// # Errors
///
/// `InvalidQuery` with the place of the first thing that is no SQL, or of what follows the statement.
pub fn parse_alone(sql: &str) -> Result<Statement> {
    match ddl::split(sql).as_slice() {
        [range] => parse_one(sql, range.clone()),
        [] => Err(Error::invalid_query("there is no statement").code(MALFORMED_QUERY)),
        [first, second, ..] => {
            // What is wrong with the first is said first.
            parse_one(sql, first.clone())?;
            let message = "mismatched input ';'. Expecting: <EOF>";
            let end = sql[first.end..second.start].find(';').map_or(first.end, |at| first.end + at);
            let position = ddl::start(sql, end..sql.len());
            Err(Error::invalid_query(message).code(MALFORMED_QUERY).at(Some(position)))
        }
    }
}

/// Reads the statement that stands in a range of a text. Places in it are those of the whole text.
pub(crate) fn parse_one(sql: &str, range: Range<usize>) -> Result<Statement> {
    let source = Arc::from(sql);
    let start = ddl::start(sql, range.clone());
    if let Some(other) = ddl::parse(sql, range.clone())? {
        let parameters = Vec::new();
        return Ok(Statement { kind: Kind::Other(other), source, start, parameters });
    }
    let alone = alone(sql, range);
    let [parsed] = <[Parsed; 1]>::try_from(queries(&alone)?)
        .map_err(|_| Error::invalid_query("one query must stand here"))?;
    Ok(Statement { kind: Kind::Query(parsed), source, start, parameters: Vec::new() })
}

/// A part of a text with blanks in the place of everything else, so that places stay what they are.
fn alone(sql: &str, range: Range<usize>) -> String {
    let blank = |text: &str| -> String {
        text.chars().map(|character| if character == '\n' { '\n' } else { ' ' }).collect()
    };
    format!("{}{}", blank(&sql[..range.start]), &sql[range])
}

//! Athena's statements other than plain queries, as data.
//!
//! Names are in lower case, as the catalog keeps them. Inner queries are byte ranges of the whole text, so that the places in
//! their errors are those of the text that the user wrote.

use std::ops::Range;

use crate::catalog::{ColumnDefinition, TableDefinition};
use crate::error::Position;

/// One statement that is not a plain query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Statement {
    /// `CREATE DATABASE` or `CREATE SCHEMA`.
    CreateDatabase(CreateDatabase),
    /// `DROP DATABASE` or `DROP SCHEMA`.
    DropDatabase {
        /// The database.
        name: Name,
        /// Whether one that is not there is no error.
        if_exists: bool,
        /// Whether its tables go with it.
        cascade: bool,
    },
    /// `ALTER DATABASE … SET DBPROPERTIES (…)`.
    AlterDatabase {
        /// The database.
        name: Name,
        /// What is set.
        properties: Vec<(String, String)>,
    },
    /// `CREATE EXTERNAL TABLE`.
    CreateTable(Box<CreateTable>),
    /// `CREATE TABLE … AS`.
    CreateTableAs(Box<CreateTableAs>),
    /// `DROP TABLE`.
    DropTable {
        /// The table.
        name: Name,
        /// Whether one that is not there is no error.
        if_exists: bool,
    },
    /// `INSERT INTO`.
    InsertInto {
        /// The table.
        name: Name,
        /// The columns that the query fills, in its order; empty for all of the table.
        columns: Vec<String>,
        /// The query.
        query: Range<usize>,
    },
    /// `UNLOAD (query) TO 's3://…' WITH (…)`.
    Unload {
        /// The query, without its parentheses.
        query: Range<usize>,
        /// Where the files go.
        to: String,
        /// The properties of `WITH`.
        properties: Vec<Property>,
    },
    /// `CREATE VIEW`.
    CreateView(CreateView),
    /// `DROP VIEW`.
    DropView {
        /// The view.
        name: Name,
        /// Whether one that is not there is no error.
        if_exists: bool,
    },
    /// `ALTER TABLE`.
    AlterTable {
        /// The table.
        name: Name,
        /// What is done to it.
        action: AlterTable,
    },
    /// `MSCK REPAIR TABLE`.
    MsckRepair {
        /// The table.
        name: Name,
    },
    /// `SHOW DATABASES` or `SHOW SCHEMAS`.
    ShowDatabases {
        /// Which ones; None for all.
        like: Option<Like>,
    },
    /// `SHOW TABLES`.
    ShowTables {
        /// The database; None for the current one.
        database: Option<Name>,
        /// Which ones; None for all.
        like: Option<Like>,
    },
    /// `SHOW VIEWS`.
    ShowViews {
        /// The database; None for the current one.
        database: Option<Name>,
        /// Which ones; None for all.
        like: Option<Like>,
    },
    /// `SHOW COLUMNS`.
    ShowColumns {
        /// The table.
        table: Name,
    },
    /// `SHOW PARTITIONS`.
    ShowPartitions {
        /// The table.
        table: Name,
        /// Only the partitions of these values; empty for all.
        only: PartitionValues,
    },
    /// `SHOW CREATE TABLE`.
    ShowCreateTable {
        /// The table.
        table: Name,
    },
    /// `SHOW CREATE VIEW`.
    ShowCreateView {
        /// The view.
        view: Name,
    },
    /// `SHOW TBLPROPERTIES`.
    ShowTableProperties {
        /// The table.
        table: Name,
        /// The one property that is asked for; None for all.
        key: Option<String>,
    },
    /// `SHOW FUNCTIONS`.
    ShowFunctions {
        /// Which ones; None for all.
        like: Option<Like>,
    },
    /// `DESCRIBE` or `DESC` of a table or view.
    Describe {
        /// The table or view.
        name: Name,
        /// How much is told.
        detail: Detail,
        /// The one partition that is asked for.
        partition: Option<PartitionValues>,
        /// The one column that is asked for, with the fields below it.
        column: Option<Vec<String>>,
    },
    /// `DESCRIBE INPUT`: the parameters of a prepared statement.
    DescribeInput {
        /// The prepared statement.
        name: String,
        /// Where its name stands.
        position: Position,
    },
    /// `DESCRIBE OUTPUT`: the columns of a prepared statement.
    DescribeOutput {
        /// The prepared statement.
        name: String,
        /// Where its name stands.
        position: Position,
    },
    /// `EXPLAIN` and `EXPLAIN ANALYZE`.
    Explain(Explain),
    /// `PREPARE name FROM …`.
    Prepare {
        /// The prepared statement's name.
        name: String,
        /// The statement.
        query: Range<usize>,
    },
    /// `EXECUTE name USING …`.
    Execute {
        /// The prepared statement's name.
        name: String,
        /// Where its name stands.
        position: Position,
        /// The expressions for the question marks.
        parameters: Vec<Range<usize>>,
    },
    /// `EXECUTE IMMEDIATE '…' USING …`.
    ExecuteImmediate {
        /// The statement.
        text: String,
        /// Where its literal stands.
        position: Position,
        /// The expressions for the question marks.
        parameters: Vec<Range<usize>>,
    },
    /// `DEALLOCATE PREPARE name`.
    Deallocate {
        /// The prepared statement's name.
        name: String,
        /// Where its name stands.
        position: Position,
    },
    /// A statement that is not run: Athena refuses it, or Floodmark does not know it.
    NotSupported {
        /// What it is, such as `MERGE` or `CREATE FUNCTION`.
        what: &'static str,
        /// Whether Athena refuses it too.
        by_athena: bool,
        /// Where it begins.
        position: Position,
    },
}

/// The name of a table, view or database, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// The catalog, if it is named.
    pub(crate) catalog: Option<String>,
    /// The database of a table or view, if it is named. Always None for the name of a database.
    pub(crate) database: Option<String>,
    /// The last part.
    pub(crate) name: String,
    /// Where it begins.
    pub(crate) position: Position,
}

/// `CREATE DATABASE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateDatabase {
    /// The database.
    pub(crate) name: Name,
    /// Whether one that is already there is no error.
    pub(crate) if_not_exists: bool,
    /// What it is for.
    pub(crate) comment: Option<String>,
    /// Where its tables lie that name no location.
    pub(crate) location: Option<String>,
    /// `DBPROPERTIES`.
    pub(crate) properties: Vec<(String, String)>,
}

/// `CREATE EXTERNAL TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateTable {
    /// The name as it was written.
    pub(crate) name: Name,
    /// Whether a table that is already there is no error.
    pub(crate) if_not_exists: bool,
    /// The table. Its database is empty where the statement names none; its location never is.
    pub(crate) table: TableDefinition,
}

/// `CREATE TABLE … AS`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CreateTableAs {
    /// The table.
    pub(crate) name: Name,
    /// Whether a table that is already there is no error.
    pub(crate) if_not_exists: bool,
    /// The properties of `WITH`.
    pub(crate) properties: Vec<Property>,
    /// The query.
    pub(crate) query: Range<usize>,
    /// Whether its rows are written: not after `WITH NO DATA`.
    pub(crate) with_data: bool,
}

/// `CREATE VIEW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateView {
    /// The view.
    pub(crate) name: Name,
    /// Whether it takes the place of one that is already there.
    pub(crate) or_replace: bool,
    /// Whether one that is already there is no error.
    pub(crate) if_not_exists: bool,
    /// The names of its columns; empty for those of the query.
    pub(crate) columns: Vec<String>,
    /// What it is for.
    pub(crate) comment: Option<String>,
    /// The query.
    pub(crate) query: Range<usize>,
}

/// What `ALTER TABLE` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AlterTable {
    /// `ADD PARTITION`.
    AddPartitions {
        /// Whether a partition that is already there is no error.
        if_not_exists: bool,
        /// The partitions, with their locations; None for the folder `key=value` below the table.
        partitions: Vec<(PartitionValues, Option<String>)>,
    },
    /// `DROP PARTITION`.
    DropPartitions {
        /// Whether a partition that is not there is no error.
        if_exists: bool,
        /// The conditions; a partition goes that meets all of one list.
        partitions: Vec<Vec<PartitionCondition>>,
    },
    /// `PARTITION (…) RENAME TO PARTITION (…)`.
    RenamePartition {
        /// The partition.
        from: PartitionValues,
        /// Its new values.
        to: PartitionValues,
    },
    /// `SET LOCATION`.
    SetLocation {
        /// The partition that moves; None for the table.
        partition: Option<PartitionValues>,
        /// Where it lies from now on.
        location: String,
    },
    /// `SET TBLPROPERTIES`.
    SetProperties {
        /// What is set.
        properties: Vec<(String, String)>,
    },
    /// `UNSET TBLPROPERTIES`.
    UnsetProperties {
        /// Whether one that is not there is no error.
        if_exists: bool,
        /// What is taken away.
        keys: Vec<String>,
    },
    /// `ADD COLUMNS`.
    AddColumns {
        /// The partition alone that gets them.
        partition: Option<PartitionValues>,
        /// The columns, at the end.
        columns: Vec<ColumnDefinition>,
    },
    /// `REPLACE COLUMNS`.
    ReplaceColumns {
        /// The partition alone that gets them.
        partition: Option<PartitionValues>,
        /// All columns from now on.
        columns: Vec<ColumnDefinition>,
    },
    /// `CHANGE COLUMN`.
    ChangeColumn {
        /// The column.
        from: String,
        /// What it is from now on.
        to: ColumnDefinition,
        /// Where it goes; None where it stays.
        place: Option<ColumnPlace>,
    },
    /// `DROP COLUMN`. Athena does it to Iceberg tables alone, and says of others that the word `COLUMN` is a
    /// `mismatched input 'COLUMN' expecting 'PARTITION'`.
    DropColumn {
        /// The column.
        column: String,
        /// Where the word `COLUMN` stands.
        position: Position,
    },
    /// `RENAME TO`. Athena does it to Iceberg tables alone, and says of others `Query type not supported by DDL engine.`
    RenameTable {
        /// Its new name.
        to: Name,
    },
}

/// Where a changed column goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColumnPlace {
    /// `FIRST`.
    First,
    /// `AFTER column`.
    After(String),
}

/// The values of partition keys, as written: `None` where a key has no value, as in `PARTITION (year)`.
pub(crate) type PartitionValues = Vec<(String, Option<String>)>;

/// A condition on a partition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartitionCondition {
    /// The key.
    pub(crate) key: String,
    /// How its value is compared.
    pub(crate) operator: Comparison,
    /// With what.
    pub(crate) value: String,
}

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `=`
    Equal,
    /// `<>` or `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Which names are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Like {
    /// Hive's pattern, a regular expression in which `*` is any text and `|` a choice: `'vpc*|alb'`.
    Pattern(String),
    /// SQL's pattern, with `%` and `_`, and the character that takes their meaning away.
    Sql(String, Option<char>),
}

/// How much `DESCRIBE` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The columns.
    Columns,
    /// `EXTENDED`: everything, in a line.
    Extended,
    /// `FORMATTED`: everything, in lines.
    Formatted,
}

/// `EXPLAIN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explain {
    /// Whether the statement is run.
    pub(crate) analyze: bool,
    /// Whether more is told.
    pub(crate) verbose: bool,
    /// `FORMAT`: `TEXT`, `JSON` or `GRAPHVIZ`, in upper case.
    pub(crate) format: Option<String>,
    /// `TYPE`: `LOGICAL`, `DISTRIBUTED`, `VALIDATE` or `IO`, in upper case.
    pub(crate) kind: Option<String>,
    /// The statement.
    pub(crate) inner: Range<usize>,
}

/// One property of `WITH (name = value)`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Property {
    /// Its name, in lower case.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: Value,
    /// Where it begins.
    pub(crate) position: Position,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A text.
    Text(String),
    /// A number, as written.
    Number(String),
    /// `true` or `false`.
    Boolean(bool),
    /// `ARRAY[…]`.
    Array(Vec<Value>),
}

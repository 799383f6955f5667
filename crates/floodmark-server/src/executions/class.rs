//! How Athena calls statements, and what their results look like.

use floodmark_engine::dialect::Action;

use crate::results::Form;
use crate::results::lines::Lines;

/// What Athena says of a kind of statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    /// `StatementType`.
    pub(crate) statement_type: &'static str,
    /// `SubstatementType`; None where Athena has no word.
    pub(crate) substatement: Option<&'static str>,
    /// How the result is written.
    pub(crate) form: Form,
    /// Whether the rows that were written are counted and listed.
    pub(crate) writes: bool,
    /// `UpdateCount` of what writes nothing; None if it is not told.
    pub(crate) update_count: Option<u64>,
}

const ROWS: Form = Form::Csv;
const LINES: Form = Form::Lines(Lines::Plain);

/// What Athena says of a statement. `DESCRIBE` is that of a table; see [`OF_VIEW`].
pub(crate) fn of(action: Action) -> Class {
    let (statement_type, substatement) = names(action);
    let form = match action {
        Action::Select | Action::Insert | Action::Unload | Action::CreateTableAs => ROWS,
        Action::ShowFunctions | Action::DescribeInput | Action::DescribeOutput => ROWS,
        Action::Explain => Form::Lines(Lines::Plan),
        Action::ShowColumns => Form::Lines(Lines::Columns),
        Action::Describe => Form::Lines(Lines::Described),
        _ => LINES,
    };
    let writes = matches!(action, Action::Insert | Action::Unload | Action::CreateTableAs);
    let is_silent = statement_type == "DDL"
        || matches!(action, Action::Explain | Action::Describe | Action::ShowCreateTable);
    let update_count = if is_silent { None } else { Some(0) };
    Class { statement_type, substatement, form, writes, update_count }
}

/// `DESCRIBE` of a view.
pub(crate) const OF_VIEW: Class = Class {
    statement_type: "UTILITY",
    substatement: Some("DESC_VIEW"),
    form: LINES,
    writes: false,
    update_count: None,
};

fn names(action: Action) -> (&'static str, Option<&'static str>) {
    match action {
        Action::Select => ("DML", Some("SELECT")),
        Action::Explain => ("DML", Some("EXPLAIN")),
        Action::Insert => ("DML", Some("INSERT")),
        Action::Unload => ("DML", Some("UNLOAD")),
        Action::Execute => ("DML", None),
        Action::CreateTableAs => ("DDL", Some("CREATE_TABLE_AS_SELECT")),
        Action::CreateTable => ("DDL", Some("CREATE_TABLE")),
        Action::CreateView => ("DDL", Some("CREATE_VIEW")),
        Action::CreateDatabase => ("DDL", Some("CREATE_DATABASE")),
        Action::DropTable => ("DDL", Some("DROP_TABLE")),
        Action::DropView => ("DDL", Some("DROP_VIEW")),
        Action::DropDatabase => ("DDL", Some("DROP_DATABASE")),
        Action::AlterDatabase => ("DDL", Some("ALTER_DATABASE_PROPERTIES")),
        Action::AddColumns => ("DDL", Some("ALTER_TABLE_ADD_COLUMN")),
        Action::ReplaceColumns => ("DDL", Some("ALTER_TABLE_REPLACE_COLUMN")),
        Action::DropColumn => ("DDL", Some("ALTER_TABLE_DROP_COLUMN")),
        Action::ChangeColumn => ("DDL", Some("ALTER_TABLE_CHANGE_COLUMN")),
        Action::SetTableProperties => ("DDL", Some("ALTER_TABLE_PROPERTIES")),
        Action::SetLocation => ("DDL", Some("ALTER_TABLE_SET_LOCATION")),
        Action::AddPartitions => ("DDL", Some("ALTER_TABLE_ADD_PARTITION")),
        Action::DropPartitions => ("DDL", Some("ALTER_TABLE_DROP_PARTITION")),
        Action::RenamePartition | Action::RenameTable => ("DDL", Some("ALTER_TABLE_RENAME")),
        Action::Repair => ("DDL", Some("MSCK_REPAIR")),
        Action::ShowDatabases => ("UTILITY", Some("SHOW_DATABASES")),
        Action::ShowTables => ("UTILITY", Some("SHOW_TABLES")),
        Action::ShowViews => ("UTILITY", Some("SHOW_VIEWS")),
        Action::ShowColumns => ("UTILITY", Some("SHOW_COLUMNS")),
        Action::ShowPartitions => ("UTILITY", Some("SHOW_PARTITIONS")),
        Action::ShowCreateTable => ("UTILITY", Some("SHOW_CREATE_TABLE")),
        Action::ShowCreateView => ("UTILITY", Some("SHOW_CREATE_VIEW")),
        Action::ShowTableProperties => ("UTILITY", Some("SHOW_TABLE_PROPERTIES")),
        Action::ShowFunctions => ("UTILITY", Some("SHOW_FUNCTIONS")),
        Action::Describe => ("UTILITY", Some("DESCRIBE_TABLE")),
        Action::DescribeInput => ("UTILITY", Some("DESCRIBE_INPUT")),
        Action::DescribeOutput => ("UTILITY", Some("DESCRIBE_OUTPUT")),
        Action::Prepare => ("DDL", Some("PREPARE")),
        Action::Deallocate => ("DDL", Some("DEALLOCATE")),
        Action::NotSupported => ("DDL", None),
    }
}

impl Class {
    /// The name of a result in S3: `<id>.csv`, below `tables/` for what becomes a table, without an ending where it is none.
    pub(crate) fn result_key(&self, id: &str) -> String {
        match self.substatement {
            Some("CREATE_TABLE_AS_SELECT") => format!("tables/{id}"),
            Some("INSERT" | "UNLOAD") => id.to_owned(),
            _ if self.form == Form::Csv => format!("{id}.csv"),
            _ => format!("{id}.txt"),
        }
    }

    /// Whether awswrangler reads the answer from its file, also where results are managed. Any other has no file then, because
    /// pyarrow would look for it elsewhere.
    pub(crate) fn is_told_in_a_file(&self) -> bool {
        matches!(self.substatement, Some("DESCRIBE_TABLE" | "DESC_VIEW" | "SHOW_CREATE_TABLE"))
    }

    /// What the file `.metadata` calls a statement that writes.
    pub(crate) fn update_type(&self) -> Option<&'static str> {
        match self.substatement {
            Some("CREATE_TABLE_AS_SELECT") => Some("CREATE TABLE"),
            Some("INSERT") => Some("INSERT"),
            _ => None,
        }
    }
}

//! What the doctor finds, declared once: the manual's list is this one.

use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know; nothing is wrong.
    Note,
    /// Rows or values are probably missing or wrong.
    Warning,
    /// The table cannot be read, or its rows are wrong.
    Error,
}

/// A kind of finding.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which does not change.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

/// Something that was found out about a table.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind it is.
    pub rule: &'static Rule,
    /// What was found, with names and values. It may hold text of logs as it stands there.
    pub text: String,
    /// What puts it right: a statement of SQL where there is one.
    pub correction: Option<String>,
}

impl Finding {
    pub(crate) fn new(rule: &'static Rule, text: impl Into<String>) -> Self {
        Self { rule, text: text.into(), correction: None }
    }

    /// The same finding with what puts it right.
    pub(crate) fn correct(mut self, correction: impl Into<String>) -> Self {
        self.correction = Some(correction.into());
        self
    }

    /// Whether it says that something is wrong.
    pub fn is_wrong(&self) -> bool {
        self.rule.severity > Severity::Note
    }

    /// The finding in a line.
    pub(crate) fn line(&self) -> String {
        match &self.correction {
            None => format!("{}: {}", self.rule.code, self.text),
            Some(short) if !short.contains('\n') && short.len() <= 160 => {
                format!("{}: {}: {short}", self.rule.code, self.text)
            }
            Some(_) => {
                format!("{}: {}; `floodmark check` shows the correction", self.rule.code, self.text)
            }
        }
    }
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! rules {
    ($($name:ident $severity:ident $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub(crate) static $name: Rule =
                Rule { code: stringify!($name), severity: Severity::$severity, meaning: $meaning };
        )*
        /// All kinds of findings, in the order in which they are looked for.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    PLACEHOLDER Error "A word of an example stands where a name of one's own belongs.";
    INVALID_DEFINITION Error "No query can read the table: a type, the SerDe or the projection is wrong.";
    INVALID_LOCATION Error "The location is no folder in S3 or on this machine.";
    LOCATION_MISSING Error "There is no such bucket or folder.";
    LOCATION_DENIED Error "The location may not be listed or read.";
    LOCATION_UNREADABLE Warning "The location could not be looked into.";
    LOCATION_EMPTY Warning "No object lies there, so every query gives no rows.";
    LOCATION_IS_OBJECT Error "The location is an object, and Athena reads folders.";
    INVALID_PARTITION_LOCATION Error "A partition lies outside of the bucket of its table.";
    PARTITION_EMPTY Warning "No object lies in a partition.";
    NO_PARTITIONS Warning "The table has partition columns and no partitions, so every query gives no rows.";
    PROJECTION_DISABLED Warning "There are properties of a projection, and it is not enabled.";
    PROJECTION_INJECTED Note "Each query has to compare an injected column.";
    PROJECTION_MISSES Warning "Objects lie outside of the projected partitions, and their rows are missing.";
    PROJECTION_TEMPLATE Error "No object lies in a folder that the projection makes.";
    PROJECTION_ENDS Warning "The range of the projection ends in the past.";
    FOREIGN_OBJECTS Warning "Objects of other logs lie in the folder, and their lines are rows of NULLs or of wrong values.";
    OTHER_LOG Error "The objects hold another log than the table is for.";
    UNKNOWN_OBJECTS Note "Objects lie in the folder that hold no log that is known.";
    TEST_FILE Note "A test file of AWS lies in the folder: Athena makes a row of it, Floodmark passes over it.";
    COMPRESSION_NAME Warning "Athena tells compression by the end of a name, and this one says something else than the content.";
    FORMAT_MISMATCH Error "The files are of another format than the table says.";
    HEADER_EATS_ROWS Error "More lines are skipped at the beginning of each file than are a header: rows are missing.";
    HEADER_IS_ROW Warning "A header line is read as a row.";
    FIELD_ORDER Error "The columns stand in another order than the fields, so that they show each other's values.";
    WRONG_DELIMITER Error "The lines do not hold the delimiter of the table.";
    FIELDS_FEWER Note "The lines have fewer fields than the table has columns: the last columns are NULL.";
    FIELDS_MORE Note "The lines have more fields than the table has columns: the last fields are not read.";
    REGEX_FEWER_GROUPS Error "The regular expression has fewer groups than the table has columns: the last columns are NULL.";
    REGEX_MORE_GROUPS Note "The regular expression has more groups than the table has columns: the last groups are not read.";
    REGEX_UNMATCHED Error "Lines do not match the regular expression, and are rows of NULLs.";
    REGEX_TOO_COSTLY Error "There are too many ways to match a line with the regular expression.";
    BAD_LINES Error "Lines cannot be read: Athena fails the query, or leaves them out.";
    TYPE_TOO_NARROW Warning "Numbers do not fit into the type of their column, and are NULL.";
    TYPE_UNFIT Warning "Values are not of the type of their column, and are NULL.";
    COLUMN_NULL Note "A column is NULL in each row that was looked at.";
}

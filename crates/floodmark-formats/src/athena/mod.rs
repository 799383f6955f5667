//! The Athena tables that AWS documents for its logs, and which log a user's own table is of.
//!
//! A table is declared by its differences from the log type's columns, in the log type's file.

mod recognise;

pub use recognise::{Fit, Mapped, Recognised, Serde, recognise};

use crate::log_type::LogType;

/// A table that AWS documents for a log type, in one of its eras.
#[derive(Debug)]
pub struct AthenaTable {
    /// The name in the documentation.
    pub name: &'static str,
    page: &'static str,
    /// How the rows are written.
    pub row_format: RowFormat,
    /// How many lines at the beginning of a file are no rows.
    pub header_lines: u8,
    /// How many of the log type's columns it has, from the first.
    first: usize,
    without: &'static [&'static str],
    renamed: &'static [(&'static str, &'static str)],
    retyped: &'static [(&'static str, &'static str)],
    names: Names,
    strings: bool,
}

/// How a table's rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// By the pattern of the RegexSerDe, as it is once Hive has read its literal.
    Regex(&'static str),
    /// With this character between the values.
    Delimited(char),
    /// As JSON, one object a line.
    Json,
    /// As Parquet.
    Parquet,
}

/// Which names a table's columns have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// Those of the log type's columns.
    Columns,
    /// Those that are written in the log.
    Written,
}

/// A column of a documented table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AthenaColumn {
    /// Its name, in lower case.
    pub name: String,
    /// Its type in Hive's words, in lower case without blanks.
    pub hive_type: String,
    /// The log type's column that it is.
    pub ours: &'static str,
}

/// A table with the log type's first `first` columns.
///
/// `page` is the page's name in Athena's user guide, or a whole URL elsewhere. It is empty where AWS documents no table, and
/// this one is made after the documented ones.
pub const fn table(
    name: &'static str,
    page: &'static str,
    row_format: RowFormat,
    first: usize,
) -> AthenaTable {
    AthenaTable {
        name,
        page,
        row_format,
        header_lines: 0,
        first,
        without: &[],
        renamed: &[],
        retyped: &[],
        names: Names::Columns,
        strings: false,
    }
}

impl AthenaTable {
    /// The page of AWS's documentation that has it; None for a table that AWS does not document.
    pub fn page(&self) -> Option<String> {
        match self.page {
            "" => None,
            page if page.starts_with("https://") => Some(page.to_owned()),
            page => Some(format!("https://docs.aws.amazon.com/athena/latest/ug/{page}.html")),
        }
    }

    /// The same table whose files begin with lines that are no rows.
    pub const fn skipping(mut self, header_lines: u8) -> Self {
        self.header_lines = header_lines;
        self
    }

    /// The same table without some of the log type's columns.
    pub const fn without(mut self, columns: &'static [&'static str]) -> Self {
        self.without = columns;
        self
    }

    /// The same table with other names for some of the log type's columns.
    pub const fn renamed(mut self, columns: &'static [(&'static str, &'static str)]) -> Self {
        self.renamed = columns;
        self
    }

    /// The same table with other types for some of the log type's columns.
    pub const fn retyped(mut self, columns: &'static [(&'static str, &'static str)]) -> Self {
        self.retyped = columns;
        self
    }

    /// The same table with the names that are written in the log.
    pub const fn with_written_names(mut self) -> Self {
        self.names = Names::Written;
        self
    }

    /// The same table, all of whose columns are `string`.
    pub const fn of_strings(mut self) -> Self {
        self.strings = true;
        self
    }

    /// Its columns, in order.
    pub fn columns(&self, log_type: &'static LogType) -> Vec<AthenaColumn> {
        let columns = log_type
            .fields
            .iter()
            .flat_map(|field| field.columns().map(move |column| (field.name, column)));
        let columns = columns.take(self.first);
        let columns = columns.filter(|(_, column)| !self.without.contains(&column.name));
        columns
            .map(|(written, column)| {
                let other = |list: &[(&str, &'static str)]| {
                    list.iter().find(|(ours, _)| *ours == column.name).map(|(_, other)| *other)
                };
                let name = match self.names {
                    Names::Columns => column.name,
                    Names::Written => written,
                };
                let hive_type = match self.strings {
                    true => "string",
                    false => column.column_type.athena(),
                };
                AthenaColumn {
                    name: other(self.renamed).unwrap_or(name).to_ascii_lowercase(),
                    hive_type: bare(other(self.retyped).unwrap_or(hive_type)),
                    ours: column.name,
                }
            })
            .collect()
    }
}

/// A type in lower case without blanks and backticks.
fn bare(hive_type: &str) -> String {
    hive_type
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '`')
        .collect::<String>()
        .to_ascii_lowercase()
}

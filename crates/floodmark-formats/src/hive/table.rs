//! A user's table: its columns, how its lines are written, and the hidden columns that every table has.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::hive::hive_type::HiveType;
use crate::hive::serde::Serde;

/// A column of a user's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiveColumn {
    /// Its name, in lower case.
    pub name: String,
    /// Its type.
    pub hive_type: HiveType,
}

/// A user's table without its partitions.
#[derive(Debug)]
pub struct HiveTable {
    /// The columns that stand in the files.
    pub columns: Vec<HiveColumn>,
    /// How the lines are written.
    pub serde: Serde,
    /// How many lines at the beginning of each file are no rows (`skip.header.line.count`).
    pub header_lines: u64,
    /// How many lines at the end of each file are no rows (`skip.footer.line.count`).
    pub footer_lines: u64,
    schema: SchemaRef,
}

/// A column that every table has and `SELECT *` leaves out. Its position is that of the columns, plus its place in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// `$path`: where the object lies.
    Path,
    /// `$line`: the line's number in the inflated object, from 1.
    Line,
    /// `$raw`: the line as it stands.
    Raw,
    /// `$file_size`: the object's size as stored, in bytes.
    FileSize,
    /// `$file_modified_time`: when the object was last written, in UTC.
    FileModified,
}

impl Hidden {
    /// The hidden columns, in the order of their positions.
    pub const ALL: [Self; 5] =
        [Self::Path, Self::Line, Self::Raw, Self::FileSize, Self::FileModified];

    /// The column's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "$path",
            Self::Line => "$line",
            Self::Raw => "$raw",
            Self::FileSize => "$file_size",
            Self::FileModified => "$file_modified_time",
        }
    }

    /// The type that Arrow arrays of this column have.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Path | Self::Raw => DataType::Utf8View,
            Self::Line | Self::FileSize => DataType::Int64,
            Self::FileModified => DataType::Timestamp(TimeUnit::Microsecond, None),
        }
    }
}

impl HiveTable {
    /// A table whose files have neither header nor footer.
    pub fn new(columns: Vec<HiveColumn>, serde: Serde) -> Self {
        let fields = columns
            .iter()
            .map(|column| Field::new(&column.name, column.hive_type.arrow(), true))
            .chain(Hidden::ALL.map(|hidden| Field::new(hidden.name(), hidden.arrow(), true)));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Self { columns, serde, header_lines: 0, footer_lines: 0, schema }
    }

    /// The same table with the lines left out that its properties name: `skip.header.line.count` and `skip.footer.line.count`.
    ///
    /// What is no number there counts as none. Parquet has no lines, and none are left out.
    pub fn with_properties(mut self, table_properties: &BTreeMap<String, String>) -> Self {
        let count = |name: &str| {
            table_properties.get(name).and_then(|count| count.trim().parse().ok()).unwrap_or(0)
        };
        if !matches!(self.serde, Serde::Parquet) {
            self.header_lines = count("skip.header.line.count");
            self.footer_lines = count("skip.footer.line.count");
        }
        self
    }

    /// The Arrow schema of all columns, the hidden ones last.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The position of a column, hidden or not; its case does not count.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.schema.fields().iter().position(|field| field.name().eq_ignore_ascii_case(name))
    }

    /// The hidden column at a position.
    pub fn hidden(&self, position: usize) -> Option<Hidden> {
        Hidden::ALL.get(position.checked_sub(self.columns.len())?).copied()
    }

    /// Whether Athena fails the query at a line that this SerDe cannot read, where we reject the line and go on.
    pub fn malformed_fails(&self) -> bool {
        self.serde.malformed_fails()
    }

    /// For each column of the table the one of a file with columns of their own, such as Parquet, by name whatever its case.
    pub fn file_columns<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Vec<Option<usize>> {
        let mut found = vec![None; self.columns.len()];
        for (at, name) in names.into_iter().enumerate() {
            let name = name.to_lowercase();
            for (column, found) in self.columns.iter().zip(&mut found) {
                if found.is_none() && column.name.to_lowercase() == name {
                    *found = Some(at);
                }
            }
        }
        found
    }
}

//! The table that a log type becomes: its columns in order, with what each is filled from.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow_schema::{Field as ArrowField, Schema, SchemaRef};

use crate::column_type::ColumnType;
use crate::kind::Kind;
use crate::log_type::{Clock, Column, Field, LogType};
use crate::log_types;

/// What a column of a table is filled from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A part of a written value: the field's position in the declaration, and the part's in the field.
    Field(usize, usize),
    /// When the event began.
    EventTime,
    /// When it ended.
    EventEnd,
    /// The fields of the line that the declaration does not know.
    Trailing,
    /// The account in the object's key.
    Account,
    /// The region in the object's key.
    Region,
    /// The resource in the object's key.
    Resource,
    /// The day in the object's key.
    Day,
    /// Where the object lies.
    Path,
    /// The line's number in the inflated object, from 1.
    Line,
    /// The line as it stands.
    Raw,
    /// The object's size as stored.
    FileSize,
    /// When the object was last written.
    FileModified,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableColumn {
    /// Name, type, unit and meaning.
    pub column: Column,
    /// What it is filled from.
    pub source: Source,
    /// Whether `SELECT *` leaves it out.
    pub hidden: bool,
}

/// A log type as a table: all columns, the hidden ones last.
#[derive(Debug)]
pub struct Table {
    /// The log type.
    pub log_type: &'static LogType,
    /// The columns, in order.
    pub columns: Vec<TableColumn>,
    /// The Arrow schema of all columns.
    pub schema: SchemaRef,
    /// How many columns `SELECT *` shows.
    pub visible: usize,
    names: Names,
}

/// The names by which a field is known, in lower case.
#[derive(Debug)]
struct Names {
    /// As written in the log, and as its first column.
    exact: HashMap<String, usize>,
    /// Names with signs, with `_` for them.
    in_words: HashMap<String, usize>,
}

static TABLES: LazyLock<Vec<Arc<Table>>> = LazyLock::new(|| {
    log_types::ALL.iter().map(|log_type| Arc::new(Table::new(log_type))).collect()
});

/// All tables, in the order of the list of log types.
pub fn all() -> &'static [Arc<Table>] {
    &TABLES
}

/// The table of a name: the log type's own or one of its names in AWS's documentation.
pub fn find(name: &str) -> Option<&'static Arc<Table>> {
    all().iter().find(|table| table.log_type.name == name || table.log_type.aliases.contains(&name))
}

/// The table of a log type.
pub fn of(log_type: &'static LogType) -> &'static Arc<Table> {
    find(log_type.name).expect("every log type stands in the list that the tables are made of")
}

impl Table {
    fn new(log_type: &'static LogType) -> Self {
        let mut columns = Vec::new();
        for (index, field) in log_type.fields.iter().enumerate() {
            for (part, column) in field.columns().enumerate() {
                let source = Source::Field(index, part);
                columns.push(TableColumn { column: *column, source, hidden: false });
            }
        }
        let mut add = |name, column_type, unit, meaning, source, hidden| {
            let kind = match source {
                Source::Path => Kind::Path,
                Source::Line | Source::Raw => Kind::Identifier,
                _ => Kind::usual(column_type, unit),
            };
            let column = Column { name, column_type, unit, meaning, kind };
            columns.push(TableColumn { column, source, hidden });
        };
        let (text, time) = (ColumnType::String, ColumnType::Timestamp);
        add("event_time", time, "", "When it happened or began, in UTC.", Source::EventTime, false);
        if !log_type.event_end.is_empty() {
            add("event_end", time, "", "When it ended, in UTC.", Source::EventEnd, false);
        }
        add(
            "trailing",
            text,
            "",
            "Further fields of the line, as written.",
            Source::Trailing,
            false,
        );
        add("log_account", text, "", "The account in the object's key.", Source::Account, false);
        add("log_region", text, "", "The region in the object's key.", Source::Region, false);
        add("log_resource", text, "", "The resource in the object's key.", Source::Resource, false);
        add("log_day", text, "", "The day in the object's key, `yyyy/MM/dd`.", Source::Day, false);
        let visible = log_type.fields.iter().map(|field| field.columns().count()).sum::<usize>()
            + 6
            + usize::from(!log_type.event_end.is_empty());
        add("$path", text, "", "Where the object lies.", Source::Path, true);
        add("$line", ColumnType::BigInt, "", "The line's number, from 1.", Source::Line, true);
        add("$raw", text, "", "The line as it stands.", Source::Raw, true);
        let size = "The object's size as stored.";
        add("$file_size", ColumnType::BigInt, "bytes", size, Source::FileSize, true);
        let modified = "When the object was last written, in UTC.";
        add("$file_modified_time", time, "", modified, Source::FileModified, true);
        let schema = Arc::new(Schema::new(
            columns
                .iter()
                .map(|column| {
                    ArrowField::new(column.column.name, column.column.column_type.arrow(), true)
                })
                .collect::<Vec<_>>(),
        ));
        Self { log_type, columns, schema, visible, names: Names::of(log_type) }
    }

    /// The position of a column.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.column.name == name)
    }

    /// The field that a column of the declaration is part of.
    pub(crate) fn field_of(&self, column: &str) -> usize {
        match self.position(column).map(|position| self.columns[position].source) {
            Some(Source::Field(field, _)) => field,
            _ => unreachable!("clocks, marks and holes are tested to name declared columns"),
        }
    }

    /// The declared field at a position.
    pub(crate) fn field(&self, index: usize) -> &'static Field {
        &self.log_type.fields[index]
    }

    /// The field whose written name or first column is this one, whatever its case, and with `_` for signs:
    /// `cs(Referer)` is `cs_referer` in Parquet.
    pub fn field_named(&self, name: &str) -> Option<usize> {
        let Names { exact, in_words: words } = &self.names;
        let field = exact
            .get(name)
            .or_else(|| exact.get(&name.to_ascii_lowercase()))
            .or_else(|| if words.is_empty() { None } else { words.get(&in_words(name)) });
        field.copied()
    }
}

impl Names {
    fn of(log_type: &LogType) -> Self {
        let mut names = Self { exact: HashMap::new(), in_words: HashMap::new() };
        let has_signs = |name: &str| !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        for (index, field) in log_type.fields.iter().enumerate() {
            names.exact.entry(field.name.to_ascii_lowercase()).or_insert(index);
            // As AWS spells it: most keys are found without a copy in lower case.
            names.exact.entry(field.name.to_owned()).or_insert(index);
            if has_signs(field.name) {
                names.in_words.entry(in_words(field.name)).or_insert(index);
            }
        }
        for (index, field) in log_type.fields.iter().enumerate() {
            if let Some(column) = field.columns().next() {
                names.exact.entry(column.name.to_ascii_lowercase()).or_insert(index);
            }
        }
        names
    }
}

/// A name in lower case with `_` for every run of other signs.
fn in_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            words.push(character.to_ascii_lowercase());
        } else if !words.ends_with('_') {
            words.push('_');
        }
    }
    words.trim_end_matches('_').to_owned()
}

impl Clock {
    /// The columns it reads.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let (first, second) = match *self {
            Self::Iso(column)
            | Self::EpochSeconds(column)
            | Self::EpochMillis(column)
            | Self::CommonLog(column) => (column, None),
            Self::IsoLess(first, second) | Self::DateAndTime(first, second) => {
                (first, Some(second))
            }
        };
        std::iter::once(first).chain(second)
    }
}

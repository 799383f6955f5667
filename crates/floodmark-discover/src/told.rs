//! What is answered, message by message: the names are those of `web/src/api.ts`.

use floodmark_engine::Report;
use serde::Serialize;

use crate::limits::REJECTIONS_TOLD_MAX;
use crate::view::{Ms, Span, Value};

/// A message of an answer. A panel that comes again replaces the earlier one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// How far the reading is.
    Progress(Progress),
    /// Amounts over time.
    Timeline(Timeline),
    /// What fields hold.
    Fields(Fields),
    /// Rows in an order.
    Rows(Rows),
    /// One row.
    Row(Row),
    /// Two spans of time against each other.
    Compare(Compare),
    /// The largest groups.
    Groups(Groups),
    /// Amounts of each quarter of an hour.
    Hours(Hours),
    /// The last message.
    End(End),
}

/// How good a figure is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It still grows.
    Partial,
    /// It was counted over all rows.
    #[default]
    Exact,
    /// It was scaled up from a sample of rows.
    Sampled,
}

/// How far the reading of logs is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Progress {
    /// Objects read.
    pub objects: u64,
    /// Objects to be read, as far as the listing has come.
    pub objects_wanted: u64,
    /// Bytes fetched, as stored.
    pub bytes: u64,
    /// Bytes to be fetched.
    pub bytes_wanted: u64,
    /// Rows read.
    pub rows: u64,
    /// For how long.
    pub seconds: f64,
}

/// What every panel says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Panel {
    /// How good its figures are.
    pub state: State,
    /// Which share of rows was looked at, if that is a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_share: Option<f64>,
    /// The statement of Athena's SQL that answers it.
    pub sql: String,
}

/// Amounts over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Timeline {
    /// State and statement.
    #[serde(flatten)]
    pub panel: Panel,
    /// The start of the first bin.
    pub start: Ms,
    /// The length of a bin.
    pub width: Ms,
    /// What the series are told apart by.
    pub by: Option<String>,
    /// The largest series first, all others together last.
    pub series: Vec<Series>,
    /// All amounts together.
    pub total: f64,
}

/// The amounts of one value over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// The value; None is NULL, or that it stands for all.
    pub value: Value,
    /// Whether it is all values that have no series.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_others: bool,
    /// One a bin.
    pub amounts: Vec<f64>,
}

/// What fields hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Fields {
    /// State and statement.
    #[serde(flatten)]
    pub panel: Panel,
    /// How many rows they are of.
    pub rows: u64,
    /// The fields, in the order of the log.
    pub fields: Vec<FieldSummary>,
}

/// What a field holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FieldSummary {
    /// Its name.
    pub name: String,
    /// How many rows have none.
    pub nulls: u64,
    /// How many different values there are; None if that was not counted.
    pub distinct: Option<u64>,
    /// Whether `distinct` is only the least that there are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_at_least: bool,
    /// The values with the largest amounts; NULL is not among them.
    pub top: Vec<TopValue>,
    /// The least number, of quantities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<f64>,
    /// The largest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<f64>,
    /// The mean of the numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The statement that answers it.
    pub sql: String,
}

/// A value with its amount.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TopValue {
    /// The value.
    pub value: Value,
    /// What is added up of its rows.
    pub amount: f64,
    /// How many rows have it.
    pub rows: u64,
}

/// Rows in an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rows {
    /// State and statement.
    #[serde(flatten)]
    pub panel: Panel,
    /// The names of the cells' fields.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<RowCells>,
    /// Where the next rows begin; None behind the last.
    pub next: Option<String>,
    /// How many rows there are.
    pub total: u64,
}

/// A row among others.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RowCells {
    /// Its id: it stays the same when the logs are read again.
    pub row: String,
    /// When it was.
    pub time: Option<Ms>,
    /// Its values.
    pub cells: Vec<Value>,
}

/// One row with all its values.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// State and statement.
    #[serde(flatten)]
    pub panel: Panel,
    /// Its id.
    pub row: String,
    /// When it was.
    pub time: Option<Ms>,
    /// All fields; none if there is no such row.
    pub cells: Vec<Cell>,
}

/// A value of a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    /// The field.
    pub field: String,
    /// Its value; nested values as JSON.
    pub value: Value,
}

/// Two spans of time against each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Compare {
    /// State and statement.
    #[serde(flatten)]
    pub panel: Panel,
    /// What was brushed.
    pub during: Span,
    /// What it is compared with.
    pub before: Span,
    /// How many rows lie in either.
    pub during_rows: u64,
    /// How many rows lie in the other.
    pub before_rows: u64,
    /// Those first that differ most.
    pub dimensions: Vec<Compared>,
}

/// A field in two spans of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// The Jensen-Shannon divergence of the shares: from 0, the same, to 1, nothing in common.
    pub difference: f64,
    /// How many different values there are on one side.
    pub during_distinct: u64,
    /// And on the other.
    pub before_distinct: u64,
    /// How many values are only in what was brushed.
    pub new_values: u64,
    /// How many are only in the other.
    pub vanished_values: u64,
    /// Those first that differ most.
    pub values: Vec<ComparedValue>,
    /// The statement that answers it.
    pub sql: String,
}

/// A value in two spans of time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ComparedValue {
    /// The value; NULL is one as well.
    pub value: Value,
    /// Its amount on one side.
    pub during: f64,
    /// And on the other.
    pub before: f64,
    /// Its share of that side.
    pub during_share: f64,
    /// And of the other.
    pub before_share: f64,
}

/// The largest groups, one list for each that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Groups {
    /// State and statement.
    #[serde(flatten)]
    pub panel: Panel,
    /// The lists.
    pub groups: Vec<Grouped>,
}

/// The largest groups by some fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Grouped {
    /// The fields.
    pub fields: Vec<String>,
    /// The largest first.
    pub rows: Vec<Group>,
    /// The amount of all other groups together.
    pub others: f64,
    /// How many groups there are.
    pub distinct: u64,
    /// The statement that answers it.
    pub sql: String,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Group {
    /// A value of each field.
    pub values: Vec<Value>,
    /// Its amount.
    pub amount: f64,
}

/// Amounts of each quarter of an hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Hours {
    /// State and statement.
    #[serde(flatten)]
    pub panel: Panel,
    /// The start of the first.
    pub start: Ms,
    /// A quarter of an hour.
    pub width: Ms,
    /// One each.
    pub amounts: Vec<f64>,
}

/// The last message.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct End {
    /// How good the figures are.
    pub state: State,
    /// Where the rows came from.
    pub source: Source,
    /// Rows that meet all conditions in what was brushed.
    pub rows: u64,
    /// And in the whole timeline.
    pub span_rows: u64,
    /// What the timeline spans in fact.
    pub span: Option<Span>,
    /// The condition of all rows, as SQL; empty if there is none.
    pub condition: String,
    /// How long it took.
    pub seconds: f64,
    /// What became of what was read.
    pub account: Account,
    /// What is to be said about it.
    pub notes: Vec<String>,
}

/// Where rows come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// They were read out of the logs.
    #[default]
    Logs,
    /// They were kept.
    Kept,
}

/// What became of what was read: lines = rows + headers + rejected.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Account {
    /// Objects read.
    pub objects: u64,
    /// Objects that could hold no wanted row, by their names.
    pub objects_pruned: u64,
    /// Bytes fetched, as stored.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// Lines that are rows.
    pub rows: u64,
    /// Header lines.
    pub headers: u64,
    /// Lines that are no rows.
    pub rejected: u64,
    /// The first of those.
    pub rejections: Vec<Rejection>,
    /// Objects that could not be read, and why.
    pub troubles: Vec<String>,
    /// What Athena would have asked for the same, in US dollars.
    pub athena_dollars: f64,
}

/// A line that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rejection {
    /// Where the object lies.
    pub object: String,
    /// The line's number, from 1.
    pub line: u64,
    /// Why it is no row.
    pub reason: String,
}

impl Account {
    /// The account of a query.
    pub fn of(report: &Report) -> Self {
        let rejections = report.rejections.iter().take(REJECTIONS_TOLD_MAX);
        Self {
            objects: report.objects_read,
            objects_pruned: report.objects_pruned,
            bytes: report.bytes_fetched,
            lines: report.account.lines,
            rows: report.account.rows,
            headers: report.account.headers,
            rejected: report.account.rejected.values().sum(),
            rejections: rejections
                .map(|(object, rejection)| Rejection {
                    object: object.clone(),
                    line: rejection.line,
                    reason: rejection.reason.text().to_owned(),
                })
                .collect(),
            troubles: report.troubles.clone(),
            athena_dollars: report.athena_dollars(),
        }
    }
}

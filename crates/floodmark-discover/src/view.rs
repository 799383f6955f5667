//! What is looked at, as the page asks for it: the names are those of `web/src/api.ts`.

use serde::{Deserialize, Serialize};

use floodmark_formats::time::Micros;
use floodmark_investigate::Window;

use crate::limits::{TIME_MILLISECONDS_MAX, TIME_MILLISECONDS_MIN};

/// Milliseconds since 1970, in UTC.
pub type Ms = f64;

/// A span of time: its start belongs to it, its end does not.
pub type Span = (Ms, Ms);

/// A value as Athena writes it; None is NULL.
pub type Value = Option<String>;

/// How many microseconds a millisecond has.
const MICROS_PER_MS: f64 = 1000.0;

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The name of the log.
    pub log: String,
    /// What the timeline spans; None is all.
    #[serde(default)]
    pub span: Option<Span>,
    /// What was brushed; None is the whole timeline.
    #[serde(default)]
    pub during: Option<Span>,
    /// What it is compared with; None is as long just before.
    #[serde(default)]
    pub before: Option<Span>,
    /// The conditions on rows, all of which must hold.
    #[serde(default)]
    pub filters: Vec<Filter>,
    /// Text that any column holds, in any case; empty for none.
    #[serde(default)]
    pub search: String,
    /// The name of what is added up; empty for the count of records.
    #[serde(default)]
    pub measure: String,
}

/// A condition on rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// The field's name; empty for a condition in SQL.
    pub field: String,
    /// How values are compared.
    pub op: Op,
    /// What they are compared with.
    #[serde(default)]
    pub values: Vec<Value>,
    /// Whether it keeps all other rows, those with NULL among them.
    #[serde(default)]
    pub not: bool,
    /// Whether it is not applied.
    #[serde(default)]
    pub off: bool,
}

/// How a filter compares values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// The field has one of the values.
    Is,
    /// It holds a text, in any case.
    Contains,
    /// It begins with a text.
    Starts,
    /// Its number lies between two, both included.
    Between,
    /// Its address lies in one of the networks.
    Within,
    /// It is not NULL.
    Exists,
    /// A condition in SQL holds.
    Sql,
}

/// A view, and the panels that are wanted of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// What is looked at.
    pub view: View,
    /// The panels that are wanted.
    pub want: Want,
    /// Whether the logs are read again, though their rows are kept.
    #[serde(default)]
    pub again: bool,
}

/// The panels that are wanted. Those of time span the view's `span`, all others what was brushed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Want {
    /// Amounts over time.
    pub timeline: Option<WantTimeline>,
    /// What fields hold.
    pub fields: Option<WantFields>,
    /// Rows in an order.
    pub rows: Option<WantRows>,
    /// One row with all its values.
    pub row: Option<WantRow>,
    /// What was brushed against what it is compared with.
    pub compare: Option<WantTop>,
    /// The largest groups.
    pub groups: Option<Vec<WantGroups>>,
    /// Amounts of each quarter of an hour.
    pub hours: Option<WantHours>,
}

/// How a timeline is wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WantTimeline {
    /// About how many bins, at most.
    pub bins: usize,
    /// The field whose largest values have a series each.
    #[serde(default)]
    pub by: Option<String>,
}

/// Which fields are wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WantFields {
    /// Their names; None is all that values can be counted of.
    #[serde(default)]
    pub names: Option<Vec<String>>,
    /// How many of the top values.
    pub top: usize,
}

/// Which rows are wanted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WantRows {
    /// Their order; None is the newest first.
    #[serde(default)]
    pub sort: Option<Sort>,
    /// How many.
    pub count: usize,
    /// Behind which place, as an earlier answer's `next` says it.
    #[serde(default)]
    pub after: Option<String>,
    /// The rows around one, in time, in place of the first.
    #[serde(default)]
    pub around: Option<Around>,
}

/// The rows around one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Around {
    /// The row's id.
    pub row: String,
    /// How many on each side.
    pub count: usize,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WantRow {
    /// The row's id.
    pub row: String,
}

/// How many values of each dimension.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WantTop {
    /// How many.
    pub top: usize,
}

/// The largest groups by some fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WantGroups {
    /// One to three fields.
    pub fields: Vec<String>,
    /// How many groups.
    pub top: usize,
}

/// Amounts of each quarter of an hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WantHours {}

/// The order of rows. NULL comes last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sort {
    /// The field.
    pub field: String,
    /// Whether the largest come first.
    #[serde(default)]
    pub descending: bool,
}

/// Whether both ends of a span lie in the years 0 to 9999, which SQL can write.
pub(crate) fn is_of_this_age(span: Span) -> bool {
    let known = TIME_MILLISECONDS_MIN..=TIME_MILLISECONDS_MAX;
    known.contains(&span.0) && known.contains(&span.1)
}

/// The window just before one and as long as it, but not before the year 0.
pub(crate) fn just_before(window: Window) -> Window {
    let earlier = window.earlier(window.length());
    let first = micros(TIME_MILLISECONDS_MIN);
    Window { start: earlier.start.max(first), end: earlier.end.max(first) }
}

/// A span as a window of time; None if it has no length.
pub(crate) fn window(span: Span) -> Option<Window> {
    let (start, end) = (micros(span.0), micros(span.1));
    (start < end).then_some(Window { start, end })
}

/// A window of time as the page has it.
pub(crate) fn span(window: Window) -> Span {
    (ms(window.start), ms(window.end))
}

/// Microseconds as milliseconds, with a fraction.
pub(crate) fn ms(micros: Micros) -> Ms {
    micros as f64 / MICROS_PER_MS
}

fn micros(ms: Ms) -> Micros {
    (ms * MICROS_PER_MS).round() as Micros
}

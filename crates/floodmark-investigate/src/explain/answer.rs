//! The answer: what moved, where it came from, what did not change, and what it was read from.
//!
//! The figures of each contributor bear the names of BigQuery's CONTRIBUTION_ANALYSIS, so that the two can be compared.

use floodmark_formats::time::{Micros, SECOND, iso};
use serde::{Serialize, Serializer};

use crate::explain::measures::Measure;
use crate::explain::when::When;
use crate::naming::Names;
use crate::spikes::Spike;
use crate::subject::Subject;
use crate::window::Window;

/// The answer to the question where a change in traffic comes from.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A window was compared with others.
    Explained(Box<Explanation>),
    /// No window was named, and the timeline holds neither a spike nor a dip.
    Quiet(Quiet),
}

/// A timeline without a spike or a dip.
#[derive(Clone, Debug, Serialize)]
pub struct Quiet {
    /// The log's name.
    pub log: String,
    /// Always `nothing`.
    pub verdict: Verdict,
    /// The answer in a sentence.
    pub sentence: String,
    /// What the rows at hand span.
    #[serde(serialize_with = "window")]
    pub span: Window,
    /// No contributors.
    pub contributors: [Contributor; 0],
    /// The statements that were run.
    pub statements: Vec<String>,
}

/// A spike or a dip of the timeline.
#[derive(Clone, Debug, Serialize)]
pub struct SpikeFound {
    /// The measure's name.
    pub measure: String,
    /// What it is, for people.
    pub title: String,
    /// The unit of its values; empty for counts.
    pub unit: String,
    /// When it was.
    #[serde(serialize_with = "window")]
    pub window: Window,
    /// Whether there was less than usual.
    pub is_dip: bool,
    /// The amount in that window.
    pub amount: f64,
    /// What was to be expected.
    pub expected: f64,
}

/// Where a change in traffic comes from. Its JSON form is described in the manual, and stays.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The log's name.
    pub log: String,
    /// The condition that rows had to fulfil.
    pub condition: Option<String>,
    /// The measure that was explained.
    pub measure: MeasureMoved,
    /// The window that was explained.
    #[serde(serialize_with = "window")]
    pub during: Window,
    /// The windows that it was compared with.
    #[serde(serialize_with = "windows")]
    pub before: Vec<Window>,
    /// Earlier windows, of which it was learnt how much values vary by themselves.
    #[serde(serialize_with = "windows")]
    pub earlier: Vec<Window>,
    /// The spikes and dips of the timeline, if no window was named; the first is the one that is explained.
    pub spikes: Vec<SpikeFound>,
    /// What was found.
    pub verdict: Verdict,
    /// The answer in a sentence or a few.
    pub sentence: String,
    /// The unit of all amounts below: the measure's, but of a percentile they are shares of rows above that of before.
    pub amount_unit: String,
    /// The total of the measure.
    pub total: Change,
    /// The contributors, those to the total's change first, the largest first.
    pub contributors: Vec<Contributor>,
    /// What the measure is without all contributors.
    pub rest: Change,
    /// Large values that did not change.
    pub unchanged: Vec<Unchanged>,
    /// The names of the addresses and networks that are shown, as far as they are known.
    pub names: Names,
    /// The other measures, before and during.
    pub measures: Vec<MeasureMoved>,
    /// What else the reader should know.
    pub notes: Vec<String>,
    /// The statements that were run, in their order.
    pub statements: Vec<String>,
    /// The rows that were looked at, and how.
    pub read: ReadRows,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The total changed, and these contributors carry it.
    Contributors,
    /// The total changed everywhere alike.
    Everywhere,
    /// The total is as before, but these contributors changed.
    Mix,
    /// Nothing changed.
    Nothing,
}

/// A measure before and during.
#[derive(Clone, Debug, Serialize)]
pub struct MeasureMoved {
    /// Its name.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// The unit of its values; empty for counts and shares.
    pub unit: String,
    /// The aggregate expression.
    pub sql: String,
    /// Its value in the windows before; None if there was none.
    pub before: Option<f64>,
    /// Its value during; None if there was none.
    pub during: Option<f64>,
    /// How many times the value before it is, windows of different length as rates.
    pub ratio: Option<f64>,
    /// Whether it moved by more than a fifth, and by more than chance.
    pub moved: bool,
    /// Whether the values are estimates, from a sample.
    pub estimated: bool,
}

/// An amount before and during, and how it changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// The amount in the windows before, as counted.
    pub before: f64,
    /// The amount during, as counted.
    pub during: f64,
    /// The amount before, scaled to the length of the window.
    pub before_scaled: f64,
    /// The amount in an hour before.
    pub before_per_hour: f64,
    /// The amount in an hour during.
    pub during_per_hour: f64,
    /// `during - before_scaled`.
    pub difference: f64,
    /// `during / before_scaled`; None if there was nothing before.
    pub ratio: Option<f64>,
}

/// Rows that changed by themselves.
#[derive(Clone, Debug, Serialize)]
pub struct Contributor {
    /// What its rows have in common.
    pub conditions: Vec<ConditionText>,
    /// Whether its amount rose: `up` or `down`.
    pub direction: Direction,
    /// Its amounts, re-verified by an exact query.
    #[serde(flatten)]
    pub change: Change,
    /// Which share of the total's change it carries; None if the total did not change.
    pub share: Option<f64>,
    /// `difference / before_scaled`; None if there was nothing before.
    pub relative_difference: Option<f64>,
    /// The amount that was to be expected: before, times the growth of all other rows; None if there are no others, and for means
    /// and shares.
    pub expected_metric_test: Option<f64>,
    /// `during - expected_metric_test`.
    pub unexpected_difference: Option<f64>,
    /// `unexpected_difference / expected_metric_test`; None if nothing was expected.
    pub relative_unexpected_difference: Option<f64>,
    /// The larger of its shares of the total before and during.
    pub apriori_support: Option<f64>,
    /// `|difference|`.
    pub contribution: f64,
    /// How unexpected it is: twice the logarithm of how much more likely the data are if it changed by itself.
    pub gain: f64,
    /// How many rows it has before and during.
    pub rows: Rows,
    /// What else nearly all of its rows have in common, and most others do not.
    pub also: Vec<Common>,
    /// What else is peculiar about it.
    pub peculiar: Vec<Peculiar>,
    /// Its clients; None if the log names none.
    pub clients: Option<Clients>,
    /// What a reader should be careful about, such as small numbers.
    pub notes: Vec<String>,
    /// The condition in SQL.
    pub condition: String,
    /// The query that proves its amounts.
    pub sql: String,
}

/// Rows before and during.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// Before.
    pub before: u64,
    /// During.
    pub during: u64,
}

/// Whether an amount rose or fell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It rose.
    Up,
    /// It fell.
    Down,
}

/// What the rows have in common: one of these values in this column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionText {
    /// The column or dimension.
    pub column: String,
    /// What its values are: `address`, `domain`, `path`, `port`, `HTTP status`, `user agent`, `category` and so on.
    pub kind: &'static str,
    /// The values, or groups such as `198.51.100.0/24`, `/search/*`, `*.example.com`, `5xx`.
    pub values: Vec<String>,
}

/// A value that nearly all rows have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Common {
    /// The column or dimension.
    pub column: String,
    /// The value or group.
    pub values: Vec<String>,
    /// Which share of the contributor's rows during has it.
    pub coverage: f64,
}

/// A measure that differs from that of the other rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Peculiar {
    /// The measure's name.
    pub measure: String,
    /// What it is, for people.
    pub title: String,
    /// The unit of its values.
    pub unit: String,
    /// Its value for the contributor during.
    pub value: f64,
    /// Its value for all other rows during.
    pub others: f64,
}

/// The clients of a contributor.
#[derive(Clone, Debug, Serialize)]
pub struct Clients {
    /// The expression that names them.
    pub column: String,
    /// How many there were before.
    pub before: u64,
    /// How many there are during.
    pub during: u64,
    /// How many of those during were not there before.
    pub new: u64,
    /// How many of those before are not there during.
    pub vanished: u64,
    /// The busiest during (for a fall: before), with their amounts.
    pub busiest: Vec<Client>,
}

/// One client.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Client {
    /// Its address; None for NULL.
    pub client: Option<String>,
    /// Its amount before.
    pub before: f64,
    /// Its amount during.
    pub during: f64,
}

/// A value that did not change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unchanged {
    /// The column or dimension.
    pub column: String,
    /// The value or group.
    pub value: String,
    /// Its amounts.
    #[serde(flatten)]
    pub change: Change,
}

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ReadRows {
    /// Rows in the window that was explained.
    pub during: u64,
    /// Rows in the windows before.
    pub before: u64,
    /// Rows in the earlier windows.
    pub earlier: u64,
    /// Rows among which contributors were looked for; fewer than all if there were very many.
    pub searched: u64,
}

impl Explanation {
    /// All values that are shown, those of addresses among them, what matters most first.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let of_contributors = self.contributors.iter().flat_map(|one| {
            let clients = one.clients.iter().flat_map(|clients| &clients.busiest);
            let conditions = one.conditions.iter().flat_map(|condition| &condition.values);
            let also = one.also.iter().flat_map(|common| &common.values);
            (conditions.map(String::as_str))
                .chain(clients.filter_map(|client| client.client.as_deref()))
                .chain(also.map(String::as_str))
        });
        of_contributors.chain(self.unchanged.iter().map(|one| one.value.as_str()))
    }
}

impl SpikeFound {
    pub(crate) fn of(measure: &Measure, spike: &Spike) -> Self {
        Self {
            measure: measure.name.clone(),
            title: measure.title.clone(),
            unit: measure.unit.clone(),
            window: spike.window,
            is_dip: spike.is_dip,
            amount: spike.amount,
            expected: spike.expected,
        }
    }
}

impl Quiet {
    pub(crate) fn of(subject: &Subject<'_>, when: &When) -> Self {
        let Window { start, end } = when.span;
        Self {
            log: subject.log_type().name.to_owned(),
            verdict: Verdict::Nothing,
            sentence: format!(
                "No spike and no dip between {} and {}, in buckets of {} s. Name a window of time to compare it all the same.",
                iso(start),
                iso(end),
                when.bucket / SECOND,
            ),
            span: when.span,
            contributors: [],
            statements: vec![when.statement.clone()],
        }
    }
}

impl Change {
    /// Amounts of windows of these lengths, in microseconds.
    pub fn of(before: f64, during: f64, before_length: Micros, during_length: Micros) -> Self {
        /// An hour in microseconds.
        const HOUR: f64 = 3.6e9;
        let (long_before, long_during) = (before_length.max(1) as f64, during_length.max(1) as f64);
        let before_scaled = before * long_during / long_before;
        Self {
            before,
            during,
            before_scaled,
            before_per_hour: before / long_before * HOUR,
            during_per_hour: during / long_during * HOUR,
            difference: during - before_scaled,
            ratio: (before_scaled > 0.0).then_some(during / before_scaled),
        }
    }
}

fn window<S: Serializer>(window: &Window, serializer: S) -> Result<S::Ok, S::Error> {
    Span::from(window).serialize(serializer)
}

fn windows<S: Serializer>(windows: &[Window], serializer: S) -> Result<S::Ok, S::Error> {
    windows.iter().map(Span::from).collect::<Vec<_>>().serialize(serializer)
}

#[derive(Serialize)]
struct Span {
    start: String,
    end: String,
}

impl From<&Window> for Span {
    fn from(window: &Window) -> Self {
        Self { start: iso(window.start), end: iso(window.end) }
    }
}

//! How often a byte stands in a log, and the condition under which it is counted once.

mod answer;
mod attachments;
mod interfaces;
pub(crate) mod own;

use floodmark_engine::Result;
use floodmark_formats::observation::Observation;

use crate::counting::answer::Answer;
use crate::subject::Subject;
use crate::window::{Window, covered};

/// How the records of a log are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// The condition in SQL that keeps one record of each packet.
    pub predicate: String,
    /// How it counted, for the reader: one sentence or several.
    pub sentence: String,
}

/// A flow log's interfaces, and how its records are counted.
pub(crate) struct Examined {
    /// The condition that keeps one record of each packet.
    pub(crate) counting: Counting,
    /// The interfaces in the order of their names; none if the logs do not name them.
    pub(crate) interfaces: Vec<LoggedInterface>,
}

/// An interface as a flow log shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoggedInterface {
    /// Its id; `-` stands for all regional NAT gateways together.
    pub(crate) name: String,
    /// Its own addresses, as far as the records tell; in their order.
    pub(crate) addresses: Vec<String>,
    /// What a service has it for, such as `nat_gateway`; None for others and where it is not logged.
    pub(crate) purpose: Option<String>,
    /// Whether an instance has it, as far as it is logged.
    pub(crate) has_instance: bool,
    /// Whether it passes on what others send, so that the addresses in its records are not only its own.
    pub(crate) forwards: bool,
    /// Whether what comes in from hosts leaves it again under its own address, and the answers too.
    pub(crate) translates: bool,
}

/// What was found out about the records, before those without a flow are left out.
struct Rule {
    /// The condition; None if every record counts.
    condition: Option<String>,
    sentences: Vec<String>,
    holes: Holes,
}

/// How many records stand for no flow.
#[derive(Clone, Copy, Debug, Default)]
struct Holes {
    without_traffic: u64,
    missing: u64,
}

impl std::ops::AddAssign for Holes {
    fn add_assign(&mut self, other: Self) {
        self.without_traffic += other.without_traffic;
        self.missing += other.missing;
    }
}

/// How the records of the subject's log in these windows are counted, whatever its condition; no window means all records.
///
/// None for logs whose records are events of their own. Costs up to three passes over the windows of a flow log, each of
/// which reads few columns and gives one row an interface.
///
/// # Errors
///
/// Those of the engine.
pub async fn rule(subject: &Subject<'_>, windows: &[Window]) -> Result<Option<Counting>> {
    let rule = match subject.log_type().observation {
        Observation::Event => return Ok(None),
        Observation::Direction => direction(subject, windows).await?,
        Observation::Interfaces(columns) => interfaces::examine(subject, windows, columns).await?.0,
        Observation::Attachments(columns) => attachments::rule(subject, windows, columns).await?,
    };
    Ok(Some(counting(subject, rule)))
}

/// The interfaces of a flow log that is made at interfaces, and how its records are counted; None for other logs.
///
/// Costs as much as [`rule`].
///
/// # Errors
///
/// Those of the engine.
pub(crate) async fn examine(subject: &Subject<'_>, windows: &[Window]) -> Result<Option<Examined>> {
    let Observation::Interfaces(columns) = subject.log_type().observation else { return Ok(None) };
    let (rule, interfaces) = interfaces::examine(subject, windows, columns).await?;
    Ok(Some(Examined { counting: counting(subject, rule), interfaces }))
}

/// The rule with the records left out that stand for no flow.
fn counting(subject: &Subject<'_>, rule: Rule) -> Counting {
    let Rule { condition, mut sentences, holes } = rule;
    sentences.extend(holes.sentence());
    let conditions: Vec<_> = status(subject).into_iter().chain(condition).collect();
    let predicate = match conditions.as_slice() {
        [] => "true".to_owned(),
        [only] => only.clone(),
        several => several.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" AND "),
    };
    Counting { predicate, sentence: sentences.join(" ") }
}

impl Holes {
    fn sentence(self) -> Option<String> {
        let part = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let parts: Vec<_> = [
            part(self.without_traffic, "without traffic (NODATA)"),
            part(self.missing, "that stand for others which AWS left out (SKIPDATA)"),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| format!("Records that are not counted: {}.", parts.join(", ")))
    }

    fn read(answer: &Answer<'_>) -> Self {
        Self { without_traffic: answer.count("no_traffic"), missing: answer.count("missing") }
    }
}

/// The condition that leaves out records that stand for no flow; None if the log has none.
pub(crate) fn status(subject: &Subject<'_>) -> Option<String> {
    let (column, _) = subject.log_type().hole?;
    // Formats of the owner's choice may lack the status.
    Some(format!("{column} IS NULL OR {column} NOT IN ('NODATA', 'SKIPDATA')"))
}

/// Two columns of a query that count the records that stand for no flow.
fn holes(subject: &Subject<'_>) -> String {
    match subject.log_type().hole {
        Some((column, _)) => format!(
            "count_if({column} = 'NODATA') AS no_traffic, count_if({column} = 'SKIPDATA') AS missing"
        ),
        None => "0 AS no_traffic, 0 AS missing".to_owned(),
    }
}

/// `FROM … WHERE …` of all records in the windows, whatever the subject's condition: it may hide one end of the flows.
fn from(subject: &Subject<'_>, windows: &[Window]) -> String {
    let name = subject.name();
    let any: Vec<_> = (covered(windows).iter())
        .map(|span| format!("({})", span.condition("event_time")))
        .collect();
    if any.is_empty() {
        return format!("FROM {name}");
    }
    format!("FROM {name}\nWHERE {}", any.join(" OR "))
}

async fn direction(subject: &Subject<'_>, windows: &[Window]) -> Result<Rule> {
    let mut found = Holes::default();
    if subject.log_type().hole.is_some() {
        let sql = format!("SELECT {}\n{}", holes(subject), from(subject, windows));
        for batch in subject.ask(&sql).await? {
            for answer in Answer::rows(&batch) {
                found += Holes::read(&answer);
            }
        }
    }
    let sentence = "Each record is one direction of a flow with bytes and packets of its own: \
        they are counted once at each place that logs them.";
    Ok(Rule { condition: None, sentences: vec![sentence.to_owned()], holes: found })
}

/// `expression IN (…)` of texts.
pub(crate) fn is_in<'t>(expression: &str, texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<_> = texts.into_iter().map(quoted).collect();
    if texts.is_empty() {
        return "false".to_owned();
    }
    format!("{expression} IN ({})", texts.join(", "))
}

/// `expression NOT IN (…)` of texts.
fn is_not_in<'t>(expression: &str, texts: impl IntoIterator<Item = &'t str>) -> String {
    let texts: Vec<_> = texts.into_iter().map(quoted).collect();
    if texts.is_empty() {
        return "true".to_owned();
    }
    format!("{expression} NOT IN ({})", texts.join(", "))
}

/// A text as SQL writes it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

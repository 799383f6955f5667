//! The generator's record of what it wrote, so that answers can be checked against it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::Context;
use floodmark_formats::time::{HOUR, Micros, iso};
use serde::Serialize;
use serde_json::Value;

use crate::demo::incidents::condition::{Condition, hold};
use crate::demo::incidents::incident::{
    Choice, HOUR_OF_INCIDENT, Incident, Source, Verdict, midnight,
};
use crate::demo::incidents::traffic::{Event, Tally};

/// The file with the generator's record, beside the logs' folder.
pub(crate) const RECORD: &str = "record.json";

/// How much there is of each measure.
type Amounts = BTreeMap<&'static str, u64>;

/// The record while it is being made.
#[derive(Serialize)]
pub(crate) struct Truth {
    incident: &'static str,
    log: &'static str,
    story: &'static str,
    /// The measure that tells it.
    measure: &'static str,
    verdict: Verdict,
    seed: u64,
    drift: f64,
    during: Window,
    before: Window,
    pub(crate) lines: u64,
    pub(crate) objects: u64,
    total: Pair,
    causes: Vec<Cause>,
    #[serde(skip)]
    tallies: &'static [Tally],
}

/// From when to when, without the end.
#[derive(Serialize)]
struct Window {
    start: String,
    end: String,
    #[serde(skip)]
    range: Range<Micros>,
}

/// The amounts in both windows.
#[derive(Default, Serialize)]
struct Pair {
    before: Amounts,
    during: Amounts,
}

/// Something that made a difference.
#[derive(Serialize)]
struct Cause {
    /// Descriptions that are as good as each other.
    any_of: &'static [&'static [Condition]],
    /// The amounts of each of them.
    amounts: Vec<Pair>,
    /// The amounts of the measure that tells the incident, for the first of them.
    before: u64,
    during: u64,
    /// Which share of the rise or fall of the total is its own; not without one.
    share: Option<f64>,
}

impl Truth {
    /// A record of nothing yet.
    pub(crate) fn new(
        incident: &'static Incident,
        choice: &Choice,
        tallies: &'static [Tally],
    ) -> anyhow::Result<Self> {
        let hour = midnight()? + HOUR_OF_INCIDENT * HOUR;
        let causes = incident.changes.iter().filter(|change| !change.any_of.is_empty());
        let none = || {
            let amounts: Amounts = tallies.iter().map(|tally| (tally.name(), 0)).collect();
            Pair { before: amounts.clone(), during: amounts }
        };
        Ok(Self {
            incident: incident.name,
            log: incident.log(),
            story: incident.story,
            measure: incident.measure,
            verdict: incident.verdict,
            seed: choice.seed,
            drift: choice.drift,
            during: Window::new(hour..hour + HOUR),
            before: Window::new(hour - HOUR..hour),
            lines: 0,
            objects: 0,
            total: none(),
            causes: causes
                .map(|change| Cause {
                    any_of: change.any_of,
                    amounts: change.any_of.iter().map(|_| none()).collect(),
                    before: 0,
                    during: 0,
                    share: None,
                })
                .collect(),
            tallies,
        })
    }

    /// Counts an event that is written.
    pub(crate) fn count(&mut self, event: &Event) {
        self.lines += 1;
        let during = self.during.range.contains(&event.at);
        if !during && !self.before.range.contains(&event.at) {
            return;
        }
        self.total.add(during, self.tallies, event);
        for cause in &mut self.causes {
            for (conditions, amounts) in cause.any_of.iter().zip(&mut cause.amounts) {
                if hold(conditions, event) {
                    amounts.add(during, self.tallies, event);
                }
            }
        }
    }

    /// The record as it is written.
    pub(crate) fn finish(mut self) -> Value {
        let of = |amounts: &Amounts| amounts.get(self.measure).copied().unwrap_or_default();
        let rise = of(&self.total.during) as f64 - of(&self.total.before) as f64;
        for cause in &mut self.causes {
            cause.before = of(&cause.amounts[0].before);
            cause.during = of(&cause.amounts[0].during);
            let own = cause.during as f64 - cause.before as f64;
            cause.share =
                Some(own / rise).filter(|_| matches!(self.verdict, Verdict::Contributors));
        }
        serde_json::to_value(self).expect("it holds names and numbers only")
    }
}

/// Writes the record beside the logs.
pub(crate) fn write(folder: &Path, record: &Value) -> anyhow::Result<()> {
    let path = folder.join(RECORD);
    std::fs::write(&path, serde_json::to_vec_pretty(record)?)
        .with_context(|| format!("cannot write `{}`", path.display()))
}

impl Incident {
    /// The name of the log that it is in.
    pub(crate) fn log(&self) -> &'static str {
        match self.source {
            Source::Flood => "nlb",
            Source::Traffic(traffic) => traffic.log.name,
        }
    }
}

impl Window {
    fn new(range: Range<Micros>) -> Self {
        Self { start: iso(range.start), end: iso(range.end), range }
    }
}

impl Pair {
    fn add(&mut self, during: bool, tallies: &[Tally], event: &Event) {
        let amounts = if during { &mut self.during } else { &mut self.before };
        for tally in tallies {
            *amounts.entry(tally.name()).or_default() += tally.of(event);
        }
    }
}

//! What an incident is, and the logs that are made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use floodmark_formats::log_type::Value;
use floodmark_formats::synthetic::Record;
use floodmark_formats::time::{DAY, HOUR, MINUTE, Micros, days};

use crate::demo::incidents::condition::Condition;
use crate::demo::incidents::draw::stream;
use crate::demo::incidents::effect::{Effect, apply};
use crate::demo::incidents::flood;
use crate::demo::incidents::objects::Object;
use crate::demo::incidents::record::{self, Truth};
use crate::demo::incidents::traffic::{Event, Pace, Traffic, population, visits};

/// The hour of the day, in UTC, in which the incidents happen. The hour before it is what they are compared with.
pub(crate) const HOUR_OF_INCIDENT: i64 = 2;

/// How long the logs go on after the hour of the incident.
const MARGIN: Micros = 20 * MINUTE;

/// An incident, as it is declared.
pub(crate) struct Incident {
    pub(crate) name: &'static str,
    /// What happens, in a line.
    pub(crate) story: &'static str,
    /// The measure of the log that tells it.
    pub(crate) measure: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) source: Source,
    pub(crate) changes: &'static [Change],
}

/// Where the records come from.
pub(crate) enum Source {
    /// The demo's own incident.
    Flood,
    /// The usual traffic of a log, and the incident's changes to it.
    Traffic(&'static Traffic),
}

/// One of the things that happen in an incident.
pub(crate) struct Change {
    pub(crate) effect: Effect,
    /// The descriptions that are as good as each other, each some conditions; none where the change has no cause in the columns.
    pub(crate) any_of: &'static [&'static [Condition]],
}

/// What is to be said of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// Its causes are these.
    Contributors,
    /// All rose alike.
    Everywhere,
    /// Nothing happened.
    Nothing,
    /// The total stayed, and what it is made of changed.
    Mix,
}

/// What may be chosen about an incident.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Choice {
    pub(crate) seed: u64,
    /// By how much the logarithm of each client's rate deviates from hour to hour.
    pub(crate) drift: f64,
    /// How many quiet hours lie before the one that the incident's is compared with.
    pub(crate) earlier_hours: u16,
}

impl Choice {
    /// What is generated where nothing is chosen.
    pub(crate) const USUAL: Self = Self { seed: 20_241_005, drift: 0.0, earlier_hours: 0 };
}

/// Midnight of the day of all incidents, 2024-10-05.
pub(crate) fn midnight() -> anyhow::Result<Micros> {
    Ok(days(2024, 10, 5).context("a day of the calendar")? * DAY)
}

/// Writes the logs of an incident below `folder` and the record beside them; gives the folder of the logs.
pub(crate) fn generate(
    incident: &'static Incident,
    choice: &Choice,
    folder: &Path,
) -> anyhow::Result<PathBuf> {
    let traffic = match incident.source {
        Source::Flood => return flood::generate(incident, folder),
        Source::Traffic(traffic) => traffic,
    };
    let midnight = midnight()?;
    let first = HOUR_OF_INCIDENT - 1 - i64::from(choice.earlier_hours);
    let written = midnight + first * HOUR..midnight + (HOUR_OF_INCIDENT + 1) * HOUR + MARGIN;
    let mut truth = Truth::new(incident, choice, traffic.tallies)?;
    let clients = population(traffic, choice.seed);
    let mut objects: BTreeMap<Micros, Vec<Event>> = BTreeMap::new();
    // What began in the hour before the first object may end in it.
    for hour in first - 1..=HOUR_OF_INCIDENT + 1 {
        let pace =
            Pace { seed: choice.seed, midnight, hour, factor: 1.0, drift: choice.drift, only: &[] };
        let mut random = stream(choice.seed, hour);
        let mut events = visits(traffic, &clients, &pace, &mut random);
        if hour == HOUR_OF_INCIDENT {
            for change in incident.changes {
                apply(&change.effect, traffic, &clients, &pace, &mut random, &mut events);
            }
        }
        for mut event in events.into_iter().flatten() {
            (traffic.settle)(&mut event);
            if written.contains(&event.logged) {
                truth.count(&event);
                let interval = event.logged.div_euclid(traffic.interval);
                objects.entry(interval).or_default().push(event);
            }
        }
    }
    let logs = folder.join("logs");
    // Those that are written as they are; the others are parts of a value.
    let columns: BTreeSet<&str> = (traffic.log.fields.iter())
        .filter_map(|field| match field.value {
            Value::One(column) => Some(column.name),
            Value::AddressAndPort(..) | Value::Request(..) => None,
        })
        .collect();
    for (interval, mut events) in objects {
        events.sort_by_key(|event| event.logged);
        truth.objects += 1;
        let mut random = stream(choice.seed, interval);
        let time = (interval + i64::from(traffic.named_by_end)) * traffic.interval;
        let mut object = Object::new(traffic, time);
        for event in &events {
            let mut record = Record::new(traffic.log, event.logged, &mut random);
            for (column, value) in &event.values {
                if columns.contains(column) {
                    record.set(column, value.as_str());
                }
            }
            (traffic.write)(event, &mut record);
            object.push(&record);
        }
        object.write(&logs, &mut random)?;
    }
    record::write(folder, &truth.finish())?;
    Ok(logs)
}

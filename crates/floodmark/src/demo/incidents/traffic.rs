//! The usual traffic of a log: how its clients come, and how its objects are laid out.

use floodmark_formats::LogType;
use floodmark_formats::synthetic::{Random, Record};
use floodmark_formats::time::{HOUR, Micros};

use crate::demo::incidents::clients::{Addresses, Client, drift};
use crate::demo::incidents::condition::Condition;
use crate::demo::incidents::draw::{poisson, stream};

/// One row before it is written.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// When it began, as the column `event_time` will say.
    pub(crate) at: Micros,
    /// The moment by which it is put into an object.
    pub(crate) logged: Micros,
    /// What is known of it, by column. Names that are no columns are for the log's own [`Traffic::write`].
    pub(crate) values: Vec<(&'static str, String)>,
}

/// How the usual traffic of a log is made. Traffic has no trends: the hours are alike but for chance and drift.
pub(crate) struct Traffic {
    pub(crate) log: &'static LogType,
    /// How many of the declared fields are written.
    pub(crate) fields: usize,
    /// The load balancer, flow log, distribution or other resource in the objects' names.
    pub(crate) resource: &'static str,
    /// The folder of the objects, where the log has none of its own.
    pub(crate) folder: &'static str,
    /// How long the interval of an object is.
    pub(crate) interval: Micros,
    /// Whether the time in an object's name is the end of its interval, or else the beginning.
    pub(crate) named_by_end: bool,
    /// How many clients there are.
    pub(crate) clients: usize,
    pub(crate) addresses: Addresses,
    /// How often all of them come in an hour.
    pub(crate) visits_per_hour: f64,
    /// What the record counts, the rows first.
    pub(crate) tallies: &'static [Tally],
    /// The column of the client's address.
    pub(crate) client: &'static str,
    /// The rows of one visit of a client at a moment.
    pub(crate) visit: fn(&Client, Micros, &mut Random) -> Vec<Event>,
    /// Makes a row whole once an incident has had its way: values that follow from others, and when it is logged.
    pub(crate) settle: fn(&mut Event),
    /// Sets the fields of a row that are not columns of the same name.
    pub(crate) write: fn(&Event, &mut Record),
}

/// What is counted of rows, under the name of the log's measure.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tally {
    Rows(&'static str),
    /// The sum of a column.
    Sum(&'static str, &'static str),
    /// The rows whose value in a column begins so.
    Starts(&'static str, &'static str, &'static str),
}

impl Event {
    /// The value of a column.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| *name == column).map(|(_, value)| value.as_str())
    }

    /// Sets a value, whether it was known before or not.
    pub(crate) fn set(&mut self, column: &'static str, value: String) {
        match self.values.iter_mut().find(|(name, _)| *name == column) {
            Some((_, known)) => *known = value,
            None => self.values.push((column, value)),
        }
    }
}

impl Tally {
    /// The name of the measure.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Rows(name) | Self::Sum(name, _) | Self::Starts(name, ..) => name,
        }
    }

    /// How much an event adds to it.
    pub(crate) fn of(&self, event: &Event) -> u64 {
        match self {
            Self::Rows(_) => 1,
            Self::Sum(_, column) => {
                event.get(column).and_then(|number| number.parse().ok()).unwrap_or_default()
            }
            Self::Starts(_, column, start) => {
                u64::from(event.get(column).is_some_and(|value| value.starts_with(start)))
            }
        }
    }
}

/// The clients of a seed.
pub(crate) fn population(traffic: &Traffic, seed: u64) -> Vec<Client> {
    let mut random = stream(seed, -1000);
    (0..traffic.clients).map(|rank| Client::new(rank, traffic.addresses, &mut random)).collect()
}

/// How much comes in an hour, and who.
pub(crate) struct Pace<'a> {
    pub(crate) seed: u64,
    pub(crate) midnight: Micros,
    /// The hour since midnight, which may lie before it.
    pub(crate) hour: i64,
    /// How many times as much as usual comes.
    pub(crate) factor: f64,
    /// By how much the logarithm of each client's rate deviates from hour to hour.
    pub(crate) drift: f64,
    /// The only clients that come; all if there are no conditions on them.
    pub(crate) only: &'a [Condition],
}

/// The visits of the usual clients in an hour, each with its rows.
pub(crate) fn visits(
    traffic: &Traffic,
    clients: &[Client],
    pace: &Pace<'_>,
    random: &mut Random,
) -> Vec<Vec<Event>> {
    let weights: f64 = clients.iter().map(Client::weight).sum();
    let mut wander = stream(pace.seed, -2000 - pace.hour);
    let mut visits = Vec::new();
    for client in clients {
        let drift = drift(&mut wander, pace.drift);
        let comes = pace
            .only
            .iter()
            .all(|condition| condition.column != traffic.client || condition.fits(&client.address));
        if !comes {
            continue;
        }
        let mean = traffic.visits_per_hour * client.weight() / weights * drift * pace.factor;
        for _ in 0..poisson(random, mean) {
            let at = pace.midnight + pace.hour * HOUR + random.between(0, HOUR - 1);
            visits.push((traffic.visit)(client, at, random));
        }
    }
    visits
}

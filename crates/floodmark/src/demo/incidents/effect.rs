//! What an incident does to the traffic of its hour.

use std::collections::BTreeSet;

use floodmark_formats::synthetic::Random;
use floodmark_formats::time::HOUR;

use crate::demo::incidents::clients::{Addresses, Client, anywhere, within};
use crate::demo::incidents::condition::{Condition, hold};
use crate::demo::incidents::traffic::{Event, Pace, Traffic, visits};

/// One thing that an incident does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// The visits for which these conditions hold come so many times as often, for each client alike; what comes in addition
    /// has these values. Below 1 they become fewer.
    Multiply { factor: f64, of: &'static [Condition], set: Values },
    /// Clients come that were not there before, each so many times, with these values. They behave like the client of a rank,
    /// or each like one of the usual ones.
    Join { who: Newcomers, visits_each: u64, like: Option<usize>, set: Values },
    /// So many in a thousand of the rows for which these conditions hold get these values.
    Alter { permille: u64, of: &'static [Condition], set: Values },
}

/// Columns, and what they are set to.
pub(crate) type Values = &'static [(&'static str, Setting)];

/// What a column is set to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Setting {
    Is(&'static str),
    OneOf(&'static [&'static str]),
    /// A whole number between two.
    Between(i64, i64),
    /// So many times the number that it was.
    Times(f64),
    /// A name below a domain, hardly ever the same.
    Below(&'static str),
}

/// Who comes in addition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Newcomers {
    These(&'static [&'static str]),
    /// So many addresses of a network.
    Within(&'static str, usize),
    /// So many addresses from where the usual clients are.
    Anywhere(usize),
}

/// Does it to the visits of an hour.
pub(crate) fn apply(
    effect: &Effect,
    traffic: &Traffic,
    clients: &[Client],
    pace: &Pace<'_>,
    random: &mut Random,
    hour: &mut Vec<Vec<Event>>,
) {
    match *effect {
        Effect::Multiply { factor, of, set } if factor >= 1.0 => {
            let pace = Pace { factor: factor - 1.0, only: of, ..*pace };
            for mut visit in visits(traffic, clients, &pace, random) {
                if visit.iter().any(|event| hold(of, event)) {
                    set_all(&mut visit, set, random);
                    hour.push(visit);
                }
            }
        }
        Effect::Multiply { factor, of, .. } => {
            hour.retain(|visit| {
                !visit.iter().any(|event| hold(of, event)) || random.fraction() < factor
            });
        }
        Effect::Join { who, visits_each, like, set } => {
            let start = pace.midnight + pace.hour * HOUR;
            let mut known = BTreeSet::new();
            for number in 0..who.number() {
                // Whom it is like does not matter for how often it comes, so all are equally likely.
                let rank = like.unwrap_or_else(|| {
                    usize::try_from(random.below(traffic.clients as u64)).unwrap_or_default()
                });
                let mut client = Client::new(rank, Addresses::Everywhere, random);
                client.address = who.address(number, random);
                while !known.insert(client.address.clone()) {
                    client.address = who.address(number, random);
                }
                for _ in 0..visits_each {
                    let at = start + random.between(0, HOUR - 1);
                    let mut visit = (traffic.visit)(&client, at, random);
                    set_all(&mut visit, set, random);
                    hour.push(visit);
                }
            }
        }
        Effect::Alter { permille, of, set } => {
            for event in hour.iter_mut().flatten() {
                if hold(of, event) && random.below(1000) < permille {
                    for (column, setting) in set {
                        let value = setting.value(event.get(column), random);
                        event.set(column, value);
                    }
                }
            }
        }
    }
}

fn set_all(visit: &mut [Event], set: Values, random: &mut Random) {
    for (column, setting) in set {
        for event in &mut *visit {
            let value = setting.value(event.get(column), random);
            event.set(column, value);
        }
    }
}

impl Setting {
    fn value(self, known: Option<&str>, random: &mut Random) -> String {
        match self {
            Self::Is(value) => value.to_owned(),
            Self::OneOf(values) => random.one_of(values).to_owned(),
            Self::Between(low, high) => random.between(low, high).to_string(),
            Self::Times(factor) => {
                let known: f64 = known.and_then(|value| value.parse().ok()).unwrap_or_default();
                ((known * factor) as u64).to_string()
            }
            Self::Below(domain) => format!("{:012x}.{domain}", random.below(1 << 48)),
        }
    }
}

impl Newcomers {
    fn number(self) -> usize {
        match self {
            Self::These(addresses) => addresses.len(),
            Self::Within(_, number) | Self::Anywhere(number) => number,
        }
    }

    fn address(self, number: usize, random: &mut Random) -> String {
        match self {
            Self::These(addresses) => addresses[number].to_owned(),
            Self::Within(network, _) => within(network, random),
            Self::Anywhere(_) => anywhere(random),
        }
    }
}

//! `who`: the names of addresses and user agents, as far as they are at hand.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use floodmark_engine::{Error, ErrorKind};
use floodmark_who::{Fact, Known, Who, bots};
use serde::{Deserialize, Serialize};

use crate::limits::UI_NAMES_MAX;
use crate::state::State;
use crate::ui::Failure;
use crate::ui::words::of_page;

/// Whose names are asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Unnamed {
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    user_agents: Vec<String>,
    /// When they had the addresses, in milliseconds since 1970; None is now.
    #[serde(default)]
    at: Option<f64>,
}

/// What is known.
#[derive(Serialize)]
pub(crate) struct Named {
    addresses: BTreeMap<String, KnownAddress>,
    user_agents: BTreeMap<String, String>,
    missing: Vec<Missing>,
}

/// What is known of an address.
#[derive(Serialize, PartialEq, Eq, Default)]
struct KnownAddress {
    label: Option<String>,
    country: Option<String>,
    network: Option<String>,
    system: Option<String>,
    aws_service: Option<String>,
    interface: Option<String>,
    threat_list: Option<String>,
}

/// A part of which no data are at hand.
#[derive(Serialize)]
struct Missing {
    what: &'static str,
    remedy: String,
}

/// The facts of which it is said if no data are at hand, with what they are.
const PARTS: [(Fact, &str); 6] = [
    (Fact::Interface, "your own interfaces"),
    (Fact::NetworkName, "networks"),
    (Fact::Country, "countries"),
    (Fact::AutonomousSystem, "autonomous systems"),
    (Fact::AwsService, "AWS's ranges"),
    (Fact::ThreatList, "threat lists"),
];

/// Answers `who`. Nobody is asked.
pub(crate) async fn who(state: &Arc<State>, question: Unnamed) -> Result<Named, Failure> {
    if question.addresses.len() + question.user_agents.len() > UI_NAMES_MAX {
        let message = format!("more than {UI_NAMES_MAX} names are asked for at once");
        return Err(Error::new(ErrorKind::LimitReached, message).into());
    }
    let own = Arc::clone(state);
    // The first question reads files.
    let named = tokio::task::spawn_blocking(move || named(own.engine.who(), question));
    named.await.map_err(|_| Failure::defect())?
}

fn named(who: &Who, question: Unnamed) -> Result<Named, Failure> {
    let at = question.at.map(|ms| (ms / 1000.0) as i64);
    let mut addresses = BTreeMap::new();
    for written in question.addresses {
        let Ok(address) = written.trim().parse::<IpAddr>() else { continue };
        let known = known(who, address.to_canonical(), at);
        if known != KnownAddress::default() {
            addresses.insert(written, known);
        }
    }
    let user_agents = question.user_agents.into_iter().filter_map(|user_agent| {
        let bot = bots::find(&user_agent)?;
        Some((user_agent, format!("{} · {}", bot.name, bot.class.words())))
    });
    let mut missing = Vec::new();
    for (fact, what) in PARTS {
        if !who.has(fact).unwrap_or(true) {
            missing.push(Missing { what, remedy: of_page(fact.remedy()) });
        }
    }
    Ok(Named { addresses, user_agents: user_agents.collect(), missing })
}

/// What is known of an address. A damaged file hides nothing but what stands in it, and is told of with `start`.
fn known(who: &Who, address: IpAddr, at: Option<i64>) -> KnownAddress {
    let tell = |fact: Fact| {
        let told = who.tell(fact, address, at).unwrap_or(Known::Unknown).value();
        told.map(|text| text.to_string())
    };
    let system = tell(Fact::AutonomousSystem).map(|number| {
        let name = tell(Fact::AutonomousSystemName).map(|name| format!(" {name}"));
        format!("AS{number}{}", name.unwrap_or_default())
    });
    KnownAddress {
        label: who.label(address, at),
        country: tell(Fact::Country),
        network: tell(Fact::NetworkName),
        system,
        aws_service: tell(Fact::AwsService),
        interface: tell(Fact::Interface),
        threat_list: tell(Fact::ThreatList),
    }
}

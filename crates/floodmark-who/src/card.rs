//! All that is known about one address, on a card.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Timelike};

use crate::data::DataFile;
use crate::dns::Named;
use crate::inventory::Interface;
use crate::rdap::Network;
use crate::{Fact, Known, Result, Who, special};

/// All that is known about an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The address.
    pub address: IpAddr,
    /// What is known, part by part; all cards have the same parts in the same order.
    pub parts: Vec<Part>,
}

/// A part of what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is about, in a word or two, such as `network`.
    pub title: &'static str,
    /// What is known, in a line for people. `Nothing` if it is known that there is nothing.
    pub text: Known<String>,
    /// What it means that there is nothing.
    pub nothing: String,
    /// Where it is from, and of when; None if that says itself.
    pub source: Option<String>,
    /// How it becomes known.
    pub remedy: &'static str,
    /// The same by names of columns, which are the same for all cards.
    pub values: Vec<(&'static str, Option<String>)>,
}

/// What is asked for a card.
#[derive(Clone, Debug, Default)]
pub struct CardQuestion {
    /// When it had the address, in seconds since 1970; None is now.
    pub at: Option<i64>,
    /// What the DNS said when it was asked. Names that are none are `Nothing`.
    pub names: Option<Known<Named>>,
}

/// Makes the card of an address from what is at hand.
///
/// # Errors
///
/// Those of a damaged file.
pub fn card(who: &Who, address: IpAddr, question: &CardQuestion) -> Result<Card> {
    let address = address.to_canonical();
    let parts = vec![
        interface(who, address, question.at)?,
        network(who, address)?,
        country(who, address)?,
        system(who, address)?,
        aws(who, address)?,
        threats(who, address)?,
        name(who, question.names.as_ref()),
    ];
    Ok(Card { address, parts })
}

/// A time of seconds since 1970 as `2024-10-05 02:10`, in UTC.
pub fn moment(seconds: i64) -> String {
    let Some(time) = DateTime::from_timestamp(seconds, 0) else { return "no time".to_owned() };
    let (year, month, day) = (time.year(), time.month(), time.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", time.hour(), time.minute())
}

fn interface(who: &Who, address: IpAddr, at: Option<i64>) -> Result<Part> {
    let inventory = who.inventory()?;
    let known = inventory.map_or(Known::Unknown, |inventory| inventory.interfaces(address, at));
    let is_unknown = known.is_unknown();
    let found = known.value().unwrap_or_default();
    let each = |tell: &dyn Fn(&Interface) -> Option<String>| {
        let told: Vec<String> = found.iter().filter_map(|interface| tell(interface)).collect();
        (!told.is_empty()).then(|| told.join("; "))
    };
    let text = each(&|interface| {
        let id = (!interface.name.contains(&interface.id)).then(|| format!(", {}", interface.id));
        Some(format!("{} in {}{}", interface.name, interface.place(), id.unwrap_or_default()))
    });
    let as_of = found.iter().map(|interface| interface.as_of).max();
    let source = as_of.map(|as_of| match at {
        Some(at) if as_of > at => {
            format!("as of {}; no earlier snapshot has it", moment(as_of))
        }
        _ => format!("as of {}", moment(as_of)),
    });
    Ok(Part {
        title: "interface",
        text: match text {
            Some(text) => Known::Is(text),
            None if is_unknown => Known::Unknown,
            None => Known::Nothing,
        },
        nothing: "none of yours".to_owned(),
        source,
        remedy: Fact::Interface.remedy(),
        values: vec![
            ("interface", each(&|interface| Some(interface.name.clone()))),
            ("interface_id", each(&|interface| Some(interface.id.clone()))),
            ("interface_kind", each(&|interface| Some(interface.kind.name().to_owned()))),
            ("subnet", each(&|interface| interface.subnet.clone())),
            ("vpc", each(&|interface| interface.vpc.clone())),
            ("zone", each(&|interface| interface.zone.clone())),
            ("region", each(&|interface| Some(interface.region.clone()))),
            ("account", each(&|interface| Some(interface.account.clone()))),
            ("interface_as_of", as_of.map(moment)),
        ],
    })
}

fn network(who: &Who, address: IpAddr) -> Result<Part> {
    let now = who.now();
    let known = who.network(address)?;
    let network = match &known {
        Known::Is(network) => Some(Arc::clone(network)),
        Known::Nothing | Known::Unknown => None,
    };
    let said = |tell: &dyn Fn(&Network) -> Option<String>| network.as_deref().and_then(tell);
    let registered = network.as_deref().filter(|network| network.special.is_none());
    let source = registered.map(|network| {
        let age = age(now, network.fetched);
        let stale =
            if network.is_stale(now) { ", which is too old: `--resolve` asks again" } else { "" };
        format!("{}, asked {age}{stale}", network.registry)
    });
    let source = source.or_else(|| said(&|network| Some(network.special?.source.to_owned())));
    Ok(Part {
        title: "network",
        text: known.map(|network| in_words(&network)),
        nothing: "none, as the registry says".to_owned(),
        source,
        remedy: Fact::NetworkName.remedy(),
        values: vec![
            ("network", said(&|network| network.title().map(str::to_owned))),
            ("network_owner", said(&|network| network.owner.clone())),
            ("network_range", said(&|network| Some(range(network)))),
            ("network_handle", said(&|network| network.handle.clone())),
            ("network_country", said(&|network| network.country.clone())),
            ("abuse", said(&|network| network.abuse.clone())),
            ("registry", said(&|network| Some(network.registry.clone()))),
            ("network_as_of", registered.map(|network| moment(network.fetched))),
            ("special_purpose", said(&|network| Some(network.special?.name.to_owned()))),
        ],
    })
}

fn country(who: &Who, address: IpAddr) -> Result<Part> {
    let known =
        if special::find(address).is_some() { Known::Nothing } else { who.geo()?.country(address) };
    let country = known.map(|country| country.to_string());
    let file = who.geo()?.country_file();
    Ok(Part {
        title: "country",
        nothing: "none".to_owned(),
        source: file.filter(|_| matches!(country, Known::Is(_))).map(from_file),
        remedy: Fact::Country.remedy(),
        values: vec![("country", country.clone().value())],
        text: country,
    })
}

fn system(who: &Who, address: IpAddr) -> Result<Part> {
    let known = unless_special(who.geo()?.autonomous_system(address), address);
    let system = known.clone().value();
    let name = system.as_ref().map(|system| system.name.to_string());
    let file = who.geo()?.system_file();
    Ok(Part {
        title: "system",
        nothing: "no autonomous system announces it".to_owned(),
        source: file.filter(|_| system.is_some()).map(from_file),
        remedy: Fact::AutonomousSystem.remedy(),
        values: vec![
            ("asn", system.as_ref().map(|system| system.number.to_string())),
            ("as_name", name.filter(|name| !name.is_empty())),
        ],
        text: known.map(|system| system.to_string()),
    })
}

fn aws(who: &Who, address: IpAddr) -> Result<Part> {
    let known = unless_special(who.aws_range(address)?, address);
    let range = known.clone().value();
    let ranges = who.aws_ranges()?.filter(|_| range.is_some());
    Ok(Part {
        title: "AWS",
        nothing: "none of AWS's ranges".to_owned(),
        source: ranges.map(|(file, _)| from_file(file)),
        remedy: Fact::AwsService.remedy(),
        values: vec![
            ("aws_service", range.as_ref().map(|range| range.service.clone())),
            ("aws_region", range.as_ref().map(|range| range.region.clone())),
            ("aws_range", range.as_ref().map(|range| range.prefix.to_string())),
        ],
        text: known.map(|range| {
            format!("{} in {}, {}", range.services.join(", "), range.region, range.prefix)
        }),
    })
}

fn threats(who: &Who, address: IpAddr) -> Result<Part> {
    let threats = who.threats()?;
    let found = threats.and_then(|threats| threats.find(address));
    let lists = found.as_ref().map(|threat| threat.lists.join(", "));
    let note = found.as_ref().and_then(|threat| threat.note.clone());
    let text = found.as_ref().zip(lists.as_ref()).map(|(threat, lists)| {
        let note = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        format!("on {lists} with {}{note}", threat.network)
    });
    Ok(Part {
        title: "threat lists",
        text: match (text, threats) {
            (Some(text), _) => Known::Is(text),
            (None, Some(_)) => Known::Nothing,
            (None, None) => Known::Unknown,
        },
        nothing: match threats.map_or(0, |threats| threats.lists().len()) {
            1 => "not on the one at hand".to_owned(),
            count => format!("on none of the {count} at hand"),
        },
        source: None,
        remedy: Fact::ThreatList.remedy(),
        values: vec![("threat_lists", lists), ("threat_note", note)],
    })
}

fn name(who: &Who, names: Option<&Known<Named>>) -> Part {
    let known = names.cloned().unwrap_or(Known::Unknown);
    let named = known.clone().value();
    let best = named.as_ref().and_then(Named::best);
    let bot = named.as_ref().and_then(Named::operator);
    let text = best.map(|best| match (best.is_confirmed, bot) {
        (true, Some(bot)) => format!("{}, which leads back to it: one of {bot}'s", best.name),
        (true, None) => format!("{}, which leads back to it", best.name),
        (false, _) => format!("{}, which does not lead back to it", best.name),
    });
    Part {
        title: "name",
        text: match (text, known) {
            (Some(text), _) => Known::Is(text),
            (None, Known::Unknown) => Known::Unknown,
            (None, _) => Known::Nothing,
        },
        nothing: "none in the DNS".to_owned(),
        source: named.as_ref().map(|named| format!("asked {}", age(who.now(), named.asked))),
        remedy: "`--resolve` asks the DNS",
        values: vec![
            ("host_name", best.map(|best| best.name.clone())),
            ("host_name_confirmed", best.map(|best| best.is_confirmed.to_string())),
            ("verified_bot", bot.map(str::to_owned)),
        ],
    }
}

/// What is known, or that there is nothing where nothing is known of an address with a purpose of its own.
fn unless_special<T>(known: Known<T>, address: IpAddr) -> Known<T> {
    match known {
        Known::Unknown if special::find(address).is_some() => Known::Nothing,
        known => known,
    }
}

/// A network in a line: its name and holder, its addresses, its country, and where abuse is reported.
fn in_words(network: &Network) -> String {
    let title = network.title().unwrap_or("without a name");
    let owner = network.owner.as_deref().filter(|owner| *owner != title);
    let abuse = network.abuse.as_ref().map(|abuse| format!("abuse to {abuse}"));
    let parts = [
        Some(title.to_owned()),
        owner.map(str::to_owned),
        Some(range(network)),
        network.country.clone(),
        abuse,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// A network's addresses: a CIDR if it is one, else the first and the last address.
fn range(network: &Network) -> String {
    match network.cidrs().as_slice() {
        [cidr] => cidr.to_string(),
        _ => format!("{} - {}", network.start, network.end),
    }
}

/// Which file says so, of when it is, and under which licence.
fn from_file(file: &DataFile) -> String {
    let date = moment(file.date.unwrap_or(file.fetched));
    let date = date.get(..10).unwrap_or(&date);
    let licence = file.attribution.as_ref().or(file.licence.as_ref());
    let licence = licence.map(|licence| format!(", {licence}")).unwrap_or_default();
    format!("{} of {date}{licence}", file.name)
}

fn age(now: i64, then: i64) -> String {
    match now.saturating_sub(then).max(0) / 86_400 {
        0 => "within a day".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    }
}

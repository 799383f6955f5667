//! Which interfaces are NAT gateways.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use floodmark_engine::Result;
use floodmark_who::Fact;

use crate::answer::Rows;
use crate::cost::answer::{Gateway, ToldBy};
use crate::cost::span::Span;
use crate::counting::own::PRIVATE;
use crate::counting::{LoggedInterface, is_in};
use crate::limits::{ADDRESSES_LISTED_MAX, GATEWAYS_MAX};
use crate::naming::seconds;
use crate::subject::Subject;
use crate::window::Window;

/// The purposes of interfaces that NAT gateways have.
const PURPOSES: [&str; 2] = ["nat_gateway", "regional_nat_gateway"];

/// The interface that stands for all regional NAT gateways, whose own ids are in another column.
pub(super) const REGIONAL: &str = "-";

/// How the inventory begins the name of a NAT gateway.
const NAMED: &str = "NAT gateway";

/// The NAT gateways of a log.
#[derive(Clone, Debug, Default)]
pub(super) struct Gateways {
    /// Each that was found, in the order of their ids.
    pub(super) found: Vec<Gateway>,
    /// What is to be said about it.
    pub(super) notes: Vec<String>,
}

/// Finds the NAT gateways: those that the user names, else those that the log or the inventory names, else those that behave so.
pub(super) async fn find(
    subject: &Subject<'_>,
    windows: &[Window],
    named: &[String],
    interfaces: &[LoggedInterface],
    span: &Span,
) -> Result<Gateways> {
    let names = inventory_names(subject, interfaces, span)?;
    if !named.is_empty() {
        return Ok(by_user(named, interfaces, &names));
    }
    let gateway = |interface: &LoggedInterface, told_by| Gateway {
        id: interface.name.clone(),
        name: names.get(&interface.name).cloned(),
        addresses: interface.addresses.clone(),
        told_by,
    };
    let mut gateways = Gateways::default();
    let mut behaving = Vec::new();
    for interface in interfaces {
        let purpose = interface.purpose.as_deref();
        if purpose.is_some_and(|purpose| PURPOSES.contains(&purpose)) {
            gateways.found.push(gateway(interface, ToldBy::Log));
        } else if names.get(&interface.name).is_some_and(|name| name.starts_with(NAMED)) {
            gateways.found.push(gateway(interface, ToldBy::Inventory));
        } else if interface.translates && purpose.is_none() && span.with_purpose < span.flows {
            behaving.push(interface);
        }
    }
    let behaving = behaving_like_nat(subject, windows, &behaving).await?;
    for interface in interfaces.iter().filter(|interface| behaving.contains(&interface.name)) {
        if interface.has_instance {
            gateways.notes.push(format!(
                "The interface {} of an instance translates addresses as a NAT gateway does: a NAT instance has no price a GB, \
                 and is left out.",
                interface.name
            ));
        } else {
            gateways.found.push(gateway(interface, ToldBy::Behaviour));
        }
    }
    gateways.found.sort_by(|one, other| one.id.cmp(&other.id));
    if gateways.found.len() > GATEWAYS_MAX {
        gateways.notes.push(format!(
            "There are {} NAT gateways; the first {GATEWAYS_MAX} are counted: choose others with `--nat`.",
            gateways.found.len()
        ));
        gateways.found.truncate(GATEWAYS_MAX);
    }
    Ok(gateways)
}

/// The gateways that the user names by interface, by address, or by the id that the inventory knows.
fn by_user(
    named: &[String],
    interfaces: &[LoggedInterface],
    names: &BTreeMap<String, String>,
) -> Gateways {
    let mut gateways = Gateways::default();
    for id in named {
        let is_it = |interface: &&LoggedInterface| {
            interface.name == *id
                || interface.addresses.contains(id)
                || names
                    .get(&interface.name)
                    .is_some_and(|name| name.split_whitespace().any(|word| word == id))
        };
        let (id, name, addresses) = match interfaces.iter().find(is_it) {
            Some(found) => (&found.name, names.get(&found.name).cloned(), found.addresses.clone()),
            // An address can be counted wherever it stands, whoever logged it.
            None if id.parse::<IpAddr>().is_ok() => (id, None, vec![id.clone()]),
            None => (id, None, Vec::new()),
        };
        if gateways.found.iter().all(|known| known.id != *id) {
            let id = id.clone();
            gateways.found.push(Gateway { id, name, addresses, told_by: ToldBy::User });
        }
    }
    gateways.found.truncate(GATEWAYS_MAX);
    gateways
}

/// What the inventory calls the interfaces as of the end of the records, by interface. Reads no log.
fn inventory_names(
    subject: &Subject<'_>,
    interfaces: &[LoggedInterface],
    span: &Span,
) -> Result<BTreeMap<String, String>> {
    let at = span.window.map(|window| seconds(window.end));
    let who = subject.who();
    let mut names = BTreeMap::new();
    for interface in interfaces {
        let mut name = who.interface_by_id(&interface.name, at)?.value();
        for address in interface.addresses.iter().filter_map(|address| address.parse().ok()) {
            if name.is_none() {
                name = who.tell(Fact::Interface, address, at)?.value();
            }
        }
        if let Some(name) = name {
            names.insert(interface.name.clone(), name.to_string());
        }
    }
    Ok(names)
}

/// Of interfaces that translate addresses, those whose own port to the outside is mostly the higher one: a NAT gateway chooses one above
/// 1023, where a load balancer answers at the port of its service.
async fn behaving_like_nat(
    subject: &Subject<'_>,
    windows: &[Window],
    interfaces: &[&LoggedInterface],
) -> Result<BTreeSet<String>> {
    let candidates: Vec<_> = (interfaces.iter())
        .flat_map(|interface| {
            let own = interface.addresses.iter();
            own.map(move |address| format!("{} {address}", interface.name))
        })
        .take(ADDRESSES_LISTED_MAX)
        .collect();
    if candidates.is_empty() {
        return Ok(BTreeSet::new());
    }
    let own = |address: &str| {
        let pairs = candidates.iter().map(String::as_str);
        is_in(&format!("interface_id || ' ' || {address}"), pairs)
    };
    // With packet addresses the leg to the outside is the one whose records bear those of the packets.
    let outer = |peer: &str| {
        format!(
            "coalesce(nullif(pkt_srcaddr, '-') = srcaddr AND nullif(pkt_dstaddr, '-') = dstaddr, NOT regexp_like({peer}, '{PRIVATE}'))"
        )
    };
    let outgoing = format!("{} AND {}", own("srcaddr"), outer("dstaddr"));
    let incoming = format!("{} AND {}", own("dstaddr"), outer("srcaddr"));
    let sql = format!(
        "SELECT interface_id, \
         count_if(({outgoing} AND srcport > dstport) OR ({incoming} AND dstport > srcport)) AS higher, \
         count_if(({outgoing}) OR ({incoming})) AS flows\n{}\nGROUP BY 1",
        subject.from(windows)
    );
    let mut rows = Rows::ask(subject, &sql, 1).await?;
    let mut found = BTreeSet::new();
    while let Some(batch) = rows.next().await? {
        for row in batch.rows() {
            let number = |column| batch.number(column, row).unwrap_or(0.0);
            if let [Some(name)] = batch.texts(row).as_slice()
                && 2.0 * number(1) > number(2)
            {
                found.insert(name.clone());
            }
        }
    }
    Ok(found)
}

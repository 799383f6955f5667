//! Which interfaces are NAT gateways.

use std::collections::BTreeSet;
use std::net::IpAddr;

use floodmark_engine::Result;
use floodmark_who::inventory::Kind;

use crate::answer::Rows;
use crate::cost::answer::{Gateway, ToldBy};
use crate::cost::inventory::Inventoried;
use crate::cost::span::Span;
use crate::counting::own::PRIVATE;
use crate::counting::{LoggedInterface, is_in};
use crate::limits::{ADDRESSES_LISTED_MAX, GATEWAYS_MAX};
use crate::subject::Subject;
use crate::window::Window;

/// The purposes of interfaces that NAT gateways have.
const PURPOSES: [&str; 2] = ["nat_gateway", "regional_nat_gateway"];

/// The interface that stands for all regional NAT gateways, whose own ids are in another column.
pub(super) const REGIONAL: &str = "-";

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
    inventory: &Inventoried,
    span: &Span,
) -> Result<Gateways> {
    if !named.is_empty() {
        return Ok(by_user(named, interfaces, inventory));
    }
    let gateway = |interface: &LoggedInterface, told_by| Gateway {
        id: interface.name.clone(),
        name: inventory.get(&interface.name).map(|known| known.name.clone()),
        addresses: interface.addresses.clone(),
        told_by,
    };
    let mut gateways = Gateways::default();
    let mut behaving = Vec::new();
    for interface in interfaces {
        let purpose = interface.purpose.as_deref();
        if purpose.is_some_and(|purpose| PURPOSES.contains(&purpose)) {
            gateways.found.push(gateway(interface, ToldBy::Log));
        } else if inventory.get(&interface.name).is_some_and(|known| known.kind == Kind::NatGateway)
        {
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
fn by_user(named: &[String], interfaces: &[LoggedInterface], inventory: &Inventoried) -> Gateways {
    let mut gateways = Gateways::default();
    for id in named {
        let is_it = |interface: &&LoggedInterface| {
            interface.name == *id
                || interface.addresses.contains(id)
                || (inventory.get(&interface.name))
                    .is_some_and(|known| known.resource.as_ref() == Some(id))
        };
        let (id, name, addresses) = match interfaces.iter().find(is_it) {
            Some(found) => (
                &found.name,
                inventory.get(&found.name).map(|known| known.name.clone()),
                found.addresses.clone(),
            ),
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
        // Whatever the condition: it may hide one of the two legs.
        subject.without_condition().from(windows)
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

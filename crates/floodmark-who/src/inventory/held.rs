//! What one snapshot holds, by what it is looked up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::inventory::snapshot::{Content, NatGatewayRecord};
use crate::inventory::{Counts, Interface};

/// What one snapshot holds, by what it is looked up.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) counts: Counts,
    pub(super) ranges: Vec<IpNet>,
    pub(super) by_id: HashMap<String, Arc<Interface>>,
    by_address: HashMap<IpAddr, Vec<Arc<Interface>>>,
    by_prefix: HashMap<IpNet, Vec<Arc<Interface>>>,
    /// The lengths of the prefixes that occur, for IPv4 and IPv6 together.
    prefix_lengths: Vec<u8>,
}

/// The NAT gateways of a snapshot by the ids of their interfaces.
#[derive(Default)]
pub(super) struct NatGateways<'a>(BTreeMap<&'a str, &'a str>);

impl Held {
    pub(super) fn of(content: &Content) -> Self {
        let mut held = Self {
            counts: Counts::of(content),
            ranges: Vec::new(),
            by_id: HashMap::new(),
            by_address: HashMap::new(),
            by_prefix: HashMap::new(),
            prefix_lengths: Vec::new(),
        };
        let of_vpcs = content.vpcs.values().flat_map(|vpc| &vpc.ranges);
        let of_subnets = content.subnets.values().flat_map(|subnet| &subnet.ranges);
        held.ranges.extend(of_vpcs.chain(of_subnets));
        let holders = NatGateways::of(content);
        let interfaces =
            content.interfaces.iter().map(|record| Interface::of(record, content, &holders));
        let shown: HashSet<_> = content.interfaces.iter().map(|record| &record.id).collect();
        let hidden = |one: &NatGatewayRecord| !one.interfaces.iter().any(|id| shown.contains(id));
        let gateways = content.nat_gateways.iter().filter(|(_, one)| hidden(one));
        let gateways = gateways.map(|(id, one)| Interface::of_gateway(id, one, content));
        for interface in interfaces.chain(gateways).map(Arc::new) {
            held.ranges.extend(interface.public_addresses.iter().copied().map(IpNet::from));
            for address in interface.addresses.iter().chain(&interface.public_addresses) {
                held.by_address.entry(*address).or_default().push(Arc::clone(&interface));
            }
            for prefix in &interface.prefixes {
                held.by_prefix.entry(prefix.trunc()).or_default().push(Arc::clone(&interface));
                held.prefix_lengths.push(prefix.prefix_len());
            }
            held.by_id.insert(interface.id.clone(), interface);
        }
        held.prefix_lengths.sort_unstable();
        held.prefix_lengths.dedup();
        held
    }

    /// The interfaces that have an address, if there are any.
    pub(super) fn at(&self, address: IpAddr) -> Option<Vec<Arc<Interface>>> {
        if let Some(found) = self.by_address.get(&address) {
            return Some(found.clone());
        }
        let lengths = self.prefix_lengths.iter().rev();
        let ranges = lengths.filter_map(|length| IpNet::new(address, *length).ok());
        ranges.map(|range| range.trunc()).find_map(|range| self.by_prefix.get(&range).cloned())
    }
}

impl<'a> NatGateways<'a> {
    pub(super) fn of(content: &'a Content) -> Self {
        let gateways = content.nat_gateways.iter();
        let pairs = gateways.flat_map(|(id, gateway)| {
            gateway.interfaces.iter().map(move |interface| (interface.as_str(), id.as_str()))
        });
        Self(pairs.collect())
    }

    /// The id of the gateway that holds an interface.
    pub(super) fn of_interface(&self, id: &str) -> Option<&'a str> {
        self.0.get(id).copied()
    }
}

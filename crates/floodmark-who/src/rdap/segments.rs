//! Networks by address, in memory.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::rdap::Network;

/// Ranges of addresses that do not overlap, each with its network.
///
/// A network within another one has its addresses, and the wider one the rest.
#[derive(Debug, Default)]
pub(super) struct Segments {
    /// By the first address: the last one, and whose they are.
    by_start: BTreeMap<u128, (u128, Arc<Network>)>,
}

impl Segments {
    /// The most exact network that holds the address.
    pub(super) fn find(&self, address: IpAddr) -> Option<&Arc<Network>> {
        let address = number(address);
        let (_, (end, network)) = self.by_start.range(..=address).next_back()?;
        (address <= *end).then_some(network)
    }

    /// The network that all addresses from the first to the last one share.
    pub(super) fn find_all(&self, first: IpAddr, last: IpAddr) -> Option<&Arc<Network>> {
        let (_, (end, network)) = self.by_start.range(..=number(first)).next_back()?;
        (number(last) <= *end).then_some(network)
    }

    /// Puts a network in. Where it meets others, the narrower one has the addresses, of equal ones the newer one; and a narrow one
    /// that was stale when this one was fetched is gone.
    pub(super) fn insert(&mut self, network: &Arc<Network>) {
        let (start, end) = (number(network.start), number(network.end));
        let before = self.by_start.range(..start).next_back();
        let first = before.filter(|(_, (last, _))| *last >= start).map_or(start, |(at, _)| *at);
        let met = self.by_start.range(first..=end);
        let met: Vec<_> = met.map(|(at, (last, owner))| (*at, *last, Arc::clone(owner))).collect();
        let mut next = Some(start);
        for (at, last, owner) in met {
            if width(&owner) < width(network) && !owner.is_stale(network.fetched) {
                if let Some(from) = next.filter(|from| *from < at) {
                    self.by_start.insert(from, (at - 1, Arc::clone(network)));
                }
                next = last.checked_add(1);
                continue;
            }
            self.by_start.remove(&at);
            if at < start {
                self.by_start.insert(at, (start - 1, Arc::clone(&owner)));
            }
            if last > end {
                self.by_start.insert(end + 1, (last, owner));
            }
        }
        if let Some(from) = next.filter(|from| *from <= end) {
            self.by_start.insert(from, (end, Arc::clone(network)));
        }
    }
}

/// An address as a number; IPv4 addresses where IPv6 has them.
pub(super) fn number(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn width(network: &Network) -> u128 {
    number(network.end) - number(network.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(name: &str, start: &str, end: &str, fetched: i64) -> Arc<Network> {
        let mut network = Network::new(start.parse().unwrap(), end.parse().unwrap(), fetched);
        network.name = Some(name.to_owned());
        Arc::new(network)
    }

    fn name(segments: &Segments, address: &str) -> String {
        let found = segments.find(address.parse().unwrap());
        found.and_then(|network| network.name.clone()).unwrap_or_default()
    }

    /// The slow way to the same answer.
    fn expected(networks: &[Arc<Network>], address: IpAddr) -> Option<&Arc<Network>> {
        let holds = |network: &&Arc<Network>| {
            (number(network.start)..=number(network.end)).contains(&number(address))
        };
        let holding = networks.iter().enumerate().filter(|(_, network)| holds(network));
        holding
            .min_by_key(|(at, network)| (width(network), usize::MAX - at))
            .map(|(_, found)| found)
    }

    #[test]
    fn the_narrower_network_answers_in_any_order() {
        // A small generator of our own, so that each run sees the same ranges.
        let mut state = 7_u32;
        let mut draw = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        for _ in 0..200 {
            let mut segments = Segments::default();
            let mut networks = Vec::new();
            for at in 0..20 {
                let start = draw(200);
                let end = start + draw(56);
                let [start, end] = [start, end].map(|last| format!("192.0.2.{last}"));
                let network = network(&at.to_string(), &start, &end, 0);
                segments.insert(&network);
                networks.push(network);
            }
            for last in 0..=255 {
                let address: IpAddr = format!("192.0.2.{last}").parse().unwrap();
                let found = segments.find(address).map(|network| network.name.clone());
                let wanted = expected(&networks, address).map(|network| network.name.clone());
                assert_eq!(found, wanted, "{address} in {networks:?}");
            }
        }
    }

    #[test]
    fn a_stale_network_gives_way_to_a_wider_new_one() {
        let mut segments = Segments::default();
        segments.insert(&network("old", "198.51.100.0", "198.51.100.255", 0));
        segments.insert(&network("young", "198.51.102.0", "198.51.102.255", 90 * 86_400));
        segments.insert(&network("wide", "198.51.100.0", "198.51.103.255", 90 * 86_400));
        assert_eq!(name(&segments, "198.51.100.1"), "wide");
        assert_eq!(name(&segments, "198.51.102.1"), "young");
        assert_eq!(name(&segments, "::ffff:198.51.103.1"), "wide");
        assert_eq!(name(&segments, "198.51.104.1"), "");
    }

    #[test]
    fn the_ends_of_the_address_space_are_addresses_too() {
        let mut segments = Segments::default();
        let last = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        segments.insert(&network("last", last, last, 0));
        segments.insert(&network("high", "ffff::", last, 0));
        assert_eq!(name(&segments, last), "last");
        assert_eq!(name(&segments, "ffff::1"), "high");
        segments.insert(&network("first", "::", "::1", 0));
        assert_eq!(name(&segments, "::"), "first");
    }
}

//! Which address is an interface's own, where its records do not tell their direction.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A few records of an interface, each with its two addresses.
#[derive(Clone, Debug)]
pub(super) struct Pairs {
    /// The interface.
    pub(super) interface: String,
    /// Sender and receiver of some records, `A B` each.
    pub(super) pairs: Vec<String>,
}

/// The addresses that are an interface's own: those that stand in most of its records.
///
/// Where an interface has one peer only, both addresses stand in as many. Then its own is the one that no other
/// interface has; if that does not tell, the private one, and at last the smaller one: whichever it is, a record counts once.
pub(super) fn own_addresses(interfaces: &[Pairs]) -> Vec<(String, String)> {
    let mut owned = Vec::new();
    let mut open = Vec::new();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for Pairs { interface, pairs } in interfaces {
        let candidates = candidates(pairs);
        match candidates.as_slice() {
            [] => {}
            [only] => {
                taken.insert(only.clone(), interface.clone());
                owned.push((interface.clone(), only.clone()));
            }
            _ => open.push((interface, candidates)),
        }
    }
    for (interface, mut candidates) in open {
        candidates.sort_by_key(|address| {
            let is_taken = taken.get(address).is_some_and(|by| by != interface);
            (is_taken, !is_private(address), address.clone())
        });
        if let Some(address) = candidates.into_iter().next() {
            taken.insert(address.clone(), interface.clone());
            owned.push((interface.clone(), address));
        }
    }
    owned
}

/// The addresses that stand in the most pairs, if those are more than half of them.
///
/// Pairs with an address that is no host's, such as a broadcast one, say nothing about the interface.
fn candidates(pairs: &[String]) -> Vec<String> {
    let between_hosts = pairs.iter().filter(|pair| pair.split(' ').all(is_of_a_host));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for pair in between_hosts {
        all += 1;
        for address in pair.split(' ').collect::<BTreeSet<_>>() {
            *counts.entry(address).or_default() += 1;
        }
    }
    let most = counts.values().copied().max().unwrap_or_default();
    if 2 * most <= all {
        return Vec::new();
    }
    let best = counts.into_iter().filter(|(_, count)| *count == most);
    best.map(|(address, _)| address.to_owned()).collect()
}

/// Whether an address is one host's.
fn is_of_a_host(address: &str) -> bool {
    let is_broadcast = matches!(address.parse(), Ok(IpAddr::V4(address)) if address.is_broadcast());
    let is_of_many = |address: IpAddr| address.is_multicast() || address.is_unspecified();
    !is_broadcast && !address.parse().is_ok_and(is_of_many)
}

/// The pattern of private addresses, for `regexp_like` (RFC 1918, RFC 6598, RFC 4193).
pub(crate) const PRIVATE: &str = r"^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|[fF][cCdD])";

/// Whether an address is a private one, as [`PRIVATE`] has it.
fn is_private(address: &str) -> bool {
    match address.parse() {
        Ok(IpAddr::V4(address)) => {
            let [first, second, ..] = address.octets();
            address.is_private() || (first == 100 && (64..128).contains(&second))
        }
        Ok(IpAddr::V6(address)) => address.octets()[0] & 0xfe == 0xfc,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(interfaces: &[(&str, &[&str])]) -> BTreeMap<String, String> {
        let pairs: Vec<_> = (interfaces.iter())
            .map(|(interface, pairs)| Pairs {
                interface: (*interface).to_owned(),
                pairs: pairs.iter().map(|pair| (*pair).to_owned()).collect(),
            })
            .collect();
        own_addresses(&pairs).into_iter().collect()
    }

    #[test]
    fn the_address_in_all_records_is_the_interfaces_own() {
        let own = own(&[("eni-1", &["10.0.0.1 192.0.2.1", "192.0.2.9 10.0.0.1"])]);
        assert_eq!(own["eni-1"], "10.0.0.1");
    }

    #[test]
    fn of_two_that_stand_everywhere_it_is_the_one_that_is_nobody_elses() {
        let own = own(&[
            ("eni-1", &["10.0.0.2 10.0.0.1", "10.0.0.1 10.0.0.2"]),
            ("eni-2", &["10.0.0.2 10.0.0.1", "10.0.0.2 192.0.2.1"]),
            ("eni-3", &["192.0.2.1 10.0.0.3", "10.0.0.3 192.0.2.1"]),
        ]);
        assert_eq!(own["eni-1"], "10.0.0.1");
        assert_eq!(own["eni-2"], "10.0.0.2");
        assert_eq!(own["eni-3"], "10.0.0.3", "the private one");
    }

    #[test]
    fn a_broadcast_says_nothing_about_an_interface() {
        let own = own(&[(
            "eni-1",
            &[
                "0.0.0.0 255.255.255.255",
                "10.0.0.9 224.0.0.251",
                "10.0.0.1 192.0.2.1",
                "192.0.2.9 10.0.0.1",
            ],
        )]);
        assert_eq!(own["eni-1"], "10.0.0.1");
    }

    #[test]
    fn an_interface_that_passes_on_what_is_not_its_own_has_none() {
        assert!(own(&[("eni-1", &["10.0.0.2 10.0.0.1", "10.0.0.7 192.0.2.1"])]).is_empty());
    }
}

//! Networks within networks, each with a value, all of which hold an address.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::ranges::{Ranges, RangesBuilder};

/// Networks of which one may hold others: an address has a chain of them, from the smallest to the largest.
#[derive(Clone, Debug)]
pub struct Nested<T> {
    entries: Vec<Entry<T>>,
    smallest: Ranges<u32>,
}

/// Takes networks in any order.
#[derive(Clone, Debug)]
pub struct NestedBuilder<T> {
    given: Vec<(IpNet, T)>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    network: IpNet,
    value: T,
    /// The next larger network that holds this one, by its place in the list.
    parent: Option<u32>,
}

impl<T> NestedBuilder<T> {
    /// No network yet.
    pub fn new() -> Self {
        Self { given: vec![] }
    }

    /// Adds a network; bits of the host are cut off.
    pub fn add(&mut self, network: IpNet, value: T) {
        self.given.push((network.trunc(), value));
    }

    /// How many were added.
    pub fn len(&self) -> usize {
        self.given.len()
    }

    /// Whether none was added.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// The networks with their chains.
    pub fn build(mut self) -> Nested<T> {
        // Stable: of equal networks the later is the smaller one.
        self.given.sort_by_key(|(network, _)| (network.network(), network.prefix_len()));
        let mut entries: Vec<Entry<T>> = Vec::with_capacity(self.given.len());
        let mut smallest = RangesBuilder::new();
        let mut around: Vec<u32> = vec![];
        for (number, (network, value)) in (0_u32..).zip(self.given) {
            while around
                .last()
                .is_some_and(|last| !entries[*last as usize].network.contains(&network))
            {
                around.pop();
            }
            smallest.add(network.network(), network.broadcast(), number);
            entries.push(Entry { network, value, parent: around.last().copied() });
            around.push(number);
        }
        Nested { entries, smallest: smallest.build() }
    }
}

impl<T> Default for NestedBuilder<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Nested<T> {
    /// The networks that hold an address, the smallest first; of equal ones first the one that was added later.
    pub fn find_all(&self, address: IpAddr) -> impl Iterator<Item = (IpNet, &T)> {
        self.chain(self.smallest.find(address).copied())
    }

    /// A network of the list by its place, and all that hold it, the smallest first.
    pub fn chain(&self, number: Option<u32>) -> impl Iterator<Item = (IpNet, &T)> {
        let entry =
            |number: Option<u32>| number.and_then(|number| self.entries.get(number as usize));
        std::iter::successors(entry(number), move |last| entry(last.parent))
            .map(|entry| (entry.network, &entry.value))
    }

    /// All networks, in the order of their addresses, a larger one before those that it holds.
    pub fn iter(&self) -> impl Iterator<Item = (IpNet, &T)> {
        self.entries.iter().map(|entry| (entry.network, &entry.value))
    }

    /// How many networks there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_all_networks_that_hold_it() {
        let mut builder = NestedBuilder::new();
        for (network, value) in [
            ("10.1.0.0/16", "b"),
            ("2001:db8::/32", "six"),
            ("10.0.0.0/8", "a"),
            ("10.1.2.3/32", "d"),
            ("10.1.0.0/16", "c"),
            ("192.0.2.9/24", "e"),
        ] {
            builder.add(network.parse().unwrap(), value);
        }
        let nested = builder.build();
        let found = |text: &str| {
            let all = nested.find_all(text.parse().unwrap());
            all.map(|(_, value)| *value).collect::<String>()
        };
        assert_eq!(found("10.1.2.3"), "dcba");
        assert_eq!(found("10.1.2.4"), "cba");
        assert_eq!(found("10.2.0.0"), "a");
        assert_eq!(found("192.0.2.1"), "e");
        assert_eq!(found("2001:db8::1"), "six");
        assert_eq!(found("11.0.0.0"), "");
        assert_eq!(nested.len(), 6);
    }
}

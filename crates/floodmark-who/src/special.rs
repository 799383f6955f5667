//! Addresses that belong to nobody's network, because a standard gives them a purpose.
//!
//! From IANA's registries of special-purpose addresses (RFC 6890 and what updates it), of multicast, and of address space that
//! is not given out; and the link-local addresses at which AWS answers inside of a VPC.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use ipnet::IpNet;

use crate::rdap::Network;

/// A range of addresses with a purpose of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Special {
    /// The range, as a CIDR.
    pub range: &'static str,
    /// What it is for, in a few words.
    pub name: &'static str,
    /// The document that says so.
    pub source: &'static str,
}

impl Special {
    /// Whether AWS answers there, inside of a VPC.
    pub fn is_of_aws(&self) -> bool {
        self.source == AWS
    }
}

/// All of them. A range within another one is the more exact answer, wherever it stands.
pub const ALL: &[Special] = &[
    special("0.0.0.0/8", "this network", "RFC 791"),
    special("0.0.0.0/32", "no address", "RFC 1122"),
    special("10.0.0.0/8", "private use", "RFC 1918"),
    special("100.64.0.0/10", "shared address space of carriers", "RFC 6598"),
    special("127.0.0.0/8", "loopback", "RFC 1122"),
    special("169.254.0.0/16", "link local", "RFC 3927"),
    special("169.254.169.123/32", "Amazon Time Sync Service", AWS),
    special("169.254.169.253/32", "Amazon DNS server", AWS),
    special("169.254.169.254/32", "EC2 instance metadata", AWS),
    special("169.254.170.2/32", "ECS task metadata", AWS),
    special("169.254.170.23/32", "EKS Pod Identity agent", AWS),
    special("172.16.0.0/12", "private use", "RFC 1918"),
    special("192.0.0.0/24", "IETF protocol assignments", "RFC 6890"),
    special("192.0.0.0/29", "IPv4 service continuity", "RFC 7335"),
    special("192.0.0.8/32", "IPv4 dummy address", "RFC 7600"),
    special("192.0.0.9/32", "Port Control Protocol anycast", "RFC 7723"),
    special("192.0.0.10/32", "relays around NAT, anycast", "RFC 8155"),
    special("192.0.0.170/31", "discovery of NAT64 and DNS64", "RFC 7050"),
    special("192.0.2.0/24", "documentation", "RFC 5737"),
    special("192.31.196.0/24", "AS112 service", "RFC 7535"),
    special("192.52.193.0/24", "automatic multicast tunnels", "RFC 7450"),
    special("192.88.99.0/24", "6to4 relay anycast, deprecated", "RFC 7526"),
    special("192.168.0.0/16", "private use", "RFC 1918"),
    special("192.175.48.0/24", "AS112 service, direct delegation", "RFC 7534"),
    special("198.18.0.0/15", "benchmarking", "RFC 2544"),
    special("198.51.100.0/24", "documentation", "RFC 5737"),
    special("203.0.113.0/24", "documentation", "RFC 5737"),
    special("224.0.0.0/4", "multicast", "RFC 5771"),
    special("240.0.0.0/4", "reserved", "RFC 1112"),
    special("255.255.255.255/32", "limited broadcast", "RFC 919"),
    special("::/8", "reserved", RESERVED_IPV6),
    special("::/128", "no address", "RFC 4291"),
    special("::1/128", "loopback", "RFC 4291"),
    special("::ffff:0:0/96", "IPv4-mapped", "RFC 4291"),
    special("64:ff9b::/96", "NAT64", "RFC 6052"),
    special("64:ff9b:1::/48", "NAT64, local use", "RFC 8215"),
    special("100::/8", "reserved", RESERVED_IPV6),
    special("100::/64", "discard only", "RFC 6666"),
    special("100:0:0:1::/64", "dummy prefix", "RFC 9780"),
    special("200::/7", "reserved", RESERVED_IPV6),
    special("400::/6", "reserved", RESERVED_IPV6),
    special("800::/5", "reserved", RESERVED_IPV6),
    special("1000::/4", "reserved", RESERVED_IPV6),
    special("2001::/23", "IETF protocol assignments", "RFC 2928"),
    special("2001::/32", "Teredo", "RFC 4380"),
    special("2001:1::1/128", "Port Control Protocol anycast", "RFC 7723"),
    special("2001:1::2/128", "relays around NAT, anycast", "RFC 8155"),
    special("2001:1::3/128", "service registration by DNS, anycast", "RFC 9665"),
    special("2001:2::/48", "benchmarking", "RFC 5180"),
    special("2001:3::/32", "automatic multicast tunnels", "RFC 7450"),
    special("2001:4:112::/48", "AS112 service", "RFC 7535"),
    special("2001:10::/28", "ORCHID, deprecated", "RFC 4843"),
    special("2001:20::/28", "ORCHIDv2", "RFC 7343"),
    special("2001:30::/28", "remote identification of drones", "RFC 9374"),
    special("2001:db8::/32", "documentation", "RFC 3849"),
    special("2002::/16", "6to4", "RFC 3056"),
    special("2620:4f:8000::/48", "AS112 service, direct delegation", "RFC 7534"),
    special("3fff::/20", "documentation", "RFC 9637"),
    special("4000::/3", "reserved", RESERVED_IPV6),
    special("5f00::/16", "segment routing identifiers", "RFC 9602"),
    special("6000::/3", "reserved", RESERVED_IPV6),
    special("8000::/3", "reserved", RESERVED_IPV6),
    special("a000::/3", "reserved", RESERVED_IPV6),
    special("c000::/3", "reserved", RESERVED_IPV6),
    special("e000::/4", "reserved", RESERVED_IPV6),
    special("f000::/5", "reserved", RESERVED_IPV6),
    special("f800::/6", "reserved", RESERVED_IPV6),
    special("fc00::/7", "private use (unique local)", "RFC 4193"),
    special("fd00:ec2::123/128", "Amazon Time Sync Service", AWS),
    special("fd00:ec2::23/128", "EKS Pod Identity agent", AWS),
    special("fd00:ec2::253/128", "Amazon DNS server", AWS),
    special("fd00:ec2::254/128", "EC2 instance metadata", AWS),
    special("fe00::/9", "reserved", RESERVED_IPV6),
    special("fe80::/10", "link local", "RFC 4291"),
    special("fec0::/10", "site local, deprecated", "RFC 3879"),
    special("ff00::/8", "multicast", "RFC 4291"),
];

const AWS: &str = "AWS's documentation";
const RESERVED_IPV6: &str = "RFC 4291";

/// The purpose of an address, if it has one of its own. An IPv6 address that stands for an IPv4 address is that address.
pub fn find(address: IpAddr) -> Option<&'static Special> {
    position(address).map(|at| &SORTED[at].special)
}

/// The same as a network that is answered without asking a registry.
pub(crate) fn network(address: IpAddr) -> Option<Arc<Network>> {
    position(address).map(|at| Arc::clone(&SORTED[at].network))
}

const fn special(range: &'static str, name: &'static str, source: &'static str) -> Special {
    Special { range, name, source }
}

/// One of them, read.
struct Read {
    range: IpNet,
    special: Special,
    network: Arc<Network>,
}

/// All of them, narrow ones first.
static SORTED: LazyLock<Vec<Read>> = LazyLock::new(|| {
    let read = |special: &Special| {
        let range: IpNet = special.range.parse().expect("a CIDR of the list above");
        Read { range, special: *special, network: Arc::new(Network::special(special, range)) }
    };
    let mut sorted: Vec<Read> = ALL.iter().map(read).collect();
    sorted.sort_by_key(|read| std::cmp::Reverse(read.range.prefix_len()));
    sorted
});

fn position(address: IpAddr) -> Option<usize> {
    let address = address.to_canonical();
    SORTED.iter().position(|read| read.range.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_exact_purpose_is_told() {
        for (address, name) in [
            ("10.1.2.3", "private use"),
            ("100.127.255.255", "shared address space of carriers"),
            ("169.254.169.254", "EC2 instance metadata"),
            ("169.254.1.1", "link local"),
            ("192.0.0.171", "discovery of NAT64 and DNS64"),
            ("198.19.255.255", "benchmarking"),
            ("203.0.113.9", "documentation"),
            ("239.1.1.1", "multicast"),
            ("255.255.255.255", "limited broadcast"),
            ("255.255.255.254", "reserved"),
            ("::ffff:10.0.0.1", "private use"),
            ("::1", "loopback"),
            ("64:ff9b::c000:221", "NAT64"),
            ("2001:0:1::1", "Teredo"),
            ("2001:db8::1", "documentation"),
            ("fd12::1", "private use (unique local)"),
            ("fd00:ec2::254", "EC2 instance metadata"),
            ("fe80::1", "link local"),
            ("ff02::1", "multicast"),
            ("4001::1", "reserved"),
        ] {
            let found = find(address.parse().unwrap());
            assert_eq!(found.map(|special| special.name), Some(name), "{address}");
        }
        for address in ["9.255.255.255", "11.0.0.0", "192.0.1.1", "172.32.0.1", "2600::1", "2a10::"]
        {
            assert_eq!(find(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn no_range_stands_twice_or_has_host_bits() {
        let mut seen = std::collections::HashSet::new();
        for special in ALL {
            let range: IpNet = special.range.parse().unwrap();
            assert_eq!(range.trunc(), range, "{}", special.range);
            assert!(seen.insert(range), "{}", special.range);
        }
    }
}

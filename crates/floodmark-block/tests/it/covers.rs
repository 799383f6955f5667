//! Fewest networks.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use floodmark_block::cover::{self, CoverOptions, addresses};
use ipnet::{IpNet, Ipv4Net};

/// Numbers that look drawn, the same each time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).expect("it fits") % limit
    }
}

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().expect("it is well written")).collect()
}

fn within(networks: &[IpNet], networks_max: Option<usize>, share: f64) -> cover::Cover {
    let options = CoverOptions { networks_max, bystanders_share_max: share };
    cover::within(networks, options, &addresses)
}

/// All addresses of IPv4 networks, with their first and last ones.
fn all(networks: &[IpNet]) -> BTreeSet<IpAddr> {
    networks
        .iter()
        .flat_map(|net| net.subnets(32).expect("it does"))
        .map(|one| one.addr())
        .collect()
}

/// Networks of 198.51.0.0/16, of 1 to 256 addresses.
fn drawn(draw: &mut Draw, count: usize) -> Vec<IpNet> {
    let one = |draw: &mut Draw| {
        let address = Ipv4Addr::from(0xC633_0000 + draw.below(2_048));
        let prefix = 32 - u8::try_from(draw.below(5)).expect("it fits");
        IpNet::V4(Ipv4Net::new(address, prefix).expect("it does").trunc())
    };
    (0..count).map(|_| one(draw)).collect()
}

#[test]
fn siblings_become_one() {
    let told = nets(&["192.0.2.0/25", "192.0.2.128/25", "192.0.2.7/32", "2001:db8::1/128"]);
    assert_eq!(cover::exact(&told), nets(&["192.0.2.0/24", "2001:db8::1/128"]));
    assert_eq!(cover::exact(&[]), Vec::new());
}

#[test]
fn an_exact_cover_has_the_same_addresses_and_no_pair_to_merge() {
    let mut draw = Draw(1);
    for count in 1..60 {
        let told = drawn(&mut draw, count);
        let cover = cover::exact(&told);
        assert_eq!(all(&told), all(&cover));
        for pair in cover.windows(2) {
            let parents = [pair[0].supernet(), pair[1].supernet()];
            let siblings = pair[0].prefix_len() == pair[1].prefix_len() && parents[0] == parents[1];
            assert!(!siblings, "{pair:?}");
            assert!(!pair[0].contains(&pair[1]));
        }
    }
}

#[test]
fn a_cover_within_a_share_holds_all_and_keeps_the_share() {
    let mut draw = Draw(2);
    for count in 1..40 {
        let told = drawn(&mut draw, count);
        let exact = cover::exact(&told);
        for share in [0.0, 0.1, 0.5, 0.9] {
            let cover = within(&told, None, share);
            assert!(cover.networks.len() <= exact.len());
            assert!(cover.bystanders_share() <= share + 1e-9, "{cover:?}");
            assert!(exact.iter().all(|net| cover.networks.iter().any(|other| other.contains(net))));
            let covered: f64 = cover.networks.iter().map(|network| addresses(*network)).sum();
            assert!((covered - cover.wanted - cover.bystanders).abs() < 1e-6, "{cover:?}");
            assert_eq!(cover.networks, cover::exact(&cover.networks), "none lies in another");
        }
    }
}

#[test]
fn the_cheapest_neighbours_are_merged_first() {
    let told = nets(&["192.0.2.0/32", "192.0.2.2/32", "198.51.100.0/32", "198.51.100.255/32"]);
    let cover = within(&told, Some(3), 1.0);
    assert_eq!(cover.networks, nets(&["192.0.2.0/30", "198.51.100.0/32", "198.51.100.255/32"]));
    assert!((cover.bystanders - 2.0).abs() < 1e-9);
    let cover = within(&told, Some(2), 1.0);
    assert_eq!(cover.networks, nets(&["192.0.2.0/30", "198.51.100.0/24"]));
}

#[test]
fn a_network_that_must_stay_is_never_merged_in() {
    let told = nets(&["192.0.2.0/32", "192.0.2.3/32"]);
    let own: IpNet = "192.0.2.1/32".parse().unwrap();
    let weigh = |network: IpNet| {
        if network.contains(&own) { f64::INFINITY } else { addresses(network) }
    };
    let options = CoverOptions { networks_max: Some(1), bystanders_share_max: 1.0 };
    assert_eq!(cover::within(&told, options, &weigh).networks, told);
}

#[test]
fn ipv4_and_ipv6_stay_apart_and_nothing_becomes_the_internet() {
    let told = nets(&["1.0.0.0/32", "203.0.113.1/32", "2001:db8::/128", "fd00::/128"]);
    assert_eq!(within(&told, Some(1), 1.0).networks, told);
}

#[test]
fn a_hundred_thousand_addresses_are_covered_by_twenty() {
    let mut draw = Draw(3);
    let told: Vec<IpNet> = (0..100_000)
        .map(|_| IpNet::from(IpAddr::V4(Ipv4Addr::from(0x0A00_0000 + draw.below(1 << 24)))))
        .collect();
    let cover = within(&told, Some(20), 1.0);
    assert!(cover.networks.len() <= 20);
    assert!(cover.networks.iter().all(|network| network.prefix_len() >= 8));
}

//! Who sends the usual traffic: many clients, few of them busy, each with its own software.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use floodmark_formats::synthetic::Random;

use crate::demo::incidents::draw::{log_normal, weighted};

/// A client that every world has, at a rank that makes it one of the busier ones.
pub(crate) const BUSY_CLIENT: (usize, &str) = (20, "10.99.4.17");

/// Another one.
pub(crate) const OTHER_BUSY_CLIENT: (usize, &str) = (24, "10.140.77.9");

/// One who sends traffic.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Its rank among the clients: the first is the busiest. A newcomer has the rank of the client that it behaves like.
    pub(crate) rank: usize,
    pub(crate) address: String,
    pub(crate) user_agent: String,
    /// `TLSv1.2` or `TLSv1.3`, as the Application Load Balancer and CloudFront write it.
    pub(crate) tls: &'static str,
    pub(crate) cipher: &'static str,
    /// The edge location that it reaches.
    pub(crate) edge: &'static str,
}

/// Where the addresses of clients come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Addresses {
    /// From all over 10.64.0.0 to 10.255.255.255.
    Everywhere,
    /// From there, and one in four from all over the IPv6 range of documentation.
    BothVersions,
    /// From the private subnets of a VPC: 10.0.1.10 and so on, by rank.
    Instances,
}

impl Client {
    /// A client of a rank; everything else about it is drawn.
    pub(crate) fn new(rank: usize, addresses: Addresses, random: &mut Random) -> Self {
        let address = addresses.draw(rank, random);
        let user_agent = user_agent(random);
        let tls = weighted(random, &[("TLSv1.3", 78), ("TLSv1.2", 22)]);
        let cipher = match tls {
            "TLSv1.3" => {
                weighted(random, &[("TLS_AES_128_GCM_SHA256", 80), ("TLS_AES_256_GCM_SHA384", 20)])
            }
            _ => weighted(
                random,
                &[("ECDHE-RSA-AES128-GCM-SHA256", 75), ("ECDHE-RSA-AES256-GCM-SHA384", 25)],
            ),
        };
        let edge = weighted(
            random,
            &[
                ("FRA56-P4", 30),
                ("DUB2-C1", 20),
                ("LHR50-P2", 15),
                ("CDG52-P1", 12),
                ("IAD89-C1", 13),
                ("SIN2-C1", 10),
            ],
        );
        Self { rank, address, user_agent, tls, cipher, edge }
    }

    /// How often it comes beside the others: after Zipf's law, flattened so that the first has about a hundredth of all.
    pub(crate) fn weight(&self) -> f64 {
        1.0 / (self.rank as f64 + 20.0)
    }
}

/// How far a client's rate is from its mean in an hour, where the logarithms of the rates deviate by `sd`. The mean is 1.
pub(crate) fn drift(random: &mut Random, sd: f64) -> f64 {
    if sd > 0.0 { log_normal(random, (-sd * sd / 2.0).exp(), sd) } else { 1.0 }
}

impl Addresses {
    fn draw(self, rank: usize, random: &mut Random) -> String {
        match self {
            Self::Instances => format!("10.0.{}.{}", 1 + rank % 2, 10 + rank / 2),
            _ if rank == BUSY_CLIENT.0 => BUSY_CLIENT.1.to_owned(),
            _ if rank == OTHER_BUSY_CLIENT.0 => OTHER_BUSY_CLIENT.1.to_owned(),
            Self::BothVersions if random.below(4) == 0 => {
                let site = 0x100 + random.below(200);
                let network = format!("2001:db8:{site:x}::/56");
                within(&network, random)
            }
            Self::Everywhere | Self::BothVersions => anywhere(random),
        }
    }
}

/// Any address of those that the usual clients have.
pub(crate) fn anywhere(random: &mut Random) -> String {
    let second = 64 + random.below(192);
    format!("10.{second}.{}.{}", random.below(256), random.between(1, 254))
}

/// Any address of a network such as `198.18.0.0/16` or `2001:db8:77::/48`.
///
/// # Panics
///
/// If that is no network.
pub(crate) fn within(network: &str, random: &mut Random) -> String {
    let (address, length) = network.split_once('/').expect("a network has a length");
    let address: IpAddr = address.parse().expect("a network has an address");
    let length: u32 = length.parse().expect("a length is a number");
    match address {
        IpAddr::V4(address) => {
            let host = random.number() & (u64::from(u32::MAX) >> length);
            let host = u32::try_from(host).expect("32 bits less the length of the network");
            Ipv4Addr::from_bits(address.to_bits() | host).to_string()
        }
        IpAddr::V6(address) => {
            let host = u128::from(random.number()) << 64 | u128::from(random.number());
            Ipv6Addr::from_bits(address.to_bits() | host & (u128::MAX >> length)).to_string()
        }
    }
}

fn user_agent(random: &mut Random) -> String {
    let chrome = random.between(118, 129);
    match random.below(40) {
        0..=13 => format!(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Safari/537.36"
        ),
        14..=18 => format!(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Safari/537.36"
        ),
        19..=27 => format!(
            "Mozilla/5.0 (iPhone; CPU iPhone OS {}_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
            random.between(15, 18),
            random.below(7)
        ),
        28..=34 => format!(
            "Mozilla/5.0 (Linux; Android {}; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0 Mobile Safari/537.36",
            random.between(10, 14)
        ),
        35 | 36 => format!("okhttp/4.{}.0", random.between(9, 12)),
        37 => format!("python-requests/2.{}.0", random.between(28, 32)),
        38 => format!("curl/8.{}.0", random.between(4, 10)),
        _ => "Mozilla/5.0 (compatible; ExampleBot/2.1; +https://www.example.org/bot)".to_owned(),
    }
}

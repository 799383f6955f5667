//! Whom a rule must not block: what is yours, by the inventory, and services of AWS, by AWS's own list.

use std::collections::{BTreeMap, HashSet};

use floodmark_block::cover::{self, Cover, CoverOptions};
use floodmark_engine::Result;
use floodmark_who::aws_ranges::AwsRanges;
use floodmark_who::inventory::{Inventory, Kind};
use floodmark_who::{Known, Who};
use ipnet::IpNet;

use crate::backtest::refusals::Reason;

/// Networks that a rule must not block.
#[derive(Clone, Debug, Default)]
pub struct Protected {
    networks: BTreeMap<IpNet, Vec<(Reason, String)>>,
    /// What is not known, and how it comes to be, a sentence each.
    pub notes: Vec<String>,
}

/// Networks that are used inside: RFC 1918, 6598, 3927, 1122, 4193 and 4291.
const PRIVATE: &[&str] = &[
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

/// What AWS's list calls Route 53's health checkers.
const HEALTH_CHECKERS: &str = "ROUTE53_HEALTHCHECKS";

/// What AWS's list calls addresses of its customers' instances, which attack like any other.
const OF_CUSTOMERS: &[&str] = &["EC2"];

impl Protected {
    /// What is yours and AWS's, of all that is known on this machine. What is absent is told in the notes.
    ///
    /// # Errors
    ///
    /// If what is there cannot be read.
    pub fn of(who: &Who) -> Result<Self> {
        let mut protected = Self::default();
        match who.inventory()? {
            Some(inventory) => protected.add_own(inventory),
            None => protected.notes.push(
                "Which addresses are yours is not known: `floodmark inventory refresh` asks AWS."
                    .to_owned(),
            ),
        }
        match who.aws_ranges()? {
            Some((_, ranges)) => protected.add_services(ranges),
            None => protected.notes.push(
                "Which addresses are AWS's is not known: `floodmark data update aws-ranges` fetches its list."
                    .to_owned(),
            ),
        }
        Ok(protected)
    }

    fn add_own(&mut self, inventory: &Inventory) {
        for network in inventory.own_ranges() {
            let (reason, name) = match inventory.interface(network.network(), None) {
                Known::Is(interface) if network.network() == network.broadcast() => {
                    let reason = match interface.kind {
                        // Targets see its health checks from these addresses.
                        Kind::LoadBalancer => Reason::HealthChecks,
                        _ => Reason::OwnRanges,
                    };
                    (reason, format!("{} of yours", interface.name))
                }
                _ => (Reason::OwnRanges, "a range of yours".to_owned()),
            };
            self.add(network, reason, name);
        }
        self.notes.extend(inventory.troubles());
    }

    fn add_services(&mut self, ranges: &AwsRanges) {
        for range in ranges.prefixes() {
            let service = range.service.as_str();
            if OF_CUSTOMERS.contains(&service) {
                continue;
            }
            let reason = match service {
                HEALTH_CHECKERS => Reason::HealthChecks,
                _ => Reason::AwsServices,
            };
            self.add(range.prefix, reason, format!("AWS's `{service}`"));
        }
    }

    /// Puts a network under protection.
    pub fn add(&mut self, network: IpNet, reason: Reason, name: impl Into<String>) {
        self.networks.entry(network.trunc()).or_default().push((reason, name.into()));
    }

    /// Whether nothing is protected, since nothing is known.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// The networks that are merged to fewer, with at most a share of other addresses, none of which is protected.
    pub fn cover(&self, networks: &[IpNet], share_max: f64) -> Cover {
        let asked: HashSet<IpNet> = cover::exact(networks).into_iter().collect();
        let weigh = |network: IpNet| {
            let is_free = asked.contains(&network) || self.touched(&network).next().is_none();
            if is_free { cover::addresses(network) } else { f64::INFINITY }
        };
        let options = CoverOptions { networks_max: None, bystanders_share_max: share_max };
        cover::within(networks, options, &weigh)
    }

    /// What a network has in common with those that are protected: why, and what it is.
    pub(crate) fn touched(&self, network: &IpNet) -> impl Iterator<Item = (Reason, &str)> {
        let network = network.trunc();
        let above = std::iter::successors(network.supernet(), IpNet::supernet);
        let above = above.filter_map(|above| self.networks.get(&above));
        let below = (self.networks.range(network..))
            .take_while(move |(below, _)| network.contains(*below))
            .map(|(_, names)| names);
        above.chain(below).flatten().map(|(reason, name)| (*reason, name.as_str()))
    }
}

/// The first network used inside that one has addresses of.
pub(crate) fn private_part(network: &IpNet) -> Option<IpNet> {
    let private = PRIVATE.iter().filter_map(|private| private.parse::<IpNet>().ok());
    let mut parts = private.filter_map(|private| {
        if private.contains(network) {
            return Some(*network);
        }
        network.contains(&private).then_some(private)
    });
    parts.next()
}

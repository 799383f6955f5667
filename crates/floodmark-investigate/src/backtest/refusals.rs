//! What a rule must not block unless it is told to: everyone, what is yours, health checks, services of AWS.

use std::collections::BTreeMap;
use std::fmt;

use floodmark_block::rule::Direction;
use floodmark_block::target::Targets;
use ipnet::IpNet;
use serde::Serialize;

use crate::backtest::Backtest;
use crate::limits::{BYSTANDERS_SHARE_MAX, REFUSALS_NAMED_MAX};

/// Why a rule is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It blocks a large part of the internet.
    Everyone,
    /// It blocks addresses that are yours.
    OwnRanges,
    /// It blocks a load balancer's health checks, or those of Route 53.
    HealthChecks,
    /// It blocks services of AWS.
    AwsServices,
    /// It blocks too much of what was there before the attack.
    Bystanders,
}

/// A rule that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// What it blocks, and why it should not, in a sentence without its point.
    pub message: String,
}

/// Networks that a rule must not block.
#[derive(Clone, Debug, Default)]
pub struct Protected {
    networks: BTreeMap<IpNet, Vec<(Reason, String)>>,
}

/// Networks that are used inside: RFC 1918, 4193, 3927 and 4291.
const PRIVATE: &[&str] = &[
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "127.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
];

/// Networks of shorter prefixes are a large part of the internet.
const PREFIX_MIN: [u8; 2] = [8, 16];

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 5] =
        [Self::Everyone, Self::OwnRanges, Self::HealthChecks, Self::AwsServices, Self::Bystanders];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::OwnRanges => "own-ranges",
            Self::HealthChecks => "health-checks",
            Self::AwsServices => "aws-services",
            Self::Bystanders => "bystanders",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (`--allow {}`)", self.message, self.reason.name())
    }
}

impl Protected {
    /// Puts a network under protection.
    pub fn add(&mut self, network: IpNet, reason: Reason, name: impl Into<String>) {
        self.networks.entry(network.trunc()).or_default().push((reason, name.into()));
    }

    /// How many networks are protected.
    pub fn len(&self) -> usize {
        self.networks.len()
    }

    /// Whether nothing is protected, since nothing is known.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// What a network has in common with those that are protected.
    fn touched(&self, network: &IpNet) -> impl Iterator<Item = (&IpNet, &(Reason, String))> {
        let above = std::iter::successors(network.supernet(), IpNet::supernet);
        let above = above.filter_map(|above| self.networks.get_key_value(&above));
        let below = (self.networks.range(network.trunc()..)).take_while({
            let network = *network;
            move |(below, _)| network.contains(*below)
        });
        above
            .chain(below)
            .flat_map(|(network, names)| names.iter().map(move |name| (network, name)))
    }
}

/// Why a rule is refused before any log is looked at.
///
/// Private addresses are refused inbound, and everywhere what is protected.
pub fn refusals(
    targets: &Targets,
    directions: &[Direction],
    protected: &Protected,
) -> Vec<Refusal> {
    let mut found: BTreeMap<Reason, Vec<String>> = BTreeMap::new();
    for network in &targets.networks {
        let prefix_min = PREFIX_MIN[usize::from(matches!(network, IpNet::V6(_)))];
        if network.prefix_len() < prefix_min {
            found
                .entry(Reason::Everyone)
                .or_default()
                .push(format!("`{network}` is a large part of the internet"));
            continue;
        }
        let mut of_network: BTreeMap<Reason, (String, usize)> = BTreeMap::new();
        if directions.contains(&Direction::Inbound) && is_private(network) {
            let message = format!("`{network}` is private: its packets come from inside");
            of_network.insert(Reason::OwnRanges, (message, 0));
        }
        for (other, (reason, name)) in protected.touched(network) {
            let is = if other == network { "is" } else { "holds or is part of" };
            of_network
                .entry(*reason)
                .and_modify(|(_, more)| *more += 1)
                .or_insert_with(|| (format!("`{network}` {is} {name}"), 0));
        }
        for (reason, (message, more)) in of_network {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            found.entry(reason).or_default().push(format!("{message}{more}"));
        }
    }
    let refusal = |(reason, messages): (Reason, Vec<String>)| {
        let more = messages.len().saturating_sub(REFUSALS_NAMED_MAX);
        let mut message = messages[..messages.len() - more].join("; ");
        if more > 0 {
            message.push_str(&format!("; and {more} more networks"));
        }
        Refusal { reason, message }
    };
    found.into_iter().map(refusal).collect()
}

/// Why a rule is refused by what it would have blocked.
pub fn of_backtest(backtest: &Backtest, bystanders_share_max: f64) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if backtest.health_checks > 0 {
        let message = format!(
            "it would have blocked {} health checks of a load balancer or of Route 53",
            backtest.health_checks
        );
        refusals.push(Refusal { reason: Reason::HealthChecks, message });
    }
    let share = backtest.bystanders_share().filter(|share| *share > bystanders_share_max);
    if let Some(share) = share {
        let message = format!(
            "it would have blocked {:.1} % of what is not the attack, and {:.1} % is the most",
            share * 100.0,
            bystanders_share_max * 100.0
        );
        refusals.push(Refusal { reason: Reason::Bystanders, message });
    }
    refusals
}

/// Whether a network is used inside.
pub(crate) fn is_private(network: &IpNet) -> bool {
    PRIVATE
        .iter()
        .any(|private| private.parse::<IpNet>().is_ok_and(|private| private.contains(network)))
}

/// The most that is blocked of what is no attack, unless it is told otherwise.
pub const fn bystanders_share_max() -> f64 {
    BYSTANDERS_SHARE_MAX
}

#[cfg(test)]
mod tests {
    use floodmark_block::target::Target;

    use super::*;

    fn check(target: &str, expect: &[Reason]) {
        let mut protected = Protected::default();
        let mut add = |network: &str, reason, name: &str| {
            protected.add(network.parse().unwrap(), reason, name);
        };
        add("198.51.100.0/24", Reason::OwnRanges, "a subnet of yours");
        add("203.0.113.64/26", Reason::AwsServices, "S3");
        add("203.0.113.7/32", Reason::HealthChecks, "load balancer app/web");
        let targets: Targets = [Target::parse(target).unwrap()].into_iter().collect();
        let found = refusals(&targets, &[Direction::Inbound], &protected);
        let reasons: Vec<_> = found.iter().map(|refusal| refusal.reason).collect();
        assert_eq!(reasons, expect, "{target}: {found:?}");
    }

    #[test]
    fn what_is_protected_is_refused() {
        check("192.0.2.7", &[]);
        check("198.51.100.9", &[Reason::OwnRanges]);
        check("198.51.0.0/16", &[Reason::OwnRanges]);
        check("203.0.113.0/24", &[Reason::HealthChecks, Reason::AwsServices]);
        check("203.0.113.128/25", &[]);
        check("10.1.2.3", &[Reason::OwnRanges]);
        check("0.0.0.0/0", &[Reason::Everyone]);
        check("::/1", &[Reason::Everyone]);
        check("2001:db8::/32", &[]);
    }

    #[test]
    fn many_refusals_are_told_in_a_line() {
        let targets: Targets =
            (0..50).map(|at| Target::parse(&format!("10.0.{at}.0/24")).unwrap()).collect();
        let found = refusals(&targets, &[Direction::Inbound], &Protected::default());
        assert_eq!(found.len(), 1);
        assert!(found[0].message.ends_with("more networks"), "{}", found[0]);
    }
}

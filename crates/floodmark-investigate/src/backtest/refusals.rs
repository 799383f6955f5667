//! What a rule must not block unless it is told to: everyone, what is yours, health checks, services of AWS.

use std::collections::BTreeMap;
use std::fmt;

use floodmark_block::cover;
use floodmark_block::plan::Wanted;
use floodmark_block::rule::Direction;
use floodmark_block::target::{Place, TextMatch};
use floodmark_block::way::Way;
use ipnet::IpNet;
use serde::Serialize;

use crate::backtest::Backtest;
use crate::backtest::health_checkers::HEALTH_CHECKERS;
use crate::backtest::protected::{Protected, private_part};
use crate::limits::REFUSALS_NAMED_MAX;

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

/// More addresses than a network of this prefix has are a large part of the internet, of IPv4 and of IPv6.
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

/// Why a rule is refused before any log is looked at.
///
/// Private addresses are refused inbound, and everywhere what is protected. A rate rule blocks only who asks too often, and may
/// look at everyone.
pub fn refusals(wanted: &Wanted, protected: &Protected) -> Vec<Refusal> {
    let mut found: BTreeMap<Reason, Vec<String>> = BTreeMap::new();
    let targets = &wanted.targets;
    if wanted.way != Way::WafRate {
        let everyone = large_parts(&targets.networks).into_iter();
        let everyone = everyone.chain(targets.paths.iter().filter_map(every_path));
        found.insert(Reason::Everyone, everyone.collect());
        let checkers = targets.user_agents.iter().filter_map(health_checkers);
        found.insert(Reason::HealthChecks, checkers.collect());
    }
    for network in &targets.networks {
        let mut of_network: BTreeMap<Reason, (String, usize)> = BTreeMap::new();
        let private = private_part(network);
        if let Some(private) = private.filter(|_| wanted.directions.contains(&Direction::Inbound)) {
            let what = if private == *network {
                format!("`{network}` is private")
            } else {
                format!("`{network}` holds `{private}`, which is private")
            };
            let message = format!("{what}: its packets come from inside");
            of_network.insert(Reason::OwnRanges, (message, 0));
        }
        for (reason, name) in protected.touched(network) {
            of_network
                .entry(reason)
                .and_modify(|(_, more)| *more += 1)
                .or_insert_with(|| (format!("`{network}` is, holds or is part of {name}"), 0));
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
    found.retain(|_, messages| !messages.is_empty());
    found.into_iter().map(refusal).collect()
}

/// What of networks is a large part of the internet, a part of a sentence each: one of those that they are merged to, or all of
/// a version of IP together.
fn large_parts(networks: &[IpNet]) -> Vec<String> {
    let mut parts = Vec::new();
    let (ipv4, ipv6): (Vec<_>, Vec<_>) =
        cover::exact(networks).into_iter().partition(|network| matches!(network, IpNet::V4(_)));
    for (cover, prefix_min) in [ipv4, ipv6].iter().zip(PREFIX_MIN) {
        let large = cover.iter().filter(|network| network.prefix_len() < prefix_min);
        let large: Vec<_> =
            large.map(|network| format!("`{network}` is a large part of the internet")).collect();
        let all: f64 = cover.iter().map(|network| cover::addresses(*network)).sum();
        match cover.first() {
            Some(first) if large.is_empty() && all > addresses_max(first, prefix_min) => {
                let count = cover.len();
                let message = format!(
                    "`{first}` and {} more networks are together a large part of the internet, more than a /{prefix_min}",
                    count - 1
                );
                parts.push(message);
            }
            _ => parts.extend(large),
        }
    }
    parts
}

/// How many addresses a prefix has of a network's version of IP.
fn addresses_max(network: &IpNet, prefix: u8) -> f64 {
    f64::from(network.max_prefix_len() - prefix).exp2()
}

/// What is said of paths that every request has.
fn every_path(path: &TextMatch) -> Option<String> {
    let is_open = matches!(path.place, Place::StartsWith | Place::Contains);
    (is_open && path.text == "/").then(|| format!("the path `{path}` is that of every request"))
}

/// What is said of user agents that are those of health checks.
fn health_checkers(agent: &TextMatch) -> Option<String> {
    let checker = HEALTH_CHECKERS.iter().find(|checker| checker.is_matched(agent))?;
    let name = checker.start.trim_end_matches('/');
    Some(format!("the user agent `{agent}` is that of health checks, `{name}`"))
}

/// Why a rule is refused by what it would have blocked.
pub fn of_backtest(backtest: &Backtest, bystanders_share_max: f64) -> Vec<Refusal> {
    let mut refusals: Vec<_> = (backtest.bystanders.protected.iter())
        .map(|(reason, met)| {
            let more = match met.addresses {
                1 => String::new(),
                addresses => format!(" and {} more addresses", addresses - 1),
            };
            let message = format!("it would have blocked {}{more}", met.name);
            Refusal { reason: *reason, message }
        })
        .collect();
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

#[cfg(test)]
mod tests {
    use floodmark_block::target::{Target, Targets};

    use super::*;

    fn check(target: &str, expect: &[Reason]) {
        let mut protected = Protected::default();
        let mut add = |network: &str, reason, name: &str| {
            protected.add(network.parse().unwrap(), reason, name);
        };
        add("198.51.100.0/24", Reason::OwnRanges, "a subnet of yours");
        add("203.0.113.64/26", Reason::AwsServices, "S3");
        add("203.0.113.7/32", Reason::HealthChecks, "load balancer app/web");
        let targets: Targets =
            target.split(' ').map(|target| Target::parse(target).unwrap()).collect();
        let found = refusals(&Wanted::new(Way::Nacl, targets, 0), &protected);
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
        check("100.64.7.1", &[Reason::OwnRanges]);
        check("172.0.0.0/8", &[Reason::OwnRanges]);
        let all = [Reason::Everyone, Reason::OwnRanges, Reason::HealthChecks, Reason::AwsServices];
        check("0.0.0.0/0", &all);
        check("::/1", &[Reason::Everyone, Reason::OwnRanges]);
        check("11.0.0.0/8", &[]);
        check("12.0.0.0/8 13.0.0.0/8", &[Reason::Everyone]);
        check("12.0.0.0/8 16.0.0.0/32", &[Reason::Everyone]);
        check("/*", &[Reason::Everyone]);
        check("*/*", &[Reason::Everyone]);
        check("/login", &[]);
        for agent in ["Amazon-Route53-*", "ELB-HealthChecker/2.0", "*HealthChecker*", "*2.0"] {
            check(&format!("user-agent:{agent}"), &[Reason::HealthChecks]);
        }
        check("user-agent:curl/*", &[]);
        check("2001:db8::/32", &[]);
    }

    #[test]
    fn many_refusals_are_told_in_a_line() {
        let targets: Targets =
            (0..50).map(|at| Target::parse(&format!("10.0.{at}.0/24")).unwrap()).collect();
        let found = refusals(&Wanted::new(Way::Nacl, targets, 0), &Protected::default());
        assert_eq!(found.len(), 1);
        assert!(found[0].message.ends_with("more networks"), "{}", found[0]);
    }
}

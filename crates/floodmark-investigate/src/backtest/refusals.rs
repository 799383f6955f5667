//! What a rule must not block unless it is told to: everyone, what is yours, health checks, services of AWS.

use std::collections::BTreeMap;
use std::fmt;

use floodmark_block::rule::Direction;
use floodmark_block::target::Targets;
use ipnet::IpNet;
use serde::Serialize;

use crate::backtest::Backtest;
use crate::backtest::protected::{Protected, is_private};
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
    found.into_iter().map(refusal).collect()
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

//! Makes of what is wanted a plan.

mod network_acl;
mod security_group;
pub(crate) mod waf;

use crate::names;
use crate::present::Present;
use crate::quotas::{IP_SET_NETWORKS_MAX, NETWORK_ACL_RULES_MAX, SECURITY_GROUP_RULES_MAX};
use crate::rule::{Aim, Change, Direction, Plan, RuleAction, Scope, WebAclReference};
use crate::target::Targets;
use crate::way::{WAYS, Way, WayFacts};
use crate::{Error, ErrorKind, Result};

/// What is to be blocked, how and where.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The way to block.
    pub way: Way,
    /// What is blocked: whatever is in one of the lists.
    pub targets: Targets,
    /// The name of rules and IP sets; none for one that the same question has again.
    pub name: Option<String>,
    /// Now, in seconds since 1970 UTC.
    pub made: i64,
    /// When the block is to end, in seconds since 1970 UTC.
    pub expires: Option<i64>,
    /// The directions of packets that are denied, for network ACLs and security groups.
    pub directions: Vec<Direction>,
    /// Where entries of a network ACL go.
    pub network_acl: NetworkAclPlace,
    /// The security group whose rules are narrowed, by its id.
    pub security_group: Option<String>,
    /// Where a rule of AWS WAF goes.
    pub web_acl: WebAclPlace,
    /// When an address asks too often.
    pub rate: RateLimit,
}

/// Where entries of a network ACL go.
#[derive(Clone, Debug)]
pub struct NetworkAclPlace {
    /// The network ACL's id.
    pub id: Option<String>,
    /// The number of the first entry; none to find numbers that fit.
    pub first_number: Option<u16>,
    /// How many rules AWS allows of one direction and version of IP: 20, or what it has granted.
    pub rules_max: usize,
}

/// Where a rule of AWS WAF goes.
#[derive(Clone, Debug)]
pub struct WebAclPlace {
    /// Where it holds.
    pub scope: Scope,
    /// The web ACL that is there; none for the resource's one, or a new one.
    pub web_acl: Option<WebAclReference>,
    /// The resource that is to be protected, such as a load balancer's ARN.
    pub resource_arn: Option<String>,
    /// What is done with a request that the rule matches.
    pub action: RuleAction,
    /// The rule's place; none to find one that fits.
    pub priority: Option<u32>,
}

/// When an address asks too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests of one address are allowed in the window.
    pub requests_max: u32,
    /// The window in seconds: 60, 120, 300 or 600.
    pub window_seconds: u32,
}

impl Wanted {
    /// A question with AWS's defaults: inbound, in a region, blocking, 2,000 requests in 5 minutes.
    pub fn new(way: Way, targets: Targets, made: i64) -> Self {
        Self {
            way,
            targets,
            name: None,
            made,
            expires: None,
            directions: vec![Direction::Inbound],
            network_acl: NetworkAclPlace {
                id: None,
                first_number: None,
                rules_max: NETWORK_ACL_RULES_MAX.value,
            },
            security_group: None,
            web_acl: WebAclPlace {
                scope: Scope::Regional,
                web_acl: None,
                resource_arn: None,
                action: RuleAction::Block,
                priority: None,
            },
            rate: RateLimit { requests_max: 2_000, window_seconds: 300 },
        }
    }

    /// How many networks the way has room for, for IPv4 and IPv6 apart; none if it takes no networks.
    ///
    /// This is what networks are to be [covered](crate::cover::within) to.
    pub fn networks_max(&self, present: &Present) -> Option<usize> {
        match self.way {
            Way::Nacl => Some(network_acl::room(self, present)),
            Way::SecurityGroup => Some(SECURITY_GROUP_RULES_MAX.value),
            Way::WafIpSet | Way::WafRate => Some(IP_SET_NETWORKS_MAX.value),
            Way::WafGeo | Way::WafMatch => None,
        }
    }
}

/// The plan that blocks what is wanted, in what AWS holds now as far as that is known.
///
/// Networks are covered exactly, by the fewest. An error if the way does not take a target, a name is not
/// one that AWS takes, a quota is missed or there is no room in a list.
pub fn plan(wanted: &Wanted, present: &Present) -> Result<Plan> {
    check_targets(wanted)?;
    if let Some(expires) = wanted.expires.filter(|expires| *expires <= wanted.made) {
        return Err(Error::invalid(format!(
            "it is to end {}, which is over",
            names::time(expires)
        )));
    }
    let name = names::of_rule(wanted)?;
    let mut notes = Vec::new();
    let changes: Vec<Change> = match wanted.way {
        Way::Nacl => network_acl::changes(wanted, present, &mut notes)?,
        Way::SecurityGroup => security_group::changes(wanted, present, &mut notes)?,
        Way::WafIpSet | Way::WafGeo | Way::WafRate | Way::WafMatch => {
            waf::changes(wanted, present, &name, &mut notes)?
        }
    };
    if let Some(expires) = wanted.expires {
        notes.push(format!(
            "It is to end {}. AWS ends no rule by itself: `--undo` of the same command takes it away.",
            names::time(expires)
        ));
    }
    Ok(Plan {
        name,
        way: wanted.way,
        aim: Aim::Block,
        description: names::description(wanted.made, wanted.expires),
        made: wanted.made,
        expires: wanted.expires,
        changes,
        notes,
    })
}

/// An error if there is nothing to block, or something that the way does not take.
fn check_targets(wanted: &Wanted) -> Result<()> {
    let Wanted { way, targets, .. } = wanted;
    if targets.is_empty() && *way != Way::WafRate {
        return Err(Error::invalid("there is nothing to block")
            .hint("name addresses, networks, countries, paths or user agents, or a file of them"));
    }
    if targets.len() > crate::limits::TARGETS_MAX {
        return Err(Error::new(
            ErrorKind::LimitReached,
            format!("{} targets are too many", targets.len()),
        )
        .hint(format!("at most {} in one rule", crate::limits::TARGETS_MAX)));
    }
    let has_texts = !targets.paths.is_empty() || !targets.user_agents.is_empty();
    refuse_unless(targets.networks.is_empty(), *way, "networks", |facts| facts.networks)?;
    refuse_unless(targets.countries.is_empty(), *way, "countries", |facts| facts.countries)?;
    refuse_unless(!has_texts, *way, "paths or user agents", |facts| facts.texts)?;
    // Several networks may be all of it, too.
    let cover = crate::cover::exact(&targets.networks);
    if let Some(whole) = cover.iter().find(|network| network.prefix_len() == 0) {
        return Err(Error::invalid(format!("`{whole}` is the whole internet"))
            .hint("name the networks that are to be blocked"));
    }
    Ok(())
}

/// An error if there are targets of a kind that the way does not take, with the ways that do.
fn refuse_unless(
    is_empty: bool,
    way: Way,
    kind: &str,
    takes: impl Fn(&WayFacts) -> bool,
) -> Result<()> {
    if is_empty || takes(way.facts()) {
        return Ok(());
    }
    let others = WAYS.iter().filter(|facts| takes(facts)).map(|facts| format!("`{}`", facts.name));
    let others: Vec<String> = others.collect();
    Err(Error::invalid(format!("`{way}` takes no {kind}"))
        .hint(format!("{} take them", others.join(", "))))
}

//! What to change in the rules of a security group, which only allow.

use ipnet::IpNet;

use crate::limits::NARROWED_RULES_MAX;
use crate::names::check_ec2_id;
use crate::plan::Wanted;
use crate::present::{Present, SecurityGroup};
use crate::quotas::SECURITY_GROUP_RULES_MAX;
use crate::rule::{AllowRule, Change, IpVersion, SecurityGroupRule};
use crate::{Error, Result};

/// The rules to revoke, and those that take their place; what was not known stands in the notes.
pub(super) fn changes(
    wanted: &Wanted,
    present: &Present,
    notes: &mut Vec<String>,
) -> Result<Vec<Change>> {
    let Some(id) = &wanted.security_group else {
        return Err(Error::invalid("it is not said which security group").hint("`--group-id sg-…`"));
    };
    check_ec2_id("security group", "sg", id)?;
    let networks = crate::cover::exact(&wanted.targets.networks);
    notes.push(
        "A security group has no deny rules: what is to stay out must not be allowed. Connections that are \
         open go on until they end."
            .to_owned(),
    );
    let Some(group) = &present.security_group else {
        notes.push(format!(
            "The rules of `{id}` are not known: with credentials for \
             `ec2:DescribeSecurityGroups` the changes are written here. `aws ec2 \
             describe-security-group-rules --filters Name=group-id,Values={id}` shows them; revoke those \
             whose network holds an address that is to be blocked."
        ));
        return Ok(Vec::new());
    };
    if group.references > 0 {
        notes.push(format!(
            "{} rules of `{id}` name a group or a prefix list; these are not looked into.",
            group.references
        ));
    }
    let mut added: Vec<AllowRule> = Vec::new();
    let mut revoked: Vec<AllowRule> = Vec::new();
    for rule in group.rules.iter().filter(|rule| wanted.directions.contains(&rule.direction)) {
        let hit: Vec<IpNet> =
            networks.iter().filter(|net| overlap(&rule.network, net)).copied().collect();
        if hit.is_empty() {
            continue;
        }
        match without(rule.network, &hit) {
            Some(rest) => {
                for network in rest {
                    let part = AllowRule { network, ..rule.clone() };
                    // Rules that lie in each other leave the same parts, and AWS refuses a rule that is there.
                    if !group.rules.iter().chain(&added).any(|there| there.allows_as(&part)) {
                        added.push(part);
                    }
                }
                revoked.push(rule.clone());
            }
            None => notes.push(format!(
                "The {} rule `{}` lets them through; without them it would be more than \
                 {NARROWED_RULES_MAX} rules, which is no way: take `--with nacl` or AWS WAF, or allow only \
                 the networks that are needed.",
                rule.direction, told(rule)
            )),
        }
    }
    // All that takes the place of a rule comes before any goes, so that nobody else is cut off.
    let change = |revoked, rule| {
        Change::SecurityGroupRule(SecurityGroupRule { group_id: id.to_owned(), revoked, rule })
    };
    let changes: Vec<Change> = added
        .into_iter()
        .map(|rule| change(false, rule))
        .chain(revoked.into_iter().map(|rule| change(true, rule)))
        .collect();
    check_quota(group, &changes)?;
    if changes.is_empty() && notes.len() == 1 {
        notes.push(format!("No rule of `{id}` with a network lets them through."));
    }
    Ok(changes)
}

/// A network without others; none if that takes too many rules.
fn without(network: IpNet, others: &[IpNet]) -> Option<Vec<IpNet>> {
    let mut rest = vec![network];
    for other in others {
        let mut next = Vec::with_capacity(rest.len());
        for part in rest {
            if other.contains(&part) {
                continue;
            }
            if !part.contains(other) {
                next.push(part);
                continue;
            }
            // Each bit of the prefix leaves the half in which the other is not.
            let mut inside = part;
            while inside != *other {
                let halves = inside.subnets(inside.prefix_len() + 1).ok()?;
                for half in halves {
                    if half.contains(other) {
                        inside = half;
                    } else {
                        next.push(half);
                    }
                }
            }
        }
        if next.len() > NARROWED_RULES_MAX {
            return None;
        }
        rest = next;
    }
    rest.sort_unstable();
    Some(rest)
}

fn check_quota(group: &SecurityGroup, changes: &[Change]) -> Result<()> {
    for direction in crate::rule::Direction::ALL {
        for version in [IpVersion::V4, IpVersion::V6] {
            let counted = |rule: &AllowRule| {
                rule.direction == direction && IpVersion::of(&rule.network) == version
            };
            let there = group.rules.iter().filter(|rule| counted(rule)).count();
            let new = changes.iter().filter(|change| {
                matches!(change, Change::SecurityGroupRule(c) if !c.revoked && counted(&c.rule))
            });
            let new = new.count();
            if new > 0 {
                SECURITY_GROUP_RULES_MAX.check(
                    there + new,
                    SECURITY_GROUP_RULES_MAX.value,
                    "block fewer and larger networks (`--bystanders 5%`), or take `--with nacl`",
                )?;
            }
        }
    }
    Ok(())
}

/// A rule in a few words.
fn told(rule: &AllowRule) -> String {
    let protocol = if rule.protocol == "-1" { "all" } else { &rule.protocol };
    match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) if from == to => format!("{protocol} {from} {}", rule.network),
        (Some(from), Some(to)) => format!("{protocol} {from}-{to} {}", rule.network),
        _ => format!("{protocol} {}", rule.network),
    }
}

/// Whether the two have an address in common.
fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

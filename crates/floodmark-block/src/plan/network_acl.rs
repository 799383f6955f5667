//! Deny entries of a network ACL.

use ipnet::IpNet;

use crate::names::check_ec2_id;
use crate::numbers::{NumbersQuestion, network_acl};
use crate::plan::Wanted;
use crate::present::{NetworkAcl, Present, PresentEntry};
use crate::quotas::{NETWORK_ACL_NUMBERS, NETWORK_ACL_RULES_MAX};
use crate::rule::{Change, Direction, IpVersion, NetworkAclEntry};
use crate::{Error, Result};

/// How many rules a network ACL that was never touched has, with AWS's own last one.
const RULES_UNTOUCHED: usize = 2;

/// The entries that deny what is wanted.
pub(super) fn changes(
    wanted: &Wanted,
    present: &Present,
    notes: &mut Vec<String>,
) -> Result<Vec<Change>> {
    let Some(id) = &wanted.network_acl.id else {
        return Err(Error::invalid("it is not said which network ACL").hint(
            "`--acl-id acl-…`; `aws ec2 describe-network-acls --filters \
             Name=association.subnet-id,Values=subnet-…` tells the one of a subnet",
        ));
    };
    check_ec2_id("network ACL", "acl", id)?;
    let known = present.network_acl.as_ref();
    let networks = crate::cover::exact(&wanted.targets.networks);
    let mut changes = Vec::new();
    for direction in Direction::ALL.into_iter().filter(|d| wanted.directions.contains(d)) {
        let mut networks = networks.clone();
        networks.retain(|network| match known.and_then(|acl| denier(acl, direction, *network)) {
            Some(entry) => {
                let (number, all) = (entry.number, entry.network);
                notes.push(format!(
                    "The {direction} rule {number} denies {network} already, with {all}."
                ));
                false
            }
            None => true,
        });
        let numbers = network_acl(&NumbersQuestion {
            networks: &networks,
            direction,
            present: known,
            first: wanted.network_acl.first_number,
        });
        check_quota(wanted, known, direction, &networks)?;
        for (network, number) in networks.iter().zip(numbers?) {
            let entry = NetworkAclEntry {
                network_acl_id: id.clone(),
                number,
                direction,
                network: *network,
                is_there: known.is_some_and(|acl| {
                    acl.entries.iter().any(|there| there.denies(direction, number, *network))
                }),
            };
            changes.push(Change::NetworkAclEntry(entry));
        }
    }
    if known.is_none() {
        let taken = match wanted.network_acl.first_number {
            Some(first) => format!("whether a rule before {first} lets the traffic through is not looked at"),
            None => "numbers below 100 are taken, where a network ACL that was never touched has its first \
                     allow rule"
                .to_owned(),
        };
        notes.push(format!("The entries of `{id}` are not known: {taken}."));
    }
    notes.push(
        "A network ACL keeps no state and guards whole subnets: it drops packets of connections that are \
         open, too, and sees only addresses that reach the subnet, not those behind a load balancer."
            .to_owned(),
    );
    Ok(changes)
}

/// How many more networks the quota has room for, in the fullest direction and version of IP.
pub(super) fn room(wanted: &Wanted, present: &Present) -> usize {
    let counts = wanted.directions.iter().flat_map(|direction| {
        [IpVersion::V4, IpVersion::V6]
            .map(|version| count(present.network_acl.as_ref(), *direction, version))
    });
    wanted.network_acl.rules_max.saturating_sub(counts.max().unwrap_or(RULES_UNTOUCHED))
}

/// The entry for a larger network that denies all of this one before any entry allows some of it.
fn denier(acl: &NetworkAcl, direction: Direction, network: IpNet) -> Option<&PresentEntry> {
    let overlaps = |entry: &&PresentEntry| {
        entry.direction == direction
            && (entry.network.contains(&network) || network.contains(&entry.network))
    };
    let denies_all = |entry: &PresentEntry| {
        !entry.allows
            && entry.protocol == "-1"
            && entry.network.contains(&network)
            && NETWORK_ACL_NUMBERS.contains(&entry.number)
    };
    let relevant = |entry: &&PresentEntry| entry.allows || denies_all(entry);
    let first = acl.entries.iter().filter(overlaps).filter(relevant).min_by_key(|e| e.number)?;
    (!first.allows && first.network != network).then_some(first)
}

fn check_quota(
    wanted: &Wanted,
    known: Option<&NetworkAcl>,
    direction: Direction,
    networks: &[IpNet],
) -> Result<()> {
    let there = |network: &IpNet| {
        known.is_some_and(|acl| {
            acl.entries.iter().any(|entry| {
                !entry.allows && entry.direction == direction && entry.network == *network
            })
        })
    };
    for version in [IpVersion::V4, IpVersion::V6] {
        let of_version = networks.iter().filter(|network| IpVersion::of(network) == version);
        let new = of_version.filter(|network| !there(network)).count();
        if new == 0 {
            continue;
        }
        NETWORK_ACL_RULES_MAX.check(
            count(known, direction, version) + new,
            wanted.network_acl.rules_max,
            "block fewer and larger networks (`--bystanders 5%`), or `--with waf-ip-set`, which holds 10,000",
        )?;
    }
    Ok(())
}

/// How many rules there are of a direction and a version of IP, with AWS's own last one.
fn count(known: Option<&NetworkAcl>, direction: Direction, version: IpVersion) -> usize {
    let Some(acl) = known else { return RULES_UNTOUCHED };
    let own = acl.entries.iter().filter(|entry| {
        entry.direction == direction
            && IpVersion::of(&entry.network) == version
            && NETWORK_ACL_NUMBERS.contains(&entry.number)
    });
    own.count() + 1
}

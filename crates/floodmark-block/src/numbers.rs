//! Numbers of new entries and rules that fit into the existing lists.

use ipnet::IpNet;

use crate::limits::RULE_PRIORITY_DEFAULT;
use crate::present::{NetworkAcl, PresentEntry, PresentWebAcl};
use crate::quotas::{NETWORK_ACL_ALLOW_DEFAULT, NETWORK_ACL_NUMBERS};
use crate::rule::{Direction, IpVersion};
use crate::{Error, ErrorKind, Result};

/// The first number that no entry of ours may have.
const BEHIND_ALL: u16 = *NETWORK_ACL_NUMBERS.end() + 1;

/// What numbers are looked for.
#[derive(Clone, Copy, Debug)]
pub struct NumbersQuestion<'a> {
    /// The networks that are to be denied, in order.
    pub networks: &'a [IpNet],
    /// The direction of the entries.
    pub direction: Direction,
    /// The network ACL, if it is known; else one that was never touched is assumed.
    pub present: Option<&'a NetworkAcl>,
    /// The number of the first entry, if the user wants one; the others follow it.
    pub first: Option<u16>,
}

/// Numbers of deny entries, in the order of their networks.
///
/// They lie below each allow entry that would let one of the networks in, and as near to it as there is
/// room, so that room stays below them. An entry that denies a network in full already keeps its number.
/// An error if there is no room, with the commands that make some.
pub fn network_acl(question: &NumbersQuestion<'_>) -> Result<Vec<u16>> {
    let entries: Vec<&PresentEntry> = match question.present {
        Some(acl) => acl.entries.iter().filter(|e| e.direction == question.direction).collect(),
        None => Vec::new(),
    };
    let ceiling = ceiling(question, &entries);
    let kept: Vec<Option<u16>> =
        question.networks.iter().map(|network| denied_by(&entries, *network, ceiling)).collect();
    let missing = kept.iter().filter(|number| number.is_none()).count();
    let taken = |number: u16| entries.iter().any(|entry| entry.number == number);
    let mut free: Vec<u16> = match question.first {
        Some(first) => {
            NETWORK_ACL_NUMBERS.filter(|n| *n >= first && !taken(*n)).take(missing).collect()
        }
        None => {
            let mut below: Vec<u16> =
                (1..ceiling).rev().filter(|n| !taken(*n)).take(missing).collect();
            below.reverse();
            below
        }
    };
    if free.len() < missing {
        return Err(no_room(question, &entries, ceiling, missing - free.len()));
    }
    // Which rules let traffic through is known only of a list that is.
    let is_checked = question.first.is_some() && question.present.is_some();
    if let Some(last) = free.last().filter(|last| is_checked && **last >= ceiling) {
        return Err(Error::invalid(format!(
            "rule {last} would stand behind rule {ceiling}, which lets the traffic through before"
        ))
        .hint(format!("take a number below {ceiling}, or none: then one is found")));
    }
    free.reverse();
    let next = |number: Option<u16>| number.or_else(|| free.pop());
    Ok(kept.into_iter().map(next).map(|n| n.expect("there are as many as missing")).collect())
}

/// The priority of a new rule in a web ACL: before all of its rules if there is room, and in any case
/// before the first that lets requests through.
pub fn web_acl(present: &PresentWebAcl, name: &str) -> Result<u32> {
    let PresentWebAcl::Is(web_acl) = present else { return Ok(RULE_PRIORITY_DEFAULT) };
    if let Some(ours) = web_acl.rules.iter().find(|rule| rule.name == name) {
        return Ok(ours.priority);
    }
    let Some(first) = web_acl.rules.iter().map(|rule| rule.priority).min() else {
        return Ok(RULE_PRIORITY_DEFAULT);
    };
    if first > 0 {
        return Ok(first - 1);
    }
    let taken = |priority: u32| web_acl.rules.iter().any(|rule| rule.priority == priority);
    let allowing = web_acl.rules.iter().filter(|rule| rule.allows).map(|rule| rule.priority).min();
    // There are fewer rules than numbers, so that one of these is free.
    let free = (0..=u32::try_from(web_acl.rules.len()).unwrap_or(u32::MAX)).find(|p| !taken(*p));
    match (free, allowing) {
        (Some(free), None) => Ok(free),
        (Some(free), Some(allowing)) if free < allowing => Ok(free),
        _ => Err(Error::new(
            ErrorKind::LimitReached,
            format!(
                "the web ACL `{}` has no room before its rule of priority {}, which lets requests through",
                web_acl.reference.name,
                allowing.unwrap_or_default()
            ),
        )
        .hint("give its rules higher priorities first, or say `--priority` if it is to stand behind")),
    }
}

/// The lowest number of an allow entry that would let one of the networks in.
fn ceiling(question: &NumbersQuestion<'_>, entries: &[&PresentEntry]) -> u16 {
    if question.present.is_none() {
        return NETWORK_ACL_ALLOW_DEFAULT;
    }
    let lets_in = |entry: &PresentEntry| {
        entry.allows && question.networks.iter().any(|network| overlap(&entry.network, network))
    };
    let allowing = entries.iter().filter(|entry| lets_in(entry)).map(|entry| entry.number);
    allowing.min().unwrap_or(BEHIND_ALL).min(BEHIND_ALL)
}

/// The number of an entry that denies the network in full before any allows it.
fn denied_by(entries: &[&PresentEntry], network: IpNet, ceiling: u16) -> Option<u16> {
    let denies = |entry: &&&PresentEntry| {
        !entry.allows
            && entry.number < ceiling
            && entry.protocol == "-1"
            && entry.network == network
    };
    entries.iter().find(denies).map(|entry| entry.number)
}

/// Whether the two have an address in common.
fn overlap(one: &IpNet, other: &IpNet) -> bool {
    one.contains(other) || other.contains(one)
}

fn no_room(
    question: &NumbersQuestion<'_>,
    entries: &[&PresentEntry],
    ceiling: u16,
    missing: usize,
) -> Error {
    let direction = question.direction;
    let error = Error::new(
        ErrorKind::LimitReached,
        format!(
            "no room for {missing} more {direction} rules below rule {ceiling}, \
             which lets the traffic through"
        ),
    );
    match make_room(question, entries, ceiling, missing) {
        Some(commands) => error.hint(format!("make room first: {commands}")),
        None => error.hint("block fewer and larger networks (`--bystanders`), or use AWS WAF"),
    }
}

/// The commands that move the allow entry up to the next one, which changes nothing of what it does.
fn make_room(
    question: &NumbersQuestion<'_>,
    entries: &[&PresentEntry],
    ceiling: u16,
    missing: usize,
) -> Option<String> {
    let entry = entries.iter().find(|entry| entry.number == ceiling)?;
    let above = entries.iter().map(|e| e.number).filter(|number| *number > ceiling).min();
    let above = above.unwrap_or(BEHIND_ALL).min(BEHIND_ALL);
    let wanted = usize::from(ceiling) + missing.max(usize::from(NETWORK_ACL_ALLOW_DEFAULT));
    let moved = u16::try_from(wanted).unwrap_or(u16::MAX).min(above - 1);
    if usize::from(moved - ceiling) < missing {
        return None;
    }
    let id = &question.present?.id;
    let side = match question.direction {
        Direction::Inbound => "--ingress",
        Direction::Outbound => "--egress",
    };
    let network = match IpVersion::of(&entry.network) {
        IpVersion::V4 => "--cidr-block",
        IpVersion::V6 => "--ipv6-cidr-block",
    };
    let ports = match (entry.ports, entry.icmp) {
        (Some((first, last)), _) => format!(" --port-range From={first},To={last}"),
        (None, Some((kind, code))) => format!(" --icmp-type-code Type={kind},Code={code}"),
        (None, None) => String::new(),
    };
    let protocol = &entry.protocol;
    let block = entry.network;
    Some(format!(
        "`aws ec2 create-network-acl-entry --network-acl-id {id} {side} --rule-number {moved} \
         --protocol {protocol}{ports} --rule-action allow {network} {block}`, then \
         `aws ec2 delete-network-acl-entry --network-acl-id {id} {side} --rule-number {ceiling}`"
    ))
}

//! Conditions by which a cause is described, as an analyst would say them.

use std::net::IpAddr;

use serde::Serialize;

use crate::demo::incidents::traffic::Event;

/// A column, and the values of which it has one.
///
/// A value is exact, a network (`198.18.0.0/16`), a path's prefix (`/search/*`), a class of statuses (`5xx`), all names below a
/// domain (`*.example.net`), or the name that a user agent begins with (`curl`).
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Condition {
    pub(crate) column: &'static str,
    pub(crate) values: &'static [&'static str],
}

/// A condition of one value or several.
pub(crate) const fn is(column: &'static str, values: &'static [&'static str]) -> Condition {
    Condition { column, values }
}

/// Whether all conditions hold for an event. A column that the event does not have fulfils none.
pub(crate) fn hold(conditions: &[Condition], event: &Event) -> bool {
    conditions
        .iter()
        .all(|condition| event.get(condition.column).is_some_and(|value| condition.fits(value)))
}

impl Condition {
    /// Whether the column's value is one of those.
    pub(crate) fn fits(&self, value: &str) -> bool {
        self.values.iter().any(|wanted| fits(self.column, wanted, value))
    }
}

fn fits(column: &str, wanted: &str, value: &str) -> bool {
    if let Some(domain) = wanted.strip_prefix('*') {
        return value.trim_end_matches('.').ends_with(domain);
    }
    if let Some(folder) = wanted.strip_suffix('*') {
        return value.starts_with(folder);
    }
    if let Some(class) = wanted.strip_suffix("xx") {
        return value.starts_with(class);
    }
    if let Some((network, length)) = wanted.split_once('/')
        && let (Ok(network), Ok(length)) = (network.parse(), length.parse())
        && let Ok(address) = value.parse()
    {
        return contains(network, length, address);
    }
    let family = column.ends_with("user_agent") && !wanted.contains(['/', ' ']);
    value == wanted || (family && is_of_family(value, wanted))
}

/// Whether a user agent is of a program, whatever its version: it begins with the name, or names it as what it is compatible with.
fn is_of_family(agent: &str, program: &str) -> bool {
    let after = agent.strip_prefix(program).or_else(|| {
        agent.split_once("compatible; ").and_then(|(_, name)| name.strip_prefix(program))
    });
    after.is_some_and(|after| after.starts_with('/'))
}

fn contains(network: IpAddr, length: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let different = u64::from(network.to_bits() ^ address.to_bits());
            different >> (32 - length) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (network.to_bits() ^ address.to_bits()).checked_shr(128 - length) == Some(0)
        }
        _ => false,
    }
}

//! Which addresses are of hosts inside, in SQL.

use std::net::Ipv6Addr;

use floodmark_engine::Result;
use floodmark_who::Fact;

use crate::cost::answer::Gateway;
use crate::cost::legs::TRANSLATED;
use crate::cost::naming;
use crate::cost::span::Span;
use crate::counting::own::PRIVATE;
use crate::counting::{LoggedInterface, is_in};
use crate::limits::ADDRESSES_LISTED_MAX;
use crate::subject::Subject;

/// What tells that an address is of a host inside: that it is private; and for IPv6, where hosts have addresses that are valid everywhere,
/// that an interface has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Inside {
    /// The IPv6 addresses of the interfaces that log; None for logs without IPv6.
    own: Option<Vec<String>>,
    /// Whether there is an inventory to ask.
    is_inventoried: bool,
}

impl Inside {
    /// What tells it of the addresses in a log. Reads no log.
    pub(super) fn of(
        subject: &Subject<'_>,
        interfaces: &[LoggedInterface],
        gateways: &[Gateway],
        span: &Span,
    ) -> Result<Self> {
        if span.of_ipv6 == 0.0 {
            return Ok(Self::default());
        }
        let is_gateway = |name: &str| gateways.iter().any(|gateway| gateway.id == name);
        let own = (interfaces.iter())
            .filter(|interface| !interface.forwards && !is_gateway(&interface.name))
            .flat_map(|interface| &interface.addresses)
            .filter(|address| is_valid_everywhere(address))
            .take(ADDRESSES_LISTED_MAX);
        Ok(Self {
            own: Some(own.cloned().collect()),
            is_inventoried: subject.who().has(Fact::Interface)?,
        })
    }

    /// The condition that an address is of a host inside, as of a time.
    pub(super) fn holds(&self, address: &str, at: &str) -> String {
        let private = format!("regexp_like({address}, '{PRIVATE}')");
        let Some(own) = &self.own else { return private };
        let mut conditions = vec![is_in(address, own.iter().map(String::as_str))];
        if self.is_inventoried {
            conditions.push(format!("{} IS NOT NULL", naming::interface(address, at)));
        }
        format!("({private} OR (strpos({address}, ':') > 0 AND ({})))", conditions.join(" OR "))
    }

    /// The condition that an address may be of one, for records whose addresses are looked up later.
    pub(super) fn may_hold(&self, address: &str) -> String {
        let private = format!("regexp_like({address}, '{PRIVATE}')");
        match self.own {
            Some(_) => format!("({private} OR strpos({address}, ':') > 0)"),
            None => private,
        }
    }
}

/// Whether it is an IPv6 address of one host that is valid outside of its link, and none that stands for an IPv4 address.
fn is_valid_everywhere(address: &str) -> bool {
    address.parse::<Ipv6Addr>().is_ok_and(|parsed| {
        !parsed.is_unicast_link_local()
            && !parsed.is_multicast()
            && !parsed.is_unspecified()
            && !parsed.is_loopback()
    }) && !address.to_ascii_lowercase().starts_with(TRANSLATED)
}

//! The ways to block: what each takes, where it stands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A way to block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Deny entries of a network ACL: stateless, for whole subnets, few.
    Nacl,
    /// What to change in the allow rules of a security group, which knows no deny.
    SecurityGroup,
    /// An IP set of AWS WAF and a rule that blocks it.
    WafIpSet,
    /// A rule of AWS WAF that blocks countries.
    WafGeo,
    /// A rule of AWS WAF that blocks an address while it asks too often.
    WafRate,
    /// A rule of AWS WAF that blocks paths and user agents.
    WafMatch,
}

/// What is known of a way.
#[derive(Debug)]
pub struct WayFacts {
    /// The way.
    pub way: Way,
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// True if it takes networks.
    pub networks: bool,
    /// True if it takes countries.
    pub countries: bool,
    /// True if it takes paths and user agents.
    pub texts: bool,
    /// True if it stands in a web ACL.
    pub in_web_acl: bool,
}

/// All ways.
pub static WAYS: [WayFacts; 6] = [
    WayFacts {
        way: Way::Nacl,
        name: "nacl",
        title: "deny entries of a network ACL",
        networks: true,
        countries: false,
        texts: false,
        in_web_acl: false,
    },
    WayFacts {
        way: Way::SecurityGroup,
        name: "security-group",
        title: "changes of a security group's allow rules",
        networks: true,
        countries: false,
        texts: false,
        in_web_acl: false,
    },
    WayFacts {
        way: Way::WafIpSet,
        name: "waf-ip-set",
        title: "an IP set that a rule of a web ACL blocks",
        networks: true,
        countries: false,
        texts: false,
        in_web_acl: true,
    },
    WayFacts {
        way: Way::WafGeo,
        name: "waf-geo",
        title: "a rule of a web ACL that blocks countries",
        networks: false,
        countries: true,
        texts: false,
        in_web_acl: true,
    },
    WayFacts {
        way: Way::WafRate,
        name: "waf-rate",
        title: "a rule of a web ACL that blocks an address while it asks too often",
        networks: true,
        countries: true,
        texts: true,
        in_web_acl: true,
    },
    WayFacts {
        way: Way::WafMatch,
        name: "waf-match",
        title: "a rule of a web ACL that blocks paths and user agents",
        networks: false,
        countries: false,
        texts: true,
        in_web_acl: true,
    },
];

impl Way {
    /// What is known of it.
    pub fn facts(self) -> &'static WayFacts {
        WAYS.iter().find(|facts| facts.way == self).expect("each way stands in the list")
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.facts().name
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Way {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = WAYS.iter().find(|facts| facts.name == text).map(|facts| facts.way);
        named.ok_or_else(|| {
            let names: Vec<&str> = WAYS.iter().map(|facts| facts.name).collect();
            Error::invalid(format!("`{}` is no way to block", crate::target::shown(text)))
                .hint(format!("one of {}", names.join(", ")))
        })
    }
}

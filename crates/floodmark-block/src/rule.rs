//! What AWS is to hold: the one description from which all forms are written, and which is applied.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::target::{Country, TextMatch};
use crate::way::Way;
use crate::{Error, Result};

/// The changes that block, or that take a block away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Its name: that of its IP sets and rules, and of its record. The same question has the same name.
    pub name: String,
    /// The way it blocks.
    pub way: Way,
    /// Whether it blocks or takes the block away.
    pub aim: Aim,
    /// Says what made it and when it ends, in the characters that AWS allows in descriptions.
    pub description: String,
    /// When it was made, in seconds since 1970 UTC.
    pub made: i64,
    /// When it is to end, in seconds since 1970 UTC. AWS ends nothing by itself.
    pub expires: Option<i64>,
    /// The changes, in the order they are made.
    pub changes: Vec<Change>,
    /// What the reader has to know, a sentence each.
    pub notes: Vec<String>,
}

/// Whether a plan blocks or takes the block away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aim {
    /// It blocks.
    Block,
    /// It takes away what the plan of the same name put there.
    Undo,
}

/// One change of what AWS holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// An entry of a network ACL.
    NetworkAclEntry(NetworkAclEntry),
    /// A rule of a security group, to be revoked or added.
    SecurityGroupRule(SecurityGroupRule),
    /// An IP set of AWS WAF.
    IpSet(IpSet),
    /// A rule in a web ACL of AWS WAF.
    WebAclRule(WebAclRule),
}

/// A deny entry of a network ACL, for all protocols.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAclEntry {
    /// The network ACL's id, such as `acl-0a1b2c3d4e5f60718`.
    pub network_acl_id: String,
    /// Its number: 1 to 32766, unique in its direction.
    pub number: u16,
    /// The direction of the packets.
    pub direction: Direction,
    /// The network on the other side: the source inbound, the destination outbound.
    #[serde(with = "crate::written::one")]
    pub network: IpNet,
    /// True if the network ACL had this very entry when the plan was made.
    #[serde(default)]
    pub is_there: bool,
}

/// The direction of packets, seen from the subnet or the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Into it: ingress.
    Inbound,
    /// Out of it: egress.
    Outbound,
}

/// A rule of a security group that is to go or to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// The group's id, such as `sg-0a1b2c3d4e5f60718`.
    pub group_id: String,
    /// True if the rule is revoked, false if it is added.
    pub revoked: bool,
    /// The rule.
    pub rule: AllowRule,
}

/// A rule of a security group: they all allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowRule {
    /// The direction of the connections.
    pub direction: Direction,
    /// The protocol as AWS writes it: `tcp`, `udp`, `icmp`, a number, `-1` for all.
    pub protocol: String,
    /// The first port, or the ICMP type; none for all.
    pub from_port: Option<i32>,
    /// The last port, or the ICMP code; none for all.
    pub to_port: Option<i32>,
    /// The network on the other side.
    #[serde(with = "crate::written::one")]
    pub network: IpNet,
    /// Its description, as the user wrote it.
    pub description: Option<String>,
}

/// An IP set of AWS WAF: networks of one version of IP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpSet {
    /// Its name.
    pub name: String,
    /// Where it holds.
    pub scope: Scope,
    /// The version of IP of all its networks.
    pub version: IpVersion,
    /// The networks that are to be in it, in order. Others that are in it stay.
    #[serde(with = "crate::written::many")]
    pub networks: Vec<IpNet>,
}

/// A version of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Where a web ACL and its IP sets hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// In a region: load balancers, API gateways and the like.
    Regional,
    /// At CloudFront; AWS keeps these in `us-east-1`.
    CloudFront,
}

/// A rule in a web ACL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WebAclRule {
    /// The web ACL that holds it.
    pub holder: Holder,
    /// Where the web ACL holds.
    pub scope: Scope,
    /// Its name, and that of its metric.
    pub name: String,
    /// Its place: lower numbers are looked at first.
    pub priority: u32,
    /// What is done with a request that it matches.
    pub action: RuleAction,
    /// What it matches.
    pub statement: Statement,
}

/// Which web ACL holds a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// One that is there.
    Existing(WebAclReference),
    /// The one that protects a resource; if there is none, a new one of this name that allows the rest.
    OfResource {
        /// The resource's ARN, such as a load balancer's.
        arn: String,
        /// The name of the new one.
        name: String,
    },
    /// A new one of this name that allows the rest, and protects nothing yet.
    New {
        /// Its name.
        name: String,
    },
}

/// A web ACL that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAclReference {
    /// Its name.
    pub name: String,
    /// Its id, if it is known.
    pub id: Option<String>,
    /// Its ARN, if it is known.
    pub arn: Option<String>,
}

/// What is done with a request that a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleAction {
    /// It is answered with 403.
    Block,
    /// It is counted and goes on: a trial.
    Count,
}

/// What a rule matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// Addresses in an IP set of the same plan, by its name.
    IpSet {
        /// The IP set's name.
        name: String,
    },
    /// Requests from countries; at most 50.
    Geo {
        /// The countries.
        countries: Vec<Country>,
    },
    /// Requests whose field has a text.
    Text {
        /// The part of the request.
        field: Field,
        /// The text and its place.
        text: TextMatch,
    },
    /// Requests of an address that has asked more often than the limit in the window.
    Rate {
        /// How many requests are allowed in the window.
        requests_max: u32,
        /// The window in seconds: 60, 120, 300 or 600.
        window_seconds: u32,
        /// The requests that are counted; none for all.
        among: Option<Box<Statement>>,
    },
    /// Requests that one of several matches; there are at least two.
    Any(Vec<Statement>),
}

/// The part of a request that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The path, as it was sent, without the query.
    Path,
    /// The `User-Agent` header, as it was sent.
    UserAgent,
}

impl Plan {
    /// The plan that takes away what this one puts there, in reverse order.
    #[must_use]
    pub fn undo(&self) -> Self {
        let aim = match self.aim {
            Aim::Block => Aim::Undo,
            Aim::Undo => Aim::Block,
        };
        let mut changes = self.changes.clone();
        changes.reverse();
        // The notes are about blocking.
        Self { aim, changes, notes: Vec::new(), ..self.clone() }
    }
}

impl Change {
    /// True if AWS held it when the plan was made.
    pub fn is_there(&self) -> bool {
        matches!(self, Self::NetworkAclEntry(entry) if entry.is_there)
    }
}

impl AllowRule {
    /// True if the other one allows the same; the descriptions may differ.
    pub fn allows_as(&self, other: &Self) -> bool {
        self.direction == other.direction
            && self.protocol == other.protocol
            && self.from_port == other.from_port
            && self.to_port == other.to_port
            && self.network == other.network
    }
}

impl Direction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];

    /// The word of messages and of command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

impl IpVersion {
    /// The version of a network.
    pub fn of(network: &IpNet) -> Self {
        match network {
            IpNet::V4(_) => Self::V4,
            IpNet::V6(_) => Self::V6,
        }
    }

    /// As AWS writes it: `IPV4` or `IPV6`.
    pub fn aws_name(self) -> &'static str {
        match self {
            Self::V4 => "IPV4",
            Self::V6 => "IPV6",
        }
    }
}

impl Scope {
    /// As AWS writes it: `REGIONAL` or `CLOUDFRONT`.
    pub fn aws_name(self) -> &'static str {
        match self {
            Self::Regional => "REGIONAL",
            Self::CloudFront => "CLOUDFRONT",
        }
    }

    /// The region that AWS wants to be asked in, if it is not the user's.
    pub fn region(self) -> Option<&'static str> {
        (self == Self::CloudFront).then_some("us-east-1")
    }
}

impl RuleAction {
    /// As AWS writes it: `Block` or `Count`.
    pub fn aws_name(self) -> &'static str {
        match self {
            Self::Block => "Block",
            Self::Count => "Count",
        }
    }
}

impl Holder {
    /// The name of the web ACL, as far as it is known before AWS is asked.
    pub fn name(&self) -> &str {
        match self {
            Self::Existing(reference) => &reference.name,
            Self::OfResource { name, .. } | Self::New { name } => name,
        }
    }
}

impl FromStr for WebAclReference {
    type Err = Error;

    /// Reads a name or an ARN such as `arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/site/1a2b…`.
    fn from_str(text: &str) -> Result<Self> {
        if !text.starts_with("arn:") {
            crate::names::check_entity("web ACL", text)?;
            return Ok(Self { name: text.to_owned(), id: None, arn: None });
        }
        let wrong = || {
            Error::invalid(format!("`{}` is no ARN of a web ACL", crate::target::shown(text)))
                .hint("`arn:aws:wafv2:REGION:ACCOUNT:regional/webacl/NAME/ID`, or the name alone")
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, "wafv2", _, _, resource] = parts[..] else { return Err(wrong()) };
        let path: Vec<&str> = resource.split('/').collect();
        let ["regional" | "global", "webacl", name, id] = path[..] else { return Err(wrong()) };
        crate::names::check_entity("web ACL", name)?;
        crate::names::check_id("web ACL", id)?;
        Ok(Self { name: name.to_owned(), id: Some(id.to_owned()), arn: Some(text.to_owned()) })
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

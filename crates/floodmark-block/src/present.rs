//! What AWS holds now, as far as a plan depends on it.

use ipnet::IpNet;

use crate::rule::{AllowRule, Direction, Scope, WebAclReference};

/// What is known of AWS: nothing, where it was not asked.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// The network ACL that the entries go to.
    pub network_acl: Option<NetworkAcl>,
    /// The security group whose rules are looked at.
    pub security_group: Option<SecurityGroup>,
    /// The web ACL that the rule goes to.
    pub web_acl: PresentWebAcl,
}

/// A network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAcl {
    /// Its id.
    pub id: String,
    /// Its entries, with AWS's own last ones.
    pub entries: Vec<PresentEntry>,
    /// The ids of the subnets that it guards.
    pub subnets: Vec<String>,
}

/// An entry of a network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentEntry {
    /// Its number; 32767 and above are AWS's own.
    pub number: u16,
    /// The direction of the packets.
    pub direction: Direction,
    /// True if it allows, false if it denies.
    pub allows: bool,
    /// The protocol's number, `-1` for all.
    pub protocol: String,
    /// The first and the last port; none for all.
    pub ports: Option<(u16, u16)>,
    /// The type and the code of ICMP; none for all.
    pub icmp: Option<(i32, i32)>,
    /// The network on the other side.
    pub network: IpNet,
}

impl PresentEntry {
    /// True if it is this entry: it denies the network all protocols.
    pub fn denies(&self, direction: Direction, number: u16, network: IpNet) -> bool {
        !self.allows
            && self.protocol == "-1"
            && self.direction == direction
            && self.number == number
            && self.network == network
    }
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its rules whose other side is a network.
    pub rules: Vec<AllowRule>,
    /// How many of its rules name another group or a prefix list: these are not looked into.
    pub references: usize,
}

/// What is known of the web ACL that a rule goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PresentWebAcl {
    /// AWS was not asked.
    #[default]
    Unknown,
    /// There is none.
    Nothing,
    /// It is there.
    Is(WebAcl),
}

/// A web ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAcl {
    /// Its name, id and ARN.
    pub reference: WebAclReference,
    /// Where it holds.
    pub scope: Scope,
    /// Its rules.
    pub rules: Vec<PresentRule>,
    /// The capacity units that its rules take.
    pub capacity: usize,
}

/// A rule in a web ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresentRule {
    /// Its name.
    pub name: String,
    /// Its place.
    pub priority: u32,
    /// True if it lets requests through before later rules see them.
    pub allows: bool,
}

//! One change of AWS that is made, recorded, and taken back.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rule::{
    Direction, IpSet, NetworkAclEntry, Scope, SecurityGroupRule, WebAclReference, WebAclRule,
};

/// One change of AWS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An entry of a network ACL comes.
    CreateNetworkAclEntry(NetworkAclEntry),
    /// A rule of a security group comes or goes.
    ChangeSecurityGroup(SecurityGroupRule),
    /// An IP set comes.
    CreateIpSet {
        /// The IP set with its networks.
        set: IpSet,
        /// Its description.
        description: String,
    },
    /// Networks come to an IP set that is there.
    AddToIpSet {
        /// The IP set, with only the networks that are not in it yet.
        set: IpSet,
        /// Its id.
        id: String,
    },
    /// A web ACL comes, with our rule alone.
    CreateWebAcl {
        /// The rule; its holder has the web ACL's name.
        rule: WebAclRule,
        /// Its description.
        description: String,
    },
    /// A rule comes to a web ACL that is there, or takes the place of the one of its name.
    PutRule {
        /// The web ACL.
        web_acl: WebAclReference,
        /// The rule.
        rule: WebAclRule,
        /// The rule of that name that was there, as AWS wrote it.
        before: Option<Value>,
    },
    /// A web ACL comes to protect a resource that had none.
    Associate {
        /// The resource's ARN.
        resource_arn: String,
        /// The web ACL's name.
        web_acl: String,
        /// Where it holds.
        scope: Scope,
    },
}

/// What AWS called a thing that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
}

impl Step {
    /// The sign before it in a difference: what comes, what goes, what is altered.
    pub(super) fn sign(&self) -> char {
        match self {
            Self::ChangeSecurityGroup(change) if change.revoked => '-',
            Self::PutRule { before: Some(_), .. } => '~',
            _ => '+',
        }
    }

    /// The rule that it puts into a web ACL, after the web ACL's name.
    pub(super) fn rule(&self) -> Option<(&str, &WebAclRule)> {
        match self {
            Self::CreateWebAcl { rule, .. } => Some((rule.holder.name(), rule)),
            Self::PutRule { web_acl, rule, .. } => Some((&web_acl.name, rule)),
            _ => None,
        }
    }

    /// The command that takes it back by hand, or shows what is to go.
    pub(super) fn by_hand(&self) -> String {
        let at = |scope: Scope| match scope.region() {
            Some(region) => format!("--scope {} --region {region}", scope.aws_name()),
            None => format!("--scope {}", scope.aws_name()),
        };
        match self {
            Self::CreateNetworkAclEntry(entry) => {
                let side = match entry.direction {
                    Direction::Inbound => "--ingress",
                    Direction::Outbound => "--egress",
                };
                format!(
                    "`aws ec2 delete-network-acl-entry --network-acl-id {} {side} --rule-number {}`",
                    entry.network_acl_id, entry.number
                )
            }
            Self::ChangeSecurityGroup(change) => format!(
                "`aws ec2 describe-security-groups --group-ids {}` shows the rules to put right",
                change.group_id
            ),
            Self::CreateIpSet { set, .. } | Self::AddToIpSet { set, .. } => format!(
                "`aws wafv2 list-ip-sets {}` shows the IP set {} to delete or to empty",
                at(set.scope),
                set.name
            ),
            Self::CreateWebAcl { rule, .. } => format!(
                "`aws wafv2 list-web-acls {}` shows the web ACL {} to delete",
                at(rule.scope),
                rule.holder.name()
            ),
            Self::PutRule { web_acl, rule, .. } => format!(
                "`aws wafv2 list-web-acls {}` shows the web ACL {} whose rule {} is to go",
                at(rule.scope),
                web_acl.name,
                rule.name
            ),
            Self::Associate { resource_arn, .. } => {
                format!("`aws wafv2 disassociate-web-acl --resource-arn {resource_arn}`")
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateNetworkAclEntry(entry) => write!(
                f,
                "{} rule {} of {}: deny {}",
                entry.direction, entry.number, entry.network_acl_id, entry.network
            ),
            Self::ChangeSecurityGroup(change) => {
                let rule = &change.rule;
                let (protocol, group) = (&rule.protocol, &change.group_id);
                write!(f, "{} rule of {group}: allow {protocol}", rule.direction)?;
                if let (Some(from), Some(to)) = (rule.from_port, rule.to_port) {
                    write!(f, " {from}-{to}")?;
                }
                write!(f, " {}", rule.network)
            }
            Self::CreateIpSet { set, .. } => {
                write!(f, "IP set {} with {}", set.name, networks(set))
            }
            Self::AddToIpSet { set, .. } => write!(f, "{} in IP set {}", networks(set), set.name),
            Self::CreateWebAcl { rule, .. } => write!(
                f,
                "web ACL {} with rule {} of priority {}",
                rule.holder.name(),
                rule.name,
                rule.priority
            ),
            Self::PutRule { web_acl, rule, .. } => write!(
                f,
                "rule {} of priority {} in web ACL {}",
                rule.name, rule.priority, web_acl.name
            ),
            Self::Associate { resource_arn, web_acl, .. } => {
                write!(f, "web ACL {web_acl} as the protection of {resource_arn}")
            }
        }
    }
}

/// The networks of a set: the first ones, and how many there are.
fn networks(set: &IpSet) -> String {
    const SHOWN: usize = 3;
    let first: Vec<String> = set.networks.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = set.networks.len().saturating_sub(SHOWN);
    if more == 0 { first.join(", ") } else { format!("{} and {more} more", first.join(", ")) }
}

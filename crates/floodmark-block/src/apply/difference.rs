//! What a plan would change in AWS as it is now.

use std::fmt;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::apply::Asker;
use crate::apply::ask::{self, HeldWebAcl};
use crate::apply::step::Step;
use crate::names;
use crate::present::{NetworkAcl, SecurityGroup};
use crate::quotas::IP_SET_NETWORKS_MAX;
use crate::rule::{Change, Holder, IpSet, NetworkAclEntry, Plan, SecurityGroupRule, WebAclRule};
use crate::{Error, Result};

/// What a plan would change in AWS, and what of it is there already.
///
/// Its text has a line each: `+` comes, `-` goes, `~` is altered, `=` is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// The steps that are missing, in order.
    pub steps: Vec<Step>,
    /// What is there already, in words.
    pub there: Vec<String>,
}

/// Compares a plan with AWS as it is now.
pub(super) async fn of(asker: &Asker, plan: &Plan) -> Result<Difference> {
    let mut difference = Difference::default();
    let mut network_acl: Option<NetworkAcl> = None;
    let mut group: Option<SecurityGroup> = None;
    for change in &plan.changes {
        match change {
            Change::NetworkAclEntry(entry) => {
                let id = &entry.network_acl_id;
                if network_acl.as_ref().is_none_or(|known| known.id != *id) {
                    network_acl = Some(ask::network_acl(asker, id).await?);
                }
                let known = network_acl.as_ref().expect("it was asked for just now");
                difference.network_acl_entry(entry, known)?;
            }
            Change::SecurityGroupRule(change) => {
                let id = &change.group_id;
                if group.as_ref().is_none_or(|known| known.id != *id) {
                    group = Some(ask::security_group(asker, id).await?);
                }
                difference
                    .security_group(change, group.as_ref().expect("it was asked for just now"));
            }
            Change::IpSet(set) => difference.ip_set(asker, plan, set).await?,
            Change::WebAclRule(rule) => difference.web_acl_rule(asker, plan, rule).await?,
        }
    }
    Ok(difference)
}

impl Difference {
    /// True if AWS holds all of the plan.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn network_acl_entry(&mut self, entry: &NetworkAclEntry, known: &NetworkAcl) -> Result<()> {
        let step = Step::CreateNetworkAclEntry(entry.clone());
        let (direction, number) = (entry.direction, entry.number);
        let taken = known
            .entries
            .iter()
            .find(|there| there.direction == direction && there.number == number);
        match taken {
            None => self.steps.push(step),
            Some(there) if there.denies(direction, number, entry.network) => {
                self.there.push(step.to_string());
            }
            Some(there) => {
                return Err(Error::invalid(format!(
                    "the {} rule {} of `{}` is there, for {}",
                    entry.direction, entry.number, known.id, there.network
                ))
                .hint("run it again: numbers that are free are found; or name another one"));
            }
        }
        Ok(())
    }

    fn security_group(&mut self, change: &SecurityGroupRule, known: &SecurityGroup) {
        let is_there = known.rules.iter().any(|there| there.allows_as(&change.rule));
        let step = Step::ChangeSecurityGroup(change.clone());
        if is_there == change.revoked {
            self.steps.push(step);
        } else if change.revoked {
            self.there.push(format!("no {step}"));
        } else {
            self.there.push(step.to_string());
        }
    }

    async fn ip_set(&mut self, asker: &Asker, plan: &Plan, set: &IpSet) -> Result<()> {
        let Some(held) = ask::ip_set(asker, set.scope, &set.name).await? else {
            let description = plan.description.clone();
            self.steps.push(Step::CreateIpSet { set: set.clone(), description });
            return Ok(());
        };
        if held.version != set.version.aws_name() {
            return Err(Error::invalid(format!(
                "the IP set `{}` is there, for {} and not for {}",
                set.name,
                held.version,
                set.version.aws_name()
            ))
            .hint("take another name (`--name`)"));
        }
        let there: Vec<IpNet> = held.addresses.iter().filter_map(|a| a.parse().ok()).collect();
        let covered = |network: &&IpNet| there.iter().any(|other| other.contains(*network));
        let networks: Vec<IpNet> =
            set.networks.iter().filter(|net| !covered(net)).copied().collect();
        let all = held.addresses.len() + networks.len();
        IP_SET_NETWORKS_MAX.check(
            all,
            IP_SET_NETWORKS_MAX.value,
            "take another name (`--name`), which is another IP set",
        )?;
        let has_others = there.len() != held.addresses.len()
            || there.iter().any(|other| !set.networks.contains(other));
        let is_as_wanted = networks.is_empty() && !has_others;
        if !is_as_wanted && !names::is_ours(&set.name, held.description.as_deref()) {
            return Err(not_ours("IP set", &set.name));
        }
        let missing = IpSet { networks, ..set.clone() };
        if missing.networks.is_empty() {
            self.there.push(Step::AddToIpSet { set: set.clone(), id: held.id }.to_string());
        } else {
            self.steps.push(Step::AddToIpSet { set: missing, id: held.id });
        }
        Ok(())
    }

    async fn web_acl_rule(&mut self, asker: &Asker, plan: &Plan, rule: &WebAclRule) -> Result<()> {
        let (held, resource_arn) = match &rule.holder {
            Holder::Existing(reference) => {
                let missing = || {
                    Error::not_found(format!("no web ACL `{}`", reference.name))
                        .hint("it is gone, or in another region or scope")
                };
                let held = ask::web_acl(asker, rule.scope, reference).await?;
                (Some(held.ok_or_else(missing)?), None)
            }
            Holder::New { name } => (ask::web_acl_named(asker, rule.scope, name).await?, None),
            Holder::OfResource { arn, name } => {
                match ask::web_acl_of(asker, rule.scope, arn).await? {
                    Some(held) => (Some(held), None),
                    None => (ask::web_acl_named(asker, rule.scope, name).await?, Some(arn)),
                }
            }
        };
        // One that protects the resource, or is named as the place, may be of others; one that is to be made may not.
        let is_found_by_name = !matches!(rule.holder, Holder::Existing(_))
            && (resource_arn.is_some() || matches!(rule.holder, Holder::New { .. }));
        match held {
            Some(held) if is_found_by_name && !held.is_ours() => {
                return Err(not_ours("web ACL", &held.reference.name));
            }
            Some(held) => self.put_rule(asker, rule, &held).await?,
            None => {
                let description = plan.description.clone();
                self.steps.push(Step::CreateWebAcl { rule: rule.clone(), description });
            }
        }
        if let Some(arn) = resource_arn {
            self.steps.push(Step::Associate {
                resource_arn: arn.clone(),
                web_acl: rule.holder.name().to_owned(),
                scope: rule.scope,
            });
        }
        Ok(())
    }

    async fn put_rule(
        &mut self,
        asker: &Asker,
        rule: &WebAclRule,
        held: &HeldWebAcl,
    ) -> Result<()> {
        let before = held.rule(&rule.name).cloned();
        let step = Step::PutRule {
            web_acl: held.reference.clone(),
            rule: rule.clone(),
            before: before.clone(),
        };
        let Some(before) = before else {
            let same_place = |there: &&Value| there["Priority"] == json!(rule.priority);
            if let Some(other) = held.rules().iter().find(same_place) {
                return Err(Error::invalid(format!(
                    "the rule {} of the web ACL `{}` has the priority {}",
                    other["Name"], held.reference.name, rule.priority
                ))
                .hint("run it again: a priority that is free is found; or name another one"));
            }
            self.steps.push(step);
            return Ok(());
        };
        let is_same = ask::is_same_rule(&before, &ask::rule_with_arns(asker, rule, &[]).await?);
        if is_same && before["Priority"] == json!(rule.priority) {
            self.there.push(step.to_string());
        } else if held.is_ours() || names::is_ours(&rule.name, None) {
            self.steps.push(step);
        } else {
            return Err(not_ours("rule", &rule.name));
        }
        Ok(())
    }
}

/// An error for what has the name of what is to be made, and is of others.
fn not_ours(what: &str, name: &str) -> Error {
    Error::invalid(format!(
        "the {what} `{name}` is there, is another one, and was not made by floodmark"
    ))
    .hint("take another name (`--name`), or none: then one is made")
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for there in &self.there {
            writeln!(f, "= {there}")?;
        }
        for step in &self.steps {
            writeln!(f, "{} {step}", step.sign())?;
        }
        Ok(())
    }
}

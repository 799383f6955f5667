//! What a plan would change in AWS as it is now.

use std::fmt;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::apply::Asker;
use crate::apply::ask::{self, HeldWebAcl};
use crate::apply::step::Step;
use crate::present::{NetworkAcl, SecurityGroup};
use crate::quotas::IP_SET_NETWORKS_MAX;
use crate::rule::{Change, Holder, IpSet, NetworkAclEntry, Plan, SecurityGroupRule, WebAclRule};
use crate::wire::{self, Dialect, SearchString};
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
        let taken = known
            .entries
            .iter()
            .find(|there| there.direction == entry.direction && there.number == entry.number);
        match taken {
            None => self.steps.push(step),
            Some(there)
                if !there.allows && there.protocol == "-1" && there.network == entry.network =>
            {
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
        let same = |there: &&crate::rule::AllowRule| {
            there.direction == change.rule.direction
                && there.protocol == change.rule.protocol
                && there.from_port == change.rule.from_port
                && there.to_port == change.rule.to_port
                && there.network == change.rule.network
        };
        let is_there = known.rules.iter().any(|there| same(&there));
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
        match held {
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
        let mut arns = Vec::new();
        for name in crate::render::ip_sets_of(&rule.statement) {
            if let Some(set) = ask::ip_set(asker, rule.scope, name).await? {
                arns.push((name.to_owned(), set.arn));
            }
        }
        let arn = |name: &str| {
            arns.iter().find(|(known, _)| known == name).map_or(Value::Null, |(_, arn)| json!(arn))
        };
        let dialect =
            Dialect { ip_set_arn: &arn, arn_key: "ARN", search_string: SearchString::Base64 };
        if holds(&before, &wire::rule(rule, &dialect)) {
            self.there.push(step.to_string());
        } else {
            self.steps.push(step);
        }
        Ok(())
    }
}

/// True if AWS's value has all that ours has; AWS adds what was left to it.
fn holds(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            ours.iter().all(|(key, value)| theirs.get(key).is_some_and(|their| holds(their, value)))
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            theirs.len() == ours.len()
                && theirs.iter().zip(ours).all(|(one, other)| holds(one, other))
        }
        (theirs, ours) => theirs == ours,
    }
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

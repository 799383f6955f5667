//! Makes a step in AWS, and takes it back.

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::apply::Asker;
use crate::apply::ask::{self, HeldIpSet, HeldWebAcl};
use crate::apply::step::{Made, Step};
use crate::limits::CHANGE_TRIES_MAX;
use crate::quotas::IP_SET_NETWORKS_MAX;
use crate::rule::{IpSet, NetworkAclEntry, Scope, SecurityGroupRule, WebAclReference, WebAclRule};
use crate::wire::{self, waf_network};
use crate::{Error, ErrorKind, Result};

/// AWS's answer to a change, of which nothing is needed.
#[derive(Debug, Deserialize)]
struct Answered {}

/// What AWS WAF says of something that cannot go, because something else refers to it.
const STILL_USED: &str = "WAFAssociatedItemException";

/// The fields of a web ACL that `UpdateWebACL` takes: one that is left out is lost.
const KEPT_FIELDS: [&str; 11] = [
    "DefaultAction",
    "Description",
    "VisibilityConfig",
    "DataProtectionConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "OnSourceDDoSProtectionConfig",
    "ApplicationConfig",
];

/// Makes a step; `made` is what steps before it made.
pub(super) async fn make(asker: &Asker, step: &Step, made: &[Made]) -> Result<Option<Made>> {
    match step {
        Step::CreateNetworkAclEntry(entry) => {
            query(asker, "CreateNetworkAclEntry", &wire::network_acl_entry(entry)).await?;
        }
        Step::ChangeSecurityGroup(change) => security_group(asker, change).await?,
        Step::CreateIpSet { set, description } => {
            let request = wire::ip_set(set, description);
            let answer: Value = asker.waf_to_change()?.json("CreateIPSet", &request).await?;
            return summary(&answer, "CreateIPSet").map(Some);
        }
        Step::AddToIpSet { set, .. } => add_to_ip_set(asker, set).await?,
        Step::CreateWebAcl { rule, description } => {
            let ours = rule_with_arns(asker, rule, made).await?;
            let request = wire::web_acl(rule.holder.name(), rule, description, &json!([ours]));
            let answer: Value = asker.waf_to_change()?.json("CreateWebACL", &request).await?;
            return summary(&answer, "CreateWebACL").map(Some);
        }
        Step::PutRule { web_acl, rule, .. } => {
            let ours = rule_with_arns(asker, rule, made).await?;
            put_rule(asker, web_acl, rule.scope, &rule.name, Some(&ours)).await?;
        }
        Step::Associate { resource_arn, web_acl, scope } => {
            let arn = match made.iter().find(|made| made.name == *web_acl) {
                Some(made) => made.arn.clone(),
                None => {
                    let held = ask::web_acl_named(asker, *scope, web_acl).await?;
                    held.and_then(|held| held.reference.arn)
                        .ok_or_else(|| gone("web ACL", web_acl))?
                }
            };
            let request = json!({ "WebACLArn": arn, "ResourceArn": resource_arn });
            let _: Value = asker.waf_to_change()?.json("AssociateWebACL", &request).await?;
        }
    }
    Ok(None)
}

/// Takes a step back; a reason if it is left because others have changed what it made.
///
/// What we made and is gone counts as taken back. If what held it is gone, that is told: it may be elsewhere.
pub(super) async fn take_back(
    asker: &Asker,
    step: &Step,
    made: Option<&Made>,
) -> Result<Option<String>> {
    match step {
        Step::CreateNetworkAclEntry(entry) => without_entry(asker, entry).await,
        Step::ChangeSecurityGroup(change) => {
            let opposite = SecurityGroupRule { revoked: !change.revoked, ..change.clone() };
            match security_group(asker, &opposite).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    Ok(Some(not_there("security group", &change.group_id)))
                }
                other => other.map(|()| None),
            }
        }
        Step::CreateIpSet { set, .. } => without_ip_set(asker, set, made).await,
        Step::AddToIpSet { set, .. } => {
            let is_there = change_ip_set(asker, set, |held| others_in(held, set)).await?;
            Ok((!is_there).then(|| not_there("IP set", &set.name)))
        }
        Step::CreateWebAcl { rule, .. } => without_web_acl(asker, rule, made).await,
        Step::PutRule { web_acl, rule, before } => {
            put_back(asker, web_acl, rule, before.as_ref()).await
        }
        Step::Associate { resource_arn, web_acl, scope } => {
            let held = ask::web_acl_of(asker, *scope, resource_arn).await?;
            match held {
                Some(held) if held.reference.name == *web_acl => {
                    let request = json!({ "ResourceArn": resource_arn });
                    let _: Value =
                        asker.waf_to_change()?.json("DisassociateWebACL", &request).await?;
                    Ok(None)
                }
                Some(held) => Ok(Some(format!(
                    "{resource_arn} is now protected by the web ACL {}, and stays so",
                    held.reference.name
                ))),
                None => Ok(None),
            }
        }
    }
}

async fn without_entry(asker: &Asker, entry: &NetworkAclEntry) -> Result<Option<String>> {
    let acl = match ask::network_acl(asker, &entry.network_acl_id).await {
        Ok(acl) => acl,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Some(not_there("network ACL", &entry.network_acl_id)));
        }
        Err(error) => return Err(error),
    };
    let there = acl
        .entries
        .iter()
        .find(|there| there.direction == entry.direction && there.number == entry.number);
    match there {
        None => Ok(None),
        Some(there) if there.denies(entry.direction, entry.number, entry.network) => {
            query(asker, "DeleteNetworkAclEntry", &wire::network_acl_entry_key(entry)).await?;
            Ok(None)
        }
        Some(there) => Ok(Some(format!(
            "the {} rule {} of {} is now another one, for {}, and stays",
            entry.direction, entry.number, acl.id, there.network
        ))),
    }
}

/// Adds a rule of a security group, or revokes it; one that is there, or gone, is as it is to be.
async fn security_group(asker: &Asker, change: &SecurityGroupRule) -> Result<()> {
    let operation = wire::security_group_operation(change.rule.direction, change.revoked);
    match query(asker, operation, &wire::security_group_rule(change)).await {
        Err(error)
            if matches!(
                error.service_code(),
                Some("InvalidPermission.Duplicate" | "InvalidPermission.NotFound")
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// Adds networks to an IP set, and keeps what others have put there.
async fn add_to_ip_set(asker: &Asker, set: &IpSet) -> Result<()> {
    change_ip_set(asker, set, |held| {
        let mut addresses = held.addresses.clone();
        let there: Vec<IpNet> = addresses.iter().filter_map(|text| text.parse().ok()).collect();
        let missing = set.networks.iter().filter(|network| !there.contains(network));
        addresses.extend(missing.map(waf_network));
        addresses
    })
    .await?
    .then_some(())
    .ok_or_else(|| gone("IP set", &set.name))
}

/// Takes networks out of an IP set.
async fn remove_from_ip_set(asker: &Asker, set: &IpSet) -> Result<()> {
    change_ip_set(asker, set, |held| others_in(held, set)).await?;
    Ok(())
}

/// What is in an IP set beside ours.
fn others_in(held: &HeldIpSet, set: &IpSet) -> Vec<String> {
    let ours =
        |text: &&String| text.parse().is_ok_and(|network: IpNet| set.networks.contains(&network));
    held.addresses.iter().filter(|text| !ours(text)).cloned().collect()
}

/// Gives an IP set other addresses, made from those it has now; false if it is gone.
///
/// If another changes it meanwhile, it is read again.
async fn change_ip_set(
    asker: &Asker,
    set: &IpSet,
    change: impl Fn(&HeldIpSet) -> Vec<String>,
) -> Result<bool> {
    let mut tries = Tries::default();
    loop {
        let Some(held) = ask::ip_set(asker, set.scope, &set.name).await? else { return Ok(false) };
        let addresses = change(&held);
        if addresses == held.addresses {
            return Ok(true);
        }
        IP_SET_NETWORKS_MAX.check(
            addresses.len(),
            IP_SET_NETWORKS_MAX.value,
            "take another name (`--name`), which is another IP set",
        )?;
        let mut request = json!({
            "Name": set.name,
            "Scope": set.scope.aws_name(),
            "Id": held.id,
            "Addresses": addresses,
            "LockToken": held.lock_token,
        });
        if let Some(description) = held.description {
            request["Description"] = json!(description);
        }
        match asker.waf_to_change()?.json::<Value>("UpdateIPSet", &request).await {
            Ok(_) => return Ok(true),
            Err(error) => tries.again(asker, error).await?,
        }
    }
}

/// Deletes an IP set that we made; others' addresses stay in it.
async fn without_ip_set(asker: &Asker, set: &IpSet, made: Option<&Made>) -> Result<Option<String>> {
    let mut tries = Tries::default();
    loop {
        let Some(held) = ask::ip_set(asker, set.scope, &set.name).await? else { return Ok(None) };
        if made.is_some_and(|made| made.id != held.id) {
            return Ok(Some(format!("the IP set {} is now another one, and stays", set.name)));
        }
        if !others_in(&held, set).is_empty() {
            remove_from_ip_set(asker, set).await?;
            return Ok(Some(format!("the IP set {} has addresses of others, and stays", set.name)));
        }
        let request = json!({
            "Name": set.name,
            "Scope": set.scope.aws_name(),
            "Id": held.id,
            "LockToken": held.lock_token,
        });
        match asker.waf_to_change()?.json::<Value>("DeleteIPSet", &request).await {
            Ok(_) => return Ok(None),
            Err(error) if tries.are_over() && error.service_code() == Some(STILL_USED) => {
                remove_from_ip_set(asker, set).await?;
                return Ok(Some(format!(
                    "the IP set {} is used by others, and stays empty",
                    set.name
                )));
            }
            Err(error) => tries.again(asker, error).await?,
        }
    }
}

/// Deletes a web ACL that we made; if it has others' rules by now, only ours goes.
async fn without_web_acl(
    asker: &Asker,
    rule: &WebAclRule,
    made: Option<&Made>,
) -> Result<Option<String>> {
    let name = rule.holder.name();
    let mut tries = Tries::default();
    loop {
        let Some(held) = ask::web_acl_named(asker, rule.scope, name).await? else {
            return Ok(None);
        };
        if made.is_some_and(|made| held.reference.id.as_ref() != Some(&made.id)) {
            return Ok(Some(format!("the web ACL {name} is now another one, and stays")));
        }
        if held.rules().iter().any(|there| there["Name"] != json!(rule.name)) {
            put_rule(asker, &held.reference, rule.scope, &rule.name, None).await?;
            return Ok(Some(format!("the web ACL {name} has rules of others, and stays")));
        }
        let request = json!({
            "Name": name,
            "Scope": rule.scope.aws_name(),
            "Id": held.reference.id,
            "LockToken": held.lock_token,
        });
        match asker.waf_to_change()?.json::<Value>("DeleteWebACL", &request).await {
            Ok(_) => return Ok(None),
            Err(error) if tries.are_over() && error.service_code() == Some(STILL_USED) => {
                put_rule(asker, &held.reference, rule.scope, &rule.name, None).await?;
                return Ok(Some(format!(
                    "the web ACL {name} is used by others, and stays without the rule"
                )));
            }
            Err(error) => tries.again(asker, error).await?,
        }
    }
}

/// Gives a web ACL a rule in the place of the one of its name; none takes that away. All else of it stays.
async fn put_rule(
    asker: &Asker,
    web_acl: &WebAclReference,
    scope: Scope,
    name: &str,
    ours: Option<&Value>,
) -> Result<()> {
    let mut tries = Tries::default();
    loop {
        let held = ask::web_acl(asker, scope, web_acl).await?;
        let held = held.ok_or_else(|| gone("web ACL", &web_acl.name))?;
        if ours.is_none() && held.rule(name).is_none() {
            return Ok(());
        }
        let request = update(&held, name, ours);
        match asker.waf_to_change()?.json::<Value>("UpdateWebACL", &request).await {
            Ok(_) => return Ok(()),
            Err(error) => tries.again(asker, error).await?,
        }
    }
}

/// Puts back what was in the place of a rule of ours, if ours is still there as we put it; a reason if it is left.
async fn put_back(
    asker: &Asker,
    web_acl: &WebAclReference,
    rule: &WebAclRule,
    before: Option<&Value>,
) -> Result<Option<String>> {
    let ours = ask::rule_with_arns(asker, rule, &[]).await?;
    let mut tries = Tries::default();
    loop {
        let Some(held) = ask::web_acl(asker, rule.scope, web_acl).await? else {
            return Ok(Some(not_there("web ACL", &web_acl.name)));
        };
        let Some(there) = held.rule(&rule.name) else { return Ok(None) };
        if before.is_some_and(|before| ask::is_same_rule(there, before)) {
            return Ok(None);
        }
        if !ask::is_same_rule(there, &ours) {
            return Ok(Some(format!(
                "the rule {} of the web ACL {} is now another one, and stays",
                rule.name, held.reference.name
            )));
        }
        let request = update(&held, &rule.name, before);
        match asker.waf_to_change()?.json::<Value>("UpdateWebACL", &request).await {
            Ok(_) => return Ok(None),
            Err(error) => tries.again(asker, error).await?,
        }
    }
}

/// The request that gives a web ACL a rule and keeps all else.
fn update(held: &HeldWebAcl, name: &str, ours: Option<&Value>) -> Value {
    let others = held.rules().iter().filter(|rule| rule["Name"] != json!(name));
    let rules: Vec<Value> = others.chain(ours).map(ask::without_nulls).collect();
    let mut request = json!({
        "Name": held.reference.name,
        "Scope": held.scope.aws_name(),
        "Id": held.reference.id,
        "Rules": rules,
        "LockToken": held.lock_token,
    });
    for field in KEPT_FIELDS {
        let value = &held.whole[field];
        if !value.is_null() && *value != json!("") {
            request[field] = value.clone();
        }
    }
    request
}

/// Our rule with the ARNs of its IP sets; an error if one is gone.
async fn rule_with_arns(asker: &Asker, rule: &WebAclRule, made: &[Made]) -> Result<Value> {
    for name in crate::render::ip_sets_of(&rule.statement) {
        if made.iter().all(|made| made.name != name)
            && ask::ip_set(asker, rule.scope, name).await?.is_none()
        {
            return Err(gone("IP set", name));
        }
    }
    ask::rule_with_arns(asker, rule, made).await
}

/// Asks EC2 to change something.
async fn query(asker: &Asker, action: &str, request: &Value) -> Result<()> {
    let _: Answered = asker.ec2_to_change()?.query(action, &wire::flattened(request)).await?;
    Ok(())
}

/// What AWS WAF called what it made.
fn summary(answer: &Value, operation: &str) -> Result<Made> {
    let text = |key: &str| answer["Summary"][key].as_str().map(str::to_owned);
    match (text("Name"), text("Id"), text("ARN")) {
        (Some(name), Some(id), Some(arn)) => Ok(Made { name, id, arn }),
        _ => {
            Err(Error::new(ErrorKind::Unavailable, format!("AWS WAF answers half of {operation}")))
        }
    }
}

/// What is told of a step whose place is not there any more.
fn not_there(what: &str, name: &str) -> String {
    format!("the {what} {name} is not there any more, so that nothing was taken out of it")
}

fn gone(what: &str, name: &str) -> Error {
    Error::not_found(format!("the {what} `{name}` is gone"))
        .hint("another has deleted it; run it again")
}

/// How often something was tried.
#[derive(Debug, Default)]
struct Tries(usize);

impl Tries {
    /// True if the next failure is the last.
    fn are_over(&self) -> bool {
        self.0 + 1 >= CHANGE_TRIES_MAX
    }

    /// Lets a change be tried again after an error that passes; the error otherwise.
    async fn again(&mut self, asker: &Asker, error: Error) -> Result<()> {
        self.0 += 1;
        match error.service_code() {
            _ if self.0 >= CHANGE_TRIES_MAX => Err(error),
            // Another changed it since it was read.
            Some("WAFOptimisticLockException") => Ok(()),
            // What used it is gone, but AWS has not heard of it everywhere.
            Some(STILL_USED) => {
                tokio::time::sleep(asker.still_used_pause).await;
                Ok(())
            }
            _ => Err(error),
        }
    }
}

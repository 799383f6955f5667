//! What AWS holds now.

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::apply::Asker;
use crate::apply::step::Made;
use crate::limits::LIST_PAGES_MAX;
use crate::names;
use crate::present::{NetworkAcl, PresentEntry, PresentRule, SecurityGroup, WebAcl};
use crate::rule::{AllowRule, Direction, Scope, WebAclReference, WebAclRule};
use crate::wire::{self, Dialect, SearchString};
use crate::{Error, ErrorKind, Result};

/// An IP set as AWS holds it.
#[derive(Clone, Debug)]
pub(super) struct HeldIpSet {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) lock_token: String,
    /// As AWS writes them.
    pub(super) addresses: Vec<String>,
}

/// A web ACL as AWS holds it.
#[derive(Clone, Debug)]
pub(super) struct HeldWebAcl {
    pub(super) reference: WebAclReference,
    pub(super) scope: Scope,
    pub(super) lock_token: String,
    /// The whole, as AWS writes it.
    pub(super) whole: Value,
}

/// The name, the id and the ARN of an entity in a list of AWS WAF.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    name: String,
    id: String,
    #[serde(rename = "ARN")]
    arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NetworkAcls {
    network_acl_set: Items<AclItem>,
}

#[derive(Debug, Deserialize)]
struct Items<T> {
    #[serde(default = "Vec::new")]
    item: Vec<T>,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { item: Vec::new() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AclItem {
    #[serde(default)]
    entry_set: Items<EntryItem>,
    #[serde(default)]
    association_set: Items<AssociationItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssociationItem {
    subnet_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryItem {
    rule_number: u16,
    protocol: String,
    rule_action: String,
    egress: bool,
    cidr_block: Option<String>,
    ipv6_cidr_block: Option<String>,
    port_range: Option<PortRange>,
    icmp_type_code: Option<IcmpTypeCode>,
}

#[derive(Debug, Deserialize)]
struct PortRange {
    from: Option<u16>,
    to: Option<u16>,
}

#[derive(Debug, Deserialize)]
struct IcmpTypeCode {
    code: Option<i32>,
    #[serde(rename = "type")]
    kind: Option<i32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecurityGroups {
    security_group_info: Items<GroupItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GroupItem {
    group_name: Option<String>,
    #[serde(default)]
    ip_permissions: Items<PermissionItem>,
    #[serde(default)]
    ip_permissions_egress: Items<PermissionItem>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PermissionItem {
    ip_protocol: String,
    from_port: Option<i32>,
    to_port: Option<i32>,
    #[serde(default)]
    ip_ranges: Items<RangeItem>,
    #[serde(default)]
    ipv6_ranges: Items<RangeItem>,
    #[serde(default)]
    groups: Items<serde::de::IgnoredAny>,
    #[serde(default)]
    prefix_list_ids: Items<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RangeItem {
    #[serde(alias = "cidrIpv6")]
    cidr_ip: String,
    description: Option<String>,
}

/// A network ACL by its id.
pub(super) async fn network_acl(asker: &Asker, id: &str) -> Result<NetworkAcl> {
    let parameters = [("NetworkAclId.1".to_owned(), id.to_owned())];
    let answer: NetworkAcls =
        asker.ec2_to_read()?.query("DescribeNetworkAcls", &parameters).await?;
    let Some(acl) = answer.network_acl_set.item.into_iter().next() else {
        return Err(Error::not_found(format!("no network ACL `{id}`"))
            .hint("check the region; `aws ec2 describe-network-acls` lists them"));
    };
    let mut entries = Vec::with_capacity(acl.entry_set.item.len());
    for entry in acl.entry_set.item {
        entries.push(present_entry(id, entry)?);
    }
    entries.sort_by_key(|entry| (entry.direction == Direction::Outbound, entry.number));
    let subnets = acl.association_set.item.into_iter().filter_map(|item| item.subnet_id).collect();
    Ok(NetworkAcl { id: id.to_owned(), entries, subnets })
}

/// A security group by its id.
pub(super) async fn security_group(asker: &Asker, id: &str) -> Result<SecurityGroup> {
    let parameters = [("GroupId.1".to_owned(), id.to_owned())];
    let answer: SecurityGroups =
        asker.ec2_to_read()?.query("DescribeSecurityGroups", &parameters).await?;
    let Some(group) = answer.security_group_info.item.into_iter().next() else {
        return Err(Error::not_found(format!("no security group `{id}`"))
            .hint("check the region; `aws ec2 describe-security-groups` lists them"));
    };
    let mut rules = Vec::new();
    let mut references = 0;
    let sides = [
        (Direction::Inbound, group.ip_permissions.item),
        (Direction::Outbound, group.ip_permissions_egress.item),
    ];
    for (direction, permissions) in sides {
        for permission in permissions {
            references += permission.groups.item.len() + permission.prefix_list_ids.item.len();
            for range in permission.ip_ranges.item.into_iter().chain(permission.ipv6_ranges.item) {
                rules.push(AllowRule {
                    direction,
                    protocol: permission.ip_protocol.clone(),
                    from_port: permission.from_port,
                    to_port: permission.to_port,
                    network: network(&range.cidr_ip, id)?,
                    description: range.description,
                });
            }
        }
    }
    let name = group.group_name.unwrap_or_default();
    Ok(SecurityGroup { id: id.to_owned(), name, rules, references })
}

/// An IP set by its name.
pub(super) async fn ip_set(asker: &Asker, scope: Scope, name: &str) -> Result<Option<HeldIpSet>> {
    let Some(found) = find(asker, scope, "ListIPSets", "IPSets", name).await? else {
        return Ok(None);
    };
    let request = json!({ "Name": name, "Scope": scope.aws_name(), "Id": found.id });
    let answer: Value = match asker.waf_to_read()?.json("GetIPSet", &request).await {
        Ok(answer) => answer,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let set = &answer["IPSet"];
    let addresses = set["Addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(Some(HeldIpSet {
        version: text(&set["IPAddressVersion"]).unwrap_or_default(),
        description: text(&set["Description"]),
        lock_token: text(&answer["LockToken"]).ok_or_else(|| half("GetIPSet"))?,
        addresses: addresses.iter().filter_map(text).collect(),
        id: found.id,
        arn: found.arn,
    }))
}

/// A web ACL by its name, and its id if that is known.
pub(super) async fn web_acl(
    asker: &Asker,
    scope: Scope,
    reference: &WebAclReference,
) -> Result<Option<HeldWebAcl>> {
    match &reference.id {
        Some(id) => get_web_acl(asker, scope, &reference.name, id).await,
        None => web_acl_named(asker, scope, &reference.name).await,
    }
}

/// A web ACL by its name.
pub(super) async fn web_acl_named(
    asker: &Asker,
    scope: Scope,
    name: &str,
) -> Result<Option<HeldWebAcl>> {
    match find(asker, scope, "ListWebACLs", "WebACLs", name).await? {
        Some(found) => get_web_acl(asker, scope, name, &found.id).await,
        None => Ok(None),
    }
}

/// The web ACL that protects a resource.
pub(super) async fn web_acl_of(
    asker: &Asker,
    scope: Scope,
    resource_arn: &str,
) -> Result<Option<HeldWebAcl>> {
    let request = json!({ "ResourceArn": resource_arn });
    let answer: Value = asker.waf_to_read()?.json("GetWebACLForResource", &request).await?;
    let web_acl = &answer["WebACL"];
    match (text(&web_acl["Name"]), text(&web_acl["Id"])) {
        (Some(name), Some(id)) => get_web_acl(asker, scope, &name, &id).await,
        _ => Ok(None),
    }
}

/// Our rule with the ARNs of its IP sets: of those that were made, or as AWS tells them; null where there is none.
pub(super) async fn rule_with_arns(
    asker: &Asker,
    rule: &WebAclRule,
    made: &[Made],
) -> Result<Value> {
    let mut arns: Vec<(String, String)> =
        made.iter().map(|made| (made.name.clone(), made.arn.clone())).collect();
    for name in crate::render::ip_sets_of(&rule.statement) {
        if arns.iter().all(|(known, _)| known != name)
            && let Some(held) = ip_set(asker, rule.scope, name).await?
        {
            arns.push((name.to_owned(), held.arn));
        }
    }
    let arn = |name: &str| {
        arns.iter().find(|(known, _)| known == name).map_or(Value::Null, |(_, arn)| json!(arn))
    };
    let dialect = Dialect { ip_set_arn: &arn, arn_key: "ARN", search_string: SearchString::Base64 };
    Ok(wire::rule(rule, &dialect))
}

/// True if AWS's rule does what ours does, wherever it stands.
///
/// A condition more would make it narrower and one less wider, so that the statements and the actions are the same but for
/// fields without a value. How it is measured and labelled does not matter.
pub(super) fn is_same_rule(theirs: &Value, ours: &Value) -> bool {
    ["Name", "Action", "OverrideAction", "Statement"]
        .iter()
        .all(|field| without_nulls(&theirs[field]) == without_nulls(&ours[field]))
}

/// A value without fields that have none.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

impl HeldWebAcl {
    /// True if we have made it.
    pub(super) fn is_ours(&self) -> bool {
        names::is_ours(&self.reference.name, self.whole["Description"].as_str())
    }

    /// What a plan depends on.
    pub(super) fn summary(&self) -> WebAcl {
        let rules = self.rules().iter().map(|rule| PresentRule {
            name: text(&rule["Name"]).unwrap_or_default(),
            priority: number(&rule["Priority"]),
            allows: !rule["Action"]["Allow"].is_null(),
        });
        WebAcl {
            reference: self.reference.clone(),
            scope: self.scope,
            rules: rules.collect(),
            capacity: usize::try_from(self.whole["Capacity"].as_u64().unwrap_or(0)).unwrap_or(0),
        }
    }

    /// Its rules, as AWS writes them.
    pub(super) fn rules(&self) -> &[Value] {
        self.whole["Rules"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// Its rule of a name, as AWS writes it.
    pub(super) fn rule(&self, name: &str) -> Option<&Value> {
        self.rules().iter().find(|rule| rule["Name"] == name)
    }
}

async fn get_web_acl(
    asker: &Asker,
    scope: Scope,
    name: &str,
    id: &str,
) -> Result<Option<HeldWebAcl>> {
    let request = json!({ "Name": name, "Scope": scope.aws_name(), "Id": id });
    let answer: Value = match asker.waf_to_read()?.json("GetWebACL", &request).await {
        Ok(answer) => answer,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let reference = WebAclReference {
        name: name.to_owned(),
        id: Some(id.to_owned()),
        arn: text(&answer["WebACL"]["ARN"]),
    };
    let lock_token = text(&answer["LockToken"]).ok_or_else(|| half("GetWebACL"))?;
    Ok(Some(HeldWebAcl { reference, scope, lock_token, whole: answer["WebACL"].clone() }))
}

/// The entity of a name in a list of AWS WAF.
async fn find(
    asker: &Asker,
    scope: Scope,
    operation: &str,
    list: &str,
    name: &str,
) -> Result<Option<Summary>> {
    let client = asker.waf_to_read()?;
    let mut request = json!({ "Scope": scope.aws_name(), "Limit": 100 });
    for _ in 0..LIST_PAGES_MAX {
        let mut answer: Value = client.json(operation, &request).await?;
        let items = answer[list].as_array_mut().map(std::mem::take).unwrap_or_default();
        if items.is_empty() {
            return Ok(None);
        }
        for item in items {
            let summary: Summary =
                serde_json::from_value(item).map_err(|error| half(operation).because(error))?;
            if summary.name == name {
                return Ok(Some(summary));
            }
        }
        match text(&answer["NextMarker"]) {
            Some(marker) => request["NextMarker"] = json!(marker),
            None => return Ok(None),
        }
    }
    Err(Error::new(
        ErrorKind::LimitReached,
        format!("{operation} has more than {LIST_PAGES_MAX} pages"),
    ))
}

fn present_entry(id: &str, entry: EntryItem) -> Result<PresentEntry> {
    let block = entry.cidr_block.or(entry.ipv6_cidr_block);
    let ports = entry.port_range.and_then(|range| Some((range.from?, range.to?)));
    let icmp = entry.icmp_type_code.and_then(|icmp| Some((icmp.kind?, icmp.code?)));
    Ok(PresentEntry {
        number: entry.rule_number,
        direction: if entry.egress { Direction::Outbound } else { Direction::Inbound },
        allows: entry.rule_action == "allow",
        protocol: entry.protocol,
        ports,
        icmp,
        network: network(block.as_deref().unwrap_or_default(), id)?,
    })
}

fn network(text: &str, id: &str) -> Result<IpNet> {
    let network: Option<IpNet> = text.parse().ok();
    network.map(|network| network.trunc()).ok_or_else(|| {
        let shown = crate::target::shown(text);
        Error::new(ErrorKind::Unavailable, format!("a rule of `{id}` has the network `{shown}`"))
    })
}

/// A text that is not empty.
fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn number(value: &Value) -> u32 {
    value.as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

fn half(operation: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("AWS WAF answers half of {operation}"))
        .hint("try again later")
}

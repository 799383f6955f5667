//! The shapes of AWS's API: what is asked of it, declared once for applying and for all forms.

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use crate::rule::{
    AllowRule, Direction, Field, IpSet, NetworkAclEntry, SecurityGroupRule, Statement, WebAclRule,
};
use crate::target::Place;

/// How a statement is written where the forms differ.
pub(crate) struct Dialect<'a> {
    /// The ARN of an IP set by its name, or what stands for it.
    pub(crate) ip_set_arn: &'a dyn Fn(&str) -> Value,
    /// The key of that ARN: `ARN` in the API, `Arn` in CloudFormation.
    pub(crate) arn_key: &'static str,
    /// How the text that is looked for is written.
    pub(crate) search_string: SearchString,
}

/// How the text that is looked for is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SearchString {
    /// In base64, as the API takes it.
    Base64,
    /// In base64 in a field of its own, as CloudFormation takes it: in a plain text it resolves `{{resolve:…}}`.
    Base64Field,
    /// As it is, as the first AWS CLI takes it.
    Plain,
}

/// The request that creates an entry of a network ACL.
pub(crate) fn network_acl_entry(entry: &NetworkAclEntry) -> Value {
    let block = match entry.network {
        IpNet::V4(_) => "CidrBlock",
        IpNet::V6(_) => "Ipv6CidrBlock",
    };
    let mut request = network_acl_entry_key(entry);
    request["Protocol"] = json!("-1");
    request["RuleAction"] = json!("deny");
    request[block] = json!(entry.network.to_string());
    request
}

/// The request that deletes an entry of a network ACL.
pub(crate) fn network_acl_entry_key(entry: &NetworkAclEntry) -> Value {
    json!({
        "NetworkAclId": entry.network_acl_id,
        "RuleNumber": entry.number,
        "Egress": entry.direction == Direction::Outbound,
    })
}

/// The operation that adds a rule of a security group, or revokes it.
pub(crate) fn security_group_operation(direction: Direction, revoked: bool) -> &'static str {
    match (direction, revoked) {
        (Direction::Inbound, false) => "AuthorizeSecurityGroupIngress",
        (Direction::Inbound, true) => "RevokeSecurityGroupIngress",
        (Direction::Outbound, false) => "AuthorizeSecurityGroupEgress",
        (Direction::Outbound, true) => "RevokeSecurityGroupEgress",
    }
}

/// The request that adds a rule of a security group, or revokes it.
pub(crate) fn security_group_rule(change: &SecurityGroupRule) -> Value {
    json!({ "GroupId": change.group_id, "IpPermissions": [permission(&change.rule)] })
}

/// A rule of a security group as AWS writes it.
fn permission(rule: &AllowRule) -> Value {
    let (list, block) = match rule.network {
        IpNet::V4(_) => ("IpRanges", "CidrIp"),
        IpNet::V6(_) => ("Ipv6Ranges", "CidrIpv6"),
    };
    let mut range = Map::new();
    range.insert(block.to_owned(), json!(rule.network.to_string()));
    if let Some(description) = &rule.description {
        range.insert("Description".to_owned(), json!(description));
    }
    let mut permission = Map::new();
    permission.insert("IpProtocol".to_owned(), json!(rule.protocol));
    if let Some(port) = rule.from_port {
        permission.insert("FromPort".to_owned(), json!(port));
    }
    if let Some(port) = rule.to_port {
        permission.insert("ToPort".to_owned(), json!(port));
    }
    permission.insert(list.to_owned(), json!([range]));
    Value::Object(permission)
}

/// The request that creates an IP set.
pub(crate) fn ip_set(set: &IpSet, description: &str) -> Value {
    json!({
        "Name": set.name,
        "Scope": set.scope.aws_name(),
        "Description": description,
        "IPAddressVersion": set.version.aws_name(),
        "Addresses": set.networks.iter().map(waf_network).collect::<Vec<_>>(),
    })
}

/// The request that creates a web ACL with one rule, which lets all else through.
pub(crate) fn web_acl(name: &str, rule: &WebAclRule, description: &str, rules: &Value) -> Value {
    json!({
        "Name": name,
        "Scope": rule.scope.aws_name(),
        "DefaultAction": { "Allow": {} },
        "Description": description,
        "Rules": rules,
        "VisibilityConfig": visibility(name),
    })
}

/// A rule of a web ACL.
pub(crate) fn rule(rule: &WebAclRule, dialect: &Dialect<'_>) -> Value {
    json!({
        "Name": rule.name,
        "Priority": rule.priority,
        "Action": { (rule.action.aws_name()): {} },
        "Statement": statement(&rule.statement, dialect),
        "VisibilityConfig": visibility(&rule.name),
    })
}

/// What a rule or a web ACL is measured as.
pub(crate) fn visibility(name: &str) -> Value {
    json!({ "SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": name })
}

/// As AWS writes where a text is to stand.
pub(crate) fn positional_constraint(place: Place) -> &'static str {
    match place {
        Place::Exactly => "EXACTLY",
        Place::StartsWith => "STARTS_WITH",
        Place::EndsWith => "ENDS_WITH",
        Place::Contains => "CONTAINS",
    }
}

/// A network as AWS WAF writes it: IPv6 with all its zeros.
pub(crate) fn waf_network(network: &IpNet) -> String {
    match network {
        IpNet::V4(network) => network.to_string(),
        IpNet::V6(network) => {
            let groups = network.addr().segments().map(|group| format!("{group:04x}"));
            format!("{}/{}", groups.join(":"), network.prefix_len())
        }
    }
}

/// A request as the Query protocol sends it: `IpPermissions.1.FromPort`.
pub(crate) fn flattened(request: &Value) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    flatten("", request, &mut parameters);
    parameters
}

/// Bytes in base64, by RFC 4648, section 4.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        group[1..=chunk.len()].copy_from_slice(chunk);
        let group = u32::from_be_bytes(group);
        for place in 0..4 {
            let index = (group >> (18 - 6 * place)) & 63;
            let letter = LETTERS[usize::try_from(index).expect("six bits are an index")];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

fn statement(told: &Statement, dialect: &Dialect<'_>) -> Value {
    match told {
        Statement::IpSet { name } => {
            json!({ "IPSetReferenceStatement": { (dialect.arn_key): (dialect.ip_set_arn)(name) } })
        }
        Statement::Geo { countries } => {
            json!({ "GeoMatchStatement": { "CountryCodes": countries } })
        }
        Statement::Text { field, text } => {
            let field = match field {
                Field::Path => json!({ "UriPath": {} }),
                Field::UserAgent => json!({ "SingleHeader": { "Name": "user-agent" } }),
            };
            let in_base64 = base64(text.text.as_bytes());
            let (key, search) = match dialect.search_string {
                SearchString::Base64 => ("SearchString", in_base64),
                SearchString::Base64Field => ("SearchStringBase64", in_base64),
                SearchString::Plain => ("SearchString", text.text.clone()),
            };
            json!({ "ByteMatchStatement": {
                (key): search,
                "FieldToMatch": field,
                "TextTransformations": [{ "Priority": 0, "Type": "NONE" }],
                "PositionalConstraint": positional_constraint(text.place),
            } })
        }
        Statement::Rate { requests_max, window_seconds, among } => {
            let mut rate = json!({
                "Limit": requests_max,
                "EvaluationWindowSec": window_seconds,
                "AggregateKeyType": "IP",
            });
            if let Some(among) = among {
                rate["ScopeDownStatement"] = statement(among, dialect);
            }
            json!({ "RateBasedStatement": rate })
        }
        Statement::Any(several) => {
            let several: Vec<Value> = several.iter().map(|one| statement(one, dialect)).collect();
            json!({ "OrStatement": { "Statements": several } })
        }
    }
}

fn flatten(name: &str, value: &Value, parameters: &mut Vec<(String, String)>) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                flatten(&inner(key), value, parameters);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&inner(&(index + 1).to_string()), item, parameters);
            }
        }
        Value::String(text) => parameters.push((name.to_owned(), text.clone())),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => parameters.push((name.to_owned(), value.to_string())),
    }
}

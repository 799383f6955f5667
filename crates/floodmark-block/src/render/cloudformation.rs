//! CloudFormation, as a template in JSON.

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use crate::Result;
use crate::plan::waf::capacity;
use crate::render::{
    Form, one_web_acl_note, refuse_nothing, refuse_revoking, remarks, to_make, web_acl_rule,
};
use crate::rule::{Aim, Change, Direction, Holder, IpSet, Plan, SecurityGroupRule, WebAclRule};
use crate::wire::{self, Dialect, SearchString};

/// Writes a plan as a template; its undo as the template that leaves nothing in the stack.
pub(super) fn render(plan: &Plan) -> Result<String> {
    refuse_revoking(plan, Form::CloudFormation)?;
    refuse_nothing(plan, Form::CloudFormation)?;
    let mut notes = remarks(plan);
    let mut resources = Map::new();
    let mut outputs = Map::new();
    if plan.aim == Aim::Undo {
        notes.push(
            "Update the stack with this template to remove what it made, or delete the stack."
                .to_owned(),
        );
        // A stack has at least one resource; this one is nothing.
        resources.insert(
            "Nothing".to_owned(),
            json!({ "Type": "AWS::CloudFormation::WaitConditionHandle" }),
        );
    } else {
        if let Some(rule) = web_acl_rule(plan) {
            notes.extend(one_web_acl_note(rule));
            if let Some(region) = rule.scope.region() {
                notes.push(format!(
                    "Make the stack in {region}: AWS keeps there what is CloudFront's."
                ));
            }
        }
        for change in to_make(plan) {
            let (name, resource) = resource(plan, change, &mut notes, &mut outputs);
            resources.insert(name, resource);
            if let Change::WebAclRule(WebAclRule {
                holder: Holder::OfResource { arn, .. }, ..
            }) = change
            {
                let properties = json!({
                    "ResourceArn": arn,
                    "WebACLArn": { "Fn::GetAtt": ["WebACL", "Arn"] },
                });
                resources.insert(
                    "Association".to_owned(),
                    json!({ "Type": "AWS::WAFv2::WebACLAssociation", "Properties": properties }),
                );
            }
        }
    }
    let mut template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{}. {}", plan.name, plan.description),
        "Metadata": { "Floodmark": { "Notes": notes } },
        "Resources": resources,
    });
    if !outputs.is_empty() {
        template["Outputs"] = Value::Object(outputs);
    }
    let mut text = serde_json::to_string_pretty(&template).expect("a value is written as JSON");
    text.push('\n');
    Ok(text)
}

/// A change's name in the template, and its resource.
fn resource(
    plan: &Plan,
    change: &Change,
    notes: &mut Vec<String>,
    outputs: &mut Map<String, Value>,
) -> (String, Value) {
    match change {
        Change::NetworkAclEntry(entry) => {
            let side = match entry.direction {
                Direction::Inbound => "Inbound",
                Direction::Outbound => "Outbound",
            };
            let mut properties = wire::network_acl_entry(entry);
            properties["Protocol"] = json!(-1);
            let resource = json!({ "Type": "AWS::EC2::NetworkAclEntry", "Properties": properties });
            (format!("Deny{side}{}", entry.number), resource)
        }
        Change::SecurityGroupRule(change) => security_group_rule(change),
        Change::IpSet(set) => (ip_set_name(&set.name), ip_set(plan, set)),
        Change::WebAclRule(rule) => match &rule.holder {
            Holder::Existing(reference) => {
                notes.push(format!(
                    "CloudFormation does not change a web ACL that another stack or hand has made: add a \
                     rule of priority {} to {} that refers to the rule group of the output RuleGroupArn.",
                    rule.priority, reference.name
                ));
                outputs.insert(
                    "RuleGroupArn".to_owned(),
                    json!({
                        "Description": "The rule group that a rule of the web ACL is to refer to",
                        "Value": { "Fn::GetAtt": ["RuleGroup", "Arn"] },
                    }),
                );
                let mut properties = in_waf(plan, rule);
                properties["Name"] = json!(rule.name);
                properties["Capacity"] = json!(capacity(&rule.statement));
                let resource = json!({ "Type": "AWS::WAFv2::RuleGroup", "Properties": properties });
                ("RuleGroup".to_owned(), resource)
            }
            Holder::OfResource { .. } | Holder::New { .. } => {
                let mut properties = in_waf(plan, rule);
                properties["Name"] = json!(rule.holder.name());
                properties["DefaultAction"] = json!({ "Allow": {} });
                let resource = json!({ "Type": "AWS::WAFv2::WebACL", "Properties": properties });
                ("WebACL".to_owned(), resource)
            }
        },
    }
}

fn security_group_rule(change: &SecurityGroupRule) -> (String, Value) {
    let rule = &change.rule;
    let (kind, side) = match rule.direction {
        Direction::Inbound => ("AWS::EC2::SecurityGroupIngress", "Inbound"),
        Direction::Outbound => ("AWS::EC2::SecurityGroupEgress", "Outbound"),
    };
    let block = match rule.network {
        IpNet::V4(_) => "CidrIp",
        IpNet::V6(_) => "CidrIpv6",
    };
    let mut properties = json!({
        "GroupId": change.group_id,
        "IpProtocol": rule.protocol,
        (block): rule.network.to_string(),
    });
    if let (Some(from), Some(to)) = (rule.from_port, rule.to_port) {
        properties["FromPort"] = json!(from);
        properties["ToPort"] = json!(to);
    }
    if let Some(description) = &rule.description {
        properties["Description"] = json!(description);
    }
    let port = rule.from_port.map(|port| format!("Port{port}")).unwrap_or_default();
    let name = logical(&format!("Allow{side}{port}{}", rule.network));
    (name, json!({ "Type": kind, "Properties": properties }))
}

fn ip_set(plan: &Plan, set: &IpSet) -> Value {
    json!({ "Type": "AWS::WAFv2::IPSet", "Properties": wire::ip_set(set, &plan.description) })
}

/// What a rule group and a web ACL have in common.
fn in_waf(plan: &Plan, rule: &WebAclRule) -> Value {
    let arn = |name: &str| json!({ "Fn::GetAtt": [ip_set_name(name), "Arn"] });
    let dialect =
        Dialect { ip_set_arn: &arn, arn_key: "Arn", search_string: SearchString::Base64Field };
    json!({
        "Scope": rule.scope.aws_name(),
        "Description": plan.description,
        "Rules": [wire::rule(rule, &dialect)],
        "VisibilityConfig": wire::visibility(&rule.name),
    })
}

/// An IP set's name in the template.
fn ip_set_name(name: &str) -> String {
    format!("IPSet{}", if name.ends_with("-v6") { "V6" } else { "V4" })
}

/// Letters and digits, as names in a template are.
fn logical(text: &str) -> String {
    let lettered = text.replace(':', "x").replace('-', "All");
    lettered.chars().filter(char::is_ascii_alphanumeric).collect()
}

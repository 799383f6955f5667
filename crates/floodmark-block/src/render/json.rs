//! The requests of AWS's API, in the order they are sent.

use serde_json::{Value, json};

use crate::names;
use crate::render::{remarks, to_make};
use crate::rule::{Aim, Change, Holder, IpSet, Plan, WebAclRule};
use crate::wire::{self, Dialect, SearchString};

/// Writes a plan as JSON: what it is, and its requests. What only AWS's answers tell is written in `<…>`.
pub(super) fn render(plan: &Plan) -> String {
    let mut requests = Vec::new();
    for change in to_make(plan) {
        match change {
            Change::NetworkAclEntry(entry) => requests.push(match plan.aim {
                Aim::Block => {
                    request("ec2", "CreateNetworkAclEntry", &wire::network_acl_entry(entry))
                }
                Aim::Undo => {
                    request("ec2", "DeleteNetworkAclEntry", &wire::network_acl_entry_key(entry))
                }
            }),
            Change::SecurityGroupRule(change) => {
                let revoked = change.revoked == (plan.aim == Aim::Block);
                let operation = wire::security_group_operation(change.rule.direction, revoked);
                requests.push(request("ec2", operation, &wire::security_group_rule(change)));
            }
            Change::IpSet(set) => requests.extend(ip_set(plan, set)),
            Change::WebAclRule(rule) => requests.extend(web_acl(plan, rule)),
        }
    }
    let mut whole = json!({
        "name": plan.name,
        "way": plan.way,
        "aim": plan.aim,
        "made": names::time(plan.made),
        "notes": remarks(plan),
        "requests": requests,
    });
    if let Some(expires) = plan.expires {
        whole["expires"] = json!(names::time(expires));
    }
    let mut text = serde_json::to_string_pretty(&whole).expect("a value is written as JSON");
    text.push('\n');
    text
}

fn request(service: &str, operation: &str, parameters: &Value) -> Value {
    json!({ "service": service, "operation": operation, "parameters": parameters })
}

fn ip_set(plan: &Plan, set: &IpSet) -> Vec<Value> {
    if plan.aim == Aim::Block {
        return vec![request("wafv2", "CreateIPSet", &wire::ip_set(set, &plan.description))];
    }
    vec![request(
        "wafv2",
        "DeleteIPSet",
        &json!({
            "Name": set.name,
            "Scope": set.scope.aws_name(),
            "Id": format!("<Id of {} from ListIPSets>", set.name),
            "LockToken": format!("<LockToken of {} from ListIPSets>", set.name),
        }),
    )]
}

fn web_acl(plan: &Plan, rule: &WebAclRule) -> Vec<Value> {
    let arn = |name: &str| json!(format!("<Summary.ARN of {name} from CreateIPSet>"));
    let dialect = Dialect { ip_set_arn: &arn, arn_key: "ARN", search_string: SearchString::Base64 };
    let ours = wire::rule(rule, &dialect);
    let name = rule.holder.name();
    let scope = rule.scope.aws_name();
    let update = |rules: Value, id: &str| {
        let mut update = request(
            "wafv2",
            "UpdateWebACL",
            &json!({
                "Name": name,
                "Scope": scope,
                "Id": id,
                "LockToken": format!("<LockToken of {name} from GetWebACL>"),
                "Rules": rules,
            }),
        );
        update["note"] = json!(
            "Tell again all other fields of WebACL that GetWebACL gives: what is left out is lost."
        );
        update
    };
    let id_of = |id: &Option<String>| {
        id.clone().unwrap_or_else(|| format!("<Id of {name} from ListWebACLs>"))
    };
    match (&rule.holder, plan.aim) {
        (Holder::Existing(reference), Aim::Block) => {
            vec![update(json!(["<WebACL.Rules from GetWebACL>", ours]), &id_of(&reference.id))]
        }
        (Holder::Existing(reference), Aim::Undo) => vec![update(
            json!([format!("<WebACL.Rules from GetWebACL but {}>", rule.name)]),
            &id_of(&reference.id),
        )],
        (holder, Aim::Block) => {
            let creation = wire::web_acl(name, rule, &plan.description, &json!([ours]));
            let mut requests = vec![request("wafv2", "CreateWebACL", &creation)];
            if let Holder::OfResource { arn, .. } = holder {
                let made = format!("<Summary.ARN of {name} from CreateWebACL>");
                let association = json!({ "WebACLArn": made, "ResourceArn": arn });
                requests.push(request("wafv2", "AssociateWebACL", &association));
            }
            requests
        }
        (holder, Aim::Undo) => {
            let mut requests = Vec::new();
            if let Holder::OfResource { arn, .. } = holder {
                requests.push(request(
                    "wafv2",
                    "DisassociateWebACL",
                    &json!({ "ResourceArn": arn }),
                ));
            }
            requests.push(request(
                "wafv2",
                "DeleteWebACL",
                &json!({
                    "Name": name,
                    "Scope": scope,
                    "Id": id_of(&None),
                    "LockToken": format!("<LockToken of {name} from GetWebACL>"),
                }),
            ));
            requests
        }
    }
}

//! Terraform, for the provider `hashicorp/aws` 6.

use ipnet::IpNet;

use crate::Result;
use crate::plan::waf::capacity;
use crate::render::hcl::Hcl;
use crate::render::{Form, one_web_acl_note, refuse_nothing, refuse_revoking, remarks, to_make};
use crate::rule::{
    Aim, Change, Direction, Field, Holder, IpSet, NetworkAclEntry, Plan, Scope, SecurityGroupRule,
    Statement, WebAclReference, WebAclRule,
};
use crate::wire::{positional_constraint, waf_network};

/// Writes a plan as a configuration; its undo as blocks that remove what the configuration made.
pub(super) fn render(plan: &Plan) -> Result<String> {
    refuse_revoking(plan, Form::Terraform)?;
    refuse_nothing(plan, Form::Terraform)?;
    let mut hcl = Hcl::default();
    for remark in remarks(plan) {
        hcl.comment(&remark);
    }
    hcl.comment("For the provider hashicorp/aws 6.");
    if plan.aim == Aim::Undo {
        hcl.comment("Put this in the place of the resources, apply it, then delete it. For Terraform 1.7 or later.");
        for (kind, name) in resources(plan) {
            hcl.gap();
            hcl.block("removed", |hcl| {
                hcl.expression("from", &format!("{kind}.{name}"));
                hcl.gap();
                hcl.block("lifecycle", |hcl| hcl.expression("destroy", "true"));
            });
        }
        return Ok(hcl.finish());
    }
    for change in to_make(plan) {
        match change {
            Change::NetworkAclEntry(entry) => network_acl_entry(&mut hcl, plan, entry),
            Change::SecurityGroupRule(change) => security_group_rule(&mut hcl, plan, change),
            Change::IpSet(set) => ip_set(&mut hcl, plan, set),
            Change::WebAclRule(rule) => web_acl_rule(&mut hcl, plan, rule),
        }
    }
    Ok(hcl.finish())
}

/// The kinds and names of the resources that a plan makes, in the order they go.
fn resources(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut resources = Vec::new();
    for change in &plan.changes {
        match change {
            Change::NetworkAclEntry(entry) => {
                resources.push(("aws_network_acl_rule", entry_label(plan, entry)));
            }
            Change::SecurityGroupRule(change) => {
                resources.push((group_rule_kind(change), group_rule_label(plan, change)));
            }
            Change::IpSet(set) => resources.push(("aws_wafv2_ip_set", label(&set.name))),
            Change::WebAclRule(rule) => {
                let name = label(&rule.name);
                match rule.holder {
                    Holder::Existing(_) => {
                        let association = "aws_wafv2_web_acl_rule_group_association";
                        resources.push((association, name.clone()));
                        resources.push(("aws_wafv2_rule_group", name));
                    }
                    Holder::OfResource { .. } => {
                        resources.push(("aws_wafv2_web_acl_association", name.clone()));
                        resources.push(("aws_wafv2_web_acl", name));
                    }
                    Holder::New { .. } => resources.push(("aws_wafv2_web_acl", name)),
                }
            }
        }
    }
    resources
}

/// A resource after an empty line.
fn resource(hcl: &mut Hcl, kind: &str, label: &str, inside: impl FnOnce(&mut Hcl)) {
    hcl.gap();
    hcl.block(&format!("resource \"{kind}\" \"{label}\""), inside);
}

fn network_acl_entry(hcl: &mut Hcl, plan: &Plan, entry: &NetworkAclEntry) {
    resource(hcl, "aws_network_acl_rule", &entry_label(plan, entry), |hcl| {
        hcl.text("network_acl_id", &entry.network_acl_id);
        hcl.expression("rule_number", &entry.number.to_string());
        let egress = entry.direction == Direction::Outbound;
        hcl.expression("egress", &egress.to_string());
        hcl.text("protocol", "-1");
        hcl.text("rule_action", "deny");
        let block = match entry.network {
            IpNet::V4(_) => "cidr_block",
            IpNet::V6(_) => "ipv6_cidr_block",
        };
        hcl.text(block, &entry.network.to_string());
    });
}

fn entry_label(plan: &Plan, entry: &NetworkAclEntry) -> String {
    label(&format!("{}-{}-{}", plan.name, entry.direction, entry.number))
}

fn security_group_rule(hcl: &mut Hcl, plan: &Plan, change: &SecurityGroupRule) {
    let rule = &change.rule;
    resource(hcl, group_rule_kind(change), &group_rule_label(plan, change), |hcl| {
        hcl.text("security_group_id", &change.group_id);
        hcl.text("ip_protocol", &rule.protocol);
        if let (Some(from), Some(to)) = (rule.from_port, rule.to_port) {
            hcl.expression("from_port", &from.to_string());
            hcl.expression("to_port", &to.to_string());
        }
        let block = match rule.network {
            IpNet::V4(_) => "cidr_ipv4",
            IpNet::V6(_) => "cidr_ipv6",
        };
        hcl.text(block, &rule.network.to_string());
        if let Some(description) = &rule.description {
            hcl.text("description", description);
        }
    });
}

fn group_rule_kind(change: &SecurityGroupRule) -> &'static str {
    match change.rule.direction {
        Direction::Inbound => "aws_vpc_security_group_ingress_rule",
        Direction::Outbound => "aws_vpc_security_group_egress_rule",
    }
}

fn group_rule_label(plan: &Plan, change: &SecurityGroupRule) -> String {
    let rule = &change.rule;
    let port = rule.from_port.map(|port| port.to_string()).unwrap_or_default();
    label(&format!("{}-{}-{port}-{}", plan.name, rule.protocol, rule.network))
}

fn ip_set(hcl: &mut Hcl, plan: &Plan, set: &IpSet) {
    resource(hcl, "aws_wafv2_ip_set", &label(&set.name), |hcl| {
        region(hcl, set.scope);
        hcl.text("name", &set.name);
        hcl.text("description", &plan.description);
        hcl.text("scope", set.scope.aws_name());
        hcl.text("ip_address_version", set.version.aws_name());
        hcl.texts("addresses", set.networks.iter().map(waf_network));
    });
}

fn web_acl_rule(hcl: &mut Hcl, plan: &Plan, rule: &WebAclRule) {
    let label = label(&rule.name);
    match &rule.holder {
        Holder::Existing(reference) => in_existing(hcl, plan, rule, reference),
        Holder::OfResource { .. } | Holder::New { .. } => {
            if let Some(note) = one_web_acl_note(rule) {
                hcl.gap();
                hcl.comment(&note);
            }
            let name = rule.holder.name();
            resource(hcl, "aws_wafv2_web_acl", &label, |hcl| {
                region(hcl, rule.scope);
                hcl.text("name", name);
                hcl.text("description", &plan.description);
                hcl.text("scope", rule.scope.aws_name());
                hcl.gap();
                hcl.block("default_action", |hcl| hcl.empty("allow"));
                hcl.gap();
                rule_block(hcl, rule);
                hcl.gap();
                visibility(hcl, name);
            });
        }
    }
    if let Holder::OfResource { arn, .. } = &rule.holder {
        resource(hcl, "aws_wafv2_web_acl_association", &label, |hcl| {
            hcl.text("resource_arn", arn);
            hcl.expression("web_acl_arn", &format!("aws_wafv2_web_acl.{label}.arn"));
        });
    }
}

/// A web ACL that is there takes a rule group: its own declaration stands elsewhere.
fn in_existing(hcl: &mut Hcl, plan: &Plan, rule: &WebAclRule, reference: &WebAclReference) {
    let label = label(&rule.name);
    hcl.gap();
    hcl.comment(&format!(
        "If the web ACL {} is declared in Terraform, it needs: lifecycle {{ ignore_changes = [rule] }}",
        reference.name
    ));
    if reference.arn.is_none() {
        hcl.block(&format!("data \"aws_wafv2_web_acl\" \"{label}\""), |hcl| {
            region(hcl, rule.scope);
            hcl.text("name", &reference.name);
            hcl.text("scope", rule.scope.aws_name());
        });
    }
    resource(hcl, "aws_wafv2_rule_group", &label, |hcl| {
        region(hcl, rule.scope);
        hcl.text("name", &rule.name);
        hcl.text("description", &plan.description);
        hcl.text("scope", rule.scope.aws_name());
        hcl.expression("capacity", &capacity(&rule.statement).to_string());
        hcl.gap();
        rule_block(hcl, rule);
        hcl.gap();
        visibility(hcl, &rule.name);
    });
    resource(hcl, "aws_wafv2_web_acl_rule_group_association", &label, |hcl| {
        region(hcl, rule.scope);
        hcl.text("rule_name", &rule.name);
        hcl.expression("priority", &rule.priority.to_string());
        match &reference.arn {
            Some(arn) => hcl.text("web_acl_arn", arn),
            None => {
                hcl.expression("web_acl_arn", &format!("data.aws_wafv2_web_acl.{label}.arn"));
            }
        }
        hcl.gap();
        hcl.block("rule_group_reference", |hcl| {
            hcl.expression("arn", &format!("aws_wafv2_rule_group.{label}.arn"));
        });
    });
}

fn rule_block(hcl: &mut Hcl, rule: &WebAclRule) {
    hcl.block("rule", |hcl| {
        hcl.text("name", &rule.name);
        hcl.expression("priority", &rule.priority.to_string());
        hcl.gap();
        hcl.block("action", |hcl| hcl.empty(&rule.action.aws_name().to_lowercase()));
        hcl.gap();
        hcl.block("statement", |hcl| statement(hcl, &rule.statement));
        hcl.gap();
        visibility(hcl, &rule.name);
    });
}

fn statement(hcl: &mut Hcl, told: &Statement) {
    match told {
        Statement::IpSet { name } => hcl.block("ip_set_reference_statement", |hcl| {
            hcl.expression("arn", &format!("aws_wafv2_ip_set.{}.arn", label(name)));
        }),
        Statement::Geo { countries } => hcl.block("geo_match_statement", |hcl| {
            hcl.texts("country_codes", countries.iter().map(ToString::to_string));
        }),
        Statement::Text { field, text } => hcl.block("byte_match_statement", |hcl| {
            hcl.text("search_string", &text.text);
            hcl.text("positional_constraint", positional_constraint(text.place));
            hcl.block("field_to_match", |hcl| match field {
                Field::Path => hcl.empty("uri_path"),
                Field::UserAgent => {
                    hcl.block("single_header", |hcl| hcl.text("name", "user-agent"));
                }
            });
            hcl.block("text_transformation", |hcl| {
                hcl.expression("priority", "0");
                hcl.text("type", "NONE");
            });
        }),
        Statement::Rate { requests_max, window_seconds, among } => {
            hcl.block("rate_based_statement", |hcl| {
                hcl.expression("limit", &requests_max.to_string());
                hcl.expression("evaluation_window_sec", &window_seconds.to_string());
                hcl.text("aggregate_key_type", "IP");
                if let Some(among) = among {
                    hcl.block("scope_down_statement", |hcl| statement(hcl, among));
                }
            });
        }
        Statement::Any(several) => hcl.block("or_statement", |hcl| {
            for one in several {
                hcl.block("statement", |hcl| statement(hcl, one));
            }
        }),
    }
}

fn visibility(hcl: &mut Hcl, name: &str) {
    hcl.block("visibility_config", |hcl| {
        hcl.expression("cloudwatch_metrics_enabled", "true");
        hcl.text("metric_name", name);
        hcl.expression("sampled_requests_enabled", "true");
    });
}

/// What belongs to CloudFront is kept in one region, whatever the provider's is.
fn region(hcl: &mut Hcl, scope: Scope) {
    if let Some(region) = scope.region() {
        hcl.text("region", region);
    }
}

/// A name of a resource in the configuration: it begins with a letter.
fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let label: String = name.chars().map(plain).collect();
    if label.starts_with(|c: char| c.is_ascii_alphabetic()) {
        label
    } else {
        format!("block_{label}")
    }
}

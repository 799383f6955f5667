//! The forms of a plan: what a user hands to a shell, to Terraform, to CloudFormation, or reads.

mod cli;
mod cloudformation;
mod hcl;
mod json;
mod shell;
mod terraform;

use std::fmt;
use std::str::FromStr;

use crate::rule::{Aim, Change, Holder, Plan, Statement, WebAclRule};
use crate::{Error, Result};

/// A form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Commands of the AWS CLI, for `sh`.
    Cli,
    /// The requests of AWS's API.
    Json,
    /// A configuration of Terraform, for the provider `hashicorp/aws` 6.
    Terraform,
    /// A template of CloudFormation, in JSON.
    CloudFormation,
}

/// All forms with their names on the command line.
pub static FORMS: [(Form, &str); 4] = [
    (Form::Cli, "cli"),
    (Form::Json, "json"),
    (Form::Terraform, "terraform"),
    (Form::CloudFormation, "cloudformation"),
];

/// Writes a plan in a form, with a line break at its end.
///
/// An error if the form cannot say what the plan does, with the way out.
pub fn render(plan: &Plan, form: Form) -> Result<String> {
    match form {
        Form::Cli => Ok(cli::render(plan)),
        Form::Json => Ok(json::render(plan)),
        Form::Terraform => terraform::render(plan),
        Form::CloudFormation => cloudformation::render(plan),
    }
}

/// What a plan says about itself, a line each.
fn remarks(plan: &Plan) -> Vec<String> {
    let what = match plan.aim {
        Aim::Block => plan.way.facts().title.to_owned(),
        Aim::Undo => format!("takes away: {}", plan.way.facts().title),
    };
    let mut remarks = vec![format!("{}: {what}. {}.", plan.name, plan.description)];
    remarks.extend(plan.notes.iter().cloned());
    remarks
}

/// The changes that a form writes: what AWS holds already is not made again. What takes a block away takes all.
fn to_make(plan: &Plan) -> impl Iterator<Item = &Change> {
    plan.changes.iter().filter(|change| plan.aim == Aim::Undo || !change.is_there())
}

/// An error for a declaration of nothing, with the notes, which say why there is nothing.
fn refuse_nothing(plan: &Plan, form: Form) -> Result<()> {
    if to_make(plan).next().is_some() {
        return Ok(());
    }
    let error = Error::invalid(format!("there is nothing to change that `{form}` could declare"));
    Err(if plan.notes.is_empty() { error } else { error.hint(plan.notes.join(" ")) })
}

/// The names of the IP sets that a statement refers to, in order.
pub(crate) fn ip_sets_of(statement: &Statement) -> Vec<&str> {
    match statement {
        Statement::IpSet { name } => vec![name],
        Statement::Geo { .. } | Statement::Text { .. } => Vec::new(),
        Statement::Rate { among, .. } => among.as_deref().map(ip_sets_of).unwrap_or_default(),
        Statement::Any(several) => several.iter().flat_map(ip_sets_of).collect(),
    }
}

/// True if a statement looks for a text.
fn has_text(statement: &Statement) -> bool {
    match statement {
        Statement::Text { .. } => true,
        Statement::IpSet { .. } | Statement::Geo { .. } => false,
        Statement::Rate { among, .. } => among.as_deref().is_some_and(has_text),
        Statement::Any(several) => several.iter().any(has_text),
    }
}

/// The web ACL rule of a plan, if it has one.
fn web_acl_rule(plan: &Plan) -> Option<&WebAclRule> {
    plan.changes.iter().find_map(|change| match change {
        Change::WebAclRule(rule) => Some(rule),
        _ => None,
    })
}

/// An error for what a declarative form cannot say: that a rule which it did not make goes.
fn refuse_revoking(plan: &Plan, form: Form) -> Result<()> {
    let revokes =
        |change: &Change| matches!(change, Change::SecurityGroupRule(change) if change.revoked);
    if plan.changes.iter().any(revokes) {
        return Err(Error::new(
            crate::ErrorKind::NotSupported,
            format!("`{form}` cannot revoke a rule of a security group that it has not made"),
        )
        .hint("take `--as cli` or `--as json`, or change the rule where it is declared"));
    }
    Ok(())
}

/// What to know where a form cannot look whether a resource has a web ACL.
fn one_web_acl_note(rule: &WebAclRule) -> Option<String> {
    match &rule.holder {
        Holder::OfResource { arn, .. } => Some(format!(
            "A resource has one web ACL: if {arn} has one, add the rule to that (`--web-acl`), or this takes \
             its place."
        )),
        Holder::Existing(_) | Holder::New { .. } => None,
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = FORMS.iter().find(|(form, _)| form == self).expect("each form is listed");
        f.write_str(name)
    }
}

impl FromStr for Form {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = FORMS.iter().find(|(_, name)| *name == text).map(|(form, _)| *form);
        named.ok_or_else(|| {
            let names: Vec<&str> = FORMS.iter().map(|(_, name)| *name).collect();
            Error::invalid(format!("`{}` is no form", crate::target::shown(text)))
                .hint(format!("one of {}", names.join(", ")))
        })
    }
}

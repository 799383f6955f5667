//! IP sets and rules of AWS WAF.

use crate::names::{check_entity, check_resource, check_web_acl, region_of};
use crate::numbers;
use crate::plan::Wanted;
use crate::present::{Present, PresentWebAcl};
use crate::quotas::{
    GEO_COUNTRIES_MAX, IP_SET_NETWORKS_MAX, RATE_REQUESTS, RATE_WINDOWS_SECONDS,
    WEB_ACL_CAPACITY_MAX, WEB_ACL_CAPACITY_PAID,
};
use crate::rule::{
    Change, Field, Holder, IpSet, IpVersion, RuleAction, Scope, Statement, WebAclRule,
};
use crate::target::{Place, TextMatch};
use crate::way::Way;
use crate::{Error, Result};

/// The IP sets and the rule that block what is wanted.
pub(super) fn changes(
    wanted: &Wanted,
    present: &Present,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<Vec<Change>> {
    let scope = wanted.web_acl.scope;
    let mut changes = Vec::new();
    let mut statements = Vec::new();
    for set in ip_sets(wanted, name)? {
        statements.push(Statement::IpSet { name: set.name.clone() });
        changes.push(Change::IpSet(set));
    }
    let targets = &wanted.targets;
    for countries in targets.countries.chunks(GEO_COUNTRIES_MAX.value) {
        statements.push(Statement::Geo { countries: countries.to_vec() });
    }
    let text = |field| move |text: &TextMatch| Statement::Text { field, text: text.clone() };
    statements.extend(targets.paths.iter().map(text(Field::Path)));
    statements.extend(targets.user_agents.iter().map(text(Field::UserAgent)));
    let any = match statements.len() {
        0 => None,
        1 => statements.pop(),
        _ => Some(Statement::Any(statements)),
    };
    let statement = match (wanted.way, any) {
        (Way::WafRate, among) => rate(wanted, among)?,
        (_, Some(any)) => any,
        (_, None) => return Err(Error::invalid("there is nothing to block")),
    };
    let holder = holder(wanted, present, name, notes)?;
    check_capacity(&statement, &present.web_acl, notes)?;
    let priority = match wanted.web_acl.priority {
        Some(priority) => free(priority, &present.web_acl, name)?,
        None => numbers::web_acl(&present.web_acl, name)?,
    };
    let has_texts = !targets.paths.is_empty() || !targets.user_agents.is_empty();
    if has_texts {
        notes.push(
            "Texts are compared letter by letter with the request as it was sent: capital letters and \
             `%20` are not the same as small ones and a blank."
                .to_owned(),
        );
    }
    if wanted.web_acl.action == RuleAction::Count {
        notes
            .push("The rule only counts: nothing is blocked until its action is Block.".to_owned());
    }
    changes.push(Change::WebAclRule(WebAclRule {
        holder,
        scope,
        name: name.to_owned(),
        priority,
        action: wanted.web_acl.action,
        statement,
    }));
    Ok(changes)
}

/// What a statement takes of a web ACL's capacity, in units, by AWS's page of each statement.
pub(crate) fn capacity(statement: &Statement) -> usize {
    match statement {
        Statement::IpSet { .. } | Statement::Geo { .. } => 1,
        // Each text transformation costs 10, and NONE is none.
        Statement::Text { text, .. } => match text.place {
            Place::Exactly | Place::StartsWith | Place::EndsWith => 2,
            Place::Contains => 10,
        },
        Statement::Rate { among, .. } => 2 + among.as_deref().map_or(0, capacity),
        Statement::Any(several) => several.iter().map(capacity).sum(),
    }
}

/// An IP set for each version of IP.
fn ip_sets(wanted: &Wanted, name: &str) -> Result<Vec<IpSet>> {
    let networks = crate::cover::exact(&wanted.targets.networks);
    let mut sets = Vec::new();
    for (version, suffix) in [(IpVersion::V4, "v4"), (IpVersion::V6, "v6")] {
        let of_version = networks.iter().filter(|network| IpVersion::of(network) == version);
        let networks: Vec<_> = of_version.copied().collect();
        if networks.is_empty() {
            continue;
        }
        IP_SET_NETWORKS_MAX.check(
            networks.len(),
            IP_SET_NETWORKS_MAX.value,
            "block fewer and larger networks (`--bystanders 1%`), or split the list into several names",
        )?;
        let name = format!("{name}-{suffix}");
        check_entity("IP set", &name)?;
        sets.push(IpSet { name, scope: wanted.web_acl.scope, version, networks });
    }
    Ok(sets)
}

fn rate(wanted: &Wanted, among: Option<Statement>) -> Result<Statement> {
    let rate = wanted.rate;
    if !RATE_REQUESTS.contains(&rate.requests_max) {
        return Err(Error::invalid(format!(
            "{} requests are no limit that AWS WAF takes",
            rate.requests_max
        ))
        .hint(format!("{} to {}", RATE_REQUESTS.start(), RATE_REQUESTS.end())));
    }
    if !RATE_WINDOWS_SECONDS.contains(&rate.window_seconds) {
        return Err(Error::invalid(format!(
            "{} seconds are no window that AWS WAF takes",
            rate.window_seconds
        ))
        .hint("60, 120, 300 or 600"));
    }
    Ok(Statement::Rate {
        requests_max: rate.requests_max,
        window_seconds: rate.window_seconds,
        among: among.map(Box::new),
    })
}

/// The web ACL that holds the rule: the named one, the resource's one, or a new one.
fn holder(
    wanted: &Wanted,
    present: &Present,
    name: &str,
    notes: &mut Vec<String>,
) -> Result<Holder> {
    let place = &wanted.web_acl;
    let resource_region = place.resource_arn.as_deref().and_then(region_of);
    if let Some(reference) = &place.web_acl {
        check_web_acl(reference, place.scope, resource_region)?;
    }
    if let Some(arn) = &place.resource_arn {
        check_resource(arn, None)?;
        if place.scope == Scope::CloudFront {
            return Err(Error::invalid(
                "a distribution is not protected by a web ACL's association",
            )
            .hint("leave out `--resource-arn`, and set the web ACL in the distribution itself"));
        }
    }
    // One of our name was made by this question before: it is told in the same words again.
    let is_ours = |there: &str| there == name && place.web_acl.is_none();
    if let PresentWebAcl::Is(web_acl) = &present.web_acl
        && !is_ours(&web_acl.reference.name)
    {
        return Ok(Holder::Existing(web_acl.reference.clone()));
    }
    if let Some(reference) = &place.web_acl {
        if present.web_acl == PresentWebAcl::Unknown {
            notes.push(format!(
                "The rules of the web ACL `{}` are not known: if one has the same priority, take another by \
                 `--priority`.",
                reference.name
            ));
        }
        return Ok(Holder::Existing(reference.clone()));
    }
    let name = name.to_owned();
    match &place.resource_arn {
        Some(arn) => Ok(Holder::OfResource { arn: arn.clone(), name }),
        None => {
            notes.push(match place.scope {
                Scope::Regional => format!(
                    "The web ACL `{name}` protects nothing until it is associated with a resource \
                     (`--resource-arn`)."
                ),
                Scope::CloudFront => format!(
                    "The web ACL `{name}` protects nothing until a distribution names it as its web ACL."
                ),
            });
            Ok(Holder::New { name })
        }
    }
}

fn check_capacity(
    statement: &Statement,
    present: &PresentWebAcl,
    notes: &mut Vec<String>,
) -> Result<()> {
    let there = match present {
        PresentWebAcl::Is(web_acl) => web_acl.capacity,
        PresentWebAcl::Unknown | PresentWebAcl::Nothing => 0,
    };
    let units = there + capacity(statement);
    WEB_ACL_CAPACITY_MAX.check(
        units,
        WEB_ACL_CAPACITY_MAX.value,
        "name fewer paths and user agents; whole texts and beginnings cost 2 units, parts 10",
    )?;
    if units > WEB_ACL_CAPACITY_PAID {
        notes.push(format!(
            "The web ACL would take {units} capacity units; over {WEB_ACL_CAPACITY_PAID} AWS asks for more \
             money."
        ));
    }
    Ok(())
}

/// A priority that the user wants; an error if another rule has it.
fn free(priority: u32, present: &PresentWebAcl, name: &str) -> Result<u32> {
    let PresentWebAcl::Is(web_acl) = present else { return Ok(priority) };
    let other = web_acl.rules.iter().find(|rule| rule.priority == priority && rule.name != name);
    match other {
        None => Ok(priority),
        Some(other) => Err(Error::invalid(format!(
            "the rule `{}` of the web ACL `{}` has the priority {priority}",
            other.name, web_acl.reference.name
        ))
        .hint("take another, or none: then one is found")),
    }
}

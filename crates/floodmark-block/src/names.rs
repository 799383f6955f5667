//! Names and descriptions in the characters that AWS takes.

use std::fmt::Write;

use chrono::DateTime;

use crate::plan::Wanted;
use crate::rule::{Scope, WebAclReference};
use crate::target::shown;
use crate::{Error, Result};

/// The longest name of an entity of AWS WAF, in characters.
const ENTITY_CHARS_MAX: usize = 128;

/// How the descriptions of what we make begin.
const MADE_BY: &str = "Made by floodmark";

/// How names begin that nobody has chosen.
const NAME_PREFIX: &str = "floodmark-";

/// The kinds of resources that a web ACL is associated with: the service, and how the resource begins.
///
/// From `AssociateWebACL` of AWS WAF's API reference. A distribution names its web ACL itself.
const PROTECTED: [(&str, &str); 6] = [
    ("elasticloadbalancing", "loadbalancer/app/"),
    ("apigateway", "/restapis/"),
    ("appsync", "apis/"),
    ("cognito-idp", "userpool/"),
    ("apprunner", "service/"),
    ("ec2", "verified-access-instance/"),
];

/// The longest ARN, in characters.
const ARN_CHARS_MAX: usize = 2_048;

/// An error unless AWS WAF takes the name: letters, digits, `_` and `-`.
pub(crate) fn check_entity(what: &str, name: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    // These two are the names of AWS WAF's own metrics.
    let reserved = name == "All" || name == "Default_Action";
    if !name.is_empty() && name.len() <= ENTITY_CHARS_MAX && name.bytes().all(allowed) && !reserved
    {
        return Ok(());
    }
    Err(Error::invalid(format!("`{}` is no name of a {what} that AWS takes", shown(name)))
        .hint("1 to 128 letters, digits, `_` and `-`; `All` and `Default_Action` are AWS's own"))
}

/// An error unless it is an id of AWS WAF, such as `1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d`.
pub(crate) fn check_id(what: &str, id: &str) -> Result<()> {
    let lengths = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = id.split('-').collect();
    let hexadecimal = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    if groups.iter().map(|group| group.len()).eq(lengths) && groups.iter().all(|g| hexadecimal(g)) {
        return Ok(());
    }
    Err(Error::invalid(format!("`{}` is no id of a {what}", shown(id))))
}

/// An error unless it is an id of EC2 with a prefix, such as `acl-0a1b2c3d4e5f60718`.
pub(crate) fn check_ec2_id(what: &str, prefix: &str, id: &str) -> Result<()> {
    let digits = id.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('-'));
    let right = digits.is_some_and(|digits| {
        (8..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if right {
        return Ok(());
    }
    Err(Error::invalid(format!("`{}` is no id of a {what}", shown(id)))
        .hint(format!("such as `{prefix}-0a1b2c3d4e5f60718`")))
}

/// An error unless it is an ARN of a resource that a web ACL is associated with, in the region if that is known.
pub(crate) fn check_resource(arn: &str, region: Option<&str>) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_.+=,@-".contains(&byte);
    let hint = "such as `arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188`; \
                AWS WAF protects application load balancers, stages of API Gateway, AppSync, Cognito, App Runner and \
                Verified Access so";
    let wrong =
        |why: &str| Error::invalid(format!("`{}` is no ARN of {why}", shown(arn))).hint(hint);
    if arn.len() > ARN_CHARS_MAX || !arn.bytes().all(allowed) {
        return Err(wrong("a resource"));
    }
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, of_region, _, resource] = parts[..] else {
        return Err(wrong("a resource"));
    };
    let is_kind = |(name, start): &(&str, &str)| {
        *name == service && resource.strip_prefix(start).is_some_and(|rest| !rest.is_empty())
    };
    let is_stage = service != "apigateway" || resource.contains("/stages/");
    if partition.is_empty() || of_region.is_empty() || !is_stage || !PROTECTED.iter().any(is_kind) {
        return Err(wrong("a resource that a web ACL is associated with"));
    }
    check_region(arn, of_region, region)
}

/// An error unless a web ACL that is named by its ARN holds in the scope, and in the region if that is known.
pub(crate) fn check_web_acl(
    reference: &WebAclReference,
    scope: Scope,
    region: Option<&str>,
) -> Result<()> {
    let Some(arn) = &reference.arn else { return Ok(()) };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let of_region = parts.get(3).copied().unwrap_or_default();
    let is_global = parts.get(5).is_some_and(|resource| resource.starts_with("global/"));
    if is_global != (scope == Scope::CloudFront) {
        let (theirs, way_out) = if is_global {
            ("CloudFront's", "say `--scope cloudfront`")
        } else {
            ("of a region", "leave out `--scope cloudfront`")
        };
        return Err(Error::invalid(format!("the web ACL `{arn}` is {theirs}")).hint(way_out));
    }
    check_region(arn, of_region, scope.region().or(region))
}

/// The region of an ARN; none without one.
pub(crate) fn region_of(arn: &str) -> Option<&str> {
    arn.splitn(6, ':').nth(3).filter(|region| !region.is_empty())
}

fn check_region(arn: &str, of_region: &str, region: Option<&str>) -> Result<()> {
    match region {
        Some(region) if region != of_region => {
            Err(Error::invalid(format!("`{arn}` is in {of_region}, and AWS is asked in {region}"))
                .hint(format!("say `--region {of_region}`")))
        }
        _ => Ok(()),
    }
}

/// The name of a rule: that which was asked for, or one that the same question has again.
pub(crate) fn of_rule(wanted: &Wanted) -> Result<String> {
    if let Some(name) = &wanted.name {
        check_entity("rule", name)?;
        return Ok(name.clone());
    }
    let mut told = String::new();
    let targets = &wanted.targets;
    let networks = crate::cover::exact(&targets.networks);
    let _ = write!(told, "{}|{networks:?}|{:?}", wanted.way, targets.countries);
    let _ = write!(told, "|{:?}|{:?}", targets.paths, targets.user_agents);
    let _ = write!(told, "|{:?}|{:?}", wanted.network_acl.id, wanted.directions);
    let _ = write!(told, "|{:?}|{:?}", wanted.security_group, wanted.web_acl.scope);
    let _ = write!(told, "|{:?}|{:?}", wanted.web_acl.resource_arn, wanted.rate);
    let named = wanted.web_acl.web_acl.as_ref().map(|reference| &reference.name);
    let _ = write!(told, "|{named:?}");
    Ok(format!("{NAME_PREFIX}{}-{:08x}", wanted.way, fold(&told)))
}

/// True if we made what has this name and this description.
pub(crate) fn is_ours(name: &str, description: Option<&str>) -> bool {
    name.starts_with(NAME_PREFIX) || description.is_some_and(|text| text.starts_with(MADE_BY))
}

/// Says what made a rule and when it ends, in the characters of AWS WAF's descriptions.
pub(crate) fn description(made: i64, expires: Option<i64>) -> String {
    let mut text = format!("{MADE_BY} {}", time(made));
    if let Some(expires) = expires {
        let _ = write!(text, ", to be removed {}", time(expires));
    }
    text
}

/// A time as `2026-11-22T09:30:00Z`; the number of seconds if it is out of the calendar.
pub(crate) fn time(seconds: i64) -> String {
    match DateTime::from_timestamp(seconds, 0) {
        Some(time) => format!("{:?}Z", time.naive_utc()),
        None => seconds.to_string(),
    }
}

/// FNV-1a folded to 32 bits: it tells questions apart, and guards nothing.
fn fold(text: &str) -> u32 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let [a, b, c, d, e, f, g, h] = hash.to_le_bytes();
    u32::from_le_bytes([a ^ e, b ^ f, c ^ g, d ^ h])
}

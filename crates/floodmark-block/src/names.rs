//! Names and descriptions in the characters that AWS takes.

use std::fmt::Write;

use chrono::DateTime;

use crate::plan::Wanted;
use crate::target::shown;
use crate::{Error, Result};

/// The longest name of an entity of AWS WAF, in characters.
const ENTITY_CHARS_MAX: usize = 128;

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

/// An error unless it is an ARN of a resource that a web ACL protects.
pub(crate) fn check_arn(arn: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_.+=,@-".contains(&byte);
    let parts = arn.splitn(6, ':').filter(|part| !part.is_empty()).count();
    let right = arn.starts_with("arn:") && arn.len() <= ARN_CHARS_MAX && arn.bytes().all(allowed);
    if right && parts >= 5 {
        return Ok(());
    }
    Err(Error::invalid(format!("`{}` is no ARN of a resource", shown(arn))).hint(
        "such as `arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188`",
    ))
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
    Ok(format!("floodmark-{}-{:08x}", wanted.way, fold(&told)))
}

/// Says what made a rule and when it ends, in the characters of AWS WAF's descriptions.
pub(crate) fn description(made: i64, expires: Option<i64>) -> String {
    let mut text = format!("Made by floodmark {}", time(made));
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

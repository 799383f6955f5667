//! Incidents of many kinds, each with the truth about it: one file a log, which declares its usual traffic and what happens to it.

mod alb;
mod clients;
mod cloudfront;
mod condition;
mod draw;
mod effect;
mod flood;
mod incident;
mod nlb;
mod objects;
mod record;
mod route53_resolver;
mod site;
mod traffic;
mod vpc_flow;

pub(crate) use incident::{Choice, Incident, Source, generate};
pub(crate) use record::RECORD;

/// All incidents, the demo's own first.
pub(crate) fn all() -> impl Iterator<Item = &'static Incident> {
    [flood::INCIDENTS, nlb::INCIDENTS, alb::INCIDENTS, cloudfront::INCIDENTS, vpc_flow::INCIDENTS]
        .into_iter()
        .chain([route53_resolver::INCIDENTS])
        .flatten()
}

/// The incident of a name.
pub(crate) fn find(name: &str) -> Option<&'static Incident> {
    all().find(|incident| incident.name == name)
}

//! What is to know about an answer: how it was counted, and what the logs do not tell.

use crate::cost::CostQuestion;
use crate::cost::answer::{Cost, ToldBy};
use crate::cost::span::Span;
use crate::cost::text::section;
use crate::explain::text::amount;
use crate::limits::PROJECTED_FROM_HOURS;

/// What nothing at hand tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Untold {
    /// Which addresses are those of AWS services, in some of the records.
    pub(super) services: bool,
    /// How many bytes went between IPv6 addresses of which none is known to be inside.
    pub(super) ipv6_bytes: f64,
}

/// The notes, those on what is missing first.
pub(super) fn notes(
    cost: &Cost,
    question: &CostQuestion,
    span: &Span,
    untold: &Untold,
    of_gateways: Vec<String>,
) -> Vec<String> {
    let mut notes = of_gateways;
    if span.flows == 0.0 {
        return notes;
    }
    notes.extend(on_gateways(cost));
    notes.extend(on_fields(cost, span, untold));
    notes.extend(on_time(cost, span));
    notes.extend(on_prices(cost, question, span));
    notes
}

fn on_gateways(cost: &Cost) -> Vec<String> {
    let mut notes = Vec::new();
    if cost.gateways.is_empty() {
        notes.push(
            "No NAT gateway is known: the logs may lack the field `interface-type`, or the gateway's interface. Name it with `--nat \
             ADDRESS` or `--nat eni-…`, or run `floodmark inventory refresh`."
                .to_owned(),
        );
    }
    let behaving: Vec<_> = (cost.gateways.iter())
        .filter(|gateway| gateway.told_by == ToldBy::Behaviour)
        .map(|gateway| gateway.id.as_str())
        .collect();
    if !behaving.is_empty() {
        notes.push(format!(
            "{} taken for a NAT gateway because what comes in from hosts leaves it again under its own address; `--nat` says which \
             interfaces are.",
            match behaving.as_slice() {
                [only] => format!("The interface {only} is"),
                several => format!("The interfaces {} are each", several.join(", ")),
            }
        ));
    }
    let silent: Vec<_> = (cost.gateways.iter())
        .filter(|gateway| {
            let rows = section(cost, "nat_gateways").map_or(&[][..], |section| &section.rows);
            !rows
                .iter()
                .any(|row| row.values.first().is_some_and(|id| id.as_ref() == Some(&gateway.id)))
        })
        .filter(|gateway| gateway.told_by == ToldBy::User)
        .map(|gateway| format!("`{}`", gateway.id))
        .collect();
    if !silent.is_empty() {
        notes.push(format!(
            "The logs show no traffic through {}: is its interface logged?",
            silent.join(", ")
        ));
    }
    notes
}

fn on_fields(cost: &Cost, span: &Span, untold: &Untold) -> Vec<String> {
    let mut notes = Vec::new();
    let has_gateways = !cost.gateways.is_empty();
    if has_gateways && span.with_packet_addresses < span.flows {
        notes.push(
            "Records without the fields `pkt-srcaddr` and `pkt-dstaddr` tell at a NAT gateway who inside sent, and who outside received, but \
             not who sent to whom. Hosts with private addresses count as inside."
                .to_owned(),
        );
    }
    let knows_zones = section(cost, "cross_zone").or(section(cost, "nat_other_zone")).is_some();
    if !knows_zones && (span.with_zone < span.flows || span.with_direction < span.flows) {
        notes.push(
            "What crosses availability zones is told by the fields `az-id` and `flow-direction`, which not all records have, or by \
             the inventory: `floodmark inventory refresh`."
                .to_owned(),
        );
    }
    if untold.services {
        notes.push(
            "What goes to S3, DynamoDB and other AWS services is told by the fields `pkt-src-aws-service` and `pkt-dst-aws-service`, which \
             not all records have, or by AWS's list of its addresses: `floodmark data update aws-ranges`. As long as it is not known it \
             stands among what goes to the internet, at that price."
                .to_owned(),
        );
    }
    if untold.ipv6_bytes > 0.0 {
        notes.push(format!(
            "{} between IPv6 addresses are left out: of none of them it is known that it is your own. The logs tell it by the fields \
             `interface-id` and `flow-direction`, the inventory too: `floodmark inventory refresh`.",
            amount(untold.ipv6_bytes, "bytes")
        ));
    }
    let services = section(cost, "nat_services");
    let has_gateway_endpoint = services.is_some_and(|section| {
        section.rows.iter().any(|row| {
            matches!(row.values.as_slice(), [Some(name), None] if name == "S3" || name == "DYNAMODB")
        })
    });
    if has_gateway_endpoint {
        notes.push(
            "A gateway endpoint carries what goes to buckets and tables of its own region. The logs do not tell the region of a bucket; \
             AWS's list of its addresses does: `floodmark data update aws-ranges`."
                .to_owned(),
        );
    }
    if section(cost, "cross_zone").is_some() {
        notes.push(
            "Between an Application Load Balancer and its targets transfer between zones is free: leave such pairs out.".to_owned(),
        );
    }
    notes
}

fn on_time(cost: &Cost, span: &Span) -> Vec<String> {
    let mut notes: Vec<_> = span.gaps().into_iter().collect();
    if cost.hours < PROJECTED_FROM_HOURS {
        notes.push("The time of the records is too short to project a month from it.".to_owned());
    } else {
        notes.push(
            "Amounts a month are a projection: 30 days of which each hour is like those of the records.".to_owned(),
        );
    }
    notes
}

fn on_prices(cost: &Cost, question: &CostQuestion, span: &Span) -> Vec<String> {
    let prices = &cost.prices;
    let mut notes = Vec::new();
    let wanted = question.region.as_deref().or(span.regions.first().map(String::as_str));
    if let Some(wanted) = wanted.filter(|wanted| *wanted != prices.region) {
        notes.push(format!(
            "There are no prices of `{wanted}` in the list: those of {} are taken. Set yours with `--price nat-gb=…` or `--prices FILE`.",
            prices.region
        ));
    } else if wanted.is_none() {
        notes.push(format!(
            "The logs do not tell their region: the prices of {} are taken; `--price-region` names another.",
            prices.region
        ));
    }
    if question.region.is_none() && span.regions.len() > 1 {
        notes.push(format!(
            "The logs are of several regions ({}): all bytes are reckoned at the prices of {}.",
            span.regions.join(", "),
            prices.region
        ));
    }
    let amounts: Vec<_> =
        prices.values.iter().map(|price| format!("{} {}", price.name, price.amount)).collect();
    notes.push(format!(
        "Prices in US dollars, {} of {}: {}. Sums of the log's bytes, which AWS's meters need not agree with to the last byte.",
        prices.region,
        prices.date,
        amounts.join(", ")
    ));
    notes
}

//! The AWS services that traffic goes to, and the endpoints that would carry it for less.

use crate::cost::answer::{Saving, Section};
use crate::cost::prices::Item;
use crate::cost::sections::Reckoning;

/// How a VPC reaches a service without a NAT gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    /// A gateway endpoint: a route, free of charge.
    Gateway,
    /// An interface endpoint, paid by the hour and the GB.
    Interface,
}

/// The services that have endpoints, as AWS's list of address ranges and the flow logs call them. `AMAZON` is every service without a name
/// of its own there. Addresses of `EC2`, `CLOUDFRONT` and the like are those of other customers: no endpoint leads there.
///
/// AWS pages: <https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>,
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>
static ENDPOINTS: &[(&str, Endpoint)] = &[
    ("AMAZON", Endpoint::Interface),
    ("AMAZON_APPFLOW", Endpoint::Interface),
    ("API_GATEWAY", Endpoint::Interface),
    ("AURORA_DSQL", Endpoint::Interface),
    ("CODEBUILD", Endpoint::Interface),
    ("DYNAMODB", Endpoint::Gateway),
    ("EBS", Endpoint::Interface),
    ("KINESIS_VIDEO_STREAMS", Endpoint::Interface),
    ("S3", Endpoint::Gateway),
];

/// What to do about so many bytes to a service and region; None if there is nothing that costs less.
pub(super) fn advice(
    values: &[Option<String>],
    bytes: f64,
    reckoning: Reckoning<'_>,
) -> Option<String> {
    let (endpoint, usd) = cheaper(values, bytes, reckoning)?;
    let service = values.first()?.as_deref()?;
    (usd > 0.0).then(|| match endpoint {
        Endpoint::Gateway => {
            format!("create a gateway endpoint for {service}, which is free of charge")
        }
        Endpoint::Interface => format!(
            "create an interface endpoint for {}",
            if service == "AMAZON" { "the service behind it" } else { service }
        ),
    })
}

/// What endpoints would save, of the rows of the table of services.
pub(super) fn savings(section: &Section, reckoning: Reckoning<'_>) -> Vec<Saving> {
    let mut savings = Vec::new();
    for row in &section.rows {
        if let Some(advice) = &row.advice
            && let Some((_, usd)) = cheaper(&row.values, row.bytes, reckoning)
        {
            savings.push(Saving {
                advice: advice.clone(),
                bytes: row.bytes,
                usd,
                usd_a_month: reckoning.a_month(usd),
            });
        }
    }
    savings
}

/// The endpoint of a service, and what it would have saved in the time of the records.
fn cheaper(
    values: &[Option<String>],
    bytes: f64,
    reckoning: Reckoning<'_>,
) -> Option<(Endpoint, f64)> {
    let prices = reckoning.prices;
    let service = values.first()?.as_deref()?;
    let (_, endpoint) = ENDPOINTS.iter().find(|(name, _)| *name == service)?;
    // An endpoint leads to its own region only.
    let region = values.get(1).and_then(Option::as_deref);
    if region.is_some_and(|region| !reckoning.span.regions.iter().any(|own| own == region)) {
        return None;
    }
    let now = prices.of_bytes(Item::NatGb, bytes);
    let then = match endpoint {
        Endpoint::Gateway => 0.0,
        // It is paid in each zone that has it.
        Endpoint::Interface => {
            let zones = reckoning.span.zones.max(1.0);
            prices.of_bytes(Item::EndpointGb, bytes)
                + reckoning.span.hours * zones * prices.get(Item::EndpointHour)
        }
    };
    Some((*endpoint, now - then))
}

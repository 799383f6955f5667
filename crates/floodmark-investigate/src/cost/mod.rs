//! What traffic costs: bytes through NAT gateways and between availability zones, who makes them, and what would save.
//!
//! Flow logs tell bytes; AWS's prices make dollars of them. Each table is one statement over the log, which the answer carries. What the
//! logs do not tell is said, with the fields that would.

pub mod answer;
mod gateways;
mod inside;
mod inventory;
mod legs;
mod naming;
mod notes;
pub mod prices;
mod questions;
mod sections;
mod services;
mod span;
pub mod text;

use floodmark_engine::{Error, ErrorKind, Result};
use floodmark_formats::observation::Observation;
use floodmark_formats::time::iso;
use floodmark_who::Fact;

use crate::answer::Rows;
use crate::cost::answer::{Charge, Cost, Gateway, Saving, Section};
use crate::cost::gateways::Gateways;
use crate::cost::inside::Inside;
use crate::cost::notes::Untold;
use crate::cost::prices::{Item, Prices};
use crate::cost::questions::Places;
use crate::cost::sections::{Question, Reckoning};
use crate::cost::span::Span;
use crate::counting::{self, Examined};
use crate::limits::ROWS_SHOWN_MAX;
use crate::subject::Subject;
use crate::window::Window;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct CostQuestion {
    /// Only records of this time; None is all.
    pub during: Option<Window>,
    /// The NAT gateways, each by its interface, an address of it, or its id; none means that they are looked for.
    pub gateways: Vec<String>,
    /// The region whose prices are taken; None is that of the logs.
    pub region: Option<String>,
    /// The text of a file of prices, as [`Prices::read`] takes it.
    pub price_file: Option<String>,
    /// Prices such as `nat-gb=0.045`, which count more than those of the file.
    pub prices: Vec<String>,
    /// How many rows a table shows, at most [`ROWS_SHOWN_MAX`].
    pub limit: usize,
    /// How many of the addresses outside with the most bytes are named in the answer, for others to resolve; costs a pass if not 0.
    pub outside: usize,
}

/// Reckons what the traffic of a flow log costs.
///
/// Costs up to fifteen passes over the log, each of which reads few columns: to learn what it holds, to tell the interfaces apart, and one a
/// table.
///
/// # Errors
///
/// `NotSupported` for a log that is not made at network interfaces, `InvalidQuery` for prices that are none, and those of the engine.
pub async fn cost(subject: &Subject<'_>, question: &CostQuestion) -> Result<Cost> {
    if !matches!(subject.log_type().observation, Observation::Interfaces(_)) {
        let message = format!("`{}` does not tell what traffic costs", subject.log_type().name);
        return Err(Error::new(ErrorKind::NotSupported, message)
            .hint("ask VPC flow logs: `floodmark cost PATH --log vpc_flow`"));
    }
    // What is no price is told before anything is read.
    let mut prices = prices_of(question, question.region.as_deref().unwrap_or_default())?;
    let span = span::ask(subject, question.during).await?;
    if question.region.is_none() {
        prices = prices_of(question, span.regions.first().map_or("", String::as_str))?;
    }
    let windows: Vec<_> = question.during.into_iter().collect();
    let Some(Examined { counting, interfaces }) = counting::examine(subject, &windows).await?
    else {
        return Err(Error::new(ErrorKind::Internal, "the log is made at network interfaces"));
    };
    let inventory = inventory::look_up(subject, &interfaces, &span)?;
    let named = &question.gateways;
    let Gateways { found, notes } =
        gateways::find(subject, &windows, named, &interfaces, &inventory, &span).await?;
    let places = places(&span, inventory.zones(&interfaces));
    let inside = Inside::of(subject, &interfaces, &found, &span)?;
    let untold = Untold {
        services: span.with_service < span.flows && !subject.who().has(Fact::AwsService)?,
        ipv6_bytes: ipv6_left_out(subject, &windows, &counting.predicate, &inside, &span).await?,
    };
    let known = Known {
        gateways: &found,
        once: &counting.predicate,
        inside: &inside,
        places: &places,
        tells_services: !untold.services,
    };
    let reckoning = Reckoning { prices: &prices, span: &span };
    let mut sections = Vec::new();
    for asked in questions(subject, &windows, known, &span) {
        // Of these there are few, and what would save is among them.
        let is_short = matches!(asked.name, "nat_gateways" | "nat_services");
        let limit = if is_short { ROWS_SHOWN_MAX } else { question.limit };
        sections.push(sections::ask(subject, asked, reckoning, limit).await?);
    }
    let mut cost = Cost {
        sentence: String::new(),
        start: span.window.map(|window| iso(window.start)),
        end: span.window.map(|window| iso(window.end)),
        hours: span.hours,
        records: span.records as u64,
        flows: span.flows as u64,
        bill: bill(&sections, &found, reckoning, &untold),
        savings: savings(&sections, reckoning),
        gateways: found,
        sections,
        prices: prices.clone(),
        notes: Vec::new(),
        largest_outside: Vec::new(),
    };
    for section in &mut cost.sections {
        if section.name == "nat_gateways" {
            describe(section, &cost.gateways);
        }
    }
    cost.sections.retain(|section| !section.rows.is_empty());
    if question.outside > 0 && !cost.gateways.is_empty() {
        let sql = questions::largest_outside(subject, &windows, &cost.gateways, question.outside);
        cost.largest_outside = addresses(subject, &sql).await?;
    }
    cost.notes = notes::notes(&cost, question, &span, &untold, notes);
    cost.sentence = text::sentence(&cost);
    Ok(cost)
}

fn prices_of(question: &CostQuestion, region: &str) -> Result<Prices> {
    let mut prices = Prices::of(region);
    if let Some(text) = &question.price_file {
        prices.read(text)?;
    }
    prices.set(&question.prices)?;
    Ok(prices)
}

/// What tells the zones: the log itself, or else the inventory.
fn places(span: &Span, inventory: Vec<(String, String)>) -> Places {
    if span.with_zone > 0.0 && span.with_direction > 0.0 {
        Places::Log
    } else if inventory.is_empty() {
        Places::NotTold
    } else {
        Places::Inventory(inventory)
    }
}

/// The addresses that a statement gives in its first column.
async fn addresses(subject: &Subject<'_>, sql: &str) -> Result<Vec<String>> {
    let mut rows = Rows::ask(subject, sql, 1).await?;
    let mut addresses = Vec::new();
    while let Some(batch) = rows.next().await? {
        addresses.extend(batch.rows().flat_map(|row| batch.texts(row)).flatten());
    }
    Ok(addresses)
}

/// The bytes of IPv6 that count in no table.
async fn ipv6_left_out(
    subject: &Subject<'_>,
    windows: &[Window],
    once: &str,
    inside: &Inside,
    span: &Span,
) -> Result<f64> {
    if span.of_ipv6 == 0.0 {
        return Ok(0.0);
    }
    let mut rows =
        Rows::ask(subject, &questions::left_out(subject, windows, once, inside), 0).await?;
    let mut bytes = 0.0;
    while let Some(batch) = rows.next().await? {
        bytes += batch.rows().filter_map(|row| batch.number(0, row)).sum::<f64>();
    }
    Ok(bytes)
}

/// What the tables are asked with.
#[derive(Clone, Copy, Debug)]
struct Known<'a> {
    gateways: &'a [Gateway],
    /// The condition that keeps one record of each packet.
    once: &'a str,
    inside: &'a Inside,
    places: &'a Places,
    /// Whether it is known of each address which AWS service has it.
    tells_services: bool,
}

/// The tables that can be asked of what the logs hold.
fn questions(
    subject: &Subject<'_>,
    windows: &[Window],
    known: Known<'_>,
    span: &Span,
) -> Vec<Question> {
    let Known { gateways, once, inside, places, tells_services } = known;
    let mut asked = Vec::new();
    if span.flows == 0.0 {
        return asked;
    }
    let tells_zones = !matches!(places, Places::NotTold);
    if !gateways.is_empty() {
        asked.extend(questions::of_gateways(subject, windows, gateways));
        if tells_zones {
            asked.push(questions::to_far_gateways(subject, windows, gateways, places));
        }
    }
    if tells_zones {
        asked.push(questions::across_zones(subject, windows, gateways, once, inside, places));
    }
    asked.push(questions::to_internet(subject, windows, once, inside, tells_services));
    asked
}

/// Adds to the table of gateways what is known of each: its name and its addresses.
fn describe(section: &mut Section, gateways: &[Gateway]) {
    section.by.splice(1..1, ["name", "addresses"]);
    for row in &mut section.rows {
        let known =
            gateways.iter().find(|gateway| row.values.first() == Some(&Some(gateway.id.clone())));
        let addresses = known.map(|gateway| gateway.addresses.join(", "));
        let addresses = addresses.filter(|addresses| !addresses.is_empty());
        row.values.splice(1..1, [known.and_then(|gateway| gateway.name.clone()), addresses]);
    }
}

/// What is paid for, the largest first.
fn bill(
    sections: &[Section],
    gateways: &[Gateway],
    reckoning: Reckoning<'_>,
    untold: &Untold,
) -> Vec<Charge> {
    // No flow of the user's choice, no bill: gateways cost their hours whoever sends.
    if reckoning.span.flows == 0.0 {
        return Vec::new();
    }
    let bytes = |name: &str| {
        sections.iter().find(|section| section.name == name).map_or(0.0, |section| section.bytes)
    };
    let charge = |title, quantity, unit, usd| Charge {
        title,
        quantity,
        unit,
        usd,
        usd_a_month: reckoning.a_month(usd),
    };
    let of_bytes = |title, name: &str, item, times: f64| {
        let bytes = bytes(name);
        charge(title, bytes, "bytes", times * reckoning.prices.of_bytes(item, bytes))
    };
    // A regional gateway's rows tell how many of them there are.
    let rows = sections.iter().find(|section| section.name == "nat_gateways");
    let count = rows.map_or(0, |section| section.rows.len()).max(gateways.len());
    let hours = reckoning.span.hours * count as f64;
    let to_internet = if untold.services {
        "Transfer to the internet (AWS services not left out)"
    } else {
        "Transfer to the internet"
    };
    let mut bill = vec![
        of_bytes("Data processed by NAT gateways", "nat_gateways", Item::NatGb, 1.0),
        charge(
            "The time of NAT gateways",
            hours,
            "hours",
            hours * reckoning.prices.get(Item::NatHour),
        ),
        of_bytes("Transfer between availability zones", "cross_zone", Item::ZoneGb, 2.0),
        of_bytes("Transfer to NAT gateways of another zone", "nat_other_zone", Item::ZoneGb, 1.0),
        of_bytes(to_internet, "internet", Item::InternetGb, 1.0),
    ];
    bill.retain(|charge| charge.quantity > 0.0);
    bill.sort_by(|one, other| other.usd.total_cmp(&one.usd));
    bill
}

/// What would save, the largest first.
fn savings(sections: &[Section], reckoning: Reckoning<'_>) -> Vec<Saving> {
    let mut savings = Vec::new();
    for section in sections.iter().filter(|section| section.bytes > 0.0) {
        let usd = |item| reckoning.prices.of_bytes(item, section.bytes);
        let saving = |advice: &str, usd: f64| Saving {
            advice: advice.to_owned(),
            bytes: section.bytes,
            usd,
            usd_a_month: reckoning.a_month(usd),
        };
        match section.name {
            "nat_services" => savings.extend(services::savings(section, reckoning)),
            "nat_to_own_addresses" => savings.push(saving(
                "reach your own public addresses by their private ones, without the NAT gateway",
                usd(Item::NatGb),
            )),
            "nat_other_zone" => savings.push(saving(
                "send what goes out through a NAT gateway of the host's own zone (a further gateway costs its hours)",
                usd(Item::ZoneGb),
            )),
            _ => {}
        }
    }
    savings.sort_by(|one, other| other.usd.total_cmp(&one.usd));
    savings
}

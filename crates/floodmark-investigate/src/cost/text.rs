//! The sentences of an answer.

use crate::cost::answer::{Charge, Cost, Saving, Section};
use crate::explain::text::{amount, number, percent};

/// An amount in US dollars: cents where they matter.
pub fn money(usd: f64) -> String {
    let magnitude = usd.abs();
    if magnitude == 0.0 {
        "$0".to_owned()
    } else if magnitude < 0.005 {
        "less than $0.01".to_owned()
    } else if magnitude < 1000.0 {
        format!("${usd:.2}")
    } else {
        format!("${}", number(usd.round()))
    }
}

/// How many hours, as people say it.
pub fn hours(hours: f64) -> String {
    match hours {
        hours if hours >= 48.0 => format!("{} days", number((hours / 24.0 * 10.0).round() / 10.0)),
        hours if hours >= 1.0 => {
            let rounded = (hours * 10.0).round() / 10.0;
            format!("{} hour{}", number(rounded), if rounded == 1.0 { "" } else { "s" })
        }
        hours => format!("{:.0} minutes", hours * 60.0),
    }
}

/// What costs most and what would save most.
pub(super) fn sentence(cost: &Cost) -> String {
    if cost.flows == 0 {
        return "The logs have no such flows, so there is nothing to reckon.".to_owned();
    }
    let mut sentences = Vec::new();
    let largest = cost.bill.iter().find(|charge| charge.usd > 0.0);
    match largest {
        Some(charge) => sentences.push(most(charge, cost.hours)),
        None => sentences.push("Nothing in these logs is known to cost anything.".to_owned()),
    }
    if cost.gateways.is_empty() {
        sentences.push("No NAT gateway is known in these logs.".to_owned());
    }
    sentences.extend(services(cost));
    if let Some(saving) = cost.savings.first().filter(|saving| saving.usd > 0.0) {
        sentences.push(best(saving));
    }
    sentences.join(" ")
}

fn most(charge: &Charge, of: f64) -> String {
    let quantity = match charge.unit {
        "hours" => hours(charge.quantity),
        unit => format!("{} in {}", amount(charge.quantity, unit), hours(of)),
    };
    let a_month = charge.usd_a_month.map_or_else(String::new, |usd| {
        format!(", which is {} in 30 days if all hours are like these", money(usd))
    });
    format!("{} costs most: {} for {quantity}{a_month}.", charge.title, money(charge.usd))
}

/// Which service most of what goes through NAT gateways goes to.
fn services(cost: &Cost) -> Option<String> {
    let section = section(cost, "nat_services")?;
    let row = section.rows.iter().find(|row| row.values.first().is_some_and(Option::is_some))?;
    let service = row.values.first()?.as_deref()?;
    let share = row.share.filter(|_| section.bytes > 0.0)?;
    Some(format!(
        "{} of the bytes through NAT gateways go to or come from {service}.",
        percent(share)
    ))
}

fn best(saving: &Saving) -> String {
    let usd = match saving.usd_a_month {
        Some(usd) => format!("{} in 30 days", money(usd)),
        None => format!("{} in this time", money(saving.usd)),
    };
    let mut letters = saving.advice.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    format!("{}{}: that would save {usd}.", first.unwrap_or_default(), letters.as_str())
}

/// The table of a name.
pub(super) fn section<'c>(cost: &'c Cost, name: &str) -> Option<&'c Section> {
    cost.sections.iter().find(|section| section.name == name)
}

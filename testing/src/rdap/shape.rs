//! Answers in the shapes of the five registries.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use crate::rdap::{Registered, Shape};

/// A first and a last address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    start: u128,
    end: u128,
    /// How many bits an address has.
    bits: u32,
}

impl Range {
    /// Reads a CIDR, or two addresses with ` - ` between them.
    pub(super) fn parse(text: &str) -> Self {
        if let Some((start, end)) = text.split_once(" - ") {
            let (start, bits) = number(start.parse().expect("an address"));
            let (end, _) = number(end.parse().expect("an address"));
            return Self { start, end, bits };
        }
        let (address, length) = text.split_once('/').expect("a CIDR");
        let (start, bits) = number(address.parse().expect("an address"));
        let length: u32 = length.parse().expect("a length");
        let rest = ones(bits - length);
        Self { start: start & !rest, end: start | rest, bits }
    }

    pub(super) fn holds(&self, address: IpAddr) -> bool {
        let (number, bits) = number(address);
        bits == self.bits && (self.start..=self.end).contains(&number)
    }

    pub(super) fn width(&self) -> u128 {
        self.end - self.start
    }

    pub(super) fn is_ipv4(&self) -> bool {
        self.bits == 32
    }

    pub(super) fn cidrs(&self) -> Vec<String> {
        let pairs = self.parts().into_iter();
        pairs.map(|(address, length)| format!("{address}/{length}")).collect()
    }

    fn parts(&self) -> Vec<(String, u32)> {
        let mut parts = Vec::new();
        let mut at = self.start;
        loop {
            let mut free = at.trailing_zeros().min(self.bits);
            while ones(free) > self.end - at {
                free -= 1;
            }
            parts.push((self.text(at), self.bits - free));
            match (at | ones(free)).checked_add(1) {
                Some(next) if next <= self.end => at = next,
                _ => return parts,
            }
        }
    }

    fn text(&self, number: u128) -> String {
        match u32::try_from(number) {
            Ok(number) if self.bits == 32 => Ipv4Addr::from_bits(number).to_string(),
            _ => Ipv6Addr::from_bits(number).to_string(),
        }
    }
}

impl Shape {
    /// The registry's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Arin => "arin",
            Self::Ripe => "ripe",
            Self::Apnic => "apnic",
            Self::Lacnic => "lacnic",
            Self::Afrinic => "afrinic",
        }
    }
}

/// The answer for a network.
pub(super) fn answer(network: &Registered<'_>, range: &Range, base: &str) -> Value {
    let shape = network.shape.name();
    let (start, end) = (range.text(range.start), range.text(range.end));
    let link = json!([{
        "value": format!("{base}{shape}/ip/{start}"),
        "rel": "self",
        "type": "application/rdap+json",
        "href": format!("{base}{shape}/ip/{start}"),
    }]);
    let mut answer = json!({
        "rdapConformance": ["rdap_level_0", "cidr0", "nro_rdap_profile_0"],
        "notices": [{
            "title": "Terms of Service",
            "description": ["What is said here is made up for a test."],
            "links": link,
        }],
        "objectClassName": "ip network",
        "handle": format!("{start} - {end}"),
        "startAddress": start,
        "endAddress": end,
        "ipVersion": if range.is_ipv4() { "v4" } else { "v6" },
        "name": network.name,
        "country": network.country,
        "status": ["active"],
        "port43": format!("whois.{shape}.net"),
        "events": [{ "eventAction": "last changed", "eventDate": "2023-05-01T00:00:00Z" }],
        "links": link,
        "cidr0_cidrs": cidr0(range),
    });
    let abuse = format!("abuse@{}.example.com", network.name.to_ascii_lowercase());
    let abuse = entity("ABUSE-1", &["abuse"], &card("group", "Abuse desk", Some(&abuse)));
    match network.shape {
        Shape::Arin => {
            answer["handle"] = json!(format!("NET-{}-1", start.replace(['.', ':'], "-")));
            answer["parentHandle"] = json!("NET-PARENT-0");
            answer["type"] = json!("DIRECT ALLOCATION");
            answer.as_object_mut().expect("an object").remove("country");
            let mut holder = card("org", network.owner, None);
            let address = json!([
                "adr",
                { "label": format!("1 Example Street\nExample\n{}", network.country), "cc": network.country },
                "text",
                ["", "", "", "", "", "", ""],
            ]);
            holder[1].as_array_mut().expect("properties").push(address);
            let mut holder = entity("EXAMPLE", &["registrant"], &holder);
            holder["entities"] = json!([abuse]);
            answer["entities"] = json!([holder]);
        }
        Shape::Ripe => {
            answer["type"] = json!("ALLOCATED PA");
            answer["parentHandle"] = json!("0.0.0.0 - 255.255.255.255");
            let maintainer =
                entity("EXAMPLE-MNT", &["registrant"], &card("individual", "EXAMPLE-MNT", None));
            let contact = entity(
                "EX1-TEST",
                &["administrative", "technical"],
                &card("group", "Example contact", None),
            );
            let holder = entity("ORG-EX1-TEST", &["registrant"], &card("org", network.owner, None));
            answer["entities"] = json!([maintainer, contact, holder, abuse]);
        }
        Shape::Apnic | Shape::Afrinic => {
            answer["type"] = json!("ALLOCATED PORTABLE");
            answer["remarks"] = json!([{ "title": "description", "description": [network.owner, "Example Street 1"] }]);
            let contact =
                entity("EX2-TEST", &["administrative"], &card("individual", "A person", None));
            answer["entities"] = json!([contact, abuse]);
            if network.shape == Shape::Afrinic {
                answer.as_object_mut().expect("an object").remove("cidr0_cidrs");
            }
        }
        Shape::Lacnic => {
            answer["type"] = json!("ALLOCATED");
            let length = range.parts().first().map_or(0, |(_, length)| *length);
            answer["startAddress"] = json!(format!("{start}/{length}"));
            let mut holder = card("", network.owner, None);
            holder[1].as_array_mut().expect("properties").retain(|property| property[0] != "kind");
            answer["entities"] = json!([entity("EX-TEST", &["registrant"], &holder), abuse]);
        }
    }
    answer
}

/// The answer where there is no network.
pub(super) fn not_found() -> Value {
    json!({
        "rdapConformance": ["rdap_level_0"],
        "errorCode": 404,
        "title": "Not Found",
        "description": ["No network holds this address."],
    })
}

fn cidr0(range: &Range) -> Value {
    let prefix = if range.is_ipv4() { "v4prefix" } else { "v6prefix" };
    let parts = range.parts().into_iter();
    parts.map(|(address, length)| json!({ prefix: address, "length": length })).collect()
}

fn entity(handle: &str, roles: &[&str], card: &Value) -> Value {
    json!({
        "objectClassName": "entity",
        "handle": handle,
        "roles": roles,
        "vcardArray": card,
    })
}

fn card(kind: &str, name: &str, email: Option<&str>) -> Value {
    let mut properties = vec![
        json!(["version", {}, "text", "4.0"]),
        json!(["fn", {}, "text", name]),
        json!(["kind", {}, "text", kind]),
    ];
    if let Some(email) = email {
        properties.push(json!(["email", {}, "text", email]));
    }
    json!(["vcard", properties])
}

fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// A number whose last bits are ones.
fn ones(bits: u32) -> u128 {
    1_u128.checked_shl(bits).map_or(u128::MAX, |power| power - 1)
}

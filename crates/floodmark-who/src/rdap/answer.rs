//! What a registry's answer says about a network, and whether it can be believed.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde_json::Value;

use crate::limits::{
    NETWORK_FREE_BITS_IPV4_MAX, NETWORK_FREE_BITS_IPV6_MAX, RDAP_ENTITIES_MAX,
    RDAP_TEXT_CHARACTERS_MAX,
};
use crate::rdap::Network;
use crate::rdap::jcard::Card;
use crate::rdap::segments::number;

/// The registries by the names of their servers.
const REGISTRIES: [(&str, &str); 5] = [
    ("afrinic.net", "afrinic"),
    ("apnic.net", "apnic"),
    ("arin.net", "arin"),
    ("lacnic.net", "lacnic"),
    ("ripe.net", "ripe"),
];

/// How the names of networks begin that only say that the registry has nothing to say: another one is in charge.
const PLACEHOLDERS: [&str; 6] =
    ["NON-RIPE-NCC-MANAGED", "IANA-BLK", "IANA-NETBLOCK", "IANA-RESERVED", "ERX-NETBLOCK", "STUB-"];

/// The registries' own names. Where one of them holds all of a `/8`, the addresses are not handed out.
const REGISTRY_OWNERS: [&str; 7] = [
    "American Registry for Internet Numbers",
    "Asia Pacific Network Information Centre",
    "African Network Information Center",
    "Latin American and Caribbean IP address Regional Registry",
    "RIPE Network Coordination Centre",
    "RIPE NCC",
    "Internet Assigned Numbers Authority",
];

/// Reads the answer for an address.
///
/// # Errors
///
/// What is wrong with it, as the end of a sentence that begins with the server's name.
pub(super) fn read(
    body: &[u8],
    asked: IpAddr,
    host: &str,
    fetched: i64,
) -> Result<Network, String> {
    let answer: Value = serde_json::from_slice(body)
        .map_err(|error| format!("gave an answer that is no JSON ({error})"))?;
    if !answer.is_object() {
        return Err("gave an answer that is no JSON object".to_owned());
    }
    let (start, end) = range(&answer, asked)?;
    let mut network = Network::new(start, end, fetched);
    check(&network, asked)?;
    let people = People::of(&answer);
    network.name = text(answer.get("name"));
    network.handle = text(answer.get("handle"));
    network.parent = text(answer.get("parentHandle"));
    network.kind = text(answer.get("type"));
    network.owner = people.owner(&answer);
    network.country =
        country(answer.get("country").and_then(Value::as_str)).or_else(|| people.country());
    network.abuse = people.abuse();
    network.registry = registry(host, answer.get("port43").and_then(Value::as_str));
    check_holder(&network)?;
    Ok(network)
}

/// What a registry is called by the name of its server.
pub(super) fn registry(host: &str, whois: Option<&str>) -> String {
    let known = |host: &str| {
        let host = host.to_ascii_lowercase();
        let is_of = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        REGISTRIES.iter().find(|(domain, _)| is_of(domain)).map(|(_, name)| (*name).to_owned())
    };
    let name = known(host).or_else(|| known(whois?));
    name.or_else(|| clean(host)).unwrap_or_default()
}

/// The first and the last address.
fn range(answer: &Value, asked: IpAddr) -> Result<(IpAddr, IpAddr), String> {
    let [start, end] = ["startAddress", "endAddress"]
        .map(|name| answer.get(name).and_then(Value::as_str).map(|text| address(text).ok_or(text)));
    match (start, end) {
        (Some(Ok(start)), Some(Ok(end))) => Ok((start, end)),
        (Some(Err(text)), _) | (_, Some(Err(text))) => {
            let text = clean(text).unwrap_or_default();
            Err(format!("gave a network whose range cannot be read: `{text}`"))
        }
        _ => {
            let cidrs = answer.get("cidr0_cidrs").and_then(Value::as_array);
            let mut cidrs = cidrs.into_iter().flatten().filter_map(cidr);
            let holding = cidrs.find(|cidr| cidr.contains(&asked));
            let holding = holding.ok_or("gave a network without a range")?;
            Ok((holding.network(), holding.broadcast()))
        }
    }
}

/// An address as registries write it: with a CIDR's length behind it, or with zeros before its numbers.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.split_once('/').map_or(text, |(address, _)| address);
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let parts: Vec<&str> = text.split('.').collect();
    let parts: [&str; 4] = parts.try_into().ok()?;
    let is_number = |part: &&str| part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(is_number) {
        return None;
    }
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(parts) {
        *octet = part.parse().ok()?;
    }
    Some(IpAddr::V4(Ipv4Addr::from(octets)))
}

fn cidr(value: &Value) -> Option<IpNet> {
    let prefix = value.get("v4prefix").or_else(|| value.get("v6prefix"))?.as_str()?;
    let length = u8::try_from(value.get("length")?.as_u64()?).ok()?;
    IpNet::new(address(prefix)?, length).ok()
}

/// Whether the range can be one that was handed out, and is the one that was asked for.
fn check(network: &Network, asked: IpAddr) -> Result<(), String> {
    let (start, end) = (network.start, network.end);
    let told = format!("{start} to {end}");
    if start.is_ipv4() != end.is_ipv4() || number(start) > number(end) {
        return Err(format!("gave a network whose range ends before it begins: {told}"));
    }
    if !network.holds(asked) {
        return Err(format!("gave a network that does not hold {asked}: {told}"));
    }
    let free_bits_max = match start {
        IpAddr::V4(_) => NETWORK_FREE_BITS_IPV4_MAX,
        IpAddr::V6(_) => NETWORK_FREE_BITS_IPV6_MAX,
    };
    if (number(end) - number(start)) >> free_bits_max > 0 {
        return Err(format!("gave a network that is too wide to be one: {told}"));
    }
    Ok(())
}

/// Whether somebody holds it, and not the registry itself in want of a holder.
fn check_holder(network: &Network) -> Result<(), String> {
    let name = network.name.as_deref().unwrap_or_default();
    if PLACEHOLDERS.iter().any(|placeholder| name.starts_with(placeholder)) {
        return Err(format!("says that another registry is in charge: `{name}`"));
    }
    let owner = network.owner.as_deref().unwrap_or_default();
    let is_registry = REGISTRY_OWNERS.iter().any(|registry| {
        owner.get(..registry.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(registry))
    });
    let is_wide = network.cidrs().iter().any(|cidr| match cidr {
        IpNet::V4(cidr) => cidr.prefix_len() <= 8,
        IpNet::V6(cidr) => cidr.prefix_len() <= 23,
    });
    if is_registry && is_wide {
        return Err(format!("says that nobody holds the address: `{owner}` holds `{name}`"));
    }
    Ok(())
}

/// Those who are named in an answer, and in those that are named there.
struct People<'a>(Vec<Person<'a>>);

struct Person<'a> {
    handle: Option<&'a str>,
    roles: Vec<&'a str>,
    card: Option<Card<'a>>,
    is_nested: bool,
}

impl<'a> People<'a> {
    fn of(answer: &'a Value) -> Self {
        let mut people = Vec::new();
        let mut ahead: Vec<&Value> = vec![answer];
        let mut is_nested = false;
        while !ahead.is_empty() && people.len() < RDAP_ENTITIES_MAX {
            let entities = ahead.iter().filter_map(|object| object.get("entities")?.as_array());
            let entities: Vec<&Value> = entities.flatten().take(RDAP_ENTITIES_MAX).collect();
            for &entity in &entities {
                let roles = entity.get("roles").and_then(Value::as_array).into_iter().flatten();
                people.push(Person {
                    handle: entity.get("handle").and_then(Value::as_str),
                    roles: roles.filter_map(Value::as_str).collect(),
                    card: Card::of(entity),
                    is_nested,
                });
            }
            ahead = entities;
            is_nested = true;
        }
        Self(people)
    }

    fn with(&self, role: &str) -> impl Iterator<Item = &Person<'a>> {
        self.0.iter().filter(move |person| {
            person.roles.iter().any(|written| written.eq_ignore_ascii_case(role))
        })
    }

    /// Who holds the network: the registrant that is an organisation, then another registrant with a name, then what the registry
    /// remarks, then who administers it.
    fn owner(&self, answer: &Value) -> Option<String> {
        let registrants = || self.with("registrant").filter(|person| !person.is_nested);
        let organisations = registrants().filter(|person| person.is_organisation());
        let named = registrants().filter(|person| !person.is_maintainer());
        let administrators = self.with("administrative").filter(|person| person.is_organisation());
        let found = organisations.chain(named).find_map(Person::name);
        found
            .and_then(clean)
            .or_else(|| clean(described(answer)?))
            .or_else(|| clean(administrators.chain(registrants()).find_map(Person::name)?))
    }

    fn country(&self) -> Option<String> {
        let registrants = self.with("registrant").filter(|person| !person.is_nested);
        registrants.filter_map(|person| person.card).find_map(|card| country(card.country()))
    }

    fn abuse(&self) -> Option<String> {
        let mut cards = self.with("abuse").filter_map(|person| person.card);
        let address = cards.find_map(|card| card.text("email"))?;
        clean(address.strip_prefix("mailto:").unwrap_or(address))
    }
}

impl<'a> Person<'a> {
    fn name(&self) -> Option<&'a str> {
        let card = self.card?;
        card.text("fn").or_else(|| card.text("org"))
    }

    fn is_organisation(&self) -> bool {
        self.card.and_then(|card| card.text("kind")).is_some_and(|kind| kind == "org")
            && !self.is_maintainer()
    }

    /// Whether it is a login of a registry's database, which is named by its handle, rather than somebody.
    fn is_maintainer(&self) -> bool {
        let name = self.name();
        name.is_none_or(|name| name.ends_with("-MNT") || name.starts_with("MNT-"))
            || name == self.handle
    }
}

/// The first line of the remark in which some registries describe the holder.
fn described(answer: &Value) -> Option<&str> {
    let mut remarks = answer.get("remarks")?.as_array()?.iter();
    let described = remarks.find(|remark| {
        let title = remark.get("title").and_then(Value::as_str);
        title.is_none_or(|title| title.eq_ignore_ascii_case("description"))
    })?;
    described.get("description")?.get(0)?.as_str()
}

/// Two letters, in capitals, if they are two letters.
fn country(code: Option<&str>) -> Option<String> {
    let code = code?.trim();
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| code.to_ascii_uppercase())
}

fn text(value: Option<&Value>) -> Option<String> {
    clean(value?.as_str()?)
}

/// A text without control characters, with single spaces, and not too long.
fn clean(text: &str) -> Option<String> {
    let text: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(RDAP_TEXT_CHARACTERS_MAX).collect();
    (!text.is_empty()).then_some(text)
}

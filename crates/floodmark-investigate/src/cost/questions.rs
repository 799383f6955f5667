//! The statements of the tables.

use crate::cost::answer::Gateway;
use crate::cost::inside::Inside;
use crate::cost::legs::with_legs;
use crate::cost::naming;
use crate::cost::prices::Item;
use crate::cost::sections::Question;
use crate::counting::own::PRIVATE;
use crate::counting::{is_in, quoted};
use crate::subject::Subject;
use crate::window::Window;

/// The pattern of addresses that are no host's in the internet, beside the private ones, for `regexp_like` (RFC 6890).
const SPECIAL: &str =
    r"^(0\.|127\.|169\.254\.|22[4-9]\.|2[345][0-9]\.|::|[fF][eE][89aAbB][0-9a-fA-F]:|[fF][fF])";

/// The sums of all tables of what gateways pass on.
const SUMS: &str = "sum(if(is_out, bytes, 0)) AS bytes_out, sum(if(is_out, 0, bytes)) AS bytes_in, sum(bytes) AS bytes";

/// When the last of the records began that a row stands for.
const LATEST: &str = "max(at)";

/// The same of sums.
const SUMS_OF_SUMS: &str =
    "sum(bytes_out) AS bytes_out, sum(bytes_in) AS bytes_in, sum(bytes) AS bytes";

/// What gateways pass on, by gateway, by host inside, and by network and service outside.
pub(super) fn of_gateways(
    subject: &Subject<'_>,
    windows: &[Window],
    gateways: &[Gateway],
) -> [Question; 5] {
    let legs = with_legs(subject, windows, gateways);
    let outside = format!(
        "SELECT outside, service, max(at) AS at, {SUMS}\n  FROM legs\n  WHERE outside IS NOT NULL\n  GROUP BY 1, 2"
    );
    let service = format!("coalesce(service, {})", naming::service("outside"));
    let network = format!(
        "coalesce({}, try(CAST(ip_prefix(outside, if(strpos(outside, ':') > 0, 48, 24)) AS varchar)), outside)",
        naming::network("outside")
    );
    let question = |name, title, by, sql: String| Question {
        name,
        title,
        by,
        sql: format!("{legs}\n{sql}"),
        price: Item::NatGb,
        times: 1.0,
        is_of_services: false,
    };
    let gateways = question(
        "nat_gateways",
        "Through NAT gateways",
        &["gateway", "zone"],
        format!(
            "SELECT gateway, max(zone) AS zone, {SUMS}\nFROM legs\nWHERE inside IS NOT NULL\nGROUP BY 1\nORDER BY bytes DESC, 1"
        ),
    );
    let sources = question(
        "nat_sources",
        "Through NAT gateways, by host inside",
        &["inside", "name"],
        format!(
            "SELECT inside, {} AS name, {SUMS}\nFROM legs\nWHERE inside IS NOT NULL\nGROUP BY 1\nORDER BY bytes DESC, 1",
            naming::interface("inside", LATEST)
        ),
    );
    let destinations = question(
        "nat_destinations",
        "Through NAT gateways, by network outside",
        &["network", "service", "addresses"],
        format!(
            "SELECT {network} AS network, {service} AS service, CAST(count(DISTINCT outside) AS varchar) AS addresses, {SUMS_OF_SUMS}\nFROM (\n  {outside}\n)\nGROUP BY 1, 2\nORDER BY bytes DESC, 1, 2"
        ),
    );
    let mut services = question(
        "nat_services",
        "Through NAT gateways, by AWS service outside",
        &["service", "region"],
        format!(
            "SELECT {service} AS service, {} AS region, {SUMS_OF_SUMS}\nFROM (\n  {outside}\n)\nGROUP BY 1, 2\nORDER BY bytes DESC, 1, 2",
            naming::region("outside"),
        ),
    );
    services.is_of_services = true;
    let hairpin = question(
        "nat_to_own_addresses",
        "Through NAT gateways, to public addresses of your own",
        &["outside", "name"],
        format!(
            "SELECT outside, {} AS name, {SUMS_OF_SUMS}\nFROM (\n  {outside}\n)\nWHERE NOT regexp_like(outside, '{PRIVATE}') AND {} IS NOT NULL\nGROUP BY 1\nORDER BY bytes DESC, 1",
            naming::interface("outside", LATEST),
            naming::interface("outside", "at"),
        ),
    );
    [gateways, sources, destinations, services, hairpin]
}

/// The addresses outside that most bytes go to or come from, those first; so many at most.
pub(super) fn largest_outside(
    subject: &Subject<'_>,
    windows: &[Window],
    gateways: &[Gateway],
    limit: usize,
) -> String {
    let legs = with_legs(subject, windows, gateways);
    format!(
        "{legs}\nSELECT outside, sum(bytes) AS bytes\nFROM legs\nWHERE outside IS NOT NULL\nGROUP BY 1\nORDER BY 2 DESC, 1\nLIMIT {limit}"
    )
}

/// What tells the availability zone of an address.
#[derive(Clone, Debug)]
pub(super) enum Places {
    /// The records of the interface that has it.
    Log,
    /// The inventory: addresses, and ids of interfaces, with their zones.
    Inventory(Vec<(String, String)>),
    /// Nothing.
    NotTold,
}

/// What crosses from one availability zone to the gateway of another one.
pub(super) fn to_far_gateways(
    subject: &Subject<'_>,
    windows: &[Window],
    gateways: &[Gateway],
    places: &Places,
) -> Question {
    let legs = with_legs(subject, windows, gateways);
    let place = place(subject, windows, places);
    let (zone, of_gateway) = match places {
        Places::Inventory(_) => ("gate.zone", " JOIN place AS gate ON gateway = gate.address"),
        Places::Log | Places::NotTold => ("legs.zone", ""),
    };
    Question {
        name: "nat_other_zone",
        title: "To NAT gateways of another availability zone",
        by: &["inside", "name", "zones", "gateway"],
        sql: format!(
            "{legs},\n{place}\nSELECT inside, {} AS name, place.zone || ' to ' || {zone} AS zones, gateway, {SUMS}\nFROM legs JOIN place ON inside = place.address{of_gateway}\nWHERE place.zone <> {zone}\nGROUP BY inside, place.zone, {zone}, gateway\nORDER BY bytes DESC, 1, 3, 4",
            naming::interface("inside", "max(legs.at)")
        ),
        price: Item::ZoneGb,
        times: 1.0,
        is_of_services: false,
    }
}

/// What hosts of different availability zones send to each other. What goes to and comes from NAT gateways is not among it: it has prices
/// and a table of its own.
pub(super) fn across_zones(
    subject: &Subject<'_>,
    windows: &[Window],
    gateways: &[Gateway],
    once: &str,
    inside: &Inside,
    places: &Places,
) -> Question {
    let place = place(subject, windows, places);
    let mut conditions = vec![
        format!("({once})"),
        inside.may_hold("srcaddr"),
        inside.may_hold("dstaddr"),
        "coalesce(action, 'ACCEPT') <> 'REJECT'".to_owned(),
    ];
    let of_gateways: Vec<_> =
        gateways.iter().flat_map(|gateway| &gateway.addresses).map(String::as_str).collect();
    if !of_gateways.is_empty() {
        for column in ["srcaddr", "dstaddr"] {
            conditions.push(format!("NOT {}", is_in(column, of_gateways.iter().copied())));
        }
    }
    let counted = subject.and(&conditions.join(" AND "));
    Question {
        name: "cross_zone",
        title: "Between availability zones, by pair of hosts",
        by: &["first", "first_name", "second", "second_name", "zones"],
        sql: format!(
            "WITH {place}, flows AS (\n  SELECT least(srcaddr, dstaddr) AS first, greatest(srcaddr, dstaddr) AS second,\n    sum(if(srcaddr <= dstaddr, bytes, 0)) AS bytes_out, sum(if(srcaddr <= dstaddr, 0, bytes)) AS bytes_in, sum(bytes) AS bytes, max(event_time) AS at\n  {}\n  GROUP BY 1, 2\n)\nSELECT first, {} AS first_name, second, {} AS second_name, one.zone || ' and ' || other.zone AS zones, bytes_out, bytes_in, bytes\nFROM flows JOIN place AS one ON first = one.address JOIN place AS other ON second = other.address\nWHERE one.zone <> other.zone AND {} AND {}\nORDER BY bytes DESC, 1, 3",
            counted.from(windows).replace('\n', "\n  "),
            naming::interface("first", "at"),
            naming::interface("second", "at"),
            inside.holds("first", "at"),
            inside.holds("second", "at"),
        ),
        price: Item::ZoneGb,
        // It is paid where it leaves a zone and where it comes in.
        times: 2.0,
        is_of_services: false,
    }
}

/// What hosts send to the internet, whether through a NAT gateway or not; and to AWS services too where nothing tells these.
pub(super) fn to_internet(
    subject: &Subject<'_>,
    windows: &[Window],
    once: &str,
    inside: &Inside,
    tells_services: bool,
) -> Question {
    let counted = subject.and(&format!("({once}) AND coalesce(action, 'ACCEPT') <> 'REJECT'"));
    Question {
        name: "internet",
        title: if tells_services {
            "To the internet, by host"
        } else {
            "To the internet (AWS services not left out), by host"
        },
        by: &["source", "name"],
        sql: format!(
            "WITH flows AS (\n  SELECT coalesce(nullif(pkt_srcaddr, '-'), srcaddr) AS source, coalesce(nullif(pkt_dstaddr, '-'), dstaddr) AS destination,\n    nullif(pkt_dst_aws_service, '-') AS service, sum(bytes) AS bytes, max(event_time) AS at\n  {}\n  GROUP BY 1, 2, 3\n)\nSELECT source, {} AS name, sum(bytes) AS bytes_out, 0 AS bytes_in, sum(bytes) AS bytes\nFROM flows\nWHERE {} AND NOT {} AND NOT regexp_like(destination, '{SPECIAL}')\n  AND service IS NULL AND {} IS NULL\nGROUP BY source\nORDER BY bytes DESC, 1",
            counted.from(windows).replace('\n', "\n  "),
            naming::interface("source", LATEST),
            inside.holds("source", "at"),
            inside.holds("destination", "at"),
            naming::service("destination"),
        ),
        price: Item::InternetGb,
        times: 1.0,
        is_of_services: false,
    }
}

/// The bytes of IPv6 between addresses of which none is known to be inside: what counts in no table.
pub(super) fn left_out(
    subject: &Subject<'_>,
    windows: &[Window],
    once: &str,
    inside: &Inside,
) -> String {
    let counted = subject.and(&format!(
        "({once}) AND strpos(srcaddr, ':') > 0 AND coalesce(action, 'ACCEPT') <> 'REJECT'"
    ));
    let outside = |address: &str| {
        format!("NOT {} AND NOT regexp_like({address}, '{SPECIAL}')", inside.holds(address, "at"))
    };
    format!(
        "WITH flows AS (\n  SELECT coalesce(nullif(pkt_srcaddr, '-'), srcaddr) AS source, coalesce(nullif(pkt_dstaddr, '-'), dstaddr) AS destination,\n    sum(bytes) AS bytes, max(event_time) AS at\n  {}\n  GROUP BY 1, 2\n)\nSELECT coalesce(sum(bytes), 0) AS bytes\nFROM flows\nWHERE {}\n  AND {}",
        counted.from(windows).replace('\n', "\n  "),
        outside("source"),
        outside("destination"),
    )
}

/// The part of a statement that tells the availability zone of each address: that of the interface that has it. An address that two zones
/// have, in different VPCs, has none.
fn place(subject: &Subject<'_>, windows: &[Window], places: &Places) -> String {
    if let Places::Inventory(zones) = places {
        let rows: Vec<_> = (zones.iter())
            .map(|(address, zone)| format!("({}, {})", quoted(address), quoted(zone)))
            .collect();
        return format!(
            "place AS (\n  SELECT address, max(zone) AS zone\n  FROM (VALUES {}) AS known (address, zone)\n  GROUP BY address\n  HAVING min(zone) = max(zone)\n)",
            rows.join(", ")
        );
    }
    // Whatever the subject's condition: it may hide the records that tell.
    let all = subject.without_condition().and("srcaddr <> '-' AND az_id <> '-'");
    format!(
        "place AS (\n  SELECT address, max(zone) AS zone\n  FROM (\n    SELECT CASE flow_direction WHEN 'egress' THEN srcaddr WHEN 'ingress' THEN dstaddr END AS address, az_id AS zone\n    {}\n  )\n  WHERE address IS NOT NULL\n  GROUP BY address\n  HAVING min(zone) = max(zone)\n)",
        all.from(windows).replace('\n', "\n    ")
    )
}

//! What a rule matches, as conditions of SQL over the records of a log.

use std::collections::BTreeMap;

use floodmark_block::rule::Direction;
use floodmark_block::target::{Place, Targets, TextMatch};
use floodmark_engine::dialect::literal;
use floodmark_engine::{Error, ErrorKind, Result};
use ipnet::IpNet;

use crate::backtest::columns::Columns;
use crate::limits::NETWORKS_WRITTEN_OUT_MAX;

/// The condition that a record is one that the targets match, whichever of them.
///
/// # Errors
///
/// `InvalidQuery` if there are no targets; `NotSupported` if the log does not say what a rule looks at.
pub(crate) fn matched(
    columns: &Columns,
    targets: &Targets,
    directions: &[Direction],
) -> Result<String> {
    let mut any = Vec::new();
    if !targets.networks.is_empty() {
        for direction in directions {
            let address = match direction {
                Direction::Inbound => Some(&columns.source),
                Direction::Outbound => columns.destination.as_ref(),
            };
            let address = address.ok_or_else(|| {
                Error::new(
                    ErrorKind::NotSupported,
                    "the log has requests of clients, and no packets that leave",
                )
                .hint("test an outbound rule on VPC flow logs")
            })?;
            let networks = in_networks(address, &targets.networks);
            any.push(match (&columns.way, directions) {
                (Some(way), [_, _]) => format!("{} AND ({networks})", goes(way, *direction)),
                _ => networks,
            });
        }
    }
    if !targets.countries.is_empty() {
        let countries: Vec<_> =
            targets.countries.iter().map(|country| literal(country.as_str())).collect();
        any.push(format!("{} IN ({})", columns.country, countries.join(", ")));
    }
    let texts = [
        (&targets.paths, &columns.path, "paths"),
        (&targets.user_agents, &columns.user_agent, "user agents"),
    ];
    for (texts, column, what) in texts {
        if texts.is_empty() {
            continue;
        }
        let Some(column) = column else {
            let message =
                format!("the log has no {what}, so that this rule cannot be tested on it");
            return Err(Error::new(ErrorKind::NotSupported, message)
                .hint("test it on the logs of the load balancer, of CloudFront or of WAF"));
        };
        any.extend(in_texts(column, texts));
    }
    match any.as_slice() {
        [] => Err(Error::invalid_query("there is nothing to block")),
        [only] => Ok(only.clone()),
        several => {
            let several: Vec<_> = several.iter().map(|one| format!("({one})")).collect();
            Ok(several.join("\n    OR "))
        }
    }
}

/// The address on the other side of a record that the targets match: whom the rule cuts off.
pub(crate) fn other_side(columns: &Columns, targets: &Targets, directions: &[Direction]) -> String {
    let source = &columns.source;
    match (&columns.destination, directions) {
        (Some(destination), [Direction::Outbound]) => destination.clone(),
        (Some(destination), [_, _]) => {
            let networks = in_networks(source, &targets.networks);
            let goes = columns.way.as_deref().map(|way| goes(way, Direction::Inbound));
            let goes = goes.map_or_else(String::new, |goes| format!("{goes} AND "));
            format!("CASE WHEN {goes}({networks}) THEN {source} ELSE {destination} END")
        }
        _ => source.clone(),
    }
}

/// The condition that a record is of packets that a rule of these directions sees; None if it sees all.
pub(crate) fn seen(columns: &Columns, directions: &[Direction]) -> Option<String> {
    match (&columns.way, directions) {
        (Some(way), [only]) => Some(goes(way, *only)),
        _ => None,
    }
}

/// The condition that a record is of one of these subnets, or does not say its own; None if the log never does.
pub(crate) fn in_subnets(columns: &Columns, subnets: &[String]) -> Option<String> {
    let subnet = columns.subnet.as_ref().filter(|_| !subnets.is_empty())?;
    let subnets: Vec<_> = subnets.iter().map(|subnet| literal(subnet)).collect();
    Some(format!("coalesce(nullif({subnet}, '-') IN ({}), true)", subnets.join(", ")))
}

/// The condition that packets go in a direction. Where the log does not say it, the address alone decides.
fn goes(way: &str, direction: Direction) -> String {
    let way_name = match direction {
        Direction::Inbound => "ingress",
        Direction::Outbound => "egress",
    };
    format!("coalesce({way} = '{way_name}', true)")
}

/// The condition that an address is in one of several networks.
///
/// Each single address is a text in a list; few networks are written out, of many those of each length are one list, so that
/// ten thousand cost not much more than one.
fn in_networks(address: &str, networks: &[IpNet]) -> String {
    let mut single = Vec::new();
    let mut others: BTreeMap<(bool, u8), Vec<&IpNet>> = BTreeMap::new();
    for network in networks {
        match network {
            IpNet::V4(network) if network.prefix_len() == 32 => {
                single.push(literal(&network.addr().to_string()));
            }
            network => {
                let is_ipv6 = matches!(network, IpNet::V6(_));
                others.entry((is_ipv6, network.prefix_len())).or_default().push(network);
            }
        }
    }
    let mut any = Vec::new();
    match single.as_slice() {
        [] => {}
        [only] => any.push(format!("{address} = {only}")),
        several => any.push(format!("{address} IN ({})", several.join(", "))),
    }
    let written_out: usize = others.values().map(Vec::len).sum();
    for ((is_ipv6, length), networks) in others {
        if written_out <= NETWORKS_WRITTEN_OUT_MAX {
            any.extend(networks.iter().map(|network| {
                let network = literal(&network.to_string());
                format!("contains({network}, TRY_CAST({address} AS ipaddress))")
            }));
            continue;
        }
        // An IPv4 address has no prefix of more than 32 bits, which would be an error.
        let is_one = if is_ipv6 { "> 0" } else { "= 0" };
        let version = format!("IF(strpos({address}, ':') {is_one}, {address})");
        let networks: Vec<_> =
            networks.iter().map(|network| literal(&network.to_string())).collect();
        any.push(format!(
            "CAST(ip_prefix(TRY_CAST({version} AS ipaddress), {length}) AS varchar) IN ({})",
            networks.join(", ")
        ));
    }
    any.join(" OR ")
}

/// The conditions that a text matches.
fn in_texts(column: &str, texts: &[TextMatch]) -> Vec<String> {
    let (exact, others): (Vec<_>, Vec<_>) =
        texts.iter().partition(|text| text.place == Place::Exactly);
    let exact: Vec<_> = exact.iter().map(|text| literal(&text.text)).collect();
    let mut any = match exact.as_slice() {
        [] => Vec::new(),
        [only] => vec![format!("{column} = {only}")],
        several => vec![format!("{column} IN ({})", several.join(", "))],
    };
    any.extend(others.iter().map(|matched| {
        let text = literal(&matched.text);
        match matched.place {
            Place::StartsWith => format!("starts_with({column}, {text})"),
            Place::EndsWith => {
                format!("substr({column}, -{}) = {text}", matched.text.chars().count())
            }
            Place::Exactly | Place::Contains => format!("strpos({column}, {text}) > 0"),
        }
    }));
    any
}

#[cfg(test)]
mod tests {
    use floodmark_block::target::Target;
    use floodmark_formats::table;

    use super::*;
    use crate::backtest::columns::columns;

    fn check(log: &str, targets: &[&str], directions: &[Direction], expect: &str) {
        let targets: Targets =
            targets.iter().map(|target| Target::parse(target).unwrap()).collect();
        let table = table::find(log).unwrap();
        let columns = columns(table).unwrap();
        assert_eq!(matched(&columns, &targets, directions).unwrap(), expect);
    }

    #[test]
    fn targets_are_conditions() {
        let inbound = [Direction::Inbound];
        check("nlb", &["192.0.2.7"], &inbound, "client_ip = '192.0.2.7'");
        check(
            "nlb",
            &["192.0.2.7", "198.51.100.0/24", "192.0.2.9"],
            &inbound,
            "client_ip IN ('192.0.2.7', '192.0.2.9') OR contains('198.51.100.0/24', TRY_CAST(client_ip AS ipaddress))",
        );
        check("waf", &["TV"], &inbound, "httprequest.country IN ('TV')");
        check("alb", &["TV"], &inbound, "country(client_ip) IN ('TV')");
        check(
            "alb",
            &["/it's*", "user-agent:curl"],
            &inbound,
            "(starts_with(regexp_extract(request_url, '^[^:]+://[^/?#]*([^?#]*)', 1), '/it''s'))\n    OR (\"user_agent\" = 'curl')",
        );
        let destination = "coalesce(nullif(pkt_dstaddr, '-'), dstaddr)";
        let outbound = [Direction::Outbound];
        check("vpc_flow", &["192.0.2.7"], &outbound, &format!("{destination} = '192.0.2.7'"));
    }

    #[test]
    fn who_is_cut_off_is_on_the_other_side() {
        let targets: Targets = [Target::parse("192.0.2.7").unwrap()].into_iter().collect();
        let columns = columns(table::find("vpc_flow").unwrap()).unwrap();
        let (source, destination) = (
            "coalesce(nullif(pkt_srcaddr, '-'), srcaddr)",
            "coalesce(nullif(pkt_dstaddr, '-'), dstaddr)",
        );
        assert_eq!(other_side(&columns, &targets, &[Direction::Inbound]), source);
        assert_eq!(other_side(&columns, &targets, &[Direction::Outbound]), destination);
        let both = format!(
            "CASE WHEN coalesce(nullif(flow_direction, '-') = 'ingress', true) AND ({source} = '192.0.2.7') \
             THEN {source} ELSE {destination} END"
        );
        assert_eq!(other_side(&columns, &targets, &Direction::ALL), both);
    }

    #[test]
    fn many_networks_are_one_list_a_length() {
        let networks: Vec<String> = (0..40).map(|at| format!("198.51.{at}.0/24")).collect();
        let networks: Vec<&str> = networks.iter().map(String::as_str).collect();
        let table = table::find("nlb").unwrap();
        let columns = columns(table).unwrap();
        let targets: Targets =
            networks.iter().map(|target| Target::parse(target).unwrap()).collect();
        let condition = matched(&columns, &targets, &[Direction::Inbound]).unwrap();
        assert_eq!(condition.matches("ip_prefix").count(), 1, "{condition}");
    }

    #[test]
    fn a_log_without_what_a_rule_looks_at_says_so() {
        let table = table::find("nlb").unwrap();
        let targets: Targets = [Target::parse("/login").unwrap()].into_iter().collect();
        let columns = columns(table).unwrap();
        let error = matched(&columns, &targets, &[Direction::Inbound]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotSupported);
    }
}

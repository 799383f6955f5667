//! What counts and what does not: each byte at one price, IPv6 as IPv4, and the time of all records whatever condition they meet.

use std::collections::BTreeMap;

use crate::cost::network::{
    BUCKETS, DATABASE, ELSEWHERE, Host, NAT, Network, START, VERSION_2, VERSION_5, VERSION_11, WEB,
    WORKER, inside, outside,
};
use crate::cost::{ask_cost, charge, close, notes, reckoned, section, table};

const FIRST: Host = inside("eni-0a000000000000061", "2001:db8:1::6", "euw1-az1");
const SECOND: Host = inside("eni-0a000000000000062", "2001:db8:2::6", "euw1-az2");
const FAR: Host = outside("2001:db8:ffff::1", "-");

/// Two hosts with addresses of IPv6 that speak with each other and with one outside.
fn of_ipv6() -> Network {
    let mut network = Network::new();
    let (asked, answered) = (["40000", "443"], ["443", "40000"]);
    for host in [FIRST, SECOND] {
        for _ in 0..3 {
            network.record(host, "egress", [host, FAR, host, FAR], asked, 2_000_000);
            network.record(host, "ingress", [FAR, host, FAR, host], answered, 500_000);
        }
    }
    for _ in 0..3 {
        network.between(FIRST, SECOND);
        network.between(SECOND, FIRST);
    }
    network
}

#[test]
fn what_hosts_send_to_a_gateway_is_no_pair_of_hosts() {
    let mut network = Network::usual();
    // The gateway's other leg is missing in part, so that its records do not show that it forwards.
    network.records.retain(|record| {
        record["interface-id"] != NAT.interface
            || record["flow-direction"] != "egress"
            || record["pkt-srcaddr"] != record["srcaddr"]
    });
    let cost = reckoned(network.logged(VERSION_5).path(), &["--nat", NAT.interface]);
    let pair = network.across[&(WEB.address, DATABASE.address)]
        + network.across[&(DATABASE.address, WEB.address)];
    let pairs = table(&cost, "cross_zone");
    assert_eq!(pairs.keys().collect::<Vec<_>>(), [WEB.address]);
    let across = charge(&cost, "Transfer between availability zones");
    assert!(close(&across["quantity"], pair as f64), "{across}");
    let far = network.by_inside()[WORKER.address];
    let to_gateway = charge(&cost, "Transfer to NAT gateways of another zone");
    assert!(close(&to_gateway["quantity"], (far.out + far.back) as f64), "{to_gateway}");
}

#[test]
fn hosts_with_addresses_of_ipv6_are_paid_for_as_others() {
    let network = of_ipv6();
    for fields in [VERSION_2, VERSION_5, VERSION_11] {
        let cost = reckoned(network.logged(fields).path(), &[]);
        let sent: BTreeMap<_, _> =
            table(&cost, "internet").into_iter().map(|(host, sums)| (host, sums.out)).collect();
        let expected = [FIRST, SECOND].map(|host| (host.address.to_owned(), 6_000_000));
        assert_eq!(sent, BTreeMap::from(expected), "{fields}");
        assert!(!notes(&cost).contains("IPv6"), "{}", notes(&cost));
        if fields != VERSION_2 {
            let pair: u64 = network.across.values().sum();
            let across = charge(&cost, "Transfer between availability zones");
            assert!(close(&across["quantity"], pair as f64), "{across}");
        }
    }
}

#[test]
fn bytes_of_ipv6_of_which_nothing_is_known_are_said_to_be_left_out() {
    let mut network = of_ipv6();
    network.through(WEB, ELSEWHERE);
    let without: Vec<_> = VERSION_2.split(' ').filter(|field| *field != "interface-id").collect();
    let folder = network.logged(&without.join(" "));
    let cost = reckoned(folder.path(), &["--log", "vpc_flow"]);
    let hosts = table(&cost, "internet");
    assert!(!hosts.keys().any(|host| host.contains(':')), "{hosts:?}");
    assert!(notes(&cost).contains("between IPv6 addresses are left out"), "{}", notes(&cost));
}

#[test]
fn what_goes_to_services_is_said_to_stand_among_the_internet_if_nothing_tells_them() {
    let mut network = Network::new();
    for to in [BUCKETS, ELSEWHERE] {
        network.record(WEB, "egress", [WEB, to, WEB, to], ["40000", "443"], 5_000_000);
    }
    let cost = reckoned(network.logged(VERSION_2).path(), &[]);
    assert_eq!(cost["gateways"].as_array().map(Vec::len), Some(0));
    let title = "Transfer to the internet (AWS services not left out)";
    assert!(close(&charge(&cost, title)["quantity"], 1e7), "{:#}", cost["bill"]);
    assert!(cost["sentence"].as_str().is_some_and(|text| text.contains(title)));
    assert!(section(&cost, "internet").is_some_and(|section| {
        section["title"].as_str().is_some_and(|title| title.contains("not left out"))
    }));
    assert!(notes(&cost).contains("data update aws-ranges"), "{}", notes(&cost));
    let cost = reckoned(network.logged(VERSION_5).path(), &[]);
    assert!(close(&charge(&cost, "Transfer to the internet")["quantity"], 5e6));
    assert!(!notes(&cost).contains("data update aws-ranges"), "{}", notes(&cost));
}

#[test]
fn a_condition_narrows_the_bytes_and_not_the_time() {
    let network = Network::usual();
    let folder = network.logged(VERSION_11);
    let condition = format!("pkt_srcaddr = '{}' AND bytes > 8000000", WEB.address);
    let cost = reckoned(folder.path(), &["--where", &condition]);
    assert!(close(&cost["hours"], 2.0), "{}", cost["hours"]);
    let out: u64 = (network.records.iter())
        .filter(|record| record["interface-id"] == NAT.interface)
        .filter(|record| record["pkt-srcaddr"] == WEB.address)
        .map(|record| record["bytes"].parse::<u64>().expect("a number"))
        .filter(|bytes| *bytes > 8_000_000)
        .sum();
    let processed = charge(&cost, "Data processed by NAT gateways");
    assert!(close(&processed["usd"], out as f64 / 1e9 * 0.048), "{processed}");
    assert!(close(&processed["usd_a_month"], out as f64 / 1e9 * 0.048 * 360.0), "{processed}");
    // Nothing meets this one.
    let condition = "srcaddr = '192.0.2.1'";
    let answer = ask_cost(folder.path(), &["--where", condition, "--format", "table"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("no row that meets the condition"), "{}", answer.err);
    assert!(answer.out.contains("nothing to reckon"), "{}", answer.out);
    let cost = reckoned(folder.path(), &["--where", condition]);
    assert_eq!(cost["bill"].as_array().map(Vec::len), Some(0), "{:#}", cost["bill"]);
}

#[test]
fn the_span_is_that_of_the_records_unless_few_are_astray() {
    let mut network = Network::usual();
    // The names of the objects are of another day than all their records.
    let folder = network.logged(VERSION_11);
    for entry in std::fs::read_dir(folder.path()).expect("the folder") {
        let path = entry.expect("an object").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        let renamed = name.replace("_20241005T", "_20241009T");
        assert_ne!(name, renamed);
        std::fs::rename(&path, folder.path().join(renamed)).expect("it is renamed");
    }
    let cost = reckoned(folder.path(), &[]);
    assert!(close(&cost["hours"], 2.0), "{}", cost["hours"]);
    assert_eq!(table(&cost, "nat_sources"), network.by_inside());
    // One record is of 2001.
    network.hole(START + 600, "NODATA");
    let last = network.records.last_mut().expect("it was just made");
    last.insert("start", "1000000000".to_owned());
    let cost = reckoned(network.logged(VERSION_11).path(), &[]);
    assert!(cost["hours"].as_f64().is_some_and(|hours| (2.0..2.5).contains(&hours)), "{cost:#}");
}

#[test]
fn the_statements_are_shown_beside_the_answer_and_the_help_says_so() {
    let network = Network::usual();
    let answer = ask_cost(network.logged(VERSION_11).path(), &["--sql", "--format", "table"]);
    assert!(answer.out.contains("costs most") && answer.out.contains("WITH records AS"));
    let help = crate::program::run(&["cost", "--help"]);
    assert!(!help.out.contains("do not run it"), "{}", help.out);
}

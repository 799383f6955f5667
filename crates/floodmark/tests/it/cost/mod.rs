//! What traffic costs: packets are sent through a small network, and the sums must be those of the packets.

mod counted;
mod known;
mod network;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::cost::network::{
    DATABASE, ELSEWHERE, Host, NAT, Network, START, Sums, VERSION_2, VERSION_3, VERSION_5,
    VERSION_11, WEB, WORKER, inside, outside,
};
use crate::program::{Answer, run, samples};

fn ask_cost(folder: &Path, options: &[&str]) -> Answer {
    let mut arguments = vec!["cost", folder.to_str().expect("a path in UTF-8")];
    arguments.extend(options);
    run(&arguments)
}

/// The answer as JSON.
fn reckoned(folder: &Path, options: &[&str]) -> Value {
    let options: Vec<_> = options.iter().copied().chain(["--format", "json"]).collect();
    let answer = ask_cost(folder, &options);
    assert_eq!(answer.code, 0, "{}", answer.err);
    serde_json::from_str(&answer.out).expect("JSON")
}

fn section<'a>(cost: &'a Value, name: &str) -> Option<&'a Value> {
    cost["sections"].as_array().expect("tables").iter().find(|section| section["name"] == name)
}

/// The rows of a table by their first value.
fn table(cost: &Value, name: &str) -> BTreeMap<String, Sums> {
    let section = section(cost, name).unwrap_or_else(|| panic!("no table {name} in {cost:#}"));
    let rows = section["rows"].as_array().expect("rows").iter().map(|row| {
        let sums = Sums { out: whole(&row["bytes_out"]), back: whole(&row["bytes_in"]) };
        assert_eq!(whole(&row["bytes"]), sums.out + sums.back);
        (row["values"][0].as_str().unwrap_or("-").to_owned(), sums)
    });
    rows.collect()
}

fn whole(number: &Value) -> u64 {
    let number = number.as_f64().expect("a number");
    assert!(number.fract() == 0.0 && number >= 0.0);
    number as u64
}

fn charge<'a>(cost: &'a Value, title: &str) -> &'a Value {
    let bill = cost["bill"].as_array().expect("a bill");
    bill.iter().find(|charge| charge["title"] == title).unwrap_or(&Value::Null)
}

fn close(number: &Value, expected: f64) -> bool {
    number.as_f64().is_some_and(|number| (number - expected).abs() < 1e-9 * expected.abs().max(1.0))
}

fn notes(cost: &Value) -> String {
    let notes = cost["notes"].as_array().expect("notes").iter().filter_map(Value::as_str);
    notes.collect::<Vec<_>>().join("\n")
}

#[test]
fn each_packet_through_a_gateway_counts_once_in_each_table() {
    let network = Network::usual();
    for (fields, told_by) in [(VERSION_5, "behaviour"), (VERSION_11, "log")] {
        let folder = network.logged(fields);
        let cost = reckoned(folder.path(), &[]);
        assert_eq!(cost["gateways"][0]["id"], NAT.interface);
        assert_eq!(cost["gateways"][0]["told_by"], told_by);
        assert_eq!(cost["gateways"].as_array().map(Vec::len), Some(1));
        assert_eq!(table(&cost, "nat_sources"), network.by_inside(), "{fields}");
        assert_eq!(table(&cost, "nat_destinations"), network.by_network(), "{fields}");
        assert_eq!(table(&cost, "nat_services"), network.by_service(), "{fields}");
        let gateways = table(&cost, "nat_gateways");
        assert_eq!(gateways.keys().collect::<Vec<_>>(), [NAT.interface]);
        assert_eq!(
            whole(&section(&cost, "nat_gateways").expect("a table")["bytes"]),
            network.all()
        );
    }
}

#[test]
fn without_packet_addresses_each_leg_tells_its_end() {
    let network = Network::usual();
    let cost = reckoned(network.logged(VERSION_2).path(), &[]);
    assert_eq!(cost["gateways"][0]["told_by"], "behaviour");
    assert_eq!(table(&cost, "nat_sources"), network.by_inside());
    assert_eq!(table(&cost, "nat_destinations"), network.by_network());
    assert!(section(&cost, "cross_zone").is_none());
    let notes = notes(&cost);
    for missing in ["`pkt-srcaddr`", "`az-id`", "`pkt-dst-aws-service`"] {
        assert!(notes.contains(missing), "{missing}: {notes}");
    }
    // Packet addresses without anything else.
    let cost = reckoned(network.logged(VERSION_3).path(), &[]);
    assert_eq!(table(&cost, "nat_sources"), network.by_inside());
    assert_eq!(table(&cost, "nat_destinations"), network.by_network());
}

#[test]
fn the_bill_is_the_bytes_at_the_prices_of_the_region() {
    let network = Network::usual();
    let folder = network.logged(VERSION_11);
    let cost = reckoned(folder.path(), &[]);
    assert!(close(&cost["hours"], 2.0), "{}", cost["hours"]);
    assert_eq!(cost["prices"]["region"], "eu-west-1");
    let gigabytes = network.all() as f64 / 1e9;
    let processed = charge(&cost, "Data processed by NAT gateways");
    assert!(close(&processed["usd"], gigabytes * 0.048));
    assert!(close(&processed["usd_a_month"], gigabytes * 0.048 * 360.0));
    assert!(close(&charge(&cost, "The time of NAT gateways")["usd"], 2.0 * 0.048));
    // What a host of another zone sends through the gateway, and what comes back, crosses once.
    let far = network.by_inside()[WORKER.address];
    let far = (far.out + far.back) as f64 / 1e9;
    assert!(close(&charge(&cost, "Transfer to NAT gateways of another zone")["usd"], far * 0.01));
    // Web server and database are in two zones, worker and database are not.
    let pair = network.across[&(WEB.address, DATABASE.address)]
        + network.across[&(DATABASE.address, WEB.address)];
    let across = charge(&cost, "Transfer between availability zones");
    assert!(close(&across["quantity"], pair as f64), "{across}");
    assert!(close(&across["usd"], pair as f64 / 1e9 * 0.02));
    let pairs = table(&cost, "cross_zone");
    let sums = pairs[WEB.address];
    assert_eq!(sums.out, network.across[&(WEB.address, DATABASE.address)]);
    assert_eq!(sums.back, network.across[&(DATABASE.address, WEB.address)]);
    // Only what leaves AWS is paid as transfer to the internet, and only the way out.
    let out = network.through[&(WORKER.address, ELSEWHERE.address)].out as f64;
    assert!(close(&charge(&cost, "Transfer to the internet")["quantity"], out));
    assert!(
        cost["sentence"].as_str().is_some_and(|text| text.contains("S3")),
        "{}",
        cost["sentence"]
    );
}

#[test]
fn endpoints_are_advised_where_they_cost_less() {
    let network = Network::usual();
    let folder = network.logged(VERSION_11);
    let cost = reckoned(folder.path(), &[]);
    let by_service = network.by_service();
    let buckets = (by_service["S3"].out + by_service["S3"].back) as f64 / 1e9;
    let savings = cost["savings"].as_array().expect("savings");
    let s3 = savings
        .iter()
        .find(|saving| saving["advice"].as_str().is_some_and(|text| text.contains("S3")));
    let s3 = s3.expect("a gateway endpoint is free");
    assert!(close(&s3["usd"], buckets * 0.048));
    assert!(close(&s3["usd_a_month"], buckets * 0.048 * 360.0));
    // An interface endpoint costs its hours in two zones, more than the gateway asks for so few bytes.
    let amazon = (by_service["AMAZON"].out + by_service["AMAZON"].back) as f64 / 1e9;
    assert!(amazon * 0.038 < 2.0 * 2.0 * 0.011);
    assert!(!savings.iter().any(|saving| {
        saving["advice"].as_str().is_some_and(|text| text.contains("interface endpoint"))
    }));
    let cheap = reckoned(folder.path(), &["--price", "endpoint-hour=0.0001"]);
    let savings = cheap["savings"].as_array().expect("savings");
    let endpoint = savings.iter().find(|saving| {
        saving["advice"].as_str().is_some_and(|text| text.contains("interface endpoint"))
    });
    let expected = amazon * (0.048 - 0.01) - 2.0 * 2.0 * 0.0001;
    assert!(close(&endpoint.expect("it is cheaper now")["usd"], expected));
}

#[test]
fn prices_can_be_set_and_are_shown_with_their_date() {
    let network = Network::usual();
    let folder = network.logged(VERSION_11);
    let file = folder.path().join("prices.toml");
    std::fs::write(&file, "# agreed\ndate = \"2027-03-01\"\nnat-gb = 0.02\nnat-hour = 1\n")
        .expect("a file");
    let file = file.to_str().expect("a path in UTF-8");
    let path = folder.path().join("*.log");
    let cost = reckoned(&path, &["--prices", file, "--price", "nat-hour=2"]);
    let gigabytes = network.all() as f64 / 1e9;
    assert!(close(&charge(&cost, "Data processed by NAT gateways")["usd"], gigabytes * 0.02));
    assert!(close(&charge(&cost, "The time of NAT gateways")["usd"], 4.0));
    assert!(notes(&cost).contains("2027-03-01"), "{}", notes(&cost));
    let other = reckoned(&path, &["--price-region", "eu-central-1"]);
    assert!(close(&charge(&other, "Data processed by NAT gateways")["usd"], gigabytes * 0.052));
    let unknown = reckoned(&path, &["--price-region", "mars-north-1"]);
    assert!(notes(&unknown).contains("no prices of `mars-north-1`"), "{}", notes(&unknown));
    for wrong in ["nat-gb", "nat-gb=x", "nat-gb=-1", "x=1"] {
        let answer = ask_cost(&path, &["--price", wrong]);
        assert_eq!(answer.code, 2, "{wrong}: {}", answer.err);
        assert!(answer.err.contains("nat-gb"), "{}", answer.err);
    }
    let missing = ask_cost(&path, &["--prices", "nowhere.toml"]);
    assert_ne!(missing.code, 0);
    assert!(missing.err.contains("nowhere.toml"), "{}", missing.err);
}

#[test]
fn a_gateway_can_be_named() {
    let network = Network::usual();
    let folder = network.logged(VERSION_2);
    for name in [NAT.address, NAT.interface] {
        let cost = reckoned(folder.path(), &["--nat", name]);
        assert_eq!(cost["gateways"][0]["id"], NAT.interface, "{name}");
        assert_eq!(cost["gateways"][0]["told_by"], "user");
        assert_eq!(table(&cost, "nat_sources"), network.by_inside());
    }
    let cost = reckoned(folder.path(), &["--nat", "eni-0ffffffffffffffff"]);
    assert!(
        notes(&cost).contains("no traffic through `eni-0ffffffffffffffff`"),
        "{}",
        notes(&cost)
    );
    let cost = reckoned(folder.path(), &["--nat", "x' OR '1'='1"]);
    assert!(section(&cost, "nat_gateways").is_none());
}

#[test]
fn an_address_counts_where_the_interface_is_not_told() {
    let network = Network::usual();
    let without: Vec<_> = VERSION_2.split(' ').filter(|field| *field != "interface-id").collect();
    let folder = network.logged(&without.join(" "));
    let cost = reckoned(folder.path(), &["--nat", NAT.address, "--log", "vpc_flow"]);
    assert_eq!(table(&cost, "nat_sources"), network.by_inside());
    assert_eq!(table(&cost, "nat_destinations"), network.by_network());
}

#[test]
fn a_load_balancer_is_no_nat_gateway() {
    const BALANCER: Host = inside("eni-0a000000000000300", "10.0.0.30", "euw1-az1");
    let mut network = Network::new();
    for number in 0..30 {
        let bytes = 10_000 + 10 * number;
        let client =
            outside(["198.51.100.50", "198.51.100.51", "198.51.100.52"][number as usize % 3], "-");
        network.record(
            BALANCER,
            "ingress",
            [client, BALANCER, client, BALANCER],
            ["51000", "443"],
            bytes,
        );
        network.record(
            BALANCER,
            "egress",
            [BALANCER, WEB, BALANCER, WEB],
            ["51000", "8080"],
            bytes,
        );
        network.record(
            BALANCER,
            "ingress",
            [WEB, BALANCER, WEB, BALANCER],
            ["8080", "51000"],
            bytes,
        );
        network.record(
            BALANCER,
            "egress",
            [BALANCER, client, BALANCER, client],
            ["443", "51000"],
            bytes,
        );
    }
    let cost = reckoned(network.logged(VERSION_2).path(), &[]);
    assert_eq!(cost["gateways"].as_array().map(Vec::len), Some(0), "{:#}", cost["gateways"]);
    assert!(cost["sentence"].as_str().is_some_and(|text| text.contains("No NAT gateway is known")));
    assert!(notes(&cost).contains("--nat"), "{}", notes(&cost));
}

#[test]
fn rejected_flows_and_records_without_flows_cost_nothing() {
    let mut network = Network::usual();
    let expected = network.by_inside();
    for _ in 0..5 {
        network.record(NAT, "ingress", [ELSEWHERE, NAT, ELSEWHERE, NAT], ["443", "22"], 777);
        network.record(NAT, "ingress", [WEB, NAT, WEB, ELSEWHERE], ["40000", "25"], 888);
        let last = network.records.len();
        for record in &mut network.records[last - 2..] {
            record.insert("action", "REJECT".to_owned());
        }
        network.hole(START + 600, "NODATA");
        network.hole(START + 900, "SKIPDATA");
    }
    for fields in [VERSION_2, VERSION_11] {
        let cost = reckoned(network.logged(fields).path(), &["--nat", NAT.interface]);
        assert_eq!(table(&cost, "nat_sources"), expected, "{fields}");
    }
}

#[test]
fn ipv6_hosts_behind_a_gateway_are_told() {
    const SIX: Host = inside("eni-0a000000000000006", "2001:db8::6", "euw1-az1");
    let translated = outside("64:ff9b::5b0a:707", "-");
    let mut network = Network::new();
    for _ in 0..3 {
        let (asked, answered) = (["40000", "443"], ["443", "40000"]);
        network.record(NAT, "ingress", [SIX, translated, SIX, translated], asked, 1000);
        network.record(NAT, "egress", [NAT, ELSEWHERE, NAT, ELSEWHERE], ["51000", "443"], 1000);
        network.record(NAT, "ingress", [ELSEWHERE, NAT, ELSEWHERE, NAT], ["443", "51000"], 500);
        network.record(NAT, "egress", [translated, SIX, translated, SIX], answered, 500);
    }
    for fields in [VERSION_2, VERSION_11] {
        let folder = network.logged(fields);
        let cost = reckoned(folder.path(), &["--nat", NAT.address]);
        let expected = BTreeMap::from([(SIX.address.to_owned(), Sums { out: 3000, back: 1500 })]);
        assert_eq!(table(&cost, "nat_sources"), expected, "{fields}");
        let bytes: u64 =
            table(&cost, "nat_destinations").values().map(|sums| sums.out + sums.back).sum();
        assert_eq!(bytes, 4500, "{fields}");
    }
}

#[test]
fn a_window_narrows_the_answer_and_one_without_records_says_so() {
    let network = Network::usual();
    let folder = network.logged(VERSION_11);
    let cost = reckoned(folder.path(), &["--during", "2024-10-05T01:30/02:00"]);
    assert!(cost["hours"].as_f64().is_some_and(|hours| hours > 0.48 && hours <= 0.5));
    let bytes: u64 = (network.records.iter())
        .filter(|record| {
            record["interface-id"] == NAT.interface && record["pkt-dstaddr"] != record["dstaddr"]
        })
        .filter(|record| {
            (START + 1800..START + 3600).contains(&record["start"].parse().expect("a time"))
        })
        .map(|record| record["bytes"].parse::<u64>().expect("a number"))
        .sum();
    let out: u64 = table(&cost, "nat_sources").values().map(|sums| sums.out).sum();
    assert_eq!(out, bytes);
    let answer = ask_cost(folder.path(), &["--during", "2025-01-01"]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert!(answer.err.contains("2024-10-05"), "{}", answer.err);
    // Only records without traffic: there is nothing to reckon, and nothing fails.
    let cost = reckoned(Network::new().logged(VERSION_11).path(), &[]);
    assert_eq!(cost["bill"].as_array().map(Vec::len), Some(0));
}

#[test]
fn other_logs_are_refused() {
    let answer = ask_cost(&samples("alb"), &[]);
    assert_eq!(answer.code, 7, "{}", answer.err);
    assert!(answer.err.contains("VPC flow logs"), "{}", answer.err);
}

#[test]
fn every_format_has_all_tables_and_values_are_shown_safely() {
    let mut network = Network::usual();
    let hostile = outside("\u{1b}]0;x\u{7}", "\u{1b}[31mS3");
    for _ in 0..3 {
        network.record(
            NAT,
            "ingress",
            [hostile, NAT, hostile, ELSEWHERE],
            ["40000", "443"],
            90_000_000,
        );
        network.record(NAT, "ingress", [WEB, NAT, WEB, hostile], ["40000", "443"], 90_000_000);
    }
    let folder = network.logged(VERSION_11);
    let text = ask_cost(folder.path(), &["--format", "table", "--sql", "--limit", "2"]);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(!text.out.contains('\u{1b}') && !text.out.contains('\u{7}'), "{:?}", text.out);
    for shown in
        ["Through NAT gateways, by host inside", "others)", "WITH records AS", "note: Prices"]
    {
        assert!(text.out.contains(shown), "{shown}: {}", text.out);
    }
    for format in ["csv", "markdown", "ndjson", "records"] {
        let answer = ask_cost(folder.path(), &["--format", format]);
        assert_eq!(answer.code, 0, "{format}: {}", answer.err);
        assert!(answer.out.replace('\\', "").contains("nat_sources"), "{format}: {}", answer.out);
    }
}

/// Each statement of the answer is one that the user can run.
#[test]
fn the_statements_can_be_run() {
    let network = Network::usual();
    let folder = network.logged(VERSION_11);
    let cost = reckoned(folder.path(), &[]);
    for section in cost["sections"].as_array().expect("tables") {
        let sql = section["sql"].as_str().expect("a statement");
        let (rows, _) = crate::program::ask(sql, folder.path());
        assert_eq!(rows.len(), section["rows"].as_array().map_or(0, Vec::len), "{sql}");
    }
}

#[test]
fn from_a_single_moment_no_month_is_projected() {
    let mut network = Network::usual();
    network.records.retain(|record| record["log-status"] == "OK");
    for record in &mut network.records {
        for field in ["start", "end"] {
            record.insert(field, START.to_string());
        }
    }
    let cost = reckoned(network.logged(VERSION_11).path(), &[]);
    assert!(close(&cost["hours"], 0.0), "{}", cost["hours"]);
    assert_eq!(table(&cost, "nat_sources"), network.by_inside());
    for charge in cost["bill"].as_array().expect("a bill") {
        assert!(charge["usd_a_month"].is_null(), "{charge}");
    }
    assert!(notes(&cost).contains("too short"), "{}", notes(&cost));
}

//! What traffic costs: packets are sent through a small network, logged as AWS does at each interface, and the sums must be those of the
//! packets.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use floodmark_formats::synthetic::Random;
use floodmark_formats::time::{MINUTE, iso};
use serde_json::Value;

use crate::logs::write;
use crate::program::{Answer, run, samples};

const VERSION_2: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";
const VERSION_3: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr";
const VERSION_5: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr az-id pkt-src-aws-service pkt-dst-aws-service flow-direction";
const VERSION_11: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr az-id pkt-src-aws-service pkt-dst-aws-service flow-direction interface-type";

/// 2024-10-05T01:00:00Z, and how many seconds the logs go on.
const START: i64 = 1_728_090_000;
const SECONDS: i64 = 2 * 3600;

/// A host with its interface, or one outside.
#[derive(Clone, Copy)]
struct Host {
    interface: &'static str,
    address: &'static str,
    zone: &'static str,
    service: &'static str,
    purpose: &'static str,
}

const fn inside(interface: &'static str, address: &'static str, zone: &'static str) -> Host {
    Host { interface, address, zone, service: "-", purpose: "-" }
}

const fn outside(address: &'static str, service: &'static str) -> Host {
    Host { interface: "", address, zone: "", service, purpose: "-" }
}

const WEB: Host = inside("eni-0a000000000000001", "10.0.1.5", "euw1-az1");
const WORKER: Host = inside("eni-0a000000000000002", "10.0.2.6", "euw1-az2");
const DATABASE: Host = inside("eni-0a000000000000003", "10.0.2.9", "euw1-az2");
const NAT: Host = Host {
    interface: "eni-0a000000000000220",
    address: "10.0.0.220",
    zone: "euw1-az1",
    service: "-",
    purpose: "nat_gateway",
};
const BUCKETS: Host = outside("203.0.113.10", "S3");
const MORE_BUCKETS: Host = outside("203.0.113.11", "S3");
const API: Host = outside("192.0.2.33", "AMAZON");
const ELSEWHERE: Host = outside("198.51.100.7", "-");

/// Bytes both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    out: u64,
    back: u64,
}

/// What was sent, and what was logged of it.
struct Network {
    random: Random,
    records: Vec<BTreeMap<&'static str, String>>,
    through: BTreeMap<(&'static str, &'static str), Sums>,
    across: BTreeMap<(&'static str, &'static str), u64>,
}

impl Network {
    fn new() -> Self {
        let mut network = Self {
            random: Random::new(9),
            records: Vec::new(),
            through: BTreeMap::new(),
            across: BTreeMap::new(),
        };
        // The time of the logs is that of all records, whether there was traffic or not.
        network.hole(START, "NODATA");
        network.hole(START + SECONDS - 60, "NODATA");
        network
    }

    /// The usual traffic: two hosts, of which one is in another zone than the gateway, go out; both speak with a database.
    fn usual() -> Self {
        let mut network = Self::new();
        for _ in 0..40 {
            for (host, to) in [
                (WEB, BUCKETS),
                (WORKER, BUCKETS),
                (WORKER, MORE_BUCKETS),
                (WEB, API),
                (WORKER, ELSEWHERE),
            ] {
                network.through(host, to);
            }
            network.between(WEB, DATABASE);
            network.between(DATABASE, WEB);
            network.between(WORKER, DATABASE);
        }
        network
    }

    fn bytes(&mut self) -> u64 {
        40_000 + self.random.below(9_000_000)
    }

    fn record(&mut self, at: Host, direction: &str, ends: [Host; 4], ports: [&str; 2], bytes: u64) {
        let [source, destination, packet_source, packet_destination] = ends;
        let start = START + i64::try_from(self.random.below(7000)).expect("small");
        let mut record = BTreeMap::new();
        for (field, value) in [
            ("version", "11"),
            ("account-id", "111122223333"),
            ("interface-id", at.interface),
            ("srcaddr", source.address),
            ("dstaddr", destination.address),
            ("srcport", ports[0]),
            ("dstport", ports[1]),
            ("protocol", "6"),
            ("action", "ACCEPT"),
            ("log-status", "OK"),
            ("instance-id", if at.purpose == "-" { "i-0a1b2c3d4e5f60718" } else { "-" }),
            ("pkt-srcaddr", packet_source.address),
            ("pkt-dstaddr", packet_destination.address),
            ("az-id", at.zone),
            ("pkt-src-aws-service", packet_source.service),
            ("pkt-dst-aws-service", packet_destination.service),
            ("flow-direction", direction),
            ("interface-type", at.purpose),
        ] {
            record.insert(field, value.to_owned());
        }
        record.insert("bytes", bytes.to_string());
        record.insert("packets", (1 + bytes / 1200).to_string());
        record.insert("start", start.to_string());
        record.insert("end", (start + 60).to_string());
        self.records.push(record);
    }

    /// A flow through the gateway and back: three records each way.
    fn through(&mut self, host: Host, to: Host) {
        let (out, back) = (self.bytes(), self.bytes());
        let sums = self.through.entry((host.address, to.address)).or_default();
        (sums.out, sums.back) = (sums.out + out, sums.back + back);
        let (asked, answered) = (["40000", "443"], ["443", "40000"]);
        self.record(host, "egress", [host, to, host, to], asked, out);
        self.record(NAT, "ingress", [host, NAT, host, to], asked, out);
        self.record(NAT, "egress", [NAT, to, NAT, to], ["51000", "443"], out);
        self.record(NAT, "ingress", [to, NAT, to, NAT], ["443", "51000"], back);
        self.record(NAT, "egress", [NAT, host, to, host], answered, back);
        self.record(host, "ingress", [to, host, to, host], answered, back);
    }

    /// A flow between two hosts, logged at both.
    fn between(&mut self, from: Host, to: Host) {
        let bytes = self.bytes();
        *self.across.entry((from.address, to.address)).or_default() += bytes;
        let ports = ["40001", "5432"];
        self.record(from, "egress", [from, to, from, to], ports, bytes);
        self.record(to, "ingress", [from, to, from, to], ports, bytes);
    }

    /// A record that stands for no flow.
    fn hole(&mut self, start: i64, status: &str) {
        self.record(WEB, "-", [outside("-", "-"); 4], ["-", "-"], 0);
        let record = self.records.last_mut().expect("it was just made");
        for field in ["protocol", "packets", "bytes", "action"] {
            record.insert(field, "-".to_owned());
        }
        record.insert("log-status", status.to_owned());
        record.insert("start", start.to_string());
        record.insert("end", (start + 60).to_string());
    }

    /// The logs with these fields: an object for each five minutes, as AWS names them.
    fn logged(&self, fields: &str) -> tempfile::TempDir {
        let mut objects: BTreeMap<i64, String> = BTreeMap::new();
        for record in &self.records {
            let end: i64 = record["end"].parse().expect("a time");
            let text = objects.entry(end.div_euclid(300)).or_insert_with(|| format!("{fields}\n"));
            let values: Vec<_> = fields.split(' ').map(|field| record[field].as_str()).collect();
            let _ = writeln!(text, "{}", values.join(" "));
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (slot, text) in objects {
            let time = iso(slot * 5 * MINUTE).replace(['-', ':'], "");
            let time = time.trim_end_matches("00Z");
            let name =
                format!("111122223333_vpcflowlogs_eu-west-1_fl-0a1b2c3d_{time}Z_1a2b3c4d.log");
            write(&folder.path().join(name), text.as_bytes());
        }
        folder
    }

    /// Sums of what went through the gateway, by what `key` makes of host and outside.
    fn sums(&self, key: impl Fn(&'static str, &'static str) -> String) -> BTreeMap<String, Sums> {
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        for ((host, to), bytes) in &self.through {
            let sum = sums.entry(key(host, to)).or_default();
            (sum.out, sum.back) = (sum.out + bytes.out, sum.back + bytes.back);
        }
        sums
    }

    fn by_inside(&self) -> BTreeMap<String, Sums> {
        self.sums(|host, _| host.to_owned())
    }

    /// By the network of 256 addresses, as long as nothing better is known.
    fn by_network(&self) -> BTreeMap<String, Sums> {
        self.sums(|_, to| format!("{}.0/24", to.rsplit_once('.').expect("an address").0))
    }

    fn by_service(&self) -> BTreeMap<String, Sums> {
        self.sums(|_, to| {
            let all = [BUCKETS, MORE_BUCKETS, API];
            let host = all.iter().find(|host| host.address == to);
            host.map_or_else(|| "-".to_owned(), |host| host.service.to_owned())
        })
    }

    fn all(&self) -> u64 {
        self.through.values().map(|sums| sums.out + sums.back).sum()
    }
}

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
    let translated = outside("64:ff9b::c633:6407", "-");
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

/// The investigation of a surprising bill, as it is done step by step: the largest destination, who it is, who sends to it, which networks
/// those are.
#[test]
fn from_the_largest_destination_to_the_networks_behind_the_gateway() {
    let network = Network::usual();
    let folder = network.logged(VERSION_2);
    let logs = folder.path().to_str().expect("a path in UTF-8");
    let top = |by: &str, more: &[&str]| {
        let arguments =
            ["top", logs, "--each-record", "--by", by, "--measure", "bytes", "--format", "csv"];
        let answer =
            run(&arguments.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>());
        assert_eq!(answer.code, 0, "{}", answer.err);
        let lines = answer
            .out
            .lines()
            .skip(1)
            .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        lines.collect::<Vec<_>>()
    };
    let destinations = top("dstaddr", &[]);
    assert_eq!(destinations[0][1], NAT.address, "the largest destination is the gateway");
    let condition = format!("dstaddr = '{}'", NAT.address);
    let sources = top("srcaddr", &["--where", &condition]);
    let by_outside = network.sums(|_, to| to.to_owned());
    for (outside, sums) in &by_outside {
        let row = sources.iter().find(|row| row[1] == *outside).expect("it sends to the gateway");
        assert_eq!(row[2], sums.back.to_string());
    }
    let cost = reckoned(folder.path(), &[]);
    assert_eq!(table(&cost, "nat_destinations"), network.by_network());
}

//! Bytes of flow logs are counted once: packets are sent through a small network, logged as AWS does at each interface, and
//! the sums under the condition must be those of the packets.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use floodmark_engine::{Engine, EngineOptions};
use floodmark_formats::synthetic::{Random, Record, header};
use floodmark_formats::{LogType, log_types};
use floodmark_investigate::counting::rule;
use floodmark_investigate::{Counting, Subject, SubjectOptions, Window};

use crate::logs::write;
use crate::program::{ask, ask_number, samples};

/// The fields of a version's default or usual format.
const VERSION_2: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";
const VERSION_3: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr";
const VERSION_5: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr flow-direction";

/// 2024-10-05T01:00:00Z.
const START: i64 = 1_728_090_000;

/// A host: its interface if that is logged, the interface's primary address, and its own.
#[derive(Clone, Copy)]
struct Host {
    interface: Option<&'static str>,
    primary: &'static str,
    address: &'static str,
}

const fn host(interface: &'static str, address: &'static str) -> Host {
    Host { interface: Some(interface), primary: address, address }
}

const fn unlogged(address: &'static str) -> Host {
    Host { interface: None, primary: address, address }
}

const ONE: Host = host("eni-0a000000000000001", "10.0.1.5");
const TWO: Host = host("eni-0a000000000000002", "10.0.2.6");
/// A pod of the node that [`ONE`] is.
const POD: Host = Host { interface: ONE.interface, primary: ONE.primary, address: "10.0.1.77" };
const BEHIND: Host = unlogged("10.0.3.7");
const NEAR: Host = unlogged("198.51.100.7");
const FAR: Host = unlogged("203.0.113.9");
const NAT: Host = host("eni-0a000000000000220", "10.0.0.220");
/// A transit gateway's interface.
const GATEWAY: Host = host("eni-0a000000000000300", "10.0.0.30");

/// What was sent, and what was logged of it.
struct Network {
    random: Random,
    records: Vec<BTreeMap<&'static str, String>>,
    bytes: u64,
    packets: u64,
}

impl Network {
    fn new() -> Self {
        Self { random: Random::new(5), records: Vec::new(), bytes: 0, packets: 0 }
    }

    fn packets(&mut self) -> (u64, u64) {
        let packets = 1 + self.random.below(900);
        let bytes = packets * (60 + self.random.below(1400));
        self.bytes += bytes;
        self.packets += packets;
        (bytes, packets)
    }

    /// A record at one interface.
    fn log(&mut self, at: Host, direction: &str, ends: [&str; 4], volume: (u64, u64)) {
        let Some(interface) = at.interface else { return };
        let [source, destination, packet_source, packet_destination] = ends;
        let is_services = at.address == NAT.address || at.address == GATEWAY.address;
        let mut record: BTreeMap<&'static str, String> = BTreeMap::new();
        for (field, value) in [
            ("version", "5"),
            ("account-id", "111122223333"),
            ("interface-id", interface),
            ("srcaddr", source),
            ("dstaddr", destination),
            ("srcport", "40000"),
            ("dstport", "443"),
            ("protocol", "6"),
            ("action", "ACCEPT"),
            ("log-status", "OK"),
            ("instance-id", if is_services { "-" } else { "i-0a1b2c3d4e5f60718" }),
            ("pkt-srcaddr", packet_source),
            ("pkt-dstaddr", packet_destination),
            ("flow-direction", direction),
        ] {
            record.insert(field, value.to_owned());
        }
        record.insert("bytes", volume.0.to_string());
        record.insert("packets", volume.1.to_string());
        let start = START + i64::try_from(self.records.len() % 600).expect("few");
        record.insert("start", start.to_string());
        record.insert("end", (start + 30).to_string());
        self.records.push(record);
    }

    fn sent(&mut self, from: Host, to: &str, volume: (u64, u64)) {
        self.log(from, "egress", [from.primary, to, from.address, to], volume);
    }

    fn received(&mut self, from: &str, to: Host, volume: (u64, u64)) {
        self.log(to, "ingress", [from, to.primary, from, to.address], volume);
    }

    /// Packets from one host to another.
    fn direct(&mut self, from: Host, to: Host) {
        let volume = self.packets();
        self.sent(from, to.address, volume);
        self.received(from.address, to, volume);
    }

    /// Packets to the internet by the NAT gateway, whose interface is logged or not.
    fn out(&mut self, from: Host, to: Host, nat: Host) {
        let volume = self.packets();
        self.sent(from, to.address, volume);
        let inside = [from.address, nat.primary, from.address, to.address];
        self.log(nat, "ingress", inside, volume);
        let outside = [nat.primary, to.address, nat.primary, to.address];
        self.log(nat, "egress", outside, volume);
    }

    /// Packets from the internet by the NAT gateway.
    fn back(&mut self, from: Host, to: Host, nat: Host) {
        let volume = self.packets();
        let outside = [from.address, nat.primary, from.address, nat.primary];
        self.log(nat, "ingress", outside, volume);
        let inside = [nat.primary, to.address, from.address, to.address];
        self.log(nat, "egress", inside, volume);
        self.received(from.address, to, volume);
    }

    /// Packets to another VPC by a transit gateway, whose interface shows one leg.
    fn across(&mut self, from: Host, to: Host, gateway: Host) {
        let volume = self.packets();
        self.sent(from, to.address, volume);
        let leg = [gateway.primary, to.address, from.address, to.address];
        self.log(gateway, "egress", leg, volume);
        self.received(from.address, to, volume);
    }

    /// A record that stands for no flow.
    fn hole(&mut self, status: &str) {
        let packets = (0, 0);
        self.log(ONE, "-", ["-"; 4], packets);
        let record = self.records.last_mut().expect("it was just made");
        for field in ["srcport", "dstport", "protocol", "packets", "bytes", "action"] {
            record.insert(field, "-".to_owned());
        }
        record.insert("log-status", status.to_owned());
    }

    /// The log of all interfaces, with these fields.
    fn logged(&self, fields: &str) -> tempfile::TempDir {
        let mut text = format!("{fields}\n");
        for record in &self.records {
            let values: Vec<_> = fields.split(' ').map(|field| record[field].as_str()).collect();
            let _ = writeln!(text, "{}", values.join(" "));
        }
        object(&text)
    }

    /// Checks the sums in these formats; gives the sentences.
    fn check(&self, formats: &[&str]) -> Vec<String> {
        formats.iter().map(|fields| self.check_one(fields)).collect()
    }

    fn check_one(&self, fields: &str) -> String {
        let folder = self.logged(fields);
        let Counting { predicate, sentence } = counting(folder.path()).expect("a flow log");
        let sql = format!("SELECT sum(bytes), sum(packets) FROM vpc_flow WHERE {predicate}");
        let (rows, _) = ask(&sql, folder.path());
        let expected = [self.bytes.to_string(), self.packets.to_string()];
        assert_eq!(rows[0], expected, "{fields}\n{predicate}\n{sentence}");
        sentence
    }
}

/// One object of VPC flow logs in a folder of its own.
fn object(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&folder.path().join("111122223333_vpcflowlogs_eu-west-1_fl-1.log"), text.as_bytes());
    folder
}

/// How the log at a place is counted.
fn counting(from: &Path) -> Option<Counting> {
    counting_where(from, None)
}

/// How the log at a place is counted, if only rows that meet a condition are asked about.
fn counting_where(from: &Path, condition: Option<&str>) -> Option<Counting> {
    let engine = Engine::new(EngineOptions::default()).expect("an engine");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let from = from.to_str().expect("UTF-8").to_owned();
        let session = engine.open(&[from]).await.expect("a place");
        let options = SubjectOptions { condition, ..SubjectOptions::default() };
        let subject = Subject::open(&session, options).await.expect("a log");
        let hour = Window::parse("2024-10-05T01:00/2h").expect("a window");
        rule(&subject, &[hour]).await.expect("an answer")
    })
}

/// Some traffic between two hosts, and of each with the internet.
fn traffic(network: &mut Network, one: Host, two: Host) {
    for _ in 0..20 {
        network.direct(one, two);
        network.direct(two, one);
        network.direct(two, one);
        network.direct(one, NEAR);
        network.direct(FAR, one);
        network.direct(NEAR, two);
        network.direct(two, FAR);
    }
}

#[test]
fn packets_between_two_logged_interfaces_count_once() {
    let mut network = Network::new();
    traffic(&mut network, ONE, TWO);
    let sentences = network.check(&[VERSION_2, VERSION_3, VERSION_5]);
    assert!(sentences[0].starts_with("The logs do not tell the direction"), "{}", sentences[0]);
    assert!(sentences[2].starts_with("Bytes are counted once"), "{}", sentences[2]);
}

#[test]
fn packets_with_one_logged_end_count_once() {
    let mut network = Network::new();
    traffic(&mut network, ONE, BEHIND);
    // What has neither end logged is not in the logs.
    network = Network { records: network.records, ..Network::new() };
    for record in &network.records {
        network.bytes += record["bytes"].parse::<u64>().expect("a number");
        network.packets += record["packets"].parse::<u64>().expect("a number");
    }
    network.check(&[VERSION_2, VERSION_3, VERSION_5]);
}

#[test]
fn two_hosts_that_only_talk_to_each_other_count_once() {
    let mut network = Network::new();
    for _ in 0..5 {
        network.direct(ONE, TWO);
        network.direct(TWO, ONE);
    }
    network.check(&[VERSION_2, VERSION_3, VERSION_5]);
}

#[test]
fn a_nat_gateways_legs_do_not_count_again() {
    let mut network = Network::new();
    traffic(&mut network, ONE, TWO);
    for _ in 0..30 {
        network.out(ONE, NEAR, NAT);
        network.back(NEAR, ONE, NAT);
        network.out(TWO, FAR, NAT);
        network.back(FAR, TWO, NAT);
        // This one's own interface is not logged: only the gateway's is.
        network.out(BEHIND, FAR, NAT);
        network.back(FAR, BEHIND, NAT);
    }
    for sentence in network.check(&[VERSION_2, VERSION_3, VERSION_5]) {
        assert!(sentence.contains("The interface eni-0a000000000000220 forwards"), "{sentence}");
    }
}

#[test]
fn the_pods_of_a_node_are_hosts_of_its_interface() {
    let mut network = Network::new();
    for _ in 0..20 {
        network.direct(POD, TWO);
        network.direct(TWO, POD);
        network.direct(ONE, NEAR);
        network.direct(FAR, POD);
        network.direct(TWO, NEAR);
    }
    for sentence in network.check(&[VERSION_3, VERSION_5]) {
        assert!(!sentence.contains("forward"), "{sentence}");
    }
}

#[test]
fn an_interface_has_an_address_of_each_family() {
    let mut network = Network::new();
    traffic(&mut network, ONE, TWO);
    let (one, two) = (host("eni-0a000000000000001", "2001:db8:1::5"), unlogged("2001:db8::9"));
    for _ in 0..20 {
        network.direct(one, host("eni-0a000000000000002", "2001:db8:1::6"));
        network.direct(host("eni-0a000000000000002", "2001:db8:1::6"), two);
        network.direct(two, one);
    }
    network.check(&[VERSION_2, VERSION_3, VERSION_5]);
}

#[test]
fn a_condition_does_not_hide_an_end() {
    let mut network = Network::new();
    traffic(&mut network, ONE, TWO);
    for fields in [VERSION_2, VERSION_5] {
        let folder = network.logged(fields);
        let narrowed = counting_where(folder.path(), Some("srcaddr = '10.0.1.5'"));
        assert_eq!(narrowed, counting(folder.path()));
    }
}

#[test]
fn a_transit_gateways_interface_shows_what_others_send() {
    let mut network = Network::new();
    for _ in 0..20 {
        network.across(ONE, TWO, GATEWAY);
        network.across(BEHIND, TWO, unlogged("10.0.0.30"));
        network.direct(TWO, ONE);
    }
    for sentence in network.check(&[VERSION_3, VERSION_5]) {
        assert!(sentence.contains("The interface eni-0a000000000000300 forwards"), "{sentence}");
    }
}

#[test]
fn records_without_a_flow_are_told() {
    let mut network = Network::new();
    traffic(&mut network, ONE, TWO);
    network.hole("NODATA");
    network.hole("SKIPDATA");
    network.hole("SKIPDATA");
    for sentence in network.check(&[VERSION_2, VERSION_5]) {
        let expected = "Records that are not counted: 1 without traffic (NODATA), 2 that stand for \
            others which AWS left out (SKIPDATA).";
        assert!(sentence.ends_with(expected), "{sentence}");
    }
}

#[test]
fn what_was_rejected_counts_where_it_was() {
    let mut network = Network::new();
    traffic(&mut network, ONE, TWO);
    network.received(ONE.address, TWO, (40, 1));
    network.records.last_mut().expect("it was made").insert("action", "REJECT".to_owned());
    let folder = network.logged(VERSION_5);
    let predicate = counting(folder.path()).expect("a flow log").predicate;
    let sql = format!("SELECT count(*) FROM vpc_flow WHERE {predicate} AND action = 'REJECT'");
    assert_eq!(ask_number(&sql, folder.path()), 1);
}

/// A log of so many interfaces, each of which sends to one address.
fn many(interfaces: usize) -> tempfile::TempDir {
    let mut text = format!("{VERSION_5}\n");
    for number in 0..interfaces {
        let (interface, address) =
            (format!("eni-{number:017x}"), format!("10.1.{}.{}", number / 250, number % 250));
        let _ = writeln!(
            text,
            "5 111122223333 {interface} {address} 192.0.2.1 40000 443 6 1 40 {START} {START} ACCEPT \
             OK - {address} 192.0.2.1 egress"
        );
    }
    object(&text)
}

#[test]
fn the_condition_has_a_bounded_length() {
    let folder = many(1_400);
    let Counting { predicate, sentence } = counting(folder.path()).expect("a flow log");
    assert!(predicate.contains("10.1.5.149") && predicate.len() < 200_000, "{sentence}");
    let sql = format!("SELECT sum(bytes) FROM vpc_flow WHERE {predicate}");
    assert_eq!(ask_number(&sql, folder.path()), 1_400 * 40);
    for interfaces in [1_600, 2_100] {
        let folder = many(interfaces);
        let Counting { predicate, sentence } = counting(folder.path()).expect("a flow log");
        assert!(predicate.len() < 100, "{predicate}");
        assert!(sentence.contains("are counted at each interface"), "{sentence}");
    }
}

#[test]
fn a_transit_gateway_counts_what_comes_in() {
    let mut random = Random::new(2);
    let log_type = &log_types::TGW_FLOW;
    let mut text = header(log_type);
    // One and two are logged, three is not.
    let mut add = |attachment: &str, other: &str, direction: &str, bytes: &str| {
        let mut record = Record::new(log_type, START * 1_000_000, &mut random);
        for (column, value) in [
            ("tgw_attachment_id", attachment),
            ("tgw_pair_attachment_id", other),
            ("flow_direction", direction),
            ("bytes", bytes),
        ] {
            record.set(column, value);
        }
        text.push_str(&(record.line() + "\n"));
    };
    for bytes in ["1000", "20000"] {
        add("tgw-attach-1", "tgw-attach-2", "ingress", bytes);
        add("tgw-attach-2", "tgw-attach-1", "egress", bytes);
    }
    add("tgw-attach-1", "tgw-attach-3", "ingress", "300000");
    add("tgw-attach-2", "tgw-attach-3", "egress", "4000000");
    let folder = object(&text);
    let Counting { predicate, sentence } = counting(folder.path()).expect("a flow log");
    let sql = format!("SELECT sum(bytes) FROM tgw_flow WHERE {predicate}");
    assert_eq!(ask_number(&sql, folder.path()), 4_321_000, "{predicate}");
    assert!(sentence.contains("where they come into the transit gateway"), "{sentence}");
}

#[test]
fn every_log_says_how_it_is_counted_or_that_there_is_no_question() {
    for &log_type in log_types::ALL {
        let LogType { name, .. } = log_type;
        let counting = counting(&samples(name));
        let flows = ["vpc_flow", "tgw_flow", "network_firewall_flow", "global_accelerator"];
        assert_eq!(counting.is_some(), flows.contains(name), "{name}");
        let Some(Counting { predicate, sentence }) = counting else { continue };
        assert!(sentence.ends_with('.'), "{name}: {sentence}");
        ask_number(&format!("SELECT count(*) FROM {name} WHERE {predicate}"), &samples(name));
    }
}

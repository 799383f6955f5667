//! A small network with a NAT gateway, logged as AWS does at each interface.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use floodmark_formats::synthetic::Random;
use floodmark_formats::time::{MINUTE, iso};

use crate::logs::write;

pub(super) const VERSION_2: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";
pub(super) const VERSION_3: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr";
pub(super) const VERSION_5: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr az-id pkt-src-aws-service pkt-dst-aws-service flow-direction";
pub(super) const VERSION_11: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id pkt-srcaddr pkt-dstaddr az-id pkt-src-aws-service pkt-dst-aws-service flow-direction interface-type";

/// 2024-10-05T01:00:00Z, and how many seconds the logs go on.
pub(super) const START: i64 = 1_728_090_000;
pub(super) const SECONDS: i64 = 2 * 3600;

/// A host with its interface, or one outside.
#[derive(Clone, Copy)]
pub(super) struct Host {
    pub(super) interface: &'static str,
    pub(super) address: &'static str,
    pub(super) zone: &'static str,
    pub(super) service: &'static str,
    pub(super) purpose: &'static str,
}

pub(super) const fn inside(
    interface: &'static str,
    address: &'static str,
    zone: &'static str,
) -> Host {
    Host { interface, address, zone, service: "-", purpose: "-" }
}

pub(super) const fn outside(address: &'static str, service: &'static str) -> Host {
    Host { interface: "", address, zone: "", service, purpose: "-" }
}

pub(super) const WEB: Host = inside("eni-0a000000000000001", "10.0.1.5", "euw1-az1");
pub(super) const WORKER: Host = inside("eni-0a000000000000002", "10.0.2.6", "euw1-az2");
pub(super) const DATABASE: Host = inside("eni-0a000000000000003", "10.0.2.9", "euw1-az2");
pub(super) const NAT: Host = Host {
    interface: "eni-0a000000000000220",
    address: "10.0.0.220",
    zone: "euw1-az1",
    service: "-",
    purpose: "nat_gateway",
};
pub(super) const BUCKETS: Host = outside("52.92.0.10", "S3");
pub(super) const MORE_BUCKETS: Host = outside("52.92.0.11", "S3");
pub(super) const API: Host = outside("52.94.3.33", "AMAZON");
pub(super) const ELSEWHERE: Host = outside("91.10.7.7", "-");

/// Bytes both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) out: u64,
    pub(super) back: u64,
}

/// What was sent, and what was logged of it.
pub(super) struct Network {
    pub(super) random: Random,
    pub(super) records: Vec<BTreeMap<&'static str, String>>,
    pub(super) through: BTreeMap<(&'static str, &'static str), Sums>,
    pub(super) across: BTreeMap<(&'static str, &'static str), u64>,
}

impl Network {
    pub(super) fn new() -> Self {
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
    pub(super) fn usual() -> Self {
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

    pub(super) fn bytes(&mut self) -> u64 {
        40_000 + self.random.below(9_000_000)
    }

    pub(super) fn record(
        &mut self,
        at: Host,
        direction: &str,
        ends: [Host; 4],
        ports: [&str; 2],
        bytes: u64,
    ) {
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
    pub(super) fn through(&mut self, host: Host, to: Host) {
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
    pub(super) fn between(&mut self, from: Host, to: Host) {
        let bytes = self.bytes();
        *self.across.entry((from.address, to.address)).or_default() += bytes;
        let ports = ["40001", "5432"];
        self.record(from, "egress", [from, to, from, to], ports, bytes);
        self.record(to, "ingress", [from, to, from, to], ports, bytes);
    }

    /// A record that stands for no flow.
    pub(super) fn hole(&mut self, start: i64, status: &str) {
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
    pub(super) fn logged(&self, fields: &str) -> tempfile::TempDir {
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
    pub(super) fn sums(
        &self,
        key: impl Fn(&'static str, &'static str) -> String,
    ) -> BTreeMap<String, Sums> {
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        for ((host, to), bytes) in &self.through {
            let sum = sums.entry(key(host, to)).or_default();
            (sum.out, sum.back) = (sum.out + bytes.out, sum.back + bytes.back);
        }
        sums
    }

    pub(super) fn by_inside(&self) -> BTreeMap<String, Sums> {
        self.sums(|host, _| host.to_owned())
    }

    /// By the network of 256 addresses, as long as nothing better is known.
    pub(super) fn by_network(&self) -> BTreeMap<String, Sums> {
        self.sums(|_, to| format!("{}.0/24", to.rsplit_once('.').expect("an address").0))
    }

    pub(super) fn by_service(&self) -> BTreeMap<String, Sums> {
        self.sums(|_, to| {
            let all = [BUCKETS, MORE_BUCKETS, API];
            let host = all.iter().find(|host| host.address == to);
            host.map_or_else(|| "-".to_owned(), |host| host.service.to_owned())
        })
    }

    pub(super) fn all(&self) -> u64 {
        self.through.values().map(|sums| sums.out + sums.back).sum()
    }
}

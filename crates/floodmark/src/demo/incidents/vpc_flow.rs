//! Flows of a VPC with public web servers, and with instances that go out through a NAT gateway.

use floodmark_formats::log_types::VPC_FLOW;
use floodmark_formats::synthetic::{Random, Record};
use floodmark_formats::time::{MINUTE, Micros, SECOND};

use crate::demo::incidents::clients::{Addresses, Client};
use crate::demo::incidents::condition::is;
use crate::demo::incidents::draw::log_normal;
use crate::demo::incidents::effect::{Effect, Newcomers, Setting};
use crate::demo::incidents::incident::{Change, Incident, Source, Verdict};
use crate::demo::incidents::traffic::{Event, Tally, Traffic};

/// The clients below this rank are instances that go out.
const INSTANCES: usize = 24;
/// Those from there and below this rank are scanners, which security groups reject. All others ask the web servers.
const SCANNERS: usize = 64;

/// The NAT gateway.
const NAT: &str = "10.0.0.220";
const NAT_INTERFACE: &str = "eni-0c3d4e5f607182930";

/// The instance whose bytes rise: rank 3.
const SENDER: &str = "10.0.2.11";
const SENDER_INTERFACE: &str = "eni-0a1b2c3d4e5f60003";
const SENDER_INSTANCE: &str = "i-0a1b2c3d4e5f60003";

static TRAFFIC: Traffic = Traffic {
    log: &VPC_FLOW,
    // Version 5.
    fields: 29,
    resource: "fl-0a1b2c3d4e5f60718",
    folder: "",
    interval: 5 * MINUTE,
    named_by_end: false,
    clients: 1500,
    addresses: Addresses::Everywhere,
    visits_per_hour: 3000.0,
    tallies: &[
        Tally::Rows("flows"),
        Tally::Starts("rejects", "action", "REJECT"),
        Tally::Sum("bytes", "bytes"),
        Tally::Sum("packets", "packets"),
    ],
    client: "origin",
    visit,
    settle,
    write,
};

pub(crate) static INCIDENTS: &[Incident] = &[
    Incident {
        name: "reject-scan",
        story: "One address tries the ports of all servers, and is rejected",
        measure: "flows",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Join {
                who: Newcomers::These(&["203.0.113.77"]),
                visits_each: 6000,
                like: Some(INSTANCES),
                set: &[("dstport", Setting::Between(1, 4096))],
            },
            any_of: &[
                &[is("srcaddr", &["203.0.113.77"])],
                &[is("pkt_srcaddr", &["203.0.113.77"])],
                &[is("srcaddr", &["203.0.113.77"]), is("action", &["REJECT"])],
            ],
        }],
    },
    Incident {
        name: "nat-bytes",
        story: "One instance sends two hundred times as much through the NAT gateway, in as many flows",
        measure: "bytes",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Alter {
                permille: 1000,
                of: &[is("origin", &[SENDER]), is("way", &["out"])],
                // All legs of a flow bear the same number.
                set: &[("bytes", Setting::Times(200.0))],
            },
            any_of: &[
                &[is("srcaddr", &[SENDER])],
                &[is("pkt_srcaddr", &[SENDER])],
                &[is("interface_id", &[SENDER_INTERFACE])],
                &[is("instance_id", &[SENDER_INSTANCE])],
            ],
        }],
    },
];

fn visit(client: &Client, at: Micros, random: &mut Random) -> Vec<Event> {
    let port = random.between(32_768, 60_999).to_string();
    let end = at + random.between(0, 55) * SECOND;
    let event = |leg: &Leg<'_>, way: &str, bytes: u64| leg.event(client, way, bytes, (at, end));
    if client.rank < INSTANCES {
        let inside = instance_address(client.rank);
        let outside = format!("100.64.{}.{}", random.below(4), 1 + random.below(40));
        let sent = log_normal(random, 20_000.0, 1.0) as u64 + 200;
        let received = log_normal(random, 30_000.0, 1.0) as u64 + 200;
        let own = Interface::instance(client.rank);
        let nat = Interface { id: NAT_INTERFACE.to_owned(), instance: "-".to_owned() };
        let ends = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        // What AWS logs of such a flow: once at the instance and twice at the gateway, each way.
        let out = [
            Leg::new(&own, "egress", ends(&inside, &outside), ends(&inside, &outside)),
            Leg::new(&nat, "ingress", ends(&inside, NAT), ends(&inside, &outside)),
            Leg::new(&nat, "egress", ends(NAT, &outside), ends(NAT, &outside)),
        ];
        let back = [
            Leg::new(&nat, "ingress", ends(&outside, NAT), ends(&outside, NAT)),
            Leg::new(&nat, "egress", ends(NAT, &inside), ends(&outside, &inside)),
            Leg::new(&own, "ingress", ends(&outside, &inside), ends(&outside, &inside)),
        ];
        let out = out.iter().map(|leg| event(&leg.ports(&port, "443"), "out", sent));
        return out
            .chain(back.iter().map(|leg| event(&leg.ports("443", &port), "back", received)))
            .collect();
    }
    let server = usize::try_from(random.below(12)).unwrap_or_default();
    let own = Interface::server(server);
    let inside = format!("10.0.0.{}", 30 + server);
    let to = (client.address.clone(), inside.clone());
    let request = Leg::new(&own, "ingress", to.clone(), to.clone());
    if client.rank < SCANNERS {
        let tried = random.one_of(&["22", "23", "3389", "445", "1433", "5060", "6379"]);
        let mut tries = event(&request.ports(&port, tried), "out", 40 + 4 * random.below(6));
        tries.set("action", "REJECT".to_owned());
        return vec![tries];
    }
    let from = (to.1, to.0);
    let answer = Leg::new(&own, "egress", from.clone(), from);
    let asked = log_normal(random, 3000.0, 0.8) as u64 + 200;
    let answered = log_normal(random, 30_000.0, 1.0) as u64 + 200;
    vec![
        event(&request.ports(&port, "443"), "out", asked),
        event(&answer.ports("443", &port), "back", answered),
    ]
}

/// The address of the instance of a rank, as [`Addresses::Instances`] gives it.
fn instance_address(rank: usize) -> String {
    format!("10.0.{}.{}", 1 + rank % 2, 10 + rank / 2)
}

/// A network interface.
struct Interface {
    id: String,
    instance: String,
}

/// One of the records that a flow leaves: an interface, and the addresses that it sees, those of the packets last.
struct Leg<'a> {
    interface: &'a Interface,
    direction: &'static str,
    ends: (String, String),
    packet_ends: (String, String),
    ports: (String, String),
}

impl Interface {
    fn instance(rank: usize) -> Self {
        Self {
            id: format!("eni-0a1b2c3d4e5f6{rank:04x}"),
            instance: format!("i-0a1b2c3d4e5f6{rank:04x}"),
        }
    }

    fn server(number: usize) -> Self {
        Self {
            id: format!("eni-0b2c3d4e5f607{number:04x}"),
            instance: format!("i-0b2c3d4e5f607{number:04x}"),
        }
    }
}

impl<'a> Leg<'a> {
    fn new(
        interface: &'a Interface,
        direction: &'static str,
        ends: (String, String),
        packet_ends: (String, String),
    ) -> Self {
        Self { interface, direction, ends, packet_ends, ports: Default::default() }
    }

    /// The same with these ports.
    fn ports(&self, from: &str, to: &str) -> Self {
        Self {
            interface: self.interface,
            direction: self.direction,
            ends: self.ends.clone(),
            packet_ends: self.packet_ends.clone(),
            ports: (from.to_owned(), to.to_owned()),
        }
    }

    fn event(&self, client: &Client, way: &str, bytes: u64, time: (Micros, Micros)) -> Event {
        let origin = if client.rank < INSTANCES {
            instance_address(client.rank)
        } else {
            client.address.clone()
        };
        let values = vec![
            // Which client made the flow, and whether this is what it sent: no columns.
            ("origin", origin),
            ("way", way.to_owned()),
            ("interface_id", self.interface.id.clone()),
            ("instance_id", self.interface.instance.clone()),
            ("srcaddr", self.ends.0.clone()),
            ("dstaddr", self.ends.1.clone()),
            ("srcport", self.ports.0.clone()),
            ("dstport", self.ports.1.clone()),
            ("bytes", bytes.to_string()),
            ("end", (time.1 / SECOND).to_string()),
            ("action", "ACCEPT".to_owned()),
            ("pkt_srcaddr", self.packet_ends.0.clone()),
            ("pkt_dstaddr", self.packet_ends.1.clone()),
            ("flow_direction", self.direction.to_owned()),
        ];
        Event { at: time.0, logged: time.1, values }
    }
}

fn settle(event: &mut Event) {
    let bytes: u64 = event.get("bytes").and_then(|text| text.parse().ok()).unwrap_or_default();
    event.set("packets", (1 + bytes / 1200).to_string());
}

fn write(event: &Event, record: &mut Record) {
    let egress = event.get("flow_direction") == Some("egress");
    let private = event.get("srcaddr").is_some_and(|address| address.starts_with("10.0."));
    record.set("version", "5");
    record.set("protocol", "6");
    record.set("start", (event.at / SECOND).to_string());
    record.set("tcp_flags", if event.get("action") == Some("REJECT") { "2" } else { "3" });
    record.set("subnet_id", subnet(event));
    record.set("az_id", "euw1-az1");
    record.set("pkt_src_aws_service", "-");
    record.set("pkt_dst_aws_service", "-");
    record.set("traffic_path", if egress && private { "8" } else { "-" });
}

/// Where the interface is: the private subnet has the instances.
fn subnet(event: &Event) -> &'static str {
    let private = event.get("instance_id").is_some_and(|instance| instance.starts_with("i-0a"));
    if private { "subnet-0a1b2c3d4e5f60718" } else { "subnet-0b2c3d4e5f6071829" }
}

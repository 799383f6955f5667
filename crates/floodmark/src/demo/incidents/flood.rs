//! Traffic on a Network Load Balancer triples at 02:00 UTC on 2024-10-05: four addresses hold connections of over five minutes.
//!
//! The generator keeps its own record of what it wrote, so that answers can be checked against it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use floodmark_formats::log_type::TimeForm;
use floodmark_formats::log_types::NLB;
use floodmark_formats::synthetic::{Place, Random, Record, key, written};
use floodmark_formats::time::{HOUR, MINUTE, Micros, SECOND};
use serde::Serialize;
use serde_json::Value;

use crate::demo::incidents::condition::is;
use crate::demo::incidents::effect::{Effect, Newcomers, Setting};
use crate::demo::incidents::incident::{Change, Choice, Incident, Source, Verdict, midnight};
use crate::demo::incidents::objects::{ACCOUNT, REGION, write_gzip};
use crate::demo::incidents::record::{self, Truth};
use crate::demo::incidents::traffic::{Event, Tally};

/// The addresses that make the flood.
const LOUD: [&str; 4] = ["203.0.113.7", "198.51.100.23", "192.0.2.66", "203.0.113.201"];

/// The domain that they ask.
const DOMAIN: &str = "api.example.com";

/// How often each quiet domain is asked on port 443 in an hour.
const QUIET: [(&str, u64); 3] =
    [(DOMAIN, 2400), ("www.example.com", 2400), ("shop.example.com", 1200)];

/// How often port 8080 is asked in an hour.
const PORT_8080: u64 = 6000;

/// How many connections the flood adds in its hour.
const FLOOD: u64 = 24_000;

const TALLIES: &[Tally] =
    &[Tally::Rows("connections"), Tally::Sum("total_duration", "tcp_connection_time_ms")];

pub(crate) static INCIDENTS: &[Incident] = &[Incident {
    name: "flood",
    story: "Connections triple: four addresses hold theirs for over five minutes",
    measure: "connections",
    verdict: Verdict::Contributors,
    source: Source::Flood,
    changes: &[Change {
        // What `flood` makes: this incident is older than the effects, and its lines stay as they are.
        effect: Effect::Join {
            who: Newcomers::These(&LOUD),
            visits_each: FLOOD / LOUD.len() as u64,
            like: None,
            set: &[
                ("domain_name", Setting::Is(DOMAIN)),
                ("target_port", Setting::Is("443")),
                ("tcp_connection_time_ms", Setting::Between(305_000, 545_000)),
            ],
        },
        // They ask for one domain on one port, and nothing else.
        any_of: &[
            &[is("client_ip", &LOUD)],
            &[is("client_ip", &LOUD), is("domain_name", &[DOMAIN])],
            &[is("client_ip", &LOUD), is("target_port", &["443"])],
            &[is("client_ip", &LOUD), is("domain_name", &[DOMAIN]), is("target_port", &["443"])],
        ],
    }],
}];

/// What the generator wrote for the connections that began within an hour.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Hour {
    connections: u64,
    clients: BTreeMap<String, u64>,
    ports: BTreeMap<u16, u64>,
    domains_on_443: BTreeMap<String, u64>,
    /// The clients of the loud domain on port 443: how many connections, and the sum of their durations in ms.
    loud_domain_clients: BTreeMap<String, (u64, u64)>,
}

/// What the generator wrote in all.
#[derive(Debug, Serialize)]
pub(crate) struct IncidentRecord {
    before: Hour,
    during: Hour,
    lines: u64,
    objects: u64,
    loud_domain: &'static str,
    loud_addresses: [&'static str; 4],
}

/// One connection.
struct Connection {
    start: Micros,
    duration_ms: u64,
    client: String,
    port: u16,
    domain: &'static str,
}

/// Writes the logs below `folder` and the record beside them; gives the folder of the logs.
pub(crate) fn generate(incident: &'static Incident, folder: &Path) -> anyhow::Result<PathBuf> {
    let mut random = Random::new(Choice::USUAL.seed);
    let midnight = midnight()?;
    let mut connections = Vec::new();
    // The hour before the first question too: some of its connections end later, and must not be counted.
    for hour in 0..=3 {
        let start = midnight + hour * HOUR;
        // Fewer clients get through during the flood.
        let clients = if hour == 2 { 2200 } else { 3000 };
        quiet_hour(start, clients, &mut random, &mut connections);
        if hour == 2 {
            flood(start, &mut random, &mut connections);
        }
    }
    connections.retain(|connection| connection.start < midnight + 3 * HOUR + 15 * MINUTE);
    let mut record = IncidentRecord {
        before: Hour::default(),
        during: Hour::default(),
        lines: 0,
        objects: 0,
        loud_domain: DOMAIN,
        loud_addresses: LOUD,
    };
    let mut truth = Truth::new(incident, &Choice::USUAL, TALLIES)?;
    let mut objects: BTreeMap<Micros, String> = BTreeMap::new();
    for connection in &connections {
        // An object bears the end of the five minutes in which its connections ended. Times are written in whole seconds.
        let end = connection.start + i64::try_from(connection.duration_ms)? * 1000;
        let name = (end.div_euclid(5 * MINUTE) + 1) * 5 * MINUTE;
        if !(midnight + HOUR..=midnight + 3 * HOUR + 20 * MINUTE).contains(&(name - 1)) {
            continue;
        }
        let text = objects.entry(name).or_default();
        text.push_str(&line(connection, end, &mut random));
        text.push('\n');
        record.lines += 1;
        truth.count(&connection.event());
        // As the questions ask: after the first second of the hour and before the next hour.
        let second = connection.start.div_euclid(SECOND) * SECOND - midnight;
        if second > HOUR && second < 2 * HOUR {
            record.before.add(connection);
        } else if second > 2 * HOUR && second < 3 * HOUR {
            record.during.add(connection);
        }
    }
    record.objects = objects.len() as u64;
    truth.objects = record.objects;
    let logs = folder.join("logs");
    for (time, text) in &objects {
        let place = Place {
            account: ACCOUNT,
            region: REGION,
            resource: "front.0a1b2c3d4e5f6071",
            time: *time,
        };
        let path = logs.join(key(&NLB, &place, &mut random) + ".log.gz");
        write_gzip(&path, text)?;
    }
    // AWS leaves such a file where it tries whether it may write.
    let test_file = logs.join("AWSLogs/111122223333/ELBAccessLogTestFile");
    std::fs::write(&test_file, "Enable AccessLog for ELB\n")
        .with_context(|| format!("cannot write `{}`", test_file.display()))?;
    record::write(folder, &whole(truth.finish(), serde_json::to_value(&record)?))?;
    Ok(logs)
}

/// What every incident's record holds, and what this one's holds beside.
fn whole(mut record: Value, more: Value) -> Value {
    if let (Value::Object(record), Value::Object(more)) = (&mut record, more) {
        for (name, value) in more {
            match (record.get_mut(&name), value) {
                (Some(Value::Object(known)), Value::Object(value)) => known.extend(value),
                (_, value) => drop(record.insert(name, value)),
            }
        }
    }
    record
}

/// An hour of usual traffic: many clients, some of them busier, connections of a few seconds.
fn quiet_hour(start: Micros, clients: u64, random: &mut Random, connections: &mut Vec<Connection>) {
    let domains = QUIET.iter().flat_map(|(domain, number)| (0..*number).map(|_| (443, *domain)));
    let others = (0..PORT_8080).map(|_| (8080, "www.example.com"));
    for (port, domain) in domains.chain(others) {
        // The square favors the first clients.
        let client = (random.fraction() * random.fraction() * clients as f64) as u64;
        connections.push(Connection {
            start: start + random.between(0, HOUR - 1),
            duration_ms: 200 + random.below(5600),
            client: format!("10.{}.{}.{}", 40 + client / 65_536, client / 256 % 256, client % 256),
            port,
            domain,
        });
    }
}

/// Four addresses, each with connections of over five minutes, one after the other.
fn flood(start: Micros, random: &mut Random, connections: &mut Vec<Connection>) {
    for number in 0..FLOOD {
        let at = usize::try_from(number % 4).unwrap_or_default();
        connections.push(Connection {
            start: start + random.between(0, HOUR - 1),
            duration_ms: 305_000 + random.below(240_000),
            client: LOUD[at].to_owned(),
            port: 443,
            domain: DOMAIN,
        });
    }
}

fn line(connection: &Connection, end: Micros, random: &mut Random) -> String {
    let mut record = Record::new(&NLB, end, random);
    record.set("elb", "net/front/0a1b2c3d4e5f6071");
    record.set("client_ip", format!("{}:{}", connection.client, random.between(1024, 65_535)));
    record.set("target_ip", format!("10.0.0.10:{}", connection.port));
    record.set("tcp_connection_time_ms", connection.duration_ms.to_string());
    record.set("domain_name", connection.domain);
    record.set("tls_connection_creation_time", written(TimeForm::IsoSeconds, connection.start));
    record.line()
}

impl Connection {
    /// What the record needs to know of it. Times are written in whole seconds.
    fn event(&self) -> Event {
        let at = self.start.div_euclid(SECOND) * SECOND;
        let values = vec![
            ("client_ip", self.client.clone()),
            ("target_port", self.port.to_string()),
            ("domain_name", self.domain.to_owned()),
            ("tcp_connection_time_ms", self.duration_ms.to_string()),
        ];
        Event { at, logged: at, values }
    }
}

impl Hour {
    fn add(&mut self, connection: &Connection) {
        self.connections += 1;
        *self.clients.entry(connection.client.clone()).or_default() += 1;
        *self.ports.entry(connection.port).or_default() += 1;
        if connection.port == 443 {
            *self.domains_on_443.entry(connection.domain.to_owned()).or_default() += 1;
            if connection.domain == DOMAIN {
                let client = self.loud_domain_clients.entry(connection.client.clone()).or_default();
                client.0 += 1;
                client.1 += connection.duration_ms;
            }
        }
    }
}

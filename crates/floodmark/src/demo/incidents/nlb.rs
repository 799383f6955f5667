//! Connections to a Network Load Balancer.

use floodmark_formats::log_type::TimeForm;
use floodmark_formats::log_types::NLB;
use floodmark_formats::synthetic::{Random, Record, written};
use floodmark_formats::time::{MINUTE, Micros, SECOND};

use crate::demo::incidents::clients::{Addresses, BUSY_CLIENT, Client, OTHER_BUSY_CLIENT};
use crate::demo::incidents::condition::is;
use crate::demo::incidents::draw::{log_normal, weighted};
use crate::demo::incidents::effect::{Effect, Newcomers, Setting};
use crate::demo::incidents::incident::{Change, Incident, Source, Verdict};
use crate::demo::incidents::site;
use crate::demo::incidents::traffic::{Event, Tally, Traffic};

static TRAFFIC: Traffic = Traffic {
    log: &NLB,
    fields: 22,
    resource: "front.0a1b2c3d4e5f6071",
    folder: "",
    interval: 5 * MINUTE,
    named_by_end: true,
    clients: 3000,
    addresses: Addresses::Everywhere,
    visits_per_hour: 9000.0,
    tallies: &[
        Tally::Rows("connections"),
        Tally::Sum("total_duration", "tcp_connection_time_ms"),
        Tally::Sum("received_bytes", "received_bytes"),
        Tally::Sum("sent_bytes", "sent_bytes"),
    ],
    client: "client_ip",
    visit,
    settle,
    write,
};

pub(crate) static INCIDENTS: &[Incident] = &[
    Incident {
        name: "heavy-client",
        story: "One of the busier clients makes forty times as many connections",
        measure: "connections",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Multiply {
                factor: 40.0,
                of: &[is("client_ip", &[BUSY_CLIENT.1])],
                set: &[],
            },
            any_of: &[&[is("client_ip", &[BUSY_CLIENT.1])]],
        }],
    },
    Incident {
        name: "slow-drip",
        story: "1,200 addresses of one network hold two connections each, of over a quarter of an hour",
        measure: "connections",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Join {
                who: Newcomers::Within("198.18.16.0/20", 1200),
                visits_each: 2,
                like: None,
                set: &[("tcp_connection_time_ms", Setting::Between(900_000, 1_150_000))],
            },
            // A network of 20 bits lies between the lengths that are usual; both neighbours hold the same rows.
            any_of: &[
                &[is("client_ip", &["198.18.16.0/20"])],
                &[is("client_ip", &["198.18.0.0/16"])],
            ],
        }],
    },
    Incident {
        name: "two-causes",
        story: "A new client makes 5,000 connections, and the login is asked six times as often by everybody",
        measure: "connections",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[
            Change {
                effect: Effect::Multiply {
                    factor: 6.0,
                    of: &[is("domain_name", &["login.example.com"])],
                    set: &[],
                },
                any_of: &[&[is("domain_name", &["login.example.com"])]],
            },
            Change {
                effect: Effect::Join {
                    who: Newcomers::These(&["203.0.113.50"]),
                    visits_each: 5000,
                    like: None,
                    set: &[("domain_name", Setting::Is("www.example.com"))],
                },
                any_of: &[
                    &[is("client_ip", &["203.0.113.50"])],
                    &[is("client_ip", &["203.0.113.50"]), is("domain_name", &["www.example.com"])],
                ],
            },
        ],
    },
    Incident {
        name: "long-connections",
        story: "As many connections as before, but those of one client last a hundred times as long",
        measure: "total_duration",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Alter {
                permille: 1000,
                of: &[is("client_ip", &[OTHER_BUSY_CLIENT.1])],
                set: &[("tcp_connection_time_ms", Setting::Times(100.0))],
            },
            any_of: &[&[is("client_ip", &[OTHER_BUSY_CLIENT.1])]],
        }],
    },
];

fn visit(client: &Client, at: Micros, random: &mut Random) -> Vec<Event> {
    let port = weighted(random, &[("443", 75), ("8080", 25)]);
    let milliseconds = log_normal(random, 2000.0, 0.7) as u64 + 100;
    let values = vec![
        ("client_ip", client.address.clone()),
        ("client_port", random.between(1024, 65_535).to_string()),
        ("target_port", port.to_owned()),
        ("domain_name", site::domain(random).to_owned()),
        ("tcp_connection_time_ms", milliseconds.to_string()),
        ("tls_handshake_time_ms", random.between(2, 90).to_string()),
        ("received_bytes", site::request_bytes(random)),
        ("sent_bytes", site::answer_bytes(random)),
        ("tls_cipher_suite", client.cipher.to_owned()),
        ("tls_protocol_version", client.tls.to_lowercase().replace('.', "")),
    ];
    vec![Event { at, logged: at, values }]
}

fn settle(event: &mut Event) {
    let milliseconds = event.get("tcp_connection_time_ms").and_then(|text| text.parse().ok());
    event.logged = event.at + milliseconds.unwrap_or(0_i64) * (SECOND / 1000);
}

fn write(event: &Event, record: &mut Record) {
    let value = |column| event.get(column).unwrap_or("-");
    record.set("client_ip", format!("{}:{}", value("client_ip"), value("client_port")));
    record.set("target_ip", format!("10.0.0.10:{}", value("target_port")));
    let listener =
        if value("target_port") == "443" { "3f9c2b7a1d5e4c60" } else { "81e0d7c6b5a44938" };
    record.set("listener_id", listener);
    record.set("alpn_fe_protocol", "h2");
    record.set("alpn_client_preference_list", "\"h2\",\"http/1.1\"");
    record.set("tls_connection_creation_time", written(TimeForm::IsoSeconds, event.at));
}

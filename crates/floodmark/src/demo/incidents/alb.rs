//! Requests to an Application Load Balancer.

use floodmark_formats::log_type::TimeForm;
use floodmark_formats::log_types::ALB;
use floodmark_formats::synthetic::{Random, Record, written};
use floodmark_formats::time::{MINUTE, Micros, SECOND};

use crate::demo::incidents::clients::{Addresses, Client};
use crate::demo::incidents::condition::is;
use crate::demo::incidents::draw::weighted;
use crate::demo::incidents::effect::{Effect, Newcomers, Setting};
use crate::demo::incidents::incident::{Change, Incident, Source, Verdict};
use crate::demo::incidents::site;
use crate::demo::incidents::traffic::{Event, Tally, Traffic};

/// The targets.
const TARGETS: [&str; 8] = [
    "10.0.1.11",
    "10.0.1.12",
    "10.0.1.13",
    "10.0.1.14",
    "10.0.2.11",
    "10.0.2.12",
    "10.0.2.13",
    "10.0.2.14",
];

/// The one that fails.
const FAILING_TARGET: &str = TARGETS[2];

/// What the scattered botnet calls itself.
const BOTNET_AGENT: &str = "Mozilla/5.0 (compatible; PriceProbe/1.4)";

static TRAFFIC: Traffic = Traffic {
    log: &ALB,
    fields: 34,
    resource: "front.0a1b2c3d4e5f6071",
    folder: "",
    interval: 5 * MINUTE,
    named_by_end: true,
    clients: 3000,
    addresses: Addresses::Everywhere,
    visits_per_hour: 9000.0,
    tallies: &[
        Tally::Rows("requests"),
        Tally::Starts("errors", "elb_status_code", "5"),
        Tally::Starts("target_errors", "elb_status_code", "5"),
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
        name: "botnet",
        story: "3,000 new addresses of one network ask ten times each",
        measure: "requests",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Join {
                who: Newcomers::Within("198.18.0.0/16", 3000),
                visits_each: 10,
                like: None,
                set: &[],
            },
            any_of: &[&[is("client_ip", &["198.18.0.0/16"])]],
        }],
    },
    Incident {
        name: "scattered-botnet",
        story: "2,000 new addresses from everywhere, with one user agent, ask six times each",
        measure: "requests",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Join {
                who: Newcomers::Anywhere(2000),
                visits_each: 6,
                like: None,
                set: &[("user_agent", Setting::Is(BOTNET_AGENT))],
            },
            any_of: &[&[is("user_agent", &[BOTNET_AGENT])], &[is("user_agent", &["PriceProbe"])]],
        }],
    },
    Incident {
        name: "error-burst",
        story: "As many requests as before, but one of eight targets answers most of its own with errors",
        measure: "errors",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Alter {
                permille: 600,
                of: &[is("target_ip", &[FAILING_TARGET])],
                set: &[("elb_status_code", Setting::OneOf(&["502", "503", "504"]))],
            },
            any_of: &[
                &[is("target_ip", &[FAILING_TARGET])],
                &[is("target_ip", &[FAILING_TARGET]), is("elb_status_code", &["5xx"])],
                &[is("target_port_list", &["10.0.1.13:8080"])],
            ],
        }],
    },
    Incident {
        name: "drop",
        story: "One domain loses four fifths of its requests",
        measure: "requests",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Multiply {
                factor: 0.2,
                of: &[is("domain_name", &["shop.example.com"])],
                set: &[],
            },
            any_of: &[
                &[is("domain_name", &["shop.example.com"])],
                &[is("host", &["shop.example.com"])],
            ],
        }],
    },
    Incident {
        name: "none",
        story: "Nothing happens",
        measure: "requests",
        verdict: Verdict::Nothing,
        source: Source::Traffic(&TRAFFIC),
        changes: &[],
    },
    Incident {
        name: "everywhere",
        story: "Everybody asks nearly twice as often, for everything alike",
        measure: "requests",
        verdict: Verdict::Everywhere,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Multiply { factor: 1.8, of: &[], set: &[] },
            any_of: &[],
        }],
    },
    Incident {
        name: "mix",
        story: "As many requests as before, but one domain loses what another gains",
        measure: "requests",
        verdict: Verdict::Mix,
        source: Source::Traffic(&TRAFFIC),
        // 60 % of the 25 % of requests that `shop` has are 15 %: what `login` with its 8 % must gain is 15/8 of its own.
        changes: &[
            Change {
                effect: Effect::Multiply {
                    factor: 0.4,
                    of: &[is("domain_name", &["shop.example.com"])],
                    set: &[],
                },
                any_of: &[
                    &[is("domain_name", &["shop.example.com"])],
                    &[is("host", &["shop.example.com"])],
                ],
            },
            Change {
                effect: Effect::Multiply {
                    factor: 1.0 + 15.0 / 8.0,
                    of: &[is("domain_name", &["login.example.com"])],
                    set: &[],
                },
                any_of: &[
                    &[is("domain_name", &["login.example.com"])],
                    &[is("host", &["login.example.com"])],
                ],
            },
        ],
    },
];

fn visit(client: &Client, at: Micros, random: &mut Random) -> Vec<Event> {
    let values = vec![
        ("client_ip", client.address.clone()),
        ("client_port", random.between(1024, 65_535).to_string()),
        ("user_agent", client.user_agent.clone()),
        ("ssl_protocol", client.tls.to_owned()),
        ("ssl_cipher", client.cipher.to_owned()),
        ("target_ip", random.one_of(&TARGETS).to_owned()),
        ("domain_name", site::domain(random).to_owned()),
        ("method", site::method(random).to_owned()),
        ("path", site::path(random)),
        ("elb_status_code", site::status(random).to_owned()),
        ("received_bytes", site::request_bytes(random)),
        ("sent_bytes", site::answer_bytes(random)),
        ("target_processing_time", site::seconds(random)),
        ("type", weighted(random, &[("https", 40), ("h2", 60)]).to_owned()),
    ];
    vec![Event { at, logged: at, values }]
}

fn settle(event: &mut Event) {
    let target = event.get("target_ip").unwrap_or("-");
    event.set("target_port_list", format!("{target}:8080"));
    // A dimension of the log, from the URL.
    let host = event.get("domain_name").unwrap_or("-").to_owned();
    event.set("host", host);
}

fn write(event: &Event, record: &mut Record) {
    let value = |column| event.get(column).unwrap_or("-");
    record.set("client_ip", format!("{}:{}", value("client_ip"), value("client_port")));
    record.set("target_ip", format!("{}:8080", value("target_ip")));
    record.set("target_status_code", value("elb_status_code"));
    record.set("target_status_code_list", value("elb_status_code"));
    let version = if value("type") == "h2" { "HTTP/2.0" } else { "HTTP/1.1" };
    let request = format!(
        "{} https://{}:443{} {version}",
        value("method"),
        value("domain_name"),
        value("path")
    );
    record.set("request_url", request);
    record.set("request_processing_time", "0.000");
    record.set("response_processing_time", "0.000");
    // Ids are unlike each other; these follow from what makes the row unlike the others.
    let mut random = Random::new(event.at.cast_unsigned());
    let mut id = || format!("{:016x}{:016x}", random.number(), random.number());
    record.set("trace_id", format!("Root=1-67008f12-{}", &id()[..24]));
    record.set("conn_trace_id", format!("TID_{}", id()));
    record.set("chosen_cert_arn", "session-reused");
    record.set("matched_rule_priority", "10");
    record.set("actions_executed", "forward");
    for column in [
        "classification",
        "classification_reason",
        "transformed_host",
        "transformed_uri",
        "request_transform_status",
    ] {
        record.set(column, "-");
    }
    record.set("request_creation_time", written(TimeForm::IsoMicros, event.at - SECOND / 25));
}

//! Requests to a CloudFront distribution.

use floodmark_formats::log_types::CLOUDFRONT;
use floodmark_formats::synthetic::{Random, Record};
use floodmark_formats::time::{HOUR, Micros};

use crate::demo::incidents::clients::{Addresses, Client, OTHER_BUSY_CLIENT};
use crate::demo::incidents::condition::is;
use crate::demo::incidents::draw::weighted;
use crate::demo::incidents::effect::{Effect, Newcomers, Setting};
use crate::demo::incidents::incident::{Change, Incident, Source, Verdict};
use crate::demo::incidents::site;
use crate::demo::incidents::traffic::{Event, Tally, Traffic};

static TRAFFIC: Traffic = Traffic {
    log: &CLOUDFRONT,
    // The legacy form, which most buckets hold.
    fields: 33,
    resource: "E2EXAMPLE1234",
    folder: "AWSLogs/111122223333/CloudFront/",
    interval: HOUR,
    named_by_end: false,
    clients: 3000,
    addresses: Addresses::BothVersions,
    visits_per_hour: 9000.0,
    tallies: &[
        Tally::Rows("requests"),
        Tally::Starts("errors", "sc_status", "5"),
        Tally::Sum("received_bytes", "cs_bytes"),
        Tally::Sum("sent_bytes", "sc_bytes"),
    ],
    client: "c_ip",
    visit,
    settle: |_| {},
    write,
};

pub(crate) static INCIDENTS: &[Incident] = &[
    Incident {
        name: "path",
        story: "Searches become ten times as many, from all clients and for all words",
        measure: "requests",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Multiply {
                factor: 10.0,
                of: &[is("cs_uri_stem", &["/search/*"])],
                set: &[],
            },
            any_of: &[&[is("cs_uri_stem", &["/search/*"])]],
        }],
    },
    Incident {
        name: "user-agent",
        story: "One kind of program, in all its versions, asks nine times as often",
        measure: "requests",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Multiply {
                factor: 9.0,
                of: &[is("cs_user_agent", &["okhttp"])],
                set: &[],
            },
            any_of: &[
                &[is("cs_user_agent", &["okhttp"])],
                &[is(
                    "cs_user_agent",
                    &["okhttp/4.9.0", "okhttp/4.10.0", "okhttp/4.11.0", "okhttp/4.12.0"],
                )],
            ],
        }],
    },
    Incident {
        name: "bytes-without-requests",
        story: "As many requests as before, but one client fetches huge objects",
        measure: "sent_bytes",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Alter {
                permille: 1000,
                of: &[is("c_ip", &[OTHER_BUSY_CLIENT.1])],
                set: &[("sc_bytes", Setting::Between(20_000_000, 60_000_000))],
            },
            any_of: &[&[is("c_ip", &[OTHER_BUSY_CLIENT.1])]],
        }],
    },
    Incident {
        name: "ipv6-prefix",
        story: "600 new addresses of one IPv6 site, each in a network of its own, ask fifteen times each",
        measure: "requests",
        verdict: Verdict::Contributors,
        source: Source::Traffic(&TRAFFIC),
        changes: &[Change {
            effect: Effect::Join {
                who: Newcomers::Within("2001:db8:77::/48", 600),
                visits_each: 15,
                like: None,
                set: &[],
            },
            any_of: &[&[is("c_ip", &["2001:db8:77::/48"])]],
        }],
    },
];

fn visit(client: &Client, at: Micros, random: &mut Random) -> Vec<Event> {
    let values = vec![
        ("x_edge_location", client.edge.to_owned()),
        ("sc_bytes", site::answer_bytes(random)),
        ("c_ip", client.address.clone()),
        ("cs_method", site::method(random).to_owned()),
        ("x_host_header", site::domain(random).to_owned()),
        ("cs_uri_stem", site::path(random)),
        ("sc_status", site::status(random).to_owned()),
        ("cs_user_agent", client.user_agent.clone()),
        ("result", weighted(random, &[("Hit", 70), ("Miss", 25), ("RefreshHit", 5)]).to_owned()),
        ("cs_bytes", site::request_bytes(random)),
        ("time_taken", site::seconds(random)),
        ("ssl_protocol", client.tls.to_owned()),
        ("ssl_cipher", client.cipher.to_owned()),
        ("c_port", random.between(1024, 65_535).to_string()),
    ];
    vec![Event { at, logged: at, values }]
}

fn write(event: &Event, record: &mut Record) {
    let value = |column| event.get(column).unwrap_or("-");
    let bytes: u64 = value("sc_bytes").parse().unwrap_or_default();
    record.set("cs_user_agent", value("cs_user_agent").replace(' ', "%20"));
    record.set("cs_uri_query", "-");
    let result = if value("sc_status").starts_with('5') { "Error" } else { value("result") };
    for column in
        ["x_edge_result_type", "x_edge_response_result_type", "x_edge_detailed_result_type"]
    {
        record.set(column, result);
    }
    // Ids are unlike each other; this follows from what makes the row unlike the others.
    let mut random = Random::new(event.at.cast_unsigned());
    record.set("x_edge_request_id", format!("{:016x}{:016x}==", random.number(), random.number()));
    record.set("cs_protocol", "https");
    record.set("time_to_first_byte", value("time_taken"));
    record.set("sc_content_len", bytes.saturating_sub(300).to_string());
}

//! Queries to the resolver of a VPC.

use floodmark_formats::log_types::ROUTE53_RESOLVER;
use floodmark_formats::synthetic::{Random, Record};
use floodmark_formats::time::{MINUTE, Micros};

use crate::demo::incidents::clients::{Addresses, Client};
use crate::demo::incidents::condition::is;
use crate::demo::incidents::draw::weighted;
use crate::demo::incidents::effect::{Effect, Setting};
use crate::demo::incidents::incident::{Change, Incident, Source, Verdict};
use crate::demo::incidents::traffic::{Event, Tally, Traffic};

static TRAFFIC: Traffic = Traffic {
    log: &ROUTE53_RESOLVER,
    fields: 19,
    resource: "vpc-0a1b2c3d4e5f60718",
    folder: "",
    interval: 5 * MINUTE,
    named_by_end: true,
    clients: 60,
    addresses: Addresses::Instances,
    visits_per_hour: 8000.0,
    tallies: &[Tally::Rows("queries"), Tally::Starts("unknown_names", "rcode", "NXDOMAIN")],
    client: "srcaddr",
    visit,
    settle: |_| {},
    write,
};

pub(crate) static INCIDENTS: &[Incident] = &[Incident {
    name: "dns-burst",
    story: "All instances ask for random names below one domain",
    measure: "queries",
    verdict: Verdict::Contributors,
    source: Source::Traffic(&TRAFFIC),
    changes: &[Change {
        effect: Effect::Multiply {
            factor: 1.9,
            of: &[],
            set: &[("query_name", Setting::Below("lookup.example.net."))],
        },
        // Nobody asks for other names below example.net.
        any_of: &[
            &[is("query_name", &["*.lookup.example.net"])],
            &[is("query_name", &["*.example.net"])],
        ],
    }],
}];

fn visit(client: &Client, at: Micros, random: &mut Random) -> Vec<Event> {
    let name = match random.below(10) {
        0..=2 => format!("cache-{}.internal.example.com.", random.below(8)),
        3..=4 => format!("db-{}.internal.example.com.", random.below(4)),
        5 => "api.example.com.".to_owned(),
        6 => "s3.eu-west-1.amazonaws.com.".to_owned(),
        7 => "sqs.eu-west-1.amazonaws.com.".to_owned(),
        8 => format!("updates-{}.example.org.", random.below(6)),
        _ => format!("{}.1.0.10.in-addr.arpa.", random.below(60)),
    };
    let kind = weighted(random, &[("A", 70), ("AAAA", 25), ("TXT", 5)]);
    let code = weighted(random, &[("NOERROR", 95), ("NXDOMAIN", 4), ("SERVFAIL", 1)]);
    let values = vec![
        ("srcaddr", client.address.clone()),
        ("srcport", random.between(1024, 65_535).to_string()),
        ("query_name", name),
        ("query_type", kind.to_owned()),
        ("rcode", code.to_owned()),
        ("srcids", format!(r#"{{"instance":"i-0a1b2c3d4e5f6{:04x}"}}"#, client.rank)),
        ("transport", weighted(random, &[("UDP", 98), ("TCP", 2)]).to_owned()),
    ];
    vec![Event { at, logged: at, values }]
}

fn write(event: &Event, record: &mut Record) {
    let answered = event.get("rcode") == Some("NOERROR");
    let answers =
        if answered { r#"[{"Rdata":"203.0.113.9","Type":"A","Class":"IN"}]"# } else { "[]" };
    record.set("answers", answers);
    for column in ["firewall_rule_action", "firewall_rule_group_id", "firewall_domain_list_id"] {
        record.set(column, "null");
    }
}

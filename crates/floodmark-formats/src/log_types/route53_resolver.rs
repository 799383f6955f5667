//! Route 53 Resolver query logs: one JSON object a DNS query from a VPC.

use crate::athena::{RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    A_DAY, Clock, Encoding, LogType, Mark, Sample, Shape, TimeForm, Written, between, int, nested,
    text,
};
use crate::measure::{Measure, count_if, distinct, records, share};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("queries", "Queries"),
    count_if("errors", "Queries without an answer (not NOERROR)", "rcode <> 'NOERROR'"),
    share("error_ratio", "Share of queries without an answer (not NOERROR)", "rcode <> 'NOERROR'"),
    count_if(
        "unknown_names",
        "Queries for names that do not exist (NXDOMAIN)",
        "rcode = 'NXDOMAIN'",
    ),
    count_if("blocks", "Queries that the DNS Firewall blocked", "firewall_rule_action = 'BLOCK'"),
    distinct("clients", "Distinct clients", "srcaddr"),
    distinct("names", "Distinct names asked for", "query_name"),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] = &[
    dimension("instance", "srcids.instance", Kind::Category),
    dimension("resolver_endpoint", "srcids.resolver_endpoint", Kind::Category),
    dimension("answer", "element_at(answers, 1).rdata", Kind::Category),
    dimension("answer_type", "element_at(answers, 1).type", Kind::Category),
];
use crate::time::MINUTE;

/// The Route 53 Resolver query log.
pub static ROUTE53_RESOLVER: LogType = LogType {
    name: "route53_resolver",
    aliases: &["r53_rlogs"],
    title: "Route 53 Resolver query log",
    page: "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html",
    encoding: Encoding::Json,
    folder: "AWSLogs/{account}/vpcdnsquerylogs/{resource}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &["{resource}_vpcdnsquerylogs_{account}_{time}_{random}"],
    event_time: &[Clock::Iso("query_timestamp")],
    event_end: &[],
    windows: &[
        // Some records come late and say so in `additional_properties`.
        between("query_timestamp", Written::Iso, -A_DAY, 15 * MINUTE),
        between("event_time", Written::Timestamp, -A_DAY, 15 * MINUTE),
    ],
    fields: &[
        text("version", "The version of the log's format.").sample(Sample::OneOf(&["1.100000"])),
        text("account_id", "The owner of the VPC.").sample(Sample::OneOf(&["111122223333"])),
        text("region", "The VPC's region.").sample(Sample::OneOf(&["eu-west-1"])),
        text("vpc_id", "The VPC that the query came from.")
            .sample(Sample::OneOf(&["vpc-0a1b2c3d4e5f60718"])),
        text("query_timestamp", "When the query came, in UTC.")
            .kind(Kind::Time)
            .sample(Sample::Time(TimeForm::IsoSecondsZ)),
        text("query_name", "The name that was asked for, mostly with a point at its end.")
            .kind(Kind::Domain)
            .sample(Sample::OneOf(&[
                "www.example.com.",
                "api.example.com.",
                "s3.eu-west-1.amazonaws.com.",
                "20.1.0.10.in-addr.arpa.",
            ])),
        text("query_type", "The type of record that was asked for, such as `A`.")
            .sample(Sample::OneOf(&["A", "A", "AAAA", "PTR", "TXT"])),
        text("query_class", "The class of the query: `IN`.").sample(Sample::OneOf(&["IN"])),
        text("rcode", "The answer's code, such as `NOERROR` or `NXDOMAIN`.")
            .sample(Sample::OneOf(&["NOERROR", "NOERROR", "NOERROR", "NXDOMAIN"])),
        nested(
            "answers",
            "array<struct<Rdata: string,Type: string,Class: string>>",
            "The records of the answer.",
        )
        .sample(Sample::OneOf(&[r#"[{"Rdata":"203.0.113.9","Type":"A","Class":"IN"}]"#, "[]"])),
        text("srcaddr", "The address that the query came from.")
            .kind(Kind::Address)
            .sample(Sample::Address),
        int("srcport", "", "The port that the query came from.")
            .kind(Kind::Identifier)
            .sample(Sample::Port),
        text("transport", "`UDP`, `TCP` or another.").sample(Sample::OneOf(&["UDP", "UDP", "TCP"])),
        nested(
            "srcids",
            "struct<instance: string,resolver_endpoint: string>",
            "The instance or Resolver endpoint that the query came from.",
        )
        .sample(Sample::OneOf(&[r#"{"instance":"i-0a1b2c3d4e5f60718"}"#, "{}"])),
        text("firewall_rule_action", "What the DNS Firewall did: `ALERT`, `BLOCK` or `ALLOW`.")
            .sample(Sample::OneOf(&["null", "null", "BLOCK"])),
        text("firewall_rule_group_id", "The DNS Firewall's rule group.")
            .sample(Sample::OneOf(&["null", "rslvr-frg-0a1b2c3d4e5f6071"])),
        text("firewall_domain_list_id", "The DNS Firewall's domain list.")
            .sample(Sample::OneOf(&["null", "rslvr-fdl-0a1b2c3d4e5f6071"])),
        text("resource_id", "What the query came from, where logging belongs to a profile.")
            .sample(Sample::OneOf(&["null"])),
        text("additional_properties", "More, as JSON text, such as whether the record is late.")
            .sample(Sample::OneOf(&["null"])),
    ],
    fields_min: 1,
    marks: &[
        Mark { column: "query_name", shape: Shape::Present },
        Mark { column: "query_timestamp", shape: Shape::Present },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("srcaddr"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: &[table(
        "r53_rlogs",
        "querying-r53-resolver-logs-creating-the-table",
        RowFormat::Json,
        17,
    )],
};

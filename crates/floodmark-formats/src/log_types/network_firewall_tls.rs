//! Network Firewall TLS logs: one JSON object a TLS inspection that failed or asked for a revocation.

use crate::athena::{RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, LogType, Mark, Sample, Shape, TimeForm, Written, between, nested, text,
};
use crate::measure::{Measure, count_if, distinct, records};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("inspections", "Records of TLS inspection"),
    count_if("errors", "TLS errors", "event.tls_error.error_message IS NOT NULL"),
    count_if("revocations", "Revoked certificates", "event.revocation_check.status = 'REVOKED'"),
    distinct("sources", "Distinct senders", "event.src_ip"),
    distinct("destinations", "Distinct receivers", "event.dest_ip"),
    distinct("names", "Distinct server names", "event.sni"),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] = &[
    dimension("source", "event.src_ip", Kind::Address),
    dimension("source_port", "event.src_port", Kind::Port),
    dimension("destination", "event.dest_ip", Kind::Address),
    dimension("destination_port", "event.dest_port", Kind::Port),
    dimension("service_port", "least(event.src_port, event.dest_port)", Kind::Port),
    dimension("protocol", "event.proto", Kind::Category),
    dimension("application", "event.app_proto", Kind::Category),
    dimension("sni", "event.sni", Kind::Domain),
    dimension("error", "event.tls_error.error_message", Kind::Category),
    dimension("revocation_status", "event.revocation_check.status", Kind::Category),
    dimension("revocation_action", "event.revocation_check.action", Kind::Category),
];
use crate::time::MINUTE;

/// The Network Firewall TLS log. AWS documents no table of it: this one is made like that of the alert log.
pub static NETWORK_FIREWALL_TLS: LogType = LogType {
    name: "network_firewall_tls",
    aliases: &["network_firewall_tls_logs"],
    title: "Network Firewall TLS log",
    page: "https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html",
    encoding: Encoding::Json,
    folder: "AWSLogs/{account}/network-firewall/tls/{region}/{resource}/{yyyy}/{MM}/{dd}/{HH}/",
    key_time: "yyyyMMddHHmm",
    keys: &["{account}_network-firewall_tls_{region}_{resource}_{time}_{random}"],
    event_time: &[Clock::EpochSeconds("event_timestamp")],
    event_end: &[],
    windows: &[between("event_time", Written::Timestamp, -15 * MINUTE, 15 * MINUTE)],
    fields: &[
        text("firewall_name", "The firewall.").sample(Sample::OneOf(&["edge"])),
        text("availability_zone", "The availability zone of the firewall's endpoint.")
            .sample(Sample::OneOf(&["eu-west-1a", "eu-west-1b"])),
        text("event_timestamp", "When the record was made, in seconds since 1970.").kind(Kind::Time)
            .sample(Sample::Time(TimeForm::EpochSeconds)),
        nested(
            "event",
            "struct<timestamp:string,flow_id:bigint,event_type:string,src_ip:string,src_port:int,dest_ip:string,dest_port:int,proto:string,app_proto:string,sni:string,tls_inspected:boolean,tls_error:struct<error_message:string>,revocation_check:struct<leaf_cert_fpr:string,status:string,action:string>>",
            "The TLS error, or the outcome of the revocation check.",
        )
        .sample(Sample::OneOf(&[
            r#"{"timestamp":"2024-10-05T01:05:12.637611Z","event_type":"tls","src_ip":"10.0.1.20","src_port":"49152","dest_ip":"203.0.113.4","dest_port":"443","sni":"www.example.com","tls_error":{"error_message":"SSL_R_TLSV1_ALERT_UNKNOWN_CA"}}"#,
            r#"{"timestamp":"2024-10-05T01:05:13.001402Z","event_type":"tls","src_ip":"10.0.1.20","src_port":"49153","dest_ip":"203.0.113.5","dest_port":"443","sni":"revoked.example.com","revocation_check":{"leaf_cert_fpr":"1234567890EXAMPLE0987654321","status":"REVOKED","action":"DROP"}}"#,
        ])),
    ],
    fields_min: 1,
    // The three logs of the firewall have the same keys at the top.
    marks: &[
        Mark { column: "firewall_name", shape: Shape::Present },
        Mark { column: "event", shape: Shape::EventType("tls") },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("event.src_ip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: &[
        table("network_firewall_tls_logs", "", RowFormat::Json, 4),
    ],
};

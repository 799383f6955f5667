//! Network Firewall alert logs: one JSON object a match of a stateful rule.

use crate::athena::{AthenaTable, RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, LogType, Mark, Sample, Shape, TimeForm, Written, between, nested, text,
};
use crate::measure::{Measure, count_if, distinct, records, share};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("alerts", "Alerts"),
    count_if("blocks", "Alerts whose traffic was blocked", "event.alert.action = 'blocked'"),
    share(
        "block_ratio",
        "Share of alerts whose traffic was blocked",
        "event.alert.action = 'blocked'",
    ),
    count_if("severe", "Alerts of the highest severity", "event.alert.severity = 1"),
    distinct("sources", "Distinct senders", "event.src_ip"),
    distinct("destinations", "Distinct receivers", "event.dest_ip"),
    distinct("signatures", "Distinct signatures", "event.alert.signature_id"),
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
    dimension("flow", "event.flow_id", Kind::Identifier),
    dimension("sni", "event.sni", Kind::Domain),
    dimension("alert_action", "event.alert.action", Kind::Category),
    dimension("signature", "event.alert.signature", Kind::Category),
    dimension("signature_id", "event.alert.signature_id", Kind::Category),
    dimension("category", "event.alert.category", Kind::Category),
    dimension("severity", "event.alert.severity", Kind::Category),
];
use crate::time::MINUTE;

/// The Network Firewall alert log.
pub static NETWORK_FIREWALL_ALERT: LogType = LogType {
    name: "network_firewall_alert",
    aliases: &["network_firewall_alert_logs"],
    title: "Network Firewall alert log",
    page: "https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html",
    encoding: Encoding::Json,
    folder: "AWSLogs/{account}/network-firewall/alert/{region}/{resource}/{yyyy}/{MM}/{dd}/{HH}/",
    key_time: "yyyyMMddHHmm",
    keys: &["{account}_network-firewall_alert_{region}_{resource}_{time}_{random}"],
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
            "struct<timestamp:string,flow_id:bigint,event_type:string,src_ip:string,src_port:int,dest_ip:string,dest_port:int,proto:string,app_proto:string,sni:string,tls_inspected:boolean,tls_error:struct<error_message:string>,revocation_check:struct<leaf_cert_fpr:string,status:string,action:string>,alert:struct<alert_id:string,alert_type:string,action:string,signature_id:int,rev:int,signature:string,category:string,severity:int,rule_name:string,alert_name:string,alert_severity:string,alert_description:string,file_name:string,file_hash:string,packet_capture:string,reference_links:array<string>>,src_country:string,dest_country:string,src_hostname:string,dest_hostname:string,user_agent:string,url:string>",
            "The alert, as Suricata writes it.",
        )
        .sample(Sample::OneOf(&[
            r#"{"timestamp":"2024-10-05T01:05:12.637611+0000","flow_id":1582438383425873,"event_type":"alert","src_ip":"10.0.1.20","src_port":49152,"dest_ip":"203.0.113.4","dest_port":443,"proto":"TCP","app_proto":"tls","alert":{"action":"blocked","signature_id":1000001,"rev":1,"signature":"not on the list","category":"","severity":1},"verdict":{"action":"drop"}}"#,
            r#"{"timestamp":"2024-10-05T01:05:13.001402+0000","flow_id":721563012345678,"event_type":"alert","src_ip":"198.51.100.30","src_port":40022,"dest_ip":"10.0.2.31","dest_port":22,"proto":"TCP","alert":{"action":"allowed","signature_id":1000002,"rev":3,"signature":"SSH from outside","category":"Attempted Information Leak","severity":2}}"#,
        ])),
    ],
    fields_min: 1,
    // The three logs of the firewall have the same keys at the top.
    marks: &[
        Mark { column: "firewall_name", shape: Shape::Present },
        Mark { column: "event", shape: Shape::EventType("alert") },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("event.src_ip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: TABLES,
};

/// The tables that AWS documents, the newest first.
const TABLES: &[AthenaTable] = &[table(
    "network_firewall_alert_logs",
    "querying-network-firewall-logs-sample-alert-logs-table",
    RowFormat::Json,
    4,
)];

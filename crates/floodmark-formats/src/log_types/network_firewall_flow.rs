//! Network Firewall flow logs: one JSON object a direction of a flow.

use crate::athena::{AthenaTable, RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, LogType, Mark, Sample, Shape, TimeForm, Written, nested, text, until,
};
use crate::measure::{Measure, distinct, mean, p95, records, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("flows", "Flows, one for each direction"),
    sum("bytes", "Bytes", "bytes", "event.netflow.bytes"),
    sum("packets", "Packets", "", "event.netflow.pkts"),
    distinct("sources", "Distinct senders", "event.src_ip"),
    distinct("destinations", "Distinct receivers", "event.dest_ip"),
    sum("total_duration", "Time spent in flows", "s", "event.netflow.age"),
    mean("mean_duration", "Mean duration", "s", "event.netflow.age"),
    p95("p95_duration", "95th percentile of the duration", "s", "event.netflow.age"),
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
];
use crate::time::MINUTE;

/// The Network Firewall flow log. A flow of both directions has two records.
pub static NETWORK_FIREWALL_FLOW: LogType = LogType {
    name: "network_firewall_flow",
    aliases: &["network_firewall_netflow_logs"],
    title: "Network Firewall flow log",
    page: "https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html",
    encoding: Encoding::Json,
    folder: "AWSLogs/{account}/network-firewall/flow/{region}/{resource}/{yyyy}/{MM}/{dd}/{HH}/",
    key_time: "yyyyMMddHHmm",
    keys: &["{account}_network-firewall_flow_{region}_{resource}_{time}_{random}"],
    event_time: &[Clock::EpochSeconds("event_timestamp")],
    event_end: &[],
    windows: &[until("event_time", Written::Timestamp, 15 * MINUTE)],
    fields: &[
        text("firewall_name", "The firewall.").sample(Sample::OneOf(&["edge"])),
        text("availability_zone", "The availability zone of the firewall's endpoint.")
            .sample(Sample::OneOf(&["eu-west-1a", "eu-west-1b"])),
        text("event_timestamp", "When the record was made, in seconds since 1970.").kind(Kind::Time)
            .sample(Sample::Time(TimeForm::EpochSeconds)),
        // The log writes the TCP flags beside `netflow`, not in it: the documented `tcp_flags` is NULL in every row.
        nested(
            "event",
            "struct<timestamp:string,flow_id:bigint,event_type:string,src_ip:string,src_port:int,dest_ip:string,dest_port:int,proto:string,app_proto:string,tls_inspected:boolean,netflow:struct<pkts:int,bytes:bigint,start:string,`end`:string,age:int,min_ttl:int,max_ttl:int,tcp_flags:struct<syn:boolean,fin:boolean,rst:boolean,psh:boolean,ack:boolean,urg:boolean>>>",
            "The flow, as Suricata writes it.",
        )
        .sample(Sample::OneOf(&[
            r#"{"timestamp":"2024-10-05T01:05:12.637611+0000","flow_id":1582438383425873,"event_type":"netflow","src_ip":"10.0.1.20","src_port":49152,"dest_ip":"203.0.113.4","dest_port":443,"proto":"TCP","app_proto":"tls","tcp":{"tcp_flags":"1b","syn":true,"fin":true,"psh":true,"ack":true},"netflow":{"pkts":12,"bytes":2144,"start":"2024-10-05T01:04:11.000000+0000","end":"2024-10-05T01:04:12.000000+0000","age":1,"min_ttl":63,"max_ttl":63}}"#,
            r#"{"timestamp":"2024-10-05T01:05:12.637690+0000","flow_id":1582438383425873,"event_type":"netflow","src_ip":"203.0.113.4","src_port":443,"dest_ip":"10.0.1.20","dest_port":49152,"proto":"TCP","app_proto":"tls","tcp":{"tcp_flags":"1b","syn":true,"fin":true,"psh":true,"ack":true},"netflow":{"pkts":14,"bytes":18230,"start":"2024-10-05T01:04:11.000000+0000","end":"2024-10-05T01:04:12.000000+0000","age":1,"min_ttl":52,"max_ttl":52}}"#,
        ])),
    ],
    fields_min: 1,
    // The three logs of the firewall have the same keys at the top.
    marks: &[
        Mark { column: "firewall_name", shape: Shape::Present },
        Mark { column: "event", shape: Shape::EventType("netflow") },
    ],
    hole: None,
    observation: Observation::Direction,
    client: Some("event.src_ip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: TABLES,
};

/// The tables that AWS documents, the newest first.
const TABLES: &[AthenaTable] = &[table(
    "network_firewall_netflow_logs",
    "querying-network-firewall-logs-sample-netflow-logs-table",
    RowFormat::Json,
    4,
)];

//! Global Accelerator flow logs: one line a flow of an accelerator and capture window.

use crate::athena::{RowFormat, table};
use crate::kind::Kind;
use crate::log_type::{
    Clock, Encoding, Header, LogType, Mark, Quotes, Sample, Shape, TimeForm, Written, between,
    bigint, int, text,
};
use crate::measure::{Measure, count_if, distinct, records, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("flows", "Flows"),
    sum("bytes", "Bytes", "bytes", "numbytes"),
    sum("received_bytes", "Bytes from clients", "bytes", "if(direction = 'INGRESS', numbytes)"),
    sum("sent_bytes", "Bytes to clients", "bytes", "if(direction = 'EGRESS', numbytes)"),
    sum("packets", "Packets", "", "numpackets"),
    count_if("rejects", "Flows that were rejected", "action = 'REJECT'"),
    distinct("clients", "Distinct clients", "nullif(clientip, '-')"),
];
use crate::time::MINUTE;

/// The Global Accelerator flow log: 22 fields in version 1.0, 23 in 2.0, 24 today.
pub static GLOBAL_ACCELERATOR: LogType = LogType {
    name: "global_accelerator",
    aliases: &["aga_flow_logs"],
    title: "Global Accelerator flow log",
    page: "https://docs.aws.amazon.com/global-accelerator/latest/dg/monitoring-global-accelerator.flow-logs.html",
    encoding: Encoding::Words { separators: b" ", quotes: Quotes::None, header: Header::Names },
    folder: "AWSLogs/{account}/globalaccelerator/us-west-2/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &["{account}_globalaccelerator_{resource}_{time}_{random}"],
    event_time: &[Clock::EpochSeconds("starttime")],
    event_end: &[Clock::EpochSeconds("endtime")],
    windows: &[
        between("starttime", Written::EpochSeconds, -30 * MINUTE, 15 * MINUTE),
        between("endtime", Written::EpochSeconds, -30 * MINUTE, 15 * MINUTE),
        between("event_time", Written::Timestamp, -30 * MINUTE, 15 * MINUTE),
        between("event_end", Written::Timestamp, -30 * MINUTE, 15 * MINUTE),
    ],
    fields: &[
        text("version", "The version of the log's format.").sample(Sample::OneOf(&["2.0"])),
        text("account", "The accelerator's owner.")
            .written("aws_account_id")
            .sample(Sample::OneOf(&["111122223333"])),
        text("acceleratorid", "The accelerator.")
            .written("accelerator_id")
            .sample(Sample::OneOf(&["0a1b2c3d-0000-4000-8000-00000000000a"])),
        text("clientip", "The client's address.")
            .kind(Kind::Address)
            .written("client_ip")
            .sample(Sample::Address),
        int("clientport", "", "The client's port.")
            .kind(Kind::Identifier)
            .written("client_port")
            .sample(Sample::Port),
        text("gip", "The accelerator's address.")
            .kind(Kind::Address)
            .written("accelerator_ip")
            .sample(Sample::OneOf(&["198.51.100.1", "198.51.100.2"])),
        int("gipport", "", "The accelerator's port.")
            .kind(Kind::Port)
            .written("accelerator_port")
            .sample(Sample::OneOf(&["443", "443", "80"])),
        text("endpointip", "The endpoint's address.")
            .kind(Kind::Address)
            .written("endpoint_ip")
            .sample(Sample::OneOf(&["10.0.1.20", "10.0.2.31"])),
        int("endpointport", "", "The endpoint's port.")
            .kind(Kind::Port)
            .written("endpoint_port")
            .sample(Sample::OneOf(&["443", "443", "80"])),
        text("protocol", "The protocol, by name or IANA number.")
            .sample(Sample::OneOf(&["TCP", "TCP", "UDP"])),
        text("ipaddresstype", "`IPV4` or `IPV6`.")
            .written("ip_address_type")
            .sample(Sample::OneOf(&["IPV4"])),
        bigint("numpackets", "", "How many packets the flow had; 0 if it was alive but idle.")
            .kind(Kind::Quantity)
            .written("packets")
            .sample(Sample::Between(0, 400)),
        int("numbytes", "bytes", "How many bytes the flow had; NULL above 2,147,483,647.")
            .written("bytes")
            .sample(Sample::Between(40, 600_000)),
        int("starttime", "s", "When the window began, in seconds since 1970.")
            .kind(Kind::Time)
            .written("start_time")
            .sample(Sample::Time(TimeForm::EpochSeconds)),
        int("endtime", "s", "When the window ended, in seconds since 1970.")
            .kind(Kind::Time)
            .written("end_time")
            .sample(Sample::Time(TimeForm::EpochSeconds)),
        text("action", "What was done with the flow: `ACCEPT`.").sample(Sample::OneOf(&["ACCEPT"])),
        text(
            "logstatus",
            "`OK`, `NODATA` without traffic, or `SKIPDATA` where records are missing.",
        )
        .written("log-status")
        .sample(Sample::OneOf(&["OK"])),
        text("agasourceip", "The address that the endpoint sees; `-` where it sees the client's.")
            .kind(Kind::Address)
            .written("globalaccelerator_source_ip")
            .sample(Sample::OneOf(&["-", "198.51.100.200"])),
        int("agasourceport", "", "The port that the endpoint sees; 0 where it sees the client's.")
            .kind(Kind::Identifier)
            .written("globalaccelerator_source_port")
            .sample(Sample::OneOf(&["0", "41234"])),
        text("endpointregion", "The endpoint's region.")
            .written("endpoint_region")
            .sample(Sample::OneOf(&["eu-west-1", "us-east-1"])),
        text("agaregion", "The edge location that served it.")
            .written("globalaccelerator_region")
            .sample(Sample::OneOf(&["FRA6-2", "JFK6-2"])),
        text("direction", "`INGRESS` or `EGRESS`.").sample(Sample::OneOf(&["INGRESS", "EGRESS"])),
        text("vpc_id", "The endpoint's VPC, since version 2.0.")
            .sample(Sample::OneOf(&["vpc-0a1b2c3d4e5f60718"])),
        text("reject_reason", "Why it was rejected, such as `BPA`; often empty.")
            .sample(Sample::OneOf(&["-", "-", "BPA"])),
    ],
    fields_min: 22,
    marks: &[
        Mark { column: "version", shape: Shape::Decimal },
        Mark { column: "starttime", shape: Shape::Digits },
        Mark { column: "endtime", shape: Shape::Digits },
        Mark { column: "logstatus", shape: Shape::OneOf(&["OK", "NODATA", "SKIPDATA"]) },
    ],
    hole: Some(("logstatus", "SKIPDATA")),
    observation: Observation::Direction,
    client: Some("clientip"),
    measures: MEASURES,
    dimensions: &[],
    athena: &[table(
        "aga_flow_logs",
        "querying-global-accelerator-flow-logs",
        RowFormat::Delimited(' '),
        24,
    )
    .skipping(1)],
};

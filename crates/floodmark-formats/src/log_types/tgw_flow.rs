//! Transit Gateway flow logs: one line a flow through a transit gateway and capture window.

use crate::athena::{RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, Header, LogType, Mark, Quotes, Sample, Shape, TimeForm, Written, between,
    bigint, int, text,
};
use crate::measure::{Measure, distinct, records, sum};
use crate::observation::{Attachments, Observation};

/// What tells at which attachment a record was made.
const ATTACHMENTS: Attachments = Attachments {
    attachment: "tgw_attachment_id",
    other: "tgw_pair_attachment_id",
    direction: "flow_direction",
};

/// What it measures.
const MEASURES: &[Measure] = &[
    records("flows", "Flows"),
    sum("bytes", "Bytes", "bytes", "bytes"),
    sum("packets", "Packets", "", "packets"),
    sum(
        "packets_lost",
        "Packets lost",
        "",
        "coalesce(packets_lost_no_route, 0) + coalesce(packets_lost_blackhole, 0) + coalesce(packets_lost_mtu_exceeded, 0) + coalesce(packets_lost_ttl_expired, 0)",
    ),
    distinct("sources", "Distinct senders", "nullif(srcaddr, '-')"),
    distinct("destinations", "Distinct receivers", "nullif(dstaddr, '-')"),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] =
    &[dimension("service_port", "least(srcport, dstport)", Kind::Port)];
use crate::time::MINUTE;

/// The Transit Gateway flow log: all 36 fields by default, or those that a header names.
pub static TGW_FLOW: LogType = LogType {
    name: "tgw_flow",
    aliases: &[],
    title: "Transit Gateway flow log",
    page: "https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html",
    encoding: Encoding::Words {
        separators: b" ",
        quotes: Quotes::None,
        header: Header::NamesOfChoice,
    },
    // The names are those of VPC flow logs; the content tells them apart.
    folder: "AWSLogs/{account}/vpcflowlogs/{region}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &[
        "{account}_vpcflowlogs_{region}_{resource}_{time}_{random}",
        "{account}_vpcflowlogs_{region}_{resource}_{time}",
    ],
    event_time: &[Clock::EpochSeconds("start")],
    event_end: &[Clock::EpochSeconds("end")],
    windows: &[
        between("start", Written::EpochSeconds, -20 * MINUTE, 10 * MINUTE),
        between("end", Written::EpochSeconds, -10 * MINUTE, 10 * MINUTE),
        between("event_time", Written::Timestamp, -20 * MINUTE, 10 * MINUTE),
        between("event_end", Written::Timestamp, -10 * MINUTE, 10 * MINUTE),
    ],
    fields: &[
        int("version", "", "The version of the log's format.").sample(Sample::OneOf(&["6"])),
        text("resource_type", "What the flow went through: always `TransitGateway`.")
            .written("resource-type")
            .sample(Sample::OneOf(&["TransitGateway"])),
        text("account_id", "The transit gateway's owner.")
            .written("account-id")
            .sample(Sample::OneOf(&["111122223333"])),
        text("tgw_id", "The transit gateway.")
            .written("tgw-id")
            .sample(Sample::OneOf(&["tgw-0a1b2c3d4e5f60718"])),
        text("tgw_attachment_id", "The attachment that the log belongs to.")
            .written("tgw-attachment-id")
            .sample(Sample::OneOf(&[
                "tgw-attach-0a1b2c3d4e5f60718",
                "tgw-attach-0b2c3d4e5f6071829",
            ])),
        text("tgw_src_vpc_account_id", "The owner of the sender's VPC.")
            .written("tgw-src-vpc-account-id")
            .sample(Sample::OneOf(&["111122223333"])),
        text("tgw_dst_vpc_account_id", "The owner of the receiver's VPC.")
            .written("tgw-dst-vpc-account-id")
            .sample(Sample::OneOf(&["111122223333", "-"])),
        text("tgw_src_vpc_id", "The sender's VPC.")
            .written("tgw-src-vpc-id")
            .sample(Sample::OneOf(&["vpc-0a1b2c3d4e5f60718"])),
        text("tgw_dst_vpc_id", "The receiver's VPC.")
            .written("tgw-dst-vpc-id")
            .sample(Sample::OneOf(&["vpc-0b2c3d4e5f6071829", "-"])),
        text("tgw_src_subnet_id", "The sender's subnet.")
            .written("tgw-src-subnet-id")
            .sample(Sample::OneOf(&["subnet-0a1b2c3d4e5f60718"])),
        text("tgw_dst_subnet_id", "The receiver's subnet.")
            .written("tgw-dst-subnet-id")
            .sample(Sample::OneOf(&["subnet-0b2c3d4e5f6071829", "-"])),
        text("tgw_src_eni", "The attachment's network interface on the sender's side.")
            .written("tgw-src-eni")
            .sample(Sample::OneOf(&["eni-0a1b2c3d4e5f60718"])),
        text("tgw_dst_eni", "The attachment's network interface on the receiver's side.")
            .written("tgw-dst-eni")
            .sample(Sample::OneOf(&["eni-0b2c3d4e5f6071829", "-"])),
        text("tgw_src_az_id", "The sender's availability zone, by id.")
            .written("tgw-src-az-id")
            .sample(Sample::OneOf(&["euw1-az1", "euw1-az2"])),
        text("tgw_dst_az_id", "The receiver's availability zone, by id.")
            .written("tgw-dst-az-id")
            .sample(Sample::OneOf(&["euw1-az1", "euw1-az2", "-"])),
        text("tgw_pair_attachment_id", "The attachment at the flow's other end.")
            .written("tgw-pair-attachment-id")
            .sample(Sample::OneOf(&["tgw-attach-0c3d4e5f60718293a"])),
        text("srcaddr", "The sender's address.").kind(Kind::Address).sample(Sample::Address),
        text("dstaddr", "The receiver's address.").kind(Kind::Address).sample(Sample::Address),
        int("srcport", "", "The sender's port.").kind(Kind::Port).sample(Sample::Port),
        int("dstport", "", "The receiver's port.")
            .kind(Kind::Port)
            .sample(Sample::OneOf(&["443", "443", "80", "53", "5432"])),
        bigint("protocol", "", "The IANA protocol number: 6 is TCP, 17 UDP, 1 ICMP.")
            .sample(Sample::OneOf(&["6", "6", "6", "17"])),
        bigint("packets", "", "How many packets the flow had in the window.")
            .kind(Kind::Quantity)
            .sample(Sample::Between(1, 400)),
        bigint("bytes", "bytes", "How many bytes the flow had in the window.")
            .sample(Sample::Between(40, 600_000)),
        bigint("start", "s", "When the first packet of the window came, in seconds since 1970.")
            .kind(Kind::Time)
            .sample(Sample::Time(TimeForm::EpochSeconds)),
        bigint("end", "s", "When the last packet of the window came, in seconds since 1970.")
            .kind(Kind::Time)
            .sample(Sample::Time(TimeForm::EpochSeconds)),
        text(
            "log_status",
            "`OK`, `NODATA` without traffic, or `SKIPDATA` where records are missing.",
        )
        .written("log-status")
        .sample(Sample::OneOf(&["OK"])),
        text("type", "`IPv4` or `IPv6`.").sample(Sample::OneOf(&["IPv4"])),
        bigint("packets_lost_no_route", "", "Packets lost for want of a route.")
            .kind(Kind::Quantity)
            .written("packets-lost-no-route")
            .sample(Sample::OneOf(&["0"])),
        bigint("packets_lost_blackhole", "", "Packets lost to a blackhole route.")
            .kind(Kind::Quantity)
            .written("packets-lost-blackhole")
            .sample(Sample::OneOf(&["0"])),
        bigint("packets_lost_mtu_exceeded", "", "Packets lost because they were too large.")
            .kind(Kind::Quantity)
            .written("packets-lost-mtu-exceeded")
            .sample(Sample::OneOf(&["0"])),
        bigint("packets_lost_ttl_expired", "", "Packets lost because their time to live was over.")
            .kind(Kind::Quantity)
            .written("packets-lost-ttl-expired")
            .sample(Sample::OneOf(&["0"])),
        int("tcp_flags", "", "TCP flags, OR-ed: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.")
            .written("tcp-flags")
            .sample(Sample::OneOf(&["2", "18", "24", "0"])),
        text("region", "The transit gateway's region.").sample(Sample::OneOf(&["eu-west-1"])),
        text("flow_direction", "`ingress` or `egress`, seen from the transit gateway.")
            .written("flow-direction")
            .sample(Sample::OneOf(&["ingress", "egress"])),
        text("pkt_src_aws_service", "The AWS service that the sender's address belongs to.")
            .written("pkt-src-aws-service")
            .sample(Sample::OneOf(&["-"])),
        text("pkt_dst_aws_service", "The AWS service that the receiver's address belongs to.")
            .written("pkt-dst-aws-service")
            .sample(Sample::OneOf(&["-", "-", "S3"])),
    ],
    // Without a header: the default format. A header may name fewer.
    fields_min: 36,
    marks: &[
        Mark { column: "version", shape: Shape::Digits },
        Mark { column: "resource_type", shape: Shape::OneOf(&["TransitGateway"]) },
        Mark { column: "tgw_id", shape: Shape::StartsWith(&["tgw-", "-"]) },
    ],
    hole: Some(("log_status", "SKIPDATA")),
    observation: Observation::Attachments(ATTACHMENTS),
    client: Some("srcaddr"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: &[
        table("tgw_flow_logs", "", RowFormat::Delimited(' '), usize::MAX).skipping(1),
        table("tgw_flow_logs_parquet", "", RowFormat::Parquet, usize::MAX),
    ],
};

//! VPC flow logs: one line a flow of a network interface and capture window.

use crate::athena::{RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, Header, LogType, Mark, Quotes, Sample, Shape, TimeForm, Written, between,
    bigint, int, text,
};
use crate::measure::{Measure, count_if, distinct, records, share, sum};
use crate::observation::{Interfaces, Observation};

/// What tells at which interface a record was made.
const INTERFACES: Interfaces = Interfaces {
    interface: "interface_id",
    source: "srcaddr",
    destination: "dstaddr",
    packet_source: "pkt_srcaddr",
    packet_destination: "pkt_dstaddr",
    direction: "flow_direction",
    instance: "instance_id",
    purpose: "interface_type",
    forwarding: &["nat_gateway", "regional_nat_gateway", "transit_gateway"],
    bytes: "bytes",
    packets: "packets",
    action: "action",
};

/// What it measures.
const MEASURES: &[Measure] = &[
    records("flows", "Flows"),
    sum("bytes", "Bytes", "bytes", "bytes"),
    sum("packets", "Packets", "", "packets"),
    count_if("rejects", "Flows that were rejected", "action = 'REJECT'"),
    share("reject_ratio", "Share of flows that were rejected", "action = 'REJECT'"),
    distinct("sources", "Distinct senders", "nullif(srcaddr, '-')"),
    distinct("destinations", "Distinct receivers", "nullif(dstaddr, '-')"),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] =
    &[dimension("service_port", "least(srcport, dstport)", Kind::Port)];
use crate::time::MINUTE;

/// The VPC flow log, versions 2 to 11, in any choice and order of fields that a header names.
pub static VPC_FLOW: LogType = LogType {
    name: "vpc_flow",
    aliases: &["vpc_flow_logs", "vpc_flow_logs_parquet"],
    title: "VPC flow log",
    page: "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
    encoding: Encoding::Words {
        separators: b" ",
        quotes: Quotes::None,
        header: Header::NamesOfChoice,
    },
    folder: "AWSLogs/{account}/vpcflowlogs/{region}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &[
        "{account}_vpcflowlogs_{region}_{resource}_{time}_{random}",
        "{account}_vpcflowlogs_{region}_{resource}_{time}",
    ],
    event_time: &[Clock::EpochSeconds("start")],
    event_end: &[Clock::EpochSeconds("end")],
    windows: &[
        // The time is the start of the five minutes in which the windows ended. A window lasts up to ten minutes.
        between("start", Written::EpochSeconds, -20 * MINUTE, 10 * MINUTE),
        between("end", Written::EpochSeconds, -10 * MINUTE, 10 * MINUTE),
        between("event_time", Written::Timestamp, -20 * MINUTE, 10 * MINUTE),
        between("event_end", Written::Timestamp, -10 * MINUTE, 10 * MINUTE),
    ],
    fields: &[
        int("version", "", "The highest version among the chosen fields.")
            .sample(Sample::OneOf(&["11"])),
        text("account_id", "The interface's owner; `unknown` at times.")
            .written("account-id")
            .sample(Sample::OneOf(&["111122223333"])),
        text("interface_id", "The network interface; `-` for a regional NAT gateway.")
            .written("interface-id")
            .sample(Sample::OneOf(&["eni-0a1b2c3d4e5f60718", "eni-0b2c3d4e5f6071829"])),
        text(
            "srcaddr",
            "The sender's address; at the interface's own end its primary private one.",
        )
        .kind(Kind::Address)
        .sample(Sample::Address),
        text(
            "dstaddr",
            "The receiver's address; at the interface's own end its primary private one.",
        )
        .kind(Kind::Address)
        .sample(Sample::Address),
        int("srcport", "", "The sender's port; 0 for ICMP.").kind(Kind::Port).sample(Sample::Port),
        int("dstport", "", "The receiver's port; 0 for ICMP.")
            .kind(Kind::Port)
            .sample(Sample::OneOf(&["443", "443", "80", "53", "22", "5432"])),
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
            "action",
            "Whether security groups and network ACLs let it pass: `ACCEPT` or `REJECT`.",
        )
        .sample(Sample::OneOf(&["ACCEPT", "ACCEPT", "ACCEPT", "REJECT"])),
        text(
            "log_status",
            "`OK`, `NODATA` without traffic, or `SKIPDATA` where records are missing.",
        )
        .written("log-status")
        .sample(Sample::OneOf(&["OK"])),
        text("vpc_id", "The interface's VPC.")
            .written("vpc-id")
            .sample(Sample::OneOf(&["vpc-0a1b2c3d4e5f60718"])),
        text("subnet_id", "The interface's subnet.")
            .written("subnet-id")
            .sample(Sample::OneOf(&["subnet-0a1b2c3d4e5f60718", "subnet-0b2c3d4e5f6071829"])),
        text("instance_id", "The interface's instance; `-` where a service owns the interface.")
            .written("instance-id")
            .sample(Sample::OneOf(&["i-0a1b2c3d4e5f60718", "i-0b2c3d4e5f6071829", "-"])),
        int("tcp_flags", "", "TCP flags of the window, OR-ed: FIN 1, SYN 2, RST 4, SYN-ACK 18.")
            .written("tcp-flags")
            .sample(Sample::OneOf(&["2", "3", "18", "19", "0"])),
        text("type", "`IPv4`, `IPv6` or `EFA`.").sample(Sample::OneOf(&["IPv4"])),
        text("pkt_srcaddr", "The sender's address as the packet bears it.")
            .kind(Kind::Address)
            .written("pkt-srcaddr")
            .sample(Sample::Address),
        text("pkt_dstaddr", "The receiver's address as the packet bears it.")
            .kind(Kind::Address)
            .written("pkt-dstaddr")
            .sample(Sample::Address),
        text("region", "The interface's region.").sample(Sample::OneOf(&["eu-west-1"])),
        text("az_id", "The interface's availability zone, by id.")
            .written("az-id")
            .sample(Sample::OneOf(&["euw1-az1", "euw1-az2"])),
        text("sublocation_type", "`wavelength`, `outpost` or `localzone`.")
            .written("sublocation-type")
            .sample(Sample::OneOf(&["-"])),
        text("sublocation_id", "The id of that sublocation.")
            .written("sublocation-id")
            .sample(Sample::OneOf(&["-"])),
        text("pkt_src_aws_service", "The AWS service that the sender's address belongs to.")
            .written("pkt-src-aws-service")
            .sample(Sample::OneOf(&["-", "-", "EC2", "CLOUDFRONT"])),
        text("pkt_dst_aws_service", "The AWS service that the receiver's address belongs to.")
            .written("pkt-dst-aws-service")
            .sample(Sample::OneOf(&["-", "-", "S3", "DYNAMODB"])),
        text("flow_direction", "`ingress` or `egress`, seen from the interface.")
            .written("flow-direction")
            .sample(Sample::OneOf(&["ingress", "egress"])),
        int(
            "traffic_path",
            "",
            "Which way outgoing traffic left, 1 to 8; 8 is an internet gateway.",
        )
        .written("traffic-path")
        .sample(Sample::OneOf(&["-", "1", "8"])),
        text("ecs_cluster_arn", "The ECS cluster's ARN.")
            .written("ecs-cluster-arn")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_cluster_name", "The ECS cluster's name.")
            .written("ecs-cluster-name")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_container_instance_arn", "The ARN of the ECS container instance.")
            .written("ecs-container-instance-arn")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_container_instance_id", "The id of the ECS container instance.")
            .written("ecs-container-instance-id")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_container_id", "The ECS task's first container.")
            .written("ecs-container-id")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_second_container_id", "The ECS task's second container.")
            .written("ecs-second-container-id")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_service_name", "The ECS service's name.")
            .written("ecs-service-name")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_task_definition_arn", "The ARN of the ECS task's definition.")
            .written("ecs-task-definition-arn")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_task_arn", "The ECS task's ARN.")
            .written("ecs-task-arn")
            .sample(Sample::OneOf(&["-"])),
        text("ecs_task_id", "The ECS task's id.")
            .written("ecs-task-id")
            .sample(Sample::OneOf(&["-"])),
        text("reject_reason", "Why it was rejected other than by rules: `BPA`, `EC` or `-`.")
            .written("reject-reason")
            .sample(Sample::OneOf(&["-", "-", "-", "BPA"])),
        text("resource_id", "The regional NAT gateway.")
            .written("resource-id")
            .sample(Sample::OneOf(&["-"])),
        int(
            "encryption_status",
            "",
            "How it was encrypted: 0 not, 1 by Nitro, 2 by the application, 3 by both.",
        )
        .written("encryption-status")
        .sample(Sample::OneOf(&["0", "1", "2"])),
        text("instance_tag", "The first chosen tag of the instance, percent-encoded.")
            .written("instance-tag")
            .sample(Sample::OneOf(&["web", "api"])),
        text("instance_tag_2", "The second chosen tag of the instance, percent-encoded.")
            .written("instance-tag-2")
            .sample(Sample::OneOf(&["-"])),
        text("interface_tag", "The first chosen tag of the interface, percent-encoded.")
            .written("interface-tag")
            .sample(Sample::OneOf(&["front%20end", "-"])),
        text("interface_tag_2", "The second chosen tag of the interface, percent-encoded.")
            .written("interface-tag-2")
            .sample(Sample::OneOf(&["-"])),
        text("asg_tag", "The first chosen tag of the Auto Scaling group, percent-encoded.")
            .written("asg-tag")
            .sample(Sample::OneOf(&["-"])),
        text("asg_tag_2", "The second chosen tag of the Auto Scaling group, percent-encoded.")
            .written("asg-tag-2")
            .sample(Sample::OneOf(&["-"])),
        text(
            "interface_type",
            "What a service's interface is for, such as `nat_gateway`; else `-`.",
        )
        .written("interface-type")
        .sample(Sample::OneOf(&["-", "-", "network_load_balancer", "nat_gateway"])),
        text("next_hop_interface_id", "The interface that outgoing traffic goes to next.")
            .written("next-hop-interface-id")
            .sample(Sample::OneOf(&["-", "eni-0c3d4e5f60718293a"])),
        text("next_hop_subnet_id", "The subnet of the next interface.")
            .written("next-hop-subnet-id")
            .sample(Sample::OneOf(&["-", "subnet-0c3d4e5f60718293a"])),
        text("next_hop_az_id", "The availability zone of the next interface, by id.")
            .written("next-hop-az-id")
            .sample(Sample::OneOf(&["-", "euw1-az2"])),
        text("next_hop_vpc_id", "The VPC of the next interface.")
            .written("next-hop-vpc-id")
            .sample(Sample::OneOf(&["-", "vpc-0a1b2c3d4e5f60718"])),
        text("next_hop_interface_type", "What the next interface is for.")
            .written("next-hop-interface-type")
            .sample(Sample::OneOf(&["-", "nat_gateway"])),
    ],
    // Without a header: the default format of version 2. A header may name fewer.
    fields_min: 14,
    marks: &[
        Mark { column: "version", shape: Shape::Digits },
        Mark { column: "start", shape: Shape::Digits },
        Mark { column: "end", shape: Shape::Digits },
        Mark { column: "action", shape: Shape::OneOf(&["ACCEPT", "REJECT", "-"]) },
        Mark { column: "log_status", shape: Shape::OneOf(&["OK", "NODATA", "SKIPDATA"]) },
    ],
    hole: Some(("log_status", "SKIPDATA")),
    observation: Observation::Interfaces(INTERFACES),
    client: Some("srcaddr"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: &[
        table(
            "vpc_flow_logs",
            "vpc-flow-logs-create-table-statement",
            RowFormat::Delimited(' '),
            29,
        )
        .skipping(1),
        table(
            "test_table_vpclogs",
            "vpc-flow-logs-partition-projection",
            RowFormat::Delimited(' '),
            29,
        )
        .skipping(1)
        .without(&["region"]),
        table("vpc_flow_logs", "vpc-flow-logs", RowFormat::Delimited(' '), 14)
            .skipping(1)
            .renamed(&[
                ("account_id", "account"),
                ("interface_id", "interfaceid"),
                ("srcaddr", "sourceaddress"),
                ("dstaddr", "destinationaddress"),
                ("srcport", "sourceport"),
                ("dstport", "destinationport"),
                ("packets", "numpackets"),
                ("bytes", "numbytes"),
                ("start", "starttime"),
                ("end", "endtime"),
                ("log_status", "logstatus"),
            ])
            .retyped(&[("protocol", "int"), ("packets", "int"), ("start", "int"), ("end", "int")]),
        table("vpc_flow_logs_parquet", "vpc-flow-logs-parquet", RowFormat::Parquet, 29),
        table(
            "test_table_vpclogs_parquet",
            "vpc-flow-logs-partition-projection-parquet-example",
            RowFormat::Parquet,
            29,
        )
        .without(&["region"]),
    ],
};

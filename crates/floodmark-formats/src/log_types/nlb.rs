//! Network Load Balancer access logs: one line a TLS connection, written when it ends.

use crate::athena::{RowFormat, table};
use crate::kind::Kind;
use crate::log_type::{
    Clock, Encoding, Header, INTERVAL_AFTER, LogType, Mark, Quotes, Sample, Shape,
    TWO_INTERVALS_BEFORE, TimeForm, Written, address_and_port, between, bigint, double, int, text,
    until,
};
use crate::measure::{Measure, count_if, distinct, mean, p95, records, share, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("connections", "Connections"),
    count_if("errors", "Connections without a TLS handshake", "tls_cipher_suite = '-'"),
    share("error_ratio", "Share of connections without a TLS handshake", "tls_cipher_suite = '-'"),
    count_if(
        "tls_alerts",
        "Connections on which the client sent a TLS alert",
        "incoming_tls_alert IS NOT NULL",
    ),
    sum("received_bytes", "Bytes received from clients", "bytes", "received_bytes"),
    sum("sent_bytes", "Bytes sent to clients", "bytes", "sent_bytes"),
    distinct("clients", "Distinct clients", "client_ip"),
    sum("total_duration", "Time spent in connections", "ms", "tcp_connection_time_ms"),
    mean("mean_duration", "Mean duration", "ms", "tcp_connection_time_ms"),
    p95("p95_duration", "95th percentile of the duration", "ms", "tcp_connection_time_ms"),
    p95("p95_handshake", "95th percentile of the TLS handshake", "ms", "tls_handshake_time_ms"),
];

/// The Network Load Balancer's access log, versions 1.0 (18 fields) and 2.0 (21 and 22 fields).
pub static NLB: LogType = LogType {
    name: "nlb",
    aliases: &["nlb_tls_logs"],
    title: "Network Load Balancer access log",
    page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html",
    encoding: Encoding::Words {
        separators: b" ",
        quotes: Quotes::None,
        header: Header::None,
    },
    folder: "AWSLogs/{account}/elasticloadbalancing/{region}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &["{account}_elasticloadbalancing_{region}_net.{resource}_{time}_{random}"],
    event_time: &[
        Clock::Iso("tls_connection_creation_time"),
        Clock::IsoLess("time", "tcp_connection_time_ms"),
    ],
    event_end: &[Clock::Iso("time")],
    windows: &[
        // The object holds the connections that ended in the five minutes before its time. They may have begun days before.
        between("time", Written::Iso, TWO_INTERVALS_BEFORE, INTERVAL_AFTER),
        between(
            "event_end",
            Written::Timestamp,
            TWO_INTERVALS_BEFORE,
            INTERVAL_AFTER,
        ),
        until("tls_connection_creation_time", Written::Iso, INTERVAL_AFTER),
        until("event_time", Written::Timestamp, INTERVAL_AFTER),
    ],
    fields: &[
        text("type", "The type of listener: always `tls`.").sample(Sample::OneOf(&["tls"])),
        text("version", "The version of the log's format.").sample(Sample::OneOf(&["2.0"])),
        text("time", "When the connection ended, in UTC.").kind(Kind::Time).sample(Sample::Time(TimeForm::IsoSeconds)),
        text("elb", "The load balancer.").sample(Sample::OneOf(&["net/front/0a1b2c3d4e5f6071"])),
        text("listener_id", "The listener.")
            .written("listener")
            .sample(Sample::Hex(16)),
        address_and_port(
            "client:port",
            "client_ip",
            "client_port",
            "The client's address.",
        ),
        address_and_port(
            "destination:port",
            "target_ip",
            "target_port",
            "The listener's address, or the VPC endpoint's: not the target's, whatever the name says.",
        ).kind(Kind::Port),
        double(
            "tcp_connection_time_ms",
            "ms",
            "How long the connection lasted, from start to close.",
        )
        .written("connection_time")
        .sample(Sample::Between(20, 9000)),
        double(
            "tls_handshake_time_ms",
            "ms",
            "How long the TLS handshake took; a part of the connection's time.",
        )
        .written("tls_handshake_time")
        .sample(Sample::Between(1, 90)),
        bigint(
            "received_bytes",
            "bytes",
            "Bytes received from the client, after decryption.",
        ),
        bigint(
            "sent_bytes",
            "bytes",
            "Bytes sent to the client, before encryption.",
        ),
        int(
            "incoming_tls_alert",
            "",
            "The TLS alert that the load balancer received from the client.",
        )
        .sample(Sample::OneOf(&["-"])),
        text(
            "cert_arn",
            "The certificate served; `-` without a valid client hello.",
        )
        .written("chosen_cert_arn")
        .sample(Sample::OneOf(&[
            "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000001",
        ])),
        text("certificate_serial", "Reserved: always `-`.")
            .written("chosen_cert_serial")
            .sample(Sample::OneOf(&["-"])),
        text("tls_cipher_suite", "The cipher suite, by OpenSSL's name.")
            .written("tls_cipher")
            .sample(Sample::OneOf(&[
                "ECDHE-RSA-AES128-GCM-SHA256",
                "TLS_AES_128_GCM_SHA256",
            ])),
        text(
            "tls_protocol_version",
            "The TLS version: `tlsv10` to `tlsv13`.",
        )
        .sample(Sample::OneOf(&["tlsv12", "tlsv13"])),
        text(
            "tls_named_group",
            "The key exchange, since 2026; `-` before.",
        )
        .written("tls_keyexchange")
        .sample(Sample::OneOf(&["-"])),
        text(
            "domain_name",
            "The server name that the client asked for, URL-encoded.",
        ).kind(Kind::Domain)
        .sample(Sample::OneOf(&["www.example.com", "api.example.com"])),
        text(
            "alpn_fe_protocol",
            "The application protocol negotiated with the client.",
        )
        .sample(Sample::OneOf(&["h2", "http/1.1", "-"])),
        text(
            "alpn_be_protocol",
            "The application protocol negotiated with the target.",
        )
        .sample(Sample::OneOf(&["-"])),
        text(
            "alpn_client_preference_list",
            "The application protocols that the client offered, cut at 256 bytes.",
        )
        .sample(Sample::OneOf(&["\"h2\",\"http/1.1\"", "-"])),
        text(
            "tls_connection_creation_time",
            "When the connection began, in UTC.",
        ).kind(Kind::Time)
        .sample(Sample::Time(TimeForm::IsoSeconds)),
    ],
    fields_min: 18,
    marks: &[
        Mark {
            column: "type",
            shape: Shape::OneOf(&["tls"]),
        },
        Mark {
            column: "time",
            shape: Shape::Iso,
        },
        Mark {
            column: "elb",
            shape: Shape::StartsWith(&["net/"]),
        },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("client_ip"),
    measures: MEASURES,
    dimensions: &[],
    athena: &[
        table("nlb_tls_logs", "networkloadbalancer-classic-logs", RowFormat::Regex(PATTERN), 24),
        table("nlb_tls_logs", "networkloadbalancer-classic-logs", RowFormat::Regex(PATTERN), 23),
    ],
};

/// The pattern of Athena's table, as it is once Hive has read its literal.
const PATTERN: &str = r#"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*):([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-0-9]*) ([-0-9]*) ([-0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?"#;

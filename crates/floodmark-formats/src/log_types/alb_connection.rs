//! Application Load Balancer connection logs: one line a connection, written when it was made or failed.

use crate::athena::{RowFormat, table};
use crate::kind::Kind;
use crate::log_type::{
    Clock, Encoding, Header, INTERVAL_AFTER, LogType, Mark, Quotes, Sample, Shape,
    TWO_INTERVALS_BEFORE, TimeForm, Written, between, double, int, text,
};
use crate::measure::{Measure, count_if, distinct, mean, p95, records, share};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("connections", "Connections"),
    count_if(
        "errors",
        "Connections whose TLS handshake failed",
        "tls_verify_status LIKE 'Failed%'",
    ),
    share(
        "error_ratio",
        "Share of connections whose TLS handshake failed",
        "tls_verify_status LIKE 'Failed%'",
    ),
    distinct("clients", "Distinct clients", "client_ip"),
    mean("mean_handshake", "Mean duration of the TLS handshake", "s", "tls_handshake_latency"),
    p95("p95_handshake", "95th percentile of the TLS handshake", "s", "tls_handshake_latency"),
];

/// The Application Load Balancer's connection log: 11 or 12 fields from 2023, 15 in 2026.
pub static ALB_CONNECTION: LogType = LogType {
    name: "alb_connection",
    aliases: &["alb_connection_logs"],
    title: "Application Load Balancer connection log",
    page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html",
    encoding: Encoding::Words { separators: b" ", quotes: Quotes::Double, header: Header::None },
    folder: "AWSLogs/{account}/elasticloadbalancing/{region}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &[
        "conn_log_{account}_elasticloadbalancing_{region}_app.{resource}_{time}_{node}_{random}",
    ],
    event_time: &[Clock::Iso("time")],
    event_end: &[],
    windows: &[
        between("time", Written::Iso, TWO_INTERVALS_BEFORE, INTERVAL_AFTER),
        between("event_time", Written::Timestamp, TWO_INTERVALS_BEFORE, INTERVAL_AFTER),
    ],
    fields: &[
        text("time", "When the connection was made or failed, in UTC.")
            .kind(Kind::Time)
            .written("timestamp")
            .sample(Sample::Time(TimeForm::IsoMicros)),
        text("client_ip", "The client's address.").kind(Kind::Address).sample(Sample::Address),
        int("client_port", "", "The client's port.").kind(Kind::Identifier).sample(Sample::Port),
        int("listener_port", "", "The listener's port.")
            .kind(Kind::Port)
            .sample(Sample::OneOf(&["443", "443", "443", "8443"])),
        text("tls_protocol", "The TLS version; `-` without TLS.")
            .sample(Sample::OneOf(&["TLSv1.3", "TLSv1.2"])),
        text("tls_cipher", "The cipher suite; `-` without TLS.")
            .sample(Sample::OneOf(&["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"])),
        double("tls_handshake_latency", "s", "How long the TLS handshake took; `-` without one.")
            .sample(Sample::Fraction(3)),
        text("leaf_client_cert_subject", "Whom the client's certificate names.")
            .quoted()
            .sample(Sample::OneOf(&["-", "CN=client.example.com,O=Example,C=DE"])),
        text(
            "leaf_client_cert_validity",
            "When the client's certificate is valid: `NotBefore=…;NotAfter=…`.",
        )
        .sample(Sample::OneOf(&[
            "-",
            "NotBefore=2024-01-01T00:00:00Z;NotAfter=2026-01-01T00:00:00Z",
        ])),
        text(
            "leaf_client_cert_serial_number",
            "The client certificate's serial number, hexadecimal.",
        )
        .sample(Sample::OneOf(&["-", "05a1b2c3d4e5f60718293a4b5c6d7e8f"])),
        text("tls_verify_status", "`Success`, or `Failed:` and why; `-` without TLS.")
            .sample(Sample::OneOf(&["Success", "Success", "Success", "Failed:ClientCertExpired"])),
        text("conn_trace_id", "The connection's id, the same as in the access log.")
            .kind(Kind::Identifier)
            .sample(Sample::OneOf(&[
                "TID_3f9c2b7a1d5e4c60a1b2c3d4e5f60718",
                "TID_81e0d7c6b5a4493827160f5e4d3c2b1a",
                "TID_c4d5e6f708192a3b4c5d6e7f8091a2b3",
            ])),
        text("tls_keyexchange", "The key exchange, since 2026.").sample(Sample::OneOf(&[
            "X25519MLKEM768",
            "X25519",
            "secp256r1",
        ])),
        text("elb", "The load balancer, since 2026.")
            .sample(Sample::OneOf(&["app/front/0a1b2c3d4e5f6071"])),
        text("ip_address", "The address of the load balancer's node, since 2026.")
            .kind(Kind::Address)
            .sample(Sample::OneOf(&["203.0.113.20", "203.0.113.21"])),
    ],
    // Lines of 2023 may lack the connection's id.
    fields_min: 11,
    marks: &[
        Mark { column: "time", shape: Shape::Iso },
        Mark { column: "client_ip", shape: Shape::Address },
        Mark { column: "client_port", shape: Shape::Digits },
        Mark { column: "listener_port", shape: Shape::Digits },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("client_ip"),
    measures: MEASURES,
    dimensions: &[],
    athena: &[table(
        "alb_connection_logs",
        "create-alb-connection-logs-table",
        RowFormat::Regex(PATTERN),
        12,
    )],
};

/// The pattern of Athena's table, as it is once Hive has read its literal.
const PATTERN: &str = r#"([^ ]*) ([^ ]*) ([0-9]*) ([0-9]*) ([A-Za-z0-9.-]*) ([^ ]*) ([-.0-9]*) "([^"]*)" ([^ ]*) ([^ ]*) ([^ ]*) ?([^ ]*)?( .*)?"#;

//! Classic Load Balancer access logs: one line a request or TCP connection.

use crate::athena::{RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, Header, INTERVAL_AFTER, LogType, Mark, Quotes, Sample, Shape, TimeForm,
    Written, address_and_port, bigint, double, request, text, until,
};
use crate::measure::{Measure, count_if, distinct, mean, p95, records, share, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("requests", "Requests or connections"),
    count_if(
        "errors",
        "Requests answered with an error of the server (5xx)",
        "elb_response_code LIKE '5%'",
    ),
    share(
        "error_ratio",
        "Share of requests answered with an error of the server (5xx)",
        "elb_response_code LIKE '5%'",
    ),
    count_if(
        "client_errors",
        "Requests answered with an error of the client (4xx)",
        "elb_response_code LIKE '4%'",
    ),
    count_if(
        "target_errors",
        "Requests that the instance answered with an error (5xx)",
        "backend_response_code LIKE '5%'",
    ),
    sum("received_bytes", "Bytes received from clients", "bytes", "received_bytes"),
    sum("sent_bytes", "Bytes sent to clients", "bytes", "sent_bytes"),
    distinct("clients", "Distinct clients", "request_ip"),
    sum(
        "total_duration",
        "Time spent in requests",
        "s",
        "if(request_processing_time >= 0 AND backend_processing_time >= 0 AND client_response_time >= 0, request_processing_time + backend_processing_time + client_response_time)",
    ),
    mean(
        "mean_duration",
        "Mean duration",
        "s",
        "if(request_processing_time >= 0 AND backend_processing_time >= 0 AND client_response_time >= 0, request_processing_time + backend_processing_time + client_response_time)",
    ),
    p95(
        "p95_duration",
        "95th percentile of the duration",
        "s",
        "if(request_processing_time >= 0 AND backend_processing_time >= 0 AND client_response_time >= 0, request_processing_time + backend_processing_time + client_response_time)",
    ),
    p95(
        "p95_target_duration",
        "95th percentile of the instance's time to its first answer",
        "s",
        "if(backend_processing_time >= 0, backend_processing_time)",
    ),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] = &[
    dimension("host", "url_extract_host(url)", Kind::Domain),
    dimension("path", "url_extract_path(url)", Kind::Path),
    dimension("query", "url_extract_query(url)", Kind::QueryString),
];

/// The Classic Load Balancer's access log: 12 fields in 2014 and 2015, 15 since.
pub static CLB: LogType = LogType {
    name: "clb",
    aliases: &["elb_logs"],
    title: "Classic Load Balancer access log",
    page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/access-log-collection.html",
    encoding: Encoding::Words { separators: b" ", quotes: Quotes::Double, header: Header::None },
    folder: "AWSLogs/{account}/elasticloadbalancing/{region}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &["{account}_elasticloadbalancing_{region}_{label}_{time}_{node}_{random}"],
    event_time: &[Clock::Iso("timestamp")],
    event_end: &[],
    windows: &[
        // The interval may be 5 or 60 minutes, and the time is that of the arrival: a TCP connection may have lasted for days.
        until("timestamp", Written::Iso, INTERVAL_AFTER),
        until("event_time", Written::Timestamp, INTERVAL_AFTER),
    ],
    fields: &[
        text("timestamp", "When the request arrived, in UTC.")
            .kind(Kind::Time)
            .written("time")
            .sample(Sample::Time(TimeForm::IsoMicros)),
        text("elb_name", "The load balancer's name.")
            .written("elb")
            .sample(Sample::OneOf(&["my-loadbalancer"])),
        address_and_port("client:port", "request_ip", "request_port", "The client's address."),
        address_and_port(
            "backend:port",
            "backend_ip",
            "backend_port",
            "The instance's address; empty where the request reached none.",
        )
        .kind(Kind::Port),
        double(
            "request_processing_time",
            "s",
            "From the request's arrival to its sending on; -1 if it was not sent.",
        )
        .sample(Sample::Fraction(6)),
        double(
            "backend_processing_time",
            "s",
            "From sending on to the instance's first answer; -1 without one.",
        )
        .sample(Sample::Fraction(6)),
        double(
            "client_response_time",
            "s",
            "From the instance's first answer to the response's start; -1 without one.",
        )
        .written("response_processing_time")
        .sample(Sample::Fraction(6)),
        text("elb_response_code", "The status that the load balancer answered with; `-` for TCP.")
            .kind(Kind::Status)
            .written("elb_status_code")
            .sample(Sample::OneOf(&["200", "200", "200", "404", "503"])),
        text("backend_response_code", "The status that the instance answered with; `-` for TCP.")
            .kind(Kind::Status)
            .written("backend_status_code")
            .sample(Sample::OneOf(&["200", "200", "200", "404", "0"])),
        bigint("received_bytes", "bytes", "The request's size: for HTTP the body only.")
            .sample(Sample::Between(0, 4000)),
        bigint("sent_bytes", "bytes", "The response's size: for HTTP the body only.")
            .sample(Sample::Between(0, 90000)),
        request("request", "request_verb", "url", "protocol").sample(Sample::OneOf(&[
            "GET http://www.example.com:80/ HTTP/1.1",
            "GET https://www.example.com:443/products?page=2 HTTP/1.1",
            "POST https://www.example.com:443/login HTTP/1.1",
        ])),
        text("user_agent", "What the client calls itself, in the double quotes of the log.")
            .kind(Kind::UserAgent)
            .quotes_kept()
            .sample(Sample::OneOf(&[
                "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
                "curl/7.38.0",
                "-",
            ])),
        text("ssl_cipher", "The cipher suite; `-` without TLS.").sample(Sample::OneOf(&[
            "ECDHE-RSA-AES128-GCM-SHA256",
            "DHE-RSA-AES128-SHA",
            "-",
        ])),
        text("ssl_protocol", "The TLS version; `-` without TLS.")
            .sample(Sample::OneOf(&["TLSv1.2", "TLSv1.2", "-"])),
    ],
    fields_min: 12,
    marks: &[
        Mark { column: "timestamp", shape: Shape::Iso },
        // A connection log of an Application Load Balancer may hold a lone `-` in all these places, but not here.
        Mark {
            column: "request_processing_time",
            shape: Shape::StartsWith(&["-1", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        },
        Mark { column: "elb_response_code", shape: Shape::Digits },
        Mark { column: "backend_response_code", shape: Shape::Digits },
        Mark { column: "received_bytes", shape: Shape::Digits },
        Mark { column: "sent_bytes", shape: Shape::Digits },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("request_ip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: &[
        table("elb_logs", "elasticloadbalancer-classic-logs", RowFormat::Regex(PATTERN), 19),
        table("elb_logs", "elasticloadbalancer-classic-logs", RowFormat::Regex(PATTERN), 19)
            .renamed(&[
                ("timestamp", "request_timestamp"),
                ("client_response_time", "response_processing_time"),
            ]),
    ],
};

/// The pattern of Athena's table, as it is once Hive has read its literal.
const PATTERN: &str = r#"([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) \"([^ ]*) ([^ ]*) (- |[^ ]*)\" ("[^"]*") ([A-Z0-9-]+) ([A-Za-z0-9.-]*)$"#;

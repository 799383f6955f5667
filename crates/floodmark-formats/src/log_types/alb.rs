//! Application Load Balancer access logs: one line a request, written when it was answered.

use crate::athena::{RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, Header, INTERVAL_AFTER, LogType, Mark, Quotes, Sample, Shape,
    TWO_INTERVALS_BEFORE, TimeForm, Written, address_and_port, between, bigint, double, int,
    request, text, until,
};
use crate::measure::{Measure, count_if, distinct, mean, p95, records, share, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("requests", "Requests"),
    count_if(
        "errors",
        "Requests answered with an error of the server (5xx)",
        "elb_status_code >= 500",
    ),
    share(
        "error_ratio",
        "Share of requests answered with an error of the server (5xx)",
        "elb_status_code >= 500",
    ),
    count_if(
        "client_errors",
        "Requests answered with an error of the client (4xx)",
        "elb_status_code BETWEEN 400 AND 499",
    ),
    count_if(
        "target_errors",
        "Requests that the target answered with an error (5xx)",
        "target_status_code LIKE '5%'",
    ),
    sum("received_bytes", "Bytes received from clients", "bytes", "received_bytes"),
    sum("sent_bytes", "Bytes sent to clients", "bytes", "sent_bytes"),
    distinct("clients", "Distinct clients", "client_ip"),
    sum(
        "total_duration",
        "Time spent in requests",
        "s",
        "if(request_processing_time >= 0 AND target_processing_time >= 0 AND response_processing_time >= 0, request_processing_time + target_processing_time + response_processing_time)",
    ),
    mean(
        "mean_duration",
        "Mean duration",
        "s",
        "if(request_processing_time >= 0 AND target_processing_time >= 0 AND response_processing_time >= 0, request_processing_time + target_processing_time + response_processing_time)",
    ),
    p95(
        "p95_duration",
        "95th percentile of the duration",
        "s",
        "if(request_processing_time >= 0 AND target_processing_time >= 0 AND response_processing_time >= 0, request_processing_time + target_processing_time + response_processing_time)",
    ),
    p95(
        "p95_target_duration",
        "95th percentile of the target's time to its first answer",
        "s",
        "if(target_processing_time >= 0, target_processing_time)",
    ),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] = &[
    dimension("host", "url_extract_host(request_url)", Kind::Domain),
    dimension("path", "url_extract_path(request_url)", Kind::Path),
    dimension("query", "url_extract_query(request_url)", Kind::QueryString),
];

/// The Application Load Balancer's access log, from 20 fields (before 2018) to 34 (2026).
pub static ALB: LogType = LogType {
    name: "alb",
    aliases: &["alb_access_logs"],
    title: "Application Load Balancer access log",
    page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
    encoding: Encoding::Words { separators: b" ", quotes: Quotes::Double, header: Header::None },
    folder: "AWSLogs/{account}/elasticloadbalancing/{region}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &["{account}_elasticloadbalancing_{region}_app.{resource}_{time}_{node}_{random}"],
    event_time: &[Clock::Iso("time")],
    event_end: &[],
    windows: &[
        // The object holds the requests that were answered in the five minutes before its time. A WebSocket may have begun days before.
        between("time", Written::Iso, TWO_INTERVALS_BEFORE, INTERVAL_AFTER),
        between("event_time", Written::Timestamp, TWO_INTERVALS_BEFORE, INTERVAL_AFTER),
        until("request_creation_time", Written::Iso, INTERVAL_AFTER),
    ],
    fields: &[
        text("type", "The kind of request: `http`, `https`, `h2`, `grpcs`, `ws` or `wss`.")
            .sample(Sample::OneOf(&["https", "https", "h2", "http"])),
        text("time", "When the response was made or the WebSocket closed, in UTC.").kind(Kind::Time)
            .sample(Sample::Time(TimeForm::IsoMicros)),
        text("elb", "The load balancer.").sample(Sample::OneOf(&["app/front/0a1b2c3d4e5f6071"])),
        address_and_port("client:port", "client_ip", "client_port", "The client's address."),
        address_and_port(
            "target:port",
            "target_ip",
            "target_port",
            "The target's address; empty where the request reached none.",
        ).kind(Kind::Port),
        double("request_processing_time", "s", "From the request's arrival to its sending on; -1 if it was not sent.")
            .sample(Sample::Fraction(3)),
        double("target_processing_time", "s", "From sending on to the target's first answer; -1 without one.")
            .sample(Sample::Fraction(3)),
        double("response_processing_time", "s", "From the target's first answer to the response's start; -1 without one.")
            .sample(Sample::Fraction(3)),
        int("elb_status_code", "", "The status that the load balancer answered with.").kind(Kind::Status)
            .sample(Sample::OneOf(&["200", "200", "200", "200", "304", "404", "502"])),
        text("target_status_code", "The status that the target answered with; `-` without an answer.").kind(Kind::Status)
            .sample(Sample::OneOf(&["200", "200", "200", "304", "404", "-"])),
        bigint("received_bytes", "bytes", "The request's size, headers included.")
            .sample(Sample::Between(150, 4000)),
        bigint("sent_bytes", "bytes", "The response's size, headers included.")
            .sample(Sample::Between(200, 90000)),
        request("request", "request_verb", "request_url", "request_proto").sample(Sample::OneOf(&[
            "GET https://www.example.com:443/ HTTP/1.1",
            "GET https://www.example.com:443/products?page=2 HTTP/2.0",
            "POST https://api.example.com:443/v1/orders HTTP/1.1",
            "GET http://www.example.com:80/robots.txt HTTP/1.1",
        ])),
        text("user_agent", "What the client calls itself, cut at 8 KB.").kind(Kind::UserAgent).quoted().sample(
            Sample::OneOf(&[
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
                "curl/8.7.1",
                "-",
            ]),
        ),
        text("ssl_cipher", "The cipher suite of the client's connection; `-` without TLS.")
            .sample(Sample::OneOf(&["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"])),
        text("ssl_protocol", "The TLS version of the client's connection; `-` without TLS.")
            .sample(Sample::OneOf(&["TLSv1.3", "TLSv1.2"])),
        text("target_group_arn", "The target group.").sample(Sample::OneOf(&[
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/73e2d6bc24d8a067",
        ])),
        text("trace_id", "The request's `X-Amzn-Trace-Id` header.").kind(Kind::Identifier).quoted().sample(Sample::OneOf(&[
            "Root=1-67008f12-1c5d3e7f0a9b8c7d6e5f4a3b",
            "Root=1-67008f13-2b4d6f8091a3c5e70f1e2d3c",
            "Root=1-67008f14-7a6b5c4d3e2f10897a6b5c4d",
        ])),
        text("domain_name", "The server name that the client asked for in TLS.").kind(Kind::Domain)
            .quoted()
            .sample(Sample::OneOf(&["www.example.com", "api.example.com", "-"])),
        text("chosen_cert_arn", "The certificate served; `session-reused` if the session was resumed.")
            .quoted()
            .sample(Sample::OneOf(&[
                "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000001",
                "session-reused",
            ])),
        text("matched_rule_priority", "The priority of the rule that matched: 0 is the default rule, -1 an error.")
            .sample(Sample::OneOf(&["0", "0", "10", "20"])),
        text("request_creation_time", "When the request arrived, in UTC.").kind(Kind::Time).sample(Sample::Time(TimeForm::IsoMicros)),
        text("actions_executed", "What the load balancer did, separated by commas.")
            .quoted()
            .sample(Sample::OneOf(&["forward", "forward", "waf,forward", "redirect"])),
        text("redirect_url", "Where the client was redirected to.").kind(Kind::Url)
            .quoted()
            .sample(Sample::OneOf(&["-"])),
        text("lambda_error_reason", "Why an action failed, such as a Lambda, WAF or sign-in error.")
            .written("error_reason")
            .quoted()
            .sample(Sample::OneOf(&["-"])),
        text("target_port_list", "The addresses of the targets that were tried.")
            .written("target:port_list")
            .quoted()
            .sample(Sample::OneOf(&["10.0.1.20:8080", "10.0.2.31:8080", "-"])),
        text("target_status_code_list", "The statuses that the tried targets answered with.")
            .quoted()
            .sample(Sample::OneOf(&["200", "200", "404", "-"])),
        text("classification", "How risky the request's form is: `Acceptable`, `Ambiguous` or `Severe`.")
            .quoted()
            .sample(Sample::OneOf(&["-", "-", "-", "Acceptable", "Ambiguous"])),
        text("classification_reason", "What is irregular about the request's form.")
            .quoted()
            .sample(Sample::OneOf(&["-", "-", "-", "NonCompliantHeader", "SpaceInUri"])),
        text("conn_trace_id", "The connection's id, the same as in the connection log.").kind(Kind::Identifier).sample(
            Sample::OneOf(&[
                "TID_3f9c2b7a1d5e4c60a1b2c3d4e5f60718",
                "TID_81e0d7c6b5a4493827160f5e4d3c2b1a",
                "TID_c4d5e6f708192a3b4c5d6e7f8091a2b3",
            ]),
        ),
        text("transformed_host", "The host after a rule's rewriting, since 2025.").kind(Kind::Domain)
            .quoted()
            .sample(Sample::OneOf(&["-", "-", "internal.example.com"])),
        text("transformed_uri", "The path and query after a rule's rewriting, since 2025.").kind(Kind::Url)
            .quoted()
            .sample(Sample::OneOf(&["-", "-", "/v2/orders"])),
        text("request_transform_status", "Whether the rewriting succeeded, since 2025.")
            .quoted()
            .sample(Sample::OneOf(&["-", "-", "TransformSuccess"])),
        text("ip_address", "The address of the load balancer's node, since 2026.").kind(Kind::Address)
            .sample(Sample::OneOf(&["203.0.113.20", "203.0.113.21"])),
    ],
    fields_min: 20,
    // The kind of request is no mark: AWS may add one.
    marks: &[
        Mark { column: "time", shape: Shape::Iso },
        Mark { column: "elb", shape: Shape::StartsWith(&["app/"]) },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("client_ip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: &[
        table("alb_access_logs", "create-alb-access-logs-table", RowFormat::Regex(PATTERN), 34),
        table("alb_logs", "create-alb-access-logs-table", RowFormat::Regex(PATTERN), 33),
    ],
};

/// The pattern of Athena's table, as it is once Hive has read its literal.
const PATTERN: &str = r#"([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*):([0-9]*) ([^ ]*)[:-]([0-9]*) ([-.0-9]*) ([-.0-9]*) ([-.0-9]*) (|[-0-9]*) (-|[-0-9]*) ([-0-9]*) ([-0-9]*) "([^ ]*) (.*) (- |[^ ]*)" "([^"]*)" ([A-Z0-9-_]+) ([A-Za-z0-9.-]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^"]*)" ([-.0-9]*) ([^ ]*) "([^"]*)" "([^"]*)" "([^ ]*)" "([^\s]+?)" "([^\s]+)" "([^ ]*)" "([^ ]*)" ?([^ ]*)? ?( .*)?"#;

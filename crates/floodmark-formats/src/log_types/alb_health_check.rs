//! Application Load Balancer health check logs: one line a check of a target.

use crate::athena::{RowFormat, table};
use crate::kind::Kind;
use crate::log_type::{
    Clock, Encoding, Header, INTERVAL_AFTER, LogType, Mark, Quotes, Sample, Shape,
    TWO_INTERVALS_BEFORE, TimeForm, Written, between, double, int, text,
};
use crate::measure::{Measure, count_if, distinct, mean, p95, records, share, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("checks", "Health checks"),
    count_if("errors", "Checks that failed", "status = 'FAIL'"),
    share("error_ratio", "Share of checks that failed", "status = 'FAIL'"),
    distinct("targets", "Distinct targets", "target_addr"),
    sum("total_duration", "Time spent in checks", "s", "latency"),
    mean("mean_duration", "Mean duration", "s", "latency"),
    p95("p95_duration", "95th percentile of the duration", "s", "latency"),
];

/// The Application Load Balancer's health check log: 8 fields in AWS's examples, 10 in its list (2025).
pub static ALB_HEALTH_CHECK: LogType = LogType {
    name: "alb_health_check",
    aliases: &[],
    title: "Application Load Balancer health check log",
    page: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html",
    encoding: Encoding::Words { separators: b" ", quotes: Quotes::Double, header: Header::None },
    folder: "AWSLogs/{account}/elasticloadbalancing/{region}/{yyyy}/{MM}/{dd}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &[
        "health_check_log_{account}_elasticloadbalancing_{region}_app.{resource}_{time}_{node}_{random}",
    ],
    event_time: &[Clock::Iso("time")],
    event_end: &[],
    windows: &[
        between("time", Written::Iso, TWO_INTERVALS_BEFORE, INTERVAL_AFTER),
        between("event_time", Written::Timestamp, TWO_INTERVALS_BEFORE, INTERVAL_AFTER),
    ],
    fields: &[
        text("type", "How the target is asked: `http`, `https`, `h2`, `grpc` or `lambda`.")
            .sample(Sample::OneOf(&["http", "https", "grpc"])),
        text("time", "When the check began, in UTC.")
            .kind(Kind::Time)
            .sample(Sample::Time(TimeForm::IsoMicros)),
        double("latency", "s", "How long the check took.").sample(Sample::Fraction(9)),
        text("target_addr", "The target: `address:port`, or a function's ARN.")
            .sample(Sample::OneOf(&["10.0.1.20:8080", "10.0.2.31:8080"])),
        text("target_group_id", "The target group's name.").sample(Sample::OneOf(&["web", "api"])),
        text("status", "`PASS` or `FAIL`.")
            .sample(Sample::OneOf(&["PASS", "PASS", "PASS", "PASS", "FAIL"])),
        int("status_code", "", "The status that the target answered with; `-` without an answer.")
            .kind(Kind::Status)
            .sample(Sample::OneOf(&["200", "200", "200", "503", "-"])),
        text("reason_code", "Why the check failed; `-` if it passed.").sample(Sample::OneOf(&[
            "-",
            "-",
            "-",
            "TimedOut",
            "ResponseCodeMismatch",
            "ConnectionReset",
        ])),
        text("elb", "The load balancer.").sample(Sample::OneOf(&["app/front/0a1b2c3d4e5f6071"])),
        text("ip_address", "The address of the load balancer's node.")
            .kind(Kind::Address)
            .sample(Sample::OneOf(&["10.0.1.5", "10.0.2.6"])),
    ],
    fields_min: 8,
    marks: &[
        Mark { column: "time", shape: Shape::Iso },
        Mark { column: "status", shape: Shape::OneOf(&["PASS", "FAIL"]) },
    ],
    hole: None,
    observation: Observation::Event,
    client: None,
    measures: MEASURES,
    dimensions: &[],
    athena: &[table("alb_health_check_logs", "", RowFormat::Regex(PATTERN), 10)],
};

/// The pattern of Athena's table, as it is once Hive has read its literal.
const PATTERN: &str = r#"([^ ]*) ([^ ]*) ([-.0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([-0-9]*) ([^ ]*) ?([^ ]*)? ?([^ ]*)?( .*)?"#;

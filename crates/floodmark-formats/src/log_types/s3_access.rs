//! S3 server access logs: one line a request to a bucket.

use crate::athena::{AthenaTable, RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    A_DAY, AN_HOUR, Clock, Encoding, Header, LogType, Mark, Quotes, Sample, Shape, TimeForm,
    Written, bigint, text, until,
};
use crate::measure::{Measure, count_if, distinct, mean, p95, records, share, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("requests", "Requests"),
    count_if(
        "errors",
        "Requests answered with an error of the server (5xx)",
        "httpstatus LIKE '5%'",
    ),
    share(
        "error_ratio",
        "Share of requests answered with an error of the server (5xx)",
        "httpstatus LIKE '5%'",
    ),
    count_if(
        "client_errors",
        "Requests answered with an error of the client (4xx)",
        "httpstatus LIKE '4%'",
    ),
    count_if("denials", "Requests that were denied", "errorcode = 'AccessDenied'"),
    sum("sent_bytes", "Bytes sent to clients", "bytes", "bytessent"),
    sum(
        "received_bytes",
        "Bytes of uploaded objects and parts",
        "bytes",
        "if(operation IN ('REST.PUT.OBJECT', 'REST.PUT.PART'), objectsize)",
    ),
    distinct("clients", "Distinct clients", "nullif(remoteip, '-')"),
    distinct("requesters", "Distinct requesters", "nullif(requester, '-')"),
    sum("total_duration", "Time spent in requests", "ms", "try_cast(totaltime AS double)"),
    mean("mean_duration", "Mean duration", "ms", "try_cast(totaltime AS double)"),
    p95("p95_duration", "95th percentile of the duration", "ms", "try_cast(totaltime AS double)"),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] = &[
    dimension("path", "split_part(split_part(request_uri, ' ', 2), '?', 1)", Kind::Path),
    dimension(
        "query",
        "nullif(split_part(split_part(request_uri, ' ', 2), '?', 2), '')",
        Kind::QueryString,
    ),
];

/// The S3 server access log: 18 fields in 2014, 24 to 26 later, 27 since 2025.
pub static S3_ACCESS: LogType = LogType {
    name: "s3_access",
    aliases: &["mybucket_logs", "s3_access_logs"],
    title: "S3 server access log",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html",
    encoding: Encoding::Words { separators: b" ", quotes: Quotes::Stray, header: Header::None },
    folder: "",
    key_time: "yyyy-MM-dd-HH-mm-ss",
    keys: &["{prefix}{time}-{random}"],
    event_time: &[Clock::CommonLog("requestdatetime")],
    event_end: &[],
    windows: &[
        // The time is that of delivery, which may come much later than the request, or the beginning of the requests' day.
        until("event_time", Written::Timestamp, A_DAY + AN_HOUR),
    ],
    fields: &[
        text("bucketowner", "The bucket owner's canonical id.")
            .written("bucket_owner")
            .sample(Sample::Hex(64)),
        text("bucket_name", "The bucket.")
            .written("bucket")
            .sample(Sample::OneOf(&["amzn-s3-demo-bucket1"])),
        text("requestdatetime", "When the request arrived, such as `06/Feb/2019:00:00:38 +0000`.")
            .kind(Kind::Time)
            .written("time")
            .sample(Sample::Time(TimeForm::CommonLog)),
        text("remoteip", "The client's address; `-` for AWS's own requests.")
            .kind(Kind::Address)
            .written("remote_ip")
            .sample(Sample::Address),
        text("requester", "Who asked: a canonical id, an ARN or a service; `-` without a sign-in.")
            .sample(Sample::OneOf(&[
                "arn:aws:sts::111122223333:assumed-role/reader/session",
                "arn:aws:iam::111122223333:user/alice",
                "-",
            ])),
        text("requestid", "The request's id.")
            .kind(Kind::Identifier)
            .written("request_id")
            .sample(Sample::Hex(16)),
        text("operation", "What was asked, such as `REST.GET.OBJECT`.").sample(Sample::OneOf(&[
            "REST.GET.OBJECT",
            "REST.GET.OBJECT",
            "REST.HEAD.OBJECT",
            "REST.PUT.OBJECT",
            "REST.GET.BUCKET",
        ])),
        text("key", "The object's key, URL-encoded; `-` without one.")
            .kind(Kind::Path)
            .sample(Sample::OneOf(&["reports/2024/october.csv", "photos/a%2520b.jpg", "-"])),
        text("request_uri", "The request line, in the double quotes of the log.")
            .quotes_kept()
            .sample(Sample::OneOf(&[
                "GET /amzn-s3-demo-bucket1/reports/2024/october.csv HTTP/1.1",
                "GET /amzn-s3-demo-bucket1?list-type=2 HTTP/1.1",
                "PUT /reports/2024/october.csv HTTP/1.1",
            ])),
        text("httpstatus", "The response's status.")
            .kind(Kind::Status)
            .written("http_status")
            .sample(Sample::OneOf(&["200", "200", "200", "206", "403", "404"])),
        text("errorcode", "S3's name of the error; `-` without one.")
            .written("error_code")
            .sample(Sample::OneOf(&["-", "-", "-", "AccessDenied", "NoSuchKey"])),
        bigint("bytessent", "bytes", "The response's size without headers; NULL if it was 0.")
            .written("bytes_sent")
            .sample(Sample::Between(200, 2_000_000)),
        bigint("objectsize", "bytes", "The whole object's size.")
            .written("object_size")
            .sample(Sample::Between(200, 2_000_000)),
        text("totaltime", "From the request's arrival to the response's last byte, in ms.")
            .kind(Kind::Quantity)
            .written("total_time")
            .sample(Sample::Between(5, 900)),
        text("turnaroundtime", "From the request's last byte to the response's first, in ms.")
            .kind(Kind::Quantity)
            .written("turn_around_time")
            .sample(Sample::Between(1, 200)),
        text("referrer", "The `Referer` header, in the double quotes of the log.")
            .kind(Kind::Url)
            .written("referer")
            .quotes_kept()
            .sample(Sample::OneOf(&["-", "-", "https://www.example.com/"])),
        text("useragent", "What the client calls itself, in the double quotes of the log.")
            .kind(Kind::UserAgent)
            .written("user_agent")
            .quotes_kept()
            .sample(Sample::OneOf(&[
                "aws-cli/2.17.60 md/awscrt#0.21.5 ua/2.0 os/linux#6.8.0 lang/python#3.12.6",
                "Boto3/1.35.36 md/Botocore#1.35.36 lang/python#3.12.6",
                "S3Console/0.4, aws-internal/3",
            ])),
        text("versionid", "The object's version; `-` without versioning.")
            .kind(Kind::Identifier)
            .written("version_id")
            .sample(Sample::OneOf(&["-"])),
        text("hostid", "S3's extended request id.")
            .kind(Kind::Identifier)
            .written("host_id")
            .sample(Sample::OneOf(&[
                "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=",
            ])),
        text("sigv", "The signature's version: `SigV2`, `SigV4` or `-`.")
            .written("signature_version")
            .sample(Sample::OneOf(&["SigV4"])),
        text("ciphersuite", "The cipher suite; `-` without TLS.")
            .written("cipher_suite")
            .sample(Sample::OneOf(&["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"])),
        text("authtype", "Where the signature stood: `AuthHeader`, `QueryString` or `-`.")
            .written("authentication_type")
            .sample(Sample::OneOf(&["AuthHeader", "AuthHeader", "QueryString"])),
        text("endpoint", "The host that the client asked for.")
            .kind(Kind::Domain)
            .written("host_header")
            .sample(Sample::OneOf(&["amzn-s3-demo-bucket1.s3.eu-west-1.amazonaws.com"])),
        text("tlsversion", "The TLS version; `-` without TLS.")
            .written("tls_version")
            .sample(Sample::OneOf(&["TLSv1.3", "TLSv1.2"])),
        text("accesspointarn", "The access point; `-` without one.")
            .written("access_point_arn")
            .sample(Sample::OneOf(&["-"])),
        text("aclrequired", "`Yes` if an access control list was needed to let the request pass.")
            .written("acl_required")
            .sample(Sample::OneOf(&["-", "-", "Yes"])),
        text("source_region", "The region that the request came from, since 2025.")
            .sample(Sample::OneOf(&["eu-west-1", "us-east-1", "-"])),
    ],
    fields_min: 17,
    marks: &[
        Mark { column: "requestdatetime", shape: Shape::CommonLog },
        Mark { column: "httpstatus", shape: Shape::Digits },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("remoteip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: TABLES,
};

/// The tables that AWS documents, the newest first.
const TABLES: &[AthenaTable] = &[table("mybucket_logs", TABLE_PAGE, RowFormat::Regex(PATTERN), 26)];

/// The pattern of Athena's table, as it is once Hive has read its literal.
const PATTERN: &str = r#"([^ ]*) ([^ ]*) \[(.*?)\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) ([^ ]*)(?: ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*))?.*$"#;

/// The page that has the table.
const TABLE_PAGE: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html";

//! CloudFront standard logs, legacy and version 2: one line a request, written when it was answered.

use crate::athena::{AthenaTable, RowFormat, table};
use crate::kind::Kind;
use crate::log_type::{
    AN_HOUR, Clock, Encoding, Header, LogType, Mark, Quotes, Sample, Shape, TimeForm, Written,
    between, bigint, date, float, int, text,
};
use crate::measure::{Measure, count_if, distinct, mean, p95, records, share, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("requests", "Requests"),
    count_if("errors", "Requests answered with an error of the server (5xx)", "sc_status >= 500"),
    share(
        "error_ratio",
        "Share of requests answered with an error of the server (5xx)",
        "sc_status >= 500",
    ),
    count_if(
        "client_errors",
        "Requests answered with an error of the client (4xx)",
        "sc_status BETWEEN 400 AND 499",
    ),
    sum("sent_bytes", "Bytes sent to viewers", "bytes", "sc_bytes"),
    sum("received_bytes", "Bytes received from viewers", "bytes", "cs_bytes"),
    distinct("clients", "Distinct viewers", "c_ip"),
    count_if(
        "cache_misses",
        "Requests that the cache could not answer",
        "x_edge_result_type = 'Miss'",
    ),
    share(
        "cache_miss_ratio",
        "Share of requests that the cache could not answer",
        "x_edge_result_type = 'Miss'",
    ),
    count_if("aborts", "Requests whose viewer left before the answer", "sc_status = 0"),
    sum("total_duration", "Time spent in requests", "s", "CAST(time_taken AS double)"),
    mean("mean_duration", "Mean duration", "s", "CAST(time_taken AS double)"),
    p95("p95_duration", "95th percentile of the duration", "s", "CAST(time_taken AS double)"),
    p95(
        "p95_first_byte",
        "95th percentile of the time to the first byte",
        "s",
        "CAST(time_to_first_byte AS double)",
    ),
];

/// The CloudFront standard log: 23 fields in 2016, 33 since 2019, any choice and order of 41 in version 2.
pub static CLOUDFRONT: LogType = LogType {
    name: "cloudfront",
    aliases: &["cloudfront_standard_logs"],
    title: "CloudFront standard log",
    page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html",
    // The tab is the usual separator. Version 2 lets the owner choose another.
    encoding: Encoding::Words {
        separators: b"\t ,|;",
        quotes: Quotes::None,
        header: Header::Directives,
    },
    folder: "",
    key_time: "yyyy-MM-dd-HH",
    keys: &["{label}.{time}.{random}"],
    event_time: &[Clock::DateAndTime("date", "time"), Clock::EpochMillis("timestamp_ms")],
    event_end: &[],
    windows: &[
        // The time is the hour in which the requests came, but some stand in a neighbour's object.
        between("event_time", Written::Timestamp, -AN_HOUR, 2 * AN_HOUR),
        between("date", Written::Date, -AN_HOUR, 2 * AN_HOUR),
        between("timestamp_ms", Written::EpochMillis, -AN_HOUR, 2 * AN_HOUR),
    ],
    fields: &[
        date("date", "The day on which the response ended, in UTC.")
            .sample(Sample::Time(TimeForm::Date)),
        text("time", "The time of day at which the response ended, in UTC.").kind(Kind::Time)
            .sample(Sample::Time(TimeForm::Clock)),
        text("x_edge_location", "The edge location, by an airport's code and a number.")
            .written("x-edge-location")
            .sample(Sample::OneOf(&["FRA56-P4", "DUB2-C1", "IAD89-C1"])),
        bigint("sc_bytes", "bytes", "The response's size, headers included.")
            .written("sc-bytes")
            .sample(Sample::Between(300, 200_000)),
        text("c_ip", "The address that the request came from.").kind(Kind::Address)
            .written("c-ip")
            .sample(Sample::Address),
        text("cs_method", "The request's method.")
            .written("cs-method")
            .sample(Sample::OneOf(&["GET", "GET", "GET", "HEAD", "POST"])),
        text("cs_host", "The distribution's own domain name.").kind(Kind::Domain)
            .written("cs(Host)")
            .sample(Sample::OneOf(&["d111111abcdef8.cloudfront.net"])),
        text("cs_uri_stem", "The URL's path, percent-encoded once more by CloudFront.").kind(Kind::Path)
            .written("cs-uri-stem")
            .sample(Sample::OneOf(&[
                "/",
                "/index.html",
                "/images/logo.png",
                "/search%20results",
                "/v1/orders",
            ])),
        int("sc_status", "", "The response's status; 0 where the viewer left before the answer.").kind(Kind::Status)
            .written("sc-status")
            .sample(Sample::OneOf(&["200", "200", "200", "304", "404", "000"])),
        text("cs_referrer", "The `Referer` header.").kind(Kind::Url)
            .written("cs(Referer)")
            .sample(Sample::OneOf(&["-", "https://www.example.com/"])),
        text("cs_user_agent", "What the client calls itself, percent-encoded; twice before 2019.").kind(Kind::UserAgent)
            .written("cs(User-Agent)")
            .sample(Sample::OneOf(&[
                "Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36%20(KHTML,%20like%20Gecko)%20Chrome/129.0.0.0%20Safari/537.36",
                "curl/8.7.1",
                "-",
            ])),
        text("cs_uri_query", "The URL's query; `-` without one.").kind(Kind::QueryString)
            .written("cs-uri-query")
            .sample(Sample::OneOf(&["-", "-", "page=2", "q=caf%25C3%25A9"])),
        text("cs_cookie", "The `Cookie` header, if logged.")
            .written("cs(Cookie)")
            .sample(Sample::OneOf(&["-"])),
        text("x_edge_result_type", "How CloudFront classed the response after its last byte.")
            .written("x-edge-result-type")
            .sample(Sample::OneOf(&["Hit", "Hit", "Miss", "RefreshHit", "Error"])),
        text("x_edge_request_id", "The request's id.").kind(Kind::Identifier)
            .written("x-edge-request-id")
            .sample(Sample::OneOf(&[
                "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==",
                "k6WGMNkEzR5BEM_SaF47gjtX9zBDO2m349OY2an0QPEaUum1ZOLrow==",
            ])),
        text("x_host_header", "The host that the viewer asked for.").kind(Kind::Domain)
            .written("x-host-header")
            .sample(Sample::OneOf(&["www.example.com"])),
        text("cs_protocol", "`http`, `https`, `ws`, `wss` or `grpcs`.")
            .written("cs-protocol")
            .sample(Sample::OneOf(&["https", "https", "http"])),
        bigint("cs_bytes", "bytes", "The request's size, headers included.")
            .written("cs-bytes")
            .sample(Sample::Between(100, 2000)),
        float("time_taken", "s", "From the request's arrival to the response's last byte.")
            .written("time-taken")
            .sample(Sample::Fraction(3)),
        text("x_forwarded_for", "The addresses behind a proxy, a list that the client writes.")
            .written("x-forwarded-for")
            .sample(Sample::OneOf(&["-"])),
        text("ssl_protocol", "The TLS version; `-` without TLS.")
            .written("ssl-protocol")
            .sample(Sample::OneOf(&["TLSv1.3", "TLSv1.2"])),
        text("ssl_cipher", "The cipher suite; `-` without TLS.")
            .written("ssl-cipher")
            .sample(Sample::OneOf(&["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"])),
        text("x_edge_response_result_type", "How CloudFront classed the response before it was sent.")
            .written("x-edge-response-result-type")
            .sample(Sample::OneOf(&["Hit", "Hit", "Miss", "RefreshHit", "Error"])),
        text("cs_protocol_version", "The HTTP version of the request.")
            .written("cs-protocol-version")
            .sample(Sample::OneOf(&["HTTP/2.0", "HTTP/3.0", "HTTP/1.1"])),
        text("fle_status", "Whether the request's fields were encrypted, where that is configured.")
            .written("fle-status")
            .sample(Sample::OneOf(&["-"])),
        int("fle_encrypted_fields", "", "How many of the request's fields were encrypted.").kind(Kind::Quantity)
            .written("fle-encrypted-fields")
            .sample(Sample::OneOf(&["-"])),
        int("c_port", "", "The port that the request came from.").kind(Kind::Identifier)
            .written("c-port")
            .sample(Sample::Port),
        float("time_to_first_byte", "s", "From the request's arrival to the response's first byte.")
            .written("time-to-first-byte")
            .sample(Sample::Fraction(3)),
        text("x_edge_detailed_result_type", "The result type, or the error more exactly.")
            .written("x-edge-detailed-result-type")
            .sample(Sample::OneOf(&["Hit", "Hit", "Miss", "OriginShieldHit", "ClientCommError"])),
        text("sc_content_type", "The response's media type.")
            .written("sc-content-type")
            .sample(Sample::OneOf(&["text/html", "image/png", "application/json"])),
        bigint("sc_content_len", "bytes", "The response's `Content-Length` header.")
            .written("sc-content-len")
            .sample(Sample::Between(200, 190_000)),
        bigint("sc_range_start", "bytes", "Where the served range begins, for a partial response.")
            .written("sc-range-start")
            .sample(Sample::OneOf(&["-"])),
        bigint("sc_range_end", "bytes", "Where the served range ends, for a partial response.")
            .written("sc-range-end")
            .sample(Sample::OneOf(&["-"])),
        text("distribution_tenant_id", "The distribution tenant, in version 2.")
            .written("distribution-tenant-id")
            .sample(Sample::OneOf(&["-"])),
        text("connection_id", "The viewer connection's id, in version 2.").kind(Kind::Identifier)
            .written("connection-id")
            .sample(Sample::OneOf(&["-"])),
        bigint("timestamp_ms", "ms", "When the response ended, since 1970, in version 2.").kind(Kind::Time)
            .written("timestamp(ms)")
            .sample(Sample::Time(TimeForm::EpochMillis)),
        float("origin_fbl", "s", "How long the origin took to its first byte, in version 2.")
            .written("origin-fbl")
            .sample(Sample::Fraction(3)),
        float("origin_lbl", "s", "How long the origin took to its last byte, in version 2.")
            .written("origin-lbl")
            .sample(Sample::Fraction(3)),
        bigint("asn", "", "The viewer's autonomous system, in version 2.")
            .sample(Sample::OneOf(&["64496", "64511"])),
        text("c_country", "The viewer's country, by two letters, in version 2.")
            .written("c-country")
            .sample(Sample::OneOf(&["DE", "IE", "US"])),
        text("cache_behavior_path_pattern", "The path pattern of the cache behavior, in version 2.")
            .written("cache-behavior-path-pattern")
            .sample(Sample::OneOf(&["*", "/images/*"])),
    ],
    // Real files hold cut lines.
    fields_min: 2,
    marks: &[
        Mark { column: "date", shape: Shape::Date },
        Mark { column: "time", shape: Shape::Clock },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("c_ip"),
    measures: MEASURES,
    dimensions: &[],
    athena: TABLES,
};

/// The tables that AWS documents, the newest first.
const TABLES: &[AthenaTable] = &[
    table(
        "cloudfront_standard_logs",
        "create-cloudfront-table-standard-logs",
        RowFormat::Delimited('\t'),
        33,
    )
    .skipping(2),
    table(
        "cloudfront_logs",
        "create-cloudfront-table-standard-logs",
        RowFormat::Delimited('\t'),
        33,
    )
    .skipping(2)
    .renamed(&[
        ("x_edge_location", "location"),
        ("sc_bytes", "bytes"),
        ("c_ip", "request_ip"),
        ("cs_method", "method"),
        ("cs_host", "host"),
        ("cs_uri_stem", "uri"),
        ("sc_status", "status"),
        ("cs_referrer", "referrer"),
        ("cs_user_agent", "user_agent"),
        ("cs_uri_query", "query_string"),
        ("cs_cookie", "cookie"),
        ("x_edge_result_type", "result_type"),
        ("x_edge_request_id", "request_id"),
        ("x_host_header", "host_header"),
        ("cs_protocol", "request_protocol"),
        ("cs_bytes", "request_bytes"),
        ("x_forwarded_for", "xforwarded_for"),
        ("x_edge_response_result_type", "response_result_type"),
        ("cs_protocol_version", "http_version"),
    ]),
    table(
        "cf_logs_manual_partition_parquet",
        "create-cloudfront-table-manual-parquet",
        RowFormat::Parquet,
        33,
    )
    .of_strings()
    .renamed(&[("cs_referrer", "cs_referer")]),
    table(
        "cf_logs_manual_partition_json",
        "create-cloudfront-table-manual-json",
        RowFormat::Json,
        33,
    )
    .of_strings()
    .with_written_names(),
];

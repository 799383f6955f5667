//! CloudFront real-time logs: one line a request, as Firehose stores them.

use crate::athena::{AthenaTable, RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, Header, LogType, Mark, Quotes, Sample, Shape, TimeForm, bigint, double, text,
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
    sum("total_duration", "Time spent in requests", "s", "time_taken"),
    mean("mean_duration", "Mean duration", "s", "time_taken"),
    p95("p95_duration", "95th percentile of the duration", "s", "time_taken"),
    p95(
        "p95_first_byte",
        "95th percentile of the time to the first byte",
        "s",
        "time_to_first_byte",
    ),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] =
    &[dimension("path", "split_part(cs_uri_stem, '?', 1)", Kind::Path)];

/// The CloudFront real-time log with all fields, in the log's fixed order.
///
/// The owner chooses the fields and nothing in the object names them: a line of another choice is not recognised.
pub static CLOUDFRONT_REALTIME: LogType = LogType {
    name: "cloudfront_realtime",
    aliases: &["cloudfront_real_time_logs"],
    title: "CloudFront real-time log",
    page: "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html",
    encoding: Encoding::Words {
        separators: b"\t",
        quotes: Quotes::None,
        header: Header::None,
    },
    // The names are those of the owner's Firehose stream.
    folder: "{yyyy}/{MM}/{dd}/{HH}/",
    key_time: "yyyy-MM-dd-HH-mm-ss",
    keys: &[],
    event_time: &[Clock::EpochSeconds("timestamp")],
    event_end: &[],
    windows: &[],
    fields: &[
        text(
            "timestamp",
            "When the response ended, in seconds since 1970 with a fraction.",
        ).kind(Kind::Time)
        .sample(Sample::Time(TimeForm::EpochSecondsMillis)),
        text("c_ip", "The address that the request came from.").kind(Kind::Address)
            .written("c-ip")
            .sample(Sample::Address),
        // AWS's documented table leaves this one out, so that all its later columns hold their neighbour's value.
        text("s_ip", "The address of the CloudFront server.").kind(Kind::Address)
            .written("s-ip")
            .sample(Sample::OneOf(&["203.0.113.80", "203.0.113.81"])),
        // AWS's documented table has `bigint` here and for `time_taken`: each value would be NULL, for it has decimals.
        double(
            "time_to_first_byte",
            "s",
            "From the request's arrival to the response's first byte.",
        )
        .written("time-to-first-byte")
        .sample(Sample::Fraction(3)),
        bigint(
            "sc_status",
            "",
            "The response's status; 0 where the viewer left before the answer.",
        ).kind(Kind::Status)
        .written("sc-status")
        .sample(Sample::OneOf(&["200", "200", "200", "304", "404", "000"])),
        bigint(
            "sc_bytes",
            "bytes",
            "The response's size, headers included.",
        )
        .written("sc-bytes")
        .sample(Sample::Between(300, 200_000)),
        text("cs_method", "The request's method.")
            .written("cs-method")
            .sample(Sample::OneOf(&["GET", "GET", "GET", "HEAD", "POST"])),
        text("cs_protocol", "`http`, `https`, `ws`, `wss` or `grpcs`.")
            .written("cs-protocol")
            .sample(Sample::OneOf(&["https", "https", "http"])),
        text(
            "cs_host",
            "The host that the viewer asked for: what standard logs call `x_host_header`.",
        ).kind(Kind::Domain)
        .written("cs-host")
        .sample(Sample::OneOf(&["www.example.com"])),
        text("cs_uri_stem", "The URL's path, with the query.").kind(Kind::Url)
            .written("cs-uri-stem")
            .sample(Sample::OneOf(&[
                "/",
                "/index.html",
                "/products?page=2",
                "/v1/orders",
            ])),
        bigint("cs_bytes", "bytes", "The request's size, headers included.")
            .written("cs-bytes")
            .sample(Sample::Between(100, 2000)),
        text(
            "x_edge_location",
            "The edge location, by an airport's code and a number.",
        )
        .written("x-edge-location")
        .sample(Sample::OneOf(&["FRA56-P4", "DUB2-C1", "IAD89-C1"])),
        text("x_edge_request_id", "The request's id.").kind(Kind::Identifier)
            .written("x-edge-request-id")
            .sample(Sample::OneOf(&[
                "SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==",
                "k6WGMNkEzR5BEM_SaF47gjtX9zBDO2m349OY2an0QPEaUum1ZOLrow==",
            ])),
        text(
            "x_host_header",
            "The distribution's own domain name: what standard logs call `cs_host`.",
        ).kind(Kind::Domain)
        .written("x-host-header")
        .sample(Sample::OneOf(&["d111111abcdef8.cloudfront.net"])),
        double(
            "time_taken",
            "s",
            "From the request's arrival to the response's last byte.",
        )
        .written("time-taken")
        .sample(Sample::Fraction(3)),
        text("cs_protocol_version", "The HTTP version of the request.")
            .written("cs-protocol-version")
            .sample(Sample::OneOf(&["HTTP/2.0", "HTTP/3.0", "HTTP/1.1"])),
        text("c_ip_version", "`IPv4` or `IPv6`.")
            .written("c-ip-version")
            .sample(Sample::OneOf(&["IPv4"])),
        text(
            "cs_user_agent",
            "What the client calls itself, percent-encoded.",
        ).kind(Kind::UserAgent)
        .written("cs-user-agent")
        .sample(Sample::OneOf(&[
            "Mozilla/5.0%20(X11;%20Linux%20x86_64;%20rv:131.0)%20Gecko/20100101%20Firefox/131.0",
            "curl/8.7.1",
        ])),
        text("cs_referer", "The `Referer` header.").kind(Kind::Url)
            .written("cs-referer")
            .sample(Sample::OneOf(&["-", "https://www.example.com/"])),
        text("cs_cookie", "The `Cookie` header, cut at 800 bytes.")
            .written("cs-cookie")
            .sample(Sample::OneOf(&["-"])),
        text("cs_uri_query", "The URL's query; `-` without one.").kind(Kind::QueryString)
            .written("cs-uri-query")
            .sample(Sample::OneOf(&["-", "-", "page=2"])),
        text(
            "x_edge_response_result_type",
            "How CloudFront classed the response before it was sent.",
        )
        .written("x-edge-response-result-type")
        .sample(Sample::OneOf(&[
            "Hit",
            "Hit",
            "Miss",
            "RefreshHit",
            "Error",
        ])),
        text(
            "x_forwarded_for",
            "The addresses behind a proxy, a list that the client writes.",
        )
        .written("x-forwarded-for")
        .sample(Sample::OneOf(&["-"])),
        text("ssl_protocol", "The TLS version; `-` without TLS.")
            .written("ssl-protocol")
            .sample(Sample::OneOf(&["TLSv1.3", "TLSv1.2"])),
        text("ssl_cipher", "The cipher suite; `-` without TLS.")
            .written("ssl-cipher")
            .sample(Sample::OneOf(&[
                "TLS_AES_128_GCM_SHA256",
                "ECDHE-RSA-AES128-GCM-SHA256",
            ])),
        text(
            "x_edge_result_type",
            "How CloudFront classed the response after its last byte.",
        )
        .written("x-edge-result-type")
        .sample(Sample::OneOf(&[
            "Hit",
            "Hit",
            "Miss",
            "RefreshHit",
            "Error",
        ])),
        text(
            "fle_encrypted_fields",
            "How many of the request's fields were encrypted.",
        ).kind(Kind::Quantity)
        .written("fle-encrypted-fields")
        .sample(Sample::OneOf(&["-"])),
        text(
            "fle_status",
            "Whether the request's fields were encrypted, where that is configured.",
        )
        .written("fle-status")
        .sample(Sample::OneOf(&["-"])),
        text("sc_content_type", "The response's media type.")
            .written("sc-content-type")
            .sample(Sample::OneOf(&[
                "text/html",
                "image/png",
                "application/json",
            ])),
        bigint(
            "sc_content_len",
            "bytes",
            "The response's `Content-Length` header.",
        )
        .written("sc-content-len")
        .sample(Sample::Between(200, 190_000)),
        text(
            "sc_range_start",
            "Where the served range begins, for a partial response.",
        ).kind(Kind::Quantity)
        .written("sc-range-start")
        .sample(Sample::OneOf(&["-"])),
        text(
            "sc_range_end",
            "Where the served range ends, for a partial response.",
        ).kind(Kind::Quantity)
        .written("sc-range-end")
        .sample(Sample::OneOf(&["-"])),
        bigint("c_port", "", "The port that the request came from.").kind(Kind::Identifier)
            .written("c-port")
            .sample(Sample::Port),
        text(
            "x_edge_detailed_result_type",
            "The result type, or the error more exactly.",
        )
        .written("x-edge-detailed-result-type")
        .sample(Sample::OneOf(&[
            "Hit",
            "Hit",
            "Miss",
            "OriginShieldHit",
            "ClientCommError",
        ])),
        text("c_country", "The viewer's country, by two letters.")
            .written("c-country")
            .sample(Sample::OneOf(&["DE", "IE", "US"])),
        text("cs_accept_encoding", "The `Accept-Encoding` header.")
            .written("cs-accept-encoding")
            .sample(Sample::OneOf(&["gzip,%20deflate,%20br", "-"])),
        text("cs_accept", "The `Accept` header.")
            .written("cs-accept")
            .sample(Sample::OneOf(&["*/*", "text/html"])),
        text(
            "cache_behavior_path_pattern",
            "The path pattern of the cache behavior.",
        )
        .written("cache-behavior-path-pattern")
        .sample(Sample::OneOf(&["*", "/images/*"])),
        text(
            "cs_headers",
            "The request's headers, percent-encoded and cut at 800 bytes.",
        )
        .written("cs-headers")
        .sample(Sample::OneOf(&["Host:www.example.com%0AAccept:*/*%0A"])),
        text(
            "cs_header_names",
            "The names of the request's headers, cut at 800 bytes.",
        )
        .written("cs-header-names")
        .sample(Sample::OneOf(&["Host%0AAccept%0A"])),
        bigint("cs_headers_count", "", "How many headers the request had.").kind(Kind::Quantity)
            .written("cs-headers-count")
            .sample(Sample::Between(2, 20)),
        text(
            "primary_distribution_id",
            "The primary distribution, with continuous deployment.",
        )
        .written("primary-distribution-id")
        .sample(Sample::OneOf(&["-"])),
        text(
            "primary_distribution_dns_name",
            "The primary distribution's domain name.",
        ).kind(Kind::Domain)
        .written("primary-distribution-dns-name")
        .sample(Sample::OneOf(&["-"])),
        text(
            "origin_fbl",
            "How long the origin took to its first byte, in seconds.",
        ).kind(Kind::Quantity)
        .written("origin-fbl")
        .sample(Sample::Fraction(3)),
        text(
            "origin_lbl",
            "How long the origin took to its last byte, in seconds.",
        ).kind(Kind::Quantity)
        .written("origin-lbl")
        .sample(Sample::Fraction(3)),
        text("asn", "The viewer's autonomous system.").sample(Sample::OneOf(&["64496", "64511"])),
        text(
            "cmcd_encoded_bitrate",
            "Media client data: the object's bitrate in kbit/s.",
        ).kind(Kind::Quantity)
        .written("cmcd-encoded-bitrate")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_buffer_length",
            "Media client data: the player's buffer in ms.",
        ).kind(Kind::Quantity)
        .written("cmcd-buffer-length")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_buffer_starvation",
            "Media client data: whether the buffer had run dry.",
        )
        .written("cmcd-buffer-starvation")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_content_id",
            "Media client data: what is being played.",
        )
        .written("cmcd-content-id")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_object_duration",
            "Media client data: the object's playing time in ms.",
        ).kind(Kind::Quantity)
        .written("cmcd-object-duration")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_deadline",
            "Media client data: in how many ms the object is needed.",
        ).kind(Kind::Quantity)
        .written("cmcd-deadline")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_measured_throughput",
            "Media client data: the measured throughput in kbit/s.",
        ).kind(Kind::Quantity)
        .written("cmcd-measured-throughput")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_next_object_request",
            "Media client data: the object that is asked for next.",
        ).kind(Kind::Url)
        .written("cmcd-next-object-request")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_next_range_request",
            "Media client data: the byte range that is asked for next.",
        )
        .written("cmcd-next-range-request")
        .sample(Sample::OneOf(&["-"])),
        text("cmcd_object_type", "Media client data: the kind of object.")
            .written("cmcd-object-type")
            .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_playback_rate",
            "Media client data: the speed of playing; 1 is real time.",
        )
        .written("cmcd-playback-rate")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_requested_maximum_throughput",
            "Media client data: the throughput wanted, in kbit/s.",
        ).kind(Kind::Quantity)
        .written("cmcd-requested-maximum-throughput")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_streaming_format",
            "Media client data: the streaming format.",
        )
        .written("cmcd-streaming-format")
        .sample(Sample::OneOf(&["-"])),
        text("cmcd_session_id", "Media client data: the playing session.").kind(Kind::Identifier)
            .written("cmcd-session-id")
            .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_stream_type",
            "Media client data: whether it is live or on demand.",
        )
        .written("cmcd-stream-type")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_startup",
            "Media client data: whether the object is needed to start.",
        )
        .written("cmcd-startup")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_top_bitrate",
            "Media client data: the best bitrate on offer, in kbit/s.",
        ).kind(Kind::Quantity)
        .written("cmcd-top-bitrate")
        .sample(Sample::OneOf(&["-"])),
        text(
            "cmcd_version",
            "Media client data: the version of that data.",
        )
        .written("cmcd-version")
        .sample(Sample::OneOf(&["-"])),
        text("r_host", "The host that CloudFront asked at the origin.").kind(Kind::Domain)
            .written("r-host")
            .sample(Sample::OneOf(&["-", "origin.example.com"])),
        text("sr_reason", "Why that origin was chosen.")
            .written("sr-reason")
            .sample(Sample::OneOf(&["-"])),
        text(
            "x_edge_mqcs",
            "The media quality score of the chosen origin.",
        ).kind(Kind::Quantity)
        .written("x-edge-mqcs")
        .sample(Sample::OneOf(&["-"])),
        text("distribution_tenant_id", "The distribution tenant.")
            .written("distribution-tenant-id")
            .sample(Sample::OneOf(&["-"])),
        text("connection_id", "The viewer connection's id.").kind(Kind::Identifier)
            .written("connection-id")
            .sample(Sample::OneOf(&["-"])),
    ],
    // All fields up to the count of headers; those after it came later.
    fields_min: 41,
    marks: &[
        Mark {
            column: "timestamp",
            shape: Shape::Decimal,
        },
        Mark {
            column: "c_ip",
            shape: Shape::Address,
        },
        Mark {
            column: "s_ip",
            shape: Shape::Address,
        },
        Mark {
            column: "sc_status",
            shape: Shape::Digits,
        },
        Mark {
            column: "sc_bytes",
            shape: Shape::Digits,
        },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("c_ip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: TABLES,
};

/// The table that AWS documents lacks a field, has whole numbers for fractions and leaves lines out. It comes second.
const TABLES: &[AthenaTable] = &[
    table("cloudfront_real_time_logs", "", RowFormat::Delimited('\t'), usize::MAX),
    table(
        "cloudfront_real_time_logs",
        "create-cloudfront-table-real-time-logs",
        RowFormat::Delimited('\t'),
        46,
    )
    .skipping(2)
    .without(&["s_ip"])
    // As documented, though the log writes fractions.
    .retyped(&[("time_to_first_byte", "bigint"), ("time_taken", "bigint")]),
];

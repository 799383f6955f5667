//! WAF logs: one JSON object a request that a web ACL looked at.

use crate::athena::{AthenaTable, RowFormat, table};
use crate::kind::{Dimension, Kind, dimension};
use crate::log_type::{
    Clock, Encoding, LogType, Mark, Sample, Shape, TimeForm, Written, between, bigint, int, nested,
    text,
};
use crate::measure::{Measure, count_if, distinct, records, share, sum};
use crate::observation::Observation;

/// What it measures.
const MEASURES: &[Measure] = &[
    records("requests", "Requests"),
    count_if("blocks", "Requests that were blocked", "action = 'BLOCK'"),
    share("block_ratio", "Share of requests that were blocked", "action = 'BLOCK'"),
    count_if(
        "challenges",
        "Requests that had to prove themselves by a CAPTCHA or a challenge",
        "action IN ('CAPTCHA', 'CHALLENGE')",
    ),
    sum("received_bytes", "Bytes of the requests' bodies", "bytes", "requestbodysize"),
    distinct("clients", "Distinct clients", "httprequest.clientip"),
];

/// What to group by beside the columns.
const DIMENSIONS: &[Dimension] = &[
    dimension("client_ip", "httprequest.clientip", Kind::Address),
    dimension("country", "httprequest.country", Kind::Category),
    dimension(
        "host",
        "element_at(filter(httprequest.headers, h -> lower(h.name) = 'host'), 1).value",
        Kind::Domain,
    ),
    dimension("path", "httprequest.uri", Kind::Path),
    dimension("query", "httprequest.args", Kind::QueryString),
    dimension("method", "httprequest.httpmethod", Kind::Category),
    dimension("http_version", "httprequest.httpversion", Kind::Category),
    dimension(
        "user_agent",
        "element_at(filter(httprequest.headers, h -> lower(h.name) = 'user-agent'), 1).value",
        Kind::UserAgent,
    ),
    dimension(
        "referer",
        "element_at(filter(httprequest.headers, h -> lower(h.name) = 'referer'), 1).value",
        Kind::Url,
    ),
    dimension("request_id", "httprequest.requestid", Kind::Identifier),
    dimension("label", "array_join(transform(labels, l -> l.name), ', ')", Kind::Category),
    dimension(
        "group_rule",
        "element_at(filter(rulegrouplist, g -> g.terminatingrule.ruleid IS NOT NULL), 1).terminatingrule.ruleid",
        Kind::Category,
    ),
];
use crate::time::MINUTE;

/// The WAF log. Any key may be absent or null.
pub static WAF: LogType = LogType {
    name: "waf",
    aliases: &["waf_logs"],
    title: "WAF log",
    page: "https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html",
    encoding: Encoding::Json,
    folder: "AWSLogs/{account}/WAFLogs/{region}/{resource}/{yyyy}/{MM}/{dd}/{HH}/{mm}/",
    key_time: "yyyyMMddTHHmmZ",
    keys: &[
        "{account}_waflogs_{region}_{resource}_{time}_{random}",
        // Firehose's names. Their time is that of a buffer of the owner's choice, so it is not read.
        "aws-waf-logs-{prefix}",
    ],
    event_time: &[Clock::EpochMillis("timestamp")],
    event_end: &[],
    windows: &[
        // AWS does not say which end of the five minutes the time is.
        between("timestamp", Written::EpochMillis, -15 * MINUTE, 15 * MINUTE),
        between("event_time", Written::Timestamp, -15 * MINUTE, 15 * MINUTE),
    ],
    fields: &[
        bigint("timestamp", "ms", "When the request came, since 1970.").kind(Kind::Time).sample(Sample::Time(TimeForm::EpochMillis)),
        int("formatversion", "", "The version of the log's format.")
            .written("formatVersion")
            .sample(Sample::OneOf(&["1"])),
        text("webaclid", "The web ACL: an ARN, or a GUID in WAF Classic.").written("webaclId").sample(
            Sample::OneOf(&[
                "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/front/0a1b2c3d-0000-4000-8000-00000000000b",
            ]),
        ),
        text("terminatingruleid", "The rule that decided; `Default_Action` if none did.")
            .written("terminatingRuleId")
            .sample(Sample::OneOf(&["Default_Action", "Default_Action", "block-bad-paths"])),
        text("terminatingruletype", "The kind of that rule, such as `REGULAR` or `RATE_BASED`.")
            .written("terminatingRuleType")
            .sample(Sample::OneOf(&["REGULAR", "REGULAR", "RATE_BASED", "MANAGED_RULE_GROUP"])),
        text("action", "What was done: `ALLOW`, `BLOCK`, `CAPTCHA` or `CHALLENGE`.")
            .sample(Sample::OneOf(&["ALLOW", "ALLOW", "ALLOW", "BLOCK"])),
        nested(
            "terminatingrulematchdetails",
            "array<struct<conditiontype:string,sensitivitylevel:string,location:string,matcheddata:array<string>>>",
            "What the deciding rule found, for SQL injection and scripting rules.",
        )
        .written("terminatingRuleMatchDetails")
        .sample(Sample::OneOf(&["[]"])),
        text("httpsourcename", "The kind of resource: `ALB`, `CF`, `APIGW` and others.")
            .written("httpSourceName")
            .sample(Sample::OneOf(&["ALB"])),
        text("httpsourceid", "The resource that was asked.")
            .written("httpSourceId")
            .sample(Sample::OneOf(&["111122223333-app/front/0a1b2c3d4e5f6071"])),
        nested(
            "rulegrouplist",
            "array<struct<rulegroupid:string,terminatingrule:struct<ruleid:string,action:string,rulematchdetails:array<struct<conditiontype:string,sensitivitylevel:string,location:string,matcheddata:array<string>>>>,nonterminatingmatchingrules:array<struct<ruleid:string,action:string,overriddenaction:string,rulematchdetails:array<struct<conditiontype:string,sensitivitylevel:string,location:string,matcheddata:array<string>>>,challengeresponse:struct<responsecode:string,solvetimestamp:string>,captcharesponse:struct<responsecode:string,solvetimestamp:string>>>,excludedrules:string>>",
            "The rule groups that looked at the request, and what their rules found.",
        )
        .written("ruleGroupList")
        .sample(Sample::OneOf(&[
            "[]",
            r#"[{"ruleGroupId":"AWS#AWSManagedRulesCommonRuleSet","terminatingRule":null,"nonTerminatingMatchingRules":[],"excludedRules":null}]"#,
        ])),
        nested(
            "ratebasedrulelist",
            "array<struct<ratebasedruleid:string,limitkey:string,maxrateallowed:int>>",
            "The rate-based rules that looked at the request.",
        )
        .written("rateBasedRuleList")
        .sample(Sample::OneOf(&[
            "[]",
            r#"[{"rateBasedRuleId":"0a1b2c3d-0000-4000-8000-00000000000c","rateBasedRuleName":"per-address","limitKey":"IP","maxRateAllowed":2000,"evaluationWindowSec":"300"}]"#,
        ])),
        nested(
            "nonterminatingmatchingrules",
            "array<struct<ruleid:string,action:string,rulematchdetails:array<struct<conditiontype:string,sensitivitylevel:string,location:string,matcheddata:array<string>>>,challengeresponse:struct<responsecode:string,solvetimestamp:string>,captcharesponse:struct<responsecode:string,solvetimestamp:string>>>",
            "The rules that matched without deciding, such as those that count.",
        )
        .written("nonTerminatingMatchingRules")
        .sample(Sample::OneOf(&["[]"])),
        nested(
            "requestheadersinserted",
            "array<struct<name:string,value:string>>",
            "The headers that WAF added to the request.",
        )
        .written("requestHeadersInserted")
        .sample(Sample::OneOf(&["null"])),
        text("responsecodesent", "The status of a custom answer.").kind(Kind::Status)
            .written("responseCodeSent")
            .sample(Sample::OneOf(&["null"])),
        nested(
            "httprequest",
            "struct<clientip:string,country:string,headers:array<struct<name:string,value:string>>,uri:string,args:string,httpversion:string,httpmethod:string,requestid:string,fragment:string,scheme:string,host:string>",
            "The request: client, headers, path, query, method.",
        )
        .written("httpRequest")
        .sample(Sample::OneOf(&[
            r#"{"clientIp":"198.51.100.17","country":"DE","headers":[{"name":"Host","value":"www.example.com"},{"name":"User-Agent","value":"curl/8.7.1"}],"uri":"/","args":"","httpVersion":"HTTP/2.0","httpMethod":"GET","requestId":"1-67008f12-1c5d3e7f0a9b8c7d6e5f4a3b","fragment":"","scheme":"https","host":"www.example.com"}"#,
            r#"{"clientIp":"203.0.113.99","country":"US","headers":[{"name":"host","value":"www.example.com"},{"name":"user-agent","value":"python-requests/2.32.3"}],"uri":"/wp-login.php","args":"a=1&b=2","httpVersion":"HTTP/1.1","httpMethod":"POST","requestId":"1-67008f13-2b4d6f8091a3c5e70f1e2d3c","fragment":"","scheme":"http","host":"www.example.com"}"#,
        ])),
        nested("labels", "array<struct<name:string>>", "The labels that rules gave the request.")
            .sample(Sample::OneOf(&[
                "[]",
                r#"[{"name":"awswaf:managed:aws:core-rule-set:NoUserAgent_Header"}]"#,
            ])),
        nested(
            "captcharesponse",
            "struct<responsecode:string,solvetimestamp:string,failurereason:string>",
            "How the CAPTCHA went.",
        )
        .written("captchaResponse")
        .sample(Sample::OneOf(&["null"])),
        nested(
            "challengeresponse",
            "struct<responsecode:string,solvetimestamp:string,failurereason:string>",
            "How the challenge went.",
        )
        .written("challengeResponse")
        .sample(Sample::OneOf(&["null"])),
        text("ja3fingerprint", "The JA3 fingerprint of the TLS client hello.")
            .written("ja3Fingerprint")
            .sample(Sample::Hex(32)),
        text("ja4fingerprint", "The JA4 fingerprint of the TLS client hello.")
            .written("ja4Fingerprint")
            .sample(Sample::OneOf(&["t13d1516h2_8daaf6152771_02713d6af862"])),
        text("oversizefields", "The parts that were too large to be looked at, as JSON text.")
            .written("oversizeFields")
            .sample(Sample::OneOf(&["null"])),
        int("requestbodysize", "bytes", "The size of the request's body.")
            .written("requestBodySize")
            .sample(Sample::Between(0, 4000)),
        int("requestbodysizeinspectedbywaf", "bytes", "How much of the body was looked at.")
            .written("requestBodySizeInspectedByWAF")
            .sample(Sample::Between(0, 4000)),
        bigint("clientasn", "", "The client's autonomous system.")
            .written("clientAsn")
            .sample(Sample::OneOf(&["64496", "64511"])),
        bigint("forwardedasn", "", "The autonomous system of the forwarded address.")
            .written("forwardedAsn")
            .sample(Sample::OneOf(&["null"])),
        text("cfdistributiontenantid", "The CloudFront distribution tenant.")
            .written("cfDistributionTenantId")
            .sample(Sample::OneOf(&["null"])),
        text("monetizeverifyresponse", "How the proof of a payment went, as JSON text.")
            .written("monetizeVerifyResponse")
            .sample(Sample::OneOf(&["null"])),
    ],
    fields_min: 1,
    marks: &[
        Mark { column: "timestamp", shape: Shape::Present },
        Mark { column: "action", shape: Shape::Present },
        Mark { column: "httprequest", shape: Shape::Present },
    ],
    hole: None,
    observation: Observation::Event,
    client: Some("httprequest.clientip"),
    measures: MEASURES,
    dimensions: DIMENSIONS,
    athena: TABLES,
};

/// The tables that AWS documents, the newest first.
const TABLES: &[AthenaTable] = &[table(
    "waf_logs_partition_projection",
    "create-waf-table-partition-projection",
    RowFormat::Json,
    23,
)];

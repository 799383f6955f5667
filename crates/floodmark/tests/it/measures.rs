//! What the logs measure and can be grouped by: every expression runs, and a few are checked by hand.

use std::path::Path;

use floodmark_formats::LogType;
use floodmark_formats::log_types::{ALB, ALL, CLOUDFRONT, NLB, S3_ACCESS, VPC_FLOW, WAF};
use floodmark_formats::synthetic::{Place, Random, Record, header, key};
use serde_json::Value;

use crate::logs::{midnight, write};
use crate::program::{run, samples};

const RECORDS: usize = 40;

/// Asks in SQL, and gives the rows as JSON.
fn rows(sql: &str, from: &Path) -> Vec<Value> {
    let from = from.to_str().expect("a path in UTF-8");
    let answer = run(&["query", sql, "--from", from, "--format", "json", "--report", "none"]);
    assert_eq!(answer.code, 0, "{sql}\n{}", answer.err);
    let rows: Value = serde_json::from_str(&answer.out).expect("an answer in JSON");
    rows.as_array().expect("an array of rows").clone()
}

/// All measures of a log over all its records, by name.
fn measures(log_type: &LogType, from: &Path) -> Value {
    let columns: Vec<_> = (log_type.measures.iter())
        .map(|measure| format!("{} AS \"{}\"", measure.sql(), measure.name))
        .collect();
    let mut rows = rows(&format!("SELECT {} FROM {}", columns.join(", "), log_type.name), from);
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

/// A row for each combination of all dimensions, and of the client.
fn groups(log_type: &LogType, from: &Path) -> Vec<Value> {
    let dimensions = log_type.dimensions.iter().map(|dimension| (dimension.name, dimension.sql));
    let all: Vec<_> = dimensions.chain(log_type.client.map(|sql| ("the_client", sql))).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let columns: Vec<_> = all.iter().map(|(name, sql)| format!("{sql} AS \"{name}\"")).collect();
    let keys: Vec<_> = all.iter().map(|(_, sql)| *sql).collect();
    let (columns, keys) = (columns.join(", "), keys.join(", "));
    let table = log_type.name;
    rows(&format!("SELECT {columns}, count(*) AS n FROM {table} GROUP BY {keys}"), from)
}

/// Writes records as one object of a folder.
fn logs(log_type: &'static LogType, records: &[Record]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut text = header(log_type);
    for record in records {
        text.push_str(&record.line());
        text.push('\n');
    }
    let (account, region) = ("111122223333", "eu-west-1");
    let place = Place { account, region, resource: "example", time: midnight() };
    // Some logs have no names of their own.
    let name = Some(key(log_type, &place, &mut Random::new(3))).filter(|name| !name.is_empty());
    let path = folder.path().join(name.unwrap_or_else(|| "object".to_owned()) + ".log");
    write(&path, text.as_bytes());
    folder
}

/// Records of synthetic values.
fn records(log_type: &'static LogType, count: usize) -> Vec<Record> {
    let mut random = Random::new(11);
    (0..count).map(|_| Record::new(log_type, midnight(), &mut random)).collect()
}

#[test]
fn every_measure_and_dimension_runs_over_samples_and_synthetic_records() {
    for &log_type in ALL {
        let synthetic = logs(log_type, &records(log_type, RECORDS));
        for from in [samples(log_type.name).as_path(), synthetic.path()] {
            let answer = measures(log_type, from);
            let count = &answer[log_type.measures[0].name];
            assert!(count.as_u64() > Some(0), "{}: {answer}", log_type.name);
            let groups = groups(log_type, from);
            let total: u64 = groups.iter().filter_map(|row| row["n"].as_u64()).sum();
            assert!(groups.is_empty() || Some(total) == count.as_u64(), "{}", log_type.name);
        }
        let answer = measures(log_type, synthetic.path());
        assert_eq!(answer[log_type.measures[0].name], RECORDS, "{}", log_type.name);
        for measure in log_type.measures {
            assert!(!answer[measure.name].is_null(), "{} of {}", measure.name, log_type.name);
        }
    }
}

#[test]
fn over_no_records_counts_are_zero_and_all_else_is_null() {
    let folder = logs(&NLB, &records(&NLB, 1));
    for measure in NLB.measures {
        let sql = format!("SELECT {} AS n FROM nlb WHERE elb = 'none'", measure.sql());
        let value = rows(&sql, folder.path())[0]["n"].clone();
        assert!(value.is_null() || value == 0, "{sql} gave {value}");
    }
}

/// Checks that a measure is this number, but for the last digits.
fn check(answer: &Value, measure: &str, expected: f64) {
    let value = answer[measure].as_f64();
    let close = value.is_some_and(|value| (value - expected).abs() < 1e-6 * expected.max(1.0));
    assert!(close, "{measure} is {value:?}, not {expected}");
}

/// Records of which some columns have these values, a row of texts each.
fn with(log_type: &'static LogType, columns: &[&str], values: &[&[&str]]) -> tempfile::TempDir {
    let mut records = records(log_type, values.len());
    for (record, row) in records.iter_mut().zip(values) {
        for (column, value) in columns.iter().zip(*row) {
            record.set(column, *value);
        }
    }
    logs(log_type, &records)
}

#[test]
fn requests_that_were_not_answered_have_no_duration() {
    let folder = with(
        &ALB,
        &[
            "client_ip",
            "elb_status_code",
            "request_processing_time",
            "target_processing_time",
            "response_processing_time",
            "sent_bytes",
        ],
        &[
            &["192.0.2.1:40000", "200", "0.1", "0.2", "0.3", "1000"],
            &["192.0.2.1:40001", "404", "0.2", "0.5", "0.3", "200"],
            &["192.0.2.2:40000", "502", "0.001", "-1", "-1", "30"],
            &["192.0.2.3:40000", "503", "-1", "-1", "-1", "4"],
        ],
    );
    let answer = measures(&ALB, folder.path());
    check(&answer, "requests", 4.0);
    check(&answer, "errors", 2.0);
    check(&answer, "error_ratio", 0.5);
    check(&answer, "client_errors", 1.0);
    check(&answer, "sent_bytes", 1234.0);
    check(&answer, "clients", 3.0);
    check(&answer, "total_duration", 1.6);
    check(&answer, "mean_duration", 0.8);
    check(&answer, "p95_target_duration", 0.5);
}

#[test]
fn handshakes_that_failed_are_errors() {
    let folder = with(
        &NLB,
        &["client_ip", "tcp_connection_time_ms", "tls_cipher_suite", "incoming_tls_alert"],
        &[
            &["192.0.2.1:40000", "300000", "TLS_AES_128_GCM_SHA256", "-"],
            &["192.0.2.1:40001", "3000", "TLS_AES_128_GCM_SHA256", "-"],
            &["192.0.2.2:40001", "17", "-", "48"],
        ],
    );
    let answer = measures(&NLB, folder.path());
    check(&answer, "connections", 3.0);
    check(&answer, "errors", 1.0);
    check(&answer, "tls_alerts", 1.0);
    check(&answer, "clients", 2.0);
    check(&answer, "total_duration", 303_017.0);
}

#[test]
fn a_rejected_flow_is_a_reject() {
    let folder = with(
        &VPC_FLOW,
        &["srcaddr", "dstaddr", "srcport", "dstport", "bytes", "packets", "action", "log_status"],
        &[
            &["192.0.2.1", "10.0.0.4", "40000", "443", "3000000000", "2000", "ACCEPT", "OK"],
            &["10.0.0.4", "192.0.2.1", "443", "40000", "3000000000", "2000", "ACCEPT", "OK"],
            &["192.0.2.7", "10.0.0.4", "40000", "22", "40", "1", "REJECT", "OK"],
            &["-", "-", "-", "-", "-", "-", "-", "NODATA"],
        ],
    );
    let answer = measures(&VPC_FLOW, folder.path());
    check(&answer, "flows", 4.0);
    check(&answer, "bytes", 6_000_000_040.0);
    check(&answer, "packets", 4001.0);
    check(&answer, "rejects", 1.0);
    check(&answer, "reject_ratio", 0.25);
    check(&answer, "sources", 3.0);
    let groups = groups(&VPC_FLOW, folder.path());
    let served = |port: u64| {
        let rows = groups.iter().filter(|row| row["service_port"] == port);
        rows.filter_map(|row| row["n"].as_u64()).sum::<u64>()
    };
    assert_eq!((served(443), served(22)), (2, 1), "both directions have the service's port");
}

#[test]
fn an_upload_is_received() {
    let folder = with(
        &S3_ACCESS,
        &["remoteip", "operation", "httpstatus", "bytessent", "objectsize", "totaltime"],
        &[
            &["192.0.2.1", "REST.GET.OBJECT", "200", "500", "900", "10"],
            &["192.0.2.1", "REST.PUT.OBJECT", "200", "-", "700", "30"],
            &["-", "S3.EXPIRE.OBJECT", "-", "-", "60", "-"],
        ],
    );
    let answer = measures(&S3_ACCESS, folder.path());
    check(&answer, "sent_bytes", 500.0);
    check(&answer, "received_bytes", 700.0);
    check(&answer, "clients", 1.0);
    check(&answer, "mean_duration", 20.0);
}

#[test]
fn a_viewer_who_left_is_no_error() {
    let folder = with(
        &CLOUDFRONT,
        &["sc_status", "x_edge_result_type", "time_taken", "sc_bytes"],
        &[
            &["000", "Error", "0.001", "0"],
            &["200", "Miss", "0.250", "4000000000"],
            &["504", "Error", "30.000", "500"],
            &["200", "Hit", "0.002", "4000000000"],
        ],
    );
    let answer = measures(&CLOUDFRONT, folder.path());
    check(&answer, "aborts", 1.0);
    check(&answer, "errors", 1.0);
    check(&answer, "cache_misses", 1.0);
    check(&answer, "cache_miss_ratio", 0.25);
    check(&answer, "sent_bytes", 8_000_000_500.0);
}

#[test]
fn headers_are_found_by_name_whatever_their_case() {
    let request = |header: &str, address: &str| {
        format!(
            r#"{{"clientIp":"{address}","country":"DE","headers":[{{"name":"Accept","value":"*/*"}},{{"name":"{header}","value":"www.example.com"}}],"uri":"/a","args":"x=1","httpMethod":"GET"}}"#
        )
    };
    let (one, other) = (request("Host", "192.0.2.1"), request("host", "192.0.2.2"));
    let none = request("x-host", "192.0.2.3");
    let folder =
        with(&WAF, &["httprequest"], &[&[one.as_str()], &[other.as_str()], &[none.as_str()]]);
    let groups = groups(&WAF, folder.path());
    assert_eq!(groups.len(), 3);
    for row in groups {
        let address = row["client_ip"].as_str().expect("an address");
        assert_eq!(row["host"].as_str(), (address != "192.0.2.3").then_some("www.example.com"));
        assert_eq!(row["path"], "/a");
        assert!(row["user_agent"].is_null());
    }
}

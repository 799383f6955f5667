//! The SerDes of JSON, and CloudTrail's files.

use floodmark_formats::Reason;
use floodmark_formats::hive::{CLOUDTRAIL_INPUT_FORMAT, HiveTable, Serde};
use floodmark_formats::predicate::{Comparison, Predicate, Test};

use crate::decoded::samples;
use crate::hive::{columns, properties, read, read_some, table};

const OPENX: &str = "org.openx.data.jsonserde.JsonSerDe";
const HIVE: &str = "org.apache.hive.hcatalog.data.JsonSerDe";
const CLOUDTRAIL: &str = "com.amazon.emr.hive.serde.CloudTrailSerde";

fn openx(declared: &str, pairs: &[(&str, &str)]) -> HiveTable {
    table(OPENX, declared, pairs).unwrap()
}

fn check(declared: &str, pairs: &[(&str, &str)], line: &str, expected: &[&str]) {
    let found = read(openx(declared, pairs), format!("{line}\n").as_bytes());
    assert_eq!(found.row(), expected, "{line}");
}

#[test]
fn keys_are_columns() {
    check(
        "a string, b int, c string",
        &[],
        r#"{"A":"x","b":1,"d":{"deep":[1]}}"#,
        &["x", "1", "NULL"],
    );
    check(
        "a string, b int",
        &[("case.insensitive", "false")],
        r#"{"A":"x","a":"y","B":1}"#,
        &["y", "NULL"],
    );
    check(
        "ts string, b string",
        &[("mapping.ts", "timestamp")],
        r#"{"timestamp":"now","ts":"no"}"#,
        &["now", "NULL"],
    );
    check(
        "a string, b string",
        &[("mapping.a", "x"), ("mapping.b", "x")],
        r#"{"x":"1"}"#,
        &["1", "1"],
    );
    check(
        "a_b string, c string",
        &[("dots.in.keys", "true")],
        r#"{"a.b":"x","c":"y"}"#,
        &["x", "y"],
    );
    check("a_b string", &[], r#"{"a.b":"x"}"#, &["NULL"]);
    check("a string, b int", &[("paths", "a,b")], r#"["x", 2, 3]"#, &["x", "2"]);
    check("`cs(host)` string", &[], r#"{"cs(Host)":"h"}"#, &["h"]);
}

#[test]
fn any_value_becomes_text() {
    for (value, expected) in [
        (r#""x""#, "x"),
        ("1", "1"),
        ("1.50", "1.50"),
        ("1e3", "1E+3"),
        ("0x1F", "31"),
        ("007", "7"),
        ("TRUE", "true"),
        ("null", "NULL"),
        (r#"{"b" : [1, "two", null], "c":{}}"#, r#"{"b":[1,"two",null],"c":{}}"#),
        (r#""a\u00e9\n\"\/""#, "aé\n\"/"),
        (r#""\ud83e\udd80""#, "🦀"),
        (r#""half \ud83e pair""#, r"half \ud83e pair"),
        (r#""""#, ""),
        ("'single'", "single"),
        ("bare", "bare"),
        ("-5", "-5"),
        ("12345678901234567890", "12345678901234567890"),
        ("1.0E-10", "1.0E-10"),
    ] {
        check("a string", &[], &format!("{{\"a\":{value}}}"), &[expected]);
    }
}

#[test]
fn values_are_coerced() {
    for (hive_type, value, expected) in [
        ("int", r#""443""#, "443"),
        ("int", "1.9", "1"),
        ("int", "0x10", "16"),
        ("int", "010", "8"),
        ("bigint", "1e3", "1000"),
        ("int", "3000000000", "NULL"),
        ("tinyint", "-1", "-1"),
        ("boolean", "true", "true"),
        ("boolean", r#""TRUE""#, "true"),
        ("boolean", r#""yes""#, "false"),
        ("boolean", "1", "false"),
        ("boolean", "{}", "false"),
        ("double", r#""1.5""#, "1.5"),
        ("float", "2", "2"),
        ("decimal(4,1)", "1.25", "1.3"),
        ("date", r#""2024-10-05""#, "2024-10-05"),
        ("date", "20001", "2024-10-05"),
        ("timestamp", r#""2024-10-05 01:02:03""#, "2024-10-05T01:02:03.000000Z"),
        ("timestamp", r#""2024-10-05T01:02:03Z""#, "2024-10-05T01:02:03.000000Z"),
        ("timestamp", r#""2024-10-05T01:02:03+0200""#, "2024-10-04T23:02:03.000000Z"),
        ("timestamp", "1728090123", "2024-10-05T01:02:03.000000Z"),
        ("timestamp", "1728090123123", "2024-10-05T01:02:03.123000Z"),
        ("timestamp", "1728090123.5", "2024-10-05T01:02:03.500000Z"),
        ("array<int>", "[1,\"2\",null]", "[1, 2, null]"),
        ("array<int>", "5", "[5]"),
        ("array<string>", "\"\"", "NULL"),
        ("array<string>", "[1,,2]", "[1, null, 2]"),
        ("map<string,int>", r#"{"a":1,"b":null}"#, "{a: 1, b: null}"),
        ("map<string,int>", r#"" ""#, "NULL"),
        ("map<int,string>", r#"{"1":"x"}"#, "{1: x}"),
        ("struct<x:int,y:string>", r#"{"Y":{"z":1},"x":"7"}"#, r#"{x: 7, y: {"z":1}}"#),
        ("struct<x:int,y:int>", "[1]", "{x: 1, y: null}"),
        ("struct<x:int>", "\"\"", "{x: null}"),
        ("binary", r#""aGk=""#, "[104, 105]"),
        ("varchar(2)", "\"abc\"", "ab"),
    ] {
        check(&format!("a {hive_type}"), &[], &format!("{{\"a\":{value}}}"), &[expected]);
    }
}

#[test]
fn times_may_have_formats() {
    for (formats, value, expected) in [
        (
            "yyyy-MM-dd'T'HH:mm:ss.SSS'Z',dd/MMM/yyyy:HH:mm:ss Z",
            "2024-10-05T01:02:03.250Z",
            "2024-10-05T01:02:03.250000Z",
        ),
        (
            "yyyy-MM-dd'T'HH:mm:ss.SSS'Z',dd/MMM/yyyy:HH:mm:ss Z",
            "05/Oct/2024:01:02:03 +0100",
            "2024-10-05T00:02:03.000000Z",
        ),
        ("yyyyMMddHHmmss", "20241005010203", "2024-10-05T01:02:03.000000Z"),
        ("MM/dd/yy hh:mm a", "10/05/24 01:02 PM", "2024-10-05T13:02:00.000000Z"),
        ("yyyy", "x", "NULL"),
    ] {
        check(
            "a timestamp",
            &[("timestamp.formats", formats)],
            &format!("{{\"a\":\"{value}\"}}"),
            &[expected],
        );
    }
    assert!(table(OPENX, "a timestamp", &[("timestamp.formats", "yyyy'T")]).is_err());
}

#[test]
fn what_is_no_json_is_rejected_and_would_have_failed_in_athena() {
    for (line, message) in [
        (r#"{"a":"x""#, "Expected a ',' or '}'"),
        (r#"{"a":"x"#, "Unterminated string"),
        (r#"{"a":1,"A":2}"#, "Duplicate key \"A\""),
        ("[1", "Expected a ',' or ']'"),
    ] {
        let text = format!("{{\"a\":1}}\n{line}\n{{\"a\":2}}\n");
        let of = openx("a int", &[]);
        assert!(of.malformed_fails());
        let found = read(of, text.as_bytes());
        assert_eq!(found.rows(), [[Some("1".to_owned())], [Some("2".to_owned())]]);
        assert_eq!((found.rejections[0].line, found.rejections[0].reason), (2, Reason::NotJson));
        let failure = found.failure.unwrap();
        assert_eq!((failure.line, failure.code), (2, "HIVE_CURSOR_ERROR"));
        assert!(failure.message.starts_with("Row is not a valid JSON Object - JSONException: "));
        assert!(failure.message.contains(message), "{}", failure.message);
        let of = openx("a int", &[("ignore.malformed.json", "true")]);
        assert!(!of.malformed_fails());
        let found = read(of, text.as_bytes());
        assert_eq!((found.rows().len(), found.account.unmatched), (3, 1));
        assert!(found.failure.is_none());
    }
    // What is no object at all is a row of NULLs.
    for line in ["", "x", "1"] {
        let found = read(openx("a int", &[]), format!("{line}\n").as_bytes());
        assert_eq!((found.account.rows, found.account.unmatched), (1, 1));
    }
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert_eq!(read(openx("a int", &[]), deep.as_bytes()).account.rejected_total(), 1);
    let found = read(openx("a int", &[]), b"{\"a\":\"-\"}\n");
    assert_eq!(found.row(), ["NULL"]);
    assert_eq!(
        found.failure.unwrap().message,
        "Error parsing field value '-' for field 0: For input string: \"-\""
    );
    let found = read(openx("a int", &[("use.null.for.invalid.data", "true")]), b"{\"a\":\"-\"}\n");
    assert!(found.failure.is_none());
}

#[test]
fn hives_own_serde_is_strict() {
    let hive = |declared: &str| table(HIVE, declared, &[]).unwrap();
    let found = read(
        hive("a int, b string, s struct<x:int>, c boolean"),
        br#"{"A":1.9,"b":1.50,"s":{"X":1},"_col3":"true"}"#,
    );
    assert_eq!(found.row(), ["1", "1.50", "{x: 1}", "true"]);
    let found = read(hive("a int"), br#"{"a":1,"a":2}"#);
    assert_eq!(found.row(), ["2"]);
    for line in [r#"{"a":"1"}"#, r#"{"a":{}}"#] {
        let found = read(hive("a int"), line.as_bytes());
        assert_eq!(found.row(), ["NULL"]);
        assert!(found.failure.is_some());
    }
    for line in [
        "",
        "x",
        "[1]",
        "{'a':1}",
        r#"{"a":x}"#,
        r#"{"a":01}"#,
        r#"{"a":1;"b":2}"#,
        "{\"a\":\"\t\"}",
    ] {
        let found = read(hive("a int"), format!("{line}\n").as_bytes());
        assert_eq!(found.account.rejected_total(), 1, "{line}");
    }
}

#[test]
fn cloudtrail_records_are_rows() {
    let declared = "eventversion string, useridentity struct<type:string,arn:string>, useridentity_as_string string, eventname string, requestparameters string, resources array<struct<arn:string>>, readonly string";
    let file = br#"{"Records":[{"eventVersion":"1.08","userIdentity":{"type":"Root","arn":"a"},"eventName":"Get","requestParameters":{"k":[1,"v"]},"resources":[{"ARN":"r"}],"readOnly":true}, {"eventName":"Put","requestParameters":null}]}
{"Records":[]}
{"Other":1}
x
"#;
    let declared_columns = columns(declared);
    let hcatalog = Serde::of(HIVE, &properties(&[]), &declared_columns).unwrap();
    for of in [
        table(CLOUDTRAIL, declared, &[]).unwrap(),
        HiveTable::new(declared_columns, hcatalog.with_input_format(CLOUDTRAIL_INPUT_FORMAT)),
    ] {
        let found = read(of, file);
        assert_eq!(
            found.rows()[0].iter().flatten().collect::<Vec<_>>(),
            [
                "1.08",
                "{type: Root, arn: a}",
                r#"{"type":"Root","arn":"a"}"#,
                "Get",
                r#"{"k":[1,"v"]}"#,
                "[{arn: r}]",
                "true"
            ]
        );
        assert_eq!(found.rows()[1][3].as_deref(), Some("Put"));
        let account = &found.account;
        assert_eq!(
            (account.lines, account.rows, account.headers, account.rejected_total()),
            (5, 2, 1, 2)
        );
        assert_eq!(found.rejections[0].reason, Reason::Foreign);
    }
    // Many records of one document come in several batches.
    let many = format!("{{\"Records\":[{}]}}", vec![r#"{"eventName":"x"}"#; 10_000].join(","));
    let found = read(table(CLOUDTRAIL, declared, &[]).unwrap(), many.as_bytes());
    assert_eq!((found.rows().len(), found.batches.len()), (10_000, 3));
}

#[test]
fn predicates_read_json() {
    let text = b"{\"a\":\"x\",\"b\":1}\n{\"a\":\"y\",\"b\":2}\n{\"b\":3}\n";
    for (column, test, lines) in [
        (0, Test::Text(Comparison::Equal, b"y".to_vec()), &["2"][..]),
        (1, Test::Number(Comparison::Less, 2), &["1"]),
    ] {
        let found = read_some(
            openx("a string, b int", &[]),
            &["$line"],
            vec![Predicate { column, test }],
            text,
        );
        let rows: Vec<_> = found.rows().into_iter().map(|row| row[0].clone().unwrap()).collect();
        assert_eq!(rows, lines);
        assert_eq!(found.account.rows, 3);
    }
}

#[test]
fn documented_tables_read_their_logs() {
    let waf = "`timestamp` bigint, webaclid string, action string, httprequest struct<clientip:string,country:string,headers:array<struct<name:string,value:string>>,uri:string>, labels array<struct<name:string>>";
    let dns = "version string, query_name string, answers array<struct<Rdata: string,Type: string,Class: string>>, srcport int, srcids struct<instance: string,resolver_endpoint: string>";
    for (log, declared, needed) in [("waf", waf, 3), ("route53_resolver", dns, 1)] {
        for sample in samples().into_iter().filter(|sample| sample.log_type.name == log) {
            let found = read(openx(declared, &[]), &sample.bytes);
            assert_eq!(
                found.account.rows, found.account.lines,
                "{}: {:?}",
                sample.name, found.failure
            );
            for row in found.rows() {
                assert!(row[needed].is_some(), "{}: {row:?}", sample.name);
            }
        }
    }
}

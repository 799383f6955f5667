//! `LazySimpleSerDe`.

use floodmark_formats::hive::HiveTable;
use floodmark_formats::predicate::{Comparison, Predicate, Test};

use crate::decoded::samples;
use crate::hive::{Read, properties, read, read_some, table};

const CLASS: &str = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";

fn delimited(declared: &str, pairs: &[(&str, &str)]) -> HiveTable {
    table(CLASS, declared, pairs).unwrap()
}

fn check(declared: &str, pairs: &[(&str, &str)], line: &str, expected: &[&str]) -> Read {
    let found = read(delimited(declared, pairs), line.as_bytes());
    assert_eq!(found.row(), expected, "{line:?}");
    found
}

const SPACE: &[(&str, &str)] = &[("field.delim", " ")];
const COMMA: &[(&str, &str)] = &[("field.delim", ",")];

#[test]
fn missing_values_are_null_and_surplus_ones_are_ignored() {
    check("a string, b string, c int", SPACE, "x", &["x", "NULL", "NULL"]);
    check("a string, b string", SPACE, "x y z", &["x", "y"]);
    check("a string, b string", SPACE, "x ", &["x", ""]);
    check("a string, b string", SPACE, r"\N \n", &["NULL", r"\n"]);
    check("a string, b string", &[], "x\u{1}y z", &["x", "y z"]);
    check(
        "a string, b string",
        &[("field.delim", ","), ("serialization.null.format", "")],
        ",x",
        &["NULL", "x"],
    );
    check("a string, b string", &[("serialization.format", "9")], "x\ty", &["x", "y"]);
    check(
        "a string, b int",
        &[("field.delim", ","), ("serialization.last.column.takes.rest", "true")],
        "x,1,2",
        &["x", "NULL"],
    );
}

#[test]
fn empty_lines_are_rows() {
    let found = read(delimited("a string, b int", COMMA), b"\n\r\n1,2\n");
    assert_eq!(found.rows().len(), 3);
    assert_eq!(found.rows()[0], [Some(String::new()), None]);
    assert_eq!(found.account.rows, 3);
}

#[test]
fn lines_end_as_in_hadoop() {
    let found = read(delimited("a string", COMMA), b"\xef\xbb\xbfa\rb\r\nc\n\nd");
    let rows: Vec<_> = found.rows().into_iter().map(|row| row[0].clone().unwrap()).collect();
    assert_eq!(rows, ["a", "b", "c", "", "d"]);
}

#[test]
fn values_are_read_as_athena_reads_them() {
    for (hive_type, cases) in [
        (
            "int",
            &[
                ("1", "1"),
                ("-1", "-1"),
                ("+7", "7"),
                ("007", "7"),
                ("1.9", "1"),
                ("-1.9", "-1"),
                ("1.x", "NULL"),
                ("", "NULL"),
                ("-", "NULL"),
                (" 1", "NULL"),
                ("2147483648", "NULL"),
                ("1e3", "NULL"),
            ][..],
        ),
        ("tinyint", &[("127", "127"), ("128", "NULL")]),
        ("smallint", &[("-32768", "-32768"), ("40000", "NULL")]),
        (
            "bigint",
            &[
                ("9223372036854775807", "9223372036854775807"),
                ("9223372036854775808", "NULL"),
                ("0.001", "0"),
            ],
        ),
        (
            "double",
            &[
                ("1.5", "1.5"),
                (" 1 ", "1"),
                ("1e3", "1000"),
                ("NaN", "NaN"),
                ("-Infinity", "-inf"),
                ("inf", "NULL"),
                ("nan", "NULL"),
                ("1f", "1"),
                ("-", "NULL"),
                (".5", "0.5"),
                ("", "NULL"),
            ],
        ),
        ("float", &[("0.1", "0.1"), ("-", "NULL")]),
        (
            "boolean",
            &[("TRUE", "true"), ("False", "false"), ("1", "NULL"), ("t", "NULL"), ("", "NULL")],
        ),
        (
            "decimal(5,2)",
            &[
                ("1.005", "1.01"),
                ("-1.005", "-1.01"),
                ("999.99", "999.99"),
                ("999.995", "NULL"),
                ("1e2", "100.00"),
                ("0.001", "0.00"),
                ("x", "NULL"),
                ("", "NULL"),
                ("1e2147483647", "NULL"),
                ("0e2147483647", "0.00"),
            ],
        ),
        (
            "date",
            &[
                ("2024-10-05", "2024-10-05"),
                ("2024-1-5", "2024-01-05"),
                ("2024-10-05 12:00:00", "2024-10-05"),
                ("2024-02-30", "2024-03-01"),
                ("2024/10/05", "NULL"),
                ("", "NULL"),
                ("05/10/2024", "NULL"),
            ],
        ),
        (
            "timestamp",
            &[
                ("2024-10-05 01:02:03", "2024-10-05T01:02:03.000000Z"),
                ("2024-10-05 01:02:03.123456", "2024-10-05T01:02:03.123000Z"),
                ("2024-10-05T01:02:03.5", "2024-10-05T01:02:03.500000Z"),
                ("2024-10-05T01:02:03Z", "NULL"),
                ("2024-10-05", "NULL"),
                ("1728090123", "NULL"),
                ("", "NULL"),
            ],
        ),
        ("varchar(3)", &[("äöüß", "äöü"), ("a", "a")]),
        ("char(3)", &[("a  ", "a"), ("abcd", "abc")]),
        ("binary", &[("aGk=", "[104, 105]"), ("!", "[33]")]),
    ] {
        for (text, expected) in cases {
            let found =
                read(delimited(&format!("v {hive_type}"), COMMA), format!("{text}\n").as_bytes());
            assert_eq!(found.row(), [*expected], "{text:?} as {hive_type}");
        }
    }
}

#[test]
fn each_level_of_nesting_has_its_delimiter() {
    let pairs = &[("field.delim", "|"), ("collection.delim", ","), ("mapkey.delim", ":")];
    check(
        "a array<int>, m map<string,int>",
        pairs,
        "1,x,,3|k:1,l,k:2,m:x",
        &["[1, null, null, 3]", "{k: 1, l: null, m: null}"],
    );
    check("s struct<a:int,b:string,c:int>", pairs, "1,two", &["{a: 1, b: two, c: null}"]);
    check("s struct<a:int,b:string>", pairs, "1,two,three", &["{a: 1, b: two}"]);
    check("a array<int>, b string", pairs, "|x", &["[]", "x"]);
    check("a array<int>, b string", pairs, r"\N|x", &["NULL", "x"]);
    check(
        "a array<struct<x:int,l:array<string>>>",
        &[],
        "1\u{3}a\u{4}b\u{2}2",
        &["[{x: 1, l: [a, b]}, {x: 2, l: null}]"],
    );
    check("m map<int,array<string>>", &[], "1\u{3}a\u{4}b\u{2}x\u{3}c", &["{1: [a, b]}"]);
}

#[test]
fn escapes_hide_delimiters() {
    let pairs = &[("field.delim", ","), ("escape.delim", "\\"), ("collection.delim", ";")];
    check("a string, b string", pairs, r"x\,y,z\n\\", &["x,y", "z\n\\"]);
    check("a string, b string", pairs, r"x\", &["x\\", "NULL"]);
    check("a array<string>, b int", pairs, r"x\;y;z,1", &["[x;y, z]", "1"]);
}

#[test]
fn headers_and_footers_are_left_out() {
    let skipping = |header: &str, footer: &str| {
        delimited("a string", COMMA).with_properties(&properties(&[
            ("skip.header.line.count", header),
            ("skip.footer.line.count", footer),
        ]))
    };
    for (header, footer, rows, headers) in [
        ("0", "0", 4, 0),
        ("1", "0", 3, 1),
        ("2", "1", 1, 3),
        ("9", "0", 0, 4),
        ("0", "9", 0, 4),
        ("x", "", 4, 0),
    ] {
        let found = read(skipping(header, footer), b"1\n2\n3\n4\n");
        assert_eq!((found.account.rows, found.account.headers), (rows, headers));
    }
    let found = crate::hive::read_pieces(skipping("1", "2"), &[b"1\n", b"2\n3", b"\n4\n5", b"\n6"]);
    let rows: Vec<_> = found.rows().into_iter().map(|row| row[0].clone().unwrap()).collect();
    assert_eq!(rows, ["2", "3", "4"]);
}

#[test]
fn hidden_columns_and_few_columns_can_be_asked_for() {
    let of = || delimited("a string, b int, c string", SPACE);
    let found =
        read_some(of(), &["c", "$line", "$raw", "$path", "$file_size"], Vec::new(), b"x 1 y\nz 2");
    assert_eq!(
        found.rows()[1],
        [
            None,
            Some("2".into()),
            Some("z 2".into()),
            Some("s3://logs/key".into()),
            Some("1".into())
        ]
    );
    let found = read_some(of(), &[], Vec::new(), b"x 1 y\nz 2");
    assert_eq!(found.rows(), [Vec::new(), Vec::new()]);
}

#[test]
fn predicates_drop_rows_and_the_account_keeps_them() {
    let of = || delimited("a string, b int, d date", SPACE);
    let text = b"x 1 2024-10-05\ny 2 2024-10-06\nx 3 -\nx - 2024-10-07\n";
    for (column, test, lines) in [
        (0, Test::Text(Comparison::Equal, b"x".to_vec()), &["1", "3", "4"][..]),
        (0, Test::TextIn(vec![b"y".to_vec()]), &["2"]),
        (1, Test::Number(Comparison::Greater, 1), &["2", "3"]),
        (1, Test::NumberIn(vec![1, 9]), &["1"]),
        (2, Test::Number(Comparison::GreaterOrEqual, 20_002), &["2", "4"]),
    ] {
        let found = read_some(of(), &["$line"], vec![Predicate { column, test }], text);
        let rows: Vec<_> = found.rows().into_iter().map(|row| row[0].clone().unwrap()).collect();
        assert_eq!(rows, lines);
        assert_eq!(found.account.rows, 4);
    }
}

#[test]
fn flow_logs_are_read_as_documented() {
    let declared = "version int, account_id string, interface_id string, srcaddr string, dstaddr string, srcport int, dstport int, protocol bigint, packets bigint, bytes bigint, start bigint, `end` bigint, action string, log_status string";
    for sample in samples().into_iter().filter(|sample| sample.log_type.name == "vpc_flow") {
        let of = delimited(declared, SPACE)
            .with_properties(&properties(&[("skip.header.line.count", "1")]));
        let found = read(of, &sample.bytes);
        let lines = sample.bytes.split_inclusive(|b| *b == b'\n').count() as u64;
        assert_eq!((found.account.rows, found.account.headers), (lines - 1, 1), "{}", sample.name);
    }
}

#[test]
fn properties_that_cannot_be_meant_are_refused() {
    for (declared, pairs) in [
        ("a string", &[("field.delim", "§")][..]),
        ("a string", &[("line.delim", ";")]),
        ("a array<array<array<array<array<array<array<array<int>>>>>>>>", &[]),
    ] {
        assert!(table(CLASS, declared, pairs).is_err());
    }
    let error = table("org.apache.hadoop.hive.serde2.OddSerDe", "a string", &[]).unwrap_err();
    assert!(error.message.contains("OddSerDe") && error.hint.unwrap().contains(CLASS));
}

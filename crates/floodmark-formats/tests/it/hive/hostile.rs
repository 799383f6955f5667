//! Bytes that no table should have: nothing panics, no line is lost, and one bad line spoils no other.

use std::sync::Arc;

use floodmark_formats::Reason;
use floodmark_formats::hive::{HiveDecoder, HiveRequest, HiveTable};
use floodmark_formats::limits::LINE_BYTES_MAX;
use proptest::prelude::*;

use crate::hive::{Read, properties, read_request, read_shared, table};

const DECLARED: &str =
    "a string, b int, c array<struct<x:int,y:map<string,double>>>, d timestamp, e varchar(3)";
const PLAIN: &str = "a string, b int, c boolean, d timestamp, e char(3)";

/// A table of every SerDe that reads lines.
fn tables() -> Vec<Arc<HiveTable>> {
    let of = |class: &str, declared: &str, pairs: &[(&str, &str)]| {
        Arc::new(table(class, declared, pairs).unwrap())
    };
    let lazy = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
    let regex = "org.apache.hadoop.hive.serde2.RegexSerDe";
    let openx = "org.openx.data.jsonserde.JsonSerDe";
    let footer =
        table(lazy, DECLARED, &[("field.delim", "a")]).unwrap().with_properties(&properties(&[
            ("skip.header.line.count", "1"),
            ("skip.footer.line.count", "2"),
        ]));
    vec![
        of(lazy, DECLARED, &[]),
        of(
            lazy,
            DECLARED,
            &[
                ("field.delim", " "),
                ("escape.delim", "\\"),
                ("collection.delim", ","),
                ("mapkey.delim", ":"),
            ],
        ),
        Arc::new(footer),
        of(regex, PLAIN, &[("input.regex", "(.*?)[ a](.*) ?([^é]*)?(\"[^\"]*\"|-)?(.*)")]),
        of(regex, PLAIN, &[("input.regex", "(?=(.*))(\\w+)(.*)")]),
        of(
            "com.amazonaws.glue.serde.GrokSerDe",
            PLAIN,
            &[("input.format", "%{WORD:a} %{INT:b}%{GREEDYDATA:c}")],
        ),
        of("org.apache.hadoop.hive.serde2.OpenCSVSerde", PLAIN, &[]),
        of(openx, DECLARED, &[("dots.in.keys", "true"), ("mapping.a", "b")]),
        of(
            openx,
            DECLARED,
            &[("ignore.malformed.json", "true"), ("timestamp.formats", "yyyy-MM-dd")],
        ),
        of("org.apache.hive.hcatalog.data.JsonSerDe", DECLARED, &[]),
        of("com.amazon.emr.hive.serde.CloudTrailSerde", DECLARED, &[]),
    ]
}

/// Reads all columns, the hidden ones too. The reading checks that the account adds up.
fn read_all(table: &Arc<HiveTable>, pieces: &[&[u8]]) -> Read {
    let columns: Vec<usize> = (0..table.schema().fields().len()).collect();
    read_request(HiveRequest::new(table, &columns, Vec::new(), 3), pieces)
}

#[test]
fn objects_of_hardly_anything_are_read() {
    for bytes in [
        &b""[..],
        b"\n",
        b"\r",
        b"\r\n\r",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf\n",
        b"\0",
        b"\xff\n\xfe",
        b"{",
        b"[",
        b"\"",
        b"\\",
        b"{}",
        b"[]",
        b"{\"Records\":[1,{}]}\n",
    ] {
        for table in tables() {
            read_all(&table, &[bytes]);
        }
    }
}

#[test]
fn long_and_deep_lines_are_read() {
    for sign in ["a", " ", "\"", "\\", "[", "{", "{\"a\":", "é", "\u{1}", ",", "a b ", "[[],"] {
        let line = sign.repeat(50_000);
        let text = format!("{line}\nx\n");
        for table in tables() {
            read_all(&table, &[text.as_bytes()]);
        }
    }
    let line = vec![b'x'; LINE_BYTES_MAX + 1];
    for table in tables().iter().take(2) {
        let found = read_shared(table, &[b"1\n", &line, b"\n2\n"]);
        assert_eq!(found.account.rejected.get(&Reason::TooLong), Some(&1));
        assert_eq!((found.account.lines, found.account.rows), (3, 2));
    }
}

#[test]
fn bytes_that_are_not_utf8_are_shown_and_counted() {
    let table = &tables()[1];
    let found = read_shared(table, &[b"a\xffb 1\nx 2\n"]);
    assert_eq!(found.rows()[0][0].as_deref(), Some("a\u{fffd}b"));
    assert_eq!(found.account.not_utf8, 1);
}

#[test]
fn columns_of_a_file_are_taken_by_name() {
    use arrow_array::{ArrayRef, Int32Array, StringViewArray};
    let class = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
    let of = table(class, "a int, b string, c double", &[]).unwrap();
    let of = Arc::new(of.with_properties(&properties(&[("skip.header.line.count", "1")])));
    assert_eq!(of.file_columns(["B", "x", "A"]), [Some(2), Some(0), None]);
    let columns: Vec<usize> = (0..of.schema().fields().len()).collect();
    let request = Arc::new(HiveRequest::new(&of, &columns, Vec::new(), 10));
    let mut decoder = HiveDecoder::new(request, Arc::new(crate::decoded::facts()));
    let first: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let second: ArrayRef = Arc::new(StringViewArray::from(vec![Some("x"), None]));
    let batches = vec![decoder.columns(&[Some(first), Some(second), None], 2)];
    let (account, rejections) = decoder.finish();
    let found = Read { batches, account, rejections, unmatched: Vec::new(), failure: None };
    let row = |values: [Option<&str>; 8]| values.map(|value| value.map(str::to_owned)).to_vec();
    let path = Some("s3://logs/key");
    assert_eq!(
        found.rows()[0],
        row([Some("1"), Some("x"), None, path, Some("1"), None, Some("1"), None])
    );
    assert_eq!(
        found.rows()[1],
        row([Some("2"), None, None, path, Some("2"), None, Some("1"), None])
    );
    assert_eq!((found.account.rows, found.account.headers), (2, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_bytes_are_accounted_for_in_any_pieces(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        signs in "[ \t\n\r\"\\\\\\[\\]{}:,#a-c0-3.Té\u{1}\u{2}\u{3}'=;/-]{0,200}",
        at: prop::sample::Index,
    ) {
        for table in tables() {
            for bytes in [bytes.as_slice(), signs.as_bytes()] {
                let whole = read_all(&table, &[bytes]);
                let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
                let pieces = read_all(&table, &[first, second]);
                prop_assert_eq!(&pieces.account, &whole.account);
                prop_assert_eq!(pieces.rows(), whole.rows());
                let visible = whole.account.rows;
                prop_assert_eq!(whole.rows().len() as u64, visible);
            }
        }
    }

    #[test]
    fn json_of_any_shape_is_read(value in json(), openx: bool) {
        let class = if openx { "org.openx.data.jsonserde.JsonSerDe" } else { "org.apache.hive.hcatalog.data.JsonSerDe" };
        let of = Arc::new(table(class, DECLARED, &[]).unwrap());
        let text = format!("{{\"a\":{value},\"b\":{value},\"c\":{value},\"d\":{value},\"e\":{value}}}\n");
        let found = read_all(&of, &[text.as_bytes()]);
        prop_assert_eq!(found.account.rows, 1, "{}: {:?}", text, found.failure);
    }
}

/// A JSON value without equal keys.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Map, Value};
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e20_f64..1e20).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[xyk1.\"]{0,3}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

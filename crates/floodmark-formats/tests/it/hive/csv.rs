//! `OpenCSVSerde`.

use crate::hive::{read, table};

const CLASS: &str = "org.apache.hadoop.hive.serde2.OpenCSVSerde";

fn check(pairs: &[(&str, &str)], line: &str, expected: &[&str]) {
    let declared: Vec<_> = (0..expected.len()).map(|at| format!("c{at} string")).collect();
    let found =
        read(table(CLASS, &declared.join(", "), pairs).unwrap(), format!("{line}\n").as_bytes());
    assert_eq!(found.row(), expected, "{line:?}");
}

#[test]
fn values_may_stand_in_quotes() {
    check(&[], "a,b,c", &["a", "b", "c"]);
    check(&[], "a,,c", &["a", "", "c"]);
    check(&[], "a,b", &["a", "b", "NULL"]);
    check(&[], "a,b,c,d", &["a", "b"]);
    check(&[], "", &["NULL", "NULL"]);
    check(&[], r#""a","b,c","d""#, &["a", "b,c", "d"]);
    check(&[], r#""a","x ""y"" z""#, &["a", r#"x "y" z"#]);
    check(&[], r#""a","x \"y\" z""#, &["a", r#"x "y" z"#]);
    check(&[], r#"abcd, "x",z"#, &["abcd", "x", "z"]);
    check(&[], r#"abcd,x"y"z,"#, &["abcd", r#"x"y"z"#, ""]);
    check(&[], r#"a,"open"#, &["a", "NULL"]);
    check(&[], r#""""#, &[""]);
    check(&[], r"a\b,c", &["ab", "c"]);
    check(&[("separatorChar", "\t"), ("quoteChar", "'")], "'a\tb'\tc\"d", &["a\tb", "c\"d"]);
    check(&[("escapeChar", "\"")], r#"a,"x \" y""#, &["a", "x \" y"]);
}

#[test]
fn columns_are_converted_as_documented() {
    let line = "\"7\",1.5,true,20001,1579059880000,-\n";
    let declared = "a int, b double, c boolean, d date, e timestamp, f string";
    let found = read(table(CLASS, declared, &[]).unwrap(), line.as_bytes());
    assert_eq!(found.row(), ["7", "1.5", "true", "2024-10-05", "2020-01-15T03:44:40.000000Z", "-"]);
    assert_eq!(found.failure, None);
    let found = read(table(CLASS, "a int, b string", &[]).unwrap(), b"1,x\n,y\n");
    assert_eq!(found.rows()[1], [None, Some("y".to_owned())]);
    let failure = found.failure.unwrap();
    assert_eq!((failure.line, failure.code), (2, "HIVE_BAD_DATA"));
    assert_eq!(failure.message, "Error parsing field value '' for field 0: For input string: \"\"");
}

#[test]
fn signs_that_cannot_be_meant_are_refused() {
    assert!(table(CLASS, "a string", &[("separatorChar", "\"")]).is_err());
    assert!(table(CLASS, "a string", &[("quoteChar", "é")]).is_err());
    assert!(table(CLASS, "a array<string>", &[]).is_err());
}

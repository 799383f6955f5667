//! `RegexSerDe`.

use floodmark_formats::Reason;
use floodmark_formats::hive::HiveTable;

use crate::hive::{read, table};

const CLASS: &str = "org.apache.hadoop.hive.serde2.RegexSerDe";

fn regex(declared: &str, pattern: &str) -> HiveTable {
    table(CLASS, declared, &[("input.regex", pattern)])
        .unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

/// Checks what the groups of a pattern are for a line: NULL for every one if it does not match.
fn check(pattern: &str, line: &str, expected: &[&str]) {
    let declared: Vec<_> = (0..expected.len()).map(|at| format!("c{at} string")).collect();
    let found = read(regex(&declared.join(", "), pattern), format!("{line}\n").as_bytes());
    assert_eq!(found.row(), expected, "{pattern} on {line:?}");
}

#[test]
fn groups_are_columns() {
    check("([^ ]*) ([^ ]*)", "a b", &["a", "b"]);
    check("([^ ]*) ([^ ]*)", "a b c", &["NULL", "NULL"]);
    check("([^ ]*)", "", &[""]);
    check("(a)(b)?(c)*", "a", &["a", "NULL", "NULL"]);
    check("(a)", "a", &["a", "NULL"]);
    check("(a)(b)", "ab", &["a"]);
    check("(.*)", "a\u{2028}b", &["a\u{2028}b"]);
    check("(|-|[0-9]*) (.*)", " x", &["", "x"]);
    check("(?:(a)|(b))", "b", &["NULL", "b"]);
    check("(?<first>a)(?<second>b)", "ab", &["a", "b"]);
}

#[test]
fn javas_syntax_is_read() {
    for (pattern, line, expected) in [
        (r"(\Qa.b\E)", "a.b", "a.b"),
        (r"(\p{Alpha}+)1", "abc1", "abc"),
        (
            r"(\p{Punct}*)",
            "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
        ),
        (r"([\w&&[^\d]]+)", "ab_", "ab_"),
        (r"([a-z&&[def]]*)", "fed", "fed"),
        (r"([a-d[m-p]]*)", "adm", "adm"),
        (r"([^a-d&&[a-f]]*)", "xyz", "xyz"),
        (r"([A-Z0-9-_]+)", "A-_9", "A-_9"),
        (r"([]a]*)", "]a", "]a"),
        (r"(\d+)\s(\w*)", "12\tx", "12"),
        (r"(\x41\u0042\0103\t?)", "ABC", "ABC"),
        (r"((?i)abc)", "aBC", "aBC"),
        (r"((?i:ab)c)", "ABc", "ABc"),
        (r"(?x) ( a b ) # two", "ab", "ab"),
        (r"(\p{L}+)", "éß", "éß"),
        (r"(\p{IsAlphabetic}+)", "éß", "éß"),
        (r"(\h\v?)", " ", " "),
        (r"(a++b)", "aab", "aab"),
        (r"((?>a*)b)", "aab", "aab"),
        (r"(a(?=b)b)", "ab", "ab"),
        (r"((?<!x)a)", "a", "a"),
        (r"((a)\2)", "aa", "aa"),
        (r"((?<q>['\x22]).*\k<q>)", "'x'", "'x'"),
        (r"(a{2,3})", "aaa", "aaa"),
        (r"(a{2}?)", "aa", "aa"),
        (r"^(.*)$", "x", "x"),
        (r"(\\)", "\\", "\\"),
        (r"(\bx\b)", "x", "x"),
        (r"([\[\]\-\\]*)", r"[]-\", r"[]-\"),
        (r"(\-\/\_)", "-/_", "-/_"),
        (r"(\e|\a|\cA|x)", "x", "x"),
    ] {
        check(pattern, line, &[expected]);
    }
    for (pattern, line) in [
        (r"(a++a)", "aa"),
        (r"(\d)", "٣"),
        (r"(\w)", "é"),
        (r"((?i)é)", "É"),
        (r"((?!a).*)", "ab"),
        (r"(.*)x", "a"),
        (r"([a-z&&[^aeiou]]*)", "bad"),
    ] {
        check(pattern, line, &["NULL"]);
    }
}

#[test]
fn patterns_that_are_none_are_refused() {
    for pattern in [
        "(",
        ")",
        "a**",
        "*",
        "[",
        "[b-a]",
        "a{2",
        "a{3,2}",
        r"\",
        r"\i",
        r"(a)\2",
        "(?<a>x)(?<a>y)",
        r"\p{Nonsense}",
        "a{9999}",
        "(?Z)",
        r"(?:a{1000}){1000}",
    ] {
        let error = table(CLASS, "a string", &[("input.regex", pattern)]);
        assert!(error.is_err(), "{pattern}");
    }
    let deep = "(".repeat(10_000);
    assert!(table(CLASS, "a string", &[("input.regex", &deep)]).is_err());
    let deep = "[".repeat(10_000);
    assert!(table(CLASS, "a string", &[("input.regex", &deep)]).is_err());
    assert!(table(CLASS, "a string", &[]).is_err());
    assert!(table(CLASS, "a array<int>", &[("input.regex", "(.*)")]).is_err());
}

#[test]
fn unmatched_lines_are_rows_of_nulls_and_are_counted() {
    let found = read(regex("a string, b int", "([a-z]*) ([^ ]*)"), b"x 1\nX 1\n\ny -\n");
    assert_eq!(found.account.rows, 4);
    assert_eq!(found.account.unmatched, 2);
    assert_eq!(found.rows()[1], [None, None]);
    assert_eq!(found.rows()[3], [Some("y".to_owned()), None]);
    assert_eq!(found.unmatched[0].text, "X 1");
    assert_eq!(found.unmatched[0].reason, Reason::Unmatched);
    assert!(found.rejections.is_empty());
}

#[test]
fn a_pattern_with_endless_ways_gives_up() {
    let line = "a".repeat(40) + "!";
    let found = read(regex("a string", r"(?=x|a)((a+)+)\1?$"), line.as_bytes());
    assert_eq!((found.account.unmatched, found.account.gave_up), (1, 1));
    // A regular expression proper has no such lines.
    let found = read(regex("a string", "((a+)+)$"), line.as_bytes());
    assert_eq!((found.account.unmatched, found.account.gave_up), (1, 0));
}

#[test]
fn numbers_are_read_as_java_reads_them() {
    for (hive_type, text, expected) in [
        ("int", "+5", "5"),
        ("int", "1.5", "NULL"),
        ("int", "", "NULL"),
        ("double", "1e3", "1000"),
        ("double", "-", "NULL"),
        ("boolean", "yes", "false"),
        ("boolean", "TRUE", "true"),
        ("string", "", ""),
        ("date", "2024-10-05", "2024-10-05"),
        ("timestamp", "2024-10-05 01:02:03", "2024-10-05T01:02:03.000000Z"),
        ("decimal(3,1)", "1.25", "1.3"),
    ] {
        let found = read(regex(&format!("v {hive_type}"), "(.*)"), format!("{text}\n").as_bytes());
        assert_eq!(found.row(), [expected], "{text:?} as {hive_type}");
    }
}

//! `GrokSerDe`.

use crate::hive::{read, table};

const CLASS: &str = "com.amazonaws.glue.serde.GrokSerDe";

fn check(declared: &str, format: &str, custom: &str, line: &str, expected: &[&str]) {
    let pairs = [("input.format", format), ("input.grokCustomPatterns", custom)];
    let table = table(CLASS, declared, &pairs).unwrap_or_else(|error| panic!("{error}"));
    let found = read(table, format!("{line}\n").as_bytes());
    assert_eq!(found.row(), expected, "{format} on {line:?}");
}

#[test]
fn fields_are_columns() {
    let postfix =
        "%{SYSLOGBASE} %{POSTFIX_QUEUEID:queue_id:chararray}: %{GREEDYDATA:syslog_message}";
    check(
        "syslogbase string, queue_id string, syslog_message string",
        &postfix.replace("%{SYSLOGBASE}", "%{BASE:syslogbase}"),
        "POSTFIX_QUEUEID [0-9A-F]{7,12}\nBASE .*?\\]:",
        "Feb  9 07:15:00 m4eastmail postfix/smtpd[19305]: B88C4120838: connect from unknown[192.168.55.4]",
        &[
            "Feb  9 07:15:00 m4eastmail postfix/smtpd[19305]:",
            "B88C4120838",
            "connect from unknown[192.168.55.4]",
        ],
    );
    check("b string, a string", "%{WORD:a} %{WORD:b}", "", "one two", &["two", "one"]);
    check("x string, y int", "%{WORD:a} %{INT:b}", "", "one 2", &["one", "2"]);
    check("a string", "%{INT:a}", "", "some 42 here", &["42"]);
    check("a string", "^%{INT:a}$", "", "some 42 here", &["NULL"]);
    check("a string, b string", "%{WORD:a}(?: %{INT:b})?", "", "x", &["x", "NULL"]);
    check("c string", "(?<c>[0-9]+)-%{WORD}", "", "7-x", &["7"]);
}

#[test]
fn every_known_pattern_is_one() {
    for name in [
        "IP",
        "IPV6",
        "HOSTPORT",
        "PATH",
        "URI",
        "TIMESTAMP_ISO8601",
        "DATESTAMP_RFC2822",
        "HTTPDATE",
        "QS",
        "UUID",
        "MAC",
        "LOGLEVEL",
        "SYSLOGBASE",
        "COMBINEDAPACHELOG",
        "BASE16FLOAT",
        "EMAILADDRESS",
        "URN",
        "TTY",
        "GREEDYMULTILINE",
        "DATESTAMP_EVENTLOG",
        "HTTPDERROR_DATE",
        "DATESTAMP_OTHER",
        "DATESTAMP_RFC822",
        "DATE",
        "BOOLEAN",
        "BASE16NUM",
        "NONNEGINT",
    ] {
        check(
            "a string",
            &format!("%{{{name}:a}}"),
            "",
            "",
            &[if name == "GREEDYMULTILINE" { "" } else { "NULL" }],
        );
    }
    check("a string", "%{IP:a}", "", "from 192.0.2.1", &["192.0.2.1"]);
    check("a string", "%{IP:a}", "", "from 2001:db8::1", &["2001:db8::1"]);
    check(
        "a string",
        "%{TIMESTAMP_ISO8601:a}",
        "",
        "at 2024-10-05T01:02:03.5Z",
        &["2024-10-05T01:02:03.5Z"],
    );
    check(
        "clientip string, verb string, response int, bytes bigint, agent string",
        "%{COMBINEDAPACHELOG}",
        "",
        "192.0.2.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a.gif HTTP/1.0\" 200 2326 \"http://x/\" \"Mozilla/4.08\"",
        &["192.0.2.1", "GET", "200", "2326", "\"Mozilla/4.08\""],
    );
}

#[test]
fn patterns_that_are_none_are_refused() {
    for (format, custom) in
        [("%{NOTHING:a}", ""), ("%{A:a}", "A %{A}"), ("(", ""), ("%{A:a}", "A [")]
    {
        let pairs = [("input.format", format), ("input.grokCustomPatterns", custom)];
        assert!(table(CLASS, "a string", &pairs).is_err(), "{format}");
    }
    assert!(table(CLASS, "a string", &[]).is_err());
    // Patterns that double at each level.
    let mut custom = String::from("P0 aaaaaaaaaa\n");
    for at in 1..60 {
        custom += &format!("P{at} %{{P{}}}%{{P{}}}\n", at - 1, at - 1);
    }
    let pairs = [("input.format", "%{P59:a}"), ("input.grokCustomPatterns", custom.as_str())];
    assert!(table(CLASS, "a string", &pairs).is_err());
}

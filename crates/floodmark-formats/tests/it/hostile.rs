//! Bytes that no log should hold. The decoder never panics, loses no line, and one bad line spoils no other.

use std::fmt::Write as _;

use floodmark_formats::limits::{LINE_BYTES_MAX, REJECTION_TEXT_BYTES_MAX};
use floodmark_formats::log_type::{Encoding, Quotes};
use floodmark_formats::synthetic::{self, Random, Record};
use floodmark_formats::{LogType, Reason, log_types};
use proptest::prelude::*;

use crate::decoded::{Decoded, log_type};

/// Puts a bad line between two good ones, and checks that these are read and the bad one is accounted for.
fn check(log_type: &'static LogType, bad: &[u8]) -> Decoded {
    let header = synthetic::header(log_type);
    let good = record(log_type, |_| {});
    let text = [header.as_bytes(), good.as_bytes(), bad, b"\n", good.as_bytes()].concat();
    let decoded = Decoded::whole(log_type, &text);
    assert!(decoded.account.adds_up());
    let lines = decoded.column("$line");
    let first = header.lines().count() + 1;
    let last = text.iter().filter(|byte| **byte == b'\n').count();
    let name = log_type.name;
    assert_eq!(lines.first(), Some(&Some(first.to_string())), "{name}: the line before is read");
    assert_eq!(lines.last(), Some(&Some(last.to_string())), "{name}: the line after is read");
    decoded
}

fn check_all(bad: &[u8]) {
    for log_type in log_types::ALL {
        check(log_type, bad);
    }
}

/// Checks that a bad line is rejected for a reason by every log type of a kind.
fn check_rejected(bad: &[u8], reason: Reason, of: impl Fn(&LogType) -> bool) {
    for log_type in log_types::ALL.iter().filter(|log_type| of(log_type)) {
        let decoded = check(log_type, bad);
        let reasons: Vec<_> = decoded.rejections.iter().map(|found| found.reason).collect();
        assert_eq!(reasons, [reason], "{}", log_type.name);
    }
}

fn record(log_type: &'static LogType, change: impl Fn(&mut Record)) -> String {
    let mut record = Record::new(log_type, 1_728_090_123_000_000, &mut Random::new(1));
    change(&mut record);
    record.line() + "\n"
}

fn is_json(log_type: &LogType) -> bool {
    log_type.encoding == Encoding::Json
}

fn is_quoted(log_type: &LogType) -> bool {
    matches!(log_type.encoding, Encoding::Words { quotes: Quotes::Double, .. })
}

/// An ALB line with these two quoted values as they stand in the file.
fn alb_line(agent: &str, domain: &str) -> String {
    record(log_type("alb"), |record| {
        record.set("user_agent", agent);
        record.set("domain_name", domain);
    })
}

#[test]
fn only_line_ends_are_empty_lines() {
    for log_type in log_types::ALL {
        for (text, lines) in [("\n\n\n", 3), ("\r\n\r\n", 2), ("\n", 1)] {
            let decoded = Decoded::whole(log_type, text.as_bytes());
            assert_eq!(decoded.account.rejected.get(&Reason::Empty), Some(&lines));
            assert!(decoded.account.adds_up());
        }
        assert_eq!(Decoded::whole(log_type, b"").account.lines, 0);
    }
}

#[test]
fn a_line_of_separators_spoils_no_other() {
    for separator in [" ", "\t", ",", "|", ";", "\"", "\\", "[", "]", "{", "}", "\0", "- ", "\" "] {
        check_all(separator.repeat(10_000).as_bytes());
    }
}

#[test]
fn a_line_with_ten_thousand_further_fields_is_a_row() {
    let line = record(log_type("nlb"), |_| {});
    let bad = line.trim_end().to_owned() + &" -".repeat(10_000);
    let decoded = check(log_type("nlb"), bad.as_bytes());
    assert_eq!(decoded.account.rows, 3);
    let trailing = decoded.column("trailing")[1].clone().unwrap();
    assert_eq!(trailing.len(), 19_999, "what follows the known fields is kept whole");
}

#[test]
fn a_line_longer_than_the_limit_is_rejected_with_its_beginning() {
    for log_type in [log_type("alb"), log_type("vpc_flow"), log_type("waf")] {
        let bad = vec![b'x'; LINE_BYTES_MAX + 1];
        let decoded = check(log_type, &bad);
        let [rejection] = decoded.rejections.as_slice() else { panic!("one line is too long") };
        assert_eq!(rejection.reason, Reason::TooLong);
        assert_eq!(rejection.text.len(), REJECTION_TEXT_BYTES_MAX);
        // In pieces, the line is never held whole.
        let good = record(log_type, |_| {});
        let pieces: Vec<&[u8]> = [&b"\n"[..]]
            .into_iter()
            .chain(bad.chunks(1 << 20))
            .chain([&b"\n"[..], good.as_bytes()])
            .collect();
        let decoded = Decoded::pieces(log_type, &pieces);
        assert_eq!(decoded.account.rejected.get(&Reason::TooLong), Some(&1));
        assert_eq!(decoded.account.lines, 3);
        assert!(decoded.account.adds_up());
    }
}

#[test]
fn bytes_that_are_not_utf8_are_shown_and_counted() {
    for log_type in log_types::ALL {
        let Some(field) = log_type.fields.iter().find(|field| {
            let column = field.columns().next().unwrap();
            let is_mark = log_type.marks.iter().any(|mark| mark.column == column.name);
            column.column_type == floodmark_formats::column_type::ColumnType::String
                && field.columns().count() == 1
                && !is_mark
                && !field.name.contains("time")
        }) else {
            continue;
        };
        let line = record(log_type, |record| record.set(field.name, "a@b"));
        let bad: Vec<u8> =
            line.trim_end().bytes().map(|b| if b == b'@' { 0xff } else { b }).collect();
        let decoded = check(log_type, &bad);
        assert_eq!(decoded.account.not_utf8, 1, "{}", log_type.name);
        assert_eq!(decoded.account.rows, 3, "{}", log_type.name);
        let values = decoded.column(field.columns().next().unwrap().name);
        assert!(values[1].as_ref().unwrap().contains("a\u{fffd}b"), "{values:?}");
    }
}

#[test]
fn an_open_quote_ends_with_its_line() {
    for bad in ["\"", "http \"", "\"\"\"", "a b \"c d", "\"\\", "\\\"", "\\", "\"a\\\"b c"] {
        check_rejected(bad.as_bytes(), Reason::Foreign, is_quoted);
        check_all(bad.as_bytes());
    }
}

#[test]
fn escaped_quotes_belong_to_the_value() {
    for agent in ["an \\\"odd\\\" agent", "\\\"", "\\x22", "a\\b", "a \\ b", "\\\\ two"] {
        let decoded =
            check(log_type("alb"), alb_line(agent, "a.example.com").trim_end().as_bytes());
        assert_eq!(decoded.column("user_agent")[1].as_deref(), Some(agent));
        assert_eq!(decoded.column("domain_name")[1].as_deref(), Some("a.example.com"));
    }
}

#[test]
fn a_last_backslash_is_no_escape() {
    for agent in ["agent\\", "\\", "an agent \\"] {
        let decoded =
            check(log_type("alb"), alb_line(agent, "a.example.com").trim_end().as_bytes());
        assert_eq!(decoded.column("user_agent")[1].as_deref(), Some(agent));
        assert_eq!(decoded.column("domain_name")[1].as_deref(), Some("a.example.com"));
    }
}

#[test]
fn deep_json_is_a_row_or_is_rejected() {
    let deep = "[".repeat(100_000);
    check_rejected(deep.as_bytes(), Reason::NotJson, is_json);
    check_all(deep.as_bytes());
    check_all("{\"a\":".repeat(100_000).as_bytes());
    let nested = deep.clone() + &"]".repeat(100_000);
    check_rejected(nested.as_bytes(), Reason::NotJson, is_json);
    // As a value it is no struct, and NULL; as an unknown member it is trailing text.
    for key in ["httpRequest", "labels", "unknown"] {
        let bad = format!(
            "{{\"timestamp\":1,\"action\":\"ALLOW\",\"httpRequest\":{{}},\"{key}\":{nested}}}"
        );
        assert_eq!(check(log_type("waf"), bad.as_bytes()).account.rows, 3);
    }
}

#[test]
fn json_that_is_no_object_is_rejected() {
    for bad in [
        "1", "null", "\"text\"", "[]", "true", "{", "}", "{}x", "{} {}", "nul", "-", "{'a':1}",
        "{a:1}",
    ] {
        check_rejected(bad.as_bytes(), Reason::NotJson, is_json);
    }
    check_rejected(b"{}", Reason::Foreign, is_json);
    check_rejected(b"{\"a\":1,\"b\":2}", Reason::Foreign, is_json);
}

#[test]
fn the_last_of_equal_keys_counts() {
    let bad = r#"{"timestamp":1,"timestamp":2,"action":"ALLOW","Action":"BLOCK","httpRequest":null,"httpRequest":{"uri":"/a","URI":"/b"}}"#;
    let decoded = check(log_type("waf"), bad.as_bytes());
    assert_eq!(decoded.column("timestamp")[1].as_deref(), Some("2"));
    assert_eq!(decoded.column("action")[1].as_deref(), Some("BLOCK"));
    assert!(decoded.column("httprequest")[1].as_ref().unwrap().contains("uri: /b"));
}

#[test]
fn json_text_keeps_every_escape() {
    for (written, expected) in [
        (r#"\u00e9\n\"\\"#, "é\n\"\\"),
        (r"\ud83e\udd80", "🦀"),
        (r"half \ud83e pair", r"half \ud83e pair"),
        (r"\u0000", "\0"),
        ("", ""),
    ] {
        let bad = format!(
            r#"{{"timestamp":1,"action":"{written}","httpRequest":{{"uri":"{written}"}}}}"#
        );
        let decoded = check(log_type("waf"), bad.as_bytes());
        assert_eq!(decoded.column("action")[1].as_deref(), Some(expected));
        assert!(
            decoded.column("httprequest")[1]
                .as_ref()
                .unwrap()
                .contains(&format!("uri: {expected},"))
        );
    }
}

#[test]
fn numbers_that_do_not_fit_are_null() {
    let line = |value: &str| {
        record(log_type("alb"), |record| {
            record.set("sent_bytes", value);
            record.set("target_processing_time", value);
            record.set("elb_status_code", value);
        })
    };
    for value in ["-", "", "+", "NaN", "nan", "inf", "-inf", "infinity", "0x10", "1_000", "١"] {
        let decoded = check(log_type("alb"), line(value).trim_end().as_bytes());
        for column in ["sent_bytes", "target_processing_time", "elb_status_code"] {
            assert_eq!(decoded.column(column)[1], None, "{value}");
        }
    }
    let decoded = check(log_type("alb"), line("9223372036854775808").trim_end().as_bytes());
    assert_eq!(decoded.column("sent_bytes")[1], None);
    let decoded = check(log_type("alb"), line("-9223372036854775808").trim_end().as_bytes());
    assert_eq!(decoded.column("sent_bytes")[1].as_deref(), Some("-9223372036854775808"));
    assert_eq!(decoded.column("elb_status_code")[1], None);
}

#[test]
fn words_and_json_may_stand_in_one_object() {
    let words = record(log_type("cloudfront"), |_| {});
    let json = "{\"date\":\"2024-10-05\",\"time\":\"01:02:03\",\"cs-method\":\"GET\"}\n";
    let text = format!("\n{json}{words}{json}");
    let decoded = Decoded::whole(log_type("cloudfront"), text.as_bytes());
    assert_eq!((decoded.account.rows, decoded.account.rejected_total()), (3, 1));
}

#[test]
fn a_header_of_endless_names_is_kept_short() {
    let mut text = String::from("version start end action log-status ");
    for at in 0..400 {
        let _ = write!(text, "{}{at} ", "n".repeat(5000));
    }
    // Fewer than half of the names are known, so it is no header.
    assert_eq!(Decoded::whole(log_type("vpc_flow"), text.as_bytes()).account.headers, 0);
    let name = "n".repeat(5000);
    let text = format!("version start end action {name}\n2 1 2 ACCEPT x\n");
    let decoded = Decoded::whole(log_type("vpc_flow"), text.as_bytes());
    assert_eq!(decoded.column("trailing"), [Some(format!("{}=x", &name[..128]))]);
    let text = format!(
        "#Fields: date time {}\n2024-10-05\t01:02:03{}\n",
        "é ".repeat(1000),
        "\tx".repeat(1000)
    );
    let decoded = Decoded::whole(log_type("cloudfront"), text.as_bytes());
    assert_eq!(decoded.account.rows, 1);
}

#[test]
fn another_files_comments_are_no_headers() {
    let decoded = Decoded::whole(log_type("cloudfront"), b"#!/bin/sh\n# Title\n");
    assert_eq!(decoded.account.rejected.get(&Reason::Foreign), Some(&2));
}

#[test]
fn addresses_lose_their_brackets() {
    for (written, address, port) in [
        ("192.0.2.1:80", "192.0.2.1", Some("80")),
        ("2001:db8::1:80", "2001:db8::1", Some("80")),
        ("[2001:db8::1]:80", "2001:db8::1", Some("80")),
        ("-", "", None),
        ("", "", None),
        (":", "", None),
        ("[", "[", None),
        ("[]:1", "", Some("1")),
        ("192.0.2.1", "192.0.2.1", None),
    ] {
        let line = record(log_type("alb"), |record| record.set("client_ip", written));
        let decoded = check(log_type("alb"), line.trim_end().as_bytes());
        assert_eq!(decoded.column("client_ip")[1].as_deref(), Some(address), "{written}");
        assert_eq!(decoded.column("client_port")[1].as_deref(), port, "{written}");
    }
}

#[test]
fn broken_request_lines_are_split_as_athena_does() {
    for (written, verb, url, version) in [
        ("GET http://a:80/ HTTP/1.1", "GET", Some("http://a:80/"), Some("HTTP/1.1")),
        ("GET http://a:80/a b c HTTP/1.1", "GET", Some("http://a:80/a b c"), Some("HTTP/1.1")),
        ("- http://a:80- -", "-", Some("http://a:80-"), Some("-")),
        ("- http://a:80-/ ", "-", Some("http://a:80-/"), Some("")),
        ("- - -", "-", Some("-"), Some("-")),
        ("- - - ", "-", Some("-"), Some("- ")),
        ("HELP", "HELP", None, None),
        ("GET /", "GET", Some("/"), None),
        ("", "", None, None),
    ] {
        let line = record(log_type("clb"), |record| record.set("request", written));
        let decoded = check(log_type("clb"), line.trim_end().as_bytes());
        assert_eq!(decoded.column("request_verb")[1].as_deref(), Some(verb), "{written}");
        assert_eq!(decoded.column("url")[1].as_deref(), url, "{written}");
        assert_eq!(decoded.column("protocol")[1].as_deref(), version, "{written}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_bytes_are_accounted_for(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        signs in "[ \t\n\r\"\\\\\\[\\]{}:,#a-c0-3.Té-]{0,300}",
        at: prop::sample::Index,
    ) {
        for log_type in log_types::ALL {
            for bytes in [bytes.as_slice(), signs.as_bytes()] {
                let whole = Decoded::whole(log_type, bytes);
                prop_assert!(whole.account.adds_up());
                let (first, second) = bytes.split_at(at.index(bytes.len() + 1));
                let pieces = Decoded::pieces(log_type, &[first, second]);
                prop_assert_eq!(pieces.account, whole.account);
            }
        }
    }

    #[test]
    fn a_line_with_any_bytes_changed_spoils_no_other(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        for log_type in log_types::ALL {
            let mut line = record(log_type, |_| {}).trim_end().as_bytes().to_vec();
            for (at, byte) in &changes {
                let at = at.index(line.len());
                line[at] = if *byte == b'\n' { b'"' } else { *byte };
            }
            check(log_type, &line);
        }
    }
}

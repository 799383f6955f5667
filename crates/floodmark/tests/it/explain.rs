//! `explain` through the command line: what it says of the demo's incident, and of input that is bad.
//!
//! How well it finds causes is measured in `incident_scores.rs`.

use std::path::Path;

use floodmark_formats::log_types::{ALB, ALL, NLB};
use floodmark_formats::synthetic::{Place, Random, Record, header, key, written};
use floodmark_formats::time::{HOUR, Micros, SECOND};
use serde_json::Value;

use crate::incidents::Incident;
use crate::logs::{midnight, write};
use crate::program::{ask, run};

const DURING: &str = "1970-01-01T02:00/03:00";

/// Explains logs, and gives the answer as JSON.
fn explained(logs: &Path, arguments: &[&str]) -> Value {
    let logs = logs.to_str().expect("a path in UTF-8");
    let mut all = vec!["explain", logs, "--format", "json", "--report", "none"];
    all.extend(arguments);
    let answer = run(&all);
    assert_eq!(answer.code, 0, "{all:?}: {}", answer.err);
    serde_json::from_str(&answer.out).expect("it is JSON")
}

/// Two hours of NLB connections, from 01:00 to 03:00 of the first day: `usual` an hour, and in the second hour `more` of one client.
fn two_hours(folder: &Path, usual: u64, more: u64, change: impl Fn(&mut Record, u64)) {
    let mut random = Random::new(5);
    let mut text = String::new();
    let mut line = |begin: Micros, client: &str, number: u64| {
        let mut record = Record::new(&NLB, begin + SECOND, &mut random);
        record.set("client_ip", format!("{client}:40000"));
        record.set("tcp_connection_time_ms", "1000");
        record.set(
            "tls_connection_creation_time",
            written(floodmark_formats::log_type::TimeForm::IsoSeconds, begin),
        );
        change(&mut record, number);
        text.push_str(&record.line());
        text.push('\n');
    };
    // Later connections come first: the order of lines is not that of time.
    for hour in [2, 1] {
        for number in 0..usual {
            let second = i64::try_from(number % 3600).expect("a second") * SECOND;
            let begin = first_day() + hour * HOUR + second;
            line(begin, &format!("10.0.{}.{}", number % 40, number % 7), number);
        }
    }
    for number in 0..more {
        let second = i64::try_from(number % 3600).expect("a second") * SECOND;
        line(first_day() + 2 * HOUR + second, "203.0.113.7", number);
    }
    write(&folder.join("object.log"), text.as_bytes());
}

fn first_day() -> Micros {
    0
}

#[test]
fn the_demos_incident_is_explained_without_any_hint() {
    let incident = Incident::new("flood", &[]);
    let answer = explained(&incident.logs(), &[]);
    assert_eq!(answer["verdict"], "contributors");
    assert_eq!(answer["during"]["start"], "2024-10-05T02:00:00Z");
    assert_eq!(answer["during"]["end"], "2024-10-05T03:00:00Z");
    assert_eq!(answer["contributors"].as_array().map(Vec::len), Some(1), "{answer:#}");
    let found = &answer["contributors"][0];
    let mut addresses: Vec<_> = found["conditions"][0]["values"]
        .as_array()
        .expect("values")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["192.0.2.66", "198.51.100.23", "203.0.113.201", "203.0.113.7"]);
    let also: Vec<_> = found["also"].as_array().expect("a list").iter().collect();
    assert_eq!(also[0]["values"][0], "api.example.com");
    assert_eq!(also[1]["values"][0], "443");
    assert_eq!(found["peculiar"][0]["measure"], "mean_duration");
    assert!(found["peculiar"][0]["value"].as_f64() > Some(300_000.0));
    assert!(found["peculiar"][0]["others"].as_f64() < Some(4_000.0));
    assert_eq!(found["clients"]["new"], 4);
    let unchanged = answer["unchanged"].to_string();
    assert!(unchanged.contains("8080"), "{unchanged}");
    assert_eq!(answer["rest"]["ratio"], 1.0);
    // The answer for people says the same.
    let logs = incident.logs();
    let text = run(&["explain", logs.to_str().expect("UTF-8"), "--sql"]);
    assert_eq!(text.code, 0, "{}", text.err);
    for part in
        ["spike 2024-10-05T02:00/03:00", "4 addresses", "api.example.com", "×3.00", "proof:"]
    {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
    assert!(
        text.err.contains("50,984 lines = 50,984 rows + 0 headers + 0 rejected"),
        "{}",
        text.err
    );
}

#[test]
fn each_contributors_query_gives_its_amounts() {
    for name in ["two-causes", "error-burst", "ipv6-prefix", "user-agent", "nat-bytes", "dns-burst"]
    {
        let incident = Incident::new(name, &[]);
        let windows = ["--during", "2024-10-05T02:00/03:00", "--before", "2024-10-05T01:00/02:00"];
        let answer = explained(&incident.logs(), &windows);
        let contributors = answer["contributors"].as_array().expect("a list");
        assert!(!contributors.is_empty(), "{name}: {answer:#}");
        for found in contributors {
            let sql = found["sql"].as_str().expect("a query");
            let (rows, _) = ask(sql, &incident.logs());
            for (window, amount) in [("before", &found["before"]), ("during", &found["during"])] {
                let row = rows.iter().find(|row| row[0] == window);
                let counted = row.map_or(0.0, |row| {
                    // Counts of records stand alone.
                    row.last().expect("an amount").parse().expect("a number")
                });
                let amount = amount.as_f64().expect("an amount");
                assert!(
                    (counted - amount).abs() < 1e-6 * amount.max(1.0),
                    "{name}: {sql}: {rows:?}"
                );
            }
        }
    }
}

#[test]
fn windows_that_cannot_be_compared_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    two_hours(folder.path(), 100, 50, |_, _| {});
    let logs = folder.path().to_str().expect("UTF-8");
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--during", "2031-01-01"], 3, "span 1970-01-01 01:00:00"),
        (
            &["--during", "1970-01-01T01:00/02:00"],
            3,
            "no row of `nlb` lies in 1970-01-01T00:00:00Z",
        ),
        (&["--during", "yesterday"], 2, "no window"),
        (&["--during", DURING, "--before", "1970-01-01T01:30/02:30"], 2, "overlap"),
        (&["--during", DURING, "--measure", "speed"], 3, "`connections`"),
        (&["--during", DURING, "--measure", "max(sent_bytes)"], 7, "floodmark compare"),
        (&["--during", DURING, "--where", "nonsense = 1"], 2, "nonsense"),
    ];
    for (arguments, code, part) in cases {
        let mut all = vec!["explain", logs];
        all.extend(arguments);
        let answer = run(&all);
        assert_eq!(answer.code, code, "{arguments:?}: {}", answer.err);
        assert!(answer.err.contains(part), "{arguments:?}: {}", answer.err);
    }
}

#[test]
fn one_new_client_is_found_whatever_the_order_of_lines_and_null_columns() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // All rows are NULL in a column of numbers, and every domain is hostile.
    two_hours(folder.path(), 1000, 600, |record, _| {
        record.set("domain_name", "a'b\u{1b}[31m<b>=1+1");
        record.set("sent_bytes", "-");
    });
    let answer = explained(folder.path(), &["--during", DURING]);
    assert_eq!(answer["verdict"], "contributors");
    let found = &answer["contributors"][0];
    assert_eq!(found["conditions"][0]["values"][0], "203.0.113.7");
    assert_eq!((found["before"].as_f64(), found["during"].as_f64()), (Some(0.0), Some(600.0)));
    let logs = folder.path().to_str().expect("UTF-8");
    for format in ["table", "markdown", "csv"] {
        let text = run(&["explain", logs, "--during", DURING, "--format", format]);
        assert_eq!(text.code, 0, "{}", text.err);
        assert!(text.out.contains("203.0.113.7"), "{format}: {}", text.out);
        assert!(!text.out.contains('\u{1b}'), "{format}: {:?}", text.out);
    }
}

#[test]
fn windows_of_different_length_are_compared_as_rates() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    two_hours(folder.path(), 3600, 0, |_, _| {});
    let windows = ["--during", "1970-01-01T02:00/02:15", "--before", "1970-01-01T01:00/02:00"];
    let answer = explained(folder.path(), &windows);
    assert_eq!(answer["verdict"], "nothing", "{answer:#}");
    assert_eq!(answer["total"]["before"], 3600.0);
    assert_eq!(answer["total"]["during"], 900.0);
    assert_eq!(answer["total"]["ratio"], 1.0);
    assert!(answer["notes"].to_string().contains("rates"), "{answer:#}");
}

#[test]
fn measures_by_name_and_in_sql_give_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    two_hours(folder.path(), 1000, 500, |_, _| {});
    let of = |measure: &str| {
        let answer = explained(folder.path(), &["--during", DURING, "--measure", measure]);
        (answer["measure"]["before"].clone(), answer["measure"]["during"].clone())
    };
    assert_eq!(of("connections"), of("count(*)"));
    assert_eq!(of("sent_bytes"), of("sum(sent_bytes)"));
    assert_eq!(of("clients"), of("count(DISTINCT client_ip)"));
    assert_eq!(of("mean_duration"), of("avg(tcp_connection_time_ms)"));
    assert_eq!(of("count(*) FILTER (WHERE sent_bytes > 0)"), of("count_if(sent_bytes > 0)"));
}

#[test]
fn every_log_is_explained() {
    for &log_type in ALL {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut random = Random::new(17);
        let mut text = header(log_type);
        // Twice as many in the second hour, all alike.
        for (hour, count) in [(0, 200), (1, 400)] {
            for number in 0..count {
                let time = midnight() + hour * HOUR + number * 3 * SECOND;
                text.push_str(&Record::new(log_type, time, &mut random).line());
                text.push('\n');
            }
        }
        let (account, region) = ("111122223333", "eu-west-1");
        let place = Place { account, region, resource: "example", time: midnight() + HOUR };
        let name = Some(key(log_type, &place, &mut random)).filter(|name| !name.is_empty());
        let path = folder.path().join(name.unwrap_or_else(|| "object".to_owned()) + ".log");
        write(&path, text.as_bytes());
        let from = folder.path().to_str().expect("UTF-8");
        let during = floodmark_formats::time::iso(midnight() + HOUR);
        let before = floodmark_formats::time::iso(midnight());
        let (during, before) = (format!("{during}/1h"), format!("{before}/1h"));
        let arguments =
            ["explain", from, "--log", log_type.name, "--during", &during, "--before", &before];
        let answer = run(&arguments);
        assert_eq!(answer.code, 0, "{}: {}", log_type.name, answer.err);
        assert!(answer.out.contains(log_type.measures[0].title), "{}", answer.out);
        // Without windows there is an answer too.
        let answer = run(&["explain", from, "--log", log_type.name, "--format", "json"]);
        assert_eq!(answer.code, 0, "{}: {}", log_type.name, answer.err);
    }
}

#[test]
fn groups_mean_the_same_in_sql() {
    // What is cut and grouped while searching must be what its condition counts.
    let urls = ["/my%20files/x", "/search/", "/search/a?q=1", "/search/b%2fc", "/", ""];
    let agents = [
        "Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
        "Mozilla/5.0 (X11) AppleWebKit/537.36 (compatible; Examplebot/2.1) Chrome/120.0 Safari/537.36",
        "Mozilla/5.0 (no browser)",
        "curl/8.0",
        "",
    ];
    for (grows, count) in [(0, 6), (2, 6), (3, 6), (5, 6)] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut random = Random::new(23);
        let mut text = String::new();
        for hour in [0, 1] {
            for number in 0..1800 {
                let kind = number % count;
                let more = if hour == 1 && kind == grows { 5 } else { 1 };
                for copy in 0..more {
                    let time = midnight() + hour * HOUR + i64::from(number) * 2 * SECOND;
                    let mut record = Record::new(&ALB, time, &mut random);
                    let url = urls[kind as usize];
                    record.set("request", format!("GET https://www.example.com:443{url} HTTP/1.1"));
                    record.set("user_agent", agents[kind as usize % agents.len()]);
                    record.set(
                        "client_ip",
                        format!("10.0.{}.{}:4000", number % 200, number % 7 + copy),
                    );
                    text.push_str(&record.line());
                    text.push('\n');
                }
            }
        }
        write(&folder.path().join("object.log"), text.as_bytes());
        let during = floodmark_formats::time::iso(midnight() + HOUR);
        let arguments = ["--log", "alb", "--during", &format!("{during}/1h")];
        let answer = explained(folder.path(), &arguments);
        assert_eq!(answer["verdict"], "contributors", "{grows}: {answer:#}");
        let amounts: Vec<_> = (answer["contributors"].as_array().expect("a list").iter())
            .map(|found| (found["before"].as_f64(), found["during"].as_f64()))
            .collect();
        assert!(amounts.contains(&(Some(300.0), Some(1500.0))), "{grows}: {answer:#}");
    }
}

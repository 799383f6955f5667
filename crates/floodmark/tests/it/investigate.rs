//! `top`, `compare` and `timeline` over the demo's incident, whose generator keeps a record of what it wrote.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;

use crate::program::{Answer, answer, ask, command, repository, run};

/// The demo's logs, and the record beside them.
struct Incident {
    _folder: tempfile::TempDir,
    logs: PathBuf,
    record: Value,
}

static INCIDENT: LazyLock<Incident> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a path in UTF-8");
    let generated = run(&["demo", "--folder", path, "--generate-only"]);
    assert_eq!(generated.code, 0, "{}", generated.err);
    let record = std::fs::read(folder.path().join("record.json")).expect("the record");
    Incident {
        logs: folder.path().join("logs"),
        record: serde_json::from_slice(&record).expect("JSON"),
        _folder: folder,
    }
});

/// The two hours as the record counts them: without their first second.
const DURING: &str = "2024-10-05T02:00:01/03:00:00";
const BEFORE: &str = "2024-10-05T01:00:01/02:00:00";

fn logs() -> &'static str {
    INCIDENT.logs.to_str().expect("a path in UTF-8")
}

/// Asks the demo's logs; it must succeed.
fn of_demo(arguments: &[&str]) -> Answer {
    let mut all = vec![arguments[0], logs(), "--report", "none"];
    all.extend(&arguments[1..]);
    let answer = run(&all);
    assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.err);
    answer
}

fn rows(answer: &Answer) -> Vec<Value> {
    serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {}", answer.out))
}

/// A number of the record for a client in an hour.
fn recorded(hour: &str) -> BTreeMap<String, u64> {
    serde_json::from_value(INCIDENT.record[hour]["clients"].clone()).expect("clients")
}

#[test]
fn top_counts_what_the_generator_wrote() {
    let answer = of_demo(&[
        "top",
        "--by",
        "client_ip",
        "--during",
        DURING,
        "--limit",
        "10000",
        "--format",
        "json",
    ]);
    let rows = rows(&answer);
    let counted: BTreeMap<String, u64> = (rows.iter())
        .map(|row| {
            (row["client_ip"].as_str().unwrap().into(), row["connections"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(counted, recorded("during"));
    let loud: Vec<_> = rows[..4].iter().map(|row| row["client_ip"].as_str().unwrap()).collect();
    let recorded: Vec<_> = INCIDENT.record["loud_addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ip| ip.as_str().unwrap())
        .collect();
    assert!(recorded.iter().all(|address| loud.contains(address)), "{loud:?}");
    let last = rows.last().unwrap();
    assert!((last["running_share"].as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn compare_counts_what_the_generator_wrote() {
    let answer = of_demo(&[
        "compare",
        "--by",
        "client_ip",
        "--during",
        DURING,
        "--before",
        BEFORE,
        "--limit",
        "10000",
        "--format",
        "json",
    ]);
    let rows = rows(&answer);
    let (before, during) = (recorded("before"), recorded("during"));
    for row in &rows {
        let client = row["client_ip"].as_str().unwrap();
        let number = |counted: &BTreeMap<String, u64>| counted.get(client).copied().unwrap_or(0);
        assert_eq!(row["before"].as_u64(), Some(number(&before)), "{row}");
        assert_eq!(row["during"].as_u64(), Some(number(&during)), "{row}");
        let mark = match (number(&before), number(&during)) {
            (0, _) => Some("new"),
            (_, 0) => Some("gone"),
            _ => None,
        };
        assert_eq!(row["mark"].as_str(), mark, "{row}");
    }
    let all: std::collections::BTreeSet<_> = before.keys().chain(during.keys()).collect();
    assert_eq!(rows.len(), all.len());
    let shares: f64 = rows.iter().map(|row| row["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-6, "{shares}");
}

#[test]
fn windows_of_different_length_are_compared_as_rates() {
    let answer = of_demo(&[
        "compare",
        "--by",
        "domain_name",
        "--during",
        "2024-10-05T02:00/03:00",
        "--before",
        "2024-10-05T01:00/01:30",
        "--format",
        "json",
    ]);
    for row in rows(&answer) {
        let counted = row["before_counted"].as_f64().unwrap();
        assert_eq!(row["before"].as_f64(), Some(2.0 * counted), "{row}");
    }
    let table = of_demo(&[
        "compare",
        "--by",
        "domain_name",
        "--during",
        "2024-10-05T02:00/03:00",
        "--before",
        "2024-10-05T01:00/01:30",
        "--format",
        "table",
    ]);
    assert!(table.out.contains("scaled by 2.00 to the same length"), "{}", table.out);
}

#[test]
fn the_spike_is_found_to_the_minute() {
    let answer = of_demo(&["timeline", "--format", "table"]);
    assert!(answer.out.contains("spike 2024-10-05T02:00/03:00: "), "{}", answer.out);
    assert!(answer.out.contains("3.00 times as usual"), "{}", answer.out);
    assert_eq!(answer.out.matches("\nspike ").count() + answer.out.matches("\ndip ").count(), 1);
    let explain = format!("floodmark explain {} --during 2024-10-05T02:00/03:00", logs());
    assert!(answer.out.contains(&explain), "{}", answer.out);
    // It is the same in longer buckets, and among the rows of one domain.
    for more in [
        ["--every", "15m"],
        ["--where", "domain_name = 'api.example.com'"],
        ["--measure", "mean_duration"],
    ] {
        let answer = of_demo(&["timeline", "--format", "table", more[0], more[1]]);
        assert!(
            answer.out.contains("\nspike 2024-10-05T02:00/03:00: "),
            "{more:?}\n{}",
            answer.out
        );
    }
    // A client that is there for that hour only.
    let answer =
        of_demo(&["timeline", "--format", "table", "--where", "client_ip = '203.0.113.7'"]);
    assert!(answer.out.contains("\nspike 2024-10-05T02:00/03:00: "), "{}", answer.out);
    assert!(answer.out.contains(" --where 'client_ip = '\\''203.0.113.7'\\''' "), "{}", answer.out);
    // And nothing is found where nothing is.
    let answer = of_demo(&["timeline", "--format", "table", "--where", "target_port = 8080"]);
    assert!(!answer.out.contains("spike"), "{}", answer.out);
    assert!(!answer.out.contains("dip"), "{}", answer.out);
}

#[test]
fn the_buckets_of_a_timeline_hold_all_rows_that_began_in_them() {
    let answer = of_demo(&[
        "timeline",
        "--every",
        "5m",
        "--during",
        "2024-10-05T02:00/03:00",
        "--format",
        "json",
    ]);
    let buckets = rows(&answer);
    assert_eq!(buckets.len(), 12);
    assert_eq!(buckets[0]["bucket"], "2024-10-05T02:00:00Z");
    let sum: u64 = buckets.iter().map(|bucket| bucket["connections"].as_u64().unwrap()).sum();
    let (counted, _) = ask(
        "SELECT count(*) FROM nlb WHERE event_time >= TIMESTAMP '2024-10-05 02:00:00' AND event_time < TIMESTAMP '2024-10-05 03:00:00'",
        &INCIDENT.logs,
    );
    assert_eq!(sum.to_string(), counted[0][0]);
    let by = [
        "timeline",
        "--by",
        "client_ip",
        "--every",
        "5m",
        "--during",
        "2024-10-05T02:00/03:00",
        "--format",
        "json",
    ];
    let lines = rows(&of_demo(&by));
    assert_eq!(lines.len(), 6 * 12, "five clients and the others");
    let divided: u64 = lines.iter().map(|line| line["connections"].as_u64().unwrap()).sum();
    assert_eq!(divided, sum);
    let drawn = of_demo(&["timeline", "--by", "client_ip", "--format", "table"]);
    assert!(
        drawn.out.contains("203.0.113.7") && drawn.out.contains("(all others)"),
        "{}",
        drawn.out
    );
    // Without rows a count is 0, and a mean is not known.
    for (measure, expected) in [("connections", Value::from(0)), ("mean_duration", Value::Null)] {
        let answer = of_demo(&[
            "timeline",
            "--every",
            "1h",
            "--during",
            "2024-10-05T00:00/02:00",
            "--measure",
            measure,
            "--where",
            "event_time >= TIMESTAMP '2024-10-05 01:00:00'",
            "--format",
            "json",
        ]);
        assert_eq!(rows(&answer)[0][measure], expected);
    }
}

#[test]
fn the_sql_that_is_printed_gives_the_same_rows() {
    let top = [
        "top",
        "--by",
        "client_ip,target_port",
        "--measure",
        "sent_bytes",
        "--where",
        "domain_name LIKE 'api%' -- loud",
    ];
    let compare = ["compare", "--by", "client_ip", "--during", "2024-10-05T02:00/03:00"];
    let timeline = ["timeline", "--by", "domain_name"];
    for arguments in [&top[..], &compare, &timeline] {
        let mut for_sql = arguments.to_vec();
        for_sql.push("--sql");
        let sql = of_demo(&for_sql).out;
        let (rows, _) = ask(&sql, &INCIDENT.logs);
        assert!(rows.len() > 4, "{sql}");
        let mut for_rows = arguments.to_vec();
        for_rows.extend(["--format", "csv"]);
        let shown = of_demo(&for_rows).out;
        if arguments[0] == "top" {
            let mut first: Vec<_> = shown.lines().nth(1).unwrap().split(',').collect();
            // The address's name is no part of the SQL.
            first.remove(2);
            assert_eq!(first[1..4], rows[0], "{sql}");
        }
    }
    // Without logs at hand, too.
    let sql = run(&["top", "--log", "alb", "--by", "client_ip", "--sql"]);
    assert!(sql.out.contains("FROM alb\n"), "{} {}", sql.out, sql.err);
}

#[test]
fn every_format_has_the_same_rows() {
    for arguments in [
        &["top", "--by", "target_port", "--limit", "1"][..],
        &["compare", "--by", "target_port", "--limit", "1", "--during", "2024-10-05T02"],
        &["timeline", "--every", "1h", "--by", "target_port"],
    ] {
        let of = |format: &str| {
            let mut all = arguments.to_vec();
            all.extend(["--format", format]);
            of_demo(&all).out
        };
        let json: Vec<Value> = serde_json::from_str(&of("json")).expect("an array");
        assert!(json.len() > 1, "{json:?}");
        assert_eq!(of("ndjson").lines().count(), json.len());
        assert_eq!(of("csv").lines().count(), json.len() + 1);
        assert_eq!(of("markdown").lines().count(), json.len() + 2);
        assert!(of("table").contains("443"));
    }
}

#[test]
fn groups_that_are_not_shown_are_counted() {
    let answer = of_demo(&["top", "--by", "client_ip", "--limit", "3", "--format", "json"]);
    let rows = rows(&answer);
    let sum: u64 = rows.iter().map(|row| row["connections"].as_u64().unwrap()).sum();
    let (counted, _) = ask("SELECT count(*), count(DISTINCT client_ip) FROM nlb", &INCIDENT.logs);
    assert_eq!(sum.to_string(), counted[0][0]);
    assert_eq!(rows[3]["rank"], Value::Null);
    assert_eq!((rows[3]["groups"].as_u64().unwrap() + 3).to_string(), counted[0][1]);
    // Means do not add up.
    let answer = of_demo(&[
        "top",
        "--by",
        "client_ip",
        "--limit",
        "3",
        "--measure",
        "mean_duration",
        "--format",
        "json",
    ]);
    assert_eq!(self::rows(&answer)[3]["mean_duration"], Value::Null);
    assert_eq!(self::rows(&answer)[0]["share"], Value::Null);
    // Equal groups stand in the order of their values.
    let loud = &of_demo(&["top", "--by", "client_ip", "--limit", "4", "--format", "csv"]).out;
    let loud: Vec<_> =
        loud.lines().skip(1).take(4).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert!(loud.is_sorted(), "{loud:?}");
}

#[test]
fn null_is_a_group_and_hostile_values_do_nothing() {
    let by = "nullif(target_port, 443)";
    let rows = rows(&of_demo(&["top", "--by", by, "--format", "json"]));
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().any(|row| row[by].is_null() && !row["rank"].is_null()), "{rows:?}");
    assert!(of_demo(&["top", "--by", by, "--format", "table"]).out.contains("NULL"));
    let hostile = "concat(chr(27), '[31m', chr(10), '|`=cmd()', domain_name)";
    for arguments in [
        &["top", "--by", hostile][..],
        &["compare", "--by", hostile, "--during", "2024-10-05T02"],
        &["timeline", "--by", hostile],
    ] {
        for format in ["table", "markdown"] {
            let mut all = arguments.to_vec();
            all.extend(["--format", format]);
            let shown = of_demo(&all).out;
            assert!(!shown.contains('\u{1b}'), "{shown}");
            assert!(shown.contains("\\n"), "{shown}");
        }
    }
}

#[test]
fn bars_are_of_ascii_where_the_terminal_is() {
    for (locale, bar) in [("C", '#'), ("en_US.UTF-8", '█')] {
        for arguments in
            [&["top", "--by", "client_ip"][..], &["timeline"], &["timeline", "--every", "15m"]]
        {
            let mut all = vec![arguments[0], logs(), "--report", "none", "--format", "table"];
            all.extend(&arguments[1..]);
            let shown = answer(command(&all).env("LC_ALL", locale).env("COLUMNS", "80"), b"");
            assert_eq!(shown.code, 0, "{}", shown.err);
            assert!(shown.out.contains(bar), "{}", shown.out);
            assert_eq!(locale == "C", shown.out.is_ascii(), "{}", shown.out);
            assert!(
                shown.out.lines().all(|line| line.chars().count() <= 80 || !line.contains(bar)),
                "{}",
                shown.out
            );
        }
    }
}

#[test]
fn what_cannot_be_answered_is_said() {
    let samples = repository("samples");
    let samples = samples.to_str().expect("a path in UTF-8");
    for (arguments, code, said) in [
        (&["top", logs(), "--by", "client_pi"][..], 2, "did you mean `client_ip`?"),
        (&["top", logs(), "--by", ""], 2, "nothing to group by"),
        (&["top", logs(), "--by", "count(*)"], 2, "--measure 'count(*)'"),
        (&["top", logs(), "--by", "client_ip) FROM x --"], 2, "error: line 1:10"),
        (
            &["top", logs(), "--by", "client_ip", "--measure", "byte"],
            3,
            "its measures are `connections`",
        ),
        (&["top", logs(), "--by", "client_ip", "--measure", "max(client_ip)"], 2, "is no number"),
        (&["top", logs(), "--by", "client_ip", "--where", "1=1) OR (1=1"], 2, "error: line 1:4"),
        (&["top", "--from", logs(), "--by", "client_ip"], 2, "has no `--from`"),
        (&["top", "--by", "client_ip"], 2, "no logs to ask"),
        (&["top", logs(), "--by", "client_ip", "--log", "nbl"], 3, "no log of the name `nbl`"),
        (&["top", samples, "--by", "client_ip"], 2, "choose one: `--log"),
        (&["top", logs(), "--by", "client_ip", "--during", "tomorrow"], 2, "is no window of time"),
        (
            &["top", logs(), "--by", "client_ip", "--during", "2024-10-07"],
            3,
            "at hand are of 2024-10-05T01:05 to 2024-10-05T03:20",
        ),
        (
            &["timeline", logs(), "--during", "2024-10-07"],
            3,
            "has no rows in 2024-10-07T00:00/2024-10-08T00:00",
        ),
        (
            &["compare", logs(), "--by", "client_ip", "--during", "2024-10-07T01"],
            3,
            "has no rows in 2024-10-07T01:00/02:00",
        ),
        (
            &[
                "compare",
                logs(),
                "--by",
                "client_ip",
                "--during",
                "2024-10-05T02",
                "--before",
                "previous-day",
            ],
            3,
            "has no rows in 2024-10-04T02:00/03:00",
        ),
        (
            &[
                "compare",
                logs(),
                "--by",
                "client_ip",
                "--during",
                "2024-10-05T02",
                "--before",
                "2024-10-05T02:30/1h",
            ],
            2,
            "overlap",
        ),
        (&["timeline", logs(), "--every", "3x"], 2, "`3x` is no length of time"),
        (&["timeline", logs(), "--by", "client_ip,target_port"], 2, "told apart by one column"),
        (&["timeline", logs(), "--during", "2024-10-05T01/30d", "--every", "1s"], 6, "`--every`"),
    ] {
        let answer = run(arguments);
        assert_eq!(answer.code, code, "{arguments:?}: {}", answer.err);
        assert!(answer.err.contains(said), "{arguments:?}: {}", answer.err);
        assert_eq!(answer.out, "", "{arguments:?}");
    }
    // A condition that nothing meets is an answer.
    let nothing =
        of_demo(&["top", "--by", "client_ip", "--where", "client_ip = 'x'", "--format", "csv"]);
    assert_eq!(nothing.out.lines().count(), 1);
    assert!(nothing.err.contains("no row that meets the condition"), "{}", nothing.err);
}

#[test]
fn every_log_can_be_asked() {
    let samples = repository("samples");
    let samples = samples.to_str().expect("a path in UTF-8");
    for log_type in floodmark_formats::log_types::ALL {
        let name = log_type.name;
        let top = run(&[
            "top",
            samples,
            "--log",
            name,
            "--by",
            "log_region",
            "--format",
            "table",
            "--report",
            "none",
        ]);
        assert_eq!(top.code, 0, "{name}: {}", top.err);
        for by in [&[][..], &["--by", "log_region"]] {
            let mut all = vec![
                "timeline", samples, "--log", name, "--every", "1d", "--format", "table",
                "--report", "none",
            ];
            all.extend(by);
            let timeline = run(&all);
            assert_eq!(timeline.code, 0, "{name}: {}", timeline.err);
        }
    }
}

#[test]
fn the_account_is_told_as_by_query() {
    let answer = run(&["top", logs(), "--by", "client_ip", "--format", "csv", "--report", "json"]);
    let report: Value = serde_json::from_str(&answer.err).expect("one account");
    let lines = INCIDENT.record["lines"].as_u64();
    assert_eq!(report["lines"]["rows"].as_u64(), lines, "{report}");
}

#[test]
fn packets_of_flow_logs_are_counted_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_str().expect("a path in UTF-8");
    let generated = run(&["demo", "--incident", "nat-bytes", "--folder", path, "--generate-only"]);
    assert_eq!(generated.code, 0, "{}", generated.err);
    let logs = folder.path().join("logs");
    let logs = logs.to_str().expect("a path in UTF-8");
    let bytes = |more: &[&str]| {
        let mut all = vec![
            "top",
            logs,
            "--by",
            "1",
            "--measure",
            "bytes",
            "--format",
            "json",
            "--report",
            "none",
        ];
        all.extend(more);
        let answer = run(&all);
        assert_eq!(answer.code, 0, "{}", answer.err);
        (rows(&answer)[0]["bytes"].as_u64().expect("a sum"), answer.err)
    };
    let ((once, said), (each, silent)) = (bytes(&[]), bytes(&["--each-record"]));
    assert!(once < each, "{once} of {each}");
    assert!(said.contains("counted once"), "{said}");
    assert_eq!(silent, "");
}

//! The `query` command: formats, errors, hostile values, damaged objects.

use std::path::Path;

use crate::logs::{gzip, write};
use crate::program::{answer, ask, ask_number, command, repository, run, samples};

/// Runs a query over the NLB samples in a format.
fn formatted(sql: &str, format: &str) -> String {
    let from = samples("nlb");
    let answer = run(&["query", sql, "--from", from.to_str().expect("UTF-8"), "--format", format]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    answer.out
}

const VALUES: &str = "SELECT * FROM (VALUES (1, 'a', 0.5), (2, '', NULL), (3, NULL, 1.5), (4, 'q\"u,o', -1)) AS t(n, s, d)";

#[test]
fn csv_tells_null_from_empty_and_quotes_what_needs_it() {
    assert_eq!(formatted(VALUES, "csv"), "n,s,d\n1,a,0.5\n2,\"\",\n3,,1.5\n4,\"q\"\"u,o\",-1.0\n");
}

#[test]
fn json_is_an_array_and_ndjson_is_lines() {
    assert_eq!(formatted("SELECT 1 AS n, NULL AS x", "json"), "[{\"n\":1,\"x\":null}]\n");
    assert_eq!(formatted("SELECT 1 AS n, NULL AS x", "ndjson"), "{\"n\":1,\"x\":null}\n");
}

#[test]
fn a_table_shows_null() {
    let table = formatted(VALUES, "table");
    assert!(table.contains("NULL") && table.contains("4 rows"), "{table}");
}

#[test]
fn markdown_takes_the_meaning_of_signs_away() {
    let text = formatted("SELECT '<b>|*x*' AS \"a|b\"", "markdown");
    assert_eq!(text, "| a\\|b |\n| --- |\n| &lt;b&gt;\\|\\*x\\* |\n");
}

#[test]
fn an_empty_result_has_its_header() {
    assert_eq!(formatted("SELECT 1 AS n WHERE false", "csv"), "n\n");
    assert_eq!(formatted("SELECT 1 AS n WHERE false", "json"), "[]\n");
}

#[test]
fn parquet_and_arrow_can_be_read_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for format in ["parquet", "arrow"] {
        let file = folder.path().join(format);
        let from = samples("waf");
        let arguments = [
            "query",
            "SELECT * FROM waf",
            "--from",
            from.to_str().expect("UTF-8"),
            "--format",
            format,
            "--output",
            file.to_str().expect("UTF-8"),
        ];
        assert_eq!(run(&arguments).code, 0);
        let bytes = std::fs::read(&file).expect("the file");
        assert!(bytes.len() > 1000);
    }
}

#[test]
fn select_star_leaves_hidden_columns_out_also_when_others_name_them() {
    let header = |sql: &str| formatted(sql, "csv").lines().next().unwrap_or_default().to_owned();
    let plain = header("SELECT * FROM nlb");
    assert!(!plain.contains('$'));
    assert_eq!(header("SELECT * FROM nlb WHERE \"$line\" = 1"), plain);
    assert_eq!(header("SELECT t.* FROM nlb t WHERE t.\"$line\" = 1"), plain);
    assert_eq!(header("SELECT \"$path\", * FROM nlb"), format!("$path,{plain}"));
    assert_eq!(header("SELECT * FROM (SELECT \"$path\" FROM nlb)"), "$path");
    assert_eq!(header("WITH nlb AS (SELECT 1 AS n, 2 AS \"$line\") SELECT * FROM nlb"), "n,$line");
}

#[test]
fn hidden_columns_tell_where_a_row_stands() {
    let (rows, _) = ask(
        "SELECT count(*), min(\"$line\"), count(DISTINCT \"$path\"), min(\"$file_size\") > 0, max(\"$file_modified_time\") IS NOT NULL, \
         min(\"$raw\") LIKE 'tls %' FROM nlb",
        &samples("nlb"),
    );
    assert_eq!(rows[0][1], "1");
    assert_eq!(rows[0][3..], ["true", "true", "true"]);
}

#[test]
fn errors_name_the_place_and_what_to_try() {
    let check = |sql: &str, code: i32, parts: &[&str]| {
        let from = samples("nlb");
        let answer = run(&["query", sql, "--from", from.to_str().expect("UTF-8")]);
        assert_eq!(answer.code, code, "{sql}: {}", answer.err);
        assert!(answer.err.lines().count() <= 5, "{}", answer.err);
        for part in parts {
            assert!(answer.err.contains(part), "{sql}: {}", answer.err);
        }
    };
    check("SELEC 1", 2, &["error:", "  SELEC 1\n  ^"]);
    check("SELECT client_ipp FROM nlb", 2, &["client_ipp", "       ^", "hint:"]);
    check("SELECT 1 FROM nothing_like_it", 3, &["nothing_like_it", "hint:"]);
    check("", 2, &["no SQL"]);
    check("DROP TABLE nlb", 3, &["does not exist"]);
    check("SELECT * FROM nlb WHERE", 2, &["error:"]);
}

#[test]
fn a_path_that_is_not_there_is_an_error() {
    for path in ["/nothing/here", "/nothing/*.gz"] {
        let answer = run(&["query", "SELECT count(*) FROM nlb", "--from", path]);
        assert_eq!(answer.code, 3, "{}", answer.err);
        assert!(answer.err.contains("hint:"), "{}", answer.err);
    }
    let answer = run(&["query", "SELECT count(*) FROM nlb", "--from", "ftp://host/x"]);
    assert_eq!(answer.code, 2);
}

#[test]
fn standard_input_is_logs_or_sql() {
    let log = std::fs::read(samples("nlb").join("22-fields.log")).expect("a sample");
    let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    let asked = answer(
        &mut command(&["query", "SELECT count(*) FROM nlb", "--from", "-"]),
        &gzip(&String::from_utf8_lossy(&log)),
    );
    assert_eq!(asked.out, format!("_col0\n{lines}\n"), "{}", asked.err);
    let asked = answer(&mut command(&["query"]), b"SELECT 1 AS a; SELECT 2 AS b;");
    assert_eq!(asked.out, "a\n1\nb\n2\n");
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_and_says_what_was_read() {
    use std::io::{Read, Write};
    let mut child =
        command(&["query", "SELECT client_ip FROM nlb", "--from", "-", "--format", "csv"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let log = std::fs::read(samples("nlb").join("22-fields.log")).expect("a sample");
    let lines = (8 << 20) / log.len() + 1;
    for _ in 0..lines {
        stdin.write_all(&log).expect("the program reads");
    }
    // Rows come out while the input is still open: then it is in the middle of its work.
    let mut first = [0; 9];
    let mut out = child.stdout.take().expect("it is a pipe");
    let reader = std::thread::spawn(move || {
        out.read_exact(&mut first).expect("a header line");
        let mut rest = Vec::new();
        let _ = out.read_to_end(&mut rest);
        first
    });
    let id = child.id().to_string();
    let stopped = std::process::Command::new("kill").args(["-INT", &id]).status();
    assert!(stopped.expect("kill runs").success());
    let mut err = String::new();
    child.stderr.take().expect("it is a pipe").read_to_string(&mut err).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{err}");
    assert!(err.contains("stopped after") && err.contains("error: stopped"), "{err}");
    drop(stdin);
    let _ = reader.join();
}

#[test]
fn a_query_without_logs_is_an_error() {
    let answer = run(&["query", "SELECT * FROM nlb"]);
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("--from"), "{}", answer.err);
}

#[test]
fn sorts_and_aggregations_spill() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines: Vec<String> = (0..150_000)
        .map(|number| {
            line_with(&format!("d{:06}.a-long-domain-name.example", number * 7919 % 150_000))
        })
        .collect();
    write(&folder.path().join("x.log.gz"), &gzip(&lines.join("\n")));
    let from = folder.path().to_str().expect("UTF-8");
    for sql in [
        "SELECT * FROM nlb ORDER BY domain_name",
        "SELECT domain_name, count(*) FROM nlb GROUP BY domain_name ORDER BY 1",
    ] {
        let answer = run(&["query", sql, "--from", from, "--memory", "128MiB", "--format", "csv"]);
        assert_eq!(answer.code, 0, "{sql}: {}", answer.err);
        assert_eq!(answer.out.lines().count(), 150_001, "{sql}");
    }
}

#[test]
fn standard_input_is_not_read_twice_in_silence() {
    let sql = "SELECT count(*) FROM nlb a JOIN nlb b ON a.client_ip = b.client_ip";
    let asked = answer(&mut command(&["query", sql, "--from", "-"]), line_with("a").as_bytes());
    assert_eq!(asked.code, 2, "{}", asked.out);
    assert!(asked.err.contains("only once") && asked.err.contains("hint:"), "{}", asked.err);
}

/// An NLB line for this domain.
fn line_with(user: &str) -> String {
    format!(
        "tls 2.0 2024-10-05T01:02:03 net/front/0a1b2c3d4e5f6071 0a1b 192.0.2.1:5000 10.0.0.1:443 5 1 10 20 - - - - - - {user} - - - 2024-10-05T01:02:00"
    )
}

#[test]
fn hostile_values_reach_no_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let line = line_with("\u{1b}]0;owned\u{7}\u{202e}evil\u{9b}31m");
    write(&folder.path().join("x.log"), line.as_bytes());
    let from = folder.path().to_str().expect("UTF-8");
    for format in ["table", "markdown"] {
        let answer =
            run(&["query", "SELECT domain_name FROM nlb", "--from", from, "--format", format]);
        assert!(answer.out.contains("owned"), "{}", answer.out);
        assert!(
            !answer.out.contains(['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}']),
            "{:?}",
            answer.out
        );
    }
    // A foreign line is shown in the report.
    write(&folder.path().join("y.log"), format!("{line}\n\u{1b}[31mforeign\n").as_bytes());
    let answer = run(&["query", "SELECT count(*) FROM nlb", "--from", from]);
    assert!(answer.err.contains("foreign") && !answer.err.contains('\u{1b}'), "{:?}", answer.err);
}

#[test]
fn rejected_lines_are_counted_shown_and_can_be_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = format!("{}\nnot a log line\n\n{}\n", line_with("a"), line_with("b"));
    write(&folder.path().join("x.log"), text.as_bytes());
    let (rows, report) = ask("SELECT count(*) FROM nlb", folder.path());
    assert_eq!(rows, [["2"]]);
    assert_eq!(report["lines"]["rejected"], 2);
    let (rows, _) =
        ask("SELECT log_type, line, reason, text FROM rejected ORDER BY line", folder.path());
    assert_eq!(rows[0], ["nlb", "2", "not a line of this log type", "not a log line"]);
    assert_eq!(rows[1], ["nlb", "3", "empty line", "\"\""]);
}

#[test]
fn more_rejected_lines_than_a_report_keeps_can_be_asked() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut text = line_with("a") + "\n";
    for number in 0..5000 {
        text.push_str(&format!("noise {number}\n"));
    }
    write(&folder.path().join("x.log"), text.as_bytes());
    assert_eq!(ask_number("SELECT count(DISTINCT text) FROM rejected", folder.path()), 5000);
}

#[test]
fn a_truncated_object_gives_what_stands_before_and_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines: Vec<String> =
        (0..20_000).map(|number| line_with(&format!("d{number}.example"))).collect();
    let whole = gzip(&lines.join("\n"));
    write(&folder.path().join("x.log.gz"), &whole[..whole.len() / 2]);
    let (rows, report) = ask("SELECT count(*) FROM nlb", folder.path());
    let read: u64 = rows[0][0].parse().expect("a count");
    assert!(read > 5_000 && read < 20_000);
    assert_eq!(report["troubles_total"], 1);
    assert_eq!(
        report["lines"]["rejected_by_reason"]["cut short: the object is truncated or damaged"],
        1
    );
}

#[test]
fn bytes_that_are_not_utf8_are_shown_as_such_and_counted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut line = line_with("a").into_bytes();
    line.extend(b" \xff\xfe\n");
    write(&folder.path().join("x.log"), &line);
    let (rows, report) = ask("SELECT trailing FROM nlb", folder.path());
    assert_eq!(rows, [["\u{fffd}\u{fffd}"]]);
    assert_eq!(report["lines"]["not_utf8"], 1);
}

#[test]
fn several_logs_in_one_folder_are_told_apart() {
    let from = repository("samples");
    for table in ["nlb", "alb", "vpc_flow", "tgw_flow", "waf", "network_firewall_alert"] {
        let all = ask_number(&format!("SELECT count(*) FROM {table}"), &from);
        let own = ask_number(&format!("SELECT count(*) FROM {table}"), &samples(table));
        assert_eq!(all, own, "{table}");
    }
}

#[test]
fn settings_come_from_the_file_the_environment_and_flags_in_this_order() {
    let home = tempfile::tempdir().expect("a temporary folder");
    write(&home.path().join("settings.toml"), b"report = \"json\"\nkeep-going = true\n");
    let from = samples("nlb");
    let arguments = ["query", "SELECT count(*) FROM nlb", "--from", from.to_str().expect("UTF-8")];
    let with = |variable: Option<&str>, flag: &[&str]| {
        let mut command = command(&[&arguments[..], flag].concat());
        command.env("FLOODMARK_HOME", home.path());
        if let Some(value) = variable {
            command.env("FLOODMARK_REPORT", value);
        }
        answer(&mut command, b"").err
    };
    assert!(with(None, &[]).starts_with('{'));
    assert!(with(Some("text"), &[]).starts_with("read "));
    assert_eq!(with(Some("text"), &["--report", "none"]), "");
    write(&home.path().join("settings.toml"), b"no-such-thing = 1\n");
    let told = with(None, &[]);
    assert!(told.contains("no-such-thing") && told.contains("keep-going"), "{told}");
}

#[test]
fn parquet_objects_have_the_same_columns() {
    // What the text samples hold, as AWS writes it in Parquet: underscores in names, numbers as numbers.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file =
        folder.path().join("111122223333_vpcflowlogs_eu-west-1_fl-1_20241005T0100Z_aa.log.parquet");
    let from = samples("vpc_flow").join("version-2-default.log");
    let columns = "version, account_id, interface_id, srcaddr, dstaddr, srcport, dstport, protocol, packets, bytes, start, \"end\", action, log_status";
    let sql = format!("SELECT {columns} FROM vpc_flow");
    let written = run(&[
        "query",
        &sql,
        "--from",
        path(&from),
        "--format",
        "parquet",
        "--output",
        path(&file),
    ]);
    assert_eq!(written.code, 0, "{}", written.err);
    let all = format!(
        "SELECT {columns}, event_time, event_end FROM vpc_flow ORDER BY start, srcaddr, srcport"
    );
    assert_eq!(ask(&all, folder.path()).0, ask(&all, &from).0);
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Issue 2: what a review of the first version found, each by what a user would see.
#[test]
fn numbers_in_folders_above_the_logs_exclude_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let logs = folder.path().join("4711/2019/01/01/logs");
    write(&logs.join("x.log"), line_with("a").as_bytes());
    let sql = "SELECT count(*) FROM nlb WHERE time < '2024-10-06' AND time > '2024-10-05'";
    for from in [folder.path(), &folder.path().join("4711"), &logs] {
        assert_eq!(ask_number(sql, from), 1, "{}", from.display());
    }
}

#[test]
fn a_time_with_a_blank_means_what_text_means() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let name =
        "111122223333_elasticloadbalancing_eu-west-1_net.front.0a1b_20241005T0105Z_0a0a0a0a.log";
    write(&folder.path().join(name), line_with("a").as_bytes());
    let asked = |column: &str| {
        ask_number(
            &format!("SELECT count(*) FROM nlb WHERE {column} > '2024-10-05 02:00:00'"),
            folder.path(),
        )
    };
    assert_eq!(asked("time"), asked("concat(time, '')"));
}

#[test]
fn what_lies_in_two_of_the_places_is_read_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&folder.path().join("a/b/x.log"), line_with("a").as_bytes());
    let (whole, inner) = (folder.path(), folder.path().join("a"));
    let count = |from: &[&str]| {
        let arguments = [&["query", "SELECT count(*) FROM nlb", "--from"], from].concat();
        let answer = run(&arguments);
        assert_eq!(answer.code, 0, "{}", answer.err);
        answer.out
    };
    let pattern = format!("{}/**", path(whole));
    let deep = format!("{}/**/*", path(whole));
    let file = format!("{}/*/*/*.log", path(whole));
    for from in [
        &[path(whole), path(&inner)][..],
        &[path(&inner), path(whole)],
        &[&pattern],
        &[&deep],
        &[&file, path(whole)],
        &[path(&inner), &file],
    ] {
        assert_eq!(count(from), "_col0\n1\n", "{from:?}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_are_read_and_links_that_lead_back_are_not_followed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(&folder.path().join("a/x.log"), line_with("a").as_bytes());
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).expect("a link");
    assert_eq!(ask_number("SELECT count(*) FROM nlb", folder.path()), 1);
    let asked = answer(
        &mut command(&["query", "SELECT count(*) FROM nlb", "--from", "/dev/stdin"]),
        line_with("a").as_bytes(),
    );
    assert_eq!(asked.out, "_col0\n1\n", "{}", asked.err);
}

#[test]
fn nothing_at_all_is_no_panic() {
    let asked = answer(&mut command(&["query", "SELECT count(*) FROM nlb", "--from", "-"]), b"");
    assert_eq!((asked.code, asked.out.as_str()), (0, "_col0\n0\n"), "{}", asked.err);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let answer = run(&["query", "SELECT count(*) FROM nlb", "--from", path(folder.path())]);
    assert_eq!(answer.code, 3, "{}", answer.err);
}

#[test]
fn short_lists_prune_as_long_ones_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for day in 1..=6 {
        let name = format!(
            "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2024/10/0{day}/111122223333_elasticloadbalancing_eu-west-1_net.front.0a1b_202410{day:02}T0105Z_0a0a0a0a.log"
        );
        write(&folder.path().join(name), line_with("a").as_bytes());
    }
    for days in [
        "'2024/10/02', '2024/10/03'",
        "'2024/10/02', '2024/10/03', '2024/10/04', '2024/10/05', '2024/10/01'",
    ] {
        let (rows, report) =
            ask(&format!("SELECT count(*) FROM nlb WHERE log_day IN ({days})"), folder.path());
        let wanted = days.split(',').count();
        assert_eq!(rows[0][0], wanted.to_string());
        assert_eq!(report["objects"]["read"].as_u64(), Some(wanted as u64));
    }
}

#[test]
fn a_query_that_fails_leaves_the_output_file_as_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("kept.csv");
    write(&file, b"kept\n");
    let from = samples("nlb");
    let arguments =
        ["query", "SELECT nothing FROM nlb", "--from", path(&from), "--output", path(&file)];
    assert_eq!(run(&arguments).code, 2);
    assert_eq!(std::fs::read(&file).expect("the file"), b"kept\n");
}

#[test]
fn the_sql_may_stand_after_the_paths() {
    let from = samples("nlb");
    let answer = run(&["query", "--from", path(&from), "SELECT count(*) > 0 AS some FROM nlb"]);
    assert_eq!(answer.out, "some\ntrue\n", "{}", answer.err);
}

#[test]
fn like_finds_every_text_that_begins_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = format!("{}\n{}\n", line_with("a\u{10ffff}b"), line_with("b"));
    write(&folder.path().join("x.log"), text.as_bytes());
    assert_eq!(
        ask_number("SELECT count(*) FROM nlb WHERE domain_name LIKE 'a%'", folder.path()),
        1
    );
}

//! The shell, as it answers to a pipe.

use crate::program::{self, Answer};

/// The shell, reading this input and asking these places.
fn shell(input: &str, arguments: &[&str]) -> Answer {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut command = program::command(&["shell"]);
    // A data folder of its own: nothing of one session is left to another.
    command.args(arguments).env("FLOODMARK_HOME", home.path());
    program::answer(&mut command, input.as_bytes())
}

fn samples(log_type: &str) -> String {
    program::samples(log_type).display().to_string()
}

/// Checks what the shell writes to standard output, with what code it ends, and what it says.
#[track_caller]
fn check(input: &str, expected: &str, code: i32, said: &str) {
    let answer = shell(input, &["--report", "none", "--from", &samples("nlb")]);
    assert_eq!(answer.out, expected, "{input}\n{}", answer.err);
    assert_eq!(answer.code, code, "{input}\n{}", answer.err);
    assert_eq!(answer.err, said, "{input}");
}

#[test]
fn statements_are_run_line_by_line() {
    check("SELECT 1 AS one; SELECT 2\n AS two\n;\n", "one\n1\ntwo\n2\n", 0, "");
    check("SELECT ';' AS a -- not; here\n;", "a\n;\n", 0, "");
    check("SELECT 1 AS the_last_needs_no_end", "the_last_needs_no_end\n1\n", 0, "");
    check("SELECT 1 AS one;\n\\q\nSELECT 2 AS two;\n", "one\n1\n", 0, "");
    check("quit\nSELECT 2 AS two;\n", "", 0, "");
    check("-- nothing to run\n\n;\n", "", 0, "");
    let top = "SELECT client_ip, count(*) AS connections FROM nlb GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1;\n";
    let answer = "client_ip,connections\n192.0.2.10,4\n";
    check(&top.repeat(2), &answer.repeat(2), 0, "");
}

#[test]
fn the_first_error_ends_a_pipe() {
    check(
        "SELECT 1 AS one;\nSELECT one\nFROM nothing;\nSELECT 2 AS two;\n",
        "one\n1\n",
        3,
        "error: TABLE_NOT_FOUND: line 2:6: Table 'awsdatacatalog.default.nothing' does not exist\n  FROM nothing;\n       ^\n\
         hint: `SHOW TABLES` lists the tables of the catalog, `floodmark tables --from PATH` the logs at a path\n",
    );
    check(
        "\\wrong\nSELECT 1;\n",
        "",
        2,
        "error: there is no command `\\wrong`\nhint: `\\?` lists them\n",
    );
    check(
        "SELECT 1\n\\x\n",
        "",
        2,
        "error: the statement before the command has no `;`, and was not run\n",
    );
    check(
        "SELECT 'open\n;",
        "",
        2,
        "error: line 1:8: mismatched input '''. Expecting: <expression>\n  SELECT 'open\n         ^\n\
         hint: this `'` is not closed\n",
    );
}

#[test]
fn results_are_written_as_told() {
    check("\\format\n", "csv\n", 0, "");
    check("\\format ndjson\nSELECT 1 AS one;\n\\format\n", "{\"one\":1}\nndjson\n", 0, "");
    check(
        "\\x\nSELECT 1 AS one, NULL AS nothing;\n\\x\nSELECT 2 AS two;\n",
        "─ row 1 ─\none     │ 1\nnothing │ NULL\n1 row\ntwo\n2\n",
        0,
        "a line a column: on\na line a column: off\n",
    );
    check(
        "\\format xml\n",
        "",
        2,
        "error: there is no format `xml`\n\
         hint: write one of table, records, csv, json, ndjson, markdown, parquet, arrow\n",
    );
}

#[test]
fn results_go_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a result.csv");
    let output = file.display();
    let input =
        format!("\\o '{output}'\nSELECT 1 AS one;\nSELECT 2 AS two;\n\\o\nSELECT 3 AS three;\n");
    check(&input, "three\n3\n", 0, "");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one\n1\ntwo\n2\n");
    check(
        &format!("\\format parquet\n\\o '{output}'\nSELECT 1 AS one;\nSELECT 2 AS two;\n"),
        "",
        7,
        "error: a file of this format holds one result\nhint: name another file with `\\o FILE`\n",
    );
    assert_eq!(&std::fs::read(&file).unwrap()[..4], b"PAR1");
}

#[test]
fn places_can_be_changed() {
    let (nlb, vpc_flow) = (samples("nlb"), samples("vpc_flow"));
    let rows = "SELECT count(*) > 0 AS found FROM vpc_flow;\n";
    check(
        &format!("\\from\n{rows}\\from '{vpc_flow}' \"{nlb}\"\n{rows}"),
        &format!("{nlb}\nfound\nfalse\n{vpc_flow} {nlb}\nfound\ntrue\n"),
        0,
        "",
    );
    check(
        "\\from -\n",
        "",
        2,
        "error: the shell reads its questions from standard input, not the logs\n\
         hint: `floodmark query SQL --from -` reads logs from standard input\n",
    );
}

#[test]
fn tables_are_described() {
    let described = program::run(&["describe", "nlb"]).out;
    check("\\d NLB;\n", &described, 0, "");
    let text = shell("\\d\n\\d rejected\n\\dt\n", &["--from", &samples("nlb")]).out;
    assert!(text.contains("Network Load Balancer access log"), "{text}");
    assert!(text.contains("Why it is not a row."), "{text}");
    assert!(text.contains("nlb    4        5.6 KiB"), "{text}");
}

#[test]
fn a_report_follows_each_query() {
    let input = "SELECT 1;\nSELECT count(*) FROM nlb;\n\\report none\nSELECT count(*) FROM nlb;\n\\timing on\nSELECT 1;\n";
    let talk = shell(input, &["--from", &samples("nlb")]).err;
    assert_eq!(talk.matches("23 lines = 23 rows").count(), 1, "{talk}");
    assert_eq!(talk.matches("time: ").count(), 1, "{talk}");
    assert!(talk.contains("timing: on\ntime: 0."), "{talk}");
}

#[test]
fn help_names_every_command() {
    let text = shell("\\?\n", &[]).out;
    for command in ["\\d ", "\\dt ", "\\from ", "\\format ", "\\x ", "\\o ", "\\timing ", "\\q "] {
        assert!(text.contains(command), "{command}: {text}");
    }
}

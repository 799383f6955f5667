//! The program as a user runs it, away from the user's own settings and credentials.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// An empty data folder for all runs.
static HOME: LazyLock<tempfile::TempDir> =
    LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

/// The program with these arguments.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_floodmark"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", HOME.path())
        .env("FLOODMARK_HOME", HOME.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program.
pub(crate) fn run(arguments: &[&str]) -> Answer {
    answer(&mut command(arguments), b"")
}

/// Runs a command with this standard input.
pub(crate) fn answer(command: &mut Command, input: &[u8]) -> Answer {
    command.stdin(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    // Whoever does not read its input is no failure of the test.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Answer {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Asks in SQL. The query must succeed, and its account must add up. Gives the rows as CSV and the report.
pub(crate) fn ask(sql: &str, from: &Path) -> (Vec<Vec<String>>, Value) {
    let from = from.to_str().expect("a path in UTF-8");
    let answer = run(&["query", sql, "--from", from, "--format", "csv", "--report", "json"]);
    assert_eq!(answer.code, 0, "{sql}\n{}", answer.err);
    let report: Value = serde_json::from_str(&answer.err).unwrap_or_default();
    let lines = &report["lines"];
    let number = |name: &str| lines[name].as_u64().unwrap_or_default();
    assert_eq!(number("read"), number("rows") + number("headers") + number("rejected"));
    let rows = answer.out.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect());
    (rows.collect(), report)
}

/// Asks for one number.
pub(crate) fn ask_number(sql: &str, from: &Path) -> u64 {
    let (rows, _) = ask(sql, from);
    rows[0][0].parse().unwrap_or_else(|_| panic!("{sql} gave {rows:?}"))
}

/// A folder of the repository.
pub(crate) fn repository(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder)
}

/// The samples of a log type.
pub(crate) fn samples(log_type: &str) -> PathBuf {
    repository("samples").join(log_type)
}

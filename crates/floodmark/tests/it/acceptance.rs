//! What a working set-up of Athena brings along: AWS's documented tables and queries of each log, through the command line.
//!
//! Each file of `tests/acceptance` is run against an S3 server of its own; the README there says how they are written.

use std::fmt::Write;
use std::path::Path;

use crate::corpus::{Entry, entries};
use crate::logs::{gzip, write};
use crate::program::{Answer, answer, command, repository};
use crate::s3_server::{BUCKET, KEY_ID, SECRET, Server};

/// A bucket, and a data folder whose catalog is kept from one statement to the next.
struct SetUp {
    server: Server,
    home: tempfile::TempDir,
}

impl SetUp {
    fn new() -> Self {
        Self { server: Server::start(), home: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Puts an object into the bucket, compressed if its name says so.
    fn put(&self, key: &str, text: &str) {
        let path = self.server.file(key);
        if key.ends_with(".gz") {
            write(&path, &gzip(text));
        } else {
            write(&path, text.as_bytes());
        }
    }

    /// Runs statements as a file, in a database.
    fn run(&self, sql: &str, database: &str) -> Answer {
        let file = self.home.path().join("statement.sql");
        std::fs::write(&file, sql).expect("a file to write to");
        let file = file.to_str().expect("a path in UTF-8");
        let mut command = command(&["query", "--file", file, "--format", "csv"]);
        command
            .args(["--endpoint", &self.server.endpoint, "--report", "none"])
            .args(["--database", database])
            .env("FLOODMARK_HOME", self.home.path())
            .env("AWS_ACCESS_KEY_ID", KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", SECRET);
        answer(&mut command, b"")
    }

    /// What becomes of an entry: rows, or an error.
    fn outcome(&self, entry: &Entry) -> Result<String, String> {
        let (said, database) = entry.kind.split_once(" in ").unwrap_or((&entry.kind, "default"));
        let mut words = said.split(' ');
        let sql = match words.next().unwrap_or_default() {
            "object" => {
                let key = words.next().expect("a key");
                self.put(key, &format!("{}\n", entry.statement));
                return Ok(String::new());
            }
            "parquet" => {
                let path = self.server.file(words.next().expect("a key"));
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                let path = path.to_str().expect("a path in UTF-8");
                let written = ["query", &entry.statement, "--format", "parquet", "--output", path];
                let answer = crate::program::run(&written);
                return if answer.code == 0 { Ok(String::new()) } else { Err(answer.err) };
            }
            "copy" => {
                for line in entry.statement.lines() {
                    let (sample, key) = line.split_once(' ').expect("a sample and a key");
                    let path = repository("samples").join(sample);
                    self.put(key, &std::fs::read_to_string(path).expect("a sample"));
                }
                return Ok(String::new());
            }
            "ddl" => documented(&entry.statement),
            _ => entry.statement.clone(),
        };
        let answer = self.run(&sql, database);
        if answer.code != 0 {
            let error = answer.err.lines().find(|line| line.starts_with("error: "));
            return Err(error.unwrap_or(&answer.err).trim_start_matches("error: ").to_owned());
        }
        let mut rows = records(&answer.out);
        if !said.contains(" names") && !rows.is_empty() {
            rows.remove(0);
        }
        let mut lines: Vec<_> =
            rows.iter().map(|row| row.join(" | ").trim_end().to_owned()).collect();
        if said.contains(" sorted") {
            lines.sort();
        }
        Ok(lines.join("\n"))
    }
}

/// The documented statement in a file of `tests/ddl`, for the bucket of the test.
fn documented(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ddl").join(file);
    std::fs::read_to_string(path)
        .expect("a documented statement")
        .replace("amzn-s3-demo-bucket", BUCKET)
}

/// The records of a CSV text; a field without quotes and text is NULL.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut inside) = (false, false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if inside && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => {
                inside = !inside;
                quoted = true;
            }
            ',' | '\n' if !inside => {
                let taken = std::mem::take(&mut field);
                record.push(if taken.is_empty() && !quoted { "NULL".to_owned() } else { taken });
                quoted = false;
                if character == '\n' {
                    records.push(std::mem::take(&mut record));
                }
            }
            other => field.push(other),
        }
    }
    records
}

fn passes(entry: &Entry, outcome: &Result<String, String>) -> bool {
    let wants_error = entry.kind.contains("error") || entry.kind.contains("unsupported");
    match outcome {
        Ok(rows) => !wants_error && *rows == entry.outcome,
        Err(error) => wants_error && error.starts_with(&entry.outcome),
    }
}

/// Runs one file; gives what differs.
fn run(path: &Path) -> String {
    let set_up = SetUp::new();
    let text = std::fs::read_to_string(path).expect("a file of the acceptance tests");
    let text = text.replace("{bucket}", &format!("s3://{BUCKET}"));
    let mut failures = String::new();
    for mut entry in entries(&text) {
        let is_gap = entry.kind.starts_with("gap ");
        entry.kind = entry.kind.trim_start_matches("gap ").to_owned();
        let outcome = set_up.outcome(&entry);
        if passes(&entry, &outcome) == is_gap {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let said = if is_gap { "passes now: take the `gap` away" } else { "differs" };
            let found = outcome.unwrap_or_else(|error| format!("error: {error}"));
            let Entry { line, statement, outcome, .. } = entry;
            write!(
                failures,
                "{name}:{line}: {said}\n{statement}\n---- expected\n{outcome}\n---- found\n{found}\n\n"
            )
            .expect("a String takes everything");
        }
    }
    failures
}

#[test]
fn documented_tables_and_queries_run_as_they_stand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance");
    let only = std::env::var("FLOODMARK_CORPUS").unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of the acceptance tests")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    files.sort();
    // Each file has a server and a catalog of its own, so that they can run beside each other.
    let failures: String = std::thread::scope(|scope| {
        let running: Vec<_> = files.iter().map(|file| scope.spawn(|| run(file))).collect();
        running.into_iter().map(|thread| thread.join().expect("the file ran")).collect()
    });
    assert!(failures.is_empty(), "{failures}");
}

/// Every documented statement is used by a file here.
#[test]
fn every_documented_table_is_made() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let texts: String = (std::fs::read_dir(tests.join("acceptance")).expect("the folder"))
        .map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).expect("a file"))
        .collect();
    for entry in std::fs::read_dir(tests.join("ddl")).expect("the folder of the statements") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let is_made = texts.contains(&format!("\n{name}\n"));
        assert!(is_made || !name.ends_with(".sql"), "no acceptance test makes {name}");
    }
}

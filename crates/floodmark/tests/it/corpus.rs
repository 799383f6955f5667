//! The corpus of Athena's statements: `tests/corpus/*.slt`, whose README says how they are written.

use std::fmt::Write;
use std::path::Path;

use floodmark_engine::{Engine, EngineOptions, Error, athena, dialect};
use futures::TryStreamExt;

/// A statement with its outcome.
pub(crate) struct Entry {
    pub(crate) line: usize,
    pub(crate) kind: String,
    pub(crate) statement: String,
    pub(crate) outcome: String,
}

/// Reads a file of the corpus.
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut take = |end: &str| {
            let mut taken = String::new();
            for (_, line) in lines.by_ref() {
                if line == end {
                    break;
                }
                taken.push_str(line);
                taken.push('\n');
            }
            taken.truncate(taken.trim_end_matches('\n').len());
            taken
        };
        let statement = take("----");
        let outcome = take("");
        entries.push(Entry { line: number + 1, kind: line.to_owned(), statement, outcome });
    }
    entries
}

/// What Floodmark makes of a statement: rows, or an error.
async fn outcome(engine: &Engine, entry: &Entry) -> Result<String, Error> {
    let session = engine.open(&[]).await?;
    let mut text = String::new();
    for statement in dialect::parse(&entry.statement)? {
        text.clear();
        let query = session.query(statement).await?;
        if entry.kind.ends_with("names") {
            let names: Vec<_> = query.schema.fields().iter().map(|field| field.name()).collect();
            let names: Vec<_> = names.into_iter().map(String::as_str).collect();
            writeln!(text, "{}", names.join(" | ")).expect("what the test has made");
        }
        let batches: Vec<_> = query.rows.try_collect().await.map_err(Error::from)?;
        for batch in batches {
            for row in athena::rows(&batch)? {
                let row: Vec<_> =
                    row.into_iter().map(|value| value.unwrap_or_else(|| "NULL".into())).collect();
                writeln!(text, "{}", row.join(" | ").trim_end()).expect("what the test has made");
            }
        }
    }
    text.truncate(text.trim_end_matches('\n').len());
    Ok(text)
}

fn passes(entry: &Entry, outcome: &Result<String, Error>) -> bool {
    match (entry.kind.as_str(), outcome) {
        (kind, Ok(rows)) if kind.contains("query") => *rows == entry.outcome,
        (kind, Err(error)) if !kind.contains("query") => {
            error.athena_text().starts_with(&entry.outcome)
        }
        _ => false,
    }
}

/// Runs one file; `FLOODMARK_CORPUS=name` runs only the files whose names contain it.
fn run(path: &Path, failures: &mut String) -> (usize, usize) {
    // Each file has a catalog of its own, and a folder to write to.
    let engine = Engine::new(EngineOptions::default()).expect("what the test has made");
    let folder = tempfile::tempdir().expect("what the test has made");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let text = (std::fs::read_to_string(path).expect("what the test has made"))
        .replace(
            "{samples}",
            &samples.canonicalize().expect("what the test has made").to_string_lossy(),
        )
        .replace("{folder}", &folder.path().to_string_lossy());
    let runtime = tokio::runtime::Runtime::new().expect("what the test has made");
    let (mut all, mut passing) = (0, 0);
    for entry in entries(&text) {
        let result = runtime.block_on(outcome(&engine, &entry));
        let is_gap = entry.kind.starts_with("gap ");
        let passed = passes(&entry, &result);
        all += 1;
        passing += usize::from(passed);
        if passed == is_gap {
            let name = path.file_name().expect("what the test has made").to_string_lossy();
            let found = match &result {
                Ok(rows) => rows.clone(),
                Err(error) => format!("error: {}", error.athena_text()),
            };
            let said = if is_gap { "passes now: take the `gap` away" } else { "differs" };
            writeln!(
                failures,
                "{name}:{}: {said}\n{}\n---- expected\n{}\n---- found\n{found}\n",
                entry.line, entry.statement, entry.outcome,
            )
            .expect("what the test has made");
        }
    }
    (all, passing)
}

#[test]
fn the_corpus_of_statements_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let only = std::env::var("FLOODMARK_CORPUS").unwrap_or_default();
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("what the test has made")
        .map(|entry| entry.expect("what the test has made").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "slt"))
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failures = String::new();
    let (mut all, mut passing) = (0, 0);
    for file in files {
        let (entries, passed) = run(&file, &mut failures);
        all += entries;
        passing += passed;
    }
    println!("{passing} of {all} statements pass");
    assert!(failures.is_empty(), "{failures}");
}

//! The manual: pages that can be generated are, and examples are run.

use std::path::Path;

use crate::program::{repository, run};

/// Compares a generated page with the one that is checked in; with UPDATE=1 writes it.
fn check_page(name: &str, text: &str) {
    let path = repository("docs/manual").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).expect("a page to write to");
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(text.lines()).find(|(kept, text)| kept != text);
    assert!(
        kept == text,
        "docs/manual/{name} is not current, `make update` writes it; it differs at {differs:?}"
    );
}

fn output(arguments: &[&str]) -> String {
    let answer = run(arguments);
    assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.err);
    let lines: Vec<&str> = answer.out.lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[test]
fn the_page_of_commands_is_current() {
    let mut page = String::from(
        "# Commands and settings\n\nGenerated from the program. Every setting is a flag, an environment variable, \
         and a key of `settings.toml` in the data folder; flags come before variables, variables before the file.\n",
    );
    page.push_str(&format!("\n```text\n{}\n```\n", output(&["--help"])));
    for command in [
        "query",
        "shell",
        "top",
        "compare",
        "timeline",
        "cost",
        "tables",
        "describe",
        "ddl",
        "check",
        "data",
        "demo",
        "block",
        "inventory",
        "inventory refresh",
        "inventory list",
        "open",
        "serve",
        "env",
        "run",
        "completions",
        "man",
        "whois",
    ] {
        // The settings are those of the first page.
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = output(&words);
        let own = help.split("\nSettings:\n").next().unwrap_or_default();
        let examples = help.rsplit_once("\n\nExample").map_or("", |(_, examples)| examples);
        page.push_str(&format!("\n## floodmark {command}\n\n```text\n{}\n", own.trim_end()));
        if !own.contains("\n\nExample") && !examples.is_empty() {
            page.push_str(&format!("\nExample{examples}\n"));
        }
        page.push_str("```\n");
    }
    check_page("commands.md", &page);
}

#[test]
fn the_page_of_log_types_is_current() {
    let mut page = String::from("# Log types\n\nGenerated from the declarations.\n");
    page.push_str(&format!("\n```text\n{}\n```\n", output(&["describe"])));
    for log_type in floodmark_formats::log_types::ALL {
        page.push_str(&format!("\n## {}\n\n{}.\n", log_type.name, log_type.title));
        page.push_str(&format!("\nDocumented at <{}>.\n", log_type.page));
        if !log_type.folder.is_empty() {
            page.push_str(&format!("\nUsually below `{}`.\n", log_type.folder));
        }
        page.push_str("\n| column | type | unit | kind | meaning |\n");
        page.push_str("| --- | --- | --- | --- | --- |\n");
        for column in &floodmark_formats::table::of(log_type).columns {
            let described = column.column;
            page.push_str(&format!(
                "| `{}` | `{}` | {} | {} | {} |\n",
                described.name,
                described.column_type.athena(),
                described.unit,
                described.kind.words(),
                described.meaning
            ));
        }
        page.push_str("\n| measure | unit | what it is | as SQL |\n| --- | --- | --- | --- |\n");
        for measure in log_type.measures {
            let (name, unit, title) = (measure.name, measure.unit, measure.title);
            page.push_str(&format!("| `{name}` | {unit} | {title} | `{}` |\n", measure.sql()));
        }
        if !log_type.dimensions.is_empty() {
            page.push_str("\n| to group by | kind | as SQL |\n| --- | --- | --- |\n");
        }
        for dimension in log_type.dimensions {
            let (name, kind, sql) = (dimension.name, dimension.kind.words(), dimension.sql);
            page.push_str(&format!("| `{name}` | {kind} | `{sql}` |\n"));
        }
    }
    check_page("log-types.md", &page);
}

/// Each block of SQL in the manual and the README is asked of the samples.
#[test]
fn the_sql_of_the_manual_runs() {
    let samples = repository("samples");
    let mut pages: Vec<_> = std::fs::read_dir(repository("docs/manual"))
        .expect("the manual")
        .map(|entry| entry.expect("an entry").path())
        .filter(|page| page.extension().is_some_and(|ending| ending == "md"))
        .collect();
    pages.push(repository("README.md"));
    let mut blocks = 0;
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("a page in UTF-8");
        for block in text.split("```sql\n").skip(1) {
            let sql = block.split("```").next().unwrap_or_default();
            let answer = run(&["query", sql, "--from", path(&samples), "--report", "none"]);
            assert_eq!(answer.code, 0, "{}: {sql}\n{}", page.display(), answer.err);
            blocks += 1;
        }
    }
    assert!(blocks > 3, "the manual has examples");
}

/// Each command line in the page of questions, asked of the logs of the demo.
#[test]
fn the_questions_of_the_manual_are_answered() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let generated = run(&["demo", "--folder", path(folder.path()), "--generate-only"]);
    assert_eq!(generated.code, 0, "{}", generated.err);
    let logs = folder.path().join("logs");
    let page = std::fs::read_to_string(repository("docs/manual/investigate.md")).expect("a page");
    let mut asked = 0;
    for line in page.lines().filter_map(|line| line.strip_prefix("$ floodmark ")) {
        let words: Vec<&str> =
            line.split(' ').map(|word| if word == "logs/" { path(&logs) } else { word }).collect();
        if !["top", "compare", "timeline"].contains(&words[0]) {
            continue;
        }
        let answer = run(&words);
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
        asked += 1;
    }
    assert!(asked > 5, "the page has examples");
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

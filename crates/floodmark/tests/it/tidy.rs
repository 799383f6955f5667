//! The invariants of ARCHITECTURE.md, held by a machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::program::repository;

/// The Rust sources below a folder, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source in UTF-8");
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&repository(folder), &mut found);
    found
}

/// Checks that a text stands in the sources only below one folder.
fn stands_only_in(text: &str, folder: &str) {
    for (path, source) in sources("crates") {
        let path = path.to_string_lossy().replace('\\', "/");
        if path.contains("/tests/") || path.contains(folder) {
            continue;
        }
        assert!(!source.contains(text), "`{text}` stands in {path}, and belongs into {folder}");
    }
}

#[test]
fn each_layer_stays_in_its_folder() {
    for text in ["impl DataSource for", "impl FileSource for", "impl TableProvider for"] {
        stands_only_in(text, "floodmark-engine/src/scan/");
    }
    stands_only_in("sqlparser::", "floodmark-engine/src/dialect/");
    stands_only_in("AmazonS3Builder", "floodmark-engine/src/store/");
    stands_only_in("use object_store", "floodmark-engine/src/store/");
    stands_only_in(".register_table(", "floodmark-engine/src/catalog/");
    stands_only_in("unsafe {", "floodmark-formats/src/text.rs");
    stands_only_in(": LogType = LogType {", "floodmark-formats/src/log_types/");
}

#[test]
fn only_applied_rules_write_to_aws() {
    for (path, source) in sources("crates") {
        let path = path.to_string_lossy().replace('\\', "/");
        let may = ["/tests/", "floodmark-aws/src/", "floodmark-block/src/apply/"];
        if !may.iter().any(|folder| path.contains(folder)) {
            assert!(!source.contains("is_writing"), "{path} asks for a client that writes to AWS");
        }
    }
}

#[test]
fn limits_stand_in_one_place() {
    for (path, source) in sources("crates") {
        let path = path.to_string_lossy().into_owned();
        // What AWS allows is no limit of ours, and stands in `quotas.rs`.
        let aside = ["limits.rs", "quotas.rs", "/tests/", "/render/"];
        if aside.iter().any(|part| path.contains(part)) {
            continue;
        }
        for line in source.lines().filter(|line| line.starts_with("pub const ")) {
            assert!(!line.contains("_MAX:"), "{path}: {line}");
        }
    }
}

#[test]
fn each_log_type_is_one_file_and_stands_in_the_list_once() {
    let list = std::fs::read_to_string(repository("crates/floodmark-formats/src/log_types/mod.rs"))
        .expect("the list");
    for log_type in floodmark_formats::log_types::ALL {
        let file = repository("crates/floodmark-formats/src/log_types")
            .join(format!("{}.rs", log_type.name));
        assert!(file.exists(), "{}", log_type.name);
        assert_eq!(list.matches(&format!("mod {};", log_type.name)).count(), 1);
    }
}

/// What crates may depend on of ours, in the one direction.
const DIRECTION: [(&str, &[&str]); 10] = [
    ("floodmark-formats", &[]),
    ("floodmark-aws", &["floodmark-testing"]),
    ("floodmark-who", &["floodmark-aws", "floodmark-testing"]),
    ("floodmark-block", &["floodmark-aws", "floodmark-testing"]),
    (
        "floodmark-engine",
        &["floodmark-formats", "floodmark-aws", "floodmark-who", "floodmark-buckets"],
    ),
    (
        "floodmark-investigate",
        &["floodmark-formats", "floodmark-who", "floodmark-block", "floodmark-engine"],
    ),
    ("floodmark-buckets", &[]),
    (
        "floodmark-discover",
        &["floodmark-formats", "floodmark-who", "floodmark-engine", "floodmark-investigate"],
    ),
    (
        "floodmark-server",
        &[
            "floodmark-formats",
            "floodmark-who",
            "floodmark-block",
            "floodmark-buckets",
            "floodmark-engine",
            "floodmark-investigate",
            "floodmark-discover",
        ],
    ),
    (
        "floodmark",
        &[
            "floodmark-formats",
            "floodmark-aws",
            "floodmark-who",
            "floodmark-block",
            "floodmark-engine",
            "floodmark-investigate",
            "floodmark-server",
            "floodmark-testing",
        ],
    ),
];

fn metadata() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let rustc = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    // What other platforms need is not here without a download.
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            host,
        ])
        .current_dir(repository(""))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo gives JSON")
}

#[test]
fn crates_depend_in_one_direction() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    for (name, allowed) in DIRECTION {
        let package = packages.iter().find(|package| package["name"] == name).expect("our crate");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let dependency = dependency["name"].as_str().expect("a name");
            assert!(
                !dependency.starts_with("floodmark") || allowed.contains(&dependency),
                "{name} depends on {dependency}"
            );
        }
    }
    let formats = packages.iter().find(|package| package["name"] == "floodmark-formats");
    let dependencies = formats.expect("our crate")["dependencies"].as_array().expect("a list");
    for dependency in dependencies {
        let name = dependency["name"].as_str().expect("a name");
        let barred = ["datafusion", "tokio", "object_store", "futures", "chrono"];
        assert!(!barred.contains(&name), "floodmark-formats depends on {name}");
    }
}

#[test]
fn licences_are_allowed_and_barred_crates_absent() {
    let text = std::fs::read_to_string(repository("deny.toml")).expect("deny.toml");
    let rules: toml::Table = text.parse().expect("it is TOML");
    let allowed: Vec<&str> = rules["licenses"]["allow"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    let barred: Vec<&str> = rules["bans"]["deny"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|entry| entry.get("name")?.as_str())
        .collect();
    for package in metadata()["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        assert!(!barred.contains(&name), "{name} is barred by deny.toml");
        let license = package["license"].as_str().unwrap_or("none");
        // `A OR B` leaves the choice, `A AND B` and `A/B` in old manifests do not matter here beyond that.
        let choice = license.split(" OR ").flat_map(|part| part.split('/')).any(|part| {
            part.trim_matches(['(', ')'])
                .split(" AND ")
                .all(|term| allowed.contains(&term.trim().trim_matches(['(', ')'])))
        });
        assert!(choice, "the licence of {name} is {license}");
    }
}

#[test]
fn files_are_named_for_something_and_not_endless() {
    const LINES_MAX: usize = 700;
    let barred = ["util", "utils", "common", "helper", "helpers", "misc", "manager", "types"];
    for (path, source) in sources("crates") {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!barred.contains(&stem.as_str()), "{}", path.display());
        assert!(source.lines().count() <= LINES_MAX, "{} is too long", path.display());
    }
}

//! The crate does no I/O, has no clock and asks no environment: invariant 2 of the architecture.

use std::path::Path;

fn check(path: &Path, forbidden: &[&str]) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            check(&entry.unwrap().path(), forbidden);
        }
        return;
    }
    let text = std::fs::read_to_string(path).unwrap();
    for name in forbidden {
        assert!(!text.contains(name), "{} has `{name}`", path.display());
    }
}

#[test]
fn the_crate_depends_on_no_engine_and_no_runtime() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    check(&manifest, &["datafusion", "tokio", "object_store", "futures", "floodmark-engine"]);
}

#[test]
fn the_sources_touch_no_file_no_clock_and_no_environment() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let forbidden =
        ["std::fs", "std::env", "std::net", "std::process", "std::thread", "SystemTime", "Instant"];
    check(&sources, &forbidden);
}

#[test]
fn only_one_place_is_unsafe() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(&sources)
        .unwrap()
        .chain(std::fs::read_dir(sources.join("decode")).unwrap())
    {
        let path = entry.unwrap().path();
        if path.is_file() && path.file_name().unwrap() != "text.rs" {
            check(&path, &["unsafe {", "unsafe fn", "unsafe impl"]);
        }
    }
}

//! `floodmark data`: what is brought, shown and removed.

use std::path::Path;

use floodmark_testing::files::{FileServer, Served};
use floodmark_testing::mmdb;
use serde_json::{Value, json};

use crate::program::{Answer, run};

const RANGES: &str = r#"{"syncToken": "1", "createDate": "2026-01-02-03-04-05", "prefixes": [
    {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "S3", "network_border_group": "eu-west-1"}],
    "ipv6_prefixes": []}"#;

/// Runs `floodmark data` with a data folder of its own.
fn data(home: &Path, arguments: &[&str]) -> Answer {
    let home = home.to_str().expect("a path in UTF-8");
    run(&[&["data"], arguments, &["--home", home]].concat())
}

fn list(home: &Path) -> Value {
    let answer = data(home, &["list", "--format", "json"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    serde_json::from_str(&answer.out).expect("it is JSON")
}

/// Names with whether they are used.
fn used(home: &Path) -> Vec<String> {
    let listed = list(home);
    let files = listed["files"].as_array().expect("a list");
    let word = |file: &Value| if file["used"] == true { "used" } else { "kept" };
    files
        .iter()
        .map(|file| format!("{} {}", file["name"].as_str().expect("a name"), word(file)))
        .collect()
}

#[test]
fn data_are_updated_from_the_web_and_only_on_request() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let server = FileServer::start();
    server.serve_file("/ip-ranges.json", RANGES);
    let answer = data(home, &["list"]);
    assert!(answer.out.starts_with("no data yet\n"), "{}", answer.out);
    assert!(answer.out.contains("geo-whois-asn-country"), "{}", answer.out);
    assert_eq!(server.asked(), []);

    let answer = data(home, &["update", "aws-ranges", "--from", &server.url("/")]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(
        answer.out,
        "aws-ranges: brought, 1 range of the kind aws-ranges, of 2026-01-02, licence: none stated; published by AWS\n"
    );
    // Without a name, what came from the web is asked for again, from where it came.
    let answer = data(home, &["update", "--format", "json"]);
    let told: Value = serde_json::from_str(&answer.out).expect("it is JSON");
    assert_eq!(told[0]["outcome"], "current", "{}", answer.out);
    assert_eq!(server.asked().len(), 2);
    assert_eq!(used(home), ["aws-ranges used"]);

    // What fails is told, and the others go on.
    server.serve_file("/bad.txt", "192.0.2.1\nnonsense\n");
    let from = server.url("/bad.txt");
    let answer = data(home, &["update", "bad", "--from", &from, "--licence", "our own"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("of the kind threat-list"), "{}", answer.out);
    assert!(
        answer.err.contains("1 line of bad could not be read, such as line 2: nonsense"),
        "{}",
        answer.err
    );
    server.serve("/ip-ranges.json", Served::Status(503));
    server.serve_file("/bad.txt", "192.0.2.1\n192.0.2.2\n");
    let answer = data(home, &["update"]);
    assert_eq!(answer.code, 5, "{}", answer.err);
    assert!(answer.out.contains("bad: updated, 2 ranges"), "{}", answer.out);
    assert!(answer.err.contains("status 503") && answer.err.contains("hint: "), "{}", answer.err);
    let listed = list(home);
    assert_eq!(listed["files"][0]["date"], "2026-01-02T03:04:05Z");
    assert_eq!(listed["files"][1]["licence"], "our own");

    let answer = data(home, &["update", "no-such"]);
    assert_eq!(answer.code, 3, "{}", answer.err);
}

#[test]
fn files_of_the_user_are_taken() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let file = |name: &str, content: &[u8]| {
        let path = home.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let networks = [("192.0.2.0/24", json!({"country": {"iso_code": "DE"}}))];
    let database =
        file("GeoLite2-Country.mmdb", &mmdb::write("GeoLite2-Country", 1_767_225_600, &networks));
    let answer = data(home, &["import", &database]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(
        answer.out.starts_with(
            "geolite2-country: imported, 1 range of the kind country, of 2026-01-01, licence: GeoLite2 EULA\n"
        ),
        "{}",
        answer.out
    );
    assert!(answer.out.contains("MaxMind"), "{}", answer.out);
    let bad = file("bad.txt", b"192.0.2.0/28\n");
    let answer = data(home, &["import", &bad, "--as", "threat-list", "--name", "office-list"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(used(home), ["geolite2-country used", "office-list used"]);

    let hostile = file("hostile.csv", b"\x1b[31mred,\x1b]0;title\x07\n");
    for (arguments, code, text) in [
        (vec!["import", hostile.as_str()], 2, "cannot be used"),
        (vec!["import", database.as_str(), "--as", "asn"], 2, "of the kind `country`, not `asn`"),
        (vec!["import", "/no/such/file"], 3, "/no/such/file"),
        (vec!["import", bad.as_str(), "--name", "../up"], 2, "no name for a data file"),
        (vec!["import", bad.as_str(), "--as", "weather"], 2, "threat-list"),
        (vec!["remove", "other"], 3, "office-list"),
    ] {
        let answer = data(home, &arguments);
        assert_eq!(answer.code, code, "{arguments:?} {}", answer.err);
        assert!(answer.err.contains(text), "{arguments:?} {}", answer.err);
        assert!(!answer.err.contains('\x1b'), "{arguments:?} {:?}", answer.err);
    }
    // A half-written description is told, and the rest is there.
    std::fs::write(home.join("who/data/office-list.json"), "{\"name\": ").unwrap();
    let answer = data(home, &["list"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("GeoLite2 EULA"), "{}", answer.out);
    assert!(answer.err.contains("office-list.json` cannot be read"), "{}", answer.err);
    let answer = data(home, &["remove", "office-list", "geolite2-country"]);
    assert_eq!((answer.code, answer.out.lines().count()), (0, 2), "{}", answer.err);
    assert_eq!(std::fs::read_dir(home.join("who/data")).unwrap().count(), 0);
}

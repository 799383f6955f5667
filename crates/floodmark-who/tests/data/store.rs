//! How data are brought: from files of the user's, and from the web.

use std::path::Path;

use floodmark_testing::files::{FileServer, Served};
use floodmark_who::aws_ranges::AwsRanges;
use floodmark_who::data::{self, DataFile, Import, Kind, Outcome, UpdateOptions};
use floodmark_who::geo::Geo;
use floodmark_who::{Error, ErrorKind, Known};

const COUNTRIES: &str = "192.0.2.0,192.0.2.255,DE\n198.51.100.0,198.51.100.255,FR\n";
const COUNTRIES_SIX: &str = "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,NL";
const RANGES: &str = r#"{"syncToken": "1", "createDate": "2026-01-02-03-04-05", "prefixes": [
    {"ip_prefix": "203.0.113.0/24", "region": "eu-west-1", "service": "S3", "network_border_group": "eu-west-1"}],
    "ipv6_prefixes": []}"#;

fn options(from: &str, now: i64) -> UpdateOptions<'_> {
    UpdateOptions { from: Some(from), kind: None, licence: None, now }
}

async fn update(folder: &Path, name: &str, from: &str, now: i64) -> Result<Outcome, Error> {
    data::update(folder, name, &options(from, now)).await
}

fn brought(outcome: Outcome) -> DataFile {
    match outcome {
        Outcome::Brought { file, .. } => *file,
        Outcome::Current(file) => panic!("{file:?} was current"),
    }
}

fn country(folder: &Path, address: &str) -> Known<String> {
    let geo = Geo::open(folder).expect("files that can be read");
    geo.country(address.parse().expect("it is an address")).map(|country| country.to_string())
}

#[tokio::test]
async fn data_are_brought_once_and_asked_for_again_only_if_newer() {
    let server = FileServer::start();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server.serve_file("/geo-whois-asn-country-ipv4.csv", COUNTRIES);
    server.serve_file("/geo-whois-asn-country-ipv6.csv", COUNTRIES_SIX);
    let name = "geo-whois-asn-country";
    let file = brought(update(folder, name, &server.url("/"), 100).await.unwrap());
    assert_eq!((file.kind, file.rows, file.fetched), (Kind::Country, 3, 100));
    assert_eq!(file.licence.as_deref(), Some("CC0 1.0"));
    assert_eq!(country(folder, "198.51.100.1"), Known::Is("FR".to_owned()));
    assert_eq!(country(folder, "2001:db8::1"), Known::Is("NL".to_owned()));

    // It comes again from where it came, and is current.
    let again = UpdateOptions { from: None, kind: None, licence: None, now: 200 };
    let Outcome::Current(file) = data::update(folder, name, &again).await.unwrap() else {
        panic!("nothing is newer");
    };
    assert_eq!((file.fetched, file.checked), (100, 200));
    let statuses: Vec<u16> = server.asked().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [200, 200, 304, 304]);

    // One of the two files is newer: both are there afterwards.
    server.serve_file("/geo-whois-asn-country-ipv6.csv", COUNTRIES_SIX.replace("NL", "BE"));
    let file =
        brought(data::update(folder, name, &UpdateOptions { now: 300, ..again }).await.unwrap());
    assert_eq!((file.rows, file.fetched), (3, 300));
    assert_eq!(country(folder, "192.0.2.1"), Known::Is("DE".to_owned()));
    assert_eq!(country(folder, "2001:db8::1"), Known::Is("BE".to_owned()));
    // Nothing of the older data is left.
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
}

#[tokio::test]
async fn nothing_that_cannot_be_read_takes_the_place_of_what_can() {
    let server = FileServer::start();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server.serve_file("/list.csv", COUNTRIES.repeat(3));
    let url = server.url("/list.csv");
    brought(update(folder, "list", &url, 100).await.unwrap());
    let faults = [
        (Served::Status(503), ErrorKind::Unavailable, "503"),
        (Served::Status(403), ErrorKind::AccessDenied, "403"),
        (Served::Status(404), ErrorKind::NotFound, "404"),
        (file("<html><body>Please log in</body></html>"), ErrorKind::Unavailable, "cannot be used"),
        (file(""), ErrorKind::Unavailable, "empty"),
        (file("\u{1f}\u{8b}"), ErrorKind::Unavailable, "cannot be used"),
        (file("192.0.2.0,192.0.2.255,DE\n"), ErrorKind::Unavailable, "1 rows where there were 6"),
        (
            Served::Cut { body: COUNTRIES.repeat(3).into(), after: 60 },
            ErrorKind::Unavailable,
            "does not answer",
        ),
        (Served::Redirect("/list.csv".to_owned()), ErrorKind::Unavailable, "does not answer"),
    ];
    for (served, kind, text) in faults {
        server.serve("/list.csv", served);
        let error = update(folder, "list", &url, 200).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(country(folder, "192.0.2.1"), Known::Is("DE".to_owned()), "{error}");
        assert_eq!(data::list(folder).unwrap().files[0].fetched, 100, "{error}");
    }
    // Where a file was moved to.
    server.serve("/list.csv", Served::Redirect(server.url("/moved.csv")));
    server.serve_file("/moved.csv", COUNTRIES.repeat(4));
    assert_eq!(brought(update(folder, "list", &url, 300).await.unwrap()).rows, 8);
}

fn file(body: &str) -> Served {
    Served::File { body: body.into(), version: format!("\"{}\"", body.len()) }
}

#[tokio::test]
async fn a_damaged_file_is_brought_again_although_its_version_is_current() {
    let server = FileServer::start();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    server.serve_file("/ip-ranges.json", RANGES);
    let file = brought(update(folder, "aws-ranges", &server.url("/"), 100).await.unwrap());
    assert_eq!(file.date, Some(1_767_323_045));
    std::fs::write(folder.join(&file.file), &RANGES[..50]).unwrap();
    let error = AwsRanges::open(folder).unwrap_err();
    assert!(error.hint_text().unwrap().contains("floodmark data update aws-ranges"), "{error:?}");
    brought(update(folder, "aws-ranges", &server.url("/"), 200).await.unwrap());
    let (_, ranges) = AwsRanges::open(folder).unwrap().unwrap();
    let found = ranges.find("203.0.113.9".parse().unwrap()).value().unwrap();
    assert_eq!((found.service.as_str(), found.region.as_str()), ("S3", "eu-west-1"));
}

#[tokio::test]
async fn without_a_name_the_usual_sources_are_due_and_then_what_came_from_the_web() {
    let server = FileServer::start();
    let folder = tempfile::tempdir().unwrap();
    let due = data::due(folder.path()).unwrap();
    assert_eq!(due, ["aws-ranges", "geo-whois-asn-country", "iptoasn-asn"]);
    server.serve_file("/bad.txt", "192.0.2.1\n");
    let kind = Some(Kind::ThreatList);
    let from = server.url("/bad.txt");
    let wanted = UpdateOptions { kind, licence: Some("ours"), ..options(&from, 1) };
    let file = brought(data::update(folder.path(), "bad", &wanted).await.unwrap());
    assert_eq!((file.kind, file.licence.as_deref()), (Kind::ThreatList, Some("ours")));
    assert_eq!(data::due(folder.path()).unwrap(), ["bad"]);
    // What it is and its licence are remembered.
    server.serve_file("/bad.txt", "192.0.2.1\n192.0.2.2\n");
    let again = UpdateOptions { from: None, kind: None, licence: None, now: 2 };
    let file = brought(data::update(folder.path(), "bad", &again).await.unwrap());
    assert_eq!(
        (file.rows, file.kind, file.licence.as_deref()),
        (2, Kind::ThreatList, Some("ours"))
    );
}

#[tokio::test]
async fn names_and_addresses_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let none = UpdateOptions { from: None, kind: None, licence: None, now: 1 };
    let error = data::update(folder, "no-such", &none).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.hint_text().unwrap().contains("aws-ranges"), "{error:?}");
    for name in ["../up", "A", "", "a.b", "-a", "a/b"] {
        let error = data::update(folder, name, &none).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery, "{name}");
        assert!(data::remove(folder, name).is_err(), "{name}");
    }
    let error = update(folder, "aws-ranges", "/etc/hosts", 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidQuery);
}

#[test]
fn files_of_the_user_are_copied_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let check = |file: &str, content: &str, kind: Option<Kind>| {
        let path = folder.path().join(file);
        std::fs::write(&path, content).unwrap();
        data::import(
            &data,
            &Import { path: &path, kind, name: None, licence: Some("ours"), now: 5 },
        )
    };
    let (list, rejected) =
        check("Bad Hosts_2026.txt", "192.0.2.1\nnonsense\n198.51.100.0/24\n", None).unwrap();
    assert_eq!((list.name.as_str(), list.kind), ("bad-hosts-2026", Kind::ThreatList));
    assert_eq!((list.rows, list.rejected, rejected), (2, 1, vec!["line 2: nonsense".to_owned()]));
    assert_eq!(list.licence.as_deref(), Some("ours"));
    let (ranges, _) = check("ip-ranges.json", RANGES, None).unwrap();
    assert_eq!((ranges.kind, ranges.rows), (Kind::AwsRanges, 1));
    let (countries, _) = check("countries.csv", COUNTRIES, Some(Kind::Country)).unwrap();
    assert_eq!(countries.rows, 2);
    for (content, kind, why) in [
        (COUNTRIES, Some(Kind::Asn), "of the kind `country`, not `asn`"),
        ("nothing of this kind\n", None, "cannot be used"),
        ("x", Some(Kind::AwsRanges), "no `ip-ranges.json`"),
        ("a\nb\n192.0.2.1\n", Some(Kind::ThreatList), "line 1: a"),
    ] {
        let error = check("wrong.csv", content, kind).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidQuery);
        assert!(error.to_string().contains(why), "{error}");
    }
    std::fs::write(folder.path().join("packed.gz"), b"\x1f\x8b\x08\0").unwrap();
    let path = folder.path().join("packed.gz");
    let packed = Import { path: &path, kind: None, name: None, licence: None, now: 5 };
    assert!(data::import(&data, &packed).unwrap_err().to_string().contains("gunzip"));
    let names: Vec<String> =
        data::list(&data).unwrap().files.into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["bad-hosts-2026", "countries", "ip-ranges"]);
    data::remove(&data, "countries").unwrap();
    let error = data::remove(&data, "countries").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 4);
}

#[test]
fn two_who_bring_the_same_at_once_leave_whole_data() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let bring = |lines: usize| {
        let file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        std::fs::write(file.path(), "192.0.2.1\n".repeat(lines)).unwrap();
        let name = Some("list");
        let kind = Some(Kind::ThreatList);
        let import = Import { path: file.path(), kind, name, licence: None, now: 5 };
        data::import(&data, &import).unwrap();
    };
    std::thread::scope(|scope| {
        for lines in 1..=8 {
            let bring = &bring;
            scope.spawn(move || (0..8).for_each(|_| bring(lines)));
        }
    });
    let listing = data::list(&data).unwrap();
    assert_eq!(listing.troubles, [""; 0]);
    let bytes = data::bytes_of(&data, &listing.files[0]).unwrap();
    assert_eq!(bytes.len() as u64, listing.files[0].rows * 10);
    // Nothing is left of what was ended in the middle.
    std::fs::write(data.join("list.1-0.txt"), "192").unwrap();
    data::remove(&data, "list").unwrap();
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
}

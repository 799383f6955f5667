//! All that is known of addresses, through the one door: facts, short names and cards.

use std::net::IpAddr;
use std::path::Path;

use floodmark_testing::rdap::{RdapServer, Registered, Shape};
use floodmark_who::card::{self, Card, CardQuestion};
use floodmark_who::data::{self, Import, Kind};
use floodmark_who::dns::{Name, Named};
use floodmark_who::rdap::pace::Pace;
use floodmark_who::rdap::resolve::RdapOptions;
use floodmark_who::{DATA_FOLDER, ErrorKind, Fact, Known, Who};

/// 2024-10-05 00:00:00.
const NOW: i64 = 1_728_086_400;

const RANGES: &str = r#"{"syncToken": "1", "createDate": "2024-10-01-00-00-00", "prefixes": [
    {"ip_prefix": "52.92.0.0/17", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "eu-west-1"},
    {"ip_prefix": "52.92.0.0/20", "region": "eu-west-1", "service": "S3", "network_border_group": "eu-west-1"}],
    "ipv6_prefixes": []}"#;

fn clock() -> i64 {
    NOW
}

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address")
}

fn import(folder: &Path, name: &str, kind: Kind, content: &str) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), content).expect("the content");
    let import = Import {
        path: file.path(),
        kind: Some(kind),
        name: Some(name),
        licence: Some("CC0 1.0"),
        now: NOW,
    };
    data::import(&folder.join(DATA_FOLDER), &import).expect("data that can be read");
}

/// Each part of what is known, of some addresses.
async fn known(folder: &Path) -> Who {
    import(
        folder,
        "places",
        Kind::Country,
        "91.10.0.0,91.11.255.255,DE\n52.0.0.0,52.255.255.255,US\n",
    );
    import(folder, "systems", Kind::Asn, "91.10.0.0,91.11.255.255,64496,Example DSL\n");
    import(folder, "aws", Kind::AwsRanges, RANGES);
    import(folder, "bad", Kind::ThreatList, "network,note\n91.10.7.0/24,scanner\n");
    let server = RdapServer::start();
    server.network(&Registered {
        shape: Shape::Ripe,
        range: "91.10.0.0/15",
        name: "EXAMPLE-DSL",
        owner: "Example Holding",
        country: "DE",
    });
    let who = Who::open(folder, clock);
    let endpoint = Some(server.endpoint().parse().expect("an address"));
    let options = RdapOptions { endpoint, pace: Pace::Note(<_>::default()), ..<_>::default() };
    let resolved = who.resolve(&[ip("91.10.7.1")], &options, &|_| {}).await.expect("a run");
    assert_eq!(resolved.answered, 1);
    who
}

fn line<'a>(card: &'a Card, title: &str) -> (&'a Known<String>, Option<&'a str>) {
    let part = card.parts.iter().find(|part| part.title == title).expect("a part of all cards");
    (&part.text, part.source.as_deref())
}

#[tokio::test]
async fn every_fact_is_told_from_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let who = known(folder.path()).await;
    for (fact, address, expected) in [
        (Fact::NetworkName, "91.11.1.1", Known::Is("EXAMPLE-DSL")),
        (Fact::NetworkOwner, "91.11.1.1", Known::Is("Example Holding")),
        (Fact::NetworkName, "10.0.0.1", Known::Is("private use")),
        (Fact::NetworkOwner, "10.0.0.1", Known::Nothing),
        (Fact::NetworkName, "52.92.0.1", Known::Unknown),
        (Fact::Country, "91.10.1.1", Known::Is("DE")),
        (Fact::Country, "92.0.0.1", Known::Nothing),
        (Fact::AutonomousSystem, "91.10.1.1", Known::Is("64496")),
        (Fact::AutonomousSystemName, "91.10.1.1", Known::Is("Example DSL")),
        (Fact::AwsService, "52.92.1.1", Known::Is("S3")),
        (Fact::AwsRegion, "52.92.1.1", Known::Is("eu-west-1")),
        (Fact::AwsService, "91.10.1.1", Known::Nothing),
        (Fact::ThreatList, "91.10.7.9", Known::Is("bad")),
        (Fact::ThreatList, "91.10.8.9", Known::Nothing),
        (Fact::Interface, "10.0.0.1", Known::Unknown),
    ] {
        let told = who.tell(fact, ip(address), None).expect("files that can be read");
        assert_eq!(
            told.map(|text| text.to_string()),
            expected.map(str::to_owned),
            "{fact:?} {address}"
        );
    }
    for fact in Fact::ALL {
        assert_eq!(who.has(fact).expect("files"), fact != Fact::Interface, "{fact:?}");
    }
}

#[tokio::test]
async fn short_names_say_the_best_that_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let who = known(folder.path()).await;
    for (address, expected) in [
        ("91.11.1.1", Some("EXAMPLE-DSL, DE")),
        ("91.10.7.9", Some("EXAMPLE-DSL, DE; on threat list bad")),
        ("52.92.1.1", Some("S3 eu-west-1")),
        ("52.92.100.1", Some("AWS eu-west-1")),
        ("52.1.1.1", Some("US")),
        ("169.254.169.254", Some("EC2 instance metadata")),
        ("10.0.0.1", None),
        ("93.0.0.1", None),
    ] {
        let label = who.label(ip(address), None);
        assert_eq!(label.as_deref(), expected, "{address}");
    }
    for (network, expected) in [
        ("91.10.0.0/16", Some("EXAMPLE-DSL, DE")),
        ("91.0.0.0/8", None),
        ("52.92.0.0/24", Some("S3 eu-west-1")),
        ("52.92.0.0/16", None),
        ("10.0.0.0/8", None),
    ] {
        let label = who.label_of_network(network.parse().expect("a network"));
        assert_eq!(label.as_deref(), expected, "{network}");
    }
}

#[tokio::test]
async fn a_card_has_all_that_is_known_and_of_when_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let who = known(folder.path()).await;
    let name = "dsl-7.example.net".to_owned();
    let named = Named { names: vec![Name { name, is_confirmed: true }], asked: NOW };
    let question = CardQuestion { at: None, names: Some(Known::Is(named)) };
    let card = card::card(&who, ip("::ffff:91.10.7.1"), &question).expect("files");
    assert_eq!(card.address, ip("91.10.7.1"));
    let told = |text: &str| Known::Is(text.to_owned());
    let (network, source) = line(&card, "network");
    let expected =
        "EXAMPLE-DSL, Example Holding, 91.10.0.0/15, DE, abuse to abuse@example-dsl.example.com";
    assert_eq!(network, &told(expected));
    assert!(source.is_some_and(|source| source.ends_with("asked within a day")), "{source:?}");
    let (country, source) = line(&card, "country");
    assert_eq!(country, &told("DE"));
    let source = source.expect("a file");
    assert!(source.starts_with("places of ") && source.ends_with(", CC0 1.0"), "{source}");
    assert_eq!(line(&card, "system").0, &told("AS64496 Example DSL"));
    assert_eq!(line(&card, "AWS").0, &Known::Nothing);
    assert_eq!(line(&card, "threat lists").0, &told("on bad with 91.10.7.0/24: scanner"));
    assert_eq!(line(&card, "name").0, &told("dsl-7.example.net, which leads back to it"));
    assert_eq!(line(&card, "interface"), (&Known::Unknown, None));

    // All cards have the same columns, known or not.
    let columns = |card: &Card| -> Vec<&str> {
        card.parts.iter().flat_map(|part| part.values.iter().map(|(name, _)| *name)).collect()
    };
    let unknown = card::card(&Who::default(), ip("91.10.7.1"), &CardQuestion::default());
    let unknown = unknown.expect("nothing to read");
    assert_eq!(columns(&card), columns(&unknown));
    for part in &unknown.parts {
        assert!(part.text.is_unknown(), "{part:?}");
        assert!(part.remedy.contains("`--resolve`") || part.remedy.contains("`floodmark "));
    }
}

#[tokio::test]
async fn without_files_only_what_is_built_in_is_known() {
    let who = Who::default();
    assert_eq!(who.label(ip("91.10.7.1"), None), None);
    let told = who.tell(Fact::NetworkName, ip("127.0.0.1"), None).expect("nothing to read");
    assert_eq!(told.value().as_deref(), Some("loopback"));
    let told = who.tell(Fact::Country, ip("127.0.0.1"), None).expect("nothing to read");
    assert_eq!(told, Known::Nothing);
    let refused = who.resolve(&[ip("91.10.7.1")], &RdapOptions::default(), &|_| {}).await;
    assert_eq!(refused.expect_err("there is no folder").kind(), ErrorKind::NotFound);

    let folder = tempfile::tempdir().expect("a folder");
    let who = Who::open(&folder.path().join("not/there"), clock);
    for fact in Fact::ALL {
        assert!(!who.has(fact).expect("nothing is there"), "{fact:?}");
    }
}

#[test]
fn a_damaged_file_is_told_to_all_who_ask() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rdap.sqlite"), "x".repeat(5000)).expect("a file");
    let who = Who::open(folder.path(), clock);
    for _ in 0..2 {
        let error = who.tell(Fact::NetworkName, ip("91.10.7.1"), None).expect_err("it is damaged");
        assert!(error.to_string().contains("rdap.sqlite"), "{error}");
        assert!(error.hint_text().is_some(), "{error:?}");
    }
    // What does not need it is told all the same.
    assert!(who.tell(Fact::Country, ip("91.10.7.1"), None).expect("another file").is_unknown());
}

#[tokio::test]
async fn a_damaged_file_hides_from_names_only_what_stands_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(known(folder.path()).await);
    let data = folder.path().join(DATA_FOLDER);
    let listing = data::list(&data).expect("files");
    let file = |name: &str| {
        let file = listing.files.iter().find(|file| file.name == name);
        data.join(&file.expect("it was brought").file)
    };
    let who = Who::open(folder.path(), clock);
    assert_eq!(
        who.label(ip("91.10.7.9"), None).as_deref(),
        Some("EXAMPLE-DSL, DE; on threat list bad")
    );
    assert!(who.troubles().is_empty());

    std::fs::write(file("aws"), "{").expect("half a file");
    std::fs::write(file("bad"), "").expect("an empty file");
    let who = Who::open(folder.path(), clock);
    for _ in 0..2 {
        assert_eq!(who.label(ip("91.10.7.9"), None).as_deref(), Some("EXAMPLE-DSL, DE"));
        assert_eq!(who.label(ip("52.92.1.1"), None).as_deref(), Some("US"));
    }
    let network = "91.10.0.0/16".parse().expect("a network");
    assert_eq!(who.label_of_network(network).as_deref(), Some("EXAMPLE-DSL, DE"));
    let troubles = who.troubles();
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles[0].contains("`aws`") && troubles[0].contains("; `floodmark data"));
    assert!(troubles[1].contains("`bad`"), "{troubles:?}");
    // Who asks for the fact itself is told that it cannot be known.
    assert!(who.tell(Fact::ThreatList, ip("91.10.7.9"), None).is_err());

    std::fs::write(folder.path().join("rdap.sqlite"), "x".repeat(5000)).expect("a file");
    let who = Who::open(folder.path(), clock);
    assert_eq!(who.label(ip("91.10.7.9"), None).as_deref(), Some("AS64496 Example DSL, DE"));
    assert_eq!(who.label_of_network(network), None);
    assert_eq!(who.troubles().len(), 3);
}

#[test]
fn snapshots_that_cannot_be_read_say_nothing_of_an_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let snapshots = folder.path().join("inventory/111122223333/eu-west-1");
    std::fs::create_dir_all(&snapshots).expect("a folder");
    std::fs::write(snapshots.join("20241004T000000Z.json"), "{\"version\": 1, \"acc")
        .expect("a file");
    let who = Who::open(folder.path(), clock);
    let card = card::card(&who, ip("10.0.1.17"), &CardQuestion::default()).expect("a card");
    assert_eq!(line(&card, "interface"), (&Known::Unknown, None));
}

//! Bots that are what they say, by the DNS.

use std::time::Duration;

use floodmark_testing::dns::{DnsServer, Names};
use floodmark_who::bots;
use floodmark_who::dns::{self, DnsOptions, Verification};
use floodmark_who::{ErrorKind, Known};

fn options(server: &DnsServer) -> DnsOptions {
    DnsOptions { server: Some(server.address()), time_max: Duration::from_millis(200) }
}

#[tokio::test]
async fn a_bot_is_verified_by_its_name_and_back() {
    let server = DnsServer::start(
        Names::default()
            .reverse("192.0.2.1", "crawl-192-0-2-1.Googlebot.com")
            .forward("crawl-192-0-2-1.googlebot.com", "192.0.2.1")
            .reverse("2001:db8::1", "six.googlebot.com")
            .forward("six.googlebot.com", "2001:db8::1")
            // Anybody can say so of an address of theirs.
            .reverse("192.0.2.2", "crawl-192-0-2-2.googlebot.com")
            .forward("crawl-192-0-2-2.googlebot.com", "192.0.2.99")
            .reverse("192.0.2.3", "host.example.com")
            .forward("host.example.com", "192.0.2.3")
            .reverse("192.0.2.4", "googlebot.com.example.com")
            .reverse("192.0.2.5", "other.example.com")
            .reverse("192.0.2.5", "five.googlebot.com")
            .forward("five.googlebot.com", "192.0.2.5"),
    );
    let bot = bots::find("Mozilla/5.0 (compatible; Googlebot/2.1)").unwrap();
    let expected = [
        ("192.0.2.1", Some("crawl-192-0-2-1.googlebot.com"), true, Some(true)),
        ("::ffff:192.0.2.1", Some("crawl-192-0-2-1.googlebot.com"), true, Some(true)),
        ("2001:db8::1", Some("six.googlebot.com"), true, Some(true)),
        ("192.0.2.2", Some("crawl-192-0-2-2.googlebot.com"), false, Some(true)),
        ("192.0.2.3", Some("host.example.com"), true, Some(false)),
        ("192.0.2.4", Some("googlebot.com.example.com"), false, Some(false)),
        ("192.0.2.5", Some("five.googlebot.com"), true, Some(true)),
        ("192.0.2.6", None, false, Some(false)),
    ];
    for (address, name, is_confirmed, is_of) in expected {
        let found = dns::verify(address.parse().unwrap(), bot, &options(&server)).await.unwrap();
        let expected = Verification { name: name.map(str::to_owned), is_confirmed, is_of };
        assert_eq!(found, expected, "{address}");
        assert_eq!(found.is_verified(), is_confirmed && is_of == Some(true), "{address}");
    }
    // A client without an operator is nobody's.
    let curl = bots::find("curl/8.5.0").unwrap();
    let found = dns::verify("192.0.2.3".parse().unwrap(), curl, &options(&server)).await.unwrap();
    assert_eq!((found.is_confirmed, found.is_of), (true, None));
    let name = dns::reverse_name("192.0.2.3".parse().unwrap(), &options(&server)).await.unwrap();
    assert_eq!(name.as_deref(), Some("host.example.com"));
    let name = dns::reverse_name("192.0.2.77".parse().unwrap(), &options(&server)).await.unwrap();
    assert_eq!(name, None);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told() {
    let server = DnsServer::start(Names::default().silent("192.0.2.1"));
    let error =
        dns::reverse_name("192.0.2.1".parse().unwrap(), &options(&server)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("192.0.2.1"), "{error}");
    assert!(!server.asked().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_nowhere_hides_no_other_one() {
    let server = DnsServer::start(
        Names::default()
            .reverse("192.0.2.1", "broken.example.com")
            .silent_name("broken.example.com")
            .reverse("192.0.2.1", "crawl.googlebot.com")
            .forward("crawl.googlebot.com", "192.0.2.1"),
    );
    let named = dns::look_up("192.0.2.1".parse().unwrap(), &options(&server), 7).await.unwrap();
    let names: Vec<(&str, bool)> =
        named.names.iter().map(|name| (name.name.as_str(), name.is_confirmed)).collect();
    assert_eq!(names, [("broken.example.com", false), ("crawl.googlebot.com", true)]);
    assert_eq!(named.best().unwrap().name, "crawl.googlebot.com");
}

#[tokio::test]
async fn names_are_asked_for_once_a_day() {
    let server = DnsServer::start(
        Names::default()
            .reverse("192.0.2.1", "crawl.googlebot.com")
            .forward("crawl.googlebot.com", "192.0.2.1")
            .silent("192.0.2.3"),
    );
    let folder = tempfile::tempdir().unwrap();
    let addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1"];
    let addresses = addresses.map(|address| address.parse().unwrap());
    let mut names = dns::Names::open(folder.path());
    let failed = names.resolve(&addresses, &options(&server), 1000).await.unwrap();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].to_string().contains("192.0.2.3"), "{}", failed[0]);
    let asked = server.asked().len();

    // From the file, without asking.
    let mut names = dns::Names::open(folder.path());
    let failed = names.resolve(&addresses[..2], &options(&server), 2000).await.unwrap();
    assert!(failed.is_empty());
    assert_eq!(server.asked().len(), asked);
    let bot = bots::find("Mozilla/5.0 (compatible; Googlebot/2.1)").unwrap();
    let named = names.find(addresses[0], 2000).value().unwrap();
    assert!(named.verification(bot).is_verified());
    assert_eq!(named.best().unwrap().name, "crawl.googlebot.com");
    assert_eq!(names.find(addresses[1], 2000), Known::Nothing);
    assert_eq!(names.find(addresses[2], 2000), Known::Unknown);
    assert_eq!(names.find(addresses[0], 1000 + 86_400), Known::Unknown);
    assert_eq!(names.find(addresses[0], 999), Known::Unknown);

    // Half a file is told, and written anew.
    std::fs::write(folder.path().join("names.json"), "{\"192.0.2.1\": {").unwrap();
    let mut names = dns::Names::open(folder.path());
    assert!(names.trouble().unwrap().contains("names.json"));
    names.resolve(&addresses[..1], &options(&server), 3000).await.unwrap();
    assert_eq!(dns::Names::open(folder.path()).trouble(), None);
}

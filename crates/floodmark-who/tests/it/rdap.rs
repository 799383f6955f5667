//! Networks from registries: what is asked, what is kept, and what is not believed.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use floodmark_testing::rdap::{Behaviour, RdapServer, Registered, SHAPES, Shape};
use floodmark_who::rdap::pace::Pace;
use floodmark_who::rdap::resolve::{self, RdapOptions, Resolved};
use floodmark_who::rdap::{FILE, Network, Networks};
use floodmark_who::{ErrorKind, Known, Result};

/// 2024-10-05 00:00:00.
const NOW: i64 = 1_728_086_400;
const DAY_S: i64 = 86_400;

/// A registry, a folder for its answers, and the pauses that were made.
struct Scene {
    server: RdapServer,
    folder: tempfile::TempDir,
    pauses: Arc<Mutex<Vec<Duration>>>,
}

impl Scene {
    fn new() -> Self {
        let scene = Self {
            server: RdapServer::start(),
            folder: tempfile::tempdir().expect("a temporary folder"),
            pauses: Arc::default(),
        };
        scene.network(Shape::Ripe, "91.10.0.0/15", "EXAMPLE-DSL");
        scene.network(Shape::Arin, "145.57.0.0/16", "EXAMPLE-HOSTING");
        scene
    }

    fn network(&self, shape: Shape, range: &str, name: &str) {
        let owner = "Example Holding";
        self.server.network(&Registered { shape, range, name, owner, country: "DE" });
    }

    fn open(&self) -> Networks {
        Networks::open(self.folder.path()).expect("a cache that can be opened")
    }

    /// Everything is asked of one server.
    fn options(&self) -> RdapOptions {
        let endpoint = Some(self.server.endpoint().parse().expect("an address"));
        RdapOptions {
            endpoint,
            pace: Pace::Note(Arc::clone(&self.pauses)),
            ..RdapOptions::default()
        }
    }

    async fn resolve(&self, addresses: &[&str]) -> Resolved {
        self.resolve_at(addresses, NOW).await
    }

    async fn resolve_at(&self, addresses: &[&str], now: i64) -> Resolved {
        let (networks, options) = (self.open(), self.options());
        let run = try_resolve(&networks, addresses, &options, now);
        run.await.expect("a run that keeps its answers")
    }

    fn find(&self, address: &str, now: i64) -> Known<Arc<Network>> {
        self.open().find(ip(address), now)
    }

    fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().expect("nobody panicked").clone()
    }
}

async fn try_resolve(
    networks: &Networks,
    addresses: &[&str],
    options: &RdapOptions,
    now: i64,
) -> Result<Resolved> {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| ip(address)).collect();
    resolve::resolve(networks, &addresses, options, &|_| {}, now).await
}

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address")
}

fn messages(resolved: &Resolved) -> String {
    let messages: Vec<&str> =
        resolved.failed.iter().map(|failure| failure.message.as_str()).collect();
    messages.join("; ")
}

#[tokio::test]
async fn each_registrys_answer_is_understood() {
    for shape in SHAPES {
        let scene = Scene::new();
        let owner = "Example Hosting \u{1b}[31m  Ltd\n";
        scene.server.network(&Registered {
            shape,
            range: "185.10.0.0/22",
            name: "EX-NET",
            owner,
            country: "nl",
        });
        let resolved = scene.resolve(&["185.10.1.1"]).await;
        assert_eq!((resolved.asked, resolved.networks, resolved.answered), (1, 1, 1), "{shape:?}");
        let network = scene.find("185.10.3.255", NOW).value().expect("the network");
        assert_eq!(network.name.as_deref(), Some("EX-NET"), "{shape:?}");
        assert_eq!(network.owner.as_deref(), Some("Example Hosting [31m Ltd"), "{shape:?}");
        assert_eq!(network.country.as_deref(), Some("NL"), "{shape:?}");
        assert_eq!(network.abuse.as_deref(), Some("abuse@ex-net.example.com"), "{shape:?}");
        assert_eq!(network.registry, format!("{shape:?}").to_lowercase());
        assert_eq!(network.cidrs(), ["185.10.0.0/22".parse().unwrap()]);
        assert_eq!(network.fetched, NOW);
        assert!(network.handle.is_some() && network.kind.is_some());
    }
}

#[tokio::test]
async fn a_network_is_asked_for_once_whatever_its_addresses() {
    let scene = Scene::new();
    let addresses: Vec<String> =
        (0..300).map(|at| format!("91.{}.{}.7", 10 + at % 2, at / 2)).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let resolved = scene.resolve(&addresses).await;
    assert_eq!(scene.server.requests().len(), 1, "{:?}", scene.server.requests());
    assert_eq!((resolved.asked, resolved.answered, resolved.left), (1, 300, 0));
    // What is known is not asked for again, by this process or another one.
    assert_eq!(scene.resolve(&addresses).await, Resolved::default());
    assert_eq!(scene.server.requests().len(), 1);
}

#[tokio::test]
async fn networks_far_apart_are_asked_for_side_by_side_and_politely() {
    let scene = Scene::new();
    scene.network(Shape::Apnic, "103.20.0.0/22", "EXAMPLE-CLOUD");
    scene.network(Shape::Apnic, "2400:aaaa::/32", "EXAMPLE-SIX");
    let addresses = ["145.57.1.1", "103.20.1.1", "91.10.1.1", "145.57.9.9", "2400:aaaa::1"];
    let resolved = scene.resolve(&addresses).await;
    assert_eq!((resolved.asked, resolved.networks, resolved.answered), (4, 4, 5));
    assert_eq!(scene.pauses(), vec![Duration::from_millis(250); 3]);
    let network = scene.find("2400:aaaa:ffff::", NOW).value().expect("the network");
    assert_eq!(network.cidrs(), ["2400:aaaa::/32".parse().unwrap()]);
}

#[tokio::test]
async fn a_network_within_another_has_its_addresses() {
    let scene = Scene::new();
    scene.network(Shape::Ripe, "91.10.4.0 - 91.10.6.255", "EXAMPLE-CUSTOMER");
    let resolved =
        scene.resolve(&["91.10.5.1", "91.10.6.1", "91.11.0.1", "::ffff:91.10.4.9"]).await;
    assert_eq!((resolved.asked, resolved.networks, resolved.answered), (2, 2, 4));
    let name = |address| {
        let network = scene.find(address, NOW).value().expect("a network");
        network.title().map(str::to_owned)
    };
    assert_eq!(name("91.10.4.0").as_deref(), Some("EXAMPLE-CUSTOMER"));
    assert_eq!(name("91.10.7.0").as_deref(), Some("EXAMPLE-DSL"));
    let customer = scene.find("91.10.4.0", NOW).value().expect("a network");
    assert_eq!(customer.cidrs().len(), 2, "{:?}", customer.cidrs());
}

#[tokio::test]
async fn answers_hold_for_thirty_days_and_denials_for_one() {
    let scene = Scene::new();
    let addresses = ["91.10.1.1", "91.12.1.1"];
    let resolved = scene.resolve(&addresses).await;
    assert_eq!((resolved.asked, resolved.answered, resolved.nothing, resolved.left), (2, 1, 1, 0));
    assert_eq!(scene.find("91.12.1.1", NOW + DAY_S), Known::Nothing);
    assert_eq!(scene.find("91.12.1.1", NOW + DAY_S + 1), Known::Unknown);
    assert_eq!(scene.find("91.12.1.2", NOW), Known::Unknown);
    let later = scene.resolve_at(&addresses, NOW + 2 * DAY_S).await;
    assert_eq!((later.asked, later.nothing), (1, 1));

    let old = NOW + 31 * DAY_S;
    let stale = scene.find("91.10.1.1", old).value().expect("an old answer is one");
    assert!(stale.is_stale(old) && !stale.is_stale(NOW + 30 * DAY_S));
    let renewed = scene.resolve_at(&["91.10.1.1", "91.11.1.1"], old).await;
    assert_eq!((renewed.asked, renewed.answered), (1, 2));
    let fresh = scene.find("91.10.1.1", old).value().expect("a new answer");
    assert!(!fresh.is_stale(old));
}

#[tokio::test]
async fn special_addresses_are_answered_without_asking() {
    let scene = Scene::new();
    let addresses = ["10.1.2.3", "192.0.2.1", "fe80::1", "169.254.169.254", "::ffff:127.0.0.1"];
    assert_eq!(scene.resolve(&addresses).await, Resolved::default());
    assert!(scene.server.requests().is_empty());
    assert!(!scene.folder.path().join(FILE).exists());
    let network = scene.find("169.254.169.254", NOW).value().expect("a purpose");
    assert_eq!(network.title(), Some("EC2 instance metadata"));
    assert!(network.special.is_some() && !network.is_stale(i64::MAX));
}

#[tokio::test]
async fn a_registry_that_asks_for_a_pause_gets_it() {
    let scene = Scene::new();
    scene.server.next(Behaviour::Busy(Some("7".to_owned())));
    scene.server.next(Behaviour::Busy(Some("Sat, 05 Oct 2024 00:00:30 GMT".to_owned())));
    let resolved = scene.resolve(&["91.10.1.1"]).await;
    assert_eq!((resolved.asked, resolved.answered, messages(&resolved)), (3, 1, String::new()));
    assert_eq!(scene.pauses(), [Duration::from_secs(7), Duration::from_secs(30)]);
}

#[tokio::test]
async fn a_registry_that_asks_for_a_long_pause_is_left_for_later() {
    let scene = Scene::new();
    scene.server.next(Behaviour::Busy(Some("3600".to_owned())));
    let addresses = ["91.10.1.1", "145.57.1.1", "185.1.1.1"];
    let resolved = scene.resolve(&addresses[..1]).await;
    assert_eq!((resolved.asked, resolved.answered, resolved.left), (1, 0, 1));
    assert_eq!(resolved.failed[0].retry_after_s, Some(3600));
    assert!(messages(&resolved).contains("wants to be asked again in 3600 seconds"));
    // The next run goes on where this one stopped.
    let resolved = scene.resolve(&addresses).await;
    assert_eq!((resolved.answered, resolved.nothing, resolved.left), (2, 1, 0));
}

#[tokio::test]
async fn nobody_waits_forever_for_a_registry() {
    let scene = Scene::new();
    let addresses: Vec<String> = (0..20).map(|at| format!("{}.10.1.1", 60 + at)).collect();
    for address in &addresses {
        scene.network(Shape::Arin, &format!("{address}/32"), "EXAMPLE-HOST");
        scene.server.next(Behaviour::Busy(Some("60".to_owned())));
        scene.server.next(Behaviour::Dutiful);
    }
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let resolved = scene.resolve(&addresses).await;
    let waited: Duration = scene.pauses().iter().filter(|pause| pause.as_secs() >= 60).sum();
    assert!(waited <= Duration::from_secs(300), "{:?}", scene.pauses());
    assert!(resolved.answered > 0 && resolved.left > 0, "{resolved:?}");
    assert_eq!(resolved.answered + resolved.left, addresses.len());
}

#[tokio::test]
async fn a_run_that_is_cut_off_loses_no_answer() {
    let scene = Scene::new();
    scene.server.always("145.57.0.0/16", Behaviour::Silent);
    let networks = scene.open();
    let addresses = ["91.10.1.1", "145.57.1.1"].map(ip);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let options = scene.options();
    let report = move |progress| told.send(progress).expect("the test listens");
    let run = resolve::resolve(&networks, &addresses, &options, &report, NOW);
    tokio::select! {
        _ = run => panic!("the other registry never answers"),
        progress = heard.recv() => assert_eq!(progress.map(|progress| progress.settled), Some(1)),
    }
    assert!(matches!(scene.find("91.11.1.1", NOW), Known::Is(_)));
    assert!(matches!(scene.find("145.57.1.1", NOW), Known::Unknown));
    scene.server.always("145.57.0.0/16", Behaviour::Dutiful);
    let resolved = scene.resolve(&["91.10.1.1", "145.57.1.1"]).await;
    assert_eq!((resolved.asked, resolved.answered), (1, 1));
}

#[tokio::test]
async fn an_answer_is_taken_in_while_the_next_request_has_to_wait() {
    let scene = Scene::new();
    let networks = scene.open();
    let addresses = ["91.10.1.1", "145.57.1.1"].map(ip);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    // The second request would be sent after a minute, and this test is over by then.
    let pause = Duration::from_secs(60);
    let options = RdapOptions { pace: Pace::Wait, pause, ..scene.options() };
    let report = move |progress| told.send(progress).expect("the test listens");
    let run = resolve::resolve(&networks, &addresses, &options, &report, NOW);
    tokio::select! {
        _ = run => panic!("the second request has to wait"),
        progress = heard.recv() => assert_eq!(progress.map(|progress| progress.settled), Some(1)),
    }
    assert_eq!(scene.server.requests().len(), 1);
    assert!(matches!(scene.find("91.10.1.1", NOW), Known::Is(_)));
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_then_told() {
    let scene = Scene::new();
    scene.server.next(Behaviour::Status(502, Vec::new()));
    let resolved = scene.resolve(&["91.10.1.1"]).await;
    assert_eq!((resolved.asked, resolved.answered), (2, 1));

    scene.server.always("145.57.0.0/16", Behaviour::Status(500, Vec::new()));
    let resolved = scene.resolve(&["145.57.1.1", "145.57.1.2", "145.57.2.1"]).await;
    assert_eq!((resolved.asked, resolved.answered, resolved.left), (6, 0, 3));
    assert!(messages(&resolved).contains("answers with status 500"), "{}", messages(&resolved));
    assert_eq!(resolved.failed[0].addresses, 2);
    for pause in scene.pauses().iter().filter(|pause| **pause > Duration::from_millis(250)) {
        assert!(
            *pause >= Duration::from_millis(500) && *pause < Duration::from_secs(2),
            "{pause:?}"
        );
    }
}

#[tokio::test]
async fn a_registry_that_never_answers_is_told() {
    let scene = Scene::new();
    scene.server.always("145.57.0.0/16", Behaviour::Silent);
    let options = RdapOptions { time_max: Duration::from_millis(50), ..scene.options() };
    let networks = scene.open();
    let resolved = try_resolve(&networks, &["145.57.1.1"], &options, NOW).await.expect("a run");
    assert_eq!((resolved.asked, resolved.left), (3, 1));
    assert!(messages(&resolved).contains("does not answer within"), "{}", messages(&resolved));
}

#[tokio::test]
async fn a_registry_that_only_fails_is_left_alone() {
    let scene = Scene::new();
    scene.server.always("91.0.0.0/8", Behaviour::Status(400, Vec::new()));
    let addresses: Vec<String> = (0..100).map(|at| format!("91.10.{at}.1")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let resolved = scene.resolve(&addresses).await;
    assert_eq!((resolved.asked, resolved.left), (5, 100));
    let last = resolved.failed.last().expect("failures");
    assert_eq!(last.addresses, 95);
    assert!(last.message.contains("left alone after 5 failures"), "{}", last.message);

    scene.server.always("91.0.0.0/8", Behaviour::Status(403, Vec::new()));
    let resolved = scene.resolve(&addresses).await;
    assert_eq!((resolved.asked, resolved.left), (1, 100));
}

#[tokio::test]
async fn redirects_are_followed_up_to_a_limit() {
    let scene = Scene::new();
    let there = format!("{}ripe/ip/91.10.1.1", scene.server.endpoint());
    scene.server.next(Behaviour::Redirect(there));
    let resolved = scene.resolve(&["91.10.1.1"]).await;
    assert_eq!((resolved.asked, resolved.answered), (1, 1));
    assert_eq!(scene.server.requests(), ["/ip/91.10.1.1", "/ripe/ip/91.10.1.1"]);

    scene.server.always("145.57.0.0/16", Behaviour::Redirect("/ip/145.57.1.1".to_owned()));
    let resolved = scene.resolve(&["145.57.1.1"]).await;
    assert_eq!(resolved.left, 1);
    assert!(messages(&resolved).contains("leads elsewhere more than 5 times"));
}

#[tokio::test]
async fn lies_are_told_and_not_kept() {
    let range = |start: &str, end: &str| Behaviour::Range(start.to_owned(), end.to_owned());
    for (behaviour, expected) in [
        (range("91.12.0.0", "91.13.255.255"), "does not hold 91.10.1.1"),
        (range("91.11.255.255", "91.10.0.0"), "ends before it begins"),
        (range("0.0.0.0", "255.255.255.255"), "too wide"),
        (range("90.0.0.0", "91.255.255.255"), "too wide"),
        (range("::", "ffff::"), "does not hold 91.10.1.1"),
        (range("91.10.0.0", "ffff::"), "ends before it begins"),
        (range("91.10.0", "91.11.255.255"), "cannot be read: `91.10.0`"),
        (Behaviour::Status(200, b"<html>".to_vec()), "no JSON"),
        (Behaviour::Status(200, b"[]".to_vec()), "no JSON object"),
        (Behaviour::Status(200, b"{}".to_vec()), "without a range"),
        (Behaviour::Status(200, b"[".repeat(100_000)), "no JSON"),
        (Behaviour::Status(200, vec![b' '; 2 << 20]), "more than 1024 KiB"),
        (Behaviour::Status(404, b"<html>".to_vec()), "no registry's"),
        (Behaviour::Redirect("ftp://registry.example.com/".to_owned()), "not fetched by HTTP"),
    ] {
        let scene = Scene::new();
        scene.server.always("91.0.0.0/8", behaviour);
        let resolved = scene.resolve(&["91.10.1.1"]).await;
        let said = messages(&resolved);
        assert!(said.contains(expected), "`{said}` has no `{expected}`");
        assert!(said.starts_with("`127.0.0.1:"), "{said}");
        assert_eq!((resolved.asked, resolved.answered, resolved.left), (1, 0, 1), "{said}");
        assert_eq!(scene.find("91.10.1.1", NOW), Known::Unknown);
    }
}

#[tokio::test]
async fn networks_that_nobody_holds_are_not_believed() {
    let scene = Scene::new();
    scene.network(Shape::Ripe, "3.0.0.0/8", "NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK");
    scene.server.network(&Registered {
        shape: Shape::Arin,
        range: "198.0.0.0/8",
        name: "NET198",
        owner: "American Registry for Internet Numbers",
        country: "US",
    });
    let resolved = scene.resolve(&["3.1.1.1", "198.1.1.1"]).await;
    let said = messages(&resolved);
    assert!(said.contains("another registry is in charge"), "{said}");
    assert!(said.contains("nobody holds the address"), "{said}");
    assert_eq!(resolved.left, 2);
}

#[tokio::test]
async fn the_bootstrap_files_say_who_is_asked() {
    let scene = Scene::new();
    scene.network(Shape::Apnic, "2400:aaaa::/32", "EXAMPLE-SIX");
    let bootstrap = Some(scene.server.bootstrap().parse().expect("an address"));
    let options = RdapOptions { endpoint: None, bootstrap, ..scene.options() };
    let run =
        async |addresses: &[&str], now| try_resolve(&scene.open(), addresses, &options, now).await;
    run(&["91.10.1.1", "145.57.1.1", "2400:aaaa::1"], NOW).await.expect("a run");
    let mut requests = scene.server.requests();
    assert_eq!(requests[..2], ["/bootstrap/ipv4.json", "/bootstrap/ipv6.json"]);
    requests.retain(|path| path.contains("/ip/"));
    requests.sort();
    assert_eq!(requests, ["/apnic/ip/2400:aaaa::1", "/arin/ip/145.57.1.1", "/ripe/ip/91.10.1.1"]);
    // A day later they are fetched anew; if that fails, the last copy serves.
    run(&["91.12.0.1"], NOW + DAY_S).await.expect("a run");
    assert_eq!(scene.server.requests().len(), 6);
    scene.server.bootstrap_is(Behaviour::Status(200, b"<html>".to_vec()));
    let resolved = run(&["91.12.0.1"], NOW + 3 * DAY_S).await.expect("a run");
    assert_eq!((resolved.asked, resolved.nothing), (1, 1));
    assert!(resolved.notes[0].contains("is no list of registries; its last copy"), "{resolved:?}");

    // Without a copy, the public registries are not asked instead of the user's.
    let elsewhere = Scene::new();
    elsewhere.server.bootstrap_is(Behaviour::Status(500, Vec::new()));
    let bootstrap = Some(elsewhere.server.bootstrap().parse().expect("an address"));
    let options = RdapOptions { endpoint: None, bootstrap, ..elsewhere.options() };
    let refused = try_resolve(&elsewhere.open(), &["91.10.1.1"], &options, NOW).await;
    let refused = refused.expect_err("there is no list");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(refused.hint_text().is_some_and(|hint| hint.contains("--rdap-bootstrap")));
    assert_eq!(elsewhere.server.requests(), ["/bootstrap/ipv4.json"]);
}

#[tokio::test]
async fn a_run_sends_no_more_requests_than_it_may() {
    let scene = Scene::new();
    let options = RdapOptions { asked_max: 1, ..scene.options() };
    let networks = scene.open();
    let addresses = ["91.10.1.1", "145.57.1.1"];
    let resolved = try_resolve(&networks, &addresses, &options, NOW).await.expect("a run");
    assert_eq!((resolved.asked, resolved.answered, resolved.left), (1, 1, 1));
    assert!(messages(&resolved).contains("1 requests are sent in one run"));
    let resolved = try_resolve(&networks, &addresses, &options, NOW).await.expect("a run");
    assert_eq!((resolved.asked, resolved.answered, resolved.left), (1, 1, 0));
}

#[tokio::test]
async fn a_damaged_cache_is_told_and_stays() {
    let whole = Scene::new();
    whole.resolve(&["91.10.1.1", "145.57.1.1"]).await;
    let whole = std::fs::read(whole.folder.path().join(FILE)).expect("the cache");
    let mut torn = whole.clone();
    let page = 4096;
    for byte in &mut torn[page..] {
        *byte = 0xA5;
    }
    let other = {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.sqlite");
        let connection = rusqlite::Connection::open(&path).expect("a database");
        connection.execute_batch("CREATE TABLE t (x)").expect("a table");
        drop(connection);
        std::fs::read(&path).expect("the database")
    };
    for (content, expected) in [
        (b"not a database, but long enough to be read as one: ".repeat(40), "is damaged"),
        (torn, "is damaged"),
        (whole[..2 * page + 17].to_vec(), "is damaged"),
        (Vec::new(), "is no file of networks"),
        (other, "is no file of networks"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        std::fs::write(&path, &content).expect("a file");
        let error = Networks::open(folder.path()).expect_err(expected);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(error.hint_text().is_some_and(|hint| hint.starts_with("remove it")), "{error:?}");
        assert_eq!(std::fs::read(&path).expect("the file stays"), content);
    }
}

#[tokio::test]
async fn several_processes_fill_one_cache() {
    let scene = Scene::new();
    let [one, other] = [scene.open(), scene.open()];
    let options = scene.options();
    let (first, second) = tokio::join!(
        try_resolve(&one, &["91.10.1.1"], &options, NOW),
        try_resolve(&other, &["145.57.1.1"], &options, NOW),
    );
    assert_eq!((first.expect("a run").answered, second.expect("a run").answered), (1, 1));
    assert_eq!(scene.open().count(), 2);
    assert!(one.find(ip("145.57.1.1"), NOW).is_unknown());
    assert!(Path::new(&scene.open().file()).exists());
}

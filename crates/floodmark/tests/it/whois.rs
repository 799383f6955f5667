//! `whois`, against a registry and a DNS server of our own, with a data folder of its own.

use std::path::Path;

use floodmark_testing::dns::{DnsServer, Names};
use floodmark_testing::rdap::{Behaviour, RdapServer, Registered, Shape};
use serde_json::{Value, json};

use crate::program::{Answer, answer, command, samples};

/// A data folder, a registry that knows two networks, and names of two addresses.
struct Scene {
    home: tempfile::TempDir,
    registry: RdapServer,
    dns: DnsServer,
}

impl Scene {
    fn new() -> Self {
        let registry = RdapServer::start();
        for (shape, range, name, owner) in [
            (Shape::Ripe, "91.10.0.0/15", "EXAMPLE-DSL", "Example \u{1b}[31mHolding"),
            (Shape::Arin, "66.249.64.0/19", "EXAMPLE-BOTS", "Example Search"),
        ] {
            registry.network(&Registered { shape, range, name, owner, country: "DE" });
        }
        let names = Names::default()
            .reverse("66.249.66.1", "crawl-1.googlebot.com")
            .forward("crawl-1.googlebot.com", "66.249.66.1")
            .reverse("91.10.7.1", "crawl-2.googlebot.com")
            .forward("crawl-2.googlebot.com", "66.249.66.2");
        let home = tempfile::tempdir().expect("a temporary folder");
        Self { home, registry, dns: DnsServer::start(names) }
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.run_with(arguments, "")
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Answer {
        let mut command = command(arguments);
        command
            .env("FLOODMARK_HOME", self.home.path())
            .env("FLOODMARK_RDAP_ENDPOINT", self.registry.endpoint())
            .env("FLOODMARK_NAME_SERVER", self.dns.address().to_string())
            .env("FLOODMARK_REPORT", "none");
        answer(&mut command, input.as_bytes())
    }

    fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let mut all = arguments.to_vec();
        all.extend(["--format", "json"]);
        let answer = self.run(&all);
        assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.err);
        serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {}", answer.out))
    }

    /// Keeps a snapshot in which one interface has these addresses.
    fn snapshot(&self, time: &str, taken: i64, gateway: &str, addresses: &[&str]) {
        let folder = self.home.path().join("who/inventory/111122223333/eu-west-1");
        std::fs::create_dir_all(&folder).expect("a folder");
        let content = json!({
            "version": 1, "account": "111122223333", "region": "eu-west-1", "taken": taken,
            "vpcs": { "vpc-1": { "name": "prod", "ranges": ["10.0.0.0/16"] } },
            "subnets": { "subnet-1": {
                "name": "public-a", "vpc": "vpc-1", "zone": "eu-west-1a", "zone_id": "euw1-az3",
                "ranges": ["10.0.1.0/24"],
            } },
            "nat_gateways": { gateway: {
                "name": null, "vpc": "vpc-1", "subnet": "subnet-1", "interfaces": ["eni-nat"],
                "public_addresses": [],
            } },
            "instances": {}, "load_balancers": {},
            "interfaces": [{
                "id": "eni-nat", "interface_type": "nat_gateway", "description": "", "requester": "",
                "instance": null, "vpc": "vpc-1", "subnet": "subnet-1", "zone": "eu-west-1a",
                "addresses": addresses, "prefixes": [], "public_addresses": [],
                "security_groups": [], "tags": {},
            }],
        });
        std::fs::write(folder.join(format!("{time}.json")), content.to_string()).expect("a file");
    }
}

/// Files of the shapes that users bring.
fn import(scene: &Scene, name: &str, kind: &str, content: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file");
    let path = path.to_str().expect("a path in UTF-8");
    let answer = scene.run(&["data", "import", path, "--as", kind]);
    assert_eq!(answer.code, 0, "{}", answer.err);
}

#[test]
fn a_card_says_what_is_known_and_how_the_rest_becomes_known() {
    let scene = Scene::new();
    let answer = scene.run(&["whois", "10.0.1.17", "91.10.7.1"]);
    assert_eq!((answer.code, answer.err.as_str()), (0, ""));
    let out = &answer.out;
    assert!(out.contains("network       private use, 10.0.0.0/8 [RFC 1918]"), "{out}");
    assert!(out.contains("not known, interface: `floodmark inventory refresh`"), "{out}");
    assert!(out.contains("not known, network: `--resolve` asks the registries"), "{out}");
    assert!(out.contains("not known, country: `floodmark data update`"), "{out}");
    assert!(scene.registry.requests().is_empty() && scene.dns.asked().is_empty());
    assert!(!scene.home.path().join("who").exists(), "nothing is written without being asked");

    scene.snapshot("20241004T000000Z", 1_728_000_000, "nat-0abc", &["10.0.1.17"]);
    let answer = scene.run(&["whois", "10.0.1.17"]);
    let expected = "NAT gateway nat-0abc in subnet public-a (subnet-1), VPC prod (vpc-1), eu-west-1a, account 111122223333, eni-nat [as of 2024-10-04 00:00]";
    assert!(answer.out.contains(expected), "{}", answer.out);
}

#[test]
fn an_address_is_named_as_of_a_time() {
    let scene = Scene::new();
    scene.snapshot("20241001T000000Z", 1_727_740_800, "nat-0old", &["10.0.1.17"]);
    scene.snapshot("20241004T000000Z", 1_728_000_000, "nat-0new", &["10.0.1.17"]);
    for (at, expected) in
        [("2024-10-02", "nat-0old"), ("2024-10-04T02", "nat-0new"), ("2024-09-01", "nat-0old")]
    {
        let rows = scene.json(&["whois", "10.0.1.17", "--at", at]);
        assert_eq!(rows[0]["interface"], format!("NAT gateway {expected}"), "{at}");
    }
    let early = scene.run(&["whois", "10.0.1.17", "--at", "2024-09-01"]);
    assert!(early.out.contains("no earlier snapshot has it"), "{}", early.out);
}

#[test]
fn registries_and_the_dns_are_asked_once_and_only_if_told() {
    let scene = Scene::new();
    let addresses = ["91.10.7.1", "91.10.8.1", "66.249.66.1", "10.0.1.17"];
    let mut arguments = vec!["whois"];
    arguments.extend(addresses);
    arguments.push("--resolve");
    let answer = scene.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let out = &answer.out;
    assert!(out.contains("EXAMPLE-DSL, Example [31mHolding, 91.10.0.0/15, DE, abuse to abuse@example-dsl.example.com [ripe, asked within a day]"), "{out}");
    assert!(
        out.contains("crawl-1.googlebot.com, which leads back to it: one of google's"),
        "{out}"
    );
    assert!(out.contains("crawl-2.googlebot.com, which does not lead back to it"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out}");
    assert_eq!(scene.registry.asked().len(), 2, "{:?}", scene.registry.asked());
    let asked = scene.dns.asked().len();
    assert!(!scene.dns.asked().iter().any(|name| name.contains("17.1.0.10")), "private");

    // The second time all of it is known, without being asked again or allowed to.
    let rows = scene.json(&arguments[..5]);
    assert_eq!((scene.registry.asked().len(), scene.dns.asked().len()), (2, asked));
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[1]["network"], "EXAMPLE-DSL");
    assert_eq!(rows[1]["network_range"], "91.10.0.0/15");
    assert_eq!(rows[0]["host_name_confirmed"], "false");
    assert_eq!(rows[2]["verified_bot"], "google");
    assert_eq!(rows[3]["special_purpose"], "private use");
}

#[test]
fn a_registry_that_does_not_answer_is_told_and_nothing_is_lost() {
    let scene = Scene::new();
    scene.registry.always("91.0.0.0/8", Behaviour::Busy(Some("3600".to_owned())));
    let addresses = ["whois", "66.249.66.1", "91.10.7.1", "--resolve"];
    let answer = scene.run(&addresses);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("wants to be asked again in 3600 seconds"), "{}", answer.err);
    assert!(answer.err.contains("1 address is still without an answer"), "{}", answer.err);
    assert!(answer.out.contains("EXAMPLE-BOTS"), "{}", answer.out);
    scene.registry.always("91.0.0.0/8", Behaviour::Dutiful);
    let answer = scene.run(&addresses);
    assert!(answer.out.contains("EXAMPLE-DSL"), "{}", answer.out);
    assert_eq!(scene.registry.asked().len(), 3, "{:?}", scene.registry.asked());

    let lie = Behaviour::Range("0.0.0.0".to_owned(), "255.255.255.255".to_owned());
    scene.registry.always("92.0.0.0/8", lie);
    let answer = scene.run(&["whois", "92.1.1.1", "--resolve"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(
        answer.err.contains("too wide to be one: 0.0.0.0 to 255.255.255.255"),
        "{}",
        answer.err
    );

    let wrong = scene.run(&["whois", "92.1.1.1", "--resolve", "--rdap-endpoint", "nowhere"]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    assert!(wrong.err.contains("`nowhere` is no address of an RDAP server"), "{}", wrong.err);
}

#[test]
fn files_that_the_user_brought_are_on_the_card() {
    let scene = Scene::new();
    import(&scene, "places.csv", "country", "91.10.0.0,91.11.255.255,DE\n");
    import(&scene, "systems.csv", "asn", "91.10.0.0,91.11.255.255,64496,Example DSL\n");
    import(&scene, "bad.txt", "threat-list", "91.10.7.0/24 # scanner\n");
    let rows = scene.json(&["whois", "91.10.7.1", "91.10.8.1"]);
    assert_eq!(rows[0]["country"], "DE");
    assert_eq!(rows[0]["asn"], "64496");
    assert_eq!(rows[0]["as_name"], "Example DSL");
    assert_eq!(rows[0]["threat_lists"], "bad");
    assert_eq!(rows[1]["threat_lists"], Value::Null);
    let answer = scene.run(&["whois", "91.10.8.1"]);
    assert!(answer.out.contains("not on the one at hand"), "{}", answer.out);
}

#[test]
fn addresses_come_from_a_file_or_a_pipe() {
    let scene = Scene::new();
    let csv = "rank,client_ip,connections\n1,91.10.7.1,5\n2,::ffff:91.10.7.1,4\n3,2001:db8::1,4\n";
    let answer = scene.run_with(&["whois", "-", "--format", "csv"], csv);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert_eq!(answer.err, "note: 1 line has no address in standard input\n");
    let addresses: Vec<&str> =
        answer.out.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(addresses, ["address", "91.10.7.1", "2001:db8::1"]);

    let path = scene.home.path().join("list.txt");
    std::fs::write(&path, "# two\n91.10.7.1 # the first\n\n91.10.8.1\n").expect("a file");
    let path = path.to_str().expect("a path in UTF-8");
    assert_eq!(scene.json(&["whois", "--file", path]).len(), 2);

    for (arguments, input, code, said) in [
        (&["whois", "somebody"][..], "", 2, "`somebody` is no address"),
        (&["whois", "-"], "nothing\nhere\n", 3, "there is no address in standard input"),
        (&["whois", "--file", "/not/there"], "", 3, "cannot read `/not/there`"),
        (&["whois"], "", 2, "ADDRESS"),
        (&["whois", "10.0.0.1", "--at", "yesterday"], "", 2, "`yesterday` is no window"),
        (&["whois", "10.0.0.1", "--log", "nlb"], "", 2, "--from"),
    ] {
        let answer = scene.run_with(arguments, input);
        assert_eq!(answer.code, code, "{arguments:?}: {}", answer.err);
        assert!(answer.err.contains(said), "{arguments:?}: {}", answer.err);
    }
}

#[test]
fn the_traffic_of_an_address_is_on_its_card() {
    let scene = Scene::new();
    let nlb = samples("nlb").display().to_string();
    let arguments = ["whois", "192.0.2.10", "192.0.2.250", "--from", &nlb];
    let answer = scene.run(&arguments);
    assert_eq!(answer.code, 0, "{}", answer.err);
    let out = &answer.out;
    assert!(out.contains("traffic       as client_ip: 4 connections, "), "{out}");
    assert!(out.contains("traffic       none in these logs"), "{out}");
    let rows = scene.json(&arguments);
    assert_eq!(rows[0]["traffic_as"], "client_ip");
    assert_eq!(rows[0]["traffic_records"], 4);
    assert_eq!(rows[1]["traffic_records"], Value::Null);

    let flows = samples("vpc_flow").join("version-2-default.log").display().to_string();
    let rows = scene.json(&["whois", "198.51.100.7", "--from", &flows, "--log", "vpc_flow"]);
    assert!(rows[0]["traffic_bytes"].as_f64().is_some_and(|bytes| bytes > 0.0), "{rows:?}");
}

#[test]
fn damaged_files_are_told_with_the_way_out() {
    let scene = Scene::new();
    let who = scene.home.path().join("who");
    std::fs::create_dir_all(&who).expect("a folder");
    write(&who.join("rdap.sqlite"), &"x".repeat(5000));
    let answer = scene.run(&["whois", "91.10.7.1"]);
    assert_eq!(answer.code, 3, "{}", answer.err);
    assert!(answer.err.contains("rdap.sqlite` is damaged"), "{}", answer.err);
    assert!(answer.err.contains("hint: remove it"), "{}", answer.err);
    std::fs::remove_file(who.join("rdap.sqlite")).expect("it was there");

    scene.snapshot("20241004T000000Z", 1_728_000_000, "nat-0abc", &["10.0.1.17"]);
    let torn = who.join("inventory/111122223333/eu-west-1/20241005T000000Z.json");
    write(&torn, "{\"version\": 1, \"acc");
    let answer = scene.run(&["whois", "10.0.1.17"]);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("20241005T000000Z.json"), "{}", answer.err);
    assert!(answer.out.contains("NAT gateway nat-0abc"), "{}", answer.out);
}

fn write(path: &Path, content: &str) {
    std::fs::write(path, content).expect("a file");
}

//! The same with what is kept on this machine: the inventory, AWS's ranges, the registries' answers.

use std::collections::BTreeMap;
use std::path::Path;

use floodmark_testing::rdap::{RdapServer, Registered, Shape};
use serde_json::json;

use crate::cost::network::{
    BUCKETS, DATABASE, ELSEWHERE, Host, MORE_BUCKETS, NAT, Network, START, Sums, VERSION_2,
    VERSION_11, WEB, WORKER, inside,
};
use crate::cost::{charge, close, reckoned, section, table, whole};
use crate::logs::write;
use crate::program::run;

/// What is kept on this machine: AWS's ranges of addresses, and what the account has.
fn knowledge() -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    let prefix = |prefix: &str, region: &str, service: &str| json!({ "ip_prefix": prefix, "region": region, "service": service, "network_border_group": region });
    let ranges = json!({
        "syncToken": "1", "createDate": "2024-10-01-00-00-00", "ipv6_prefixes": [],
        "prefixes": [
            prefix("52.92.0.0/24", "eu-west-1", "S3"), prefix("52.92.0.11/32", "us-east-1", "S3"),
            prefix("52.94.0.0/16", "eu-west-1", "AMAZON"),
        ],
    });
    let file = home.path().join("ip-ranges.json");
    std::fs::write(&file, ranges.to_string()).expect("a file to write to");
    let home_text = home.path().to_str().expect("a path in UTF-8");
    let file = file.to_str().expect("a path in UTF-8");
    let imported = run(&["data", "import", file, "--as", "aws-ranges", "--home", home_text]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    home
}

/// Keeps a snapshot of what the account has.
fn inventory(home: &Path) {
    let interface = |host: Host, subnet: &str, instance: Option<&str>, public: &[&str]| {
        json!({
            "id": host.interface, "description": "", "requester": "", "vpc": "vpc-1", "zone": null,
            "interface_type": if host.purpose == "-" { "interface" } else { host.purpose },
            "instance": instance, "subnet": subnet, "addresses": [host.address], "prefixes": [],
            "public_addresses": public, "security_groups": [], "tags": {},
        })
    };
    const BALANCER: Host = inside("eni-0a000000000000300", "10.0.0.30", "euw1-az1");
    let subnet = |zone: &str| json!({ "name": null, "vpc": "vpc-1", "zone": null, "zone_id": zone, "ranges": [] });
    let content = json!({
        "version": 1, "account": "111122223333", "region": "eu-west-1", "taken": START - 3600,
        "vpcs": { "vpc-1": { "name": "prod", "ranges": ["10.0.0.0/16"] } },
        "subnets": { "subnet-1": subnet("euw1-az1"), "subnet-2": subnet("euw1-az2") },
        "nat_gateways": { "nat-0a1b": { "name": "egress", "subnet": "subnet-1", "interfaces": [NAT.interface], "public_addresses": [] } },
        "instances": { "i-1": { "name": "web-1" }, "i-2": { "name": "worker-1" }, "i-3": { "name": null } },
        "load_balancers": {},
        "interfaces": [
            interface(NAT, "subnet-1", None, &[]),
            interface(WEB, "subnet-1", Some("i-1"), &[]),
            interface(WORKER, "subnet-2", Some("i-2"), &[]),
            interface(DATABASE, "subnet-2", Some("i-3"), &[]),
            interface(BALANCER, "subnet-1", None, &[ELSEWHERE.address]),
        ],
    });
    let path = home.join("who/inventory/111122223333/eu-west-1/20241005T000000Z.json");
    write(&path, content.to_string().as_bytes());
}

#[test]
fn the_inventory_names_gateways_hosts_and_zones_that_the_logs_do_not() {
    let network = Network::usual();
    let folder = network.logged(VERSION_2);
    let home = knowledge();
    inventory(home.path());
    let home = home.path().to_str().expect("a path in UTF-8");
    for options in [&["--home", home][..], &["--home", home, "--nat", "nat-0a1b"]] {
        let cost = reckoned(folder.path(), options);
        let gateway = &cost["gateways"][0];
        assert_eq!(gateway["id"], NAT.interface);
        assert_eq!(gateway["name"], "NAT gateway nat-0a1b (egress)");
        assert_eq!(gateway["told_by"], if options.len() == 2 { "inventory" } else { "user" });
        assert_eq!(table(&cost, "nat_sources"), network.by_inside());
        let sources = &section(&cost, "nat_sources").expect("a table")["rows"];
        let names: Vec<_> = (sources.as_array().expect("rows").iter())
            .map(|row| row["values"][1].as_str().unwrap_or_default())
            .collect();
        assert!(names.contains(&"instance worker-1 (i-2)"), "{names:?}");
        // The zones are those of the subnets.
        let pair = network.across[&(WEB.address, DATABASE.address)]
            + network.across[&(DATABASE.address, WEB.address)];
        let across = charge(&cost, "Transfer between availability zones");
        assert!(close(&across["quantity"], pair as f64), "{across}");
        let far = network.by_inside()[WORKER.address];
        let to_gateway = charge(&cost, "Transfer to NAT gateways of another zone");
        assert!(close(&to_gateway["quantity"], (far.out + far.back) as f64), "{to_gateway}");
        // An address of our own is reached through the gateway.
        let own = network.sums(|_, to| to.to_owned())[ELSEWHERE.address];
        let expected = BTreeMap::from([(ELSEWHERE.address.to_owned(), own)]);
        assert_eq!(table(&cost, "nat_to_own_addresses"), expected);
    }
    let cost = reckoned(network.logged(VERSION_11).path(), &["--home", home]);
    assert_eq!(cost["gateways"][0]["told_by"], "log");
    assert_eq!(cost["gateways"][0]["name"], "NAT gateway nat-0a1b (egress)");
}

#[test]
fn the_list_of_aws_tells_services_and_whether_an_endpoint_leads_there() {
    let network = Network::usual();
    let folder = network.logged(VERSION_2);
    let home = knowledge();
    let cost = reckoned(folder.path(), &["--home", home.path().to_str().expect("a path in UTF-8")]);
    let by_outside = network.sums(|_, to| to.to_owned());
    let rows = section(&cost, "nat_services").expect("a table")["rows"].as_array().expect("rows");
    let find = |service: &str, region: &str| {
        let row = rows.iter().find(|row| row["values"][0] == service && row["values"][1] == region);
        row.unwrap_or_else(|| panic!("no row {service} {region}"))
    };
    let (near, far) = (find("S3", "eu-west-1"), find("S3", "us-east-1"));
    assert_eq!(whole(&near["bytes_in"]), by_outside[BUCKETS.address].back);
    assert_eq!(whole(&far["bytes_in"]), by_outside[MORE_BUCKETS.address].back);
    assert!(near["advice"].as_str().is_some_and(|text| text.contains("gateway endpoint")));
    assert!(far["advice"].is_null(), "an endpoint leads to its own region only");
    // Of what goes to the internet, that to AWS's own addresses is left out.
    let out = by_outside[ELSEWHERE.address].out as f64;
    assert!(close(&charge(&cost, "Transfer to the internet")["quantity"], out));
}

/// The investigation of a surprising bill, as it is done step by step: the largest destination, who it is, who sends to it, which networks
/// those are.
#[test]
fn from_the_largest_destination_to_the_networks_behind_the_gateway() {
    let network = Network::usual();
    let folder = network.logged(VERSION_2);
    let logs = folder.path().to_str().expect("a path in UTF-8");
    let top = |by: &str, more: &[&str]| {
        let arguments =
            ["top", logs, "--each-record", "--by", by, "--measure", "bytes", "--format", "csv"];
        let answer =
            run(&arguments.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>());
        assert_eq!(answer.code, 0, "{}", answer.err);
        let mut lines = answer.out.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let names = lines.next().expect("a header");
        let at = names.iter().position(|name| *name == "bytes").expect("what is measured");
        lines.map(|line| [line[1].to_owned(), line[at].to_owned()]).collect::<Vec<_>>()
    };
    let destinations = top("dstaddr", &[]);
    assert_eq!(destinations[0][0], NAT.address, "the largest destination is the gateway");
    let condition = format!("dstaddr = '{}'", NAT.address);
    let sources = top("srcaddr", &["--where", &condition]);
    let by_outside = network.sums(|_, to| to.to_owned());
    for (outside, sums) in &by_outside {
        let row = sources.iter().find(|row| row[0] == *outside).expect("it sends to the gateway");
        assert_eq!(row[1], sums.back.to_string());
    }
    // Who it is.
    let home = knowledge();
    inventory(home.path());
    let home = home.path().to_str().expect("a path in UTF-8");
    let card = run(&["whois", NAT.address, "--home", home]);
    assert!(card.out.contains("NAT gateway nat-0a1b"), "{}{}", card.out, card.err);
    // Which networks the largest sources are of.
    let server = RdapServer::start();
    for (range, name, owner) in [
        ("52.84.0.0/14", "AT-88-OTHER", "Example Other"),
        ("52.92.0.0/14", "AT-88-Z", "Example Technologies"),
        ("91.10.0.0/15", "EXAMPLE-DSL", "Example Telecom"),
    ] {
        server.network(&Registered { shape: Shape::Arin, range, name, owner, country: "US" });
    }
    let endpoint = server.endpoint();
    let known = ["--home", home, "--rdap-endpoint", &endpoint, "--resolve"];
    let condition = format!("{condition} AND NOT regexp_like(srcaddr, '^10[.]')");
    let networks = top("network_name(srcaddr)", &[&["--where", &condition], &known[..]].concat());
    let back = |name: &str| {
        let sums = network
            .sums(|_, to| if to.starts_with("52.") { "AT-88-Z" } else { "EXAMPLE-DSL" }.to_owned());
        sums[name].back.to_string()
    };
    assert_eq!(networks[0], ["AT-88-Z".to_owned(), back("AT-88-Z")]);
    assert_eq!(networks[1], ["EXAMPLE-DSL".to_owned(), back("EXAMPLE-DSL")]);
    // One network is asked for once, however many addresses it has.
    assert_eq!(server.asked().len(), 2, "{:?}", server.asked());
    // All of it in one command, from what is known by now.
    let cost = reckoned(folder.path(), &["--home", home]);
    let expected = network
        .sums(|_, to| if to.starts_with("52.") { "AT-88-Z" } else { "EXAMPLE-DSL" }.to_owned());
    let mut by_network: BTreeMap<String, Sums> = BTreeMap::new();
    for row in
        section(&cost, "nat_destinations").expect("a table")["rows"].as_array().expect("rows")
    {
        let sums =
            by_network.entry(row["values"][0].as_str().expect("a network").to_owned()).or_default();
        sums.out += whole(&row["bytes_out"]);
        sums.back += whole(&row["bytes_in"]);
    }
    assert_eq!(by_network, expected);
}

#[test]
fn the_networks_outside_are_resolved_on_request() {
    let network = Network::usual();
    let folder = network.logged(VERSION_11);
    let home = tempfile::tempdir().expect("a temporary folder");
    let home = home.path().to_str().expect("a path in UTF-8");
    let server = RdapServer::start();
    for (range, name) in [("52.92.0.0/14", "AT-88-Z"), ("91.10.0.0/15", "EXAMPLE-DSL")] {
        server.network(&Registered {
            shape: Shape::Ripe,
            range,
            name,
            owner: "Example",
            country: "US",
        });
    }
    let endpoint = server.endpoint();
    let before = reckoned(folder.path(), &["--home", home]);
    assert_eq!(table(&before, "nat_destinations"), network.by_network());
    assert!(server.asked().is_empty(), "nobody is asked without `--resolve`");
    let after =
        reckoned(folder.path(), &["--home", home, "--rdap-endpoint", &endpoint, "--resolve"]);
    let names: Vec<_> = (section(&after, "nat_destinations").expect("a table")["rows"].as_array())
        .expect("rows")
        .iter()
        .filter_map(|row| row["values"][0].as_str())
        .collect();
    assert!(names.contains(&"AT-88-Z") && names.contains(&"EXAMPLE-DSL"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains('/')), "{names:?}");
}

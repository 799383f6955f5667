//! The inventory by its files, as `refresh` writes them.

use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::{Inventory, Kind};
use crate::Known;

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn interface(id: &str, addresses: &[&str], more: &Value) -> Value {
    let mut interface = json!({
        "id": id, "interface_type": "interface", "description": "", "requester": "",
        "instance": null, "vpc": "vpc-1", "subnet": "subnet-1", "zone": "eu-west-1a",
        "addresses": addresses, "prefixes": [], "public_addresses": [],
        "security_groups": [{ "id": "sg-1", "name": "web" }], "tags": {},
    });
    for (key, value) in more.as_object().unwrap() {
        interface[key] = value.clone();
    }
    interface
}

/// Writes a snapshot with these interfaces.
fn snapshot(folder: &Path, account: &str, time: &str, interfaces: &[Value]) {
    let taken = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").unwrap();
    let content = json!({
        "version": 1, "account": account, "region": "eu-west-1",
        "taken": taken.and_utc().timestamp(),
        "vpcs": { "vpc-1": { "name": "prod", "ranges": ["10.0.0.0/16", "2001:db8::/56"] } },
        "subnets": { "subnet-1": {
            "name": "public-a", "vpc": "vpc-1", "zone": "eu-west-1a", "zone_id": "euw1-az3",
            "ranges": ["10.0.1.0/24"],
        } },
        "nat_gateways": {
            "nat-1": { "name": "egress", "vpc": "vpc-1", "subnet": "subnet-1", "interfaces": ["eni-nat"], "public_addresses": ["192.0.2.17"] },
            "nat-2": { "name": "all zones", "vpc": "vpc-1", "subnet": null, "interfaces": [], "public_addresses": ["192.0.2.19"] },
        },
        "instances": { "i-1": { "name": "web-1" } },
        "load_balancers": { "app/web/50dc6c495c0c9188": { "arn": "arn:x", "host": "web.example.com" } },
        "interfaces": interfaces,
    });
    write(folder, account, time, content.to_string().as_bytes());
}

fn write(folder: &Path, account: &str, time: &str, content: &[u8]) {
    let folder = folder.join("inventory").join(account).join("eu-west-1");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{time}.json")), content).unwrap();
}

fn name(inventory: &Inventory, asked: &str, at: Option<i64>) -> Option<String> {
    let found = inventory.interface(address(asked), at).value();
    found.map(|interface| interface.name.clone())
}

const FIRST: &str = "20241005T000000Z";
const SECOND: &str = "20241006T000000Z";
const FIRST_TIME: i64 = 1_728_086_400;
const DAY: i64 = 86_400;

#[test]
fn interfaces_are_named_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let interfaces = [
        interface("eni-nat", &["10.0.1.17"], &json!({ "public_addresses": ["192.0.2.17"] })),
        interface(
            "eni-web",
            &["10.0.1.20", "10.0.1.21", "2001:db8::20"],
            &json!({ "instance": "i-1" }),
        ),
        interface("eni-db", &["10.0.1.22"], &json!({ "instance": "i-2" })),
        interface(
            "eni-alb",
            &["10.0.1.23"],
            &json!({ "description": "ELB app/web/50dc6c495c0c9188" }),
        ),
        interface(
            "eni-pod",
            &["10.0.1.30"],
            &json!({ "prefixes": ["10.0.2.16/28"], "tags": { "Name": "pods" } }),
        ),
        interface("eni-own", &["10.0.1.24"], &json!({ "description": "left over" })),
        interface(
            "eni-efs",
            &["10.0.1.25"],
            &json!({ "description": "EFS mount target for fs-1 (fsmt-1)", "tags": { "Name": "shared" } }),
        ),
    ];
    snapshot(folder.path(), ACCOUNT, FIRST, &interfaces);
    let inventory = Inventory::open(folder.path()).unwrap();
    let cases = [
        ("10.0.1.17", "NAT gateway nat-1 (egress)"),
        ("192.0.2.17", "NAT gateway nat-1 (egress)"),
        ("192.0.2.19", "NAT gateway nat-2 (all zones)"),
        ("10.0.1.21", "instance web-1 (i-1)"),
        ("2001:db8::20", "instance web-1 (i-1)"),
        ("10.0.1.22", "instance i-2"),
        ("10.0.1.23", "load balancer app/web"),
        ("10.0.2.31", "interface pods (eni-pod)"),
        ("10.0.1.24", "interface eni-own (left over)"),
        ("10.0.1.25", "EFS file system fs-1 (shared)"),
    ];
    for (asked, expected) in cases {
        assert_eq!(name(&inventory, asked, None).as_deref(), Some(expected), "{asked}");
    }
    assert_eq!(inventory.interface(address("10.0.2.32"), None), Known::Nothing);
    let nat = inventory.interface(address("10.0.1.17"), None).value().unwrap();
    assert_eq!(nat.kind, Kind::NatGateway);
    assert_eq!(
        nat.place(),
        "subnet public-a (subnet-1), VPC prod (vpc-1), eu-west-1a, account 111122223333"
    );
    assert_eq!((nat.zone_id.as_deref(), nat.as_of), (Some("euw1-az3"), FIRST_TIME));
    let balancer = inventory.by_id("eni-alb", None).value().unwrap();
    assert_eq!(balancer.host.as_deref(), Some("web.example.com"));
    let own: Vec<IpNet> = ["10.0.0.0/16", "192.0.2.17/32", "192.0.2.19/32", "2001:db8::/56"]
        .map(|range| range.parse().unwrap())
        .into();
    assert_eq!(inventory.own_ranges(), own);
}

#[test]
fn an_address_is_named_as_of_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let held =
        |id: &str, instance: &str| interface(id, &["10.0.1.20"], &json!({ "instance": instance }));
    let later = interface("eni-3", &["10.0.1.40"], &json!({ "instance": "i-4" }));
    snapshot(folder.path(), ACCOUNT, FIRST, &[held("eni-1", "i-2")]);
    snapshot(folder.path(), ACCOUNT, SECOND, &[held("eni-2", "i-3"), later]);
    let inventory = Inventory::open(folder.path()).unwrap();
    let name = |at| name(&inventory, "10.0.1.20", at).unwrap();
    assert_eq!(name(Some(FIRST_TIME - 1)), "instance i-2");
    assert_eq!(name(Some(FIRST_TIME + DAY - 1)), "instance i-2");
    assert_eq!(name(Some(FIRST_TIME + DAY)), "instance i-3");
    assert_eq!(name(None), "instance i-3");
    // It was not there yet when the first snapshot was taken.
    let found = inventory.interface(address("10.0.1.40"), Some(FIRST_TIME + 1)).value().unwrap();
    assert_eq!(found.as_of, FIRST_TIME + DAY);
    let first = inventory.by_id("eni-1", Some(FIRST_TIME)).value().unwrap();
    assert_eq!(first.name, "instance i-2");
    assert_eq!(inventory.by_id("eni-1", None), Known::Nothing);
}

#[test]
fn the_same_address_in_several_vpcs_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let held = |id: &str, vpc: &str| {
        let more = json!({ "instance": id, "vpc": vpc, "public_addresses": ["192.0.2.1"] });
        interface(id, &["10.0.1.20"], &more)
    };
    snapshot(folder.path(), ACCOUNT, FIRST, &[held("eni-1", "vpc-1")]);
    snapshot(folder.path(), OTHER, SECOND, &[held("eni-2", "vpc-2")]);
    let inventory = Inventory::open(folder.path()).unwrap();
    let asked = address("10.0.1.20");
    assert_eq!(inventory.interfaces(asked, None).value().unwrap().len(), 2);
    assert_eq!(inventory.interface(asked, None), Known::Unknown);
    let found = inventory.interface_in("vpc-1", asked, None).value().unwrap();
    assert_eq!(found.id, "eni-1");
    assert_eq!(inventory.interface_in("vpc-3", asked, None), Known::Unknown);
    // What is of after the time counts only if nothing is of before it.
    let found = inventory.interface(asked, Some(FIRST_TIME + 1)).value().unwrap();
    assert_eq!((found.id.as_str(), found.as_of), ("eni-1", FIRST_TIME));
    let found = inventory.interface_in("vpc-2", asked, Some(FIRST_TIME + 1)).value().unwrap();
    assert_eq!(found.id, "eni-2");
    // An elastic address has moved.
    for (at, expected) in
        [(FIRST_TIME - 1, "eni-1"), (FIRST_TIME + 1, "eni-1"), (FIRST_TIME + DAY, "eni-2")]
    {
        let public = inventory.interface(address("192.0.2.1"), Some(at)).value().unwrap();
        assert_eq!(public.id, expected, "{at}");
    }
    let public = inventory.interface(address("192.0.2.1"), None).value().unwrap();
    assert_eq!(public.id, "eni-2");
}

#[test]
fn damaged_snapshots_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Inventory::open(folder.path()).unwrap();
    assert!(empty.is_empty());
    assert_eq!(empty.interface(address("10.0.1.20"), None), Known::Unknown);

    let held = interface("eni-1", &["10.0.1.20"], &json!({ "instance": "i-1" }));
    snapshot(folder.path(), ACCOUNT, FIRST, &[held]);
    let path = folder.path().join("inventory").join(ACCOUNT).join("eu-west-1");
    let whole = std::fs::read(path.join(format!("{FIRST}.json"))).unwrap();
    write(folder.path(), ACCOUNT, SECOND, &whole[..whole.len() / 2]);
    write(folder.path(), ACCOUNT, "20241007T000000Z", br#"{"version": 1}"#);
    write(folder.path(), ACCOUNT, "notes", b"not a snapshot");
    std::fs::write(path.join(".tmpAbC"), b"").unwrap();
    let inventory = Inventory::open(folder.path()).unwrap();
    assert_eq!(name(&inventory, "10.0.1.20", None).as_deref(), Some("instance web-1 (i-1)"));
    let troubles = inventory.troubles();
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles[0].contains("20241007T000000Z.json` is passed over: it is damaged"));
    assert!(troubles[1].contains("20241006T000000Z.json` is passed over: it was written in part"));
    let summary = &inventory.summary()[0];
    assert_eq!((summary.snapshots, summary.latest.unwrap().0), (3, FIRST_TIME));
}

#[test]
fn an_interface_that_two_accounts_see_is_as_the_earlier_snapshot_says() {
    let folder = tempfile::tempdir().unwrap();
    let held =
        |instance: &str| interface("eni-1", &["10.0.1.20"], &json!({ "instance": instance }));
    snapshot(folder.path(), ACCOUNT, FIRST, &[held("i-2")]);
    snapshot(folder.path(), OTHER, SECOND, &[held("i-3")]);
    let inventory = Inventory::open(folder.path()).unwrap();
    for (at, expected) in [
        (Some(FIRST_TIME - 1), "instance i-2"),
        (Some(FIRST_TIME + 1), "instance i-2"),
        (Some(FIRST_TIME + DAY), "instance i-3"),
        (None, "instance i-3"),
    ] {
        assert_eq!(name(&inventory, "10.0.1.20", at).as_deref(), Some(expected), "{at:?}");
        let found = inventory.by_id("eni-1", at).value().unwrap();
        assert_eq!(found.name, expected, "{at:?}");
    }
}

#[test]
fn nobody_is_denied_an_address_by_a_snapshot_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ACCOUNT, FIRST, b"{");
    let asked = address("10.0.1.20");
    let inventory = Inventory::open(folder.path()).unwrap();
    assert_eq!(inventory.interface(asked, None), Known::Unknown);
    assert_eq!(inventory.by_id("eni-1", None), Known::Unknown);
    assert_eq!(inventory.troubles().len(), 1);
    // Nor by what another account has.
    snapshot(folder.path(), OTHER, FIRST, &[interface("eni-2", &["10.0.1.21"], &json!({}))]);
    let inventory = Inventory::open(folder.path()).unwrap();
    assert_eq!(inventory.interface(asked, None), Known::Unknown);
    assert!(matches!(inventory.interface(address("10.0.1.21"), None), Known::Is(_)));
}

#[test]
fn snapshots_that_were_not_used_for_long_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("inventory").join(ACCOUNT).join("eu-west-1");
    let asked = address("10.0.1.20");
    let id = |inventory: &Inventory, at| {
        inventory.interface(asked, Some(at)).value().map(|interface| interface.id.clone())
    };
    for (interfaces_held_max, is_kept) in [(6, true), (5, false)] {
        // A snapshot has two more for its NAT gateways.
        snapshot(folder.path(), ACCOUNT, FIRST, &[interface("eni-1", &["10.0.1.20"], &json!({}))]);
        snapshot(folder.path(), ACCOUNT, SECOND, &[interface("eni-2", &["10.0.1.20"], &json!({}))]);
        let mut inventory = Inventory::open(folder.path()).unwrap();
        inventory.interfaces_held_max = interfaces_held_max;
        for _ in 0..2 {
            assert_eq!(id(&inventory, FIRST_TIME).as_deref(), Some("eni-1"));
            assert_eq!(id(&inventory, FIRST_TIME + DAY).as_deref(), Some("eni-2"));
        }
        std::fs::remove_file(files.join(format!("{FIRST}.json"))).unwrap();
        let expected = if is_kept { "eni-1" } else { "eni-2" };
        assert_eq!(id(&inventory, FIRST_TIME).as_deref(), Some(expected));
        assert_eq!(inventory.troubles().is_empty(), is_kept);
    }
}

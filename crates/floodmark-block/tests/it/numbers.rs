//! Numbers that fit into the list of a network ACL.

use floodmark_block::ErrorKind;
use floodmark_block::plan::plan;
use floodmark_block::present::{Present, PresentRule, PresentWebAcl, WebAcl};
use floodmark_block::rule::Direction::{Inbound, Outbound};
use floodmark_block::rule::{Change, Direction, Scope};
use floodmark_block::way::Way;

use crate::sample::{held, network_acl, wanted};

/// The numbers that targets get in a direction.
fn numbers(present: &Present, direction: Direction, targets: &[&str]) -> Vec<u16> {
    let mut wanted = network_acl(targets);
    wanted.directions = vec![direction];
    let changes = plan(&wanted, present).expect("it can be planned").changes;
    let number = |change: &Change| match change {
        Change::NetworkAclEntry(entry) => entry.number,
        other => panic!("{other:?}"),
    };
    changes.iter().map(number).collect()
}

/// A network ACL that was never touched.
fn untouched() -> Present {
    held(&[
        (100, Inbound, true, "0.0.0.0/0"),
        (101, Inbound, true, "::/0"),
        (32_767, Inbound, false, "0.0.0.0/0"),
        (32_768, Inbound, false, "::/0"),
        (100, Outbound, true, "0.0.0.0/0"),
        (32_767, Outbound, false, "0.0.0.0/0"),
    ])
}

#[test]
fn they_lie_below_the_rule_that_would_let_the_traffic_in() {
    assert_eq!(numbers(&untouched(), Outbound, &["203.0.113.7"]), [99]);
    assert_eq!(numbers(&untouched(), Inbound, &["203.0.113.7", "198.51.100.0/24"]), [98, 99]);
    assert_eq!(numbers(&untouched(), Inbound, &["2001:db8::/32"]), [100 - 1]);
    assert_eq!(numbers(&Present::default(), Inbound, &["203.0.113.7"]), [99]);
}

#[test]
fn numbers_that_are_taken_are_left_out_and_a_rule_that_is_there_keeps_its_own() {
    let present = held(&[
        (98, Inbound, false, "203.0.113.7/32"),
        (99, Inbound, true, "10.0.0.0/8"),
        (100, Inbound, true, "0.0.0.0/0"),
    ]);
    // Rule 99 lets in only 10.0.0.0/8, so it does not matter here.
    assert_eq!(numbers(&present, Inbound, &["198.51.100.1", "203.0.113.7"]), [97, 98]);
    // It matters for an address of its own.
    assert_eq!(numbers(&present, Inbound, &["10.1.2.3"]), [97]);
}

#[test]
fn what_a_larger_network_denies_already_takes_no_number() {
    let denied = (50, Inbound, false, "203.0.113.0/24");
    let all = (100, Inbound, true, "0.0.0.0/0");
    let targets = ["203.0.113.7", "198.51.100.1"];
    assert_eq!(numbers(&held(&[denied, all]), Inbound, &targets), [99]);
    let notes = plan(&network_acl(&targets), &held(&[denied, all])).unwrap().notes;
    let expected = "The inbound rule 50 denies 203.0.113.7/32 already, with 203.0.113.0/24.";
    assert!(notes.iter().any(|note| note == expected), "{notes:?}");
    // A rule before it lets the address in.
    let allowed = (40, Inbound, true, "203.0.113.7/32");
    assert_eq!(numbers(&held(&[allowed, denied, all]), Inbound, &targets), [38, 39]);
}

#[test]
fn without_an_allow_rule_the_last_number_is_taken() {
    assert_eq!(numbers(&held(&[]), Inbound, &["203.0.113.7"]), [32_766]);
}

#[test]
fn no_room_is_told_with_the_commands_that_make_some() {
    let present = held(&[(1, Inbound, true, "0.0.0.0/0"), (200, Inbound, true, "::/0")]);
    let error = plan(&network_acl(&["203.0.113.7"]), &present).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitReached);
    let message = "no room for 1 more inbound rules below rule 1, which lets the traffic through";
    assert_eq!(error.to_string(), message);
    let hint = error.hint_text().unwrap();
    assert!(
        hint.contains("--ingress --rule-number 101 --protocol -1 --rule-action allow"),
        "{hint}"
    );
    assert!(
        hint.contains("delete-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718"),
        "{hint}"
    );
}

#[test]
fn a_number_of_ones_own_must_come_before_the_allow_rule() {
    let mut wanted = network_acl(&["203.0.113.7", "198.51.100.0/24"]);
    wanted.network_acl.first_number = Some(50);
    let changes = plan(&wanted, &untouched()).unwrap().changes;
    let numbers: Vec<_> = changes
        .iter()
        .map(|change| match change {
            Change::NetworkAclEntry(entry) => (entry.number, entry.network.to_string()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [(50, "198.51.100.0/24".to_owned()), (51, "203.0.113.7/32".to_owned())]);
    // Of a list that is not known nobody says so.
    wanted.network_acl.first_number = Some(150);
    plan(&wanted, &Present::default()).unwrap();
    wanted.network_acl.first_number = Some(99);
    let error = plan(&wanted, &untouched()).unwrap_err();
    assert!(error.to_string().contains("rule 102 would stand behind rule 100"), "{error}");
}

/// The priority of a rule in a web ACL with these: priority, whether it allows.
fn priority(rules: &[(u32, bool)]) -> Result<u32, String> {
    let rule = |(priority, allows): &(u32, bool)| PresentRule {
        name: format!("rule-{priority}"),
        priority: *priority,
        allows: *allows,
    };
    let web_acl = WebAcl {
        reference: "site".parse().expect("it is well written"),
        scope: Scope::Regional,
        rules: rules.iter().map(rule).collect(),
        capacity: 0,
    };
    let present = Present { web_acl: PresentWebAcl::Is(web_acl), ..Present::default() };
    let plan = plan(&wanted(Way::WafGeo, &["TV"]), &present).map_err(|error| error.to_string())?;
    match &plan.changes[..] {
        [Change::WebAclRule(rule)] => Ok(rule.priority),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_rule_of_a_web_acl_comes_before_what_lets_requests_through() {
    assert_eq!(priority(&[]), Ok(10));
    assert_eq!(priority(&[(5, true), (7, false)]), Ok(4));
    assert_eq!(priority(&[(0, false), (3, true)]), Ok(1));
    assert!(
        priority(&[(0, true)]).unwrap_err().contains("has no room before its rule of priority 0")
    );
}

//! Plans: quotas, names, what a way takes, security groups.

use floodmark_block::ErrorKind;
use floodmark_block::plan::{Wanted, plan};
use floodmark_block::present::{Present, SecurityGroup};
use floodmark_block::rule::Direction::{Inbound, Outbound};
use floodmark_block::rule::{AllowRule, Change, RuleAction, Scope, Statement, WebAclReference};
use floodmark_block::way::Way;

use crate::sample::{LOAD_BALANCER, NOW, held, network_acl, planned, targets, wanted};

/// Addresses that do not lie beside each other.
fn scattered(count: u32) -> Vec<String> {
    (0..count).map(|n| format!("10.{}.{}.{}", n / 16_384, n / 128 % 128, n % 128 * 2)).collect()
}

fn many(way: Way, count: u32) -> Wanted {
    let texts = scattered(count);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut wanted = wanted(way, &texts);
    wanted.network_acl.id = Some("acl-0a1b2c3d4e5f60718".to_owned());
    wanted
}

#[test]
fn a_quota_says_by_how_much_it_is_missed_and_the_way_out() {
    let error = plan(&many(Way::Nacl, 30), &Present::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitReached);
    assert_eq!(
        error.to_string(),
        "AWS allows 20 rules of one direction and one version of IP in a network ACL, \
         and there would be 32: 12 too many"
    );
    let hint = error.hint_text().unwrap();
    assert!(hint.contains("--bystanders") && hint.contains("waf-ip-set"), "{hint}");
    assert!(hint.contains("AWS grants up to 40 on request"), "{hint}");

    let error = plan(&many(Way::WafIpSet, 10_001), &Present::default()).unwrap_err();
    assert!(error.to_string().contains("10000 networks in an IP set"), "{error}");
    assert!(error.to_string().ends_with("10001: 1 too many"), "{error}");
    plan(&many(Way::WafIpSet, 10_000), &Present::default()).unwrap();
}

#[test]
fn ipv4_and_ipv6_have_quotas_of_their_own() {
    let mut texts = scattered(18);
    texts.extend((0..18).map(|n| format!("2001:db8:{n:x}::/48").replace(":0::", ":100::")));
    let texts: Vec<String> = texts.into_iter().collect();
    let spread: Vec<String> = texts.iter().map(|text| text.replace("::/48", ":1::/64")).collect();
    let texts: Vec<&str> = spread.iter().map(String::as_str).collect();
    assert_eq!(planned(&network_acl(&texts)).changes.len(), 36);
}

#[test]
fn there_is_room_for_what_the_quota_leaves() {
    let wanted = network_acl(&["192.0.2.1"]);
    let present = held(&[
        (50, Inbound, false, "198.51.100.0/24"),
        (100, Inbound, true, "0.0.0.0/0"),
        (32_767, Inbound, false, "0.0.0.0/0"),
    ]);
    assert_eq!(wanted.networks_max(&present), Some(17));
    assert_eq!(wanted.networks_max(&Present::default()), Some(18));
}

#[test]
fn fewest_networks_are_planned_and_the_same_question_has_the_same_name() {
    let one = planned(&network_acl(&["192.0.2.0/25", "192.0.2.128/25"]));
    let other = planned(&network_acl(&["192.0.2.0/24", "192.0.2.9"]));
    assert_eq!(one, other);
    assert_eq!(one.changes.len(), 1);
    assert_ne!(one.name, planned(&network_acl(&["192.0.2.0/23"])).name);
    let mut later = network_acl(&["192.0.2.0/24"]);
    later.made = NOW + 3_600;
    assert_eq!(planned(&later).name, one.name);
}

#[test]
fn a_way_refuses_what_it_does_not_take() {
    let error = |way, texts: &[&str]| {
        let mut wanted = network_acl(&[]);
        wanted.way = way;
        wanted.targets = targets(texts);
        plan(&wanted, &Present::default()).unwrap_err()
    };
    assert_eq!(error(Way::Nacl, &["TV"]).to_string(), "`nacl` takes no countries");
    assert_eq!(error(Way::Nacl, &["TV"]).hint_text(), Some("`waf-geo`, `waf-rate` take them"));
    assert_eq!(error(Way::WafGeo, &["192.0.2.1"]).to_string(), "`waf-geo` takes no networks");
    assert_eq!(error(Way::WafMatch, &[]).to_string(), "there is nothing to block");
    assert!(error(Way::Nacl, &["0.0.0.0/0"]).to_string().contains("the whole internet"));
    assert!(error(Way::WafIpSet, &["::/0"]).to_string().contains("the whole internet"));
    let halves = ["0.0.0.0/1", "128.0.0.0/1"];
    assert!(error(Way::Nacl, &halves).to_string().contains("the whole internet"));
}

#[test]
fn names_and_ids_are_those_that_aws_takes() {
    let mut question = network_acl(&["192.0.2.1"]);
    for id in ["acl-1; rm -rf", "acl-", "$(id)", "acl-0a1b2c3d4e5f60718\n", "sg-0a1b2c3d4e5f60718"]
    {
        question.network_acl.id = Some(id.to_owned());
        assert!(plan(&question, &Present::default()).is_err(), "{id}");
    }
    let mut question = wanted(Way::WafGeo, &["TV"]);
    for name in ["", "a b", "a'b", "$(id)", "All", "ü", &"x".repeat(129)] {
        question.name = Some(name.to_owned());
        assert!(plan(&question, &Present::default()).is_err(), "{name}");
    }
    question.name = None;
    for arn in [
        "arn:",
        "arn:aws:x:y:z:a b",
        "x",
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/$(id)",
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/site/50dc6c495c0c9188",
        "arn:aws:cloudfront::111122223333:distribution/EDFDVBD6EXAMPLE",
        "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5",
        "arn:aws:s3:::example",
    ] {
        question.web_acl.resource_arn = Some(arn.to_owned());
        assert!(plan(&question, &Present::default()).is_err(), "{arn}");
    }
    let region = "arn:aws:wafv2:us-east-1:111122223333";
    let id = "1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d";
    question.web_acl.resource_arn = None;
    question.web_acl.web_acl = Some(format!("{region}:global/webacl/a/{id}").parse().unwrap());
    assert!(plan(&question, &Present::default()).is_err(), "it is CloudFront's");
    question.web_acl.web_acl = Some(format!("{region}:regional/webacl/a/{id}").parse().unwrap());
    plan(&question, &Present::default()).unwrap();
    question.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
    assert!(plan(&question, &Present::default()).is_err(), "they are in two regions");
    for web_acl in
        ["arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a", "a b", "arn:aws:s3:::x"]
    {
        assert!(web_acl.parse::<WebAclReference>().is_err(), "{web_acl}");
    }
}

#[test]
fn the_end_is_told_and_lies_ahead() {
    let mut question = network_acl(&["192.0.2.1"]);
    question.expires = Some(NOW + 86_400);
    let made = planned(&question);
    assert_eq!(
        made.description,
        "Made by floodmark 2026-11-22T09:30:00Z, to be removed 2026-11-23T09:30:00Z"
    );
    assert!(made.notes.iter().any(|note| note.contains("AWS ends no rule by itself")));
    question.expires = Some(NOW);
    let error = plan(&question, &Present::default()).unwrap_err();
    assert_eq!(error.to_string(), "it is to end 2026-11-22T09:30:00Z, which is over");
}

#[test]
fn more_countries_than_a_statement_holds_stand_in_several() {
    let codes: Vec<&str> = floodmark_block::quotas::COUNTRIES.split_whitespace().take(51).collect();
    let plan = planned(&wanted(Way::WafGeo, &codes));
    let [Change::WebAclRule(rule)] = &plan.changes[..] else { panic!("{plan:?}") };
    let Statement::Any(several) = &rule.statement else { panic!("{rule:?}") };
    assert_eq!(several.len(), 2);
}

#[test]
fn a_rate_has_aws_s_bounds() {
    let mut question = wanted(Way::WafRate, &[]);
    let plan = planned(&question);
    let [Change::WebAclRule(rule)] = &plan.changes[..] else { panic!("{plan:?}") };
    let expected = Statement::Rate { requests_max: 2_000, window_seconds: 300, among: None };
    assert_eq!(rule.statement, expected);
    for (requests_max, window_seconds) in [(9, 300), (2_000_000_001, 300), (100, 30), (100, 0)] {
        question.rate.requests_max = requests_max;
        question.rate.window_seconds = window_seconds;
        assert!(floodmark_block::plan::plan(&question, &Present::default()).is_err());
    }
}

#[test]
fn a_distribution_is_not_associated() {
    let mut question = wanted(Way::WafGeo, &["TV"]);
    question.web_acl.scope = Scope::CloudFront;
    question.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
    let error = plan(&question, &Present::default()).unwrap_err();
    assert!(error.hint_text().unwrap().contains("in the distribution itself"));
    question.web_acl.resource_arn = None;
    question.web_acl.action = RuleAction::Count;
    let notes = planned(&question).notes.join(" ");
    assert!(
        notes.contains("until a distribution names it") && notes.contains("only counts"),
        "{notes}"
    );
}

fn group(rules: &[(&str, &str)]) -> Present {
    let rule = |(ports, network): &(&str, &str)| AllowRule {
        direction: Inbound,
        protocol: "tcp".to_owned(),
        from_port: ports.parse().ok(),
        to_port: ports.parse().ok(),
        network: network.parse().expect("it is well written"),
        description: Some("web".to_owned()),
    };
    let security_group = SecurityGroup {
        id: "sg-0a1b2c3d4e5f60718".to_owned(),
        name: "web".to_owned(),
        rules: rules.iter().map(rule).collect(),
        references: 1,
    };
    Present { security_group: Some(security_group), ..Present::default() }
}

/// What becomes of a group's rules: `+` comes, `-` goes.
fn narrowed(rules: &[(&str, &str)], texts: &[&str]) -> (Vec<String>, Vec<String>) {
    let mut question = wanted(Way::SecurityGroup, texts);
    question.security_group = Some("sg-0a1b2c3d4e5f60718".to_owned());
    let plan = plan(&question, &group(rules)).expect("it can be planned");
    let told = |change: &Change| match change {
        Change::SecurityGroupRule(change) => {
            let sign = if change.revoked { '-' } else { '+' };
            format!("{sign}{}", change.rule.network)
        }
        other => panic!("{other:?}"),
    };
    (plan.changes.iter().map(told).collect(), plan.notes)
}

#[test]
fn a_security_group_stops_allowing() {
    let (changes, _) = narrowed(&[("443", "192.0.2.0/30"), ("22", "10.0.0.0/8")], &["192.0.2.1"]);
    assert_eq!(changes, ["+192.0.2.0/32", "+192.0.2.2/31", "-192.0.2.0/30"]);
    // What lies in it leaves the same rules, which come once, and all come before any goes.
    let nested = [("443", "192.0.2.0/30"), ("443", "192.0.2.0/31"), ("443", "192.0.2.2/31")];
    let (changes, _) = narrowed(&nested, &["192.0.2.1"]);
    assert_eq!(changes, ["+192.0.2.0/32", "-192.0.2.0/30", "-192.0.2.0/31"]);
    let (changes, _) = narrowed(&[("443", "192.0.2.0/30")], &["192.0.2.0/24"]);
    assert_eq!(changes, ["-192.0.2.0/30"]);
    let (changes, notes) = narrowed(&[("443", "192.0.2.0/30")], &["203.0.113.1"]);
    assert!(changes.is_empty());
    assert!(
        notes.join(" ").contains("1 rules of `sg-0a1b2c3d4e5f60718` name a group"),
        "{notes:?}"
    );
}

#[test]
fn the_whole_internet_is_narrowed_only_while_that_is_a_way() {
    let (changes, _) = narrowed(&[("443", "0.0.0.0/0")], &["203.0.113.1"]);
    assert_eq!(changes.len(), 33);
    let (changes, notes) = narrowed(&[("443", "0.0.0.0/0")], &["203.0.113.1", "198.51.100.1"]);
    assert!(changes.is_empty());
    assert!(notes.join(" ").contains("take `--with nacl` or AWS WAF"), "{notes:?}");
}

#[test]
fn without_its_rules_a_security_group_is_a_note() {
    let mut question = wanted(Way::SecurityGroup, &["192.0.2.1"]);
    question.security_group = Some("sg-0a1b2c3d4e5f60718".to_owned());
    question.directions = vec![Inbound, Outbound];
    let plan = planned(&question);
    assert!(plan.changes.is_empty());
    assert!(plan.notes.join(" ").contains("describe-security-group-rules"), "{:?}", plan.notes);
}

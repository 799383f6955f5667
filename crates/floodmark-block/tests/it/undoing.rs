//! Plans that are taken back where others, or other records, have changed AWS meanwhile; what is of others stays.

use floodmark_block::apply::{RecordState, list, present, read, undo};
use floodmark_block::rule::RuleAction;
use floodmark_block::way::Way;
use floodmark_testing::gate;
use floodmark_testing::http_server::HttpServer;
use floodmark_testing::moto::Moto;

use crate::applying::{Desk, denies, gated, ip_set_addresses, is, run, waf};
use crate::sample::{LOAD_BALANCER, network_acl, wanted};
use crate::scripts::{ask, network_acl_id, web_acl, web_acl_says};

#[test]
fn another_account_takes_nothing_back() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let id = network_acl_id(&moto);
        let mut question = network_acl(&["203.0.113.7"]);
        question.network_acl.id = Some(id.clone());
        let mut record = desk.apply(&question).await.unwrap().unwrap();
        assert_eq!(record.account, floodmark_testing::moto::ACCOUNT);
        record.account = "444455556666".to_owned();
        let error = undo(&desk.asker, record.clone(), desk.options()).await.unwrap_err();
        assert!(error.to_string().contains("was applied in the account 444455556666"), "{error}");
        let record = read(desk.folder.path(), &record.id).unwrap();
        assert_eq!(record.state, RecordState::Applied);
        assert_eq!(denies(&moto, &id), "99 False 203.0.113.7/32");
    });
}

#[test]
fn what_is_gone_with_its_place_is_told() {
    let Some(moto) = Moto::start() else { return };
    let server = gated(&moto, |request| {
        let code = "InvalidNetworkAclID.NotFound";
        let is_gone = is(request, "DescribeNetworkAcls");
        is_gone.then(|| gate::refusal(request, 400, code, "it does not exist"))
    });
    run(async {
        let id = network_acl_id(&moto);
        let mut question = network_acl(&["203.0.113.7"]);
        question.network_acl.id = Some(id.clone());
        let desk = Desk::at(moto.endpoint()).await;
        let record = desk.apply(&question).await.unwrap().unwrap();
        let elsewhere = Desk::at(server.endpoint()).await;
        let left = undo(&elsewhere.asker, record, desk.options()).await.unwrap().left;
        let expected = format!(
            "the network ACL {id} is not there any more, so that nothing was taken out of it"
        );
        assert_eq!(left, [expected]);
    });
}

#[test]
fn records_of_one_rule_are_taken_back_the_newest_first() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let arn = web_acl(&moto);
        let mut question = wanted(Way::WafGeo, &["TV"]);
        question.web_acl.web_acl = Some(arn.parse().unwrap());
        let first = desk.apply(&question).await.unwrap().unwrap();
        question.web_acl.action = RuleAction::Count;
        let second = desk.apply(&question).await.unwrap().unwrap();
        let error = desk.undo(&first).await.unwrap_err();
        assert!(error.hint_text().unwrap().contains(&second.id), "{error}");
        desk.undo(&second).await.unwrap();
        desk.undo(&first).await.unwrap();
        assert_eq!(web_acl_says(&moto, &arn, "WebACL.Rules[].Name"), "others");
    });
}

/// Gives the web ACL of an ARN other rules.
fn set_rules(moto: &Moto, arn: &str, rules: &str) {
    let parts: Vec<&str> = arn.rsplit('/').collect();
    let place = ["--scope", "REGIONAL", "--name", parts[1], "--id", parts[0]];
    let token = web_acl_says(moto, arn, "LockToken");
    let visibility = "SampledRequestsEnabled=false,CloudWatchMetricsEnabled=true,MetricName=site";
    let more = [
        "--lock-token",
        &token,
        "--default-action",
        r#"{"Block":{}}"#,
        "--visibility-config",
        visibility,
        "--rules",
        rules,
    ];
    moto.aws(&[&["wafv2", "update-web-acl"][..], &place, &more].concat());
}

#[test]
fn a_rule_that_another_has_narrowed_is_another_one() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let arn = web_acl(&moto);
        let mut question = wanted(Way::WafRate, &[]);
        question.web_acl.web_acl = Some(arn.parse().unwrap());
        let record = desk.apply(&question).await.unwrap().unwrap();
        let name = &record.plan.name;
        let rules = web_acl_says(&moto, &arn, "to_string(WebACL.Rules)");
        // Only requests of a country are counted now.
        let mut rules: serde_json::Value = serde_json::from_str(&rules).unwrap();
        let ours = rules.as_array_mut().unwrap().iter_mut().find(|rule| rule["Name"] == **name);
        ours.unwrap()["Statement"]["RateBasedStatement"]["ScopeDownStatement"] =
            serde_json::json!({ "GeoMatchStatement": { "CountryCodes": ["AQ"] } });
        set_rules(&moto, &arn, &rules.to_string());
        let told = desk.difference(&question).await;
        assert!(told.starts_with(&format!("~ rule {name}")), "{told}");
        let left = desk.undo(&record).await.unwrap();
        let expected = format!("the rule {name} of the web ACL site is now another one, and stays");
        assert_eq!(left, [expected]);
        // One that is gone is not put back.
        rules.as_array_mut().unwrap().retain(|rule| rule["Name"] == "others");
        set_rules(&moto, &arn, &rules.to_string());
        let record = desk.apply(&question).await.unwrap().unwrap();
        set_rules(&moto, &arn, &rules.to_string());
        assert!(desk.undo(&record).await.unwrap().is_empty());
        assert_eq!(web_acl_says(&moto, &arn, "WebACL.Rules[].Name"), "others");
    });
}

#[test]
fn what_others_made_under_the_same_name_is_not_replaced() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let arn = web_acl(&moto);
        let mut question = wanted(Way::WafGeo, &["TV"]);
        question.name = Some("others".to_owned());
        question.web_acl.web_acl = Some(arn.parse().unwrap());
        let error = desk.apply(&question).await.unwrap_err();
        assert!(error.to_string().starts_with("the rule `others` is there"), "{error}");
        question.web_acl.web_acl = None;
        question.name = Some("site".to_owned());
        question.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
        let error = desk.apply(&question).await.unwrap_err();
        assert!(error.to_string().starts_with("the web ACL `site` is there"), "{error}");
        let create = "wafv2 create-ip-set --name flood-v4 --scope REGIONAL";
        let version = "--ip-address-version IPV4 --addresses 192.0.2.0/24";
        ask(&moto, &format!("{create} {version}"), "Summary.Id");
        let error = desk.apply(&waf(&["203.0.113.7"])).await.unwrap_err();
        assert!(error.to_string().starts_with("the IP set `flood-v4` is there"), "{error}");
        assert_eq!(ip_set_addresses(&moto, "flood-v4"), "192.0.2.0/24");
        assert!(list(desk.folder.path()).unwrap().records.is_empty());
    });
}

#[test]
fn a_resource_of_another_region_is_told() {
    let server = HttpServer::start(|request| panic!("{}", gate::action(request)));
    run(async {
        let desk = Desk::at(server.endpoint()).await;
        let mut question = wanted(Way::WafGeo, &["TV"]);
        question.web_acl.resource_arn = Some(LOAD_BALANCER.replace("eu-west-1", "us-east-2"));
        let error = present(&desk.asker, &question).await.unwrap_err();
        assert_eq!(error.hint_text(), Some("say `--region us-east-2`"));
    });
}

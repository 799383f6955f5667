//! Plans put into AWS, which moto plays, and taken back.

use std::path::Path;
use std::time::Duration;

use floodmark_aws::{Access, AccessKey, AwsOptions};
use floodmark_block::apply::{
    ApplyOptions, Asker, Record, RecordState, StepState, apply, difference, list, newest, present,
    read, undo,
};
use floodmark_block::plan::{Wanted, plan};
use floodmark_block::rule::{Direction, Plan, RuleAction, Scope};
use floodmark_block::way::Way;
use floodmark_block::{Error, ErrorKind};
use floodmark_testing::gate;
use floodmark_testing::http_server::{HttpServer, Reply, Request};
use floodmark_testing::moto::Moto;

use crate::forms::HOSTILE;
use crate::sample::{LOAD_BALANCER, NOW, network_acl, wanted};
use crate::scripts::{ask, kept, network_acl_id, web_acl, web_acl_says};

/// A data folder and one who asks a server.
struct Desk {
    folder: tempfile::TempDir,
    access: Access,
    asker: Asker,
}

impl Desk {
    async fn at(endpoint: &str) -> Self {
        let options = AwsOptions {
            region: Some("eu-west-1".to_owned()),
            endpoint: Some(endpoint.to_owned()),
            retries: Some(0),
            ..AwsOptions::default()
        };
        let key = AccessKey { id: "testing".to_owned(), secret: "testing".to_owned(), token: None };
        let access = Access::with_key(key, &options).await.expect("it does");
        let asker = Asker::new(&access, Scope::Regional).still_used_pause(Duration::ZERO);
        Self { folder: tempfile::tempdir().expect("a folder of its own"), access, asker }
    }

    fn options(&self) -> ApplyOptions<'_> {
        ApplyOptions { folder: self.folder.path(), now: NOW }
    }

    /// The plan in what AWS holds now.
    async fn plan(&self, wanted: &Wanted) -> Plan {
        plan(wanted, &present(&self.asker, wanted).await.expect("it can be planned"))
            .expect("it can be planned")
    }

    /// What the plan would change.
    async fn difference(&self, wanted: &Wanted) -> String {
        difference(&self.asker, &self.plan(wanted).await)
            .await
            .expect("it can be planned")
            .to_string()
    }

    async fn apply(&self, wanted: &Wanted) -> Result<Option<Record>, Error> {
        let plan = self.plan(wanted).await;
        let difference = difference(&self.asker, &plan).await?;
        apply(&self.asker, &plan, &difference, self.options()).await
    }

    /// Takes back the newest record; what was left.
    async fn undo(&self, record: &Record) -> Result<Vec<String>, Error> {
        let record = read(self.folder.path(), &record.id).expect("it does");
        Ok(undo(&self.asker, record, self.options()).await?.left)
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("it does").block_on(work)
}

/// A server before moto that a test lets answer first.
fn gated(moto: &Moto, answer: impl Fn(&Request) -> Option<Reply> + Send + 'static) -> HttpServer {
    let endpoint = moto.endpoint().to_owned();
    HttpServer::start(move |request| {
        answer(request).unwrap_or_else(|| gate::pass(&endpoint, request))
    })
}

/// An action that is denied by the rights of the credentials.
fn denied(request: &Request) -> Reply {
    let code = if request.headers.contains_key("x-amz-target") {
        "AccessDeniedException"
    } else {
        "UnauthorizedOperation"
    };
    gate::refusal(request, 403, code, "You are not authorized to perform this operation.")
}

fn is(request: &Request, action: &str) -> bool {
    gate::action(request) == action
}

/// The deny entries of a network ACL, without AWS's own.
fn denies(moto: &Moto, id: &str) -> String {
    let query = "NetworkAcls[0].Entries[?RuleAction=='deny' && RuleNumber<`32767`].\
                 [RuleNumber, Egress, CidrBlock || Ipv6CidrBlock]";
    ask(moto, &format!("ec2 describe-network-acls --network-acl-ids {id}"), query)
        .replace('\t', " ")
        .replace('\n', ", ")
}

fn waf(addresses: &[&str]) -> Wanted {
    let mut question = wanted(Way::WafIpSet, addresses);
    question.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
    question.name = Some("flood".to_owned());
    question
}

/// How many IP sets and web ACLs there are.
fn waf_counts(moto: &Moto) -> (String, String) {
    (
        ask(moto, "wafv2 list-ip-sets --scope REGIONAL", "length(IPSets)"),
        ask(moto, "wafv2 list-web-acls --scope REGIONAL", "length(WebACLs)"),
    )
}

fn ip_set_addresses(moto: &Moto, name: &str) -> String {
    let sets = "wafv2 list-ip-sets --scope REGIONAL";
    let id = ask(moto, sets, &format!("IPSets[?Name=='{name}'].Id | [0]"));
    let set = format!("wafv2 get-ip-set --scope REGIONAL --name {name} --id {id}");
    ask(moto, &set, "sort(IPSet.Addresses)").replace('\t', " ")
}

fn set_addresses(moto: &Moto, name: &str, addresses: &[&str]) {
    let sets = "wafv2 list-ip-sets --scope REGIONAL";
    let id = ask(moto, sets, &format!("IPSets[?Name=='{name}'].Id | [0]"));
    let set = ["--scope", "REGIONAL", "--name", name, "--id", &id];
    let get = [&["wafv2", "get-ip-set"][..], &set, &["--query", "LockToken"]].concat();
    let token = moto.aws(&get);
    let update = [&["wafv2", "update-ip-set"][..], &set, &["--lock-token", &token]].concat();
    moto.aws(&[&update[..], &["--addresses"], addresses].concat());
}

#[test]
fn an_outbound_flood_is_stopped_below_rule_100_and_a_second_time_changes_nothing() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let mut question = network_acl(&["203.0.113.7"]);
        let id = network_acl_id(&moto);
        question.network_acl.id = Some(id.clone());
        question.directions = vec![Direction::Outbound];
        let expected = format!("+ outbound rule 99 of {id}: deny 203.0.113.7/32\n");
        assert_eq!(desk.difference(&question).await, expected);
        assert_eq!(denies(&moto, &id), "", "a difference changes nothing");
        let record = desk.apply(&question).await.unwrap().unwrap();
        assert_eq!(record.state, RecordState::Applied);
        assert_eq!(denies(&moto, &id), "99 True 203.0.113.7/32");

        assert_eq!(desk.difference(&question).await, expected.replace('+', "="));
        assert!(desk.apply(&question).await.unwrap().is_none());
        assert_eq!(list(desk.folder.path()).unwrap().records.len(), 1);

        assert!(desk.undo(&record).await.unwrap().is_empty());
        assert_eq!(denies(&moto, &id), "");
        let record = read(desk.folder.path(), &record.id).unwrap();
        assert_eq!(record.state, RecordState::Undone);
        assert!(newest(desk.folder.path(), &record.plan.name).unwrap().is_none());
        // Once more takes back nothing.
        assert!(desk.undo(&record).await.unwrap().is_empty());
    });
}

#[test]
fn a_country_is_blocked_at_the_web_acl_of_the_load_balancer() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let arn = web_acl(&moto);
        let associate = ["wafv2", "associate-web-acl", "--web-acl-arn", &arn, "--resource-arn"];
        moto.aws(&[&associate[..], &[LOAD_BALANCER]].concat());
        let before = kept(&moto, &arn);
        let mut question = wanted(Way::WafGeo, &["TV"]);
        question.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
        let told = desk.difference(&question).await;
        assert!(told.ends_with(" of priority 19 in web ACL site\n"), "{told}");
        let record = desk.apply(&question).await.unwrap().unwrap();
        let rules = "WebACL.Rules[].[Name, Priority, keys(Action) | [0]]";
        let said = web_acl_says(&moto, &arn, rules);
        assert!(said.contains("others\t20\tCount"), "{said}");
        assert!(said.contains(&format!("{}\t19\tBlock", record.plan.name)), "{said}");
        assert_eq!(kept(&moto, &arn), before, "all else of the web ACL stays");
        assert!(desk.apply(&question).await.unwrap().is_none());
        desk.undo(&record).await.unwrap();
        assert_eq!(web_acl_says(&moto, &arn, "WebACL.Rules[].Name"), "others");
        assert_eq!(kept(&moto, &arn), before);
    });
}

#[test]
fn a_resource_without_a_web_acl_gets_one_and_loses_it_again() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let question = waf(&["203.0.113.7", "2001:db8:1::/48"]);
        let plan = desk.plan(&question).await;
        assert_eq!(
            desk.difference(&question).await,
            format!(
                "+ IP set flood-v4 with 203.0.113.7/32\n\
                 + IP set flood-v6 with 2001:db8:1::/48\n\
                 + web ACL flood with rule flood of priority 10\n\
                 + web ACL flood as the protection of {LOAD_BALANCER}\n"
            )
        );
        let record = desk.apply(&question).await.unwrap().unwrap();
        assert_eq!(waf_counts(&moto), ("2".to_owned(), "1".to_owned()));
        let of_resource = format!("wafv2 get-web-acl-for-resource --resource-arn {LOAD_BALANCER}");
        assert_eq!(ask(&moto, &of_resource, "WebACL.Name"), "flood");
        assert_eq!(desk.plan(&question).await, plan, "it is told in the same words again");
        assert!(desk.apply(&question).await.unwrap().is_none());
        desk.undo(&record).await.unwrap();
        assert_eq!(waf_counts(&moto), ("0".to_owned(), "0".to_owned()));
        assert_eq!(ask(&moto, &of_resource, "WebACL.Name"), "None");
    });
}

#[test]
fn texts_are_there_after_they_were_put_there() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let arn = web_acl(&moto);
        let mut question = wanted(Way::WafMatch, &HOSTILE);
        question.web_acl.web_acl = Some(arn.parse().unwrap());
        let record = desk.apply(&question).await.unwrap().unwrap();
        assert!(desk.difference(&question).await.starts_with("= rule floodmark-waf-match-"));
        // Its action alone is altered, and comes back.
        question.web_acl.action = RuleAction::Count;
        assert!(desk.difference(&question).await.starts_with("~ rule floodmark-waf-match-"));
        let altered = desk.apply(&question).await.unwrap().unwrap();
        let action = format!("WebACL.Rules[?Name=='{}'].Action | [0] | keys(@)", record.plan.name);
        assert_eq!(web_acl_says(&moto, &arn, &action), "Count");
        desk.undo(&altered).await.unwrap();
        assert_eq!(web_acl_says(&moto, &arn, &action), "Block");
        desk.undo(&record).await.unwrap();
        assert_eq!(web_acl_says(&moto, &arn, "WebACL.Rules[].Name"), "others");
    });
}

#[test]
fn what_is_cloudfront_s_is_kept_in_its_region() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let mut desk = Desk::at(moto.endpoint()).await;
        desk.asker = Asker::new(&desk.access, Scope::CloudFront);
        assert_eq!(desk.asker.region(), Some("us-east-1"));
        let mut question = wanted(Way::WafRate, &["/login*", "203.0.113.0/24"]);
        question.web_acl.scope = Scope::CloudFront;
        let record = desk.apply(&question).await.unwrap().unwrap();
        let list = "wafv2 list-web-acls --scope CLOUDFRONT --region us-east-1";
        assert_eq!(ask(&moto, list, "WebACLs[].Name"), record.plan.name);
        assert!(desk.difference(&question).await.lines().all(|line| line.starts_with('=')));
        desk.undo(&record).await.unwrap();
        assert_eq!(ask(&moto, list, "WebACLs[].Name"), "");
    });
}

#[test]
fn addresses_of_others_stay_in_an_ip_set() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let first = desk.apply(&waf(&["203.0.113.7"])).await.unwrap().unwrap();
        set_addresses(&moto, "flood-v4", &["203.0.113.7/32", "192.0.2.99/32"]);
        let told = desk.difference(&waf(&["203.0.113.7", "198.51.100.9"])).await;
        assert!(told.ends_with("+ 198.51.100.9/32 in IP set flood-v4\n"), "{told}");
        let second = desk.apply(&waf(&["203.0.113.7", "198.51.100.9"])).await.unwrap().unwrap();
        assert_eq!(
            ip_set_addresses(&moto, "flood-v4"),
            "192.0.2.99/32 198.51.100.9/32 203.0.113.7/32"
        );
        desk.undo(&second).await.unwrap();
        assert_eq!(ip_set_addresses(&moto, "flood-v4"), "192.0.2.99/32 203.0.113.7/32");
        let left = desk.undo(&first).await.unwrap();
        assert_eq!(left, ["the IP set flood-v4 has addresses of others, and stays"]);
        assert_eq!(ip_set_addresses(&moto, "flood-v4"), "192.0.2.99/32");
    });
}

#[test]
fn what_changes_between_reading_and_writing_is_read_again() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let first = Desk::at(moto.endpoint()).await;
        first.apply(&waf(&["203.0.113.7"])).await.unwrap();
        // Another adds an address just before our update.
        let (endpoint, once) = (moto.endpoint().to_owned(), std::sync::Once::new());
        let server = HttpServer::start(move |request| {
            if is(request, "UpdateIPSet") {
                once.call_once(|| set_addresses_at(&endpoint, request));
            }
            gate::pass(&endpoint, request)
        });
        let desk = Desk::at(server.endpoint()).await;
        desk.apply(&waf(&["203.0.113.7", "198.51.100.9"])).await.unwrap().unwrap();
        let updates = server.take_asked().iter().filter(|r| is(r, "UpdateIPSet")).count();
        assert_eq!(updates, 2);
        assert_eq!(
            ip_set_addresses(&moto, "flood-v4"),
            "192.0.2.99/32 198.51.100.9/32 203.0.113.7/32"
        );
    });
}

/// Another's update of the same IP set, made from a request of ours.
fn set_addresses_at(endpoint: &str, ours: &Request) {
    let mut body: serde_json::Value = serde_json::from_str(&ours.body).expect("it does");
    body["Addresses"] = serde_json::json!(["203.0.113.7/32", "192.0.2.99/32"]);
    let body = body.to_string();
    let mut other = ours.clone();
    other.headers.insert("content-length".to_owned(), body.len().to_string());
    other.body = body;
    assert_eq!(gate::pass(endpoint, &other).status, 200);
}

#[test]
fn a_step_that_is_denied_takes_back_those_before_it() {
    let Some(moto) = Moto::start() else { return };
    let server = gated(&moto, |request| is(request, "AssociateWebACL").then(|| denied(request)));
    run(async {
        let desk = Desk::at(server.endpoint()).await;
        let error = desk.apply(&waf(&["203.0.113.7", "2001:db8:1::/48"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied);
        let message = error.to_string();
        assert!(message.contains("denies wafv2:AssociateWebACL"), "{message}");
        assert!(message.ends_with("; what was done is taken back"), "{message}");
        assert!(error.hint_text().unwrap().contains("allow wafv2:AssociateWebACL"));
        assert_eq!(waf_counts(&moto), ("0".to_owned(), "0".to_owned()));
        let records = list(desk.folder.path()).unwrap().records;
        assert_eq!(records[0].state, RecordState::TakenBack);
        assert!(records[0].standing().next().is_none());
    });
}

#[test]
fn entries_that_were_made_go_again_if_one_is_refused() {
    let Some(moto) = Moto::start() else { return };
    let made = std::sync::atomic::AtomicUsize::new(0);
    let server = gated(&moto, move |request| {
        let second = is(request, "CreateNetworkAclEntry")
            && made.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 1;
        let code = "NetworkAclEntryLimitExceeded";
        second.then(|| gate::refusal(request, 400, code, "too many rules"))
    });
    run(async {
        let desk = Desk::at(server.endpoint()).await;
        let id = network_acl_id(&moto);
        let mut question = network_acl(&["203.0.113.7", "198.51.100.0/24"]);
        question.network_acl.id = Some(id.clone());
        let error = desk.apply(&question).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitReached);
        assert!(error.to_string().ends_with("; what was done is taken back"), "{error}");
        assert_eq!(denies(&moto, &id), "");
        let asked = server.take_asked();
        let written: Vec<&str> = asked
            .iter()
            .map(gate::action)
            .filter(|action| !action.starts_with("Describe"))
            .collect();
        let expected = ["CreateNetworkAclEntry", "CreateNetworkAclEntry", "DeleteNetworkAclEntry"];
        assert_eq!(written, expected);
    });
}

#[test]
fn what_cannot_be_taken_back_is_told_with_what_to_do_and_goes_on_later() {
    let Some(moto) = Moto::start() else { return };
    let refusing = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let still = std::sync::Arc::clone(&refusing);
    let server = gated(&moto, move |request| {
        let refused = ["AssociateWebACL", "DeleteWebACL"].contains(&gate::action(request));
        let still = still.load(std::sync::atomic::Ordering::Relaxed);
        (refused && still).then(|| denied(request))
    });
    run(async {
        let desk = Desk::at(server.endpoint()).await;
        let error = desk.apply(&waf(&["203.0.113.7"])).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains("; and then it was not taken back: web ACL flood"), "{message}");
        let standing = "; in AWS now: web ACL flood with rule flood of priority 10";
        assert!(message.ends_with(standing), "{message}");
        let record = list(desk.folder.path()).unwrap().records.remove(0);
        assert_eq!(record.state, RecordState::Stuck);
        let hint = error.hint_text().unwrap();
        assert!(
            hint.contains(&format!("`floodmark block --undo {} --apply`", record.id)),
            "{hint}"
        );
        assert!(hint.contains("aws wafv2 list-web-acls --scope REGIONAL"), "{hint}");
        refusing.store(false, std::sync::atomic::Ordering::Relaxed);
        assert!(desk.undo(&record).await.unwrap().is_empty());
        assert_eq!(waf_counts(&moto), ("0".to_owned(), "0".to_owned()));
    });
}

#[test]
fn what_aws_did_without_an_answer_is_taken_back_too() {
    let Some(moto) = Moto::start() else { return };
    let endpoint = moto.endpoint().to_owned();
    let server = HttpServer::start(move |request| {
        let reply = gate::pass(&endpoint, request);
        let lost = is(request, "CreateWebACL");
        if lost { Reply::new(500, "") } else { reply }
    });
    run(async {
        let desk = Desk::at(server.endpoint()).await;
        let error = desk.apply(&waf(&["203.0.113.7"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(waf_counts(&moto), ("0".to_owned(), "0".to_owned()));
    });
}

#[test]
fn what_others_use_by_now_stays_without_what_we_put_there() {
    let Some(moto) = Moto::start() else { return };
    let server = gated(&moto, |request| {
        let code = "WAFAssociatedItemException";
        is(request, "DeleteIPSet").then(|| gate::refusal(request, 400, code, "it is used"))
    });
    run(async {
        let desk = Desk::at(server.endpoint()).await;
        let record = desk.apply(&waf(&["203.0.113.7"])).await.unwrap().unwrap();
        let left = desk.undo(&record).await.unwrap();
        assert_eq!(left, ["the IP set flood-v4 is used by others, and stays empty"]);
        assert_eq!(ip_set_addresses(&moto, "flood-v4"), "");
    });
}

#[test]
fn a_run_that_was_cut_off_is_taken_back_by_its_record() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let mut record = desk.apply(&waf(&["203.0.113.7"])).await.unwrap().unwrap();
        // As if it had ended while the last step was under way.
        record.state = RecordState::Begun;
        for step in &mut record.steps {
            step.made = None;
            step.state = StepState::Begun;
        }
        let path = desk.folder.path().join(format!("{}.json", record.id));
        std::fs::write(&path, serde_json::to_vec(&record).unwrap()).unwrap();
        desk.undo(&record).await.unwrap();
        assert_eq!(waf_counts(&moto), ("0".to_owned(), "0".to_owned()));
    });
}

#[test]
fn what_others_have_changed_since_is_left_and_told() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let id = network_acl_id(&moto);
        let mut question = network_acl(&["203.0.113.7", "198.51.100.0/24"]);
        question.network_acl.id = Some(id.clone());
        let record = desk.apply(&question).await.unwrap().unwrap();
        let entry = ["--network-acl-id", &id, "--ingress", "--rule-number"];
        moto.aws(&[&["ec2", "delete-network-acl-entry"][..], &entry, &["98"]].concat());
        let replace = ["99", "--protocol", "-1", "--rule-action", "deny", "--cidr-block"];
        let create = [&["ec2", "replace-network-acl-entry"][..], &entry, &replace].concat();
        moto.aws(&[&create[..], &["192.0.2.0/24"]].concat());
        let left = desk.undo(&record).await.unwrap();
        let expected =
            format!("the inbound rule 99 of {id} is now another one, for 192.0.2.0/24, and stays");
        assert_eq!(left, [expected]);
        assert_eq!(denies(&moto, &id), "99 False 192.0.2.0/24");
    });
}

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
        set_rules(&moto, &arn, "[]");
        let record = desk.apply(&question).await.unwrap().unwrap();
        set_rules(&moto, &arn, "[]");
        assert!(desk.undo(&record).await.unwrap().is_empty());
        assert_eq!(web_acl_says(&moto, &arn, "length(WebACL.Rules)"), "0");
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

#[test]
fn a_security_group_is_narrowed_by_its_rules() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let create = "ec2 create-security-group --group-name web --description web";
        let id = ask(&moto, create, "GroupId");
        let permissions = r#"[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"192.0.2.0/30","Description":"web"}],"Ipv6Ranges":[{"CidrIpv6":"2001:db8::/126"}]}]"#;
        let authorize = ["ec2", "authorize-security-group-ingress", "--group-id", &id];
        moto.aws(&[&authorize[..], &["--ip-permissions", permissions]].concat());
        let mut question = wanted(Way::SecurityGroup, &["192.0.2.1", "2001:db8::/127"]);
        question.security_group = Some(id.clone());
        assert_eq!(
            desk.difference(&question).await,
            format!(
                "+ inbound rule of {id}: allow tcp 443-443 192.0.2.0/32\n\
                 + inbound rule of {id}: allow tcp 443-443 192.0.2.2/31\n\
                 + inbound rule of {id}: allow tcp 443-443 2001:db8::2/127\n\
                 - inbound rule of {id}: allow tcp 443-443 192.0.2.0/30\n\
                 - inbound rule of {id}: allow tcp 443-443 2001:db8::/126\n"
            )
        );
        let networks = || {
            let command = format!("ec2 describe-security-groups --group-ids {id}");
            let query = "SecurityGroups[0].IpPermissions[].\
                         [IpRanges[].CidrIp, Ipv6Ranges[].CidrIpv6][][]";
            let mut all: Vec<String> =
                ask(&moto, &command, query).split_whitespace().map(str::to_owned).collect();
            all.sort();
            all.join(" ")
        };
        let record = desk.apply(&question).await.unwrap().unwrap();
        assert_eq!(networks(), "192.0.2.0/32 192.0.2.2/31 2001:db8::2/127");
        desk.undo(&record).await.unwrap();
        assert_eq!(networks(), "192.0.2.0/30 2001:db8::/126");
    });
}

#[test]
fn what_is_named_and_not_there_is_told() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let desk = Desk::at(moto.endpoint()).await;
        let mut question = wanted(Way::WafGeo, &["TV"]);
        question.web_acl.web_acl = Some("nowhere".parse().unwrap());
        let error = present(&desk.asker, &question).await.unwrap_err();
        assert_eq!(error.to_string(), "no web ACL `nowhere`");
        let error = present(&desk.asker, &network_acl(&["192.0.2.1"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    });
}

#[test]
fn credentials_that_have_expired_change_nothing() {
    let server = HttpServer::start(|request| {
        gate::refusal(request, 400, "ExpiredToken", "The security token has expired")
    });
    run(async {
        let desk = Desk::at(server.endpoint()).await;
        let error = present(&desk.asker, &network_acl(&["192.0.2.1"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied);
        assert!(error.to_string().contains("the credentials have expired"), "{error}");
        assert!(list(desk.folder.path()).unwrap().records.is_empty());
    });
}

#[test]
fn nothing_is_changed_where_no_record_can_be_kept() {
    let Some(moto) = Moto::start() else { return };
    run(async {
        let mut desk = Desk::at(moto.endpoint()).await;
        let file = desk.folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let plan = desk.plan(&waf(&["203.0.113.7"])).await;
        let difference = difference(&desk.asker, &plan).await.unwrap();
        let options = ApplyOptions { folder: &file, now: NOW };
        let error = apply(&desk.asker, &plan, &difference, options).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot write the record"), "{error}");
        assert_eq!(waf_counts(&moto), ("0".to_owned(), "0".to_owned()));
        desk.folder = tempfile::tempdir().unwrap();
    });
}

#[test]
fn a_damaged_record_is_told_and_the_others_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("20261122T093000Z-half.json"), "{\"id\": \"2026").unwrap();
    let records = list(folder.path()).unwrap();
    assert!(records.records.is_empty());
    assert!(records.troubles[0].contains("is no record of a block"), "{:?}", records.troubles);
    assert!(list(Path::new("/nonexistent/blocks")).unwrap().records.is_empty());
    for id in ["../20261122T093000Z-half", "", "a/b", "none"] {
        assert_eq!(read(folder.path(), id).unwrap_err().kind(), ErrorKind::NotFound, "{id}");
    }
}

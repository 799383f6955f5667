//! The commands of the AWS CLI, run by `sh` against moto.

use std::process::Command;

use floodmark_block::plan::Wanted;
use floodmark_block::render::{Form, render};
use floodmark_block::rule::{Direction, Plan};
use floodmark_block::way::Way;
use floodmark_testing::moto::Moto;
use floodmark_testing::python;

use crate::forms::{HOSTILE, HOSTILE_IN_BASE64};
use crate::sample::{LOAD_BALANCER, network_acl, planned, wanted};

/// Runs a plan's commands as they are, in an empty folder; what they say on standard error if they fail.
fn run(moto: &Moto, plan: &Plan) -> Result<(), String> {
    let script = render(plan, Form::Cli).expect("it does");
    let folder = tempfile::tempdir().expect("a folder of its own");
    let python = python::interpreter().expect("moto runs, so it is there");
    let mut path = python.parent().expect("moto runs, so it is there").as_os_str().to_owned();
    path.push(":/usr/bin:/bin");
    let output = Command::new("sh")
        .arg("-c")
        .arg(&script)
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .env("LANG", "C.UTF-8")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .envs(moto.environment())
        .output()
        .expect("it does");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("it does").collect();
    assert!(left.is_empty(), "the script left files: {left:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{said}\n{script}")) }
}

fn works(moto: &Moto, plan: &Plan) {
    if let Err(said) = run(moto, plan) {
        panic!("{said}");
    }
}

/// What a query of the AWS CLI tells.
pub(crate) fn ask(moto: &Moto, command: &str, query: &str) -> String {
    let words = command.split_whitespace().chain(["--query", query]);
    moto.aws(&words.collect::<Vec<_>>())
}

/// The id of a network ACL that was never touched.
pub(crate) fn network_acl_id(moto: &Moto) -> String {
    ask(moto, "ec2 describe-network-acls", "NetworkAcls[0].NetworkAclId")
}

/// A list with a rule that another has made.
fn others(statement: &str) -> String {
    let visibility =
        r#"{"SampledRequestsEnabled":true,"CloudWatchMetricsEnabled":true,"MetricName":"others"}"#;
    format!(
        r#"[{{"Name":"others","Priority":20,"Action":{{"Count":{{}}}},"Statement":{statement},"VisibilityConfig":{visibility}}}]"#
    )
}

/// A web ACL `site` with a rule and all else that a careless update would lose; its ARN.
pub(crate) fn web_acl(moto: &Moto) -> String {
    let rule = others(r#"{"GeoMatchStatement":{"CountryCodes":["AQ"]}}"#);
    moto.aws(&[
        "wafv2",
        "create-web-acl",
        "--name",
        "site",
        "--scope",
        "REGIONAL",
        "--default-action",
        r#"{"Block":{}}"#,
        "--description",
        "the site of a team",
        "--visibility-config",
        "SampledRequestsEnabled=false,CloudWatchMetricsEnabled=true,MetricName=site",
        "--token-domains",
        "example.com",
        "--custom-response-bodies",
        r#"{"sorry":{"ContentType":"TEXT_PLAIN","Content":"sorry"}}"#,
        "--rules",
        &rule,
        "--query",
        "Summary.ARN",
    ])
}

/// What a query tells of a web ACL.
pub(crate) fn web_acl_says(moto: &Moto, arn: &str, query: &str) -> String {
    let mut path = arn.rsplit('/');
    let (id, name) = (path.next().expect("it does"), path.next().expect("it does"));
    ask(moto, &format!("wafv2 get-web-acl --scope REGIONAL --name {name} --id {id}"), query)
}

/// What the web ACL of [`web_acl`] must keep, in a line.
pub(crate) fn kept(moto: &Moto, arn: &str) -> String {
    let parts = "WebACL.[join(',', keys(DefaultAction)), Description, \
                 VisibilityConfig.SampledRequestsEnabled, TokenDomains[0], \
                 CustomResponseBodies.sorry.Content, \
                 Rules[?Name=='others'].Statement.GeoMatchStatement.CountryCodes[] | [0]]";
    web_acl_says(moto, arn, parts)
}

#[test]
fn entries_of_a_network_acl_come_and_go() {
    let Some(moto) = Moto::start() else { return };
    let id = network_acl_id(&moto);
    let mut question = network_acl(&["203.0.113.7", "198.51.100.0/24", "2001:db8:1::/48"]);
    question.network_acl.id = Some(id.clone());
    question.directions = Direction::ALL.to_vec();
    let plan = planned(&question);
    works(&moto, &plan);
    let query = "NetworkAcls[0].Entries[?RuleAction=='deny' && RuleNumber<`100`].\
                 [RuleNumber, Egress, CidrBlock || Ipv6CidrBlock, Protocol]";
    let command = format!("ec2 describe-network-acls --network-acl-ids {id}");
    let mut lines: Vec<String> = ask(&moto, &command, query).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "97\tFalse\t198.51.100.0/24\t-1",
            "97\tTrue\t198.51.100.0/24\t-1",
            "98\tFalse\t203.0.113.7/32\t-1",
            "98\tTrue\t203.0.113.7/32\t-1",
            "99\tFalse\t2001:db8:1::/48\t-1",
            "99\tTrue\t2001:db8:1::/48\t-1",
        ]
    );
    works(&moto, &plan.undo());
    assert_eq!(ask(&moto, &command, query), "");
}

#[test]
fn an_entry_that_is_there_is_left_and_one_of_others_ends_the_script() {
    let Some(moto) = Moto::start() else { return };
    let id = network_acl_id(&moto);
    let mut question = network_acl(&["203.0.113.7", "198.51.100.0/24"]);
    question.network_acl.id = Some(id.clone());
    let plan = planned(&question);
    works(&moto, &plan);
    works(&moto, &plan);
    let entry = ["--network-acl-id", &id, "--ingress", "--rule-number", "99"];
    let replace = ["--protocol", "-1", "--rule-action", "deny", "--cidr-block", "192.0.2.0/24"];
    moto.aws(&[&["ec2", "replace-network-acl-entry"][..], &entry, &replace].concat());
    let said = run(&moto, &plan).unwrap_err();
    assert!(said.contains("NetworkAclEntryAlreadyExists"), "{said}");
    assert!(said.contains("the entry 99 of"), "{said}");
    // What takes ours away leaves it.
    works(&moto, &plan.undo());
    works(&moto, &plan.undo());
    let query = "NetworkAcls[0].Entries[?RuleNumber<`100`].CidrBlock";
    let command = format!("ec2 describe-network-acls --network-acl-ids {id}");
    assert_eq!(ask(&moto, &command, query), "192.0.2.0/24");
}

#[test]
fn hostile_texts_beside_an_ip_set_run_nothing() {
    let Some(moto) = Moto::start() else { return };
    let arn = web_acl(&moto);
    let targets = [&HOSTILE[..], &["203.0.113.7", "2001:db8:1::/48"]].concat();
    let mut question = wanted(Way::WafRate, &targets);
    question.web_acl.web_acl = Some(arn.parse().unwrap());
    let plan = planned(&question);
    works(&moto, &plan);
    let statements = format!(
        "WebACL.Rules[?Name=='{}'].Statement.RateBasedStatement.ScopeDownStatement.OrStatement.Statements[]",
        plan.name
    );
    let texts = format!("{statements}.ByteMatchStatement.SearchString");
    let found = web_acl_says(&moto, &arn, &texts);
    assert_eq!(found.split('\t').collect::<Vec<_>>(), HOSTILE_IN_BASE64);
    let sets = format!("{statements}.IPSetReferenceStatement.ARN");
    let found = web_acl_says(&moto, &arn, &sets);
    let names: Vec<&str> =
        found.split('\t').map(|arn| arn.split('/').nth(2).unwrap_or_default()).collect();
    assert_eq!(names, [format!("{}-v4", plan.name), format!("{}-v6", plan.name)]);
    works(&moto, &plan.undo());
}

#[test]
fn what_others_made_under_the_same_name_stays() {
    let Some(moto) = Moto::start() else { return };
    let arn = web_acl(&moto);
    let mut question = wanted(Way::WafGeo, &["TV"]);
    question.name = Some("others".to_owned());
    question.web_acl.web_acl = Some(arn.parse().unwrap());
    let said = run(&moto, &planned(&question)).unwrap_err();
    assert!(said.contains("the rule others of the web ACL was not made by floodmark"), "{said}");
    let mut question = wanted(Way::WafGeo, &["TV"]);
    question.name = Some("site".to_owned());
    let said = run(&moto, &planned(&question)).unwrap_err();
    assert!(said.contains("the web ACL site was not made by floodmark"), "{said}");
    assert_eq!(web_acl_says(&moto, &arn, "WebACL.Rules[].Name"), "others");
    let create = "wafv2 create-ip-set --name team-v4 --scope REGIONAL --ip-address-version IPV4";
    ask(&moto, &format!("{create} --addresses 192.0.2.0/24"), "Summary.Id");
    let mut question = wanted(Way::WafIpSet, &["203.0.113.7"]);
    question.name = Some("team".to_owned());
    let said = run(&moto, &planned(&question)).unwrap_err();
    assert!(said.contains("the IP set team-v4 was not made by floodmark"), "{said}");
}

#[test]
fn an_ip_set_protects_a_load_balancer_and_keeps_what_others_put_there() {
    let Some(moto) = Moto::start() else { return };
    let mut question = wanted(Way::WafIpSet, &["203.0.113.7", "2001:db8:1::/48"]);
    question.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
    question.name = Some("flood".to_owned());
    works(&moto, &planned(&question));
    let of_resource = format!("wafv2 get-web-acl-for-resource --resource-arn {LOAD_BALANCER}");
    let rule = "WebACL.[Name, Rules[0].Name, length(Rules)]";
    assert_eq!(ask(&moto, &of_resource, rule), "flood\tflood\t1");
    let addresses = |name: &str| {
        let sets = "wafv2 list-ip-sets --scope REGIONAL";
        let id = ask(&moto, sets, &format!("IPSets[?Name=='{name}'].Id | [0]"));
        if id == "None" {
            return id;
        }
        let set = format!("wafv2 get-ip-set --scope REGIONAL --name {name} --id {id}");
        let mut all: Vec<String> =
            ask(&moto, &set, "IPSet.Addresses[]").split('\t').map(str::to_owned).collect();
        all.sort();
        all.join(" ")
    };
    assert_eq!(addresses("flood-v4"), "203.0.113.7/32");
    assert_eq!(addresses("flood-v6"), "2001:0db8:0001:0000:0000:0000:0000:0000/48");

    // Another list of the same name adds to it, and its undo takes only its own away.
    let mut more: Wanted = wanted(Way::WafIpSet, &["198.51.100.9"]);
    more.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
    more.name = Some("flood".to_owned());
    let mut plan = planned(&more);
    plan.changes.truncate(1);
    works(&moto, &plan);
    works(&moto, &plan);
    assert_eq!(addresses("flood-v4"), "198.51.100.9/32 203.0.113.7/32");
    works(&moto, &plan.undo());
    assert_eq!(addresses("flood-v4"), "203.0.113.7/32");

    works(&moto, &planned(&question).undo());
    assert_eq!(addresses("flood-v4"), "None");
    assert_eq!(addresses("flood-v6"), "None");
    assert_eq!(ask(&moto, "wafv2 list-web-acls --scope REGIONAL", "length(WebACLs)"), "0");
}

#[test]
fn hostile_texts_reach_a_web_acl_as_they_are_and_all_else_of_it_stays() {
    let Some(moto) = Moto::start() else { return };
    let arn = web_acl(&moto);
    let before = kept(&moto, &arn);
    assert_eq!(before, "Block\tthe site of a team\tFalse\texample.com\tsorry\tAQ");
    for reference in ["site", arn.as_str()] {
        let mut question = wanted(Way::WafMatch, &HOSTILE);
        question.web_acl.web_acl = Some(reference.parse().unwrap());
        let plan = planned(&question);
        works(&moto, &plan);
        let ours = format!(
            "WebACL.Rules[?Name=='{}'].Statement.OrStatement.Statements[]\
             .ByteMatchStatement.SearchString",
            plan.name
        );
        // As this AWS CLI tells them.
        assert_eq!(
            web_acl_says(&moto, &arn, &ours).split('\t').collect::<Vec<_>>(),
            HOSTILE_IN_BASE64
        );
        assert_eq!(web_acl_says(&moto, &arn, "length(WebACL.Rules)"), "2");
        assert_eq!(kept(&moto, &arn), before);
        works(&moto, &plan.undo());
        assert_eq!(web_acl_says(&moto, &arn, "WebACL.Rules[].Name"), "others");
        assert_eq!(kept(&moto, &arn), before);
    }
}

#[test]
fn the_first_aws_cli_leaves_a_web_acl_alone_whose_texts_it_would_spoil() {
    let Some(moto) = Moto::start() else { return };
    let arn = web_acl(&moto);
    let mut texts = wanted(Way::WafMatch, &["user-agent:*old bot*"]);
    texts.web_acl.web_acl = Some(arn.parse().unwrap());
    works(&moto, &planned(&texts));
    let mut question = wanted(Way::WafGeo, &["TV"]);
    question.web_acl.web_acl = Some(arn.parse().unwrap());
    question.web_acl.priority = Some(5);
    let said = run(&moto, &planned(&question)).unwrap_err();
    assert!(said.contains("AWS CLI 2 can change it, this one cannot"), "{said}");
    assert_eq!(web_acl_says(&moto, &arn, "length(WebACL.Rules)"), "2");
}

#[test]
fn a_security_group_is_narrowed_and_widened_again() {
    use floodmark_block::present::{Present, SecurityGroup};
    use floodmark_block::rule::AllowRule;

    let Some(moto) = Moto::start() else { return };
    let id = ask(&moto, "ec2 create-security-group --group-name web --description web", "GroupId");
    moto.aws(&[
        "ec2",
        "authorize-security-group-ingress",
        "--group-id",
        &id,
        "--ip-permissions",
        r#"[{"IpProtocol":"tcp","FromPort":443,"ToPort":443,"IpRanges":[{"CidrIp":"192.0.2.0/30"}]}]"#,
    ]);
    let rule = AllowRule {
        direction: Direction::Inbound,
        protocol: "tcp".to_owned(),
        from_port: Some(443),
        to_port: Some(443),
        network: "192.0.2.0/30".parse().unwrap(),
        description: None,
    };
    let group =
        SecurityGroup { id: id.clone(), name: "web".to_owned(), rules: vec![rule], references: 0 };
    let present = Present { security_group: Some(group), ..Present::default() };
    let mut question = wanted(Way::SecurityGroup, &["192.0.2.1"]);
    question.security_group = Some(id.clone());
    let plan = floodmark_block::plan::plan(&question, &present).unwrap();
    works(&moto, &plan);
    let networks = || {
        let command = format!("ec2 describe-security-groups --group-ids {id}");
        let query = "SecurityGroups[0].IpPermissions[].IpRanges[].CidrIp";
        ask(&moto, &command, query).replace('\t', " ")
    };
    assert_eq!(networks(), "192.0.2.0/32 192.0.2.2/31");
    works(&moto, &plan.undo());
    assert_eq!(networks(), "192.0.2.0/30");
}

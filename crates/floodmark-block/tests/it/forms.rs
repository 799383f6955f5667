//! The forms of plans: against files in `tests/expected`, which `UPDATE=1` writes anew.

use std::path::Path;
use std::process::Stdio;

use floodmark_block::present::{NetworkAcl, Present, SecurityGroup};
use floodmark_block::render::{FORMS, Form, render};
use floodmark_block::rule::{AllowRule, Direction, Plan, Scope};
use floodmark_block::way::Way;
use floodmark_testing::python;

use crate::sample::{LOAD_BALANCER, NOW, held, network_acl, planned, wanted};

const WEB_ACL: &str = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/site/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d";

/// Texts that would break out of a careless form.
pub(crate) const HOSTILE: [&str; 8] = [
    r#"path:/a'b"c"#,
    "path:/$(touch pwned)`touch pwned`",
    r"user-agent:*${jndi:ldap://example.com/a}%{x}\\*",
    "user-agent:*\\*/ -- '; DROP TABLE x; #*",
    "user-agent:käse 🧀 <script>",
    "user-agent:*|]}][`'\\u0060 &&*",
    r#"user-agent:\u0001tab$(touch pwned)\u0001\u0001["ip_set_v4"]"#,
    "user-agent:{{resolve:secretsmanager:key}}",
];

/// What is looked for because of them, in base64.
pub(crate) const HOSTILE_IN_BASE64: [&str; 8] = [
    "L2EnYiJj",
    "LyQodG91Y2ggcHduZWQpYHRvdWNoIHB3bmVkYA==",
    "JHtqbmRpOmxkYXA6Ly9leGFtcGxlLmNvbS9hfSV7eH1c",
    "Ki8gLS0gJzsgRFJPUCBUQUJMRSB4OyAj",
    "a8Okc2Ug8J+ngCA8c2NyaXB0Pg==",
    "fF19XVtgJ1x1MDA2MCAmJg==",
    "XHUwMDAxdGFiJCh0b3VjaCBwd25lZClcdTAwMDFcdTAwMDFbImlwX3NldF92NCJd",
    "e3tyZXNvbHZlOnNlY3JldHNtYW5hZ2VyOmtleX19",
];

/// A plan of each way.
fn plans() -> Vec<(&'static str, Plan)> {
    let mut acl = network_acl(&["203.0.113.7", "198.51.100.0/24", "2001:db8:1::/48"]);
    acl.directions = Direction::ALL.to_vec();
    acl.expires = Some(NOW + 86_400);
    let mut set = wanted(Way::WafIpSet, &["203.0.113.7", "198.51.100.0/24", "2001:db8:1::/48"]);
    set.web_acl.resource_arn = Some(LOAD_BALANCER.to_owned());
    let geo = wanted(Way::WafGeo, &["TV"]);
    let mut rate = wanted(Way::WafRate, &["/login*", "TV", "203.0.113.0/24"]);
    rate.web_acl.web_acl = Some("site".parse().expect("it is well written"));
    rate.rate.requests_max = 100;
    rate.rate.window_seconds = 60;
    let mut text = wanted(Way::WafMatch, &HOSTILE);
    text.web_acl.web_acl = Some(WEB_ACL.parse().expect("it is well written"));
    let mut distribution = wanted(Way::WafMatch, &["user-agent:*bad bot*"]);
    distribution.web_acl.scope = Scope::CloudFront;
    vec![
        ("nacl", planned(&acl)),
        ("security-group", security_group()),
        ("waf-ip-set", planned(&set)),
        ("waf-geo", planned(&geo)),
        ("waf-rate", planned(&rate)),
        ("waf-match", planned(&text)),
        ("waf-cloudfront", planned(&distribution)),
    ]
}

fn security_group() -> Plan {
    let rule = AllowRule {
        direction: Direction::Inbound,
        protocol: "tcp".to_owned(),
        from_port: Some(443),
        to_port: Some(443),
        network: "192.0.2.0/30".parse().expect("it is well written"),
        description: Some("it's \"the web\" ${x}".to_owned()),
    };
    let group = SecurityGroup {
        id: "sg-0a1b2c3d4e5f60718".to_owned(),
        name: "web".to_owned(),
        rules: vec![rule],
        references: 0,
    };
    let present = Present {
        security_group: Some(group),
        network_acl: None::<NetworkAcl>,
        ..Present::default()
    };
    let mut question = wanted(Way::SecurityGroup, &["192.0.2.1"]);
    question.security_group = Some("sg-0a1b2c3d4e5f60718".to_owned());
    floodmark_block::plan::plan(&question, &present).expect("it can be planned")
}

fn check(name: &str, form: Form, plan: &Plan) {
    let text = render(plan, form).unwrap_or_else(|error| {
        format!("{error}\nhint: {}\n", error.hint_text().expect("it does"))
    });
    let ending = match form {
        Form::Cli => "sh",
        Form::Json => "json",
        Form::Terraform => "tf",
        Form::CloudFormation => "cloudformation.json",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected");
    let path = folder.join(format!("{name}.{ending}"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("it does");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{} is not as expected; UPDATE=1 writes:\n{text}", path.display());
}

#[test]
fn each_form_is_as_expected() {
    for (name, plan) in plans() {
        for (form, _) in FORMS {
            check(name, form, &plan);
            check(&format!("{name}.undo"), form, &plan.undo());
        }
    }
}

#[test]
fn terraform_reads_what_is_written_and_no_text_breaks_out() {
    for (name, plan) in plans() {
        for plan in [&plan, &plan.undo()] {
            let Ok(text) = render(plan, Form::Terraform) else { continue };
            let Some(read) = read_terraform(&text) else { return };
            let kinds: usize = match read.get("resource").or(read.get("removed")) {
                Some(blocks) => blocks.as_array().unwrap().len(),
                None => 0,
            };
            assert!(kinds > 0, "{name}: {read}");
            let resources = read.get("resource").and_then(|blocks| blocks.as_array());
            for resource in resources.into_iter().flatten() {
                let kind = resource.as_object().unwrap().keys().next().unwrap();
                assert!(kind.trim_matches('"').starts_with("aws_"), "{kind}");
            }
        }
    }
}

/// What Terraform's grammar makes of a text; none without the Python packages.
fn read_terraform(text: &str) -> Option<serde_json::Value> {
    let mut command = python::script("read_terraform.py")?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it does");
    std::io::Write::write_all(&mut child.stdin.take().expect("it does"), text.as_bytes())
        .expect("it does");
    let output = child.wait_with_output().expect("it does");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{text}");
    Some(serde_json::from_slice(&output.stdout).expect("it does"))
}

#[test]
fn cloudformation_s_lint_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, plan) in plans() {
        for (aim, plan) in [("block", &plan), ("undo", &plan.undo())] {
            let Ok(text) = render(plan, Form::CloudFormation) else { continue };
            let path = folder.path().join(format!("{name}-{aim}.json"));
            std::fs::write(&path, text).unwrap();
            paths.push(path);
        }
    }
    let Some(mut command) = python::command("cfn-lint") else { return };
    let output = command.arg("--region").arg("us-east-1").arg("--").args(&paths).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn each_form_keeps_the_texts_that_are_looked_for() {
    let (_, plan) = plans().into_iter().find(|(name, _)| *name == "waf-match").unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&render(&plan, Form::CloudFormation).unwrap()).unwrap();
    let rule = &json["Resources"]["RuleGroup"]["Properties"]["Rules"][0];
    let found: Vec<&str> = rule["Statement"]["OrStatement"]["Statements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|statement| statement["ByteMatchStatement"]["SearchStringBase64"].as_str().unwrap())
        .collect();
    // In base64, where CloudFormation resolves nothing.
    assert_eq!(found, HOSTILE_IN_BASE64);
    let terraform = render(&plan, Form::Terraform).unwrap();
    assert!(
        terraform.contains(r#"search_string         = "$${jndi:ldap://example.com/a}%%{x}\\""#)
    );
}

#[test]
fn a_declaration_of_nothing_is_refused_with_the_reason() {
    let mut question = wanted(Way::SecurityGroup, &["192.0.2.1"]);
    question.security_group = Some("sg-0a1b2c3d4e5f60718".to_owned());
    let plan = planned(&question);
    for form in [Form::Terraform, Form::CloudFormation] {
        let error = render(&plan, form).unwrap_err();
        assert!(error.to_string().starts_with("there is nothing to change"), "{error}");
        assert!(error.hint_text().unwrap().contains("are not known"), "{error}");
    }
}

#[test]
fn an_entry_that_is_there_is_not_made_again() {
    let mut question = network_acl(&["203.0.113.7", "198.51.100.1"]);
    question.directions = vec![Direction::Inbound];
    let present = held(&[
        (98, Direction::Inbound, false, "203.0.113.7/32"),
        (100, Direction::Inbound, true, "0.0.0.0/0"),
    ]);
    let plan = floodmark_block::plan::plan(&question, &present).unwrap();
    for (form, _) in FORMS {
        let text = render(&plan, form).unwrap();
        assert!(text.contains("198.51.100.1/32"), "{text}");
        assert!(!text.contains("203.0.113.7/32"), "{text}");
    }
}

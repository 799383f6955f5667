//! `block` through the command line: rules from what `explain` found, tested on logs, written, applied on moto and taken back.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use floodmark_testing::gate;
use floodmark_testing::http_server::HttpServer;
use floodmark_testing::moto::Moto;
use floodmark_testing::python;
use serde_json::Value;
use tempfile::TempDir;

use crate::incidents::Incident;
use crate::program::{Answer, answer, command, repository};

/// The windows of the generated incidents.
const WINDOWS: [&str; 4] =
    ["--during", "2024-10-05T02:00/03:00", "--before", "2024-10-05T01:00/02:00"];

/// A data folder of its own, and where AWS is, if it is anywhere.
struct Site {
    home: TempDir,
    endpoint: Option<String>,
}

impl Site {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a temporary folder"), endpoint: None }
    }

    fn with(endpoint: &str) -> Self {
        Self { endpoint: Some(endpoint.to_owned()), ..Self::new() }
    }

    /// Runs the program with this standard input.
    fn run_with(&self, arguments: &[&str], input: &str) -> Answer {
        let mut command = command(arguments);
        command.env("FLOODMARK_HOME", self.home.path()).env("FLOODMARK_REPORT", "none");
        if let Some(endpoint) = &self.endpoint {
            command
                .env("AWS_ENDPOINT_URL", endpoint)
                .env("AWS_ACCESS_KEY_ID", "testing")
                .env("AWS_SECRET_ACCESS_KEY", "testing")
                .env("AWS_REGION", "eu-west-1");
        }
        answer(&mut command, input.as_bytes())
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        self.run_with(&[&["block"], arguments].concat(), "")
    }

    /// What it writes; it must succeed.
    fn write(&self, arguments: &[&str]) -> String {
        let answer = self.run(arguments);
        assert_eq!(answer.code, 0, "{arguments:?}\n{}", answer.err);
        answer.out
    }

    /// It must be refused, and say so.
    fn refuse(&self, arguments: &[&str], code: i32, said: &str) {
        let answer = self.run(arguments);
        assert_eq!(answer.code, code, "{arguments:?}\n{}{}", answer.out, answer.err);
        assert!(answer.err.contains(said), "{arguments:?}: `{said}` is not said:\n{}", answer.err);
        assert!(answer.out.is_empty(), "{arguments:?} writes a rule:\n{}", answer.out);
    }

    /// What `explain` finds in logs, as JSON.
    fn explain(&self, logs: &Path) -> String {
        let arguments = ["explain", text(logs), "--format", "json"];
        let answer = self.run_with(&[&arguments, &WINDOWS[..]].concat(), "");
        assert_eq!(answer.code, 0, "{}", answer.err);
        answer.out
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn rules_are_written_in_each_form() {
    let site = Site::new();
    let acl = ["--with", "nacl", "--acl-id", "acl-0a1b2c3d4e5f60718"];
    let cases: [(&[&str], &[&str]); 6] = [
        (&["203.0.113.9", "203.0.113.8"], &["203.0.113.8/31", "create-network-acl-entry"]),
        (&["--as", "json", "2001:db8::/32"], &["\"CreateNetworkAclEntry\"", "2001:db8::/32"]),
        (&["--as", "terraform", "203.0.113.9"], &["aws_network_acl_rule", "203.0.113.9/32"]),
        (&["--as", "cloudformation", "203.0.113.9"], &["AWS::EC2::NetworkAclEntry"]),
        (&["--direction", "outbound", "--rule-number", "42", "203.0.113.9"], &["--egress", " 42 "]),
        (&["--undo", "203.0.113.9"], &["delete-network-acl-entry"]),
    ];
    for (arguments, expected) in cases {
        let written = site.write(&[&acl, arguments].concat());
        for part in expected {
            assert!(written.contains(part), "{arguments:?}: no `{part}`:\n{written}");
        }
    }
    let cases: [(&[&str], &str); 5] = [
        (&["--with", "waf-geo", "TV"], "TV"),
        (&["--with", "waf-ip-set", "198.51.100.0/24"], "create-ip-set"),
        (&["--with", "waf-rate", "--limit", "500", "--window", "60", "/login"], "500"),
        (&["--with", "waf-match", "--match", "user-agent", "*sqlmap*"], "user-agent"),
        (&["--with", "waf-geo", "--scope", "cloudfront", "TV"], "CLOUDFRONT"),
    ];
    for (arguments, part) in cases {
        let written = site.write(arguments);
        assert!(written.contains(part), "{arguments:?}: no `{part}`:\n{written}");
    }
}

#[test]
fn targets_come_from_files_and_networks_are_merged() {
    let site = Site::new();
    let file = site.home.path().join("list.txt");
    let lines = "# a list\n198.51.100.0 ; seen twice\n198.51.100.1\n\n198.51.100.3 # a note\n";
    std::fs::write(&file, lines).expect("a file to write to");
    let arguments = ["--with", "waf-ip-set", "--as", "json", "--file", text(&file)];
    let exact = site.write(&arguments);
    assert!(exact.contains("198.51.100.0/31") && exact.contains("198.51.100.3/32"), "{exact}");
    let merged = site.write(&[&arguments[..], &["--bystanders", "30%"]].concat());
    assert!(merged.contains("198.51.100.0/30") && !merged.contains("/31"), "{merged}");
    std::fs::write(&file, "198.51.100.0\nnonsense\n").expect("a file to write to");
    site.refuse(&arguments, 2, "line 2");
}

/// What `explain` finds in the generated incidents becomes rules, and the test says how much of the attack they block.
#[test]
fn findings_become_rules_that_are_tested() {
    let acl = "acl-0a1b2c3d4e5f60718";
    let cases: [(&str, &[&str], &[&str], &str); 8] = [
        (
            "flood",
            &["--with", "nacl", "--acl-id", acl],
            &["198.51.100.23/32", "203.0.113.201/32", "192.0.2.66/32", "203.0.113.7/32"],
            "24,000 of 24,000 connections of the attack (100 %)",
        ),
        (
            "slow-drip",
            &["--with", "nacl", "--acl-id", acl],
            &["198.18.0.0/16"],
            "2,400 of 2,400 connections of the attack (100 %)",
        ),
        (
            "botnet",
            &["--with", "waf-ip-set"],
            &["198.18.0.0/16"],
            "30,000 of 30,000 requests of the attack (100 %)",
        ),
        (
            "scattered-botnet",
            &["--with", "waf-match"],
            &["PriceProbe"],
            "12,000 of 12,000 requests of the attack (100 %)",
        ),
        (
            "ipv6-prefix",
            &["--with", "waf-ip-set", "--scope", "cloudfront"],
            &["2001:0db8:0077:0000:0000:0000:0000:0000/48"],
            "9,000 of 9,000 requests of the attack (100 %)",
        ),
        (
            "reject-scan",
            &["--with", "nacl", "--acl-id", acl],
            &["203.0.113.77/32", "--ingress"],
            "6,000 of 6,000 flows of the attack (100 %)",
        ),
        (
            "path",
            &["--with", "waf-match", "--scope", "cloudfront", "--allow", "bystanders"],
            &["/search/"],
            "4,432 of 4,432 requests of the attack (100 %)",
        ),
        (
            "user-agent",
            &["--with", "waf-match", "--scope", "cloudfront", "--allow", "bystanders"],
            &["okhttp/4.9.0", "okhttp/4.12.0"],
            "4,038 of 4,038 requests of the attack (100 %)",
        ),
    ];
    for (name, way, written, said) in cases {
        let site = Site::new();
        let incident = Incident::new(name, &[]);
        let logs = incident.logs();
        let found = site.explain(&logs);
        let from = ["--from-explain", "-", "--from", text(&logs)];
        let answer = site.run_with(&[&["block"], way, &from[..]].concat(), &found);
        assert_eq!(answer.code, 0, "{name}: {}", answer.err);
        assert!(answer.err.contains(said), "{name}: `{said}` is not said:\n{}", answer.err);
        for part in written {
            assert!(answer.out.contains(part), "{name}: no `{part}`:\n{}", answer.out);
        }
    }
}

#[test]
fn what_a_way_cannot_block_is_said() {
    let site = Site::new();
    let incident = Incident::new("two-causes", &[]);
    let logs = incident.logs();
    let found = site.explain(&logs);
    let arguments = ["block", "--with", "waf-ip-set", "--from-explain", "-"];
    let answer = site.run_with(&arguments, &found);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("203.0.113.50/32"), "{}", answer.out);
    let said = "`waf-ip-set` cannot block finding 2 (domain_name login.example.com)";
    assert!(answer.err.contains(said), "{}", answer.err);
    let answer = site.run_with(&["block", "--with", "waf-geo", "--from-explain", "-"], &found);
    assert_eq!(answer.code, 7, "{}", answer.err);
    let answer = site.run_with(&["block", "--with", "nacl", "--from-explain", "-"], "{}");
    assert_eq!(answer.code, 2, "{}", answer.err);
}

/// A rule that blocks others too is refused, and one that blocks them less is not.
#[test]
fn a_rule_that_blocks_others_is_refused() {
    let site = Site::new();
    let incident = Incident::new("path", &[]);
    let logs = incident.logs();
    let way = ["--with", "waf-match", "--scope", "cloudfront", "/search/*"];
    let test = [&["--from", text(&logs)], &WINDOWS[..]].concat();
    site.refuse(&[&way[..], &test].concat(), 2, "--allow bystanders");
    let rate = ["--with", "waf-rate", "--scope", "cloudfront", "--limit", "100", "/search/*"];
    let answer = site.run(&[&rate[..], &test].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("tested on `cloudfront`"), "{}", answer.err);
}

#[test]
fn what_must_not_be_blocked_is_refused() {
    let site = Site::new();
    let acl = ["--with", "nacl", "--acl-id", "acl-0a1b2c3d4e5f60718"];
    site.refuse(&[&acl[..], &["10.1.0.0/16"]].concat(), 2, "`--allow own-ranges`");
    site.refuse(&[&acl[..], &["0.0.0.0/1"]].concat(), 2, "`--allow everyone,own-ranges`");
    site.refuse(&[&acl[..], &["172.0.0.0/8"]].concat(), 2, "holds `172.16.0.0/12`");
    // Together they are `12.0.0.0/6` and more.
    let many: Vec<String> = (11..=30).map(|first| format!("{first}.0.0.0/8")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    site.refuse(&[&acl[..], &many].concat(), 2, "`--allow everyone`");
    site.refuse(&["--with", "waf-match", "/*"], 2, "`--allow everyone`");
    let checker = "user-agent:Amazon-Route53-Health-Check-Service*";
    site.refuse(&["--with", "waf-match", checker], 2, "`--allow health-checks`");
    // A rate rule blocks only who asks too often.
    site.write(&["--with", "waf-rate", "/*"]);
    site.refuse(&[&acl[..], &["0.0.0.0/0"]].concat(), 2, "whole internet");
    site.write(&[&acl[..], &["10.1.0.0/16", "--allow", "own-ranges"]].concat());
    // Outbound, what is inside is as good a target as any.
    site.write(&[&acl[..], &["10.1.0.0/16", "--direction", "outbound"]].concat());
    // What AWS publishes as its own.
    let ranges = site.home.path().join("ip-ranges.json");
    let list = r#"{"syncToken": "1", "createDate": "2026-11-20-00-00-00", "prefixes": [
        {"ip_prefix": "203.0.113.0/26", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"},
        {"ip_prefix": "203.0.113.64/26", "region": "GLOBAL", "service": "ROUTE53_HEALTHCHECKS", "network_border_group": "GLOBAL"},
        {"ip_prefix": "203.0.113.128/26", "region": "eu-west-1", "service": "EC2", "network_border_group": "eu-west-1"}
    ], "ipv6_prefixes": []}"#;
    std::fs::write(&ranges, list).expect("a file to write to");
    let imported = site.run_with(&["data", "import", text(&ranges), "--as", "aws-ranges"], "");
    assert_eq!(imported.code, 0, "{}", imported.err);
    site.refuse(&[&acl[..], &["203.0.113.9"]].concat(), 2, "`--allow aws-services`");
    site.refuse(&[&acl[..], &["203.0.113.0/25"]].concat(), 2, "health-checks,aws-services");
    site.write(&[&acl[..], &["203.0.113.130"]].concat());
}

/// Health checks and requests that come from countries, in the logs of WAF.
#[test]
fn countries_and_health_checks_are_found_in_logs() {
    let site = Site::new();
    let folder = site.home.path().join("logs");
    let name = "aws-waf-logs-site-1-2024-10-05-02-00-00-0a1b2c3d";
    let mut lines = String::new();
    for (at, (country, agent)) in (0_u64..).zip([("TV", "curl/8.7.1"); 40].iter().chain(&[
        ("DE", "Mozilla/5.0"),
        ("-", "Mozilla/5.0"),
        ("US", "Amazon-Route53-Health-Check-Service (ref 1; report http://example.com)"),
    ])) {
        let time = 1_728_093_600_000 + at * 1000;
        let _ = writeln!(
            lines,
            r#"{{"timestamp":{time},"formatVersion":1,"webaclId":"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/site/1a2b","terminatingRuleId":"Default_Action","terminatingRuleType":"REGULAR","action":"ALLOW","httpSourceName":"ALB","httpSourceId":"111122223333-app/site/1","httpRequest":{{"clientIp":"198.51.100.{at}","country":"{country}","headers":[{{"name":"User-Agent","value":"{agent}"}}],"uri":"/","args":"","httpVersion":"HTTP/2.0","httpMethod":"GET","requestId":"1"}}}}"#
        );
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), lines).expect("a file to write to");
    let from = ["--from", text(&folder), "--log", "waf"];
    let answer = site.run(&[&["--with", "waf-geo", "TV"], &from[..]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("40 of 43 requests (93.0 %)"), "{}", answer.err);
    assert!(answer.err.contains("The country of 1 requests is not known"), "{}", answer.err);
    site.refuse(&[&["--with", "waf-geo", "US"], &from[..]].concat(), 2, "`--allow health-checks`");
}

/// A load balancer logs no countries: the user's file of countries tells them.
#[test]
fn countries_come_from_the_users_file() {
    let site = Site::new();
    let incident = Incident::new("botnet", &[]);
    let logs = incident.logs();
    let way = ["--with", "waf-geo", "TV", "--from", text(&logs), "--sql"];
    let block = [&way[..], &WINDOWS[..]].concat();
    site.refuse(&block, 7, "no country of a client is known");
    let file = site.home.path().join("countries.csv");
    std::fs::write(&file, "198.18.0.0,198.18.255.255,TV\n203.0.113.0,203.0.113.255,DE\n")
        .expect("a file to write to");
    let imported = site.run_with(&["data", "import", text(&file), "--as", "country"], "");
    assert_eq!(imported.code, 0, "{}", imported.err);
    let answer = site.run(&block);
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("it blocks 30,000 of 38,911 requests"), "{}", answer.err);
    assert!(answer.err.contains("country(client_ip) IN ('TV')"), "{}", answer.err);
}

/// Seed of it all: instances flood one address, a network ACL stops them, and everything else goes on.
#[test]
fn an_outbound_flood_is_stopped_at_the_network_acl() {
    let Some(moto) = Moto::start() else { return };
    let site = Site::with(moto.endpoint());
    let logs = site.home.path().join("logs");
    outbound_flood(&logs);
    let (acl, _) = network_acl(&moto);
    // It is known that the senders are one's own, and it is not they who are blocked.
    let refreshed = site.run_with(&["inventory", "refresh"], "");
    assert_eq!(refreshed.code, 0, "{}", refreshed.err);
    let found = site.explain(&logs);
    let block = ["block", "--with", "nacl", "--acl-id", &acl, "--from-explain", "-"];
    let test = ["--from", text(&logs), "--expires", "24h"];
    let written = site.run_with(&[&block[..], &test].concat(), &found);
    assert_eq!(written.code, 0, "{}", written.err);
    assert!(written.err.contains("flows of the attack (100 %)"), "{}", written.err);
    assert!(written.err.contains("It blocks nobody else."), "{}", written.err);
    assert!(written.err.contains("flows do not say their subnet"), "{}", written.err);
    assert!(written.out.contains("--egress"), "{}", written.out);
    assert!(entries(&moto, &acl).is_empty(), "nothing is written without --apply");

    // Nobody can be asked in a test.
    let apply = [&block[..], &["--apply"]].concat();
    let asked = site.run_with(&apply, &found);
    assert_eq!(asked.code, 2, "{}", asked.err);
    assert!(asked.err.contains("--yes"), "{}", asked.err);
    assert!(entries(&moto, &acl).is_empty(), "nothing is written without a yes");

    let apply = [&apply[..], &["--yes"]].concat();
    let applied = site.run_with(&apply, &found);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.err.contains("not tested on any logs"), "{}", applied.err);
    let there = entries(&moto, &acl);
    assert_eq!(there.len(), 1, "{there:?}");
    assert_eq!(there[0]["CidrBlock"], "203.0.113.9/32");
    assert_eq!(there[0]["Egress"], true);
    assert!(there[0]["RuleNumber"].as_u64().is_some_and(|number| number < 100), "{there:?}");

    let again = site.run_with(&apply, &found);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("nothing is changed"), "{}", again.err);
    assert_eq!(entries(&moto, &acl).len(), 1);

    let listed = site.write(&["list"]);
    let id = listed.lines().nth(1).and_then(|line| line.split(' ').next()).expect("a record");
    let undone = site.run(&["--undo", id, "--apply", "--yes"]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert!(entries(&moto, &acl).is_empty());
    assert!(site.write(&["list"]).contains("taken back"));
}

/// The list stands before its own subnets, and what others see is no test of it.
#[test]
fn a_network_acl_is_tested_on_its_own_subnets() {
    let Some(moto) = Moto::start() else { return };
    let site = Site::with(moto.endpoint());
    let (acl, subnet) = network_acl(&moto);
    let logs = site.home.path().join("logs");
    let other = "subnet-0a1b2c3d4e5f60718";
    let seen = [
        ("203.0.113.9", subnet.as_str()),
        ("203.0.113.9", &subnet),
        ("198.51.100.7", &subnet),
        ("203.0.113.9", other),
        ("198.51.100.7", other),
    ];
    flows(&logs, &seen.map(|(from, subnet)| Flow { at: 1, from, subnet, bytes: 1000 }));
    let block = ["--with", "nacl", "--acl-id", &acl, "203.0.113.9", "--from", text(&logs)];
    let tested = site.run(&block);
    assert_eq!(tested.code, 0, "{}", tested.err);
    assert!(tested.err.contains("blocked 2 of 3 flows"), "{}", tested.err);
    let offline = site.run(&[&block[..], &["--offline"]].concat());
    assert!(offline.err.contains("blocked 3 of 5 flows"), "{}", offline.err);
    assert!(offline.err.contains("No subnets that the network ACL guards"), "{}", offline.err);
}

/// As many flows as before, of which some are so large that they are the attack.
#[test]
fn an_attack_of_bytes_is_told_by_bytes() {
    let site = Site::new();
    let logs = site.home.path().join("logs");
    let attacker = "203.0.113.9";
    let all: Vec<Flow<'_>> = (0..120_u64)
        .map(|number| {
            let (from, bytes) = match number {
                110.. => (attacker, 10_000_000),
                _ => ("198.51.100.7", 1_000),
            };
            Flow { at: number * 60, from, subnet: "-", bytes }
        })
        .collect();
    flows(&logs, &all);
    let block = ["--with", "nacl", "--acl-id", "acl-0a1b2c3d4e5f60718", attacker];
    let tested = site.run(&[&block[..], &["--from", text(&logs)], &WINDOWS[..]].concat());
    assert_eq!(tested.code, 0, "{}", tested.err);
    let said = "(100 %) that there are more of than before, in no more flows.";
    assert!(tested.err.contains(said), "{}", tested.err);
}

/// AWS WAF looks at a path as it was sent, also at one that is none.
#[test]
fn paths_of_a_load_balancer_are_tested_as_they_were_sent() {
    let site = Site::new();
    let folder = site.home.path().join("logs");
    let name = "111122223333_elasticloadbalancing_eu-west-1_app.site.50dc6c495c0c9188_20241005T0205Z_192.0.2.1_0a1b2c3d.log";
    let mut lines = String::new();
    for path in ["/a|b", "/a|b/c?d=/x", "/a%7Cb", "/%zz", "/"] {
        let _ = writeln!(
            lines,
            "https 2024-10-05T02:00:00.000000Z app/site/50dc6c495c0c9188 198.51.100.7:2817 10.0.0.1:80 0.001 0.001 0.001 200 200 34 366 \
             \"GET https://www.example.com:443{path} HTTP/1.1\" \"curl/8.7.1\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 \
             arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/site/73e2d6bc24d8a067 \
             \"Root=1-58337262-36d228ad5d99923122bbe354\" \"www.example.com\" \"-\" 0 2024-10-05T02:00:00.000000Z \"forward\" \
             \"-\" \"-\" \"10.0.0.1:80\" \"200\" \"-\" \"-\""
        );
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), lines).expect("a file to write to");
    for (path, said) in
        [("/a|b*", "2 of 5 requests"), ("/a%7Cb", "1 of 5 requests"), ("/%zz", "1 of 5 requests")]
    {
        let way = ["--with", "waf-match", path, "--from", text(&folder), "--log", "alb"];
        let tested = site.run(&way);
        assert_eq!(tested.code, 0, "{}", tested.err);
        assert!(tested.err.contains(said), "{path}: no `{said}`:\n{}", tested.err);
    }
}

/// A country is blocked at the load balancer's web ACL, which is made for it.
#[test]
fn a_country_is_blocked_at_the_load_balancer() {
    let Some(moto) = Moto::start() else { return };
    let site = Site::with(moto.endpoint());
    let load_balancer = load_balancer(&moto);
    let refreshed = site.run_with(&["inventory", "refresh"], "");
    assert_eq!(refreshed.code, 0, "{}", refreshed.err);
    let own = ["--with", "nacl", "--offline", "--acl-id", "acl-0a1b2c3d4e5f60718", "10.1.5.0/24"];
    let outbound = [&own[..], &["--direction", "outbound"]].concat();
    site.refuse(&outbound, 2, "a range of yours");
    let block = ["--with", "waf-geo", "TV", "--resource-arn", &load_balancer];
    site.write(&[&block[..], &["--apply", "--yes"]].concat());
    let of_resource = ["wafv2", "get-web-acl-for-resource", "--resource-arn", &load_balancer];
    let held = aws_json(&moto, &of_resource);
    let rule = &held["WebACL"]["Rules"][0];
    assert_eq!(rule["Statement"]["GeoMatchStatement"]["CountryCodes"][0], "TV", "{held}");
    assert!(rule["Action"]["Block"].is_object(), "{held}");
    assert!(held["WebACL"]["DefaultAction"]["Allow"].is_object(), "{held}");
    let undone = site.run(&[&block[..], &["--undo", "--apply", "--yes"]].concat());
    assert_eq!(undone.code, 0, "{}", undone.err);
    let left = aws_json(&moto, &["wafv2", "list-web-acls", "--scope", "REGIONAL"]);
    assert!(!left.to_string().contains("floodmark"), "{left}");
}

#[test]
fn denied_rights_and_expired_credentials_are_said() {
    let refusals = [
        (403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
        (400, "ExpiredToken", "The security token included in the request is expired"),
    ];
    for (status, code, message) in refusals {
        let refuse = move |request: &_| gate::refusal(request, status, code, message);
        let server = HttpServer::start(refuse);
        let site = Site::with(server.endpoint());
        let block = ["--with", "nacl", "--acl-id", "acl-0a1b2c3d4e5f60718", "203.0.113.9"];
        // What is there is good to know, but not needed to write a rule.
        let written = site.run(&block);
        assert_eq!(written.code, 0, "{}", written.err);
        assert!(written.err.contains("what AWS holds now is not known"), "{}", written.err);
        site.refuse(&[&block[..], &["--apply", "--yes"]].concat(), 4, "error:");
        let records = site.home.path().join("blocks");
        assert!(!records.exists(), "nothing was done, and nothing is recorded");
    }
}

/// Texts of attackers stay texts, whatever they hold.
#[test]
fn hostile_texts_stay_texts_in_each_form() {
    let site = Site::new();
    let folder = site.home.path();
    let hostile = "user-agent:a'b\"c$(touch owned)`touch owned`;touch owned #${x}%{y}\\";
    for form in ["cli", "json", "terraform", "cloudformation"] {
        let written = site.write(&["--with", "waf-match", "--as", form, hostile]);
        if form == "cli" {
            let commands = folder.join("bin");
            std::fs::create_dir_all(&commands).expect("a folder");
            let aws = commands.join("aws");
            let script = "#!/bin/sh\ncase \"$*\" in --version) echo aws-cli/2.0.0 ;; *) printf '%s\\n' \"$@\" >> asked ;; esac\n";
            std::fs::write(&aws, script).expect("a file to write to");
            make_executable(&aws);
            let path = format!("{}:/usr/bin:/bin", text(&commands));
            let ran = Command::new("sh")
                .args(["-c", &written])
                .env_clear()
                .env("PATH", path)
                .current_dir(folder)
                .output()
                .expect("sh runs");
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(!folder.join("owned").exists(), "{written}\n{said}");
            assert!(folder.join("asked").exists(), "{written}\n{said}");
        } else if form != "terraform" {
            let _: Value = serde_json::from_str(&written).expect("it is JSON");
        } else {
            assert!(written.contains("$${x}") && written.contains("%%{y}"), "{written}");
        }
    }
    for control in ["user-agent:a\nb", "user-agent:a\u{1b}[31m"] {
        let answer = site.run(&["--with", "waf-match", control]);
        assert_eq!(answer.code, 2, "{}", answer.err);
        assert!(!answer.err.contains('\u{1b}'), "{:?}", answer.err);
    }
}

/// Ten thousand networks are tested in one pass.
#[test]
fn many_networks_are_tested() {
    let site = Site::new();
    let incident = Incident::new("botnet", &[]);
    let logs = incident.logs();
    let file = site.home.path().join("many.txt");
    // Every second /24, so that none can be merged with its neighbour.
    let mut lines = String::from("198.18.0.0/16\n");
    for at in 0..9_000_u32 {
        let _ = writeln!(lines, "{}.{}.{}.0/24", 120 + at / 12_800, at / 128 % 100, at % 128 * 2);
    }
    std::fs::write(&file, lines).expect("a file to write to");
    let way = ["--with", "waf-ip-set", "--as", "json", "--file", text(&file)];
    let answer = site.run(&[&way[..], &["--from", text(&logs), "--allow", "bystanders"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.err.contains("of 50,913 requests"), "{}", answer.err);
}

#[test]
fn the_manuals_examples_are_run() {
    let site = Site::new();
    let page = std::fs::read_to_string(repository("docs/manual/block.md")).expect("the page");
    let mut ran = 0;
    for line in page.lines().filter_map(|line| line.strip_prefix("$ floodmark block ")) {
        let words: Vec<&str> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
        let answer = site.run(&words);
        assert_eq!(answer.code, 0, "{line}: {}", answer.err);
        ran += 1;
    }
    assert!(ran > 5, "the page has examples");
}

#[cfg(unix)]
fn make_executable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(file, mode).expect("a file of one's own");
}

/// Flow logs of two hours in the default format: twenty instances that ask many servers, and in the second hour one of them so
/// often that it is a flood.
fn outbound_flood(folder: &Path) {
    let account = "111122223333";
    let hour = 1_728_090_000_u64; // 2024-10-05T01:00Z
    for file in 0..24_u64 {
        let start = hour + file * 300;
        let mut lines = String::from(
            "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n",
        );
        let mut flow = |instance: u64, to: &str, port: u64, bytes: u64, at: u64| {
            let packets = 1 + bytes / 1000;
            let end = at + 20;
            let _ = writeln!(
                lines,
                "2 {account} eni-0a1b2c3d4e5f6{instance:04x} 10.0.1.{} {to} {port} 443 6 {packets} {bytes} {at} {end} ACCEPT OK",
                10 + instance
            );
        };
        for number in 0..200_u64 {
            let instance = number % 20;
            let to = format!("198.51.100.{}", 1 + (number * 7 + file) % 60);
            flow(instance, &to, 40_000 + number, 4_000, start + number % 290);
        }
        if file >= 12 {
            for number in 0..900_u64 {
                flow(number % 20, "203.0.113.9", 50_000 + number, 60_000, start + number % 290);
            }
        }
        let minutes = file * 5;
        let (day_hour, minute) = (1 + minutes / 60, minutes % 60);
        let name = format!(
            "AWSLogs/{account}/vpcflowlogs/eu-west-1/2024/10/05/{account}_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20241005T{day_hour:02}{minute:02}Z_0a1b2c3d.log"
        );
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        std::fs::write(path, lines).expect("a file to write to");
    }
}

/// A flow into a subnet.
struct Flow<'a> {
    /// The second after 2024-10-05T01:00Z.
    at: u64,
    from: &'a str,
    subnet: &'a str,
    bytes: u64,
}

/// Flow logs of two hours in a format of their own, with subnets.
fn flows(folder: &Path, flows: &[Flow<'_>]) {
    let account = "111122223333";
    for hour in 1..=2_u64 {
        let mut lines = String::from(
            "version account-id interface-id subnet-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status flow-direction\n",
        );
        for flow in flows.iter().filter(|flow| 1 + flow.at / 3600 == hour) {
            let Flow { from, subnet, bytes, .. } = flow;
            let start = 1_728_090_000 + flow.at;
            let _ = writeln!(
                lines,
                "5 {account} eni-0a1b2c3d4e5f60718 {subnet} {from} 10.0.1.10 40000 443 6 10 {bytes} {start} {start} ACCEPT OK ingress"
            );
        }
        let name = format!(
            "AWSLogs/{account}/vpcflowlogs/eu-west-1/2024/10/05/{account}_vpcflowlogs_eu-west-1_fl-0a1b2c3d4e5f60718_20241005T{hour:02}00Z_0a1b2c3d.log"
        );
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        std::fs::write(path, lines).expect("a file to write to");
    }
}

/// A network ACL as AWS makes it with a network, and the subnet that it guards: it allows everything by rule 100.
fn network_acl(moto: &Moto) -> (String, String) {
    let vpc =
        moto.aws(&["ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId"]);
    let of_vpc = format!("Name=vpc-id,Values={vpc}");
    let query = "NetworkAcls[0].NetworkAclId";
    let acl = moto.aws(&["ec2", "describe-network-acls", "--filters", &of_vpc, "--query", query]);
    let create = ["ec2", "create-subnet", "--vpc-id", &vpc, "--cidr-block", "10.0.1.0/24"];
    let subnet = moto.aws(&[&create[..], &["--query", "Subnet.SubnetId"]].concat());
    (acl, subnet)
}

/// The deny entries of a network ACL, but for AWS's own last ones.
fn entries(moto: &Moto, acl: &str) -> Vec<Value> {
    let query = "NetworkAcls[0].Entries[?RuleAction=='deny' && RuleNumber<`32767`]";
    let of = ["ec2", "describe-network-acls", "--network-acl-ids", acl, "--query", query];
    aws_json(moto, &of).as_array().cloned().expect("a list")
}

/// What the `aws` command answers, as JSON.
fn aws_json(moto: &Moto, arguments: &[&str]) -> Value {
    let mut command = python::command("aws").expect("moto runs, so it is installed");
    command.args(arguments).args(["--output", "json"]).envs(moto.environment());
    command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_DEFAULT_REGION", "eu-west-1");
    let output = command.output().expect("the `aws` command starts");
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

fn load_balancer(moto: &Moto) -> String {
    let vpc =
        moto.aws(&["ec2", "create-vpc", "--cidr-block", "10.1.0.0/16", "--query", "Vpc.VpcId"]);
    let subnet = |range: &str, zone: &str| {
        let place = ["--cidr-block", range, "--availability-zone", zone];
        let of = ["ec2", "create-subnet", "--vpc-id", &vpc, "--query", "Subnet.SubnetId"];
        moto.aws(&[&of[..], &place].concat())
    };
    let (one, other) = (subnet("10.1.1.0/24", "eu-west-1a"), subnet("10.1.2.0/24", "eu-west-1b"));
    let query = "LoadBalancers[0].LoadBalancerArn";
    let create = ["elbv2", "create-load-balancer", "--name", "site", "--query", query];
    moto.aws(&[&create[..], &["--subnets", &one, &other]].concat())
}

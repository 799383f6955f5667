//! Requests that a web ACL looked at, as JSON.

use std::fmt::Write as _;

use floodmark_formats::time::{MINUTE, Micros, SECOND};

use crate::draw::{happens, weighted};
use crate::logs::Scene;

/// Appends the record of a request of a moment.
pub(crate) fn write(scene: &mut Scene<'_>, moment: Micros, text: &mut String) {
    let client = scene.client();
    let (rule, kind, action) = weighted(
        &mut scene.random,
        &[
            (("Default_Action", "REGULAR", "ALLOW"), 880),
            (("rate-per-address", "RATE_BASED", "BLOCK"), 60),
            (("block-bad-paths", "REGULAR", "BLOCK"), 40),
            (("AWS-CommonRules", "MANAGED_RULE_GROUP", "BLOCK"), 20),
        ],
    );
    let _ = write!(
        text,
        r#"{{"timestamp":{},"formatVersion":1,"webaclId":"arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/front/0a1b2c3d-0000-4000-8000-00000000000b","terminatingRuleId":"{rule}","terminatingRuleType":"{kind}","action":"{action}","terminatingRuleMatchDetails":[],"httpSourceName":"ALB","httpSourceId":"111122223333-app/front/0a1b2c3d4e5f6071","ruleGroupList":[{{"ruleGroupId":"AWS#AWSManagedRulesCommonRuleSet","terminatingRule":null,"nonTerminatingMatchingRules":[],"excludedRules":null,"customerConfig":null}},{{"ruleGroupId":"AWS#AWSManagedRulesKnownBadInputsRuleSet","terminatingRule":null,"nonTerminatingMatchingRules":[],"excludedRules":null,"customerConfig":null}}],"rateBasedRuleList":[{{"rateBasedRuleId":"0a1b2c3d-0000-4000-8000-00000000000c","rateBasedRuleName":"rate-per-address","limitKey":"IP","maxRateAllowed":2000,"evaluationWindowSec":"300"}}],"nonTerminatingMatchingRules":[],"requestHeadersInserted":null,"responseCodeSent":null"#,
        moment / 1000,
    );
    let country = weighted(
        &mut scene.random,
        &[("DE", 30), ("FR", 18), ("GB", 17), ("US", 15), ("NL", 8), ("SG", 7), ("BR", 5)],
    );
    let host = scene.host();
    let _ = write!(
        text,
        r#","httpRequest":{{"clientIp":"{}","country":"{country}","headers":[{{"name":"Host","value":"{host}"}},{{"name":"User-Agent","value":"{}"}},{{"name":"Accept","value":"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}},{{"name":"Accept-Language","value":"en-GB,en;q=0.5"}},{{"name":"Accept-Encoding","value":"gzip, deflate, br"}}"#,
        client.address, client.user_agent,
    );
    if happens(&mut scene.random, 300) {
        // JSON in a header: quotes behind backslashes.
        text.push_str(r#",{"name":"X-Context","value":"{\"tenant\":\"a\",\"beta\":true}"}"#);
    }
    text.push_str(r#"],"uri":""#);
    let path_start = text.len();
    scene.path(text);
    // The log has the query apart from the path.
    let path = text.split_off(path_start);
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let method = weighted(&mut scene.random, &[("GET", 84), ("POST", 12), ("HEAD", 2), ("PUT", 2)]);
    let version = if client.http2 { "HTTP/2.0" } else { "HTTP/1.1" };
    let (first, second) = (scene.random.number(), scene.random.number());
    let _ = write!(
        text,
        r#"{path}","args":"{query}","httpVersion":"{version}","httpMethod":"{method}","requestId":"1-{:08x}-{first:016x}{:08x}","fragment":"","scheme":"https","host":"{host}"}}"#,
        moment / SECOND,
        second >> 32,
    );
    if happens(&mut scene.random, 150) {
        text.push_str(
            r#","labels":[{"name":"awswaf:managed:aws:core-rule-set:NoUserAgent_Header"}]"#,
        );
    }
    let fingerprint = client.number ^ (moment / MINUTE) as u64;
    let _ = write!(
        text,
        r#","ja3Fingerprint":"{:016x}{fingerprint:016x}","requestBodySize":{},"requestBodySizeInspectedByWAF":0}}"#,
        client.number,
        if method == "POST" { scene.random.below(4000) } else { 0 },
    );
}

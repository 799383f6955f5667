//! Commands of the AWS CLI, for `sh`: they run as they are.

use serde_json::json;

use crate::names;
use crate::render::shell::{Part, comment, quote, word};
use crate::render::{has_text, ip_sets_of, remarks, to_make};
use crate::rule::{
    Aim, Change, Direction, Holder, IpSet, IpVersion, NetworkAclEntry, Plan, Scope,
    SecurityGroupRule, WebAclRule,
};
use crate::wire::{self, Dialect, SearchString, waf_network};

/// Texts that are looked for are bytes to the AWS CLI: the second one writes and reads them in base64, unless the
/// user's settings say otherwise, the first one as they are.
const BINARY: &str = "case $(aws --version 2>&1) in
aws-cli/1.*) binary= ;;
*) binary='--cli-binary-format base64' ;;
esac
";

/// A function of the shell that compares an entry of a network ACL with that which is to be there.
///
/// Both lists of AWS CLI 1 and 2 write a network's text as AWS does, which is how it is written here.
const ENTRY_FUNCTION: &str = r#"# Reads the entry of the network ACL $1 on the side $2 (true: egress) of the number $3: it is free, the denial of the
# network $4, or of others.
read_entry() {
  held=$(aws ec2 describe-network-acls --network-acl-ids "$1" --output text --query "NetworkAcls[0].Entries[?Egress==\`$2\` && RuleNumber==\`$3\`].join(' ', [RuleAction, Protocol, CidrBlock || Ipv6CidrBlock]) | [0]")
  case $held in
  None) entry=free ;;
  "deny -1 $4") entry=denies ;;
  *)
    entry=others
    echo "the entry $3 of $1 is of others: $held" >&2
    ;;
  esac
}
"#;

/// A function of the shell that looks at a description.
const OURS_FUNCTION: &str =
    "# Ends the script if the description $2 of $1 is not one that we write.
check_ours() {
  case $2 in
  'Made by floodmark'*) ;;
  *)
    echo \"$1 was not made by floodmark: take another name\" >&2
    exit 1
    ;;
  esac
}
";

/// The parts of a web ACL that an update has to tell again, with their options; the description comes last, since it
/// alone may have a tab in it.
const KEPT_PARTS: [(&str, &str); 10] = [
    ("DefaultAction", "default-action"),
    ("VisibilityConfig", "visibility-config"),
    ("CustomResponseBodies", "custom-response-bodies"),
    ("CaptchaConfig", "captcha-config"),
    ("ChallengeConfig", "challenge-config"),
    ("TokenDomains", "token-domains"),
    ("AssociationConfig", "association-config"),
    ("DataProtectionConfig", "data-protection-config"),
    ("ApplicationConfig", "application-config"),
    ("OnSourceDDoSProtectionConfig", "on-source-d-do-s-protection-config"),
];

/// Writes a plan as a script. Nothing runs after a command that fails.
pub(super) fn render(plan: &Plan) -> String {
    let mut script = String::from("#!/bin/sh\n");
    for remark in remarks(plan) {
        script.push_str(&comment(&remark));
    }
    // In a subshell, so that a shell that it is pasted into stays.
    script.push_str("(\nset -eu\n");
    let scope = plan.changes.iter().find_map(|change| match change {
        Change::IpSet(set) => Some(set.scope),
        _ => None,
    });
    let rule = crate::render::web_acl_rule(plan);
    if let Some(scope) = scope.or(rule.map(|rule| rule.scope)) {
        script.push_str("tab=$(printf '\\t')\n");
        if finds_by_name(plan) {
            script.push_str(&find_function(scope));
        }
        if !names::is_ours(&plan.name, None) {
            script.push_str(OURS_FUNCTION);
        }
    }
    script.push_str(&scope.map(ip_set_functions).unwrap_or_default());
    if to_make(plan).any(|change| matches!(change, Change::NetworkAclEntry(_))) {
        script.push_str(ENTRY_FUNCTION);
    }
    for change in to_make(plan) {
        script.push_str(&match change {
            Change::NetworkAclEntry(entry) => network_acl_entry(plan, entry),
            Change::SecurityGroupRule(change) => security_group_rule(plan, change),
            Change::IpSet(set) if plan.aim == Aim::Block => ip_set(plan, set),
            Change::IpSet(set) => without_ip_set(set),
            Change::WebAclRule(rule) => web_acl_rule(plan, rule),
        });
    }
    script.push_str(")\n");
    script
}

fn network_acl_entry(plan: &Plan, entry: &NetworkAclEntry) -> String {
    let side = match entry.direction {
        Direction::Inbound => "--ingress",
        Direction::Outbound => "--egress",
    };
    let place = format!(
        "--network-acl-id {} {side} --rule-number {}",
        quote(&entry.network_acl_id),
        entry.number
    );
    let read = format!(
        "read_entry {} {} {} {}\n",
        quote(&entry.network_acl_id),
        entry.direction == Direction::Outbound,
        entry.number,
        quote(&entry.network.to_string())
    );
    if plan.aim == Aim::Undo {
        return format!(
            "{read}[ \"$entry\" != denies ] || aws ec2 delete-network-acl-entry {place}\n"
        );
    }
    let block = match IpVersion::of(&entry.network) {
        IpVersion::V4 => "--cidr-block",
        IpVersion::V6 => "--ipv6-cidr-block",
    };
    // One that is of others is left to AWS, which refuses it and ends the script.
    format!(
        "{read}[ \"$entry\" = denies ] || aws ec2 create-network-acl-entry {place} --protocol -1 --rule-action deny \
         {block} {}\n",
        entry.network
    )
}

fn security_group_rule(plan: &Plan, change: &SecurityGroupRule) -> String {
    let revoked = change.revoked == (plan.aim == Aim::Block);
    let command = match (change.rule.direction, revoked) {
        (Direction::Inbound, false) => "authorize-security-group-ingress",
        (Direction::Inbound, true) => "revoke-security-group-ingress",
        (Direction::Outbound, false) => "authorize-security-group-egress",
        (Direction::Outbound, true) => "revoke-security-group-egress",
    };
    let request = wire::security_group_rule(change);
    format!(
        "aws ec2 {command} --group-id {} --ip-permissions {}\n",
        quote(&change.group_id),
        quote(&request["IpPermissions"].to_string())
    )
}

/// What each command of AWS WAF says: where it holds.
fn at(scope: Scope) -> String {
    match scope.region() {
        Some(region) => format!("--scope {} --region {region}", scope.aws_name()),
        None => format!("--scope {}", scope.aws_name()),
    }
}

/// The variable that holds an IP set's ARN.
fn arn_variable(name: &str) -> &'static str {
    if name.ends_with("-v6") { "ip_set_v6" } else { "ip_set_v4" }
}

/// A list of words, one a line.
fn words(words: impl Iterator<Item = String>) -> String {
    words.map(|word| format!(" \\\n  {word}")).collect()
}

/// Creates an IP set, or adds to the one of that name.
fn ip_set(plan: &Plan, set: &IpSet) -> String {
    let (name, at, variable) = (quote(&set.name), at(set.scope), arn_variable(&set.name));
    let networks = words(set.networks.iter().map(waf_network));
    let description = quote(&plan.description);
    let (version, check) = (set.version.aws_name(), check_ip_set(set));
    format!(
        "find_by_name list-ip-sets IPSets {name}
{variable}=$found
set --{networks}
if [ \"${variable}\" = None ]; then
  {variable}=$(aws wafv2 create-ip-set --name {name} {at} --description {description} \\
    --ip-address-version {version} --addresses \"$@\" --query Summary.ARN --output text)
else
  id=${{{variable}##*/}}
  read_ip_set {name}
{check}  set -- $(printf '%s\\n' $there \"$@\" | sort -u)
  update_ip_set {name} \"$@\"
fi
"
    )
}

/// Takes addresses out of an IP set, and the set away if no other is in it.
fn without_ip_set(set: &IpSet) -> String {
    let (name, at) = (quote(&set.name), at(set.scope));
    // AWS writes IPv6 with all its zeros; another may have written it without.
    let written =
        set.networks.iter().flat_map(|network| [waf_network(network), network.to_string()]);
    let mut written: Vec<String> = written.collect();
    written.sort_unstable();
    written.dedup();
    let (networks, check) = (words(written.into_iter()), check_ip_set(set));
    // What is there once beside ours twice is of others.
    format!(
        "find_by_name list-ip-sets IPSets {name}
if [ \"$found\" != None ]; then
  id=${{found##*/}}
  set --{networks}
  read_ip_set {name}
{check}  set -- $(printf '%s\\n' \"$@\" \"$@\" $there | sort | uniq -u)
  if [ \"$#\" = 0 ]; then
    aws wafv2 delete-ip-set --name {name} {at} --id \"$id\" --lock-token \"$token\"
  else
    update_ip_set {name} \"$@\"
  fi
fi
"
    )
}

/// Functions of the shell that read an IP set, and give it other addresses.
fn ip_set_functions(scope: Scope) -> String {
    let at = at(scope);
    format!(
        r#"# Reads the IP set $1 of the id $id: its lock token, its addresses and its description.
read_ip_set() {{
  held=$(aws wafv2 get-ip-set --name "$1" {at} --id "$id" --output text     --query "[LockToken, join(' ', IPSet.Addresses), IPSet.Description || 'IP set']")
  token=${{held%%"$tab"*}}
  held=${{held#*"$tab"}}
  there=${{held%%"$tab"*}}
  description=${{held#*"$tab"}}
}}
# Gives the IP set $1 the other parameters as addresses, if nobody has changed it since it was read.
update_ip_set() {{
  name=$1
  shift
  aws wafv2 update-ip-set --name "$name" {at} --id "$id" --lock-token "$token"     --description "$description" --addresses "$@"
}}
"#
    )
}

fn web_acl_rule(plan: &Plan, rule: &WebAclRule) -> String {
    let mut script = String::from(BINARY);
    script.push_str(&update_function(rule));
    script.push_str(&match plan.aim {
        Aim::Block => with_rule(plan, rule),
        Aim::Undo => without_rule(rule),
    });
    script
}

/// A function of the shell that changes the rules of a web ACL and keeps all else as it is.
///
/// The first AWS CLI writes the texts that rules look for in base64 and reads them as they are: with it, a web ACL whose
/// other rules look for texts is left alone.
fn update_function(rule: &WebAclRule) -> String {
    let (at, name) = (at(rule.scope), &rule.name);
    let (queries, options): (Vec<String>, Vec<&str>) = KEPT_PARTS
        .iter()
        .map(|(field, option)| (format!("to_string(WebACL.{field})"), *option))
        .unzip();
    let (queries, options) = (queries.join(", "), options.join(" "));
    format!(
        r#"# Gives the web ACL $acl the rules of the query $1, if nobody changes it meanwhile, and keeps all else of it.
update_rules() {{
  name=${{acl#*/webacl/}}
  id=${{name#*/}}
  name=${{name%%/*}}
  held=$(aws wafv2 get-web-acl --name "$name" {at} --id "$id" --output text --query     "[to_string(WebACL.Rules[?Name!='{name}']), LockToken, to_string($1), {queries}, WebACL.Description || '']")
  case $binary${{held%%"$tab"*}} in
  --*) ;;
  *'"SearchString"'*)
    echo "the web ACL $name has rules that look for texts: AWS CLI 2 can change it, this one cannot" >&2
    exit 1
    ;;
  esac
  set --
  for option in lock-token rules {options} description; do
    held=${{held#*"$tab"}}
    value=$held
    [ "$option" = description ] || value=${{held%%"$tab"*}}
    case $value in '' | null) ;; *) set -- "$@" "--$option" "$value" ;; esac
  done
  aws wafv2 update-web-acl --name "$name" {at} --id "$id" $binary "$@"
}}
"#
    )
}

/// True if the script has something of AWS WAF to find by its name.
fn finds_by_name(plan: &Plan) -> bool {
    plan.changes.iter().any(|change| match change {
        Change::IpSet(_) => true,
        Change::WebAclRule(rule) => match &rule.holder {
            Holder::Existing(reference) => reference.arn.is_none(),
            Holder::New { .. } => true,
            Holder::OfResource { .. } => false,
        },
        _ => false,
    })
}

/// A line that ends the script if the IP set that was read is not ours; empty if its name says that it is.
fn check_ip_set(set: &IpSet) -> String {
    if names::is_ours(&set.name, None) {
        return String::new();
    }
    format!("  check_ours {} \"$description\"\n", quote(&format!("the IP set {}", set.name)))
}

/// Lines that end the script if the web ACL has a rule of the chosen name and is not ours, or, where it was found by its
/// name, is not ours.
fn check_web_acl(rule: &WebAclRule, at: &str) -> String {
    if names::is_ours(&rule.name, None) {
        return String::new();
    }
    let is_found_by_name = matches!(rule.holder, Holder::New { .. });
    let (count, what) = if is_found_by_name {
        ("'ours'".to_owned(), format!("the web ACL {}", rule.holder.name()))
    } else {
        (
            format!("to_string(length(WebACL.Rules[?Name=='{}']))", rule.name),
            format!("the rule {} of the web ACL", rule.name),
        )
    };
    let query = quote(&format!("[{count}, WebACL.Description || '']"));
    format!(
        "name=${{acl#*/webacl/}}
id=${{name#*/}}
name=${{name%%/*}}
held=$(aws wafv2 get-web-acl --name \"$name\" {at} --id \"$id\" --query {query} --output text)
[ \"${{held%%\"$tab\"*}}\" = 0 ] || check_ours {} \"${{held#*\"$tab\"}}\"
",
        quote(&what)
    )
}

/// A function of the shell that finds an entity of AWS WAF by its name, page by page.
fn find_function(scope: Scope) -> String {
    let at = at(scope);
    format!(
        r#"# Finds in the list of the command $1, which is in the field $2, the ARN of the name $3; None if there is none.
find_by_name() {{
  marker=
  while :; do
    held=$(aws wafv2 "$1" {at} --limit 100 ${{marker:+"--next-marker=$marker"}} --output text       --query "[$2[?Name=='$3'].ARN | [0], length($2), NextMarker]")
    found=${{held%%"$tab"*}}
    held=${{held#*"$tab"}}
    marker=${{held#*"$tab"}}
    # The last page may have a marker, too: that of an empty one.
    if [ "$found" != None ] || [ "$marker" = None ] || [ "${{held%%"$tab"*}}" = 0 ]; then
      break
    fi
  done
}}
"#
    )
}

/// Finds the ARN of a web ACL by its name.
fn find_web_acl(name: &str) -> String {
    format!("find_by_name list-web-acls WebACLs {}\nacl=$found\n", quote(name))
}

/// The ARN of a web ACL that is there.
fn existing(rule: &WebAclRule) -> String {
    match &rule.holder {
        Holder::Existing(reference) => match &reference.arn {
            Some(arn) => format!("acl={}\n", quote(arn)),
            None => find_web_acl(&reference.name),
        },
        Holder::OfResource { arn, .. } => format!(
            "acl=$(aws wafv2 get-web-acl-for-resource --resource-arn {} --query WebACL.ARN --output text)\n",
            quote(arn)
        ),
        Holder::New { name } => find_web_acl(name),
    }
}

fn with_rule(plan: &Plan, rule: &WebAclRule) -> String {
    let at = at(rule.scope);
    let mut script = rule_variable(rule);
    script.push_str(&existing(rule));
    // The name has only letters, digits, `_` and `-`.
    let update = format!(
        "{}update_rules \"[WebACL.Rules[?Name!='{}'], \\`[$rule]\\`][]\"\n",
        check_web_acl(rule, &at),
        rule.name
    );
    if let Holder::Existing(_) = rule.holder {
        script.push_str(&update);
        return script;
    }
    let name = quote(rule.holder.name());
    let description = quote(&plan.description);
    let visibility = quote(&wire::visibility(rule.holder.name()).to_string());
    script.push_str(&format!(
        "if [ \"$acl\" = None ]; then
  acl=$(aws wafv2 create-web-acl --name {name} {at} --description {description} \\
    --default-action '{{\"Allow\":{{}}}}' --visibility-config {visibility} \\
    --rules \"[$rule]\" $binary --query Summary.ARN --output text)
"
    ));
    if let Holder::OfResource { arn, .. } = &rule.holder {
        script.push_str(&format!(
            "  # A new web ACL is not known everywhere at once.
  tries=0
  until aws wafv2 associate-web-acl --web-acl-arn \"$acl\" --resource-arn {}; do
    tries=$((tries + 1))
    [ \"$tries\" -lt 6 ] || exit 1
    sleep 5
  done
",
            quote(arn)
        ));
    }
    script.push_str(&format!("else\n{update}fi\n"));
    script
}

/// Takes the rule out of its web ACL; the web ACL goes too if it is ours and has no other rule.
fn without_rule(rule: &WebAclRule) -> String {
    let at = at(rule.scope);
    let others = format!("WebACL.Rules[?Name!='{}']", rule.name);
    let update = format!("update_rules {}\n", quote(&others));
    let mut script = existing(rule);
    if let Holder::Existing(_) = rule.holder {
        script.push_str(&update);
        return script;
    }
    let count = quote(&format!("length({others})"));
    let ours = quote(rule.holder.name());
    let release = match &rule.holder {
        Holder::OfResource { arn, .. } => {
            format!("    aws wafv2 disassociate-web-acl --resource-arn {}\n", quote(arn))
        }
        Holder::Existing(_) | Holder::New { .. } => String::new(),
    };
    script.push_str(&format!(
        "if [ \"$acl\" != None ]; then
  name=${{acl#*/webacl/}}
  id=${{name#*/}}
  name=${{name%%/*}}
  others=$(aws wafv2 get-web-acl --name \"$name\" {at} --id \"$id\" --query {count} --output text)
  if [ \"$name\" = {ours} ] && [ \"$others\" = 0 ]; then
{release}    token=$(aws wafv2 get-web-acl --name \"$name\" {at} --id \"$id\" --query LockToken --output text)
    aws wafv2 delete-web-acl --name \"$name\" {at} --id \"$id\" --lock-token \"$token\"
  else
    {update}  fi
fi
"
    ));
    script
}

/// The variable `rule`: the rule in JSON, with the ARNs of its IP sets.
fn rule_variable(rule: &WebAclRule) -> String {
    let arn = |name: &str| json!([arn_variable(name)]);
    let written = |search_string| {
        let dialect = Dialect { ip_set_arn: &arn, arn_key: "ARN", search_string };
        // Within a query a backtick would end the rule.
        let text = wire::rule(rule, &dialect).to_string().replace('`', "\\u0060");
        word(&with_arns(&text, &ip_sets_of(&rule.statement)))
    };
    if !has_text(&rule.statement) {
        return format!("rule={}\n", written(SearchString::Base64));
    }
    format!(
        "if [ -z \"$binary\" ]; then
  rule={}
else
  rule={}
fi
",
        written(SearchString::Plain),
        written(SearchString::Base64)
    )
}

/// A rule in JSON, cut where the ARNs of its IP sets stand, which it has as `["variable"]`.
///
/// Within a text of JSON each quotation mark has a backslash before it, so that no target has such a place.
fn with_arns(rule: &str, ip_sets: &[&str]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = rule.to_owned();
    for name in ip_sets {
        let variable = arn_variable(name);
        let (before, after) = rest
            .split_once(&format!("[\"{variable}\"]"))
            .expect("the rule has each of its IP sets, in this order");
        parts.push(Part::Literal(format!("{before}\"")));
        parts.push(Part::Variable(variable));
        rest = format!("\"{after}");
    }
    parts.push(Part::Literal(rest));
    parts
}

#!/bin/sh
# floodmark-waf-rate-4e4e16aa: a rule of a web ACL that blocks an address while it asks too often. Made by floodmark 2026-11-22T09:30:00Z.
# The rules of the web ACL `site` are not known: if one has the same priority, take another by `--priority`.
# Texts are compared letter by letter with the request as it was sent: capital letters and `%20` are not the same as small ones and a blank.
(
set -eu
get_ip_set() {
  aws wafv2 get-ip-set --name "$1" --scope REGIONAL --id "$id" --query "$2" --output text
}
ip_set_v4=$(aws wafv2 list-ip-sets --scope REGIONAL --limit 100 --query 'IPSets[?Name=='\''floodmark-waf-rate-4e4e16aa-v4'\''].ARN | [0]' --output text)
set -- \
  203.0.113.0/24
if [ "$ip_set_v4" = None ]; then
  ip_set_v4=$(aws wafv2 create-ip-set --name floodmark-waf-rate-4e4e16aa-v4 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --ip-address-version IPV4 --addresses "$@" --query Summary.ARN --output text)
else
  id=${ip_set_v4##*/}
  token=$(get_ip_set floodmark-waf-rate-4e4e16aa-v4 LockToken)
  set -- $(printf '%s\n' $(get_ip_set floodmark-waf-rate-4e4e16aa-v4 'IPSet.Addresses[]') "$@" | sort -u)
  description=$(get_ip_set floodmark-waf-rate-4e4e16aa-v4 'IPSet.Description || `made by hand`')
  aws wafv2 update-ip-set --name floodmark-waf-rate-4e4e16aa-v4 --scope REGIONAL --id "$id" --lock-token "$token" \
    --description "$description" --addresses "$@"
fi
case $(aws --version 2>&1) in
aws-cli/1.*) binary= ;;
*) binary='--cli-binary-format base64' ;;
esac
# Gives the web ACL $acl the rules of the query $1, and keeps all else of it.
update_rules() {
  name=${acl#*/webacl/}
  id=${name#*/}
  name=${name%%/*}
  get() {
    aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --query "$1" --output "$2"
  }
  token=$(get LockToken text)
  rules=$(get "$1" json)
  case $binary$(get "WebACL.Rules[?Name!='floodmark-waf-rate-4e4e16aa']" json) in
  --*) ;;
  *'"SearchString"'*)
    echo "the web ACL $name has rules that look for texts: AWS CLI 2 can change it, this one cannot" >&2
    exit 1
    ;;
  esac
  set --
  for part in default-action:DefaultAction visibility-config:VisibilityConfig \
    custom-response-bodies:CustomResponseBodies captcha-config:CaptchaConfig \
    challenge-config:ChallengeConfig token-domains:TokenDomains association-config:AssociationConfig \
    data-protection-config:DataProtectionConfig application-config:ApplicationConfig \
    on-source-d-do-s-protection-config:OnSourceDDoSProtectionConfig; do
    value=$(get "WebACL.${part#*:}" json)
    [ "$value" = null ] || set -- "$@" "--${part%%:*}" "$value"
  done
  description=$(get WebACL.Description text)
  case $description in '' | None) ;; *) set -- "$@" --description "$description" ;; esac
  aws wafv2 update-web-acl --name "$name" --scope REGIONAL --id "$id" --lock-token "$token" $binary \
    --rules "$rules" "$@"
}
if [ -z "$binary" ]; then
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-rate-4e4e16aa","Priority":10,"Statement":{"RateBasedStatement":{"AggregateKeyType":"IP","EvaluationWindowSec":60,"Limit":100,"ScopeDownStatement":{"OrStatement":{"Statements":[{"IPSetReferenceStatement":{"ARN":"'"$ip_set_v4"'"}},{"GeoMatchStatement":{"CountryCodes":["TV"]}},{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"STARTS_WITH","SearchString":"/login","TextTransformations":[{"Priority":0,"Type":"NONE"}]}}]}}}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-rate-4e4e16aa","SampledRequestsEnabled":true}}'
else
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-rate-4e4e16aa","Priority":10,"Statement":{"RateBasedStatement":{"AggregateKeyType":"IP","EvaluationWindowSec":60,"Limit":100,"ScopeDownStatement":{"OrStatement":{"Statements":[{"IPSetReferenceStatement":{"ARN":"'"$ip_set_v4"'"}},{"GeoMatchStatement":{"CountryCodes":["TV"]}},{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"STARTS_WITH","SearchString":"L2xvZ2lu","TextTransformations":[{"Priority":0,"Type":"NONE"}]}}]}}}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-rate-4e4e16aa","SampledRequestsEnabled":true}}'
fi
acl=$(aws wafv2 list-web-acls --scope REGIONAL --limit 100 --query 'WebACLs[?Name=='\''site'\''].ARN | [0]' --output text)
update_rules "[WebACL.Rules[?Name!='floodmark-waf-rate-4e4e16aa'], \`[$rule]\`][]"
)

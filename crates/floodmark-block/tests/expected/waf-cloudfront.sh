#!/bin/sh
# floodmark-waf-match-7843d5d8: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
# The web ACL `floodmark-waf-match-7843d5d8` protects nothing until a distribution names it as its web ACL.
# Texts are compared letter by letter with the request as it was sent: capital letters and `%20` are not the same as small ones and a blank.
(
set -eu
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
    aws wafv2 get-web-acl --name "$name" --scope CLOUDFRONT --region us-east-1 --id "$id" --query "$1" --output "$2"
  }
  token=$(get LockToken text)
  rules=$(get "$1" json)
  case $binary$(get "WebACL.Rules[?Name!='floodmark-waf-match-7843d5d8']" json) in
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
  aws wafv2 update-web-acl --name "$name" --scope CLOUDFRONT --region us-east-1 --id "$id" --lock-token "$token" $binary \
    --rules "$rules" "$@"
}
if [ -z "$binary" ]; then
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-match-7843d5d8","Priority":10,"Statement":{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"bad bot","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-match-7843d5d8","SampledRequestsEnabled":true}}'
else
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-match-7843d5d8","Priority":10,"Statement":{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"YmFkIGJvdA==","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-match-7843d5d8","SampledRequestsEnabled":true}}'
fi
acl=$(aws wafv2 list-web-acls --scope CLOUDFRONT --region us-east-1 --limit 100 --query 'WebACLs[?Name=='\''floodmark-waf-match-7843d5d8'\''].ARN | [0]' --output text)
if [ "$acl" = None ]; then
  acl=$(aws wafv2 create-web-acl --name floodmark-waf-match-7843d5d8 --scope CLOUDFRONT --region us-east-1 --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --default-action '{"Allow":{}}' --visibility-config '{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-match-7843d5d8","SampledRequestsEnabled":true}' \
    --rules "[$rule]" $binary --query Summary.ARN --output text)
else
  update_rules "[WebACL.Rules[?Name!='floodmark-waf-match-7843d5d8'], \`[$rule]\`][]"
fi
)

#!/bin/sh
# floodmark-waf-match-7dbf6fed: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
# The rules of the web ACL `site` are not known: if one has the same priority, take another by `--priority`.
# Texts are compared letter by letter with the request as it was sent: capital letters and `%20` are not the same as small ones and a blank.
(
set -eu
tab=$(printf '\t')
case $(aws --version 2>&1) in
aws-cli/1.*) binary= ;;
*) binary='--cli-binary-format base64' ;;
esac
# Gives the web ACL $acl the rules of the query $1, if nobody changes it meanwhile, and keeps all else of it.
update_rules() {
  name=${acl#*/webacl/}
  id=${name#*/}
  name=${name%%/*}
  held=$(aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --output text --query     "[to_string(WebACL.Rules[?Name!='floodmark-waf-match-7dbf6fed']), LockToken, to_string($1), to_string(WebACL.DefaultAction), to_string(WebACL.VisibilityConfig), to_string(WebACL.CustomResponseBodies), to_string(WebACL.CaptchaConfig), to_string(WebACL.ChallengeConfig), to_string(WebACL.TokenDomains), to_string(WebACL.AssociationConfig), to_string(WebACL.DataProtectionConfig), to_string(WebACL.ApplicationConfig), to_string(WebACL.OnSourceDDoSProtectionConfig), WebACL.Description || '']")
  case $binary${held%%"$tab"*} in
  --*) ;;
  *'"SearchString"'*)
    echo "the web ACL $name has rules that look for texts: AWS CLI 2 can change it, this one cannot" >&2
    exit 1
    ;;
  esac
  set --
  for option in lock-token rules default-action visibility-config custom-response-bodies captcha-config challenge-config token-domains association-config data-protection-config application-config on-source-d-do-s-protection-config description; do
    held=${held#*"$tab"}
    value=$held
    [ "$option" = description ] || value=${held%%"$tab"*}
    case $value in '' | null) ;; *) set -- "$@" "--$option" "$value" ;; esac
  done
  aws wafv2 update-web-acl --name "$name" --scope REGIONAL --id "$id" $binary "$@"
}
if [ -z "$binary" ]; then
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-match-7dbf6fed","Priority":10,"Statement":{"OrStatement":{"Statements":[{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"EXACTLY","SearchString":"/a'\''b\"c","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"EXACTLY","SearchString":"/$(touch pwned)\u0060touch pwned\u0060","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"${jndi:ldap://example.com/a}%{x}\\","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"*/ -- '\''; DROP TABLE x; #","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"EXACTLY","SearchString":"käse 🧀 <script>","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"|]}][\u0060'\''\\u0060 &&","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"EXACTLY","SearchString":"\\u0001tab$(touch pwned)\\u0001\\u0001[\"ip_set_v4\"]","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"EXACTLY","SearchString":"{{resolve:secretsmanager:key}}","TextTransformations":[{"Priority":0,"Type":"NONE"}]}}]}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-match-7dbf6fed","SampledRequestsEnabled":true}}'
else
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-match-7dbf6fed","Priority":10,"Statement":{"OrStatement":{"Statements":[{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"EXACTLY","SearchString":"L2EnYiJj","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"EXACTLY","SearchString":"LyQodG91Y2ggcHduZWQpYHRvdWNoIHB3bmVkYA==","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"JHtqbmRpOmxkYXA6Ly9leGFtcGxlLmNvbS9hfSV7eH1c","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"Ki8gLS0gJzsgRFJPUCBUQUJMRSB4OyAj","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"EXACTLY","SearchString":"a8Okc2Ug8J+ngCA8c2NyaXB0Pg==","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"CONTAINS","SearchString":"fF19XVtgJ1x1MDA2MCAmJg==","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"EXACTLY","SearchString":"XHUwMDAxdGFiJCh0b3VjaCBwd25lZClcdTAwMDFcdTAwMDFbImlwX3NldF92NCJd","TextTransformations":[{"Priority":0,"Type":"NONE"}]}},{"ByteMatchStatement":{"FieldToMatch":{"SingleHeader":{"Name":"user-agent"}},"PositionalConstraint":"EXACTLY","SearchString":"e3tyZXNvbHZlOnNlY3JldHNtYW5hZ2VyOmtleX19","TextTransformations":[{"Priority":0,"Type":"NONE"}]}}]}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-match-7dbf6fed","SampledRequestsEnabled":true}}'
fi
acl=arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/site/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d
update_rules "[WebACL.Rules[?Name!='floodmark-waf-match-7dbf6fed'], \`[$rule]\`][]"
)

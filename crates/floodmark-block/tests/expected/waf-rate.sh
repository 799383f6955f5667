#!/bin/sh
# floodmark-waf-rate-4e4e16aa: a rule of a web ACL that blocks an address while it asks too often. Made by floodmark 2026-11-22T09:30:00Z.
# The rules of the web ACL `site` are not known: if one has the same priority, take another by `--priority`.
# Texts are compared letter by letter with the request as it was sent: capital letters and `%20` are not the same as small ones and a blank.
(
set -eu
tab=$(printf '\t')
# Finds in the list of the command $1, which is in the field $2, the ARN of the name $3; None if there is none.
find_by_name() {
  marker=
  while :; do
    held=$(aws wafv2 "$1" --scope REGIONAL --limit 100 ${marker:+"--next-marker=$marker"} --output text       --query "[$2[?Name=='$3'].ARN | [0], length($2), NextMarker]")
    found=${held%%"$tab"*}
    held=${held#*"$tab"}
    marker=${held#*"$tab"}
    # The last page may have a marker, too: that of an empty one.
    if [ "$found" != None ] || [ "$marker" = None ] || [ "${held%%"$tab"*}" = 0 ]; then
      break
    fi
  done
}
# Reads the IP set $1 of the id $id: its lock token, its addresses and its description.
read_ip_set() {
  held=$(aws wafv2 get-ip-set --name "$1" --scope REGIONAL --id "$id" --output text     --query "[LockToken, join(' ', IPSet.Addresses), IPSet.Description || 'IP set']")
  token=${held%%"$tab"*}
  held=${held#*"$tab"}
  there=${held%%"$tab"*}
  description=${held#*"$tab"}
}
# Gives the IP set $1 the other parameters as addresses, if nobody has changed it since it was read.
update_ip_set() {
  name=$1
  shift
  aws wafv2 update-ip-set --name "$name" --scope REGIONAL --id "$id" --lock-token "$token"     --description "$description" --addresses "$@"
}
find_by_name list-ip-sets IPSets floodmark-waf-rate-4e4e16aa-v4
ip_set_v4=$found
set -- \
  203.0.113.0/24
if [ "$ip_set_v4" = None ]; then
  ip_set_v4=$(aws wafv2 create-ip-set --name floodmark-waf-rate-4e4e16aa-v4 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --ip-address-version IPV4 --addresses "$@" --query Summary.ARN --output text)
else
  id=${ip_set_v4##*/}
  read_ip_set floodmark-waf-rate-4e4e16aa-v4
  set -- $(printf '%s\n' $there "$@" | sort -u)
  update_ip_set floodmark-waf-rate-4e4e16aa-v4 "$@"
fi
case $(aws --version 2>&1) in
aws-cli/1.*) binary= ;;
*) binary='--cli-binary-format base64' ;;
esac
# Gives the web ACL $acl the rules of the query $1, if nobody changes it meanwhile, and keeps all else of it.
update_rules() {
  name=${acl#*/webacl/}
  id=${name#*/}
  name=${name%%/*}
  held=$(aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --output text --query     "[to_string(WebACL.Rules[?Name!='floodmark-waf-rate-4e4e16aa']), LockToken, to_string($1), to_string(WebACL.DefaultAction), to_string(WebACL.VisibilityConfig), to_string(WebACL.CustomResponseBodies), to_string(WebACL.CaptchaConfig), to_string(WebACL.ChallengeConfig), to_string(WebACL.TokenDomains), to_string(WebACL.AssociationConfig), to_string(WebACL.DataProtectionConfig), to_string(WebACL.ApplicationConfig), to_string(WebACL.OnSourceDDoSProtectionConfig), WebACL.Description || '']")
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
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-rate-4e4e16aa","Priority":10,"Statement":{"RateBasedStatement":{"AggregateKeyType":"IP","EvaluationWindowSec":60,"Limit":100,"ScopeDownStatement":{"OrStatement":{"Statements":[{"IPSetReferenceStatement":{"ARN":"'"$ip_set_v4"'"}},{"GeoMatchStatement":{"CountryCodes":["TV"]}},{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"STARTS_WITH","SearchString":"/login","TextTransformations":[{"Priority":0,"Type":"NONE"}]}}]}}}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-rate-4e4e16aa","SampledRequestsEnabled":true}}'
else
  rule='{"Action":{"Block":{}},"Name":"floodmark-waf-rate-4e4e16aa","Priority":10,"Statement":{"RateBasedStatement":{"AggregateKeyType":"IP","EvaluationWindowSec":60,"Limit":100,"ScopeDownStatement":{"OrStatement":{"Statements":[{"IPSetReferenceStatement":{"ARN":"'"$ip_set_v4"'"}},{"GeoMatchStatement":{"CountryCodes":["TV"]}},{"ByteMatchStatement":{"FieldToMatch":{"UriPath":{}},"PositionalConstraint":"STARTS_WITH","SearchString":"L2xvZ2lu","TextTransformations":[{"Priority":0,"Type":"NONE"}]}}]}}}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-rate-4e4e16aa","SampledRequestsEnabled":true}}'
fi
find_by_name list-web-acls WebACLs site
acl=$found
update_rules "[WebACL.Rules[?Name!='floodmark-waf-rate-4e4e16aa'], \`[$rule]\`][]"
)

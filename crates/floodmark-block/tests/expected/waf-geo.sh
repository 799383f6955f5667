#!/bin/sh
# floodmark-waf-geo-a0ccd610: a rule of a web ACL that blocks countries. Made by floodmark 2026-11-22T09:30:00Z.
# The web ACL `floodmark-waf-geo-a0ccd610` protects nothing until it is associated with a resource (`--resource-arn`).
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
case $(aws --version 2>&1) in
aws-cli/1.*) binary= ;;
*) binary='--cli-binary-format base64' ;;
esac
# Gives the web ACL $acl the rules of the query $1, if nobody changes it meanwhile, and keeps all else of it.
update_rules() {
  name=${acl#*/webacl/}
  id=${name#*/}
  name=${name%%/*}
  held=$(aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --output text --query     "[to_string(WebACL.Rules[?Name!='floodmark-waf-geo-a0ccd610']), LockToken, to_string($1), to_string(WebACL.DefaultAction), to_string(WebACL.VisibilityConfig), to_string(WebACL.CustomResponseBodies), to_string(WebACL.CaptchaConfig), to_string(WebACL.ChallengeConfig), to_string(WebACL.TokenDomains), to_string(WebACL.AssociationConfig), to_string(WebACL.DataProtectionConfig), to_string(WebACL.ApplicationConfig), to_string(WebACL.OnSourceDDoSProtectionConfig), WebACL.Description || '']")
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
rule='{"Action":{"Block":{}},"Name":"floodmark-waf-geo-a0ccd610","Priority":10,"Statement":{"GeoMatchStatement":{"CountryCodes":["TV"]}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-geo-a0ccd610","SampledRequestsEnabled":true}}'
find_by_name list-web-acls WebACLs floodmark-waf-geo-a0ccd610
acl=$found
if [ "$acl" = None ]; then
  acl=$(aws wafv2 create-web-acl --name floodmark-waf-geo-a0ccd610 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --default-action '{"Allow":{}}' --visibility-config '{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-geo-a0ccd610","SampledRequestsEnabled":true}' \
    --rules "[$rule]" $binary --query Summary.ARN --output text)
else
update_rules "[WebACL.Rules[?Name!='floodmark-waf-geo-a0ccd610'], \`[$rule]\`][]"
fi
)

#!/bin/sh
# floodmark-waf-ip-set-b2e6ba29: an IP set that a rule of a web ACL blocks. Made by floodmark 2026-11-22T09:30:00Z.
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
find_by_name list-ip-sets IPSets floodmark-waf-ip-set-b2e6ba29-v4
ip_set_v4=$found
set -- \
  198.51.100.0/24 \
  203.0.113.7/32
if [ "$ip_set_v4" = None ]; then
  ip_set_v4=$(aws wafv2 create-ip-set --name floodmark-waf-ip-set-b2e6ba29-v4 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --ip-address-version IPV4 --addresses "$@" --query Summary.ARN --output text)
else
  id=${ip_set_v4##*/}
  read_ip_set floodmark-waf-ip-set-b2e6ba29-v4
  set -- $(printf '%s\n' $there "$@" | sort -u)
  update_ip_set floodmark-waf-ip-set-b2e6ba29-v4 "$@"
fi
find_by_name list-ip-sets IPSets floodmark-waf-ip-set-b2e6ba29-v6
ip_set_v6=$found
set -- \
  2001:0db8:0001:0000:0000:0000:0000:0000/48
if [ "$ip_set_v6" = None ]; then
  ip_set_v6=$(aws wafv2 create-ip-set --name floodmark-waf-ip-set-b2e6ba29-v6 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --ip-address-version IPV6 --addresses "$@" --query Summary.ARN --output text)
else
  id=${ip_set_v6##*/}
  read_ip_set floodmark-waf-ip-set-b2e6ba29-v6
  set -- $(printf '%s\n' $there "$@" | sort -u)
  update_ip_set floodmark-waf-ip-set-b2e6ba29-v6 "$@"
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
  held=$(aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --output text --query     "[to_string(WebACL.Rules[?Name!='floodmark-waf-ip-set-b2e6ba29']), LockToken, to_string($1), to_string(WebACL.DefaultAction), to_string(WebACL.VisibilityConfig), to_string(WebACL.CustomResponseBodies), to_string(WebACL.CaptchaConfig), to_string(WebACL.ChallengeConfig), to_string(WebACL.TokenDomains), to_string(WebACL.AssociationConfig), to_string(WebACL.DataProtectionConfig), to_string(WebACL.ApplicationConfig), to_string(WebACL.OnSourceDDoSProtectionConfig), WebACL.Description || '']")
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
rule='{"Action":{"Block":{}},"Name":"floodmark-waf-ip-set-b2e6ba29","Priority":10,"Statement":{"OrStatement":{"Statements":[{"IPSetReferenceStatement":{"ARN":"'"$ip_set_v4"'"}},{"IPSetReferenceStatement":{"ARN":"'"$ip_set_v6"'"}}]}},"VisibilityConfig":{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-ip-set-b2e6ba29","SampledRequestsEnabled":true}}'
acl=$(aws wafv2 get-web-acl-for-resource --resource-arn arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188 --query WebACL.ARN --output text)
if [ "$acl" = None ]; then
  acl=$(aws wafv2 create-web-acl --name floodmark-waf-ip-set-b2e6ba29 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --default-action '{"Allow":{}}' --visibility-config '{"CloudWatchMetricsEnabled":true,"MetricName":"floodmark-waf-ip-set-b2e6ba29","SampledRequestsEnabled":true}' \
    --rules "[$rule]" $binary --query Summary.ARN --output text)
  # A new web ACL is not known everywhere at once.
  tries=0
  until aws wafv2 associate-web-acl --web-acl-arn "$acl" --resource-arn arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188; do
    tries=$((tries + 1))
    [ "$tries" -lt 6 ] || exit 1
    sleep 5
  done
else
update_rules "[WebACL.Rules[?Name!='floodmark-waf-ip-set-b2e6ba29'], \`[$rule]\`][]"
fi
)

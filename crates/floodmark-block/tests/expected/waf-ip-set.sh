#!/bin/sh
# floodmark-waf-ip-set-b2e6ba29: an IP set that a rule of a web ACL blocks. Made by floodmark 2026-11-22T09:30:00Z.
(
set -eu
get_ip_set() {
  aws wafv2 get-ip-set --name "$1" --scope REGIONAL --id "$id" --query "$2" --output text
}
ip_set_v4=$(aws wafv2 list-ip-sets --scope REGIONAL --limit 100 --query 'IPSets[?Name=='\''floodmark-waf-ip-set-b2e6ba29-v4'\''].ARN | [0]' --output text)
set -- \
  198.51.100.0/24 \
  203.0.113.7/32
if [ "$ip_set_v4" = None ]; then
  ip_set_v4=$(aws wafv2 create-ip-set --name floodmark-waf-ip-set-b2e6ba29-v4 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --ip-address-version IPV4 --addresses "$@" --query Summary.ARN --output text)
else
  id=${ip_set_v4##*/}
  token=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v4 LockToken)
  set -- $(printf '%s\n' $(get_ip_set floodmark-waf-ip-set-b2e6ba29-v4 'IPSet.Addresses[]') "$@" | sort -u)
  description=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v4 'IPSet.Description || `made by hand`')
  aws wafv2 update-ip-set --name floodmark-waf-ip-set-b2e6ba29-v4 --scope REGIONAL --id "$id" --lock-token "$token" \
    --description "$description" --addresses "$@"
fi
ip_set_v6=$(aws wafv2 list-ip-sets --scope REGIONAL --limit 100 --query 'IPSets[?Name=='\''floodmark-waf-ip-set-b2e6ba29-v6'\''].ARN | [0]' --output text)
set -- \
  2001:0db8:0001:0000:0000:0000:0000:0000/48
if [ "$ip_set_v6" = None ]; then
  ip_set_v6=$(aws wafv2 create-ip-set --name floodmark-waf-ip-set-b2e6ba29-v6 --scope REGIONAL --description 'Made by floodmark 2026-11-22T09:30:00Z' \
    --ip-address-version IPV6 --addresses "$@" --query Summary.ARN --output text)
else
  id=${ip_set_v6##*/}
  token=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v6 LockToken)
  set -- $(printf '%s\n' $(get_ip_set floodmark-waf-ip-set-b2e6ba29-v6 'IPSet.Addresses[]') "$@" | sort -u)
  description=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v6 'IPSet.Description || `made by hand`')
  aws wafv2 update-ip-set --name floodmark-waf-ip-set-b2e6ba29-v6 --scope REGIONAL --id "$id" --lock-token "$token" \
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
  case $binary$(get "WebACL.Rules[?Name!='floodmark-waf-ip-set-b2e6ba29']" json) in
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

#!/bin/sh
# floodmark-waf-ip-set-b2e6ba29: takes away: an IP set that a rule of a web ACL blocks. Made by floodmark 2026-11-22T09:30:00Z.
(
set -eu
get_ip_set() {
  aws wafv2 get-ip-set --name "$1" --scope REGIONAL --id "$id" --query "$2" --output text
}
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
acl=$(aws wafv2 get-web-acl-for-resource --resource-arn arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188 --query WebACL.ARN --output text)
if [ "$acl" != None ]; then
  name=${acl#*/webacl/}
  id=${name#*/}
  name=${name%%/*}
  others=$(aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --query 'length(WebACL.Rules[?Name!='\''floodmark-waf-ip-set-b2e6ba29'\''])' --output text)
  if [ "$name" = floodmark-waf-ip-set-b2e6ba29 ] && [ "$others" = 0 ]; then
    aws wafv2 disassociate-web-acl --resource-arn arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188
    token=$(aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --query LockToken --output text)
    aws wafv2 delete-web-acl --name "$name" --scope REGIONAL --id "$id" --lock-token "$token"
  else
    update_rules 'WebACL.Rules[?Name!='\''floodmark-waf-ip-set-b2e6ba29'\'']'
  fi
fi
id=$(aws wafv2 list-ip-sets --scope REGIONAL --limit 100 --query 'IPSets[?Name=='\''floodmark-waf-ip-set-b2e6ba29-v6'\''].Id | [0]' --output text)
if [ "$id" != None ]; then
  set -- \
  2001:0db8:0001:0000:0000:0000:0000:0000/48 \
  2001:db8:1::/48
  token=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v6 LockToken)
  set -- $(printf '%s\n' "$@" "$@" $(get_ip_set floodmark-waf-ip-set-b2e6ba29-v6 'IPSet.Addresses[]') | sort | uniq -u)
  if [ "$#" = 0 ]; then
    aws wafv2 delete-ip-set --name floodmark-waf-ip-set-b2e6ba29-v6 --scope REGIONAL --id "$id" --lock-token "$token"
  else
    description=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v6 'IPSet.Description || `made by hand`')
  aws wafv2 update-ip-set --name floodmark-waf-ip-set-b2e6ba29-v6 --scope REGIONAL --id "$id" --lock-token "$token" \
    --description "$description" --addresses "$@"
  fi
fi
id=$(aws wafv2 list-ip-sets --scope REGIONAL --limit 100 --query 'IPSets[?Name=='\''floodmark-waf-ip-set-b2e6ba29-v4'\''].Id | [0]' --output text)
if [ "$id" != None ]; then
  set -- \
  198.51.100.0/24 \
  203.0.113.7/32
  token=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v4 LockToken)
  set -- $(printf '%s\n' "$@" "$@" $(get_ip_set floodmark-waf-ip-set-b2e6ba29-v4 'IPSet.Addresses[]') | sort | uniq -u)
  if [ "$#" = 0 ]; then
    aws wafv2 delete-ip-set --name floodmark-waf-ip-set-b2e6ba29-v4 --scope REGIONAL --id "$id" --lock-token "$token"
  else
    description=$(get_ip_set floodmark-waf-ip-set-b2e6ba29-v4 'IPSet.Description || `made by hand`')
  aws wafv2 update-ip-set --name floodmark-waf-ip-set-b2e6ba29-v4 --scope REGIONAL --id "$id" --lock-token "$token" \
    --description "$description" --addresses "$@"
  fi
fi
)

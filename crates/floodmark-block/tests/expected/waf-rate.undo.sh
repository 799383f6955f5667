#!/bin/sh
# floodmark-waf-rate-4e4e16aa: takes away: a rule of a web ACL that blocks an address while it asks too often. Made by floodmark 2026-11-22T09:30:00Z.
# The rules of the web ACL `site` are not known: if one has the same priority, take another by `--priority`.
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
    aws wafv2 get-web-acl --name "$name" --scope REGIONAL --id "$id" --query "$1" --output "$2"
  }
  token=$(get LockToken text)
  rules=$(get "$1" json)
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
acl=$(aws wafv2 list-web-acls --scope REGIONAL --limit 100 --query 'WebACLs[?Name=='\''site'\''].ARN | [0]' --output text)
update_rules 'WebACL.Rules[?Name!='\''floodmark-waf-rate-4e4e16aa'\'']'
id=$(aws wafv2 list-ip-sets --scope REGIONAL --limit 100 --query 'IPSets[?Name=='\''floodmark-waf-rate-4e4e16aa-v4'\''].Id | [0]' --output text)
if [ "$id" != None ]; then
  set -- \
  203.0.113.0/24
  token=$(aws wafv2 get-ip-set --name floodmark-waf-rate-4e4e16aa-v4 --scope REGIONAL --id "$id" --query LockToken --output text)
  there=$(aws wafv2 get-ip-set --name floodmark-waf-rate-4e4e16aa-v4 --scope REGIONAL --id "$id" --query 'IPSet.Addresses[]' --output text)
  ours=$(printf '%s\n' "$@")
  others=$(printf '%s\n' $there | grep -v -x -F -e "$ours" || true)
  if [ -z "$others" ]; then
    aws wafv2 delete-ip-set --name floodmark-waf-rate-4e4e16aa-v4 --scope REGIONAL --id "$id" --lock-token "$token"
  else
    aws wafv2 update-ip-set --name floodmark-waf-rate-4e4e16aa-v4 --scope REGIONAL --id "$id" --lock-token "$token" --addresses $others
  fi
fi
)

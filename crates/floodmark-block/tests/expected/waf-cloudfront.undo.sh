#!/bin/sh
# floodmark-waf-match-7843d5d8: takes away: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
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
acl=$(aws wafv2 list-web-acls --scope CLOUDFRONT --region us-east-1 --limit 100 --query 'WebACLs[?Name=='\''floodmark-waf-match-7843d5d8'\''].ARN | [0]' --output text)
if [ "$acl" != None ]; then
  name=${acl#*/webacl/}
  id=${name#*/}
  name=${name%%/*}
  others=$(aws wafv2 get-web-acl --name "$name" --scope CLOUDFRONT --region us-east-1 --id "$id" --query 'length(WebACL.Rules[?Name!='\''floodmark-waf-match-7843d5d8'\''])' --output text)
  if [ "$name" = floodmark-waf-match-7843d5d8 ] && [ "$others" = 0 ]; then
    token=$(aws wafv2 get-web-acl --name "$name" --scope CLOUDFRONT --region us-east-1 --id "$id" --query LockToken --output text)
    aws wafv2 delete-web-acl --name "$name" --scope CLOUDFRONT --region us-east-1 --id "$id" --lock-token "$token"
  else
    update_rules 'WebACL.Rules[?Name!='\''floodmark-waf-match-7843d5d8'\'']'
  fi
fi
)

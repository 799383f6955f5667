#!/bin/sh
# floodmark-waf-match-7dbf6fed: takes away: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
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
acl=arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/site/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d
update_rules 'WebACL.Rules[?Name!='\''floodmark-waf-match-7dbf6fed'\'']'
)

#!/bin/sh
# floodmark-waf-match-7843d5d8: takes away: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
(
set -eu
tab=$(printf '\t')
# Finds in the list of the command $1, which is in the field $2, the ARN of the name $3; None if there is none.
find_by_name() {
  marker=
  while :; do
    held=$(aws wafv2 "$1" --scope CLOUDFRONT --region us-east-1 --limit 100 ${marker:+"--next-marker=$marker"} --output text       --query "[$2[?Name=='$3'].ARN | [0], length($2), NextMarker]")
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
  held=$(aws wafv2 get-web-acl --name "$name" --scope CLOUDFRONT --region us-east-1 --id "$id" --output text --query     "[to_string(WebACL.Rules[?Name!='floodmark-waf-match-7843d5d8']), LockToken, to_string($1), to_string(WebACL.DefaultAction), to_string(WebACL.VisibilityConfig), to_string(WebACL.CustomResponseBodies), to_string(WebACL.CaptchaConfig), to_string(WebACL.ChallengeConfig), to_string(WebACL.TokenDomains), to_string(WebACL.AssociationConfig), to_string(WebACL.DataProtectionConfig), to_string(WebACL.ApplicationConfig), to_string(WebACL.OnSourceDDoSProtectionConfig), WebACL.Description || '']")
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
  aws wafv2 update-web-acl --name "$name" --scope CLOUDFRONT --region us-east-1 --id "$id" $binary "$@"
}
find_by_name list-web-acls WebACLs floodmark-waf-match-7843d5d8
acl=$found
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

# floodmark-waf-match-7dbf6fed: takes away: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
# For the provider hashicorp/aws 6.
# Put this in the place of the resources, apply it, then delete it. For Terraform 1.7 or later.

removed {
  from = aws_wafv2_web_acl_rule_group_association.floodmark-waf-match-7dbf6fed

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_wafv2_rule_group.floodmark-waf-match-7dbf6fed

  lifecycle {
    destroy = true
  }
}

# floodmark-waf-rate-4e4e16aa: takes away: a rule of a web ACL that blocks an address while it asks too often. Made by floodmark 2026-11-22T09:30:00Z.
# For the provider hashicorp/aws 6.
# Put this in the place of the resources, apply it, then delete it. For Terraform 1.7 or later.

removed {
  from = aws_wafv2_web_acl_rule_group_association.floodmark-waf-rate-4e4e16aa

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_wafv2_rule_group.floodmark-waf-rate-4e4e16aa

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_wafv2_ip_set.floodmark-waf-rate-4e4e16aa-v4

  lifecycle {
    destroy = true
  }
}

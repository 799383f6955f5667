# floodmark-waf-ip-set-b2e6ba29: takes away: an IP set that a rule of a web ACL blocks. Made by floodmark 2026-11-22T09:30:00Z.
# For the provider hashicorp/aws 6.
# Put this in the place of the resources, apply it, then delete it. For Terraform 1.7 or later.

removed {
  from = aws_wafv2_web_acl_association.floodmark-waf-ip-set-b2e6ba29

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_wafv2_web_acl.floodmark-waf-ip-set-b2e6ba29

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_wafv2_ip_set.floodmark-waf-ip-set-b2e6ba29-v6

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_wafv2_ip_set.floodmark-waf-ip-set-b2e6ba29-v4

  lifecycle {
    destroy = true
  }
}

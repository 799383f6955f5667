# floodmark-nacl-cd14326a: takes away: deny entries of a network ACL. Made by floodmark 2026-11-22T09:30:00Z, to be removed 2026-11-23T09:30:00Z.
# For the provider hashicorp/aws 6.
# Put this in the place of the resources, apply it, then delete it. For Terraform 1.7 or later.

removed {
  from = aws_network_acl_rule.floodmark-nacl-cd14326a-outbound-99

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_network_acl_rule.floodmark-nacl-cd14326a-outbound-98

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_network_acl_rule.floodmark-nacl-cd14326a-outbound-97

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_network_acl_rule.floodmark-nacl-cd14326a-inbound-99

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_network_acl_rule.floodmark-nacl-cd14326a-inbound-98

  lifecycle {
    destroy = true
  }
}

removed {
  from = aws_network_acl_rule.floodmark-nacl-cd14326a-inbound-97

  lifecycle {
    destroy = true
  }
}

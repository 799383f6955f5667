# floodmark-nacl-cd14326a: takes away: deny entries of a network ACL. Made by floodmark 2026-11-22T09:30:00Z, to be removed 2026-11-23T09:30:00Z.
# The entries of `acl-0a1b2c3d4e5f60718` are not known: numbers below 100 are taken, where a network ACL that was never touched has its first allow rule.
# A network ACL keeps no state and guards whole subnets: it drops packets of connections that are open, too, and sees only addresses that reach the subnet, not those behind a load balancer.
# It is to end 2026-11-23T09:30:00Z. AWS ends no rule by itself: `--undo` of the same command takes it away.
# For the provider hashicorp/aws 6.
# Put this in the place of the resources, apply it, then delete it.

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

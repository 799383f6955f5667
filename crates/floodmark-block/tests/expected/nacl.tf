# floodmark-nacl-cd14326a: deny entries of a network ACL. Made by floodmark 2026-11-22T09:30:00Z, to be removed 2026-11-23T09:30:00Z.
# The entries of `acl-0a1b2c3d4e5f60718` are not known: numbers below 100 are taken, where a network ACL that was never touched has its first allow rule.
# A network ACL keeps no state and guards whole subnets: it drops packets of connections that are open, too, and sees only addresses that reach the subnet, not those behind a load balancer.
# It is to end 2026-11-23T09:30:00Z. AWS ends no rule by itself: `--undo` of the same command takes it away.
# For the provider hashicorp/aws 6.

resource "aws_network_acl_rule" "floodmark-nacl-cd14326a-inbound-97" {
  network_acl_id = "acl-0a1b2c3d4e5f60718"
  rule_number    = 97
  egress         = false
  protocol       = "-1"
  rule_action    = "deny"
  cidr_block     = "198.51.100.0/24"
}

resource "aws_network_acl_rule" "floodmark-nacl-cd14326a-inbound-98" {
  network_acl_id = "acl-0a1b2c3d4e5f60718"
  rule_number    = 98
  egress         = false
  protocol       = "-1"
  rule_action    = "deny"
  cidr_block     = "203.0.113.7/32"
}

resource "aws_network_acl_rule" "floodmark-nacl-cd14326a-inbound-99" {
  network_acl_id  = "acl-0a1b2c3d4e5f60718"
  rule_number     = 99
  egress          = false
  protocol        = "-1"
  rule_action     = "deny"
  ipv6_cidr_block = "2001:db8:1::/48"
}

resource "aws_network_acl_rule" "floodmark-nacl-cd14326a-outbound-97" {
  network_acl_id = "acl-0a1b2c3d4e5f60718"
  rule_number    = 97
  egress         = true
  protocol       = "-1"
  rule_action    = "deny"
  cidr_block     = "198.51.100.0/24"
}

resource "aws_network_acl_rule" "floodmark-nacl-cd14326a-outbound-98" {
  network_acl_id = "acl-0a1b2c3d4e5f60718"
  rule_number    = 98
  egress         = true
  protocol       = "-1"
  rule_action    = "deny"
  cidr_block     = "203.0.113.7/32"
}

resource "aws_network_acl_rule" "floodmark-nacl-cd14326a-outbound-99" {
  network_acl_id  = "acl-0a1b2c3d4e5f60718"
  rule_number     = 99
  egress          = true
  protocol        = "-1"
  rule_action     = "deny"
  ipv6_cidr_block = "2001:db8:1::/48"
}

#!/bin/sh
# floodmark-nacl-cd14326a: deny entries of a network ACL. Made by floodmark 2026-11-22T09:30:00Z, to be removed 2026-11-23T09:30:00Z.
# The entries of `acl-0a1b2c3d4e5f60718` are not known: numbers below 100 are taken, where a network ACL that was never touched has its first allow rule.
# A network ACL keeps no state and guards whole subnets: it drops packets of connections that are open, too, and sees only addresses that reach the subnet, not those behind a load balancer.
# It is to end 2026-11-23T09:30:00Z. AWS ends no rule by itself: `--undo` of the same command takes it away.
(
set -eu
# Reads the entry of the network ACL $1 on the side $2 (true: egress) of the number $3: it is free, the denial of the
# network $4, or of others.
read_entry() {
  held=$(aws ec2 describe-network-acls --network-acl-ids "$1" --output text --query "NetworkAcls[0].Entries[?Egress==\`$2\` && RuleNumber==\`$3\`].join(' ', [RuleAction, Protocol, CidrBlock || Ipv6CidrBlock]) | [0]")
  case $held in
  None) entry=free ;;
  "deny -1 $4") entry=denies ;;
  *)
    entry=others
    echo "the entry $3 of $1 is of others: $held" >&2
    ;;
  esac
}
read_entry acl-0a1b2c3d4e5f60718 false 97 198.51.100.0/24
[ "$entry" = denies ] || aws ec2 create-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --ingress --rule-number 97 --protocol -1 --rule-action deny --cidr-block 198.51.100.0/24
read_entry acl-0a1b2c3d4e5f60718 false 98 203.0.113.7/32
[ "$entry" = denies ] || aws ec2 create-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --ingress --rule-number 98 --protocol -1 --rule-action deny --cidr-block 203.0.113.7/32
read_entry acl-0a1b2c3d4e5f60718 false 99 2001:db8:1::/48
[ "$entry" = denies ] || aws ec2 create-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --ingress --rule-number 99 --protocol -1 --rule-action deny --ipv6-cidr-block 2001:db8:1::/48
read_entry acl-0a1b2c3d4e5f60718 true 97 198.51.100.0/24
[ "$entry" = denies ] || aws ec2 create-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --egress --rule-number 97 --protocol -1 --rule-action deny --cidr-block 198.51.100.0/24
read_entry acl-0a1b2c3d4e5f60718 true 98 203.0.113.7/32
[ "$entry" = denies ] || aws ec2 create-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --egress --rule-number 98 --protocol -1 --rule-action deny --cidr-block 203.0.113.7/32
read_entry acl-0a1b2c3d4e5f60718 true 99 2001:db8:1::/48
[ "$entry" = denies ] || aws ec2 create-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --egress --rule-number 99 --protocol -1 --rule-action deny --ipv6-cidr-block 2001:db8:1::/48
)

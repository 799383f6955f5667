#!/bin/sh
# floodmark-nacl-cd14326a: takes away: deny entries of a network ACL. Made by floodmark 2026-11-22T09:30:00Z, to be removed 2026-11-23T09:30:00Z.
(
set -eu
aws ec2 delete-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --egress --rule-number 99
aws ec2 delete-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --egress --rule-number 98
aws ec2 delete-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --egress --rule-number 97
aws ec2 delete-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --ingress --rule-number 99
aws ec2 delete-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --ingress --rule-number 98
aws ec2 delete-network-acl-entry --network-acl-id acl-0a1b2c3d4e5f60718 --ingress --rule-number 97
)

#!/bin/sh
# floodmark-security-group-1952d0f1: takes away: changes of a security group's allow rules. Made by floodmark 2026-11-22T09:30:00Z.
(
set -eu
aws ec2 authorize-security-group-ingress --group-id sg-0a1b2c3d4e5f60718 --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"192.0.2.0/30","Description":"it'\''s \"the web\" ${x}"}],"ToPort":443}]'
aws ec2 revoke-security-group-ingress --group-id sg-0a1b2c3d4e5f60718 --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"192.0.2.2/31","Description":"it'\''s \"the web\" ${x}"}],"ToPort":443}]'
aws ec2 revoke-security-group-ingress --group-id sg-0a1b2c3d4e5f60718 --ip-permissions '[{"FromPort":443,"IpProtocol":"tcp","IpRanges":[{"CidrIp":"192.0.2.0/32","Description":"it'\''s \"the web\" ${x}"}],"ToPort":443}]'
)

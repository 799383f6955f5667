# floodmark-waf-ip-set-b2e6ba29: an IP set that a rule of a web ACL blocks. Made by floodmark 2026-11-22T09:30:00Z.
# For the provider hashicorp/aws 6.

resource "aws_wafv2_ip_set" "floodmark-waf-ip-set-b2e6ba29-v4" {
  name               = "floodmark-waf-ip-set-b2e6ba29-v4"
  description        = "Made by floodmark 2026-11-22T09:30:00Z"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses = [
    "198.51.100.0/24",
    "203.0.113.7/32",
  ]
}

resource "aws_wafv2_ip_set" "floodmark-waf-ip-set-b2e6ba29-v6" {
  name               = "floodmark-waf-ip-set-b2e6ba29-v6"
  description        = "Made by floodmark 2026-11-22T09:30:00Z"
  scope              = "REGIONAL"
  ip_address_version = "IPV6"
  addresses = [
    "2001:0db8:0001:0000:0000:0000:0000:0000/48",
  ]
}

# A resource has one web ACL: if arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188 has one, add the rule to that (`--web-acl`), or this takes its place.

resource "aws_wafv2_web_acl" "floodmark-waf-ip-set-b2e6ba29" {
  name        = "floodmark-waf-ip-set-b2e6ba29"
  description = "Made by floodmark 2026-11-22T09:30:00Z"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "floodmark-waf-ip-set-b2e6ba29"
    priority = 10

    action {
      block {}
    }

    statement {
      or_statement {
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.floodmark-waf-ip-set-b2e6ba29-v4.arn
          }
        }
        statement {
          ip_set_reference_statement {
            arn = aws_wafv2_ip_set.floodmark-waf-ip-set-b2e6ba29-v6.arn
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "floodmark-waf-ip-set-b2e6ba29"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "floodmark-waf-ip-set-b2e6ba29"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_association" "floodmark-waf-ip-set-b2e6ba29" {
  resource_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/site/50dc6c495c0c9188"
  web_acl_arn  = aws_wafv2_web_acl.floodmark-waf-ip-set-b2e6ba29.arn
}

# floodmark-waf-geo-a0ccd610: a rule of a web ACL that blocks countries. Made by floodmark 2026-11-22T09:30:00Z.
# The web ACL `floodmark-waf-geo-a0ccd610` protects nothing until it is associated with a resource (`--resource-arn`).
# For the provider hashicorp/aws 6.

resource "aws_wafv2_web_acl" "floodmark-waf-geo-a0ccd610" {
  name        = "floodmark-waf-geo-a0ccd610"
  description = "Made by floodmark 2026-11-22T09:30:00Z"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  rule {
    name     = "floodmark-waf-geo-a0ccd610"
    priority = 10

    action {
      block {}
    }

    statement {
      geo_match_statement {
        country_codes = [
          "TV",
        ]
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "floodmark-waf-geo-a0ccd610"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "floodmark-waf-geo-a0ccd610"
    sampled_requests_enabled   = true
  }
}

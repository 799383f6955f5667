# floodmark-waf-match-7843d5d8: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
# The web ACL `floodmark-waf-match-7843d5d8` protects nothing until a distribution names it as its web ACL.
# Texts are compared letter by letter with the request as it was sent: capital letters and `%20` are not the same as small ones and a blank.
# For the provider hashicorp/aws 6.

resource "aws_wafv2_web_acl" "floodmark-waf-match-7843d5d8" {
  region      = "us-east-1"
  name        = "floodmark-waf-match-7843d5d8"
  description = "Made by floodmark 2026-11-22T09:30:00Z"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "floodmark-waf-match-7843d5d8"
    priority = 10

    action {
      block {}
    }

    statement {
      byte_match_statement {
        search_string         = "bad bot"
        positional_constraint = "CONTAINS"
        field_to_match {
          single_header {
            name = "user-agent"
          }
        }
        text_transformation {
          priority = 0
          type     = "NONE"
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "floodmark-waf-match-7843d5d8"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "floodmark-waf-match-7843d5d8"
    sampled_requests_enabled   = true
  }
}

# floodmark-waf-rate-4e4e16aa: a rule of a web ACL that blocks an address while it asks too often. Made by floodmark 2026-11-22T09:30:00Z.
# The rules of the web ACL `site` are not known: if one has the same priority, take another by `--priority`.
# Texts are compared letter by letter with the request as it was sent: capital letters and `%20` are not the same as small ones and a blank.
# For the provider hashicorp/aws 6.

resource "aws_wafv2_ip_set" "floodmark-waf-rate-4e4e16aa-v4" {
  name               = "floodmark-waf-rate-4e4e16aa-v4"
  description        = "Made by floodmark 2026-11-22T09:30:00Z"
  scope              = "REGIONAL"
  ip_address_version = "IPV4"
  addresses = [
    "203.0.113.0/24",
  ]
}

# If the web ACL site is declared in Terraform, it needs: lifecycle { ignore_changes = [rule] }
data "aws_wafv2_web_acl" "floodmark-waf-rate-4e4e16aa" {
  name  = "site"
  scope = "REGIONAL"
}

resource "aws_wafv2_rule_group" "floodmark-waf-rate-4e4e16aa" {
  name        = "floodmark-waf-rate-4e4e16aa"
  description = "Made by floodmark 2026-11-22T09:30:00Z"
  scope       = "REGIONAL"
  capacity    = 6

  rule {
    name     = "floodmark-waf-rate-4e4e16aa"
    priority = 10

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit                 = 100
        evaluation_window_sec = 60
        aggregate_key_type    = "IP"
        scope_down_statement {
          or_statement {
            statement {
              ip_set_reference_statement {
                arn = aws_wafv2_ip_set.floodmark-waf-rate-4e4e16aa-v4.arn
              }
            }
            statement {
              geo_match_statement {
                country_codes = [
                  "TV",
                ]
              }
            }
            statement {
              byte_match_statement {
                search_string         = "/login"
                positional_constraint = "STARTS_WITH"
                field_to_match {
                  uri_path {}
                }
                text_transformation {
                  priority = 0
                  type     = "NONE"
                }
              }
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "floodmark-waf-rate-4e4e16aa"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "floodmark-waf-rate-4e4e16aa"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_rule_group_association" "floodmark-waf-rate-4e4e16aa" {
  rule_name   = "floodmark-waf-rate-4e4e16aa"
  priority    = 10
  web_acl_arn = data.aws_wafv2_web_acl.floodmark-waf-rate-4e4e16aa.arn

  rule_group_reference {
    arn = aws_wafv2_rule_group.floodmark-waf-rate-4e4e16aa.arn
  }
}

# floodmark-waf-match-7dbf6fed: a rule of a web ACL that blocks paths and user agents. Made by floodmark 2026-11-22T09:30:00Z.
# The rules of the web ACL `site` are not known: if one has the same priority, take another by `--priority`.
# Texts are compared letter by letter with the request as it was sent: capital letters and `%20` are not the same as small ones and a blank.
# For the provider hashicorp/aws 6.

# If the web ACL site is declared in Terraform, it needs: lifecycle { ignore_changes = [rule] }

resource "aws_wafv2_rule_group" "floodmark-waf-match-7dbf6fed" {
  name        = "floodmark-waf-match-7dbf6fed"
  description = "Made by floodmark 2026-11-22T09:30:00Z"
  scope       = "REGIONAL"
  capacity    = 40

  rule {
    name     = "floodmark-waf-match-7dbf6fed"
    priority = 10

    action {
      block {}
    }

    statement {
      or_statement {
        statement {
          byte_match_statement {
            search_string         = "/a'b\"c"
            positional_constraint = "EXACTLY"
            field_to_match {
              uri_path {}
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "/$(touch pwned)`touch pwned`"
            positional_constraint = "EXACTLY"
            field_to_match {
              uri_path {}
            }
            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
        statement {
          byte_match_statement {
            search_string         = "$${jndi:ldap://example.com/a}%%{x}\\"
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
        statement {
          byte_match_statement {
            search_string         = "*/ -- '; DROP TABLE x; #"
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
        statement {
          byte_match_statement {
            search_string         = "käse 🧀 <script>"
            positional_constraint = "EXACTLY"
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
        statement {
          byte_match_statement {
            search_string         = "|]}][`'\\u0060 &&"
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
        statement {
          byte_match_statement {
            search_string         = "\\u0001tab$(touch pwned)\\u0001\\u0001[\"ip_set_v4\"]"
            positional_constraint = "EXACTLY"
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
        statement {
          byte_match_statement {
            search_string         = "{{resolve:secretsmanager:key}}"
            positional_constraint = "EXACTLY"
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
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "floodmark-waf-match-7dbf6fed"
      sampled_requests_enabled   = true
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = "floodmark-waf-match-7dbf6fed"
    sampled_requests_enabled   = true
  }
}

resource "aws_wafv2_web_acl_rule_group_association" "floodmark-waf-match-7dbf6fed" {
  rule_name   = "floodmark-waf-match-7dbf6fed"
  priority    = 10
  web_acl_arn = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/site/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"

  rule_group_reference {
    arn = aws_wafv2_rule_group.floodmark-waf-match-7dbf6fed.arn
  }
}

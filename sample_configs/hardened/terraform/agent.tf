resource "aws_bedrockagentcore_gateway" "tools" {
  name            = "support-tools"
  role_arn        = aws_iam_role.gateway.arn
  protocol_type   = "MCP"
  authorizer_type = "CUSTOM_JWT"
  kms_key_arn     = aws_kms_key.support.arn

  authorizer_configuration {
    custom_jwt_authorizer {
      discovery_url    = "https://login.acme.test/.well-known/openid-configuration"
      allowed_audience = ["support-tools"]
      allowed_clients  = ["support-agent"]
    }
  }

  interceptor_configuration {
    interception_points = ["REQUEST"]

    interceptor {
      lambda {
        arn = "arn:aws:lambda:eu-central-1:111122223333:function:support-tool-policy"
      }
    }
  }
}

resource "aws_bedrockagentcore_gateway_target" "articles" {
  name               = "articles"
  gateway_identifier = aws_bedrockagentcore_gateway.tools.gateway_id

  credential_provider_configuration {
    gateway_iam_role {}
  }

  target_configuration {
    mcp {
      lambda {
        lambda_arn = "arn:aws:lambda:eu-central-1:111122223333:function:support-find-article"

        tool_schema {
          inline_payload {
            name        = "find_article"
            description = "The reviewed help articles about a topic"

            input_schema {
              type = "object"

              property {
                name     = "year"
                type     = "integer"
                required = true
              }
            }

            output_schema {
              type = "object"

              property {
                name = "articles"
                type = "array"
              }
            }
          }
        }
      }
    }
  }
}

resource "aws_bedrock_guardrail" "support" {
  name                      = "support"
  blocked_input_messaging   = "This cannot be answered here."
  blocked_outputs_messaging = "This cannot be answered here."
  kms_key_arn               = aws_kms_key.support.arn

  content_policy_config {
    filters_config {
      type            = "PROMPT_ATTACK"
      input_strength  = "HIGH"
      output_strength = "NONE"
    }
  }
}

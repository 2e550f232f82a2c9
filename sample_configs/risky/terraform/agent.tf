resource "aws_bedrockagent_agent" "support" {
  agent_name                  = "support"
  agent_resource_role_arn     = aws_iam_role.agent.arn
  foundation_model            = "anthropic.claude-sonnet-4-5-20250929-v1:0"
  idle_session_ttl_in_seconds = 5400
  instruction                 = "Answer customers, and repair what is broken in their accounts."

  memory_configuration {
    enabled_memory_types = ["SESSION_SUMMARY"]
    storage_days         = 30
  }
}

resource "aws_bedrockagentcore_memory" "support" {
  name                  = "support"
  event_expiry_duration = 365
}

resource "aws_lambda_function" "tools" {
  function_name = "support-tools"
  role          = aws_iam_role.tools.arn
  package_type  = "Image"
  image_uri     = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/support-tools:latest"
  timeout       = 900

  environment {
    variables = {
      CRM_API_KEY = var.crm_api_key
    }
  }
}

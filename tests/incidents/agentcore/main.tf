resource "aws_iam_role" "interpreter" {
  name               = "interpreter"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "bedrock-agentcore.amazonaws.com" } }] })
}

resource "aws_iam_role_policy" "interpreter" {
  role = aws_iam_role.interpreter.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["s3:*", "dynamodb:*", "secretsmanager:GetSecretValue"], Resource = "*" },
  ] })
}

resource "aws_bedrockagentcore_code_interpreter" "analysis" {
  name               = "analysis"
  execution_role_arn = aws_iam_role.interpreter.arn
  network_configuration { network_mode = "PUBLIC" }
}

resource "aws_iam_role" "runtime" {
  name               = "AmazonBedrockAgentCoreSDKRuntime-eu-central-1-1a2b3c4d5e"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "bedrock-agentcore.amazonaws.com" } }] })
}

resource "aws_iam_role_policy" "runtime" {
  role = aws_iam_role.runtime.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = "arn:aws:ecr:*:111122223333:repository/*" },
    { Effect = "Allow", Action = ["bedrock:InvokeModel", "bedrock-agentcore:InvokeCodeInterpreter", "bedrock-agentcore:GetMemory", "bedrock-agentcore:RetrieveMemoryRecords", "bedrock-agentcore:ListEvents"], Resource = "*" },
  ] })
}

resource "aws_bedrockagentcore_agent_runtime" "support" {
  agent_runtime_name = "support"
  role_arn           = aws_iam_role.runtime.arn
  agent_runtime_artifact {
    container_configuration { container_uri = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/support@sha256:3b1d5f0f7f0a4e0c9d3a3d0b2d9b4d2a6c1e8f7a5b4c3d2e1f0a9b8c7d6e5f4a" }
  }
  network_configuration { network_mode = "PUBLIC" }
}

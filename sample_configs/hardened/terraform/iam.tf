# What no policy of the agent can ever exceed.
resource "aws_iam_policy" "boundary" {
  name = "support-agent-boundary"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Models"
        Effect   = "Allow"
        Action   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        Resource = local.models
      },
      {
        Sid      = "Articles"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = "arn:aws:s3:::acme-support-articles/published/*"
      },
      {
        Sid      = "Conversations"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
        Resource = "arn:aws:dynamodb:eu-central-1:111122223333:table/support-conversations"
      },
      {
        Sid      = "Memory"
        Effect   = "Allow"
        Action   = ["elasticache:Connect"]
        Resource = [
          "arn:aws:elasticache:eu-central-1:111122223333:replicationgroup:support-memory",
          "arn:aws:elasticache:eu-central-1:111122223333:user:support-agent",
        ]
      },
    ]
  })
}

resource "aws_iam_role" "agent" {
  name                 = "support-agent"
  max_session_duration = 3600
  permissions_boundary = aws_iam_policy.boundary.arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/SUPPORT" }
        Condition = {
          StringEquals = {
            "oidc.eks.eu-central-1.amazonaws.com/id/SUPPORT:sub" = "system:serviceaccount:support:support-agent"
            "oidc.eks.eu-central-1.amazonaws.com/id/SUPPORT:aud" = "sts.amazonaws.com"
          }
        }
      },
    ]
  })
}

data "aws_iam_policy_document" "agent" {
  statement {
    sid       = "Models"
    actions   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    resources = local.models
  }

  statement {
    sid       = "Articles"
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::acme-support-articles/published/*"]
  }

  statement {
    sid       = "OwnConversations"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
    resources = ["arn:aws:dynamodb:eu-central-1:111122223333:table/support-conversations"]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["$${aws:PrincipalTag/tenant}:*"]
    }
  }

  statement {
    sid     = "Memory"
    actions = ["elasticache:Connect"]
    resources = [
      "arn:aws:elasticache:eu-central-1:111122223333:replicationgroup:support-memory",
      "arn:aws:elasticache:eu-central-1:111122223333:user:support-agent",
    ]
  }
}

resource "aws_iam_role_policy" "agent" {
  name   = "support-agent"
  role   = aws_iam_role.agent.id
  policy = data.aws_iam_policy_document.agent.json
}

# The pipeline: one repository, one environment, fifteen minutes.
resource "aws_iam_role" "ci" {
  name                 = "support-agent-ci"
  max_session_duration = 3600
  permissions_boundary = aws_iam_policy.boundary.arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
        Condition = {
          StringEquals = {
            "token.actions.githubusercontent.com:sub" = "repo:acme/support-agent:environment:production"
            "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "ci" {
  name = "support-agent-ci"
  role = aws_iam_role.ci.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Models"
        Effect   = "Allow"
        Action   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
        Resource = local.models
      },
    ]
  })
}

# The gateway, which alone can ask for the tools' tokens.
resource "aws_iam_role" "gateway" {
  name                 = "support-tool-gateway"
  max_session_duration = 3600
  permissions_boundary = aws_iam_policy.gateway_boundary.arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "bedrock-agentcore.amazonaws.com" }
        Condition = {
          StringEquals = { "aws:SourceAccount" = "111122223333" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:bedrock-agentcore:eu-central-1:111122223333:gateway/support-tools-*" }
        }
      },
    ]
  })
}

resource "aws_iam_policy" "gateway_boundary" {
  name   = "support-tool-gateway-boundary"
  policy = data.aws_iam_policy_document.gateway.json
}

data "aws_iam_policy_document" "gateway" {
  statement {
    sid       = "CallTools"
    actions   = ["lambda:InvokeFunction"]
    resources = ["arn:aws:lambda:eu-central-1:111122223333:function:support-find-article"]
  }
}

resource "aws_iam_role_policy" "gateway" {
  name   = "support-tool-gateway"
  role   = aws_iam_role.gateway.id
  policy = data.aws_iam_policy_document.gateway.json
}

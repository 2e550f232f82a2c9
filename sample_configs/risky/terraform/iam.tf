# The agent's own user, for everything that runs outside of AWS.
resource "aws_iam_user" "agent" {
  name = "support-agent"
}

resource "aws_iam_access_key" "agent" {
  user = aws_iam_user.agent.name
}

resource "aws_iam_user_policy_attachment" "agent" {
  user       = aws_iam_user.agent.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# Its role, for what runs inside.
resource "aws_iam_role" "agent" {
  name                 = "support-agent"
  max_session_duration = 12 * 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "bedrock.amazonaws.com" }
      },
    ]
  })
}

# A role for tools, which any account may assume while we find out who needs it.
resource "aws_iam_role" "tools" {
  name = "support-tools"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { AWS = "*" }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "tools" {
  role       = aws_iam_role.tools.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}

# And one for pipelines, whatever the repository.
resource "aws_iam_role" "pipelines" {
  name = "support-pipelines"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
        Condition = {
          StringLike = { "token.actions.githubusercontent.com:sub" = "repo:acme/*" }
        }
      },
    ]
  })
}

resource "aws_iam_role_policy" "agent" {
  name = "support-agent"
  role = aws_iam_role.agent.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Data"
        Effect   = "Allow"
        Action   = ["s3:*", "dynamodb:*"]
        Resource = "*"
      },
      {
        Sid      = "Secrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "ssm:GetParameter*"]
        Resource = "*"
      },
      {
        Sid      = "Deploy"
        Effect   = "Allow"
        Action   = ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"]
        Resource = "*"
      },
      {
        Sid      = "Models"
        Effect   = "Allow"
        Action   = ["bedrock:InvokeModel", "bedrock:DeleteGuardrail", "bedrock:UpdateAgent", "cloudtrail:StopLogging"]
        Resource = "*"
      },
    ]
  })
}

data "aws_iam_policy_document" "keys" {
  statement {
    sid       = "OwnKeys"
    actions   = ["iam:CreateAccessKey", "iam:CreateServiceSpecificCredential", "sts:AssumeRole"]
    resources = ["*"]
  }

  statement {
    sid         = "AlmostEverything"
    not_actions = ["organizations:*", "account:*"]
    resources   = ["*"]
  }
}

resource "aws_iam_role_policy" "keys" {
  name   = "support-agent-keys"
  role   = aws_iam_role.agent.id
  policy = data.aws_iam_policy_document.keys.json
}

resource "aws_s3_bucket" "trail" {
  bucket = "acme-support-trail"
}

resource "aws_s3_bucket_public_access_block" "trail" {
  bucket                  = aws_s3_bucket.trail.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_cloudtrail" "support" {
  name                          = "support"
  s3_bucket_name                = aws_s3_bucket.trail.id
  kms_key_id                    = aws_kms_key.support.arn
  is_multi_region_trail         = true
  enable_log_file_validation    = true
  include_global_service_events = true

  advanced_event_selector {
    name = "What the agent reads and writes"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }
  }

  advanced_event_selector {
    name = "What the agent calls"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::BedrockAgentCore::Gateway"]
    }
  }

  advanced_event_selector {
    name = "Management"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }
  }
}

resource "aws_cloudwatch_log_group" "models" {
  name              = "/support/models"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.support.arn
}

resource "aws_iam_role" "model_logging" {
  name                 = "support-model-logging"
  max_session_duration = 3600
  permissions_boundary = aws_iam_policy.model_logging.arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "bedrock.amazonaws.com" }
        Condition = {
          StringEquals = { "aws:SourceAccount" = "111122223333" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:bedrock:eu-central-1:111122223333:*" }
        }
      },
    ]
  })
}

data "aws_iam_policy_document" "model_logging" {
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["arn:aws:logs:eu-central-1:111122223333:log-group:/support/models:*"]
  }
}

resource "aws_iam_policy" "model_logging" {
  name   = "support-model-logging-boundary"
  policy = data.aws_iam_policy_document.model_logging.json
}

resource "aws_iam_role_policy" "model_logging" {
  name   = "support-model-logging"
  role   = aws_iam_role.model_logging.id
  policy = data.aws_iam_policy_document.model_logging.json
}

resource "aws_bedrock_model_invocation_logging_configuration" "support" {
  logging_config {
    embedding_data_delivery_enabled = false
    image_data_delivery_enabled     = false
    text_data_delivery_enabled      = false

    cloudwatch_config {
      log_group_name = aws_cloudwatch_log_group.models.name
      role_arn       = aws_iam_role.model_logging.arn
    }
  }
}

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "6.14.1"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

locals {
  account = "111122223333"
  region  = "eu-central-1"
  models = [
    "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
  ]
}

resource "aws_kms_key" "support" {
  description             = "Everything the support agent stores"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_s3_bucket" "articles" {
  bucket = "acme-support-articles"
}

resource "aws_s3_bucket_public_access_block" "articles" {
  bucket                  = aws_s3_bucket.articles.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "articles" {
  bucket = aws_s3_bucket.articles.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.support.arn
    }
  }
}

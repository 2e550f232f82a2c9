terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

variable "crm_api_key" {
  type    = string
  default = "opens-no-door-crm-41"
}

resource "aws_s3_bucket" "customers" {
  bucket = "acme-customer-files"
}

resource "aws_dynamodb_table" "conversations" {
  name         = "support-conversations"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "session"

  attribute {
    name = "session"
    type = "S"
  }
}

resource "aws_secretsmanager_secret" "crm" {
  name = "support/crm"
}

resource "aws_secretsmanager_secret_version" "crm" {
  secret_id     = aws_secretsmanager_secret.crm.id
  secret_string = var.crm_api_key
}

resource "aws_cloudwatch_log_group" "agent" {
  name = "/support/agent"
}

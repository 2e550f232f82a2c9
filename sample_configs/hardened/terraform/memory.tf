# Every store of the agent forgets: by the day, by the megabyte, by the turn.
resource "aws_dynamodb_table" "conversations" {
  name         = "support-conversations"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "session"

  attribute {
    name = "session"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.support.arn
  }
}

resource "aws_bedrockagentcore_memory" "support" {
  name                  = "support"
  event_expiry_duration = 14
  encryption_key_arn    = aws_kms_key.support.arn
}

resource "aws_elasticache_parameter_group" "memory" {
  name   = "support-memory"
  family = "valkey8"

  parameter {
    name  = "maxmemory-policy"
    value = "volatile-ttl"
  }
}

resource "aws_elasticache_user" "agent" {
  user_id       = "support-agent"
  user_name     = "support-agent"
  engine        = "valkey"
  access_string = "on ~chat:* +get +set +expire +del"

  authentication_mode {
    type = "iam"
  }
}

resource "aws_elasticache_user_group" "memory" {
  user_group_id = "support-memory"
  engine        = "valkey"
  user_ids      = [aws_elasticache_user.agent.user_id]
}

resource "aws_elasticache_replication_group" "memory" {
  replication_group_id       = "support-memory"
  description                = "Conversations of the support agent; every key has a TTL"
  engine                     = "valkey"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  parameter_group_name       = aws_elasticache_parameter_group.memory.name
  user_group_ids             = [aws_elasticache_user_group.memory.user_group_id]
  transit_encryption_enabled = true
  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.support.arn
}

# The one long-lived secret belongs to the gateway, and changes every thirty days.
resource "aws_secretsmanager_secret" "gateway" {
  name       = "support/tool-gateway"
  kms_key_id = aws_kms_key.support.arn
}

resource "aws_secretsmanager_secret_rotation" "gateway" {
  secret_id           = aws_secretsmanager_secret.gateway.id
  rotation_lambda_arn = "arn:aws:lambda:eu-central-1:111122223333:function:rotate-oauth-client"

  rotation_rules {
    automatically_after_days = 30
  }
}

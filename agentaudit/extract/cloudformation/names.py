"""What CloudFormation calls resources and their properties, in the words of Terraform."""

from collections.abc import Mapping
from types import MappingProxyType

AS_THEY_ARE = frozenset(
    {
        *("Variables", "EnvironmentVariables", "PolicyDocument", "AssumeRolePolicyDocument"),
        *("Condition", "InputSchema", "OutputSchema", "Headers"),
        *("ResourcePolicy", "KeyPolicy", "RepositoryPolicyText", "Statement"),
    }
)
"""Properties whose keys are the user's own."""
POLICY_OR_LIST = "AccessPolicies"
"""Of OpenSearch, whose keys are those of IAM; of EKS a list of what has names of CloudFormation."""

TYPES: Mapping[str, str] = MappingProxyType(
    {
        "AWS::IAM::Role": "aws_iam_role",
        "AWS::IAM::User": "aws_iam_user",
        "AWS::IAM::Policy": "aws_iam_role_policy",
        "AWS::IAM::ManagedPolicy": "aws_iam_policy",
        "AWS::IAM::AccessKey": "aws_iam_access_key",
        "AWS::IAM::InstanceProfile": "aws_iam_instance_profile",
        "AWS::Lambda::Function": "aws_lambda_function",
        "AWS::Serverless::Function": "aws_lambda_function",
        "AWS::Lambda::Url": "aws_lambda_function_url",
        "AWS::ApiGateway::RestApi": "aws_api_gateway_rest_api",
        "AWS::ApiGateway::Method": "aws_api_gateway_method",
        "AWS::ApiGatewayV2::Api": "aws_apigatewayv2_api",
        "AWS::ApiGatewayV2::Route": "aws_apigatewayv2_route",
        "AWS::ApiGatewayV2::Integration": "aws_apigatewayv2_integration",
        "AWS::ECS::TaskDefinition": "aws_ecs_task_definition",
        "AWS::ECS::Service": "aws_ecs_service",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "aws_lb",
        "AWS::ElasticLoadBalancingV2::Listener": "aws_lb_listener",
        "AWS::ElasticLoadBalancingV2::ListenerRule": "aws_lb_listener_rule",
        "AWS::Lambda::Permission": "aws_lambda_permission",
        "AWS::Lambda::LayerVersionPermission": "aws_lambda_layer_version_permission",
        "AWS::Events::EventBusPolicy": "aws_cloudwatch_event_permission",
        "AWS::S3::Bucket": "aws_s3_bucket",
        "AWS::S3::BucketPolicy": "aws_s3_bucket_policy",
        "AWS::SQS::QueuePolicy": "aws_sqs_queue_policy",
        "AWS::SQS::QueueInlinePolicy": "aws_sqs_queue_policy",
        "AWS::SNS::TopicPolicy": "aws_sns_topic_policy",
        "AWS::SNS::TopicInlinePolicy": "aws_sns_topic_policy",
        "AWS::ECR::Repository": "aws_ecr_repository_policy",
        "AWS::KMS::Key": "aws_kms_key",
        "AWS::Bedrock::DataSource": "aws_bedrockagent_data_source",
        "AWS::Bedrock::KnowledgeBase": "aws_bedrockagent_knowledge_base",
        "AWS::DynamoDB::Table": "aws_dynamodb_table",
        "AWS::SecretsManager::Secret": "aws_secretsmanager_secret",
        "AWS::SecretsManager::RotationSchedule": "aws_secretsmanager_secret_rotation",
        "AWS::SecretsManager::ResourcePolicy": "aws_secretsmanager_secret_policy",
        "AWS::SQS::Queue": "aws_sqs_queue",
        "AWS::SNS::Topic": "aws_sns_topic",
        "AWS::RDS::DBInstance": "aws_db_instance",
        "AWS::RDS::DBCluster": "aws_rds_cluster",
        "AWS::OpenSearchService::Domain": "aws_opensearch_domain",
        "AWS::ElastiCache::ParameterGroup": "aws_elasticache_parameter_group",
        "AWS::ElastiCache::ReplicationGroup": "aws_elasticache_replication_group",
        "AWS::ElastiCache::CacheCluster": "aws_elasticache_cluster",
        "AWS::ElastiCache::ServerlessCache": "aws_elasticache_serverless_cache",
        "AWS::ElastiCache::User": "aws_elasticache_user",
        "AWS::ElastiCache::UserGroup": "aws_elasticache_user_group",
        "AWS::MemoryDB::Cluster": "aws_memorydb_cluster",
        "AWS::MemoryDB::ParameterGroup": "aws_memorydb_parameter_group",
        "AWS::MemoryDB::ACL": "aws_memorydb_acl",
        "AWS::MemoryDB::User": "aws_memorydb_user",
        "AWS::EKS::AccessEntry": "aws_eks_access_entry",
        "AWS::CodeBuild::Project": "aws_codebuild_project",
        "AWS::CloudTrail::Trail": "aws_cloudtrail",
        "AWS::Logs::LogGroup": "aws_cloudwatch_log_group",
        "AWS::Bedrock::Agent": "aws_bedrockagent_agent",
        "AWS::BedrockAgentCore::Memory": "aws_bedrockagentcore_memory",
        "AWS::BedrockAgentCore::Gateway": "aws_bedrockagentcore_gateway",
        "AWS::BedrockAgentCore::Runtime": "aws_bedrockagentcore_agent_runtime",
        "AWS::BedrockAgentCore::Harness": "aws_bedrockagentcore_harness",
        "AWS::BedrockAgentCore::GatewayTarget": "aws_bedrockagentcore_gateway_target",
        "AWS::BedrockAgentCore::CodeInterpreterCustom": "aws_bedrockagentcore_code_interpreter",
        "AWS::BedrockAgentCore::BrowserCustom": "aws_bedrockagentcore_browser",
        "AWS::BedrockAgentCore::WorkloadIdentity": "aws_bedrockagentcore_workload_identity",
        "AWS::BedrockAgentCore::ResourcePolicy": "aws_bedrockagentcore_resource_policy",
        "AWS::BedrockAgentCore::ApiKeyCredentialProvider": (
            "aws_bedrockagentcore_api_key_credential_provider"
        ),
        "AWS::BedrockAgentCore::OAuth2CredentialProvider": (
            "aws_bedrockagentcore_oauth2_credential_provider"
        ),
    }
)
RENAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "aws_iam_role": {
            "RoleName": "name",
            "AssumeRolePolicyDocument": "assume_role_policy",
            "Policies": "inline_policy",
            "PolicyDocument": "policy",
        },
        "aws_iam_user": {
            "UserName": "name",
            "Policies": "inline_policy",
            "PolicyDocument": "policy",
        },
        "aws_iam_role_policy": {
            "PolicyName": "name",
            "PolicyDocument": "policy",
            "Roles": "role",
        },
        "aws_iam_policy": {"ManagedPolicyName": "name", "PolicyDocument": "policy"},
        "aws_iam_access_key": {"UserName": "user"},
        "aws_secretsmanager_secret_policy": {"ResourcePolicy": "policy"},
        "aws_s3_bucket_policy": {"PolicyDocument": "policy"},
        "aws_sqs_queue_policy": {"PolicyDocument": "policy"},
        "aws_sns_topic_policy": {"PolicyDocument": "policy"},
        "aws_ecr_repository_policy": {"RepositoryPolicyText": "policy"},
        "aws_kms_key": {"KeyPolicy": "policy"},
        "aws_ecs_service": {"LoadBalancers": "load_balancer", "ServiceName": "name"},
        "aws_lb_listener": {"DefaultActions": "default_action", "TargetGroups": "target_group"},
        "aws_lb_listener_rule": {"Actions": "action", "TargetGroups": "target_group"},
        "aws_lambda_function_url": {
            "TargetFunctionArn": "function_name",
            "AuthType": "authorization_type",
        },
        "aws_api_gateway_method": {"AuthorizationType": "authorization"},
        "aws_iam_instance_profile": {"Roles": "role"},
        "aws_s3_bucket": {"BucketName": "bucket"},
        "aws_dynamodb_table": {"TableName": "name", "TimeToLiveSpecification": "ttl"},
        "aws_sqs_queue": {"QueueName": "name"},
        "aws_sns_topic": {"TopicName": "name"},
        "aws_db_instance": {
            "DBInstanceIdentifier": "identifier",
            "MasterUserPassword": "password",
            "EnableIAMDatabaseAuthentication": "iam_database_authentication_enabled",
        },
        "aws_rds_cluster": {
            "DBClusterIdentifier": "cluster_identifier",
            "MasterUserPassword": "master_password",
            "EnableIAMDatabaseAuthentication": "iam_database_authentication_enabled",
        },
        "aws_elasticache_replication_group": {"CacheParameterGroupName": "parameter_group_name"},
        "aws_elasticache_cluster": {"CacheParameterGroupName": "parameter_group_name"},
        "aws_elasticache_serverless_cache": {"ServerlessCacheName": "name"},
        "aws_memorydb_cluster": {"ClusterName": "name"},
        "aws_memorydb_parameter_group": {"ParameterGroupName": "name"},
        "aws_memorydb_acl": {"ACLName": "name"},
        "aws_codebuild_project": {"BuildSpec": "buildspec"},
        "aws_cloudtrail": {
            "TrailName": "name",
            "IsLogging": "enable_logging",
            "EventSelectors": "event_selector",
            "DataResources": "data_resource",
            "AdvancedEventSelectors": "advanced_event_selector",
            "FieldSelectors": "field_selector",
        },
        "aws_cloudwatch_log_group": {"LogGroupName": "name"},
    }
)

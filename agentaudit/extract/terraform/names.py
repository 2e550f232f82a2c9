"""What Terraform's resources are called once they exist: names, ids and ARNs, as far as written."""

from collections.abc import Mapping
from types import MappingProxyType

from agentaudit.expressions import regex

_INNER = regex(r"_(.)")
BETWEEN_WORDS = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a word begins in a name that is written as one: `McpServer`, `HTTPApi`."""

NAME_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "aws_s3_bucket": "bucket",
        "aws_lambda_function": "function_name",
        "aws_ecs_task_definition": "family",
        "aws_db_instance": "identifier",
        "aws_rds_cluster": "cluster_identifier",
        "aws_elasticache_cluster": "cluster_id",
        "aws_elasticache_replication_group": "replication_group_id",
        "aws_elasticache_user": "user_id",
        "aws_elasticache_user_group": "user_group_id",
        "aws_memorydb_user": "user_name",
        "aws_bedrockagent_agent": "agent_name",
        "aws_bedrockagentcore_agent_runtime": "agent_runtime_name",
        "aws_bedrockagentcore_harness": "harness_name",
        "google_memorystore_instance": "instance_id",
        "google_service_account": "account_id",
        "google_iam_workload_identity_pool_provider": "workload_identity_pool_provider_id",
        "google_project_iam_custom_role": "role_id",
        "google_organization_iam_custom_role": "role_id",
        "azuread_application": "display_name",
        "azuread_application_registration": "display_name",
        "google_vertex_ai_reasoning_engine": "display_name",
        "aws_opensearch_domain": "domain_name",
    }
)
"""The attribute that names a resource, where it is not `name`."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "awscc_eks_access_entry": "aws_eks_access_entry",
        "awscc_bedrock_agent": "aws_bedrockagent_agent",
        "awscc_bedrockagentcore_memory": "aws_bedrockagentcore_memory",
        "awscc_bedrockagentcore_gateway": "aws_bedrockagentcore_gateway",
        "awscc_bedrockagentcore_runtime": "aws_bedrockagentcore_agent_runtime",
        **{
            f"awscc_bedrockagentcore_{name}{custom}": f"aws_bedrockagentcore_{name}"
            for name, custom in (
                *(("code_interpreter", "_custom"), ("browser", "_custom")),
                *(("gateway_target", ""), ("workload_identity", ""), ("resource_policy", "")),
            )
        },
        "awscc_bedrock_knowledge_base": "aws_bedrockagent_knowledge_base",
        "awscc_bedrock_data_source": "aws_bedrockagent_data_source",
    }
)
"""Types of the Cloud Control provider whose attributes have the names of the other provider's."""

ARNS: Mapping[str, str] = MappingProxyType(
    {
        "aws_iam_role": "arn:aws:iam::${account}:role/{name}",
        "aws_iam_user": "arn:aws:iam::${account}:user/{name}",
        "aws_iam_policy": "arn:aws:iam::${account}:policy/{name}",
        "aws_s3_bucket": "arn:aws:s3:::{name}",
        "aws_dynamodb_table": "arn:aws:dynamodb:${region}:${account}:table/{name}",
        "aws_sqs_queue": "arn:aws:sqs:${region}:${account}:{name}",
        "aws_sns_topic": "arn:aws:sns:${region}:${account}:{name}",
        "aws_secretsmanager_secret": "arn:aws:secretsmanager:${region}:${account}:secret:{name}",
        "aws_ssm_parameter": "arn:aws:ssm:${region}:${account}:parameter/{name}",
        "aws_kms_key": "arn:aws:kms:${region}:${account}:key/{name}",
        "aws_lambda_function": "arn:aws:lambda:${region}:${account}:function:{name}",
        "aws_db_instance": "arn:aws:rds:${region}:${account}:db:{name}",
        "aws_rds_cluster": "arn:aws:rds:${region}:${account}:cluster:{name}",
        "aws_cloudwatch_log_group": "arn:aws:logs:${region}:${account}:log-group:{name}",
        "aws_opensearch_domain": "arn:aws:es:${region}:${account}:domain/{name}",
        "aws_kinesis_stream": "arn:aws:kinesis:${region}:${account}:stream/{name}",
        "aws_ecr_repository": "arn:aws:ecr:${region}:${account}:repository/{name}",
    }
)
"""What the ARN of a resource looks like; region and account are nobody's to know from files."""

_NAMED_BY_ID = frozenset(
    {
        "aws_iam_role",
        "aws_iam_user",
        "aws_s3_bucket",
        "aws_dynamodb_table",
        "aws_cloudwatch_log_group",
        "aws_elasticache_parameter_group",
        *("aws_memorydb_acl", "aws_memorydb_parameter_group", "aws_memorydb_user"),
    }
)


def camel(name: str) -> str:
    """A name as JSON and manifests spell it: `roleRef` of `role_ref`."""
    return _INNER.sub(lambda match: match[1].upper(), name)


def snake(name: str) -> str:
    """A name as Terraform spells it: `role_ref` of `roleRef`."""
    return BETWEEN_WORDS.sub("_", name).lower()


def name_attribute(type_: str) -> str:
    """The attribute that names a resource of a type."""
    return NAME_ATTRIBUTES.get(type_, "name")


def computed(type_: str, attribute: str, name: str) -> str:
    """The value of an attribute that the provider computes; empty when it cannot be told."""
    if attribute == "arn" or (attribute == "id" and type_.startswith("aws_secretsmanager")):
        return ARNS.get(type_, "").replace("{name}", name.removeprefix("/"))
    if attribute == "id" and type_ in _NAMED_BY_ID:
        return name
    return ""

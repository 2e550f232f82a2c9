"""
Policies that AWS manages, by name, as patterns of actions on every resource.

A selection of those that agent deployments attach, condensed: what they forbid and the conditions
within them are left out, so that they show at most what they give. What they give on named
resources alone is left out as well: the agent of CloudWatch reads its own parameters. Source: the
AWS Managed Policy Reference Guide.
"""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct


class ManagedPolicy(Struct, frozen=True):
    """What a managed policy allows; `not_actions` where it allows all but some."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()


def _allows(*actions: str) -> ManagedPolicy:
    return ManagedPolicy(actions=actions)


MANAGED_POLICIES: Mapping[str, ManagedPolicy] = MappingProxyType(
    {
        "AdministratorAccess": _allows("*"),
        "PowerUserAccess": ManagedPolicy(not_actions=("iam:*", "organizations:*", "account:*")),
        "ReadOnlyAccess": _allows("*:get*", "*:list*", "*:describe*", "*:batchget*"),
        "ViewOnlyAccess": _allows("*:list*", "*:describe*"),
        "SecurityAudit": _allows("*:list*", "*:describe*"),
        "IAMFullAccess": _allows("iam:*"),
        "IAMReadOnlyAccess": _allows("iam:get*", "iam:list*"),
        "AmazonS3FullAccess": _allows("s3:*", "s3-object-lambda:*"),
        "AmazonS3ReadOnlyAccess": _allows("s3:get*", "s3:list*", "s3:describe*"),
        "AmazonDynamoDBFullAccess": _allows("dynamodb:*", "dax:*"),
        "AmazonDynamoDBReadOnlyAccess": _allows(
            "dynamodb:get*", "dynamodb:batchget*", "dynamodb:query", "dynamodb:scan"
        ),
        "AmazonEC2FullAccess": _allows("ec2:*", "elasticloadbalancing:*", "autoscaling:*"),
        "AmazonECS_FullAccess": _allows("ecs:*"),
        "AmazonECSTaskExecutionRolePolicy": _allows(
            "ecr:getauthorizationtoken",
            "ecr:batchchecklayeravailability",
            "ecr:getdownloadurlforlayer",
            "ecr:batchgetimage",
            "logs:createlogstream",
            "logs:putlogevents",
        ),
        "AmazonRDSFullAccess": _allows("rds:*"),
        "AmazonSQSFullAccess": _allows("sqs:*"),
        "AmazonSNSFullAccess": _allows("sns:*"),
        "AmazonSESFullAccess": _allows("ses:*"),
        "AmazonSSMFullAccess": _allows("ssm:*"),
        "AmazonSSMReadOnlyAccess": _allows("ssm:get*", "ssm:list*", "ssm:describe*"),
        "AmazonSSMManagedInstanceCore": _allows(
            "ssm:getparameter",
            "ssm:getparameters",
            "ssm:updateinstanceinformation",
            "ssmmessages:createcontrolchannel",
            "ssmmessages:createdatachannel",
            "ssmmessages:opencontrolchannel",
            "ssmmessages:opendatachannel",
        ),
        "AmazonBedrockFullAccess": _allows("bedrock:*"),
        "AmazonBedrockLimitedAccess": _allows("bedrock:get*", "bedrock:list*", "bedrock:invoke*"),
        "AmazonBedrockReadOnly": _allows("bedrock:get*", "bedrock:list*"),
        "BedrockAgentCoreFullAccess": _allows("bedrock-agentcore:*"),
        "AmazonSageMakerFullAccess": _allows("sagemaker:*"),
        "AWSLambda_FullAccess": _allows("lambda:*"),
        "AWSLambdaBasicExecutionRole": _allows(
            "logs:createloggroup", "logs:createlogstream", "logs:putlogevents"
        ),
        "AWSLambdaVPCAccessExecutionRole": _allows(
            "logs:createloggroup",
            "logs:createlogstream",
            "logs:putlogevents",
            "ec2:createnetworkinterface",
            "ec2:deletenetworkinterface",
            "ec2:describenetworkinterfaces",
        ),
        "AWSXRayDaemonWriteAccess": _allows("xray:puttracesegments", "xray:puttelemetryrecords"),
        "CloudWatchAgentServerPolicy": _allows(
            "cloudwatch:putmetricdata",
            "logs:createloggroup",
            "logs:createlogstream",
            "logs:putlogevents",
        ),
        "CloudWatchLogsFullAccess": _allows("logs:*"),
        "SecretsManagerReadWrite": _allows("secretsmanager:*"),
        "AWSKeyManagementServicePowerUser": _allows("kms:create*", "kms:list*", "kms:describe*"),
        "AWSCodeBuildAdminAccess": _allows("codebuild:*"),
        "AWSCloudFormationFullAccess": _allows("cloudformation:*"),
    }
)


def policy_name(arn: str) -> str:
    """The name of a policy that AWS manages, from its ARN; empty for any other text."""
    if ":iam::aws:policy/" not in arn:
        return ""
    return arn.rpartition("/")[2]

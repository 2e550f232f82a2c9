"""Buckets that strangers write into, and the agents that are shown what lies there."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import EdgeKind
from agentaudit.model.finding import Severity
from agentaudit.rules.ours import threat_rules
from agentaudit.threats.model import threat_model
from tests.linting.severities import found

BUCKET = 'resource "aws_s3_bucket" "docs" { bucket = "desk-docs" }\n'
BASE = """
resource "aws_bedrockagent_knowledge_base" "desk" { name = "desk" }
resource "aws_bedrockagent_data_source" "docs" {
  name              = "docs"
  knowledge_base_id = aws_bedrockagent_knowledge_base.desk.id
  data_source_configuration {
    type = "S3"
    s3_configuration { bucket_arn = aws_s3_bucket.docs.arn }
  }
}
"""
AGENT = """
resource "aws_bedrockagent_agent" "desk" { agent_name = "desk" }
resource "aws_bedrockagent_agent_knowledge_base_association" "desk" {
  agent_id          = aws_bedrockagent_agent.desk.agent_id
  knowledge_base_id = aws_bedrockagent_knowledge_base.desk.id
}
"""
RUNTIME = """
resource "aws_bedrockagentcore_agent_runtime" "desk" {
  agent_runtime_name    = "desk"
  environment_variables = { KNOWLEDGE_BASE_ID = aws_bedrockagent_knowledge_base.desk.id }
}
"""
POLICY = """
resource "aws_s3_bucket_policy" "docs" {
  bucket = aws_s3_bucket.docs.id
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = "*", Action = "s3:PutObject", Resource = "*" }]
  })
}
"""
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED_IN = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def granted(permission: str, group: str = EVERYBODY) -> str:
    return f"""
resource "aws_s3_bucket_acl" "docs" {{
  bucket = aws_s3_bucket.docs.id
  access_control_policy {{
    owner {{ id = "1" }}
    grant {{
      grantee {{
        type = "CanonicalUser"
        id   = "1"
      }}
      permission = "FULL_CONTROL"
    }}
    grant {{
      grantee {{
        type = "Group"
        uri  = "{group}"
      }}
      permission = "{permission}"
    }}
  }}
}}
"""


def heard(text: str) -> set[str]:
    """What agents are shown by sources, by name."""
    deployment = deployment_of({"main.tf": text})
    names = {fact.id: fact.name for fact in deployment.facts()}
    return {names[edge.dst] for edge in deployment.edges if edge.kind is EdgeKind.INGESTS}


@pytest.mark.parametrize("agent", [AGENT, RUNTIME])
@pytest.mark.parametrize("opened", [POLICY, granted("WRITE"), granted("FULL_CONTROL", SIGNED_IN)])
def test_what_anybody_puts_into_what_an_agent_knows_is_a_source(agent: str, opened: str) -> None:
    assert heard(BUCKET + BASE + agent + opened) == {"what anybody puts into desk-docs"}


@pytest.mark.parametrize(
    "text",
    [
        BUCKET + BASE + AGENT + granted("READ"),
        BUCKET + BASE + POLICY,
        BUCKET + AGENT + BASE.partition('resource "aws_bedrockagent_data')[0] + POLICY,
        BUCKET + BASE + AGENT + POLICY.replace('"*", Action', '{ AWS = "111122223333" }, Action'),
    ],
)
def test_what_nobody_else_writes_or_no_agent_asks_is_none(text: str) -> None:
    assert heard(text) == set()


def test_templates_say_it_within_the_agent() -> None:
    def resource(type_: str, **properties: object) -> dict[str, object]:
        return {"Type": type_, "Properties": properties}

    base = {"Fn::GetAtt": ["Base", "KnowledgeBaseId"]}
    bucket = {"BucketArn": {"Fn::GetAtt": ["Docs", "Arn"]}}
    files = {
        "template.json": json.dumps(
            {
                "Resources": {
                    "Docs": resource(
                        "AWS::S3::Bucket", BucketName="docs", AccessControl="PublicReadWrite"
                    ),
                    "Base": resource("AWS::Bedrock::KnowledgeBase", Name="desk"),
                    "Source": resource(
                        "AWS::Bedrock::DataSource",
                        KnowledgeBaseId=base,
                        DataSourceConfiguration={"Type": "S3", "S3Configuration": bucket},
                    ),
                    "Desk": resource(
                        "AWS::Bedrock::Agent",
                        AgentName="desk",
                        KnowledgeBases=[{"KnowledgeBaseId": base, "Description": "what we know"}],
                    ),
                }
            }
        )
    }

    assert EdgeKind.INGESTS in {edge.kind for edge in deployment_of(files).edges}


def test_it_steers_what_the_agent_does() -> None:
    tool = """
resource "aws_bedrockagent_agent_action_group" "refund" {
  agent_id          = aws_bedrockagent_agent.desk.agent_id
  action_group_name = "refund"
  function_schema {
    member_functions { functions { name = "delete_order" } }
  }
}
"""
    deployment = deployment_of({"main.tf": BUCKET + BASE + AGENT + POLICY + tool})
    paths = threat_model(deployment, threat_rules()).paths

    assert any("desk-docs" in path.nodes[0].name for path in paths)


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (granted("READ"), Severity.MEDIUM),
        (granted("WRITE"), Severity.CRITICAL),
        (granted("READ", SIGNED_IN), Severity.MEDIUM),
        (granted("FULL_CONTROL"), Severity.CRITICAL),
        (granted("WRITE", "http://acs.amazonaws.com/groups/s3/LogDelivery"), None),
        (granted("FULL_CONTROL").replace("AllUsers", "Mine"), None),
    ],
)
def test_a_list_of_grants_opens_a_bucket_too(text: str, severity: Severity | None) -> None:
    assert found({"main.tf": BUCKET + text}).get("grant-to-everybody") is severity


def test_an_older_bucket_has_its_grants_within_it() -> None:
    text = BUCKET.replace(
        " }\n",
        f'\n  grant {{\n    type = "Group"\n    uri = "{EVERYBODY}"\n'
        '    permissions = ["WRITE"]\n  }\n}\n',
    )

    assert found({"main.tf": text})["grant-to-everybody"] is Severity.CRITICAL


@pytest.mark.parametrize(
    ("group", "permission"), [("${var.group}", "READ"), (EVERYBODY, "${var.p}")]
)
def test_whom_a_variable_lets_in_is_open(group: str, permission: str) -> None:
    deployment = deployment_of({"main.tf": BUCKET + granted(permission, group)})

    assert "the list of access of aws_s3_bucket_acl.docs" in {
        each.what for each in deployment.unresolved
    }

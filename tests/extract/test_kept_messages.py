"""How long what users said is kept in logs, and how confidential memories are said to be."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known, Truth
from agentaudit.model.facts.memory import MemoryStore


def kept(files: dict[str, str]) -> list[Known]:
    return [log.retention for log in deployment_of(files).audit_logs]


@pytest.mark.parametrize(
    ("service", "retention"),
    [
        ("", Known.NONE),
        ('environment: {PHOENIX_DEFAULT_RETENTION_POLICY_DAYS: "0"}', Known.NONE),
        ("environment: {PHOENIX_DEFAULT_RETENTION_POLICY_DAYS: 30}", Known.SET),
        ('environment: ["PHOENIX_DEFAULT_RETENTION_POLICY_DAYS=${DAYS}"]', Known.UNKNOWN),
        ("env_file: of-elsewhere.env", Known.UNKNOWN),
    ],
)
def test_phoenix_keeps_traces_for_ever_unless_told(service: str, retention: Known) -> None:
    text = f"services:\n  traces:\n    image: arizephoenix/phoenix:12\n    {service}\n"

    assert kept({"compose.yaml": text}) == [retention]


FUNCTION = """
resource "aws_lambda_function" "agent" {{
  function_name = "agent"
  environment {{ variables = {{ LOG_PROMPTS = "true" }} }}
  {more}
}}
resource "aws_cloudwatch_log_group" "a" {{
  name = "{name}"
  {days}
}}
"""


@pytest.mark.parametrize(
    ("more", "name", "days", "retention"),
    [
        ("", "/aws/lambda/agent", "", Known.NONE),
        ("", "/aws/lambda/agent", "retention_in_days = 0", Known.NONE),
        ("", "/aws/lambda/agent", "retention_in_days = 14", Known.SET),
        ("", "/aws/lambda/agent", "retention_in_days = var.days", Known.UNKNOWN),
        ("", "/aws/lambda/other", "", Known.UNKNOWN),
        ('logging_config { log_group = "/agents" }', "/agents", "", Known.NONE),
        (
            "logging_config { log_group = aws_cloudwatch_log_group.a.name }",
            "/agents",
            "retention_in_days = 14",
            Known.SET,
        ),
    ],
)
def test_a_function_prints_into_its_log_group(
    more: str, name: str, days: str, retention: Known
) -> None:
    assert kept({"main.tf": FUNCTION.format(more=more, name=name, days=days)}) == [retention]


def memory(attributes: str, more: str = "") -> MemoryStore:
    text = (
        f'resource "aws_bedrockagentcore_memory" "a" {{\n  name = "a"\n  {attributes}\n}}\n{more}'
    )
    (store,) = deployment_of({"main.tf": text}).memory_stores
    return store


@pytest.mark.parametrize(
    ("tags", "sensitive"),
    [
        ('{ DataClassification = "Confidential" }', Truth.YES),
        ('{ "data-classification" = "highly restricted" }', Truth.YES),
        ('{ ContainsPII = "true" }', Truth.YES),
        ('{ contains_pii = "false" }', Truth.UNKNOWN),
        ('{ Classification = "non-confidential" }', Truth.UNKNOWN),
        ('{ Classification = "public" }', Truth.UNKNOWN),
        ('{ Name = "confidential" }', Truth.UNKNOWN),
        ("{ DataClassification = var.class }", Truth.UNKNOWN),
        ("var.tags", Truth.UNKNOWN),
    ],
)
def test_tags_say_how_confidential_a_memory_is(tags: str, sensitive: Truth) -> None:
    assert memory(f"tags = {tags}").sensitive is sensitive


def test_tags_of_the_provider_count_unless_the_resource_says_otherwise() -> None:
    tags = '{ DataClassification = "restricted" }'
    provider = f'provider "aws" {{\n  default_tags {{\n    tags = {tags}\n  }}\n}}\n'

    assert memory("", provider).sensitive is Truth.YES
    assert memory('tags = { data_classification = "public" }', provider).sensitive is Truth.UNKNOWN
    assert [place.line for place in memory("", provider).evidence] == [1, 7]


@pytest.mark.parametrize(
    ("attributes", "own"),
    [
        ("", Known.NONE),
        ("encryption_key_arn = aws_kms_key.a.arn", Known.SET),
        ("encryption_key_arn = var.key", Known.SET),
    ],
)
def test_a_memory_is_encrypted_with_the_key_that_is_named(attributes: str, own: Known) -> None:
    assert memory(attributes).own_key is own

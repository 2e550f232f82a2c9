"""What AgentCore remembers: events, and the records that strategies make of them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.evidence import Known

RECORDS = """\
Resources:
  Memory:
    Type: AWS::BedrockAgentCore::Memory
    Properties:
      Name: desk
      EventExpiryDuration: 14
      MemoryStrategies: {strategies}
"""
SOME_DAYS = "RecordExpirySpecification: {RecordExpiryDurationDays: %s}"


@pytest.mark.parametrize(
    ("strategies", "ttl", "days"),
    [
        ("[{SemanticMemoryStrategy: {Name: facts}}]", Known.NONE, None),
        (f"[{{SemanticMemoryStrategy: {{{SOME_DAYS % 40}}}}}]", Known.SET, 40),
        (
            f"[{{SummaryMemoryStrategy: {{{SOME_DAYS % 40}}}}}, {{EpisodicMemoryStrategy: {{}}}}]",
            Known.NONE,
            None,
        ),
        (
            f"[{{A: {{{SOME_DAYS % 40}}}}}, {{B: {{{SOME_DAYS % 90}}}}}]",
            Known.SET,
            90,
        ),
        (f"[{{SemanticMemoryStrategy: {{{SOME_DAYS % '!Ref Days'}}}}}]", Known.UNKNOWN, None),
        ("!Ref Strategies", Known.UNKNOWN, None),
    ],
)
def test_records_are_kept_as_long_as_their_strategies_say(
    strategies: str, ttl: Known, days: int | None
) -> None:
    found = deployment_of({"template.yaml": RECORDS.replace("{strategies}", strategies)})
    stores = {store.name: store for store in found.memory_stores}
    records = stores["long-term records of desk"]

    assert stores["desk"].ttl_s == 14 * 86_400
    assert (records.ttl, records.ttl_s) == (ttl, days * 86_400 if days else None)
    assert records.evidence[0].line == 7


def test_a_memory_without_strategies_keeps_events_alone() -> None:
    found = deployment_of({"template.yaml": RECORDS.replace("{strategies}", "[]")})

    assert [store.name for store in found.memory_stores] == ["desk"]


def test_a_strategy_of_terraform_is_of_the_memory_that_it_names() -> None:
    text = """\
resource "aws_bedrockagentcore_memory" "desk" {
  name                  = "desk"
  event_expiry_duration = 14
}
resource "aws_bedrockagentcore_memory_strategy" "facts" {
  name      = "facts"
  memory_id = aws_bedrockagentcore_memory.desk.id
  type      = "SEMANTIC"
}
"""
    stores = {store.name: store for store in deployment_of({"main.tf": text}).memory_stores}
    records = stores["long-term records of desk"]

    assert records.ttl is Known.NONE
    assert records.evidence[0].line == 5


HARNESS = """\
resource "aws_bedrockagentcore_harness" "desk" {
  harness_name = "desk"
%s
}
"""


@pytest.mark.parametrize(
    ("memory", "days"),
    [
        ("", 30),
        ("  memory {\n    managed_memory_configuration {}\n  }", 30),
        ("  memory {\n    managed_memory_configuration { event_expiry_duration = 90 }\n  }", 90),
    ],
)
def test_a_harness_has_a_memory_that_nobody_mentions(memory: str, days: int) -> None:
    stores = {s.name: s for s in deployment_of({"main.tf": HARNESS % memory}).memory_stores}

    assert stores["managed memory of desk"].ttl_s == days * 86_400
    assert stores["long-term records of desk"].ttl is Known.NONE


@pytest.mark.parametrize(
    "memory",
    [
        "  memory {\n    disabled {}\n  }",
        '  memory {\n    agentcore_memory_configuration { arn = "arn:x" }\n  }',
    ],
)
def test_a_harness_may_have_another_memory_or_none(memory: str) -> None:
    stores = deployment_of({"main.tf": HARNESS % memory}).memory_stores

    assert [store.name for store in stores] == ["window of desk"]


@pytest.mark.parametrize(
    ("strategies", "ttl"),
    [
        ("[{'semanticMemoryStrategy': {'name': 'facts'}}]", Known.NONE),
        ("[{'x': {'recordExpirySpecification': {'recordExpiryDurationDays': 40}}}]", Known.UNKNOWN),
        ("chosen()", Known.UNKNOWN),
    ],
)
def test_records_of_a_memory_that_python_creates(strategies: str, ttl: Known) -> None:
    text = f"""\
from bedrock_agentcore.memory import MemoryClient

client = MemoryClient()
client.create_memory(name="desk", strategies={strategies})
"""
    stores = {store.name: store for store in deployment_of({"desk.py": text}).memory_stores}

    assert stores["long-term records of desk"].ttl is ttl


RUNTIME = """\
resource "aws_bedrockagentcore_agent_runtime" "desk" {
  agent_runtime_name    = "desk"
  environment_variables = { MEMORY_ID = aws_bedrockagentcore_memory.desk.id }
}
"""


def test_the_id_of_a_memory_that_is_declared_is_no_other_memory() -> None:
    text = f'{RUNTIME}resource "aws_bedrockagentcore_memory" "desk" {{\n  name = "desk"\n}}\n'

    assert [store.name for store in deployment_of({"main.tf": text}).memory_stores] == ["desk"]

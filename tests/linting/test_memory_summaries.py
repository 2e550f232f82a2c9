"""How old what a memory store keeps can get, as the second decision reads it."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.summaries import memory_summaries
from agentaudit.model.finding import MemorySummary
from agentaudit.report.decisions.memory_decision import Boundary, boundary, stated

TABLE = """\
resource "aws_dynamodb_table" "chat" {{
  name = "chat-history"
  ttl {{
    attribute_name = "expires_at"
    enabled        = {enabled}
  }}
}}
"""
MEMORY = """\
resource "aws_bedrockagentcore_memory" "support" {{
  name                  = "support"
  event_expiry_duration = {days}
}}
"""


def only_store(text: str) -> MemorySummary:
    (store,) = memory_summaries(deployment_of({"memory.tf": text}))
    return store


@pytest.mark.parametrize(
    ("enabled", "said", "judged"),
    [
        ("true", "set per item", Boundary.BOUNDED),
        ("false", "none", Boundary.UNKNOWN),
        ("var.expiry", "unknown", Boundary.UNKNOWN),
    ],
)
def test_a_table_whose_items_carry_their_expiry_is_bounded_by_age(
    enabled: str, said: str, judged: Boundary
) -> None:
    store = only_store(TABLE.format(enabled=enabled))

    assert store.ttl == said
    assert boundary(store) is judged
    assert ("age set per item" in stated(store)) is (judged is Boundary.BOUNDED)


@pytest.mark.parametrize(
    ("days", "said"), [("14", "14 d"), ('"soon"', "unknown"), ("var.days", "unknown")]
)
def test_an_age_that_cannot_be_read_is_unknown(days: str, said: str) -> None:
    assert only_store(MEMORY.format(days=days)).ttl == said

"""Keys for a gateway near by: it stands between the agent and the vendor, and has them, too."""

import pytest

from agentaudit.model.finding import Severity
from agentaudit.rules.fakes import fake
from tests.linting.severities import found

KEY = "vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG"
DESK = """\
services:
  gateway:
    build: gateway
    environment: {{GATEWAY_API_KEY: "{key}"}}
  desk:
    image: registry.example/desk-agent:1.4
    environment: {{OPENAI_API_KEY: "{key}", OPENAI_BASE_URL: "{address}"}}
"""
SECOND = """\
  night:
    image: registry.example/night-agent:1.4
    environment: {{OPENAI_API_KEY: "{key}", OPENAI_BASE_URL: "{address}"}}
"""


@pytest.mark.parametrize("key", [KEY, "${GATEWAY_KEY}"])
def test_a_key_for_a_gateway_says_that_there_is_one(key: str) -> None:
    behind, direct = (
        found({"compose.yaml": DESK.format(key=key, address=address)})
        for address in ("http://gateway:9000/v1", "https://api.openai.com/v1")
    )

    assert "missing-gatekeeper" not in behind
    assert "missing-gatekeeper" in direct


def test_a_vendors_own_key_stays_his_whatever_it_is_sent_through() -> None:
    text = DESK.format(key=fake("openai_key"), address="http://gateway:9000/v1")

    assert "literal-model-api-key" in found({"compose.yaml": text})


@pytest.mark.parametrize(("more", "severity"), [("", Severity.LOW), (SECOND, Severity.HIGH)])
def test_a_gateway_and_who_calls_it_have_the_same_key(more: str, severity: Severity) -> None:
    text = (DESK + more).format(key=KEY, address="http://gateway:9000/v1")

    assert found({"compose.yaml": text})["shared-secret"] is severity

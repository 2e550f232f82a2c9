"""Secrets in every form that people give them, planted wherever files have texts."""

import pytest
from canaries import Canary, Round, outputs, rounds

from agentaudit.extract.deployment import deployment_of

UNKNOWN = (
    'connect("agent", "@password@")',
    "agent -k @random@",
)
"""Forms in which nothing tells a password, and a key only now and then by its look."""


def seen(planted: Round, output: str) -> list[Canary]:
    return [canary for canary in planted.seen(output) if canary.form not in UNKNOWN]


@pytest.mark.parametrize("planted", list(rounds(4)), ids=["first", "second", "third", "fourth"])
def test_no_secret_is_in_a_deployment(planted: Round) -> None:
    assert seen(planted, repr(deployment_of(planted.files))) == []


def test_no_secret_is_in_an_output() -> None:
    """Of files whose own names are secrets, broken ones, and the configuration among them."""
    (planted,) = rounds(1)

    assert [
        (name, found) for name, said in outputs(planted.files) if (found := seen(planted, said))
    ] == []


def test_what_is_shown_would_be_seen() -> None:
    (planted,) = rounds(1, "compose.yaml")

    assert set(planted.seen(repr(planted.files))) == set(planted.canaries)

"""Secrets of mocks and smoke tests, and tokens that are over before anybody reads them."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.rehearsals import is_rehearsal
from agentaudit.model.facts.credentials import Lifetime
from tests.linting.severities import found


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("mock_credentials/desk-key.pem", True),
        ("mocks/desk.yaml", True),
        ("scripts/smoke.sh", True),
        ("scripts/post-deploy-smoke.sh", True),
        ("mockingbird/desk.yaml", False),
        ("scripts/smokehouse.sh", False),
        ("scripts/deploy.sh", False),
    ],
)
def test_a_rehearsal_is_known_by_its_name(file: str, *, expected: bool) -> None:
    assert is_rehearsal(file) is expected


@pytest.mark.parametrize(
    ("value", "lifetime"),
    [
        ("AABF3JGZDX3P5PMEXLND6TS6FCWO6", Lifetime.SHORT),
        ("aabf3jgzdx3p5pmexlnd6ts6fcwo6", Lifetime.STATIC),
        ("AABF3JGZDX3P5PMEXLND6TS6FCWO6QX", Lifetime.STATIC),
    ],
)
def test_a_token_that_registers_a_runner_lasts_an_hour(value: str, lifetime: Lifetime) -> None:
    script = f'#!/bin/bash\nGITHUB_RUNNER_TOKEN="{value}"\nclaude -p hi\n'
    (found,) = deployment_of({"setup.sh": script}).credentials

    assert found.lifetime is lifetime


@pytest.mark.parametrize(
    ("variable", "told"),
    [("RUNNER_TOKEN", False), ("CRM_TOKEN", True)],
)
def test_a_token_of_an_hour_is_shared_with_nobody_for_long(
    variable: str,
    told: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    service = f"{{image: 'x:1', environment: {{{variable}: AB7QX2KD9PLM4ZTC6VYS3NHR5WJFE}}}}"
    text = f"services:\n  one: {service}\n  two: {service}\n"

    assert ("shared-secret" in found({"compose.yaml": text})) is told

"""Secrets that scripts assign within values, and values that another member names."""

import json

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment, FileStatus
from agentaudit.model.facts.credentials import CredentialForm
from tests.growth import further_cost

WORD = "opens-no-door-db-83"
MACHINE = """
resource "aws_instance" "agent" {
  user_data = <<EOF
    #!/bin/sh
    export AWS_DEFAULT_REGION=eu-west-1
    export DATABASE_PASSWORD="opens-no-door-db-83"
    export API_TOKEN=$(cat /run/secrets/token)
  EOF
}
"""
MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  settings.env: |
    LOG_LEVEL=info
    DB_PASSWORD=opens-no-door-db-83
"""
STEP = """\
on: push
jobs:
  agent:
    runs-on: ubuntu-latest
    steps:
      - run: |
          export DB_PASSWORD=opens-no-door-db-83
          export GITHUB_TOKEN=${{ secrets.GITHUB_TOKEN }}
"""


def literals(found: Deployment) -> dict[str, tuple[int, int]]:
    return {
        each.variable: (each.evidence[0].line, each.evidence[0].column)
        for each in found.credentials
        if each.form is CredentialForm.LITERAL
    }


def test_all_that_one_script_assigns_is_read() -> None:
    lines = [f"export DB{number}_PASSWORD=opens-no-door-{number}" for number in range(250)]

    assert len(literals(deployment_of({"agent.json": json.dumps("\n".join(lines))}))) == 250


def test_more_than_is_read_of_what_a_script_assigns_is_told() -> None:
    """Also where nothing of what is read is a secret."""
    lines = "\n".join(f"    A{at}_TOKEN=changeme" for at in range(30_001))
    deployment = deployment_of({"settings.yaml": f"agent:\n  run: |\n{lines}\n"})
    (coverage,) = deployment.coverage

    assert coverage.status is FileStatus.PARTIAL
    assert "more than is read or followed" in coverage.reason


def test_of_values_in_one_line_each_is_told_where_it_stands() -> None:
    """The same name may be assigned before."""
    written = [f"export DB_PASSWORD=opens-no-door-db-8{number}" for number in range(2)]
    found = deployment_of({"agent.json": json.dumps(written)}).credentials

    assert {each.evidence[0].column for each in found} == {22, 64}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("main.tf", MACHINE, {"DATABASE_PASSWORD": (6, 30)}),
        ("settings.yaml", MAP, {"DB_PASSWORD": (7, 17)}),
        (".github/workflows/agent.yaml", STEP, {"DB_PASSWORD": (7, 30)}),
    ],
)
def test_a_script_within_a_value_assigns_secrets(
    file: str, text: str, expected: dict[str, tuple[int, int]]
) -> None:
    found = deployment_of({file: text})

    assert literals(found) == expected
    assert WORD not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD=",
        "DB_PASSWORD=$OTHER",
        "DB_PASSWORD=`vault read db`",
        "DB_PASSWORD=changeme",
        "password=opens-no-door-db-83",
        "GREETING=opens-no-door-db-83",
    ],
)
def test_what_is_no_literal_or_no_variable_is_none(line: str) -> None:
    text = json.dumps({"services": {"agent": {"run": f"export A=1\nexport {line}\n"}}})

    assert not literals(deployment_of({"settings.json": text}))


@pytest.mark.parametrize(
    ("name", "value"), [("name", "value"), ("Name", "Value"), ("key", "value")]
)
def test_a_value_is_called_what_stands_beside_it(name: str, value: str) -> None:
    text = json.dumps({"agents": [{value: WORD, name: "DB_PASSWORD"}]})

    assert list(literals(deployment_of({"settings.json": text}))) == ["DB_PASSWORD"]


def test_one_of_several_keys_is_a_key() -> None:
    text = json.dumps({"agent": {"DB_PASSWORD_2": WORD, "db_version_2": WORD}})

    assert list(literals(deployment_of({"settings.json": text}))) == ["DB_PASSWORD_2"]


def test_a_text_of_nothing_but_assignments_is_read_in_linear_time() -> None:
    many = "\n".join(f"    A_{number}_TOKEN=" for number in range(50_000))

    assert not literals(deployment_of({"settings.yaml": f"agent:\n  run: |\n{many}\n"}))


def test_values_that_are_written_otherwise_are_not_sought_through_all_lines_for_each() -> None:
    def read(lines: int) -> Deployment:
        assigned = "\n".join(f"  \\x41{at}_PASSWORD={WORD}{at} \\" for at in range(lines))
        return deployment_of({"settings.yaml": f'agent: "\n{assigned}\n  "\n'})

    first, second = further_cost(read, 60, within="extract/credentials")

    assert second <= first * 1.1
    assert literals(read(60)), "one stands for all that have no place of their own"


def test_what_is_claimed_already_is_told_once() -> None:
    text = json.dumps({"mcpServers": {"x": {"command": "npx", "args": [f"DB_PASSWORD={WORD}"]}}})
    found = deployment_of({".mcp.json": text})

    assert len(literals(found)) == 1


def test_a_rule_for_a_shell_may_assign_secrets() -> None:
    rule = 'Bash(API_TOKEN="q8vR2xLkQ9mP4Zt7wYs3nHc6dJf" npm test:*)'
    settings = json.dumps({"permissions": {"allow": [rule]}}, indent=1)
    found = deployment_of({".claude/settings.json": settings}).credentials

    assert [each.variable for each in found] == ["API_TOKEN"]

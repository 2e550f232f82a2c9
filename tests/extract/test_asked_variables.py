"""Options of an agent's command that a pipeline keeps in a variable."""

import pytest

from agentaudit.extract.deployment import deployment_of

GITHUB = """\
on: push
env: {OF_ALL: --dangerously-skip-permissions}
jobs:
  fix:
    runs-on: ubuntu-latest
    env: {OF_JOB: --dangerously-skip-permissions, HARMLESS: --verbose}
    steps:
      - env: {OF_STEP: --dangerously-skip-permissions}
        run: |
          OWN="--dangerously-skip-permissions"
          claude COMMAND -p "fix it"
"""
GITLAB = """\
variables:
  FLAGS: --dangerously-skip-permissions
  TOLD: {value: --dangerously-skip-permissions, description: what it may do}
  HARMLESS: --verbose
fix:
  script: ['claude COMMAND -p "fix it"']
"""


def modes(file: str, text: str, command: str) -> list[str]:
    if "OWN" not in command:
        text = text.replace('          OWN="--dangerously-skip-permissions"\n', "")
    found = deployment_of({file: text.replace("COMMAND", command)})
    return [agent.permission_mode for agent in found.agents]


@pytest.mark.parametrize(
    "command",
    ["$OWN", "$OF_STEP", "${OF_JOB}", '"$OF_ALL"', "${{ env.OF_JOB }}", "--verbose $OF_STEP"],
)
def test_a_variable_of_a_workflow_holds_the_switch(command: str) -> None:
    assert modes(".github/workflows/a.yml", GITHUB, command) == ["bypass"]


@pytest.mark.parametrize("command", ["$HARMLESS", "--verbose", "$ELSEWHERE", "${{ env.HARMLESS }}"])
def test_a_switch_in_a_variable_that_nobody_asks_for_counts_not(command: str) -> None:
    assert modes(".github/workflows/a.yml", GITHUB, command) == [""]


@pytest.mark.parametrize(
    ("command", "mode"), [("$FLAGS", "bypass"), ("${TOLD}", "bypass"), ("$HARMLESS", "")]
)
def test_so_does_a_variable_of_a_pipeline(command: str, mode: str) -> None:
    assert modes(".gitlab-ci.yml", GITLAB, command) == [mode]


@pytest.mark.parametrize("command", ["claude mcp list", "echo claude", "npm i -g claude"])
def test_a_name_without_options_or_a_variable_starts_nothing(command: str) -> None:
    text = GITHUB.replace('claude COMMAND -p "fix it"', command)

    assert deployment_of({".github/workflows/a.yml": text}).agents == ()

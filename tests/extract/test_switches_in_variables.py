"""Switches of coding agents that a script or a pipeline keeps in variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.coding_agents.switches_in_variables import with_switches
from agentaudit.extract.deployment import deployment_of
from agentaudit.model.deployment import Deployment
from agentaudit.model.evidence import Known

WORKFLOW = """\
on: {issues: {types: [opened]}}
permissions: {contents: write}
env: {WORKFLOW}
jobs:
  triage:
    runs-on: ubuntu-latest
    env: {JOB}
    steps:
      - env: {STEP}
        run: |
          LINES
"""
NIGHTLY = """\
variables: {CLAUDE_FLAGS: "--permission-mode bypassPermissions"}
review:
  image: node:22
  script:
    - claude $CLAUDE_FLAGS -p "Review the change"
"""


def of_workflow(lines: str, **levels: str) -> Deployment:
    text = WORKFLOW
    for level in ("WORKFLOW", "JOB", "STEP"):
        text = text.replace(f"{{{level}}}", f"{{{levels.get(level.lower(), '')}}}")
    indented = "\n          ".join(lines.splitlines())
    return deployment_of({".github/workflows/triage.yml": text.replace("LINES", indented)})


@pytest.mark.parametrize("level", ["workflow", "job", "step"])
@pytest.mark.parametrize(
    "line",
    [
        "claude $CLAUDE_ARGS -p Hi",
        'claude "$CLAUDE_ARGS" -p Hi',
        "claude ${CLAUDE_ARGS} -p Hi",
        "claude ${{ env.CLAUDE_ARGS }} -p Hi",
        "claude ${CLAUDE_ARGS:---print} -p Hi",
    ],
)
def test_switches_stand_in_the_environment_of_a_step(level: str, line: str) -> None:
    told = {level: "CLAUDE_ARGS: --dangerously-skip-permissions --max-turns 30"}
    (agent,) = of_workflow(line, **told).agents

    assert agent.permission_mode == "bypass"
    assert (agent.max_iterations, agent.max_iterations_count) == (Known.SET, 30)


@pytest.mark.parametrize(
    "lines",
    [
        'ARGS="--dangerously-skip-permissions"\nclaude $ARGS -p Hi',
        "ARGS=(\n  --print\n  --dangerously-skip-permissions\n)\nclaude \"${ARGS[@]}\" 'Hi'",
        'ARGS="--print"\nif $CI; then ARGS+=" --dangerously-skip-permissions"; fi\nclaude $ARGS Hi',
        "ARGS=--print\nARGS+=' --dangerously-skip-permissions'\nclaude $ARGS Hi",
        'MODE="--permission-mode bypassPermissions"\nARGS="--print $MODE"\nclaude $ARGS Hi',
        'AGENT="claude --dangerously-skip-permissions"\n$AGENT -p Hi',
        "claude ${ARGS:---dangerously-skip-permissions} -p Hi",
    ],
)
def test_switches_stand_in_variables_of_the_script_itself(lines: str) -> None:
    """Where one value of several lets it ask nobody, some run of it asks nobody."""
    (agent,) = of_workflow(lines).agents

    assert agent.permission_mode == "bypass"


@pytest.mark.parametrize(
    "lines",
    [
        'NOTE="--dangerously-skip-permissions is forbidden here"\nclaude --print "Hi"',
        "# ARGS=--dangerously-skip-permissions\nARGS=--print\nclaude $ARGS Hi",
        'PROMPT="Never use --dangerously-skip-permissions"\nclaude -p "$PROMPT"',
    ],
)
def test_what_an_agent_is_not_given_switches_nothing(lines: str) -> None:
    started = with_switches(lines, {}).splitlines()[-1]

    assert started.startswith("claude ")
    assert "dangerously" not in started


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("claude $CLAUDE_ARGS -p Hi", "$CLAUDE_ARGS"),
        ("claude ${{ vars.CLAUDE_ARGS }} -p Hi", "${{ vars.CLAUDE_ARGS }}"),
        ('claude "${CLAUDE_FLAGS[@]}" Hi', "${CLAUDE_FLAGS[@]}"),
    ],
)
def test_switches_that_no_file_says_are_open(line: str, held: str) -> None:
    """It is an agent all the same, which may have any of them."""
    found = of_workflow(line)

    assert [agent.max_iterations for agent in found.agents] == [Known.UNKNOWN]
    assert (f"which switches {held} holds", "the agent may ask nobody") in {
        (end.what, end.effect) for end in found.unresolved
    }


def test_variables_of_a_pipeline_of_gitlab_hold_switches() -> None:
    (agent,) = deployment_of({".gitlab-ci.yml": NIGHTLY}).agents
    (open_,) = deployment_of({".gitlab-ci.yml": NIGHTLY.replace("CLAUDE_FLAGS:", "OTHER:")}).agents

    assert agent.permission_mode == "bypass"
    assert (open_.permission_mode, open_.max_iterations) == ("", Known.UNKNOWN)


def test_a_script_may_put_switches_into_a_list_first() -> None:
    text = '#!/bin/bash\nARGS=()\nARGS+=(--dangerously-skip-permissions)\nclaude "${ARGS[@]}" Hi\n'
    (agent,) = deployment_of({"run.sh": text}).agents

    assert (agent.permission_mode, agent.evidence[0].line) == ("bypass", 4)


@given(st.text(alphabet="AB=+()\"'\\ \n$;{}-claude", max_size=200), st.text(max_size=20))
def test_lines_stay_where_they_are(script: str, value: str) -> None:
    """Findings stand at lines of the script as it is written."""
    filled = with_switches(f"claude $A\n{script}", {"A": f"-{value}"})

    assert filled.count("\n") == script.count("\n") + 1


@given(st.text(alphabet="AB=${}()[@]\"' \n-", max_size=200))
def test_a_script_that_starts_no_agent_is_left_alone(script: str) -> None:
    assert with_switches(script, {"A": "--print"}) == script

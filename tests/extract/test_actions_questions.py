"""Workflows that ask who starts their agent, and limits that stand at a step or in a variable."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.evidence import Known
from agentaudit.model.facts.runtimes import Workflow
from agentaudit.rules.ours import lint_rules

ASKING = """
on: {issue_comment: {types: [created, edited]}}
jobs:
  answer:
    runs-on: ubuntu-latest
    steps:
      - id: who
        uses: actions/github-script@v8
        with:
          script: |
            const role = context.payload.comment.author_association;
            core.setOutput('welcome', String(['OWNER', 'MEMBER'].includes(role || 'NONE')));
      - if: steps.who.outputs.welcome == 'true' && success()
        uses: anthropics/claude-code-action@v1
        with:
          anthropic_api_key: ${{ secrets.KEY }}
          prompt: Answer ${{ github.event.comment.body }}
"""
WRITTEN = """
on: {EVENT: {types: [TYPE]}}
jobs:
  answer:
    runs-on: ubuntu-latest
    steps:
      - uses: ACTION
        with:
          prompt: Look at ${{ github.event.TEXT }}
          claude_args: --max-turns 5
          OPEN
"""


def workflow(text: str) -> Workflow:
    (found,) = deployment_of({".github/workflows/answer.yml": text}).workflows
    return found


def test_a_step_behind_a_script_that_asks_hands_on_no_text_of_strangers() -> None:
    found = workflow(ASKING)

    assert found.untrusted_trigger
    assert not found.interpolates_event


@pytest.mark.parametrize(
    ("changed", "to"),
    [
        ("author_association", "body"),
        ("outputs.welcome ==", "outputs.greeting =="),
        ("== 'true' && success()", "!= 'true'"),
        ("steps.who.outputs.welcome == 'true' &&", "steps.who.outputs.welcome == 'true' ||"),
        ("id: who", "id: whom"),
    ],
)
def test_a_script_that_asks_something_else_lets_strangers_through(changed: str, to: str) -> None:
    assert workflow(ASKING.replace(changed, to)).interpolates_event


def test_a_job_before_may_ask_as_well() -> None:
    asked = """
on: {issues: {types: [labeled]}}
jobs:
  gate:
    runs-on: ubuntu-latest
    outputs: {may: "${{ steps.a.outputs.may }}"}
    steps:
      - id: a
        run: gh api repos/x/y/collaborators/$WHO/permission && echo may=true >> $GITHUB_OUTPUT
  answer:
    needs: gate
    if: needs.gate.outputs.may == 'true'
    runs-on: ubuntu-latest
    steps:
      - uses: google-github-actions/run-gemini-cli@v0
        with: {prompt: "${{ github.event.issue.body }}"}
"""

    assert not workflow(asked).interpolates_event
    assert workflow(asked.replace("collaborators", "labels")).interpolates_event


CLAUDE, CODEX = "anthropics/claude-code-action@v1", "openai/codex-action@v1"
GEMINI = "google-github-actions/run-gemini-cli@v0"


@pytest.mark.parametrize(
    ("event", "text", "action", "strangers"),
    [
        ("issue_comment: created", "comment.body", CLAUDE, False),
        ("issue_comment: created", "issue.body", CLAUDE, True),
        ("issue_comment: edited", "comment.body", CLAUDE, True),
        ("issue_comment: created", "comment.body", GEMINI, True),
        ("issues: opened", "issue.title", CODEX, False),
        ("issues: opened", "issue.title", f'{CODEX}\n        with: {{allow-users: "*"}}', True),
        ("issues: labeled", "issue.title", CODEX, True),
        ("pull_request_review: submitted", "review.body", CODEX, False),
        ("workflow_run: completed", "workflow_run.name", CODEX, True),
    ],
)
def test_what_the_one_who_starts_an_agent_wrote_is_no_text_of_strangers(
    event: str,
    text: str,
    action: str,
    strangers: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    name, _, only = event.partition(": ")
    uses, _, more = action.partition("with: {")
    written = WRITTEN.replace("EVENT", name, 1).replace("TYPE", only).replace("TEXT", text)
    written = written.replace("ACTION", uses.strip()).replace("OPEN", more.removesuffix("}"))

    assert workflow(written).interpolates_event is strangers


@pytest.mark.parametrize(
    ("job", "step", "timeout", "timeout_s"),
    [
        ("timeout-minutes: 30", "timeout-minutes: 8", Known.SET, 480),
        ("", "timeout-minutes: 10", Known.SET, 600),
        ("", "timeout-minutes: ${{ fromJSON(inputs.minutes) }}", Known.UNKNOWN, None),
        ("timeout-minutes: 20", "timeout-minutes: ${{ inputs.minutes }}", Known.SET, 1200),
        ("", "", Known.NONE, None),
    ],
)
def test_the_time_of_an_agent_ends_with_its_step_or_its_job(
    job: str, step: str, timeout: Known, timeout_s: int | None
) -> None:
    text = f"""
on: [push]
jobs:
  answer:
    runs-on: ubuntu-latest
    {job}
    steps:
      - uses: anthropics/claude-code-action@v1
        {step}
        with: {{prompt: Look}}
"""
    (agent,) = deployment_of({".github/workflows/answer.yml": text}).agents

    assert (agent.timeout, agent.timeout_s) == (timeout, timeout_s)


@pytest.mark.parametrize("turns", ["${{ steps.size.outputs.turns }}", "$TURNS", '"$TURNS"'])
def test_how_many_turns_a_variable_gives_is_open(turns: str) -> None:
    workflow_text = f"""
on: [push]
jobs:
  answer:
    runs-on: ubuntu-latest
    steps: [{{run: 'claude -p Look --max-turns {turns}'}}]
"""
    pipeline = f"answer:\n  script: ['claude -p Look --max-turns {turns}']\n"
    files = {".github/workflows/answer.yml": workflow_text, ".gitlab-ci.yml": pipeline}

    assert [agent.max_iterations for agent in deployment_of(files).agents] == [Known.UNKNOWN] * 2


def test_an_agent_that_many_jobs_call_of_one_action_is_told_once() -> None:
    action = "runs:\n  steps:\n    - run: claude -p Hi\n"
    jobs = "".join(
        f"  {name}: {{runs-on: ubuntu-latest, steps: [{{uses: ./ask}}]}}\n"
        for name in ("build", "check", "ship")
    )
    files = {"ask/action.yml": action, ".github/workflows/w.yml": f"on: push\njobs:\n{jobs}"}

    deployment = deployment_of(files)
    found = lint(deployment, lint_rules()).findings

    assert {agent.name for agent in deployment.agents} == {"ask"}
    for rule in ("unlimited-iterations", "no-execution-timeout"):
        told = [finding.evidence.file for finding in found if finding.rule == rule]
        assert told == ["ask/action.yml"]


def test_a_long_script_is_searched_once_for_all_that_rests_on_it() -> None:
    outputs = " && ".join(["steps.who.outputs.x"] * 900)
    lines = f"            # /collaborators/{'a' * 190}\n" * 3_000
    text = ASKING.replace("author_association", "body")
    text = text.replace("steps.who.outputs.welcome == 'true'", outputs)

    found = workflow(text.replace("          script: |\n", f"          script: |\n{lines}"))

    assert found.interpolates_event

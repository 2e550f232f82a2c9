"""Workflows and actions that workflows call, and which of a job's agents counts."""

import pytest

from agentaudit.extract.deployment import deployment_of

FILE = ".github/workflows/night.yml"
CALLED = ".github/workflows/called.yml"
WORKFLOW = """\
on: workflow_dispatch
jobs:
  night:
    runs-on: ubuntu-24.04
    steps:
      - uses: USES
"""
CALL = "on: workflow_dispatch\njobs: {night: {uses: USES}}\n"


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        (CALL, "acme/ci/.github/workflows/agent.yml@main"),
        (CALL, "./.github/workflows/gone.yml"),
        (WORKFLOW, "./.github/actions/gone"),
    ],
)
def test_what_a_workflow_calls_from_elsewhere_is_open(text: str, uses: str) -> None:
    (end,) = deployment_of({FILE: text.replace("USES", uses)}).unresolved
    line = text.partition("USES")[0].count("\n") + 1

    assert end.what == f"the file of {uses} is not in the audit"
    assert (end.evidence.file, end.evidence.line) == (FILE, line)


@pytest.mark.parametrize(
    ("text", "uses", "file"),
    [
        (CALL, f"./{CALLED}", CALLED),
        (WORKFLOW, "./.github/actions/mend", ".github/actions/mend/action.yml"),
        (WORKFLOW, "./.github/actions/mend", ".github/actions/mend/action.yaml"),
        (WORKFLOW, "actions/checkout@v4", "README.md"),
    ],
)
def test_what_is_among_the_files_is_not(text: str, uses: str, file: str) -> None:
    called = "on: workflow_call\njobs: {}\nruns: {using: composite, steps: []}\n"

    assert not deployment_of({FILE: text.replace("USES", uses), file: called}).unresolved


@pytest.mark.parametrize("first", ["codex exec 'look'", "make"])
def test_of_several_agents_of_a_job_the_one_that_asks_nobody_counts(first: str) -> None:
    text = WORKFLOW.replace("uses: USES", f"run: {first}")
    text += (
        "      - uses: openai/codex-action@v1\n"
        "        with: {sandbox: danger-full-access, prompt: mend}\n"
    )
    (agent,) = deployment_of({FILE: text}).agents

    assert agent.permission_mode == "bypass"
    assert agent.evidence[0].line == 7


@pytest.mark.parametrize(
    ("given", "declared", "keys"),
    [
        ("", "required: false", 0),
        ("anthropic_api_key: sham", "required: false", 0),
        ("Anthropic_Api_Key: '${{ secrets.KEY }}'", "required: false", 1),
        ("", "default: '${{ env.KEY }}'", 1),
        ("anthropic_api_key: '${{ inputs.key }}'", "required: true", 1),
    ],
)
def test_an_input_of_an_action_that_nobody_gives_holds_no_key(
    given: str, declared: str, keys: int
) -> None:
    text = WORKFLOW.replace("USES", "./.github/actions/mend") + f"        with: {{{given}}}\n"
    action = (
        f"inputs: {{anthropic_api_key: {{{declared}}}}}\n"
        "runs:\n"
        "  using: composite\n"
        "  steps:\n"
        "    - uses: anthropics/claude-code-action@v1\n"
        "      with: {anthropic_api_key: '${{ inputs.anthropic_api_key }}', prompt: mend}\n"
    )
    deployment = deployment_of({FILE: text, ".github/actions/mend/action.yml": action})

    assert len(deployment.credentials) == keys
    assert [agent.framework for agent in deployment.agents] == ["claude-code-action"]


def test_what_a_called_workflow_uses_is_told_of_it_alone() -> None:
    agent = WORKFLOW.replace("workflow_dispatch", "workflow_call").replace(
        "USES", "anthropics/claude-code-action@v1"
    )
    found = deployment_of({FILE: CALL.replace("USES", f"./{CALLED}"), CALLED: agent})
    used = {each.evidence[0].file: each.unpinned_actions for each in found.workflows}

    assert used == {FILE: (), CALLED: ("anthropics/claude-code-action@v1",)}


@pytest.mark.parametrize("action", ["sst/opencode/github", "anomalyco/opencode/github"])
def test_opencode_is_an_agent_that_asks_who_starts_it(action: str) -> None:
    body = "${{ github.event.comment.body }}"
    text = f"""\
on: {{issue_comment: {{types: [created]}}}}
jobs: {{a: {{steps: [{{uses: {action}@latest, with: {{prompt: "{body}"}}}}]}}}}
"""
    (found,) = deployment_of({FILE: text}).workflows

    assert (found.runs_agent, found.untrusted_trigger) == (True, True)
    assert not found.interpolates_event


ASKING = "claude -p 'mend it' ${{ inputs.how }}"
BYPASS = "--dangerously-skip-permissions"


@pytest.mark.parametrize(
    ("handed", "default", "mode"),
    [
        (f"how: {BYPASS}", "''", "bypass"),
        ("how: --verbose", BYPASS, ""),
        ("other: x", BYPASS, "bypass"),
        ("other: x", "''", ""),
    ],
)
def test_what_a_workflow_hands_over_is_told_to_the_agent_that_is_called(
    handed: str, default: str, mode: str
) -> None:
    caller = f"on: push\njobs: {{night: {{uses: ./{CALLED}, with: {{{handed}}}}}}}\n"
    called = (
        f"on: {{workflow_call: {{inputs: {{how: {{type: string, default: {default}}}}}}}}}\n"
        f'jobs: {{mend: {{runs-on: ubuntu-24.04, steps: [{{run: "{ASKING}"}}]}}}}\n'
    )
    agents = deployment_of({FILE: caller, CALLED: called}).agents

    assert mode in {agent.permission_mode for agent in agents}
    assert all(agent.permission_mode in {"", mode} for agent in agents)

"""GitHub workflows: who starts them, what they may do, which agents and keys they hold."""

import json
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.extract.pipelines.actions_jobs import pinned
from agentaudit.model.deployment import Deployment, EdgeKind
from agentaudit.model.evidence import Confidence, Known, Truth
from agentaudit.model.facts.credentials import CredentialForm, Lifetime
from agentaudit.model.facts.runtimes import Workflow

SHA = "0123456789abcdef0123456789abcdef01234567"
OPEN = """\
name: helper
on:
  workflow_dispatch: {}
  issue_comment: {types: [created]}
permissions: write-all
env:
  OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}
  GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
jobs:
  answer:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}
          aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
      - uses: anthropics/claude-code-action@v1
        with:
          anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}
          allowed_non_write_users: "*"
          prompt: "Do this: ${{ github.event.comment.body }}"
          claude_args: --dangerously-skip-permissions --max-turns 40
"""
CLOSED = f"""\
name: nightly
on: schedule
permissions: {{}}
jobs:
  review:
    runs-on: [self-hosted, linux]
    timeout-minutes: 15
    permissions: {{contents: read, id-token: write, pull-requests: write}}
    steps:
      - uses: ./.github/actions/setup
      - uses: aws-actions/configure-aws-credentials@{SHA}
        with:
          role-to-assume: arn:aws:iam::111122223333:role/ci/agent-ci
          role-session-name: nightly
          role-duration-seconds: 900
      - run: claude -p "Review" --allowedTools "Read,WebFetch(domain:docs.acme.example)"
"""


def deployed(text: str, **more: str) -> Deployment:
    files = {".github/workflows/agent.yml": text}
    return deployment_of({**files, **{f"{name}.tf": rest for name, rest in more.items()}})


def workflow(text: str) -> Workflow:
    (found,) = deployed(text).workflows
    return found


def test_an_open_workflow_says_all_that_is_open() -> None:
    found = workflow(OPEN)

    assert found.triggers == ("workflow_dispatch", "issue_comment")
    assert found.untrusted_trigger
    assert found.interpolates_event
    assert found.runs_agent
    assert found.uses_secrets
    assert (found.permissions, found.permissions_set) == (("write-all",), Known.SET)
    assert "contents:write" in found.write_permissions
    assert found.open_to == ("allowed_non_write_users: *",)
    assert len(found.unpinned_actions) == 3
    assert [str(place) for place in found.evidence] == [
        ".github/workflows/agent.yml:4:3",
        ".github/workflows/agent.yml:18:15",
        ".github/workflows/agent.yml:22:19",
    ]


def test_a_closed_workflow_is_closed() -> None:
    found = workflow(CLOSED)

    assert found.triggers == ("schedule",)
    assert found.runs_agent
    assert not any((found.untrusted_trigger, found.interpolates_event, found.uses_secrets))
    assert found.unpinned_actions == ()
    assert found.write_permissions == ("pull-requests:write",)
    assert found.session_named is Truth.YES


def test_the_agent_of_a_job_has_its_limits_and_tools() -> None:
    (bypassing,), (limited,) = deployed(OPEN).agents, deployed(CLOSED).agents
    tools = {tool.name: tool for tool in deployed(CLOSED).tools}

    assert bypassing.permission_mode == "bypass"
    assert (bypassing.max_iterations_count, bypassing.timeout) == (40, Known.NONE)
    assert [tool.name for tool in deployed(OPEN).tools] == ["Bash"]
    assert (limited.permission_mode, limited.timeout_s) == ("", 900)
    assert set(tools) == {"Read", "WebFetch"}
    assert tools["WebFetch"].reads_untrusted is Truth.YES


def test_strangers_start_the_open_one() -> None:
    found = deployed(OPEN)
    (source,) = found.sources

    assert str(source.evidence[0]) == ".github/workflows/agent.yml:4:3"
    assert [
        (edge.src, edge.dst, edge.confidence) for edge in found.edges if edge.dst == source.id
    ] == [(found.workflows[0].id, source.id, Confidence.CERTAIN)]
    assert deployed(CLOSED).sources == ()


def test_an_action_that_asks_who_starts_it_makes_strangers_less_sure() -> None:
    """It refuses whoever may not write, as far as its inputs say nothing else."""
    found = deployed(OPEN.replace('          allowed_non_write_users: "*"\n', ""))
    (started,) = (edge for edge in found.edges if edge.dst == found.sources[0].id)

    assert started.confidence is Confidence.LIKELY


def test_static_keys_are_told_with_what_would_do_without() -> None:
    found = {credential.variable: credential for credential in deployed(OPEN).credentials}

    assert set(found) == {"aws-access-key-id", "anthropic_api_key", "OPENAI_API_KEY"}
    assert found["aws-access-key-id"].short_alternative == "role-to-assume (OIDC)"
    assert found["aws-access-key-id"].lifetime is Lifetime.STATIC
    assert {credential.holder for credential in found.values()} == {"ci"}
    assert found["anthropic_api_key"].form is CredentialForm.SECRET_REF


@pytest.mark.parametrize(
    ("address", "alternative"),
    [
        ("${{ secrets.GATEWAY }}", ""),
        ("https://api.anthropic.com", "anthropic_federation_rule_id"),
        ("''", "anthropic_federation_rule_id"),
    ],
)
def test_a_key_for_another_address_is_not_anthropics_to_replace(
    address: str, alternative: str
) -> None:
    key = "{anthropic_api_key: '${{ secrets.K }}'}"
    step = f"uses: anthropics/claude-code-action@v1\n        with: {key}"
    told = f"jobs:\n  a:\n    env:\n      ANTHROPIC_BASE_URL: {address}\n"
    text = f"on: push\n{told}    runs-on: x\n    steps:\n      - {step}\n"
    (found,) = deployment_of({".github/workflows/a.yml": text}).credentials

    assert found.short_alternative == alternative


STATE = """terraform {
  backend "s3" {
    bucket    = "state"
    endpoints = { s3 = "%s" }
  }
}
"""


@pytest.mark.parametrize(
    ("files", "elsewhere"),
    [
        ({"a.tf": STATE % "https://s3.shop.example"}, True),
        ({"a.tf": STATE % "https://s3.eu-west-1.amazonaws.com"}, False),
        ({"a.tf": STATE % "https://s3.shop.example", "b.tf": 'provider "aws" {}'}, False),
        ({"a.tf": 'terraform {\n  backend "s3" {\n    bucket = "state"\n  }\n}\n'}, False),
        ({"a.tf": 'provider "cloudflare" {}'}, False),
        ({}, False),
    ],
)
def test_keys_for_a_state_in_a_store_elsewhere_are_not_of_aws(
    files: dict[str, str], *, elsewhere: bool
) -> None:
    text = """
on: [push]
jobs:
  plan:
    runs-on: ubuntu-latest
    env: {AWS_ACCESS_KEY_ID: "${{ secrets.STATE_ID }}"}
    steps: [{run: tofu plan}]
"""
    (key,) = deployment_of({".github/workflows/plan.yml": text, **files}).credentials

    assert (key.short_alternative == "") is elsewhere


@pytest.mark.parametrize(
    ("step", "elsewhere"),
    [
        ("run: terraform apply", True),
        ("uses: opentofu/setup-opentofu@v1", True),
        ("run: aws s3 sync site s3://shop", False),
    ],
)
def test_a_workflow_that_touches_no_state_has_keys_of_aws(step: str, *, elsewhere: bool) -> None:
    text = f"""
on: [push]
env: {{AWS_ACCESS_KEY_ID: "${{{{ secrets.ID }}}}"}}
jobs:
  publish:
    runs-on: ubuntu-latest
    steps: [{{{step}}}]
"""
    files = {"a.tf": STATE % "https://s3.shop.example", ".github/workflows/a.yml": text}
    (key,) = deployment_of(files).credentials

    assert (key.short_alternative == "") is elsewhere


def test_an_alphabet_in_the_place_of_a_key_is_none() -> None:
    step = f"uses: openai/codex-action@v1\n        with: {{openai-api-key: sk-{ascii_lowercase}}}"
    text = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - {step}\n"

    assert deployment_of({".github/workflows/a.yml": text}).credentials == ()


def test_a_session_is_short_and_leads_to_its_role() -> None:
    role = 'resource "aws_iam_role" "ci" { name = "agent-ci" }\n'
    found = deployed(CLOSED, main=role)
    (session,) = found.credentials

    assert (session.form, session.ttl_s) == (CredentialForm.WORKLOAD_IDENTITY, 900)
    assert any(
        (edge.kind, edge.src, edge.dst)
        == (EdgeKind.AUTHENTICATES_AS, session.id, found.identities[0].id)
        for edge in found.edges
    )


def test_a_role_that_is_only_known_at_run_time_is_left_open() -> None:
    found = deployed(CLOSED.replace("arn:aws:iam::111122223333:role/ci/agent-ci", "${{ vars.R }}"))

    assert "the role that a workflow assumes" in [open_.what for open_ in found.unresolved]


def test_the_token_is_a_grant_and_its_default_is_open() -> None:
    (grant,) = deployed(CLOSED).grants
    silent = deployed(OPEN.replace("permissions: write-all\n", ""))

    assert (grant.source, grant.write_count, grant.read_count) == ("github_token", 1, 1)
    assert silent.workflows[0].permissions_set is Known.NONE
    assert silent.grants == ()
    assert "the permissions of the token" in [open_.what for open_ in silent.unresolved]


def test_a_workflow_without_an_agent_is_still_a_workflow() -> None:
    text = "on: [push, pull_request]\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n"
    found = deployed(f"{text}      - run: make test\n")

    assert found.workflows[0].name == "agent"
    assert not found.workflows[0].runs_agent
    assert found.agents == ()


@pytest.mark.parametrize(
    "script",
    [
        "echo ${{ github.event.issue.title }}",
        "git checkout ${{ github.head_ref }}",
        "echo ${{ format('{0}', github.event.pull_request.head.repo.default_branch) }}",
        "echo ${{ open ${{ github.event.comment.body }}",
        "echo ${{ toJSON(github.event.pull_request.body) }}",
        "echo ${{ github.event.commits[0].message }}",
    ],
)
def test_text_of_events_in_scripts_is_seen(script: str) -> None:
    text = f"on: issues\njobs:\n  a:\n    steps:\n      - run: {script}\n"

    assert workflow(text).interpolates_event


def test_an_expression_may_go_over_lines() -> None:
    script = "echo ${{ format('{0}',\n          github.event.comment.body) }}"
    text = f"on: issues\njobs:\n  a:\n    steps:\n      - run: |\n          {script}\n"

    assert workflow(text).interpolates_event


def test_numbers_of_events_are_not_text() -> None:
    text = (
        "on: issues\njobs:\n  a:\n    steps:\n      - run: echo ${{ github.event.issue.number }}\n"
    )

    assert not workflow(text).interpolates_event


def test_what_cannot_change_is_pinned() -> None:
    assert pinned(f"actions/checkout@{SHA}")
    assert pinned("./local")
    assert pinned(f"docker://acme/x@sha256:{SHA}{SHA[:24]}")
    assert not pinned("actions/checkout@v4")


LINES = st.sampled_from(
    [
        "on: [3, {a: b}]",
        "on:",
        "jobs: {a: 3, b: {steps: x}}",
        "jobs: {a: {steps: [1, {uses: [x]}, {run: {a: b}}], env: [1]}}",
        "jobs: {a: {steps: [{uses: anthropics/claude-code-action@v1, with: [1]}]}}",
        "permissions: [a]",
        "permissions: {contents: [write]}",
        "env: 3",
        "name: [x]",
    ]
)


@given(st.lists(LINES, max_size=5, unique_by=lambda line: line.partition(":")[0]))
def test_no_workflow_crashes_it(lines: list[str]) -> None:
    found = deployed("\n".join(lines))

    assert len(found.workflows) == any(line.startswith("jobs") for line in lines)


@pytest.mark.parametrize(
    ("allowed", "executes"),
    [
        ("Bash", True),
        ("Bash(*)", True),
        ("Bash(uv run:*)", True),
        ("Bash(/usr/bin/python3 tool.py:*)", True),
        ("Bash(gh pr view:*),Bash(rg:*)", False),
        ("Bash(gh pr view:*),Bash(make:*)", True),
        ("Bash(make:*),Bash(gh pr view:*)", True),
        ("Bash(gh api x(y):*),Bash(rg:*)", False),
    ],
)
def test_a_shell_for_named_programs_runs_those(allowed: str, executes: bool) -> None:  # noqa: FBT001, a parameter of the table
    arguments = f'claude_args: --allowedTools "{allowed}"'
    text = OPEN.replace("claude_args: --dangerously-skip-permissions --max-turns 40", arguments)
    tool = deployed(text).tools[0]

    assert tool.name == "Bash"
    assert ("execute" in tool.effects) is executes
    assert tool.egress is Truth.YES


@pytest.mark.parametrize(
    ("allow", "names"),
    [('["Bash(*)", "Read"]', {"Bash", "Read"}), ("[]", set()), ('"Bash"', {"Bash"})],
)
def test_settings_of_a_step_allow_what_those_of_a_file_do(allow: str, names: set[str]) -> None:
    settings = f'settings: \'{{"permissions": {{"allow": {allow}}}}}\''
    text = OPEN.replace("claude_args: --dangerously-skip-permissions --max-turns 40", settings)

    assert {tool.name for tool in deployed(text).tools} == names


MEMBERS = """contains(fromJSON('["OWNER", "MEMBER"]'), github.event.comment.author_association)"""


@pytest.mark.parametrize(
    ("condition", "open_to_strangers"),
    [
        (MEMBERS, False),
        (f"${{{{ ({MEMBERS} && startsWith(github.event.comment.body, '@bot || me')) }}}}", False),
        (f"(github.event_name == 'workflow_dispatch') || (x && {MEMBERS})", False),
        (f"((a && {MEMBERS}) || github.event_name == 'issues')", True),
        (f"!{MEMBERS} || {MEMBERS}", True),
        ("x && (github.event_name == 'push' || github.event_name == 'issue_comment')", True),
        (f"x && ({MEMBERS} || github.event_name == 'issues')", True),
        (f"x && ({MEMBERS} || github.event_name == 'push')", False),
        ("!(github.event_name == 'push')", True),
        (f"!contains(github.event.comment.body, '@bot') && {MEMBERS}", False),
        (f"x && ({MEMBERS} || github.event.comment.user.type == 'Bot')", False),
        ("github.actor == 'night-shift' || github.actor == github.repository_owner", False),
        ("github.event.comment.user.login == 'night-shift'", False),
        ("github.event.issue.user.login == 'night-shift'", True),
        ("github.event.issue.author_association == 'OWNER'", True),
        ("github.event_name == 'issues' && github.event.issue.user.login == 'night-shift'", False),
        ("github.actor == 'updates[bot]'", False),
        ("github.event.comment.user.login == 'updates[bot]'", False),
        ("github.event.issue.user.login == 'updates[bot]'", True),
        ("github.actor != 'updates[bot]'", True),
        ("github.event.comment.user.type == 'User'", True),
        (MEMBERS.replace("MEMBER", "CONTRIBUTOR"), True),
        ("contains(github.event.comment.body, '@bot')", True),
        ("(" * 5000 + MEMBERS, True),
        ("", True),
    ],
)
def test_a_job_for_members_alone_is_not_open_to_strangers(
    condition: str,
    open_to_strangers: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    text = f"""
on: {{issue_comment: {{types: [created]}}}}
jobs:
  answer:
    if: {json.dumps(condition)}
    runs-on: ubuntu-latest
    steps:
      - uses: anthropics/claude-code-action@v1
        with: {{anthropic_api_key: "${{{{ secrets.KEY }}}}"}}
"""

    assert workflow(text).untrusted_trigger is open_to_strangers


@pytest.mark.parametrize(
    ("event", "condition", "open_to_strangers"),
    [
        ("pull_request_target", "github.actor == 'dependabot[bot]'", True),
        ("pull_request_target", "github.triggering_actor == 'dependabot[bot]'", True),
        ("pull_request_target", "github.event.pull_request.user.login == 'dependabot[bot]'", False),
        ("issues", "github.actor == 'dependabot[bot]'", False),
    ],
)
def test_strangers_have_a_bot_touch_their_pull_request_and_nothing_else(
    event: str,
    condition: str,
    open_to_strangers: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    text = f"""
on: [{event}]
jobs:
  answer:
    if: {condition}
    runs-on: ubuntu-latest
    steps:
      - uses: anthropics/claude-code-action@v1
        with: {{anthropic_api_key: "${{{{ secrets.KEY }}}}"}}
"""

    assert workflow(text).untrusted_trigger is open_to_strangers


@pytest.mark.parametrize(
    ("condition", "needs", "runs"),
    [
        ("false", "", False),
        ("${{ false }}", "", False),
        ("false && (github.actor == 'ann' || github.event_name == 'push')", "", False),
        ("false || github.event_name == 'push'", "", True),
        ("${{ false }} && github.event_name == 'push'", "", True),
        ("vars.ON == 'false'", "", True),
        ("needs.ask.outputs.on == 'true'", "ask", False),
        ("always() && needs.ask.outputs.on == 'true'", "ask", True),
        ("", "told", False),
    ],
)
def test_a_job_that_is_switched_off_runs_no_agent(
    condition: str,
    needs: str,
    runs: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    text = f"""
on: {{issue_comment: {{types: [created]}}}}
jobs:
  ask: {{if: false, runs-on: ubuntu-latest, steps: [{{run: make}}]}}
  told: {{needs: [ask], runs-on: ubuntu-latest, steps: [{{run: make}}]}}
  answer:
    if: {json.dumps(condition)}
    needs: [{needs}]
    runs-on: ubuntu-latest
    steps:
      - uses: anthropics/claude-code-action@v1
        with: {{anthropic_api_key: "${{{{ secrets.KEY }}}}"}}
"""
    deployment = deployment_of({".github/workflows/agent.yml": text})

    assert workflow(text).runs_agent is runs
    assert bool(deployment.agents) is runs
    assert bool(deployment.credentials) is runs


@pytest.mark.parametrize(
    ("given", "after", "reached"),
    [
        ("", "env: {SAID: '${{ steps.ask.outputs.response }}'}, run: post", False),
        ("enable-github-mcp: true", "run: post", True),
        ("", "run: 'post ${{ steps.ask.outputs.response }}'", True),
        ("", """if: "steps.ask.outputs.response == 'spam'", run: gh issue close 1""", True),
    ],
)
def test_a_model_without_tools_only_answers(
    given: str,
    after: str,
    reached: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    text = f"""
on: {{issues: {{types: [opened]}}}}
permissions: {{issues: write}}
jobs:
  sum:
    runs-on: ubuntu-latest
    steps:
      - id: ask
        uses: actions/ai-inference@v3
        with: {{prompt: "Sum up ${{{{ github.event.issue.body }}}}", {given}}}
      - {{{after}}}
"""
    (agent,) = deployment_of({".github/workflows/agent.yml": text}).agents

    assert workflow(text).interpolates_event is reached
    assert agent.max_iterations_count == 5


@pytest.mark.parametrize(
    ("followed", "trigger", "open_to_strangers"),
    [
        ("Release", "push", False),
        ("Release", "pull_request", True),
        ("Release", "issues", True),
        ("Elsewhere", "push", True),
    ],
)
def test_a_workflow_that_follows_another_is_as_open_as_that_one(
    followed: str,
    trigger: str,
    open_to_strangers: bool,  # noqa: FBT001, a parameter of the table
) -> None:
    files = {
        ".github/workflows/agent.yml": "on: {workflow_run: {workflows: [Release]}}\n"
        "jobs: {a: {runs-on: ubuntu-latest, steps: [{uses: anthropics/claude-code-action@v1}]}}\n",
        ".github/workflows/release.yml": f"name: {followed}\non: {{{trigger}: {{}}}}\n"
        "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: make}]}}\n",
    }
    found = {item.name: item for item in deployment_of(files).workflows}

    assert found["agent"].untrusted_trigger is open_to_strangers


def test_the_settings_of_gemini_limit_its_turns() -> None:
    settings = json.dumps({"model": {"maxSessionTurns": 25}})
    text = f"""
on: [workflow_dispatch]
jobs:
  answer:
    runs-on: ubuntu-latest
    steps:
      - uses: google-github-actions/run-gemini-cli@v0
        with: {{settings: {json.dumps(settings)}, gemini_api_key: "${{{{ secrets.KEY }}}}"}}
        env:
          GEMINI_API_KEY: "${{{{ secrets.KEY }}}}"
          AWS_ACCESS_KEY_ID: "${{{{ secrets.A }}}}"
          AWS_GATEWAY_OAUTH_CLIENT_SECRET: "${{{{ secrets.B }}}}"
"""
    deployment = deployed(text)
    alternatives = {item.name: item.short_alternative for item in deployment.credentials}

    assert deployment.agents[0].max_iterations_count == 25
    assert alternatives == {
        "gemini_api_key": "gcp_workload_identity_provider",
        "GEMINI_API_KEY": "",
        "AWS_ACCESS_KEY_ID": "role-to-assume (OIDC)",
        "AWS_GATEWAY_OAUTH_CLIENT_SECRET": "",
    }


CALLED = """\
on: workflow_call
permissions: {}
jobs:
  answer:
    uses: ./.github/workflows/agent.yml
"""
AGENT = """\
on: workflow_call
permissions: {}
jobs:
  agent:
    steps:
      - uses: openai/codex-action@v1
"""


def test_a_workflow_runs_the_agent_of_one_that_is_called_by_the_one_it_calls() -> None:
    outer = "on: push\npermissions: {}\njobs:\n  help:\n    uses: ./.github/workflows/called.yml\n"
    deployment = deployment_of(
        {
            ".github/workflows/outer.yml": outer,
            ".github/workflows/called.yml": CALLED,
            ".github/workflows/agent.yml": AGENT,
        }
    )

    assert all(workflow.runs_agent for workflow in deployment.workflows)
    assert not deployment.unresolved


@pytest.mark.parametrize("calls", [1, 40])
def test_an_action_that_calls_itself_comes_to_an_end(calls: int) -> None:
    action = "runs:\n  steps:\n" + "    - uses: ./a\n" * calls
    workflow = "on: push\npermissions: {}\njobs:\n  help:\n    steps:\n      - uses: ./a\n"
    deployment = deployment_of(
        {
            ".github/workflows/w.yml": workflow,
            "a/action.yml": action + "    - run: claude -p Hi\n",
        }
    )

    assert deployment.workflows[0].runs_agent
    assert not deployment.unresolved


def test_actions_that_multiply_are_read_up_to_a_limit_and_the_rest_is_open() -> None:
    folders = "abcdef"
    actions = {
        f"{folder}/action.yml": "runs:\n  steps:\n" + f"    - uses: ./{inner}\n" * 20
        for folder, inner in zip(folders, f"{folders[1:]}z", strict=True)
    }
    workflow = "on: push\npermissions: {}\njobs:\n  help:\n    steps:\n      - uses: ./a\n"
    deployment = deployment_of({".github/workflows/w.yml": workflow, **actions})

    assert "it calls more steps of this repository than are read" in {
        end.what for end in deployment.unresolved
    }


@pytest.mark.parametrize(
    ("address", "alternative"),
    [
        ("https://models.shop.example/v1", ""),
        ("https://api.anthropic.com", "anthropic_federation_rule_id"),
    ],
)
def test_the_settings_of_the_action_may_name_the_address(address: str, alternative: str) -> None:
    settings = f'{{"env": {{"ANTHROPIC_BASE_URL": "{address}", "API_TIMEOUT_MS": "60000"}}}}'
    text = f"""
on: push
jobs:
  a:
    runs-on: x
    steps:
      - uses: anthropics/claude-code-action@v1
        with:
          anthropic_api_key: ${{{{ secrets.K }}}}
          settings: |
            {settings}
"""
    (found,) = deployment_of({".github/workflows/a.yml": text}).credentials

    assert found.short_alternative == alternative


@pytest.mark.parametrize(
    ("script", "kept"),
    [
        ("sudo -E awf --allow-domains api.test -- {agent}", True),
        ("awf --env-all \\\n  -- /bin/bash -c 'cd w && {agent}' 2>&1 | tee log", True),
        ("awf --allow-domains api.test -- true; {agent}", False),
        ("awf --allow-domains api.test -- true\n{agent}", False),
        ("awf --enable-dind -- {agent}", False),
        ("awf -- {agent} 'never closed", False),
        ("{agent} awf --", False),
    ],
)
def test_an_agent_in_the_container_of_a_firewall_is_kept(script: str, *, kept: bool) -> None:
    run = script.format(agent="claude --print --permission-mode bypassPermissions")
    jobs = {"help": {"runs-on": "ubuntu-latest", "steps": [{"run": run}]}}
    found = deployed(json.dumps({"on": "push", "jobs": jobs}))

    assert [agent.own_machine for agent in found.agents] == [kept]
    assert [tool.own_machine for tool in found.tools if tool.name == "Bash"] == [kept]


def test_of_two_steps_the_one_outside_of_the_container_is_told() -> None:
    agent = "claude --print --permission-mode bypassPermissions"
    steps = [{"run": f"awf --env-all -- {agent}"}, {"run": agent}]
    found = deployed(json.dumps({"on": "push", "jobs": {"help": {"steps": steps}}}))

    assert [agent.own_machine for agent in found.agents] == [False]


@pytest.mark.parametrize(
    ("beside", "sure"),
    [("", "certain"), (", gcp_workload_identity_provider: '${{ vars.PROVIDER }}'", "possible")],
)
def test_an_agent_that_takes_a_session_or_a_key_may_be_given_either(beside: str, sure: str) -> None:
    given = f"{{gemini_api_key: '${{{{ secrets.GEMINI_KEY }}}}'{beside}}}"
    uses = "google-github-actions/run-gemini-cli@v0"
    text = f"on: push\njobs: {{a: {{runs-on: a, steps: [{{uses: {uses}, with: {given}}}]}}}}\n"
    (found,) = deployment_of({".github/workflows/look.yml": text}).credentials

    assert found.confidence.value == sure


@pytest.mark.parametrize(
    ("version", "given", "limit"),
    [
        ("beta", "", 1800),
        ("v0.0.63", "", 1800),
        ("beta", ", timeout_minutes: 5", 300),
        ("v1", ", timeout_minutes: 5", None),
        ("v1", "", None),
    ],
)
def test_the_action_of_claude_ended_by_itself_before_its_first_version(
    version: str, given: str, limit: int | None
) -> None:
    uses = f"anthropics/claude-code-action@{version}"
    text = f"on: push\njobs: {{a: {{steps: [{{uses: {uses}, with: {{prompt: look{given}}}}}]}}}}\n"
    (agent,) = deployment_of({".github/workflows/look.yml": text}).agents

    assert agent.timeout_s == limit

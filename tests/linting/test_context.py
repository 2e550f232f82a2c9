"""Context: what a project has put away, or does not start, is worth a note."""

import pytest

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.finding import Severity
from agentaudit.rules.fakes import fake
from agentaudit.rules.ours import lint_rules
from tests.linting.severities import found

WORKFLOW = """\
name: triage
on: {issues: {types: [opened]}}
permissions: {contents: write}
jobs:
  triage:
    runs-on: ubuntu-latest
    steps:
      - uses: google-github-actions/run-gemini-cli@v0
        with: {gemini_api_key: "${{ secrets.GEMINI_API_KEY }}"}
"""
SETTINGS = '{"mcpServers": {"files": {"command": "npx", "args": ["files-mcp"]}}}'
KEY = "S3_TOKEN=vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG\n"


@pytest.mark.parametrize(
    "file", [".github/workflows/archived/triage.yml", "apps/shop/.github/workflows/triage.yml"]
)
def test_a_workflow_that_github_does_not_run_is_a_note(file: str) -> None:
    run = found({"README.md": "# Shop", ".github/workflows/triage.yml": WORKFLOW})
    kept = found({"README.md": "# Shop", file: WORKFLOW})

    assert {"strangers-steer-ci-agent", "static-model-key-in-ci"} <= set(run) & set(kept)
    assert max(item.rank for item in run.values()) > Severity.LOW.rank
    assert max(item.rank for item in kept.values()) <= Severity.LOW.rank


def test_in_a_folder_of_several_repositories_each_runs_its_own_workflows() -> None:
    run = found({".github/workflows/triage.yml": WORKFLOW})

    assert found({"shop/.github/workflows/triage.yml": WORKFLOW}) == run


def test_a_copy_that_bears_its_day_is_a_note() -> None:
    dated = found({"data/editor-backups/mcp_20250218_214326.json": SETTINGS})
    own = found({"data/backups/mcp.json": SETTINGS, "mcp_20250218_214326.json": SETTINGS})

    assert dated["unpinned-tool-server"] is Severity.LOW
    assert own["unpinned-tool-server"] is Severity.MEDIUM


@pytest.mark.parametrize(
    "folder",
    [
        ".mcp-backups",
        "config/archive",
        "_archived",
        ".archive",
        "deprecated",
        "labs/_deprecated",
        "terraform_old",
        "old",
        "legacy_archive",
        "project_backup",
    ],
)
def test_what_a_project_has_put_away_is_a_note(folder: str) -> None:
    assert found({f"{folder}/mcp.json": SETTINGS})["unpinned-tool-server"] is Severity.LOW


@pytest.mark.parametrize("folder", ["backups", "archiver", "modules/backup", "threshold"])
def test_what_makes_backups_is_deployed(folder: str) -> None:
    assert found({f"{folder}/mcp.json": SETTINGS})["unpinned-tool-server"] is Severity.MEDIUM


def test_a_key_in_an_archive_works_as_well_as_elsewhere() -> None:
    used, kept = found({".env": KEY}), found({"archive/.env": KEY})

    assert used["literal-service-token"] is kept["literal-service-token"]


@pytest.mark.parametrize(
    ("variable", "severity"),
    [("SHOP_PASSWORD", Severity.LOW), ("SHOP_API_KEY", Severity.MEDIUM)],
)
def test_what_an_evaluation_starts_has_passwords_of_its_own(
    variable: str, severity: Severity
) -> None:
    value = "q7Zk2PvW9sLx4TnB8rYc"
    text = f"services:\n  shop:\n    image: shop:1\n    environment: {{{variable}: {value}}}\n"
    measured, used = found({"evals/tasks/compose.yaml": text}), found({"compose.yaml": text})

    assert measured["literal-service-token"] is severity
    assert used["literal-service-token"] is Severity.MEDIUM


def test_a_store_beside_an_editor_is_its_developers() -> None:
    text = (
        "services:\n  app:\n    image: desk:1\n    environment: {REDIS_URL: 'redis://redis:6379',"
        " OPENAI_API_KEY: '${K}'}\n  redis: {image: 'redis:8', ports: ['6379:6379'],"
        " volumes: ['kept:/data']}\n"
    )
    files = {"desk.py": "from langchain.agents import create_agent\na = create_agent(model)\n"}
    edited = found({**files, ".devcontainer/compose.yaml": text})
    used = found({**files, "compose.yaml": text})

    assert used["open-database"] is Severity.HIGH
    assert edited["open-database"] is Severity.LOW
    assert edited["agent-without-resource-limits"] is used["agent-without-resource-limits"]


def test_a_password_beside_an_editor_is_its_developers() -> None:
    word = (
        "services:\n  store: {image: 'store:1', environment: {STORE_PASSWORD: q7Zk2PvW9sLx4TnB}}\n"
    )
    key = f"services:\n  desk: {{image: 'desk:1', environment: {{KEY: {fake('langsmith_key')}}}}}\n"
    beside = ".devcontainer/compose.yaml"

    assert found({"compose.yaml": word})["literal-service-token"] is Severity.MEDIUM
    assert found({beside: word})["literal-service-token"] is Severity.LOW
    assert found({beside: key})["literal-service-token"] is Severity.HIGH


def test_a_manual_shows_what_nobody_deploys() -> None:
    word = "STORE_PASSWORD: q7Zk2PvW9sLx4TnB\n"
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: store}}\nstringData:\n  {word}"
    shown, used = found({"documentation/store.yaml": text}), found({"store.yaml": text})

    assert shown["literal-service-token"] is Severity.LOW
    assert used["literal-service-token"] is Severity.MEDIUM


@pytest.mark.parametrize(
    ("file", "severity"), [(".env_sample", Severity.LOW), (".env", Severity.CRITICAL)]
)
def test_what_is_copied_holds_no_key_of_an_administrator(file: str, severity: Severity) -> None:
    text = "LITELLM_MASTER_KEY=sk-desk-of-mia-dev\n"

    assert found({file: text})["model-admin-key-in-reach"] is severity


def test_instructions_that_are_put_away_are_no_prompt() -> None:
    text = f"Ask the API with {fake('langsmith_key')}.\n"
    used, kept = found({"CLAUDE.md": text}), found({"docs/archive/CLAUDE.md": text})

    assert "secret-in-prompt" in used
    assert "secret-in-prompt" not in kept
    assert used["literal-service-token"] is kept["literal-service-token"] is Severity.HIGH


@pytest.mark.parametrize(
    ("environment", "named", "severity"),
    [
        (
            "{A_URL: 'postgres://a:catalyst_2025@db/a', TAVILY_API_KEY: '${K}'}",
            "TAVILY_API_KEY",
            Severity.HIGH,
        ),
        ("{OPENAI_API_KEY: '${K}', A_PASSWORD: q7Zk3v9TtB1m}", "OPENAI_API_KEY", Severity.HIGH),
        ("{A_URL: 'postgres://a:catalyst_2025@db/a'}", "A_URL", Severity.LOW),
    ],
)
def test_the_worst_of_what_an_agent_holds_stands_for_the_rest(
    environment: str, named: str, severity: Severity
) -> None:
    agent = f"services:\n  agent:\n    image: agent:1\n    environment: {environment}\n"
    result = lint(
        deployment_of({"compose.yaml": agent}), lint_rules(), names={"missing-gatekeeper"}
    )
    (finding,) = result.findings

    assert named in finding.message
    assert finding.severity is severity


@pytest.mark.parametrize("folder", ["test/e2e", "packages/gateway/fixtures", "config/test-servers"])
def test_a_private_key_of_a_test_opens_what_the_test_made_for_it(folder: str) -> None:
    key = fake("private_key")
    used, tried = found({"tls/server.key": key}), found({f"{folder}/server.key": key})

    assert used["literal-service-token"] is Severity.CRITICAL
    assert tried["literal-service-token"] is Severity.LOW


def test_what_a_vendor_knows_by_its_look_works_from_a_test_too() -> None:
    text = f"S3_TOKEN={fake('github_classic')}\n"

    assert found({"tests/.env": text}) == found({".env": text})


@pytest.mark.parametrize(
    ("file", "severity"),
    [
        ("charts/agent/ci/external-redis-values.yaml", Severity.LOW),
        ("charts/agent/external-redis-values.yaml", Severity.MEDIUM),
        ("charts/agent/ci-values.yaml", Severity.MEDIUM),
        ("charts/agent/ci/prod-values.yaml", Severity.MEDIUM),
    ],
)
def test_values_with_which_a_chart_is_tested_are_notes(file: str, severity: Severity) -> None:
    chart = {"charts/agent/Chart.yaml": "apiVersion: v2\nname: agent\nversion: 1.0.0\n"}
    text = "agent: {encryptionKey: vq83hTzL0sPm2Xc9RbWd7KfE4uYj6NaG}\n"

    assert found({**chart, file: text})["literal-service-token"] is severity


def test_a_default_that_everybody_knows_opens_nothing_from_an_archive() -> None:
    text = "services: {gateway: {image: litellm, environment: {LITELLM_MASTER_KEY: sk-1234}}}\n"
    used, kept = found({"compose.yaml": text}), found({"deploy_old/compose.yaml": text})

    assert used["published-default-secret"] is Severity.CRITICAL
    assert kept["published-default-secret"] is Severity.LOW


@pytest.mark.parametrize(
    ("address", "headers", "severity"),
    [
        ("http://mcp.acme.example/mcp", "", Severity.HIGH),
        ("http://files-mcp.tools.svc.cluster.local:8080/mcp", "", Severity.LOW),
        ("http://files-mcp.tools.svc/mcp", "", Severity.LOW),
        ("http://files.mcp-tools:8080/mcp", "", Severity.LOW),
        ("http://files-mcp:8080/mcp", "", Severity.LOW),
        ("http://198.51.100.7:8080/mcp", "", Severity.HIGH),
        ("http://xn--mgba.xn--p1ai/mcp", "", Severity.HIGH),
        ("http://mcp-proxy:8083/files", "", Severity.LOW),
        ("http://mcp2/files", "", Severity.LOW),
        ("http://10.0.0.7/files", "", Severity.HIGH),
        (
            "http://files.tools.svc/mcp",
            '"headers": {"Authorization": "Bearer ${T}"}',
            Severity.MEDIUM,
        ),
        ("http://files:80/mcp", '"headers": {"Authorization": "Bearer ${T}"}', Severity.LOW),
    ],
)
def test_within_a_cluster_only_a_token_is_worth_reading_on_the_way(
    address: str, headers: str, severity: Severity
) -> None:
    server = f'"url": "{address}", "type": "http"' + (f", {headers}" if headers else "")
    findings = found({".mcp.json": f'{{"mcpServers": {{"files": {{{server}}}}}}}'})

    assert findings["plaintext-tool-server"] is severity


@pytest.mark.parametrize(
    ("file", "severity"),
    [
        ("templates/review.yml", Severity.LOW),
        ("workflow-templates/review.yml", Severity.LOW),
        (".github/workflows/review.yml", Severity.MEDIUM),
        ("review.yml", Severity.MEDIUM),
    ],
)
def test_a_workflow_that_waits_to_be_copied_is_a_note(file: str, severity: Severity) -> None:
    text = (
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: openai/codex-action@v1\n"
    )
    text += "        with: {openai-api-key: '${{ secrets.K }}'}\n"

    assert found({file: text})["unpinned-ci-action"] is severity


@pytest.mark.parametrize(
    ("folder", "severity"),
    [
        ("sources/shop_docs/en/examples", Severity.LOW),
        ("google-docs", Severity.HIGH),
        ("examples", Severity.HIGH),
    ],
)
def test_examples_of_a_documentation_are_notes(folder: str, severity: Severity) -> None:
    text = """\
apiVersion: v1
kind: Secret
type: kubernetes.io/service-account-token
metadata: {name: desk, annotations: {kubernetes.io/service-account.name: desk}}
"""
    assert found({f"{folder}/token.yaml": text})["permanent-service-account-token"] is severity


GRAPH = (
    "from langgraph.prebuilt import create_react_agent\ndesk = create_react_agent(m, tools=[ask])\n"
)


@pytest.mark.parametrize(
    ("file", "severity"),
    [
        ("app/desk.py", Severity.MEDIUM),
        (".claude/skills/desk/scripts/desk.py", Severity.LOW),
        (".agents/skills/desk/desk.py", Severity.LOW),
        ("debug_desk.py", Severity.LOW),
        ("app/skills/desk.py", Severity.MEDIUM),
        ("agents/playwright/desk.py", Severity.MEDIUM),
    ],
)
def test_what_a_skill_shows_or_a_developer_debugs_with_is_a_note(
    file: str, severity: Severity
) -> None:
    assert found({file: GRAPH})["no-execution-timeout"] is severity


@pytest.mark.parametrize("file", ["scripts/run.sh", "justfile"])
def test_what_a_skill_starts_without_a_question_runs_in_earnest(file: str) -> None:
    start = "run:\n\tclaude -p x --dangerously-skip-permissions\n"
    told = found({f".claude/skills/deploy/{file}": start})

    assert told["permission-bypass"] is Severity.CRITICAL


def test_passwords_of_browsers_that_test_a_page_are_made_up_for_them() -> None:
    seeds = "users:\n  - email: a@example.com\n    password: Analyst4821!\n"

    assert found({"web/seeds/playwright.yaml": seeds})["literal-service-token"] is Severity.LOW
    assert found({"web/seeds/users.yaml": seeds})["literal-service-token"] is Severity.MEDIUM


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("ROOT_PASSWORD", Severity.HIGH),
        ("SSH_ROOT_PASSWORD", Severity.HIGH),
        ("rootPassword", Severity.HIGH),
        ("CHROOT_PASSWORD", Severity.MEDIUM),
        ("SMTP_PASSWORD", Severity.MEDIUM),
    ],
)
def test_a_password_of_root_opens_the_whole_machine(name: str, severity: Severity) -> None:
    text = f"#!/bin/sh\n{name}={'Kq82hf' + 'Lp0XwTz'}\n"

    assert found({"scripts/deploy.sh": text})["literal-service-token"] is severity

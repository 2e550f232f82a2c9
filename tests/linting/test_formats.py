"""Rules by format: a fault is found in every format that can have it, and what is sound in none."""

import json
from pathlib import Path

import pytest
import yaml

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import FileStatus
from agentaudit.model.finding import LintResult
from agentaudit.rules.fakes import expand_fakes
from agentaudit.rules.ours import lint_rules

TABLES = sorted((Path(__file__).parent / "formats").glob("*.yaml"))
ADVISORY = frozenset({"unauthenticated-tool-server", "undecided-memory-bound"})
CASES = [
    pytest.param(case["files"], frozenset(case["rules"]), id=f"{table.stem}-{number}")
    for table in TABLES
    for number, case in enumerate(yaml.safe_load(table.read_text(encoding="utf-8")))
]


def linted(files: dict[str, str]) -> LintResult:
    texts = {file: expand_fakes(text) for file, text in files.items()}
    return lint(deployment_of(texts), lint_rules([]))


def rules_of(files: dict[str, str]) -> set[str]:
    """The rules that hold for some files."""
    return {finding.rule for finding in linted(files).findings}


@pytest.mark.parametrize(("files", "rules"), CASES)
def test_a_fault_is_found_in_the_format_that_has_it(
    files: dict[str, str], rules: frozenset[str]
) -> None:
    result = linted(files)
    found = {finding.rule for finding in result.findings}

    assert {
        item.file: item.reason for item in result.coverage if item.status is not FileStatus.READ
    } == {}
    assert rules <= found
    assert rules or found <= ADVISORY


def servers(**declared: object) -> str:
    return json.dumps({"mcpServers": declared})


def test_requirements_of_codex_start_no_server() -> None:
    text = '[mcp_servers.x.identity]\ncommand = "npx"\n'

    assert deployment_of({"requirements.toml": text}).tool_servers == ()


def test_a_finding_points_at_the_switch_and_not_at_the_first_server() -> None:
    text = "GOOSE_PROVIDER: x\nextensions:\n  a: {cmd: a-mcp}\nGOOSE_MODE: auto\n"
    findings = linted({"goose/config.yaml": text}).findings
    (finding,) = (item for item in findings if item.rule == "permission-bypass")

    assert (finding.evidence.line, finding.evidence.snippet) == (4, "auto")


def test_what_limits_count_is_one_agent_and_not_all_agents_of_a_repository() -> None:
    many = {f"s{number}": {"command": f"s{number}-mcp"} for number in range(6)}
    apart = {"a/.mcp.json": servers(**many), "b/.mcp.json": servers(**many)}
    together = {".mcp.json": servers(**many, **{f"t{name}": many[name] for name in many})}

    assert "too-many-tool-servers" not in rules_of(apart)
    assert "too-many-tool-servers" in rules_of(together)

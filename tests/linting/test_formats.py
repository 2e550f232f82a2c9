"""Rules by format: a fault is found in every format that can have it, and what is sound in none."""

import json
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agentaudit.extract.deployment import deployment_of
from agentaudit.linting.linter import lint
from agentaudit.model.deployment import FileStatus
from agentaudit.model.finding import LintResult
from agentaudit.rules.compiled import CompiledRule
from agentaudit.rules.fakes import expand_fakes
from agentaudit.rules.ours import lint_rules

TABLES = sorted((Path(__file__).parent / "formats").glob("*.yaml"))
ADVISORY = frozenset({"unauthenticated-tool-server", "undecided-memory-bound"})
ROWS = [
    (f"{table.stem}-{number}", case["files"], frozenset(case["rules"]))
    for table in TABLES
    for number, case in enumerate(yaml.safe_load(table.read_text(encoding="utf-8")))
]
FILES: list[dict[str, str]] = [files for _, files, _ in ROWS]
CASES = [pytest.param(files, expected, id=name) for name, files, expected in ROWS]


@cache
def rules() -> tuple[CompiledRule, ...]:
    return lint_rules([])


def linted(files: dict[str, str]) -> LintResult:
    texts = {file: expand_fakes(text) for file, text in files.items()}
    return lint(deployment_of(texts), rules())


def rules_of(files: dict[str, str]) -> set[str]:
    """The rules that hold for some files."""
    return {finding.rule for finding in linted(files).findings}


@pytest.mark.parametrize(("files", "expected"), CASES)
def test_a_fault_is_found_in_the_format_that_has_it(
    files: dict[str, str], expected: frozenset[str]
) -> None:
    result = linted(files)
    found = {finding.rule for finding in result.findings}

    assert {
        item.file: item.reason for item in result.coverage if item.status is not FileStatus.READ
    } == {}
    assert expected <= found
    assert expected or found <= ADVISORY


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


@pytest.mark.parametrize("number", ["1" + "0" * 30, "-1" + "0" * 30])
def test_numbers_of_any_size_are_compared(number: str) -> None:
    """A limit of our own engine is no error of a file's."""
    claude = f'{{"cleanupPeriodDays": {number}}}'
    compose = f"""
services:
  agent:
    image: ghcr.io/acme/agent:1.0.0
    environment: {{AGENT_MAX_ITERATIONS: "{number}", CHAT_HISTORY_TTL: "{number}"}}
"""
    found = rules_of({".claude/settings.json": claude, "compose.yaml": compose})

    assert "unlimited-iterations" in found


WRONG = [None, 0, -1, True, [], {}, "x", ["x"], {"a": "b"}, [{"name": "x"}], [[["x"]]], 10**30]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_stands_where_something_else_belongs_ends_no_run(data: st.DataObject) -> None:
    """Any part of any file may be of any shape: what is left of it is read."""
    files = data.draw(st.sampled_from(FILES))
    changed = {file: changed_text(data, file, expand_fakes(text)) for file, text in files.items()}
    deployment = deployment_of(changed)

    assert {item.file for item in deployment.coverage} == set(changed)
    assert lint(deployment, rules()).rules


def changed_text(data: st.DataObject, file: str, text: str) -> str:
    """The text with one part of it replaced, where it is a tree."""
    if file.endswith(".json"):
        try:
            return json.dumps(changed_tree(data, json.loads(text)))
        except ValueError:
            return text  # with comments
    if file.endswith((".yaml", ".yml")):
        trees = [changed_tree(data, tree) for tree in yaml.safe_load_all(text.replace("!Ref ", ""))]
        return yaml.safe_dump_all(trees)
    return text


def changed_tree(data: st.DataObject, tree: object) -> object:
    """One node of the tree, anywhere in it, is something else."""
    if isinstance(tree, dict) and tree and data.draw(st.integers(0, 9)):
        key = data.draw(st.sampled_from(list(tree)))
        return {**tree, key: changed_tree(data, tree[key])}
    if isinstance(tree, list) and tree and data.draw(st.integers(0, 9)):
        at = data.draw(st.integers(0, len(tree) - 1))
        return [*tree[:at], changed_tree(data, tree[at]), *tree[at + 1 :]]
    return data.draw(st.sampled_from(WRONG))

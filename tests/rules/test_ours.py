"""Rules that were kept are the rules of the files."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentaudit.extract.deployment import read_deployment
from agentaudit.linting.linter import lint
from agentaudit.readers.token_forms import token_in
from agentaudit.rules import cel, engine
from agentaudit.rules.compiled import programs_of
from agentaudit.rules.lint import load_lint_rules
from agentaudit.rules.ours import (
    lint_rules,
    program_rules,
    span_rules,
    step_rules,
    threat_rules,
)
from agentaudit.rules.programs import load_program_rules
from agentaudit.rules.spans import load_span_rules
from agentaudit.rules.steps import load_step_rules
from agentaudit.rules.threats import load_threat_rules
from agentaudit.store.shipped import shipped

RULES = shipped("rules")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return tmp_path


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    ("ours", "load"),
    [
        (lint_rules, lambda: load_lint_rules([RULES / "lint"])),
        (step_rules, lambda: load_step_rules([RULES / "steps"])),
        (span_rules, lambda: load_span_rules([RULES / "spans"])),
        (program_rules, lambda: load_program_rules(RULES / "programs.yaml")),
        (threat_rules, load_threat_rules),
    ],
)
def test_kept_rules_are_those_of_the_files(
    ours: Callable[[], object], load: Callable[[], object]
) -> None:
    """When they are read, and when they were kept."""
    assert ours() == ours() == load()


@pytest.mark.usefixtures("cache")
def test_what_lint_asks_the_engine_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be compiled at every start, and nobody would see."""
    rules = lint_rules()
    kept = {(program.kind, program.source) for program in programs_of(rules)}
    asked: set[tuple[str, str]] = set()

    def noted(kind: str, source: str) -> object:
        asked.add((kind, source))
        return engine.program(kind, source)

    monkeypatch.setattr(cel, "program", noted)
    cel._program_for_all.cache_clear()
    lint(read_deployment([shipped("sample_configs") / "risky"]), rules)

    assert len(asked) > 10
    assert asked <= kept


def test_no_credential_is_kept(cache: Path) -> None:
    """Examples of rules hold fakes only while they are read."""
    lint_rules()
    (file,) = cache.rglob("*.lint.json")

    assert "{{fake:" in (text := file.read_text())
    assert token_in(text) is None


def test_rules_of_a_user_are_not_kept(cache: Path, tmp_path: Path) -> None:
    """They are read, and checked, at every start."""
    folder = tmp_path / "mine"
    folder.mkdir()
    rule = (RULES / "lint" / "sandbox-off.yaml").read_text()
    (folder / "mine.yaml").write_text(rule.replace("id: sandbox-off", "id: mine"))

    assert len(lint_rules([folder])) == len(load_lint_rules([RULES / "lint"])) + 1
    assert list(cache.rglob("*.json")) == []


def test_kept_rules_need_no_yaml(cache: Path) -> None:
    script = (
        f"import sys; sys.pycache_prefix = {str(cache)!r}\n"
        "from agentaudit.rules.ours import lint_rules, span_rules, step_rules\n"
        "lint_rules(), span_rules(), step_rules()\n"
        "print(*sys.modules)"
    )
    lint_rules(), span_rules(), step_rules()
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)

    assert "yaml" not in run.stdout.split()

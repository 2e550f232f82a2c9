"""The house rules that no other tool checks."""

import ast
import re
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest

from agentaudit.probes.stacks.unwinder import TRAVELLING

ROOT = Path(__file__).parent.parent
IMPORT_NAMES = {
    "pyelftools": "elftools",
    "cel-expr-python": "cel_expr_python",
    "nvidia-ml-py": "pynvml",
    "prometheus-client": "prometheus_client",
    "protobuf": "google",
    "py-spy": None,
    "pyyaml": "yaml",
    "tree-sitter": "tree_sitter",
    "tree-sitter-hcl": "tree_sitter_hcl",
    "tree-sitter-typescript": "tree_sitter_typescript",
}


def test_the_model_is_forbidden_every_dependency() -> None:
    """A new dependency must be named in the contract that keeps the model pure, but for structs."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    forbidden = next(item for item in contracts if item["id"] == "pure-model")["forbidden_modules"]
    names = [
        re.split(r"[<>=\[; ]", line)[0]
        for line in requires("agentaudit") or []
        if "extra" not in line
    ]
    modules = {IMPORT_NAMES.get(name, name) for name in names} - {None, "msgspec"}

    assert modules <= set(forbidden)


@pytest.mark.parametrize("name", [*TRAVELLING, "markers.injector", "entry"])
def test_what_runs_in_the_interpreter_of_others_needs_none_of_our_libraries(name: str) -> None:
    """A target has its own packages, or none."""
    file = ROOT / "agentaudit" / "probes" / f"{name.replace('.', '/')}.py"
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    others = [
        name
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for name in (f"{node.module}.{alias.name}" for alias in node.names)
    ]
    ours = tuple(f"agentaudit.probes.{module}." for module in TRAVELLING)
    foreign = {
        name.partition(".")[0] for name in (*plain, *others) if not f"{name}.".startswith(ours)
    }

    assert foreign <= sys.stdlib_module_names


def test_the_rules_stand_once() -> None:
    """An installed copy must never appear in the tree, where it would go stale."""
    assert not (ROOT / "agentaudit" / "_rules").exists()
    assert not (ROOT / "agentaudit" / "_samples").exists()

"""The house rules that no other tool checks."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

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


def test_the_rules_stand_once() -> None:
    """An installed copy must never appear in the tree, where it would go stale."""
    assert not (ROOT / "agentaudit" / "_rules").exists()
    assert not (ROOT / "agentaudit" / "_samples").exists()

"""
Every row of `rules/steps` that names a function of a library, held to the library itself.

The packages are those of packages.txt, as wheels in the folder AGENTAUDIT_WHEELS (`make wheels`).
Nothing of them is installed or imported: their source is parsed.
"""

import ast
import os
import re
import sysconfig
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from agentaudit.model.recording import Frame
from agentaudit.model.rule import StepRule
from agentaudit.profiling.frames import FrameRules
from agentaudit.rules.steps import load_step_rules

RULES = load_step_rules([Path(__file__).parents[2] / "rules" / "steps"])
PACKAGES = Path(__file__).with_name("packages.txt")
NOT_HERE = {
    "vllm": "its wheel has 340 MB",
    "llama-cpp-python": "it is published as source alone",
    "conventions": "names that projects use, no library's",
}
OLDER = {"crewai.executor": "moved to agent_executor.py in crewai 1.15; older ones have it"}
LIBRARY_RULES = [
    rule
    for rule in RULES
    if rule.when != "own_code" and rule.framework.split()[0] not in NOT_HERE
    and not rule.file.startswith("*.py") and rule.id not in OLDER
]  # fmt: skip


@cache
def wheels() -> tuple[Path, ...]:
    """The wheels; the test is skipped, or fails at the gate, where they are missing."""
    folder = os.environ.get("AGENTAUDIT_WHEELS", "")
    found = tuple(sorted(Path(folder).glob("*.whl"))) if folder else ()
    wanted = [line for line in PACKAGES.read_text().splitlines() if line[:1] not in ("", "#")]
    if len(found) >= len(wanted):
        return found
    if os.environ.get("AGENTAUDIT_TESTS_REQUIRE_SYSTEM"):
        pytest.fail(f"{len(found)} of {len(wanted)} wheels are here: run `make wheels`")
    pytest.skip("the packages that rules name are missing: make wheels")


@cache
def proven() -> frozenset[str]:
    """Ids of the rules that a function of some package, or of the standard library, matches."""
    rules = FrameRules(LIBRARY_RULES)
    files = [re.compile(glob_of(rule.file)) for rule in LIBRARY_RULES]
    found: set[str] = set()
    for path, source in sources():
        if any(file.fullmatch(path) for file in files):
            for function in functions(ast.parse(source)):
                frame = Frame(file=f"/x/site-packages/{path}", function=function)
                found.update(rule.id for rule in rules.matching(frame))
    return frozenset(found)


def glob_of(glob: str) -> str:
    """The glob of a rule's file as an expression; what a superset of it lets in is parsed too."""
    return ".*".join(re.escape(part) for part in re.split(r"\*+/?", glob))


def sources() -> Iterator[tuple[str, bytes]]:
    """Python files of the wheels and of the standard library, by the path that rules see."""
    for wheel in wheels():
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.endswith(".py"):
                    yield name, archive.read(name)
    library = Path(sysconfig.get_paths()["stdlib"])
    for glob in {rule.file for rule in LIBRARY_RULES}:
        for file in library.glob(glob):
            yield file.relative_to(library).as_posix(), file.read_bytes()


def functions(tree: ast.AST, within: str = "") -> Iterator[str]:
    """Qualified names, as the interpreter makes them."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield within + node.name
                yield from functions(node, f"{within}{node.name}.<locals>.")
            case ast.ClassDef():
                yield from functions(node, f"{within}{node.name}.")
            case _:
                yield from functions(node, within)


@pytest.mark.parametrize("rule", LIBRARY_RULES, ids=lambda rule: rule.id)
def test_a_rule_names_a_function_that_there_is(rule: StepRule) -> None:
    assert rule.id in proven(), f"{rule.framework} has no {rule.function} in {rule.file}"


def test_every_framework_is_held_to_its_package_or_said_not_to_be() -> None:
    frameworks = {rule.framework.split()[0] for rule in LIBRARY_RULES}

    assert len(frameworks) >= 25
    assert set(OLDER) <= {rule.id for rule in RULES}

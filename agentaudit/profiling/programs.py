"""
Which installed packages are the agent itself, rather than libraries that it uses.

An agent that was installed lies in `site-packages` as its libraries do. What tells it apart is that
the program begins in it: `python -m my_agent`, a console script, a file run by its path, or
`my_agent.app:app` given to a server. A package that rules know as a library or a runner stays one.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import dropwhile

from agentaudit.model.recording import Frame
from agentaudit.model.rule import LabelRules, StepRule
from agentaudit.profiling.frames import installed

_NAMED = re.compile(
    r"(?<!\S)(?:-m\s+([A-Za-z_]\w*)[\w.]*|([A-Za-z_]\w*)(?:\.\w+)*:[A-Za-z_]\w*(?:\(\))?)(?!\S)"
)
"""`-m my_agent`, and `my_agent.app:app`, as words of a command line."""

_IMPORTED = "<module>"
_SCRIPTS = frozenset({"bin", "Scripts"})


def agent_packages(
    stacks: Sequence[Sequence[Frame]], command: str, rules: LabelRules
) -> Collection[str]:
    """The top-level packages, or modules, that are the agent's own code wherever they lie."""
    named = {name for match in _NAMED.finditer(command) for name in match.groups() if name}
    between = {rule.package for rule in rules.programs if rule.role == "command_line"}
    known = {rule.package for rule in rules.programs} | set(_libraries(rules.frames))
    return (named | set(_begun_in(stacks, between))) - known


def _libraries(rules: Iterable[StepRule]) -> Iterator[str]:
    """The packages and modules whose functions step rules name."""
    for rule in rules:
        if rule.framework != "command line":
            yield rule.file.partition("/")[0].removesuffix(".py")


def _begun_in(stacks: Sequence[Sequence[Frame]], between: Collection[str]) -> Iterator[str]:
    """The packages that whole programs begin in, by the roots of their stacks."""
    by_script: dict[str, set[str]] = defaultdict(set)
    for stack in stacks:
        frames = dropwhile(_starts_modules, reversed(stack))
        begun = next(frames, None)
        if begun is None or begun.function != _IMPORTED:
            continue
        package = installed(begun.file)
        if package and not begun.file.endswith("/__init__.py"):
            yield package
        elif _is_script(begun.file):
            by_script[begun.file].update(_first_called(frames, between))
    for packages in by_script.values():
        if len(packages) == 1:  # a console script calls one function; others are programs
            yield from packages


def _starts_modules(frame: Frame) -> bool:
    """Frames of `python -m` above the module that it runs."""
    return frame.file.startswith("<frozen ") or frame.file.endswith("/runpy.py")


def _is_script(file: str) -> bool:
    folder = file.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
    return folder in _SCRIPTS and not file.endswith(".py")


def _first_called(frames: Iterable[Frame], between: Collection[str]) -> Iterator[str]:
    for frame in frames:
        package = installed(frame.file)
        if package and package not in between:
            yield package
            return

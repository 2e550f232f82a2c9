"""
Which installed packages are the agent itself, rather than libraries that it uses.

An agent that was installed lies in `site-packages` as its libraries do. What tells it apart is that
the program begins in it: `python -m my_agent`, a console script, a file run by its path, or
`my_agent.app:app` given to a server. A package that step rules know as a library stays one.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import dropwhile

from agentaudit.model.recording import Frame
from agentaudit.model.rule import StepRule
from agentaudit.profiling.frames import installed

_RUNNERS = frozenset(
    {
        "IPython", "_pytest", "agentaudit", "arq", "chainlit", "cloudpickle", "coverage", "daphne",
        "ddtrace", "debugpy", "granian", "gunicorn", "hypercorn", "ipykernel", "jupyter_core",
        "langgraph_api", "langgraph_cli", "newrelic", "opentelemetry", "pip", "prefect", "pytest",
        "ray", "streamlit", "uvicorn", "uwsgi", "waitress", "watchfiles",
    }
)  # fmt: skip
"""Programs that run what others wrote: the agent is what they are told to run."""

_COMMAND_LINES = frozenset({"absl", "asyncclick", "click", "cyclopts", "fire", "typer"})
"""Libraries between a console script and the function that it is for."""

_NAMED = re.compile(
    r"(?<!\S)(?:-m\s+([A-Za-z_]\w*)[\w.]*|([A-Za-z_]\w*)(?:\.\w+)*:[A-Za-z_]\w*(?:\(\))?)(?!\S)"
)
"""`-m my_agent`, and `my_agent.app:app`, as words of a command line."""

_IMPORTED = "<module>"
_SCRIPTS = frozenset({"bin", "Scripts"})


def agent_packages(
    stacks: Sequence[Sequence[Frame]], command: str, rules: Sequence[StepRule]
) -> Collection[str]:
    """The top-level packages, or modules, that are the agent's own code wherever they lie."""
    named = {name for match in _NAMED.finditer(command) for name in match.groups() if name}
    libraries = {rule.file.partition("/")[0] for rule in rules if rule.framework != "command line"}
    known = {library.removesuffix(".py") for library in libraries}
    return (named | set(_begun_in(stacks))) - known - _RUNNERS


def _begun_in(stacks: Sequence[Sequence[Frame]]) -> Iterator[str]:
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
            by_script[begun.file].update(_first_called(frames))
    for packages in by_script.values():
        if len(packages) == 1:  # a console script calls one function; others are programs
            yield from packages


def _starts_modules(frame: Frame) -> bool:
    """Frames of `python -m` above the module that it runs."""
    return frame.file.startswith("<frozen ") or frame.file.endswith("/runpy.py")


def _is_script(file: str) -> bool:
    folder = file.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
    return folder in _SCRIPTS and not file.endswith(".py")


def _first_called(frames: Iterable[Frame]) -> Iterator[str]:
    for frame in frames:
        package = installed(frame.file)
        if package and package not in _COMMAND_LINES:
            yield package
            return

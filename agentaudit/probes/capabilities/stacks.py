"""Whether the stacks of a process can be read, by whom, and what opens them."""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.capability import Capability
from agentaudit.probes.capabilities.confinement import (
    PTRACE_SCOPE,
    confinement_of,
    granting,
    ptrace_scope,
    variables_of,
)
from agentaudit.probes.processes.runtimes import interpreter_of, python_of, version_of
from agentaudit.probes.stacks.austin import Austin, AustinError, find_austin
from agentaudit.probes.stacks.process_memory import readable
from agentaudit.probes.stacks.pyspy import find_pyspy
from agentaudit.probes.stacks.unwinder import OLDEST


class _Python(Struct, frozen=True, kw_only=True):
    """What runs the process; `runtime` is empty of one that is no Python."""

    runtime: str
    version: tuple[int, int] | None
    interpreter: str


_UNNAMED = "depends on the process: agentaudit doctor PID"
_NO_PYTHON = "the process runs no Python"
_UNSUITED = "it is not for this process: its Python is too new, or it lives in a container"
_ANY_RATE_HZ = 100
_CLOSED = "the process's memory may not be read"
_NEWEST_READ = "run the agent on 64-bit Linux and CPython 3.8 to 3.14"
_NEWER = "run the agent on CPython 3.14 or newer"
_READ = Capability(
    part="steps",
    name="stacks: memory",
    available=True,
    gives="stacks of CPython 3.8 to 3.14, without stopping the process",
    found="we know where its Python keeps them",
    enable=_NEWEST_READ,
)
_OWN = Capability(
    part="steps",
    name="stacks: own Python",
    available=True,
    gives="stacks, and tasks of asyncio, without stopping the process",
    found="the process's own interpreter reads them",
    enable=_NEWER,
)
_PYSPY = Capability(
    part="steps",
    name="stacks: py-spy",
    available=True,
    gives="stacks of any CPython, without stopping the process",
    found="installed",
    enable="pip install py-spy",
)
_AUSTIN = Capability(
    part="steps",
    name="stacks: Austin",
    available=True,
    gives="the same for CPython up to 3.13",
    found="installed",
    enable="pip install 'agentaudit[austin]'",
)
_TASKS = Capability(
    part="steps",
    name="asyncio tasks",
    available=True,
    gives="requests of one event loop told apart without spans",
    found="the process's own interpreter tells who awaits whom",
    enable=f"{_NEWER}, export spans, or mark steps with agentaudit.step",
)

_INJECTED = Capability(
    part="steps",
    name="injected markers",
    available=True,
    gives="exact steps of the functions that rules name, when asked for: profile --inject",
    found="the process's interpreter lets us",
    enable=f"{_NEWER}, or mark steps with agentaudit.step",
)
_NO_DEBUGGING = "PYTHON_DISABLE_REMOTE_DEBUG"


def stack_capabilities(pid: int | None) -> Sequence[Capability]:
    """Memory first, which all of them need; then each sampler, asyncio's tasks, and markers."""
    memory = _memory(pid)
    python = _python_of(pid)
    own = _own_problem(python)
    judged = (
        (_OWN, own),
        (_READ, _reading_problem(python)),
        (_PYSPY, _pyspy_problem(python)),
        (_AUSTIN, _austin_problem(pid, python)),
        (_TASKS, own),
        (_INJECTED, own or _forbidden(pid)),
    )
    return (memory, *(_sampler(ready, problem, memory) for ready, problem in judged))


def _memory(pid: int | None) -> Capability:
    problem, enable = _memory_problem(pid)
    return Capability(
        part="steps",
        name="memory access",
        available=not problem,
        gives="whatever is read from inside the process: its stacks and tasks",
        found=problem
        or f"{'its memory' if pid else 'memory of others'} may be read (ptrace_scope"
        f" {ptrace_scope()})",
        enable=enable,
    )


def _memory_problem(pid: int | None) -> tuple[str, str]:
    scope = ptrace_scope()
    privileged = "SYS_PTRACE" in confinement_of("self").capabilities
    if pid is None:
        return ("", "") if privileged or not scope else (_yama(scope), _opening(scope))
    try:
        with Path(f"/proc/{pid}/mem").open("rb"):
            return "", ""
    except OSError as error:
        if os.geteuid() != confinement_of(pid).user and not privileged:
            again = f"sudo -E agentaudit profile --pid {pid}"
            return f"it runs as another user ({error.strerror})", granting("SYS_PTRACE", again)
        if scope and not privileged:
            return _yama(scope), _opening(scope)
        return f"refused: {error.strerror}", granting("SYS_PTRACE", "run as root")


def _yama(scope: int) -> str:
    allowed = {1: "only our own children can be read", 2: "only administrators may read"}
    return f"ptrace_scope is {scope}: {allowed.get(scope, 'nobody may, until the next boot')}"


def _opening(scope: int) -> str:
    if scope > 2:  # noqa: PLR2004 -- the strictest of Yama's scopes, which cannot be undone
        return "sudo sysctl -w kernel.yama.ptrace_scope=0 in /etc/sysctl.d, then reboot"
    return granting(
        "SYS_PTRACE",
        f"echo 0 | sudo tee {PTRACE_SCOPE}, or start the agent: agentaudit profile -- COMMAND",
    )


def _sampler(ready: Capability, problem: str, memory: Capability) -> Capability:
    """`ready`, or what is wrong with it; unknown, where that depends on a process."""
    if problem == _UNNAMED:
        return replace(ready, available=None, found=problem, enable="")
    if problem == _NO_PYTHON:
        return replace(ready, available=False, found=problem, enable="name the agent's process")
    if problem == _UNSUITED:
        return replace(ready, available=False, found=problem, enable="another sampler does it")
    if problem:
        return replace(ready, available=False, found=problem)
    if not memory.available:
        return replace(ready, available=False, found=_CLOSED, enable="as for memory access")
    return replace(ready, enable="")


def _reading_problem(python: _Python | None) -> str:
    """Why we cannot read its memory ourselves; empty where we can."""
    if python is None:
        return _UNNAMED
    if not python.runtime:
        return _NO_PYTHON
    return "" if readable(python.runtime) else f"nobody told us how {python.runtime} is laid out"


def _pyspy_problem(python: _Python | None) -> str:
    if find_pyspy() is None:
        return "py-spy is not installed"
    return "" if python is None or python.runtime else _NO_PYTHON


def _austin_problem(pid: int | None, python: _Python | None) -> str:
    try:
        austin = Austin(find_austin(), _ANY_RATE_HZ)
    except AustinError as error:
        return str(error).removesuffix(f": {_AUSTIN.enable}")
    if pid is None or python is None:
        return ""
    if not python.runtime:
        return _NO_PYTHON
    return "" if austin.suits(pid, python.runtime) else _UNSUITED


def _own_problem(python: _Python | None) -> str:
    """Why the process's own interpreter cannot be asked; empty where it can."""
    if python is None:
        return _UNNAMED
    if not python.runtime:
        return _NO_PYTHON
    if python.version is None or python.version < OLDEST:
        return f"the process runs {python.runtime}"
    return "" if python.interpreter else f"it embeds {python.runtime}, or hides its interpreter"


def _forbidden(pid: int | None) -> str:
    """Whether the process keeps others' code out, as far as its environment tells."""
    variables = variables_of(pid, (_NO_DEBUGGING,)) if pid is not None else None
    if not any((variables or {}).values()):
        return ""
    return f"the process was started with {_NO_DEBUGGING}"


def _python_of(pid: int | None) -> _Python | None:
    """None where no process is named."""
    if pid is None:
        return None
    runtime = python_of(pid) or ""
    return _Python(
        runtime=runtime, version=version_of(runtime), interpreter=interpreter_of(pid) or ""
    )

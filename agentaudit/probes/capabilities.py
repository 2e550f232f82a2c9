"""What can be measured here, what each of it gives, and what would make the rest possible."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentaudit.errors import UsageError
from agentaudit.probes.energy import Access, access
from agentaudit.probes.forks import ForkEvents
from agentaudit.probes.gpu import Gpus
from agentaudit.probes.processes import open_tree
from agentaudit.probes.pyspy import find_pyspy
from agentaudit.probes.runtimes import python_of

_PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One thing that a recording may hold. `enable` says how to get it where it is missing."""

    name: str
    available: bool
    gives: str
    found: str
    enable: str = ""


def capabilities(pid: int | None) -> Iterator[Capability]:
    """What a recording of the process would hold, or of any process where none is named."""
    yield _counters(pid)
    yield _forks()
    yield _stacks(pid)
    yield _gpus()
    yield _energy()


def _counters(pid: int | None) -> Capability:
    problem = ""
    try:
        open_tree(pid or os.getpid(), None).close()
    except UsageError as error:
        problem = str(error)
    return Capability(
        name="CPU counters",
        available=not problem,
        gives="exact CPU time of the process tree, ended children included",
        found=problem or "/proc can be read",
        enable="run on Linux, in the process's own PID namespace" if problem else "",
    )


def _forks() -> Capability:
    problem = ""
    try:
        ForkEvents().close()
    except OSError as error:
        problem = error.strerror or "not possible"
    return Capability(
        name="fork events",
        available=not problem,
        gives="children of a millisecond, and the thread and step that started each",
        found=problem or "the kernel tells us of forks",
        enable=(
            "run in the host's PID namespace, on Linux 6.6 or newer, or: sudo setcap"
            " cap_net_admin+ep PYTHON"
            if problem
            else ""
        ),
    )


def _stacks(pid: int | None) -> Capability:
    problem, enable = _stack_problem(pid)
    return Capability(
        name="Python stacks",
        available=not problem,
        gives="which step each thread is in, without stopping the process",
        found=problem or "py-spy is there, and the process's memory may be read",
        enable=enable,
    )


def _stack_problem(pid: int | None) -> tuple[str, str]:
    if find_pyspy() is None:
        return "py-spy is not installed", "pip install py-spy"
    if pid is None:
        return _scope_problem()
    if python_of(pid) is None:
        return f"process {pid} runs no Python", "name the process of the agent itself"
    try:
        with Path(f"/proc/{pid}/mem").open("rb"):
            return "", ""
    except OSError as error:
        scope = _scope_problem()[1]
        return (
            f"the memory of process {pid} may not be read ({error.strerror})",
            scope or "run as its user, as root, or with the capability SYS_PTRACE",
        )


def _scope_problem() -> tuple[str, str]:
    """What Yama says of attaching to processes that are not our children."""
    scope = _ptrace_scope()
    if scope == 0 or os.geteuid() == 0:
        return "", ""
    return (
        f"the system's ptrace_scope is {scope}: only our own children can be read",
        f"echo 0 | sudo tee {_PTRACE_SCOPE}, or start the agent with agentaudit profile -- COMMAND",
    )


def _ptrace_scope() -> int:
    try:
        return int(_PTRACE_SCOPE.read_text(encoding="ascii"))
    except (OSError, ValueError):  # a kernel without Yama restricts nothing
        return 0


def _gpus() -> Capability:
    gpus = Gpus()
    names, note = gpus.names, gpus.note
    gpus.close()
    return Capability(
        name="GPU",
        available=bool(names),
        gives="utilisation, memory, power and energy of NVIDIA devices",
        found=", ".join(names) or note,
        enable="" if names else "install the NVIDIA driver; in a container: --gpus all",
    )


def _energy() -> Capability:
    readable = access() is Access.READABLE
    return Capability(
        name="CPU energy",
        available=readable,
        gives="joules of the CPU packages, by our share of their time",
        found="the RAPL counters can be read" if readable else "no RAPL counter can be read",
        enable="" if readable else "sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj",
    )

"""What the process itself allows: whether it can be recorded, and what it may tell of its steps."""

import os
import pwd
import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.markers import ENVIRONMENT as MARKERS
from agentaudit.model.capability import Capability
from agentaudit.probes.capabilities.confinement import (
    Confinement,
    confinement_of,
    granting,
    status_of,
    variables_of,
)
from agentaudit.probes.host import target
from agentaudit.probes.processes.pid_namespaces import in_own_pid_namespace
from agentaudit.probes.spans.otlp_http import HERE
from agentaudit.probes.spans.receiver import ELSEWHERE

_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD of include/linux/sched.h."""

_FLAGS = 6
_SOCK_DIAG = 4
_EXPORTERS = ("OTEL_", "OPENLLMETRY_", "TRACELOOP_", "LANGFUSE_", "PHOENIX_")
_SHOWN_NAMES = 4
_LOOPBACK = frozenset({HERE, "localhost", "::1"})


def recordable(pid: int) -> None:
    """Raises UsageError unless the number is that of a process that lives."""
    status = status_of(pid) if pid > 0 else {}
    if not status:
        raise UsageError(f"there is no process {pid}; `ps -e` lists those that there are")
    owner = int(status.get("Tgid", str(pid)))
    if owner != pid:
        raise UsageError(f"{pid} is a thread of process {owner}: name {owner}")
    if status.get("State", "").startswith(("Z", "X")):
        raise UsageError(f"process {pid} has ended already; its parent has yet to collect it")


def process(pid: int) -> Capability:
    """Who it is, so that nobody records the wrong one."""
    described = target(pid, launched=False)
    kernel = _is_kernel_thread(pid)
    runtime = described.runtime or "no Python"
    return Capability(
        part="process",
        name="process",
        available=not kernel,
        gives="what all the rest is about",
        found=(
            "a thread of the kernel, which runs no program"
            if kernel
            else f"{described.command or 'unnamed'} ({runtime}, user {_user(pid)})"
        ),
        enable="name the process of the agent" if kernel else "",
    )


def connections(pid: int | None) -> Capability:
    """The kernel's table of connections, in the network namespace of the process."""
    problem, enable = _connections_problem(pid)
    return Capability(
        part="steps",
        name="connections",
        available=not problem,
        gives="waiting for a model told from idle; a model server on this host found",
        found=problem or "the kernel tells of TCP connections, in the process's own network",
        enable=enable,
    )


def spans(pid: int | None, port: int) -> Capability:
    """Whether our receiver may listen, and whether the process is set up to send there."""
    address = f"{HERE}:{port}"
    unknown = Capability(
        part="steps",
        name="spans",
        available=None,
        gives="steps with tokens and server times, requests, asyncio told apart",
        found=f"{address} is free",
        enable=f"agentaudit profile -- COMMAND, or start it with {ELSEWHERE[0]}=http://{address}",
    )
    taken = _port_problem(port)
    if taken:
        return replace(
            unknown,
            available=False,
            found=taken,
            enable=f"agentaudit profile --otlp-port N; ss -ltnp sport = :{port} says who has it",
        )
    if pid is None:
        return unknown
    variables = variables_of(pid, _EXPORTERS)
    if variables is None:
        return replace(unknown, found=f"{address} is free; the process's environment is hidden")
    names = _listed(sorted(variables)[:_SHOWN_NAMES])
    found = f"{address} is free; the process has {names or 'no OTEL_ variables'}"
    if _apart(pid):
        return replace(
            unknown,
            available=False,
            found=f"{found}; its network is its own, without our loopback",
            enable="docker run --network=host …, or let it write a file: --otlp-file spans.jsonl",
        )
    targets = [variables[name] for name in ELSEWHERE if variables.get(name)]
    if not targets:
        return replace(unknown, found=found)
    if any(_is_ours(target, port) for target in targets):
        return replace(unknown, available=True, found=f"{found}, which name us", enable="")
    return replace(unknown, available=False, found=f"{found}, which name somebody else")


def markers(pid: int | None) -> Capability:
    """Marks travel over a Unix socket in the abstract namespace, which belongs to a network."""
    reachable = pid is None or not _apart(pid) or "SYS_ADMIN" in confinement_of("self").capabilities
    return Capability(
        part="steps",
        name="markers",
        available=reachable if pid is not None else None,
        gives="steps that the code names itself: with agentaudit.step('tool_call', 'search')",
        found=(
            "the process is in a network of its own"
            if not reachable
            else "heard wherever the code has them"
        ),
        enable=f"start it with agentaudit profile -- COMMAND, which sets {MARKERS}"
        if not reachable
        else "",
    )


def confinement(pid: int | None) -> Capability:
    """What separates us from the process, and from the machine."""
    ours = confinement_of("self")
    contained = in_own_pid_namespace()
    parts = ["we see a container's processes" if contained else "we see the machine's processes"]
    if pid is not None:
        theirs = confinement_of(pid)
        parts += _separation(ours, theirs)
    parts.append(f"we have {_listed(sorted(ours.capabilities)) or 'no capabilities'}")
    return Capability(
        part="process",
        name="containers",
        available=not contained,
        gives="processes, connections and GPU users seen under the numbers that they have",
        found="; ".join(parts),
        enable="record from the host, or: docker run --pid=host … (Kubernetes: hostPID: true)"
        if contained
        else "",
    )


def _separation(ours: Confinement, theirs: Confinement) -> Sequence[str]:
    foreign = theirs.foreign(ours)
    apart = f"the process has {_listed(foreign)} namespaces of its own" if foreign else ""
    filtered = f"the process has {theirs.seccomp}" if theirs.seccomp else ""
    return [part for part in (apart, filtered) if part]


def _connections_problem(pid: int | None) -> tuple[str, str]:
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG).close()
    except OSError as error:
        return f"sock_diag is closed: {error.strerror}", "allow AF_NETLINK in the seccomp profile"
    if pid is None:
        return "", ""
    try:
        os.scandir(f"/proc/{pid}/fd").close()
    except OSError as error:
        again = f"sudo -E agentaudit profile --pid {pid}"
        return (
            f"the process's sockets are hidden: {error.strerror}",
            granting("SYS_PTRACE", again),
        )
    if _apart(pid) and "SYS_ADMIN" not in confinement_of("self").capabilities:
        return (
            "the process is in a network namespace of its own",
            granting("SYS_ADMIN", f"sudo -E agentaudit profile --pid {pid}"),
        )
    return "", ""


def _port_problem(port: int) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            ear.bind((HERE, port))
        except OSError as error:
            return f"{HERE}:{port} cannot be had ({error.strerror})"
    return ""


def _is_ours(target: str, port: int) -> bool:
    """Whether spans that go to this URL come to us."""
    try:
        url = urlsplit(target)
        theirs = url.port
    except ValueError:
        return False
    return url.hostname in _LOOPBACK and theirs == port


def _apart(pid: int) -> bool:
    """Whether the process is in a network of its own."""
    return "net" in confinement_of("self").foreign(confinement_of(pid))


def _is_kernel_thread(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return bool(int(text.rpartition(")")[2].split()[_FLAGS]) & _KERNEL_THREAD)


def _user(pid: int) -> str:
    number = confinement_of(pid).user
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)

"""What confines a process: its container, namespaces, capabilities, system calls, and Yama."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from agentaudit.probes.processes.pid_namespaces import PROC, in_own_pid_namespace, namespace

PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
KINDS = ("pid", "net", "mnt", "user")

_CAPABILITIES = {
    12: "NET_ADMIN",
    19: "SYS_PTRACE",
    21: "SYS_ADMIN",
    38: "PERFMON",
    39: "BPF",
}
"""include/uapi/linux/capability.h: those that open something to us."""

_SECCOMP = {0: "", 1: "strict seccomp", 2: "a seccomp filter"}
_STATUS = re.compile(r"^(CapEff|Seccomp|Uid|State|Tgid):\s*(.+)$", re.MULTILINE)


class Place(StrEnum):
    """Where a process runs, as far as the way to give it rights differs."""

    MACHINE = "machine"
    KUBERNETES = "kubernetes"
    CONTAINER = "container"
    SERVICE = "systemd service"


class Confinement(Struct, frozen=True, kw_only=True):
    """What the kernel says of one process. Namespaces are None where they are hidden."""

    user: int
    capabilities: frozenset[str]
    seccomp: str
    """Empty where no system call is refused."""
    namespaces: Mapping[str, int | None]

    def foreign(self, other: "Confinement") -> Sequence[str]:
        """Kinds of namespaces that the two do not share."""
        pairs = ((kind, self.namespaces[kind], other.namespaces[kind]) for kind in KINDS)
        return [kind for kind, ours, theirs in pairs if ours and theirs and ours != theirs]


def confinement_of(pid: int | str) -> Confinement:
    """Of a process, or of ours (`self`)."""
    status = status_of(pid)
    return Confinement(
        user=int(status.get("Uid", "-1").split()[0]),
        capabilities=_capabilities(status.get("CapEff", "0")),
        seccomp=_SECCOMP.get(int(status.get("Seccomp", "0")), "a seccomp filter"),
        namespaces={kind: namespace(pid, kind) for kind in KINDS},
    )


def status_of(pid: int | str) -> Mapping[str, str]:
    """Lines of `/proc/PID/status`; none of a process that is gone."""
    try:
        text = (PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return dict(_STATUS.findall(text))


def place() -> Place:
    """Where we run ourselves."""
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return Place.KUBERNETES
    if in_own_pid_namespace() or any(mark.exists() for mark in MARKS):
        return Place.CONTAINER
    return Place.SERVICE if "INVOCATION_ID" in os.environ else Place.MACHINE


def granting(capability: str, otherwise: str) -> str:
    """How to give us a capability where we run; `otherwise` is what does on a plain machine."""
    return {
        Place.KUBERNETES: (
            f"securityContext: {{capabilities: {{add: [{capability}]}}}}, or: kubectl debug -it POD"
            " --image=IMAGE --target=CONTAINER --profile=sysadmin"
        ),
        Place.CONTAINER: f"docker run --cap-add {capability} …",
        Place.SERVICE: f"systemctl edit UNIT, then: [Service] AmbientCapabilities=CAP_{capability}",
        Place.MACHINE: otherwise,
    }[place()]


def ptrace_scope() -> int:
    """What Yama allows: 0 everything, 1 our children, 2 administrators, 3 nothing."""
    try:
        return int(PTRACE_SCOPE.read_text(encoding="ascii"))
    except (OSError, ValueError):  # a kernel without Yama restricts nothing
        return 0


def variables_of(pid: int, prefixes: Collection[str]) -> Mapping[str, str] | None:
    """
    A process's environment as it began, of names with a prefix; None where it is hidden.

    Values may be secrets: they are for comparing, and never for showing.
    """
    try:
        raw = (PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return None
    pairs = (entry.decode("utf-8", "replace").partition("=") for entry in raw.split(b"\0"))
    return {name: value for name, _, value in pairs if name.startswith(tuple(prefixes))}


def _capabilities(mask: str) -> frozenset[str]:
    bits = int(mask, 16)
    return frozenset(name for bit, name in _CAPABILITIES.items() if bits >> bit & 1)

"""What a recording would hold here, what each part gives, and what would make the rest possible."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from agentaudit.errors import UsageError
from agentaudit.model.capability import Capability
from agentaudit.probes.capabilities.confinement import Place, place
from agentaudit.probes.capabilities.stacks import stack_capabilities
from agentaudit.probes.capabilities.target import (
    confinement,
    connections,
    markers,
    process,
    recordable,
    spans,
)
from agentaudit.probes.energy import POWERCAP, Access, access
from agentaudit.probes.gpu.devices import Gpus
from agentaudit.probes.processes.forks import ForkEvents
from agentaudit.probes.processes.pid_namespaces import in_own_pid_namespace
from agentaudit.probes.processes.tree import open_tree


def capabilities(pid: int | None, otlp_port: int) -> Sequence[Capability]:
    """
    Of a recording of the process, or of any where none is named.

    Raises UsageError when there is no such process, or nothing of it can be recorded any more.
    """
    if pid is not None:
        recordable(pid)
    return (
        *([process(pid)] if pid is not None else []),
        confinement(pid),
        _counters(pid),
        _forks(),
        *stack_capabilities(pid),
        connections(pid),
        spans(pid, otlp_port),
        markers(pid),
        *_gpus(),
        _energy(),
    )


def _counters(pid: int | None) -> Capability:
    problem = ""
    try:
        open_tree(pid or os.getpid(), None).close()
    except UsageError as error:
        problem = str(error)
    waits = Path(f"/proc/{pid or os.getpid()}/schedstat").exists()
    return Capability(
        part="time",
        name="CPU counters",
        available=not problem,
        gives="exact CPU time of the process tree, ended children included; waiting for a core",
        found=problem
        or ("/proc can be read" if waits else "/proc can be read; no waiting times in this kernel"),
        enable="sudo mount -o remount,hidepid=0 /proc" if problem else "",
    )


def _forks() -> Capability:
    problem = _said(lambda: ForkEvents().close())
    contained = in_own_pid_namespace()
    outside = {
        Place.KUBERNETES: "hostPID: true in the Pod's spec",
        Place.CONTAINER: "docker run --pid=host …",
    }
    fallback = "use Linux 6.6 or newer, or run as root"
    return Capability(
        part="time",
        name="fork events",
        available=not problem,
        gives="children of a millisecond by name, with the thread and step that started each",
        found=problem or "the kernel tells us of forks",
        enable=outside.get(place(), fallback)
        if problem and contained
        else fallback * bool(problem),
    )


def _gpus() -> Sequence[Capability]:
    gpus = Gpus()
    names, note, indistinct = gpus.names, gpus.note, gpus.indistinct()
    gpus.close()
    driver = {
        Place.KUBERNETES: "resources: {limits: {nvidia.com/gpu: 1}}",
        Place.CONTAINER: "docker run --gpus all …",
    }
    return (
        Capability(
            part="devices",
            name="GPU",
            available=bool(names),
            gives="utilisation, memory, power and energy of NVIDIA devices",
            found=", ".join(names) or note,
            enable="" if names else driver.get(place(), "install the NVIDIA driver"),
        ),
        Capability(
            part="devices",
            name="GPU by process",
            available=bool(names) and not indistinct,
            gives="the agent's share of GPU time, and that of a model server on this host",
            found=indistinct or ("the driver names the processes" if names else "no GPU seen"),
            enable=_telling_apart(names, indistinct),
        ),
    )


def _telling_apart(names: Sequence[str], indistinct: str) -> str:
    if not names:
        return "as for GPU"
    if not indistinct:
        return ""
    if "namespace" in indistinct:
        kubernetes = place() is Place.KUBERNETES
        return "hostPID: true in the Pod's spec" if kubernetes else "docker run --pid=host …"
    return "one process an instance, or an undivided device: sudo nvidia-smi -i 0 -mig 0"


def _energy() -> Capability:
    found = access()
    counters = f"{POWERCAP}/intel-rapl:*/energy_uj"
    return Capability(
        part="devices",
        name="CPU energy",
        available=found is Access.READABLE,
        gives="joules of the CPU packages, by our share of their time; else an estimate",
        found={
            Access.READABLE: "the RAPL counters can be read",
            Access.FORBIDDEN: "the RAPL counters are open to root alone",
            Access.ABSENT: "no RAPL counters here, as in most virtual machines: an estimate",
        }[found],
        enable={
            Access.READABLE: "",
            Access.FORBIDDEN: {
                Place.CONTAINER: f"docker run -v {POWERCAP}:{POWERCAP}:ro …, and on the host:"
                f" sudo chmod a+r {counters}",
            }.get(place(), f"sudo chmod a+r {counters}"),
            Access.ABSENT: "record on the machine itself: sudo modprobe intel_rapl_msr",
        }[found],
    )


def _said(attempt: Callable[[], object]) -> str:
    """What the system says of an attempt; nothing when it works."""
    try:
        attempt()
    except OSError as error:
        return error.strerror or "not possible"
    return ""

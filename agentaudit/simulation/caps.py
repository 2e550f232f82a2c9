"""How many requests may run at once: caps scaled to the machine, or chosen by the user."""

import re
from dataclasses import dataclass, replace
from math import ceil

from agentaudit.errors import UsageError
from agentaudit.model.workload import Heavy, Machine, Stage, Workload, WorkRequest
from agentaudit.simulation.speed import total_speed


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The numbers that the shipped policies are made with, by the names that the paper uses."""

    group: int
    """B_cap of micro-batches."""
    slots: int
    """N_cap of COMB in open loop."""
    total: int
    """N_max of the FCFS baseline."""
    cpu: int
    gpu: int
    shared: int
    offset_ns: int
    """s, the launch offset of COMB on a batch."""


_FIELDS = {
    "B_cap": "group",
    "N_cap": "slots",
    "N_max": "total",
    "E_CPU": "cpu",
    "E_GPU": "gpu",
    "E_shared": "shared",
    "s": "offset_ns",
}
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)(ms|s)?", re.ASCII)
_LARGEST = 10**9
_SPARE = 1.25


def default_caps(workload: Workload, machine: Machine) -> Caps:
    """
    The paper's proportions on this machine.

    B_cap is as many CPU-heavy requests as keep all cores busy, from one to two times the cores
    (section 4.1). MAS splits E_CPU : E_shared : E_GPU as 64 : 32 : 128 (section 4.2) with
    E_CPU = B_cap, and the FCFS baseline may run as many as all three. N_cap is B_cap, and never
    fewer than the arrivals need in service by Little's law, with a quarter to spare: a smaller cap
    fails by itself. The offset is the time that the CPU stage of one micro-batch takes by itself,
    so that the next begins as it ends.
    """
    group = _group_size(workload.requests, machine)
    shared = max(group // 2, 1)
    total = group + shared + 2 * group
    mean_cpu_ns = _mean_demand_ns(workload.requests, Stage.CPU) + machine.dispatch_ns
    return Caps(
        group=group,
        slots=min(max(group, workload.users or _needed(workload.requests)), total),
        total=total,
        cpu=group,
        gpu=2 * group,
        shared=shared,
        offset_ns=round(mean_cpu_ns * group / total_speed(machine.cpu, group)),
    )


def with_caps(caps: Caps, text: str) -> Caps:
    """
    The caps with some of them replaced: `E_CPU=4,E_GPU=8,s=2.5s`.

    Raises UsageError that names the word it cannot use.
    """
    changes: dict[str, int] = {}
    for word in filter(None, text.split(",")):
        name, _, number = word.strip().partition("=")
        if name not in _FIELDS:
            raise UsageError(f"--caps: {word.strip()!r} is none of {', '.join(_FIELDS)}")
        changes[_FIELDS[name]] = _offset_ns(number) if name == "s" else _cap(name, number)
    if not {"total"} & changes.keys() and {"cpu", "gpu", "shared"} & changes.keys():
        chosen = replace(caps, **changes)
        changes["total"] = chosen.cpu + chosen.gpu + chosen.shared
    return replace(caps, **changes)


def _cap(name: str, number: str) -> int:
    least = 0 if name == "E_shared" else 1
    if not (number.isascii() and number.isdigit()) or not least <= int(number) <= _LARGEST:
        raise UsageError(f"--caps: {name} is a whole number of at least {least}, not {number!r}")
    return int(number)


def _offset_ns(number: str) -> int:
    match = _SECONDS.fullmatch(number)
    if match is None:
        raise UsageError(f"--caps: s is a time such as 2.5s or 400ms, not {number!r}")
    return round(float(match[1]) * (1e6 if match[2] == "ms" else 1e9))


def _group_size(requests: tuple[WorkRequest, ...], machine: Machine) -> int:
    heavy = tuple(request for request in requests if request.heavy is Heavy.CPU) or requests
    cpu_ns = _mean_demand_ns(heavy, Stage.CPU) + machine.dispatch_ns
    alone_ns = cpu_ns + _mean_demand_ns(heavy, Stage.GPU) + _mean_demand_ns(heavy, Stage.WAIT)
    most = 2 * machine.cores
    needed = ceil(machine.cores * alone_ns / cpu_ns) if cpu_ns else most
    return min(max(needed, machine.cores), most)


def _needed(requests: tuple[WorkRequest, ...]) -> int:
    """Requests in service at the rate at which they come, were each alone on the machine."""
    arrivals = [request.arrival_ns for request in requests]
    span_ns = max(arrivals, default=0) - min(arrivals, default=0)
    if not span_ns:
        return 0
    alone_ns = sum(_mean_demand_ns(requests, stage) for stage in Stage)
    return ceil(_SPARE * (len(requests) - 1) / span_ns * alone_ns)


def _mean_demand_ns(requests: tuple[WorkRequest, ...], stage: Stage) -> float:
    total = sum(
        step.demand_ns for request in requests for step in request.steps if step.stage is stage
    )
    return total / max(len(requests), 1)

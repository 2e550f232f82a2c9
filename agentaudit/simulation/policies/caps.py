"""How many requests may run at once: caps scaled to the machine, or chosen by the user."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from math import ceil
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from agentaudit.errors import UsageError
from agentaudit.model.workload import Machine, Stage, Workload
from agentaudit.simulation.fast.requests import columns_of
from agentaudit.simulation.fast.totals import column_needs
from agentaudit.simulation.stations.speed import largest_speed, total_speed
from agentaudit.simulation.workloads.needs import Needs, needs_of


class Caps(Struct, frozen=True, kw_only=True):
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
    pin_ns: int = 0
    """TTL of a pinned context."""
    quantum_ns: int = 1_000_000_000
    """Width of the first queue of least attained service."""
    expected_ns: Mapping[str, int] = field(default_factory=dict)
    """Mean demand of a request, over all stages, by its type."""
    cores: int = 1
    kv_tokens: int | None = None


PAPER = Caps(
    group=64,
    slots=64,
    total=224,
    cpu=64,
    gpu=128,
    shared=32,
    offset_ns=8_000_000_000,
    pin_ns=2_000_000_000,
    cores=72,
)
"""Those of arXiv:2511.00739v3 on Sys 2, with s as for the Web workload; TTL is ours."""
_FIELDS = {
    "B_cap": "group",
    "N_cap": "slots",
    "N_max": "total",
    "E_CPU": "cpu",
    "E_GPU": "gpu",
    "E_shared": "shared",
    "s": "offset_ns",
    "TTL": "pin_ns",
}
_SUMMED = frozenset({"cpu", "gpu", "shared"})
"""Those whose sum the total is, unless it is given."""
_TIMES = ("s", "TTL")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)(ms|s)?", re.ASCII)
_LARGEST = 10**9
_SPARE = 1.25
_NEARLY_ALL = 0.9
_NO_CALL_NS = 1_000_000_000
"""In place of what LLM calls take on average, where there are none."""


def default_caps(workload: Workload, machine: Machine) -> Caps:
    """
    The paper's proportions on this machine.

    B_cap is as many CPU-heavy requests as keep all cores busy, from one to two times the cores
    (section 4.1); where nobody needs a core, cores limit nothing, and the total is where the LLM
    server serves nearly as much as it can, the knee that the paper's is near. MAS splits E_CPU :
    E_shared : E_GPU as 64 : 32 : 128 (section 4.2) with E_CPU = B_cap, and the FCFS baseline may
    run as many as all three. N_cap is B_cap, and never fewer than the arrivals need in service by
    Little's law, with a quarter to spare: a smaller cap fails by itself. The offset is the time
    that the CPU stage of one micro-batch takes by itself, so that the next begins as it ends. A pin
    outlasts nine of ten pauses between LLM calls, and a quantum is what a call takes alone, on
    average.
    """
    needs = _needs(workload)
    group = _group_size(needs, machine)
    shared = max(group // 2, 1)
    total = group + shared + 2 * group
    mean_cpu_ns = needs.mean_ns(Stage.CPU) + machine.dispatch_ns
    return Caps(
        group=group,
        slots=min(max(group, workload.users or _needed(needs)), total),
        total=total,
        cpu=group,
        gpu=2 * group,
        shared=shared,
        offset_ns=round(mean_cpu_ns * group / total_speed(machine.cpu, group)),
        pin_ns=needs.pause_ns,
        quantum_ns=max(needs.calls_ns // needs.calls, 1) if needs.calls else _NO_CALL_NS,
        expected_ns={name: ns // count for name, (count, ns) in needs.type_ns.items()},
        cores=machine.cores,
        kv_tokens=machine.kv_tokens,
    )


def with_caps(caps: Caps, text: str) -> Caps:
    """
    The caps with some of them replaced: `E_CPU=4,E_GPU=8,s=2.5s`.

    Raises UsageError that names the word it cannot use.
    """
    changes: dict[str, Any] = {}
    for word in filter(None, text.split(",")):
        name, _, number = word.strip().partition("=")
        if name not in _FIELDS:
            raise UsageError(f"--caps: {word.strip()!r} is none of {', '.join(_FIELDS)}")
        changes[_FIELDS[name]] = _time_ns(name, number) if name in _TIMES else _cap(name, number)
    if "total" not in changes and _SUMMED & changes.keys():
        chosen = replace(caps, **changes)
        changes["total"] = chosen.cpu + chosen.gpu + chosen.shared
    return replace(caps, **changes)


def other_caps(text: str, caps: Caps) -> Mapping[str, Caps]:
    """For each cap that the text gives the caps with another number in its place."""
    names = [word.strip().partition("=")[0] for word in filter(None, text.split(","))]

    def other(name: str) -> Caps:
        changed = _FIELDS[name]
        more = getattr(caps, changed) + 1
        changes = {changed: getattr(caps, changed) + more}
        if changed in _SUMMED and "N_max" not in names:
            changes["total"] = caps.total + more
        return replace(caps, **changes)

    return {name: other(name) for name in names}


def _cap(name: str, number: str) -> int:
    least = 0 if name == "E_shared" else 1
    if not (number.isascii() and number.isdigit()) or not least <= int(number[:20]) <= _LARGEST:
        raise UsageError(
            f"--caps: {name} is a whole number from {least} to {_LARGEST}, not {number!r:.40}"
        )
    return int(number)


def _time_ns(name: str, number: str) -> int:
    match = _SECONDS.fullmatch(number)
    if match is None:
        raise UsageError(f"--caps: {name} is a time such as 2.5s or 400ms, not {number!r}")
    return round(float(match[1]) * (1e6 if match[2] == "ms" else 1e9))


def _needs(workload: Workload) -> Needs:
    columns = columns_of(workload)
    return needs_of(workload.requests) if columns is None else column_needs(columns)


def _group_size(needs: Needs, machine: Machine) -> int:
    heavy, heavy_ns = needs.cpu_heavy, needs.cpu_heavy_ns
    if not heavy:
        heavy, heavy_ns = max(needs.requests, 1), needs.stage_ns
    cpu_ns = heavy_ns[Stage.CPU] / heavy + machine.dispatch_ns
    alone_ns = cpu_ns + heavy_ns[Stage.GPU] / heavy + heavy_ns[Stage.WAIT] / heavy
    most = 2 * machine.cores
    if not needs.stage_ns[Stage.CPU] + machine.dispatch_ns:
        return max(_group_of(_knee(machine), needs), most)
    needed = ceil(machine.cores * alone_ns / cpu_ns) if cpu_ns else most
    return min(max(needed, machine.cores), most)


def _group_of(calls: int, needs: Needs) -> int:
    """The part of a total that has so many at the LLM server; up to as many may be elsewhere."""
    gpu_ns = needs.stage_ns[Stage.GPU]
    alone_ns = gpu_ns + needs.stage_ns[Stage.WAIT]
    total = min(ceil(calls * alone_ns / gpu_ns), 2 * calls) if gpu_ns else 2 * calls
    return ceil(total * PAPER.group / PAPER.total)


def _knee(machine: Machine) -> int:
    """Calls at once with which the LLM server serves nine tenths of what it can."""
    most = machine.gpu.points[-1][0]
    enough = _NEARLY_ALL * largest_speed(machine.gpu, machine.most_calls)
    return (
        bisect_left(range(1, most), enough, key=lambda calls: total_speed(machine.gpu, calls)) + 1
    )


def _needed(needs: Needs) -> int:
    """Requests in service at the rate at which they come, were each alone on the machine."""
    if not needs.span_ns:
        return 0
    alone_ns = sum(needs.mean_ns(stage) for stage in Stage)
    return ceil(_SPARE * (needs.requests - 1) / needs.span_ns * alone_ns)

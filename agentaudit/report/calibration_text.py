"""A calibration in words and as the machine of a workload file; the words are comments in it."""

from collections.abc import Iterable, Iterator, Sequence

from agentaudit.lists import counted
from agentaudit.model.execution import HostMeasurement, StageLatency, StagePower

_MS = 1_000_000
_US = 1_000


def host_comments(host: HostMeasurement) -> Iterator[str]:
    """What was measured of this machine."""
    sides = [jobs for jobs, _ in host.tools[0].inflation]
    yield (
        f"This machine, {host.cores} cores. Other programs used {host.foreign_cores:.2f} of them"
        " meanwhile."
    )
    if host.foreign_cores > host.cores / 20:
        yield "It was not ours alone: measure again when it is idle, and compare."
    yield ""
    yield "CPU time of a piece of work, and how much more it takes beside others:"
    yield "work            alone" + "".join(f"{f'{jobs} jobs':>10}" for jobs in sides[1:])
    for tool in host.tools:
        beside = "".join(f"{f'{ratio - 1:+.1%}':>10}" for _, ratio in tool.inflation[1:])
        yield f"{tool.tool:12}{tool.unit_ns / _US:6.0f} us{beside}"
    yield ""
    yield "Hand-over of a step, there and back:"
    for found in host.handovers:
        yield (
            f"{found.jobs:4} jobs: {found.cpu_ns / _MS:6.2f} ms to a worker,"
            f" {found.gpu_ns / _MS:6.2f} ms to the server"
        )
    yield f"A timer ends {host.overshoot_ns / _MS:.2f} ms late."


def fit_comments(
    name: str, latencies: Sequence[StageLatency], *, left_out: float | None
) -> Iterator[str]:
    """What a curve goes through, and how far it may miss between its points."""
    yield f"{name}, from {counted(len(latencies), 'measured latency', 'measured latencies')}:"
    for item in latencies:
        yield f"{item.concurrency:6} at once: {item.seconds:.6g} s"
    yield from _told_by_others(left_out)


def power_comments(
    name: str, power: Sequence[StagePower], *, left_out: float | None
) -> Iterator[str]:
    """The same of watts."""
    yield f"Power of the {name}, measured idle and at {len(power) - 1} numbers of calls:"
    for item in power:
        yield f"{item.concurrency:6} at once: {item.watts:.6g} W"
    yield "Between two of them watts grow with the work that is served, beyond the last they stay."
    yield from _told_by_others(left_out)


def _told_by_others(left_out: float | None) -> Iterator[str]:
    if left_out is None:
        yield "Too few were measured to tell one from the others: the fit's error is unknown."
    else:
        yield f"Any one of them is told by the others within {left_out:.1%}."


def commented(lines: Iterable[str]) -> str:
    """Lines as comments of YAML."""
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)

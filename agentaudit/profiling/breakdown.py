"""
The breakdown of a trace: CPU, GPU and wall time by step kind, and what that says.

The parts add up to the whole (I9): what no step was found for is `unknown`, never left out.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from agentaudit.model.profile import (
    Breakdown,
    Load,
    Profile,
    RequestTypeSummary,
    TimelineBin,
)
from agentaudit.model.trace import HOST_KINDS, ClockPair, Request, Step, StepKind, Trace
from agentaudit.profiling.energy import with_joules
from agentaudit.profiling.shares import kind_shares
from agentaudit.profiling.steadiness import cores_interval
from agentaudit.profiling.verdicts import usable_cores, verdict

MOST_BINS = 400
_SHORTEST_BIN_NS = 100_000_000


def profile_of(trace: Trace, recording_name: str) -> Profile:
    """The artifact `profile.json` of a trace."""
    return Profile(
        recording=recording_name,
        host=trace.host,
        target=trace.target,
        recorded_at_unix_ns=unix_ns(trace.clocks, trace.start_ns),
        complete=trace.complete,
        ended_because=trace.ended_because,
        breakdown=breakdown_of(trace),
        request_types=_request_types(trace),
        timeline=_timeline(trace),
        energy=trace.energy,
        incidents=trace.incidents,
        sampling=trace.sampling,
        tool_version=trace.tool_version,
        endpoints=trace.endpoints,
    )


def breakdown_of(trace: Trace) -> Breakdown:
    """Where the time of a trace went."""
    placed_ns = sum(step.cpu_ns for step in trace.steps if step.kind is not StepKind.UNKNOWN)
    core_ns = trace.duration_ns * usable_cores(trace)
    load = replace(_load(trace.requests, trace.duration_ns), driven=trace.load)
    kinds = with_joules(kind_shares(trace, placed_ns), trace)
    bound, reasons = verdict(trace, kinds)
    low, high = cores_interval(trace) or (0.0, 0.0)
    return Breakdown(
        duration_ns=trace.duration_ns,
        kinds=kinds,
        cpu_total_ns=trace.cpu_total_ns,
        cpu_attributed_ns=placed_ns,
        cores=trace.host.cores,
        cpu_utilisation=min(trace.cpu_total_ns / core_ns, 1.0) if core_ns > 0 else 0.0,
        gpu_utilisation=_gpu_busy(trace),
        peak_rss_bytes=max((sample.rss_bytes for sample in trace.cpu_samples), default=0),
        load=load,
        bound=bound,
        reasons=reasons,
        cpu_limit_cores=trace.target.cpu_limit_cores,
        cores_low=low,
        cores_high=high,
    )


def unix_ns(clocks: Sequence[ClockPair], monotonic_ns: int) -> int:
    """An instant of the recording in Unix time, by the nearest pair of clocks."""
    if not clocks:
        return 0
    after = bisect_left(clocks, monotonic_ns, key=lambda pair: pair.monotonic_ns)
    near = clocks[max(after - 1, 0) : after + 1]
    pair = min(near, key=lambda pair: abs(pair.monotonic_ns - monotonic_ns))
    return pair.unix_ns + monotonic_ns - pair.monotonic_ns


def quantile_ns(sorted_ns: Sequence[int], share: float) -> int:
    """The smallest value that at least this share does not exceed; 0 of nothing."""
    if not sorted_ns:
        return 0
    return sorted_ns[max(math.ceil(share * len(sorted_ns)) - 1, 0)]


def _gpu_busy(trace: Trace) -> float | None:
    """Mean over time and devices; None when no device was seen."""
    samples = trace.gpu_samples
    return sum(sample.busy for sample in samples) / len(samples) if samples else None


def _load(requests: Sequence[Request], duration_ns: int) -> Load:
    """How many requests were open at once, on average and at most."""
    changes = sorted(
        [(request.arrival_ns, 1) for request in requests]
        + [(request.finish_ns, -1) for request in requests]
    )
    open_now = peak = 0
    area_ns = 0
    for (at_ns, change), (next_ns, _) in pairwise([*changes, (0, 0)]):
        open_now += change
        peak = max(peak, open_now)
        area_ns += open_now * max(next_ns - at_ns, 0)
    return Load(
        requests=len(requests),
        concurrency_mean=area_ns / duration_ns if duration_ns > 0 else 0.0,
        concurrency_peak=peak,
    )


def _request_types(trace: Trace) -> tuple[RequestTypeSummary, ...]:
    steps: dict[int, list[Step]] = {}
    for step in trace.steps:
        if step.request_id is not None:
            steps.setdefault(step.request_id, []).append(step)
    types: dict[str, list[Request]] = {}
    for request in trace.requests:
        types.setdefault(request.type, []).append(request)
    return tuple(
        _request_type(name, types[name], steps)
        for name in sorted(types, key=lambda name: (-len(types[name]), name))
    )


def _request_type(
    name: str, requests: Sequence[Request], steps: Mapping[int, Sequence[Step]]
) -> RequestTypeSummary:
    """Of whole requests where there are any: one cut off by the edge tells of its rest only."""
    whole = [request for request in requests if request.complete] or requests
    members = [step for request in whole for step in steps.get(request.request_id, ())]
    latencies = sorted(request.latency_ns for request in whole)
    model_ns = sum(step.wall_ns for step in members if step.kind is StepKind.LLM_INFERENCE)
    cpu_ns = sum(step.cpu_ns for step in members)
    work_ns = sum(max(step.wall_ns, step.cpu_ns) for step in members if step.kind in HOST_KINDS)
    return RequestTypeSummary(
        type=name,
        requests=len(requests),
        p50_ns=quantile_ns(latencies, 0.5),
        p90_ns=quantile_ns(latencies, 0.9),
        cpu_ns_mean=cpu_ns // len(whole),
        gpu_ns_mean=sum(step.gpu_ns for step in members) // len(whole),
        llm_wall_ns_mean=model_ns // len(whole),
        heavy="gpu" if model_ns > work_ns else "cpu",
    )


def _timeline(trace: Trace) -> tuple[TimelineBin, ...]:
    """Equal bins over the whole recording, at most MOST_BINS of them."""
    duration_ns = trace.duration_ns
    if duration_ns <= 0:
        return ()
    count = min(max(duration_ns // _SHORTEST_BIN_NS, 1), MOST_BINS)
    edges = [trace.start_ns + duration_ns * number // count for number in range(count + 1)]
    active: list[dict[str, int]] = [{} for _ in range(count)]
    for step in trace.steps:
        if step.kind is not StepKind.IDLE:
            _add_active(active, edges, step)
    cpu_ns = _binned_cpu(trace, edges)
    gpu_busy = _binned_gpu(trace, edges)
    return tuple(
        TimelineBin(
            start_ns=start_ns,
            end_ns=end_ns,
            busy_cores=cpu_ns[at] / (end_ns - start_ns),
            gpu_busy=gpu_busy[at],
            active_ns=active[at],
        )
        for at, (start_ns, end_ns) in enumerate(pairwise(edges))
    )


def _add_active(active: list[dict[str, int]], edges: Sequence[int], step: Step) -> None:
    for at in range(_bin(edges, step.start_ns), _bin(edges, step.end_ns - 1) + 1):
        overlap_ns = min(step.end_ns, edges[at + 1]) - max(step.start_ns, edges[at])
        if overlap_ns > 0:
            active[at][step.kind.value] = active[at].get(step.kind.value, 0) + overlap_ns


def _bin(edges: Sequence[int], at_ns: int) -> int:
    width_ns = edges[-1] - edges[0]
    number = (at_ns - edges[0]) * (len(edges) - 1) // width_ns
    return min(max(number, 0), len(edges) - 2)


def _binned_cpu(trace: Trace, edges: Sequence[int]) -> Sequence[float]:
    """CPU time of the tree by bin; a sample's time is spread evenly over its interval."""
    binned = [0.0] * (len(edges) - 1)
    since_ns = trace.start_ns
    for sample in trace.cpu_samples:
        passed_ns = sample.at_ns - since_ns
        for at in range(_bin(edges, since_ns), _bin(edges, sample.at_ns - 1) + 1):
            overlap_ns = min(sample.at_ns, edges[at + 1]) - max(since_ns, edges[at])
            if overlap_ns > 0 and passed_ns > 0:
                binned[at] += sample.cpu_ns * overlap_ns / passed_ns
        since_ns = sample.at_ns
    return binned


def _binned_gpu(trace: Trace, edges: Sequence[int]) -> Sequence[float | None]:
    """Mean busy share of the devices by bin; None where nothing was read."""
    busy: list[list[float]] = [[] for _ in edges[1:]]
    for sample in trace.gpu_samples:
        at = bisect_right(edges, sample.at_ns) - 1
        if 0 <= at < len(busy):
            busy[at].append(sample.busy)
    return [sum(inside) / len(inside) if inside else None for inside in busy]

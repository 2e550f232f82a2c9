"""
From a recording to a workload: what each request would need by itself, on a machine all its own.

Recorded times hold the load of the recording: calls share the LLM server, tools queue for cores.
Replaying them as they are would count that load twice, so each step becomes its demand: CPU time
from kernel counters, LLM time at batch size 1, and waiting that no core could have shortened.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from agentaudit.errors import IncompleteError, InputError, Problem
from agentaudit.model.trace import CpuSample, Request, Step, Trace
from agentaudit.model.workload import (
    Heavy,
    SpeedCurve,
    Stage,
    Workload,
    WorkRequest,
    WorkStep,
)
from agentaudit.simulation.llm_load import batch_one_demands, llm_calls

_FULL = 0.9
"""A host whose cores are this busy makes threads queue for them."""
_NOTABLE = 0.1
"""A share of the host's cores that is worth a sentence."""
_SHORTEST_WAIT_NS = 1_000_000
"""Shorter pauses are the recorder's grain, and nobody waits for them."""


def workload_of(trace: Trace, *, source: str, gpu: SpeedCurve) -> Workload:
    """
    The recorded requests in order of arrival, the first at 0. `source` names the recording.

    Raises InputError for steps that cannot be, and IncompleteError when no whole request was
    recorded, or none of the CPU time.
    """
    _check(trace, source)
    whole = sorted(
        (request for request in trace.requests if request.complete),
        key=lambda request: (request.arrival_ns, request.request_id),
    )
    steps = _steps_by_request(trace.steps, whole)
    replayed = [request for request in whole if steps[request.request_id]]
    _check_evidence(trace, replayed, steps, source)
    demands = batch_one_demands(llm_calls(trace.steps), gpu)
    notes = _Notes(trace=trace)
    plans = {
        request.request_id: _work_steps(steps[request.request_id], demands, notes)
        for request in replayed
    }
    heavy = _heavy_types(replayed, plans)
    first_ns = replayed[0].arrival_ns
    return Workload(
        requests=tuple(
            WorkRequest(
                request_id=request.request_id,
                type=request.type,
                heavy=heavy[request.type],
                arrival_ns=request.arrival_ns - first_ns,
                steps=plans[request.request_id],
            )
            for request in replayed
        ),
        source=source,
        arrivals="recorded",
        seed=0,
        assumptions=tuple(_assumptions(trace, replayed, steps, notes)),
    )


def heavy_resource(steps: Sequence[WorkStep]) -> Heavy:
    """CPU-heavy when tools, running and waiting, outweigh the LLM; GPU-heavy otherwise."""
    gpu_ns = sum(step.demand_ns for step in steps if step.stage is Stage.GPU)
    return Heavy.GPU if 2 * gpu_ns > sum(step.demand_ns for step in steps) else Heavy.CPU


@dataclass(slots=True)
class _Notes:
    """What had to be assumed, counted while one recording is converted."""

    trace: Trace
    overlapping: list[Step] = field(default_factory=list)
    queued_ns: int = 0
    waited_ns: int = 0


def _check(trace: Trace, source: str) -> None:
    problems = [
        Problem(
            file=source,
            message=f"step {step.step_id} ({step.kind}) of request {step.request_id} {fault}",
        )
        for step in trace.steps
        for fault in _faults(step)
    ]
    counts = Counter(request.request_id for request in trace.requests)
    problems.extend(
        Problem(file=source, message=f"request {identity} stands {count} times")
        for identity, count in counts.items()
        if count > 1
    )
    if problems:
        raise InputError(*problems)


def _faults(step: Step) -> Iterator[str]:
    if step.end_ns < step.start_ns:
        yield f"ends {step.start_ns - step.end_ns} ns before it starts"
    if step.cpu_ns < 0:
        yield f"used {step.cpu_ns} ns of CPU time, which is less than none"
    if step.threads < 1:
        yield f"ran on {step.threads} threads, which is less than one"


def _steps_by_request(
    steps: Sequence[Step], requests: Sequence[Request]
) -> Mapping[int, list[Step]]:
    known = {request.request_id for request in requests}
    found: dict[int, list[Step]] = defaultdict(list)
    for step in sorted(steps, key=lambda item: (item.start_ns, item.end_ns, item.step_id)):
        if step.request_id in known:
            found[step.request_id].append(step)
    return found


def _check_evidence(
    trace: Trace,
    replayed: Sequence[Request],
    steps: Mapping[int, Sequence[Step]],
    source: str,
) -> None:
    if not replayed:
        cut = sum(not request.complete for request in trace.requests)
        raise IncompleteError(
            f"{source}: holds no whole request with steps to replay"
            f" ({len(trace.requests)} requests, {cut} of them cut off by an edge of the recording)."
            " Record for longer, while the agent serves requests."
        )
    measured = any(step.cpu_ns for request in replayed for step in steps[request.request_id])
    if not measured and not trace.target.imported:
        raise IncompleteError(
            f"{source}: none of its {len(replayed)} requests has any CPU time, so CPU contention"
            " cannot be simulated. Record with access to the process's kernel counters."
        )


def _work_steps(
    steps: Sequence[Step], demands: Mapping[int, int], notes: _Notes
) -> tuple[WorkStep, ...]:
    plan: list[WorkStep] = []
    until_ns = steps[0].start_ns
    for step in steps:
        if step.start_ns < until_ns:
            notes.overlapping.append(step)
        gap_ns = max(step.start_ns - until_ns, 0)
        plan.extend(_waiting(gap_ns, (until_ns, step.start_ns), "between steps", notes))
        plan.extend(_stages(step, demands, notes))
        until_ns = max(until_ns, step.end_ns)
    return tuple(plan)


def _stages(step: Step, demands: Mapping[int, int], notes: _Notes) -> Iterator[WorkStep]:
    name = step.name or step.kind
    if step.cpu_ns:
        yield WorkStep(
            stage=Stage.CPU,
            demand_ns=step.cpu_ns,
            threads=step.threads,
            name=name,
            interpreted=max(1 - step.children_cpu_ns / step.cpu_ns, 0.0),
        )
    ran_ns = min(step.cpu_ns // step.threads + step.run_queue_ns, step.wall_ns)
    if step.step_id not in demands:
        yield from _waiting(step.wall_ns - ran_ns, (step.start_ns, step.end_ns), name, notes)
        return
    # The client's own CPU time is part of the call's wall time; the server had the rest.
    server_share = (step.wall_ns - ran_ns) / step.wall_ns
    if demand_ns := round(demands[step.step_id] * server_share):
        tokens = (step.tokens_in or 0) + (step.tokens_out or 0)
        yield WorkStep(stage=Stage.GPU, demand_ns=demand_ns, name=name, tokens=tokens)


def _waiting(
    wait_ns: int, within_ns: tuple[int, int], name: str, notes: _Notes
) -> Iterator[WorkStep]:
    """Time without CPU use: waiting for the outside, unless all cores were busy meanwhile."""
    if wait_ns < _SHORTEST_WAIT_NS:
        return
    if _busy(notes.trace.cpu_samples, *within_ns) >= _FULL:
        notes.queued_ns += wait_ns
        return
    notes.waited_ns += wait_ns
    yield WorkStep(stage=Stage.WAIT, demand_ns=wait_ns, name=name)


def _busy(samples: Sequence[CpuSample], start_ns: int, end_ns: int) -> float:
    """The host's mean busy share over an interval; 0 where nothing was sampled."""
    low = bisect_left(samples, start_ns, key=lambda sample: sample.at_ns)
    high = bisect_left(samples, end_ns, key=lambda sample: sample.at_ns)
    chosen = samples[low : max(high, low + 1)]
    return fmean(sample.system_busy for sample in chosen) if chosen else 0.0


def _busy_with_others(trace: Trace) -> float:
    """The share of the host's cores that was busy, and not with what was recorded."""
    if not trace.cpu_samples:
        return 0.0
    everything = fmean(sample.system_busy for sample in trace.cpu_samples)
    return everything - trace.cpu_total_ns / max(trace.duration_ns * trace.host.cores, 1)


def _heavy_types(
    requests: Sequence[Request], plans: Mapping[int, tuple[WorkStep, ...]]
) -> Mapping[str, Heavy]:
    """By type and not by request: a scheduler knows a request's type when it arrives, no more."""
    steps: dict[str, list[WorkStep]] = defaultdict(list)
    for request in requests:
        steps[request.type].extend(plans[request.request_id])
    return {name: heavy_resource(of_type) for name, of_type in steps.items()}


def _assumptions(
    trace: Trace,
    replayed: Sequence[Request],
    steps: Mapping[int, Sequence[Step]],
    notes: _Notes,
) -> Iterator[str]:
    if trace.target.imported:
        yield (
            f"The trace was imported ({trace.target.imported}), so nobody measured its CPU time:"
            " what is no LLM call is replayed as waiting, and requests do not compete for cores."
        )
    left_out = len(trace.requests) - len(replayed)
    if left_out:
        yield (
            f"{left_out} of {len(trace.requests)} recorded requests are left out: an edge of the"
            " recording cut them off, or no step of theirs was seen."
        )
    yield (
        "An LLM call's demand is its wall time, taken back to batch size 1 by the calls in flight"
        " meanwhile; network and queueing at the server count as serving."
    )
    yield (
        "Arrivals do not depend on answers, also where a client waited for one before it asked"
        " again."
    )
    if notes.queued_ns:
        yield (
            f"{notes.queued_ns / 1e9:.1f} s in which requests neither ran nor called the LLM, while"
            f" the host's cores were at least {_FULL:.0%} busy, count as queueing for a core and"
            " are simulated anew."
        )
    if notes.waited_ns:
        yield (
            f"{notes.waited_ns / 1e9:.1f} s of such time with idle cores count as waiting for the"
            " outside, which no policy shortens."
        )
    if notes.overlapping:
        first = notes.overlapping[0]
        yield (
            f"{len(notes.overlapping)} steps overlap another of their request (the first: step"
            f" {first.step_id} of request {first.request_id}); they are replayed one after the"
            " other, which lengthens those requests."
        )
    others = _busy_with_others(trace)
    if others >= _NOTABLE:
        yield (
            f"Other programs kept {others:.0%} of the host's cores busy during the recording; the"
            " simulated machine runs nothing but the agent."
        )
    used_ns = sum(step.cpu_ns for request in replayed for step in steps[request.request_id])
    if trace.cpu_total_ns > used_ns:
        yield (
            f"{1 - used_ns / trace.cpu_total_ns:.0%} of the recorded CPU time belongs to no"
            " replayed request and is not simulated, so real cores are busier than these."
        )

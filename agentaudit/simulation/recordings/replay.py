"""
From a recording to a workload: what each request would need by itself, on a machine all its own.

Recorded times hold the load of the recording: calls share the LLM server, threads queue for cores
and for the interpreter. Replaying them as they are would count that load twice, so each step
becomes its demand: CPU time from kernel counters, LLM time at batch size 1, and waiting that
neither a core nor the interpreter could have shortened.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from agentaudit.errors import IncompleteError, InputError, Problem
from agentaudit.lists import counted
from agentaudit.model.results import ALL
from agentaudit.model.trace import Request, Step, Trace
from agentaudit.model.workload import Heavy, SpeedCurve, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.recordings.demands import Demands
from agentaudit.simulation.recordings.premises import premises
from agentaudit.simulation.recordings.sessions import Turn, sessions_of, turn_past


def workloads_of(trace: Trace, *, source: str, gpu: SpeedCurve) -> tuple[Workload, Workload]:
    """
    The recorded requests in order of arrival, the first at 0, and with those that were cut off.

    Requests that an edge of the recording cut off have what was recorded of them. `source` names
    the recording. Raises InputError for steps that cannot be, and IncompleteError when no whole
    request was recorded, or none of the CPU time.
    """
    _check(trace, source)
    ordered = sorted(trace.requests, key=lambda one: (one.arrival_ns, one.request_id))
    steps = _steps_by_request(trace)
    there = [one for one in ordered if steps.get(one.request_id)]
    whole = [one for one in there if one.complete]
    _check_evidence(trace, whole, steps, source)
    demands = Demands(trace, gpu)
    plans = {one.request_id: demands.plan(one, steps[one.request_id]) for one in whole}
    sessions = sessions_of(ordered, trace.load, imported=bool(trace.target.imported))
    workload = Workload(
        requests=tuple(_requests(ordered, plans, sessions.turns)),
        source=source,
        arrivals="recorded",
        seed=0,
        # Of the whole requests alone: what was noted of others comes after them.
        assumptions=(*premises(trace, whole, steps, demands.notes), sessions.sentence),
        cpu_known=not trace.target.imported or any(step.cpu_ns for step in trace.steps),
    )
    if len(whole) == len(there):
        return workload, workload
    plans |= {
        one.request_id: demands.plan(one, steps[one.request_id])
        for one in there
        if not one.complete
    }
    requests = tuple(_requests(ordered, plans, sessions.turns))
    return workload, replace(workload, requests=requests)


def heavy_resource(steps: Sequence[WorkStep]) -> Heavy:
    """CPU-heavy when tools, running and waiting, outweigh the LLM; GPU-heavy otherwise."""
    gpu_ns = sum(step.demand_ns for step in steps if step.stage is Stage.GPU)
    return Heavy.GPU if 2 * gpu_ns > sum(step.demand_ns for step in steps) else Heavy.CPU


def _requests(
    ordered: Sequence[Request],
    plans: Mapping[int, tuple[WorkStep, ...]],
    turns: Mapping[int, Turn],
) -> Iterator[WorkRequest]:
    """Those that have a plan; one that follows a request without any follows the one before."""
    replayed = [one for one in ordered if one.request_id in plans]
    left_out = {one.request_id: one for one in ordered if one.request_id not in plans}
    heavy = _heavy_types(replayed, plans)
    first_ns = replayed[0].arrival_ns
    for request in replayed:
        turn = turn_past(turns, request, left_out)
        yield WorkRequest(
            request_id=request.request_id,
            # The bare word stands for all requests together.
            type=request.type if request.type != ALL else f"{ALL} (type)",
            heavy=heavy[request.type],
            arrival_ns=request.arrival_ns - first_ns,
            steps=plans[request.request_id],
            follows=turn.follows if turn is not None else None,
            think_ns=turn.think_ns if turn is not None else 0,
        )


def _heavy_types(
    requests: Sequence[Request], plans: Mapping[int, tuple[WorkStep, ...]]
) -> Mapping[str, Heavy]:
    """By type and not by request: a scheduler knows a request's type when it arrives, no more."""
    steps: dict[str, list[WorkStep]] = defaultdict(list)
    for request in requests:
        steps[request.type].extend(plans[request.request_id])
    return {name: heavy_resource(of_type) for name, of_type in steps.items()}


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
    if min(step.run_queue_ns, step.children_queue_ns) < 0:
        yield "waited for a core less than not at all"
    if step.threads < 1:
        yield f"ran on {step.threads} threads, which is less than one"


def _steps_by_request(trace: Trace) -> Mapping[int, list[Step]]:
    found: dict[int, list[Step]] = defaultdict(list)
    for step in sorted(trace.steps, key=lambda item: (item.start_ns, item.end_ns, item.step_id)):
        if step.request_id is not None:
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
        seen = (
            f"of {len(trace.requests)}, {cut} are cut off by an edge of the recording"
            if trace.requests
            else "none was seen"
        )
        raise IncompleteError(
            f"{source}: holds no whole request with steps to replay: {seen}. Record for longer,"
            " while the agent serves requests, or name what serves one with --request-frame."
        )
    measured = any(step.cpu_ns for request in replayed for step in steps[request.request_id])
    if not measured and not trace.target.imported:
        raise IncompleteError(
            f"{source}: of {counted(len(replayed), 'request')} none has CPU time, so CPU contention"
            " cannot be simulated. Record with access to the process's kernel counters."
        )

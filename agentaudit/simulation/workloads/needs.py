"""What the requests of a workload need on the whole: what caps are made from."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from agentaudit.model.workload import Heavy, Stage, WorkRequest


class Needs(Struct, frozen=True, kw_only=True):
    """Totals in nanoseconds, so that whoever adds them up gets the same."""

    requests: int
    cpu_heavy: int
    """How many of them are CPU-heavy."""
    span_ns: int
    """From the first arrival to the last."""
    stage_ns: Mapping[Stage, int]
    cpu_heavy_ns: Mapping[Stage, int]
    """The same of CPU-heavy requests."""
    pause_ns: int
    """What nine of ten pauses between two LLM calls of a request do not exceed; 0 without any."""
    calls: int
    """LLM calls that take any time."""
    calls_ns: int
    type_ns: Mapping[str, tuple[int, int]]
    """Of each type, how many there are and what they need over all stages."""

    def mean_ns(self, stage: Stage) -> float:
        """What a request asks of a stage on average."""
        return self.stage_ns[stage] / max(self.requests, 1)


def needs_of(requests: Sequence[WorkRequest]) -> Needs:
    """Of requests that are objects."""
    heavy = [request for request in requests if request.heavy is Heavy.CPU]
    calls = [
        step.demand_ns
        for request in requests
        for step in request.steps
        if step.stage is Stage.GPU and step.demand_ns
    ]
    pauses = sorted(pause_ns for request in requests for pause_ns in _pauses_ns(request))
    return Needs(
        requests=len(requests),
        cpu_heavy=len(heavy),
        span_ns=span_ns(requests),
        stage_ns=_stage_ns(requests),
        cpu_heavy_ns=_stage_ns(heavy),
        pause_ns=pauses[9 * (len(pauses) - 1) // 10] if pauses else 0,
        calls=len(calls),
        calls_ns=sum(calls),
        type_ns=_type_ns(requests),
    )


def span_ns(requests: Sequence[WorkRequest]) -> int:
    """From the first arrival to the last."""
    arrivals = [request.arrival_ns for request in requests]
    return max(arrivals, default=0) - min(arrivals, default=0)


def alone_ns(request: WorkRequest) -> float:
    """What a request takes alone, each step spread over its threads."""
    return sum(step.demand_ns / step.threads for step in request.steps)


def _stage_ns(requests: Sequence[WorkRequest]) -> Mapping[Stage, int]:
    totals = dict.fromkeys(Stage, 0)
    for request in requests:
        for step in request.steps:
            totals[step.stage] += step.demand_ns
    return totals


def _pauses_ns(request: WorkRequest) -> Iterator[int]:
    """How long the steps between each two LLM calls take by themselves."""
    pause_ns: int | None = None
    for step in request.steps:
        if step.stage is Stage.GPU:
            if pause_ns is not None:
                yield pause_ns
            pause_ns = 0
        elif pause_ns is not None:
            pause_ns += step.demand_ns // step.threads


def _type_ns(requests: Sequence[WorkRequest]) -> Mapping[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for request in requests:
        count, demand_ns = found.get(request.type, (0, 0))
        needed_ns = sum(step.demand_ns for step in request.steps)
        found[request.type] = count + 1, demand_ns + needed_ns
    return found

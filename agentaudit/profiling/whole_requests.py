"""The requests of a trace that were seen from their beginning to their end, with their steps."""

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

from agentaudit.model.comparison import Measure
from agentaudit.model.trace import StepKind, Trace

_Steps = dict[tuple[StepKind, str], list[tuple[int, int]]]


class WholeRequest(Struct, frozen=True, kw_only=True):
    """One request: its latency, and the CPU and wall time of its steps by kind and name."""

    type: str
    latency_ns: int
    steps: Mapping[tuple[StepKind, str], list[tuple[int, int]]]

    @property
    def cpu_ns(self) -> int:
        return sum(cpu_ns for steps in self.steps.values() for cpu_ns, _ in steps)

    def of_kind(self, kind: StepKind, measure: Measure) -> int:
        """CPU or wall time of all its steps of a kind."""
        at = 0 if measure is Measure.CPU else 1
        return sum(
            times[at] for step, steps in self.steps.items() if step[0] is kind for times in steps
        )

    def cpu_of(self, kind: StepKind, name: str) -> tuple[int, ...]:
        """CPU time of each step of this kind and name."""
        return tuple(cpu_ns for cpu_ns, _ in self.steps.get((kind, name), ()))

    def walls_of(self, kind: StepKind, name: str) -> tuple[int, ...]:
        """Wall time of each step of this kind and name."""
        return tuple(wall_ns for _, wall_ns in self.steps.get((kind, name), ()))


def whole_requests(trace: Trace) -> tuple[WholeRequest, ...]:
    """In the order of their arrival."""
    steps: dict[int, _Steps] = defaultdict(lambda: defaultdict(list))
    for step in trace.steps:
        if step.request_id is not None:
            steps[step.request_id][step.kind, step.name].append((step.cpu_ns, step.wall_ns))
    return tuple(
        WholeRequest(
            type=request.type,
            latency_ns=request.latency_ns,
            steps=dict(steps.get(request.request_id, {})),
        )
        for request in trace.requests
        if request.complete
    )

"""
What a request was at, instant by instant: its recorded steps, laid so that none covers another.

Steps of one request overlap where several of its threads work at once, and where an event loop
waits beside the thread that works. Of those that are open together the likeliest to hold the
request up counts: a model call, then other work, then what has no name, then idling.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from agentaudit.model.trace import Request, Step, StepKind

_FIRST = {
    StepKind.LLM_INFERENCE: 0,
    StepKind.TOOL_CALL: 1,
    StepKind.RETRIEVAL: 1,
    StepKind.MEMORY_READ: 1,
    StepKind.MEMORY_WRITE: 1,
    StepKind.ORCHESTRATION: 2,
    StepKind.UNKNOWN: 2,
    StepKind.IDLE: 3,
}


class Stretch(Struct, kw_only=True):
    """A part of a request's time. `step` is None where no step was seen."""

    step: Step | None
    start_ns: int
    end_ns: int
    beside_ns: tuple[int, ...] = ()
    """CPU time that other steps used meanwhile, each of them; beside a model call none counts."""

    @property
    def wall_ns(self) -> int:
        return self.end_ns - self.start_ns


def stretches(request: Request, steps: Sequence[Step]) -> Sequence[Stretch]:
    """The request's time from its arrival to its end, without a gap."""
    within = [
        step
        for step in steps
        if step.end_ns > request.arrival_ns and step.start_ns < request.finish_ns
    ]
    return _joined(_elements(request, within))


def overlapping(steps: Sequence[Step]) -> Sequence[Step]:
    """Work that began before other work of its request had ended; idling covers nothing."""
    found: list[Step] = []
    until_ns = 0
    for step in sorted(steps, key=lambda item: (item.start_ns, item.end_ns, item.step_id)):
        if _FIRST[step.kind] > 1:
            continue
        if step.start_ns < until_ns:
            found.append(step)
        until_ns = max(until_ns, step.end_ns)
    return found


def _elements(request: Request, steps: Sequence[Step]) -> Iterator[Stretch]:
    """Between any two instants at which a step begins or ends, who counts."""
    inside = (request.arrival_ns, request.finish_ns)
    edges = sorted(
        {*inside} | {min(max(at, inside[0]), inside[1]) for step in steps for at in _ends(step)}
    )
    beginning = sorted(steps, key=lambda step: (step.start_ns, step.step_id))
    open_now: list[Step] = []
    begun = 0
    for start_ns, end_ns in pairwise(edges):
        while begun < len(beginning) and beginning[begun].start_ns <= start_ns:
            open_now.append(beginning[begun])
            begun += 1
        open_now = [step for step in open_now if step.end_ns > start_ns]
        chosen = min(open_now, key=_rank, default=None)
        others = () if chosen is None or not _FIRST[chosen.kind] else _but(chosen, open_now)
        yield Stretch(
            step=chosen,
            start_ns=start_ns,
            end_ns=end_ns,
            beside_ns=tuple(step.cpu_ns * (end_ns - start_ns) // step.wall_ns for step in others),
        )


def _but(chosen: Step, steps: Sequence[Step]) -> Sequence[Step]:
    return [step for step in steps if step is not chosen]


def _rank(step: Step) -> tuple[int, int, int]:
    return _FIRST[step.kind], step.start_ns, step.step_id


def _ends(step: Step) -> tuple[int, int]:
    return step.start_ns, step.end_ns


def _joined(elements: Iterator[Stretch]) -> Sequence[Stretch]:
    """Neighbours of one step are one stretch."""
    joined: list[Stretch] = []
    for element in elements:
        last = joined[-1] if joined else None
        if last is None or last.step is not element.step:
            joined.append(element)
            continue
        last.end_ns = element.end_ns
        last.beside_ns = (*last.beside_ns, *element.beside_ns)
    return joined

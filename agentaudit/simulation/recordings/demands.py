"""What recorded steps would need on a machine all their own: CPU time, LLM time, waiting."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from agentaudit.model.assumed import assumed_model
from agentaudit.model.trace import Request, Step, Trace
from agentaudit.model.workload import SpeedCurve, Stage, WorkStep
from agentaudit.simulation.recordings.beside import busy
from agentaudit.simulation.recordings.interpreters import Interpreters
from agentaudit.simulation.recordings.llm_load import batch_one_demands, llm_calls
from agentaudit.simulation.recordings.timeline import Stretch, overlapping, stretches

FULL = 0.9
"""A host whose cores are this busy makes threads queue for them."""
_MOMENT_NS = 10_000_000
"""CPU work of a few turns: schedulers give a thread a few milliseconds at once."""
_LEAST_SHARE = 0.001
_SHORTEST_WAIT_NS = 1_000_000
"""Shorter pauses are the recorder's grain, and nobody waits for them."""


class Notes(Struct):
    """What had to be assumed, counted while one recording is converted."""

    overlapping: list[Step] = field(default_factory=list)
    queued_ns: int = 0
    """Waits that are taken to be for a core, because the host was full."""
    interpreter_ns: int = 0
    """Waits that are taken to be for an event loop or the lock of an interpreter."""
    late_ns: int = 0
    """Waits for a core of threads that were woken for a moment, beyond their share of it."""
    waited_ns: int = 0


class Demands:
    """The demands of a recording's requests, one after the other."""

    def __init__(self, trace: Trace, gpu: SpeedCurve) -> None:
        self._trace = trace
        self._contention = trace.contention
        calls = llm_calls(trace.steps)
        # A length that was assumed is that of a call alone.
        assumed = bool(assumed_model(trace.incidents))
        alone = {call.step_id: call.wall_ns for call in calls} if assumed else None
        self._calls = batch_one_demands(calls, gpu) if alone is None else alone
        self._interpreters = Interpreters(trace.steps)
        self.notes = Notes()

    def plan(self, request: Request, steps: Sequence[Step]) -> tuple[WorkStep, ...]:
        """The stages of a request, from its arrival to its end."""
        self.notes.overlapping += overlapping(steps)
        return tuple(
            stage for stretch in stretches(request, steps) for stage in self._stages(stretch)
        )

    def _stages(self, stretch: Stretch) -> Iterator[WorkStep]:
        step = stretch.step
        if step is None:
            yield from self._waiting(stretch.wall_ns, stretch, "between steps")
            return
        name = step.name or step.kind
        share = stretch.wall_ns / step.wall_ns
        ran_ns = min(share * _core_ns(step), stretch.wall_ns)
        yield from self._late(step, share, name)
        yield from _running(step, round(step.cpu_ns * share), stretch.beside_ns)
        if step.step_id not in self._calls:
            yield from self._waiting(round(stretch.wall_ns - ran_ns), stretch, name)
            return
        # The client's own CPU time is part of the call's wall time; the server had the rest.
        served = (stretch.wall_ns - ran_ns) / step.wall_ns
        if demand_ns := round(self._calls[step.step_id] * served):
            tokens = (step.tokens_in or 0) + (step.tokens_out or 0)
            yield WorkStep(stage=Stage.GPU, demand_ns=demand_ns, name=name, tokens=tokens)

    def _late(self, step: Step, share: float, name: str) -> Iterator[WorkStep]:
        """
        How late a thread was woken that had little to do.

        Sharing has it wait in proportion to what it runs; but a turn comes only when others have
        had theirs. Who runs for long has its share on the whole, and is late for nothing.
        """
        own_ns = step.cpu_ns - step.children_cpu_ns
        if own_ns > _MOMENT_NS or not self._contention:
            return
        place = bisect_right(self._contention, step.start_ns, key=lambda one: one.start_ns)
        got = max(self._contention[max(place - 1, 0)].share, _LEAST_SHARE)
        late_ns = round(share * (step.run_queue_ns - own_ns * (1 / got - 1)))
        if late_ns >= _SHORTEST_WAIT_NS:
            self.notes.late_ns += late_ns
            yield WorkStep(stage=Stage.WAIT, demand_ns=late_ns, name=name)

    def _waiting(self, wait_ns: int, stretch: Stretch, name: str) -> Iterator[WorkStep]:
        """Time without CPU use: waiting for the outside, or what is simulated anew."""
        if wait_ns < _SHORTEST_WAIT_NS:
            return
        within_ns = stretch.start_ns, stretch.end_ns
        counted = bool(self._contention)
        if not counted and busy(self._trace.cpu_samples, *within_ns) >= FULL:
            self.notes.queued_ns += wait_ns
            return
        if counted and stretch.step is not None:
            others_ns = min(self._interpreters.wait_ns(stretch.step, *within_ns), wait_ns)
            self.notes.interpreter_ns += others_ns
            wait_ns -= others_ns
        if wait_ns >= _SHORTEST_WAIT_NS:
            self.notes.waited_ns += wait_ns
            yield WorkStep(stage=Stage.WAIT, demand_ns=wait_ns, name=name)


def _core_ns(step: Step) -> float:
    """Of the step's wall time, what its threads had a core or waited for one, each of them."""
    return (step.cpu_ns + step.run_queue_ns + step.children_queue_ns) / step.threads


def _running(step: Step, cpu_ns: int, beside_ns: Sequence[int]) -> Iterator[WorkStep]:
    """CPU work of a stretch, with that of others beside it on as many threads as it needs."""
    total_ns = cpu_ns + sum(beside_ns)
    if total_ns:
        abreast = max(round(total_ns / max(cpu_ns, *beside_ns)), 1) if beside_ns else 1
        yield WorkStep(
            stage=Stage.CPU,
            demand_ns=total_ns,
            threads=step.threads * abreast,
            name=step.name or step.kind,
            interpreted=_interpreted(step),
        )


def _interpreted(step: Step) -> float:
    """
    The share of Python code in the CPU time of a step.

    It is that of its own thread, but for what that did beside threads that worked with it: a
    library that has several compute has released the interpreter.
    """
    if not step.cpu_ns:
        return 1.0
    own_ns = step.cpu_ns - step.children_cpu_ns
    beside_ns = step.children_cpu_ns / (step.threads - 1) if step.threads > 1 else 0.0
    return max(own_ns - beside_ns, 0.0) / step.cpu_ns

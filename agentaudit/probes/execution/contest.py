"""
What different kinds of work get of cores that they share: not always the same.

A step that starts child processes wakes up again and again, and each wake-up comes before a step
that has used up its time slice: beside one of those it gets more than half of the core. With many
beside it, it waits at each of its wake-ups. So all kinds are run beside each other, few and many.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from statistics import fmean, median

from agentaudit.model.execution import Contest, Execution
from agentaudit.model.workload import Heavy, Stage, WorkRequest, WorkStep
from agentaudit.probes.execution.executor import Admission, execute
from agentaudit.probes.execution.hands import Hands
from agentaudit.probes.execution.ratios import beyond_noise
from agentaudit.probes.execution.tools import Tool

_STEP_NS = 30_000_000
_STEPS = 3
_PAUSE_NS = 10_000_000
_ROUNDS = 5
_CROWDS = (2, 4, 8)
"""Processes on a core, as nearly as whole numbers of each kind allow."""
MOST_PROCESSES = 10
"""On one core, with any number of kinds."""

Rolling = Callable[[int], Admission]
"""A run of a policy that serves first come, first, and at most so many at once."""


def contests(
    hands: Hands, tools: Collection[Tool], rolling: Rolling, *, cores: int, workers: int
) -> Iterator[Contest]:
    """
    The kinds of work beside each other on every core, by ascending numbers of processes.

    As many of each kind as of the others; where there are not so many workers, fewer contests.
    Before and after each of them every kind works alone, because the speed of a machine drifts.
    """
    kinds = sorted(tools)
    wanted = dict.fromkeys(max(round(crowd / len(kinds)), 1) for crowd in _CROWDS)
    sizes = [size for size in wanted if 1 < size * len(kinds) <= workers // cores]
    rounds = [_round(hands, kinds, rolling, sizes, cores=cores) for _ in range(_ROUNDS)]
    for found in zip(*rounds, strict=True):
        yield Contest(
            processes=found[0].processes,
            capacity=min(median(one.capacity for one in found), 1.0),
            weights=_of_rounds(median, [one.weights for one in found]),
            swelling=_of_rounds(beyond_noise, [one.swelling for one in found]),
        )


def _round(
    hands: Hands, kinds: Sequence[Tool], rolling: Rolling, sizes: Sequence[int], *, cores: int
) -> list[Contest]:
    found = []
    alone = [item.changed(steps=_paused(item.steps)) for item in _requests(kinds, 1)]
    before = _costs(execute(alone, rolling(1), hands), kinds)
    for size in sizes:
        requests = list(_requests(kinds, size * cores))
        run = execute(requests, rolling(len(requests)), hands)
        after = _costs(execute(alone, rolling(1), hands), kinds)
        beside = _costs(run, kinds)
        got, whole_ns = _got(run, kinds)
        found.append(
            Contest(
                processes=size * len(kinds),
                capacity=got.total() / whole_ns / cores,
                weights=tuple((kind, got[kind] * len(kinds) / got.total()) for kind in kinds),
                swelling=tuple(
                    (kind, 2 * beside[kind] / (before[kind] + after[kind])) for kind in kinds
                ),
            )
        )
        before = after
    return found


def _requests(kinds: Sequence[Tool], many: int) -> Iterator[WorkRequest]:
    """So many of each kind, in a row: so they are placed as many on each core."""
    for number in range(many * len(kinds)):
        step = WorkStep(stage=Stage.CPU, demand_ns=_STEP_NS, name=kinds[number // many])
        yield WorkRequest(
            request_id=number, type="", heavy=Heavy.CPU, arrival_ns=0, steps=(step,) * _STEPS
        )


def _paused(steps: Sequence[WorkStep]) -> tuple[WorkStep, ...]:
    """A pause before each step: after it caches are cold, as they are in a recording."""
    pause = WorkStep(stage=Stage.WAIT, demand_ns=_PAUSE_NS)
    return tuple(step for each in steps for step in (pause, each))


def _kinds_of(run: Execution, kinds: Sequence[Tool]) -> Mapping[int, Tool]:
    """By ids of requests."""
    many = len(run.records) // len(kinds)
    return {one.request_id: kinds[one.request_id // many] for one in run.records}


def _costs(run: Execution, kinds: Sequence[Tool]) -> Mapping[Tool, float]:
    """CPU time of a step of each kind; all do the same work in every run."""
    of = _kinds_of(run, kinds)
    return {
        kind: fmean(
            step.cpu_ns
            for step in run.steps
            if of[step.request_id] is kind and step.stage is Stage.CPU
        )
        for kind in kinds
    }


def _got(run: Execution, kinds: Sequence[Tool]) -> tuple[Counter[Tool], int]:
    """CPU time by kind for as long as all ran, and how long; steps in service count in part."""
    of = _kinds_of(run, kinds)
    end_ns = min(record.finish_ns for record in run.records)
    got: Counter[Tool] = Counter()
    for step in run.steps:
        if step.begun_ns < end_ns:
            part = (min(step.ended_ns, end_ns) - step.begun_ns) / (step.ended_ns - step.begun_ns)
            got[of[step.request_id]] += round(step.cpu_ns * part)
    return got, end_ns


def _of_rounds(
    middle: Callable[[Sequence[float]], float], found: Sequence[tuple[tuple[str, float], ...]]
) -> tuple[tuple[str, float], ...]:
    return tuple((kind, middle([dict(one)[kind] for one in found])) for kind, _ in found[0])

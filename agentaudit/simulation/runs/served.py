"""
Requests as processes serve them: what handing a step over costs, beside the work of the step.

Handing over takes CPU time of the driver, and time to wake whoever serves the step and to be woken
by it. With more runnable processes than cores a process that wakes up waits for the time slices of
others, which a simulated core, shared evenly at every instant, knows nothing of: the wait grows
with the number of processes to a core. It delays a step and keeps nobody from working, so here it
is waiting and no work. How many processes there are, an earlier simulation of the same run says.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from agentaudit.model.execution import HandOver
from agentaudit.model.workload import Machine, SpeedCurve, Stage, Workload, WorkRequest, WorkStep
from agentaudit.simulation.policy import Policy, hooks_of
from agentaudit.simulation.run import Run
from agentaudit.simulation.runs.engine import in_order, simulate
from agentaudit.simulation.runs.noting import Noted, Watched
from agentaudit.simulation.stations.cores import EVEN, Contender, Cores
from agentaudit.simulation.stations.speed import faster
from agentaudit.simulation.steps import NO_STEP, STATION, plan_of, step_numbers

Costs = Mapping[tuple[int, int], int]
"""Nanoseconds by request id and place of the step."""
_HAND_OVER = "(hand-over)"
_DRIVER = "(driver)"
_PASSES = 3
_FIRST = Contender(weight=SpeedCurve(points=((1, 1000.0),)))
"""The driver: it works for a moment only, and the kernel lets it do so at once."""


class Overheads(Struct, frozen=True, kw_only=True):
    """What handing out a step costs besides its work."""

    driver_ns: int
    """CPU time of driver and server, for each step."""
    contenders: Mapping[str, Contender]
    """By the names of CPU steps: how they share cores."""
    capacity: SpeedCurve
    """What so many processes on a core get of its time together."""
    handovers: tuple[HandOver, ...]
    """Measured with so many jobs side by side, from one on, ascending."""

    def as_it_was(self, left: float) -> "Overheads":
        """
        For CPU times of the run itself, which have swollen as they did.

        So much of each core's time was there, 0 to 1.
        """
        contenders = {
            name: replace(one, alone=one.alone * left, swelling=EVEN)
            for name, one in self.contenders.items()
        }
        return replace(self, contenders=contenders, capacity=faster(self.capacity, left))

    def handover_ns(self, stage: Stage, load: float) -> int:
        """With so many processes running: between those measured, and on at the same slope."""
        points = [
            (found.jobs, found.cpu_ns if stage is Stage.CPU else found.gpu_ns)
            for found in self.handovers
        ]
        if len(points) == 1:
            return points[0][1]
        place = bisect_right(points, load, key=lambda point: point[0])
        place = min(max(place, 1), len(points) - 1)
        (few, short_ns), (many, long_ns) = points[place - 1], points[place]
        wait_ns = short_ns + (long_ns - short_ns) * (load - few) / (many - few)
        return max(round(wait_ns), points[0][1])


def simulate_served(
    workload: Workload, machine: Machine, policy: Policy, *, costs: Costs, overheads: Overheads
) -> Run:
    """The run of requests whose CPU steps cost this, handed over as this machine does it."""
    threaded = hooks_of(policy.admission()).in_threads is not None
    if threaded:
        costs = _with_stalls(workload, costs, overheads)
    waits: Costs = {}
    for _ in range(_PASSES - 1):
        watched = Watched(policy)
        served = as_served(workload, costs, overheads, waits)
        _simulate(served, machine, watched, None if threaded else overheads)
        waits = _waits(workload, watched.log, overheads)
    served = as_served(workload, costs, overheads, waits)
    return _simulate(served, machine, policy, None if threaded else overheads)


def _simulate(
    workload: Workload, machine: Machine, policy: Policy, overheads: Overheads | None
) -> Run:
    """On cores one by one; without `overheads` on even ones, as threads of one interpreter are."""
    if overheads is None:
        return simulate(workload, machine, policy)
    kinds = {**overheads.contenders, _DRIVER: _FIRST}
    coming = {
        place: _contenders(request, machine.dispatch_ns, kinds)
        for place, request in enumerate(in_order(workload.requests))
    }
    cores = Cores(machine.cores, overheads.capacity, coming)
    return simulate(workload, machine, policy, cores=cores)


def _contenders(
    request: WorkRequest, dispatch_ns: int, kinds: Mapping[str, Contender]
) -> list[Contender]:
    """The kind of each piece of work that a request's plan has for the cores, in their order."""
    plan = plan_of(request, dispatch_ns)
    return [
        Contender() if number == NO_STEP else kinds.get(request.steps[number].name, Contender())
        for (station, _, _), number in zip(
            plan, step_numbers(request, len(plan), threaded=False), strict=True
        )
        if station == STATION[Stage.CPU]
    ]


def _with_stalls(workload: Workload, costs: Costs, overheads: Overheads) -> Costs:
    """Of steps that do not use up a core alone, as long as that takes them there."""
    return {
        (request.request_id, place): round(
            costs.get((request.request_id, place), step.demand_ns)
            / overheads.contenders.get(step.name, Contender()).alone
        )
        for request in workload.requests
        for place, step in enumerate(request.steps)
        if step.stage is Stage.CPU
    }


def as_served(workload: Workload, costs: Costs, overheads: Overheads, waits: Costs) -> Workload:
    """The requests with what their steps cost, and hand-overs around them."""
    return replace(
        workload,
        requests=tuple(
            request.changed(
                steps=tuple(
                    served
                    for place, step in enumerate(request.steps)
                    for served in _served(
                        step,
                        costs.get((request.request_id, place), step.demand_ns),
                        overheads,
                        waits.get((request.request_id, place)),
                    )
                ),
            )
            for request in workload.requests
        ),
    )


def _served(
    step: WorkStep, cost_ns: int, overheads: Overheads, wait_ns: int | None
) -> tuple[WorkStep, ...]:
    if not step.demand_ns or step.stage is Stage.WAIT:
        return (step,)
    if wait_ns is None:
        wait_ns = overheads.handover_ns(step.stage, 1)
    wait = WorkStep(stage=Stage.WAIT, demand_ns=max(wait_ns // 2, 1), name=_HAND_OVER)
    if step.stage is Stage.CPU:
        step = replace(step, demand_ns=max(cost_ns, 1))
    driver = WorkStep(
        stage=Stage.CPU, demand_ns=max(overheads.driver_ns, 1), name=_DRIVER, interpreted=0.0
    )
    return (driver, wait, step, wait)


def _waits(workload: Workload, log: Sequence[Noted], overheads: Overheads) -> Costs:
    """What each step waits for processes, by how many ran on the cores when it began and ended."""
    instants, running = _running(log)
    loads: dict[int, list[float]] = {}
    for event in log:
        if event.step.name not in (_HAND_OVER, _DRIVER):
            load = float(running[bisect_right(instants, event.at_ns)])
            loads.setdefault(event.request_id, []).append(load)
    waits = {}
    for request in workload.requests:
        found = iter(loads.get(request.request_id, ()))
        for place, step in enumerate(request.steps):
            if step.demand_ns:
                both = (next(found) + next(found)) / 2
                waits[request.request_id, place] = overheads.handover_ns(step.stage, both)
    return waits


def _running(log: Sequence[Noted]) -> tuple[list[int], list[int]]:
    """
    Instants, and how many processes wanted a core before the first and from each on.

    Threads that do Python code wait for one another at its lock, and want one core together.
    """
    changes = [event for event in log if event.step.stage is Stage.CPU]
    locked = accumulate((event.change * event.locked for event in changes), initial=0)
    others = accumulate((event.change * (not event.locked) for event in changes), initial=0)
    running = [
        apart + min(taking_turns, 1) for apart, taking_turns in zip(others, locked, strict=True)
    ]
    return [event.at_ns for event in changes], running
